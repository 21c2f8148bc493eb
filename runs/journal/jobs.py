"""The jobs of runs for workers: what they say, and how they are enqueued in the transaction that records the runs."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from runs.ports import Retry

if TYPE_CHECKING:
    from procrastinate.jobs import Job, JobDeferrer

TASK_NAME = "runs.execute"
QUEUE_NAME = "runs"
PAUSE_PREFIX = "run-"  # of the lock of a job whose run pauses: no other job has it; indexes name it


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


def defer(jobs: list[dict[str, Any]]) -> None:
    """
    Enqueue jobs on Django's connection of this thread, as part of the transaction that is open on it. One that names a
    lock holds it while it is executed.

    Args:
        jobs: As `job_of` makes them. They stay as they are: what failed may be tried again.

    Raises:
        psycopg.Error: The database refused them.
    """
    # On PostgreSQL alone: they take a while to load, and need Django's models.
    from procrastinate.contrib.django import app
    from procrastinate.tasks import configure_task

    deferrer = configure_task(name=TASK_NAME, job_manager=app.job_manager, queue=QUEUE_NAME)
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
