"""Parse the head of an HTTP/1.1 request: its line and its fields (RFC 9112, sections 2 to 6)."""

import re
from dataclasses import dataclass
from http import HTTPStatus

MAX_HEAD_BYTES = 64 * 1024  # request line and fields; the trailers of a chunked body are included
MAX_METHOD_LENGTH = 64
_MAX_LENGTH_DIGITS = 18  # a longer Content-Length is treated as 10 ** 18; no body is that long
_MAX_KNOWN_NAMES = 1024

TCHAR = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]"
TOKEN = re.compile(TCHAR + rb"+")
_REQUEST_LINE = re.compile(rb"(" + TCHAR + rb"{1,%d}) ([!-~]+) HTTP/1\.([0-9])" % MAX_METHOD_LENGTH)
_VERSION = re.compile(rb"HTTP/[0-9]\.[0-9]")
_ABSOLUTE = re.compile(rb"https?://([^/?@]+)(/[^?]*)?(?:\?(.*))?", re.IGNORECASE)
_AUTHORITY = re.compile(rb"[^/?@]+:[0-9]+")

_VALUE_BYTES = bytes(byte for byte in range(256) if (byte >= 0x20 and byte != 0x7F) or byte == 0x09)
_HOST_BYTES = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=%:[]"
_HEEDED = frozenset({b"host", b"content-length", b"transfer-encoding", b"connection", b"expect"})

# Maps field names as sent to lower case. Senders use few names, so most names need no check.
_known_names: dict[bytes, bytes] = {}

Fields = list[tuple[bytes, bytes]]


class Unreadable(Exception):
    """The bytes are not a request that this server accepts. The connection cannot be used any further."""

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
    length: int  # of the body; -1 if it is chunked
    body: bytes | None = None  # the whole body, if it came with the head; END does not follow then


def parse_head(head: bytes) -> Head:
    """
    Parse a request line and its fields.

    Args:
        head: All bytes before the empty line, without the last line end.

    Raises:
        Unreadable: The head violates RFC 9112, or uses a feature that this server does not support.
    """
    line, _, block = head.partition(b"\r\n")
    match = _REQUEST_LINE.fullmatch(line)
    if match is None:
        raise bad_request_line(line)
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
        if block.translate(None, _VALUE_BYTES) != b"\r\n" * (len(lines) - 1):  # its only control characters
            raise bad("A header field contains a control character, or a line does not end with CR LF.")
        known = _known_names
        for line in lines:
            name, colon, value = line.partition(b":")
            if not colon:
                raise bad("A header field has no colon.")
            name = known.get(name) or _lower(name)
            value = value.strip()
            fields.append((name, value))
            if name not in _HEEDED:
                continue
            if name == b"host":
                if host is not None:
                    raise bad("The request has more than one Host.")
                host = value
            elif name == b"content-length":
                lengths.append(value)
            elif name == b"connection":
                if value != b"keep-alive" and b"close" in [option.strip() for option in value.lower().split(b",")]:
                    keep_alive = False
            elif name == b"transfer-encoding":
                codings.append(value)
            elif value.lower() == b"100-continue":
                expects_continue = not is_old
        if lengths or codings:
            length = _body_length(lengths, codings, is_old)
    if host is None:
        if not is_old:
            raise bad("The request has no Host.")
    elif host.translate(None, _HOST_BYTES):
        raise bad("The Host is malformed.")
    if target[:1] == b"/" and b"#" not in target:
        path, _, query = target.partition(b"?")
    else:
        path, query = _split_target(method, target, fields)
    version = "1.0" if is_old else "1.1"
    return Head(method.decode("ascii"), path, query, version, fields, keep_alive, expects_continue, length)


def _lower(name: bytes) -> bytes:
    """Check a field name that is not known yet, and return it in lower case."""
    if not TOKEN.fullmatch(name):
        raise bad("A header field has a malformed name, or is continued on a second line.")
    lower = name.lower()
    if len(_known_names) < _MAX_KNOWN_NAMES and len(name) <= 64:
        _known_names[name] = lower
    return lower


def _split_target(method: bytes, target: bytes, fields: Fields) -> tuple[bytes, bytes]:
    """Return path and query of a rare form of target. The host of an absolute target replaces the Host field."""
    if b"#" in target:
        raise bad("The request target has a fragment.")
    if match := _ABSOLUTE.fullmatch(target):
        host, path, query = match.groups()
        if host.translate(None, _HOST_BYTES):
            raise bad("The host of the request target is malformed.")
        fields[:] = [field for field in fields if field[0] != b"host"]
        fields.insert(0, (b"host", host))
        return path or b"/", query or b""
    if target == b"*" and method == b"OPTIONS":
        return target, b""
    if method == b"CONNECT" and _AUTHORITY.fullmatch(target):
        raise Unreadable(HTTPStatus.NOT_IMPLEMENTED, "This server is not a proxy.")
    raise bad("The request target is malformed.")


def _body_length(lengths: list[bytes], codings: list[bytes], is_old: bool) -> int:
    """Return the length of the body, -1 for a chunked body (RFC 9112, section 6.3)."""
    if codings:
        if lengths:
            raise bad("The request has both Content-Length and Transfer-Encoding.")
        if is_old:
            raise bad("HTTP/1.0 does not support Transfer-Encoding.")
        names = [name.strip() for name in b",".join(codings).lower().split(b",")]
        if names == [b"chunked"]:
            return -1
        if names[-1] != b"chunked" or names.count(b"chunked") > 1 or b"" in names:
            raise bad("The Transfer-Encoding does not end with a single 'chunked'.")
        raise Unreadable(HTTPStatus.NOT_IMPLEMENTED, "The only supported Transfer-Encoding is 'chunked'.")
    if len(lengths) > 1 or not lengths[0].isdigit():
        raise bad("The Content-Length is not a single number.")
    digits = lengths[0].lstrip(b"0")
    return int(digits[:_MAX_LENGTH_DIGITS] or b"0") if len(digits) <= _MAX_LENGTH_DIGITS else 10**_MAX_LENGTH_DIGITS


def bad(detail: str) -> Unreadable:
    return Unreadable(HTTPStatus.BAD_REQUEST, detail)


def head_too_large() -> Unreadable:
    return Unreadable(
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"The request's head is larger than {MAX_HEAD_BYTES} bytes."
    )


def method_too_long() -> Unreadable:
    return Unreadable(HTTPStatus.NOT_IMPLEMENTED, f"A method must have at most {MAX_METHOD_LENGTH} characters.")


def bad_request_line(line: bytes) -> Unreadable:
    method, _, rest = line.partition(b" ")
    if not TOKEN.fullmatch(method):
        return bad("This is not an HTTP/1.1 request.")
    if len(method) > MAX_METHOD_LENGTH:
        return method_too_long()
    version = rest.rpartition(b" ")[2]
    if _VERSION.fullmatch(version) and not version.startswith(b"HTTP/1."):
        return Unreadable(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, "This server supports HTTP/1.1.")
    return bad("The request line is malformed.")
