"""
The one writer: records what all runs of this process have to record, many in one transaction (group commit).

While one transaction is being committed, all that comes in waits and becomes the next one. There is no fixed delay:
alone, an entry is written at once; under load, hundreds share the cost of one fsync.
"""

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from queue import Empty, SimpleQueue
from time import perf_counter
from typing import Any, NamedTuple, Protocol

from django.db import DatabaseError, InterfaceError, OperationalError, connection, connections

from runs.idempotency import Once
from runs.models import Run

logger = logging.getLogger(__name__)

# The kinds of rows, and the values of each in their order.
RUN, EVENTS, END, QUEUED = 1, 2, 3, 4
_KEYED_RUN = 5  # in SQLite's statement alone
_RUN = (
    "id",
    "app_id",
    "source_id",
    "workflow",
    "options",
    "timeout",
    "status",
    "attempt",
    "executor_id",
    "created_at",
    "started_at",
    "events",
)
_KEY = ("idempotency_key", "fingerprint", "key_expires_at")
_UNLESS_KNOWN = "ON CONFLICT (idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING"
_DELIVERY = ("method", "path", "path_params", "query_string", "headers", "client", "body")  # follow those of the run
_SEGMENT = ("run_id", "last", "first", "at", "data")
# After those of the segment: the attempt they belong to, and for an END what is set in the run.
_FINISH = ("status", "finished_at", "duration", "error_type", "error_message", "traceback")

# Enough to share an fsync by hundreds, and few enough that one transaction stays short. A transaction may have up to
# twice as many: it takes what is ready while it has fewer than this, and what is ready comes in batches of up to this.
_MOST_ENTRIES = 512
_MOST_BYTES = 16 * 1024 * 1024
# So many are handed over in the middle of a turn if the thread has nothing to do: half of what a few dozen clients
# cause is then written while the loop works on the other half, instead of each waiting for the other.
_ENOUGH = 16
_BUSY_MILLISECONDS = 5_000  # how long another process may hold SQLite's write lock before triggers get 503
_LOST = "the run belongs to another attempt, or was deleted"
_LOOK_AGAIN = 0.2  # seconds
_CLOSE_SECONDS = 10.0  # for what is being written when the process ends
_RETRY_DELAYS = (0.05, 0.1, 0.25, 0.5, 1.0)  # seconds; the last repeats


class JournalUnavailable(Exception):
    """The database cannot be written to at present; nothing was recorded."""


class RunLost(Exception):
    """The run belongs to another attempt now: what this one had to say of it was not recorded."""


class Repeated(Exception):
    """Under this key a run was started before: no second one was recorded."""

    def __init__(self, run_id: str, fingerprint: str) -> None:
        """
        Args:
            run_id: The run that was.
            fingerprint: What its delivery is told by.
        """
        super().__init__(f"run {run_id} has this key")
        self.run_id = run_id
        self.fingerprint = fingerprint


class Key(NamedTuple):
    """What a RUN or a QUEUED is recorded under, if nothing else is."""

    key: str
    fingerprint: str
    expires_at: Any  # like `Journal.now`


# What one entry adds in one transaction: a kind, values in the order given above, and its key if it has one. A RUN
# brings its delivery with it, an END the run's last events. A QUEUED is a run for the workers: its last value is the
# arguments of its job.
Row = tuple[int, tuple[Any, ...], Key | None]
Defer = Callable[[list[dict[str, Any]]], None]


class Entry(Protocol):
    """Who has something to record. All its methods are called on the event loop."""

    # True: keep trying while the database is away. False: fail at once, somebody waits for the answer.
    patient: bool
    size: int  # about how many bytes it is going to write

    def take(self) -> Row:
        """Hand over what is to be written. Called once for each enlistment."""

    def written(self) -> None:
        """What was handed over is committed."""

    def failed(self, error: Exception) -> None:
        """What was handed over was not recorded, and will not be."""


@dataclass
class Figures:
    """What /metrics tells of the journal."""

    transactions: int = 0
    entries: int = 0
    failures: int = 0
    seconds: float = 0.0


@dataclass
class _Batch:
    entries: list[Entry]
    rows: list[Row]
    size: int = 0  # bytes, about
    forget: list[str] = field(default_factory=list)
    tries: int = 0  # before this one
    seconds: float = 0.0
    failure: DatabaseError | InterfaceError | None = None
    # By place, for entries that failed alone while the others were written.
    refused: dict[int, Exception] = field(default_factory=dict)


class Journal:
    """Belongs to one event loop; its methods are called there."""

    def __init__(self, defer: Defer | None = None) -> None:
        """
        Args:
            defer: Enqueues jobs, given the arguments of each, in the transaction that is open on Django's connection
                in this thread. None where there are no workers.
        """
        self.figures = Figures()
        self.healthy = True
        self._defer = defer
        self._sqlite = connection.vendor == "sqlite"
        self._loop = asyncio.get_running_loop()
        self._batches: SimpleQueue[_Batch | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="journal", daemon=True)
        self._thread.start()
        self._tick = -1.0
        self._now: Any = None
        self._waiting: list[Entry] = []
        # Runs that may have been recorded though it was said that they were not. Whatever is written next takes them
        # away first: else a client that tries again with its key would be shown one that nobody executes.
        self._to_forget: list[str] = []
        self._under_way = 0  # batches handed to the thread, or to be handed to it again
        self._idle = asyncio.Event()
        self._idle.set()

    def now(self) -> Any:
        """The present time as a value for this database's columns; Django stores it in SQLite as this text."""
        # Made once for each millisecond of the loop's clock, which all that one turn of it does share.
        tick = self._loop.time()
        if tick != self._tick:
            self._tick = tick
            self._now = self._value(datetime.now(UTC))
        return self._now

    def key(self, once: Once) -> Key:
        """The key of a run that is recorded now."""
        expires_at = self._value(datetime.now(UTC) + timedelta(seconds=once.window))
        return Key(once.key, once.fingerprint, expires_at)

    def _value(self, moment: datetime) -> Any:
        return moment.replace(tzinfo=None).isoformat(" ", "microseconds") if self._sqlite else moment

    def enlist(self, entry: Entry) -> None:
        """Have the entry written soon: it is asked by `take` when this turn of the loop ends, or a little before."""
        if not self._waiting:
            self._idle.clear()
            # So that all that this turn brings is handed over at once.
            self._loop.call_soon(self._hand_over)
        elif not self._under_way and len(self._waiting) >= _ENOUGH:
            self._take_all()
        self._waiting.append(entry)

    async def close(self) -> None:
        """Wait for what is being written, and let the thread and its connection go."""
        while self.healthy and not self._idle.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_AGAIN):
                    await self._idle.wait()
        self._batches.put(None)
        # A database that hangs must not keep the process: the thread is a daemon, and recovery has what is missing.
        await asyncio.to_thread(self._thread.join, _CLOSE_SECONDS)

    def _hand_over(self) -> None:
        if self._waiting:
            self._take_all()

    def _take_all(self) -> None:
        waiting, self._waiting = self._waiting, []
        batch = _Batch([], [])
        for entry in waiting:
            if len(batch.entries) == _MOST_ENTRIES or batch.size > _MOST_BYTES:
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
        self._batches.put(batch)

    def _work(self) -> None:
        """The journal's thread: whatever was handed over during one transaction becomes the next."""
        while (batch := self._batches.get()) is not None:
            batches = [batch]
            count, size = len(batch.entries), batch.size
            with suppress(Empty):
                while count < _MOST_ENTRIES and size < _MOST_BYTES:
                    if (more := self._batches.get_nowait()) is None:
                        self._batches.put(None)  # the end, once this is written
                        break
                    batches.append(more)
                    count += len(more.entries)
                    size += more.size
            merged = batch if len(batches) == 1 else _merge(batches)
            start = perf_counter()
            try:
                _write(merged, self._defer)
            except Exception as error:
                # A fault of our own; nothing of the batch is recorded, and the others must go on.
                logger.error("the journal failed on a batch", exc_info=error)
                merged.refused = dict.fromkeys(range(count), RuntimeError("the journal failed"))
            merged.seconds = perf_counter() - start
            self._loop.call_soon_threadsafe(self._ended, merged, len(batches))
        connections.close_all()

    def _ended(self, batch: _Batch, parts: int) -> None:
        self._under_way -= parts
        if batch.failure is not None:
            self._away(batch, batch.failure)
            return
        if not self.healthy:
            logger.warning("the journal is writing again")
        self.healthy = True
        self.figures.transactions += 1
        self.figures.entries += len(batch.entries)
        self.figures.seconds += batch.seconds
        for place, entry in enumerate(batch.entries):
            if batch.refused and (refusal := batch.refused.get(place)):
                entry.failed(refusal)
            else:
                entry.written()
        if not (self._under_way or self._waiting):
            self._idle.set()

    def _away(self, batch: _Batch, error: Exception) -> None:
        """The database did not take the batch: whoever cannot wait is told, the rest is tried again."""
        self.figures.failures += 1
        if self.healthy:
            logger.error("the journal cannot write: %s: %s", type(error).__name__, error)
        self.healthy = False
        unavailable = JournalUnavailable(str(error))
        # Where nothing is left to be written, an empty batch still shows when the database is back. Of the length that
        # the loop hands over: a longer one would grow with every failure.
        again = _Batch([], [], tries=batch.tries + 1)
        self._to_forget += batch.forget
        parts = [again]
        for entry, row in zip(batch.entries, batch.rows, strict=True):
            if entry.patient:
                if len(again.entries) == _MOST_ENTRIES:
                    parts.append(again := _Batch([], [], tries=batch.tries + 1))
                again.entries.append(entry)
                again.rows.append(row)
                again.size += entry.size
                continue
            # If the connection broke while it committed, the run may be there; its client was told that it is not.
            self._to_forget.append(row[1][0])
            entry.failed(unavailable)
        delay = _RETRY_DELAYS[min(batch.tries, len(_RETRY_DELAYS) - 1)]
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


def _write(batch: _Batch, defer: Defer | None) -> None:
    """Write a batch, and set its `failure` and `refused`; runs in the journal's thread."""
    again = batch.tries > 0  # an earlier try may have been committed after all: the connection broke while it was
    try:
        if batch.forget:
            _forget(batch.forget)
        batch.refused.update(_transaction(batch.rows, again, defer))
    except (OperationalError, InterfaceError) as error:
        batch.failure = error
        _discard_connection()
    except (DatabaseError, RunLost, ValueError, OverflowError) as error:
        # One entry is at fault. Alone, each shows whether it is that one, and the others are not harmed.
        if len(batch.rows) == 1:
            batch.refused[0] = error
            return
        for place, row in enumerate(batch.rows):
            try:
                if repeated := _transaction([row], again, defer):
                    batch.refused[place] = repeated[0]
            except (OperationalError, InterfaceError) as failure:
                # What was written before this one is written; the retry passes over it.
                batch.failure = failure
                _discard_connection()
                return
            except (DatabaseError, RunLost, ValueError, OverflowError) as refusal:
                batch.refused[place] = refusal


def _discard_connection() -> None:
    try:
        connection.close()
    except DatabaseError:
        connection.connection = None


def _forget(run_ids: list[str]) -> None:
    # Unless another process has taken it for one of a dead process's, and runs it.
    for start in range(0, len(run_ids), _MOST_ENTRIES):
        Run.objects.filter(id__in=run_ids[start : start + _MOST_ENTRIES], attempt=1).delete()


def _transaction(rows: list[Row], again: bool, defer: Defer | None) -> dict[int, Repeated]:
    """Record rows. Returns, by place, those that were not, since a run has their key."""
    if not rows:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE runs_executor SET pid = pid")  # shows that the database takes writes
        return {}
    fresh = connection.connection is None
    connection.ensure_connection()
    with connection.wrap_database_errors:
        if connection.vendor == "sqlite":
            if fresh:
                _prepare_sqlite(connection.connection)
            return _write_sqlite(connection.connection, rows, again)
        return _write_postgresql(connection.connection, rows, again, defer)


# SQLite. All rows go into one view in one statement, which is its own transaction; a trigger puts each where it
# belongs. Python's sqlite3 gives up the interpreter's lock once for each step of each statement, and every time has
# to wrestle it back from the event loop: one statement costs that once, six cost the loop more than the writing.

_WIDTH = max(len(_RUN) + len(_DELIVERY), len(_SEGMENT) + 1 + len(_FINISH))
_SLOTS = [f"v{place}" for place in range(_WIDTH)]
# With zeros, not None: for each None (and bytes) sqlite3 looks for an adapter, in vain and in longer than it writes.
_PADDING = [(0,) * (_WIDTH - length) for length in range(_WIDTH + 1)]
_KEY_PLACES = ("events", "attempt", "started_at")  # of a run, where its key, fingerprint and expiry are in a row
# Numbers of rows for which a statement is kept; what is left over is filled with rows of no kind.
_LENGTHS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, _MOST_ENTRIES, 2 * _MOST_ENTRIES)


def _prepare_sqlite(raw: Any) -> None:
    def insert(table: str, columns: tuple[str, ...], slots: list[str], condition: str = "") -> str:
        values = ", ".join(f"NEW.{slot}" for slot in slots)
        given = f"SELECT {values} WHERE {condition}" if condition else f"VALUES ({values})"
        return f"INSERT INTO {table} ({', '.join(columns)}) {given};"

    delivery = ("run_id", *_DELIVERY)
    run_slots, delivery_slots = _SLOTS[: len(_RUN)], [_SLOTS[0], *_SLOTS[len(_RUN) :]][: len(delivery)]
    segment_slots, attempt = _SLOTS[: len(_SEGMENT)], _SLOTS[len(_SEGMENT)]
    sets = ", ".join(
        f"{column} = NEW.{slot}" for column, slot in zip(_FINISH, _SLOTS[len(_SEGMENT) + 1 :], strict=False)
    )
    own = f"id = NEW.v0 AND attempt = NEW.{attempt}"
    # A run with a key has it where every new run has the same: it has no events, attempt 1, and starts when it is made.
    key, fingerprint, expires_at, now = (f"NEW.v{_RUN.index(name)}" for name in (*_KEY_PLACES, "created_at"))
    known = {"events": "0", "attempt": "1", "started_at": now}
    keyed = [known.get(name, f"NEW.{slot}") for name, slot in zip(_RUN, run_slots, strict=True)]
    keyed_run = ", ".join([*keyed, key, fingerprint, expires_at])
    raw.executescript(  # the names in it are our own
        f"""
        PRAGMA busy_timeout = {_BUSY_MILLISECONDS};
        CREATE TEMP VIEW IF NOT EXISTS journal AS SELECT NULL AS kind, {", ".join(f"NULL AS {s}" for s in _SLOTS)};
        CREATE TEMP TABLE IF NOT EXISTS journal_repeated (run_id, holder, fingerprint);
        CREATE TEMP TRIGGER IF NOT EXISTS journal_run INSTEAD OF INSERT ON journal WHEN NEW.kind = {RUN} BEGIN
            {insert("runs_run", _RUN, run_slots)}
            {insert("runs_delivery", delivery, delivery_slots)}
        END;
        CREATE TEMP TRIGGER IF NOT EXISTS journal_keyed INSTEAD OF INSERT ON journal WHEN NEW.kind = {_KEYED_RUN} BEGIN
            UPDATE runs_run SET idempotency_key = NULL WHERE idempotency_key = {key} AND key_expires_at <= {now};
            INSERT INTO runs_run ({", ".join((*_RUN, *_KEY))}) VALUES ({keyed_run}) {_UNLESS_KNOWN};
            {insert("runs_delivery", delivery, delivery_slots, "changes() = 1")}
            INSERT INTO journal_repeated SELECT NEW.v0, id, fingerprint FROM runs_run
                WHERE idempotency_key = {key} AND id <> NEW.v0;
        END;
        CREATE TEMP TRIGGER IF NOT EXISTS journal_events INSTEAD OF INSERT ON journal WHEN NEW.kind = {EVENTS} BEGIN
            SELECT RAISE(ABORT, '{_LOST}') WHERE NOT EXISTS (SELECT 1 FROM runs_run WHERE {own});
            {insert("runs_segment", _SEGMENT, segment_slots)}
        END;
        CREATE TEMP TRIGGER IF NOT EXISTS journal_end INSTEAD OF INSERT ON journal WHEN NEW.kind = {END} BEGIN
            UPDATE runs_run SET events = NEW.v1, {sets} WHERE {own};
            SELECT RAISE(ABORT, '{_LOST}') WHERE changes() = 0;
            {insert("runs_segment", _SEGMENT, segment_slots)}
        END;
        """  # noqa: S608
    )


def _write_sqlite(raw: Any, rows: list[Row], again: bool) -> dict[int, Repeated]:
    flat: list[Any] = []
    any_key = False
    for kind, values, key in rows:
        if key is None:
            flat += (kind, *values, *_PADDING[len(values)])
        else:
            any_key = True
            flat += (_KEYED_RUN, *_with_key(values, key), *_PADDING[len(values)])
    length = next(length for length in _LENGTHS if length >= len(rows))
    flat += (0,) * ((length - len(rows)) * (_WIDTH + 1))
    try:
        raw.execute(_statement(length, again), flat)
    except sqlite3.IntegrityError as error:
        if str(error) == _LOST:
            raise RunLost(_LOST) from None
        raise
    if not any_key or not (repeated := raw.execute("SELECT * FROM journal_repeated").fetchall()):
        return {}
    raw.execute("DELETE FROM journal_repeated")
    holders = {run_id: Repeated(holder, fingerprint) for run_id, holder, fingerprint in repeated}
    return {place: holders[values[0]] for place, (_, values, _) in enumerate(rows) if values[0] in holders}


_KEY_INDICES = [_RUN.index(name) for name in _KEY_PLACES]


def _with_key(values: tuple[Any, ...], key: Key) -> list[Any]:
    """The values of a run, with its key where `_prepare_sqlite` looks for it."""
    row = list(values)
    for place, value in zip(_KEY_INDICES, key, strict=True):
        row[place] = value
    return row


@lru_cache(maxsize=64)
def _statement(length: int, again: bool) -> str:
    row = f"({', '.join('?' * (_WIDTH + 1))})"
    return f"INSERT {'OR IGNORE ' if again else ''}INTO journal VALUES {', '.join([row] * length)}"  # noqa: S608


# PostgreSQL: some rows in one statement, and one statement after the other.

_OWN_TYPES = ("varchar", "int")
_END_TYPES = ("varchar", "int", "int", "varchar", "timestamptz", "float8", "text", "text", "text")


def _write_postgresql(raw: Any, rows: list[Row], again: bool, defer: Defer | None) -> dict[int, Repeated]:
    events = [values for kind, values, _ in rows if kind == EVENTS]
    ends = [values for kind, values, _ in rows if kind == END]
    run_id, last, attempt = 0, 1, len(_SEGMENT)
    with raw.transaction(), raw.cursor() as cursor:
        insert = partial(_insert, cursor, "ON CONFLICT DO NOTHING" if again else "")
        repeated = _insert_keyed(cursor, rows) if any(key for _, _, key in rows) else {}
        new = [(kind, values, key) for place, (kind, values, key) in enumerate(rows) if place not in repeated]
        runs = [values for kind, values, _ in new if kind == RUN]
        queued = [values for kind, values, _ in new if kind == QUEUED]
        insert("runs_run", _RUN, [values[: len(_RUN)] for kind, values, key in new if kind == RUN and key is None])
        if queued:
            engine = Run.Engine.PROCRASTINATE.value
            insert("runs_run", (*_RUN, "engine"), [
                (*values[: len(_RUN)], engine) for kind, values, key in new if kind == QUEUED and key is None
            ])  # fmt: skip
            if defer is None:
                raise ValueError("there are no workers for this run")
            defer([values[-1] for values in queued])
        deliveries = [(values[run_id], *values[len(_RUN) : len(_RUN) + len(_DELIVERY)]) for values in runs + queued]
        insert("runs_delivery", ("run_id", *_DELIVERY), deliveries)
        # Held until the commit, so that no other process can take these runs over between the look and the writing.
        own = [(values[run_id], values[attempt]) for values in events]
        done = [(values[run_id], values[attempt], values[last], *values[attempt + 1 :]) for values in ends]
        if _touch(cursor, _lock, own) + _touch(cursor, _update, done) != len(events) + len(ends):
            raise RunLost(_LOST)
        insert("runs_segment", _SEGMENT, [values[:attempt] for values in events + ends])
    return repeated


def _insert_keyed(cursor: Any, rows: list[Row]) -> dict[int, Repeated]:
    """Insert the runs that have keys. Returns, by place, those that were not, since a run has their key."""
    engines = {RUN: Run.Engine.LOCAL.value, QUEUED: Run.Engine.PROCRASTINATE.value}
    # In the order of the keys, so that two processes never wait for each other.
    keyed = sorted((key, kind, values) for kind, values, key in rows if key is not None)
    keys = [key.key for key, _, _ in keyed]
    cursor.execute(
        "UPDATE runs_run SET idempotency_key = NULL WHERE id IN (SELECT id FROM runs_run"
        " WHERE idempotency_key = ANY(%s) AND key_expires_at <= %s ORDER BY idempotency_key FOR UPDATE)",
        [keys, datetime.now(UTC)],
    )
    # One that another process is writing is waited for.
    new = [(*values[: len(_RUN)], engines[kind], *key) for key, kind, values in keyed]
    _insert(cursor, _UNLESS_KNOWN, "runs_run", (*_RUN, "engine", *_KEY), new)
    cursor.execute("SELECT idempotency_key, id, fingerprint FROM runs_run WHERE idempotency_key = ANY(%s)", [keys])
    holders = {key: Repeated(run_id, fingerprint) for key, run_id, fingerprint in cursor.fetchall()}
    repeated: dict[int, Repeated] = {}
    for place, (_, values, key) in enumerate(rows):
        if key is not None:
            # Without a holder, that run was deleted just now.
            holder = holders.get(key.key) or Repeated("", key.fingerprint)
            if holder.run_id != values[0]:
                repeated[place] = holder
    return repeated


def _insert(cursor: Any, conflict: str, table: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    for part in _parts(rows):
        cursor.execute(_insertion(table, columns, len(part), conflict), [value for row in part for value in row])


def _touch(cursor: Any, statement: Callable[[int], str], rows: list[tuple[Any, ...]]) -> int:
    count = 0
    for part in _parts(rows):
        cursor.execute(statement(len(part)), [value for row in part for value in row])
        count += cursor.rowcount
    return count


def _parts(rows: list[tuple[Any, ...]]) -> Iterable[list[tuple[Any, ...]]]:
    """Cut into lengths that are powers of two, at most 256: so few that each statement is prepared just once."""
    place = 0
    while left := len(rows) - place:
        length = 256 if left >= 256 else 1 << (left.bit_length() - 1)
        yield rows[place : place + length]
        place += length


@lru_cache(maxsize=128)
def _insertion(table: str, columns: tuple[str, ...], count: int, conflict: str) -> str:
    row = f"({', '.join(['%s'] * len(columns))})"
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([row] * count)} {conflict}"  # noqa: S608


def _values(types: tuple[str, ...], count: int, columns: tuple[str, ...]) -> str:
    row = f"({', '.join(f'%s::{kind}' for kind in types)})"
    return f"(VALUES {', '.join([row] * count)}) AS v ({', '.join(columns)})"


@lru_cache(maxsize=32)
def _lock(count: int) -> str:
    given = _values(_OWN_TYPES, count, ("id", "attempt"))
    return (
        f"SELECT r.id FROM runs_run r JOIN {given} ON r.id = v.id AND r.attempt = v.attempt"  # noqa: S608
        " ORDER BY r.id FOR KEY SHARE OF r"
    )


@lru_cache(maxsize=32)
def _update(count: int) -> str:
    given = _values(_END_TYPES, count, ("id", "attempt", "events", *_FINISH))
    sets = ", ".join(f"{column} = v.{column}" for column in ("events", *_FINISH))
    return f"UPDATE runs_run SET {sets} FROM {given} WHERE runs_run.id = v.id AND runs_run.attempt = v.attempt"  # noqa: S608
