"""
What the tallies (runs/history/tallies.py) come to: the numbers of dashboards, over the last hour, day or week.

They are as cheap with millions of runs as with a hundred. They lag by the few seconds that processes count in memory,
begin when the table was made, and are not of runs alone: deliveries that started none are in them. Durations are known
by their buckets, so that what is said of them is an estimate.
"""

import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from operator import attrgetter
from typing import Any

from django.db import connection

from runs.history.queries import time_of
from runs.history.tallies import DAY, ENDS, HOUR, MINUTE, REFUSED, quantile
from runs.models import UNFINISHED, Run

COUNTED = 10_000  # runs that are not over, when those are counted
_LAST_MINUTES = 5  # full ones, which say how many runs there are a minute now
_FAILED = (str(Run.Status.ERROR), str(Run.Status.INTERRUPTED))
# As the index says it; see runs/history/queries.py.
_OPEN = f"status IN ({', '.join(repr(str(status)) for status in UNFINISHED)})"


class Period(StrEnum):
    """What a summary is of: so much time until now."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"


# Of the points of a chart: their span, and how many there are.
_POINTS = {Period.HOUR: (MINUTE, 60), Period.DAY: (HOUR, 24), Period.WEEK: (HOUR, 168)}
# Of a ranking. A week's is by days: of a thousand sources there are 24 times as many hours.
_RANKED = {Period.HOUR: (MINUTE, 60), Period.DAY: (HOUR, 24), Period.WEEK: (DAY, 7)}


@dataclass(frozen=True, slots=True)
class Totals:
    """What runs, and deliveries that started none, came to."""

    statuses: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ENDS, 0))  # how many runs ended in each
    refusals: dict[str, int] = field(default_factory=dict)  # how many deliveries, by why; most first
    apart: dict[str, int] = field(default_factory=dict)  # the same of those that are no refusals: "filtered", ...
    durations: dict[int, int] = field(
        default_factory=dict
    )  # how many runs each bucket has; see runs/history/tallies.py

    @property
    def runs(self) -> int:
        """How many ended."""
        return sum(self.statuses.values())

    @property
    def failed(self) -> int:
        """How many ended as nobody wanted: with an error, or interrupted."""
        return sum(self.statuses[status] for status in _FAILED)

    @property
    def refused(self) -> int:
        """How many deliveries were refused."""
        return sum(self.refusals.values())

    @property
    def success(self) -> float | None:
        """The part of complete ones, 0 to 1, among those that ended; None where none did."""
        runs = self.runs
        return self.statuses[Run.Status.COMPLETE] / runs if runs else None

    @property
    def p50(self) -> float | None:
        """The median of the durations of last attempts in seconds, about; None where there is none."""
        return quantile(self.durations, 0.5)

    @property
    def p95(self) -> float | None:
        """See `p50`."""
        return quantile(self.durations, 0.95)


@dataclass(frozen=True, slots=True)
class Point:
    """A minute, or an hour, of a chart."""

    at: datetime  # when it began
    complete: int = 0
    failed: int = 0
    cancelled: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Summary:
    """A period, as a whole and point by point."""

    period: Period
    since: datetime
    totals: Totals
    points: tuple[Point, ...]  # all there are, oldest first; the last goes on still


@dataclass(frozen=True, slots=True)
class SourceTotals:
    """What the runs of a source came to, which may be gone by now."""

    source_id: int
    app_id: str
    totals: Totals


@dataclass(frozen=True, slots=True)
class Ranking:
    """The sources that somebody should look at."""

    slowest: tuple[SourceTotals, ...]  # by the 95th percentile of their durations
    failing: tuple[SourceTotals, ...]  # by how many of their runs failed, and only those with such


@dataclass(frozen=True, slots=True)
class Present:
    """What is going on."""

    running: int  # those that wait for their turn in a server among them
    queued: int
    partial: bool  # there are more that are not over than were looked at
    per_minute: float  # runs that ended, in the mean of the last full minutes


@dataclass(frozen=True, slots=True)
class Hours:
    """A source's last 24 hours, oldest first; the last goes on still."""

    ok: tuple[int, ...]
    failed: tuple[int, ...]
    refused: tuple[int, ...]


def summary(
    period: Period,
    app_ids: frozenset[str] | None = None,
    source_id: int | None = None,
    *,
    now: datetime | None = None,
) -> Summary:
    """
    Args:
        period: Of what time.
        app_ids: Of these apps alone; None: of all.
        source_id: Of this source alone.
        now: When the period ends.

    Raises:
        DatabaseError: The database is away.
    """
    span, count = _POINTS[period]
    begins = _begins(span, count, now)
    whole: dict[str, int] = {}
    counts: dict[int, dict[str, int]] = {at: {} for at in begins}
    for at, kind, times in _counted(span, begins, app_ids, source_id):
        whole[kind] = whole.get(kind, 0) + times
        counts[at][kind] = times
    points = tuple(_point(at, of_point) for at, of_point in counts.items())
    return Summary(period, points[0].at, _totals(whole.items()), points)


def ranking(
    period: Period,
    app_ids: frozenset[str] | None = None,
    *,
    most: int = 10,
    least: int = 5,
    now: datetime | None = None,
) -> Ranking:
    """
    The sources that are the slowest, and those that fail the most. It reads a few rows of each source for each minute,
    hour or day (of a week) in which the source had runs: a second, say, where thousands of sources have some all the
    time.

    Args:
        period: Of what time. A week is today and the six days before, in UTC.
        app_ids: Of these apps alone; None: of all.
        most: How many of each at most.
        least: How many runs with a duration make a source one of the slowest.
        now: When the period ends.

    Raises:
        DatabaseError: The database is away.
    """
    span, count = _RANKED[period]
    begins = _begins(span, count, now)
    where, values = _of_apps(app_ids)
    query = (
        f"SELECT source_id, app_id, kind, SUM(count) FROM runs_tally WHERE span = %s AND at >= %s AND at <= %s"  # noqa: S608
        f" AND source_id > 0{where} GROUP BY source_id, app_id, kind"
    )
    kinds: dict[tuple[int, str], list[tuple[str, int]]] = {}
    for source_id, app_id, kind, times in _rows(query, [span, begins[0], begins[-1], *values]):
        kinds.setdefault((source_id, app_id), []).append((kind, int(times)))
    every = [SourceTotals(*source, _totals(counts)) for source, counts in kinds.items()]
    every.sort(key=attrgetter("source_id", "app_id"))
    slow = [(one.totals.p95 or 0.0, one) for one in every if sum(one.totals.durations.values()) >= least]
    slow.sort(key=lambda each: -each[0])
    failing = [one for one in every if one.totals.failed]
    failing.sort(key=lambda one: (-one.totals.failed, one.totals.runs))
    return Ranking(tuple(one for _, one in slow[:most]), tuple(failing[:most]))


def present(
    app_ids: frozenset[str] | None = None, source_id: int | None = None, *, now: datetime | None = None
) -> Present:
    """
    What is going on now, in two statements.

    Args:
        app_ids: Of these apps alone; None: of all.
        source_id: Of this source alone.
        now: When that is, for what is counted by the minute.

    Raises:
        DatabaseError: The database is away.
    """
    # The newest that are not over, by their index; whose they are is looked at in these alone.
    found = f"SELECT status, app_id, source_id FROM runs_run WHERE {_OPEN} ORDER BY id DESC LIMIT %s"  # noqa: S608
    where, values = _of_apps(app_ids)
    if source_id is not None:
        where, values = f"{where} AND source_id = %s", [*values, source_id]
    query = (
        f"SELECT status, COUNT(*), SUM(CASE WHEN 1 = 1{where} THEN 1 ELSE 0 END) FROM ({found}) AS found"  # noqa: S608
        " GROUP BY status"
    )
    walked = 0
    statuses = dict.fromkeys(UNFINISHED, 0)
    for status, count, wanted in _rows(query, [*values, COUNTED + 1]):
        walked += count
        statuses[Run.Status(status)] = int(wanted)
    minutes = _begins(MINUTE, _LAST_MINUTES + 1, now)[:-1]
    ended = _totals((kind, times) for _, kind, times in _counted(MINUTE, minutes, app_ids, source_id)).runs
    return Present(
        running=statuses[Run.Status.RUNNING],
        queued=statuses[Run.Status.QUEUED],
        partial=walked > COUNTED,
        per_minute=ended / _LAST_MINUTES,
    )


def hours(source_ids: Collection[int], *, now: datetime | None = None) -> dict[int, Hours]:
    """
    How the deliveries of some sources, those of a page say, fared in the last 24 hours; in one statement.

    Args:
        source_ids: The sources.
        now: When the hours end.

    Returns:
        The hours of each of them.

    Raises:
        DatabaseError: The database is away.
    """
    if not source_ids:
        return {}
    begins = _begins(HOUR, 24, now)
    query = (
        "SELECT source_id, at, kind, count FROM runs_tally"  # noqa: S608 - our own words
        f" WHERE span = %s AND at IN ({_places(begins)}) AND source_id IN ({_places(source_ids)})"
    )
    empty = [0] * len(begins)
    series = {source_id: (empty.copy(), empty.copy(), empty.copy()) for source_id in source_ids}
    for source_id, at, kind, count in _rows(query, [HOUR, *begins, *source_ids]):
        what = kind.partition(":")[0]
        ok, failed, refused = series[source_id]
        wanted = ok if what == Run.Status.COMPLETE else failed if what in _FAILED else refused
        if wanted is not refused or what == REFUSED:
            wanted[(at - begins[0]) // HOUR] += count
    return {source_id: Hours(*(tuple(numbers) for numbers in three)) for source_id, three in series.items()}


def last_deliveries(source_ids: Collection[int]) -> dict[int, datetime]:
    """
    When some sources, those of a page say, had their last run, a replay too; in one statement, which looks up one run
    of each.

    Args:
        source_ids: The sources.

    Returns:
        The time for each of them that has a run.

    Raises:
        DatabaseError: The database is away.
    """
    if not source_ids:
        return {}
    given = ", ".join(["(CAST(%s AS bigint))"] * len(source_ids))
    newest = "SELECT id FROM runs_run WHERE source_id = given.column1 ORDER BY id DESC LIMIT 1"
    query = f"SELECT column1, ({newest}) FROM (VALUES {given}) AS given"  # noqa: S608 - our own words
    return {source_id: time_of(run_id) for source_id, run_id in _rows(query, list(source_ids)) if run_id}


def _begins(span: int, count: int, now: datetime | None) -> list[int]:
    """When the newest spans began, oldest first; the last is the one that goes on."""
    at = int(time.time() if now is None else now.timestamp())
    last = at - at % span
    return list(range(last - (count - 1) * span, last + 1, span))


def _counted(
    span: int, begins: list[int], app_ids: frozenset[str] | None, source_id: int | None
) -> list[tuple[int, str, int]]:
    """When each of these began, what happened in it, and how often."""
    where, values = _of_apps(app_ids)
    if source_id is None and app_ids is None:
        where = " AND app_id = ''"
    # Each time by itself, so that the index leads to its row at once: between two there are those of all sources.
    query = (
        "SELECT at, kind, SUM(count) FROM runs_tally"  # noqa: S608 - our own words
        f" WHERE span = %s AND at IN ({_places(begins)}) AND source_id = %s{where} GROUP BY at, kind"
    )
    given = [span, *begins, source_id or 0, *values]
    return [(at, kind, int(times)) for at, kind, times in _rows(query, given)]


def _totals(counts: Iterable[tuple[str, int]]) -> Totals:
    totals = Totals()
    for kind, times in counts:
        what, _, more = kind.partition(":")
        if what == REFUSED:
            _increase(totals.refusals, more, times)
        elif what not in totals.statuses:
            _increase(totals.apart, kind, times)
        else:
            totals.statuses[what] += times
            if more:
                _increase(totals.durations, int(more), times)
    return Totals(totals.statuses, _most_first(totals.refusals), _most_first(totals.apart), totals.durations)


def _point(at: int, counts: dict[str, int]) -> Point:
    totals = _totals(counts.items())
    complete, cancelled = totals.statuses[Run.Status.COMPLETE], totals.statuses[Run.Status.CANCELLED]
    return Point(datetime.fromtimestamp(at, UTC), complete, totals.failed, cancelled, totals.refused)


def _increase(counts: dict[Any, int], key: Any, by: int) -> None:
    counts[key] = counts.get(key, 0) + by


def _most_first(counts: dict[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))


def _of_apps(app_ids: frozenset[str] | None) -> tuple[str, list[Any]]:
    if app_ids is None:
        return "", []
    return (f" AND app_id IN ({_places(app_ids)})", sorted(app_ids)) if app_ids else (" AND 1 = 0", [])


def _places(values: Collection[Any]) -> str:
    return ", ".join(["%s"] * len(values))


def _rows(query: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())
