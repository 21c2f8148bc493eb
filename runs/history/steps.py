"""The steps of a run as people and programs see them: one entry for each, with its attempts."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from runs.history.masking import Masks
from runs.models import Run, StepRecord

_MAX_OUTPUT_CHARACTERS = 64 * 1024  # of one step; a larger one is not shown
_MAX_CHARACTERS = 4 * 1024 * 1024  # of all of them

Status = StepRecord.Status
_CHILDREN = (StepRecord.Kind.START, StepRecord.Kind.CALL, StepRecord.Kind.FAILURE)


@dataclass(slots=True)
class Attempt:
    """One execution of a step."""

    attempt: int
    status: str
    started_at: datetime
    duration: float | None  # seconds; None if it is not over, or ended with its process
    error: dict[str, str] | None  # type and message

    @property
    def failure(self) -> str:
        """The error as a line; empty if there is none."""
        return f"{self.error['type']}: {self.error['message']}" if self.error else ""


@dataclass(slots=True)
class StepOfRun:
    """A step, a wait, or a call of a child run, with all its executions."""

    step: str
    kind: str
    key: str | None
    number: int  # among the calls of the name without a key, from 1; 0 with a key
    attempts: list[Attempt] = field(default_factory=list)
    child: str | None = None  # the run that it started last
    until: datetime | None = None  # when a wait ends at the latest; None if it has no such time
    place: int | None = None  # of the record with its output
    output: str | None = None  # as JSON; None if there is none, or it is too large to show
    output_characters: int = 0

    @property
    def status(self) -> str:
        """The state of its last execution."""
        return self.attempts[-1].status

    @property
    def tag(self) -> str:
        """What tells it apart from other calls of its name: its key, or its number from the second on; else empty."""
        return self.key or (f"#{self.number}" if self.number > 1 else "")

    @property
    def last(self) -> Attempt:
        """Its last execution."""
        return self.attempts[-1]


def steps_of(run: Run, masks: Masks | None = None) -> list[StepOfRun]:
    """
    Return a run's steps, waits and calls of children, in the order in which they began, with the secrets of its app
    masked. Queries the database.

    Args:
        run: The run.
        masks: Those of a page, so that the secrets are read once.
    """
    return steps_from(_records(run).order_by("place").iterator(chunk_size=20), masks or Masks(), run.app_id)


def output_at(run: Run, place: int) -> str | None:
    """
    Return the output of a step as JSON, with the secrets of its app masked. Queries the database.

    Args:
        run: The run.
        place: `StepOfRun.place`.

    Returns:
        The output; None if the run has no complete step at this place.
    """
    record = _records(run).filter(place=place, status=Status.COMPLETE).first()
    return Masks().json(run.app_id, record.value) if record is not None else None


def _records(run: Run) -> QuerySet[StepRecord]:
    kinds = (StepRecord.Kind.STEP, StepRecord.Kind.WAIT, *_CHILDREN)
    return StepRecord.objects.filter(run_id=run.pk, kind__in=kinds)


def steps_from(records: Iterable[StepRecord], masks: Masks | None = None, app_id: str = "") -> list[StepOfRun]:
    """
    Return steps, waits and calls of children, in the order in which they began.

    Args:
        records: A run's records of these kinds, by place.
        masks: Mask secrets in what is shown, and outputs that are too large are left out; None for all as they are.
        app_id: The run's app.
    """
    steps: dict[tuple[str, ...], StepOfRun] = {}
    characters = 0
    for record in records:
        # Waits are numbered in each task of the workflow.
        scope = record.scope if record.kind == StepRecord.Kind.WAIT else ""
        identity = (record.kind, scope, record.name, record.key, str(record.number))
        step = steps.setdefault(identity, StepOfRun(record.name, record.kind, record.key or None, record.number))
        if record.kind in _CHILDREN:
            step.child = _child_of(record) or step.child
        if record.kind == StepRecord.Kind.WAIT and record.status == Status.WAITING:
            until = json.loads(record.value)["until"]
            step.until = None if until is None else datetime.fromisoformat(until)
        error = _error(record, app_id, masks) if record.status in (Status.ERROR, Status.RETRYING) else None
        attempt = Attempt(record.attempt, record.status, record.at, record.duration, error)
        if step.attempts and step.attempts[-1].attempt == record.attempt:
            attempt.started_at = step.attempts[-1].started_at
            step.attempts[-1] = attempt
        else:
            step.attempts.append(attempt)
        if record.status == Status.COMPLETE:
            step.output_characters, step.place = len(record.value), record.place
            size = len(record.value)
            if masks is None:
                step.output = record.value
            elif size <= _MAX_OUTPUT_CHARACTERS and characters + size <= _MAX_CHARACTERS:
                step.output = masks.json(app_id, record.value)
                characters += size
    # A quick step has only the record of its end, and several that begin together may end in another order.
    return sorted(steps.values(), key=lambda step: (step.attempts[0].started_at, step.number))


def _child_of(record: StepRecord) -> str | None:
    """Return the child that a record names."""
    if record.status in (Status.RUNNING, Status.WAITING) and record.value:
        return str(json.loads(record.value)["run"])
    is_id = record.status == Status.COMPLETE and record.kind != StepRecord.Kind.CALL
    return str(json.loads(record.value)) if is_id else None


def _error(record: StepRecord, app_id: str, masks: Masks | None) -> dict[str, str]:
    value = json.loads(record.value)
    return {"type": value["type"], "message": masks.text(app_id, value["message"]) if masks else value["message"]}


def document_of(step: StepOfRun) -> dict[str, Any]:
    """Return a step as JSON, for the API and the commands."""
    last = step.last
    return {
        "step": step.step,
        "kind": step.kind,
        "child": step.child,
        "key": step.key,
        "number": step.number or None,
        "status": step.status,
        "attempt": last.attempt,
        "started_at": last.started_at,
        "duration": last.duration,
        "output": _parsed(step.output),
        "output_characters": step.output_characters,
        "error": last.error,
        "attempts": [
            {
                "attempt": attempt.attempt,
                "status": attempt.status,
                "started_at": attempt.started_at,
                "duration": attempt.duration,
                "error": attempt.error,
            }
            for attempt in step.attempts
        ],
    }


def _parsed(output: str | None) -> Any:
    """Return an output as a value; as its JSON text if it is nested too deeply."""
    try:
        return None if output is None else json.loads(output)
    except RecursionError:
        return output
