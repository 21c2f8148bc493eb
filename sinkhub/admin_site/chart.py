"""The overview's chart: runs by time on one scale, refused deliveries below them on their own, with both axes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from runs.history.summaries import Period, Point, Summary

KINDS = ("complete", "failed", "cancelled")  # of runs, from the axis up
_SPANS = {Period.HOUR: timedelta(minutes=1), Period.DAY: timedelta(hours=1), Period.WEEK: timedelta(hours=1)}
_HOURS_OF_WEEK = 3  # hours in a column of a week
_TICKS = 4  # values on an axis, at most


@dataclass(frozen=True, slots=True)
class Part:
    """The runs of a column that ended in one way."""

    kind: str
    count: int
    height: float  # percent of the chart
    link: str


@dataclass(frozen=True, slots=True)
class Column:
    """A minute, an hour or three hours."""

    key: int  # its start in seconds since 1970
    time: str
    parts: list[Part]  # without those of no runs
    refused: Part
    text: str
    link: str
    tick: str  # the label of the time axis
    is_odd: bool = False  # a tick that a narrow window leaves out

    @property
    def counts(self) -> list[Part]:
        """The counts in the order of the table, with zeros."""
        found = {part.kind: part for part in self.parts}
        return [*(found.get(kind, Part(kind, 0, 0, "")) for kind in KINDS), self.refused]


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything that the template draws."""

    columns: list[Column]
    ticks: list[tuple[int, float]]  # of the value axis: the value, and its height in percent
    refused_top: int  # the highest value on the scale of refused deliveries; 0 if there are none
    unit: str  # the time of a column
    zone: str

    @property
    def rows(self) -> list[Column]:
        """The columns that have something, newest first."""
        return [column for column in reversed(self.columns) if column.parts or column.refused.count]


def chart_of(summary: Summary) -> Chart:
    """Return the chart of a period, in the current time zone."""
    groups = list(_groups(summary))
    steps = ticks(max(sum(_count(points, kind) for kind in KINDS) for points in groups))
    refused_top = ticks(max(_count(points, "refused") for points in groups))[-1]
    columns = [_column(points, summary.period, steps[-1] or 1, refused_top or 1) for points in groups]
    labelled = [place for place, column in enumerate(columns) if column.tick]
    for place in labelled[1::2]:
        columns[place] = replace(columns[place], is_odd=True)
    unit = {Period.HOUR: "minute", Period.DAY: "hour", Period.WEEK: "3 hours"}[summary.period]
    zone = f"{groups[-1][0].at.astimezone(timezone.get_current_timezone()):%Z}"
    heights = [(step, round(100 * step / (steps[-1] or 1), 2)) for step in steps]
    return Chart(columns, heights, refused_top, unit, zone)


def ticks(highest: int) -> list[int]:
    """Return the values of an axis: from 0, in equal round steps, to at least the highest."""
    if highest <= 0:
        return [0]
    step = next(
        factor * 10**power for power in range(20) for factor in (1, 2, 5) if factor * 10**power * _TICKS >= highest
    )
    return list(range(0, highest + step, step)) if highest % step else list(range(0, highest + 1, step))


def runs_link(begin: datetime, end: datetime | None = None, **conditions: str) -> str:
    """Return the URL of the list of runs of a time."""
    return _link("admin:runs_run_changelist", begin, end, conditions)


def refusals_link(begin: datetime, end: datetime | None = None, **conditions: str) -> str:
    """Return the URL of the list of refusals of a time."""
    return _link("admin:sinks_refusal_changelist", begin, end, conditions)


def _link(name: str, begin: datetime, end: datetime | None, conditions: dict[str, str]) -> str:
    times = {"from": _iso(begin), **({"to": _iso(end)} if end else {})}
    return f"{reverse(name)}?{urlencode(conditions | times, safe=':')}"


def _iso(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%MZ}"


def _groups(summary: Summary) -> Iterator[list[Point]]:
    """Yield the points of each column. Those of a week begin at midnight of the current time zone."""
    if summary.period != Period.WEEK:
        yield from ([point] for point in summary.points)
        return

    def place(point: Point) -> tuple[object, int]:
        local = timezone.localtime(point.at)
        return local.date(), local.hour // _HOURS_OF_WEEK

    for _, points in groupby(summary.points, place):
        yield list(points)


def _column(points: list[Point], period: Period, top: int, refused_top: int) -> Column:
    begin, end = points[0].at, points[-1].at + _SPANS[period]
    counts = {kind: _count(points, kind) for kind in (*KINDS, "refused")}
    parts = [
        Part(kind, counts[kind], round(100 * counts[kind] / top, 2), runs_link(begin, end, status=kind))
        for kind in KINDS
        if counts[kind]
    ]
    refused = Part(
        "refused",
        counts["refused"],
        round(100 * counts["refused"] / refused_top, 2),
        refusals_link(begin, end) if counts["refused"] else "",
    )
    time = _time(begin, end, period)
    said = [f"{count:,} {kind}" for kind, count in counts.items() if count] or ["no runs"]
    link = runs_link(begin, end) if parts else ""
    return Column(int(begin.timestamp()), time, parts, refused, ", ".join(said), link, _tick(begin, period))


def _time(begin: datetime, end: datetime, period: Period) -> str:
    first, last = timezone.localtime(begin), timezone.localtime(end)
    day = "" if period == Period.HOUR else f"{first:%a} {first.day} {first:%b}, "
    return f"{day}{first:%H:%M} to {last:%H:%M}"


def _tick(begin: datetime, period: Period) -> str:
    local = timezone.localtime(begin)
    if period == Period.HOUR:
        return f"{local:%H:%M}" if local.minute % 10 == 0 else ""
    if period == Period.DAY:
        return f"{local:%H:%M}" if local.hour % 3 == 0 else ""
    return f"{local:%a} {local.day}" if local.hour < _HOURS_OF_WEEK else ""


def _count(points: Iterable[Point], kind: str) -> int:
    return sum(int(getattr(point, kind)) for point in points)
