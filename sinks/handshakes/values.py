"""Values of a request as handshakes read and echo them: sources (`query:challenge`), and templates with functions."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from runs.delivery.json_parsing import parse_json
from sinks.webhooks.signatures.signed_content import unique_object

MAX_CHARACTERS = 1_000  # of an echoed value
_MAX_BODY_BYTES = 65_536  # a longer body is no handshake
_FORM = "application/x-www-form-urlencoded"
_PATH = re.compile(r"\[(\d{1,4})\]|(?:^|\.)([^.\[\]]+)")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_FUNCTION = re.compile(r"(hmac-)?(sha256|sha512|sha1|md5)-(hex|base64)")
# An HMAC of any text would sign deliveries in the provider's name. These characters make no JSON object, list or form.
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]{1,500}={0,2}")
PLACES = ("query", "header", "form", "json")
Path = tuple[str | int, ...]


class Unusable(Exception):
    """A value is missing, or must not be echoed: the request is no handshake."""


def read_path(text: str) -> Path:
    """
    Return the steps of a path into JSON, such as `data[0].code`.

    Raises:
        ValueError: It is not a path.
    """
    steps: list[str | int] = []
    place = 0
    while place < len(text):
        step = _PATH.match(text, place) if place == 0 or text[place] in ".[" else None
        if step is None:
            raise ValueError(f"{text!r} is not a path such as data[0].code")
        steps.append(int(step[1]) if step[1] else step[2])
        place = step.end()
    if not steps:
        raise ValueError("the path is empty")
    return tuple(steps)


class Delivery:
    """The parts of a request that handshakes read, each parsed once. A name that is repeated has no value."""

    __slots__ = ("_form", "_json", "_query", "body", "headers", "method", "query_string")

    def __init__(
        self, method: str, query_string: bytes, headers: Sequence[tuple[bytes, bytes]], body: bytes = b""
    ) -> None:
        """
        Args:
            method: The request's method.
            query_string: Its query string as sent.
            headers: Its header fields, with lower-case names.
            body: Its body as received.
        """
        self.method = method
        self.query_string = query_string
        self.body = body
        self.headers = headers
        self._query: dict[str, str | None] | None = None
        self._form: dict[str, str | None] | None = None
        self._json: tuple[Any] | None = None

    @property
    def query(self) -> dict[str, str | None]:
        if self._query is None:
            text = self.query_string.decode("latin-1")
            self._query = _once(parse_qsl(text, keep_blank_values=True, errors="replace"))
        return self._query

    def header(self, name: bytes) -> str | None:
        """Return the value of a header field."""
        found = [value for sent, value in self.headers if sent == name]
        return found[0].decode("latin-1").strip() if len(found) == 1 else None

    @property
    def form(self) -> dict[str, str | None]:
        if self._form is None:
            kind = (self.header(b"content-type") or "").partition(";")[0].strip().lower()
            is_form = kind == _FORM and len(self.body) <= _MAX_BODY_BYTES
            text = self.body.decode("latin-1") if is_form else ""
            self._form = _once(parse_qsl(text, keep_blank_values=True, errors="replace"))
        return self._form

    @property
    def json(self) -> Any:
        """The value of a JSON body; None if the body is too long, or no JSON."""
        if self._json is None:
            self._json = (parse_json(self.body) if len(self.body) <= _MAX_BODY_BYTES else None,)
        return self._json[0]

    def repeats_names(self) -> bool:
        """Return whether an object in a JSON body has a name twice, so that parsers could read different values."""
        try:
            json.loads(self.body, object_pairs_hook=unique_object)
        except (ValueError, RecursionError):
            return True
        return False


def _once(pairs: Iterable[tuple[str, str]]) -> dict[str, str | None]:
    values: dict[str, str | None] = {}
    for name, value in pairs:
        values[name] = None if name in values else value
    return values


@dataclass(frozen=True, slots=True)
class Source:
    """A value of a request: in its query, header, form or JSON body."""

    place: str  # one of PLACES
    name: str
    path: Path = ()  # of JSON
    field: bytes = b""  # the name of a header

    @classmethod
    def of(cls, place: str, name: str) -> "Source":
        """
        Raises:
            ValueError: The place is unknown, or the name is no name in that place.
        """
        if place not in PLACES:
            raise ValueError(f"{place!r} is none of {', '.join(PLACES)}")
        if not name or not name.isprintable():
            raise ValueError(f"{place} needs a name")
        if place == "header" and name != name.lower():
            raise ValueError(f"write the header {name} in lower case")
        return cls(
            place,
            name,
            read_path(name) if place == "json" else (),
            name.encode() if place == "header" else b"",
        )

    @property
    def is_in_body(self) -> bool:
        return self.place in ("form", "json")

    def value(self, delivery: Delivery) -> Any:
        """Return the value: a text, or any JSON value; None if there is none."""
        match self.place:
            case "query":
                return delivery.query.get(self.name)
            case "header":
                return delivery.header(self.field)
            case "form":
                return delivery.form.get(self.name)
        value = delivery.json
        for step in self.path:
            if isinstance(step, str):
                value = value.get(step) if isinstance(value, dict) else None
            else:
                value = value[step] if isinstance(value, list) and step < len(value) else None
        return value


@dataclass(frozen=True, slots=True)
class Known:
    """Values of the sink that answers can contain, directly or in a digest. Each is decrypted when it is needed."""

    verify_token: Callable[[], str]  # empty if there is none
    secret: Callable[[], str]  # the first one; empty if there is none
    url: Callable[[], str]  # the address as entered at the provider; empty if it is not known


@dataclass(frozen=True, slots=True)
class _Part:
    """A placeholder: the texts of its sources, or their digest."""

    sources: tuple[Source | str, ...]  # a text is "verify_token" or "url"
    algorithm: str = ""  # of the digest; empty for none
    is_hmac: bool = False
    encoding: str = ""

    def render(self, delivery: Delivery, known: Known) -> str:
        text = "".join(self._text(source, delivery, known) for source in self.sources)
        if not self.algorithm:
            return text
        if not self.is_hmac:
            digest = hashlib.new(self.algorithm, text.encode(), usedforsecurity=False).digest()
        else:
            secret = known.secret()
            if not secret or not _TOKEN.fullmatch(text):
                raise Unusable
            digest = hmac.digest(secret.encode(), text.encode(), self.algorithm)
        return digest.hex() if self.encoding == "hex" else base64.b64encode(digest).decode()

    def _text(self, source: Source | str, delivery: Delivery, known: Known) -> str:
        if isinstance(source, Source):
            return echoed(source.value(delivery))
        value = known.verify_token() if source == "verify_token" else known.url()
        if not value:
            raise Unusable
        return value


def echoed(value: object) -> str:
    """
    Return a value that may be echoed.

    Raises:
        Unusable: It is no text, is empty or too long, or has a character that is not printable, such as a line feed.
    """
    if not isinstance(value, str) or not 0 < len(value) <= MAX_CHARACTERS or not value.isprintable():
        raise Unusable
    return value


@dataclass(frozen=True, slots=True)
class Template:
    """A text with placeholders."""

    parts: tuple[str | _Part, ...]

    @classmethod
    def of(cls, text: str) -> "Template":
        """
        Raises:
            ValueError: The text has an unknown placeholder, or a brace outside a placeholder.
        """
        parts: list[str | _Part] = []
        place = 0
        for found in _PLACEHOLDER.finditer(text):
            parts += [text[place : found.start()], _part(found[1])]
            place = found.end()
        parts.append(text[place:])
        for part in parts:
            if isinstance(part, str) and ("{" in part or "}" in part):
                raise ValueError(f"{text!r} has a brace outside a placeholder")
        return cls(tuple(part for part in parts if part != ""))

    @property
    def sources(self) -> list[Source]:
        return [
            source
            for part in self.parts
            if isinstance(part, _Part)
            for source in part.sources
            if isinstance(source, Source)
        ]

    @property
    def needs(self) -> set[str]:
        """The values of the sink that it contains: verify_token, url, secret."""
        found = {source for part in self.parts if isinstance(part, _Part) for source in part.sources}
        names = {source for source in found if isinstance(source, str)}
        has_hmac = any(isinstance(part, _Part) and part.is_hmac for part in self.parts)
        return names | {"secret"} if has_hmac else names

    def render(self, delivery: Delivery, known: Known) -> str:
        """
        Raises:
            Unusable: A value is missing, or must not be echoed.
        """
        return "".join(part if isinstance(part, str) else part.render(delivery, known) for part in self.parts)


def _part(text: str) -> _Part:
    kind, _, rest = text.partition(":")
    if function := _FUNCTION.fullmatch(kind):
        if not rest:
            raise ValueError(f"{{{text}}} needs a value, such as {{{kind}:query:challenge}}")
        sources = tuple(_source(part) for part in rest.split("+"))
        return _Part(sources, function[2], is_hmac=bool(function[1]), encoding=function[3])
    return _Part((_source(text),))


def _source(text: str) -> Source | str:
    if text in ("verify_token", "url"):
        return text
    place, _, name = text.partition(":")
    try:
        return Source.of(place, name)
    except ValueError as error:
        raise ValueError(f"{{{text}}}: {error}") from None
