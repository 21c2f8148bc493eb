"""Start the runs of schedules: each time once, in the transaction that advances the schedule."""

import logging
from datetime import UTC, datetime

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction

from runs.links import starts
from runs.links.starts import Start
from runs.models import UNFINISHED, Run
from runs.steps.errors import InvalidPayload
from runs.steps.values import encode_payload
from runs.workflows import registry
from sinks.models import Schedule, on_workers
from sinks.models.schedule import MAX_SKEW
from sinks.schedules.times import Due, InvalidTimes, due_times
from sinks.validators import workflow_faults

_TOGETHER = 100  # schedules of one call

_INTENDED = {Schedule.SkipReason.OVERLAP, Schedule.SkipReason.INACTIVE}  # reasons that nobody has to look into

logger = logging.getLogger(__name__)


class CannotRun(Exception):
    """The schedule cannot start a run now; the message says why."""


def fire_due(now: datetime, before: datetime | None) -> bool:
    """
    Start the runs of the schedules that are due. Any number of servers may do so: a schedule's row is locked while one
    starts its runs, and the others pass it over. Blocking: call it in a thread.

    Args:
        now: The time.
        before: The time of this process's last call; None for its first.

    Returns:
        Whether more schedules are due than one call starts.

    Raises:
        DatabaseError: The database is unavailable. A schedule has either been advanced and its runs recorded, or not.
    """
    if before is None or now < before:
        _set_back(now)
    due = Schedule.objects.filter(active=True, next_at__lte=now).order_by("next_at")
    keys = list(due.values_list("pk", flat=True)[:_TOGETHER])
    for key in keys:
        try:
            _fire(key, now)
        except (OperationalError, InterfaceError):  # the database is away
            raise
        except Exception as error:  # one schedule must not stop the others
            logger.error("schedule not fired: id=%d", key, exc_info=error)
    return len(keys) == _TOGETHER


def start_now(schedule: Schedule) -> Run:
    """
    Start a run of a schedule now, whether it is active or not. Blocking: call it in a thread.

    Returns:
        The run, which is queued.

    Raises:
        CannotRun: The schedule allows no second run now, or its run would fail at once.
        DatabaseError: It could not be recorded.
    """
    now = datetime.now(UTC)
    with transaction.atomic():
        locked = Schedule.objects.select_related("app").select_for_update(of=("self",)).filter(pk=schedule.pk).first()
        if locked is None:
            raise CannotRun("The schedule was deleted.")
        if not locked.app.active:
            raise CannotRun("The app is inactive.")
        if locked.overlap == Schedule.Overlap.SKIP and _is_running(locked):
            raise CannotRun(f"The previous run is unfinished: {locked.last_run_id}.")
        if faults := workflow_faults(locked.workflow, locked.options):
            raise CannotRun(" ".join(faults.values()))
        if _needs_missing_workers(locked):
            raise CannotRun("Workers need PostgreSQL: choose another engine.")
        [run] = starts.record([_start(locked, now)])
        Schedule.objects.filter(pk=locked.pk).update(last_run_id=run.pk)
    return run


def _fire(key: int, now: datetime) -> None:
    """Start the runs of one schedule, unless another process does."""
    with transaction.atomic():
        schedule = (
            Schedule.objects.select_related("app")
            .select_for_update(of=("self",), skip_locked=True)
            .filter(pk=key, active=True, next_at__lte=now)
            .first()
        )
        if schedule is None or schedule.next_at is None:
            return
        new: list[Start] = []
        try:
            due = due_times(schedule.rule, schedule.missed, schedule.next_at, now)
            skipped, reason = due.skipped, str(Schedule.SkipReason.MISSED)
            for time in due.times:
                if fault := _fault(schedule, is_second=bool(new)):
                    skipped, reason = time, fault
                else:
                    new.append(_start(schedule, time))
                    schedule.last_at, schedule.last_run_id = time, new[-1].run_id
        except (InvalidTimes, InvalidPayload):
            due, skipped, reason = Due((), None), schedule.next_at, str(Schedule.SkipReason.INVALID)
        if new:
            starts.record(new)
        if skipped is not None:
            schedule.skipped_at, schedule.skip_reason = skipped, reason
        schedule.next_at = due.next
        schedule.save_firing()
    if skipped is not None:
        logger.log(
            logging.INFO if reason in _INTENDED else logging.WARNING,
            "times of a schedule skipped: app=%s schedule=%s reason=%s last=%s",
            schedule.app.app_id,
            schedule.name,
            reason,
            in_utc(skipped),
        )


def _fault(schedule: Schedule, *, is_second: bool) -> str:
    """
    Return why no run may start; empty if one may.

    Args:
        schedule: The schedule.
        is_second: Whether another run starts in the same transaction.
    """
    if not schedule.app.active:
        return Schedule.SkipReason.INACTIVE
    if _needs_missing_workers(schedule):
        return Schedule.SkipReason.NO_WORKERS
    if schedule.overlap == Schedule.Overlap.SKIP and (is_second or _is_running(schedule)):
        return Schedule.SkipReason.OVERLAP
    return ""


def _is_running(schedule: Schedule) -> bool:
    return Run.objects.filter(pk=schedule.last_run_id, status__in=UNFINISHED).exists()


def _needs_missing_workers(schedule: Schedule) -> bool:
    return on_workers(schedule.engine) and not settings.HAS_WORKERS


def _start(schedule: Schedule, time: datetime) -> Start:
    workflow = registry.find(schedule.workflow)
    return Start(
        app_id=schedule.app.app_id,
        workflow=schedule.workflow,
        payload=encode_payload(schedule.payload),
        # A run whose workflow is no longer installed ends with an error, which is easier to notice than no run.
        timeout=workflow.time_limit(None) if workflow is not None else registry.DEFAULT_TIMEOUT,
        options=schedule.options,
        on_workers=on_workers(schedule.engine),
        headers=(("x-schedule", schedule.name), ("x-scheduled-at", in_utc(time))),
    )


def in_utc(time: datetime) -> str:
    """Return a time as ISO 8601 in UTC, with seconds."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _set_back(now: datetime) -> None:
    """Correct the next times of schedules that were fired while the clock was ahead; they would not come for long."""
    count = 0
    for schedule in Schedule.objects.filter(active=True, next_at__gt=now + MAX_SKEW).iterator():
        try:
            latest, following = schedule.rule.next(now + MAX_SKEW), schedule.next_after(now)
        except InvalidTimes:
            continue  # reported when it is due
        if latest is None or schedule.next_at is None or schedule.next_at <= latest:
            continue
        count += Schedule.objects.filter(pk=schedule.pk, next_at=schedule.next_at).update(next_at=following)
    if count:
        logger.warning("next times of schedules set back, the clock was ahead: count=%d now=%s", count, in_utc(now))
