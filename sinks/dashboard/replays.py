"""Replay the failed runs of a sink: which they are, and a part of them at a time."""

import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from runs.history.queries import Filter, page
from runs.models import Run
from runs.recovery import bulk
from runs.recovery.bulk import Done
from sinks.models import Sink

PERIODS = {"hour": timedelta(hours=1), "day": timedelta(days=1)}
COUNTED = 1_000  # failed runs that a preview looks at
AT_ONCE = 100  # runs that one request replays
_PER_SECOND = 50
_WALKED = 50_000  # newest runs of the sink among which replays are sought
_FAILED = frozenset({str(Run.Status.ERROR), str(Run.Status.INTERRUPTED)})


@dataclass(frozen=True, slots=True)
class Failed:
    """The failed runs of a sink that no later run replays, newest first."""

    runs: list[Run]
    next: str | None  # where the search goes on; None if it has seen all runs of the period


def failed_runs(sink: Sink, period: str, before: str | None = None) -> Failed:
    """
    Return failed runs of a sink, without those that were replayed since.

    Args:
        sink: The sink, with its app.
        period: A key of PERIODS.
        before: Only runs with smaller ids; None for all.

    Raises:
        DatabaseError: The database is unavailable.
    """
    since = timezone.now() - PERIODS[period]
    app_ids = frozenset({sink.app.app_id})
    found = page(Filter(app_ids, sink.pk, _FAILED, created_from=since), before, COUNTED)
    if not found.runs:
        return Failed([], found.next)
    replayed = _replayed(sink.pk, found.runs[-1].pk)
    return Failed([run for run in found.runs if run.pk not in replayed], found.next)


def replay(runs: Collection[Run]) -> Iterator[Done]:
    """
    Replay runs, at a bounded pace: servers and workers execute them when they are free.

    Yields:
        After each run, what became of it.

    Raises:
        DatabaseError: The database is unavailable. The runs before were replayed.
    """
    begun = time.monotonic()
    for number, done in enumerate(bulk.apply("replay", runs), start=1):
        yield done
        time.sleep(max(0.0, begun + number / _PER_SECOND - time.monotonic()))


def _replayed(sink_id: int, oldest: str) -> set[str]:
    newest = "SELECT replay_of FROM runs_run WHERE source_id = %s AND id > %s ORDER BY id DESC LIMIT %s"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT replay_of FROM ({newest}) AS newest WHERE replay_of <> ''", [sink_id, oldest, _WALKED])  # noqa: S608 - our own names
        return {str(origin) for (origin,) in cursor.fetchall()}
