"""The waits of runs, and the signals that no run has taken, in pages that need no count and no offset."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F

from runs.history.queries import Filter, page
from runs.models import Run, Signal, StepRecord
from sinks.models import Sink

PAGE = 50
_RECORDS = 5_000  # of the waits of the runs of a page
_SLEEP = "sleep"  # the name of a wait that only a time ends


@dataclass(frozen=True, slots=True)
class Waiting:
    """A wait of a run."""

    run: Run
    sink: Sink | None  # that started the run; None if it was deleted, or for a run without a sink
    name: str
    key: str
    since: datetime
    until: datetime | None
    is_for_signal: bool


def read_waits(apps: frozenset[str] | None, app: str = "", before: str | None = None) -> tuple[list[Waiting], str]:
    """
    Return the waits of a page of waiting runs, the newest runs first.

    Args:
        apps: The ids of the apps whose runs the user sees; None for all.
        app: The id of the app to which they are limited; empty for all.
        before: The id of the run after which the page begins.

    Returns:
        The waits, and `before` of the next page; empty if this is the last one.

    Raises:
        DatabaseError: The database is unavailable.
    """
    if app:
        apps = frozenset([app]) if apps is None or app in apps else frozenset()
    found = page(Filter(app_ids=apps, statuses=frozenset([Run.Status.WAITING])), before, PAGE)
    sinks = Sink.objects.select_related("app").in_bulk({run.source_id for run in found.runs if run.source_id})
    open_waits = _open_waits([run.pk for run in found.runs])
    waits = []
    for run in found.runs:
        sink = sinks.get(run.source_id) if run.source_id else None
        sink = sink if sink is not None and sink.app.app_id == run.app_id else None
        for record in open_waits.get(run.pk, []):
            is_for_signal = record.name != _SLEEP or bool(record.key)
            waits.append(Waiting(run, sink, record.name, record.key, record.at, _until(record), is_for_signal))
    return waits, found.next or ""


def _open_waits(run_ids: Collection[str]) -> dict[str, list[StepRecord]]:
    """Return the waits of runs that have not ended, by run."""
    records = StepRecord.objects.filter(run_id__in=run_ids, kind=StepRecord.Kind.WAIT).order_by("run_id", "place")
    begun: dict[tuple[Any, ...], StepRecord] = {}
    for record in records[:_RECORDS]:
        identity = (record.run_id, record.name, record.key, record.scope, record.number)
        if record.status == StepRecord.Status.WAITING:
            begun.setdefault(identity, record)
        else:
            begun.pop(identity, None)
    by_run: dict[str, list[StepRecord]] = {}
    for record in begun.values():
        by_run.setdefault(record.run_id, []).append(record)
    return by_run


def _until(record: StepRecord) -> datetime | None:
    try:
        until = json.loads(record.value)["until"]
        return datetime.fromisoformat(until) if until is not None else None
    except (ValueError, KeyError, TypeError):
        return None


def read_signals(apps: frozenset[str] | None, app: str = "", before: int | None = None) -> tuple[list[Signal], str]:
    """
    Return a page of the signals that no run has taken, the newest first, without their payloads.

    Args:
        apps: See `read_waits`; so `app`.
        app: See `read_waits`.
        before: The number of the signal after which the page begins.

    Returns:
        The signals, and `before` of the next page; empty if this is the last one.

    Raises:
        DatabaseError: The database is unavailable.
    """
    if app:
        apps = frozenset([app]) if apps is None or app in apps else frozenset()
    kept = Signal.objects.filter(taken_by="").defer("payload")
    if apps is not None:
        kept = kept.filter(app_id__in=apps)
    if before is not None:
        kept = kept.filter(pk__lt=before)
    # An expression, so that a database reads the index of the kept signals (at most 10,000 of an app), and not all
    # signals in the order of their numbers.
    found: list[Signal] = list(kept.order_by(-(F("id") + 0))[: PAGE + 1])
    return found[:PAGE], str(found[PAGE - 1].pk) if len(found) > PAGE else ""
