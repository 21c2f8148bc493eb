"""The request as a workflow receives it."""

import json
from codecs import BOM_UTF8
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import QueryDict
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.utils.datastructures import MultiValueDict
from django.utils.functional import cached_property
from pydantic_core import from_json


class _InMemory(MemoryFileUploadHandler):
    """Keeps every file in memory, where the recorded body already is."""

    def handle_raw_input(self, *args: Any, **kwargs: Any) -> None:
        self.activated = True


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_decoder = json.JSONDecoder(parse_constant=_refuse_constant)


@dataclass
class Request:
    """One delivery. What is parsed from it is parsed when it is first asked for, and never raises."""

    method: str  # as sent: "POST"
    path: str  # within the app, percent-decoded: "/orders/7"
    path_params: Mapping[str, str] = field(default_factory=dict)  # {"order_id": "7"}
    query_string: str = ""  # as sent, without the question mark
    header_list: list[tuple[str, str]] = field(default_factory=list)  # as received, credentials removed
    client: str = ""  # the caller's address
    body: bytes = b""  # byte for byte

    @cached_property
    def headers(self) -> dict[str, str]:
        """Names in lower case; the values of a repeated field joined by `, ` (RFC 9110, section 5.3)."""
        joined: dict[str, str] = {}
        for name, value in self.header_list:
            joined[name] = f"{joined[name]}, {value}" if name in joined else value
        return joined

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
        """The body parsed as JSON (RFC 8259), whatever its Content-Type; None where it is not JSON."""
        body = self.body.removeprefix(BOM_UTF8)
        try:
            return from_json(body, allow_inf_nan=False)
        except ValueError:
            pass  # that reader is the faster one, and the stricter: it takes no escaped lone surrogates
        try:
            return _decoder.decode(body.decode())
        except (ValueError, RecursionError):
            return None

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
        """The body as UTF-8; None where it is not."""
        try:
            return self.body.decode()
        except UnicodeDecodeError:
            return None

    @cached_property
    def _form_and_files(self) -> "tuple[QueryDict, MultiValueDict[str, UploadedFile[bytes]]]":
        kind = self.content_type.partition(";")[0].strip().lower()
        if kind == "application/x-www-form-urlencoded":
            return _read_form(self.body.decode("latin-1")), MultiValueDict()
        if kind == "multipart/form-data":
            meta = {"CONTENT_TYPE": self.content_type, "CONTENT_LENGTH": len(self.body)}
            try:
                return MultiPartParser(meta, BytesIO(self.body), [_InMemory()], "utf-8").parse()
            except (MultiPartParserError, ValueError, LookupError):
                pass
            except Exception as error:
                # Django's own limits on the number of fields and files.
                if not type(error).__module__.startswith("django."):
                    raise
        return QueryDict(), MultiValueDict()


def _read_form(text: str) -> QueryDict:
    try:
        return QueryDict(text)
    except Exception as error:
        # Too many fields for Django's limit: the body is there for who wants it.
        if not type(error).__module__.startswith("django."):
            raise
        return QueryDict()
