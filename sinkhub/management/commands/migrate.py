"""`manage.py migrate`: Django's, one at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from django.core.management.commands import migrate
from django.db import connections

_LOCK = (0x53696E6B, 1)  # of PostgreSQL's advisory locks: "Sink", and migrations


class Command(migrate.Command):
    """Migrate while nobody else does: two servers that start at once on a new database would make the same tables."""

    def execute(self, *args: Any, **options: Any) -> Any:  # the checks, which are first, connect too
        with _alone(options["database"]):
            _make_private(options["database"])
            return super().execute(*args, **options)


def _path(alias: str) -> Path | None:
    """Where a SQLite database is; None for one in memory, one in a folder that is not there, and for PostgreSQL."""
    name = str(connections[alias].settings_dict["NAME"])
    if connections[alias].vendor != "sqlite" or name.startswith((":", "file:")) or not Path(name).parent.is_dir():
        return None
    return Path(name)


def _make_private(alias: str) -> None:
    """Make a new SQLite database, which has what was sent to the sinks, its owner's alone; its WAL is then, too."""
    if (path := _path(alias)) is not None:
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


@contextmanager
def _alone(alias: str) -> Iterator[None]:
    """Hold a lock on the database meanwhile."""
    connection = connections[alias]
    if connection.vendor == "postgresql":
        # A session of its own: what is migrated may close the other.
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
