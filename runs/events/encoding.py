"""Encode values as one-line JSON for events, and clean texts so that both databases can store them."""

import json
from math import isfinite
from typing import Any

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
_encode_ascii = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode
_ERROR_CHARACTERS = 2_000
_TRACEBACK_CHARACTERS = 32_000


def to_json(value: Any) -> str:
    """
    Return a value as JSON (RFC 8259) on one line that UTF-8 can encode.

    Raises:
        TypeError: A part of the value is not a JSON value.
        ValueError: The value contains a NaN, an infinite number or itself, or is nested too deeply.
    """
    try:
        text = _encode(value)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except ValueError as error:
        try:
            raise ValueError(find_no_json(value) or str(error)) from None
        except RecursionError:  # it contains itself
            raise error from None
    except TypeError as error:
        try:
            raise TypeError(find_no_json(value) or str(error)) from None
        except RecursionError:
            raise error from None
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return _encode_ascii(value)  # a lone surrogate, which can only be sent as an escape
    return text


def find_no_json(value: Any, place: str = "output") -> str:
    """
    Describe the first part of a value that is not JSON, such as `output["orders"][2]["at"] is a datetime`.

    Args:
        value: The value.
        place: Its name, or its place in a larger value, in Python's notation.

    Returns:
        The description; empty if all is JSON.

    Raises:
        RecursionError: It contains itself, or is nested too deeply.
    """
    if isinstance(value, dict):
        for key, member in value.items():
            if not isinstance(key, (str, int, float, bool, type(None))):
                return f"a key of {place} is a {type(key).__name__}"
            if found := find_no_json(member, f"{place}[{key!r}]"):
                return found
    elif isinstance(value, (list, tuple)):
        for number, member in enumerate(value):
            if found := find_no_json(member, f"{place}[{number}]"):
                return found
    elif isinstance(value, float):
        return "" if isfinite(value) else f"{place} is {value}"
    elif value is not None and not isinstance(value, (str, int)):
        return f"{place} is a {type(value).__name__}"
    return ""


def storable(text: str) -> str:
    """Replace the characters that PostgreSQL's text or UTF-8 cannot represent: NUL and lone surrogates."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def fit_error(message: str, trace: str) -> tuple[str, str]:
    """Return an error's message and traceback as they are recorded: storable, and bounded in length."""
    return storable(message)[:_ERROR_CHARACTERS], storable(trace)[-_TRACEBACK_CHARACTERS:]
