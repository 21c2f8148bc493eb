"""
Find and count runs, in a time that does not grow with their number.

Every query walks an index from its newest end, and stops early. There are indexes by app, by source, by bad end, and by
id, which begins with the time of the run. Conditions without an index (a workflow, a duration) are checked for a
limited number of runs per page.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any, Literal

from django.db import connection

from runs.models import BAD_ENDS, UNFINISHED, Run

WALKED = 50_000  # the maximum number of runs that a page checks if an index does not cover its filter
COUNTED = 100_000  # the maximum number of runs in statistics
_MERGED = 50  # apps whose index ranges are merged; for more apps, all runs are walked instead
By = Literal["workflow", "app", "source"]
_COLUMNS: dict[By, str] = {"workflow": "workflow", "app": "app_id", "source": "source_id"}
# As in the indexes: both databases use a partial index only if the query plainly implies its condition.
_BAD = f"status IN ({', '.join(repr(str(status)) for status in BAD_ENDS)})"
_OPEN = f"status IN ({', '.join(repr(str(status)) for status in UNFINISHED)})"


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions for runs; a value that is None or empty matches all. An empty `app_ids` matches none."""

    app_ids: frozenset[str] | None = None
    source_id: int | None = None
    statuses: frozenset[str] = frozenset()
    workflow: str = ""
    created_from: datetime | None = None
    created_to: datetime | None = None  # not included
    least_duration: float | None = None  # seconds of the last attempt
    most_duration: float | None = None


@dataclass(slots=True)
class Page:
    """Some runs, newest first."""

    runs: list[Run]
    next: str | None  # `before` of the next page; None if this is the last one. Any page may be short, or empty


@dataclass(slots=True)
class Figures:
    """Statistics of runs."""

    runs: int = 0
    statuses: dict[str, int] = field(default_factory=dict)  # how many runs have each status
    success: float | None = None  # the share of complete runs among ended ones, 0 to 1
    p50: float | None = None  # percentiles of the durations of last attempts, in seconds
    p95: float | None = None
    p99: float | None = None


@dataclass(slots=True)
class Stats(Figures):
    """Statistics of the newest runs that match a filter."""

    since: datetime | None = None  # all matching runs since then are counted; None if no runs match
    per_minute: float | None = None
    partial: bool = False  # older runs exist that were not counted
    groups: dict[str, Figures] = field(default_factory=dict)  # the largest first


@dataclass(frozen=True, slots=True)
class _Walk:
    """A range of an index: the columns' values, in the index's order, and the partial index's condition."""

    equal: tuple[tuple[str, Any], ...] = ()
    condition: str = ""


def page(wanted: Filter, before: str | None = None, size: int = 50, *, walked: int = WALKED) -> Page:
    """
    Return a page of runs.

    Args:
        wanted: The conditions for the runs.
        before: Return only runs with smaller ids: the previous page's `next`; None for the first page.
        size: The maximum number of runs.
        walked: How many runs to check if an index does not cover the filter.

    Raises:
        DatabaseError: The database is unavailable.
    """
    found, more = ids(wanted, before, size, walked=walked)
    runs = Run.objects.defer("traceback", "options").order_by().in_bulk(found)
    # Runs may have been pruned in between.
    return Page([runs[run_id] for run_id in found if run_id in runs], more)


def ids(
    wanted: Filter, before: str | None = None, size: int = 50, *, walked: int = WALKED
) -> tuple[list[str], str | None]:
    """
    Return the ids of a page of runs, and `before` of the next page; see `page`.

    Raises:
        DatabaseError: The database is unavailable.
    """
    walks, rest = _plan(wanted)
    low, high = _range(wanted, before)
    horizon = _horizon(walks, low, high, walked) if rest != Filter() else None
    found = [str(run_id) for (run_id,) in _found(walks, rest, horizon or low, high, size + 1, "id")]
    return found[:size], found[size - 1] if len(found) > size else horizon


def stats(wanted: Filter, by: By | None = None, *, counted: int = COUNTED) -> Stats:
    """
    Return statistics of the newest runs.

    Args:
        wanted: The conditions for the runs.
        by: The field by which to group the runs for additional statistics.
        counted: The maximum number of runs to read.

    Raises:
        DatabaseError: The database is unavailable.
    """
    walks, rest = _plan(wanted)
    low, high = _range(wanted, None)
    horizon = _horizon(walks, low, high, counted)
    group = _COLUMNS[by] if by else "id"
    result = Stats(partial=horizon is not None)
    durations: list[float] = []
    durations_of: dict[str, list[float]] = {}
    oldest, cut = "", False
    found = _found(walks, rest, horizon or low, high, counted + 1, f"id, status, duration, {group}")
    for run_id, status, duration, name in found:
        if result.runs == counted:
            result.partial = cut = True
            break
        oldest = str(run_id)
        _count(result, durations, status, duration)
        if by:
            figures = result.groups.setdefault(str(name), Figures())
            _count(figures, durations_of.setdefault(str(name), []), status, duration)
    _finish(result, durations)
    for name, figures in result.groups.items():
        _finish(figures, durations_of[name])
    result.groups = dict(sorted(result.groups.items(), key=lambda item: (-item[1].runs, item[0])))
    if oldest:
        if cut:
            result.since = time_of(oldest)
        elif horizon is not None:
            result.since = time_of(horizon)
        else:
            result.since = wanted.created_from or time_of(oldest)
        end = min(datetime.now(UTC), wanted.created_to or datetime.max.replace(tzinfo=UTC))
        result.per_minute = 60 * result.runs / max((end - result.since).total_seconds(), 1.0)
    return result


def time_of(run_id: str) -> datetime:
    """Return the time at which a run was created, read from its id, to the millisecond."""
    return datetime.fromtimestamp(int(run_id[4:16], 16) / 1000, UTC)


def _plan(wanted: Filter) -> tuple[list[_Walk], Filter]:
    """Return the walks that together cover all matching runs, and the conditions that are left to check on each run."""
    rest = replace(wanted, created_from=None, created_to=None)
    apps = sorted(wanted.app_ids) if wanted.app_ids is not None else None
    if wanted.source_id is not None:
        return [_Walk((("source_id", wanted.source_id),))], replace(rest, source_id=None)
    if wanted.statuses and wanted.statuses <= {*BAD_ENDS, *UNFINISHED}:
        # One walk for all unfinished runs, which are few.
        walks = [_Walk(condition=_OPEN)] if wanted.statuses & set(UNFINISHED) else []
        bad = sorted(wanted.statuses & set(BAD_ENDS))
        few = apps is not None and len(apps) * len(bad) <= _MERGED
        for status in bad:
            if few:
                walks += [_Walk((("app_id", app_id), ("status", status)), _BAD) for app_id in apps or []]
            else:
                walks.append(_Walk((("status", status),), _BAD))
        if walks and not wanted.statuses & set(UNFINISHED):
            rest = replace(rest, statuses=frozenset(), app_ids=None if few else rest.app_ids)
        return walks, rest
    if apps is not None and len(apps) <= _MERGED:
        return [_Walk((("app_id", app_id),)) for app_id in apps], replace(rest, app_ids=None)
    return [_Walk()], rest


def _range(wanted: Filter, before: str | None) -> tuple[str, str]:
    """Return the first id, and an id after the last."""
    low = id_at(wanted.created_from) if wanted.created_from else "run_"
    high = id_at(wanted.created_to) if wanted.created_to else "run_g"  # g comes after all hexadecimal digits
    return low, min(high, before) if before else high


def id_at(time: datetime) -> str:
    """Return the id from which runs were created at a time or later."""
    if not 1970 < time.year < 9999:  # conversion to UTC may overflow, and no run has such a time
        return "run_" if time.year <= 1970 else "run_g"
    milliseconds = -(-time.astimezone(UTC).timestamp() * 1000 // 1)
    return f"run_{int(milliseconds):012x}"


def _where(walk: _Walk, low: str, high: str) -> tuple[str, list[Any]]:
    terms = [*([walk.condition] if walk.condition else []), *(f"{name} = %s" for name, _ in walk.equal)]
    return " AND ".join([*terms, "id >= %s", "id < %s"]), [*(value for _, value in walk.equal), low, high]


def _horizon(walks: list[_Walk], low: str, high: str, walked: int) -> str | None:
    """
    Return the id down to which all walks together can be read: the newest of the points at which a walk has passed
    `walked` runs, cut to the millisecond. None if no walk has more than `walked` runs.
    """
    parts: list[tuple[str, list[Any]]] = []
    for walk in walks:
        where, values = _where(walk, low, high)
        nth = f"SELECT id FROM runs_run WHERE {where} ORDER BY id DESC LIMIT 1 OFFSET %s"  # noqa: S608 - our own names
        parts.append((nth, [*values, walked]))
    # Cut to the millisecond: a client that gets it as a page's `next` may not be allowed to see that run's id.
    return max((f"{str(run_id)[:16]}{'0' * 32}" for (run_id,) in _together(parts)), default=None)


def _found(walks: list[_Walk], rest: Filter, low: str, high: str, most: int, columns: str) -> list[tuple[Any, ...]]:
    """Return columns of the matching runs, newest first, `most` at most; the first column is the id."""
    parts: list[tuple[str, list[Any]]] = []
    for walk in walks:
        where, values = _where(walk, low, high)
        for term, term_values in _terms(rest):
            where += f" AND {term}"
            values += term_values
        query = f"SELECT {columns} FROM runs_run WHERE {where} ORDER BY id DESC LIMIT %s"  # noqa: S608 - our own names
        parts.append((query, [*values, most]))
    return sorted(_together(parts), key=itemgetter(0), reverse=True)[:most]


def _terms(rest: Filter) -> Iterator[tuple[str, list[Any]]]:
    if rest.app_ids is not None:
        app_ids = sorted(rest.app_ids)
        yield (f"app_id IN ({', '.join(['%s'] * len(app_ids))})", app_ids) if app_ids else ("1 = 0", [])
    if rest.statuses:
        yield f"status IN ({', '.join(['%s'] * len(rest.statuses))})", sorted(rest.statuses)
    if rest.workflow:
        yield "workflow = %s", [rest.workflow]
    if rest.least_duration is not None:
        yield "duration >= %s", [rest.least_duration]
    if rest.most_duration is not None:
        yield "duration <= %s", [rest.most_duration]


def _together(parts: list[tuple[str, list[Any]]]) -> list[tuple[Any, ...]]:
    """Return the rows of several queries, which are asked as one statement."""
    if len(parts) == 1:
        return _rows(*parts[0])
    united = " UNION ALL ".join(f"SELECT * FROM ({query}) AS part{place}" for place, (query, _) in enumerate(parts))  # noqa: S608 - our own names
    return _rows(united, [value for _, values in parts for value in values]) if parts else []


def _rows(query: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())


def _count(figures: Figures, durations: list[float], status: str, duration: float | None) -> None:
    figures.runs += 1
    figures.statuses[status] = figures.statuses.get(status, 0) + 1
    if duration is not None:
        durations.append(duration)


def _finish(figures: Figures, durations: list[float]) -> None:
    over = figures.runs - sum(figures.statuses.get(status, 0) for status in UNFINISHED)
    if over:
        figures.success = figures.statuses.get(Run.Status.COMPLETE, 0) / over
    if durations:
        durations.sort()
        figures.p50, figures.p95, figures.p99 = (
            durations[min(len(durations) - 1, int(part * len(durations)))] for part in (0.5, 0.95, 0.99)
        )
