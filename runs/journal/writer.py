"""
The writer process: writes the rows of another process's journal to the database. It is a separate process so that it
never competes for one interpreter lock with the event loop, whose turns take microseconds.

It exits when the other process closes the connection (the line), or dies.
"""

import gc
import signal
import socket
import sys
import traceback
import warnings
from collections import deque
from time import perf_counter

import django
from django.apps import apps
from django.db import DatabaseError, OperationalError

from runs.database_errors import in_a_line, takes_no_writes
from runs.journal import transactions
from runs.journal.idempotency import key_of
from runs.journal.rows import MAX_BYTES, MAX_ROWS, QUEUED, Row, RunLost
from runs.journal.wire import Batch, Written, message, messages

_RECEIVE_BYTES = 256 * 1024
_TRIES = 3  # after a deadlock or a serialization failure, or after the database ended the session
_SESSION_ENDED = frozenset({"25P03"})  # idle in transaction: this process was not scheduled for too long
_GAVE_WAY = frozenset({"40001", "40P01"})  # SQLSTATE: serialization failure, deadlock detected


class _Inbox:
    """The batches that were received and are not written yet."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._received = bytearray()
        self._waiting: deque[tuple[Batch, int]] = deque()
        self._bytes = 0

    def take(self) -> list[Batch]:
        """
        Return the batches of the next transaction: all that have arrived, within MAX_ROWS and MAX_BYTES. Wait for the
        first one; return an empty list if the line is closed.
        """
        while not self._waiting:
            if not self._receive(0):
                return []
        while self._bytes < MAX_BYTES and self._receive(socket.MSG_DONTWAIT):
            pass
        taken: list[Batch] = []
        count = size = 0
        while self._waiting and count < MAX_ROWS and size < MAX_BYTES:
            batch, length = self._waiting.popleft()
            taken.append(batch)
            count += len(batch.rows)
            size += length
        self._bytes -= size
        return taken

    def _receive(self, flags: int) -> bool:
        try:
            more = self._line.recv(_RECEIVE_BYTES, flags)
        except BlockingIOError:
            return False
        self._received += more
        for fields, length in messages(self._received):
            self._waiting.append((Batch(*fields), length))
            self._bytes += length
        return bool(more)


def write(batches: list[Batch]) -> Written:
    """Write batches in one transaction; if the database rejects a row, write each row in its own."""
    rows: list[Row] = [
        (kind, values, (key_of(named[0]), named[1]) if named is not None else None)
        for batch in batches
        for kind, values, named in batch.rows
    ]
    forget = [run_id for batch in batches for run_id in batch.forget]
    again = any(batch.again for batch in batches)
    written = Written(len(batches))
    start = perf_counter()
    try:
        if not apps.ready and any(kind == QUEUED for kind, _, _ in rows):
            # Before the transaction begins: it is slow, and PostgreSQL ends a session that idles in a transaction.
            _load_jobs()
        if forget:
            transactions.forget(forget)
        fault = _record(rows, 0, again, written)
        if fault is not None and len(rows) == 1:
            _refuse(written, 0, fault)
        elif fault is not None:
            # One by one, so that a bad row fails alone.
            for place, row in enumerate(rows):
                if (refusal := _record([row], place, again, written)) is not None:
                    _refuse(written, place, refusal)
    except Exception as error:
        if takes_no_writes(error):
            # The retry skips rows that are written already.
            written.failure = in_a_line(error)
            transactions.disconnect()
        else:
            written.fault = traceback.format_exc()
            written.refused = dict.fromkeys(range(len(rows)), "the writer failed")
    written.seconds = perf_counter() - start
    return written


def _record(rows: list[Row], first: int, again: bool, written: Written) -> Exception | None:
    """Record rows; `first` is the place of the first one. Return the error if the database rejects one of them."""
    try:
        for left in reversed(range(_TRIES)):
            try:
                undone = transactions.record(rows, again)
                break
            except OperationalError as error:
                state = getattr(error.__cause__, "sqlstate", None)
                if not left or state not in _GAVE_WAY | _SESSION_ENDED:
                    raise
                if state in _SESSION_ENDED:
                    transactions.disconnect()
                again = True  # the first of two transactions may be committed
        for place, why in undone.items():
            if isinstance(why, RunLost):
                written.lost.append(first + place)
            else:
                written.repeated[first + place] = why.run_id
    except (DatabaseError, RunLost, ValueError, OverflowError) as error:
        if takes_no_writes(error):
            raise
        return error
    return None


def _refuse(written: Written, place: int, error: Exception) -> None:
    if isinstance(error, RunLost):
        written.lost.append(place)
    else:
        written.refused[place] = in_a_line(error)


def _load_jobs() -> None:
    """Load procrastinate's Django app, which enqueues jobs and needs Django's models; most writers have no jobs."""
    django.setup()


def main() -> None:
    """Serve the socket whose file descriptor is the first argument."""
    # A terminal or a supervisor may signal all processes. This one still has to write the other's last rows.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    line = socket.socket(fileno=int(sys.argv[1]))
    gc.freeze()  # loaded modules stay: collections need not traverse them
    # Django warns of statements before its apps are loaded. This process has none.
    warnings.filterwarnings("ignore", "Accessing the database during app initialization", RuntimeWarning)
    inbox = _Inbox(line)
    try:
        while batches := inbox.take():
            line.sendall(message(write(batches)))
    except ConnectionError:
        pass  # the other process died
    transactions.disconnect()


if __name__ == "__main__":
    main()
