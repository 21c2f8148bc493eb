"""
The transactions in which the journal's writer records rows.

Nothing here needs Django's models: the writer is a process that has none.
"""

from typing import Any

from django.db import DatabaseError, connection, transaction

from runs.journal import sql_postgresql, sql_sqlite
from runs.journal.rows import Repeated, Row, RunLost

_SQLITE = sql_sqlite.prepare, sql_sqlite.write
_POSTGRESQL = sql_postgresql.prepare, sql_postgresql.write
_prepared: Any = None  # the connection on which rows can be written


def record(rows: list[Row], again: bool) -> dict[int, Repeated | RunLost]:
    """
    Write rows in one transaction of Django's connection of this thread; where there are none, show that the database
    takes writes.

    Args:
        rows: What is written.
        again: Whether an earlier try may have been committed after all.

    Returns:
        By place, what was not written, and why: a run, since another has its key, or what is said of a run that
        belongs to another attempt.

    Raises:
        RunLost: On SQLite the latter, where it is any of the rows. Nothing was written.
        OperationalError, InterfaceError: The database is away, or chose this session to give way. What needs no second
            transaction may be written.
        DatabaseError, ValueError, OverflowError: The database does not take one of them. Nothing was written.
    """
    if not rows:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE runs_executor SET pid = pid")
        return {}
    global _prepared
    connection.ensure_connection()
    with connection.wrap_database_errors:
        prepare, write = _SQLITE if connection.vendor == "sqlite" else _POSTGRESQL
        # Not only where it is made here: `forget`, or the look whether the database takes writes, may have made it.
        if connection.connection is not _prepared:
            prepare(connection.connection)
            _prepared = connection.connection
        return write(connection.connection, rows, again)


def forget(run_ids: list[str]) -> None:
    """Take runs away, unless another process has one: a worker, or who took it for a dead process's."""
    with transaction.atomic(), connection.cursor() as cursor:
        for run_id in run_ids:
            cursor.execute(
                "DELETE FROM runs_run WHERE id = %s AND attempt = 1 AND (engine = 'local' OR status = 'queued')",
                [run_id],
            )
            if cursor.rowcount:
                cursor.execute("DELETE FROM runs_delivery WHERE run_id = %s", [run_id])
                cursor.execute("DELETE FROM runs_segment WHERE run_id = %s", [run_id])


def disconnect() -> None:
    """Let the connection go; the next use makes a new one."""
    try:
        connection.close()
    except DatabaseError:
        connection.connection = None
