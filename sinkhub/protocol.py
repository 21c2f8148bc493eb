"""HTTP/1.1 as `manage.py serve` speaks it: a strict reader, one exchange at a time, and deadlines."""

import asyncio
import logging
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from django.conf import settings
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT, FlowControl
from uvicorn.protocols.utils import get_local_addr, get_remote_addr, is_ssl
from uvicorn.server import ServerState

from sinkhub.exchange import Exchange
from sinkhub.framing import Head, RequestReader, Signal, Unreadable
from sinkhub.joining import JoiningTransport
from sinks.problems import problem

logger = logging.getLogger(__name__)

_NEED_DATA = Signal.NEED_DATA


class Protocol(asyncio.Protocol):
    """
    One connection. It parses one request at a time: the next head is parsed when the answer before it is complete, so
    pipelined requests wait as bytes, and no more of them than one read of the socket brings.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
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
        self._exchange: Exchange | None = None  # of the request that is read or answered now
        self._is_lingering = False  # the answer is sent; what arrives is dropped
        self._is_half_closed = False  # the client sends no more
        self._dropped = 0  # bytes of a body that nobody reads
        self._idle_since: float | None = None  # by the loop's clock; None while a request is under way
        self._timer: asyncio.TimerHandle | None = None

    # The transport's calls.

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._server_state.connections.add(self)  # type: ignore[arg-type] # uvicorn knows only its own
        self._transport = JoiningTransport(transport, self._loop, self._linger)
        self._flow = FlowControl(self._transport)
        self._server = get_local_addr(transport)
        self._client = get_remote_addr(transport)
        self._scheme = "https" if is_ssl(transport) else "http"

    def connection_lost(self, exc: Exception | None) -> None:
        self._server_state.connections.discard(self)
        if self._timer is not None:
            self._timer.cancel()
        self._disconnect()
        self._flow.resume_writing()

    def data_received(self, data: bytes) -> None:
        if self._is_lingering:
            self._drop(len(data))
            return
        self._idle_since = None
        self._reader.feed(data)
        self._advance()

    def eof_received(self) -> bool:
        """Keep the connection of a client that only closed its sending side, until it has its answers."""
        self._is_half_closed = True
        if self._is_lingering:
            self._transport.abort()
        elif self._exchange is None or not self._reader.is_between_requests:
            # Nothing to answer, or a request that stays incomplete.
            self._disconnect()
            self._transport.abort()
        return True

    def pause_writing(self) -> None:
        self._flow.pause_writing()

    def resume_writing(self) -> None:
        self._flow.resume_writing()

    # The server's call.

    def shutdown(self) -> None:
        """Close the connection as soon as nothing is under way."""
        if self._is_lingering:
            self._transport.abort()
        elif self._exchange is None or self._exchange.response_complete:
            self._transport.close()
        else:
            self._exchange.keep_alive = False

    # Reading.

    def _advance(self) -> None:
        """Parse what is there, up to the end of the request under way."""
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
        """Go on after an answer: with the next request, where its bytes are there already."""
        self._server_state.total_requests += 1
        if self._transport.is_closing():
            return
        self._flow.resume_reading()
        if not self._reader.is_between_requests:
            return  # the rest of the body is dropped
        self._exchange = None
        if self._reader.has_data:
            self._advance()
            if self._exchange is not None or self._transport.is_closing():
                return
        if self._is_half_closed:
            self._transport.close()
            return
        self._idle_since = self._loop.time()
        if self._timer is None:
            self._timer = self._loop.call_later(self._keep_alive_timeout, self._close_if_idle)

    def _close_if_idle(self) -> None:
        self._timer = None
        if self._idle_since is None:
            return  # the end of the request under way sets it again
        if (left := self._idle_since + self._keep_alive_timeout - self._loop.time()) > 0:
            self._timer = self._loop.call_later(left, self._close_if_idle)
        elif not self._transport.is_closing():
            self._transport.close()

    # Ending.

    def _refuse(self, status: HTTPStatus, detail: str) -> None:
        """Answer a request that cannot be read, and close."""
        exchange = self._exchange
        if exchange is None or not exchange.response_started:
            body = problem(status, detail)
            head = (
                f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: application/problem+json\r\n"
                f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
            )
            self._transport.write(head.encode() + body)
        self._disconnect()
        self._transport.close()

    def _disconnect(self) -> None:
        """Tell the application that there is nobody to answer any more."""
        if self._exchange is not None:
            self._exchange.disconnect()

    def _linger(self) -> bool:
        """
        Before the connection is closed: if the client may still send, close only the sending side, and drop what
        arrives. A close with unread data is a reset, which may take the answer away from the client.
        """
        if self._is_lingering:
            return True
        if self._is_half_closed or (self._reader.is_between_requests and not self._reader.has_data):
            return False
        self._is_lingering = True
        self._flow.resume_reading()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(settings.LINGER_TIMEOUT, self._transport.abort)
        return True

    def _drop(self, size: int) -> bool:
        """Count what nobody reads; close the connection, and return False, beyond the largest body there may be."""
        self._dropped += size
        if self._dropped <= settings.MAX_BODY_BYTES:
            return True
        self._transport.abort()
        return False
