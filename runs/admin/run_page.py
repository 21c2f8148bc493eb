"""A run as the admin's page shows it: its state, the end of its log, and its request, all bounded in size."""

import codecs
import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings

from runs.delivery.content_encoding import UnfitBody
from runs.events.log import reached
from runs.history.curl import address, as_curl
from runs.history.documents import output_of
from runs.history.durations import as_text
from runs.journal.job_tables import is_any_worker_alive
from runs.models import Delivery, Run, Segment
from runs.ports import source_of
from runs.recovery.takeover import request_of
from runs.workflows import registry

MAX_LINES = 500
_MAX_INDENTED = 256 * 1024  # bytes of JSON: 10 MB would block for seconds
_MAX_BYTES = 64 * 1024  # of the body, and of the output
_MAX_CHARACTERS = 200_000  # of all lines
_LINE_CHARACTERS = 2_000
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")  # not in text that people write


@dataclass(frozen=True, slots=True)
class Line:
    """An event in the log."""

    number: int
    at: datetime  # when the first event of its segment was emitted
    kind: str  # a log event's level, or the event's type
    text: str


@dataclass(slots=True)
class Log:
    """The end of a run's log."""

    lines: list[Line] = field(default_factory=list)  # the newest last
    last: int = 0  # the number of the newest event
    progress: int = 0
    earlier: bool = False  # whether there are events before the first line


@dataclass(frozen=True, slots=True)
class Shown:
    """A request as the page shows it."""

    line: str
    client: str
    headers: list[tuple[str, str]]
    body: str
    size: int  # of the body as received, in bytes
    note: str  # about the body's Content-Encoding
    curl: str  # empty if the body is too long


def log_of(run: Run) -> Log:
    """Read the end of a run's log, as much as a page shows."""
    log = Log()
    progress: int | None = None
    characters = 0
    event: dict[str, Any]
    for segment in Segment.objects.filter(run_id=run.pk).order_by("-last").iterator(chunk_size=20):
        for number, data in reversed(segment.events()):
            log.last = log.last or number
            # The output may be nested too deeply to be parsed here.
            event = {"type": "complete"} if output_of(run.pk, data) is not None else json.loads(data)
            kind, text = _line(event)
            characters += len(text)
            if len(log.lines) == MAX_LINES or characters > _MAX_CHARACTERS:
                log.earlier = True
                log.progress = reached(run.pk).progress if progress is None else progress
                log.lines.reverse()
                return log
            log.lines.append(Line(number, segment.at, kind, text))
            if kind == "progress" and progress is None:
                progress = event["progress"]
    log.progress = progress or 0
    log.lines.reverse()
    return log


def state_of(run: Run) -> dict[str, Any]:
    """Return what may change while a run's page is open, for JSON: its status, its times, and its error or output."""
    state: dict[str, Any] = {
        "status": run.status,
        "over": run.over,
        "attempt": run.attempt,
        "started": _time(run.started_at),
        "finished": _time(run.finished_at),
        "duration": as_text(run.duration) if run.duration is not None else "",
        "cancelling": run.cancel_requested and not run.over,
        "note": "" if run.over else _waiting(run),
        "error": "",
        "traceback": run.traceback,
        "output": "",
    }
    if run.error_type:
        state["error"] = f"{run.error_type}: {run.error_message}"
    if run.status == Run.Status.COMPLETE:
        last = Segment.objects.filter(run_id=run.pk).order_by("-last").first()
        output = output_of(run.pk, last.events()[-1][1]) if last else None
        state["output"] = readable(output.encode()) if output is not None else ""
    return state


def request_shown(run: Run, here: str) -> Shown | None:
    """
    Return a run's request for its page.

    Args:
        run: The run.
        here: This server's URL for the curl command, such as `https://hub.example.com`.

    Returns:
        The request; None if it is no longer kept.
    """
    delivery = Delivery.objects.filter(pk=run.pk).first()
    if delivery is None:
        return None
    query = f"?{delivery.query_string}" if delivery.query_string else ""
    came = bytes(delivery.body)
    note = ""
    try:
        request = request_of(delivery)
    except UnfitBody as error:
        # It was accepted when it was received; MAX_BODY_BYTES may have been larger then.
        body, note = came, f"As received, compressed. {error}"
    else:
        body = request.body
        if request.packed is not None:
            coding = request.headers["content-encoding"]
            note = f"Received compressed ({coding}), {len(request.packed)} bytes; decompressed:"
    curl = ""
    if len(came) <= _MAX_BYTES:
        source = source_of(run)
        curl = as_curl(delivery, address(run, delivery, here), token=source is not None and source.has_token)
    headers = [(str(name), str(value)) for name, value in delivery.headers]
    return Shown(
        f"{delivery.method} {delivery.path}{query}", delivery.client, headers, readable(body), len(came), note, curl
    )


def readable(body: bytes) -> str:
    """Return a body as text: JSON indented unless it is large, other text unchanged, anything else in hexadecimal."""
    try:
        if len(body) > _MAX_INDENTED:
            raise ValueError
        text = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
        text.encode()  # raises for a lone surrogate, which JSON can escape, but which has no UTF-8
    except (ValueError, RecursionError):
        pass
    else:
        cut = "" if len(text) <= _MAX_BYTES else f"\n(the first {_MAX_BYTES} of {len(text)} characters)"
        return text[:_MAX_BYTES] + cut
    cut = "" if len(body) <= _MAX_BYTES else f"\n(the first {_MAX_BYTES} of {len(body)} bytes)"
    head = body[:_MAX_BYTES]
    try:
        # Incremental, because the last character may be cut.
        text = codecs.getincrementaldecoder("utf-8")().decode(head, not cut)
    except UnicodeDecodeError:
        return head.hex(" ") + cut
    return (head.hex(" ") if _CONTROL.search(text) else text) + cut


def _line(event: dict[str, Any]) -> tuple[str, str]:
    """Return the kind and the text of an event; static/runs/run.js does the same for live events."""
    kind = str(event["type"])
    if kind == "log":
        kind, text = str(event["level"]), str(event["message"])
    elif kind == "progress":
        parts = [f"{event['progress']} %", event.get("step") or "", event.get("message") or ""]
        text = " \u00b7 ".join(str(part) for part in parts if part)
    elif "error" in event:
        text = f"{event['error']['type']}: {event['error']['message']}"
    else:
        text = f"The run is {kind}."
    # A lone surrogate has no UTF-8.
    return kind, text[:_LINE_CHARACTERS].encode("utf-8", "backslashreplace").decode()


def _time(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S.%f}"[:-3] + " UTC" if at is not None else ""


def _waiting(run: Run) -> str:
    """Return why a run is waiting, and what to do about it; empty if it executes."""
    if registry.find(run.workflow) is None:
        return (
            f"The workflow {run.workflow} is no longer installed here. If no server or worker has it, the run fails:"
            " install the workflow, or cancel the run."
        )
    if run.status == Run.Status.RUNNING:
        return "" if run.started_at else "Waiting for its turn: the sink's concurrency limit is reached."
    if run.engine != Run.Engine.PROCRASTINATE:
        return "Waiting for a server. Servers check for such runs twice a second."
    if not settings.HAS_WORKERS:
        return "Waiting for a worker, but workers need PostgreSQL: cancel the run, and change the sink's engine."
    if not is_any_worker_alive(2 * settings.WORKER_SILENCE_TIMEOUT):
        return "Waiting for a worker, but none is running: start one with manage.py worker."
    return "Waiting for a free worker, or for its next attempt."
