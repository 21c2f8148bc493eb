"""Runs for the workers: recorded by the process that accepts them, in one transaction with their jobs."""

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings

from runs.execution.executor import Admission
from runs.ids import new_run_id
from runs.journal.journal import Journal, Unrecordable
from runs.journal.rows import QUEUED, NamedRow
from runs.models import Run

if TYPE_CHECKING:
    from procrastinate.jobs import Job, JobDeferrer

PAUSE_PREFIX = "run-"  # of the lock of a job whose run pauses: no other job has it; indexes name it


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a run is tried, where its workflow fails."""

    attempts: int = 1
    backoff: float = 5.0  # seconds after the first failure, and twice as long after each further one


class QueuedRun:
    """A run that a worker is to execute. It is an entry of the journal, once."""

    accepted_as = Run.Status.QUEUED
    feed = None  # no process that reads it executes it
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


async def enqueue(journal: Journal, admission: Admission, retry: Retry, priority: int) -> QueuedRun:
    """
    Record a run and its job.

    Args:
        journal: This process's.
        admission: What is to be run.
        retry: How often.
        priority: Of the runs that wait, the highest begin first.

    Returns:
        The run, durably recorded and queued.

    Raises:
        JournalUnavailable: The database is away; nothing was recorded.
        Repeated: There is a run with this key; nothing was recorded.
        Unrecordable: The database does not take it, or there are no workers here.
    """
    if not settings.HAS_WORKERS:
        raise Unrecordable("there are no workers here")
    run_id = new_run_id()
    job = job_of(run_id, retry, priority, admission.source_id, admission.concurrency)
    head = (*admission.head(run_id, Run.Status.QUEUED, 0, journal.now()), job)
    row = QUEUED, head, journal.named(admission.once) if admission.once is not None else None
    recorded: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    journal.enlist(run := QueuedRun(run_id, row, len(admission.request.received) + 1500, recorded))
    await recorded
    return run


def job_of(run_id: str, retry: Retry, priority: int, source_id: int | None, concurrency: int | None) -> dict[str, Any]:
    """
    A run's job, as `defer` takes it: the arguments of its task, and its priority.

    Args:
        run_id: The run.
        retry: How often it is tried.
        priority: Of the jobs that wait, the highest are taken first.
        source_id: What asked for it.
        concurrency: How many runs of that are executed at once; None for any number.
    """
    job: dict[str, Any] = {"run_id": run_id, "attempts": retry.attempts, "backoff": retry.backoff, "priority": priority}
    if concurrency is not None:
        # Nobody gains by guessing it.
        job["lock"] = lock_of(source_id, random.randrange(concurrency))  # noqa: S311
    return job


def lock_of(source_id: int | None, number: int) -> str:
    """
    One of the locks that a source with a limit has, as many as that is.

    procrastinate executes one job of a lock at a time, so that with N locks, N jobs at most are under way, whatever
    dies. Which is drawn when the job is made: chance fills the locks about evenly and needs no word between servers,
    but a job may wait for its lock while another is free. Where N is lowered, jobs of the old locks may be executed
    besides until they are done.
    """
    return f"sink-{source_id}-{number}"


def defer(deferrer: "JobDeferrer", jobs: list[dict[str, Any]]) -> None:
    """
    Enqueue jobs on Django's connection of this thread, as part of the transaction that is open on it. One that names a
    lock holds it while it is executed.

    Args:
        deferrer: Of the task.
        jobs: As `job_of` makes them. They stay as they are: what failed may be tried again.

    Raises:
        psycopg.Error: The database refused them.
    """
    with database_errors():
        # What `batch_defer` does, which has one lock and one priority for all.
        made = [_made(deferrer, **job) for job in jobs]
        deferrer.job_manager.batch_defer_jobs(made, connection=deferrer.connection)


@contextmanager
def database_errors() -> Iterator[None]:
    """Let errors of the database through as what they are, which procrastinate wraps."""
    from procrastinate.exceptions import ConnectorException  # on PostgreSQL alone: it takes a while to load

    try:
        yield
    except ConnectorException as error:
        raise error.__cause__ or error from None


def _made(deferrer: "JobDeferrer", priority: int, **arguments: Any) -> "Job":
    return deferrer.make_new_job(**arguments).evolve(lock=arguments.get("lock"), priority=priority)
