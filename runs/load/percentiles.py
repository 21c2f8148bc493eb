"""Percentiles of durations in a period: exact where few runs ended, and otherwise from the buckets of the tallies."""

import math
from dataclasses import dataclass

from django.db import connection

from runs.history.summaries import Summary
from runs.history.tallies import PARTS
from runs.models import UNFINISHED

READ = 10_000  # the maximum number of runs whose durations are read
ERROR = 1 / PARTS  # the largest error of percentiles from buckets, as a share; see runs/history/tallies.py
_ENDED = f"status NOT IN ({', '.join(repr(str(status)) for status in UNFINISHED)})"


@dataclass(frozen=True, slots=True)
class Percentiles:
    """The median and the 95th percentile of the durations of last attempts, in seconds; None if no run has one."""

    p50: float | None
    p95: float | None
    runs: int  # with a duration
    is_exact: bool  # False: within `ERROR`


def percentiles(summary: Summary, app_ids: frozenset[str] | None = None) -> Percentiles:
    """
    Return the percentiles of a period. Exact ones are those of the runs that were created in it.

    Args:
        summary: The period's summary.
        app_ids: The apps of the summary; None for all.

    Raises:
        DatabaseError: The database is unavailable.
    """
    totals = summary.totals
    if totals.runs <= READ:
        durations = _durations(summary, app_ids)
        if len(durations) <= READ:
            return Percentiles(_of_rank(durations, 0.5), _of_rank(durations, 0.95), len(durations), is_exact=True)
    return Percentiles(totals.p50, totals.p95, sum(totals.durations.values()), is_exact=False)


def _durations(summary: Summary, app_ids: frozenset[str] | None) -> list[float]:
    """Return the durations of the period's runs in ascending order; one more than `READ` if there are more."""
    if app_ids is not None and not app_ids:
        return []
    apps = sorted(app_ids or ())
    condition = f"app_id IN ({', '.join(['%s'] * len(apps))}) AND " if apps else ""
    query = f"SELECT duration FROM runs_run WHERE {condition}id >= %s AND duration IS NOT NULL AND {_ENDED} LIMIT %s"  # noqa: S608 - our own names
    first = f"run_{int(summary.since.timestamp() * 1000):012x}"  # an id begins with its time
    with connection.cursor() as cursor:
        cursor.execute(query, [*apps, first, READ + 1])
        return sorted(duration for (duration,) in cursor.fetchall())


def _of_rank(ordered: list[float], part: float) -> float | None:
    """Return a quantile by the nearest rank: the smallest value that at least `part` of all values do not exceed."""
    return ordered[max(math.ceil(part * len(ordered)), 1) - 1] if ordered else None
