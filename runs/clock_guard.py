"""
The clock guard: a wall clock that is wrong for a short time causes no deletion.

The database keeps `clock_seen`, the time up to which the clock is trusted. Each sweep advances `clock_seen` by at most
the monotonic time since its process last checked the clock, plus an hour. Ages are measured from `clock_seen` if the
clock is ahead of it. At the first start, and when the clock is more than a day ahead of `clock_seen`, deletion waits
until SinkHub has run for a day, or until an operator accepts the clock.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

MAX_SKEW = timedelta(hours=1)
MAX_GAP = timedelta(days=1)
ACCEPT_COMMAND = "manage.py runs prune --accept-clock"

logger = logging.getLogger(__name__)

TABLE = "runs_retentionclock"
_READ = f"SELECT clock_seen, waited, accepted FROM {TABLE} WHERE id = 1"  # noqa: S608 - our own names


@dataclass(frozen=True, slots=True)
class Record:
    """The guard's state in the database."""

    clock_seen: datetime
    waited: float = 0.0  # seconds that deletion has waited while processes ran
    accepted: bool = False  # whether the first wait is over

    def is_behind(self, now: datetime, elapsed: float = 0.0) -> bool:
        """Return whether the clock may be wrong: more than MAX_GAP plus `elapsed` seconds ahead of `clock_seen`."""
        return now - self.clock_seen > MAX_GAP + timedelta(seconds=elapsed)


def advance(record: Record, now: datetime, elapsed: float, waited: float) -> Record:
    """
    Return the state after a sweep has checked the clock.

    Args:
        record: The state before.
        now: The wall clock.
        elapsed: The monotonic seconds since this process last checked.
        waited: How many of these seconds to count as waiting; 0 if another process has counted them.
    """
    # If a clock was ahead and is set back, the time in between must no longer be trusted.
    seen = min(record.clock_seen, now)
    behind = record.is_behind(now, elapsed)
    if record.accepted and not behind:
        return Record(seen + min(now - seen, timedelta(seconds=elapsed) + MAX_SKEW), accepted=True)
    if record.waited + waited >= MAX_GAP.total_seconds():
        return Record(now, accepted=True)
    if not behind:
        seen += min(now - seen, timedelta(seconds=elapsed) + MAX_SKEW)
    return Record(seen, record.waited + waited, record.accepted)


def expiry_time(now: datetime, seen: datetime | None) -> datetime:
    """
    Return the time up to which keys have expired: the clock, unless it is far ahead of `clock_seen`.

    Args:
        now: The wall clock.
        seen: The database's `clock_seen`; None if it has none yet.
    """
    if seen is None:
        return now
    return min(now, seen + MAX_SKEW + timedelta(seconds=settings.PRUNE_EVERY_SECONDS))


def read() -> Record | None:
    """
    Return the guard's state; None before the first check. Blocking: call it in a thread.

    Raises:
        DatabaseError: The database is unavailable.
    """
    with connection.cursor() as cursor:
        cursor.execute(_READ)
        row = cursor.fetchone()
    return Record(as_moment(row[0]), float(row[1]), bool(row[2])) if row else None


def read_expiry_time() -> datetime:
    """
    Return the time up to which keys have expired now. Blocking: call it in a thread.

    Raises:
        DatabaseError: The database is unavailable.
    """
    record = read()
    return expiry_time(datetime.now(UTC), record.clock_seen if record else None)


def as_moment(value: datetime | str) -> datetime:
    """Return a column's value as an aware datetime: SQLite stores text without a time zone, in UTC."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def trusted_now(now: datetime | None = None) -> datetime | None:
    """
    Return the time from which ages are measured; None while deletion waits. Blocking: call it in a thread.

    Raises:
        DatabaseError: The database is unavailable.
    """
    now, record = now or datetime.now(UTC), read()
    if record is None or not record.accepted or record.is_behind(now):
        return None
    return min(now, record.clock_seen)


def accept(now: datetime | None = None) -> datetime:
    """
    Trust the clock from now on, because an operator confirms it. Blocking: call it in a thread.

    Returns:
        The time from which ages are measured.

    Raises:
        DatabaseError: The database is unavailable.
    """
    now = now or datetime.now(UTC)
    _write(Record(now, accepted=True))
    return now


def _write(record: Record) -> None:
    from runs.models import RetentionClock  # the journal's writer has no models

    RetentionClock.objects.update_or_create(
        pk=1, defaults={"clock_seen": record.clock_seen, "waited": record.waited, "accepted": record.accepted}
    )


@dataclass
class Guard:
    """One process's checks of the clock."""

    monotonic: Callable[[], float] = time.monotonic
    _looked_at: float = field(init=False)
    _waited: float | None = None  # as this process last wrote it
    _waits: bool = False

    def __post_init__(self) -> None:
        self._looked_at = self.monotonic()

    def pass_over(self) -> None:
        """Note that another process does this sweep."""
        self._looked_at = self.monotonic()

    def look(self, now: datetime | None = None) -> datetime | None:
        """
        Check the clock and advance `clock_seen`. Only for the process that sweeps. Blocking: call it in a thread.

        Returns:
            The time from which ages are measured; None while deletion waits.

        Raises:
            DatabaseError: The database is unavailable.
        """
        now = now or datetime.now(UTC)
        looked_at = self.monotonic()
        elapsed, self._looked_at = looked_at - self._looked_at, looked_at
        with transaction.atomic():
            before = read()
            if before is None:
                # `waited` starts at 0 for every process, so the first process that checks again counts its time.
                after = Record(now)
            else:
                # Several processes that run at the same time must count this time only once.
                waited = elapsed if self._waited == before.waited else 0.0
                after = advance(before, now, elapsed, waited)
            _write(after)
        self._waited = after.waited
        waits = not after.accepted or after.is_behind(now)
        if waits != self._waits:
            self._waits = waits
            _report(before, now, waits)
        return None if waits else min(now, after.clock_seen)


def _report(before: Record | None, now: datetime, waits: bool) -> None:
    """Log that deletion starts or stops waiting."""
    clock = now.isoformat(timespec="seconds")
    if not waits:
        logger.info("retention resumed: clock=%s", clock)
    elif before is None or not before.accepted:
        logger.warning(
            "retention waits: the clock guard is new to this database; clock=%s. Deletion starts when"
            " SinkHub has run for a day, or after '%s'.",
            clock,
            ACCEPT_COMMAND,
        )
    else:
        logger.warning(
            "retention waits: the clock jumped; clock=%s last_seen=%s. If the clock is right, deletion starts when"
            " SinkHub has run for a day, or after '%s'.",
            clock,
            before.clock_seen.isoformat(timespec="seconds"),
            ACCEPT_COMMAND,
        )


class SteadyClock:
    """The wall clock of this process, held back if it jumps ahead by more than an hour."""

    def __init__(self) -> None:
        self._wall, self._started = time.time(), time.monotonic()

    def now(self) -> float:
        """Return the seconds since 1970."""
        return min(time.time(), self._wall + time.monotonic() - self._started + MAX_SKEW.total_seconds())
