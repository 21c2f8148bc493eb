"""Parse JSON, in pieces if it would otherwise block other threads for a long time."""

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

LARGE_BYTES = 256 * 1024  # larger bodies are parsed in a thread
_MAX_LEVELS = 500  # the deepest nesting that can always be serialized again, whatever the depth of the stack
_MANY_VALUES = 100_000  # the number of values that one call creates in some dozens of milliseconds
_WINDOW_CHARACTERS = 64 * 1024  # the maximum that one call parses
_NUMBER_MARGIN = 3  # characters: `1e+` at the end of a window may continue after it
_CLOSING = {"[": "]", "{": "}"}
_SPACES = re.compile(r"[ \t\n\r]*")

# The fast parser turns a number larger than any float into `inf`, which is not JSON. With all digits replaced by 0,
# every such number contains one of these two: an exponent of three digits, or hundreds of digits before one of two.
_ALIKE = bytes.maketrans(b"123456789E", b"000000000e")
_HUGE = b"0e000"
_LONG = b"0" * 200


# One thread, so that filters and ids hold only one parsed tree in memory at a time.
_pool = ThreadPoolExecutor(1, thread_name_prefix="parsing")
Result = TypeVar("Result")


async def run_in_parser(function: Callable[..., Result], *args: Any) -> Result:
    """
    Call, in a thread, a function that parses a large body. The function must not keep the parsed value.

    Args:
        function: The function. Outside the event loop's thread, it parses JSON in pieces.
        args: Its arguments.

    Returns:
        The function's result.
    """
    return await asyncio.get_running_loop().run_in_executor(_pool, _call_without_gc, function, args)


def _call_without_gc(function: Callable[..., Result], args: tuple[Any, ...]) -> Result:
    # Each time the number of objects grows by a quarter, the garbage collector would traverse all of them, and block
    # every thread.
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
    Parse JSON (RFC 8259) in UTF-8. The parsers are written in C, and block all other threads until they return.
    Therefore a large body is parsed in pieces, except on the event loop's thread.

    Returns:
        The value; None if it is not JSON, is nested more than 500 levels deep, or has a number that Python cannot
        represent.
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
                    pass  # that parser is faster, but stricter: it rejects escaped lone surrogates
            value = _decoder.decode(body.decode())
    except (ValueError, RecursionError):
        return None
    return None if _too_deep(value) else value


def estimate_tree(body: bytes) -> int:
    """Estimate how many bytes of memory the value of a JSON body takes."""
    lists, dicts, members = body.count(b"["), body.count(b"{"), body.count(b":")
    strings = max(body.count(b'"') // 2 - members, 0)  # keys are shared
    scalars = max(body.count(b",") + 1 - strings - lists - dicts, 0)
    return len(body) + 64 * lists + 72 * dicts + 120 * min(dicts, members) + 64 * members + 64 * strings + 32 * scalars


def parse_in_pieces(text: str, window_characters: int = _WINDOW_CHARACTERS) -> Any:
    """
    Parse JSON so that no call blocks the interpreter for a long time: the C scanner parses one element at a time. If an
    element is longer than a window, the scanner parses the elements inside it one at a time.

    Args:
        text: The JSON.
        window_characters: How many characters one call may parse.

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
    stack: list[tuple[list[Any] | dict[str, Any], str]] = []  # the open containers, each with its current key
    base, window = 0, text[:window_characters]
    # Scans of elements that exceed their window are wasted. Limit their total to the length of the text.
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
    Parse elements into their container, a window at a time, while windows end between elements.

    Returns:
        The place of the next element, and the place before which another attempt would cost more than it saves.
    """
    while place >= batch_from:
        chunk = text[place : place + window_characters]
        # If the comma is inside an element, the text before it has an open string or container, and is not JSON.
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
    """Return the place of the next character that is not white space."""
    if text[place : place + 1] in {" ", "\t", "\n", "\r"}:
        return _SPACES.match(text, place).end()  # type: ignore[union-attr] # it always matches
    return place


def _read_key(text: str, place: int) -> tuple[str, int]:
    """Return a key, and the place where its value begins."""
    if text[place] != '"':
        raise ValueError("a key is no string")
    key, place = scanstring(text, place + 1)
    place = _skip(text, place)
    if text[place] != ":":
        raise ValueError("a key has no value")
    return key, _skip(text, place + 1)


def _count_values(body: bytes) -> int:
    """Estimate how many values a JSON body has. The estimate is more likely too high than too low."""
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
        containers = [value for value in level if isinstance(value, (dict, list))]
        if not containers:
            return False
        level = [inner for value in containers for inner in (value.values() if isinstance(value, dict) else value)]
    return True
