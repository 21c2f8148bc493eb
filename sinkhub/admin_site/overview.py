"""The admin's home page: current activity, failures and problems of the installation."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asgiref.sync import async_to_sync
from django.conf import settings
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from runs.history import summaries
from runs.history.durations import as_text
from runs.history.summaries import Period, Ranking, SourceTotals, Summary
from runs.journal.job_tables import is_any_worker_alive
from runs.load.percentiles import ERROR, Percentiles, percentiles
from runs.load.processes import processes
from runs.models import Run
from runs.workflows import registry
from sinkhub.admin_site.chart import chart_of, refusals_link, runs_link
from sinkhub.lifecycle import service
from sinkhub.observability.health import ask_channel_layer, look
from sinks.access import permissions
from sinks.dashboard.links import sink_page
from sinks.models import App, Sink
from sinks.models.app import DEMO_APP_ID

_PERIODS = {Period.HOUR: "Last hour", Period.DAY: "Last day", Period.WEEK: "Last week"}
_SHOWN = 5  # rows in each of the lists of slowest and most failing sinks
_WORKER_SECONDS = 15  # how long after its last heartbeat a worker is still treated as alive
_ENGINES = {Run.Engine.LOCAL: "Servers", Run.Engine.PROCRASTINATE: "Workers"}
_LEAST_DURATIONS = (3600, 600, 60, 10, 1)  # that the list of runs offers as a filter, in seconds


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem of the installation."""

    text: str
    hint: str


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
    is_everything_seen = bool(user.is_superuser or apps is None)
    context |= _first_steps(sinks, seen) | {
        "problems": list(problems()) if is_everything_seen else [],
        "may_add_sink": permissions.may(user, "sinks.add_sink"),
        "may_add_app": permissions.may(user, "sinks.add_app"),
        "may_see_runs": apps is None or bool(apps),
        "may_see_refusals": permissions.may(user, "sinks.view_refusal"),
        "periods": [(choice, title, choice == period) for choice, title in _PERIODS.items()],
        "period": period,
        "refresh_interval": settings.OVERVIEW_REFRESH_INTERVAL,
    }
    if not context["may_see_runs"]:
        return context
    summary = summaries.summary(period, apps)
    ranking = summaries.ranking(period, apps, most=_SHOWN)
    present = summaries.present(apps)
    totals, since = summary.totals, summary.since
    refusals = totals.refusals
    most = max(refusals.values(), default=1)
    context |= {
        "totals": totals,
        "share": totals.success,
        "durations": _durations(percentiles(summary, apps), since),
        "present": present,
        "most_counted": summaries.COUNTED,
        "queues": [(name, present.engines[engine]) for engine, name in _ENGINES.items() if engine in present.engines],
        "processes": processes() if is_everything_seen else None,
        "silent_after": _WORKER_SECONDS,
        "chart": chart_of(summary),
        "links": {
            "runs": runs_link(since),
            **{status: runs_link(since, status=status) for status in ("complete", "failed", "cancelled")},
            "refused": refusals_link(since),
        },
        "refusals": [
            (reason, count, max(round(100 * count / most), 1), refusals_link(since, kind=reason))
            for reason, count in refusals.items()
        ],
    }
    return context | _rankings(ranking, sinks, summary)


def _first_steps(sinks: QuerySet[Sink], seen: frozenset[str] | None) -> dict[str, Any]:
    """Return whether a sink and an app exist, other than those of the demo."""
    is_demo = Q(app__app_id=DEMO_APP_ID)
    if sinks.exclude(is_demo).exists():
        return {"has_sinks": True}
    has_apps = App.objects.exclude(app_id=DEMO_APP_ID).exists() if seen is None else bool(seen - {DEMO_APP_ID})
    demo = [(f"{sink.method} /{sink.app.app_id}{sink.path}", sink_page(sink.pk)) for sink in sinks.filter(is_demo)[:5]]
    return {"has_sinks": False, "has_apps": has_apps, "demo": demo, "demo_app": DEMO_APP_ID}


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


def _durations(found: Percentiles, since: datetime) -> dict[str, Any]:
    """Return the percentiles as text, with how exact they are, and the URL of the slowest runs."""
    least = next((str(least) for least in _LEAST_DURATIONS if (found.p95 or 0) >= least), "")
    error = f"within {100 * ERROR:.0f}%"
    return {
        "p50": _duration(found.p50),
        "p95": _duration(found.p95),
        "precision": "exact" if found.is_exact else error,
        "title": f"The durations of the last attempts of {found.runs:,} runs: "
        + ("exact." if found.is_exact else f"from buckets, so that each figure is {error} of the exact one."),
        "link": runs_link(since, duration=least) if least else runs_link(since),
    }


def _rankings(ranking: Ranking, sinks: QuerySet[Sink], summary: Summary) -> dict[str, Any]:
    ranked = {source.source_id for source in (*ranking.slowest, *ranking.failing)}
    names = {sink.pk: sink for sink in sinks.filter(pk__in=ranked)} if ranked else {}
    since = summary.since
    return {
        "slowest": [
            _ranked(source, names, f"p95 {_duration(source.totals.p95)}", runs_link(since, sink=str(source.source_id)))
            for source in ranking.slowest
        ],
        "failing": [
            _ranked(
                source,
                names,
                f"{source.totals.failed:,} of {source.totals.runs:,}",
                runs_link(since, sink=str(source.source_id), status="failed"),
            )
            for source in ranking.failing
        ],
    }


def _ranked(source: SourceTotals, names: dict[int, Sink], figure: str, runs: str) -> dict[str, Any]:
    sink = names.get(source.source_id)
    return {
        "name": f"{sink.method} /{sink.app.app_id}{sink.path}" if sink else f"a deleted sink of {source.app_id}",
        "link": sink_page(sink.pk) if sink else "",
        "figure": figure,
        "runs": runs,
    }


def _duration(seconds: float | None) -> str:
    return "-" if seconds is None else as_text(seconds)
