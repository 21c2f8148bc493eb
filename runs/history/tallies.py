"""
Tallies: how many runs ended in each way, and how long they took, by minute, hour and day. Summaries read them, because
there are too many runs to count.

Each process that ends runs counts in memory, which costs a run one dictionary update, and adds its counts to the table
every few seconds. Every end is counted once: when its recording is confirmed, in the process that recorded it, however
the run ended (by its workflow, a timeout, a cancellation, recovery). An attempt that is followed by another is not
counted.

A process that crashes loses the counts of its last seconds, and if a connection breaks during a commit, the rows of
that statement may be added twice. In return, no run waits for the tallies. For exact numbers, query the runs.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache, partial
from math import frexp
from typing import Any

from django.db import connection, connections

from runs import models
from runs.clock_guard import SteadyClock
from runs.database_threads import PeriodicFlush
from runs.models import Run

logger = logging.getLogger(__name__)

MINUTE, HOUR, DAY = 60, 3600, 86400  # the spans, in seconds
KEPT = {MINUTE: 2 * HOUR, HOUR: 8 * DAY, DAY: 8 * DAY}  # how many seconds the rows of each span are kept
ENDS = tuple(str(status) for status in models.ENDS)
REFUSED = "refused"
# Buckets of durations: the first is under 1 ms; from there each doubling (1 to 2 ms, 2 to 4, ...) has buckets of equal
# width, and the last one takes everything from 37 hours on. Rows of an app and of all apps have 16 to a doubling, with
# four digits. Rows of a source have four of these in one, with three digits: there are many sources, and a ranking
# reads the rows of all of them.
PARTS, _MERGED, _BUCKETS = 16, 4, 437

_BATCH_SIZE = 200  # rows per statement: in SQLite, runs wait meanwhile
_PAUSE = 0.02  # seconds between two statements, so that runs can write
_MAX_ROWS = 100_000  # how many rows may wait to be written while the database is unavailable
_DELETE_BATCH_SIZE = 500
_clock = SteadyClock()

# The time (text up to the minute, or minutes since 1970), the app, the source, the kind, and for a run that was
# started, its duration's bucket, which may be below the first or above the last.
_Counted = tuple[str | int, str, int | None, str, int | None]
_Key = tuple[int, int, int, str, str]  # span, at, source_id, app_id, kind: a row's key
_Rows = dict[_Key, int]


class Tallies:
    """Counts runs and deliveries. Belongs to one event loop. Counting costs one dictionary update; a thread writes."""

    def __init__(self) -> None:
        self._counts: dict[_Counted, int] = {}
        self._rows: _Rows = {}  # rows to write; only the thread uses them while it writes
        self._flush = PeriodicFlush("tallies", "TALLY_FLUSH_INTERVAL", self._take, self._give_back)

    def ended(self, app_id: str, source_id: int | None, status: str, finished_at: str, duration: float) -> None:
        """
        Count a run whose end is recorded. Called for every run, so it must stay cheap.

        Args:
            app_id: The run's app.
            source_id: The run's source.
            status: The final status.
            finished_at: When it ended, in the format of `Journal.now`.
            duration: Seconds that its last attempt took; 0.0 if it did not start.
        """
        bucket = None
        if duration:
            part, exponent = frexp(duration * 1000)  # part is from 0.5 to 1
            bucket = PARTS * exponent + int(2 * PARTS * part) - 2 * PARTS + 1
        key = (finished_at[:16], app_id, source_id, status, bucket)
        counts = self._counts
        counts[key] = counts.get(key, 0) + 1

    def without_run(self, app_id: str, source_id: int, kind: str) -> None:
        """
        Count a delivery that starts no run.

        Args:
            app_id: The delivery's app.
            source_id: The delivery's source.
            kind: Its outcome: `refused:...` with the reason, or `filtered`, `repeated`, ...; one of a few dozen.
        """
        key = (int(time.time()) // MINUTE, app_id, source_id, kind, None)
        self._counts[key] = self._counts.get(key, 0) + 1

    async def stop(self) -> None:
        """Write the counts, and close the connection."""
        await self._flush.stop()
        if self._rows:
            logger.error("tallies lost at shutdown: count=%d", len(self._rows))

    def _take(self) -> Callable[[], None] | None:
        if not (self._counts or self._rows):
            return None
        counts, self._counts = self._counts, {}
        return partial(_record, counts, self._rows)

    def _give_back(self) -> None:
        if lost := _bound(self._rows):
            logger.error("tallies dropped, too many unwritten: count=%d", lost)


def count_interrupted(whose: Iterable[tuple[str, int | None]], at: datetime) -> None:
    """
    Count runs that no process executed when they ended, in the open transaction. Blocking: call it in a thread.

    Args:
        whose: App and source of each run.
        at: When they ended, in UTC.
    """
    counts: dict[_Counted, int] = {}
    for app_id, source_id in whose:
        key = (int(at.timestamp()) // MINUTE, app_id, source_id, Run.Status.INTERRUPTED.value, None)
        counts[key] = counts.get(key, 0) + 1
    _record(counts, {})


def _record(counts: dict[_Counted, int], rows: _Rows) -> None:
    """
    Add counts to rows, write the rows, and remove those that were written. Blocking: call it in a thread.

    Args:
        counts: What was counted since the last call.
        rows: The rows that earlier calls could not write.
    """
    _add(counts, rows)
    # Sorted, so that two processes never wait for each other.
    keys = sorted(rows)
    try:
        for start in range(0, len(keys), _BATCH_SIZE):
            if start:
                time.sleep(_PAUSE)
            some = keys[start : start + _BATCH_SIZE]
            values = [value for key in some for value in (*key, rows[key])]
            with connection.cursor() as cursor:
                cursor.execute(_upsert(len(some)), values)
            for key in some:
                del rows[key]
    except Exception:
        connections.close_all()
        raise


@lru_cache(maxsize=_BATCH_SIZE)
def _upsert(count: int) -> str:
    return (
        "INSERT INTO runs_tally (span, at, source_id, app_id, kind, count)"  # noqa: S608 - our own names
        f" VALUES {', '.join(['(%s, %s, %s, %s, %s, %s)'] * count)}"
        " ON CONFLICT (span, at, source_id, app_id, kind) DO UPDATE SET count = runs_tally.count + excluded.count"
    )


def _add(counts: dict[_Counted, int], rows: _Rows) -> None:
    """Add each count to its rows by minute, hour and day, and for its source, its app and all apps."""
    for (when, app_id, source_id, outcome, bucket), count in counts.items():
        kind = coarse = outcome
        if bucket is not None:
            bucket = min(max(bucket, 0), _BUCKETS)
            kind, coarse = f"{outcome}:{bucket:04}", f"{outcome}:{-(-bucket // _MERGED):03}"
        seconds = _seconds(when) if isinstance(when, str) else when * MINUTE
        whose = [(0, app_id), (0, "")] if source_id is None else [(source_id, app_id), (0, app_id), (0, "")]
        for span in KEPT:
            at = seconds - seconds % span
            for source, app in whose:
                key = (span, at, source, app, coarse if source else kind)
                rows[key] = rows.get(key, 0) + count


@lru_cache(maxsize=16)
def _seconds(minute: str) -> int:
    return int(datetime.fromisoformat(minute).replace(tzinfo=UTC).timestamp())


def _bound(rows: _Rows) -> int:
    """Remove expired rows, and excess rows, the oldest minutes first. Return the number of excess rows."""
    now = _clock.now()
    for key in [key for key in rows if key[1] < now - KEPT[key[0]]]:
        del rows[key]
    too_many = len(rows) - _MAX_ROWS
    if too_many <= 0:
        return 0
    for key in sorted(rows, key=lambda key: (key[0], key[1]))[:too_many]:
        del rows[key]
    return too_many


def spread(digits: str, count: int) -> Iterator[tuple[int, int]]:
    """
    Yield the buckets of a row's kind, each with its share of the row's count.

    Args:
        digits: The part of the kind after the colon: four digits for a bucket, three for one of a source.
        count: The row's count.
    """
    bucket = int(digits)
    if len(digits) > 3 or not bucket:
        yield bucket, count
        return
    for place in range(_MERGED):
        if share := (count + _MERGED - 1 - place) // _MERGED:
            yield _MERGED * (bucket - 1) + place + 1, share


def quantile(buckets: dict[int, int], part: float) -> float | None:
    """
    Estimate a quantile of durations, as if the runs of a bucket were spread evenly over it. The error is a sixteenth at
    most for an app and for all apps, and a quarter for a source, except in the first and the last bucket.

    Args:
        buckets: How many runs each bucket has.
        part: The quantile, 0 to 1; 0.5 for the median.

    Returns:
        Seconds; None if there are no runs.
    """
    rank = part * sum(buckets.values())
    below = 0
    for bucket, count in sorted(buckets.items()):
        if count and below + count >= rank:
            within = (rank - below) / count
            doubling, part = divmod(bucket - 1, PARTS)
            return float(2**doubling * (1 + (part + within) / PARTS) if bucket else within) / 1000
        below += count
    return None


def prune(*, now: float, rest: Callable[[float], Any] = time.sleep) -> Iterator[int]:
    """
    Delete old rows, up to 500 per statement. Only one process at a time may do this.

    Args:
        now: The time from which ages are measured, in seconds since 1970, from the clock guard.
        rest: Called with the seconds to pause between statements.

    Yields:
        After each statement, how many rows it deleted.

    Raises:
        DatabaseError: The database is unavailable; earlier statements stay committed.
    """
    # The row's physical address: both databases delete by it without an index look-up.
    row = "ctid" if connection.vendor == "postgresql" else "rowid"
    old = f"SELECT {row} FROM runs_tally WHERE span = %s AND at < %s LIMIT {_DELETE_BATCH_SIZE}"  # noqa: S608 - our own names
    wanted = f"= ANY (ARRAY({old}))" if connection.vendor == "postgresql" else f"IN ({old})"
    for span, seconds in KEPT.items():
        bound = int(now - seconds)
        while True:
            with connection.cursor() as cursor:
                cursor.execute(f"DELETE FROM runs_tally WHERE {row} {wanted}", [span, bound])  # noqa: S608
                count = int(cursor.rowcount)
            yield count
            if count < _DELETE_BATCH_SIZE:
                break
            rest(_PAUSE)
