"""The jobs of runs for workers: their contents, and how the transaction that records the runs enqueues them."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from runs.ports import Source

if TYPE_CHECKING:
    from procrastinate.jobs import Job, JobDeferrer

    from runs.models import Run

TASK_NAME = "runs.execute"
QUEUE_NAME = "runs"
PAUSE_PREFIX = "run-"  # begins the lock of a job whose run pauses: no other job has that lock; indexes name the prefix


def job_of(run_id: str, priority: int, source_id: int | None, concurrency: int | None) -> dict[str, Any]:
    """
    Return a run's job for `defer`: the arguments of its task, its priority, and a lock if there is a limit.

    Args:
        run_id: The run.
        priority: Waiting jobs with the highest priority are fetched first.
        source_id: The run's source.
        concurrency: How many runs of the source may execute at once; None for any number.
    """
    job: dict[str, Any] = {"run_id": run_id, "priority": priority}
    if concurrency is not None:
        # The number is no secret.
        job["lock"] = lock_of(source_id, random.randrange(concurrency))  # noqa: S311
    return job


def job_of_run(run: "Run", source: Source | None, ahead: int = 0) -> dict[str, Any]:
    """
    Return the job of a run that continues, or is started again, as its source is configured now.

    Args:
        run: The run.
        source: Its source; None if there is none.
        ahead: Is added to the source's priority.
    """
    if source is None:
        return job_of(run.pk, ahead, run.source_id, None)
    return job_of(run.pk, source.priority + ahead, run.source_id, source.concurrency)


def lock_of(source_id: int | None, number: int) -> str:
    """
    Return the name of one of a source's locks. A source with a concurrency limit of N has N of them.

    procrastinate executes one job per lock at a time, so at most N jobs execute, even after crashes. The lock is drawn
    at random when the job is made: this spreads the jobs about evenly over the locks and needs no messages between
    servers, but a job may wait for its lock while another lock is free. After N is lowered, jobs of the old locks may
    execute in addition until they are done.
    """
    return f"sink-{source_id}-{number}"


def defer(jobs: list[dict[str, Any]]) -> None:
    """
    Enqueue jobs on this thread's Django connection, in its open transaction. A job with a lock holds it while it
    executes.

    Args:
        jobs: Jobs as returned by `job_of`. They are not modified, so that a failed call can be retried.

    Raises:
        psycopg.Error: The database rejected them.
    """
    # Only on PostgreSQL: these are slow to import, and need Django's models.
    from procrastinate.contrib.django import app
    from procrastinate.tasks import configure_task

    deferrer = configure_task(name=TASK_NAME, job_manager=app.job_manager, queue=QUEUE_NAME)
    with database_errors():
        # Like `batch_defer`, which takes only one lock and one priority for all jobs.
        made = [_made(deferrer, **job) for job in jobs]
        deferrer.job_manager.batch_defer_jobs(made, connection=deferrer.connection)


@contextmanager
def database_errors() -> Iterator[None]:
    """Raise the database's errors that procrastinate wraps."""
    from procrastinate.exceptions import ConnectorException  # only on PostgreSQL: slow to import

    try:
        yield
    except ConnectorException as error:
        raise error.__cause__ or error from None


def _made(deferrer: "JobDeferrer", priority: int, **arguments: Any) -> "Job":
    return deferrer.make_new_job(**arguments).evolve(lock=arguments.get("lock"), priority=priority)
