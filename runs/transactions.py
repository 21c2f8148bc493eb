"""
What the journal records: rows, each of a kind, and the SQL that writes many of them in one transaction.

Nothing here needs Django's models: the writer is a process that has none.
"""

import sqlite3
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, transaction

# The kinds of rows, and the values of each in their order. A RUN brings its delivery with it, an END the run's last
# events. A QUEUED is a run for the workers, with its delivery; its last value is the arguments of its job.
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
_LOCAL, _PROCRASTINATE = "local", "procrastinate"  # `Run.Engine`

# Enough to share an fsync by hundreds, and few enough that one transaction stays short. A transaction may have up to
# twice as many: it takes what is there while it has fewer than this, and what is there comes in batches of up to this.
MOST_ROWS = 512
MOST_BYTES = 16 * 1024 * 1024
_LOST = "the run belongs to another attempt, or was deleted"

# What a run is recorded under, if nothing else is: the key, what its delivery is told by, and when it expires (a value
# for the column, as `Journal.now` gives it).
Key = tuple[str, str, str]
# What one entry adds in one transaction: a kind, values in the order given above, and its key if it has one. All of it
# plain values: it is sent to another process.
Row = tuple[int, tuple[Any, ...], Key | None]
Defer = Callable[[list[dict[str, Any]]], None]


class RunLost(Exception):
    """The run belongs to another attempt now: what this one had to say of it was not recorded."""

    def __init__(self) -> None:
        super().__init__(_LOST)


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


def record(rows: list[Row], again: bool, defer: Defer) -> dict[int, Repeated]:
    """
    Write rows in one transaction of Django's connection of this thread; where there are none, show that the database
    takes writes.

    Args:
        rows: What is written.
        again: Whether an earlier try may have been committed after all.
        defer: Enqueues jobs, given the arguments of each, in the transaction that is open.

    Returns:
        By place, the runs that were not written, since another has their key.

    Raises:
        RunLost: What one row says is of a run that belongs to another attempt. Nothing was written.
        DatabaseError, ValueError, OverflowError: The database does not take one of them. Nothing was written.
    """
    if not rows:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE runs_executor SET pid = pid")
        return {}
    fresh = connection.connection is None
    connection.ensure_connection()
    with connection.wrap_database_errors:
        if connection.vendor == "sqlite":
            if fresh:
                _prepare_sqlite(connection.connection)
            return _write_sqlite(connection.connection, rows, again)
        return _write_postgresql(connection.connection, rows, again, defer)


def forget(run_ids: list[str]) -> None:
    """Take runs away, unless another process has taken one for a dead process's, and runs it."""
    with transaction.atomic(), connection.cursor() as cursor:
        for run_id in run_ids:
            cursor.execute("DELETE FROM runs_run WHERE id = %s AND attempt = 1", [run_id])
            if cursor.rowcount:
                cursor.execute("DELETE FROM runs_delivery WHERE run_id = %s", [run_id])
                cursor.execute("DELETE FROM runs_segment WHERE run_id = %s", [run_id])


def disconnect() -> None:
    """Let the connection go; the next use makes a new one."""
    try:
        connection.close()
    except DatabaseError:
        connection.connection = None


# SQLite. All rows go into one view in one statement, which is its own transaction; a trigger puts each where it
# belongs. Python's sqlite3 gives up the interpreter's lock once for each step of each statement, and every time has
# to wrestle it back from the event loop: one statement costs that once, six cost the loop more than the writing.

_WIDTH = max(len(_RUN) + len(_DELIVERY), len(_SEGMENT) + 1 + len(_FINISH))
_SLOTS = [f"v{place}" for place in range(_WIDTH)]
# With zeros, not None: for each None (and bytes) sqlite3 looks for an adapter, in vain and in longer than it writes.
_PADDING = [(0,) * (_WIDTH - length) for length in range(_WIDTH + 1)]
_KEY_PLACES = ("events", "attempt", "started_at")  # of a run, where its key, fingerprint and expiry are in a row
# Numbers of rows for which a statement is kept; what is left over is filled with rows of no kind.
_LENGTHS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, MOST_ROWS, 2 * MOST_ROWS)


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
        PRAGMA busy_timeout = {settings.SQLITE_BUSY_MILLISECONDS};
        CREATE TEMP VIEW IF NOT EXISTS journal AS SELECT NULL AS kind, {", ".join(f"NULL AS {s}" for s in _SLOTS)};
        CREATE TEMP TABLE IF NOT EXISTS journal_left_out (run_id);
        CREATE TEMP TRIGGER IF NOT EXISTS journal_run INSTEAD OF INSERT ON journal WHEN NEW.kind = {RUN} BEGIN
            {insert("runs_run", _RUN, run_slots)}
            {insert("runs_delivery", delivery, delivery_slots)}
        END;
        CREATE TEMP TRIGGER IF NOT EXISTS journal_keyed INSTEAD OF INSERT ON journal WHEN NEW.kind = {_KEYED_RUN} BEGIN
            INSERT INTO runs_run ({", ".join((*_RUN, *_KEY))}) VALUES ({keyed_run}) {_UNLESS_KNOWN};
            {insert("runs_delivery", delivery, delivery_slots, "changes() = 1")}
            INSERT INTO journal_left_out SELECT NEW.v0 WHERE changes() = 0;
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
    left = _insert_sqlite(raw, rows, again)
    if not left:
        return {}
    # Others have their keys, perhaps for longer than they may. To look for that before each new run would cost what
    # recording the key does; these are few, and nobody was told of them yet.
    places = {place: (values, key) for place, (_, values, key) in enumerate(rows) if key and values[0] in left}
    with raw:
        raw.execute("BEGIN IMMEDIATE")
        raw.executemany(
            "UPDATE runs_run SET idempotency_key = NULL WHERE idempotency_key = ? AND key_expires_at <= ?",
            [(key[0], values[_CREATED_AT]) for values, key in places.values()],
        )
        left = _insert_sqlite(raw, [rows[place] for place in places], again)
        repeated: dict[int, Repeated] = {}
        for place, (values, key) in places.items():
            if values[0] in left:
                holder = raw.execute("SELECT id, fingerprint FROM runs_run WHERE idempotency_key = ?", key[:1])
                run_id, fingerprint = holder.fetchone()
                if run_id != values[0]:  # else an earlier try was committed after all
                    repeated[place] = Repeated(run_id, fingerprint)
    return repeated


def _insert_sqlite(raw: Any, rows: list[Row], again: bool) -> set[str]:
    """Insert rows. Returns the runs that were left out, since there are runs with their keys."""
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
            raise RunLost from None
        raise
    if not any_key or not (left := raw.execute("SELECT run_id FROM journal_left_out").fetchall()):
        return set()
    raw.execute("DELETE FROM journal_left_out")
    return {run_id for (run_id,) in left}


_CREATED_AT = _RUN.index("created_at")
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


def _write_postgresql(raw: Any, rows: list[Row], again: bool, defer: Defer) -> dict[int, Repeated]:
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
            insert("runs_run", (*_RUN, "engine"), [
                (*values[: len(_RUN)], _PROCRASTINATE) for kind, values, key in new if kind == QUEUED and key is None
            ])  # fmt: skip
            defer([values[-1] for values in queued])
        deliveries = [(values[run_id], *values[len(_RUN) : len(_RUN) + len(_DELIVERY)]) for values in runs + queued]
        insert("runs_delivery", ("run_id", *_DELIVERY), deliveries)
        # Held until the commit, so that no other process can take these runs over between the look and the writing.
        own = [(values[run_id], values[attempt]) for values in events]
        done = [(values[run_id], values[attempt], values[last], *values[attempt + 1 :]) for values in ends]
        if _touch(cursor, _lock, own) + _touch(cursor, _update, done) != len(events) + len(ends):
            raise RunLost
        insert("runs_segment", _SEGMENT, [values[:attempt] for values in events + ends])
    return repeated


def _insert_keyed(cursor: Any, rows: list[Row]) -> dict[int, Repeated]:
    """Insert the runs that have keys. Returns, by place, those that were not, since a run has their key."""
    engines = {RUN: _LOCAL, QUEUED: _PROCRASTINATE}
    # In the order of the keys, so that two processes never wait for each other.
    keyed = sorted((key, kind, values) for kind, values, key in rows if key is not None)
    keys = [key for (key, _, _), _, _ in keyed]
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
            holder = holders.get(key[0]) or Repeated("", key[1])
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
