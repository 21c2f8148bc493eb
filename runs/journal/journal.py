"""
The journal: records the runs and events of this process, many in one transaction (group commit).

While a transaction commits, new entries wait and form the next one. There is no fixed delay: a single entry is written
at once; under load, hundreds share the cost of one fsync.
"""

import asyncio
import logging
import os
import socket
import subprocess
import sys
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from math import inf

from django.conf import settings
from django.db import connection

from runs.journal import wire
from runs.journal.entry import Entry, JournalUnavailable, Unrecordable
from runs.journal.idempotency import Once
from runs.journal.rows import MAX_BYTES, MAX_ROWS, Named, NamedRow, Repeated, RunLost

logger = logging.getLogger(__name__)

# If the writer is idle and this many entries wait, they are sent in the middle of a turn of the loop. With a few dozen
# clients, the writer then writes a part of the entries while the loop works on the rest; neither waits for the other.
_MIN_EARLY_BATCH = 16
_IDLE_CHECK_INTERVAL = 0.2  # seconds
_DOUBT = 30.0  # seconds after a failed write during which a database that answers but takes no rows is not trusted
_RESTART_DELAY = 0.05  # seconds after the exit of a writer that had answered
_RETRY_DELAYS = (0.05, 0.1, 0.25, 0.5)  # seconds; JOURNAL_RETRY_INTERVAL bounds them, and applies after them


@dataclass
class WriteCounts:
    """The journal's counters in /metrics."""

    transactions: int = 0
    entries: int = 0
    failures: int = 0
    seconds: float = 0.0


@dataclass
class _Batch:
    entries: list[Entry]
    rows: list[NamedRow]
    size: int = 0  # bytes, roughly
    forget: list[str] = field(default_factory=list)
    tries: int = 0  # before this one
    sent_at: float = 0.0  # by the loop's clock


def start_writer(line: socket.socket) -> "subprocess.Popen[bytes]":
    """
    Start a writer process that reads batches from a socket.

    Raises:
        OSError: It cannot be started.
    """
    path = [str(settings.PROJECT), os.environ.get("PYTHONPATH", "")]
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "runs.journal.writer", str(line.fileno())],
        pass_fds=[line.fileno()],
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, path))},
    )


class _Line(asyncio.Protocol):
    """The journal's end of the connection to a writer."""

    def __init__(self, journal: "Journal") -> None:
        self._journal = journal
        self._received = bytearray()

    def connection_made(self, transport: asyncio.WriteTransport) -> None:  # type: ignore[override]
        self._journal.connected(transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        for fields, _ in wire.messages(self._received):
            self._journal.ended(wire.Written(*fields))

    def connection_lost(self, error: Exception | None) -> None:
        self._journal.disconnected()


class Journal:
    """Records entries by a writer process. Belongs to one event loop, on which its methods are called."""

    def __init__(self) -> None:
        self.figures = WriteCounts()
        self.healthy = True  # whether the database answers
        # A database with a full disk, or a damaged file, answers as long as nothing is written.
        self._proven = True  # whether rows were written since the last failure
        self._only_answers = False  # whether a write failed after the database answered again, but took no rows yet
        self._failed_at = -inf  # by the loop's clock
        self._sqlite = connection.vendor == "sqlite"
        self._loop = asyncio.get_running_loop()
        self._tick = -1.0
        self._now = ""
        self._expiries: dict[int, str] = {}  # when a key that is recorded now expires, by its window in seconds
        self._waiting: list[Entry] = []
        # Runs that may have been recorded although their entries failed. The next batch deletes them first: otherwise
        # a client that retries with its key would get a run that no process executes.
        self._to_forget: list[str] = []
        self._under_way = 0  # batches sent, or to be sent again
        self._idle = asyncio.Event()
        self._idle.set()
        self._kept: list[_Batch] = []  # while there is no connection to a writer
        self._sent: deque[_Batch] = deque()  # sent to the writer, not answered yet
        self._line: asyncio.WriteTransport | None = None
        self._closing = False
        # SQLite has its own timeout, after which it reports a locked database.
        self._slow_timeout: float = inf if self._sqlite else settings.DATABASE_SLOW_TIMEOUT
        self._launch()

    def now(self) -> str:
        """Return the current time as a value for this database's columns; Django stores it in SQLite as this text."""
        # Computed once for each millisecond of the loop's clock, so that one turn of the loop shares the value.
        tick = self._loop.time()
        if tick != self._tick:
            self._tick = tick
            self._now = self.as_value(datetime.now(UTC))
            self._expiries.clear()
        return self._now

    def utc_now(self) -> datetime:
        """Return the current time."""
        return datetime.now(UTC)

    def named(self, once: Once) -> Named:
        """Return the name and the expiry of the key with which a run is recorded now."""
        self.now()  # clears the expiries of an earlier moment
        expires_at = self._expiries.get(once.window)
        if expires_at is None:
            moment = datetime.now(UTC) + timedelta(seconds=once.window)
            expires_at = self._expiries[once.window] = self.as_value(moment)
        return once.name, expires_at

    def later(self, seconds: float) -> str:
        """Return the time in so many seconds as a value for this database's columns."""
        return self.as_value(datetime.now(UTC) + timedelta(seconds=seconds))

    def as_value(self, moment: datetime) -> str:
        """Return a moment in UTC as a value for this database's columns."""
        return (moment.replace(tzinfo=None) if self._sqlite else moment).isoformat(" ", "microseconds")

    def enlist(self, entry: Entry) -> None:
        """Write the entry soon: its `take` is called at the end of this turn of the loop, or a little earlier."""
        if not self._waiting:
            self._idle.clear()
            # Send all entries of this turn together.
            self._loop.call_soon(self._hand_over)
        elif not self._under_way and len(self._waiting) >= _MIN_EARLY_BATCH:
            self._take_all()
        self._waiting.append(entry)

    def is_slow(self) -> bool:
        """
        Return whether the oldest sent batch has waited for more than DATABASE_SLOW_TIMEOUT seconds, so that no new runs
        should be accepted. A writer that has not answered yet is not reported as slow, and SQLite never is.
        """
        sent = self._sent
        return bool(sent) and self._answers and self._loop.time() - sent[0].sent_at > self._slow_timeout

    def is_writable(self) -> bool:
        """
        Return whether the database takes writes. A database that answers but takes no rows is not writable for 30 s
        after a failure.
        """
        return self.healthy and not (self._only_answers and self._loop.time() - self._failed_at < _DOUBT)

    async def close(self) -> None:
        """Wait until all entries are written, while the database answers, and end the writer."""
        while self.healthy and not self._idle.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(_IDLE_CHECK_INTERVAL):
                    await self._idle.wait()
        self._closing = True
        await self._connecting
        if self._line is not None:
            self._line.close()
        await asyncio.to_thread(self._wait_for_writer)

    def _wait_for_writer(self) -> None:
        try:
            self._process.wait(settings.JOURNAL_CLOSE_TIMEOUT)
        except subprocess.TimeoutExpired:
            # A database that hangs must not delay the exit; recovery resumes runs whose rows are missing.
            self._process.kill()
            self._process.wait()

    # The writer.

    def _launch(self) -> None:
        """Start a writer. Batches wait until it is connected."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with theirs:
            self._process = start_writer(theirs)
        self._answers = False
        self._connecting = self._loop.create_task(self._connect(ours))

    async def _connect(self, ours: socket.socket) -> None:
        await self._loop.create_unix_connection(lambda: _Line(self), sock=ours)

    def connected(self, line: asyncio.WriteTransport) -> None:
        """Use the connection to a writer, which may not have started yet."""
        self._line = line
        kept, self._kept = self._kept, []
        for batch in kept:
            self._send(batch)

    def disconnected(self) -> None:
        """Start another writer, and retry the unanswered batches, which may have been recorded or not."""
        self._line = None
        if self._closing:
            return
        self._process.kill()  # in case only the connection broke: there must not be two writers
        logger.error("journal writer exited, starting another: pid=%d", self._process.pid)
        delay = _RESTART_DELAY if self._answers else settings.JOURNAL_RESTART_INTERVAL
        self._loop.call_later(delay, self._launch_again)
        if batches := [*self._sent, *self._kept]:
            self._sent.clear()
            self._kept.clear()
            self._under_way -= len(batches)
            self._away(_merge(batches), "its writer is gone")

    def _launch_again(self) -> None:
        self._process.poll()
        if self._closing:
            return
        try:
            self._launch()
        except OSError as error:
            logger.error("journal writer not started: error=%s", error)
            self._loop.call_later(settings.JOURNAL_RESTART_INTERVAL, self._launch_again)

    # Batches.

    def _hand_over(self) -> None:
        if self._waiting:
            self._take_all()

    def _take_all(self) -> None:
        waiting, self._waiting = self._waiting, []
        batch = _Batch([], [])
        for entry in waiting:
            if len(batch.entries) == MAX_ROWS or batch.size > MAX_BYTES:
                self._submit(batch)
                batch = _Batch([], [])
            batch.entries.append(entry)
            batch.size += entry.size
            batch.rows.append(entry.take())
        self._submit(batch)

    def _submit(self, batch: _Batch) -> None:
        self._under_way += 1
        self._put(batch)

    def _put(self, batch: _Batch) -> None:
        if self._to_forget:
            batch.forget += self._to_forget
            self._to_forget = []
        if self._line is None:
            self._kept.append(batch)
        else:
            self._send(batch)

    def _send(self, batch: _Batch) -> None:
        assert self._line is not None
        try:
            message = wire.message(wire.Batch(batch.rows, batch.forget, batch.tries > 0))
        except ValueError as error:
            # A bug: a row contains a value that cannot be sent.
            logger.error("journal batch failed", exc_info=error)
            self._loop.call_soon(self._refuse, batch, f"the journal failed on it: {error}")
            return
        batch.sent_at = self._loop.time()
        self._sent.append(batch)
        self._line.write(message)

    def _refuse(self, batch: _Batch, why: str) -> None:
        self._under_way -= 1
        for entry in batch.entries:
            entry.failed(Unrecordable(why))
        self._rest()

    def ended(self, written: wire.Written) -> None:
        """Settle the oldest batches, which the writer has answered."""
        self._answers = True
        batches = list(islice(self._sent, written.batches))
        for _ in batches:
            self._sent.popleft()
        batch = batches[0] if len(batches) == 1 else _merge(batches)
        self._under_way -= len(batches)
        if written.failure:
            self._away(batch, written.failure)
            return
        if (self._only_answers and batch.rows) or not (self.healthy or self._only_answers):
            logger.warning("journal writing again")
        if batch.rows:
            self._proven, self._only_answers = True, False
        if written.fault:
            logger.error("journal writer failed on a batch:\n%s", written.fault)
        self.healthy = True
        self.figures.transactions += 1
        self.figures.entries += len(batch.entries)
        self.figures.seconds += written.seconds
        if written.repeated or written.lost or written.refused:
            for place, entry in enumerate(batch.entries):
                if (error := _error(written, place)) is not None:
                    entry.failed(error)
                else:
                    entry.written()
        else:
            for entry in batch.entries:
                entry.written()
        self._rest()

    def _rest(self) -> None:
        if not (self._under_way or self._waiting):
            self._idle.set()

    def _away(self, batch: _Batch, why: str) -> None:
        """Handle a batch that the database did not take: fail the entries that cannot wait, and retry the others."""
        self.figures.failures += 1
        if self.healthy and self._proven:
            logger.error("journal cannot write: error=%s", why)
        elif self.healthy and not self._only_answers:
            # From now on each request fails like this: log it once.
            logger.error("journal cannot write, but the database answers: error=%s", why)
            self._only_answers = True
        self.healthy = self._proven = False
        self._failed_at = self._loop.time()
        unavailable = JournalUnavailable(why)
        # If nothing is left to write, an empty batch still shows when the database is back. Batches keep the size that
        # `_take_all` gave them, because merged batches would grow with every failure.
        again = _Batch([], [], tries=batch.tries + 1)
        self._to_forget += batch.forget
        parts = [again]
        for entry, row in zip(batch.entries, batch.rows, strict=True):
            if entry.patient:
                if len(again.entries) == MAX_ROWS:
                    parts.append(again := _Batch([], [], tries=batch.tries + 1))
                again.entries.append(entry)
                again.rows.append(row)
                again.size += entry.size
                continue
            # If the connection broke during the commit, the run may be recorded although its client gets an error.
            self._to_forget.append(entry.run_id)
            entry.failed(unavailable)
        longest = settings.JOURNAL_RETRY_INTERVAL
        delay = min(_RETRY_DELAYS[batch.tries], longest) if batch.tries < len(_RETRY_DELAYS) else longest
        self._under_way += len(parts)
        for part in parts:
            self._loop.call_later(delay, self._put, part)


def _merge(batches: list[_Batch]) -> _Batch:
    merged = _Batch([], [])
    for batch in batches:
        merged.entries += batch.entries
        merged.rows += batch.rows
        merged.forget += batch.forget
        merged.size += batch.size
        merged.tries = max(merged.tries, batch.tries)
    return merged


def _error(written: wire.Written, place: int) -> Exception | None:
    """Return why the row at a place is not recorded; None if it is."""
    if (repeated := written.repeated.get(place)) is not None:
        return Repeated(repeated)
    if why := written.refused.get(place):
        return Unrecordable(why)
    return RunLost() if place in written.lost else None
