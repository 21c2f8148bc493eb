"""
Reads the fields and files of a form from a body that is in memory already.

Django's parser and those of PyPI (python-multipart 0.0.34, multipart 2.0.1) read streams of unknown length. Each
refuses a whole form for one part that it does not like, or leaves the part out: one without a name, with a head of
5,000 bytes, with a file name in Latin-1, with line breaks of Unix, or cut off. Here the body is in memory and within
its limit, and nothing may be missing from it.
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
FIELD_BYTES = 500  # of memory that a field takes besides its text, about
_CHARSET_FIELD = b"_charset_"
_PIECE_BYTES = 64 * 1024  # of an urlencoded value, decoded at once


class _File(UploadedFile):  # type: ignore[type-arg] # generic in the stubs alone
    """A file of a form."""

    def _get_name(self) -> str | None:
        return self._name

    def _set_name(self, name: str | None) -> None:
        # Django's refuses "." and "..": here no file is ever opened by its name.
        self._name = name

    name = property(_get_name, _set_name)

    def open(self, mode: str | None = None, *args: Any, **kwargs: Any) -> "_File":
        # Never by its name, which is the client's, as Django's would.
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
    Split a field such as Content-Type.

    Returns:
        Its value in lower case, and its parameters by their names in lower case; the first of a name counts.
    """
    main, semicolon, rest = value.partition(";")
    parameters: dict[str, str] = {}
    for match in _PARAMETER.finditer(semicolon + rest):
        name, quoted, token = match.groups()
        if quoted is None:
            parameters.setdefault(name.lower(), token.strip())
        else:
            # Nothing else is unescaped: old browsers send the path of a file, with its backslashes.
            parameters.setdefault(name.lower(), quoted.replace('\\"', '"').replace("\\\\", "\\"))
    return main.strip().lower(), parameters


def count_fields(body: bytes, content_type: str) -> int:
    """About how many fields and files the form in a body has: never fewer than `read_form` would find."""
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
        body: Unpacked.
        content_type: Its Content-Type, with parameters.

    Returns:
        The fields and the files; both empty where it is no form.

    Raises:
        OSError: There is no room for a file.
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
        charset: The one that was declared for it.

    Returns:
        Its fields. A value that cannot be decoded is there as bytes; in a name, such bytes are lone surrogates, as
        PEP 383 has them.
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
    # In pieces: of each escape Python makes an object, which is 50 times as large.
    whole = bytearray()
    start = 0
    while start < len(value):
        end = start + _PIECE_BYTES
        # Never through an escape.
        end -= next((back for back in (1, 2) if value[end - back : end - back + 1] == b"%"), 0)
        whole += unquote_to_bytes(value[start:end])
        start = end
    return bytes(whole)


def _append(form: MultiValueDict[str, Any], name: str, value: Any) -> None:
    # QueryDict's own methods decode bytes, and lose those that are no text.
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
            elif file_name or content:  # browsers send neither where nobody chose a file
                _append(files, name, _keep_file(content, file_name, kind, parameters))
    except BaseException:
        close_files(files)
        raise
    form._mutable = False
    return form, files


def close_files(files: Files) -> None:
    """Let the files of a form go."""
    for _, several in files.lists():
        for file in several:
            file.close()


def _split(body: bytes, boundary: bytes) -> Iterator[tuple[int, int]]:
    """Where the parts of a body are: between lines that begin with its delimiter (RFC 2046, section 5.1.1)."""
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
            # The line break that ends this line may be the one before the next.
            place = body.find(delimiter, start)
        else:
            place = body.find(delimiter, after)
    if start is not None and start < len(body):
        yield start, len(body)  # cut off


def _parse_part(body: bytes, start: int, end: int) -> _Part:
    """A part without a head, or with one that is none, is all content."""
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
    disposition = {key: one.encode("latin-1") for key, one in parameters.items()}
    name = disposition.get("name", b"").strip()
    coding = fields.get("content-transfer-encoding", "").lower()
    return _Part(name, disposition, fields.get("content-type", ""), coding, min(content, end), end)


def _extended(parameters: dict[str, bytes], name: str) -> bytes | None:
    """A parameter in the form of RFC 8187, `filename*=UTF-8''na%C3%AFve`, as UTF-8."""
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
    """The name of a file without folders; None where the part is no file."""
    if (extended := _extended(parameters, "filename")) is not None:
        name = _decode_name(extended)
    elif "filename" in parameters:
        name = html.unescape(_decode_name(parameters["filename"], *charsets))
    else:
        return None
    name = name.rsplit("/")[-1].rsplit("\\")[-1]
    return "".join(character for character in name if character.isprintable() or "\udc80" <= character <= "\udcff")


def _decode_transfer(content: bytes, coding: str) -> bytes:
    """Undo base64; content that is none, whatever its part says, stays as it is."""
    if coding != "base64":
        return content
    try:
        return binascii.a2b_base64(b"".join(content.split()), strict_mode=True)
    except binascii.Error:
        return content


def _keep_file(content: bytes, name: str, kind: str, parameters: dict[str, str]) -> _File:
    """A file in memory while it is small, and beyond that on disk without a name: no crash leaves it there."""
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
