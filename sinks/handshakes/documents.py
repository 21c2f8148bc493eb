"""
Handshakes as data: the documents in the rows of providers (`handshakes:`), validated when they are read.

    - name: verification                # counted under this name
      when: {method: GET, query: {hub.mode: subscribe, hub.challenge: true}}
      after_signature: false            # default true
      check: {query: hub.verify_token}  # has to be the sink's verify token
      answer: {body: "{query:hub.challenge}"}
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from sinks.handshakes.handshake import Condition, Confirm, Handshake
from sinks.handshakes.values import PLACES, Source, Template

TEXT = "text/plain; charset=utf-8"
# Never a type with which a browser would execute an echoed value.
_TYPES = frozenset({TEXT, "text/plain", "application/json"})
_STATUSES = frozenset({200, 201, 202, 204})
_NAME = re.compile(r"[a-z][a-z0-9_]{0,29}")
_METHODS = ("GET", "HEAD", "OPTIONS", "POST")
_FIELDS = re.compile(r"x-[a-z0-9-]+|[a-z0-9-]*validation-token|webhook-allowed-(?:origin|rate)|[a-z]+-hook-response")
_NO_FIELDS = re.compile(r"x-(?:accel|sendfile|content|frame|xss|forwarded|real|permitted|dns|download|robots|run)\b.*")
_HOST = re.compile(r"(?:[a-z0-9-]+|\*)(?:\.(?:[a-z0-9-]+|\*))*\.[a-z0-9-]+\.[a-z]{2,}|[a-z0-9-]+\.[a-z]{2,}")


class InvalidHandshake(ValueError):
    """A document does not describe a handshake. The message names the place in the document."""


def read(documents: object, place: str = "handshakes") -> tuple[Handshake, ...]:
    """
    Read the handshakes of a provider's row.

    Args:
        documents: The list in the row.
        place: Its place, for messages.

    Raises:
        InvalidHandshake: A document is invalid.
    """
    if not isinstance(documents, list):
        raise InvalidHandshake(f"{place}: it must be a list")
    handshakes = tuple(_read(document, f"{place}[{number}]") for number, document in enumerate(documents))
    names = [one.name for one in handshakes if one.confirm is not None]
    if len(set(names)) < len(names):
        raise InvalidHandshake(f"{place}: two handshakes with `confirm` have the same name")
    return handshakes


def _read(document: object, place: str) -> Handshake:
    row = _mapping(document, place, {"name", "when", "after_signature", "check", "answer", "secret", "confirm"})
    name = row.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InvalidHandshake(f"{place}.name: it must be lower-case letters, digits and _")
    after = row.get("after_signature", True)
    if not isinstance(after, bool):
        raise InvalidHandshake(f"{place}.after_signature: it must be true or false")
    when = _mapping(row.get("when"), f"{place}.when", {"method", "empty_body", *PLACES})
    methods = _list(when.get("method", "POST"))
    if not methods or any(method not in _METHODS for method in methods):
        raise InvalidHandshake(f"{place}.when.method: it must be one or several of {', '.join(_METHODS)}")
    if when.get("empty_body", True) is not True:
        raise InvalidHandshake(f"{place}.when.empty_body: it can only be true")
    conditions = [
        _condition(kind, key, value, f"{place}.when.{kind}.{key}")
        for kind in PLACES
        for key, value in _mapping(when.get(kind, {}), f"{place}.when.{kind}").items()
    ]
    check = _source(row["check"], f"{place}.check") if "check" in row else None
    secret = _source(row["secret"], f"{place}.secret") if "secret" in row else None
    confirm = _confirm(row["confirm"], f"{place}.confirm") if "confirm" in row else None
    answer = _mapping(row.get("answer", {}), f"{place}.answer", {"status", "type", "headers", "body"})
    status, content_type = answer.get("status", 200), answer.get("type", TEXT)
    if status not in _STATUSES:
        raise InvalidHandshake(f"{place}.answer.status: it must be one of {sorted(_STATUSES)}")
    if content_type not in _TYPES:
        raise InvalidHandshake(f"{place}.answer.type: it must be one of {', '.join(sorted(_TYPES))}")
    headers = _headers(answer.get("headers", {}), f"{place}.answer.headers")
    body = _body(answer, content_type, status, f"{place}.answer.body")
    templates = [*_templates(body), *(template for _, template in headers)]
    sources = [source for template in templates for source in template.sources]
    sources += [condition.source for condition in conditions]
    sources += [source for source in (check, secret, confirm.url if confirm else None) if source is not None]
    needs = frozenset(need for template in templates for need in template.needs)
    if secret is not None and after:
        raise InvalidHandshake(f"{place}.secret: no secret is known before it, so it needs after_signature: false")
    if confirm is not None and not after:
        raise InvalidHandshake(f"{place}.confirm: it must be signed: remove after_signature")
    return Handshake(
        name=name,
        methods=frozenset(map(str, methods)),
        conditions=tuple(conditions),
        empty_body=bool(when.get("empty_body", False)),
        after_signature=after,
        check=check,
        secret=secret,
        confirm=confirm,
        status=status,
        content_type=content_type,
        headers=headers,
        body=body,
        needs=needs | {"verify_token"} if check is not None else needs,
        reads_body=bool(when.get("empty_body")) or any(source.is_in_body for source in sources),
        reads_json=any(source.place == "json" for source in sources),
    )


def _mapping(document: object, place: str, known: set[str] | None = None) -> Mapping[str, Any]:
    if not isinstance(document, dict) or not all(isinstance(key, str) for key in document):
        raise InvalidHandshake(f"{place}: it must be an object")
    if known is not None and (unknown := sorted(document.keys() - known)):
        raise InvalidHandshake(f"{place}.{unknown[0]}: unknown; known are {', '.join(sorted(known))}")
    return document


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _at(place: str, make: Callable[..., Any], *args: Any) -> Any:
    try:
        return make(*args)
    except ValueError as error:
        raise InvalidHandshake(f"{place}: {error}") from None


def _condition(kind: str, name: str, value: object, place: str) -> Condition:
    source: Source = _at(place, Source.of, kind, name)
    if value is True or value is False:
        names = [step for step in source.path if isinstance(step, str)] or [name]
        return Condition(source, (), value is False, _needle(source, names[-1]) if value else b"", None)
    values = tuple(_list(value))
    plain = (str, int) if kind == "json" else (str,)
    if not values or any(not isinstance(one, plain) or one is False or one is True for one in values):
        raise InvalidHandshake(f"{place}: it must be true (present), false (absent), a text, or a list of texts")
    needle = _needle(source, values[0]) if len(values) == 1 else b""
    field = (source.field, values[0].encode()) if kind == "header" and len(values) == 1 else None
    return Condition(source, values, False, needle, field)


def _needle(source: Source, text: object) -> bytes:
    # In JSON, other characters can be escaped; so can these, but no provider does.
    is_plain = isinstance(text, str) and re.fullmatch(r"[A-Za-z0-9_.-]+", text)
    return str(text).encode() if source.is_in_body and is_plain else b""


def _source(document: object, place: str) -> Source:
    pair = _mapping(document, place)
    if len(pair) != 1:
        raise InvalidHandshake(f"{place}: it must name one value, such as {{query: challenge}}")
    ((kind, name),) = pair.items()
    source: Source = _at(place, Source.of, kind, name if isinstance(name, str) else "")
    return source


def _confirm(document: object, place: str) -> Confirm:
    row = dict(_mapping(document, place, {"hosts", "topic", *PLACES}))
    hosts, topic = _list(row.pop("hosts", [])), row.pop("topic", None)
    if not hosts or any(not isinstance(host, str) or not _HOST.fullmatch(host) for host in hosts):
        raise InvalidHandshake(f"{place}.hosts: it must be a list of host patterns, such as sns.*.amazonaws.com")
    return Confirm(_source(row, place), tuple(hosts), _source(topic, f"{place}.topic") if topic else None)


def _headers(document: object, place: str) -> tuple[tuple[str, Template], ...]:
    fields = []
    for name, text in _mapping(document, place).items():
        if not _FIELDS.fullmatch(name) or _NO_FIELDS.fullmatch(name):
            raise InvalidHandshake(f"{place}.{name}: a handshake must not set this header")
        fields.append((name, _at(f"{place}.{name}", Template.of, text if isinstance(text, str) else "{}")))
    return tuple(fields)


def _body(answer: Mapping[str, Any], content_type: str, status: int, place: str) -> Any:
    body = answer.get("body")
    if status == 204 and body is not None:
        raise InvalidHandshake(f"{place}: an answer with status 204 has no body")
    if content_type != "application/json":
        if not isinstance(body, str | None):
            raise InvalidHandshake(f"{place}: it must be a text, or the type application/json")
        return _at(place, Template.of, body or "")
    data = _at(place, json.loads, body) if isinstance(body, str) else body
    return _data(data, place)


def _data(data: object, place: str) -> Any:
    """Return data for JSON with its texts as templates."""
    if isinstance(data, str):
        return _at(place, Template.of, data)
    if isinstance(data, dict):
        return {name: _data(value, f"{place}.{name}") for name, value in _mapping(data, place).items()}
    if isinstance(data, list):
        return [_data(value, f"{place}[{number}]") for number, value in enumerate(data)]
    if data is None or isinstance(data, int | float):
        return data
    raise InvalidHandshake(f"{place}: it must be JSON")


def _templates(data: Any) -> list[Template]:
    if isinstance(data, Template):
        return [data]
    if isinstance(data, dict):
        data = list(data.values())
    return [template for value in data for template in _templates(value)] if isinstance(data, list) else []


META = read(
    [
        {
            # developers.facebook.com: Graph API, webhooks, verification requests
            "name": "verification",
            "when": {"method": "GET", "query": {"hub.mode": "subscribe", "hub.challenge": True}},
            "after_signature": False,
            "check": {"query": "hub.verify_token"},
            "answer": {"body": "{query:hub.challenge}"},
        }
    ]
)
