"""Refusals as JSON, for the commands and the API, with secrets masked."""

import base64
from typing import Any

from django.db.models import QuerySet

from runs.history.masking import Masks
from sinks.models import Refusal
from sinks.refusals import acceptance
from sinks.refusals.masks import SinkMasks

# Columns that lists do not read: they may be large.
_NOT_LISTED = ("body", "headers", "path_params", "expected", "came")


def listed(refusals: QuerySet[Refusal]) -> QuerySet[Refusal]:
    """Return refusals as lists read them, without their requests."""
    return refusals.select_related("sink", "sink__app").defer(*_NOT_LISTED)


def of_refusal(refusal: Refusal, masks: Masks | None = None) -> dict[str, Any]:
    """
    Return a refusal as lists show it.

    Args:
        refusal: The refusal, with its sink and the sink's app.
        masks: Those of a list, so that the secrets of each app are read once.
    """
    sink, masks = refusal.sink, masks or Masks()
    app_id = sink.app.app_id
    return {
        "id": refusal.pk,
        "at": refusal.at,
        "app_id": app_id,
        "sink_id": sink.pk,
        "sink": f"{sink.method} {sink.path}",
        "kind": refusal.kind,
        "status": refusal.status,
        "reason": masks.text(app_id, refusal.reason),
        "client": refusal.client or None,
        "method": refusal.method or None,
        "path": masks.text(app_id, refusal.path) or None,
        "body_size": refusal.body_size,
        "accepted_at": refusal.accepted_at,
        "run_id": refusal.run_id or None,
    }


def of_refusal_and_request(refusal: Refusal) -> dict[str, Any]:
    """
    Return everything that is kept of a refusal, and whether it can be accepted. Queries the database.

    Raises:
        DatabaseError: The database is unavailable.
    """
    masks, own = Masks(), SinkMasks(refusal.sink)
    app_id = refusal.sink.app.app_id
    reason = acceptance.why_not(refusal)
    warning = "" if reason else acceptance.warning_of(refusal)
    document = {
        **of_refusal(refusal, masks),
        "expected": refusal.expected,
        "came": refusal.came,
        "request": _request(refusal) if refusal.method else None,
        "acceptable": not reason,
        "verified": not (reason or warning),
        "warning": reason or warning or None,
    }
    masked: dict[str, Any] = own.value(masks.value(app_id, document))
    return masked


def _request(refusal: Refusal) -> dict[str, Any]:
    """Return the request as far as it is kept: its body as text if it is UTF-8, else in base64."""
    text: str | None = None
    encoded: str | None = None
    if refusal.body is not None:
        body = bytes(refusal.body)
        try:
            text = body.decode()
        except UnicodeDecodeError:
            encoded = base64.b64encode(body).decode()
    return {
        "method": refusal.method,
        "path": refusal.path,
        "path_params": refusal.path_params or {},
        "query": refusal.query_string,
        "headers": refusal.headers or [],
        "client": refusal.client or None,
        "body": text,
        "body_base64": encoded,
        "is_whole": refusal.is_whole,
    }
