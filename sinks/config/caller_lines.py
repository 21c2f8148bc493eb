"""The entries of a sink's `access.any` as lines of text, for forms: one line for each token, user or value."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sinks.access.caller_rules import KINDS

_FORMS = {"basic": ("USER:PASSWORD", ":"), "header": ("NAME: VALUE", ":"), "query": ("NAME=VALUE", "=")}


class InvalidLines(ValueError):
    """A text is not of its form. The message does not contain the text."""


def to_lines(entries: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return a text for each kind; JSON for `jwt`. The entries may have masks in place of secrets."""
    lines: dict[str, list[str]] = {kind: [] for kind in KINDS}
    tokens: list[dict[str, Any]] = []
    for entry in entries:
        kind = entry["kind"]
        if kind == "bearer":
            lines[kind] += entry["tokens"]
        elif kind == "basic":
            lines[kind] += [f"{user}:{password}" for user, password in entry["users"].items()]
        elif kind == "jwt":
            tokens.append({name: value for name, value in entry.items() if name != "kind"})
        else:
            between = ": " if kind == "header" else "="
            lines[kind] += [f"{entry['name']}{between}{value}" for value in entry["values"]]
    texts = {kind: "\n".join(many) for kind, many in lines.items()}
    return texts | {"jwt": json.dumps(tokens, indent=2, ensure_ascii=False) if tokens else ""}


def of_lines(kind: str, text: str) -> list[dict[str, Any]]:
    """
    Return the entries of a kind in a text. Only the form of its lines is checked.

    Raises:
        InvalidLines: A line is not of its form.
    """
    if kind == "jwt":
        return _tokens(text)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if kind == "bearer":
        return [{"kind": kind, "tokens": lines}] if lines else []
    form, between = _FORMS[kind]
    entries = []
    for number, line in enumerate(lines, 1):
        name, found, value = line.partition(between)
        name, value = name.strip(), value.strip()
        if not found or not name or not value:
            raise InvalidLines(f"Line {number}: write {form}.")
        entries.append(
            {"kind": kind, "users": {name: value}}
            if kind == "basic"
            else {"kind": kind, "name": name, "values": [value]}
        )
    return merged(entries)


def merged(entries: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return entries with those of the same kind and name merged. This changes nothing of who is admitted."""
    by_name: dict[tuple[str, str], dict[str, Any]] = {}
    tokens = []
    for entry in entries:
        kind = entry["kind"]
        if kind == "jwt":
            tokens.append(dict(entry))
            continue
        name = str(entry.get("name", ""))
        same = by_name.setdefault((kind, name.lower() if kind == "header" else name), {})
        for field, value in entry.items():
            if isinstance(value, list):
                same[field] = [*same.get(field, []), *value]
            elif isinstance(value, dict):
                same[field] = same.get(field, {}) | value
            else:
                same.setdefault(field, value)
    return [*by_name.values(), *tokens]


def _tokens(text: str) -> list[dict[str, Any]]:
    if not text.strip():
        return []
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidLines("This is not valid JSON.") from None
    many = value if isinstance(value, list) else [value]
    if not all(isinstance(item, dict) for item in many):
        raise InvalidLines('Write a list of objects, such as [{"algorithms": ["RS256"], "jwks_url": "https://..."}].')
    return [{**item, "kind": "jwt"} for item in many]
