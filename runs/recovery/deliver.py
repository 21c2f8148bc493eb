"""Start a run with a delivery that has started none, such as a refused one: as its source would start it now."""

from datetime import timedelta

from django.db import transaction

from runs.journal.idempotency import Once, key_of
from runs.models import Delivery, Run
from runs.ports import Source
from runs.recovery.replay import CannotReplay, enqueue, queued_run
from runs.recovery.start import find_by_key


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
        run = queued_run(source, app_id=source.app_id, source_id=source_id)
    except CannotReplay as error:
        raise CannotDeliver(str(error)) from None
    if once is not None:
        run.idempotency_key = key_of(once.name)
        run.key_expires_at = run.created_at + timedelta(seconds=once.window)
    with transaction.atomic():
        if run.idempotency_key is not None and (earlier := find_by_key(run.idempotency_key)) is not None:
            raise AlreadyStarted(earlier.pk)
        run.save(force_insert=True)
        delivery.run = run
        delivery.save(force_insert=True)
        enqueue(run, source)
    return run
