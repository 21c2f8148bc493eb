"""What the admin does with the runs that are selected in the list: cancel and replay them."""

from collections import Counter
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import Http404, HttpRequest

from runs import ports
from runs.models import UNFINISHED, Run
from runs.recovery import bulk
from runs.recovery.cancel import cancel
from runs.recovery.replay import CannotReplay, replay


class RunActions:
    """The actions on runs, for `RunAdmin`."""

    if TYPE_CHECKING:
        get_object: Any
        log_addition: Any
        log_change: Any
        message_user: Any

    def has_cancel_permission(self, request: HttpRequest, run: Run | None = None) -> bool:
        return ports.has_permission(request.user, "runs.change_run", run.app_id if run else None)

    def has_replay_permission(self, request: HttpRequest, run: Run | None = None) -> bool:
        # Not `has_add_permission`, which would show an empty form.
        app_id = run.app_id if run else None
        return all(ports.has_permission(request.user, name, app_id) for name in ("runs.add_run", "runs.view_run"))

    @admin.action(description="Cancel the selected runs", permissions=["change"])
    def cancel(self, request: HttpRequest, runs: QuerySet[Run]) -> None:
        if (apps := ports.permitted_apps(request.user, "runs.change_run")) is not None:
            chosen = runs.count()
            runs = runs.filter(app_id__in=apps)
            if kept := chosen - runs.count():
                self.message_user(request, f"No permission to cancel: {kept}.", messages.WARNING)
        chosen = runs.count()
        unfinished = list(runs.filter(status__in=UNFINISHED))
        cancelled = [run for run in unfinished if cancel(run)]
        count = len(cancelled)
        for run in unfinished:
            self.log_change(request, run, "Requested cancellation.")
        for app_id, number in Counter(run.app_id for run in cancelled).items():
            bulk.record(request, "cancel", app_id, number)
        if count:
            self.message_user(request, f"Cancelling: {count}.")
        if left := chosen - count:
            self.message_user(request, f"Already ended: {left}.", messages.WARNING)

    @admin.action(description="Replay the selected runs", permissions=["replay"])
    def replay(self, request: HttpRequest, runs: QuerySet[Run]) -> None:
        yours = [run for run in runs if self.has_replay_permission(request, run)]
        if kept := runs.count() - len(yours):
            self.message_user(request, f"No permission to replay: {kept}.", messages.WARNING)
        made = [new for run in yours if (new := self._replay(request, run))]
        for app_id, number in Counter(run.app_id for run in made).items():
            bulk.record(request, "replay", app_id, number)
        if made:
            self.message_user(request, f"Replayed: {len(made)}.")

    def find(self, request: HttpRequest, object_id: str) -> Run:
        run: Run | None = self.get_object(request, unquote(object_id))
        if run is None:
            raise Http404("No such run.")
        return run

    def _replay(self, request: HttpRequest, run: Run) -> Run | None:
        try:
            new = replay(run)
        except CannotReplay as error:
            self.message_user(request, f"Run {run.pk}: {error}", messages.ERROR)
            return None
        self.log_addition(request, new, f"A replay of {run.pk}.")
        return new
