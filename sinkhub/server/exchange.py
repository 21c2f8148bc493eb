"""One request and its answer on an HTTP/1.1 connection: the ASGI application's `receive` and `send`."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from sinkhub.server.joining import JoiningTransport
from sinkhub.server.request_head import Head
from sinkhub.server.uvicorn_internals import FlowControl, ServerState
from sinks.http.problems import SLOW_BODY, problem

logger = logging.getLogger(__name__)

Application = Callable[[Any, Any, Any], Awaitable[None]]

_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE_BYTES = bytes(byte for byte in range(256) if (byte >= 0x20 and byte != 0x7F) or byte == 0x09)
_HEEDED = frozenset({b"content-length", b"transfer-encoding", b"connection"})
_MAX_KNOWN_NAMES = 1024
_known_names: dict[bytes, bytes] = {}  # names in answers, checked, to lower case

STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}


class Exchange:
    """One request and the application's answer to it."""

    __slots__ = (
        "_awaits_body",
        "_chunked",
        "_event",
        "_flow",
        "_has_news",
        "_is_head",
        "_is_old",
        "_left",
        "_on_complete",
        "_scope",
        "_server_state",
        "_transport",
        "body",
        "disconnected",
        "keep_alive",
        "more_body",
        "response_complete",
        "response_started",
        "timed_out",
    )

    def __init__(
        self,
        head: Head,
        scope: dict[str, Any],
        transport: JoiningTransport,
        flow: FlowControl,
        server_state: ServerState,
        on_complete: Callable[[], None],
    ) -> None:
        """
        Args:
            head: The request's head.
            scope: The ASGI scope of the request.
            transport: The connection's transport.
            flow: Pauses reading and writing.
            server_state: Has the header fields that every answer gets.
            on_complete: Called after the end of the answer is written.
        """
        self._scope = scope
        self._transport = transport
        self._flow = flow
        self._server_state = server_state
        self._on_complete: Callable[[], None] | None = on_complete
        self._awaits_body = head.expects_continue  # the client waits for '100 Continue'
        self._is_old = head.version == "1.0"
        self._is_head = head.method == "HEAD"
        self._event: asyncio.Event | None = None
        self._chunked = True
        self._left: int | None = None  # bytes of the answer up to its Content-Length; None: it has none
        self.keep_alive = head.keep_alive
        whole = head.body
        self._has_news = whole is not None
        self.more_body = whole is None
        self.body: bytes | bytearray = whole if whole is not None else bytearray()
        self.disconnected = False  # the client no longer reads the answer
        self.timed_out = False  # the body did not arrive in time
        self.response_started = False
        self.response_complete = False

    @property
    def awaits_body(self) -> bool:
        """Whether the client waits for '100 Continue' before it sends the body."""
        return self._awaits_body

    def add(self, part: bytes) -> None:
        """Append a part of the body."""
        self.body += part
        self.notify()

    def end_body(self) -> None:
        """Mark the body as complete."""
        self.more_body = False
        self.notify()

    def disconnect(self) -> None:
        """Report that nobody reads the answer any more."""
        if not self.response_complete:
            self.disconnected = True
        self.notify()

    def notify(self) -> None:
        """Wake `receive`."""
        self._has_news = True
        if self._event is not None:
            self._event.set()

    async def run(self, application: Application) -> None:
        """Call the application. If it fails, answer with an error, or close the connection if an answer has begun."""
        try:
            await application(self._scope, self.receive, self.send)
        except asyncio.CancelledError:
            self._transport.close()
            raise
        except Exception as error:
            logger.error(
                "request failed: method=%s path=%s", self._scope["method"], self._scope["path"], exc_info=error
            )
            await self._fail()
        else:
            if self.timed_out and not self.response_started:
                await self._fail(408, SLOW_BODY)
            elif not self.response_complete and not self.disconnected:
                logger.error("response incomplete: method=%s path=%s", self._scope["method"], self._scope["path"])
                await self._fail()
        finally:
            self._on_complete = None

    async def _fail(self, status: int = 500, detail: str = "The request failed.") -> None:
        if self.response_started:
            self._transport.close()
            return
        body = problem(status, detail)
        headers = [
            (b"content-type", b"application/problem+json"),
            (b"content-length", b"%d" % len(body)),
            (b"connection", b"close"),
        ]
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})

    async def receive(self) -> dict[str, Any]:
        """
        The ASGI `receive`. A disconnect with `timed_out` means that the body is late; an answer is still possible.
        """
        if self._awaits_body and not self._transport.is_closing():
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self._awaits_body = False
        if not (self.disconnected or self.response_complete or self.timed_out):
            self._flow.resume_reading()
            if not self._has_news:
                if self._event is None:
                    self._event = asyncio.Event()
                await self._event.wait()
                self._event = None
            self._has_news = False
        if self.timed_out and self.more_body and not self.disconnected:
            return {"type": "http.disconnect", "timed_out": True}
        if self.disconnected or self.response_complete:
            return {"type": "http.disconnect"}
        body, self.body = self.body, b"" if not self.more_body else bytearray()
        return {"type": "http.request", "body": bytes(body), "more_body": self.more_body}

    async def send(self, message: Any) -> None:
        """The ASGI `send`."""
        if self._flow.write_paused and not self.disconnected:
            await self._flow.drain()
        if self.disconnected:
            return
        kind = message["type"]
        if not self.response_started:
            if kind != "http.response.start":
                raise RuntimeError(f"Expected 'http.response.start', got '{kind}'.")
            self._start(message["status"], message.get("headers", ()))
        elif self.response_complete:
            raise RuntimeError(f"Got '{kind}' after the end of the response.")
        elif kind != "http.response.body":
            raise RuntimeError(f"Expected 'http.response.body', got '{kind}'.")
        else:
            self._write_body(message.get("body", b""), message.get("more_body", False))

    def _start(self, status: int, headers: Any) -> None:
        known = _known_names
        content = [STATUS_LINES.get(status) or b"HTTP/1.1 %d \r\n" % status]
        says_close = False
        has_framing = False
        for name, value in (*self._server_state.default_headers, *headers):
            lower = known.get(name) or _check_name(name)
            if value.translate(None, _VALUE_BYTES):
                raise RuntimeError(f"The value of the header field {name!r} has a control character.")
            if lower in _HEEDED:
                if lower == b"content-length" and not has_framing:
                    self._left = int(value)
                    self._chunked, has_framing = False, True
                elif lower == b"transfer-encoding":
                    continue  # the server chooses the transfer coding
                elif lower == b"connection" and b"close" in [token.strip() for token in value.lower().split(b",")]:
                    self.keep_alive = False
                    says_close = True
            content += (lower, b": ", value, b"\r\n")
        if self._awaits_body:
            # The client may now send the body or omit it, so the meaning of its next bytes is unknown.
            self.keep_alive = self._awaits_body = False
        if not has_framing:
            if self._is_head or status in {204, 304}:
                self._chunked = False
                self._left = 0
            elif self._is_old:
                self._chunked = False  # HTTP/1.0 has no chunked coding: the body ends with the connection
            else:
                content.append(b"transfer-encoding: chunked\r\n")
        if not self.keep_alive and not says_close:
            content.append(b"connection: close\r\n")
        content.append(b"\r\n")
        self.response_started = True
        self._transport.write(b"".join(content))

    def _write_body(self, body: bytes, more_body: bool) -> None:
        if self._is_head:
            self._left = 0
        elif self._chunked:
            end = b"" if more_body else b"0\r\n\r\n"
            if body:
                self._transport.write(b"%x\r\n%b\r\n%b" % (len(body), body, end))
            elif end:
                self._transport.write(end)
        else:
            if self._left is not None:
                self._left -= len(body)
                if self._left < 0:
                    raise RuntimeError("The body is longer than its Content-Length.")
            if body:
                self._transport.write(body)
        if more_body:
            return
        if self._left:
            raise RuntimeError("The body is shorter than its Content-Length.")
        self.response_complete = True
        self.notify()
        if not self.keep_alive:
            self._transport.close()
        if self._on_complete is not None:
            self._on_complete()


def _check_name(name: bytes) -> bytes:
    if not _NAME.fullmatch(name):
        raise RuntimeError(f"{name!r} is not a valid header field name.")
    lower = bytes(name).lower()
    if len(_known_names) < _MAX_KNOWN_NAMES:
        _known_names[bytes(name)] = lower
    return lower
