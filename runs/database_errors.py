"""What the database says when something is wrong, as the code asks about it and as a log line tells it."""

from django.db import InterfaceError, OperationalError

AWAY = (OperationalError, InterfaceError)  # by these the database says that it is away, or cannot answer at present


def in_a_line(error: BaseException) -> str:
    """An error's kind and the first line of what it says: what PostgreSQL says after it quotes the row."""
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
