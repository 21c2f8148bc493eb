"""
Summaries of the tallies (runs/history/tallies.py) for dashboards, over the last hour, day or week.

Their cost does not grow with the number of runs. They are a few seconds late, because processes first count in memory.
They begin at the time when the table was created, and also include deliveries that started no run. Durations are stored
in buckets, so percentiles are estimates.
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
from runs.history.tallies import DAY, ENDS, HOUR, MINUTE, REFUSED, quantile, spread
from runs.models import UNFINISHED, Run

COUNTED = 10_000  # the maximum number of unfinished runs that are counted
_LAST_MINUTES = 5  # full minutes from which the present rate is computed
_FAILED = (str(Run.Status.ERROR), str(Run.Status.INTERRUPTED))
# As in the index; see runs/history/queries.py.
_OPEN = f"status IN ({', '.join(repr(str(status)) for status in UNFINISHED)})"


class Period(StrEnum):
    """The time before now that a summary covers."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"


# The points of a chart: their span in seconds, and their number.
_POINTS = {Period.HOUR: (MINUTE, 60), Period.DAY: (HOUR, 24), Period.WEEK: (HOUR, 168)}
# The same for a ranking. For a week, it reads days, because hours would be 24 times as many rows for each source.
_RANKED = {Period.HOUR: (MINUTE, 60), Period.DAY: (HOUR, 24), Period.WEEK: (DAY, 7)}


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts of ended runs, and of deliveries that started none."""

    statuses: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ENDS, 0))  # how many runs ended in each
    refusals: dict[str, int] = field(default_factory=dict)  # refused deliveries by reason, the most frequent first
    apart: dict[str, int] = field(default_factory=dict)  # other deliveries without a run by kind: "filtered", ...
    durations: dict[int, int] = field(
        default_factory=dict
    )  # how many runs each bucket has; see runs/history/tallies.py

    @property
    def runs(self) -> int:
        """How many runs ended."""
        return sum(self.statuses.values())

    @property
    def failed(self) -> int:
        """How many runs ended with an error, or interrupted."""
        return sum(self.statuses[status] for status in _FAILED)

    @property
    def refused(self) -> int:
        """How many deliveries were refused."""
        return sum(self.refusals.values())

    @property
    def success(self) -> float | None:
        """The share of complete runs among ended ones, 0 to 1; None if no run ended."""
        runs = self.runs
        return self.statuses[Run.Status.COMPLETE] / runs if runs else None

    @property
    def p50(self) -> float | None:
        """The estimated median duration of last attempts, in seconds; None if no run has a duration."""
        return quantile(self.durations, 0.5)

    @property
    def p95(self) -> float | None:
        """The estimated 95th percentile; see `p50`."""
        return quantile(self.durations, 0.95)


@dataclass(frozen=True, slots=True)
class Point:
    """A minute or an hour of a chart."""

    at: datetime  # its start
    complete: int = 0
    failed: int = 0
    cancelled: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Summary:
    """A period's totals and its points."""

    period: Period
    since: datetime
    totals: Totals
    points: tuple[Point, ...]  # without gaps, oldest first; the last one is still in progress


@dataclass(frozen=True, slots=True)
class SourceTotals:
    """The totals of a source, which may be deleted by now."""

    source_id: int
    app_id: str
    totals: Totals


@dataclass(frozen=True, slots=True)
class Ranking:
    """The sources that need attention."""

    slowest: tuple[SourceTotals, ...]  # by the 95th percentile of their durations
    failing: tuple[SourceTotals, ...]  # by the number of failed runs; only sources with failed runs


@dataclass(slots=True)
class Load:
    """How many runs of an engine are unfinished."""

    running: int = 0  # including runs that wait for their turn in a process
    queued: int = 0
    waiting: int = 0  # that were let go
    oldest: datetime | None = None  # since when the queued run that waits longest could start


@dataclass(frozen=True, slots=True)
class Present:
    """The present load."""

    running: int
    queued: int
    waiting: int
    oldest: datetime | None
    partial: bool  # whether there are more unfinished runs than were counted
    per_minute: float  # ended runs, on average over the last full minutes
    engines: dict[str, Load]  # the load of each engine that has unfinished runs


@dataclass(frozen=True, slots=True)
class Hours:
    """A source's counts in the last 24 hours, oldest first; the last hour is still in progress."""

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
    Return the totals and the chart of a period.

    Args:
        period: The period.
        app_ids: Count only these apps; None for all.
        source_id: Count only this source; None for all.
        now: The end of the period.

    Raises:
        DatabaseError: The database is unavailable.
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
    Return the slowest sources, and those with the most failed runs. It reads a few rows per source for each minute,
    hour or day (for a week) in which the source had runs. This takes about a second if thousands of sources have runs
    all the time.

    Args:
        period: The period. A week is today and the six days before, in UTC.
        app_ids: Rank only the sources of these apps; None for all.
        most: The maximum length of each list.
        least: The minimum number of runs with a duration for a source to be ranked among the slowest.
        now: The end of the period.

    Raises:
        DatabaseError: The database is unavailable.
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
    slow = [(source.totals.p95 or 0.0, source) for source in every if sum(source.totals.durations.values()) >= least]
    slow.sort(key=lambda each: -each[0])
    failing = [source for source in every if source.totals.failed]
    failing.sort(key=lambda source: (-source.totals.failed, source.totals.runs))
    return Ranking(tuple(source for _, source in slow[:most]), tuple(failing[:most]))


def present(
    app_ids: frozenset[str] | None = None, source_id: int | None = None, *, now: datetime | None = None
) -> Present:
    """
    Return the present load, in two statements.

    Args:
        app_ids: Count only these apps; None for all.
        source_id: Count only this source; None for all.
        now: The present time, for the rate per minute.

    Raises:
        DatabaseError: The database is unavailable.
    """
    # The newest unfinished runs, by their index. Nothing records when a run was resumed.
    found = (
        "SELECT status, engine, app_id, source_id, COALESCE(wake_at, created_at) AS since,"  # noqa: S608
        " CASE WHEN status = 'queued' AND (wake_at <= %s OR wake_at IS NULL AND started_at IS NULL) THEN 1 END AS due"
        f" FROM runs_run WHERE {_OPEN} ORDER BY id DESC LIMIT %s"
    )
    where, values = _of_apps(app_ids)
    if source_id is not None:
        where, values = f"{where} AND source_id = %s", [*values, source_id]
    query = (
        f"SELECT status, engine, COUNT(*), SUM(CASE WHEN 1 = 1{where} THEN 1 ELSE 0 END),"  # noqa: S608
        f" MIN(CASE WHEN due = 1{where} THEN since END) FROM ({found}) AS found GROUP BY status, engine"
    )
    walked = 0
    engines: dict[str, Load] = {}
    moment = connection.ops.adapt_datetimefield_value(datetime.now(UTC) if now is None else now)
    for status, engine, count, wanted, since in _rows(query, [*values, *values, moment, COUNTED + 1]):
        walked += count
        load = engines.setdefault(engine, Load())
        setattr(load, status, int(wanted))
        if since is not None:
            load.oldest = _aware(since)
    minutes = _begins(MINUTE, _LAST_MINUTES + 1, now)[:-1]
    ended = _totals((kind, times) for _, kind, times in _counted(MINUTE, minutes, app_ids, source_id)).runs
    running, queued, waiting = (
        sum(getattr(load, status) for load in engines.values()) for status in ("running", "queued", "waiting")
    )
    oldest = min((load.oldest for load in engines.values() if load.oldest), default=None)
    return Present(running, queued, waiting, oldest, walked > COUNTED, ended / _LAST_MINUTES, engines)


def hours(source_ids: Collection[int], *, now: datetime | None = None) -> dict[int, Hours]:
    """
    Return the counts of several sources (of one page) in the last 24 hours, in one statement.

    Args:
        source_ids: The sources.
        now: The end of the hours.

    Returns:
        The hours of each source: complete runs, failed runs, and refused deliveries.

    Raises:
        DatabaseError: The database is unavailable.
    """
    if not source_ids:
        return {}
    begins = _begins(HOUR, 24, now)
    query = (
        "SELECT source_id, at, kind, count FROM runs_tally"  # noqa: S608 - our own names
        f" WHERE span = %s AND at IN ({_places(begins)}) AND source_id IN ({_places(source_ids)})"
    )
    empty = [0] * len(begins)
    series = {source_id: (empty.copy(), empty.copy(), empty.copy()) for source_id in source_ids}
    for source_id, at, kind, count in _rows(query, [HOUR, *begins, *source_ids]):
        outcome = kind.partition(":")[0]
        ok, failed, refused = series[source_id]
        wanted = ok if outcome == Run.Status.COMPLETE else failed if outcome in _FAILED else refused
        if wanted is not refused or outcome == REFUSED:
            wanted[(at - begins[0]) // HOUR] += count
    return {source_id: Hours(*(tuple(numbers) for numbers in three)) for source_id, three in series.items()}


def last_deliveries(source_ids: Collection[int]) -> dict[int, datetime]:
    """
    Return the time of the newest run, replays included, of each of several sources (of one page). One statement looks
    up one run per source.

    Args:
        source_ids: The sources.

    Returns:
        The time for each source that has a run.

    Raises:
        DatabaseError: The database is unavailable.
    """
    if not source_ids:
        return {}
    places = ", ".join(["(CAST(%s AS bigint))"] * len(source_ids))
    newest = "SELECT id FROM runs_run WHERE source_id = given.column1 ORDER BY id DESC LIMIT 1"
    query = f"SELECT column1, ({newest}) FROM (VALUES {places}) AS given"  # noqa: S608 - our own names
    return {source_id: time_of(run_id) for source_id, run_id in _rows(query, list(source_ids)) if run_id}


def _begins(span: int, count: int, now: datetime | None) -> list[int]:
    """Return the starts of the newest spans in seconds since 1970, oldest first; the last one is still in progress."""
    at = int(time.time() if now is None else now.timestamp())
    last = at - at % span
    return list(range(last - (count - 1) * span, last + 1, span))


def _counted(
    span: int, begins: list[int], app_ids: frozenset[str] | None, source_id: int | None
) -> list[tuple[int, str, int]]:
    """Return the start, the kind and the count of all tallies of these spans."""
    where, values = _of_apps(app_ids)
    if source_id is None and app_ids is None:
        where = " AND app_id = ''"
    # List each time, so that the index leads directly to its rows: a range would also contain the rows of all other
    # sources.
    query = (
        "SELECT at, kind, SUM(count) FROM runs_tally"  # noqa: S608 - our own names
        f" WHERE span = %s AND at IN ({_places(begins)}) AND source_id = %s{where} GROUP BY at, kind"
    )
    parameters = [span, *begins, source_id or 0, *values]
    return [(at, kind, int(times)) for at, kind, times in _rows(query, parameters)]


def _totals(counts: Iterable[tuple[str, int]]) -> Totals:
    totals = Totals()
    for kind, times in counts:
        outcome, _, more = kind.partition(":")
        if outcome == REFUSED:
            _increase(totals.refusals, more, times)
        elif outcome not in totals.statuses:
            _increase(totals.apart, kind, times)
        else:
            totals.statuses[outcome] += times
            if more:
                for bucket, share in spread(more, times):
                    _increase(totals.durations, bucket, share)
    return Totals(totals.statuses, _most_first(totals.refusals), _most_first(totals.apart), totals.durations)


def _point(at: int, counts: dict[str, int]) -> Point:
    totals = _totals(counts.items())
    complete, cancelled = totals.statuses[Run.Status.COMPLETE], totals.statuses[Run.Status.CANCELLED]
    return Point(datetime.fromtimestamp(at, UTC), complete, totals.failed, cancelled, totals.refused)


def _increase(counts: dict[Any, int], key: Any, by: int) -> None:
    counts[key] = counts.get(key, 0) + by


def _aware(time: datetime | str) -> datetime:
    """Return a time that SQLite returns as text."""
    return time if isinstance(time, datetime) else datetime.fromisoformat(time).replace(tzinfo=UTC)


def _most_first(counts: dict[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


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
