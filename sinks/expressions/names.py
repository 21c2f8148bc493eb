"""Which parts of a delivery an expression names, and whether they exist."""

from functools import lru_cache
from typing import Any

from sinks.access import credential_headers
from sinks.expressions.compilation import InvalidExpression, compiled
from sinks.expressions.evaluation import nodes

# What filters, payloads and keys of signals see; sinks/expressions/deliveries.py makes it.
NAMES = ("method", "path", "path_params", "query", "headers", "event", "text", "body")
_OF_BODY = frozenset({"body", "text", "event"})
_ROOT, _OTHER = "", None  # the value to which a part is applied: the delivery, or something else than its parts
_Found = set[tuple[str, str]]  # where a name is looked up (_ROOT, or a part of the delivery), and the name


@lru_cache(maxsize=1024)
def parts_of_body(expression: str) -> frozenset[str]:
    """
    Return which of `body`, `text` and `event` an expression over a delivery may read, by name or as a part of the whole
    delivery. The body is parsed only for them.
    """
    parsed = list(nodes(compiled(expression)))
    if any(node["type"] in ("current", "identity", "value_projection") for node in parsed):
        return _OF_BODY
    return _OF_BODY & {node["value"] for node in parsed if node["type"] == "field"}


def check_names(expression: str) -> None:
    """
    Check that the names at the top level of an expression are parts of a delivery, and that a header field of each
    name can exist.

    Args:
        expression: A valid expression over a delivery.

    Raises:
        InvalidExpression: A name does not exist. The message lists the names that do, or corrects it.
    """
    for place, name in sorted(_names(expression)):
        if place == _ROOT and name not in NAMES:
            raise InvalidExpression(f"A delivery has no {name!r}. It has: {', '.join(NAMES)}.{_hint(name)}")
        if place == "headers" and name != name.lower():
            raise InvalidExpression(
                f'The names of header fields are in lower case here: write headers."{name.lower()}".'
            )
        if place == "headers" and name.encode() in credential_headers.FIELDS:
            raise InvalidExpression(f"The header field {name!r} is a credential, which is removed from each delivery.")


def _hint(name: str) -> str:
    lower = name.lower()
    if lower in NAMES:
        return f" Write {lower}."
    similar = {"header": "headers", "params": "path_params", "payload": "body", "json": "body", "form": "body"}
    if lower in similar:
        return f" Perhaps {similar[lower]}?"
    return f" The fields of a body are below it: body.{name}." if name.isidentifier() else ""


@lru_cache(maxsize=1024)
def _names(expression: str) -> frozenset[tuple[str, str]]:
    found: _Found = set()
    _walk(compiled(expression).parsed, _ROOT, found)
    return frozenset(found)


def _walk(node: Any, place: str | None, found: _Found) -> str | None:
    """
    Add the names that a part of an expression looks up.

    Args:
        node: The part.
        place: What it is applied to: _ROOT, the name of a part of the delivery, or _OTHER.
        found: The names.

    Returns:
        What its result is, in the same terms.
    """
    kind, children = node["type"], [child for child in node["children"] if isinstance(child, dict)]
    if kind in ("current", "identity"):
        return place
    if kind == "field":
        if place is not None:
            found.add((place, node["value"]))
        return node["value"] if place == _ROOT else _OTHER
    if kind in ("pipe", "subexpression"):
        for child in children:
            place = _walk(child, place, found)
        return place
    if kind in ("projection", "value_projection", "filter_projection", "index_expression"):
        # The other parts are applied to the elements of the first.
        _walk(children[0], place, found)
        place = _OTHER
        children = children[1:]
    elif kind == "expref":
        place = _OTHER  # applied to the elements of another argument
    for child in children:
        _walk(child, place, found)
    return _OTHER
