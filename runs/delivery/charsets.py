"""Decodes text in the charset that its sender declares."""

import codecs
from collections.abc import Callable
from functools import lru_cache

import webencodings

# Labels that the WHATWG does not list and senders use nevertheless, with the codecs that Python has for them.
_MORE_LABELS = {"utf-32": "utf-32", "utf-32le": "utf-32-le", "utf-32be": "utf-32-be"}
# Senders name these where they mean "text", and send UTF-8.
_ASCII_LABELS = frozenset({"ascii", "us-ascii", "ansi_x3.4-1968", "iso-ir-6"})
_MAX_LABEL_CHARACTERS = 40
_BOM = "\ufeff"

Decode = Callable[[bytes], str]


class Undecodable(ValueError):
    """The bytes are no text in any of the charsets."""


@lru_cache(maxsize=256)
def find_charset(label: str) -> Decode | None:
    """
    Find the decoder of a charset.

    Args:
        label: Its name as a Content-Type or a form gives it: any label of the WHATWG's Encoding Standard, in any case.

    Returns:
        A function that decodes bytes and raises ValueError where they are not in this charset; None where the label is
        unknown, or names UTF-8, which is tried anyway.
    """
    label = label.strip().lower()
    if not label.isascii() or len(label) > _MAX_LABEL_CHARACTERS:
        return None
    if more := _MORE_LABELS.get(label):
        return lambda data: data.decode(more)
    encoding = webencodings.lookup(label)
    # The standard decodes "replacement" to a single U+FFFD: that would lose the bytes.
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
    Decode text, without a byte order mark at its start.

    Args:
        data: The text.
        charsets: What to try first, in this order; UTF-8 is tried last.

    Raises:
        Undecodable: It is in none of them.
    """
    utf_8_first = data.startswith(codecs.BOM_UTF8)  # which says more than any declaration
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
    """The characters of a Windows code page; where it has none, the C1 control, as the WHATWG's index has it."""
    characters = []
    for byte in range(256):
        try:
            characters.append(bytes([byte]).decode(codec))
        except UnicodeDecodeError:
            # U+FFFE marks what is undefined, for `charmap_decode`.
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
