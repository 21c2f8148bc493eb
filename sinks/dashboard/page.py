"""The page of a sink: its state and its figures, the last deliveries and refusals, its warnings, and its actions."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from runs.history.masking import Masks
from runs.history.summaries import Period
from runs.workflows import registry as workflows
from sinks.access import permissions
from sinks.config.warnings import warnings_of
from sinks.dashboard import deliveries, figures, links
from sinks.handshakes import admin_views as handshakes
from sinks.models import Schedule, Sink
from sinks.webhooks import registry as providers
from sinks.webhooks.provider import Provider

_SCHEDULES = 10  # rows


@dataclass(frozen=True, slots=True)
class May:
    """What the user may do with a sink."""

    change: bool
    add: bool
    delete: bool
    see_runs: bool
    replay: bool
    see_refusals: bool
    see_schedules: bool


def may(user: Any, sink: Sink) -> May:
    """Return what a user may do with a sink."""

    def has(permission: str) -> bool:
        return permissions.may(user, permission, sink.app)

    sees_runs = has("runs.view_run") or has("runs.change_run")
    return May(
        change=has("sinks.change_sink"),
        add=has("sinks.add_sink"),
        delete=has("sinks.delete_sink"),
        see_runs=sees_runs,
        replay=sees_runs and has("runs.add_run"),
        see_refusals=has("sinks.view_refusal"),
        see_schedules=has("sinks.view_schedule") or has("sinks.change_schedule"),
    )


def state_of(sink: Sink) -> str:
    """Return active, inactive, or app inactive."""
    return "app inactive" if not sink.app.active else "active" if sink.active else "inactive"


def context_of(request: HttpRequest, sink: Sink) -> dict[str, Any]:
    """
    Return the context of the page's template.

    Args:
        request: Its `period` parameter is hour, day (default) or week: the time of the chart.
        sink: The sink, with its app.

    Raises:
        DatabaseError: The database is unavailable.
    """
    allowed = may(request.user, sink)
    asked = request.GET.get("period", "")
    period = Period(asked) if asked in set(Period) else Period.DAY
    masks = Masks()
    provider = providers.find(sink.provider) if sink.provider else None
    runs = deliveries.last_runs(sink, masks) if allowed.see_runs else []
    return {
        "sink": sink,
        "may": allowed,
        "state": state_of(sink),
        "period": period,
        "periods": figures.PERIODS.items(),
        "counted": figures.dashboard_of(sink.pk, period) if allowed.see_runs else None,
        "refresh_interval": settings.OVERVIEW_REFRESH_INTERVAL,
        "runs": runs,
        "refusals": deliveries.last_refusals(sink, masks) if allowed.see_refusals else [],
        "schedules": _schedules(sink) if allowed.see_schedules else [],
        "provider": provider,
        "notes": _notes(sink, provider),
        "warnings": warnings_of(sink),
        "workflow_gone": not sink.deliver_signal and workflows.find(sink.workflow) is None,
        "broken_files": workflows.broken() if workflows.is_in_broken_file(sink.workflow) else {},
        "handshake": handshakes.context_of(sink) if provider is not None and provider.handshakes else {},
        "all_runs": links.runs_of(sink.pk),
        "all_refusals": links.refusals_of(sink.pk),
        "actions": _actions(sink, allowed),
    }


def _schedules(sink: Sink) -> list[Schedule]:
    """Return the schedules of the app that start the sink's workflow."""
    if sink.deliver_signal:
        return []
    return list(Schedule.objects.filter(app=sink.app_id, workflow=sink.workflow).order_by("name")[:_SCHEDULES])


def _notes(sink: Sink, provider: Provider | None) -> list[str]:
    notes = []
    if provider is not None and provider.answer is not None and provider.answer.seconds is not None:
        notes.append(f"{provider.name} waits {provider.answer.seconds:g} s for an answer.")
    if provider is not None and not sink.encrypted_secrets and provider.secret:
        notes.append(f"The sink has no signing secret yet. {provider.secret.rstrip('.')}.")
    if sink.concurrency is not None:
        notes.append(f"At most {sink.concurrency} runs execute at once.")
    if sink.rate:
        notes.append(f"At most {sink.rate} requests are accepted.")
    return notes


def _actions(sink: Sink, allowed: May) -> list[tuple[str, str, bool]]:
    """Return the actions of the menu: the text, the URL of the page that asks, and whether it harms."""
    found = []
    if allowed.replay:
        found.append(("Replay failed runs…", links.acting("replay", sink.pk), False))
    if allowed.change:
        found.append(
            ("New token…" if sink.encrypted_token else "Create a token…", links.acting("token", sink.pk), False)
        )
    if allowed.add:
        found.append(("Duplicate…", links.acting("duplicate", sink.pk), False))
    if allowed.change:
        toggle = ("Deactivate…", "deactivate") if sink.active else ("Activate…", "activate")
        found.append((toggle[0], links.acting(toggle[1], sink.pk), sink.active))
    if allowed.delete:
        found.append(("Delete…", links.acting("delete", sink.pk), True))
    return found
