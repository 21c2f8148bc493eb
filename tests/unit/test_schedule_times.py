"""The times of schedules: time zones, clock changes, and what is due after a pause."""

from datetime import UTC, datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

import pytest

from sinks.schedules import times
from sinks.schedules.times import ALL, MAX_MISSED, MAX_STARTS, ONCE, SKIP, Due, InvalidTimes, Rule, due_times, newest

_BERLIN = "Europe/Berlin"
# In 2027, the clocks in Berlin go from 2:00 to 3:00 on 28 March, and from 3:00 back to 2:00 on 31 October.
_BEFORE_SPRING = datetime(2027, 3, 27, 23, 50, tzinfo=UTC)
_BEFORE_AUTUMN = datetime(2027, 10, 30, 23, 10, tzinfo=UTC)
_NOON = datetime(2027, 6, 1, 12, tzinfo=UTC)


def in_berlin(cron: str, after: datetime, count: int) -> list[str]:
    return [time.strftime("%d %H:%M%z") for time in times.upcoming(Rule(cron, _BERLIN), after, count)]


def _until(rule: Rule, after: datetime, end: datetime) -> list[datetime]:
    return list(takewhile(lambda time: time <= end, rule.after(after)))


def minutes(*numbers: float) -> list[datetime]:
    return [_NOON - timedelta(minutes=number) for number in numbers]


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        ("30 2 * * *", ["28 03:00+0200", "29 02:30+0200"]),
        ("0,30 2 * * *", ["28 03:00+0200", "29 02:00+0200", "29 02:30+0200"]),
        ("0 3 * * *", ["28 03:00+0200", "29 03:00+0200"]),
        ("*/30 * * * *", ["28 01:00+0100", "28 01:30+0100", "28 03:00+0200", "28 03:30+0200"]),
    ],
)
def test_a_time_that_does_not_exist_comes_at_the_end_of_the_gap(cron: str, expected: list[str]) -> None:
    assert in_berlin(cron, _BEFORE_SPRING, len(expected)) == expected


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        ("30 2 * * *", ["31 02:30+0200", "01 02:30+0100"]),
        ("15 2-3 * * *", ["31 02:15+0200", "31 03:15+0100", "01 02:15+0100"]),
        ("*/30 * * * *", ["31 01:30+0200", "31 02:00+0200", "31 02:30+0200", "31 02:00+0100", "31 02:30+0100"]),
    ],
)
def test_a_time_of_day_that_exists_twice_comes_once_and_an_interval_goes_on(cron: str, expected: list[str]) -> None:
    assert in_berlin(cron, _BEFORE_AUTUMN, len(expected)) == expected


@pytest.mark.parametrize("zone", [_BERLIN, "America/New_York"])
@pytest.mark.parametrize(
    "cron", ["30 2 * * *", "15 1-3 * * *", "*/20 * * * *", "7 */2 * * *", "* 2 * * 0", "0 0 L * *"]
)
def test_the_times_do_not_depend_on_when_one_starts_to_count(zone: str, cron: str) -> None:
    rule = Rule(cron, zone)
    # The clocks change on one of these days in each of the zones.
    for day in ((3, 14), (3, 28), (10, 31), (11, 7)):
        midnight = datetime(2027, *day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
        whole = _until(rule, midnight - timedelta(hours=2), midnight + timedelta(days=32))
        assert whole == sorted(set(whole))
        for quarter in range(20):
            moment = midnight + timedelta(minutes=15 * quarter + 2)
            assert rule.next(moment) == next(time for time in whole if time > moment)


def test_only_the_newest_of_missed_times_is_made_up_for_once() -> None:
    due = due_times(Rule("*/10 * * * *", "UTC"), ONCE, *minutes(70, 3))
    assert due == Due((*minutes(10),), _NOON)


def test_all_missed_times_are_made_up_for_in_order() -> None:
    due = due_times(Rule("*/10 * * * *", "UTC"), ALL, *minutes(40, 3))
    assert due == Due((*minutes(40, 30, 20, 10),), _NOON)


def test_missed_times_are_skipped_but_not_one_that_is_only_a_little_late() -> None:
    rule = Rule("*/10 * * * *", "UTC")
    assert due_times(rule, SKIP, *minutes(40, 3)) == Due((), _NOON, skipped=minutes(10)[0])
    assert due_times(rule, SKIP, *minutes(40, 9.1)) == Due((*minutes(10),), _NOON, skipped=minutes(20)[0])
    assert due_times(rule, SKIP, *minutes(10, 9.1)) == Due((*minutes(10),), _NOON)


@pytest.mark.parametrize("missed", [SKIP, ONCE, ALL])
def test_a_time_that_comes_punctually_is_no_missed_one(missed: str) -> None:
    assert due_times(Rule("* * * * *", "UTC"), missed, *minutes(1, 0.9)) == Due((*minutes(1),), _NOON)


def test_many_missed_times_start_a_bounded_number_of_runs_at_once_and_go_on_later() -> None:
    rule, [first, now] = Rule("* * * * *", "UTC"), minutes(250, 0)
    started: list[datetime] = []
    following: datetime | None = first
    rounds = 0
    while following is not None and following <= now:
        due = due_times(rule, ALL, following, now)
        assert len(due.times) <= MAX_STARTS
        assert due.skipped is None
        started += due.times
        following, rounds = due.next, rounds + 1
    assert started == minutes(*range(250, -1, -1))
    assert rounds == 3


def test_a_clock_that_is_years_ahead_does_not_start_years_of_runs() -> None:
    rule = Rule("* * * * *", _BERLIN)
    first = datetime(2020, 1, 1, tzinfo=UTC)
    due = due_times(rule, ALL, first, _NOON)
    assert due.times[0] == _NOON - timedelta(minutes=MAX_MISSED - 1)
    assert due.skipped == _NOON - timedelta(minutes=MAX_MISSED)
    assert due_times(rule, ONCE, first, _NOON).times == (_NOON,)


@pytest.mark.parametrize("cron", ["0 3 1 1 *", "*/7 3 * * MON", "0 0 29 2 *"])
def test_the_newest_times_are_found_however_rare_they_are(cron: str) -> None:
    rule, first = Rule(cron, _BERLIN), datetime(2022, 5, 6, tzinfo=UTC)
    whole = [first, *_until(rule, first, _NOON)]
    for count in (1, 2, 5, 1000):
        assert newest(rule, first, _NOON, count) == whole[-count:]


@pytest.mark.parametrize(
    ("cron", "reason"),
    [
        ("", "five fields"),
        ("@daily", "five fields"),
        ("* * * * * *", "five fields"),
        ("61 * * * *", "The minute of this cron expression is invalid."),
        ("0 24 * * *", "The hour of this cron expression is invalid."),
        ("0 0 31 2 *", "The day of month of this cron expression is invalid."),
        ("0 0 * * 8", "The day of week of this cron expression is invalid."),
    ],
)
def test_an_expression_that_is_none_is_refused_with_the_reason(cron: str, reason: str) -> None:
    with pytest.raises(InvalidTimes, match=reason):
        times.check_cron(cron)


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../UTC", "europe/berlin "])
def test_a_time_zone_that_is_none_is_refused(zone: str) -> None:
    with pytest.raises(InvalidTimes, match="There is no such time zone"):
        times.check_zone(zone)


def test_an_expression_is_said_in_words() -> None:
    assert times.in_words("0 3 * * *") == "At 03:00 every day"
