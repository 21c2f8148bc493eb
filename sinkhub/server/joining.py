"""A transport that joins the writes of one turn of the event loop."""

import asyncio
import logging
from collections.abc import Callable
from functools import lru_cache
from typing import Any

logger = logging.getLogger(__name__)

_MAX_HELD = 64 * 1024  # bytes of one connection; more go to the transport, which may pause writing


class _Turn:
    """
    The flushes at the end of a turn of the loop. They run one after the other, so that a client with many connections
    wakes only once for all answers.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._flushes: list[Callable[[], None]] = []

    def end_with(self, flush: Callable[[], None]) -> None:
        if not self._flushes:
            self._loop.call_soon(self._end)
        self._flushes.append(flush)

    def _end(self) -> None:
        flushes, self._flushes = self._flushes, []
        for flush in flushes:
            try:
                flush()
            except Exception as error:  # of one connection; the others still get their answers
                logger.error("write failed: error=%s: %s", type(error).__name__, error)


@lru_cache(maxsize=1)
def _turn_of(loop: asyncio.AbstractEventLoop) -> _Turn:
    return _Turn(loop)


class JoiningTransport(asyncio.Transport):
    """
    Wraps a connection's transport. uvloop makes a system call and a packet for every write. The head of an answer and
    the events that already exist are separate writes; joined, they need only one system call and one packet.
    """

    def __init__(
        self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop, linger: Callable[[], bool] = lambda: False
    ) -> None:
        """
        Args:
            transport: The connection's transport.
            loop: The event loop that serves the connection.
            linger: Called before a close; returns whether the connection stays open for reading for a while.
        """
        self._transport = transport
        self._linger = linger
        self._turn = _turn_of(loop)
        self._held = b""
        # Called for every request, so they bypass this class.
        self.is_closing = transport.is_closing  # type: ignore[method-assign]
        self.pause_reading = transport.pause_reading  # type: ignore[method-assign]
        self.resume_reading = transport.resume_reading  # type: ignore[method-assign]
        self.get_extra_info = transport.get_extra_info  # type: ignore[method-assign]

    def write(self, data: Any) -> None:
        """Hold the data until the turn ends; flush beyond 64 KiB."""
        if not self._held:
            self._held = data
            self._turn.end_with(self.flush)
        else:
            self._held += data
        if len(self._held) > _MAX_HELD:
            self.flush()

    def flush(self) -> None:
        """Send the held data, or drop it if the connection is closed already."""
        if self._held:
            held, self._held = self._held, b""
            if not self.is_closing():
                self._transport.write(held)

    def close(self) -> None:
        """Send the held data, and close the connection. If the connection lingers, close only its sending side."""
        self.flush()
        if self._transport.is_closing() or not self._linger():
            self._transport.close()
        elif not self.is_closing():
            self._transport.write_eof()
            self.is_closing = lambda: True  # type: ignore[method-assign] # nothing more is written

    def abort(self) -> None:
        """Close at once; the held data is lost."""
        self._held = b""
        self._transport.abort()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """See `asyncio.BaseTransport.set_protocol`."""
        self._transport.set_protocol(protocol)

    def get_protocol(self) -> asyncio.BaseProtocol:
        """See `asyncio.BaseTransport.get_protocol`."""
        return self._transport.get_protocol()

    def is_reading(self) -> bool:
        """See `asyncio.ReadTransport.is_reading`."""
        return self._transport.is_reading()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """See `asyncio.WriteTransport.set_write_buffer_limits`."""
        self._transport.set_write_buffer_limits(high, low)

    def get_write_buffer_size(self) -> int:
        """Return the number of bytes that were written and not passed to the system yet."""
        return len(self._held) + self._transport.get_write_buffer_size()
