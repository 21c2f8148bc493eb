"""The results of steps: as JSON, within their limit, and with the place of what does not fit."""

import json
from typing import Any

from django.conf import settings

from runs.events.encoding import find_no_json, to_json
from runs.steps.errors import InvalidResult

_MAX_STEP_BYTES: int = settings.MAX_STEP_BYTES
_SIMPLE = frozenset({str, int, bool, type(None)})


def encode_result(value: Any) -> str:
    """
    Return a step's result as JSON.

    Raises:
        InvalidResult: It is not JSON, or larger than MAX_STEP_BYTES. The message names the place in the value.
    """
    try:
        text = to_json(value)
    except (TypeError, ValueError) as error:
        raise InvalidResult(f"The step returned a value that is not JSON: {_fault(value, error)}.") from None
    if len(text) > _MAX_STEP_BYTES:
        raise InvalidResult(
            f"The step returned {len(text)} characters of JSON, {_MAX_STEP_BYTES} are allowed (MAX_STEP_BYTES)."
            f" The largest part is {_largest(value, len(text))}. Store large values elsewhere, and return a reference."
        )
    return text


def decode_result(text: str, value: Any) -> Any:
    """
    Return the value that a replay would return, so that the first execution returns the same.

    Args:
        text: The result as JSON.
        value: The result itself.
    """
    return value if type(value) in _SIMPLE else json.loads(text)


def _fault(value: Any, error: Exception) -> str:
    try:
        return find_no_json(value, "result") or str(error)
    except RecursionError:
        return str(error)


def _largest(value: Any, size: int) -> str:
    """Return the place of the innermost value that takes at least half of the size of what contains it."""
    place = "result"
    while isinstance(value, dict | list | tuple):
        members = list(value.items() if isinstance(value, dict) else enumerate(value))
        if not members:
            break
        name, member = max(members, key=lambda pair: len(to_json(pair[1])))
        inner = len(to_json(member))
        if inner * 2 < size:
            break
        place, value, size = f"{place}[{name!r}]", member, inner
    return f"{place} ({size} characters)"
