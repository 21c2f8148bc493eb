"""Start a run with a delivery that has started none, such as a refused one: as its source would start it now."""

from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone

from runs import clock_guard
from runs.ids import new_run_id
from runs.journal.idempotency import Once, key_of
from runs.journal.jobs import defer, job_of_run
from runs.models import Delivery, Run
from runs.ports import Source
from runs.recovery.replay import CannotReplay, check_source


class CannotDeliver(Exception):
    """The run cannot be started; the message says why, and what to do. Nothing was written."""


class AlreadyStarted(CannotDeliver):
    """The same delivery has started a run."""

    def __init__(self, run_id: str) -> None:
        """
        Args:
            run_id: The run.
        """
        super().__init__(f"The same delivery came again and has started {run_id}: replay that run to start another.")
        self.run_id = run_id


def deliver(source: Source, source_id: int, delivery: Delivery, once: Once | None) -> Run:
    """
    Start a run with a delivery, for the first free server or worker. Blocking: call it in a thread.

    Args:
        source: The delivery's source, as it is configured now.
        source_id: The source's id.
        delivery: The delivery, without a run and not saved.
        once: Its key, so that a later repeat starts no second run; None if another run may start.

    Returns:
        The new run, durably recorded and queued.

    Raises:
        CannotDeliver: The workflow is not installed or does not accept the options, the run needs workers and there
            are none, or (`AlreadyStarted`) another run has the key.
        DatabaseError: It could not be recorded.
    """
    try:
        workflow = check_source(source)
    except CannotReplay as error:
        raise CannotDeliver(str(error)) from None
    now = timezone.now()
    run = Run(
        id=new_run_id(),
        app_id=source.app_id,
        source_id=source_id,
        workflow=source.workflow,
        options=source.options,
        timeout=workflow.time_limit(source.timeout),
        status=Run.Status.QUEUED,
        engine=Run.Engine.PROCRASTINATE if source.on_workers else Run.Engine.LOCAL,
        executor_id=0,
        created_at=now,
        idempotency_key=key_of(once.name) if once is not None else None,
        key_expires_at=now + timedelta(seconds=once.window) if once is not None else None,
    )
    with transaction.atomic():
        if run.idempotency_key is not None:
            _check_new(run.idempotency_key)
        run.save(force_insert=True)
        delivery.run = run
        delivery.save(force_insert=True)
        if source.on_workers:
            with connection.wrap_database_errors:
                defer([job_of_run(run, source)])
    return run


def _check_new(key: str) -> None:
    """Release a key that has expired; raise AlreadyStarted if another run has it."""
    expired_at = clock_guard.read_expiry_time()
    having = Run.objects.filter(idempotency_key=key)
    if (run_id := having.filter(key_expires_at__gt=expired_at).values_list("pk", flat=True).first()) is not None:
        raise AlreadyStarted(run_id)
    having.filter(key_expires_at__lte=expired_at).update(idempotency_key=None)
