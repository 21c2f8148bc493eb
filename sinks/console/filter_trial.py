"""A filter tried against recorded deliveries of its sink: which would start a run. Nothing is saved."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models.functions import Length

from runs.delivery.content_encoding import UnfitBody
from runs.delivery.request import PayloadFailed, Request
from runs.models import Delivery, Run
from runs.recovery.takeover import request_of
from sinks.expressions.compilation import compiled
from sinks.expressions.deliveries import make_payload
from sinks.models import Sink
from sinks.trigger.filters import NO_MATCH, why_filtered
from sinks.validators import check_delivery_expression

DEFAULT_LAST = 20
MAX_LAST = 100  # recorded deliveries that are tried
_MAX_BYTES = 1024 * 1024  # of a recorded body; parsing a hundred larger ones would take minutes


class Outcome(StrEnum):
    """What a filter does with a delivery."""

    PASSES = "passes"
    FILTERED = "filtered"
    FAILED = "failed"  # filter or payload cannot be applied
    SKIPPED = "skipped"  # not tried: the delivery is pruned or large


@dataclass(frozen=True, slots=True)
class Tried:
    """A recorded delivery to which a filter was applied."""

    run_id: str
    created_at: datetime
    method: str  # empty if the delivery was pruned
    path: str
    outcome: Outcome
    reason: str  # why it failed or was skipped; empty otherwise


def try_filter(sink: Sink, expression: str, payload: str, last: int = DEFAULT_LAST) -> list[Tried]:
    """
    Apply a filter and a payload to the last recorded deliveries of a sink: those that started runs.

    Args:
        sink: The sink.
        expression: The filter; empty for none.
        payload: The expression for the payload; empty for none.
        last: How many deliveries, from 1 to MAX_LAST.

    Returns:
        The deliveries, the newest first. Replays are left out, since their deliveries are those of other runs.

    Raises:
        ValidationError: By `filter`, `payload` or `last`: it is invalid.
    """
    faults: dict[str, str] = {}
    for name, text in (("filter", expression), ("payload", payload)):
        try:
            if text:
                check_delivery_expression(text)
        except ValidationError as error:
            faults[name] = str(error.message)
    if not 1 <= last <= MAX_LAST:
        faults["last"] = f"Choose a number from 1 to {MAX_LAST}."
    if faults:
        raise ValidationError(faults)
    runs = Run.objects.filter(source_id=sink.pk, app_id=sink.app.app_id, replay_of="").order_by("-id")
    return [
        Tried(run.pk, run.created_at, *_tried(run.pk, expression, payload)) for run in runs.only("created_at")[:last]
    ]


def _tried(run_id: str, expression: str, payload: str) -> tuple[str, str, Outcome, str]:
    """Return the method and path of a recorded delivery, and what a filter does with it."""
    of_run = Delivery.objects.filter(pk=run_id)
    head = of_run.values_list("method", "path", Length("body")).first()
    if head is None:
        return "", "", Outcome.SKIPPED, "The delivery was pruned."
    method, path, size = head
    if size > _MAX_BYTES:
        return method, path, Outcome.SKIPPED, f"The body has more than {_MAX_BYTES} bytes."
    delivery = of_run.first()
    if delivery is None:
        return "", "", Outcome.SKIPPED, "The delivery was pruned."
    try:
        request = request_of(delivery)
    except UnfitBody as error:
        return method, path, Outcome.SKIPPED, str(error)
    with closing(request):
        return method, path, *_judged(request, expression, payload)


def _judged(request: Request, expression: str, payload: str) -> tuple[Outcome, str]:
    made = compiled(payload) if payload else None
    if expression:
        reason = why_filtered(compiled(expression), request, payload=made)
        if reason is not None:
            return (Outcome.FILTERED, "") if reason == NO_MATCH else (Outcome.FAILED, reason)
    if made is not None:
        try:
            make_payload(made, request)
        except PayloadFailed as error:
            return Outcome.FAILED, str(error)
    return Outcome.PASSES, ""


def counts(tried: list[Tried]) -> Iterator[tuple[Outcome, int]]:
    """Yield the outcomes that occur, each with the number of its deliveries."""
    for outcome in Outcome:
        if number := sum(each.outcome == outcome for each in tried):
            yield outcome, number


def summary(tried: list[Tried]) -> str:
    """Return the outcomes as a sentence."""
    if not tried:
        return "The sink has no recorded deliveries."
    return f"Of {len(tried)} recorded deliveries: {', '.join(f'{number} {name}' for name, number in counts(tried))}."


def page_of(sink: Sink, typed: Mapping[str, str]) -> dict[str, Any]:
    """
    Return what a page shows of a trial: `typed`, `faults` by field, `tried` and its `summary`.

    Args:
        sink: The sink.
        typed: The expressions, as `filter` and `payload`.
    """
    try:
        tried = try_filter(sink, typed["filter"], typed["payload"])
    except ValidationError as error:
        return {"typed": typed, "faults": error.message_dict, "tried": [], "summary": ""}
    return {"typed": typed, "faults": {}, "tried": tried, "summary": summary(tried)}
