"""
Statements on procrastinate's tables, in one place, for PostgreSQL. `tests/unit/test_internals.py` fails when an upgrade
changes the columns. Blocking: call these functions in a thread.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from runs.journal.jobs import PAUSE_PREFIX, TASK_NAME

# An index has the waiting jobs of each lock; at most one job of each lock executes.
_COUNT = f"""
SELECT count(*) FROM (
  (SELECT FROM procrastinate_jobs WHERE status = 'todo' AND lock = ANY(%(locks)s) AND lock NOT LIKE '{PAUSE_PREFIX}%%')
  UNION ALL (SELECT FROM procrastinate_jobs WHERE status = 'doing' AND lock = ANY(%(locks)s))
  LIMIT %(most)s
) AS jobs
"""  # noqa: S608 - our own names
_DELETE_WITHOUT_RUN = """
DELETE FROM procrastinate_jobs job WHERE job.task_name = %s AND NOT EXISTS (
  SELECT FROM runs_run run WHERE run.id = job.args ->> 'run_id' AND run.status = ANY(%s)
)
"""
_ANY_WORKER = (
    "SELECT EXISTS (SELECT 1 FROM procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => %s))"
)
_WORKERS = """
SELECT worker.id, worker.last_heartbeat, extract(epoch FROM now() - worker.last_heartbeat), count(job.id)
FROM procrastinate_workers worker
LEFT JOIN procrastinate_jobs job ON job.worker_id = worker.id AND job.status = 'doing'
GROUP BY worker.id ORDER BY worker.last_heartbeat DESC LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """A worker, as procrastinate records it."""

    number: int
    last_heartbeat: datetime
    silent: float  # seconds since then, by the database's clock
    jobs: int  # that it has fetched and not finished


def lock_fetched(jobs: Sequence[tuple[int, int]]) -> set[int]:
    """
    Return which jobs are still assigned to their worker, and lock them until the end of the transaction.

    Args:
        jobs: The ids of each job and of its worker.
    """
    places = ", ".join(["(%s, %s)"] * len(jobs))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM procrastinate_jobs WHERE status = 'doing'"  # noqa: S608
            f" AND (id, worker_id) IN ({places}) ORDER BY id FOR SHARE",
            [value for job in jobs for value in job],
        )
        return {job_id for (job_id,) in cursor.fetchall()}


def count_of_locks(locks: list[str], most: int) -> int:
    """Return how many jobs of some locks execute or wait, counting up to `most`. Jobs that pause are not counted."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"locks": locks, "most": most})
        return int(cursor.fetchone()[0])


def delete_without_run(statuses: Sequence[str]) -> None:
    """Delete the jobs of runs that have none of these statuses."""
    with connection.cursor() as cursor:
        cursor.execute(_DELETE_WITHOUT_RUN, [TASK_NAME, list(statuses)])


def is_any_worker_alive(seconds: float) -> bool:
    """Return whether a worker has sent a heartbeat in the last `seconds` seconds, by the database's clock."""
    with connection.cursor() as cursor:
        cursor.execute(_ANY_WORKER, [seconds])
        return bool(cursor.fetchone()[0])


def workers(most: int) -> list[WorkerRow]:
    """Return the workers with the newest heartbeats, `most` at most. The row of a dead worker stays for a day."""
    with connection.cursor() as cursor:
        cursor.execute(_WORKERS, [most])
        return [WorkerRow(number, at, float(silent), jobs) for number, at, silent, jobs in cursor.fetchall()]
