"""
Which process executes which runs: a row in runs_executor, and a lock that the operating system or the database
releases when the process dies, however it dies. No clock is asked.

On SQLite the lock is a file beside the database, locked with flock(2); on PostgreSQL it is a session's advisory lock.
"""

import fcntl
import logging
import os
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import connection

from runs.models import Executor, Run

if TYPE_CHECKING:
    import psycopg

logger = logging.getLogger(__name__)

LOCK_CLASS = 0x53494E4B  # the first half of our advisory locks' keys; the second is an executor's id


class Lock:
    """The lock of one executor, held from `acquire` to `release` or to the process's end."""

    def __init__(self, executor_id: int) -> None:
        self.executor_id = executor_id
        self._handle: int | None = None
        self._session: psycopg.Connection[Any] | None = None

    def acquire(self) -> bool:
        """Returns whether the lock could be had; False means that its process lives."""
        if connection.vendor == "sqlite":
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(handle)
                return False
            self._handle = handle
            return True
        # A session of its own: the lock is to live as long as the process, not as long as a query's connection.
        session: psycopg.Connection[Any] = connection.get_new_connection(connection.get_connection_params())
        session.autocommit = True
        # A machine that lost its power says no goodbye: the database is to notice within 5 s, 2 + 3 * 1. The last is
        # for where it has just answered `keep`: TCP asks nothing while bytes of its own are not confirmed.
        session.execute(
            "SET tcp_keepalives_idle = 2; SET tcp_keepalives_interval = 1; SET tcp_keepalives_count = 3;"
            "SET tcp_user_timeout = 5000"
        )
        row = session.execute("SELECT pg_try_advisory_lock(%s, %s)", (LOCK_CLASS, self.executor_id)).fetchone()
        if row is None or not row[0]:
            session.close()
            return False
        self._session = session
        return True

    def release(self, *, remove: bool = True) -> None:
        """Give the lock up; with `remove`, for good."""
        if self._handle is not None:
            if remove:
                self._path.unlink(missing_ok=True)
            os.close(self._handle)
            self._handle = None
        if self._session is not None:
            self._session.close()
            self._session = None

    def keep(self) -> bool:
        """
        Make sure that the lock is still held: a session to PostgreSQL can break. Then another is tried, once a call.

        Returns:
            Whether it was held since the last call. Where not, others may have taken over runs of this executor.
        """
        if self._handle is not None:
            return True
        import psycopg  # it takes a while to load, and SQLite has no use for it

        if self._session is not None:
            try:
                self._session.execute("SELECT 1")
                return True
            except psycopg.Error:
                self._session.close()
                self._session = None
                logger.warning("executor lock lost, its session broke: executor=%d", self.executor_id)
        with suppress(psycopg.Error):  # the database is away
            if self.acquire():
                logger.warning("executor lock reacquired: executor=%d", self.executor_id)
        return False

    @property
    def _path(self) -> Path:
        database = Path(connection.settings_dict["NAME"])
        return database.with_name(f"{database.name}-executor-{self.executor_id}.lock")


def register() -> Lock:
    """
    Enter this process as an executor; for threads.

    Returns:
        Its lock, held.
    """
    while True:
        row = Executor.objects.create(host=socket.gethostname(), pid=os.getpid())
        lock = Lock(row.pk)
        if lock.acquire():
            return lock
        # Another process's recovery looked between the two lines above, and takes the row for a dead one.


def leave(lock: Lock) -> None:
    """Remove an executor whose lock this process holds, unless runs of it are left to recovery; for threads."""
    if not Run.objects.filter(executor_id=lock.executor_id, status=Run.Status.RUNNING).exists():
        Executor.objects.filter(pk=lock.executor_id).delete()
        lock.release()
    else:
        lock.release(remove=False)


@dataclass(frozen=True, slots=True)
class Look:
    """What a look for dead processes has seen."""

    free: frozenset[int] = frozenset()  # executors whose lock is free
    seconds: float = 0.0  # that the database took


def dead(own: int, before: frozenset[int], longest: float) -> tuple[list[Lock], Look]:
    """
    Find the executors whose process is gone, and lock each, so that one process alone takes over its runs.

    On PostgreSQL those are the ones whose lock was free at the last look, too: where a session broke, its process,
    which lives, has its lock again before the next (`Lock.keep`). Where the database is slow, that process needs
    longer: a look that takes too long finds nobody dead.

    Args:
        own: This process's executor, which is passed over.
        before: Those whose lock was free at the last look, which is longer ago than `keep` takes to have it again.
        longest: Seconds that this look may take to find somebody dead.

    Returns:
        Their locks, held: call `leave` with each; and the look, for the next. For threads.
    """
    begun = time.monotonic()
    ids = set(Executor.objects.exclude(pk=own).values_list("pk", flat=True))
    ids |= set(
        Run.objects.filter(status=Run.Status.RUNNING)
        .exclude(executor_id=own)
        .order_by()
        .values_list("executor_id", flat=True)
        .distinct()
    )
    look = Look()
    if connection.vendor == "postgresql":
        free = ids - held_locks()
        look = Look(frozenset(free), time.monotonic() - begun)
        ids = free & before if look.seconds <= longest else set()
    held: list[Lock] = []
    try:
        for executor_id in sorted(ids):
            lock = Lock(executor_id)
            if lock.acquire():
                held.append(lock)
    except BaseException:
        for lock in held:
            lock.release(remove=False)
        raise
    return held, look


def living() -> list[Executor]:
    """The executors whose process goes on; for threads."""
    executors = list(Executor.objects.order_by("pk"))
    if connection.vendor == "postgresql":
        held = held_locks()
        return [executor for executor in executors if executor.pk in held]
    found = []
    for executor in executors:
        lock = Lock(executor.pk)
        if lock.acquire():
            lock.release(remove=False)
        else:
            found.append(executor)
    return found


def held_locks() -> set[int]:
    """Whose lock is held, on PostgreSQL. It is not tried: its process may want it again in this very moment."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            [LOCK_CLASS],
        )
        return {executor_id for (executor_id,) in cursor.fetchall()}
