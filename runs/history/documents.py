"""Runs as JSON, for the commands and the API."""

import base64
import json
from typing import Any

from runs.events.formatting import output_of
from runs.events.log import reached, read_response
from runs.history.masking import Masks
from runs.models import UNFINISHED, Delivery, Run

_PREVIEW_CHARACTERS = 2_000  # of a response's body
MAX_LEVELS = 500  # of an output that is returned as an object, not as text


def of_run(run: Run, masks: Masks | None = None) -> dict[str, Any]:
    """
    Return a run as lists show it: from its own row, without options, timeout and traceback. Secrets are masked, here
    and in the other documents.

    Args:
        run: The run.
        masks: Those of a list, so that the secrets of each app are read once.
    """
    error = None
    if run.error_type:
        message = (masks or Masks()).text(run.app_id, run.error_message)
        error = {"type": run.error_type, "message": message}
    return {
        "run_id": run.pk,
        "status": run.status,
        "app_id": run.app_id,
        "sink_id": run.source_id,
        "workflow": run.workflow,
        "engine": run.engine,
        "attempt": run.attempt,
        "code_hash": run.code_hash or None,
        "created_at": run.created_at,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "duration": run.duration,
        "wake_at": run.wake_at,
        "replay_of": run.replay_of or None,
        "parent": run.parent,
        "cancel_requested": run.cancel_requested,
        "error": error,
    }


def of_run_and_request(run: Run) -> dict[str, Any]:
    """
    Return everything that is recorded of a run: also its options, timeout, progress, output, traceback and request.
    Queries the database.

    Raises:
        DatabaseError: The database is unavailable.
    """
    found, masks = reached(run.pk), Masks()
    last = of_event(run.pk, found.event) if found.event and run.status not in UNFINISHED else {}
    delivery = Delivery.objects.filter(pk=run.pk).first()
    return {
        **of_run(run, masks),
        "options": run.options,
        "timeout": run.timeout,
        "progress": found.progress,
        "events": found.last,
        "output": masks.event(run.app_id, last).get("output"),
        "response": response_document(run, masks),
        "traceback": masks.text(run.app_id, run.traceback),
        "request": masks.value(run.app_id, _request(delivery)) if delivery else None,
    }


def response_document(run: Run, masks: Masks | None = None) -> dict[str, Any] | None:
    """
    Return the response that a run has set, with the beginning of its body; None if it has none. Queries the database.

    Args:
        run: The run.
        masks: Mask the secrets of its app; None for the response as it is.
    """
    if (response := read_response(run.pk)) is None:
        return None

    def shown(text: str) -> str:
        return masks.text(run.app_id, text) if masks is not None else text

    try:
        # Masked as a whole, since the beginning may end within a secret.
        body: str | None = shown(response.body.decode())[:_PREVIEW_CHARACTERS]
    except UnicodeDecodeError:
        body = None
    return {
        "status": response.status,
        "headers": {name: shown(value) for name, value in response.headers.items()},
        "body": body,
        "body_bytes": len(response.body),
    }


def of_event(run_id: str, data: str) -> dict[str, Any]:
    """
    Return an event as an object. An output that is nested too deeply to be serialized again, since more of the stack
    was free when it was recorded, is returned as its JSON text.

    Args:
        run_id: The run.
        data: The event's recorded JSON.
    """
    try:
        event: dict[str, Any] = json.loads(data)
        if not _is_deeper(event, MAX_LEVELS):
            return event
    except RecursionError:
        pass
    return {"type": "complete", "run_id": run_id, "output": output_of(run_id, data)}


def _is_deeper(value: Any, levels: int) -> bool:
    level = [value]
    for _ in range(levels):
        level = [
            inner
            for container in level
            if isinstance(container, dict | list)
            for inner in (container.values() if isinstance(container, dict) else container)
        ]
        if not level:
            return False
    return True


def _request(delivery: Delivery) -> dict[str, Any]:
    """Return the request as it was received: its body as text if it is UTF-8, else in base64; the other one is null."""
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
