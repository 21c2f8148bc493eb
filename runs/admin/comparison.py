"""The differences between two runs: of their JSON documents by path, of other texts by line."""

import difflib
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from runs.admin.run_page import Shown, readable
from runs.events.encoding import to_json

MOST_DIFFERENCES = 200
_MOST_LINES = 400  # of a text, because the time grows with the square
_MOST_CHARACTERS = 300  # of a value
_MOST_LEVELS = 100
_MOST_COMPARED = 2 * 1024 * 1024  # characters of a document that is compared by path
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NOTHING = object()


@dataclass(frozen=True, slots=True)
class Difference:
    """A place at which two documents differ."""

    path: str  # JMESPath, or the number of a line
    kind: str  # changed, added or removed
    left: str
    right: str


@dataclass(slots=True)
class Comparison:
    """A part of two runs, side by side."""

    title: str
    left: str
    right: str
    differences: list[Difference] = field(default_factory=list)
    is_cut: bool = False  # whether there are more differences

    @property
    def is_same(self) -> bool:
        """Whether the parts are equal."""
        return not self.differences


def compare_requests(left: Shown | None, right: Shown | None) -> list[Comparison]:
    """
    Compare the header fields and queries of two requests.

    Args:
        left: The first request; None if it is no longer kept.
        right: The second request; None if it is no longer kept.
    """
    found = []
    for title, name in (("Headers", "headers"), ("Query", "query")):
        sides = [{} if one is None else _grouped(getattr(one, name)) for one in (left, right)]
        if any(sides):
            found.append(_structural(title, "", sides[0], sides[1]))
    return found


def compare_documents(title: str, root: str, left: str | None, right: str | None) -> Comparison:
    """
    Compare two documents: by path if both are JSON, else by line.

    Args:
        title: The name of the part.
        root: The name with which paths begin.
        left: The first document; None if there is none.
        right: The second document; None if there is none.
    """
    is_long = any(len(text or "") > _MOST_COMPARED for text in (left, right))
    sides = [(False, None) if is_long else _parsed(text) for text in (left, right)]
    if all(is_json for is_json, _ in sides):
        texts = [readable((one or "").encode(errors="replace")) for one in (left, right)]
        with suppress(RecursionError):  # nested too deeply to be compared by path
            return _structural(title, root, sides[0][1], sides[1][1], *texts)
    return _by_lines(title, left or "", right or "")


def _structural(title: str, root: str, left: Any, right: Any, *texts: str) -> Comparison:
    shown = texts or tuple(json.dumps(one, indent=2, ensure_ascii=False) for one in (left, right))
    found = list(islice(_differences(root, left, right), MOST_DIFFERENCES + 1))
    return Comparison(title, shown[0], shown[1], found[:MOST_DIFFERENCES], len(found) > MOST_DIFFERENCES)


def _differences(path: str, left: Any, right: Any, level: int = 0) -> Iterator[Difference]:
    if left is _NOTHING:
        yield Difference(path, "added", "", _short(right))
    elif right is _NOTHING:
        yield Difference(path, "removed", _short(left), "")
    elif isinstance(left, dict) and isinstance(right, dict) and level < _MOST_LEVELS:
        for name in [*left, *(name for name in right if name not in left)]:
            yield from _differences(_member(path, name), left.get(name, _NOTHING), right.get(name, _NOTHING), level + 1)
    elif isinstance(left, list) and isinstance(right, list) and level < _MOST_LEVELS:
        yield from _of_items(path, left, right, level)
    elif type(left) is not type(right) or _short(left, 0) != _short(right, 0):
        yield Difference(path, "changed", _short(left), _short(right))


def _of_items(path: str, left: list[Any], right: list[Any], level: int) -> Iterator[Difference]:
    """Compare lists by position, except that items which were only added or removed shift those behind them."""
    pairs = list(zip(left, right, strict=False))
    start = next((place for place, (one, other) in enumerate(pairs) if one != other), len(pairs))
    back = list(zip(reversed(left[start:]), reversed(right[start:]), strict=False))
    same = next((place for place, (one, other) in enumerate(back) if one != other), len(back))
    ends = len(left) - same, len(right) - same
    for place in range(start, max(ends)):
        one = left[place] if place < ends[0] else _NOTHING
        other = right[place] if place < ends[1] else _NOTHING
        yield from _differences(f"{path}[{place}]", one, other, level + 1)


def _by_lines(title: str, left: str, right: str) -> Comparison:
    shown = readable(left.encode(errors="replace")), readable(right.encode(errors="replace"))
    lines = [text.splitlines() for text in shown]
    is_cut = any(len(part) > _MOST_LINES for part in lines)
    before, after = (part[:_MOST_LINES] for part in lines)
    found = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, before, after).get_opcodes():
        if kind == "equal":
            continue
        for place in range(max(b - a, d - c)):
            one = before[a + place] if a + place < b else None
            other = after[c + place] if c + place < d else None
            name = "added" if one is None else "removed" if other is None else "changed"
            at = f"line {(c if one is None else a) + place + 1}"
            found.append(Difference(at, name, (one or "")[:_MOST_CHARACTERS], (other or "")[:_MOST_CHARACTERS]))
    is_cut = is_cut or len(found) > MOST_DIFFERENCES
    return Comparison(title, *shown, found[:MOST_DIFFERENCES], is_cut)


def _grouped(fields: list[tuple[str, str]]) -> dict[str, str]:
    grouped: dict[str, str] = {}
    for name, value in fields:
        grouped[name] = f"{grouped[name]}, {value}" if name in grouped else value
    return grouped


def _parsed(text: str | None) -> tuple[bool, Any]:
    if text is None:
        return True, _NOTHING
    try:
        return True, json.loads(text)
    except (ValueError, RecursionError):
        return False, None


def _short(value: Any, most: int = _MOST_CHARACTERS) -> str:
    text = _as_json(value)
    return text if not most or len(text) <= most else f"{text[:most]}…"


def _as_json(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()
    except RecursionError:
        return "…"


def _member(path: str, name: str) -> str:
    step = name if _NAME.fullmatch(name) else to_json(name)
    return f"{path}.{step}" if path else step
