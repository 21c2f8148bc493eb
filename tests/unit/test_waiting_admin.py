"""The admin's pages of waits and kept signals, and those of an app's secrets and of a schedule."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from runs.ids import new_run_id
from runs.models import Run, Signal, StepRecord
from sinks.access.app_secrets import set_secret
from sinks.models import App, AppSecret, Membership, Schedule, Sink

pytestmark = pytest.mark.one_database

_WAITS, _SIGNALS = "/admin/runs/wait/", "/admin/runs/signal/"
VALUE = "a-value-4711-abcdef"


@pytest.fixture
def app(db: None) -> App:
    return App.objects.create(app_id="app_mine")


def member(app: App, role: str) -> Client:
    user = User.objects.create_user(f"{role}-{app.app_id}", is_staff=True)
    Membership.objects.create(user=user, app=app, role=role)
    browser = Client()
    browser.force_login(user)
    return browser


def waiting(app: App, *waits: tuple[str, str, str], sink: Sink | None = None) -> Run:
    """Return a run with these waits: their names, keys and statuses."""
    now = datetime.now(UTC)
    run = Run.objects.create(
        id=new_run_id(),
        app_id=app.app_id,
        source_id=sink.pk if sink is not None else None,
        workflow="approves",
        timeout=300,
        status=Run.Status.WAITING,
        executor_id=0,
        created_at=now,
    )
    for place, (name, key, status) in enumerate(waits, 1):
        fields: dict[str, Any] = {"kind": "wait", "name": name, "key": key, "number": 1, "position": 0, "attempt": 1}
        until = '{"until": null}' if status == "waiting" else "null"
        StepRecord.objects.create(run=run, place=place, status=status, value=until, at=now, **fields)
    return run


def test_open_waits_are_listed_with_a_form_for_who_may_signal(app: App, admin_client: Client) -> None:
    sink = Sink.objects.create(app=app, path="/orders", workflow="approves")
    run = waiting(app, ("paid", "", "waiting"), ("paid", "", "complete"), ("approved", "k-7", "waiting"), sink=sink)
    foreign = waiting(App.objects.create(app_id="app_other"), ("secretly", "", "waiting"))
    with CaptureQueriesContext(connection) as asked:
        page = admin_client.get(_WAITS).content.decode()
    assert len(asked) <= 12
    assert "approved" in page and "k-7" in page and "POST /orders" in page and "secretly" in page
    assert "<strong>paid</strong>" not in page
    for role, sends in (("viewer", False), ("editor", True)):
        own = member(app, role).get(_WAITS).content.decode()
        assert "approved" in own and "secretly" not in own and foreign.pk not in own
        assert (f"/admin/runs/run/{run.pk}/signal/" in own) is sends
    assert "<strong>approved</strong>" not in admin_client.get(f"{_WAITS}?app=app_other").content.decode()


def test_kept_signals_are_listed_without_payloads_and_deleted_after_a_question(app: App) -> None:
    mine = Signal.objects.create(app_id="app_mine", name="paid", key="k-7", payload='"confidential"', size=14)
    Signal.objects.create(app_id="app_mine", name="taken", payload="1", size=1, taken_by="x:1")
    foreign = Signal.objects.create(app_id="app_other", name="secretly", payload="1", size=1)
    viewer, editor = member(app, "viewer"), member(app, "editor")
    for browser in (viewer, editor):
        page = browser.get(_SIGNALS).content.decode()
        assert "paid" in page and "k-7" in page
        assert not [text for text in ("confidential", "secretly", "taken</strong>") if text in page]
        assert browser.post(f"{_SIGNALS}{foreign.pk}/remove/").status_code == 404
    assert viewer.post(f"{_SIGNALS}{mine.pk}/remove/").status_code == 403
    assert "Delete the signal paid?" in editor.get(f"{_SIGNALS}{mine.pk}/remove/").content.decode()
    assert Signal.objects.count() == 3
    assert editor.post(f"{_SIGNALS}{mine.pk}/remove/").status_code == 302
    assert not Signal.objects.filter(pk=mine.pk).exists()


def test_an_owner_sets_and_deletes_secrets_on_their_page_which_shows_no_value(app: App) -> None:
    set_secret(app, "OLD_KEY", VALUE)
    page = f"/admin/sinks/app/{app.pk}/secrets/"
    owner, viewer = member(app, "owner"), member(app, "viewer")
    answers = [owner.get(page), viewer.get(page), owner.post(page, {"name": "NEW_KEY", "value": VALUE}, follow=True)]
    answers.append(owner.post(page, {"name": "no name", "value": VALUE}))
    assert answers[3].status_code == 400 and b"capital letters" in answers[3].content
    assert b'name="value"' not in answers[1].content and b"OLD_KEY" in answers[1].content
    assert viewer.post(page, {"name": "NEW_KEY", "value": VALUE}).status_code == 403
    assert viewer.post(f"{page}OLD_KEY/delete/").status_code == 403
    answers.append(owner.get(f"{page}OLD_KEY/delete/"))
    assert AppSecret.objects.count() == 2
    answers.append(owner.post(f"{page}OLD_KEY/delete/", follow=True))
    assert [secret.name for secret in AppSecret.objects.all()] == ["NEW_KEY"]
    messages = [entry.change_message for entry in LogEntry.objects.order_by("pk")]
    assert messages == ["Set the secret NEW_KEY.", "Deleted the secret OLD_KEY."]
    assert VALUE not in "".join(answer.content.decode() for answer in answers)
    other = App.objects.create(app_id="app_other")
    assert owner.get(f"/admin/sinks/app/{other.pk}/secrets/").status_code == 404


def test_a_schedule_is_deactivated_after_a_question_and_activated(app: App) -> None:
    schedule = Schedule.objects.create(
        app=app, name="nightly", cron="0 3 * * *", workflow="echo", timezone="Asia/Tokyo"
    )
    viewer, editor = member(app, "viewer"), member(app, "editor")
    activation = f"/admin/sinks/schedule/{schedule.pk}/activation/"
    assert viewer.post(activation).status_code == 403
    editor.cookies["sinkhub_time_zone"] = "Europe/Berlin"
    page = editor.get(f"/admin/sinks/schedule/{schedule.pk}/change/").content.decode()
    assert page.count(" 03:00 JST<") == page.count(" 19:00 CET<") + page.count(" 20:00 CEST<") == 10
    assert "Deactivate the schedule nightly?" in editor.get(activation).content.decode()
    for form, active in (({}, False), ({"active": "1"}, True)):
        editor.post(activation, form)
        schedule.refresh_from_db()
        assert (schedule.active, schedule.next_at is not None) == (active, active)


def test_the_page_of_an_app_shows_its_sinks_schedules_and_figures(app: App) -> None:
    Sink.objects.create(app=app, path="/orders", workflow="echo")
    Schedule.objects.create(app=app, name="nightly", cron="0 3 * * *", workflow="echo")
    browser = member(app, "viewer")
    with CaptureQueriesContext(connection) as asked:
        page = browser.get(f"/admin/sinks/app/{app.pk}/change/").content.decode()
    for text in ("POST /orders", "nightly", "Runs ended, last 24 hours", f"/admin/sinks/app/{app.pk}/secrets/"):
        assert text in page
    assert len(asked) <= 20
