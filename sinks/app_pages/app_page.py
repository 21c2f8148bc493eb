"""An app as its page shows it: its figures, sinks, schedules, and the names of its secrets."""

from typing import Any

from runs.history import summaries
from runs.history.summaries import Period
from sinks.access import permissions
from sinks.models import App

_SHOWN = 20  # sinks, and schedules


def shown(user: Any, app: App) -> dict[str, Any]:
    """
    Return the values of an app's page, as far as a user may see them.

    Args:
        user: The user.
        app: The app.

    Raises:
        DatabaseError: The database is unavailable.
    """
    may = {name: permissions.may(user, f"sinks.{name}", app.app_id) for name in ("view_sink", "view_schedule")}
    may_see_runs = permissions.may(user, "runs.view_run", app.app_id)
    sinks = list(app.sinks.order_by("path", "method")[: _SHOWN + 1]) if may["view_sink"] else []
    last = summaries.last_deliveries([sink.pk for sink in sinks]) if may_see_runs else {}
    schedules = list(app.schedules.order_by("name")[: _SHOWN + 1]) if may["view_schedule"] else []
    return {
        "sinks": [(sink, last.get(sink.pk)) for sink in sinks[:_SHOWN]],
        "has_more_sinks": len(sinks) > _SHOWN,
        "schedules": schedules[:_SHOWN],
        "has_more_schedules": len(schedules) > _SHOWN,
        "may_see_sinks": may["view_sink"],
        "may_see_schedules": may["view_schedule"],
        "may_add_sink": permissions.may(user, "sinks.add_sink", app.app_id),
        "totals": summaries.summary(Period.DAY, frozenset([app.app_id])).totals if may_see_runs else None,
        "secrets": list(app.secrets.order_by("name")) if may_see_secrets(user, app) else None,
    }


def may_see_secrets(user: Any, app: App) -> bool:
    """Return whether a user may see the names of an app's secrets."""
    return any(permissions.may(user, f"sinks.{verb}_appsecret", app.app_id) for verb in ("view", "change"))
