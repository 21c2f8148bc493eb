"""Output of commands: tables and progress bars for people, and lines of JSON for programs."""

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from tqdm import tqdm

_T = TypeVar("_T")


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """
    Return rows under a head, with aligned columns.

    Args:
        head: The columns' names.
        rows: One value per column; None is shown as `-`.
    """
    lines = [list(head), *(["-" if value is None else printable_line(str(value)) for value in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def json_line(value: Any) -> str:
    """Return one line of JSON, for `--json`; times are ISO 8601."""
    line = json.dumps(value, ensure_ascii=False, default=lambda moment: moment.isoformat())
    try:
        line.encode()
    except UnicodeEncodeError:  # a lone surrogate, which needs an escape
        return json.dumps(value, default=lambda moment: moment.isoformat())
    return line


def printable(text: str) -> str:
    """Return the text with escapes for lone surrogates, which have no UTF-8, and for terminal control characters."""
    return "".join(
        character if character.isprintable() or character in "\n\t" else ascii(character)[1:-1] for character in text
    )


def printable_line(text: str) -> str:
    """Return the text like `printable`, on one line: line feeds and tabs are escaped too."""
    return printable(text).replace("\n", "\\n").replace("\t", "\\t")


def progress(things: Iterable[_T], name: str, total: int | None = None) -> Iterable[_T]:
    """
    Yield the things, and show a progress bar on standard error if that is a terminal.

    Args:
        things: The things to iterate over.
        name: The label of the bar, such as `sinks`.
        total: The number of things, if `things` has no length.
    """
    return tqdm(things, desc=name, total=total, file=sys.stderr, disable=None, leave=False)
