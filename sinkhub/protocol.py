"""HTTP/1.1 as `manage.py serve` speaks it: uvicorn's protocols, with what the wire contract wants besides."""

import asyncio
from http import HTTPStatus

import httptools
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sinkhub.joining import JoiningTransport
from sinks.problems import problem

_MOST_HEAD_BYTES = 64 * 1024  # of a request line and its fields; httptools itself knows no limit

_BAD, _HEAD_TOO_LARGE = HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
_DETAILS = {
    _BAD: "This is no HTTP/1.1 request that can be read.",
    _HEAD_TOO_LARGE: f"The request's head is larger than {_MOST_HEAD_BYTES} bytes.",
}


class _HeadTooLarge(Exception):
    """Raised to httptools, which makes an HttpParserError of it."""


class Protocol(HttpToolsProtocol):
    """On httptools; where its parser knows not the method, on h11, which takes any token."""

    _head_bytes = 0  # of the head that is being read, without what is fed just now
    _fed = 0
    _in_head = False
    _too_large = False
    # What was fed of a method that is not complete; h11 needs it too. None where a request before it shares the data.
    _method: bytes | None = b""

    _idle_since: float | None = None  # by the loop's clock; None while a request is under way
    _closing: asyncio.TimerHandle | None = None  # where a request was answered: closes the connection if it stays idle

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(JoiningTransport(transport, self.loop))

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._closing is not None:
            self._closing.cancel()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        self._head_bytes = 0

    def on_headers_complete(self) -> None:
        if self._head_bytes + self._fed > _MOST_HEAD_BYTES:
            size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
            if size > _MOST_HEAD_BYTES:
                self._too_large = True
                raise _HeadTooLarge
        self._in_head = False
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        # As uvicorn's, except that a connection has one timer, not one for each request.
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
            return
        self._idle_since = self.loop.time()
        if self._closing is None:
            self._closing = self.loop.call_later(self.timeout_keep_alive, self._close_if_idle)

    def _close_if_idle(self) -> None:
        self._closing = None
        if self._idle_since is None:
            return  # the end of the request under way sets it again
        if (left := self._idle_since + self.timeout_keep_alive - self.loop.time()) > 0:
            self._closing = self.loop.call_later(left, self._close_if_idle)
        else:
            self.timeout_keep_alive_handler()

    def data_received(self, data: bytes) -> None:
        self._idle_since = None
        self._fed = len(data)
        before = self.cycle
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserInvalidMethodError:
            if self._method is not None and (self.cycle is None or self.cycle.response_complete):
                self._hand_over(self._method + data)
            else:
                self.send_400_response("")
        except httptools.HttpParserError:
            _refuse(self, _HEAD_TOO_LARGE if self._too_large else _BAD)
        except httptools.HttpParserUpgrade:
            pass  # no protocol to upgrade to: the request is answered as it is
        else:
            if self._in_head:
                self._head_bytes += len(data)
                if self._head_bytes > _MOST_HEAD_BYTES:
                    _refuse(self, _HEAD_TOO_LARGE)
                elif not self.url:
                    self._method = self._method + data if self._method is not None and self.cycle is before else None
            else:
                self._method = b""

    def send_400_response(self, msg: str) -> None:
        _refuse(self, _BAD)

    def _hand_over(self, data: bytes) -> None:
        self.connections.discard(self)
        other = _AnyMethod(self.config, self.server_state, self.app_state, self.loop)
        self.transport.set_protocol(other)
        other.connection_made(self.transport)
        other.data_received(data)


class _AnyMethod(H11Protocol):
    """h11, with our answer to what cannot be read."""

    def send_400_response(self, msg: str) -> None:
        _refuse(self, _BAD)


def _refuse(protocol: HttpToolsProtocol | H11Protocol, status: HTTPStatus) -> None:
    """Answer what cannot be read, once the requests before it are answered, and close."""
    cycle = protocol.cycle
    if cycle is not None and not cycle.response_complete and not cycle.more_body:
        # That request came whole, and what it started is recorded: its client must hear of it, and of nothing else.
        cycle.keep_alive = False
        return
    if cycle is None or not cycle.response_started or cycle.response_complete:
        body = problem(status, _DETAILS[status])
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: application/problem+json\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        protocol.transport.write(head.encode() + body)
    protocol.transport.close()
