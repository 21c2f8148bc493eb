"""Resume a run that has failed: after its cause is mended, it continues behind its complete steps."""

import json

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from runs.events.formatting import format_log
from runs.journal.jobs import defer, job_of_run
from runs.models import BAD_ENDS, Delivery, Run, Segment, StepRecord
from runs.ports import source_of
from runs.steps.history import ANY_ARGUMENTS
from runs.workflows import registry
from runs.workflows.registry import InvalidOptions


class CannotResume(Exception):
    """The run cannot be resumed; the message says why, and what to do. Nothing was written."""


def resume(run_id: str, *, accept_changes: bool = False) -> Run:
    """
    Let a run that failed, was cancelled or was interrupted continue, as its next attempt, on the first free server or
    worker. Complete steps are not executed again; failed ones are. In the log, its end becomes a warning with the same
    number, so that again only the last event ends the run.

    Args:
        run_id: The run.
        accept_changes: Whether steps get their recorded results even if their arguments have changed.

    Returns:
        The run, queued.

    Raises:
        CannotResume: It has not failed, or cannot be executed.
        DatabaseError: It could not be recorded.
    """
    with transaction.atomic():
        run = Run.objects.select_for_update().filter(pk=run_id).first()
        _check(run)
        assert run is not None
        _replace_end(run)
        _note_retry(run)
        if accept_changes:
            StepRecord.objects.filter(run_id=run.pk).exclude(digest="").update(digest=ANY_ARGUMENTS)
        Run.objects.filter(pk=run.pk).update(
            status=Run.Status.QUEUED,
            executor_id=0,
            finished_at=None,
            duration=None,
            wake_at=None,
            events=0,
            retries=0,
            crashes=0,
            lease=F("lease") + 1,
            cancel_requested=False,
            error_type="",
            error_message="",
            traceback="",
        )
        if run.engine == Run.Engine.PROCRASTINATE:
            with connection.wrap_database_errors:
                defer([job_of_run(run, source_of(run))])
        run.refresh_from_db()
    return run


def _check(run: Run | None) -> None:
    if run is None:
        raise CannotResume("The run was deleted.")
    if run.status not in BAD_ENDS:
        only = "Only runs that failed, were cancelled or were interrupted can be resumed"
        raise CannotResume(f"{only}: this one is {run.status}.")
    workflow = registry.find(run.workflow)
    if workflow is None:
        raise CannotResume(f"The workflow {run.workflow!r} is not installed: install it.")
    try:
        workflow.check_options(run.options)
    except InvalidOptions as error:
        raise CannotResume(f"The run's options are not valid for the workflow: {error} Replay the run.") from None
    if not Delivery.objects.filter(pk=run.pk).exists():
        raise CannotResume("The delivery of this run was pruned, so the run cannot be resumed.")
    if run.engine == Run.Engine.PROCRASTINATE and not settings.HAS_WORKERS:
        raise CannotResume("The run is executed by workers, which need PostgreSQL.")


def _note_retry(run: Run) -> None:
    """Record that failed steps are executed again, if the run has recorded any steps."""
    records = StepRecord.objects.filter(run_id=run.pk).exclude(kind=StepRecord.Kind.FAILURE)
    if (last := records.order_by("-place").values_list("place", flat=True).first()) is None:
        return
    StepRecord.objects.create(
        run_id=run.pk,
        place=last + 1,
        kind=StepRecord.Kind.RETRY,
        number=0,
        position=0,
        attempt=run.attempt,
        at=timezone.now(),
    )


def _replace_end(run: Run) -> None:
    """Make a log line of the last event, which ended the run."""
    last = Segment.objects.filter(run_id=run.pk).order_by("-last").first()
    if last is None:
        return
    before, _, end = last.data.rpartition("\n")
    kind = json.loads(end)["type"]
    how = "was cancelled" if kind == "cancelled" else f"failed: {run.error_type}: {run.error_message}".rstrip(".")
    line = format_log(run.pk, "warning", f"Attempt {run.attempt} {how}. The run was resumed.")
    data = f"{before}\n{line}" if before else line
    Segment.objects.filter(run_id=run.pk, last=last.last).update(data=data)
