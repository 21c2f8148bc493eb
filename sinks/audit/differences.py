"""The differences between two documents of an app, a sink or a schedule, with secrets masked."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sinks.access import encryption
from sinks.access.caller_rules import mask
from sinks.config.documents import MASK, PLACES, of_sink, without_defaults
from sinks.models import Sink

_HIDDEN = {place.path for place in PLACES if place.field in {"auth_token", "callers", "secrets", "verify_token"}}


def document_of(sink: Sink) -> dict[str, Any]:
    """Return the document of a sink, with its secrets if they can be decrypted, to compare it with another one."""
    try:
        return of_sink(sink, secrets=True)
    except encryption.Unreadable:
        return of_sink(sink)


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return the differences by place, with secrets masked. Defaults of a new object are left out."""
    old, new = dict(_leaves(before)), dict(_leaves(after))
    if not before and "path" in after:
        new = dict(_leaves(without_defaults(after)))
    changed = {
        place: (old.get(place), new.get(place))
        for place in [*new, *(item for item in old if item not in new)]
        if not _same(old.get(place), new.get(place))
    }
    return {place: (_masked(place, was), _masked(place, now)) for place, (was, now) in changed.items()}


def _same(item: Any, other: Any) -> bool:
    # Compare as texts, since in Python 1, 1.0 and True are equal.
    return json.dumps(item, sort_keys=True) == json.dumps(other, sort_keys=True)


def _masked(place: str, value: Any) -> Any:
    if place not in _HIDDEN or not value:
        return value
    if place == "access.any":
        return mask(value)
    return [MASK] * len(value) if isinstance(value, list) else MASK


def _leaves(document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    groups = {"keep", *(place.path.partition(".")[0] for place in PLACES if "." in place.path)}
    for name, value in document.items():
        if name in groups and isinstance(value, Mapping):
            yield from ((f"{name}.{inner}", item) for inner, item in value.items())
        else:
            yield name, value
