"""Child runs: start them once, read how they ended, wake the parents that wait for them, and cancel them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from runs.events.formatting import output_of
from runs.events.log import reached
from runs.journal.rows import STEP_COLUMNS, RunLost
from runs.links import starts
from runs.links.starts import Start
from runs.models import ENDS, UNFINISHED, Run, StepRecord

_TOGETHER = 200  # runs in one transaction


@dataclass(frozen=True, slots=True)
class ChildStart:
    """A child to start, and the record of its parent that says so."""

    start: Start
    lease: int  # of the parent
    record: tuple[Any, ...]  # a StepRow, written together with the child


def record_of(row: Iterable[Any]) -> StepRecord:
    """Return a StepRow as a record, unsaved."""
    return StepRecord(**dict(zip(STEP_COLUMNS, row, strict=True)))


def start_children(asked: list[ChildStart]) -> dict[ChildStart, RunLost | None]:
    """
    Record children, each together with its parent's record, so that a parent that is executed again knows it. Blocking:
    call it in a thread.

    Args:
        asked: The children. Asked again after an error, those that were recorded after all are not recorded twice.

    Returns:
        For each, None; or RunLost if its parent has another owner, in which case nothing was recorded.

    Raises:
        DatabaseError: They could not be recorded, or their commit was not confirmed.
    """
    with transaction.atomic():
        # Locked, so that no process takes a parent over before its children are recorded.
        parents = {child.start.parent for child in asked}
        owned = Run.objects.select_for_update().filter(pk__in=parents, status=Run.Status.RUNNING).order_by("pk")
        leases = dict(owned.values_list("pk", "lease"))
        lost = {child: RunLost() for child in asked if leases.get(child.start.parent or "") != child.lease}
        left = [child for child in asked if child not in lost]
        known = set(Run.objects.filter(pk__in=[child.start.run_id for child in left]).values_list("pk", flat=True))
        new = [child for child in left if child.start.run_id not in known]
        records = [record_of(child.record) for child in new]
        StepRecord.objects.bulk_create(records, batch_size=_TOGETHER)
        starts.record([child.start for child in new])
    return {child: lost.get(child) for child in asked}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a child ended."""

    status: str  # a final status; empty if the run does not exist any more
    output: str = ""  # JSON, if it is complete
    error: tuple[str, str] = ("", "")  # type and message, if it is not


def read_outcome(run_id: str) -> Outcome | None:
    """
    Return how a child ended; None if it has not. Afterwards its end does not wake its parent any more. Blocking.

    Args:
        run_id: The child.
    """
    run = Run.objects.filter(pk=run_id).only("status", "error_type", "error_message", "is_awaited").first()
    if run is None:
        return Outcome("", error=("Deleted", f"The run {run_id} was deleted before its end was read."))
    if not run.over:
        return None
    if run.is_awaited:
        Run.objects.filter(pk=run_id).update(is_awaited=False)
    if run.status == Run.Status.COMPLETE:
        return Outcome(run.status, output=output_of(run_id, reached(run_id).event) or "null")
    if run.status == Run.Status.CANCELLED:
        return Outcome(run.status, error=("Cancelled", f"The run {run_id} was cancelled."))
    return Outcome(run.status, error=(run.error_type, run.error_message))


def ended_among(run_ids: list[str]) -> set[str]:
    """Return which of these runs have ended, or do not exist any more. Blocking."""
    ended = set(run_ids)
    for first in range(0, len(run_ids), _TOGETHER):
        unfinished = Run.objects.filter(pk__in=run_ids[first : first + _TOGETHER], status__in=UNFINISHED)
        ended.difference_update(unfinished.values_list("pk", flat=True))
    return ended


def wake_parents() -> int:
    """
    Wake the parents that were let go, and of which a child has ended that they wait for. Blocking.

    Returns:
        How many parents.
    """
    ended = Run.objects.filter(is_awaited=True, status__in=ENDS).order_by()
    parent = Run.objects.filter(pk=OuterRef("parent"))
    if forgotten := list(ended.exclude(Exists(parent.filter(status__in=UNFINISHED))).values("pk")[:_TOGETHER]):
        Run.objects.filter(pk__in=[row["pk"] for row in forgotten]).update(is_awaited=False)
    asleep = ended.filter(Exists(parent.filter(status=Run.Status.WAITING)))
    parents = set(asleep.values_list("parent", flat=True)[:_TOGETHER])
    if not parents:
        return 0
    now = datetime.now(UTC)
    waiting = Run.objects.filter(pk__in=parents, status=Run.Status.WAITING)
    return waiting.filter(Q(wake_at=None) | Q(wake_at__gt=now)).update(wake_at=now)


def cancel_children(run_ids: Iterable[str]) -> int:
    """
    Request the cancellation of the unfinished children of runs, and of theirs. Blocking.

    Returns:
        How many runs.
    """
    count = 0
    parents = list(run_ids)
    seen = set(parents)
    while parents:
        # Those that have ended too: they may have children that have not.
        children = list(Run.objects.filter(parent__in=parents[:_TOGETHER]).values_list("pk", flat=True))
        parents = parents[_TOGETHER:] + [child for child in children if child not in seen]
        seen.update(children)
        unfinished = Run.objects.filter(pk__in=children, status__in=UNFINISHED, cancel_requested=False)
        count += unfinished.update(cancel_requested=True)
    return count
