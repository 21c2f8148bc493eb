"""
The framing of HTTP/1.1 requests (RFC 9112): bytes in, heads and bodies out. No input and output of its own.

One strict reader serves every method. Where the bytes allow two readings, it refuses them: a proxy in front may have
chosen the other reading.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus

MAX_HEAD_BYTES = 64 * 1024  # request line and fields; the trailers of a chunked body count too
MAX_METHOD_LENGTH = 64
_MAX_CHUNK_LINE_BYTES = 1024  # size and extensions of one chunk
_MAX_EXTENSION_BYTES = 64 * 1024  # extensions of all chunks of a body
_MAX_LENGTH_DIGITS = 18  # a longer Content-Length counts as this many nines; no body is that long
_MAX_KNOWN_NAMES = 1024

_TCHAR = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]"
_TOKEN = re.compile(_TCHAR + rb"+")
_REQUEST_LINE = re.compile(rb"(" + _TCHAR + rb"{1,%d}) ([!-~]+) HTTP/1\.([0-9])" % MAX_METHOD_LENGTH)
_VERSION = re.compile(rb"HTTP/[0-9]\.[0-9]")
_ABSOLUTE = re.compile(rb"https?://([^/?@]+)(/[^?]*)?(?:\?(.*))?", re.IGNORECASE)
_AUTHORITY = re.compile(rb"[^/?@]+:[0-9]+")
# A field line of a trailer. Heads take a faster way to the same rules.
_FIELD_LINE = re.compile(_TCHAR + rb"++:[^\x00-\x08\x0a-\x1f\x7f]*+")
_BARE_LINE_END = re.compile(rb"(?<!\r)\n|\r(?=[^\n])")
_CHUNK_FORM = re.compile(
    rb"([0-9A-Fa-f]{1,15})"
    rb"((?:[ \t]*+;[ \t]*+" + _TCHAR + rb"++(?:[ \t]*+=[ \t]*+(?:" + _TCHAR + rb"++"
    rb'|"(?:[\t !#-\[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*+"))?)*+)'
)

_VALUE_BYTES = bytes(byte for byte in range(256) if (byte >= 0x20 and byte != 0x7F) or byte == 0x09)
_HOST_BYTES = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=%:[]"
_HEX_DIGITS = b"0123456789abcdefABCDEF"
_HEEDED = frozenset({b"host", b"content-length", b"transfer-encoding", b"connection", b"expect"})

# Field names as sent, and in lower case. Senders use few, so most lookups spare a check.
_known_names: dict[bytes, bytes] = {}

Fields = list[tuple[bytes, bytes]]


class Unreadable(Exception):
    """The bytes are no request that this server reads. The connection cannot be used any further."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


@dataclass(slots=True)
class Head:
    """A request's head."""

    method: str
    path: bytes  # as sent
    query: bytes
    version: str  # "1.0" or "1.1"
    fields: Fields  # names in lower case
    keep_alive: bool
    expects_continue: bool
    length: int  # of the body; -1 where it is chunked
    body: bytes | None = None  # all of it, where it came with the head: END does not follow then


class Signal(Enum):
    """An outcome of `RequestReader.next` that is neither a head nor a piece of a body."""

    NEED_DATA = "need data"
    END = "end of the request"


# What the reader reads next. Plain numbers: an enumeration costs a lookup more at each step.
_HEAD, _BODY, _CHUNK_LINE, _CHUNK, _CHUNK_END, _TRAILERS, _END = range(7)


class RequestReader:
    """
    Reads the requests of one connection.

    Call `feed` with what arrives and `next` until it returns NEED_DATA. Each request gives a head and, where
    the body did not come with it, any number of pieces and END. After `Unreadable`, do not use the reader again.
    """

    __slots__ = ("_data", "_extension_bytes", "_head_bytes", "_left", "_position", "_scanned", "_state")

    def __init__(self) -> None:
        self._data = b""
        self._position = 0
        self._scanned = 0  # there is no end of a head or line before this position
        self._state = _HEAD
        self._left = 0  # bytes of the body or the chunk
        self._head_bytes = 0
        self._extension_bytes = 0

    @property
    def is_between_requests(self) -> bool:
        """Whether the last request is complete, even if bytes of the next one are there."""
        return self._state is _HEAD

    @property
    def has_data(self) -> bool:
        """Whether bytes are there that `next` has not consumed."""
        return self._position < len(self._data)

    def feed(self, data: bytes) -> None:
        """Add what arrived."""
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
            Unreadable: The bytes follow no rule, or exceed a limit.
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
            raise _head_too_large()
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
        """Refuse at once the beginning of a head that no further bytes can make right."""
        data, start = self._data, self._position
        self._check_method()
        if len(data) - start > MAX_HEAD_BYTES:
            raise _head_too_large()
        if _BARE_LINE_END.search(data, max(start, self._scanned)):
            raise _bad("A line has to end with CR LF.")
        # The end of a head may begin with the last three bytes.
        self._scanned = max(start, len(data) - 3)

    def _check_method(self) -> None:
        start = self._position
        method, space, _ = self._data[start : start + MAX_METHOD_LENGTH + 1].partition(b" ")
        if (method not in {b"", b"\r"} and not _TOKEN.fullmatch(method)) or (space and not method):
            raise _bad("This is no HTTP/1.1 request.")
        if len(method) > MAX_METHOD_LENGTH:
            raise _method_too_long()

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
                if (line := self._read_line(MAX_HEAD_BYTES - self._head_bytes, _head_too_large)) is None:
                    return Signal.NEED_DATA
                self._head_bytes += len(line) + 2
                if line and not _FIELD_LINE.fullmatch(line):
                    raise _bad("A trailer field is malformed.")
                if not line:
                    self._state = _HEAD
                    return Signal.END
            else:
                raise AssertionError(self._state)

    def _read_whole_chunks(self) -> bytes:
        """Return the data of all chunks that are there from end to end and need no closer look."""
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
                raise _bad("A line has to end with CR LF.")
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
                raise _bad(f"The chunk extensions are larger than {_MAX_EXTENSION_BYTES} bytes.")
        return int(size, 16)


def parse_head(head: bytes) -> Head:
    """
    Parse a request line and its fields.

    Args:
        head: All before the empty line.

    Raises:
        Unreadable: They break a rule of RFC 9112.
    """
    line, _, block = head.partition(b"\r\n")
    match = _REQUEST_LINE.fullmatch(line)
    if match is None:
        raise _bad_request_line(line)
    method, target, minor = match.groups()
    is_old = minor == b"0"

    host: bytes | None = None
    length = 0
    lengths: list[bytes] = []
    codings: list[bytes] = []
    keep_alive = not is_old
    expects_continue = False
    fields: Fields = []
    if block:
        lines = block.split(b"\r\n")
        if block.translate(None, _VALUE_BYTES) != b"\r\n" * (len(lines) - 1):  # all its control characters
            raise _bad("A header field has a control character, or a line does not end with CR LF.")
        known = _known_names
        for line in lines:
            name, colon, value = line.partition(b":")
            if not colon:
                raise _bad("A header field has no colon.")
            name = known.get(name) or _lower(name)
            value = value.strip()
            fields.append((name, value))
            if name not in _HEEDED:
                continue
            if name == b"host":
                if host is not None:
                    raise _bad("The request has more than one Host.")
                host = value
            elif name == b"content-length":
                lengths.append(value)
            elif name == b"connection":
                if value != b"keep-alive" and b"close" in [one.strip() for one in value.lower().split(b",")]:
                    keep_alive = False
            elif name == b"transfer-encoding":
                codings.append(value)
            elif value.lower() == b"100-continue":
                expects_continue = not is_old
        if lengths or codings:
            length = _body_length(lengths, codings, is_old)
    if host is None:
        if not is_old:
            raise _bad("The request has no Host.")
    elif host.translate(None, _HOST_BYTES):
        raise _bad("The Host is malformed.")
    if target[:1] == b"/" and b"#" not in target:
        path, _, query = target.partition(b"?")
    else:
        path, query = _split_target(method, target, fields)
    version = "1.0" if is_old else "1.1"
    return Head(method.decode("ascii"), path, query, version, fields, keep_alive, expects_continue, length)


def _lower(name: bytes) -> bytes:
    """Check a field's name that is not known yet, and return it in lower case."""
    if not _TOKEN.fullmatch(name):
        raise _bad("A header field has a malformed name, or is continued on a second line.")
    lower = name.lower()
    if len(_known_names) < _MAX_KNOWN_NAMES and len(name) <= 64:
        _known_names[name] = lower
    return lower


def _split_target(method: bytes, target: bytes, fields: Fields) -> tuple[bytes, bytes]:
    """Return path and query of a rare form of target; the host of an absolute one replaces the Host."""
    if b"#" in target:
        raise _bad("The address has a fragment.")
    if match := _ABSOLUTE.fullmatch(target):
        host, path, query = match.groups()
        if host.translate(None, _HOST_BYTES):
            raise _bad("The host of the address is malformed.")
        fields[:] = [field for field in fields if field[0] != b"host"]
        fields.insert(0, (b"host", host))
        return path or b"/", query or b""
    if target == b"*" and method == b"OPTIONS":
        return target, b""
    if method == b"CONNECT" and _AUTHORITY.fullmatch(target):
        raise Unreadable(HTTPStatus.NOT_IMPLEMENTED, "This server is no proxy.")
    raise _bad("The address is malformed.")


def _body_length(lengths: list[bytes], codings: list[bytes], is_old: bool) -> int:
    """Return the length of the body, -1 for a chunked one (RFC 9112, section 6.3)."""
    if codings:
        if lengths:
            raise _bad("The request has both Content-Length and Transfer-Encoding.")
        if is_old:
            raise _bad("HTTP/1.0 has no Transfer-Encoding.")
        names = [name.strip() for name in b",".join(codings).lower().split(b",")]
        if names == [b"chunked"]:
            return -1
        if names[-1] != b"chunked" or names.count(b"chunked") > 1 or b"" in names:
            raise _bad("The Transfer-Encoding does not end with a single 'chunked'.")
        raise Unreadable(HTTPStatus.NOT_IMPLEMENTED, "The Transfer-Encoding has a coding besides 'chunked'.")
    if len(lengths) > 1 or not lengths[0].isdigit():
        raise _bad("The Content-Length is not one number.")
    digits = lengths[0].lstrip(b"0")
    return int(digits[:_MAX_LENGTH_DIGITS] or b"0") if len(digits) <= _MAX_LENGTH_DIGITS else 10**_MAX_LENGTH_DIGITS


def _bad(detail: str) -> Unreadable:
    return Unreadable(HTTPStatus.BAD_REQUEST, detail)


def _bad_chunk() -> Unreadable:
    return _bad("The chunked body is malformed.")


def _head_too_large() -> Unreadable:
    return Unreadable(
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"The request's head is larger than {MAX_HEAD_BYTES} bytes."
    )


def _method_too_long() -> Unreadable:
    return Unreadable(HTTPStatus.NOT_IMPLEMENTED, f"A method has at most {MAX_METHOD_LENGTH} characters.")


def _bad_request_line(line: bytes) -> Unreadable:
    method, _, rest = line.partition(b" ")
    if not _TOKEN.fullmatch(method):
        return _bad("This is no HTTP/1.1 request.")
    if len(method) > MAX_METHOD_LENGTH:
        return _method_too_long()
    version = rest.rpartition(b" ")[2]
    if _VERSION.fullmatch(version) and not version.startswith(b"HTTP/1."):
        return Unreadable(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, "This server speaks HTTP/1.1.")
    return _bad("The request line is malformed.")
