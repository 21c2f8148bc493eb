"""The request as a workflow receives it."""

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, AnyStr

from django.http import QueryDict
from django.utils.functional import cached_property

from runs.delivery import content_encoding, forms
from runs.delivery.charsets import Decode, Undecodable, decode, find_charset
from runs.delivery.json_parsing import estimate_tree, parse_json

_LIKE_JSON = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*[\[{]")  # other JSON takes no more than it has bytes
_SMALL_BYTES = 512  # see `is_small`


def join_fields(fields: Sequence[tuple[AnyStr, AnyStr]], separator: AnyStr) -> dict[AnyStr, AnyStr]:
    """The fields of a request by their names, with the values of a repeated one joined."""
    joined = dict(fields)
    if len(joined) < len(fields):  # few requests repeat one
        joined = {}
        for name, value in fields:
            joined[name] = joined[name] + separator + value if name in joined else value
    return joined


class _Parsed(cached_property):  # type: ignore[type-arg] # generic in the stubs alone
    """What a body is parsed into; kept for the next time while there is room for it."""

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        value, name = self.func(instance), self.func.__name__
        if instance.watch is None or instance.watch(instance.measure(name, value)):
            instance.__dict__[name] = value
        return value


@dataclass
class Request:
    """One delivery. Each property parses its part of the request at the first access, and never raises."""

    method: str  # as sent: "POST"
    path: str  # within the app, percent-decoded: "/orders/7"
    path_params: Mapping[str, str] = field(default_factory=dict)  # {"order_id": "7"}
    query_string: str = ""  # as sent, without the question mark
    header_list: list[tuple[str, str]] = field(default_factory=list)  # as received, credentials removed
    client: str = ""  # the caller's address
    body: bytes = b""  # unpacked, where it came with a Content-Encoding that `unpack` has undone
    # The same as it came, until that is recorded; None where that is `body`.
    packed: bytes | None = field(default=None, init=False, repr=False)
    # For the run that it belongs to. Bytes of `body_memory` that nobody else counts; and what is told how much memory
    # a value takes that is about to be kept, and answers whether it may be.
    counted: int = field(default=0, init=False, repr=False, compare=False)
    parsed_is_counted: bool = field(default=False, init=False, repr=False, compare=False)  # in `counted`
    watch: Callable[[int], bool] | None = field(default=None, init=False, repr=False, compare=False)
    _unpacked: bool = field(default=False, init=False, repr=False, compare=False)

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
        if codings and not self._unpacked:
            received = self.body
            unpacked = content_encoding.unpack(received, ",".join(codings), limit)
            if unpacked is not received:
                self.body, self.packed, self._unpacked = unpacked, received, True

    @property
    def received(self) -> bytes:
        """The body byte for byte as it came, until it is recorded: that, and what a signature is made of."""
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
        try:
            sent = self.query_string.encode("latin-1")
        except UnicodeEncodeError:  # not from the wire
            sent = self.query_string.encode("utf-8", "surrogateescape")
        return forms.read_urlencoded(sent)

    @property
    def is_small(self) -> bool:
        """Whether all that the body can be parsed into takes less memory than a run does without it."""
        return len(self.body) <= _SMALL_BYTES

    @_Parsed
    def json(self) -> Any:
        """
        The body parsed as JSON (RFC 8259), whatever its Content-Type. None where it is not JSON, is nested more than
        500 levels deep, or has a number that Python cannot hold.
        """
        body = self.body
        if self._charset is not None and (text := self.text) is not None:
            body = text.encode()
        return parse_json(body)

    @property
    def form(self) -> QueryDict:
        """
        The fields of an urlencoded or multipart form; empty for any other body. A value that is text in no charset that
        the form declares, and no UTF-8, is there as bytes.
        """
        return self._form_and_files[0]

    @property
    def files(self) -> forms.Files:
        """The files of a multipart form by field; empty for any other body."""
        return self._form_and_files[1]

    @_Parsed
    def text(self) -> str | None:
        """The body in the charset that its Content-Type names, or else as UTF-8; None where it is neither."""
        try:
            return decode(self.body, self._charset)
        except Undecodable:
            return None

    @property
    def _charset(self) -> Decode | None:
        content_type = self.content_type
        if ";" not in content_type:
            return None  # most have no parameters
        return find_charset(forms.parse_parameters(content_type)[1].get("charset", ""))

    def measure(self, name: str, value: Any) -> int:
        """About how many bytes of memory a value takes that the body was parsed into."""
        if name == "json":
            return 0 if value is None or self.parsed_is_counted else estimate_tree(self.body)
        return sys.getsizeof(value)

    def estimate_parsed(self) -> int:
        """About how many bytes of memory the body takes besides itself when it is parsed as JSON or as a form."""
        if fields := forms.count_fields(self.body, self.content_type):
            return 2 * len(self.body) + forms.FIELD_BYTES * fields
        return estimate_tree(self.body) if _LIKE_JSON.match(self.body) else 0

    def measure_parsed(self) -> int:
        """The same for all that is kept."""
        kept = self.__dict__
        return sum([self.measure(name, kept[name]) for name in ("json", "text") if name in kept])

    def release(self) -> None:
        """Let go of what the body was parsed into, which may be many times as large; it is parsed again if need be."""
        self.close()
        for name in ("json", "text", "_form_and_files"):
            self.__dict__.pop(name, None)

    def close(self) -> None:
        """Let the files of its form go; the executor does this at the end of the run."""
        if "_form_and_files" in self.__dict__:
            forms.close_files(self.files)

    @cached_property
    def _form_and_files(self) -> tuple[QueryDict, forms.Files]:
        form, files = forms.read_form(self.body, self.content_type)
        if self.watch is not None and (form or files) and not self.parsed_is_counted:
            # Kept in any case: somebody has to close the files.
            self.watch(self.estimate_parsed())
        return form, files
