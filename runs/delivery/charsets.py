"""Decode text in the charset that its sender declares."""

import codecs
from collections.abc import Callable
from functools import lru_cache

import webencodings

# Labels that senders use although the WHATWG does not list them, with Python's codecs.
_MORE_LABELS = {"utf-32": "utf-32", "utf-32le": "utf-32-le", "utf-32be": "utf-32-be"}
# Senders use these in the sense of "text", and send UTF-8.
_ASCII_LABELS = frozenset({"ascii", "us-ascii", "ansi_x3.4-1968", "iso-ir-6"})
_MAX_LABEL_CHARACTERS = 40
_BOM = "\ufeff"

Decode = Callable[[bytes], str]


class Undecodable(ValueError):
    """The bytes are not text in any of the charsets."""


@lru_cache(maxsize=256)
def find_charset(label: str) -> Decode | None:
    """
    Return the decoder of a charset.

    Args:
        label: Its name in a Content-Type or a form: any label of the WHATWG's Encoding Standard, or UTF-32, in any
            case.

    Returns:
        A function that decodes bytes, and raises ValueError if they are not in this charset; None if the label is
        unknown, or names UTF-8, which `decode` tries anyway.
    """
    label = label.strip().lower()
    if not label.isascii() or len(label) > _MAX_LABEL_CHARACTERS:
        return None
    if more := _MORE_LABELS.get(label):
        return lambda data: data.decode(more)
    encoding = webencodings.lookup(label)
    # The standard decodes "replacement" to a single U+FFFD, which would lose the bytes.
    if encoding is None or encoding.name in {"utf-8", "replacement"}:
        return None
    if encoding.name in {"utf-16le", "utf-16be"}:
        return _decode_big_endian if encoding.name == "utf-16be" else _decode_little_endian
    codec = "gb18030" if encoding.name == "gbk" else encoding.codec_info.name
    if codec.startswith("cp") and codec not in {"cp932", "cp949", "cp866"}:
        table = _fill_gaps(codec)

        def decode_page(data: bytes) -> str:
            return codecs.charmap_decode(data, "strict", table)[0]

        return _prefer_utf_8(decode_page) if label in _ASCII_LABELS else decode_page
    if codec == "x-user-defined":
        return lambda data: encoding.codec_info.decode(data, "strict")[0]
    return lambda data: data.decode(codec)


def decode(data: bytes, *charsets: Decode | None) -> str:
    """
    Return bytes as text, without a byte order mark at its start.

    Args:
        data: The bytes.
        charsets: The charsets to try, in this order, before UTF-8. If the bytes start with UTF-8's byte order mark,
            UTF-8 is tried first.

    Raises:
        Undecodable: None of the charsets can decode the bytes.
    """
    utf_8_first = data.startswith(codecs.BOM_UTF8)  # more reliable than any declaration
    if utf_8_first and (text := _as_utf_8(data)) is not None:
        return text
    for charset in charsets:
        if charset is not None:
            try:
                return charset(data).removeprefix(_BOM)
            except ValueError:
                pass
    if utf_8_first or (text := _as_utf_8(data)) is None:
        raise Undecodable
    return text


def _as_utf_8(data: bytes) -> str | None:
    try:
        return data.decode().removeprefix(_BOM)
    except UnicodeDecodeError:
        return None


def _fill_gaps(codec: str) -> str:
    """Return the characters of a Windows code page, with C1 controls in its gaps, as in the WHATWG's index."""
    characters = []
    for byte in range(256):
        try:
            characters.append(bytes([byte]).decode(codec))
        except UnicodeDecodeError:
            # `charmap_decode` treats U+FFFE as undefined.
            characters.append(chr(byte) if byte < 0xA0 else "\ufffe")
    return "".join(characters)


def _prefer_utf_8(charset: Decode) -> Decode:
    def decode_ascii(data: bytes) -> str:
        try:
            return data.decode()
        except UnicodeDecodeError:
            return charset(data)

    return decode_ascii


def _decode_little_endian(data: bytes) -> str:
    return data.decode("utf-16-be" if data.startswith(codecs.BOM_UTF16_BE) else "utf-16-le")


def _decode_big_endian(data: bytes) -> str:
    return data.decode("utf-16-le" if data.startswith(codecs.BOM_UTF16_LE) else "utf-16-be")
