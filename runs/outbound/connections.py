"""Connect to addresses that were checked: a name is resolved once, and no other address is connected to."""

import asyncio
import functools
import logging
import os
import socket
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import httpcore

from runs.outbound.addresses import Address, Network, as_address, is_allowed
from runs.outbound.errors import Failure, OutboundError

logger = logging.getLogger(__name__)

_THREADS = 8
_MAX_ADDRESSES = 16  # of one name


@functools.cache
def threads() -> ThreadPoolExecutor:
    """
    Return the threads for name resolution and other blocking parts.

    They are separate from those of event loops: a lookup cannot be cancelled, and must not hold up the end of a loop.
    """
    return ThreadPoolExecutor(_THREADS, thread_name_prefix="outbound")


os.register_at_fork(after_in_child=threads.cache_clear)


class CheckedBackend(httpcore.AsyncNetworkBackend):
    """
    Connects httpcore to the addresses of a name that requests may reach. The caller of httpcore verifies certificates
    against the name, as if it had connected to it.
    """

    def __init__(self, networks: tuple[Network, ...], deadline: float) -> None:
        """
        Args:
            networks: Allowed networks beside public addresses.
            deadline: The time, by `time.monotonic`, at which the request ends.
        """
        self._networks = networks
        self._deadline = deadline
        self._network = httpcore.AnyIOBackend()
        self._stream: httpcore.AsyncNetworkStream | None = None

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """
        Resolve a name and connect to its first allowed address that accepts. Each gets an equal share of the time.

        Raises:
            OutboundError: The name has no address, or none that is allowed, or none accepts.
        """
        addresses = [address for address in await _resolve(host, port) if self._allows(host, address)]
        if not addresses:
            raise OutboundError(
                Failure.ADDRESS,
                f"{host} has no public address, and outgoing requests reach public addresses only. If it is meant to "
                "be reached, an operator adds its network to OUTBOUND_ALLOW.",
            )
        kind, reason = Failure.CONNECTION, ""
        for index, address in enumerate(addresses):
            share = max(self._deadline - time.monotonic(), 0.001) / (len(addresses) - index)
            try:
                self._stream = await self._network.connect_tcp(
                    str(address), port, timeout=share, local_address=local_address, socket_options=socket_options
                )
                return self._stream
            except httpcore.ConnectTimeout:
                kind, reason = Failure.TIMEOUT, "it did not answer in time"
            except httpcore.ConnectError as error:
                kind, reason = Failure.CONNECTION, _reason(error)
        raise OutboundError(
            kind, f"No connection to {host}, port {port}: {reason}. Check that the server is up and reachable."
        )

    async def aclose(self) -> None:
        """Close the connection. httpcore leaves it open if a handshake of TLS is cancelled."""
        if self._stream is not None:
            await self._stream.aclose()

    def _allows(self, host: str, address: Address) -> bool:
        if is_allowed(address, self._networks):
            return True
        # Only in the log: an editor of sinks must not learn the addresses of internal names.
        logger.warning("outgoing request refused: host=%s address=%s", host, address)
        return False

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Refuse: no outgoing request uses a socket in the file system."""
        raise OutboundError(Failure.URL, "Outgoing requests use http:// and https:// only.")

    async def sleep(self, seconds: float) -> None:
        """Sleep, for httpcore's retries."""
        await asyncio.sleep(seconds)


async def _resolve(host: str, port: int) -> list[Address]:
    """Return the addresses of a name, each once, in the resolver's order."""
    if (address := as_address(host)) is not None:
        return [address]
    lookup = functools.partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    try:
        found = await asyncio.get_running_loop().run_in_executor(threads(), lookup)
    except (OSError, UnicodeError):
        raise OutboundError(
            Failure.RESOLUTION, f"The name {host} cannot be resolved. Check its spelling, and this server's DNS."
        ) from None
    texts = dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found)
    return [address for text in texts if (address := as_address(text)) is not None][:_MAX_ADDRESSES]


def _reason(error: BaseException) -> str:
    """Return what the operating system reports, without addresses."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror and cause.errno:
            return os.strerror(cause.errno).lower()
        cause = cause.__cause__
    return "it failed"
