"""What commands print: tables and progress bars for people, and lines of JSON for programs."""

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from tqdm import tqdm

_T = TypeVar("_T")


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """
    Rows under a head, their columns aligned.

    Args:
        head: The columns' names.
        rows: As many values each; None is shown as `-`.
    """
    lines = [list(head), *(["-" if value is None else printable_line(str(value)) for value in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def json_line(value: Any) -> str:
    """One line of JSON, as `--json` prints it; times are ISO 8601."""
    line = json.dumps(value, ensure_ascii=False, default=lambda one: one.isoformat())
    try:
        line.encode()
    except UnicodeEncodeError:  # a lone surrogate, which JSON can only name
        return json.dumps(value, default=lambda one: one.isoformat())
    return line


def printable(text: str) -> str:
    """The text, in which what has no UTF-8 (a lone surrogate) or would steer a terminal is written as an escape."""
    return "".join(one if one.isprintable() or one in "\n\t" else ascii(one)[1:-1] for one in text)


def printable_line(text: str) -> str:
    """The text as `printable` gives it, on one line: line feeds and tabs are escapes too."""
    return printable(text).replace("\n", "\\n").replace("\t", "\\t")


def progress(things: Iterable[_T], what: str, total: int | None = None) -> Iterable[_T]:
    """
    The things, with a bar that moves as they are taken: on standard error, and only where that is a terminal.

    Args:
        things: What is gone through.
        what: What stands before the bar, such as `sinks`.
        total: How many there are, where `things` does not tell.
    """
    return tqdm(things, desc=what, total=total, file=sys.stderr, disable=None, leave=False)
