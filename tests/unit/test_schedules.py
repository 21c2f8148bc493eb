"""Schedules start their runs once for each time, by their policies, and keep what they know when they are changed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from runs.links.starts import Start, record
from runs.models import Delivery, Run
from sinks.models import App, Schedule
from sinks.schedules.firing import CannotRun, fire_due, in_utc, start_now

_MINUTE = timedelta(minutes=1)


@pytest.fixture
def app(db: None) -> App:
    return App.objects.create(app_id="app_test")


@pytest.fixture
def now() -> datetime:
    """A moment in which a whole minute has just passed."""
    return datetime.now(UTC).replace(second=1, microsecond=0)


def make_schedule(app: App, **fields: Any) -> Schedule:
    schedule = Schedule(app=app, **{"name": "nightly", "cron": "* * * * *", "workflow": "echo"} | fields)
    schedule.full_clean()
    schedule.save()
    return schedule


def fall_due(schedule: Schedule, at: datetime) -> None:
    Schedule.objects.filter(pk=schedule.pk).update(next_at=at.replace(second=0))


def fire(schedule: Schedule, now: datetime) -> list[str]:
    """Let it fire, and return the scheduled times of all its runs so far."""
    fire_due(now, now)
    schedule.refresh_from_db()
    deliveries = Delivery.objects.order_by("run_id").values_list("headers", flat=True)
    return [value for headers in deliveries for name, value in headers if name == "x-scheduled-at"]


def end_runs() -> None:
    Run.objects.update(status=Run.Status.COMPLETE)


def test_a_run_starts_at_its_time_with_the_payload_and_the_name_of_the_schedule(app: App, now: datetime) -> None:
    schedule = make_schedule(app, payload={"full": True}, options={}, cron="* * * * *")
    assert fire(schedule, now - _MINUTE) == []
    fall_due(schedule, now)
    assert fire(schedule, now) == [in_utc(now.replace(second=0))]
    run = Run.objects.get()
    assert (run.app_id, run.workflow, run.status, run.source_id, run.parent) == (
        "app_test",
        "echo",
        "queued",
        None,
        None,
    )
    delivery = Delivery.objects.get(run=run)
    assert (delivery.method, delivery.path, bytes(delivery.body)) == ("POST", "/", b'{"full":true}')
    assert ["x-schedule", "nightly"] in delivery.headers
    assert (schedule.last_run_id, schedule.last_at) == (run.pk, now.replace(second=0))
    assert schedule.next_at == now.replace(second=0) + _MINUTE


def test_a_time_starts_one_run_only(app: App, now: datetime) -> None:
    schedule = make_schedule(app)
    fall_due(schedule, now)
    assert len(fire(schedule, now)) == len(fire(schedule, now)) == 1


@pytest.mark.parametrize(("missed", "count"), [("skip", 0), ("once", 1), ("all", 5)])
def test_missed_times_follow_the_policy(app: App, now: datetime, missed: str, count: int) -> None:
    schedule = make_schedule(app, cron="*/2 * * * *", missed=missed)
    now = now.replace(minute=31)  # the last time was more than a minute ago
    fall_due(schedule, now - 9 * _MINUTE)
    now += timedelta(seconds=10)
    assert len(fire(schedule, now)) == count
    last = now.replace(minute=30, second=0)
    assert schedule.next_at == last + 2 * _MINUTE
    assert (schedule.skip_reason, schedule.skipped_at) == (("missed", last) if missed == "skip" else ("", None))


@pytest.mark.parametrize(("overlap", "count"), [("skip", 1), ("allow", 2)])
def test_a_run_starts_beside_an_unfinished_one_only_if_it_may(
    app: App, now: datetime, overlap: str, count: int
) -> None:
    schedule = make_schedule(app, overlap=overlap)
    fall_due(schedule, now)
    fire(schedule, now)
    assert len(fire(schedule, now + _MINUTE)) == count
    skipped = ("overlap", (now + _MINUTE).replace(second=0)) if overlap == "skip" else ("", None)
    assert (schedule.skip_reason, schedule.skipped_at) == skipped
    end_runs()
    assert len(fire(schedule, now + 2 * _MINUTE)) == count + 1


def test_of_all_missed_times_only_one_starts_if_runs_must_not_overlap(app: App, now: datetime) -> None:
    schedule = make_schedule(app, missed="all", overlap="skip")
    fall_due(schedule, now - 3 * _MINUTE)
    assert fire(schedule, now) == [in_utc((now - 3 * _MINUTE).replace(second=0))]
    assert (schedule.skip_reason, schedule.skipped_at) == ("overlap", now.replace(second=0))


@pytest.mark.parametrize("inactive", ["schedule", "app"])
def test_nothing_starts_while_it_is_inactive_nor_is_it_made_up_for_afterwards(
    app: App, now: datetime, inactive: str
) -> None:
    schedule = make_schedule(app, missed="all")
    target: Any = schedule if inactive == "schedule" else app
    target.active = False
    target.save()
    if inactive == "app":
        fall_due(schedule, now)
    assert fire(schedule, now) == []
    target.active = True
    target.save()
    assert fire(schedule, now) == []
    schedule.refresh_from_db()
    assert schedule.next_at is not None
    assert schedule.next_at > now - _MINUTE


def test_a_run_whose_workflow_is_gone_is_recorded_so_that_its_error_is_seen(app: App, now: datetime) -> None:
    schedule = make_schedule(app)
    Schedule.objects.update(workflow="gone")
    fall_due(schedule, now)
    assert len(fire(schedule, now)) == 1
    assert Run.objects.get().workflow == "gone"


def test_a_schedule_whose_times_cannot_be_known_stops_and_does_not_stop_others(app: App, now: datetime) -> None:
    broken, other = make_schedule(app), make_schedule(app, name="other")
    Schedule.objects.filter(pk=broken.pk).update(timezone="Mars/Olympus")
    for schedule in (broken, other):
        fall_due(schedule, now)
    assert len(fire(other, now)) == 1
    broken.refresh_from_db()
    assert (broken.next_at, broken.skip_reason) == (None, "invalid")
    broken.timezone = "UTC"
    broken.save()
    assert broken.next_at is not None


def test_a_payload_that_became_too_large_stops_a_schedule_until_it_is_saved_again(app: App, now: datetime) -> None:
    schedule = make_schedule(app)
    Schedule.objects.update(payload="x" * 2_000_000)
    fall_due(schedule, now)
    assert fire(schedule, now) == []
    assert (schedule.next_at, schedule.skip_reason) == (None, "invalid")
    schedule.payload = "x"
    schedule.save()
    assert schedule.next_at is not None


def test_a_schedule_that_cannot_be_fired_does_not_keep_others_from_it(
    app: App, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, other = make_schedule(app), make_schedule(app, name="other")
    for schedule in (broken, other):
        fall_due(schedule, now)

    def fails_once(starts: list[Start]) -> list[Run]:
        if ("x-schedule", "nightly") in starts[0].headers:
            raise ValueError("no")
        return record(starts)

    monkeypatch.setattr("runs.links.starts.record", fails_once)
    assert len(fire(other, now)) == 1
    broken.refresh_from_db()
    assert broken.next_at == now.replace(second=0)


def test_a_changed_description_does_not_undo_what_a_server_has_done_meanwhile(app: App, now: datetime) -> None:
    schedule = make_schedule(app)
    old = Schedule.objects.get(pk=schedule.pk)
    fall_due(schedule, now)
    fire(schedule, now)
    old.description = "changed"
    old.save()
    schedule.refresh_from_db()
    assert (schedule.description, schedule.next_at) == ("changed", now.replace(second=0) + _MINUTE)
    assert schedule.last_run_id == Run.objects.get().pk


def test_changed_times_count_from_now(app: App) -> None:
    schedule = make_schedule(app, cron="0 0 1 1 *")
    schedule.cron = "* * * * *"
    schedule.save()
    assert schedule.next_at is not None
    assert timedelta(0) < schedule.next_at - timezone.now() <= _MINUTE
    schedule.active = False
    schedule.save()
    schedule.refresh_from_db()
    assert schedule.next_at is None


def test_a_time_for_which_a_server_with_a_faster_clock_has_started_a_run_is_past(app: App, now: datetime) -> None:
    schedule = make_schedule(app)
    ahead = now.replace(second=0) + 5 * _MINUTE
    Schedule.objects.update(last_at=ahead)
    schedule.refresh_from_db()
    schedule.cron = "*/1 * * * *"
    schedule.save()
    assert schedule.next_at == ahead + _MINUTE


def test_a_clock_that_was_ahead_and_is_set_back_does_not_silence_a_schedule(app: App, now: datetime) -> None:
    schedule = make_schedule(app)
    fall_due(schedule, now)
    year = timedelta(days=365)
    assert len(fire(schedule, now + year)) == 1
    fire_due(now, now + year)
    schedule.refresh_from_db()
    assert schedule.next_at == now.replace(second=0) + _MINUTE


def test_a_clock_that_is_a_little_behind_another_fires_no_time_again(app: App, now: datetime) -> None:
    schedule = make_schedule(app)
    fall_due(schedule, now)
    fire(schedule, now)
    assert len(fire(schedule, now - timedelta(seconds=5))) == 1
    fire_due(now - timedelta(seconds=4), None)
    schedule.refresh_from_db()
    assert schedule.next_at == now.replace(second=0) + _MINUTE


def test_many_schedules_are_due_in_parts(app: App, now: datetime) -> None:
    Schedule.objects.bulk_create(
        Schedule(app=app, name=f"s{at}", cron="* * * * *", workflow="echo", next_at=now) for at in range(130)
    )
    assert fire_due(now, now) is True
    assert fire_due(now, now) is False
    assert Run.objects.count() == 130


def test_a_poll_that_finds_nothing_costs_one_query(app: App, now: datetime, django_assert_num_queries: Any) -> None:
    make_schedule(app)
    with django_assert_num_queries(1):
        fire_due(now - _MINUTE, now - 2 * _MINUTE)


def test_a_run_starts_by_hand_even_if_the_schedule_is_inactive(app: App) -> None:
    schedule = make_schedule(app, active=False, overlap="skip")
    run = start_now(schedule)
    schedule.refresh_from_db()
    assert (schedule.last_run_id, schedule.last_at, run.status) == (run.pk, None, "queued")
    with pytest.raises(CannotRun, match=f"The previous run is unfinished: {run.pk}"):
        start_now(schedule)
    end_runs()
    assert start_now(schedule).pk != run.pk


def test_no_run_starts_by_hand_that_would_fail_at_once(app: App) -> None:
    schedule = make_schedule(app)
    Schedule.objects.update(workflow="gone")
    with pytest.raises(CannotRun, match="No workflow 'gone' is installed"):
        start_now(schedule)
    Schedule.objects.update(workflow="echo")
    App.objects.update(active=False)
    with pytest.raises(CannotRun, match="The app is inactive"):
        start_now(schedule)
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"name": "two words"}, "name"),
        ({"name": ""}, "name"),
        ({"cron": "0 25 * * *"}, "cron"),
        ({"timezone": "Berlin"}, "timezone"),
        ({"workflow": "missing"}, "workflow"),
        ({"options": {"no_such": 1}}, "options"),
        ({"payload": "x" * 2_000_000}, "payload"),
        ({"payload": "\0"}, "payload"),
        ({"missed": "never"}, "missed"),
        ({"overlap": "maybe"}, "overlap"),
        ({"engine": "procrastinate"}, "engine"),
    ],
)
def test_a_fault_is_reported_at_its_field(app: App, fields: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValidationError) as refused:
        make_schedule(app, **fields)
    assert list(refused.value.error_dict) == [fault]


def test_a_name_is_free_in_another_app_only(app: App) -> None:
    make_schedule(app)
    make_schedule(App.objects.create(app_id="app_other"))
    with pytest.raises(ValidationError, match="This app already has a schedule 'nightly'"):
        make_schedule(app)
