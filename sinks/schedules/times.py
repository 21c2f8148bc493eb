"""The times of schedules: cron expressions in a time zone, and the times that are due."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice, takewhile
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError

MAX_MISSED = 1_000  # missed times for which runs are started; older ones are skipped
MAX_STARTS = 100  # runs of a schedule that start together
PUNCTUAL = timedelta(seconds=60)  # a time that is less late is not missed

SKIP, ONCE, ALL = "skip", "once", "all"  # policies for missed times

_FIELDS = 5
_SECOND = timedelta(seconds=1)


class InvalidTimes(ValueError):
    """A cron expression or a time zone is invalid; the message says what to write."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A cron expression in a time zone."""

    cron: str
    zone: str

    def after(self, moment: datetime) -> Iterator[datetime]:
        """
        Yield the times after a moment, in UTC, in order.

        A time of day that the zone leaves out in spring comes at the end of the gap. One that it has twice in autumn
        comes once, the first time. An expression whose minute or hour starts with a star follows the elapsed time
        instead: it comes neither late nor less often.

        Raises:
            InvalidTimes: The expression or the zone is invalid.
        """
        check_zone(self.zone)
        last = moment
        # In the hour that a zone has twice, start with the first one, so that the times do not depend on the start.
        start = moment.astimezone(ZoneInfo(self.zone)).replace(fold=0)
        for local in _parsed(self.cron, start):
            time = local.astimezone(UTC)
            if time > last:  # several times of day in a gap come at the same moment
                yield time
                last = time

    def next(self, moment: datetime) -> datetime | None:
        """Return the first time after a moment, in UTC; None if there is none within 50 years."""
        return next(self.after(moment), None)


def check_cron(cron: str) -> None:
    """
    Check a cron expression.

    Raises:
        InvalidTimes: It is invalid, or never comes.
    """
    if len(cron.split()) != _FIELDS:
        raise InvalidTimes(
            "A cron expression has five fields: minute, hour, day of month, month and day of week, such as '0 3 * * *'."
        )
    if Rule(cron, "UTC").next(datetime.now(UTC)) is None:
        raise InvalidTimes("This cron expression never comes.")


def check_zone(zone: str) -> None:
    """
    Check the name of a time zone.

    Raises:
        InvalidTimes: There is no such time zone.
    """
    if zone not in _zones():
        raise InvalidTimes("There is no such time zone: write a name of the tz database, such as Europe/Berlin or UTC.")


@cache
def _zones() -> set[str]:
    return available_timezones()


def in_words(cron: str) -> str:
    """
    Return a cron expression as an English sentence without a full stop.

    Raises:
        InvalidTimes: It is invalid.
    """
    return _parsed(cron, datetime.now(UTC)).explain()


def _parsed(cron: str, start: datetime) -> CronSim:
    try:
        return CronSim(cron, start)
    except CronSimError as error:
        field = str(error).removeprefix("Bad ").replace("-", " ")
        raise InvalidTimes(f"The {field} of this cron expression is invalid.") from None


@dataclass(frozen=True, slots=True)
class Due:
    """The times of a schedule that are due, and the time that follows."""

    times: tuple[datetime, ...]  # for each, a run is to start
    next: datetime | None  # the schedule's next time, which may be due too
    skipped: datetime | None = None  # the last of the times for which no run starts


def due_times(rule: Rule, missed: str, first: datetime, now: datetime) -> Due:
    """
    Return the times for which runs are to start.

    Args:
        rule: When the schedule comes.
        missed: What to do about times that are late: SKIP, ONCE or ALL.
        first: The schedule's next time; it must not be after `now`.
        now: The time.
    """
    if missed == ALL:
        times = newest(rule, first, now, MAX_MISSED)
        chosen, rest = times[:MAX_STARTS], times[MAX_STARTS:]
        skipped = _last_before(rule, first, times[0])
        return Due(tuple(chosen), rest[0] if rest else rule.next(now), skipped)
    [last] = newest(rule, first, now, 1)
    following = rule.next(now)
    if missed == ONCE:
        return Due((last,), following)
    if now - last < PUNCTUAL:
        return Due((last,), following, _last_before(rule, first, last))
    return Due((), following, last)


def newest(rule: Rule, first: datetime, now: datetime, count: int) -> list[datetime]:
    """
    Return up to `count` of the newest times from `first` to `now`, in order; `first` is one of them.

    A clock that is a year ahead must not cost a year of minutes: the times are searched in windows back from `now`,
    each twice as long as the one before.
    """
    window = timedelta(minutes=count)
    while now - window > first:
        if len(times := _until(rule, now - window, now)) >= count:
            return times[-count:]
        window *= 2
    return [first, *_until(rule, first, now)][-count:]


def _until(rule: Rule, after: datetime, now: datetime) -> list[datetime]:
    return list(takewhile(lambda time: time <= now, rule.after(after)))


def _last_before(rule: Rule, first: datetime, time: datetime) -> datetime | None:
    """Return the last time from `first` that is before another one; None if there is none."""
    return newest(rule, first, time - _SECOND, 1)[0] if first < time else None


def upcoming(rule: Rule, moment: datetime, count: int) -> list[datetime]:
    """Return the next times after a moment, in the rule's time zone."""
    return [time.astimezone(ZoneInfo(rule.zone)) for time in islice(rule.after(moment), count)]
