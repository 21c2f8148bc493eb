"""Runs as JSON: what commands and the API say of them."""

import base64
import json
from typing import Any

from runs.models import UNFINISHED, Delivery, Run
from runs.streams import reached


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
    last = json.loads(found.event) if found.event and run.status not in UNFINISHED else {}
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
