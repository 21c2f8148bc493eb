"""
Actions on all runs that match a filter, in the background: started in the admin, applied by any server.

Each run is handled in a transaction that also moves the action's cursor. So a crash neither skips a run nor handles it
twice, and after a restart a server continues where the action stood.
"""

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils import timezone

from runs import ports
from runs.database_errors import takes_no_writes
from runs.ids import new_run_id
from runs.listing.models import BulkAction
from runs.listing.wanted import Wanted, find_ids
from runs.models import Run
from runs.recovery import bulk
from runs.recovery.bulk import Done

logger = logging.getLogger(__name__)

COUNTED = 1_000  # runs that a preview counts
MAX_PER_SECOND = 100
_MOST_PAGES = 5  # that a preview reads, since a page can be short
_STEP = timedelta(seconds=0.5)  # how long a step may last before others get their turn
_MOST_REASONS = 20
_REASON_CHARACTERS = 300
# The permissions for each action on a single run.
PERMISSIONS: dict[str, tuple[str, ...]] = {
    "cancel": ("runs.change_run",),
    "resume": ("runs.change_run",),
    "replay": ("runs.add_run", "runs.view_run"),
}


@dataclass(frozen=True, slots=True)
class Preview:
    """The runs to which an action would apply."""

    action: str
    wanted: Wanted
    ids: list[str]  # the newest, up to COUNTED
    has_more: bool


def permitted(user: Any, action: str) -> frozenset[str] | None:
    """Return the apps in whose runs a user may do an action; None for all."""
    apps: frozenset[str] | None = None
    for permission in PERMISSIONS[action]:
        found = ports.permitted_apps(user, permission)
        apps = found if apps is None else apps if found is None else apps & found
    return apps


def preview(user: Any, action: str, wanted: Wanted) -> Preview | None:
    """
    Return the runs to which an action would apply, as far as they are counted; None if it applies to none of them, or
    the user may not do it.

    Raises:
        DatabaseError: The database is unavailable.
    """
    apps = permitted(user, action)
    if apps is not None and not apps:
        return None
    allowed = wanted.among(apps)
    if not wanted.is_id:
        try:
            statuses = bulk.statuses_for(action, wanted.filter.statuses)
        except ValueError:
            return None
        allowed = replace(allowed, filter=replace(allowed.filter, statuses=statuses))
    found: list[str] = []
    before: str | None = new_run_id()
    for _ in range(_MOST_PAGES):
        part, before = find_ids(allowed, before, COUNTED - len(found))
        found += part
        if before is None or len(found) >= COUNTED:
            break
    return Preview(action, allowed, found, before is not None)


def start(user: Any, shown: Preview, query: str, per_second: int) -> BulkAction:
    """
    Start an action on the runs of a preview. Runs that begin later are not among them.

    Args:
        user: Who starts it. It goes on only while the user has the permissions.
        shown: The preview.
        query: The parameters of the list's URL, to show them.
        per_second: The maximum number of runs per second.

    Raises:
        DatabaseError: It could not be recorded.
    """
    return BulkAction.objects.create(
        user=user,
        action=shown.action,
        wanted=shown.wanted.as_document(),
        query=query,
        per_second=min(max(per_second, 1), MAX_PER_SECOND),
        total=len(shown.ids),
        has_more=shown.has_more,
        cursor=new_run_id(),
        next_at=timezone.now(),
    )


def stop(key: int) -> None:
    """Stop an action after the run that it handles now."""
    BulkAction.objects.filter(pk=key, next_at__isnull=False).update(
        next_at=None, finished_at=timezone.now(), stopped="It was stopped."
    )


def apply_due(now: datetime) -> bool:
    """
    Apply the actions that are due to some runs. Blocking: call it in a thread.

    Args:
        now: The time.

    Returns:
        Whether an action continues at once.

    Raises:
        DatabaseError: The database is unavailable.
    """
    keys = list(BulkAction.objects.filter(next_at__lte=now).order_by("next_at").values_list("pk", flat=True)[:10])
    continuing = [_step(key) for key in keys]
    return any(continuing)


def _step(key: int) -> bool:
    """Apply an action to its next runs, unless another process does. Return whether it continues at once."""
    action = BulkAction.objects.select_related("user").filter(pk=key, next_at__isnull=False).first()
    if action is None:
        return False
    apps = permitted(action.user, action.action) if action.user is not None else frozenset()
    if apps is not None and not apps:
        _end(key, "The user who started it may no longer do this.")
        return False
    wanted = Wanted.from_document(action.wanted).among(apps)
    begun = timezone.now()
    pause = timedelta(seconds=1 / action.per_second)
    size = max(1, int(_STEP / pause))
    ids, following = find_ids(wanted, action.cursor, size)
    cursor, due = action.cursor, action.next_at or begun
    for run_id in ids:
        due = max(due, begun - _STEP) + pause
        if not _handle(key, cursor, run_id, due):
            return False  # it was stopped, or another process does it
        cursor = run_id
        if timezone.now() - begun > _STEP:
            return True
    if following is None:
        _end(key, "", cursor)
        return False
    if not ids:  # none among those that were searched
        BulkAction.objects.filter(pk=key, cursor=cursor, next_at__isnull=False).update(cursor=following)
    return due <= timezone.now()


def _handle(key: int, cursor: str, run_id: str, due: datetime) -> bool:
    """
    Apply an action to one run.

    Args:
        key: The action.
        cursor: The cursor that it must have: else another process has gone on.
        run_id: The run.
        due: When the action continues.

    Returns:
        Whether this process did it.
    """
    with transaction.atomic():
        # The lock of the row is held first, so that no two processes handle a run.
        action = (
            BulkAction.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(pk=key, cursor=cursor, next_at__isnull=False)
            .first()
        )
        if action is None:
            return False
        action.cursor, action.next_at = run_id, due
        fields = ["cursor", "next_at"]
        if (done := _apply(action.action, run_id)) is not None:
            fields += ["done", "failed", "reasons"]
            _count(action, done)
        action.save(update_fields=fields)
    return True


def _apply(name: str, run_id: str) -> Done | None:
    """Apply an action to a run, in a transaction of its own. Return None if the run was deleted."""
    try:
        with transaction.atomic():
            run = Run.objects.filter(pk=run_id).first()
            return None if run is None else next(iter(bulk.apply(name, [run])))
    except Exception as error:
        if takes_no_writes(error):
            raise
        # It must not keep the action from the other runs.
        logger.exception("bulk action failed for a run: action=%s run=%s", name, run_id)
        return Done(run_id, reason=f"An error in SinkHub, which its log describes: {type(error).__name__}.")


def _count(action: BulkAction, done: Done) -> None:
    if not done.reason:
        action.done += 1
        _log(action, done)
        return
    action.failed += 1
    reason = done.reason[:_REASON_CHARACTERS]
    known = next((entry for entry in action.reasons if entry["reason"] == reason), None)
    if known is not None:
        known["count"] += 1
    elif len(action.reasons) < _MOST_REASONS:
        action.reasons.append({"reason": reason, "count": 1, "run_id": done.run_id})


def _log(action: BulkAction, done: Done) -> None:
    """Record the action in the history of the run, as an action on a single run is recorded."""
    assert action.user_id is not None  # else it had ended
    texts = {"cancel": "Requested cancellation.", "resume": "Resumed.", "replay": f"A replay of {done.run_id}."}
    run_id = done.new or done.run_id
    LogEntry.objects.create(
        user_id=action.user_id,
        content_type=ContentType.objects.get_for_model(Run),
        object_id=run_id,
        object_repr=run_id,
        action_flag=ADDITION if done.new else CHANGE,
        change_message=f"{texts[action.action]} By bulk action {action.pk}.",
    )


def _end(key: int, reason: str, cursor: str | None = None) -> None:
    """End an action. With a cursor, only if it still stands there."""
    actions = BulkAction.objects.filter(pk=key, next_at__isnull=False)
    if cursor is not None:
        actions = actions.filter(cursor=cursor)
    if actions.update(next_at=None, finished_at=timezone.now(), stopped=reason):
        logger.info("bulk action ended: id=%d reason=%s", key, reason or "-")
