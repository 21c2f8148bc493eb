"""
The transactions in which the journal's writer records rows.

Nothing here needs Django's models: the writer process does not load them.
"""

from typing import Any

from django.db import DatabaseError, connection, transaction

from runs.journal import sql_postgresql, sql_sqlite
from runs.journal.rows import Repeated, Row, RunLost

_SQLITE = sql_sqlite.prepare, sql_sqlite.write
_POSTGRESQL = sql_postgresql.prepare, sql_postgresql.write
_prepared: Any = None  # the connection that is set up for writing


def record(rows: list[Row], again: bool) -> dict[int, Repeated | RunLost]:
    """
    Write rows in one transaction on this thread's Django connection. Without rows, check that the database takes
    writes.

    Args:
        rows: The rows to write.
        again: Whether an earlier try may have been committed.

    Returns:
        By place, why a row was not written: another run has its key, or its run has another owner.

    Raises:
        RunLost: On SQLite: any row's run belongs to another attempt. On PostgreSQL: two rows have the same run. Nothing
            was written.
        OperationalError, InterfaceError: The database is unavailable, or chose this session in a deadlock. Rows that
            need no second transaction may be written.
        DatabaseError, ValueError, OverflowError: The database rejects one of the rows. Nothing was written.
    """
    if not rows:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE runs_executor SET pid = pid")
        return {}
    global _prepared
    connection.ensure_connection()
    with connection.wrap_database_errors:
        prepare, write = _SQLITE if connection.vendor == "sqlite" else _POSTGRESQL
        # Compared each time, because `forget` or the check for writes may have opened the connection.
        if connection.connection is not _prepared:
            prepare(connection.connection)
            _prepared = connection.connection
        return write(connection.connection, rows, again)


def forget(run_ids: list[str]) -> None:
    """Delete runs, except those of other processes: of workers, or of a process that took a run over."""
    with transaction.atomic(), connection.cursor() as cursor:
        for run_id in run_ids:
            cursor.execute(
                "DELETE FROM runs_run WHERE id = %s AND lease = 1 AND (engine = 'local' OR status = 'queued')",
                [run_id],
            )
            if cursor.rowcount:
                cursor.execute("DELETE FROM runs_delivery WHERE run_id = %s", [run_id])
                cursor.execute("DELETE FROM runs_segment WHERE run_id = %s", [run_id])
                cursor.execute("DELETE FROM runs_steprecord WHERE run_id = %s", [run_id])


def disconnect() -> None:
    """Close the connection; the next use opens a new one."""
    try:
        connection.close()
    except DatabaseError:
        connection.connection = None
