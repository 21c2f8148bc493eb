"""The admin's home page: current activity, failures and problems of the installation."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from asgiref.sync import async_to_sync
from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest

from runs.history import summaries
from runs.history.durations import as_text
from runs.history.summaries import Period, SourceTotals, Summary
from runs.journal.job_tables import is_any_worker_alive
from runs.workflows import registry
from sinkhub.lifecycle import service
from sinkhub.observability.health import ask_channel_layer, look
from sinks.access import permissions
from sinks.dashboard.links import sink_page
from sinks.models import App, Sink

_PERIODS = {Period.HOUR: "Last hour", Period.DAY: "Last day", Period.WEEK: "Last week"}
_SHOWN = 5  # rows in each of the lists of slowest and most failing sinks
_WORKER_SECONDS = 15  # how long after its last heartbeat a worker is still treated as alive
_KINDS = ("complete", "failed", "cancelled", "refused")


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem of the installation."""

    text: str
    hint: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of the chart: a minute or an hour. Coordinates are in percent of the chart."""

    x: float
    width: float
    title: str
    parts: list[tuple[str, float, float]] = field(default_factory=list)  # kind, y and height


def fill(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """
    Add the home page's data to its context, for the apps that the user may see.

    Args:
        request: Its `period` parameter is hour (default), day or week.
        context: The page's context; changed in place.

    Returns:
        The context.
    """
    user: Any = request.user
    apps = permissions.apps(user, "runs.view_run")
    sinks = Sink.objects.select_related("app")
    seen = permissions.apps(user, "sinks.view_sink")
    if seen is not None:
        sinks = sinks.filter(app__app_id__in=seen)
    asked = request.GET.get("period", "")
    period = Period(asked) if asked in set(Period) else Period.HOUR
    summary = summaries.summary(period, apps)
    ranking = summaries.ranking(period, apps, most=_SHOWN)
    ranked = {source.source_id for source in (*ranking.slowest, *ranking.failing)}
    names = {sink.pk: sink for sink in sinks.filter(pk__in=ranked)}
    refusals = summary.totals.refusals
    most = max(refusals.values(), default=1)
    context |= {
        "problems": list(problems()) if user.is_superuser or apps is None else [],
        "has_sinks": sinks.exists(),
        "has_apps": App.objects.exists() if seen is None else bool(seen),
        "may_add_sink": permissions.may(user, "sinks.add_sink"),
        "may_add_app": permissions.may(user, "sinks.add_app"),
        "may_see_runs": apps is None or bool(apps),
        "periods": [(choice, title, choice == period) for choice, title in _PERIODS.items()],
        "period": period,
        "totals": summary.totals,
        "success": None if summary.totals.success is None else f"{100 * summary.totals.success:.1f}%",
        "p50": _duration(summary.totals.p50),
        "p95": _duration(summary.totals.p95),
        "present": summaries.present(apps),
        "bars": list(_bars(summary)),
        "since": summary.since,
        "refresh_interval": settings.OVERVIEW_REFRESH_INTERVAL,
        "highest": max((_height(point) for point in summary.points), default=0),
        "refusals": [(reason, count, round(100 * count / most)) for reason, count in refusals.items()],
        "slowest": [_ranked(source, names, f"p95 {_duration(source.totals.p95)}") for source in ranking.slowest],
        "failing": [
            _ranked(source, names, f"{source.totals.failed} of {source.totals.runs}") for source in ranking.failing
        ],
    }
    return context


def problems() -> Iterator[Problem]:
    """Yield the problems of the installation, each with a hint."""
    if service.parts is not None and not service.parts.engine.journal.is_writable():
        yield Problem(
            "Runs cannot be recorded: triggers are answered 503.", "Check that the database's disk is not full."
        )
    if settings.REDIS_URL and (fault := async_to_sync(_channel_layer)()) != "ok":
        yield Problem(
            f"The channel layer is unavailable ({fault}): events of other processes are shown up to a second late.",
            "Check that Redis is running at REDIS_URL. No events are lost.",
        )
    for file, why in registry.broken().items():
        yield Problem(f"{file} cannot be imported: {why}", "Fix it, and run manage.py workflows reload.")
    wanted = Sink.objects.filter(active=True, app__active=True).order_by().values_list("workflow", flat=True).distinct()
    for name in sorted({*wanted} - {*registry.names()}):
        yield Problem(
            f"Active sinks use the workflow {name!r}, which is not installed: their requests are answered 500.",
            "Install it and run manage.py workflows reload, or choose another workflow for the sinks.",
        )
    if _wants_workers() and not is_any_worker_alive(_WORKER_SECONDS):
        yield Problem("No worker is running: runs that need a worker wait.", "Start one with manage.py worker.")


def _wants_workers() -> bool:
    if not settings.HAS_WORKERS:
        return False
    theirs = Q(engine="procrastinate") | (Q(engine="") if settings.RUN_ENGINE == "procrastinate" else Q(pk__in=[]))
    return Sink.objects.filter(theirs, active=True).exists()


async def _channel_layer() -> str:
    return await look(ask_channel_layer(), 1.0)


def _bars(summary: Summary) -> Iterator[Bar]:
    """Yield the chart's bars, in a square of 100 by 100."""
    highest = max((_height(point) for point in summary.points), default=0) or 1
    width = 100 / len(summary.points)
    form = "%H:%M" if summary.period == Period.HOUR else "%a %H:00"
    for place, point in enumerate(summary.points):
        counts = {kind: int(getattr(point, kind)) for kind in _KINDS}
        text = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count) or "none"
        bar = Bar(round(place * width, 3), round(width * 0.8, 3), f"{point.at:{form}} UTC: {text}")
        y = 100.0
        for kind, count in counts.items():
            if count:
                y -= 100 * count / highest
                bar.parts.append((kind, round(y, 3), round(100 * count / highest, 3)))
        yield bar


def _height(point: Any) -> int:
    return sum(int(getattr(point, kind)) for kind in _KINDS)


def _ranked(source: SourceTotals, names: dict[int, Sink], figure: str) -> dict[str, Any]:
    sink = names.get(source.source_id)
    return {
        "name": f"{sink.method} /{sink.app.app_id}{sink.path}" if sink else f"a deleted sink of {source.app_id}",
        "link": sink_page(sink.pk) if sink else "",
        "figure": figure,
    }


def _duration(seconds: float | None) -> str:
    return "-" if seconds is None else as_text(seconds)
