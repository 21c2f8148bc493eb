"""Undoes the Content-Encoding of a body, within bounds."""

import zlib
from io import BytesIO

ACCEPTED = "gzip, deflate"  # for an Accept-Encoding field, which a 415 may have (RFC 9110, section 12.5.3)

_GZIP, _ZLIB, _RAW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS  # as zlib names the three formats
_GZIP_CODINGS = frozenset({"gzip", "x-gzip"})  # section 8.4.1.3
_ZLIB_CODINGS = frozenset({"deflate", "zlib"})
# Senders that know Content-Encoding from mail, or mean a charset, send the body as it is.
_NO_CODINGS = frozenset({"", "identity", "utf-8", "utf8"})

_MOST_CODINGS = 5
# Of a body, each of some microseconds: a few kilobytes could otherwise unpack to half a million empty ones.
_MOST_MEMBERS = 10_000
_LEAST_PIECE, _MOST_PIECE = 1024, 64 * 1024  # bytes that zlib is given at once


class UnfitBody(Exception):
    """A body that cannot be unpacked; its text says why, and what to do."""


class TooLarge(UnfitBody):
    """Unpacked it is larger than is allowed."""


class Unreadable(UnfitBody):
    """It is not what its Content-Encoding says: damaged, cut off, or something else altogether."""


class UnknownCoding(UnfitBody):
    """Its Content-Encoding is one that is not known here."""


def unpack(body: bytes, content_encoding: str, limit: int) -> bytes:
    """
    Undo the codings of a body (RFC 9110, section 8.4), the last first. An empty body stays empty.

    Args:
        body: As received.
        content_encoding: The field's value, or the values of several fields joined by commas.
        limit: How many bytes it may have, after each step.

    Returns:
        What was packed: the same object where nothing was.

    Raises:
        TooLarge: It has more bytes than the limit; no more than that were held.
        Unreadable: It is damaged or cut off, something follows it, or it is packed more than five times.
        UnknownCoding: A coding is none of gzip, x-gzip, deflate and identity.
    """
    if not body:
        return body
    codings = [part.strip(" \t").lower() for part in content_encoding.split(",")]
    codings = [name for name in codings if name not in _NO_CODINGS]
    for name in codings:
        if name not in _GZIP_CODINGS and name not in _ZLIB_CODINGS:
            raise UnknownCoding(f"The Content-Encoding {name[:40]!r} is not known: send {ACCEPTED}, or none.")
    if len(codings) > _MOST_CODINGS:
        raise Unreadable(f"The body is packed {len(codings)} times; {_MOST_CODINGS} are allowed.")
    for name in reversed(codings):
        body = _inflate(body, name, limit)
    return body


def _inflate(body: bytes, coding: str, limit: int) -> bytes:
    gzip = coding in _GZIP_CODINGS
    form = _GZIP if gzip else _form(body)
    view, place, members = memoryview(body), 0, 0
    # Not a list of parts: to join them would hold them twice.
    unpacked = BytesIO()
    size = 0
    while place < len(body):
        members += 1
        if members > _MOST_MEMBERS:
            raise Unreadable(f"The body has more than {_MOST_MEMBERS} gzip members.")
        one = zlib.decompressobj(form)
        # Small pieces first: what is left over of one is copied, which costs where there are many members.
        length = _LEAST_PIECE
        while not one.eof:
            piece: bytes | memoryview = view[place : place + length]
            if not piece:
                raise Unreadable(f"The body ends before its {coding} data does.")
            place += len(piece)
            length = min(2 * length, _MOST_PIECE)
            while piece and not one.eof:
                try:
                    part = one.decompress(piece, min(limit + 1 - size, 4 * _MOST_PIECE))
                except zlib.error:
                    raise Unreadable(f"The body is not the {coding} data that its Content-Encoding says.") from None
                size += len(part)
                if size > limit:
                    raise TooLarge(f"Unpacked, the body is larger than {limit} bytes.")
                unpacked.write(part)
                piece = one.unconsumed_tail
        place -= len(one.unused_data)
        if place < len(body) and not (gzip and body.startswith(b"\x1f\x8b", place)):
            raise Unreadable(f"Something that is no {coding} data follows the body's.")
    return unpacked.getvalue()


def _form(body: bytes) -> int:
    """`deflate` is zlib's format (section 8.4.1.2); some send the bare deflate data, whose start looks otherwise."""
    zlib_head = len(body) > 1 and body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0
    return _ZLIB if zlib_head else _RAW
