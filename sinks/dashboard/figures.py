"""The figures of a sink: its rate, successes, failures, refusals and durations, and its chart."""

from dataclasses import dataclass, field
from datetime import timedelta

from django.utils import timezone

from runs.history import summaries
from runs.history.summaries import Period, Point, Summary
from sinks.dashboard import links

PERIODS = {Period.HOUR: "Last hour", Period.DAY: "Last day", Period.WEEK: "Last week"}
_KINDS = ("complete", "failed", "cancelled", "refused")  # from the axis up
_SPANS = {Period.HOUR: timedelta(minutes=1), Period.DAY: timedelta(hours=1), Period.WEEK: timedelta(hours=1)}


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a period."""

    period: Period
    title: str
    is_chosen: bool  # whether the chart shows it
    runs: int
    per_minute: float
    success: float | None
    failed: int
    refused: int
    p50: float | None
    p95: float | None
    runs_link: str
    failed_link: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A minute or an hour of the chart. Numbers are in percent of the chart's width and height."""

    x: float
    width: float
    text: str
    parts: list[tuple[str, float, float]] = field(default_factory=list)  # kind, y and height


@dataclass(frozen=True, slots=True)
class Chart:
    """The chart of a period."""

    bars: list[Bar]
    highest: int  # the largest sum of a bar
    unit: str
    starts: str  # the time of the first bar
    text: str  # the sums


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Everything that is counted of a sink."""

    figures: list[Figures]
    chart: Chart
    refusals: list[tuple[str, int, str]]  # in the last week, by kind: the kind, the count, and a link
    apart: list[tuple[str, int]]  # other deliveries without a run in the last week


def dashboard_of(sink_id: int, chosen: Period) -> Dashboard:
    """
    Return the figures of a sink in the last hour, day and week.

    Args:
        sink_id: The sink.
        chosen: The period of the chart.

    Raises:
        DatabaseError: The database is unavailable.
    """
    found = {period: summaries.summary(period, None, sink_id) for period in PERIODS}
    week = found[Period.WEEK].totals
    return Dashboard(
        figures=[_figures(sink_id, summary, is_chosen=period == chosen) for period, summary in found.items()],
        chart=_chart(found[chosen]),
        refusals=[(kind, count, links.refusals_of(sink_id, kind=kind)) for kind, count in week.refusals.items()],
        apart=list(week.apart.items()),
    )


def _figures(sink_id: int, summary: Summary, *, is_chosen: bool) -> Figures:
    totals, period = summary.totals, summary.period
    minutes = max((timezone.now() - summary.since).total_seconds() / 60, 1.0)
    return Figures(
        period=period,
        title=PERIODS[period],
        is_chosen=is_chosen,
        runs=totals.runs,
        per_minute=totals.runs / minutes,
        success=totals.success,
        failed=totals.failed,
        refused=totals.refused,
        p50=totals.p50,
        p95=totals.p95,
        runs_link=links.runs_of(sink_id, time=period),
        failed_link=links.runs_of(sink_id, status="bad", time=period),
    )


def _chart(summary: Summary) -> Chart:
    highest = max(map(_sum, summary.points), default=0)
    width = 100 / len(summary.points)
    bars = []
    for place, point in enumerate(summary.points):
        bar = Bar(round(place * width, 3), round(width * 0.8, 3), _text(point, summary.period))
        y = 100.0
        for kind in _KINDS:
            if count := int(getattr(point, kind)):
                height = max(100 * count / highest, 1.5)  # a small share stays visible
                y -= height
                bar.parts.append((kind, round(y, 3), round(height, 3)))
        bars.append(bar)
    totals = summary.totals
    text = f"{totals.runs:,} runs ended, {totals.failed:,} failed, {totals.refused:,} deliveries were refused"
    starts = f"{timezone.localtime(summary.since):%H:%M}"
    if summary.period != Period.HOUR:
        starts = f"{timezone.localtime(summary.since):%a %d %b %H:%M}"
    unit = "minute" if summary.period == Period.HOUR else "hour"
    return Chart(bars, highest, unit, starts, text)


def _text(point: Point, period: Period) -> str:
    start, end = timezone.localtime(point.at), timezone.localtime(point.at + _SPANS[period])
    day = "" if period == Period.HOUR else f"{start:%a %d %b} "
    counts = [f"{count:,} {kind}" for kind in _KINDS if (count := int(getattr(point, kind)))]
    return f"{day}{start:%H:%M} to {end:%H:%M}: {', '.join(counts) or 'nothing'}"


def _sum(point: Point) -> int:
    return sum(int(getattr(point, kind)) for kind in _KINDS)
