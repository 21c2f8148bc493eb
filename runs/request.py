"""The request as a workflow receives it."""

import json
import math
import re
from codecs import BOM_UTF8
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import Any, AnyStr

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import QueryDict
from django.http.multipartparser import MultiPartParser
from django.utils.datastructures import MultiValueDict
from django.utils.functional import cached_property
from pydantic_core import from_json

from runs import bodies

# A Content-Type longer than this is no form's. To look for parameters in one without end takes seconds.
_MOST_TYPE_CHARACTERS = 1024

# The charsets of text, as Content-Type names them. Others of Python's are slow (idna), or name no charset (hex).
_CHARSETS = frozenset(
    {"utf-16", "utf-16le", "utf-16be", "utf-32", "us-ascii", "ascii", "latin1", "koi8-r", "koi8-u", "shift_jis",
     "euc-jp", "iso-2022-jp", "gb2312", "gbk", "gb18030", "big5", "euc-kr"}
    | {f"iso-8859-{part}" for part in (*range(1, 12), *range(13, 17))}
    | {f"windows-{page}" for page in range(1250, 1259)}
)  # fmt: skip
_CHARSET = re.compile(r""";\s*charset\s*=\s*["']?([\w.:-]+)""", re.IGNORECASE | re.ASCII)


class _File(UploadedFile):  # type: ignore[type-arg] # generic in the stubs alone
    """A file of a form."""

    def open(self, mode: str | None = None, *args: Any, **kwargs: Any) -> "_File":
        # Never by its name, which is the client's, as Django's would.
        self.seek(0)
        return self


class _Spooling(FileUploadHandler):
    """Keeps a file in memory while it is small, and beyond that on disk without a name: no crash leaves it there."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        most, folder = settings.FILE_UPLOAD_MAX_MEMORY_SIZE, settings.FILE_UPLOAD_TEMP_DIR
        self.file = SpooledTemporaryFile(max_size=most, dir=folder)  # noqa: SIM115 - `Request.close` does

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.file.write(raw_data)

    def file_complete(self, file_size: int) -> "UploadedFile[bytes]":
        self.file.seek(0)
        extra = self.content_type_extra
        return _File(self.file, self.file_name, self.content_type, file_size, self.charset, extra)


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    if math.isinf(number := float(digits)):
        raise ValueError("a number is larger than any float")
    return number


_decoder = json.JSONDecoder(parse_float=_finite, parse_constant=_refuse_constant)

# What the other reader takes besides depends on how deep the stack is. This much can be written again, wherever it is.
_MOST_LEVELS = 500


def _too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(_MOST_LEVELS + 1):
        containers = [one for one in level if isinstance(one, (dict, list))]
        if not containers:
            return False
        level = [inner for one in containers for inner in (one.values() if isinstance(one, dict) else one)]
    return True


# The fast reader makes `inf` of a number beyond all floats, which is no JSON. With all digits as 0, every such number
# has one of these two in it: an exponent of three digits, or hundreds of digits before one of two.
_ALIKE = bytes.maketrans(b"123456789E", b"000000000e")
_HUGE = b"0e000"
_LONG = b"0" * 200


def join_fields(fields: Sequence[tuple[AnyStr, AnyStr]], separator: AnyStr) -> dict[AnyStr, AnyStr]:
    """The fields of a request by their names, with the values of a repeated one joined."""
    joined = dict(fields)
    if len(joined) < len(fields):  # few requests repeat one
        joined = {}
        for name, value in fields:
            joined[name] = joined[name] + separator + value if name in joined else value
    return joined


@dataclass
class Request:
    """One delivery. What is parsed from it is parsed when it is first asked for, and never raises."""

    method: str  # as sent: "POST"
    path: str  # within the app, percent-decoded: "/orders/7"
    path_params: Mapping[str, str] = field(default_factory=dict)  # {"order_id": "7"}
    query_string: str = ""  # as sent, without the question mark
    header_list: list[tuple[str, str]] = field(default_factory=list)  # as received, credentials removed
    client: str = ""  # the caller's address
    body: bytes = b""  # unpacked, where it came with a Content-Encoding that `unpack` has undone
    packed: bytes | None = field(default=None, init=False, repr=False)  # the same as it came; None where that is `body`

    def unpack(self, limit: int) -> None:
        """
        Undo the body's Content-Encoding, if there is one; once.

        Args:
            limit: How many bytes it may have then.

        Raises:
            bodies.TooLarge: It has more.
            bodies.Unreadable: It is damaged.
            bodies.UnknownCoding: It is packed in a way that is not known here.
        """
        codings = [value for name, value in self.header_list if name == "content-encoding"]
        if codings and self.packed is None:
            received = self.body
            unpacked = bodies.unpack(received, ",".join(codings), limit)
            if unpacked is not received:
                self.body, self.packed = unpacked, received

    @property
    def received(self) -> bytes:
        """The body byte for byte as it came: what is recorded, and what a signature is made of."""
        return self.body if self.packed is None else self.packed

    @cached_property
    def headers(self) -> dict[str, str]:
        """Names in lower case; the values of a repeated field joined by `, ` (RFC 9110, section 5.3)."""
        return join_fields(self.header_list, ", ")

    @property
    def content_type(self) -> str:
        """The Content-Type field as sent, with its parameters; empty where there is none."""
        return self.headers.get("content-type", "")

    @cached_property
    def query(self) -> QueryDict:
        """The query's parameters: `query["a"]` is the last value, `query.getlist("a")` all of them."""
        return _read_form(self.query_string)

    @cached_property
    def json(self) -> Any:
        """
        The body parsed as JSON (RFC 8259), whatever its Content-Type. None where it is not JSON, is nested more than
        500 levels deep, or has a number that Python cannot hold.
        """
        body = self.body.removeprefix(BOM_UTF8)
        alike = body.translate(_ALIKE, b"+")
        if _HUGE not in alike and (len(body) < len(_LONG) or _LONG not in alike):
            try:
                return from_json(body, allow_inf_nan=False)
            except ValueError:
                pass  # that reader is the faster one, and the stricter: it takes no escaped lone surrogates
        try:
            value = _decoder.decode(body.decode())
        except (ValueError, RecursionError):
            return None
        return None if _too_deep(value) else value

    @property
    def form(self) -> QueryDict:
        """The fields of an urlencoded or multipart form; empty for any other body."""
        return self._form_and_files[0]

    @property
    def files(self) -> "MultiValueDict[str, UploadedFile[bytes]]":
        """The files of a multipart form by field; empty for any other body."""
        return self._form_and_files[1]

    @cached_property
    def text(self) -> str | None:
        """The body in the charset that its Content-Type names, or else as UTF-8; None where it is neither."""
        named = _CHARSET.search(self.content_type)
        if named and (charset := named[1].lower()) in _CHARSETS:
            try:
                return self.body.decode(charset)
            except UnicodeDecodeError:
                pass
        try:
            return self.body.decode()
        except UnicodeDecodeError:
            return None

    def release(self) -> None:
        """Let go of what the body was parsed into, which may be many times as large; it is parsed again if need be."""
        self.__dict__.pop("json", None)
        self.__dict__.pop("text", None)

    def close(self) -> None:
        """Let the files of its form go; the executor does this at the end of the run."""
        if "_form_and_files" in self.__dict__:
            for _, several in self.files.lists():
                for file in several:
                    file.close()

    @cached_property
    def _form_and_files(self) -> "tuple[QueryDict, MultiValueDict[str, UploadedFile[bytes]]]":
        kind, _, parameters = self.content_type.partition(";")
        kind = kind.strip().lower()
        if kind == "application/x-www-form-urlencoded":
            return _read_form(self.body.decode("latin-1")), MultiValueDict()
        if kind == "multipart/form-data" and len(parameters) <= _MOST_TYPE_CHARACTERS:
            meta = {"CONTENT_TYPE": f"{kind};{parameters}", "CONTENT_LENGTH": len(self.body)}
            try:
                return MultiPartParser(meta, BytesIO(self.body), [_Spooling()], "utf-8").parse()
            except OSError:
                raise  # no room for a file, say: that must not pass for an empty form
            except Exception:  # noqa: S110 - Django's limits, its parser's faults, and what reading parameters meets
                pass
        return QueryDict(), MultiValueDict()


def _read_form(text: str) -> QueryDict:
    try:
        return QueryDict(text)
    except Exception as error:
        # Too many fields for Django's limit: the body is there for who wants it.
        if not type(error).__module__.startswith("django."):
            raise
        return QueryDict()
