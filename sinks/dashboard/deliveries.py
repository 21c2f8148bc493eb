"""The last deliveries of a sink, and the last of them that started no run, as its page lists them."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BinaryField, F, Value
from django.db.models.functions import Substr

from runs.history.masking import Masks
from runs.models import Run
from sinks.models import Refusal, Sink
from sinks.refusals.masks import SinkMasks
from sinks.webhooks import registry
from sinks.webhooks.provider import Source

_RUNS, _REFUSALS = 10, 5  # rows
_READ = 4096  # bytes of each body
_SHOWN = 140  # characters of a text
_NAMES = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")  # an expression that only names members of objects


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run of the sink."""

    run: Run
    text: str  # the event's type, or the beginning of the body
    error: str
    mark: str  # how it was started, if not by a delivery


@dataclass(frozen=True, slots=True)
class RefusalRow:
    """A delivery that started no run."""

    id: int
    at: datetime
    status: int
    kind: str
    reason: str
    client: str
    run_id: str  # the run that was started when it was accepted


def last_runs(sink: Sink, masks: Masks) -> list[RunRow]:
    """
    Return the newest runs of a sink, in one query.

    Args:
        sink: The sink, with its app.
        masks: The masks of the page.

    Raises:
        DatabaseError: The database is unavailable.
    """
    app_id = sink.app.app_id
    # A run keeps the source of a deleted sink whose id was never given again, but of its own app alone.
    found = Run.objects.filter(source_id=sink.pk, app_id=app_id).order_by("-pk").defer("traceback", "options")
    found = found.annotate(
        sent_headers=F("delivery__headers"),
        sent_body=Substr("delivery__body", Value(1), Value(_READ), output_field=BinaryField()),
    )
    provider = registry.find(sink.provider) if sink.provider else None
    source = provider.event_type if provider is not None else None
    return [
        RunRow(
            run=run,
            text=_short(masks.text(app_id, _preview(source, run.sent_headers, run.sent_body))),
            error=_short(masks.text(app_id, f"{run.error_type}: {run.error_message}" if run.error_type else "")),
            mark="replay" if run.replay_of else "child" if run.parent else "",
        )
        for run in found[:_RUNS]
    ]


def last_refusals(sink: Sink, masks: Masks) -> list[RefusalRow]:
    """Return the newest refusals of a sink, without their requests, in one query."""
    columns = ("pk", "at", "status", "kind", "reason", "client", "run_id")
    rows = list(Refusal.objects.filter(sink=sink.pk).order_by("-pk").values_list(*columns)[:_REFUSALS])
    own = SinkMasks(sink)
    app_id = sink.app.app_id
    return [
        RefusalRow(pk, at, status, kind, str(own.value(masks.text(app_id, reason))), client, run_id)
        for pk, at, status, kind, reason, client, run_id in rows
    ]


def _preview(source: Source | None, headers: Any, body: Any) -> str:
    """Return the type of an event, or the beginning of its body on one line; empty if the delivery is not kept."""
    if headers is None:
        return ""
    data = bytes(body or b"")
    if source is not None and source.header:
        for name, value in headers:
            if str(name).lower() == source.header:
                return str(value)
    if source is not None and _NAMES.fullmatch(source.body) and (found := _member(data, source.body)):
        return found
    text = data.decode("utf-8", "replace")
    if any(ord(character) < 32 and character not in "\t\r\n" for character in text[:_SHOWN]):
        return "(binary)"
    return text


def _member(data: bytes, names: str) -> str:
    """Return a text in a JSON body; empty if it is not there, or the body is longer than what was read."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return ""
    for name in names.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""


def _short(text: str) -> str:
    """Return the beginning of a text, whose secrets are already masked, on one line."""
    line = " ".join(text[: 4 * _SHOWN].split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"
