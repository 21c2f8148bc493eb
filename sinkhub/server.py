"""The server behind `manage.py serve`: uvicorn, with the few things the wire contract wants besides."""

import asyncio
import gc
import signal
import sys
from types import FrameType
from typing import Any

import httptools
import uvicorn
import uvloop
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sinkhub.joining import JoiningTransport
from sinkhub.service import service
from sinks.problems import problem

_STUBBORN_SECONDS = 1  # what cancelled tasks get to end before the process does
_CLOSE_SECONDS = 5  # what connections get to end after the runs have


class Protocol(HttpToolsProtocol):
    """HTTP/1.1 on httptools; where its parser knows not the method, on h11, which takes any token."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(JoiningTransport(transport, self.loop))

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        between_requests = self.cycle is None or self.cycle.response_complete
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserInvalidMethodError:
            if between_requests:
                self._hand_over(data)
            else:
                self.send_400_response("")
        except httptools.HttpParserError:
            self.send_400_response("")
        except httptools.HttpParserUpgrade:
            pass  # no protocol to upgrade to: the request is answered as it is

    def send_400_response(self, msg: str) -> None:
        _refuse(self)

    def _hand_over(self, data: bytes) -> None:
        self.connections.discard(self)
        other = _AnyMethod(self.config, self.server_state, self.app_state, self.loop)
        self.transport.set_protocol(other)
        other.connection_made(self.transport)
        other.data_received(data)


class _AnyMethod(H11Protocol):
    """h11, with our answer to what cannot be read."""

    def send_400_response(self, msg: str) -> None:
        _refuse(self)


def _refuse(protocol: HttpToolsProtocol | H11Protocol) -> None:
    """Answer what cannot be read, unless an answer is being sent already, and close."""
    cycle = protocol.cycle
    if cycle is None or not cycle.response_started or cycle.response_complete:
        body = problem(400, "This is no HTTP/1.1 request that can be read.")
        head = (
            "HTTP/1.1 400 Bad Request\r\ncontent-type: application/problem+json\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        protocol.transport.write(head.encode() + body)
    protocol.transport.close()


class Server(uvicorn.Server):
    """Ends in good order: first the runs, then the connections, and then with exit code 0."""

    _draining: asyncio.Task[None] | None = None

    def run(self, sockets: Any = None) -> None:
        # Not by asyncio's own runner: it waits for ever for a workflow that does not end when it is cancelled.
        loop = uvloop.new_event_loop()
        asyncio.set_event_loop(loop)
        loop.run_until_complete(self.serve(sockets))
        if left := asyncio.all_tasks(loop):
            for task in left:
                task.cancel()
            loop.run_until_complete(asyncio.wait(left, timeout=_STUBBORN_SECONDS))

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # Not kept for being raised again, as uvicorn does: an ordered end is no death by signal.
        asyncio.get_running_loop().call_soon_threadsafe(self._end, sig)

    def _end(self, sig: int) -> None:
        if self._draining is None:
            self._draining = asyncio.get_running_loop().create_task(self._drain())
        elif sig == signal.SIGINT:
            self.should_exit = self.force_exit = True  # a second Ctrl+C: now

    async def _drain(self) -> None:
        try:
            await service.drain()
        finally:
            self.should_exit = True


def serve(host: str, port: int) -> None:
    """
    Serve until SIGTERM or SIGINT.

    Args:
        host: An address or name to listen at.
        port: A TCP port; 0 lets the system choose.

    Raises:
        SystemExit: The server could not start.
    """
    config: dict[str, Any] = {
        "host": host,
        "port": port,
        "http": Protocol,
        "ws": "none",
        "lifespan": "on",
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "timeout_keep_alive": 75,
        "timeout_graceful_shutdown": _CLOSE_SECONDS,
    }
    from sinkhub.asgi import application

    server = Server(uvicorn.Config(application, **config))
    # The journal's thread needs the interpreter's lock for moments; while the loop is busy it would wait 5 ms for each.
    sys.setswitchinterval(0.00005)
    # What is loaded now stays: collections need not walk through it, and pause the loop, again and again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    server.run()
    if not server.started:
        raise SystemExit(3)
