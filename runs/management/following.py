"""Follow a run's recorded events, whichever process executes it, and print events as lines, JSON or a progress bar."""

import json
import sys
import time
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, OutputWrapper
from tqdm import tqdm

from runs.events.log import read_log
from runs.history.documents import of_event
from runs.history.log_lines import line_of
from runs.history.masking import Masks
from runs.management.terminal import json_line, printable, printable_line
from runs.models import Run

_CANCELLED = 3  # the exit code


def follow(run: Run, after: int = 0) -> Iterator[dict[str, Any]]:
    """
    Poll a run's log until its last event.

    Args:
        run: A run, which may be unfinished.
        after: Yield only events with larger numbers.

    Yields:
        Each event, with its number as `id`, and with secrets masked.

    Raises:
        Run.DoesNotExist: There is no such run, or it was pruned meanwhile.
        DatabaseError: The database is unavailable.
    """
    while True:
        page, masks = read_log(run.pk, after), Masks()
        for number, data in enumerate(page.events, page.first):
            yield {"id": number, **masks.event(run.app_id, of_event(run.pk, data))}
        after = page.last
        if page.over:
            return
        if not page.events:
            time.sleep(settings.FOLLOW_POLL_INTERVAL)


class EventPrinter:
    """Prints events as they come: as JSON, in a progress bar if the output is a terminal, else as lines of text."""

    def __init__(self, out: OutputWrapper, *, as_json: bool) -> None:
        """
        Args:
            out: The command's output.
            as_json: Whether to print one JSON object per line.
        """
        self._out = out
        self._as_json = as_json
        self._bar: Any = None
        if sys.stdout.isatty() and not as_json:
            form = "{desc}{percentage:3.0f} % |{bar}| {elapsed}{postfix}"
            self._bar = tqdm(total=100, file=sys.stdout, bar_format=form)

    def show(self, event: dict[str, Any]) -> None:
        """Print an event."""
        if self._as_json:
            self._out.write(json_line(event))
        elif self._bar is not None:
            _advance(self._bar, event)
        else:
            self._out.write(printable_line(text_of(event)))
        self._out.flush()

    def close(self) -> None:
        """End the progress bar."""
        if self._bar is not None:
            self._bar.close()

    def show_end(self, last: dict[str, Any]) -> None:
        """
        Print the output of a complete run, unless JSON is printed.

        Args:
            last: The run's last event.

        Raises:
            CommandError: The run was cancelled (exit code 3), or ended with an error.
        """
        if last["type"] == Run.Status.CANCELLED:
            raise CommandError("The run was cancelled.", returncode=_CANCELLED)
        if last["type"] != Run.Status.COMPLETE:
            error = last.get("error") or {}
            message = printable_line(f"{error.get('type')}: {error.get('message')}")
            raise CommandError(f"The run ended with an error: {message}")
        if not self._as_json and "output" in last:
            self._out.write(printable(json.dumps(last["output"], indent=2, ensure_ascii=False)))


def text_of(event: dict[str, Any]) -> str:
    """Return an event as a line of text."""
    match event["type"]:
        case "progress":
            parts = [f"{event['progress']:3} %", event.get("step") or "", event.get("message") or ""]
            return "  ".join(part for part in parts if part)
        case "log":
            return f"{event['level']}: {event['message']}"
        case "step":
            return line_of(event)[1]
        case kind:
            return str(kind)


def _advance(bar: Any, event: dict[str, Any]) -> None:
    """Show an event at a tqdm bar: the progress in the bar, all others above it."""
    if event["type"] == "progress":
        bar.update(event["progress"] - bar.n)
        text = " ".join(part for part in (event.get("step"), event.get("message")) if part)
        bar.set_postfix_str(printable_line(text))
    elif event["type"] in {"log", "step"}:
        bar.write(printable_line(text_of(event)), file=sys.stdout)
