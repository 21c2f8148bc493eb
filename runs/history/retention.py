"""
Retention: how long runs are kept, and the deletion of older ones.

The runs of each app are read from the oldest to the newest, by the index of their ids, which begin with the time. A
transaction deletes a few hundred runs within milliseconds. The pause after it is longer than the transaction, so that
other processes can write: SQLite allows only one writer at a time.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count as counting
from itertools import takewhile
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, connections, transaction
from django.db.models import QuerySet

from runs.clock_guard import Guard
from runs.database_errors import in_a_line
from runs.history.tallies import prune as prune_tallies
from runs.journal.idempotency import fingerprint_of
from runs.models import UNFINISHED, DeliveriesPruned, Run, Signal, SignalledDelivery
from runs.ports import RetentionPolicy, prune_others, retention_policy
from runs.recovery.ownership import RETENTION_LOCK, Lock
from runs.searching import entries

logger = logging.getLogger(__name__)

_BATCH_SIZE = 200  # runs per transaction
_REST = 3.0  # the pause after a transaction, as a multiple of its duration
_ASK_EVERY = 10  # transactions after which the bounds are read again, in case the policy was changed
_OVER = f"status NOT IN ({', '.join(repr(str(status)) for status in UNFINISHED)})"


@dataclass(frozen=True, slots=True)
class Bounds:
    """The ids before which an app's runs and deliveries are deleted."""

    app_id: str
    runs_before: str
    deliveries_before: str
    now: datetime  # the time from which ages are measured


def default() -> RetentionPolicy:
    """Return the settings' policy, for apps that set nothing themselves."""
    return RetentionPolicy(settings.KEEP_RUNS_DAYS, settings.KEEP_BODIES_DAYS, settings.KEEP_RUNS)


def bounds(app_id: str, now: datetime, *, otherwise: RetentionPolicy | None = None, exact: bool = False) -> Bounds:
    """
    Return the ids before which an app's runs and their deliveries are deleted.

    Args:
        app_id: The id of an existing or deleted app.
        now: The time from which ages are measured, from the clock guard.
        otherwise: A policy that replaces the settings.
        exact: Whether the policy also overrides the app's own values.

    Raises:
        DatabaseError: The database is unavailable.
    """
    kept = otherwise or default()
    kept = kept if exact else retention_policy(app_id, kept)
    before = _id_at(now, kept.runs_days)
    if kept.runs:
        # The query returns the first run to delete, so the bound is just after its id.
        query = "SELECT id FROM runs_run WHERE app_id = %s ORDER BY id DESC LIMIT 1 OFFSET %s"
        before = max(before, *(f"{run_id}~" for run_id in _ids(query, [app_id, kept.runs])), "")
    return Bounds(app_id, before, max(before, _id_at(now, kept.bodies_days)), now)


def prune(ask: Callable[[], Bounds], *, rest: Callable[[float], Any] = time.sleep) -> Iterator[tuple[int, int]]:
    """
    Delete an app's old runs and deliveries. Unfinished runs stay. So do runs whose idempotency key has not expired,
    because a repeat of their delivery would start a second run, and children whose end their parent has still to read.
    Several processes may do this at once.

    Args:
        ask: Returns the bounds; called repeatedly, because they may change during a long deletion.
        rest: Called with the seconds to pause between transactions.

    Yields:
        After each transaction, how many runs and how many deliveries it deleted.

    Raises:
        DatabaseError: The database is unavailable; earlier transactions stay committed.
    """
    yield from _prune_runs(ask, rest)
    yield from _prune_deliveries(ask, rest)


def _prune_runs(ask: Callable[[], Bounds], rest: Callable[[float], Any]) -> Iterator[tuple[int, int]]:
    after, bound = "run_", ask()
    terms = f"{_OVER} AND {_not_needed(bound.now)}"
    query = f"SELECT id FROM runs_run WHERE app_id = %s AND id > %s AND id < %s AND {terms} ORDER BY id LIMIT %s"  # noqa: S608
    for number in counting(1):
        begun = time.monotonic()
        batch = _ids(query, [bound.app_id, after, bound.runs_before, _BATCH_SIZE])
        if not batch:
            return
        with transaction.atomic():
            held = _hold(batch, terms)
            deliveries = _delete("runs_delivery", "run_id", held)
            _delete("runs_segment", "run_id", held)
            _delete("runs_steprecord", "run_id", held)
            _delete("runs_signal", "run_id", held)
            _delete("runs_wait", "run_id", held)
            entries.remove(held)
            runs = _delete("runs_run", "id", held)
        after = batch[-1]
        yield runs, deliveries
        rest(_REST * (time.monotonic() - begun))
        bound = ask() if number % _ASK_EVERY == 0 else bound


def _prune_deliveries(ask: Callable[[], Bounds], rest: Callable[[float], Any]) -> Iterator[tuple[int, int]]:
    """Delete deliveries of runs that stay. Each batch records its progress, so that the next sweep continues there."""
    bound = ask()
    mark = DeliveriesPruned.objects.filter(pk=bound.app_id).first()
    after = max(mark.before, "run_") if mark else "run_"
    query = (
        "SELECT id, EXISTS (SELECT 1 FROM runs_delivery WHERE run_id = id) FROM runs_run"
        " WHERE app_id = %s AND id > %s AND id < %s ORDER BY id LIMIT %s"
    )
    whole = True  # False once a delivery stays, such as an unfinished run's: the mark must not pass it
    passed = ""  # progress that is not recorded yet
    for number in counting(1):
        begun = time.monotonic()
        rows = _rows(query, [bound.app_id, after, bound.deliveries_before, _BATCH_SIZE])
        if not rows:
            break
        deliveries = 0
        batch, there = [str(run_id) for run_id, _ in rows], [str(run_id) for run_id, has in rows if has]
        if there:
            with transaction.atomic():
                held = set(_hold(there, _OVER))
                _keep_fingerprints(sorted(held), bound.now)
                deliveries = _delete("runs_delivery", "run_id", sorted(held))
                entries.remove(held)
                goes = set(batch) - (set(there) - held)
                gone = list(takewhile(goes.__contains__, batch)) if whole else []
                whole = whole and len(gone) == len(batch)
                if gone:
                    _note(bound.app_id, gone[-1])
            passed = ""
        elif whole:
            passed = batch[-1]
        after = batch[-1]
        yield 0, deliveries
        rest(_REST * (time.monotonic() - begun))
        bound = ask() if number % _ASK_EVERY == 0 else bound
    if passed:
        _note(bound.app_id, passed)


def prune_signals(now: datetime, *, rest: Callable[[float], Any] = time.sleep) -> Iterator[int]:
    """
    Delete keyed signals that no run has taken within KEEP_SIGNALS_DAYS, and the keys of deliveries that have expired.
    Several processes may do this at once.

    Args:
        now: The time from which ages are measured, from the clock guard.
        rest: Called with the seconds to pause between transactions.

    Yields:
        After each transaction, how many signals it deleted.

    Raises:
        DatabaseError: The database is unavailable; earlier transactions stay committed.
    """
    before = now - timedelta(days=settings.KEEP_SIGNALS_DAYS)
    kept, expired = Signal.objects.filter(run=None), SignalledDelivery.objects.filter(expires_at__lte=now)
    yield from delete_in_batches(kept.filter(created_at__lt=before), rest)
    for _ in delete_in_batches(expired, rest):
        yield 0


def delete_in_batches(
    rows: QuerySet[Any],
    rest: Callable[[float], Any],
    size: int = _BATCH_SIZE,
    delete: Callable[[Any], int] = lambda batch: batch.delete()[0],
) -> Iterator[int]:
    """
    Delete rows, a batch in each transaction. Rows that no longer match when their batch is deleted stay.

    Args:
        rows: The rows, in the order in which they are deleted.
        rest: Called with the seconds to pause between transactions.
        size: The rows of a batch.
        delete: Deletes a batch, and returns how many rows that were.

    Yields:
        After each transaction, how many rows it deleted.

    Raises:
        DatabaseError: The database is unavailable; earlier transactions stay committed.
    """
    while keys := list(rows.values_list("pk", flat=True)[:size]):
        begun = time.monotonic()
        yield delete(rows.order_by().filter(pk__in=keys))
        rest(_REST * (time.monotonic() - begun))


def _keep_fingerprints(run_ids: list[str], now: datetime) -> None:
    """
    Record fingerprints of deliveries that are about to be deleted and whose runs' keys have not expired. A fingerprint
    distinguishes a repeat from another request.
    """
    if not run_ids:
        return
    for run_id in _hold(run_ids, f"NOT {_no_key(now)}"):
        # One by one, because bodies may be large.
        columns = "SELECT method, path, query_string, body FROM runs_delivery WHERE run_id = %s"
        for method, path, query_string, body in _rows(columns, [run_id]):
            Run.objects.filter(pk=run_id).update(fingerprint=fingerprint_of(method, path, query_string, bytes(body)))


def _note(app_id: str, before: str) -> None:
    mark = DeliveriesPruned(app_id=app_id, before=before)
    DeliveriesPruned.objects.bulk_create(
        [mark], update_conflicts=True, unique_fields=["app_id"], update_fields=["before"]
    )


def count(bound: Bounds) -> tuple[int, int]:
    """Return how many runs and how many deliveries `prune` would delete. It reads all of them."""
    goes = f"{_OVER} AND id < %s AND {_not_needed(bound.now)}"
    [(runs,)] = _rows(f"SELECT count(*) FROM runs_run WHERE app_id = %s AND {goes}", [bound.app_id, bound.runs_before])  # noqa: S608
    [(deliveries,)] = _rows(
        f"SELECT count(*) FROM runs_run JOIN runs_delivery ON run_id = id WHERE app_id = %s AND {_OVER} AND id < %s",  # noqa: S608
        [bound.app_id, bound.deliveries_before],
    )
    return int(str(runs)), int(str(deliveries))


async def sweep_for_ever() -> None:
    """Sweep every PRUNE_EVERY_SECONDS, unless another process is sweeping."""
    stop = threading.Event()
    # A thread of its own: a sweep may take an hour, and only four threads read the log.
    threads = ThreadPoolExecutor(1, thread_name_prefix="retention")
    loop = asyncio.get_running_loop()
    guard = Guard()
    try:
        while True:
            await asyncio.sleep(settings.PRUNE_EVERY_SECONDS)
            try:
                await loop.run_in_executor(threads, sweep, stop, guard)
            except DatabaseError as error:
                logger.warning("retention failed, will retry: error=%s", in_a_line(error))
            except Exception as error:
                logger.error("retention failed, will retry", exc_info=error)
    finally:
        stop.set()  # the exit must not wait until a million runs are deleted
        threads.shutdown(wait=False)


def sweep(stop: threading.Event, guard: Guard) -> None:
    """
    Delete old rows, unless another process is sweeping. Call it in a thread, whose connections it closes at the end.

    Args:
        stop: Once it is set, no further transaction begins.
        guard: This process's clock guard.
    """
    try:
        with _alone() as alone:
            if not alone:
                guard.pass_over()
            elif (now := guard.look()) is not None:
                delete_old(stop, now)
    finally:
        connections.close_all()


def delete_old(stop: threading.Event, now: datetime) -> None:
    runs = deliveries = tallies = signals = others = 0
    try:
        for count in prune_tallies(rest=stop.wait, now=now.timestamp()):  # first, since runs may take an hour
            tallies += count
            if stop.is_set():
                return
        for count in prune_signals(now, rest=stop.wait):
            signals += count
            if stop.is_set():
                return
        for count in prune_others(now, stop.wait):
            others += count
            if stop.is_set():
                return
        for app_id in apps():
            for some_runs, some_deliveries in prune(partial(bounds, app_id, now), rest=stop.wait):
                runs += some_runs
                deliveries += some_deliveries
                if stop.is_set():
                    return
    finally:
        if runs or deliveries or tallies or signals or others:
            logger.info(
                "retention sweep: runs=%d requests=%d tallies=%d signals=%d others=%d ages_from=%s",
                runs,
                deliveries,
                tallies,
                signals,
                others,
                now.isoformat(timespec="seconds"),
            )


@contextmanager
def _alone() -> Iterator[bool]:
    lock = Lock(RETENTION_LOCK)
    held = lock.acquire()
    try:
        yield held
    finally:
        if held:
            lock.release()


def apps() -> Iterator[str]:
    """Yield the ids of all apps that have runs, deleted apps included, by one index look-up each."""
    app_id = ""
    while rows := _rows("SELECT app_id FROM runs_run WHERE app_id > %s ORDER BY app_id LIMIT 1", [app_id]):
        app_id = str(rows[0][0])
        yield app_id


def _hold(run_ids: list[str], terms: str) -> list[str]:
    """
    Return the runs for which the terms hold, in order; on PostgreSQL, lock them until the transaction's end. Rows that
    another process has locked are skipped, so no process waits here, and none can deadlock.
    """
    skip = "FOR UPDATE SKIP LOCKED" if connection.features.has_select_for_update_skip_locked else ""
    places = ", ".join(["%s"] * len(run_ids))
    return _ids(f"SELECT id FROM runs_run WHERE id IN ({places}) AND {terms} ORDER BY id {skip}", run_ids)  # noqa: S608


def _not_needed(now: datetime) -> str:
    """Return the condition for runs whose key has expired, and whose end no parent has still to read."""
    return f"{_no_key(now)} AND NOT is_awaited"


def _no_key(now: datetime) -> str:
    now = now.astimezone(UTC)
    text = now.isoformat(sep=" ") if connection.vendor == "postgresql" else now.strftime("%Y-%m-%d %H:%M:%S.%f")
    return f"(idempotency_key IS NULL OR key_expires_at <= '{text}')"


def _id_at(now: datetime, days: int) -> str:
    """Return the id before which runs are older than `days` days; 0 matches no run."""
    if not days:
        return "run_"
    try:
        return f"run_{max(int((now - timedelta(days=days)).timestamp() * 1000), 0):012x}"
    except OverflowError:
        return "run_"


def _rows(query: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())


def _ids(query: str, values: list[Any]) -> list[str]:
    return [str(run_id) for (run_id,) in _rows(query, values)]


def _delete(table: str, column: str, run_ids: list[str]) -> int:
    if not run_ids:
        return 0
    with connection.cursor() as cursor:
        places = ", ".join(["%s"] * len(run_ids))
        cursor.execute(f"DELETE FROM {table} WHERE {column} IN ({places})", run_ids)  # noqa: S608
        return int(cursor.rowcount)
