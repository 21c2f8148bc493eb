"""Values as the JSON of events, on one line, and texts as both databases keep them."""

import json
from typing import Any

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
_encode_ascii = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode
_ERROR_CHARACTERS = 2_000
_TRACEBACK_CHARACTERS = 32_000


def to_json(value: Any) -> str:
    """
    Returns:
        JSON text (RFC 8259) on one line that UTF-8 can encode.

    Raises:
        TypeError: Something in it is no JSON value.
        ValueError: A number in it is NaN or infinite, it contains itself, or it is nested too deeply.
    """
    try:
        text = _encode(value)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except TypeError as error:
        try:
            raise TypeError(_find_no_json(value) or str(error)) from None
        except RecursionError:
            raise error from None
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return _encode_ascii(value)  # a lone surrogate: only its escape can be sent
    return text


def _find_no_json(value: Any, place: str = "") -> str:
    """
    Say where something in a value is no JSON value, such as `output["orders"][2]["at"] is a datetime`.

    Args:
        value: The value.
        place: Where it is in a larger one, as Python would write it.

    Returns:
        What and where the first is; empty where there is none.
    """
    if isinstance(value, dict):
        for key, member in value.items():
            if not isinstance(key, (str, int, float, bool, type(None))):
                return f"a key of output{place} is a {type(key).__name__}"
            if found := _find_no_json(member, f"{place}[{key!r}]"):
                return found
    elif isinstance(value, (list, tuple)):
        for number, member in enumerate(value):
            if found := _find_no_json(member, f"{place}[{number}]"):
                return found
    elif value is not None and not isinstance(value, (str, int, float)):
        return f"output{place} is a {type(value).__name__}"
    return ""


def storable(text: str) -> str:
    """Without what PostgreSQL's text and UTF-8 cannot hold: NUL and lone surrogates."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def fit_error(message: str, trace: str) -> tuple[str, str]:
    """Give an error's message and traceback as they are recorded: storable, and not too long."""
    return storable(message)[:_ERROR_CHARACTERS], storable(trace)[-_TRACEBACK_CHARACTERS:]
