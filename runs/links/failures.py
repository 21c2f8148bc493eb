"""Runs that have failed for good: the record by which their source's other workflow is started once."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from runs.links import starts
from runs.links.starts import Start
from runs.models import Run, StepRecord

_LAST_PLACE = 2**31 - 1  # after all records of steps
_NAME = "on_failure"
Kind, Status = StepRecord.Kind, StepRecord.Status


def failure_row(run_id: str, attempt: int, now: Any) -> tuple[Any, ...]:
    """
    Return the record, a StepRow, that is written together with the end of a run.

    Args:
        run_id: The run.
        attempt: Its last attempt.
        now: The time as a value for the database's columns.
    """
    call = Kind.FAILURE.value, _NAME, "", 0, "", 0
    # Another one for each attempt: a run that is resumed may fail again.
    return run_id, _LAST_PLACE - attempt, *call, Status.RUNNING.value, attempt, "", "", now, None


@contextmanager
def next_failure() -> Iterator[StepRecord | None]:
    """
    Lock a failure that is not handled yet, in a transaction. Several processes get different ones. Blocking.

    Yields:
        The record; None if there is none.
    """
    with transaction.atomic():
        due = StepRecord.objects.filter(kind=Kind.FAILURE, status=Status.RUNNING).order_by("at")
        yield due.select_for_update(skip_locked=True).first()


def payload_of(run: Run) -> str:
    """Return what the other workflow receives: the run and its error, as JSON."""
    return json.dumps(
        {
            "run_id": run.pk,
            "app_id": run.app_id,
            "sink_id": run.source_id,
            "workflow": run.workflow,
            "status": run.status,
            "attempt": run.attempt,
            "error": {"type": run.error_type, "message": run.error_message},
            "created_at": run.created_at.isoformat(),
            "finished_at": run.finished_at.isoformat() if run.finished_at is not None else None,
        },
        ensure_ascii=False,
    )


def handle(record: StepRecord, start: Start) -> None:
    """Start the other workflow, in the transaction of `next_failure`."""
    starts.record([start])
    _settle(record, start.workflow, Status.COMPLETE, json.dumps(start.run_id))


def give_up(record: StepRecord, workflow: str, reason: str) -> None:
    """Record that the other workflow cannot be started, in the transaction of `next_failure`."""
    _settle(record, workflow, Status.ERROR, json.dumps({"type": "CannotStart", "message": reason}))


def _settle(record: StepRecord, workflow: str, status: str, value: str) -> None:
    StepRecord.objects.filter(run_id=record.run_id, place=record.place).update(
        name=workflow or _NAME, status=status, value=value
    )
