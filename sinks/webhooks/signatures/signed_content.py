"""What a provider signs: a template over the parts of a delivery, such as `{time}.{body}`."""

import hashlib
import json
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import Any

from runs.delivery import forms

_PART = re.compile(r"\{([a-z0-9]+)(?::([^{}]+))?\}")
_PATH = re.compile(r"([^.\[\]]+)|\[(\d*)\]")
_MAX_PARSED_BYTES = 1024 * 1024  # of a body that is parsed before its signature is known to be valid
_FORM = "application/x-www-form-urlencoded"


class InvalidTemplate(ValueError):
    """The template is malformed. The message says why."""


class BadSignature(Exception):
    """The delivery's signature is missing or invalid. The message says why, without a secret."""


class Delivery:
    """The parts of a request that a provider may sign. `time` and `secret` are set while a signature is verified."""

    time = b""
    secret = b""
    method = "POST"
    url = ""
    query_string = b""
    _form: dict[str, list[bytes]] | None = None
    _query: dict[str, list[bytes]] | None = None
    _json: Any = ...  # until the body is parsed

    def __init__(
        self,
        headers: Mapping[bytes, bytes],
        body: bytes,
        method: str | None = None,
        url: str | None = None,
        query_string: bytes | None = None,
    ) -> None:
        """
        Args:
            headers: The header fields by lower-case name; values of repeated ones are joined by `, `.
            body: The body as received, with its Content-Encoding.
            method: The method as sent; None for POST.
            url: The public URL of the sink, with the query of the request; None for none.
            query_string: The query as sent; None for none.
        """
        self.headers = headers
        self.body = body
        # Most schemes sign none of these: leaving out the attributes saves a tenth of a verification.
        if method is not None:
            self.method = method
        if url is not None:
            self.url = url
        if query_string is not None:
            self.query_string = query_string

    def header(self, name: str) -> bytes:
        """
        Return a header field.

        Raises:
            BadSignature: It is missing.
        """
        value = self.headers.get(name.encode(), b"").strip()
        if not value:
            raise BadSignature(f"The {name} header is missing.")
        return value

    def query(self, name: str) -> bytes:
        """
        Return a parameter of the query.

        Raises:
            BadSignature: It is missing, or is there twice.
        """
        if self._query is None:
            self._query = _lists(forms.read_urlencoded(self.query_string))
        return _single(self._query, name, "parameter")

    def field(self, name: str) -> bytes:
        """
        Return a field of the form.

        Raises:
            BadSignature: It is missing, or is there twice, or the body is not a form.
        """
        return _single(self.form(), name, "field")

    def form(self) -> dict[str, list[bytes]]:
        """
        Return the fields of the urlencoded form; none if the body is empty.

        Raises:
            BadSignature: The body is something else.
        """
        if self._form is None:
            self._form = {}
            if self.body:
                content_type = self.headers.get(b"content-type", b"").decode("latin-1")
                if forms.parse_parameters(content_type)[0] != _FORM:
                    raise BadSignature(f"The body is signed as a form, but its type is not {_FORM}.")
                self._check_parsable()
                self._form = _lists(forms.read_form(self.body, content_type)[0])
        return self._form

    def json(self) -> Any:
        """
        Return the JSON body, with its numbers as texts as they were sent.

        Raises:
            BadSignature: The body is not JSON, or has a key twice, which other parsers read differently.
        """
        if self._json is ...:
            self._check_parsable()
            try:
                self._json = json.loads(self.body, parse_int=str, parse_float=str, object_pairs_hook=unique_object)
            except (ValueError, RecursionError):
                raise BadSignature("The body is not JSON.") from None
        return self._json

    def _check_parsable(self) -> None:
        if b"content-encoding" in self.headers:
            raise BadSignature("The body is compressed, so the parts that are signed cannot be read.")
        if len(self.body) > _MAX_PARSED_BYTES:
            raise BadSignature(f"The body has more than {_MAX_PARSED_BYTES} bytes, too many to read the signed parts.")


Part = Callable[[Delivery], bytes]


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled template."""

    parts: tuple[bytes | Part, ...]
    names: frozenset[str]  # of its parts, such as body, time and header
    arguments: tuple[str, ...]  # its parts with an argument, such as header:webhook-id

    def content(self) -> Callable[[Delivery], bytes]:
        """Return the function that returns what is signed. It raises BadSignature if a part is missing."""
        parts = self.parts
        if parts == (_body,):
            return _body
        attributes = [_ATTRIBUTES[part] for part in parts if part in _ATTRIBUTES]
        if len(attributes) > 1 and all(isinstance(part, bytes) or part in _ATTRIBUTES for part in parts):
            # Most templates have only the time and the body in text.
            text = b"".join(part.replace(b"%", b"%%") if isinstance(part, bytes) else b"%b" for part in parts)
            read = attrgetter(*attributes)
            return lambda delivery: text % read(delivery)
        return lambda delivery: b"".join([part if isinstance(part, bytes) else part(delivery) for part in parts])


@lru_cache(maxsize=1024)
def compile_template(text: str) -> Template:
    """
    Compile a template.

    Args:
        text: Literal text with parts in braces: body, time, method, url, path, form, secret, sha256, crc32,
            header:NAME, query:NAME, form:NAME, json:PATH; lower:PART is a part in lower case.

    Raises:
        InvalidTemplate: A part is unknown, or a brace is left over.
    """
    parts: list[bytes | Part] = []
    names = set()
    end = 0
    for match in _PART.finditer(text):
        _add_text(parts, text[end : match.start()])
        name, argument = match[1], match[2] or ""
        names.add(f"{name}:" if name == "form" and argument else name)
        parts.append(_part(name, argument))
        end = match.end()
    _add_text(parts, text[end:])
    arguments = tuple(match[0][1:-1] for match in _PART.finditer(text) if match[2])
    return Template(tuple(parts), frozenset(names), arguments)


def json_path(path: str) -> tuple[str | int | None, ...]:
    """
    Parse a path into a JSON value.

    Args:
        path: Keys separated by dots, positions in brackets, such as `items[0].id`; `[]` stands for each item.

    Returns:
        Keys, positions, and None for each item.

    Raises:
        InvalidTemplate: It is malformed.
    """
    steps: list[str | int | None] = []
    end = 0
    for match in _PATH.finditer(path):
        if path[end : match.start()] not in {"", "."}:
            break
        steps.append(match[1] if match[1] is not None else int(match[2]) if match[2] else None)
        end = match.end()
    if not steps or end != len(path):
        raise InvalidTemplate(f"{path!r} is not a path such as items[0].id.")
    return tuple(steps)


def find_all(value: Any, steps: tuple[str | int | None, ...]) -> list[Any]:
    """Return the values at a path; none if the path leads nowhere."""
    found = [value]
    for step in steps:
        if step is None:
            found = [item for value in found if isinstance(value, list) for item in value]
        elif isinstance(step, int):
            found = [value[step] for value in found if isinstance(value, list) and step < len(value)]
        else:
            found = [value[step] for value in found if isinstance(value, dict) and step in value]
    return found


def text_of(value: Any) -> bytes:
    """
    Return a value of a JSON body as a provider signs it.

    Raises:
        BadSignature: It is a list or an object.
    """
    if value is None:
        return b""
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    raise BadSignature("A signed value of the body is a list or an object.")


def _add_text(parts: list[bytes | Part], text: str) -> None:
    if "{" in text or "}" in text:
        raise InvalidTemplate(f"{text.strip()!r} has a brace that begins or ends no part.")
    if text:
        parts.append(text.encode())


def _part(name: str, argument: str) -> Part:
    if argument:
        match name:
            case "header":
                name = argument.lower()
                return lambda delivery: delivery.header(name)
            case "query":
                return lambda delivery: delivery.query(argument)
            case "form":
                return lambda delivery: delivery.field(argument)
            case "json":
                steps = json_path(argument)
                return lambda delivery: _in_json(delivery, steps)
            case "lower":
                inner = _part(*argument.split(":", 1)) if ":" in argument else _part(argument, "")
                return lambda delivery: inner(delivery).lower()
    elif name in _PARTS:
        return _PARTS[name]
    known = ", ".join([*_PARTS, "header:NAME", "query:NAME", "form:NAME", "json:PATH", "lower:PART"])
    raise InvalidTemplate(f"{{{name}}} is not known. Known are: {known}.")


def _in_json(delivery: Delivery, steps: tuple[str | int | None, ...]) -> bytes:
    found = find_all(delivery.json(), steps)
    return text_of(found[0]) if found else b""


def _path(delivery: Delivery) -> bytes:
    without_scheme = delivery.url.partition("://")[2]
    return b"/" + without_scheme.partition("/")[2].encode()


def _sorted_form(delivery: Delivery) -> bytes:
    form = delivery.form()
    parts = []
    for name in sorted(form):
        # A repeated field counts once for each of its values, in the order of the values, as Twilio's library does.
        for value in sorted(set(form[name])):
            parts.append(name.encode("utf-8", "surrogateescape") + value)
    return b"".join(parts)


_body: Part = attrgetter("body")
_time: Part = attrgetter("time")
_ATTRIBUTES: dict[object, str] = {_body: "body", _time: "time"}
_PARTS: dict[str, Part] = {
    "body": _body,
    "time": _time,
    "method": lambda delivery: delivery.method.upper().encode(),
    "url": lambda delivery: delivery.url.encode(),
    "path": _path,
    "form": _sorted_form,
    "secret": lambda delivery: delivery.secret,
    "sha256": lambda delivery: hashlib.sha256(delivery.body).hexdigest().encode(),
    "crc32": lambda delivery: b"%d" % zlib.crc32(delivery.body),
}


def _lists(fields: Any) -> dict[str, list[bytes]]:
    return {
        name: [value if isinstance(value, bytes) else value.encode("utf-8", "surrogateescape") for value in values]
        for name, values in fields.lists()
    }


def _single(values: dict[str, list[bytes]], name: str, kind: str) -> bytes:
    found = values.get(name, [])
    if len(found) != 1:
        raise BadSignature(f"The {kind} {name} is {'there more than once' if found else 'missing'}.")
    return found[0]


def unique_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """
    Return the object of a JSON document, as `object_pairs_hook`.

    Raises:
        ValueError: It has a name twice, so that parsers could read different values.
    """
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError("an object has a repeated name")
    return values
