"""Decode the Content-Encoding of a body, within limits."""

import zlib
from io import BytesIO

ACCEPTED = "gzip, deflate"  # for an Accept-Encoding field, which a 415 may have (RFC 9110, section 12.5.3)

_GZIP, _ZLIB, _RAW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS  # as zlib names the three formats
_GZIP_CODINGS = frozenset({"gzip", "x-gzip"})  # section 8.4.1.3
_ZLIB_CODINGS = frozenset({"deflate", "zlib"})
# Values of senders that confuse the field with mail's transfer encoding or with a charset. Their bodies are not
# encoded.
_NO_CODINGS = frozenset({"", "identity", "utf-8", "utf8"})

_MAX_CODINGS = 5
# Each gzip member takes some microseconds, and a few kilobytes could unpack to half a million empty ones.
_MAX_MEMBERS = 10_000
_LEAST_PIECE, _MAX_PIECE = 1024, 64 * 1024  # bytes per call of zlib


class UnfitBody(Exception):
    """The body cannot be unpacked; the message says why, and how to fix it."""


class TooLarge(UnfitBody):
    """The unpacked body exceeds the limit."""


class Unreadable(UnfitBody):
    """The body does not match its Content-Encoding: it is damaged, truncated, or in another format."""


class UnknownCoding(UnfitBody):
    """The Content-Encoding is not supported."""


def unpack(body: bytes, content_encoding: str, limit: int) -> bytes:
    """
    Undo the codings of a body (RFC 9110, section 8.4), the last one first. An empty body stays empty.

    Args:
        body: The body as received.
        content_encoding: The field's value, or the values of several fields joined by commas.
        limit: The maximum number of bytes after each step.

    Returns:
        The unpacked body; the same object if it has no codings.

    Raises:
        TooLarge: The body exceeds the limit; no more bytes than the limit were held in memory.
        Unreadable: The body is damaged or truncated, other data follows it, or it has more than five codings.
        UnknownCoding: A coding is none of gzip, x-gzip, deflate, zlib, identity, utf-8 and utf8.
    """
    if not body:
        return body
    codings = [part.strip(" \t").lower() for part in content_encoding.split(",")]
    codings = [name for name in codings if name not in _NO_CODINGS]
    for name in codings:
        if name not in _GZIP_CODINGS and name not in _ZLIB_CODINGS:
            raise UnknownCoding(f"The Content-Encoding {name[:40]!r} is not supported: use {ACCEPTED}, or none.")
    if len(codings) > _MAX_CODINGS:
        raise Unreadable(f"The body has {len(codings)} content encodings; {_MAX_CODINGS} are allowed.")
    for name in reversed(codings):
        body = _inflate(body, name, limit)
    return body


def _inflate(body: bytes, coding: str, limit: int) -> bytes:
    gzip = coding in _GZIP_CODINGS
    form = _GZIP if gzip else _form(body)
    view, place, members = memoryview(body), 0, 0
    # Not a list of parts: joining them would hold them twice.
    unpacked = BytesIO()
    size = 0
    while place < len(body):
        members += 1
        if members > _MAX_MEMBERS:
            raise Unreadable(f"The body has more than {_MAX_MEMBERS} gzip members.")
        decompressor = zlib.decompressobj(form)
        # Small pieces first: the rest of a piece is copied, which is expensive with many members.
        length = _LEAST_PIECE
        while not decompressor.eof:
            piece: bytes | memoryview = view[place : place + length]
            if not piece:
                raise Unreadable(f"The body's {coding} data is incomplete.")
            place += len(piece)
            length = min(2 * length, _MAX_PIECE)
            while piece and not decompressor.eof:
                try:
                    part = decompressor.decompress(piece, min(limit + 1 - size, 4 * _MAX_PIECE))
                except zlib.error:
                    raise Unreadable(
                        f"The body is not valid {coding} data, as its Content-Encoding requires."
                    ) from None
                size += len(part)
                if size > limit:
                    raise TooLarge(f"The decompressed body is larger than {limit} bytes.")
                unpacked.write(part)
                piece = decompressor.unconsumed_tail
        place -= len(decompressor.unused_data)
        if place < len(body) and not (gzip and body.startswith(b"\x1f\x8b", place)):
            raise Unreadable(f"The body's {coding} data is followed by other data.")
    return unpacked.getvalue()


def _form(body: bytes) -> int:
    """Return the format of `deflate` data: zlib's (section 8.4.1.2), or the raw deflate data that some senders send."""
    zlib_head = len(body) > 1 and body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0
    return _ZLIB if zlib_head else _RAW
