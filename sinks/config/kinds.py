"""Kinds of JSON values in documents."""

from typing import Any

KINDS: dict[str, tuple[type, ...]] = {
    "a text": (str,),
    "a number": (int, float),
    "a whole number": (int,),
    "true or false": (bool,),
    "an object": (dict,),
    "a list of texts": (list, tuple),
    "a list of numbers": (list, tuple),
    "a list of objects": (list, tuple),
    "any value": (object,),
}
_JSON_NAMES: dict[type, str] = {
    str: "a text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    dict: "an object",
    list: "a list",
    type(None): "null",
}


def is_of(value: Any, kind: str) -> bool:
    """Return whether a value is of a kind."""
    if isinstance(value, bool):
        return kind in {"true or false", "any value"}
    # RFC 8259 has one kind of number: 60.0 is an integer.
    return isinstance(value, KINDS[kind]) or (kind == "a whole number" and isinstance(value, float) and value % 1 == 0)


def name_of(value: Any) -> str:
    """Return the name of a value's kind, for messages."""
    return _JSON_NAMES.get(type(value), f"a value of another type ({type(value).__name__})")
