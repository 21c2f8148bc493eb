"""One statement for all that each process polls the database for, so that an idle process costs little."""

from typing import NamedTuple

from django.db import connection
from django.utils import timezone

from runs.models import Run, WorkflowReload

_BULK_ACTIONS = "runs_bulkaction"  # its model stands in a layer above
# The conditions of the partial indexes are repeated as they are: SQLite uses an index only then.
_UNOWNED = "status = 'queued' AND engine = 'local' AND executor_id = 0"
_STATEMENT = f"""
SELECT
  EXISTS (SELECT 1 FROM {Run._meta.db_table} WHERE cancel_requested AND status IN ('queued', 'running', 'waiting')
    AND (executor_id = %s OR status <> 'running')),
  EXISTS (SELECT 1 FROM {Run._meta.db_table} WHERE status = 'waiting' AND engine = 'local' AND executor_id = 0
    AND wake_at <= %s)
  OR EXISTS (SELECT 1 FROM {Run._meta.db_table} WHERE {_UNOWNED} AND wake_at <= %s)
  OR EXISTS (SELECT 1 FROM {Run._meta.db_table} WHERE {_UNOWNED} AND wake_at IS NULL),
  EXISTS (SELECT 1 FROM {Run._meta.db_table} WHERE status = 'waiting' AND engine = 'procrastinate' AND wake_at <= %s),
  EXISTS (SELECT 1 FROM {_BULK_ACTIONS} WHERE next_at IS NOT NULL AND next_at <= %s),
  (SELECT number FROM {WorkflowReload._meta.db_table} WHERE id = 1)
"""  # noqa: S608 - only names of tables


class News(NamedTuple):
    """Whether there is anything to do; the queries that do it find out what."""

    cancels: bool  # runs of this process, or of none, are to be cancelled
    due: bool  # runs wait for any server, and their time has come
    due_for_workers: bool  # let-go runs of workers whose time has come
    bulk_due: bool  # bulk actions of the admin are due
    reloads: int  # how many reloads of the workflows were requested, ever


def read(own: int) -> News:
    """
    Query the database. Blocking: call it in a thread.

    Args:
        own: This process's executor.
    """
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENT, [own, now, now, now, now])
        cancels, due, due_for_workers, bulk_due, reloads = cursor.fetchone()
    return News(bool(cancels), bool(due), bool(due_for_workers), bool(bulk_due), reloads or 0)
