"""
The one writer: records what all runs of this process have to record, many in one transaction (group commit).

While one transaction is being committed, all that comes in waits and becomes the next one. There is no fixed delay:
alone, an entry is written at once; under load, hundreds share the cost of one fsync.
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache, partial
from time import perf_counter
from typing import Any, Protocol

from django.db import DatabaseError, InterfaceError, OperationalError, connection, connections

logger = logging.getLogger(__name__)

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
_DELIVERY = ("run_id", "method", "path", "path_params", "query_string", "headers", "client", "body")
_EVENT = ("run_id", "seq", "at", "data")
# The first two find the run: a run that now belongs to a later attempt is not touched.
_FINISH = ("id", "attempt", "status", "finished_at", "duration", "events", "error_type", "error_message", "traceback")
_FINISH_TYPES = ("varchar", "int", "varchar", "timestamptz", "float8", "int", "text", "text", "text")

# Enough to share an fsync by hundreds, and few enough that one transaction stays short.
_MOST_ENTRIES = 512
_MOST_BYTES = 16 * 1024 * 1024
_RETRY_DELAYS = (0.05, 0.1, 0.25, 0.5, 1.0)  # seconds; the last repeats


class JournalUnavailable(Exception):
    """The database cannot be written to at present; nothing was recorded."""


class RunLost(Exception):
    """The run belongs to another attempt now: what this one had to say of it was not recorded."""


@dataclass(slots=True)
class Rows:
    """What one entry adds in one transaction: column values in the order of the tuples above."""

    run: tuple[Any, ...] | None = None
    delivery: tuple[Any, ...] | None = None
    events: Sequence[tuple[str, int, datetime, str]] = ()
    finish: tuple[Any, ...] | None = None


class Entry(Protocol):
    """Who has something to record. All its methods are called on the event loop."""

    # True: keep trying while the database is away. False: fail at once, somebody waits for the answer.
    patient: bool
    size: int  # about how many bytes it is going to write

    def take(self) -> Rows:
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
    rows: list[Rows]
    failure: DatabaseError | InterfaceError | None = None
    # By place, for entries that failed alone while the others were written.
    refused: dict[int, Exception] = field(default_factory=dict)


class Journal:
    """Belongs to one event loop; its methods are called there."""

    def __init__(self) -> None:
        self.figures = Figures()
        self.healthy = True
        self._loop = asyncio.get_running_loop()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._waiting: list[Entry] = []
        self._busy = False
        self._retries = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def enlist(self, entry: Entry) -> None:
        """Have the entry written in the next transaction: it is asked by `take` when that one is made up."""
        self._waiting.append(entry)
        if not self._busy:
            self._busy = True
            self._idle.clear()
            # At the end of this turn of the loop, so that all that this turn brings shares the transaction.
            self._loop.call_soon(self._begin)

    async def close(self) -> None:
        """Wait for what is being written, and let the thread and its connection go."""
        if self.healthy:
            await self._idle.wait()
        await self._loop.run_in_executor(self._thread, connections.close_all)
        self._thread.shutdown(wait=False)

    def _begin(self) -> None:
        waiting = self._waiting
        count = size = 0
        for entry in waiting:
            if count == _MOST_ENTRIES or size > _MOST_BYTES:
                break
            count += 1
            size += entry.size
        self._waiting = waiting[count:]
        entries = waiting[:count]
        self._submit(_Batch(entries, [entry.take() for entry in entries]))

    def _submit(self, batch: _Batch) -> None:
        future = self._loop.run_in_executor(self._thread, _write, batch, self._retries > 0)
        future.add_done_callback(partial(self._ended, batch))

    def _ended(self, batch: _Batch, future: "asyncio.Future[float]") -> None:
        if future.cancelled():
            return
        if error := future.exception():
            # A fault of our own; nothing of the batch is recorded, and the others must go on.
            logger.error("the journal failed on a batch", exc_info=error)
            batch.refused = dict.fromkeys(range(len(batch.entries)), RuntimeError("the journal failed"))
        elif batch.failure is not None:
            self._away(batch, batch.failure)
            return
        if not self.healthy:
            logger.warning("the journal is writing again")
        self.healthy = True
        self._retries = 0
        self.figures.transactions += 1
        self.figures.entries += len(batch.entries)
        if not error:
            self.figures.seconds += future.result()
        for place, entry in enumerate(batch.entries):
            if batch.refused and (refusal := batch.refused.get(place)):
                entry.failed(refusal)
            else:
                entry.written()
        self._next()

    def _away(self, batch: _Batch, error: Exception) -> None:
        """The database did not take the batch: whoever cannot wait is told, the rest is tried again."""
        self.figures.failures += 1
        if self.healthy:
            logger.error("the journal cannot write: %s: %s", type(error).__name__, error)
        self.healthy = False
        unavailable = JournalUnavailable(str(error))
        patient = [place for place, entry in enumerate(batch.entries) if entry.patient]
        for entry in batch.entries:
            if not entry.patient:
                entry.failed(unavailable)
        # The same for all that has come in meanwhile.
        for entry in self._waiting:
            if not entry.patient:
                entry.failed(unavailable)
        self._waiting = [entry for entry in self._waiting if entry.patient]
        if not patient:
            self._next()
            return
        delay = _RETRY_DELAYS[min(self._retries, len(_RETRY_DELAYS) - 1)]
        self._retries += 1
        again = _Batch([batch.entries[place] for place in patient], [batch.rows[place] for place in patient])
        self._loop.call_later(delay, self._submit, again)

    def _next(self) -> None:
        if self._waiting:
            self._begin()
        else:
            self._busy = False
            self._idle.set()


def _write(batch: _Batch, again: bool) -> float:
    """
    Write a batch; runs in the journal's thread.

    Args:
        batch: What to write; its `failure` and `refused` are set here.
        again: Whether an earlier try may have been committed after all (the connection broke while committing).

    Returns:
        Seconds it took.
    """
    start = perf_counter()
    try:
        _transaction(batch.rows, again)
    except (OperationalError, InterfaceError) as error:
        batch.failure = error
        _discard_connection()
    except (DatabaseError, RunLost, ValueError, OverflowError) as error:
        # One entry is at fault. Alone, each shows whether it is that one, and the others are not harmed.
        if len(batch.rows) == 1:
            batch.refused[0] = error
        else:
            for place, rows in enumerate(batch.rows):
                try:
                    _transaction([rows], again)
                except (OperationalError, InterfaceError) as failure:
                    # What was written before this one is written; the retry passes over it.
                    batch.failure = failure
                    _discard_connection()
                    break
                except (DatabaseError, RunLost, ValueError, OverflowError) as refusal:
                    batch.refused[place] = refusal
    return perf_counter() - start


def _discard_connection() -> None:
    try:
        connection.close()
    except DatabaseError:
        connection.connection = None


def _transaction(batch: Iterable[Rows], again: bool) -> None:
    runs: list[tuple[Any, ...]] = []
    deliveries: list[tuple[Any, ...]] = []
    events: list[tuple[Any, ...]] = []
    finishes: list[tuple[Any, ...]] = []
    for rows in batch:
        if rows.run is not None:
            runs.append(rows.run)
        if rows.delivery is not None:
            deliveries.append(rows.delivery)
        events.extend(rows.events)
        if rows.finish is not None:
            finishes.append(rows.finish)

    connection.ensure_connection()
    raw = connection.connection
    sqlite = connection.vendor == "sqlite"
    with connection.wrap_database_errors:
        cursor = raw.cursor()
        # Past Django's cursor, which would rewrite the long statement's placeholders at each call.
        cursor.execute("BEGIN IMMEDIATE" if sqlite else "BEGIN")
        try:
            for table, columns, values in (
                ("runs_run", _RUN, runs),
                ("runs_delivery", _DELIVERY, deliveries),
                ("runs_event", _EVENT, events),
            ):
                for part in _parts(values):
                    cursor.execute(_insert(table, columns, len(part), sqlite, again), _flat(part, sqlite))
            touched = 0
            for part in _parts(finishes):
                cursor.execute(_update(len(part), sqlite), _flat(part, sqlite))
                touched += cursor.rowcount if not sqlite else len(cursor.fetchall())
            if touched != len(finishes):
                raise RunLost("the run belongs to another attempt, or was deleted")
            cursor.execute("COMMIT")
        except BaseException:
            try:
                cursor.execute("ROLLBACK")
            except Exception:
                _discard_connection()
            raise
        finally:
            cursor.close()


def _parts(rows: list[tuple[Any, ...]]) -> Iterable[list[tuple[Any, ...]]]:
    """Cut into lengths that are powers of two, at most 256: so few that each statement is prepared just once."""
    place = 0
    while left := len(rows) - place:
        length = 256 if left >= 256 else 1 << (left.bit_length() - 1)
        yield rows[place : place + length]
        place += length


def _flat(rows: list[tuple[Any, ...]], sqlite: bool) -> list[Any]:
    if not sqlite:
        return [value for row in rows for value in row]
    return [_sqlite_time(value) if type(value) is datetime else value for row in rows for value in row]


def _sqlite_time(value: datetime) -> str:
    return str(value)[:-6]  # as Django writes it: UTC, without the offset


@lru_cache(maxsize=256)
def _insert(table: str, columns: tuple[str, ...], count: int, sqlite: bool, again: bool) -> str:
    row = f"({', '.join(['?' if sqlite else '%s'] * len(columns))})"
    conflict = " ON CONFLICT DO NOTHING" if again else ""
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([row] * count)}{conflict}"


@lru_cache(maxsize=64)
def _update(count: int, sqlite: bool) -> str:
    if sqlite:
        row = f"({', '.join('?' * len(_FINISH))})"
        names = [f"column{place}" for place in range(1, len(_FINISH) + 1)]
        source = f"(VALUES {', '.join([row] * count)}) AS v"
    else:
        row = f"({', '.join(f'%s::{kind}' for kind in _FINISH_TYPES)})"
        names = list(_FINISH)
        source = f"(VALUES {', '.join([row] * count)}) AS v ({', '.join(_FINISH)})"
    sets = ", ".join(f"{column} = v.{name}" for column, name in list(zip(_FINISH, names, strict=True))[2:])
    where = f"runs_run.id = v.{names[0]} AND runs_run.attempt = v.{names[1]}"
    returning = " RETURNING 1" if sqlite else ""
    return f"UPDATE runs_run SET {sets} FROM {source} WHERE {where}{returning}"
