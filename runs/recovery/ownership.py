"""
Ownership: which process executes which runs. A process has a row in runs_executor, and a lock. The operating system or
the database releases the lock when the process dies, whatever the cause. No clock is involved.

On SQLite the lock is a file next to the database, locked with flock(2); on PostgreSQL it is a session's advisory lock.
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

# The rules by which a process fences its writes and claims runs: 0 by the attempt (0.1), 1 by the lease (0.2), 2 also
# with runs that wait until a certain time.
FENCING = 2

LOCK_CLASS = 0x53494E4B  # the first half of our advisory locks' keys; the second is an executor's id, or one of these
# Of the process that deletes what is old, that looks for stalled jobs, or that indexes runs. No executor has these ids.
RETENTION_LOCK, STALLED_JOBS_LOCK, SEARCH_INDEX_LOCK = 0, -1, -2


class Lock:
    """The lock of one executor, held from `acquire` until `release` or the process's end."""

    def __init__(self, executor_id: int) -> None:
        self.executor_id = executor_id
        self._handle: int | None = None
        self._session: psycopg.Connection[Any] | None = None

    def acquire(self) -> bool:
        """Try to acquire the lock. Return whether it was free; if not, another process holds it."""
        if connection.vendor == "sqlite":
            while self._handle is None:
                handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    os.close(handle)
                    return False
                if self._is_at_path(handle):
                    self._handle = handle
                else:  # its last holder deleted the file between the two calls
                    os.close(handle)
            return True
        # A separate session: the lock must live as long as the process, not as long as a connection for queries.
        session: psycopg.Connection[Any] = connection.get_new_connection(connection.get_connection_params())
        session.autocommit = True
        # A machine that loses power closes no connection: the database must notice it within 5 s, 2 + 3 * 1. The user
        # timeout covers an unacknowledged answer to `keep`: TCP sends no keepalives while it waits for an ACK.
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
        """Release the lock. With `remove`, also delete its file on SQLite."""
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
        Check that the lock is still held. A session to PostgreSQL can break; then each call tries to reacquire it once.

        Returns:
            Whether the lock was held all the time since the last call. If not, other processes may have taken over its
            runs.
        """
        if self._handle is not None:
            return True
        import psycopg  # slow to import, and not needed on SQLite

        if self._session is not None:
            try:
                self._session.execute("SELECT 1")
                return True
            except psycopg.Error:
                self._session.close()
                self._session = None
                logger.warning("executor lock lost, its session broke: executor=%d", self.executor_id)
        with suppress(psycopg.Error):  # the database is unavailable
            if self.acquire():
                logger.warning("executor lock reacquired: executor=%d", self.executor_id)
        return False

    def _is_at_path(self, handle: int) -> bool:
        try:
            return os.path.samestat(os.stat(self._path), os.fstat(handle))
        except FileNotFoundError:
            return False

    @property
    def _path(self) -> Path:
        database = Path(connection.settings_dict["NAME"])
        return database.with_name(f"{database.name}-executor-{self.executor_id}.lock")


class OlderProcesses(RuntimeError):
    """Processes of an older release are running, and fence their writes in another way."""

    def __init__(self, executors: list[Executor]) -> None:
        named = ", ".join(f"pid {executor.pid} on {executor.host}" for executor in executors)
        super().__init__(f"Processes of an older release are running ({named}). Stop them, then start again.")


def register() -> Lock:
    """
    Register this process as an executor. Blocking: call it in a thread.

    Returns:
        Its lock, which is held.

    Raises:
        OlderProcesses: A process of a release with another fencing is running. Both could execute the same run.
    """
    if older := living(fencing__lt=FENCING):
        raise OlderProcesses(older)
    while True:
        row = Executor.objects.create(host=socket.gethostname(), pid=os.getpid(), fencing=FENCING)
        lock = Lock(row.pk)
        if lock.acquire():
            return lock
        # Between the two lines above, the recovery of another process found the row without a lock, and treats this
        # process as dead.


def leave(lock: Lock) -> None:
    """
    Release the lock of an executor, and delete its row unless it still has running runs, which are left to recovery.
    Blocking: call it in a thread.

    Args:
        lock: The executor's lock, which this process holds.
    """
    if not Run.objects.filter(executor_id=lock.executor_id, status=Run.Status.RUNNING).exists():
        Executor.objects.filter(pk=lock.executor_id).delete()
        lock.release()
    else:
        lock.release(remove=False)


@dataclass(frozen=True, slots=True)
class Look:
    """The result of a check for dead processes."""

    free: frozenset[int] = frozenset()  # executors whose lock is free
    seconds: float = 0.0  # how long the database took to answer


def dead(own: int, before: frozenset[int], longest: float) -> tuple[list[Lock], Look]:
    """
    Find the executors whose process is dead, and lock each, so that only one process takes over its runs.

    On PostgreSQL, their locks must also have been free at the last check: if only a session broke, its living process
    reacquires the lock before the next check (`Lock.keep`). On a slow database the reacquisition takes longer.
    Therefore a check that takes too long finds no dead process. Blocking: call it in a thread.

    Args:
        own: This process's executor, which is skipped.
        before: The executors whose lock was free at the last check. Between both checks, `keep` must have had enough
            time.
        longest: Seconds that this check may take to find dead processes.

    Returns:
        The locks of the dead executors, which are held (call `leave` with each); and the result, for the next check.
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


def living(**conditions: Any) -> list[Executor]:
    """
    Return the executors whose process is running. Blocking: call it in a thread.

    Args:
        conditions: Lookups that the executors have to match, as for `QuerySet.filter`.
    """
    executors = list(Executor.objects.filter(**conditions).order_by("pk"))
    if not executors:
        return []
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
    """
    Return the ids of the executors whose lock is held, on PostgreSQL. It reads pg_locks instead of trying the locks,
    because a process may be reacquiring its own at this moment.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            [LOCK_CLASS],
        )
        return {executor_id for (executor_id,) in cursor.fetchall()}
