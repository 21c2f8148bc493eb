# ruff: noqa: S608 - the names in statements are our own
"""
Write rows into PostgreSQL.

One statement writes them. It is its own transaction, is planned once per connection, and takes each column as an array:
parsing, planning and answering statements whose text grows with the rows costs more than writing them.
"""

from contextlib import nullcontext
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from runs import clock_guard
from runs.journal.jobs import defer
from runs.journal.rows import (
    DELIVERY_COLUMNS,
    END,
    EVENTS,
    FINISH_COLUMNS,
    KEY_COLUMNS,
    PAUSE,
    PAUSE_COLUMNS,
    QUEUED,
    RUN,
    RUN_COLUMNS,
    SEGMENT_COLUMNS,
    STEP_COLUMNS,
    WITHOUT_STEPS,
    Repeated,
    Row,
    RunLost,
)

# The types of the columns in `rows`. Values of the plain types need no quotes within an array.
_PLAIN = frozenset({"int", "bigint", "float8", "timestamptz"})
_RUN_TYPES = (
    "varchar",
    "varchar",
    "bigint",
    "varchar",
    "jsonb",
    "float8",
    "varchar",
    "varchar",
    "bigint",
    "timestamptz",
    "timestamptz",
    "int",
)
_ENGINE_AND_KEY, _ENGINE_AND_KEY_TYPES = ("engine", *KEY_COLUMNS), ("varchar", "varchar", "timestamptz")
_DELIVERY_TYPES = ("text", "text", "jsonb", "text", "jsonb", "text", "bytea")
_SEGMENT_TYPES = ("varchar", "int", "int", "timestamptz", "text")
_FINISH_TYPES = ("varchar", "timestamptz", "float8", "text", "text", "text")
_PAUSE_TYPES = ("varchar", "timestamptz", "text", "text", "text")
_STEP_TYPES = (
    "varchar",
    "int",
    "varchar",
    "varchar",
    "varchar",
    "int",
    "text",
    "int",
    "varchar",
    "int",
    "varchar",
    "text",
    "timestamptz",
    "float8",
)
_NO_KEY = (None, None)
_JOB = len(RUN_COLUMNS) + len(DELIVERY_COLUMNS)  # the index of the job in a QUEUED row
_OWNED = frozenset({EVENTS, END, PAUSE, *WITHOUT_STEPS})  # the kinds of rows that a run's owner writes
_ENGINES = {RUN: "local", QUEUED: "procrastinate"}  # `Run.Engine`


def prepare(raw: Any) -> None:
    """Set up a new connection for `write`."""
    raw.prepare_threshold = 0
    # A few rows are looked up by their keys. The plan may be made while the tables are empty, when a sequential scan
    # seems as good, and is kept while they grow.
    raw.execute(
        "SELECT set_config('plan_cache_mode', 'force_generic_plan', false), set_config('enable_seqscan', 'off', false),"
        " set_config('enable_hashjoin', 'off', false), set_config('enable_mergejoin', 'off', false)"
    )


def write(raw: Any, rows: list[Row], again: bool) -> dict[int, Repeated | RunLost]:
    """See `transactions.record`."""
    from psycopg import (
        Cursor,  # only on PostgreSQL; not Django's cursor, which puts the parameters into the statement's text
    )

    if len({values[0] for _, values, _ in rows}) < len(rows):
        raise RunLost  # two rows of one run: the writer then writes each row alone, to see whose lease is lost
    has_jobs = any(kind == QUEUED for kind, _, _ in rows)
    with Cursor(raw) as cursor, raw.transaction() if has_jobs else nullcontext():
        done = _insert(cursor, rows, again)
    places = [place for place, (_, values, _) in enumerate(rows) if values[0] not in done]
    undone: dict[int, Repeated | RunLost] = {place: RunLost() for place in places if rows[place][0] in _OWNED}
    # Other runs have these keys, which may have expired, as in `sql_sqlite`. In the order of the keys, so that two
    # processes never wait for each other.
    left = sorted((key, place) for place in places if (key := rows[place][2]) is not None)
    if not left:
        return undone
    with Cursor(raw) as cursor, raw.transaction():
        keys = [key[0] for key, _ in left]
        seen = cursor.execute(f"SELECT clock_seen FROM {clock_guard.TABLE}").fetchone()
        expired_at = clock_guard.expiry_time(datetime.now(UTC), seen[0] if seen else None)
        cursor.execute(
            "UPDATE runs_run SET idempotency_key = NULL WHERE id IN (SELECT id FROM runs_run"
            " WHERE idempotency_key = ANY(%s) AND key_expires_at <= %s AND id <> ALL(%s)"
            " ORDER BY idempotency_key FOR UPDATE)",
            [keys, expired_at, [rows[place][1][0] for _, place in left]],  # not what an earlier try committed
        )
        done = _insert(cursor, [rows[place] for _, place in left], again)
        cursor.execute("SELECT idempotency_key, id FROM runs_run WHERE idempotency_key = ANY(%s)", [keys])
        holders: dict[str, str] = dict(cursor.fetchall())
    for key, place in left:
        run_id = rows[place][1][0]
        # Without a holder, the run that had the key was deleted just now.
        holder = holders.get(key[0], "")
        if run_id not in done and holder != run_id:  # else an earlier try was committed after all
            undone[place] = Repeated(holder)
    return undone


def _insert(cursor: Any, rows: list[Row], again: bool) -> set[str]:
    """
    Write rows, except new runs whose keys other runs have, and events of runs that have other owners.

    Returns:
        The ids of the runs whose rows are written. On a retry, new runs that were written before are left out.
    """
    runs = [row for row in rows if row[0] in _ENGINES]
    # The statement waits for keys that another process is writing: in the order of the keys, as above.
    any_key = any(key for _, _, key in runs)
    if any_key:
        runs.sort(key=_key_of)
    parts: list[str] = []
    parameters: list[Any] = []
    if runs:
        parts.append("keyed" if any_key else "runs")
        whole = [(*values[:_JOB], _ENGINES[kind], *(key or _NO_KEY)) for kind, values, key in runs]
        parameters += _columns((*_RUN_TYPES, *_DELIVERY_TYPES, *_ENGINE_AND_KEY_TYPES), whole)
    steps: list[tuple[Any, ...]] = []
    if any(kind in WITHOUT_STEPS for kind, _, _ in rows):
        steps = [step for kind, values, _ in rows if kind in WITHOUT_STEPS for step in values[-1]]
        rows = [
            (WITHOUT_STEPS[kind], values[:-1], key) if kind in WITHOUT_STEPS else (kind, values, key)
            for kind, values, key in rows
        ]
    if ends := [values for kind, values, _ in rows if kind == END]:
        parts.append("ends")
        parameters += _columns((*_SEGMENT_TYPES, "bigint", *_FINISH_TYPES), ends)
    if pauses := [values for kind, values, _ in rows if kind == PAUSE]:
        parts.append("pauses")
        parameters += _columns((*_SEGMENT_TYPES, "bigint", *_PAUSE_TYPES), pauses)
    if events := [values for kind, values, _ in rows if kind == EVENTS]:
        parts.append("events")
        parameters += _columns((*_SEGMENT_TYPES, "bigint"), events)
    if steps:
        parts.append("steps")
        parameters += _columns(_STEP_TYPES, steps)
    cursor.execute(_statement(tuple(parts), again), parameters, prepare=True)
    done = set((cursor.fetchone()[0] or "").split(","))
    if jobs := [values[_JOB] for kind, values, _ in runs if kind == QUEUED and values[0] in done]:
        defer(jobs)
    return done


def _key_of(row: Row) -> str:
    return row[2][0] if row[2] is not None else ""


def _columns(types: tuple[str, ...], rows: list[tuple[Any, ...]]) -> list[Any]:
    """Return each column of rows as a parameter of a statement."""
    return [
        list(column) if kind == "bytea" else _array(kind in _PLAIN, column)
        for kind, column in zip(types, zip(*rows, strict=True), strict=True)
    ]


def _array(plain: bool, column: tuple[Any, ...]) -> str:
    """Return an array in PostgreSQL's text format (documentation, 8.15.6). Psycopg takes four times as long."""
    if plain:
        values = ["NULL" if value is None else str(value) for value in column]
    else:
        values = ["NULL" if value is None else _quoted(value) for value in column]
    return "{" + ",".join(values) + "}"


def _quoted(value: str) -> str:
    escaped = value.replace("\\", r"\\").replace('"', r"\"")
    return f'"{escaped}"'


@lru_cache(maxsize=64)
def _statement(parts: tuple[str, ...], again: bool) -> str:
    """
    Return the text of the statement.

    Args:
        parts: The kinds of rows: "runs", or "keyed" runs, which may conflict; "ends"; "pauses"; "events"; "steps".
        again: Whether an earlier try may have written all rows.
    """

    def unnested(types: tuple[str, ...], columns: tuple[str, ...]) -> str:
        arrays = ", ".join(f"%{'b' if kind == 'bytea' else 's'}::{kind}[]" for kind in types)
        return f"unnest({arrays}) AS v ({', '.join(columns)})"

    unless_known = "ON CONFLICT DO NOTHING"
    steps: list[str] = []
    done: list[str] = []
    if "runs" in parts or "keyed" in parts:
        types = (*_RUN_TYPES, *_DELIVERY_TYPES, *_ENGINE_AND_KEY_TYPES)
        rows = unnested(types, (*RUN_COLUMNS, *DELIVERY_COLUMNS, *_ENGINE_AND_KEY))
        columns = ", ".join((*RUN_COLUMNS, *_ENGINE_AND_KEY))
        careful = again or "keyed" in parts
        steps += [
            f"given AS (SELECT * FROM {rows})",
            f"new AS (INSERT INTO runs_run ({columns}, attempt) SELECT {columns}, 1 FROM given"
            f" {unless_known if careful else ''} RETURNING id)",
            f"deliveries AS (INSERT INTO runs_delivery (run_id, {', '.join(DELIVERY_COLUMNS)})"
            f" SELECT id, {', '.join(DELIVERY_COLUMNS)} FROM given"
            # Written like this, it is looked up in a hash, not joined row by row.
            f" {'WHERE (id IN (SELECT id FROM new)) IS TRUE' if careful else ''})",
        ]
        done.append("SELECT id FROM new")
    segment = ", ".join(f"v.{column}" for column in SEGMENT_COLUMNS)
    own = "r.id = v.run_id AND r.lease = v.lease"
    if "ends" in parts:
        rows = unnested((*_SEGMENT_TYPES, "bigint", *_FINISH_TYPES), (*SEGMENT_COLUMNS, "lease", *FINISH_COLUMNS))
        sets = ", ".join(f"{column} = v.{column}" for column in FINISH_COLUMNS)
        steps.append(
            f"ends AS (UPDATE runs_run AS r SET events = v.last, {sets} FROM {rows} WHERE {own} RETURNING {segment})"
        )
    if "pauses" in parts:
        rows = unnested((*_SEGMENT_TYPES, "bigint", *_PAUSE_TYPES), (*SEGMENT_COLUMNS, "lease", *PAUSE_COLUMNS))
        sets = ", ".join(f"{column} = v.{column}" for column in PAUSE_COLUMNS)
        steps.append(
            f"pauses AS (UPDATE runs_run AS r SET events = v.last, executor_id = 0, {sets} FROM {rows} WHERE {own}"
            f" RETURNING {segment})"
        )
    if "events" in parts:
        rows = unnested((*_SEGMENT_TYPES, "bigint"), (*SEGMENT_COLUMNS, "lease"))
        # Locked until the commit, so that no other process can take these runs over between the check and the insert.
        steps.append(
            f"events AS (SELECT {segment} FROM runs_run AS r JOIN {rows} ON {own} ORDER BY r.id FOR KEY SHARE OF r)"
        )
    if with_events := [part for part in parts if part in ("ends", "pauses", "events")]:
        # A run can pause without events.
        rows = " UNION ALL ".join(
            f"SELECT * FROM {part}{' WHERE first <= last' if part == 'pauses' else ''}" for part in with_events
        )
        conflict = unless_known if again else ""
        steps.append(f"segments AS (INSERT INTO runs_segment ({', '.join(SEGMENT_COLUMNS)}) {rows} {conflict})")
        done += [f"SELECT run_id FROM {part}" for part in with_events]
        if "steps" in parts:
            owned = " UNION ALL ".join(f"SELECT run_id FROM {part}" for part in with_events)
            columns = ", ".join(STEP_COLUMNS)
            steps.append(
                f"steps AS (INSERT INTO runs_steprecord ({columns})"
                f" SELECT * FROM {unnested(_STEP_TYPES, STEP_COLUMNS)} WHERE v.run_id IN ({owned}) {conflict})"
            )
    return f"WITH {', '.join(steps)} SELECT string_agg(id, ',') FROM ({' UNION ALL '.join(done)}) AS done (id)"
