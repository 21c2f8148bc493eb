"""
The framing of HTTP/1.1 requests (RFC 9112): bytes in, heads and bodies out, without I/O.

One strict reader serves every method. It refuses ambiguous bytes: a proxy in front may have interpreted them
differently.
"""

import re
from collections.abc import Callable
from enum import Enum

from sinkhub.server.request_head import (
    MAX_HEAD_BYTES,
    MAX_METHOD_LENGTH,
    TCHAR,
    TOKEN,
    Head,
    Unreadable,
    bad,
    head_too_large,
    method_too_long,
    parse_head,
)

_MAX_CHUNK_LINE_BYTES = 1024  # size and extensions of one chunk
_MAX_EXTENSION_BYTES = 64 * 1024  # extensions of all chunks of a body

# A field line of a trailer. Heads implement the same rules in a faster way.
_FIELD_LINE = re.compile(TCHAR + rb"++:[^\x00-\x08\x0a-\x1f\x7f]*+")
_BARE_LINE_END = re.compile(rb"(?<!\r)\n|\r(?=[^\n])")
_CHUNK_FORM = re.compile(
    rb"([0-9A-Fa-f]{1,15})"
    rb"((?:[ \t]*+;[ \t]*+" + TCHAR + rb"++(?:[ \t]*+=[ \t]*+(?:" + TCHAR + rb"++"
    rb'|"(?:[\t !#-\[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*+"))?)*+)'
)

_HEX_DIGITS = b"0123456789abcdefABCDEF"


class Signal(Enum):
    """An outcome of `RequestReader.next` that is neither a head nor a piece of a body."""

    NEED_DATA = "need data"
    END = "end of the request"


# The reader's states. Plain numbers: an enumeration costs one more lookup at each step.
_HEAD, _BODY, _CHUNK_LINE, _CHUNK, _CHUNK_END, _TRAILERS, _END = range(7)


class RequestReader:
    """
    Reads the requests of one connection.

    Call `feed` with received bytes and `next` until it returns NEED_DATA. Each request yields a head and, unless the
    body came with the head, any number of pieces and END. After `Unreadable`, do not use the reader again.
    """

    __slots__ = ("_data", "_extension_bytes", "_head_bytes", "_left", "_position", "_scanned", "_state")

    def __init__(self) -> None:
        self._data = b""
        self._position = 0
        self._scanned = 0  # no head or line ends before this position
        self._state = _HEAD
        self._left = 0  # bytes of the body or the chunk
        self._head_bytes = 0
        self._extension_bytes = 0

    @property
    def is_between_requests(self) -> bool:
        """Whether the last request is complete, even if bytes of the next one have arrived."""
        return self._state is _HEAD

    @property
    def has_data(self) -> bool:
        """Whether some received bytes are not yet consumed by `next`."""
        return self._position < len(self._data)

    def feed(self, data: bytes) -> None:
        """Add received bytes."""
        if self._position < len(self._data):
            self._data = self._data[self._position :] + data
            self._scanned = max(0, self._scanned - self._position)
        else:
            self._data = data
            self._scanned = 0
        self._position = 0

    def next(self) -> Head | bytes | Signal:
        """
        Return the next head or piece of a body, or a signal.

        Raises:
            Unreadable: The bytes are malformed, or exceed a limit.
        """
        state = self._state
        if state is _HEAD:
            return self._read_head()
        if state is _BODY:
            return self._read_body(_END)
        if state is _END:
            self._state = _HEAD
            return Signal.END
        return self._read_chunked()

    def _read_head(self) -> Head | Signal:
        data, start = self._data, self._position
        while data.startswith(b"\r\n", start):
            start += 2  # RFC 9112, section 2.2: empty lines before a request are ignored
        self._position = start
        end = data.find(b"\r\n\r\n", start if start > self._scanned else self._scanned)
        if end < 0:
            self._check_incomplete_head()
            return Signal.NEED_DATA
        self._head_bytes = end + 4 - start
        if self._head_bytes > MAX_HEAD_BYTES:
            self._check_method()
            raise head_too_large()
        head = parse_head(data[start:end])
        start = end + 4
        length = head.length
        if 0 <= length <= len(data) - start:
            end = start + length
            head.body = data[start:end]
            start = end
        elif length > 0:
            self._left = length
            self._state = _BODY
        else:
            self._extension_bytes = 0
            self._state = _CHUNK_LINE
        self._position = self._scanned = start
        return head

    def _check_incomplete_head(self) -> None:
        """Refuse the beginning of a head at once if no further bytes can make it valid."""
        data, start = self._data, self._position
        self._check_method()
        if len(data) - start > MAX_HEAD_BYTES:
            raise head_too_large()
        if _BARE_LINE_END.search(data, max(start, self._scanned)):
            raise bad("A line must end with CR LF.")
        # The end of the head may start in the last three bytes.
        self._scanned = max(start, len(data) - 3)

    def _check_method(self) -> None:
        start = self._position
        method, space, _ = self._data[start : start + MAX_METHOD_LENGTH + 1].partition(b" ")
        if (method not in {b"", b"\r"} and not TOKEN.fullmatch(method)) or (space and not method):
            raise bad("This is not an HTTP/1.1 request.")
        if len(method) > MAX_METHOD_LENGTH:
            raise method_too_long()

    def _read_body(self, after: int) -> bytes | Signal:
        start, left = self._position, self._left
        available = len(self._data) - start
        if available == 0:
            return Signal.NEED_DATA
        if available >= left:
            self._position = self._scanned = start + left
            self._state = after
            return self._data[start : start + left]
        self._left = left - available
        self._position = self._scanned = len(self._data)
        return self._data[start:] if start else self._data

    def _read_chunked(self) -> bytes | Signal:
        while True:
            if self._state is _CHUNK_LINE:
                if whole := self._read_whole_chunks():
                    return whole
                if (line := self._read_line(_MAX_CHUNK_LINE_BYTES, _bad_chunk)) is None:
                    return Signal.NEED_DATA
                self._left = self._parse_chunk_line(line)
                self._state = _CHUNK if self._left else _TRAILERS
            elif self._state is _CHUNK:
                return self._read_body(_CHUNK_END)
            elif self._state is _CHUNK_END:
                end = self._data[self._position : self._position + 2]
                if not b"\r\n".startswith(end):
                    raise _bad_chunk()
                if len(end) < 2:
                    return Signal.NEED_DATA
                self._position = self._scanned = self._position + 2
                self._state = _CHUNK_LINE
            elif self._state is _TRAILERS:
                if (line := self._read_line(MAX_HEAD_BYTES - self._head_bytes, head_too_large)) is None:
                    return Signal.NEED_DATA
                self._head_bytes += len(line) + 2
                if line and not _FIELD_LINE.fullmatch(line):
                    raise bad("A trailer field is malformed.")
                if not line:
                    self._state = _HEAD
                    return Signal.END
            else:
                raise AssertionError(self._state)

    def _read_whole_chunks(self) -> bytes:
        """Return the data of the next chunks that have arrived in full and have no extensions: the fast path."""
        data, position = self._data, self._position
        last = len(data) - 2
        parts: list[bytes] = []
        find = data.find
        while (line_end := find(b"\r\n", position, position + 10)) > 0:
            size = data[position:line_end]
            if size.translate(None, _HEX_DIGITS) or not size:
                break
            start = line_end + 2
            end = start + int(size, 16)
            if end == start or end > last or data[end : end + 2] != b"\r\n":
                break
            parts.append(data[start:end])
            position = end + 2
        self._position = self._scanned = position
        return b"".join(parts)

    def _read_line(self, limit: int, too_long: Callable[[], Unreadable]) -> bytes | None:
        data, start = self._data, self._position
        end = data.find(b"\r\n", max(start, self._scanned))
        if (end if end >= 0 else len(data)) - start > limit:
            raise too_long()
        if end < 0:
            if _BARE_LINE_END.search(data, max(start, self._scanned)):
                raise bad("A line must end with CR LF.")
            self._scanned = max(start, len(data) - 1)
            return None
        self._position = self._scanned = end + 2
        return data[start:end]

    def _parse_chunk_line(self, line: bytes) -> int:
        match = _CHUNK_FORM.fullmatch(line)
        if match is None:
            raise _bad_chunk()
        size, extensions = match.groups()
        if extensions:
            self._extension_bytes += len(extensions)
            if self._extension_bytes > _MAX_EXTENSION_BYTES:
                raise bad(f"The chunk extensions are larger than {_MAX_EXTENSION_BYTES} bytes.")
        return int(size, 16)


def _bad_chunk() -> Unreadable:
    return bad("The chunked body is malformed.")
