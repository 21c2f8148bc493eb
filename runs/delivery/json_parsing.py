"""Parses JSON, and does so in pieces where it would block other threads for long."""

import asyncio
import gc
import json
import math
import re
from codecs import BOM_UTF8
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from json.decoder import scanstring  # type: ignore[attr-defined] # not in the stubs
from typing import Any, TypeVar

from pydantic_core import from_json

LARGE_BYTES = 256 * 1024  # of a body that is parsed in a thread
_MAX_LEVELS = 500  # that can be written again, however deep the stack is
_MANY_VALUES = 100_000  # which one call creates in some dozens of milliseconds
_WINDOW_CHARACTERS = 64 * 1024  # that one call parses at most
_NUMBER_MARGIN = 3  # characters: `1e+` at the end of a window may go on behind it
_CLOSING = {"[": "]", "{": "}"}
_SPACES = re.compile(r"[ \t\n\r]*")

# The fast reader makes `inf` of a number beyond all floats, which is no JSON. With all digits as 0, every such number
# has one of these two in it: an exponent of three digits, or hundreds of digits before one of two.
_ALIKE = bytes.maketrans(b"123456789E", b"000000000e")
_HUGE = b"0e000"
_LONG = b"0" * 200


# One thread, so that one tree at a time is made for filters and ids.
_pool = ThreadPoolExecutor(1, thread_name_prefix="parsing")
Result = TypeVar("Result")


async def run_in_parser(function: Callable[..., Result], *args: Any) -> Result:
    """
    Call a function that parses a large body, and keeps nothing of what it was parsed into, off the event loop.

    Args:
        function: What is called; not on the event loop, so that JSON is parsed in pieces.
        args: Its arguments.
    """
    return await asyncio.get_running_loop().run_in_executor(_pool, _call_without_gc, function, args)


def _call_without_gc(function: Callable[..., Result], args: tuple[Any, ...]) -> Result:
    # With each fourth of what there is, the collector goes through all of it, and lets no thread run meanwhile.
    enabled = gc.isenabled()
    gc.disable()
    try:
        return function(*args)
    finally:
        if enabled:
            gc.enable()


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    if math.isinf(number := float(digits)):
        raise ValueError("a number is larger than any float")
    return number


_decoder = json.JSONDecoder(parse_float=_finite, parse_constant=_refuse_constant)


def parse_json(body: bytes) -> Any:
    """
    Parse JSON (RFC 8259) in UTF-8. The parsers are written in C and let no other thread run until they are done. So
    outside of the event loop's thread a large body is parsed in pieces.

    Returns:
        Its value; None where it is not JSON, is nested more than 500 levels deep, or has a number that Python cannot
        hold.
    """
    body = body.removeprefix(BOM_UTF8)
    try:
        if len(body) > LARGE_BYTES and _count_values(body) > _MANY_VALUES and not _on_event_loop():
            value = parse_in_pieces(body.decode())
        else:
            alike = body.translate(_ALIKE, b"+")
            if _HUGE not in alike and (len(body) < len(_LONG) or _LONG not in alike):
                try:
                    return from_json(body, allow_inf_nan=False)
                except ValueError:
                    pass  # that reader is the faster one, and the stricter: it takes no escaped lone surrogates
            value = _decoder.decode(body.decode())
    except (ValueError, RecursionError):
        return None
    return None if _too_deep(value) else value


def estimate_tree(body: bytes) -> int:
    """About how many bytes of memory the value takes that a body is parsed into, as JSON."""
    lists, dicts, members = body.count(b"["), body.count(b"{"), body.count(b":")
    strings = max(body.count(b'"') // 2 - members, 0)  # keys are shared
    scalars = max(body.count(b",") + 1 - strings - lists - dicts, 0)
    return len(body) + 64 * lists + 72 * dicts + 120 * min(dicts, members) + 64 * members + 64 * strings + 32 * scalars


def parse_in_pieces(text: str, window_characters: int = _WINDOW_CHARACTERS) -> Any:
    """
    Parse JSON so that no call holds the interpreter for long: the C scanner gets one element at a time, and of one that
    is longer than a window its own elements in turn.

    Args:
        text: The JSON.
        window_characters: How much one call may look at.

    Raises:
        ValueError: It is not JSON.
        RecursionError: It is nested too deeply.
    """
    try:
        return _parse_in_pieces(text, window_characters)
    except (IndexError, StopIteration):
        raise ValueError("the text ends within a value") from None


def _parse_in_pieces(text: str, window_characters: int) -> Any:
    scan = _decoder.scan_once  # type: ignore[attr-defined] # not in the stubs
    size = len(text)
    stack: list[tuple[list[Any] | dict[str, Any], str]] = []  # the open containers, each with its present key
    base, window = 0, text[:window_characters]
    # Elements that reach beyond their window are scanned in vain. No more than the text once over.
    budget = size
    batch_from = 0
    place = _skip(text, 0)
    while True:
        # A value begins at `place`.
        start = text[place]
        value: Any = None
        descend = start in "[{" and budget <= 0
        if not descend:
            offset = place - base
            end, whole = 0, base + len(window) >= size
            if offset < len(window):
                try:
                    value, end = scan(window, offset)
                except (ValueError, StopIteration):
                    if whole:
                        raise
            if whole or 0 < end < len(window) - _NUMBER_MARGIN:
                place = base + end
            else:
                budget -= len(window) - max(offset, 0)
                if offset:
                    base, window = place, text[place : place + window_characters]
                    continue
                if start in "[{":
                    descend = True
                else:
                    value, place = scan(text, place)
        if descend:
            container: list[Any] | dict[str, Any] = [] if start == "[" else {}
            if len(stack) > _MAX_LEVELS:
                raise ValueError("the text is nested too deeply")
            place = _skip(text, place + 1)
            if text[place] != _CLOSING[start]:
                place, batch_from = _take_batches(container, text, place, batch_from, window_characters)
                key, place = _read_key(text, place) if start == "{" else ("", place)
                stack.append((container, key))
                continue
            value, place = container, place + 1
        # A value ends before `place`.
        while stack:
            container, key = stack[-1]
            if isinstance(container, list):
                container.append(value)
                closing = "]"
            else:
                container[key] = value
                closing = "}"
            place = _skip(text, place)
            mark = text[place]
            if mark == ",":
                place = _skip(text, place + 1)
                if place >= batch_from:
                    place, batch_from = _take_batches(container, text, place, batch_from, window_characters)
                if closing == "}":
                    key, place = _read_key(text, place)
                    stack[-1] = container, key
                break
            if mark != closing:
                raise ValueError("an element is followed by neither a comma nor the end of its container")
            value, _ = stack.pop()
            place += 1
        else:
            if _skip(text, place) != size:
                raise ValueError("the value is followed by more text")
            return value


def _take_batches(
    container: list[Any] | dict[str, Any], text: str, place: int, batch_from: int, window_characters: int
) -> tuple[int, int]:
    """
    Move elements from the text to their container, a window of them at once, while windows end between elements.

    Returns:
        The place of the next element, and the place before which another try would cost more than it saves.
    """
    while place >= batch_from:
        chunk = text[place : place + window_characters]
        # Up to a comma that is not between elements, the text has an open string or container: that is no JSON.
        chunk = chunk[: max(chunk.rfind(","), 0)]
        try:
            elements = _decoder.decode(f"[{chunk}]" if isinstance(container, list) else f"{{{chunk}}}")
        except ValueError:
            elements = None
        if not elements:
            return place, place + window_characters
        if isinstance(container, list):
            container += elements
        else:
            container.update(elements)
        place = _skip(text, place + len(chunk) + 1)
    return place, batch_from


def _skip(text: str, place: int) -> int:
    """The place of the next character that is no space."""
    if text[place : place + 1] in {" ", "\t", "\n", "\r"}:
        return _SPACES.match(text, place).end()  # type: ignore[union-attr] # it always matches
    return place


def _read_key(text: str, place: int) -> tuple[str, int]:
    """A key, and where its value begins."""
    if text[place] != '"':
        raise ValueError("a key is no string")
    key, place = scanstring(text, place + 1)
    place = _skip(text, place)
    if text[place] != ":":
        raise ValueError("a key has no value")
    return key, _skip(text, place + 1)


def _count_values(body: bytes) -> int:
    """About how many values the JSON in a body has, or some more."""
    return body.count(b",") + body.count(b"[") + body.count(b"{")


def _on_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(_MAX_LEVELS + 1):
        containers = [one for one in level if isinstance(one, (dict, list))]
        if not containers:
            return False
        level = [inner for one in containers for inner in (one.values() if isinstance(one, dict) else one)]
    return True
