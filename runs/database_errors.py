"""Database errors: which ones mean that the database is unavailable, and how log lines show them."""

import sqlite3

from django.db import InterfaceError, OperationalError

AWAY = (OperationalError, InterfaceError)  # the database is unavailable, or cannot answer at present

# Codes of sqlite3 (`sqlite_errorcode`) and PostgreSQL (`sqlstate`) for damaged data.
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, "XX001", "XX002"})


def takes_no_writes(error: BaseException) -> bool:
    """
    Return whether an error concerns the whole database: it is away, full, locked or damaged. If not, one of the rows is
    at fault.
    """
    if isinstance(error, AWAY):
        return True
    cause = error.__cause__
    code = getattr(cause, "sqlite_errorcode", None) or getattr(cause, "sqlstate", None)
    # The low byte of SQLite's code is the primary result code (sqlite.org/rescode.html).
    return (code & 0xFF if isinstance(code, int) else code) in _DAMAGED


def in_a_line(error: BaseException) -> str:
    """
    Return an error's class name and the first line of its message. PostgreSQL's further lines would quote the row.
    """
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
