"""The request that workflows receive."""

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, AnyStr

from django.http import QueryDict
from django.utils.functional import cached_property

from runs.delivery import content_encoding, forms, xml_parsing
from runs.delivery.charsets import Decode, Undecodable, decode, find_charset
from runs.delivery.cloud_events import read_event
from runs.delivery.json_parsing import LARGE_BYTES, estimate_tree, parse_json

_LIKE_JSON = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*[\[{]")  # other JSON takes no more memory than its bytes
_PARSED = ("json", "text", "xml", "cloud_event", "payload")  # values that are cached
_SMALL_BYTES = 512  # see `is_small`


def join_fields(fields: Sequence[tuple[AnyStr, AnyStr]], separator: AnyStr) -> dict[AnyStr, AnyStr]:
    """Return the fields of a request by name, with the values of repeated fields joined."""
    joined = dict(fields)
    if len(joined) < len(fields):  # rarely
        joined = {}
        for name, value in fields:
            joined[name] = joined[name] + separator + value if name in joined else value
    return joined


class PayloadFailed(Exception):
    """The sink's expression for the payload cannot be applied to the delivery; the message says why."""


class _Parsed(cached_property):  # type: ignore[type-arg] # generic in the stubs alone
    """A property that parses the body, and caches the value if memory allows."""

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        value, name = self.func(instance), self.func.__name__
        if instance.watch is None or instance.watch(instance.measure(name, value)):
            instance.__dict__[name] = value
        return value


@dataclass
class Request:
    """
    A delivery. Each property parses its part at the first access, and raises nothing because of malformed data, except
    for `payload` if the sink's expression fails.
    """

    method: str  # as sent: "POST"
    path: str  # within the app, percent-decoded: "/orders/7"
    path_params: Mapping[str, str] = field(default_factory=dict)  # {"order_id": "7"}
    query_string: str = ""  # as sent, without the question mark
    header_list: list[tuple[str, str]] = field(default_factory=list)  # as received, credentials removed
    client: str = ""  # the caller's address
    body: bytes = b""  # without the Content-Encoding, after `unpack`
    # The body as received, until it is recorded; None if it is the same as `body`.
    packed: bytes | None = field(default=None, init=False, repr=False)
    # For the run: the bytes that it counts in `body_memory`; and a function that is called with the memory that a
    # parsed value takes, and returns whether to cache it.
    counted: int = field(default=0, init=False, repr=False, compare=False)
    parsed_is_counted: bool = field(default=False, init=False, repr=False, compare=False)  # in `counted`
    watch: Callable[[int], bool] | None = field(default=None, init=False, repr=False, compare=False)
    # Applies the sink's expression for the payload; None for the default payload.
    make_payload: "Callable[[Request], Any] | None" = field(default=None, init=False, repr=False, compare=False)
    _unpacked: bool = field(default=False, init=False, repr=False, compare=False)

    def unpack(self, limit: int) -> None:
        """
        Undo the body's Content-Encoding, if it has one. Later calls do nothing.

        Args:
            limit: The maximum number of bytes of the unpacked body.

        Raises:
            content_encoding.TooLarge: It exceeds the limit.
            content_encoding.Unreadable: It is damaged.
            content_encoding.UnknownCoding: Its Content-Encoding is not supported.
        """
        codings = [value for name, value in self.header_list if name == "content-encoding"]
        if codings and not self._unpacked:
            received = self.body
            unpacked = content_encoding.unpack(received, ",".join(codings), limit)
            if unpacked is not received:
                self.body, self.packed, self._unpacked = unpacked, received, True

    @property
    def received(self) -> bytes:
        """The body exactly as received, until it is recorded: for the recording, and to check signatures."""
        return self.body if self.packed is None else self.packed

    @cached_property
    def headers(self) -> dict[str, str]:
        """The header fields: names in lower case, values of a repeated one joined by `, ` (RFC 9110, section 5.3)."""
        return join_fields(self.header_list, ", ")

    @property
    def content_type(self) -> str:
        """The Content-Type field as sent, with its parameters; empty if there is none."""
        return self.headers.get("content-type", "")

    @cached_property
    def query(self) -> QueryDict:
        """The query's parameters: `query["a"]` is the last value, `query.getlist("a")` the list of all."""
        try:
            sent = self.query_string.encode("latin-1")
        except UnicodeEncodeError:  # only in a request that was not received by HTTP
            sent = self.query_string.encode("utf-8", "surrogateescape")
        return forms.read_urlencoded(sent)

    @property
    def is_small(self) -> bool:
        """Whether parsed values of the body take less memory than the rest of a run."""
        return len(self.body) <= _SMALL_BYTES

    @_Parsed
    def json(self) -> Any:
        """
        The body parsed as JSON (RFC 8259), whatever its Content-Type. None if it is not JSON, is nested more than 500
        levels deep, or has a number that Python cannot represent.
        """
        body = self.body
        if self._charset is not None and (text := self.text) is not None:
            body = text.encode()
        return parse_json(body)

    @_Parsed
    def xml(self) -> dict[str, Any] | None:
        """
        The body of an XML type as a dict, whose only key is the root element; see `xml_parsing.parse_xml`. None for any
        other type, and for XML that is not well-formed or declares entities.
        """
        if not xml_parsing.is_xml(self.content_type):
            return None
        text = self.text if "charset" in self.content_type.lower() else None
        return xml_parsing.parse_xml(self.body if text is None else text)

    @property
    def content(self) -> Any:
        """The body as a value: the parsed JSON, or the fields of a form, or the parsed XML, or the text."""
        value = self.json
        if value is None and self.form:
            value = forms.as_texts(self.form)
        if value is None:
            value = self.xml
        return self.text if value is None else value

    @_Parsed
    def cloud_event(self) -> dict[str, Any] | None:
        """
        The delivery as a CloudEvent, whether its attributes are in header fields or in the body: `id`, `source`,
        `type`, `subject`, `time`, further attributes, and `data`. None for any other delivery.
        """
        return read_event(self.headers, lambda: self.json, lambda: self.content)

    @_Parsed
    def payload(self) -> Any:
        """
        What the sink's expression `payload` makes of the delivery. Without one: the parsed JSON, or the fields of a
        form, or the parsed XML, or the text.

        Raises:
            PayloadFailed: The expression cannot be applied to this delivery.
        """
        return self.content if self.make_payload is None else self.make_payload(self)

    @property
    def form(self) -> QueryDict:
        """
        The fields of an urlencoded or multipart form; empty for any other body. A value that neither a charset of the
        form nor UTF-8 can decode stays bytes.
        """
        return self._form_and_files[0]

    @property
    def files(self) -> forms.Files:
        """The files of a multipart form by field; empty for any other body."""
        return self._form_and_files[1]

    @_Parsed
    def text(self) -> str | None:
        """The body as text, in the charset of its Content-Type or else in UTF-8; None if neither can decode it."""
        try:
            return decode(self.body, self._charset)
        except Undecodable:
            return None

    @property
    def _charset(self) -> Decode | None:
        content_type = self.content_type
        if ";" not in content_type:
            return None  # the common case
        return find_charset(forms.parse_parameters(content_type)[1].get("charset", ""))

    def measure(self, name: str, value: Any) -> int:
        """Estimate how many bytes of memory a parsed value takes."""
        if name == "json":
            return 0 if value is None or self.parsed_is_counted else estimate_tree(self.body)
        if name == "xml" or (name == "payload" and self.make_payload is not None):
            return 0 if value is None or self.parsed_is_counted else self.estimate_parsed()
        return sys.getsizeof(value)

    def estimate_parsed(self) -> int:
        """Estimate how many bytes of memory the body takes in addition when it is parsed as a form or as JSON."""
        if fields := forms.count_fields(self.body, self.content_type):
            return 2 * len(self.body) + forms.FIELD_BYTES * fields
        if xml_parsing.is_xml(self.content_type):
            return xml_parsing.estimate_tree(self.body)
        return estimate_tree(self.body) if _LIKE_JSON.match(self.body) else 0

    @property
    def is_slow_to_parse(self) -> bool:
        """Whether parsing the body would block the event loop for too long."""
        size = len(self.body)
        return size > LARGE_BYTES or (size > xml_parsing.LARGE_BYTES and xml_parsing.is_xml(self.content_type))

    def measure_parsed(self) -> int:
        """Estimate how many bytes of memory the cached values take."""
        kept = self.__dict__
        return sum([self.measure(name, kept[name]) for name in _PARSED if name in kept])

    def release(self) -> None:
        """Drop the parsed values, which may be many times as large as the body. The body is parsed again if needed."""
        self.close()
        for name in (*_PARSED, "_form_and_files"):
            self.__dict__.pop(name, None)

    def close(self) -> None:
        """Close the files of the form; the executor calls this at the end of the run."""
        if "_form_and_files" in self.__dict__:
            forms.close_files(self.files)

    @cached_property
    def _form_and_files(self) -> tuple[QueryDict, forms.Files]:
        form, files = forms.read_form(self.body, self.content_type)
        if self.watch is not None and (form or files) and not self.parsed_is_counted:
            # Cached in any case, because the files have to be closed.
            self.watch(self.estimate_parsed())
        return form, files
