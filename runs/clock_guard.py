"""
The clock guard: a wall clock that is wrong for a moment deletes nothing.

The database keeps `clock_seen`, the time up to which the clock is trusted. Each sweep advances it by no more than the
monotonic time since its process looked last, plus an hour. Nothing is deleted by age beyond it. At a first start, and
where the clock is more than a day ahead of it, deletion waits for a day of running or for an operator who accepts the
clock.
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
_READ = f"SELECT clock_seen, waited, accepted FROM {TABLE} WHERE id = 1"  # noqa: S608 - our own words


@dataclass(frozen=True, slots=True)
class Record:
    """The state of the guard, as the database has it."""

    clock_seen: datetime
    waited: float = 0.0  # seconds that deletion has waited while processes ran
    accepted: bool = False  # whether the first wait is over

    def is_behind(self, now: datetime, elapsed: float = 0.0) -> bool:
        """Tell whether the clock is so far ahead that it may be wrong."""
        return now - self.clock_seen > MAX_GAP + timedelta(seconds=elapsed)


def advance(record: Record, now: datetime, elapsed: float, waited: float) -> Record:
    """
    Give the state after a sweep looked at the clock.

    Args:
        record: The state before.
        now: The wall clock.
        elapsed: The monotonic seconds since this process looked last.
        waited: The seconds of these that count as waiting: none where another process has counted them.
    """
    # A clock that was ahead must not be trusted for as long as it was ahead.
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
    Give the time at which keys are taken for expired: the clock, unless it is far ahead of `clock_seen`.

    Args:
        now: The wall clock.
        seen: The `clock_seen` of the database; None where it has none yet.
    """
    if seen is None:
        return now
    return min(now, seen + MAX_SKEW + timedelta(seconds=settings.PRUNE_EVERY_SECONDS))


def read() -> Record | None:
    """
    Read the state of the guard; None before the first look. For threads.

    Raises:
        DatabaseError: The database is away.
    """
    with connection.cursor() as cursor:
        cursor.execute(_READ)
        row = cursor.fetchone()
    return Record(as_moment(row[0]), float(row[1]), bool(row[2])) if row else None


def as_moment(value: datetime | str) -> datetime:
    """Give a time as a column has it, in UTC: SQLite keeps texts without a zone."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def trusted_now(now: datetime | None = None) -> datetime | None:
    """
    Give the time from which ages count; None where deletion waits. For threads.

    Raises:
        DatabaseError: The database is away.
    """
    now, record = now or datetime.now(UTC), read()
    if record is None or not record.accepted or record.is_behind(now):
        return None
    return min(now, record.clock_seen)


def accept(now: datetime | None = None) -> datetime:
    """
    Trust the clock from now on, since an operator says that it is right. For threads.

    Returns:
        The time from which ages count.

    Raises:
        DatabaseError: The database is away.
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
    """The looks of one process at the clock."""

    monotonic: Callable[[], float] = time.monotonic
    _looked_at: float = field(init=False)
    _waited: float | None = None  # as this process saw or left it last
    _waits: bool = False

    def __post_init__(self) -> None:
        self._looked_at = self.monotonic()

    def pass_over(self) -> None:
        """Note that another process sweeps this time."""
        self._looked_at = self.monotonic()

    def look(self, now: datetime | None = None) -> datetime | None:
        """
        Look at the clock and advance `clock_seen`; for the one process that sweeps, in a thread.

        Returns:
            The time from which ages count; None where deletion waits.

        Raises:
            DatabaseError: The database is away.
        """
        now = now or datetime.now(UTC)
        looked_at = self.monotonic()
        elapsed, self._looked_at = looked_at - self._looked_at, looked_at
        with transaction.atomic():
            before = read()
            if before is None:
                # `waited` is 0 for any process, so that the first one that looks again counts.
                after = Record(now)
            else:
                # Several processes that run at once count a day once.
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
    """Log that deletion begins or ends to wait."""
    clock = now.isoformat(timespec="seconds")
    if not waits:
        logger.info("retention resumed: clock=%s", clock)
    elif before is None or not before.accepted:
        logger.warning(
            "retention waits: the clock guard is new to this database; clock=%s. Deletion starts after a day of"
            " running, or after '%s'.",
            clock,
            ACCEPT_COMMAND,
        )
    else:
        logger.warning(
            "retention waits: the clock jumped; clock=%s last_seen=%s. If the clock is right, deletion starts after a"
            " day of running, or after '%s'.",
            clock,
            before.clock_seen.isoformat(timespec="seconds"),
            ACCEPT_COMMAND,
        )


class SteadyClock:
    """The wall clock of this process, held back where it jumps ahead by more than an hour."""

    def __init__(self) -> None:
        self._wall, self._started = time.time(), time.monotonic()

    def now(self) -> float:
        """Give the seconds since 1970."""
        return min(time.time(), self._wall + time.monotonic() - self._started + MAX_SKEW.total_seconds())
