"""The processes that execute runs: servers and workers with an executor's lock, and the heartbeats of workers."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Count

from runs.journal.job_tables import WorkerRow, workers
from runs.models import Executor, Run
from runs.recovery.ownership import living

_SHOWN = 50  # processes, and workers


@dataclass(frozen=True, slots=True)
class Process:
    """A living process that executes runs."""

    name: str  # host and pid
    since: datetime
    running: int


@dataclass(frozen=True, slots=True)
class Processes:
    """The living processes, the newest first, and the workers by their last heartbeat."""

    executors: list[Process]
    workers: list[WorkerRow]
    has_workers: bool  # whether the database can have workers


def processes() -> Processes:
    """
    Return the living processes. A process is alive while it holds its lock; a worker that has executed nothing yet has
    only its heartbeat.

    Raises:
        DatabaseError: The database is unavailable.
    """
    alive = living()
    ids = [executor.pk for executor in alive]
    running = dict(
        Run.objects.filter(status=Run.Status.RUNNING, executor_id__in=ids)
        .order_by()
        .values_list("executor_id")
        .annotate(Count("pk"))
    )
    alive.sort(key=lambda executor: executor.started_at, reverse=True)
    return Processes(
        [_process(executor, running.get(executor.pk, 0)) for executor in alive[:_SHOWN]],
        workers(_SHOWN) if settings.HAS_WORKERS else [],
        bool(settings.HAS_WORKERS),
    )


def _process(executor: Executor, running: int) -> Process:
    return Process(str(executor), executor.started_at, running)
