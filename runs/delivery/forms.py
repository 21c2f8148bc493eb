"""
Read the fields and files of a form from a body in memory.

Django's parser and those of PyPI (python-multipart 0.0.34, multipart 2.0.1) read streams of unknown length. Each
rejects a whole form because of one unusual part, or leaves the part out: a part without a name, with 5,000 bytes of
header fields, with a file name in Latin-1, with Unix line breaks, or truncated. Here the body is in memory and within
its limit, and every part must be kept.
"""

import binascii
import codecs
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from tempfile import TemporaryFile
from typing import IO, Any
from urllib.parse import unquote_to_bytes

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from runs.delivery.charsets import Decode, Undecodable, decode, find_charset

Files = MultiValueDict[str, "UploadedFile[bytes]"]

_PARAMETER = re.compile(r""";\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]*))""", re.DOTALL)
_FOLD = re.compile(rb"\r?\n(?=[ \t])")
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
FIELD_BYTES = 500  # roughly how much memory a field takes in addition to its text
_CHARSET_FIELD = b"_charset_"
_PIECE_BYTES = 64 * 1024  # how much of an urlencoded value one call decodes


class _File(UploadedFile):  # type: ignore[type-arg] # generic in the stubs alone
    """A file in a form."""

    def _get_name(self) -> str | None:
        return self._name

    def _set_name(self, name: str | None) -> None:
        # Django's setter rejects "." and ".."; here no file is ever opened by its name.
        self._name = name

    name = property(_get_name, _set_name)

    def open(self, mode: str | None = None, *args: Any, **kwargs: Any) -> "_File":
        # Unlike Django's, never opens a file by its name, which comes from the client.
        self.seek(0)
        return self


@dataclass(slots=True)
class _Part:
    """A part of a multipart body."""

    name: bytes
    parameters: dict[str, bytes]  # of its Content-Disposition
    content_type: str
    coding: str  # its Content-Transfer-Encoding
    start: int  # of its content in the body
    end: int


def parse_parameters(value: str) -> tuple[str, dict[str, str]]:
    """
    Split the value of a field such as Content-Type.

    Returns:
        The main value in lower case, and the parameters by name in lower case. If a name is repeated, its first value
        is returned.
    """
    main, semicolon, rest = value.partition(";")
    parameters: dict[str, str] = {}
    for match in _PARAMETER.finditer(semicolon + rest):
        name, quoted, token = match.groups()
        if quoted is None:
            parameters.setdefault(name.lower(), token.strip())
        else:
            # Nothing else is unescaped: old browsers send a file's path, with its backslashes.
            parameters.setdefault(name.lower(), quoted.replace('\\"', '"').replace("\\\\", "\\"))
    return main.strip().lower(), parameters


def count_fields(body: bytes, content_type: str) -> int:
    """Estimate how many fields and files a form has: never fewer than `read_form` returns."""
    kind, parameters = parse_parameters(content_type)
    if kind == "application/x-www-form-urlencoded":
        return body.count(b"&") + 1
    if kind == "multipart/form-data" and (boundary := parameters.get("boundary")):
        return body.count(b"--" + boundary.encode("latin-1", "replace"))
    return 0


def read_form(body: bytes, content_type: str) -> tuple[QueryDict, Files]:
    """
    Read a form.

    Args:
        body: The unpacked body.
        content_type: Its Content-Type, with parameters.

    Returns:
        The fields and the files; both empty if the body is not a form.

    Raises:
        OSError: A file cannot be written to disk.
    """
    kind, parameters = parse_parameters(content_type)
    charset = find_charset(parameters.get("charset", ""))
    if kind == "application/x-www-form-urlencoded":
        return read_urlencoded(body, charset), MultiValueDict()
    if kind == "multipart/form-data" and (boundary := parameters.get("boundary")):
        return _read_multipart(body, boundary.encode("latin-1", "replace"), charset)
    return QueryDict(), MultiValueDict()


def read_urlencoded(data: bytes, charset: Decode | None = None) -> QueryDict:
    """
    Read an urlencoded form or a query.

    Args:
        data: The form.
        charset: The decoder of its declared charset.

    Returns:
        The fields. A value that cannot be decoded is bytes; in a name, such bytes become lone surrogates (PEP 383).
    """
    fields = []
    declared: Decode | None = None
    for field in data.removeprefix(codecs.BOM_UTF8).split(b"&"):
        if field:
            name, _, value = field.partition(b"=")
            name, value = _unquote(name), _unquote(value)
            if name == _CHARSET_FIELD and declared is None:
                declared = find_charset(value.decode("latin-1"))
            fields.append((name, value))
    form = QueryDict(mutable=True)
    for name, value in fields:
        _append(form, _decode_name(name, charset, declared), _decode_value(value, charset, declared))
    form._mutable = False
    return form


def _unquote(value: bytes) -> bytes:
    value = value.replace(b"+", b" ")
    if b"%" not in value:
        return value
    if len(value) <= _PIECE_BYTES:
        return unquote_to_bytes(value)
    # In pieces, because Python makes an object of each escape, which is 50 times as large.
    whole = bytearray()
    start = 0
    while start < len(value):
        end = start + _PIECE_BYTES
        # Never split an escape.
        end -= next((back for back in (1, 2) if value[end - back : end - back + 1] == b"%"), 0)
        whole += unquote_to_bytes(value[start:end])
        start = end
    return bytes(whole)


def _append(form: MultiValueDict[str, Any], name: str, value: Any) -> None:
    # QueryDict's own methods decode bytes, and lose those that are not text.
    if name in form:
        dict.__getitem__(form, name).append(value)
    else:
        dict.__setitem__(form, name, [value])


def _decode_name(name: bytes, *charsets: Decode | None) -> str:
    try:
        return decode(name, *charsets)
    except Undecodable:
        return name.decode("utf-8", "surrogateescape")


def _decode_value(value: bytes, *charsets: Decode | None) -> str | bytes:
    try:
        return decode(value, *charsets)
    except Undecodable:
        return value


def _read_multipart(body: bytes, boundary: bytes, charset: Decode | None) -> tuple[QueryDict, Files]:
    form, files = QueryDict(mutable=True), Files()
    parts = [_parse_part(body, start, end) for start, end in _split(body, boundary) if end > start]
    # RFC 7578, section 4.6: the field `_charset_` names the charset of all parts that do not name one.
    named = next((part for part in parts if part.name == _CHARSET_FIELD), None)
    declared = find_charset(body[named.start : named.end].decode("latin-1")) if named else None
    try:
        for part in parts:
            extended = _extended(part.parameters, "name")
            name = _decode_name(part.name, charset, declared) if extended is None else _decode_name(extended)
            content = _decode_transfer(body[part.start : part.end], part.coding)
            file_name = _file_name(part.parameters, charset, declared)
            kind, parameters = parse_parameters(part.content_type)
            if file_name is None:
                own = find_charset(parameters.get("charset", ""))
                _append(form, name, _decode_value(content, own, charset, declared))
            elif file_name or content:  # browsers send neither if no file is selected
                _append(files, name, _keep_file(content, file_name, kind, parameters))
    except BaseException:
        close_files(files)
        raise
    form._mutable = False
    return form, files


def as_texts(fields: QueryDict) -> dict[str, Any]:
    """Return fields by name: a text, or a list of several. Bytes become text, as in JSON, which has no bytes."""
    texts: dict[str, Any] = {}
    for name, values in fields.lists():
        many = [value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value for value in values]
        texts[name] = many if len(many) > 1 else many[0]
    return texts


def close_files(files: Files) -> None:
    """Close the files of a form."""
    for _, several in files.lists():
        for file in several:
            file.close()


def _split(body: bytes, boundary: bytes) -> Iterator[tuple[int, int]]:
    """Yield where each part of a body starts and ends: between delimiter lines (RFC 2046, section 5.1.1)."""
    delimiter = b"--" + boundary
    start: int | None = None
    place = body.find(delimiter)
    while place >= 0:
        after = place + len(delimiter)
        last = body.startswith(b"--", after)
        line = after + 2 * last
        while body[line : line + 1] in (b" ", b"\t"):
            line += 1
        newline = 1 if body.startswith(b"\n", line) else 2 if body.startswith(b"\r\n", line) else 0
        if (place == 0 or body[place - 1] == 10) and (newline or last or line >= len(body)):
            if start is not None:
                yield start, max(start, place - (2 if body.startswith(b"\r\n", place - 2) else 1))
            if last:
                return
            start = line + newline
            # The line break at the end of this delimiter line may also be the one that begins the next delimiter.
            place = body.find(delimiter, start)
        else:
            place = body.find(delimiter, after)
    if start is not None and start < len(body):
        yield start, len(body)  # truncated


def _parse_part(body: bytes, start: int, end: int) -> _Part:
    """Parse a part. A part without header fields, or with text that is no field, consists of content only."""
    if body.startswith(b"\r\n", start) or body.startswith(b"\n", start):
        return _Part(b"", {}, "", "", start + 1 + body.startswith(b"\r", start), end)
    found = _END_OF_HEAD.search(body, start, end)
    head_end, content = (found.start(), found.end()) if found else (end, end)
    fields: dict[str, str] = {}
    for line in _FOLD.sub(b"", body[start:head_end]).splitlines():
        field, colon, value = line.decode("latin-1").partition(":")
        if colon:
            fields.setdefault(field.strip().lower(), value.strip())
    if not fields:
        return _Part(b"", {}, "", "", start, end)
    _, parameters = parse_parameters(fields.get("content-disposition", ""))
    disposition = {key: value.encode("latin-1") for key, value in parameters.items()}
    name = disposition.get("name", b"").strip()
    coding = fields.get("content-transfer-encoding", "").lower()
    return _Part(name, disposition, fields.get("content-type", ""), coding, min(content, end), end)


def _extended(parameters: dict[str, bytes], name: str) -> bytes | None:
    """Return a parameter in RFC 8187's form, `filename*=UTF-8''na%C3%AFve`, as UTF-8; None if there is none."""
    charset, _, rest = parameters.get(f"{name}*", b"").partition(b"'")
    _, quote, value = rest.partition(b"'")
    if not quote:
        return None
    value = unquote_to_bytes(value)
    try:
        return decode(value, find_charset(charset.decode("latin-1"))).encode()
    except Undecodable:
        return value


def _file_name(parameters: dict[str, bytes], *charsets: Decode | None) -> str | None:
    """Return the name of a file without folders; None if the part is not a file."""
    if (extended := _extended(parameters, "filename")) is not None:
        name = _decode_name(extended)
    elif "filename" in parameters:
        name = html.unescape(_decode_name(parameters["filename"], *charsets))
    else:
        return None
    name = name.rsplit("/")[-1].rsplit("\\")[-1]
    return "".join(character for character in name if character.isprintable() or "\udc80" <= character <= "\udcff")


def _decode_transfer(content: bytes, coding: str) -> bytes:
    """Decode base64. Content that is not valid base64 is returned unchanged."""
    if coding != "base64":
        return content
    try:
        return binascii.a2b_base64(b"".join(content.split()), strict_mode=True)
    except binascii.Error:
        return content


def _keep_file(content: bytes, name: str, kind: str, parameters: dict[str, str]) -> _File:
    """Return a small file in memory, and a larger one on disk without a name, so that a crash leaves no file behind."""
    file: IO[bytes] = BytesIO(content)
    if len(content) > settings.FILE_UPLOAD_MAX_MEMORY_SIZE:
        file = TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR)  # noqa: SIM115 - `close_files` does
        try:
            file.write(content)
            file.seek(0)
        except BaseException:
            file.close()
            raise
    extra = {key: value.encode("latin-1") for key, value in parameters.items()}  # bytes, as Django has them
    return _File(file, name, kind, len(content), parameters.get("charset"), extra)
