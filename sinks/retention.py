"""How long the runs of each app are kept, for those that have only the runs."""

from dataclasses import replace

from django.db.models import Q

from runs import retention
from runs.retention import Policy
from sinks.models import App


def policies() -> dict[str, Policy]:
    """
    The apps that say something themselves, by their ids.

    Raises:
        DatabaseError: They cannot be read.
    """
    says = Q(keep_runs_days__isnull=False) | Q(keep_bodies_days__isnull=False) | Q(keep_runs__isnull=False)
    return {app.app_id: of(app) for app in App.objects.filter(says).order_by()}


def of(app: App) -> Policy:
    """What holds for an app: what it says, and what the settings say otherwise."""
    own = {"runs_days": app.keep_runs_days, "bodies_days": app.keep_bodies_days, "runs": app.keep_runs}
    return replace(retention.default(), **{name: value for name, value in own.items() if value is not None})
