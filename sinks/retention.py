"""How long the runs of each app are kept, for those that have only the runs."""

from dataclasses import replace

from runs.history.retention import Policy
from sinks.models import App, DeletedApp


def policy(app_id: str, otherwise: Policy) -> Policy:
    """
    Args:
        app_id: An app that there is, or was.
        otherwise: What holds where it says nothing.

    Raises:
        DatabaseError: It cannot be read.
    """
    app = App.objects.filter(app_id=app_id).first() or DeletedApp.objects.filter(app_id=app_id).first()
    if app is None:
        return otherwise
    own = {"runs_days": app.keep_runs_days, "bodies_days": app.keep_bodies_days, "runs": app.keep_runs}
    return replace(otherwise, **{name: value for name, value in own.items() if value is not None})
