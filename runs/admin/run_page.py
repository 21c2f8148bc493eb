"""A run as the admin's page shows it: its state, the end of its log, and its request, all bounded in size."""

import codecs
import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from django.conf import settings

from runs.admin.waterfall import open_waits, waterfall
from runs.delivery.content_encoding import UnfitBody
from runs.events.formatting import output_of
from runs.history.curl import address, as_curl
from runs.history.documents import response_document
from runs.history.durations import as_text
from runs.history.masking import Masks
from runs.history.moments import exactly
from runs.history.steps import Status, steps_of
from runs.journal.job_tables import is_any_worker_alive
from runs.models import Delivery, Run, Segment
from runs.ports import Source
from runs.recovery.takeover import request_of
from runs.workflows import registry

_MAX_INDENTED = 256 * 1024  # bytes of JSON: 10 MB would block for seconds
_MAX_BYTES = 64 * 1024  # of the body, and of the output
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")  # not in text that people write


@dataclass(frozen=True, slots=True)
class Shown:
    """A request as the page shows it."""

    line: str
    client: str
    headers: list[tuple[str, str]]
    query: list[tuple[str, str]]
    body: str
    size: int  # of the body as received, in bytes
    note: str  # about the body's Content-Encoding
    curl: str  # empty if the body is too long


def state_of(run: Run, masks: Masks | None = None, output: str | None = None) -> dict[str, Any]:
    """
    Return the values that may change while a run's page is open, for JSON: status, times, and error or output.

    Args:
        run: The run.
        masks: Those of the page, so that the secrets are read once.
        output: The run's output as masked JSON, if it has been read.
    """
    masks = masks or Masks()
    steps = steps_of(run, masks)
    failed = next((step.step for step in reversed(steps) if step.status == Status.ERROR), "")
    state: dict[str, Any] = {
        "status": run.status,
        "over": run.over,
        "attempt": run.attempt,
        "code_hash": run.code_hash,
        "started": _time(run.started_at),
        "finished": _time(run.finished_at),
        "duration": as_text(run.duration) if run.duration is not None else "",
        "counts_from": "" if run.over or run.started_at is None else run.started_at.isoformat(),
        "cancelling": run.cancel_requested and not run.over,
        "note": "" if run.over else _waiting(run),
        "error": "",
        "failed_step": failed if run.status == Run.Status.ERROR else "",
        "retry": _retry(run),
        "traceback": masks.text(run.app_id, run.traceback),
        "output": "",
        "response": _response(response_document(run, masks)),
        "waits": open_waits(run, steps),
        **waterfall(run, steps),
    }
    if run.error_type:
        state["error"] = f"{run.error_type}: {masks.text(run.app_id, run.error_message)}"
    if state["waits"] and run.status == Run.Status.WAITING:
        state["note"] = ""  # the page shows for what it waits, and until when
    if state["retry"]:
        state["error"] = _last_failure(run, masks)
    if run.status == Run.Status.COMPLETE:
        output = output if output is not None else recorded_output(run, masks)
        # A lone surrogate has no UTF-8.
        state["output"] = readable(output.encode("utf-8", "backslashreplace")) if output is not None else ""
    return state


def recorded_output(run: Run, masks: Masks) -> str | None:
    """Return the output of a run as JSON, with secrets masked; None if it has none. Queries the database."""
    last = Segment.objects.filter(run_id=run.pk).order_by("-last").first()
    output = output_of(run.pk, last.events()[-1][1]) if last else None
    return masks.json(run.app_id, output) if output is not None else None


def request_shown(run: Run, delivery: Delivery, masks: Masks, here: str = "", source: Source | None = None) -> Shown:
    """
    Return a run's request for its page.

    Args:
        run: The run.
        delivery: Its request as it is recorded.
        masks: Those of the page.
        here: This server's URL for the curl command, such as `https://hub.example.com`; empty for no command.
        source: The run's source, for the curl command; None if there is none.
    """
    query = f"?{delivery.query_string}" if delivery.query_string else ""
    came = bytes(delivery.body)
    body, note = body_of(delivery)
    curl = ""
    if here and len(came) <= _MAX_BYTES:
        curl = as_curl(delivery, address(run, delivery, here), token=source is not None and source.has_token)
    headers = [(str(name), masks.text(run.app_id, str(value))) for name, value in delivery.headers]
    line, text, curl = (
        masks.text(run.app_id, text) for text in (f"{delivery.method} {delivery.path}{query}", readable(body), curl)
    )
    fields = [
        (masks.text(run.app_id, name), masks.text(run.app_id, value))
        for name, value in parse_qsl(delivery.query_string, keep_blank_values=True)
    ]
    return Shown(line, delivery.client, headers, fields, text, len(came), note, curl)


def body_of(delivery: Delivery) -> tuple[bytes, str]:
    """Return a delivery's body as the workflow receives it, and a note about its Content-Encoding."""
    came = bytes(delivery.body)
    try:
        request = request_of(delivery)
    except UnfitBody as error:
        # The body was accepted when it was received; MAX_BODY_BYTES may have been larger at that time.
        return came, f"As received, compressed. {error}"
    if request.packed is None:
        return request.body, ""
    coding = request.headers["content-encoding"]
    return request.body, f"Received compressed ({coding}), {len(request.packed)} bytes; decompressed:"


def readable(body: bytes) -> str:
    """Return a body as text: JSON indented unless it is large, other text unchanged, anything else in hexadecimal."""
    try:
        if len(body) > _MAX_INDENTED:
            raise ValueError
        text = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
        text.encode()  # raises for a lone surrogate: JSON can escape it, but UTF-8 cannot encode it
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


def _response(response: dict[str, Any] | None) -> str:
    """Return a response as text: status, header fields and the beginning of the body; empty if there is none."""
    if response is None:
        return ""
    lines = [str(response["status"]), *(f"{name}: {value}" for name, value in response["headers"].items())]
    size = response["body_bytes"]
    if size:
        lines += ["", f"({size} bytes that are not text)" if response["body"] is None else response["body"]]
    return "\n".join(lines)


def _time(at: datetime | None) -> str:
    return exactly(at) if at is not None else ""


def _retry(run: Run) -> str:
    """Return when the next attempt of a run that has failed starts; empty if none follows."""
    if run.status != Run.Status.QUEUED or not run.retries or run.wake_at is None:
        return ""
    return run.wake_at.isoformat()


def _last_failure(run: Run, masks: Masks) -> str:
    """Return why the last attempt of a run failed, which its log says."""
    last = Segment.objects.filter(run_id=run.pk).order_by("-last").first()
    event = json.loads(last.events()[-1][1]) if last is not None else {}
    return masks.text(run.app_id, str(event["message"])) if event.get("type") == "log" else ""


def _waiting(run: Run) -> str:
    """Return why a run is waiting, and what to do about it; empty if it executes."""
    if registry.find(run.workflow) is None:
        return (
            f"The workflow {run.workflow} is no longer installed here. If no server or worker has it, the run fails:"
            " install the workflow, or cancel the run."
        )
    if run.status == Run.Status.RUNNING:
        return "" if run.started_at else "Waiting for its turn: the sink's concurrency limit is reached."
    if run.status == Run.Status.WAITING:
        return f"Waiting until {_time(run.wake_at)}." if run.wake_at is not None else "Waiting to be continued."
    if run.wake_at is not None:
        return f"Waiting for its next attempt, which starts at {_time(run.wake_at)}."
    if run.engine != Run.Engine.PROCRASTINATE:
        return "Waiting for a server. Servers check for such runs twice a second."
    if not settings.HAS_WORKERS:
        return "Waiting for a worker, but workers need PostgreSQL: cancel the run, and change the sink's engine."
    if not is_any_worker_alive(2 * settings.WORKER_SILENCE_TIMEOUT):
        return "Waiting for a worker, but none is running: start one with manage.py worker."
    return "Waiting for a free worker, or for its next attempt."
