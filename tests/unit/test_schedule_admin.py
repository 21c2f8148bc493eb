"""Schedules in the admin: the list, the form with its faults, and runs that are started by hand."""

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client

from runs.models import Run
from sinks.models import App, Membership, Schedule
from tests.unit.test_admin import cells, faults, page

pytestmark = pytest.mark.django_db

_LIST = "/admin/sinks/schedule/"
_ADD = "/admin/sinks/schedule/add/"


@pytest.fixture
def app() -> App:
    return App.objects.create(app_id="app_test", name="Test")


@pytest.fixture
def root() -> Client:
    return signed_in(User.objects.create_superuser("root"))


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def filled(app: App, **fields: Any) -> dict[str, Any]:
    """Return the form of a schedule as a browser sends it."""
    defaults = {
        "app": app.pk,
        "name": "nightly",
        "cron": "30 2 * * *",
        "timezone": "Europe/Berlin",
        "missed": "once",
        "overlap": "skip",
        "workflow": "echo",
        "options": "{}",
        "payload": '{"full": true}',
        "engine": "",
        "active": "on",
        "description": "",
    }
    return defaults | fields


def address(schedule: Schedule, page: str = "change") -> str:
    return f"{_LIST}{schedule.pk}/{page}/"


def saved(client: Client, app: App, **fields: Any) -> Schedule:
    assert client.post(_ADD, filled(app, **fields)).status_code == 302
    return Schedule.objects.get(name=fields.get("name", "nightly"))


def test_a_schedule_is_made_shown_and_changed(root: Client, app: App) -> None:
    schedule = saved(root, app)
    assert (schedule.payload, schedule.overlap, schedule.options) == ({"full": True}, "skip", {})
    listed = page(root, _LIST)
    assert cells(listed, "comes") == ["30 2 * * * Europe/Berlin"]
    assert cells(listed, "last_time") == ["-"]
    assert 'title="At 02:30 every day"' in listed
    shown = page(root, address(schedule))
    assert "At 02:30 every day (Europe/Berlin)" in shown
    assert len(re.findall(r"\d\d\d\d-\d\d-\d\d 0[23]:[03]0 CES?T", shown)) == 10
    changed = filled(app, cron="0 4 * * *", payload="", options="")
    assert root.post(address(schedule), changed).status_code == 302
    schedule.refresh_from_db()
    assert (schedule.cron, schedule.payload, schedule.options) == ("0 4 * * *", None, {})


@pytest.mark.parametrize(
    ("fields", "field", "reason"),
    [
        ({"cron": "0 0 31 2 *"}, "cron", "The day of month of this cron expression is invalid."),
        ({"timezone": "Berlin"}, "timezone", "There is no such time zone"),
        ({"workflow": ""}, "workflow", "This field is required."),
        ({"options": '{"no_such": 1}'}, "options", "no_such"),
        ({"payload": "{"}, "payload", "Enter a valid JSON."),
        ({"name": "a b"}, "name", "A schedule's name must have"),
        ({"engine": "procrastinate"}, "engine", "Workers need PostgreSQL"),
    ],
)
def test_a_fault_is_shown_at_its_field(root: Client, app: App, fields: dict[str, Any], field: str, reason: str) -> None:
    found = faults(root, _ADD, filled(app, **fields))
    assert list(found) == [field]
    assert reason in found[field][0]


def test_a_run_is_started_by_a_button_and_the_history_has_it(root: Client, app: App) -> None:
    schedule = saved(root, app)
    answer = root.post(address(schedule, "run"))
    run = Run.objects.get()
    assert answer.headers["location"] == f"/admin/runs/run/{run.pk}/change/"
    assert LogEntry.objects.latest("pk").change_message == f"Started the run {run.pk}."
    assert cells(page(root, _LIST), "last_time") == ["by hand"]
    refused = root.post(address(schedule, "run"), follow=True).content.decode()
    assert f"The previous run is unfinished: {run.pk}." in refused
    assert root.get(address(schedule, "run")).status_code == 405
    assert root.post(f"{_LIST}4711/run/").status_code == 404
    assert Run.objects.count() == 1


def test_schedules_are_activated_and_deactivated(root: Client, app: App) -> None:
    schedule = saved(root, app)
    for action, active in (("deactivate", False), ("activate", True)):
        root.post(_LIST, {"action": action, "_selected_action": [schedule.pk]})
        schedule.refresh_from_db()
        assert (schedule.active, schedule.next_at is not None) == (active, active)
    Schedule.objects.update(active=False, workflow="gone")
    shown = root.post(_LIST, {"action": "activate", "_selected_action": [schedule.pk]}, follow=True).content.decode()
    assert "Not activated: nightly: No workflow" in shown
    assert "is not installed: its runs fail" in page(root, address(schedule))


def test_a_member_sees_the_schedules_of_their_apps_and_a_viewer_changes_none(root: Client, app: App) -> None:
    schedule = saved(root, app)
    foreign = saved(root, App.objects.create(app_id="app_other"), name="foreign")
    users = {role: User.objects.create_user(role, is_staff=True) for role in ("viewer", "editor")}
    for role, user in users.items():
        Membership.objects.create(user=user, app=app, role=role)
    viewer, editor = (signed_in(users[role]) for role in ("viewer", "editor"))
    for client in (viewer, editor):
        assert "nightly" in (listed := page(client, _LIST))
        assert "foreign" not in listed
        assert client.get(address(foreign)).status_code == 302
        assert client.post(address(foreign, "run")).status_code == 404
    shown = page(viewer, address(schedule))
    assert "Run now" not in shown
    assert "At 02:30 every day" in shown
    assert viewer.post(address(schedule, "run")).status_code == 403
    assert viewer.post(address(schedule), filled(app)).status_code == 403
    assert "Run now" in page(editor, address(schedule))
    assert editor.post(address(schedule, "run")).status_code == 302
    choices = "/admin/autocomplete/?app_label=sinks&model_name=schedule&field_name=app&term="
    assert [found["id"] for found in editor.get(choices).json()["results"]] == [str(app.pk)]
