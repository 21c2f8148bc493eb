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


def _make_private(alias: str) -> None:
    """Make a new SQLite database, which has what was sent to the sinks, its owner's alone; its WAL is then, too."""
    path = Path(connections[alias].settings_dict["NAME"])
    if connections[alias].vendor == "sqlite" and path.parent.is_dir():
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
    folder = Path(connection.settings_dict["NAME"]).parent
    if not folder.is_dir():
        yield  # in memory; or there is no such folder, which Django says
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
