"""Database errors: which ones mean that the database is unavailable, and how log lines show them."""

from django.db import InterfaceError, OperationalError

AWAY = (OperationalError, InterfaceError)  # the database is unavailable, or cannot answer at present


def in_a_line(error: BaseException) -> str:
    """Return an error's class name and the first line of its message; PostgreSQL's further lines quote the row."""
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
