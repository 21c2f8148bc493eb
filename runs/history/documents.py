"""Runs as JSON: what commands and the API say of them."""

import base64
import json
from typing import Any

from runs.events.log import reached
from runs.models import UNFINISHED, Delivery, Run

MOST_LEVELS = 500  # of an output that is given as what it is


def of_run(run: Run) -> dict[str, Any]:
    """What lists say of a run: all that its own row has, without the traceback."""
    error = {"type": run.error_type, "message": run.error_message} if run.error_type else None
    return {
        "run_id": run.pk,
        "status": run.status,
        "app_id": run.app_id,
        "sink_id": run.source_id,
        "workflow": run.workflow,
        "engine": run.engine,
        "attempt": run.attempt,
        "created_at": run.created_at,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "duration": run.duration,
        "replay_of": run.replay_of or None,
        "cancel_requested": run.cancel_requested,
        "error": error,
    }


def of_run_and_request(run: Run) -> dict[str, Any]:
    """
    All that is recorded of a run: besides, its request, how far it is, its output, and its traceback. Reads the
    database.

    Raises:
        DatabaseError: The database is away.
    """
    found = reached(run.pk)
    last = of_event(run.pk, found.event) if found.event and run.status not in UNFINISHED else {}
    delivery = Delivery.objects.filter(pk=run.pk).first()
    return {
        **of_run(run),
        "options": run.options,
        "timeout": run.timeout,
        "progress": found.progress,
        "events": found.last,
        "output": last.get("output"),
        "traceback": run.traceback,
        "request": _request(delivery) if delivery else None,
    }


def of_event(run_id: str, data: str) -> dict[str, Any]:
    """
    An event as an object. An output that is nested so deeply that no JSON could be made of it again, which had more of
    the stack when it was recorded, is its JSON as a text.

    Args:
        run_id: The run.
        data: The event as it was recorded.
    """
    try:
        event: dict[str, Any] = json.loads(data)
        if not _is_deeper(event, MOST_LEVELS):
            return event
    except RecursionError:
        pass
    return {"type": "complete", "run_id": run_id, "output": output_of(run_id, data)}


def output_of(run_id: str, event: str) -> str | None:
    """
    The output of a run as JSON, as it was recorded. It is not parsed: how deep it is depends on the stack that its
    workflow left, and who answers may have less.

    Args:
        run_id: The run.
        event: The data of one of its events.

    Returns:
        The JSON; None where the event is not the one that brings the output.
    """
    start = f'{{"type":"complete","run_id":"{run_id}","output":'
    return event[len(start) : -1] if event.startswith(start) else None


def _is_deeper(value: Any, levels: int) -> bool:
    level = [value]
    for _ in range(levels):
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return False
    return True


def _request(delivery: Delivery) -> dict[str, Any]:
    """The request as it came; its body as text where it is UTF-8, in base64 otherwise, and the other one null."""
    body = bytes(delivery.body)
    try:
        text, encoded = body.decode(), None
    except UnicodeDecodeError:
        text, encoded = None, base64.b64encode(body).decode()
    return {
        "method": delivery.method,
        "path": delivery.path,
        "path_params": delivery.path_params,
        "query": delivery.query_string,
        "headers": [list(pair) for pair in delivery.headers],
        "client": delivery.client or None,
        "body": text,
        "body_base64": encoded,
    }
