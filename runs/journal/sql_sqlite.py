# ruff: noqa: S608 - the names in statements are our own
"""
Write rows into SQLite.

One statement, which is its own transaction, inserts all rows into one view, and triggers put each into its tables.
Python's sqlite3 releases the interpreter lock at each step of each statement, and has to acquire it again in
competition with other threads: one statement pays for that once, and six pay more than the writing costs.
"""

import sqlite3
from contextlib import nullcontext
from functools import lru_cache
from typing import Any

from django.conf import settings

from runs import clock_guard
from runs.journal.rows import (
    DELIVERY_COLUMNS,
    END,
    EVENTS,
    FINISH_COLUMNS,
    KEY_COLUMNS,
    MAX_ROWS,
    PAUSE,
    PAUSE_COLUMNS,
    RUN,
    RUN_COLUMNS,
    SEGMENT_COLUMNS,
    STEP_COLUMNS,
    WITHOUT_STEPS,
    Key,
    Repeated,
    Row,
    RunLost,
)

_KEYED_RUN, _STEP = 101, 102  # internal kinds: a RUN that has a key; a StepRow, whose run's row comes before it
_VIEW, _WHOLE_VIEW = "journal", "journal_whole"
_PLAIN = frozenset({RUN, _KEYED_RUN, EVENTS, END})  # the kinds that `_VIEW` takes
_LOST = str(RunLost())  # the message with which the triggers raise it
_UNLESS_KNOWN = "ON CONFLICT (idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING"

_WIDTH = max(len(RUN_COLUMNS) + len(DELIVERY_COLUMNS), len(SEGMENT_COLUMNS) + 1 + len(FINISH_COLUMNS))
_SLOTS = [f"v{place}" for place in range(_WIDTH)]
# With zeros, not None: for each None (and bytes) sqlite3 searches in vain for an adapter, which is slower than writing.
_PADDING = [(0,) * (_WIDTH - length) for length in range(_WIDTH + 1)]
_FIRST = "1"  # the attempt of a new run
_KEY_PLACES = ("events", "started_at")  # the columns of a RUN that carry its key and the key's expiry
_CHANGES = {RUN: 2, EVENTS: 1, END: 2, PAUSE: 2}  # how many table rows one row of each kind changes
# Numbers of rows for which a statement is cached; the remaining places are filled with rows of no kind.
_LENGTHS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, MAX_ROWS, 2 * MAX_ROWS)


def prepare(raw: Any) -> None:
    """Set up a new connection for `write`."""

    def insert(
        table: str, columns: tuple[str, ...], slots: list[str], condition: str = "", constants: tuple[str, ...] = ()
    ) -> str:
        values = ", ".join([*(f"NEW.{slot}" for slot in slots), *constants])
        source = f"SELECT {values} WHERE {condition}" if condition else f"VALUES ({values})"
        return f"INSERT INTO {table} ({', '.join(columns)}) {source};"

    delivery = ("run_id", *DELIVERY_COLUMNS)
    run_slots, delivery_slots = _SLOTS[: len(RUN_COLUMNS)], [_SLOTS[0], *_SLOTS[len(RUN_COLUMNS) :]][: len(delivery)]
    segment_slots, lease = _SLOTS[: len(SEGMENT_COLUMNS)], _SLOTS[len(SEGMENT_COLUMNS)]
    finish_slots = _SLOTS[len(SEGMENT_COLUMNS) + 1 :]
    pause_sets = ", ".join(f"{column} = NEW.{slot}" for column, slot in zip(PAUSE_COLUMNS, finish_slots, strict=False))
    step_slots = _SLOTS[: len(STEP_COLUMNS)]
    sets = ", ".join(f"{column} = NEW.{slot}" for column, slot in zip(FINISH_COLUMNS, finish_slots, strict=False))
    own = f"id = NEW.v0 AND lease = NEW.{lease}"
    # A run with a key carries it in columns that are the same for every new run: it has no events, and starts when it
    # is created.
    key, expires_at, now = (f"NEW.v{RUN_COLUMNS.index(name)}" for name in (*_KEY_PLACES, "created_at"))
    known = {"events": "0", "started_at": now}
    keyed = [known.get(name, f"NEW.{slot}") for name, slot in zip(RUN_COLUMNS, run_slots, strict=True)]
    keyed_run = ", ".join([*keyed, key, expires_at, _FIRST])
    lost = f"SELECT RAISE(ABORT, '{_LOST}') WHERE"
    triggers = {
        RUN: insert("runs_run", (*RUN_COLUMNS, "attempt"), run_slots, constants=(_FIRST,))
        + insert("runs_delivery", delivery, delivery_slots),
        _KEYED_RUN: f"INSERT INTO runs_run ({', '.join((*RUN_COLUMNS, *KEY_COLUMNS, 'attempt'))}) VALUES ({keyed_run})"
        f" {_UNLESS_KNOWN}; {insert('runs_delivery', delivery, delivery_slots, 'changes() = 1')}",
        EVENTS: f"{lost} NOT EXISTS (SELECT 1 FROM runs_run WHERE {own});"
        f" {insert('runs_segment', SEGMENT_COLUMNS, segment_slots)}",
        END: f"UPDATE runs_run SET events = NEW.v1, {sets} WHERE {own}; {lost} changes() = 0;"
        f" {insert('runs_segment', SEGMENT_COLUMNS, segment_slots)}",
        PAUSE: f"UPDATE runs_run SET events = NEW.v1, executor_id = 0, {pause_sets} WHERE {own}; {lost} changes() = 0;"
        f" {insert('runs_segment', SEGMENT_COLUMNS, segment_slots, 'NEW.v2 <= NEW.v1')}",
        _STEP: insert("runs_steprecord", STEP_COLUMNS, step_slots),
    }
    script = [f"PRAGMA busy_timeout = {settings.SQLITE_BUSY_MILLISECONDS}"]
    # Each row enters all triggers of its view, so rows without steps have a view with fewer.
    for view, kinds in ((_VIEW, _PLAIN), (_WHOLE_VIEW, frozenset(triggers))):
        nothing = ", ".join(f"NULL AS {slot}" for slot in _SLOTS)
        script.append(f"CREATE TEMP VIEW IF NOT EXISTS {view} AS SELECT NULL AS kind, {nothing}")
        script += [
            f"CREATE TEMP TRIGGER IF NOT EXISTS {view}_{kind} INSTEAD OF INSERT ON {view} WHEN NEW.kind = {kind}"
            f" BEGIN {body} END"
            for kind, body in triggers.items()
            if kind in kinds
        ]
    raw.executescript(";\n".join(script))


def write(raw: Any, rows: list[Row], again: bool) -> dict[int, Repeated | RunLost]:
    """See `transactions.record`. There are no workers on SQLite, and so no jobs to defer."""
    left = _insert(raw, rows, again)
    if not left:
        return {}
    # Other runs have these keys, which may have expired. Checking that before each new run would cost as much as
    # recording the key; these are few, and their clients have no answer yet.
    places = {place: (values, key) for place, (_, values, key) in enumerate(rows) if key and values[0] in left}
    with raw:
        raw.execute("BEGIN IMMEDIATE")
        seen = raw.execute(f"SELECT clock_seen FROM {clock_guard.TABLE}").fetchone()
        raw.executemany(
            "UPDATE runs_run SET idempotency_key = NULL WHERE idempotency_key = ? AND key_expires_at <= ?",
            [(key[0], _expired_at(seen, values[_CREATED_AT])) for values, key in places.values()],
        )
        left = _insert(raw, [rows[place] for place in places], again)
        repeated: dict[int, Repeated | RunLost] = {}
        for place, (values, key) in places.items():
            if values[0] in left:
                holder = raw.execute("SELECT id FROM runs_run WHERE idempotency_key = ?", key[:1]).fetchone()
                repeated[place] = Repeated(holder[0] if holder else "")
    return repeated


def _expired_at(seen: tuple[Any] | None, created_at: str) -> str:
    """Return the time up to which keys have expired, as a value for the column."""
    moment = clock_guard.expiry_time(
        clock_guard.as_moment(created_at), clock_guard.as_moment(seen[0]) if seen else None
    )
    return moment.replace(tzinfo=None).isoformat(" ", "microseconds")


def _insert(raw: Any, rows: list[Row], again: bool) -> set[str]:
    """Insert rows. Return the ids of the runs that were left out because other runs have their keys."""
    flat: list[Any] = []
    keyed: list[str] = []
    changes = 0  # expected if nothing is left out
    count = len(rows)
    view = _VIEW
    for kind, values, key in rows:
        if kind >= PAUSE:
            view = _WHOLE_VIEW
        if kind in WITHOUT_STEPS:
            steps = values[-1]
            flat += (WITHOUT_STEPS[kind], *values[:-1], *_PADDING[len(values) - 1])
            for step in steps:
                flat += (_STEP, *step, *_PADDING[len(step)])
            count += len(steps)
            changes += _CHANGES[WITHOUT_STEPS[kind]] + len(steps)
            continue
        changes += _CHANGES[kind]
        if key is None:
            flat += (kind, *values, *_PADDING[len(values)])
        else:
            keyed.append(values[0])
            flat += (_KEYED_RUN, *_with_key(values, key), *_PADDING[len(values)])
    before = raw.total_changes
    try:
        if count <= _LENGTHS[-1]:
            _execute(raw, view, flat, count, again)
        else:
            _execute_in_parts(raw, view, flat, count, again)
    except sqlite3.IntegrityError as error:
        if str(error) == _LOST:
            raise RunLost from None
        raise
    if not keyed or raw.total_changes - before == changes:
        return set()
    # Some were left out, or an earlier try was in fact committed.
    places = ", ".join("?" * len(keyed))
    there = raw.execute(f"SELECT id FROM runs_run WHERE id IN ({places})", keyed)
    return set(keyed).difference(run_id for (run_id,) in there)


def _execute(raw: Any, view: str, flat: list[Any], count: int, again: bool) -> None:
    length = next(length for length in _LENGTHS if length >= count)
    flat += (0,) * ((length - count) * (_WIDTH + 1))
    raw.execute(_statement(view, length, again), flat)


def _execute_in_parts(raw: Any, view: str, flat: list[Any], count: int, again: bool) -> None:
    """Insert more rows than a statement may have parameters for: records of many steps."""
    with nullcontext() if raw.in_transaction else raw:
        if not raw.in_transaction:
            raw.execute("BEGIN IMMEDIATE")
        for first in range(0, count, _LENGTHS[-1]):
            last = min(first + _LENGTHS[-1], count)
            _execute(raw, view, flat[first * (_WIDTH + 1) : last * (_WIDTH + 1)], last - first, again)


_CREATED_AT = RUN_COLUMNS.index("created_at")
_EVENTS, _STARTED_AT = (RUN_COLUMNS.index(name) for name in _KEY_PLACES)


def _with_key(values: tuple[Any, ...], key: Key) -> list[Any]:
    """Return a run's values, with its key where the trigger of `prepare` reads it."""
    row = list(values)
    row[_EVENTS], row[_STARTED_AT] = key
    return row


@lru_cache(maxsize=64)
def _statement(view: str, length: int, again: bool) -> str:
    row = f"({', '.join('?' * (_WIDTH + 1))})"
    return f"INSERT {'OR IGNORE ' if again else ''}INTO {view} VALUES {', '.join([row] * length)}"
