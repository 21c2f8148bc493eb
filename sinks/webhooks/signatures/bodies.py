"""Bodies of test deliveries that carry their signature or their time."""

import json
from typing import Any
from urllib.parse import parse_qsl, urlencode

from sinks.webhooks.signatures.signed_content import json_path


class CannotSign(Exception):
    """Only the provider can sign such a delivery, or the delivery lacks a part. The message says why."""


def with_json(body: bytes, path: str, value: str) -> bytes:
    """
    Return a JSON body with a value at a path, as a number where a number was.

    Args:
        body: The body.
        path: The path, such as `signature.timestamp`, or `value[].clientState` for each item.
        value: The value.

    Raises:
        CannotSign: The body is not JSON, or has no place for the value.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise CannotSign(f"The signature is in the body ({path}), so send JSON.") from None
    if not _put(document, json_path(path), value):
        raise CannotSign(f"The signature is in the body, which has no place for {path}.")
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def with_field(body: bytes, name: str, value: str) -> bytes:
    """Return an urlencoded form with a field, in place of a field of this name."""
    fields = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    return urlencode([(name, value), *(field for field in fields if field[0] != name)]).encode()


def _put(container: Any, steps: tuple[str | int | None, ...], value: str) -> bool:
    """Set a value. Return whether there is a place for it."""
    step, rest = steps[0], steps[1:]
    if step is None or isinstance(step, int):
        if not isinstance(container, list):
            return False
        items = container if step is None else container[step : step + 1]
        return bool(items) and bool(rest) and all(_put(item, rest, value) for item in items)
    if not isinstance(container, dict):
        return False
    if rest:
        return _put(container.setdefault(step, {}), rest, value)
    old = container.get(step)
    container[step] = int(value) if isinstance(old, int) and value.isdecimal() else value
    return True
