"""
How long runs are kept, and the deleting of those that are kept no longer.

Each app's runs are gone through along the index of its ids, which begin with their time, from the oldest. A few hundred
are deleted in a transaction, which is over within milliseconds, and then the others have their turn for longer than
that took: on SQLite only one can write.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from runs.models import UNFINISHED, DeliveriesPruned
from runs.ownership import Lock

logger = logging.getLogger(__name__)

_AT_ONCE = 200  # runs of one transaction
_REST = 3.0  # times as long as a transaction took, until the next begins
_LOCK = 0  # no executor's id: who holds it deletes, and nobody else
_OVER = f"status NOT IN ({', '.join(repr(str(status)) for status in UNFINISHED)})"


@dataclass(frozen=True, slots=True)
class Policy:
    """How long the runs of an app are kept; 0 is for ever, or any number."""

    runs_days: int
    bodies_days: int  # the requests: their headers and bodies
    runs: int  # the newest, whatever their age


@dataclass(frozen=True, slots=True)
class Bounds:
    """What of an app's runs goes: those before an id."""

    app_id: str
    runs_before: str
    deliveries_before: str


# Given nothing, what apps say themselves. Asks the database: for threads.
Find = Callable[[], Mapping[str, Policy]]

_find: Find = dict


def know_policies(find: Find) -> None:
    """Tell this package, which does not know what an app is, what apps say of how long their runs are kept."""
    global _find
    _find = find


def default() -> Policy:
    """What holds for an app that says nothing itself."""
    return Policy(settings.KEEP_RUNS_DAYS, settings.KEEP_BODIES_DAYS, settings.KEEP_RUNS)


def bounds(now: datetime | None = None, only: str | None = None, policy: Policy | None = None) -> Iterator[Bounds]:
    """
    What goes, by app.

    Args:
        now: From when ages count.
        only: The app that is meant; None: all that have runs.
        policy: What holds instead of what the settings and the apps say.

    Raises:
        DatabaseError: The database is away.
    """
    now = now or timezone.now()
    own = {} if policy else _find()
    for app_id in _apps() if only is None else [only]:
        kept = policy or own.get(app_id) or default()
        before = _id_at(now, kept.runs_days)
        if kept.runs:
            # It is the first that goes, and so no bound yet: all older ones go, and it.
            first = _rows(
                "SELECT id FROM runs_run WHERE app_id = %s ORDER BY id DESC LIMIT 1 OFFSET %s", [app_id, kept.runs]
            )
            before = max(before, *(f"{run_id}~" for (run_id,) in first)) if first else before
        yield Bounds(app_id, before, max(before, _id_at(now, kept.bodies_days)))


def prune(bound: Bounds, *, rest: Callable[[float], Any] = time.sleep) -> Iterator[tuple[int, int]]:
    """
    Delete what goes of an app's runs. Those that are not over stay, and those whose idempotency key still holds: a
    repeat of their delivery would start a second run.

    Args:
        bound: What goes.
        rest: Called with seconds between transactions.

    Yields:
        After each transaction, how many runs and how many requests it deleted.

    Raises:
        DatabaseError: The database is away; what was deleted stays so.
    """
    for batch in _batches(bound.app_id, "run_", bound.runs_before, f"AND {_OVER} AND {_no_key()}"):
        begun = time.monotonic()
        with transaction.atomic():
            deliveries = _delete("runs_delivery", "run_id", batch)
            _delete("runs_segment", "run_id", batch)
            runs = _delete("runs_run", "id", batch)
        yield runs, deliveries
        rest(_REST * (time.monotonic() - begun))
    mark = DeliveriesPruned.objects.filter(pk=bound.app_id).first()
    begin = max(mark.before if mark else "run_", "run_")
    if begin >= bound.deliveries_before:
        return
    # Not past one that is not over, as things stand before: its request is still needed, and goes a later time.
    still = _rows(
        f"SELECT min(id) FROM runs_run WHERE app_id = %s AND id > %s AND id < %s AND NOT ({_OVER})",  # noqa: S608
        [bound.app_id, begin, bound.deliveries_before],
    )
    unfinished = next((str(run_id) for (run_id,) in still if run_id), None)
    done = ""
    for batch in _batches(bound.app_id, begin, bound.deliveries_before, f"AND {_OVER}"):
        begun = time.monotonic()
        with transaction.atomic():
            deliveries = _delete("runs_delivery", "run_id", batch)
        done = max([done, *(run_id for run_id in batch if unfinished is None or run_id < unfinished)])
        if deliveries:
            yield 0, deliveries
            rest(_REST * (time.monotonic() - begun))
    if done:
        DeliveriesPruned.objects.update_or_create(app_id=bound.app_id, defaults={"before": done})


def count(bound: Bounds) -> tuple[int, int]:
    """How many runs and how many requests `prune` would delete. It goes through all of them."""
    goes = f"{_OVER} AND id < %s AND {_no_key()}"
    [(runs,)] = _rows(f"SELECT count(*) FROM runs_run WHERE app_id = %s AND {goes}", [bound.app_id, bound.runs_before])  # noqa: S608
    [(deliveries,)] = _rows(
        f"SELECT count(*) FROM runs_run JOIN runs_delivery ON run_id = id WHERE app_id = %s AND {_OVER} AND id < %s",  # noqa: S608
        [bound.app_id, bound.deliveries_before],
    )
    return int(str(runs)), int(str(deliveries))


async def sweep_for_ever(in_thread: Callable[..., Awaitable[Any]]) -> None:
    """
    Delete what goes every PRUNE_EVERY_SECONDS, unless another process does.

    Args:
        in_thread: Runs a function in a thread.
    """
    stop = threading.Event()
    try:
        while True:
            await asyncio.sleep(settings.PRUNE_EVERY_SECONDS)
            try:
                await in_thread(sweep, stop)
            except DatabaseError as error:
                logger.warning("old runs cannot be deleted now: %s", error)
            except Exception as error:
                logger.error("old runs cannot be deleted", exc_info=error)
    finally:
        stop.set()  # nobody waits for a million runs to go before the server does


def sweep(stop: threading.Event) -> None:
    """
    Delete what goes, unless another process does; for threads.

    Args:
        stop: Once it is set, no further transaction begins.
    """
    with _alone() as alone:
        if not alone:
            return
        runs = deliveries = 0
        for bound in bounds():
            for some_runs, some_deliveries in prune(bound, rest=stop.wait):
                runs += some_runs
                deliveries += some_deliveries
                if stop.is_set():
                    return
        if runs or deliveries:
            logger.info("deleted what is kept no longer: %d runs, %d requests", runs, deliveries)


@contextmanager
def _alone() -> Iterator[bool]:
    lock = Lock(_LOCK)
    held = lock.acquire()
    try:
        yield held
    finally:
        if held:
            # The file stays: who opened it and who made it anew would hold two locks.
            lock.release(remove=False)


def _apps() -> Iterator[str]:
    """The apps that have runs: the index is asked for the next one after each."""
    app_id = ""
    while rows := _rows("SELECT app_id FROM runs_run WHERE app_id > %s ORDER BY app_id LIMIT 1", [app_id]):
        app_id = str(rows[0][0])
        yield app_id


def _batches(app_id: str, begin: str, end: str, terms: str) -> Iterator[list[str]]:
    after = begin
    query = f"SELECT id FROM runs_run WHERE app_id = %s AND id > %s AND id < %s {terms} ORDER BY id LIMIT %s"  # noqa: S608
    while batch := [str(run_id) for (run_id,) in _rows(query, [app_id, after, end, _AT_ONCE])]:
        yield batch
        after = batch[-1]


def _no_key() -> str:
    now = timezone.now().astimezone(UTC)
    text = now.isoformat(sep=" ") if connection.vendor == "postgresql" else now.strftime("%Y-%m-%d %H:%M:%S.%f")
    return f"(idempotency_key IS NULL OR key_expires_at <= '{text}')"


def _id_at(now: datetime, days: int) -> str:
    """The id before which runs are older than so many days; 0: none is."""
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


def _delete(table: str, column: str, run_ids: list[str]) -> int:
    with connection.cursor() as cursor:
        places = ", ".join(["%s"] * len(run_ids))
        cursor.execute(f"DELETE FROM {table} WHERE {column} IN ({places})", run_ids)  # noqa: S608
        return int(cursor.rowcount)
