"""
Replay a recorded delivery: create a new run with the delivery, and with the results of its first steps if a step is
named. The new run names the replayed run as its origin.
"""

from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from runs.events.formatting import format_step
from runs.ids import new_run_id
from runs.journal.jobs import defer, job_of_run
from runs.models import Delivery, Run, Segment, StepRecord
from runs.ports import Source, source_of
from runs.steps.history import ANY_ARGUMENTS
from runs.workflows import registry
from runs.workflows.registry import InvalidOptions, Workflow

Kind = StepRecord.Kind
_CALLED = (Kind.STEP, Kind.WAIT, Kind.START, Kind.CALL)
_COPIED = (*_CALLED, Kind.VERSION, Kind.NOW, Kind.RANDOM)
_ENDED = (StepRecord.Status.COMPLETE, StepRecord.Status.ERROR)
_AT_ONCE = 20  # records, each up to MAX_STEP_BYTES


class CannotReplay(Exception):
    """The run cannot be replayed; the message says why, and what to do. Nothing was written."""


def replay(origin: Run, from_step: str = "") -> Run:
    """
    Create a new run with the same delivery, byte for byte, for the first free server or worker. Workflow, options,
    timeout, engine, attempts, concurrency and priority are those that the source has now, so that a corrected workflow
    gets the old delivery. If the source is deleted or inactive, the run's own workflow, options, timeout and engine are
    used, with one attempt.

    Args:
        origin: A recorded run, in any state.
        from_step: The name of a step: the new run gets the results of the steps before its first call. Empty for none.

    Returns:
        The new run, durably recorded and queued.

    Raises:
        CannotReplay: The workflow is not installed or does not accept the options, the delivery is not kept, the run
            needs workers and there are none, or it has no such step.
        DatabaseError: It could not be recorded.
    """
    source = source_of(origin)
    if source is None or not source.active:
        on_workers = origin.engine == Run.Engine.PROCRASTINATE
        source = Source(origin.app_id, origin.workflow, origin.options, origin.timeout, on_workers=on_workers)
    run = queued_run(source, app_id=origin.app_id, source_id=origin.source_id, replay_of=origin.pk)
    with transaction.atomic():
        run.save(force_insert=True)
        if not _copy_delivery(origin.pk, run.pk):
            raise CannotReplay("The delivery of this run was pruned, so the run cannot be replayed.")
        if from_step:
            _copy_steps(origin, run, from_step)
        enqueue(run, source)
    return run


def queued_run(source: Source, **fields: Any) -> Run:
    """
    Return a new run of a source for the first free server or worker, which is not saved.

    Args:
        source: The source, as it is configured now.
        fields: Further fields of the run.

    Raises:
        CannotReplay: It could not be executed.
    """
    workflow = _check_source(source)
    return Run(
        id=new_run_id(),
        workflow=source.workflow,
        options=source.options,
        timeout=workflow.time_limit(source.timeout),
        status=Run.Status.QUEUED,
        engine=Run.Engine.PROCRASTINATE if source.on_workers else Run.Engine.LOCAL,
        executor_id=0,
        created_at=timezone.now(),
        **fields,
    )


def enqueue(run: Run, source: Source) -> None:
    """Enqueue the job of a new run of a source, if workers execute it, in the caller's transaction."""
    if source.on_workers:
        with connection.wrap_database_errors:
            defer([job_of_run(run, source)])


def _check_source(source: Source) -> Workflow:
    """
    Check that a run of a source can be executed.

    Raises:
        CannotReplay: It cannot.
    """
    workflow = registry.find(source.workflow)
    if workflow is None:
        raise CannotReplay(
            f"The workflow {source.workflow!r} is not installed: install it, or choose another for the sink."
        )
    try:
        workflow.check_options(source.options)
    except InvalidOptions as error:
        raise CannotReplay(f"The options are not valid for the workflow {source.workflow!r}: {error}") from None
    if source.on_workers and not settings.HAS_WORKERS:
        raise CannotReplay("The sink's runs are executed by workers, which need PostgreSQL: change the sink's engine.")
    return workflow


def _copy_steps(origin: Run, run: Run, name: str) -> None:
    """
    Copy what was recorded before the first call of a step. The new run's log begins with the copied steps.

    Raises:
        CannotReplay: The run has no such step.
    """
    records = StepRecord.objects.filter(run_id=origin.pk)
    called = records.filter(kind__in=_CALLED, name=name).order_by("place").values_list("place", flat=True).first()
    if called is None:
        names = sorted(set(records.filter(kind__in=_CALLED).values_list("name", flat=True)))
        raise CannotReplay(f"The run has no step {name!r}. Its steps are: {', '.join(names) or 'none'}.")
    before = records.filter(place__lt=called)
    # A URL of a signal is another one in each run, and an argument of steps.
    has_urls = before.filter(kind=StepRecord.Kind.URL).exists()
    lines = []
    for record in before.filter(kind__in=_COPIED).order_by("place").iterator(chunk_size=_AT_ONCE):
        record.run_id = run.pk
        if has_urls and record.digest:
            record.digest = ANY_ARGUMENTS
        record.save(force_insert=True)
        if record.kind in _CALLED and record.status in _ENDED:
            lines.append(format_step(run.pk, record.name, record.status, record.attempt, record.duration))
    if lines:
        Segment.objects.create(run_id=run.pk, first=1, last=len(lines), at=run.created_at, data="\n".join(lines))


def _copy_delivery(origin_id: str, run_id: str) -> int:
    """Copy all columns within the database, without reading them. Return how many rows were inserted."""
    quote = connection.ops.quote_name
    key, *rest = (quote(str(field.column)) for field in Delivery._meta.concrete_fields)
    table, columns = quote(Delivery._meta.db_table), ", ".join(rest)
    copy = f"INSERT INTO {table} ({key}, {columns}) SELECT %s, {columns} FROM {table} WHERE {key} = %s"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(copy, [run_id, origin_id])
        return int(cursor.rowcount)
