"""Follow a run's recorded events, whichever process executes it, and show them in a terminal."""

import sys
import time
from collections.abc import Iterator
from typing import Any

from django.conf import settings

from runs.events.log import read_log
from runs.history.documents import of_event
from runs.history.log_lines import line_of
from runs.history.masking import Masks
from runs.management.terminal import printable_line
from runs.models import Run


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


def advance(bar: Any, event: dict[str, Any]) -> None:
    """Show an event at a tqdm bar: the progress in the bar, all others above it."""
    if event["type"] == "progress":
        bar.update(event["progress"] - bar.n)
        text = " ".join(part for part in (event.get("step"), event.get("message")) if part)
        bar.set_postfix_str(printable_line(text))
    elif event["type"] in {"log", "step"}:
        bar.write(printable_line(text_of(event)), file=sys.stdout)
