"""The values of steps: the digest of arguments, by which a replay notices others, and results as JSON."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pydantic
from django.conf import settings

from runs.delivery.request import Request
from runs.events.encoding import find_no_json, to_json
from runs.steps.errors import InvalidPayload, InvalidResult

_MAX_STEP_BYTES: int = settings.MAX_STEP_BYTES
_SIMPLE = frozenset({str, int, bool, type(None)})
_DIGEST_BYTES = 16


def _plain(value: Any) -> Any:
    """Return JSON for a value that `json` cannot encode. Called by the encoder."""
    if isinstance(value, bytes | bytearray | memoryview):
        return {"bytes": hashlib.blake2b(value, digest_size=_DIGEST_BYTES).hexdigest()}
    if isinstance(value, datetime | date | time):
        return {type(value).__name__: value.isoformat()}
    if isinstance(value, timedelta):
        return {"timedelta": value.total_seconds()}
    if isinstance(value, Decimal | UUID):
        return {type(value).__name__: str(value)}
    if isinstance(value, Request):
        body = hashlib.blake2b(value.body, digest_size=_DIGEST_BYTES).hexdigest()
        return {"Request": [value.method, value.path, value.path_params, value.query_string, value.header_list, body]}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return {_name_of(value): fields}
    if isinstance(value, pydantic.BaseModel):
        return {_name_of(value): value.model_dump()}
    # Never by `repr`, which may contain an address in memory.
    return {"type": _name_of(value)}


_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=_plain).encode


def digest_of(args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
    """
    Return a digest of arguments: equal for equal values, in each process.

    JSON values, bytes, times, Decimal, UUID, dataclasses, pydantic models and requests count by value, all others by
    the qualified name of their type.

    Returns:
        32 hexadecimal digits; empty if there are no arguments.
    """
    if not args and not kwargs:
        return ""
    try:
        text = _encode([args, kwargs])
    except (ValueError, RecursionError):  # it contains itself, or is nested too deeply
        text = _encode(["unknown", len(args), sorted(kwargs)])
    except TypeError:  # a key that is no text, or keys of several types
        text = _encode([_by_pairs(args, frozenset()), _by_pairs(kwargs, frozenset())])
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).hexdigest()


def _by_pairs(value: Any, around: frozenset[int]) -> Any:
    """Return a value in which each mapping is a sorted list of pairs; `around` has the ids of what contains it."""
    if value is None or isinstance(value, str | int | float):
        return value
    if id(value) in around:
        return "circular"
    around |= {id(value)}
    if isinstance(value, Mapping):
        pairs = [(_encode(_by_pairs(key, around)), _by_pairs(member, around)) for key, member in value.items()]
        return {"mapping": sorted(pairs, key=lambda pair: pair[0])}
    if isinstance(value, list | tuple):
        return [_by_pairs(member, around) for member in value]
    return _by_pairs(_plain(value), around)


def _name_of(value: Any) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}"


def encode_result(value: Any) -> str:
    """
    Return a step's result as JSON.

    Raises:
        InvalidResult: It is not JSON, or larger than MAX_STEP_BYTES. The message names the place in the value.
    """
    try:
        return _encoded(value, "result", "The step returned a value that", "The step returned", "return")
    except ValueError as error:
        raise InvalidResult(str(error)) from None


def encode_payload(value: Any) -> str:
    """
    Return the payload of a signal, or of a run that is started without a request, as JSON.

    Raises:
        InvalidPayload: It is not JSON, or larger than MAX_STEP_BYTES. The message names the place in the value.
    """
    try:
        return _encoded(value, "payload", "The payload", "The payload has", "send")
    except ValueError as error:
        raise InvalidPayload(str(error)) from None


def _encoded(value: Any, place: str, what: str, has: str, instead: str) -> str:
    """
    Return a value as JSON.

    Args:
        value: The value.
        place: Its name, for places in it.
        what: Begins the message about a value that is not JSON.
        has: Begins the message about a value that is too large.
        instead: What to do with a reference to it.

    Raises:
        ValueError: It is not JSON, or larger than MAX_STEP_BYTES.
    """
    try:
        text = to_json(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{what} is not JSON: {_fault(value, place, error)}.") from None
    if len(text) > _MAX_STEP_BYTES:
        raise ValueError(
            f"{has} {len(text)} characters of JSON, {_MAX_STEP_BYTES} are allowed (MAX_STEP_BYTES)."
            f" The largest part is {_largest(value, place, len(text))}."
            f" Store large values elsewhere, and {instead} a reference."
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


def _fault(value: Any, place: str, error: Exception) -> str:
    try:
        return find_no_json(value, place) or str(error)
    except RecursionError:
        return str(error)


def _largest(value: Any, place: str, size: int) -> str:
    """Return the place of the innermost value that takes at least half of the size of what contains it."""
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
