"""A run's events as lines for people, and the end of its log as pages show it."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from runs.events.formatting import output_of
from runs.events.log import reached
from runs.history.masking import Masks
from runs.models import Run, Segment

LAST_TYPES = frozenset({"complete", "error", "cancelled"})  # of a run's last event
MAX_LINES = 500
_MAX_CHARACTERS = 200_000  # of all lines
_LINE_CHARACTERS = 2_000


@dataclass(frozen=True, slots=True)
class Line:
    """An event as a line."""

    number: int
    at: datetime  # when the first event of its segment was emitted
    type: str
    kind: str  # a log event's level, or the event's type
    text: str

    @property
    def whole(self) -> str:
        """The text, with a log event's level in front."""
        return f"{self.kind}: {self.text}"[:_LINE_CHARACTERS] if self.type == "log" else self.text


@dataclass(slots=True)
class LogEnd:
    """The end of a run's log."""

    lines: list[Line] = field(default_factory=list)  # the newest last, without the run's last event
    first: int = 1  # the number of the first event that was read
    last: int = 0  # the number of the newest event
    progress: int = 0
    end: dict[str, Any] | None = None  # the run's last event, if the log has it, without the output
    end_line: Line | None = None  # the same as a line
    output: str | None = None  # as JSON


def line_of(event: dict[str, Any]) -> tuple[str, str]:
    """
    Return the kind and the text of an event; runs/run.js and the page templates/runs/run.html do the same.

    Args:
        event: The event, of which an output is not needed.
    """
    kind = str(event["type"])
    match kind:
        case "log":
            kind, text = str(event["level"]), str(event["message"])
        case "progress":
            text = _joined(f"{event['progress']} %", event.get("step"), event.get("message"))
        case "step":
            attempt = f"attempt {event['attempt']}" if event["attempt"] > 1 else ""
            duration = f"{event['duration']:.3f} s" if "duration" in event else ""
            text = _joined(event["step"], event["status"], attempt, duration)
        case "error":
            text = f"{event['error']['type']}: {event['error']['message']}"
        case _:
            text = f"The run is {kind}."
    # A lone surrogate has no UTF-8.
    return kind, text[:_LINE_CHARACTERS].encode("utf-8", "backslashreplace").decode()


def _joined(*parts: Any) -> str:
    return " \u00b7 ".join(str(part) for part in parts if part)


def read_end(run: Run, masks: Masks | None = None) -> LogEnd:
    """
    Read a run's log from its end, as much as a page shows, with the secrets of its app masked. Blocking: call it in a
    thread.

    Args:
        run: The run.
        masks: Those of a page, so that the secrets are read once.
    """
    shown, masks = LogEnd(), masks or Masks()
    progress: int | None = None
    characters = 0
    for segment in Segment.objects.filter(run_id=run.pk).order_by("-last").iterator(chunk_size=20):
        for number, data in reversed(segment.events()):
            shown.last = shown.last or number
            # The output may be nested too deeply to be parsed here.
            if (output := output_of(run.pk, data)) is not None:
                shown.output, data = masks.json(run.app_id, output), '{"type":"complete"}'
            event = masks.event(run.app_id, json.loads(data))
            kind, text = line_of(event)
            line = Line(number, segment.at, event["type"], kind, text)
            if event["type"] in LAST_TYPES:
                shown.end, shown.end_line, shown.first = event, line, number
                continue
            characters += len(text)
            if len(shown.lines) == MAX_LINES or characters > _MAX_CHARACTERS:
                shown.progress = reached(run.pk).progress if progress is None else progress
                shown.lines.reverse()
                return shown
            shown.lines.append(line)
            shown.first = number
            if kind == "progress" and progress is None:
                progress = event["progress"]
    shown.first = 1
    shown.progress = progress or 0
    shown.lines.reverse()
    return shown
