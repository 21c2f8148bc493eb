"""Runs for workers: the process that accepts them records them in one transaction with their jobs."""

import asyncio

from django.conf import settings

from runs.execution.admission import Admission
from runs.ids import new_run_id
from runs.journal.entry import Unrecordable
from runs.journal.jobs import job_of
from runs.journal.journal import Journal
from runs.journal.rows import QUEUED, NamedRow
from runs.models import Run


class QueuedRun:
    """A run for a worker. It is passed to the journal once, as an entry."""

    accepted_as = Run.Status.QUEUED
    feed = None  # this process does not execute it
    ended = False
    patient = False

    __slots__ = ("_recorded", "_row", "run_id", "size")

    def __init__(self, run_id: str, row: NamedRow, size: int, recorded: "asyncio.Future[None]") -> None:
        self.run_id = run_id
        self.size = size
        self._row = row
        self._recorded = recorded

    def take(self) -> NamedRow:
        return self._row

    def written(self) -> None:
        if not self._recorded.done():
            self._recorded.set_result(None)

    def failed(self, error: Exception) -> None:
        if not self._recorded.done():
            self._recorded.set_exception(error)


async def enqueue(journal: Journal, admission: Admission, priority: int) -> QueuedRun:
    """
    Record a run and its job.

    Args:
        journal: This process's journal.
        admission: The run to record.
        priority: Waiting runs with the highest priority start first.

    Returns:
        The run, durably recorded and queued.

    Raises:
        JournalUnavailable: The database is unavailable; nothing was recorded.
        Repeated: An earlier run has the key; nothing was recorded.
        Unrecordable: The database rejects it, or workers are not available (`HAS_WORKERS`).
    """
    if not settings.HAS_WORKERS:
        raise Unrecordable("there are no workers here")
    run_id = new_run_id()
    job = job_of(run_id, priority, admission.source_id, admission.concurrency)
    values = (*admission.row(run_id, Run.Status.QUEUED, 0, journal.now()), job)
    row = QUEUED, values, journal.named(admission.once) if admission.once is not None else None
    recorded: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    journal.enlist(run := QueuedRun(run_id, row, len(admission.request.received) + 1500, recorded))
    await recorded
    return run
