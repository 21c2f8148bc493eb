"""
The process that writes what the journal of another process records. It is one of its own, so that its work and that
of the event loop, which takes turns of microseconds, never wait for one interpreter lock.

It ends when its line does: when the other process closes it, or dies.
"""

import gc
import signal
import socket
import sys
import traceback
from collections import deque
from time import perf_counter

import django
from django.apps import apps
from django.db import DatabaseError, OperationalError

from runs.database_errors import AWAY, in_a_line
from runs.journal import transactions
from runs.journal.idempotency import key_of
from runs.journal.rows import MOST_BYTES, MOST_ROWS, QUEUED, Row, RunLost
from runs.journal.wire import Batch, Written, message, messages

_RECEIVE_BYTES = 256 * 1024
_TRIES = 3  # where another session and this one waited for each other, and the database chose this one to give way
_SESSION_ENDED = frozenset({"25P03"})  # idle in transaction: this process was not scheduled for too long
_GAVE_WAY = frozenset({"40001", "40P01"})  # SQLSTATE: serialization failure, deadlock detected


class _Inbox:
    """What came by the line and is not written yet."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._received = bytearray()
        self._waiting: deque[tuple[Batch, int]] = deque()
        self._bytes = 0

    def take(self) -> list[Batch]:
        """What the next transaction takes: all that is there, one batch at least. None where the line is closed."""
        while not self._waiting:
            if not self._receive(0):
                return []
        while self._bytes < MOST_BYTES and self._receive(socket.MSG_DONTWAIT):
            pass
        taken: list[Batch] = []
        count = size = 0
        while self._waiting and count < MOST_ROWS and size < MOST_BYTES:
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
    """Write batches in one transaction; where a row is at fault, each row in one of its own."""
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
            # Before the transaction begins: it takes a while, and PostgreSQL ends a session that stands still in one.
            _load_jobs()
        if forget:
            transactions.forget(forget)
        fault = _record(rows, 0, again, written)
        if fault is not None and len(rows) == 1:
            _refuse(written, 0, fault)
        elif fault is not None:
            # Alone, each shows whether it is that one, and the others are not harmed.
            for place, row in enumerate(rows):
                if (refusal := _record([row], place, again, written)) is not None:
                    _refuse(written, place, refusal)
    except AWAY as error:
        # What is written already, the next try passes over.
        written.failure = in_a_line(error)
        transactions.disconnect()
    except Exception:
        written.fault = traceback.format_exc()
        written.refused = dict.fromkeys(range(len(rows)), "the writer failed")
    written.seconds = perf_counter() - start
    return written


def _record(rows: list[Row], first: int, again: bool, written: Written) -> Exception | None:
    """Record rows, of which the first has this place. Returns why none is recorded, where one is at fault."""
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
                again = True  # it may have been in the second of two transactions
        for place, why in undone.items():
            if isinstance(why, RunLost):
                written.lost.append(first + place)
            else:
                written.repeated[first + place] = why.run_id
    except AWAY:
        raise
    except (DatabaseError, RunLost, ValueError, OverflowError) as error:
        return error
    return None


def _refuse(written: Written, place: int, error: Exception) -> None:
    if isinstance(error, RunLost):
        written.lost.append(place)
    else:
        written.refused[place] = in_a_line(error)


def _load_jobs() -> None:
    """Load what enqueues jobs, procrastinate's Django app, which needs Django's models; most writers have no jobs."""
    django.setup()


def main() -> None:
    """Serve the line whose file descriptor is the argument."""
    # A terminal and a supervisor may tell all processes to end. This one has to write what the other's end brings.
    for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(one, signal.SIG_IGN)
    line = socket.socket(fileno=int(sys.argv[1]))
    gc.freeze()  # what is loaded now stays: collections need not walk through it
    inbox = _Inbox(line)
    try:
        while batches := inbox.take():
            line.sendall(message(write(batches)))
    except ConnectionError:
        pass  # the other process died
    transactions.disconnect()


if __name__ == "__main__":
    main()
