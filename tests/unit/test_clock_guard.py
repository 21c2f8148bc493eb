"""The clock guard: a clock that is wrong for a moment deletes nothing, and a corrected clock is trusted again."""

import json
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from runs import clock_guard
from runs.clock_guard import Guard
from runs.history import retention
from runs.models import RetentionClock, Run
from tests.integration.test_retention import ages, fill
from tests.support.hub import Hub, wait_until
from tests.support.web import web

_NOW = datetime(2026, 6, 1, tzinfo=UTC)
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)


@dataclass
class _Monotonic:
    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class _Process:
    """A process that sweeps, with a wall clock and a monotonic clock."""

    wall: datetime

    def __post_init__(self) -> None:
        self.monotonic = _Monotonic()
        self.guard = Guard(self.monotonic)

    def after(self, time: timedelta, *, wall: timedelta | None = None) -> datetime | None:
        """Advance the monotonic clock, and the wall clock by the same time or another; then consult the guard."""
        self.monotonic.seconds += time.total_seconds()
        self.wall += time if wall is None else wall
        return self.guard.look(self.wall)


@pytest.fixture
def process() -> _Process:
    """A process whose clock was accepted a moment ago."""
    clock_guard.accept(_NOW)
    process = _Process(_NOW)
    assert process.after(timedelta()) == _NOW
    return process


def _seen() -> datetime:
    return RetentionClock.objects.get().clock_seen


@pytest.mark.django_db
def test_a_clock_that_goes_as_the_monotonic_one_is_trusted(process: _Process) -> None:
    for minutes in range(1, 100):
        assert process.after(timedelta(minutes=1)) == _NOW + timedelta(minutes=minutes)
    assert _seen() == process.wall


@pytest.mark.django_db
def test_a_clock_that_is_days_ahead_for_seconds_deletes_nothing_and_is_trusted_when_it_is_right(
    process: _Process,
) -> None:
    assert process.after(timedelta(seconds=4), wall=400 * _DAY) is None
    assert process.after(timedelta(seconds=4)) is None
    assert _seen() == _NOW
    assert process.after(timedelta(seconds=4), wall=-400 * _DAY) == process.wall


@pytest.mark.django_db
def test_a_jump_within_a_day_is_followed_by_an_hour_and_the_time_since_the_last_look(process: _Process) -> None:
    minute = timedelta(minutes=1)
    for looks in range(1, 12):
        trusted = process.after(minute, wall=20 * _HOUR if looks == 1 else minute)
        assert trusted == min(process.wall, _NOW + looks * (minute + _HOUR))


@pytest.mark.django_db
def test_a_clock_that_stays_ahead_is_trusted_after_a_day_of_running(process: _Process) -> None:
    process.after(timedelta(), wall=400 * _DAY)
    for _ in range(23):
        assert process.after(_HOUR) is None
    assert process.after(_HOUR) == process.wall


@pytest.mark.django_db
def test_several_processes_count_a_day_of_running_once(process: _Process) -> None:
    others = [_Process(process.wall) for _ in range(3)]
    for other in others:
        other.after(timedelta())
    everybody = [process, *others]
    for peer in everybody:
        peer.after(timedelta(), wall=400 * _DAY)
    for hour in range(1, 24):
        assert [peer.after(_HOUR) for peer in everybody] == [None] * 4, f"trusted after {hour} hours"
    assert any(peer.after(_HOUR) for peer in everybody for _ in range(2))


@pytest.mark.django_db
def test_a_process_with_a_wrong_clock_beside_one_with_a_right_clock_is_never_trusted(process: _Process) -> None:
    wrong = _Process(_NOW + 400 * _DAY)
    for _ in range(72):
        assert wrong.after(_HOUR) is None
        assert process.after(_HOUR) == process.wall
    assert _seen() == process.wall


@pytest.mark.django_db
def test_a_first_start_waits_for_a_day_of_running_across_restarts() -> None:
    for day in (0, 1):
        restarted = _Process(_NOW + day * 12 * _HOUR)
        looks = [restarted.after(timedelta()), *(restarted.after(_HOUR) for _ in range(12))]
        assert looks[:-1] == [None] * 12
    assert looks[-1] == restarted.wall


@pytest.mark.django_db
def test_a_clock_that_was_ahead_at_the_first_start_is_not_trusted_for_as_long_as_it_was_ahead() -> None:
    process = _Process(_NOW + 400 * _DAY)
    process.after(timedelta())
    process.after(_HOUR, wall=-400 * _DAY)
    assert _seen() == process.wall
    process.after(timedelta(), wall=400 * _DAY)
    assert _seen() == _NOW


@pytest.mark.django_db
def test_no_sweep_deletes_while_the_clock_is_ahead() -> None:
    made = datetime.now(UTC) - timedelta(days=10)
    run_id = f"run_{int(made.timestamp() * 1000):012x}{0:032x}"
    Run.objects.create(
        id=run_id, app_id="app_a", workflow="echo", timeout=1, executor_id=1, status="complete", created_at=made
    )
    clock_guard.accept()
    guard, ahead = Guard(), datetime.now(UTC) + 400 * _DAY
    assert guard.look(ahead) is None
    retention.delete_old(threading.Event(), clock_guard.accept())
    assert Run.objects.exists()
    retention.delete_old(threading.Event(), clock_guard.accept(ahead))
    assert not Run.objects.exists()


def _set_seen(hub: Hub, days: int) -> None:
    script = (
        "from datetime import timedelta; from django.utils import timezone; from runs.models import RetentionClock;"
        f" RetentionClock.objects.update(clock_seen=timezone.now() - timedelta(days={days}))"
    )
    hub.shell(script)


def test_a_server_whose_clock_is_ahead_deletes_nothing_until_an_operator_accepts_it(own_hub: Hub) -> None:
    own_hub.manage("runs", "prune", "--accept-clock")
    fill(own_hub, "app_a", 0, 390)
    _set_seen(own_hub, 400)  # the server then sees its clock 400 days ahead
    server = own_hub.start(PRUNE_EVERY_SECONDS="1")
    wait_until(lambda: "retention waits: the clock jumped" in server.log(), "the wait is not logged")
    refused = own_hub.manage("runs", "prune", check=False)
    assert refused.returncode == 1
    assert "pass --accept-clock" in refused.stderr
    dry = own_hub.manage("runs", "prune", "--dry-run", "--json")
    assert json.loads(dry.stdout)["runs"] == 1
    assert "without --accept-clock" in dry.stderr
    own_hub.manage("runs", "prune", "--dry-run", "--accept-clock")
    assert ages(own_hub, "app_a") == [0, 390]
    own_hub.manage("runs", "prune", "--accept-clock", "--app", "app_b")
    wait_until(lambda: ages(own_hub, "app_a") == [0], "the old run is not deleted")
    wait_until(lambda: "retention sweep: runs=1 requests=1" in server.log(), "the sweep is not logged")
    assert server.log().count("retention waits") == 1


def test_a_server_on_an_upgraded_database_says_once_that_deletion_waits(own_hub: Hub) -> None:
    fill(own_hub, "app_a", 0, 390)
    server = own_hub.start(PRUNE_EVERY_SECONDS="1")
    seen = "SELECT waited FROM runs_retentionclock"
    wait_until(lambda: any(waited > 2 for (waited,) in own_hub.query(seen)), "it does not count")
    assert ages(own_hub, "app_a") == [0, 390]
    [line] = [line for line in server.log().splitlines() if "retention waits" in line]
    assert "when SinkHub has run for a day" in line
    assert "manage.py runs prune --accept-clock" in line


def test_a_key_does_not_expire_by_a_clock_that_is_ahead(own_hub: Hub) -> None:
    own_hub.manage("runs", "prune", "--accept-clock")
    own_hub.add_sinks([{"path": "/in", "workflow": "echo", "dedupe_window": 60}])
    server = own_hub.start()
    send = partial(web.post, f"{server.url}/app_test/in", headers={"Idempotency-Key": "k"})
    first = send().headers["x-run-id"]
    # The server sees its clock 400 days ahead of all records.
    script = (
        "from datetime import timedelta; from django.utils import timezone; from runs.models import Run;"
        " Run.objects.update(key_expires_at=timezone.now() - timedelta(days=399))"
    )
    own_hub.shell(script)
    _set_seen(own_hub, 400)
    assert send().headers["x-run-id"] == first
    own_hub.manage("runs", "prune", "--accept-clock")
    assert send().headers["x-run-id"] != first
