"""A request to a sink, as data from which its code in several languages is made. It names secrets, and has none."""

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from sinks.models import ANY, Sink
from sinks.models.signature_fields import UnknownProvider
from sinks.webhooks import registry
from sinks.webhooks.signatures.scheme import InvalidScheme, Scheme

JSON_TYPE = "application/json"
_PART = re.compile(r"\{([a-z0-9]+)(?::([^{}]+))?\}")
_KEYS = frozenset({"utf8", "hex", "base64", "whsec", "sha1"})
_DEFAULT_BODY = '{"event": "test", "data": {"key": "value"}}'


class Variable(StrEnum):
    """A value that the code reads from its environment or computes, by the name of its variable in a shell."""

    TOKEN = "TOKEN"  # noqa: S105 - the name of a variable
    SECRET = "SECRET"  # noqa: S105
    BODY = "BODY"
    TIME = "TIME"
    ID = "ID"
    SIGNATURE = "SIGNATURE"


Text = tuple[str | Variable, ...]


@dataclass(frozen=True, slots=True)
class Signature:
    """How the code signs."""

    kind: str  # hmac or digest
    algorithm: str
    key: str  # how the secret becomes a key, as in a scheme
    encoding: str
    content: Text


@dataclass(frozen=True, slots=True)
class Recipe:
    """A request."""

    method: str
    url: str
    headers: tuple[tuple[str, Text], ...]
    body: str
    time_unit: str = ""  # of the variable TIME; empty if the request has none
    signature: Signature | None = None
    basic: bool = False  # whether SECRET is the pair of Basic credentials

    def uses(self, variable: Variable) -> bool:
        """Return whether a part of the request has this variable."""
        texts = [text for _, text in self.headers] + ([self.signature.content] if self.signature else [])
        if variable is Variable.SECRET and (self.signature is not None or self.basic):
            return True
        return any(variable in text for text in texts)


class CannotShow(Exception):
    """No code for the request can be shown. The message says why."""


def recipe_of(sink: Sink, url: str) -> Recipe:
    """
    Return a request that the sink accepts: its provider's example, signed if it must be.

    Args:
        sink: The sink.
        url: Its URL.

    Raises:
        CannotShow: Only the provider can sign such a request, or its code would be long.
    """
    method = "POST" if sink.method == ANY else sink.method
    provider = registry.find(sink.provider) if sink.provider else None
    headers: dict[str, Text] = {}
    body = "" if method in {"GET", "HEAD"} else _DEFAULT_BODY
    if provider is not None:
        own = provider.delivery_id.header if provider.delivery_id is not None else ""
        headers = {name.lower(): (value,) for name, value in provider.example.headers.items() if name != own}
        body = provider.example.body
        url = f"{url}?{provider.example.query}" if provider.example.query else url
    elif body:
        headers["content-type"] = (JSON_TYPE,)
    if sink.encrypted_token:
        headers["authorization"] = ("Bearer ", Variable.TOKEN)
    if sink.dedupe_header:
        headers[sink.dedupe_header.lower()] = (Variable.ID,)
    recipe = Recipe(method, url, tuple(headers.items()), body)
    try:
        scheme = sink.find_scheme()
    except (UnknownProvider, InvalidScheme) as error:
        raise CannotShow(str(error)) from None
    return recipe if scheme is None else _signed(recipe, scheme, sink.public_url or url)


def _signed(recipe: Recipe, scheme: Scheme, url: str) -> Recipe:
    if scheme.kind == "none":
        return recipe
    if scheme.kind == "static":
        return _with_secret(recipe, scheme)
    if scheme.kind not in {"hmac", "digest"} or scheme.key not in _KEYS:
        raise CannotShow("Code for its signature would be long.")
    in_headers = scheme.place == "header" and (scheme.time is None or scheme.time.place in {"header", "item"})
    if not in_headers or scheme.body_digest is not None:
        raise CannotShow("The signature is a part of the URL or of the body.")
    headers = dict(recipe.headers)
    if scheme.time is not None and scheme.time.place == "header":
        headers[scheme.time.name] = (Variable.TIME,)
    content: list[str | Variable] = []
    end = 0
    for match in _PART.finditer(scheme.signed):
        content.append(scheme.signed[end : match.start()])
        content.append(_content(match[1], match[2] or "", headers, recipe, url))
        end = match.end()
    content.append(scheme.signed[end:])
    assert scheme.algorithm is not None
    signature = Signature(scheme.kind, scheme.algorithm, scheme.key, scheme.encoding, _joined(content))
    unit = scheme.time.unit if scheme.time is not None else ""
    headers[scheme.name] = _value(scheme)
    return replace(recipe, headers=tuple(headers.items()), time_unit=unit, signature=signature)


def _with_secret(recipe: Recipe, scheme: Scheme) -> Recipe:
    """Return the request with the secret itself, as some providers send it."""
    if scheme.place == "basic":
        return replace(recipe, basic=True)
    if scheme.place != "header":
        raise CannotShow("The secret is a part of the URL or of the body.")
    value: Text = _joined([scheme.prefix, Variable.SECRET])
    return replace(recipe, headers=(*recipe.headers, (scheme.name, value)))


def _content(name: str, argument: str, headers: dict[str, Text], recipe: Recipe, url: str) -> str | Variable:
    """Return a part of what is signed; a header field with an id is added if the request has none."""
    match name:
        case "body":
            return Variable.BODY
        case "time":
            return Variable.TIME
        case "secret":
            return Variable.SECRET
        case "url":
            return url
        case "method":
            return recipe.method
        case "header":
            text = headers.setdefault(argument.lower(), (Variable.ID,))
            if len(text) == 1:
                return text[0]
    raise CannotShow("The signature covers parts of the body.")


def _value(scheme: Scheme) -> Text:
    """Return the value of the header field with the signature."""
    value: list[str | Variable] = [scheme.prefix, Variable.SIGNATURE]
    in_item = scheme.time is not None and scheme.time.place == "item"
    if scheme.item:
        value = [f"{scheme.item if scheme.item != '*' else 'key'}{scheme.assign}", *value]
        if in_item and scheme.time is not None:
            value = [f"{scheme.time.name}{scheme.assign}", Variable.TIME, scheme.separator, *value]
    elif scheme.is_list and in_item:
        value = [Variable.TIME, scheme.separator, *value]
    return _joined(value)


def _joined(parts: list[str | Variable]) -> Text:
    return tuple(part for part in parts if part)
