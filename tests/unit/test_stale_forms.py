"""Two people edit one object in the admin: the later save undoes nothing, and reports what both have changed."""

import html
import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client

from sinks.models import App, Membership, Schedule
from tests.unit.test_admin import address, filled, make_sink, page

pytestmark = pytest.mark.django_db

Form = dict[str, Any]


@pytest.fixture
def app() -> App:
    return App.objects.create(app_id="app_test", name="Test")


def opened(client: Client, thing: Any) -> Form:
    """Return the form of an object as a browser sends it that changed nothing."""
    form: Form = {}
    for text in re.findall(r'<input type="hidden"[^>]*>', page(client, address(thing))):
        name, value = re.search(r'name="([^"]*)"', text), re.search(r'value="([^"]*)"', text)
        if name and name[1].startswith("initial-"):
            form[name[1]] = shown = html.unescape(value[1]) if value else ""
            if shown != "False":
                form[name[1].removeprefix("initial-")] = "on" if shown == "True" else shown
    return form


def save(client: Client, thing: Any, form: Form) -> dict[str, list[str]]:
    """Submit a form without its fields that are None. Return its faults; none if it was saved."""
    answer = client.post(address(thing), {name: value for name, value in form.items() if value is not None})
    if answer.status_code == 302:
        thing.refresh_from_db()
        return {}
    assert answer.context is not None
    return dict(answer.context["adminform"].form.errors)


def conflict(current: str) -> list[str]:
    return [f"Somebody else has changed this since you opened the form, {current}. Save again to replace that."]


def test_fields_of_a_sink_that_its_user_left_alone_keep_what_another_saved(admin_client: Client, app: App) -> None:
    sink = make_sink(app, description="one", rate="5/s", timeout=30)
    form = opened(admin_client, sink)
    assert (form["active"], form["rate"], form["timeout"]) == ("on", "5/s", "30.0")
    assert save(admin_client, sink, form | {"rate": "9/s", "active": None, "cors_origins": "*"}) == {}
    assert save(admin_client, sink, form | {"description": "two", "timeout": "60"}) == {}
    assert (sink.description, sink.timeout) == ("two", 60)
    assert (sink.rate, sink.active, sink.cors_origins) == ("9/s", False, "*")
    assert "Others have changed these meanwhile, and they stay so: active, rate, CORS origins." in page(
        admin_client, "/admin/"
    )
    assert LogEntry.objects.latest("pk").get_change_message() == "Changed Description and Timeout."


def test_a_field_that_both_changed_is_refused_once_and_says_what_it_is_now(admin_client: Client, app: App) -> None:
    sink = make_sink(app, rate="5/s", active=True)
    form = opened(admin_client, sink)
    assert save(admin_client, sink, form | {"rate": "9/s"}) == {}
    stale = form | {"rate": "7/s"}
    answer = admin_client.post(address(sink), stale)
    assert answer.context["adminform"].form.errors == {"rate": conflict("to: 9/s")}
    sink.refresh_from_db()
    assert sink.rate == "9/s"
    # The form that is shown with the fault knows the current value, and has the one that was typed.
    text = answer.content.decode()
    assert 'name="initial-rate" value="9/s"' in text
    assert re.search(r'name="rate" value="7/s"', text)
    assert save(admin_client, sink, stale | {"initial-rate": "9/s"}) == {}
    assert sink.rate == "7/s"
    assert save(admin_client, sink, form | {"rate": ""}) == {"rate": conflict("to: 7/s")}
    assert save(admin_client, sink, opened(admin_client, sink) | {"rate": ""}) == {}
    assert save(admin_client, sink, form | {"rate": "7/s"}) == {"rate": conflict("to nothing")}


def test_the_same_change_by_both_is_no_conflict(admin_client: Client, app: App) -> None:
    sink = make_sink(app, description="a\nb")
    form = opened(admin_client, sink) | {"description": "c\r\nd", "active": None}
    assert save(admin_client, sink, form) == {}
    assert save(admin_client, sink, form) == {}
    assert (sink.description.split(), sink.active) == (["c", "d"], False)


def test_a_program_that_sends_no_hidden_fields_saves_what_it_sends(admin_client: Client, app: App) -> None:
    sink = make_sink(app, rate="5/s", description="one")
    assert save(admin_client, sink, filled(app, rate="")) == {}
    assert (sink.rate, sink.description) == ("", "")


def test_options_keep_what_another_saved(admin_client: Client, app: App) -> None:
    sink = make_sink(app, workflow="demo", options={"steps": 3, "seconds": 0.5})
    form = opened(admin_client, sink)
    assert save(admin_client, sink, form | {"option_demo__steps": "7"}) == {}
    assert save(admin_client, sink, form | {"option_demo__seconds": "2"}) == {}
    assert sink.options == {"steps": 7, "seconds": 2}
    assert save(admin_client, sink, form | {"option_demo__steps": "9"}) == {"option_demo__steps": conflict("to: 7")}


def test_options_of_a_workflow_that_another_has_replaced_are_not_dropped_in_silence(
    admin_client: Client, app: App
) -> None:
    sink = make_sink(app, workflow="demo", options={"steps": 3})
    form = opened(admin_client, sink)
    assert save(admin_client, sink, form | {"workflow": "echo"}) == {}
    stale = form | {"option_demo__seconds": "2"}
    assert save(admin_client, sink, stale) == {
        "workflow": [
            "Somebody else has chosen the workflow echo since you opened the form, and you changed options of another. "
            "Save again to leave these out."
        ]
    }
    again = opened(admin_client, sink) | {"option_demo__seconds": "2"}
    assert save(admin_client, sink, again) == {}
    assert (sink.workflow, sink.options) == ("echo", {})


def test_a_token_that_another_set_stays(admin_client: Client, app: App) -> None:
    sink = make_sink(app, auth_token="first-token")
    form = opened(admin_client, sink)
    assert "first" not in form.values()
    assert save(admin_client, sink, form | {"auth_token": "second-token"}) == {}
    assert save(admin_client, sink, form | {"description": "new"}) == {}
    assert (sink.auth_token, sink.description) == ("second-token", "new")


def test_an_app_and_the_roles_of_its_members_keep_what_another_saved(admin_client: Client, app: App) -> None:
    users = [User.objects.create_user(name) for name in ("ada", "bob")]
    ada, bob = (Membership.objects.create(app=app, user=user, role="owner") for user in users)
    fixed: Form = {"secrets-TOTAL_FORMS": "0", "secrets-INITIAL_FORMS": "0"}
    fixed |= {"memberships-TOTAL_FORMS": "2", "memberships-INITIAL_FORMS": "2"}
    for number, member in enumerate((ada, bob)):
        fixed |= {f"memberships-{number}-id": str(member.pk), f"memberships-{number}-app": str(app.pk)}
    form = opened(admin_client, app) | fixed
    assert form["memberships-0-role"] == "owner"
    assert save(admin_client, app, form | {"memberships-0-role": "viewer", "keep_runs": "9"}) == {}
    assert save(admin_client, app, form | {"memberships-1-role": "viewer", "name": "New"}) == {}
    assert [member.role for member in Membership.objects.order_by("pk")] == ["viewer", "viewer"]
    assert (app.name, app.keep_runs) == ("New", 9)
    answer = admin_client.post(address(app), form | {"memberships-0-role": "editor"})
    assert conflict("to: viewer")[0] in html.unescape(answer.content.decode())


def test_a_schedule_keeps_what_another_saved(admin_client: Client, app: App) -> None:
    schedule = Schedule.objects.create(app=app, name="nightly", cron="0 3 * * *", workflow="echo", payload={"a": 1})
    form = opened(admin_client, schedule)
    assert save(admin_client, schedule, form | {"payload": '{"a": 2}', "active": None}) == {}
    assert save(admin_client, schedule, form | {"cron": "0 4 * * *"}) == {}
    assert (schedule.cron, schedule.payload, schedule.active) == ("0 4 * * *", {"a": 2}, False)
    assert save(admin_client, schedule, form | {"payload": '{"a": 3}'}) == {"payload": conflict('to: {"a": 2}')}
