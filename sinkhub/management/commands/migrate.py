"""`manage.py migrate`: Django's command under a lock."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from django.core.management.commands import migrate
from django.db import connections

_LOCK = (0x53696E6B, 1)  # PostgreSQL advisory lock: "Sink", and 1 for migrations


class Command(migrate.Command):
    """
    Migrate under a lock: two servers that start at the same time with a new database would create the same tables.
    """

    def execute(self, *args: Any, **options: Any) -> Any:  # not `handle`: checks before it connect to the database too
        with _alone(options["database"]):
            _make_private(options["database"])
            return super().execute(*args, **options)


def _path(alias: str) -> Path | None:
    """Return the path of a SQLite database; None if it is in memory or its folder is missing, and for PostgreSQL."""
    name = str(connections[alias].settings_dict["NAME"])
    if connections[alias].vendor != "sqlite" or name.startswith((":", "file:")) or not Path(name).parent.is_dir():
        return None
    return Path(name)


def _make_private(alias: str) -> None:
    """
    Create a new SQLite file that only its owner can access, because it holds deliveries. SQLite gives its WAL the same
    mode.
    """
    if (path := _path(alias)) is not None:
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


@contextmanager
def _alone(alias: str) -> Iterator[None]:
    """Hold a lock on the database within the block."""
    connection = connections[alias]
    if connection.vendor == "postgresql":
        # A separate session, since migrations may close the connection.
        with connection.get_new_connection(connection.get_connection_params()) as session:
            session.autocommit = True
            session.execute("SELECT pg_advisory_lock(%s, %s)", _LOCK)
            yield
        return
    if (path := _path(alias)) is None:
        yield
        return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
