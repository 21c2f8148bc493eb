"""The HTTP/1.1 of `manage.py serve`: a strict reader, one exchange at a time, and deadlines."""

import asyncio
import logging
import socket
from enum import Enum
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from django.conf import settings
from uvicorn.config import Config

from sinkhub.server.connection_limit import ConnectionLimit
from sinkhub.server.exchange import Exchange
from sinkhub.server.framing import RequestReader, Signal
from sinkhub.server.joining import JoiningTransport
from sinkhub.server.request_head import Head, Unreadable
from sinkhub.server.uvicorn_internals import (
    HIGH_WATER_LIMIT,
    FlowControl,
    ServerState,
    get_local_addr,
    get_remote_addr,
    is_ssl,
)
from sinks.http.problems import problem

logger = logging.getLogger(__name__)

_DROP_MARGIN_BYTES = 1024 * 1024  # of an unread body, in addition to MAX_BODY_BYTES
_NEED_DATA = Signal.NEED_DATA

_RECHECK_DELAY = 0.05  # seconds, in which a loop that was blocked can read the bytes that arrived meanwhile


class _Wait(Enum):
    """The client's action that a connection waits for."""

    FIRST_BYTE = 0
    HEAD = 1
    BODY = 2
    NEXT_REQUEST = 3
    NOTHING = 4  # the server's turn
    CLOSE = 5


# A name is faster than an attribute of an enumeration, and each request reads several.
_FIRST_BYTE, _HEAD, _BODY, _NEXT_REQUEST, _NOTHING, _CLOSE = _Wait


class Protocol(asyncio.Protocol):
    """
    One connection. It parses the next head when the previous answer is complete. Until then, pipelined requests wait as
    unparsed bytes, at most the bytes of one read of the socket.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        limit: ConnectionLimit,
    ) -> None:
        if not config.loaded:
            config.load()
        self._app = config.loaded_app
        self._root_path = config.root_path
        self._asgi = {"version": config.asgi_version, "spec_version": "2.3"}
        self._keep_alive_timeout: float = config.timeout_keep_alive
        self._loop = _loop or asyncio.get_event_loop()
        self._server_state = server_state
        self._app_state = app_state
        self._reader = RequestReader()
        self._exchange: Exchange | None = None  # of the request that is being read or answered
        self._limit = limit
        self._wait = _FIRST_BYTE
        self._since = self._loop.time()  # when this wait started
        self._received = 0  # bytes since then
        self._is_overdue = False  # the time is over; one more check follows
        self._is_half_closed = False  # the client closed its sending side
        self._dropped = 0  # bytes of an unread body
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0

    # The transport's calls.

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._server_state.connections.add(self)  # type: ignore[arg-type] # uvicorn knows only its own
        self._transport = JoiningTransport(transport, self._loop, self._linger)
        self._flow = FlowControl(self._transport)
        self._server = get_local_addr(transport)
        self._client = get_remote_addr(transport)
        self._scheme = "https" if is_ssl(transport) else "http"
        connections = self._server_state.connections
        if len(connections) > self._limit.maximum and not self._limit.make_room(self, connections):
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "The server has too many connections. Try again shortly.")
            return
        self._start_timer(self._since + settings.HEAD_TIMEOUT)

    def connection_lost(self, exc: Exception | None) -> None:
        self._server_state.connections.discard(self)
        if self._timer is not None:
            self._timer.cancel()
        self._disconnect()
        self._flow.resume_writing()

    def data_received(self, data: bytes) -> None:
        if self._wait is _CLOSE:
            self._drop(len(data))
            return
        reader = self._reader
        reader.feed(data)
        self._advance()
        if self._exchange is not None and reader.is_between_requests:
            self._wait = _NOTHING
        else:
            self._await_client(len(data))

    def eof_received(self) -> bool:
        """If a client closed only its sending side, keep the connection until the client has its answers."""
        self._is_half_closed = True
        if self._wait is _CLOSE:
            self._end_lingering()
            return True
        if self._wait is not _NOTHING:
            # Nothing has to be answered, or the request stays incomplete. `close` still sends the previous answer.
            self._wait = _NOTHING
            self._disconnect()
            self._transport.close()
        self._start_timer(self._loop.time() + settings.STREAM_CHECK_INTERVAL)
        return True

    def pause_writing(self) -> None:
        self._flow.pause_writing()

    def resume_writing(self) -> None:
        self._flow.resume_writing()

    # The server's call.

    def shutdown(self) -> None:
        """Close the connection as soon as no request is in progress."""
        if self._wait is _CLOSE:
            self._end_lingering()
        elif self._exchange is None or self._exchange.response_complete:
            self._transport.close()
        else:
            self._exchange.keep_alive = False

    # Reading.

    def _advance(self) -> None:
        """Parse the received bytes, up to the end of the current request."""
        reader, exchange = self._reader, self._exchange
        try:
            while exchange is None or not reader.is_between_requests:
                event = reader.next()
                if event is _NEED_DATA:
                    break
                if isinstance(event, Head):
                    exchange = self._exchange = self._start(event)
                elif isinstance(event, bytes):
                    if exchange is None or exchange.response_complete:
                        if not self._drop(len(event)):
                            return
                    else:
                        exchange.add(event)
                        if len(exchange.body) > HIGH_WATER_LIMIT:
                            self._flow.pause_reading()
                elif exchange is not None:  # the end of the request
                    if exchange.response_complete:
                        exchange = self._exchange = None
                    else:
                        exchange.end_body()
            else:
                if reader.has_data:
                    self._flow.pause_reading()  # a pipelined request waits for its turn
        except Unreadable as error:
            self._refuse(error.status, error.detail)

    def _start(self, head: Head) -> Exchange:
        self._dropped = 0
        path = head.path.decode("ascii")
        root = self._root_path
        scope: Any = {
            "type": "http",
            "asgi": self._asgi,
            "http_version": head.version,
            "server": self._server,
            "client": self._client,
            "scheme": self._scheme,
            "method": head.method,
            "root_path": root,
            "path": root + (unquote(path) if "%" in path else path),
            "raw_path": root.encode("ascii") + head.path if root else head.path,
            "query_string": head.query,
            "headers": head.fields,
            "state": self._app_state.copy(),
        }
        exchange = Exchange(head, scope, self._transport, self._flow, self._server_state, self._complete)
        task = self._loop.create_task(exchange.run(self._app))
        task.add_done_callback(self._server_state.tasks.discard)
        self._server_state.tasks.add(task)
        return exchange

    def _complete(self) -> None:
        """Continue after an answer, with the next request if its bytes have arrived already."""
        self._server_state.total_requests += 1
        if self._transport.is_closing():
            return
        self._flow.resume_reading()
        reader = self._reader
        if not reader.is_between_requests:
            return  # the rest of the body is dropped
        self._exchange = None
        if reader.has_data:
            self._advance()
            if self._transport.is_closing():
                return
            if self._exchange is not None and reader.is_between_requests:
                return
        if self._is_half_closed:
            self._disconnect()
            self._transport.close()
        elif self._exchange is not None or reader.has_data:
            self._await_client(0)
        else:
            self._wait = _NEXT_REQUEST
            self._is_overdue = False
            self._since = now = self._loop.time()
            if self._timer is None or self._timer_at > now + self._keep_alive_timeout:
                self._start_timer(now + self._keep_alive_timeout)

    # Deadlines. A connection has one timer, which the hot path does not touch. The timer starts with a wait, and
    # computes the remaining time when it fires.

    @property
    def waiting_since(self) -> float | None:
        """When this connection started to wait for a request, by the loop's clock; None while it has one."""
        waits = self._wait in {_FIRST_BYTE, _HEAD, _NEXT_REQUEST} and not self._transport.is_closing()
        # While an answer is being sent, the connection does not wait yet.
        return self._since if waits and not self._transport.get_write_buffer_size() else None

    @property
    def is_idle(self) -> bool:
        """Whether no part of a request has arrived."""
        return self._wait in {_FIRST_BYTE, _NEXT_REQUEST}

    @property
    def awaits_request(self) -> bool:
        """Whether a request may start or continue to arrive."""
        return self._wait in {_FIRST_BYTE, _NEXT_REQUEST, _HEAD, _BODY} and not self._transport.is_closing()

    def _await_client(self, received: int) -> None:
        """Wait for more bytes from the client, with a deadline."""
        if self._transport.is_closing():
            return
        if not self._reader.is_between_requests:
            wait = _BODY
        elif self._reader.has_data or (received and self._wait is not _BODY):
            wait = _HEAD
        else:
            wait = _NEXT_REQUEST
        if wait is self._wait and received:
            self._received += received
            return
        self._wait = wait
        self._is_overdue = False
        self._received = received
        self._since = self._loop.time()
        self._start_timer(self._due())

    def _due(self) -> float:
        """Return when the current wait ends, by the loop's clock."""
        wait = self._wait
        if wait is _NEXT_REQUEST:
            return self._since + self._keep_alive_timeout
        if wait is _CLOSE:
            return self._since + settings.LINGER_TIMEOUT
        if wait is not _BODY:
            return self._since + settings.HEAD_TIMEOUT
        rate: int = settings.MIN_BODY_RATE
        seconds = settings.HEAD_TIMEOUT + self._received / rate if rate else settings.BODY_TIMEOUT
        return self._since + min(seconds, settings.BODY_TIMEOUT)

    def _start_timer(self, when: float) -> None:
        if self._timer is not None:
            if self._timer_at <= when:
                return
            self._timer.cancel()
        self._timer_at = when
        self._timer = self._loop.call_at(when, self._look)

    def _look(self) -> None:
        """Close the connection or answer 408 if the client is late."""
        self._timer = None
        now = self._loop.time()
        if self._wait is _NOTHING:
            if self._is_half_closed:
                self._look_for_departure(now)
            return
        if self._wait is _BODY and (self._flow.read_paused or self._awaits_reading()):
            self._since, self._received = now, 0  # the client waits for the server
        if (due := self._due()) > now:
            self._is_overdue = False
            self._start_timer(due)
        elif not self._is_overdue:
            self._is_overdue = True
            self._start_timer(now + _RECHECK_DELAY)
        else:
            self._time_out()

    def _awaits_reading(self) -> bool:
        return self._exchange is not None and self._exchange.awaits_body

    def _look_for_departure(self, now: float) -> None:
        """Abort if the client has left: it answers a write with a reset, which is not noticed without reading."""
        connection = self._transport.get_extra_info("socket")
        if connection is not None and connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self._transport.abort()
        else:
            self._start_timer(now + settings.STREAM_CHECK_INTERVAL)

    def _time_out(self) -> None:
        exchange = self._exchange
        if self._wait is _HEAD:
            detail = f"The request's head did not arrive within {settings.HEAD_TIMEOUT:g} s."
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, detail)
        elif self._wait is not _BODY or exchange is None or exchange.response_complete:
            self._transport.abort()
        else:
            # The application or `Exchange` answers 408. An answer that has begun continues; the connection then closes.
            exchange.keep_alive = False
            self._wait = _NOTHING
            if not exchange.response_started:
                exchange.timed_out = True
                exchange.notify()

    # Ending.

    def _refuse(self, status: HTTPStatus, detail: str) -> None:
        """Answer with an error, unless an answer has begun, and close the connection."""
        exchange = self._exchange
        if exchange is None or not exchange.response_started:
            body = problem(status, detail)
            retry = "retry-after: 5\r\n" if status is HTTPStatus.SERVICE_UNAVAILABLE else ""
            head = (
                f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: application/problem+json\r\n"
                f"content-length: {len(body)}\r\n{retry}connection: close\r\n\r\n"
            )
            self._transport.write(head.encode() + body)
        self._disconnect()
        self._transport.close()

    def _disconnect(self) -> None:
        """Notify the application that nobody reads the answer any more."""
        if self._exchange is not None:
            self._exchange.disconnect()

    def abort(self) -> None:
        """Close the connection at once."""
        self._transport.abort()

    def _linger(self) -> bool:
        """
        Return whether to close only the sending side first, and drop further input, since the client may still send.
        A close with unread data is a reset, which may discard the answer before the client reads it.
        """
        if self._wait is _CLOSE:
            return True
        if self._is_half_closed or (self._reader.is_between_requests and not self._reader.has_data):
            return False
        self._wait = _CLOSE
        self._since = self._loop.time()
        self._is_overdue = False
        self._flow.resume_reading()
        self._start_timer(self._due())
        return True

    def _end_lingering(self) -> None:
        """Close the connection if everything is sent; otherwise, its timer closes it."""
        if not self._transport.get_write_buffer_size():
            self._transport.abort()

    def _drop(self, size: int) -> bool:
        """
        Count unread bytes. If they are far more than the largest allowed body, close the connection and return False.
        """
        self._dropped += size
        # A client whose body is a little too large should be able to read the answer.
        if self._dropped <= settings.MAX_BODY_BYTES + _DROP_MARGIN_BYTES:
            return True
        self._transport.abort()
        return False
