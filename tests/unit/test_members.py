"""Members of apps: what owners, editors and viewers may see and change, and that they cannot reach other apps."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from axes.models import AccessAttempt
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from runs import ports
from runs.history import queries
from runs.ids import new_run_id
from runs.models import Delivery, Run
from sinks.access import api_tokens, permissions
from sinks.models import ApiToken, App, Membership, Sink
from tests.support.api_client import add_token, add_user, client
from tests.support.hub import Hub, Server
from tests.support.web import web

pytestmark = pytest.mark.one_database

TOKEN = "s3cret-t0ken-4711-xyz"
ALL = [
    "view_app",
    "change_app",
    "delete_app",
    "view_sink",
    "add_sink",
    "change_sink",
    "delete_sink",
    "view_appsecret",
    "change_appsecret",
    "view_run",
    "change_run",
    "add_run",
]
_APPS = "/admin/sinks/app/"
_SINKS = "/admin/sinks/sink/"
_RUNS = "/admin/runs/run/"


@pytest.fixture(autouse=True)
def quick_logins(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@dataclass
class Two:
    """Two apps with a sink and a run each; the user is a member of `mine`, and not of `other`."""

    mine: App
    other: App
    sink: Sink
    foreign: Sink
    run: Run
    foreign_run: Run


@pytest.fixture
def two(db: None) -> Two:
    apps = [App.objects.create(app_id=f"app_{name}", name=f"The {name} one") for name in ("mine", "other")]
    sinks, runs = [], []
    for app in apps:
        sink = Sink(app=app, path=f"/at-{app.app_id}", workflow="echo", provider="github")
        sink.auth_token = TOKEN
        sink.secrets = [TOKEN + "-signing"]
        sink.full_clean()
        sink.save()
        sinks.append(sink)
        runs.append(make_run(app, source_id=sink.pk))
    return Two(apps[0], apps[1], sinks[0], sinks[1], runs[0], runs[1])


def make_run(app: App, **fields: Any) -> Run:
    defaults: dict[str, Any] = {
        "id": new_run_id(),
        "app_id": app.app_id,
        "workflow": "echo",
        "timeout": 300.0,
        "executor_id": 1,
        "created_at": datetime.now(UTC),
    }
    run = Run.objects.create(**defaults | fields)
    Delivery.objects.create(
        run=run, body=b"hello", method="POST", path="/x", headers=[["x-a", "b"]], client="192.0.2.7"
    )
    return run


def make_user(name: str, *permissions: str, **roles: str) -> User:
    """Create a user of the admin with permissions, and roles in apps, such as `app_mine="viewer"`."""
    user = User.objects.create_user(name, password="pw", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    for app_id, role in roles.items():
        Membership.objects.create(user=user, app=App.objects.get(app_id=app_id), role=role)
    return user


def signed_in(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def member(role: str, *permissions: str) -> Client:
    return signed_in(make_user(role, *permissions, app_mine=role))


def address(thing: Any, page: str = "change") -> str:
    return f"/admin/{thing._meta.app_label}/{thing._meta.model_name}/{thing.pk}/{page}/"


def shown(browser: Client, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def sink_form(app: App, **fields: str) -> dict[str, Any]:
    defaults = {"app": app.pk, "path": "/new", "method": "POST", "workflow": "echo", "options": "{}", "timeout": "300"}
    return defaults | {"active": "on", "auth_token": "", "description": ""} | fields


def app_form(app: App, rows: list[dict[str, Any]] | None = None, **fields: str) -> dict[str, Any]:
    """Return the form of an app with these rows of members; a row with an `id` exists already."""
    rows = rows or []
    form: dict[str, Any] = {"name": app.name, "active": "on"} | fields
    form |= {
        "secrets-TOTAL_FORMS": 0,
        "secrets-INITIAL_FORMS": 0,
        "memberships-TOTAL_FORMS": len(rows),
        "memberships-INITIAL_FORMS": sum("id" in row for row in rows),
    }
    for place, row in enumerate(rows):
        form |= {f"memberships-{place}-{name}": value for name, value in row.items()}
        form[f"memberships-{place}-app"] = app.pk
    return form


# The permissions of a role.


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("viewer", {"sinks.view_app", "sinks.view_sink", "sinks.view_appsecret", "runs.view_run"}),
        (
            "editor",
            {
                "sinks.view_app",
                "sinks.view_sink",
                "sinks.view_appsecret",
                "runs.view_run",
                "sinks.add_sink",
                "sinks.change_sink",
                "sinks.delete_sink",
                "runs.change_run",
                "runs.add_run",
            },
        ),
        (
            "owner",
            {
                "sinks.view_app",
                "sinks.view_sink",
                "sinks.view_appsecret",
                "runs.view_run",
                "sinks.add_sink",
                "sinks.change_sink",
                "sinks.delete_sink",
                "runs.change_run",
                "runs.add_run",
                "sinks.change_app",
                "sinks.delete_app",
                "sinks.change_membership",
                "sinks.change_appsecret",
            },
        ),
    ],
)
@pytest.mark.parametrize("granted", [[], ALL], ids=["none", "all"])
def test_a_role_gives_what_it_says_in_its_app_and_nothing_in_others(
    two: Two, role: str, may: set[str], granted: list[str]
) -> None:
    user = make_user("some", *granted, app_mine=role)
    asked = {f"sinks.{name}" for name in ALL if not name.endswith("_run")} | {"runs.view_run", "runs.change_run"}
    for name in asked | may:
        assert permissions.may(user, name, two.mine) is (name in may), name
        for app in (two.mine.pk, "app_mine"):
            assert permissions.may(user, name, app) is (name in may), name
        for other in (two.other, two.other.pk, "app_other", "app_gone"):
            assert not permissions.may(user, name, other), name
        assert permissions.may(user, name) is (name in may), name


def test_who_is_a_member_of_nothing_has_their_permissions_over_all_apps(two: Two) -> None:
    user = make_user("some", "view_run")
    assert permissions.apps(user, "runs.view_run") is None
    assert permissions.apps(user, "sinks.view_sink") == frozenset()
    assert permissions.may(user, "runs.view_run", "app_gone")
    assert ports.has_permission(user, "runs.view_run", "app_other")
    assert not ports.has_permission(user, "runs.change_run")


def test_a_superuser_sees_and_does_all_and_who_left_nothing(two: Two) -> None:
    boss = User.objects.create_superuser("boss")
    Membership.objects.create(user=boss, app=two.mine, role="viewer")
    assert permissions.may(boss, "sinks.delete_app", two.other)
    left = make_user("left", *ALL, app_mine="owner")
    left.is_active = False
    assert not permissions.may(left, "sinks.view_app", two.mine)
    assert permissions.only(left) == frozenset()


def test_memberships_are_asked_for_once_in_a_request(two: Two) -> None:
    for number in range(10):
        app = App.objects.create(app_id=f"app_{number}")
        Sink.objects.create(app=app, path="/x", workflow="echo")
        make_run(app)
    user = make_user("some", **{f"app_{number}": "editor" for number in range(10)})
    browser = signed_in(user)
    for path in (_SINKS, _APPS, _RUNS, "/admin/", address(Sink.objects.get(app__app_id="app_3"))):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            shown(browser, path)
        assert sum("sinks_membership" in query["sql"] for query in asked.captured_queries) == 1, path
        assert len(asked) < 20, path


# The admin.


@pytest.mark.parametrize("role", ["viewer", "editor", "owner"])
def test_a_member_finds_what_is_theirs_from_the_front_page_on(two: Two, role: str) -> None:
    browser = member(role)
    front = shown(browser, "/admin/")
    for path in (_APPS, _SINKS, _RUNS):
        assert f'href="{path}"' in front
        listed = shown(browser, path)
        assert "mine" in listed
        assert "other" not in listed.replace("another", "")
    assert (f'href="{_SINKS}add/"' in front) is (role != "viewer")
    assert f'href="{_APPS}add/"' not in front
    for thing in (two.mine, two.sink, two.run):
        assert TOKEN not in shown(browser, address(thing))


@pytest.mark.parametrize("granted", [[], ALL], ids=["none", "all"])
def test_nothing_of_another_app_is_opened_by_its_number(two: Two, granted: list[str]) -> None:
    browser = member("owner", *granted)
    for thing in (two.other, two.foreign, two.foreign_run):
        for page in ("change", "history", "delete"):
            for answer in (browser.get(address(thing, page)), browser.post(address(thing, page), {"post": "yes"})):
                # Nobody may delete runs, and Django redirects requests for a missing object to the front page.
                assert (answer.status_code, answer.headers.get("location")) in {(302, "/admin/"), (403, None)}
                assert "app_other" not in answer.content.decode()
    assert App.objects.count() == Sink.objects.count() == 2


@pytest.mark.parametrize(
    "query",
    [
        "?app__id__exact={pk}",
        "?app={pk}",
        "?app__app_id=app_other",
        "?q=app_other",
        "?app_id=app_other",
        "?all=",
        "?q={run}",
        "?id={run}",
        "?app__id__in={pk}",
        "?memberships__role=owner",
        "?app__memberships__user=1",
    ],
)
def test_no_filter_and_no_search_leads_to_another_app(two: Two, query: str) -> None:
    browser = member("owner", *ALL)
    query = query.format(pk=two.other.pk, run=two.foreign_run.pk)
    for path in (_APPS, _SINKS, _RUNS):
        answer = browser.get(path + query, follow=True)
        body = answer.content.decode()
        assert "The other one" not in body
        assert "/at-app_other" not in body
        assert f"{two.foreign_run.pk}/change" not in body
        assert f'name="_selected_action" value="{two.foreign.pk}"' not in body


def test_filters_and_choices_offer_no_other_apps(two: Two) -> None:
    third = App.objects.create(app_id="app_third")
    user = make_user("some", *ALL, "add_apitoken", "view_apitoken", app_mine="editor", app_third="viewer")
    browser = signed_in(user)
    listed = shown(browser, _SINKS)
    assert set(re.findall(r"app__id__exact=(\d+)", listed)) == {str(two.mine.pk), str(third.pk)}
    asked = {"app_label": "sinks", "field_name": "app", "term": ""}
    for model, found in (("sink", {"app_mine"}), ("apitoken", {"app_mine", "app_third"})):
        answer = browser.get("/admin/autocomplete/", asked | {"model_name": model})
        assert {App.objects.get(pk=choice["id"]).app_id for choice in answer.json()["results"]} == found
    for denied in (
        {"model_name": "membership", "field_name": "user"},
        {"model_name": "sink", "field_name": "outcomes"},
    ):
        assert browser.get("/admin/autocomplete/", asked | denied).status_code == 403
    answer = browser.get("/admin/autocomplete/", {"app_label": "runs", "model_name": "delivery", "field_name": "run"})
    assert [choice["id"] for choice in answer.json()["results"]] == [two.run.pk]
    assert "other" not in shown(browser, "/admin/sinks/apitoken/add/").replace("another", "")


def test_no_sink_is_made_in_an_app_that_is_not_theirs_to_edit(two: Two) -> None:
    App.objects.create(app_id="app_third")
    browser = signed_in(make_user("some", *ALL, app_mine="editor", app_third="viewer"))
    for app_id in ("app_other", "app_third"):
        answer = browser.post(f"{_SINKS}add/", sink_form(App.objects.get(app_id=app_id)))
        assert "Select a valid choice" in answer.content.decode()
    assert browser.post(f"{_SINKS}add/", sink_form(two.mine)).status_code == 302
    # Nor can a sink be moved there.
    moved = sink_form(two.other, path="/moved", signature="github")
    assert browser.post(address(two.sink), moved).status_code == 302
    two.sink.refresh_from_db()
    assert (two.sink.app, two.sink.path) == (two.mine, "/moved")


def test_a_form_that_is_opened_with_another_app_chosen_does_not_name_it(two: Two) -> None:
    browser = member("editor", "add_apitoken", "view_apitoken")
    for path in (f"{_SINKS}add/", "/admin/sinks/apitoken/add/"):
        assert "The other one" not in shown(browser, f"{path}?app={two.other.pk}")


def test_a_cursor_names_no_run_that_was_not_shown(two: Two) -> None:
    for _ in range(5):
        make_run(two.other, source_id=two.foreign.pk)
    wanted = queries.Filter(app_ids=frozenset(["app_mine"]), source_id=two.foreign.pk)
    page = queries.page(wanted, walked=2)
    assert page.runs == []
    assert page.next is not None
    assert not Run.objects.filter(pk=page.next).exists()


def test_a_viewer_changes_nothing(two: Two) -> None:
    browser = member("viewer", *ALL)
    page = shown(browser, address(two.sink))
    assert "/at-app_mine" in page
    assert TOKEN not in page
    assert 'name="path"' not in page
    for path, form in (
        (address(two.sink), sink_form(two.mine)),
        (address(two.mine), app_form(two.mine)),
        (f"{_SINKS}add/", sink_form(two.mine)),
        (f"{_APPS}add/", {"app_id": "app_new", "active": "on"}),
        (address(two.sink, "delete"), {"post": "yes"}),
        (address(two.mine, "delete"), {"post": "yes"}),
        (f"{_RUNS}{two.run.pk}/replay/", {}),
    ):
        assert browser.post(path, form).status_code == 403, path
    for path, action, thing in (
        (_SINKS, "deactivate", two.sink),
        (_SINKS, "delete_selected", two.sink),
        (_APPS, "delete_selected", two.mine),
        (_RUNS, "cancel", two.run),
        (_RUNS, "replay", two.run),
    ):
        browser.post(path, {"action": action, "_selected_action": thing.pk, "post": "yes"})
    assert (Sink.objects.count(), App.objects.count(), Run.objects.count()) == (2, 2, 2)
    assert Sink.objects.filter(active=True).count() == 2
    assert not Run.objects.filter(cancel_requested=True).exists()
    assert "Start a new run with this request" not in shown(browser, address(two.run))


def test_actions_leave_alone_what_is_not_theirs_to_change(two: Two) -> None:
    third = App.objects.create(app_id="app_third")
    seen = Sink.objects.create(app=third, path="/seen", workflow="echo")
    seen_run = make_run(third)
    browser = signed_in(make_user("some", *ALL, app_mine="editor", app_third="viewer"))
    sinks, runs = [two.sink, two.foreign, seen], [two.run, two.foreign_run, seen_run]
    keys = ",".join(str(sink.pk) for sink in sinks)
    answer = browser.post(f"{_SINKS}act/deactivate/", {"sinks": keys}, follow=True)
    messages = [str(message) for message in answer.context["messages"]]
    assert messages == ["No permission to change: 1.", "Deactivated sinks: 1. Deactivated sinks answer 404."]
    assert set(Sink.objects.filter(active=False)) == {two.sink}
    for action, word in (("cancel", "cancel"), ("replay", "replay")):
        answer = browser.post(_RUNS, {"action": action, "_selected_action": [run.pk for run in runs]}, follow=True)
        assert f"No permission to {word}: 1." in [str(message) for message in answer.context["messages"]]
    assert [run.pk for run in Run.objects.filter(cancel_requested=True)] == [two.run.pk]
    assert list(Run.objects.exclude(replay_of="").values_list("replay_of", flat=True)) == [two.run.pk]
    assert browser.post(f"{_RUNS}{two.foreign_run.pk}/replay/").status_code == 404
    assert browser.post(f"{_RUNS}{seen_run.pk}/replay/").status_code == 403
    browser.post(_SINKS, {"action": "delete_selected", "_selected_action": [sink.pk for sink in sinks], "post": "yes"})
    assert Sink.objects.count() == 3  # not even their own, since the selection contained one that they may not delete


def test_what_is_encrypted_is_not_guessed_by_a_filter(two: Two) -> None:
    browser = member("viewer")
    for name in ("encrypted_token", "encrypted_secrets", "encrypted_verify_token"):
        assert browser.get(f"{_SINKS}?{name}__startswith=gAAAA").status_code in {400, 302}
    assert browser.get(f"{_SINKS}?app__api_tokens__digest__startswith=a").status_code in {400, 302}


def test_an_editor_changes_sinks_and_not_the_app(two: Two) -> None:
    browser = member("editor")
    assert browser.post(address(two.sink), sink_form(two.mine, path="/two", signature="github")).status_code == 302
    assert browser.post(address(two.mine), app_form(two.mine, name="Mine now")).status_code == 403
    assert "memberships-TOTAL_FORMS" not in shown(browser, address(two.mine))
    assert browser.post(address(two.sink, "delete"), {"post": "yes"}).status_code == 302
    assert not Sink.objects.filter(pk=two.sink.pk).exists()


# Members.


def test_an_owner_says_who_the_members_are_and_the_history_tells(two: Two) -> None:
    browser = member("owner")
    make_user("ada")
    assert "Viewers see the app" in shown(browser, address(two.mine))
    [own] = Membership.objects.all()
    rows: list[dict[str, Any]] = [{"id": own.pk, "role": "owner"}, {"user": "ada", "role": "viewer"}]
    assert browser.post(address(two.mine), app_form(two.mine, rows)).status_code == 302
    made = Membership.objects.get(user__username="ada")
    assert (made.app, made.role) == (two.mine, "viewer")
    rows = [{"id": own.pk, "role": "owner"}, {"id": made.pk, "role": "editor"}]
    browser.post(address(two.mine), app_form(two.mine, rows))
    made.refresh_from_db()
    assert made.role == "editor"
    rows[1]["DELETE"] = "on"
    browser.post(address(two.mine), app_form(two.mine, rows))
    assert list(Membership.objects.all()) == [own]
    messages = [entry.get_change_message() for entry in LogEntry.objects.order_by("pk")]
    assert ["ada (viewer)" in messages[0], "ada (editor)" in messages[1], "Deleted" in messages[2]] == [True] * 3
    assert "ada" in shown(browser, address(two.mine, "history"))


@pytest.mark.parametrize("name", ["nobody", "left", "owner"])
def test_who_cannot_be_a_member_is_refused_at_the_field(two: Two, name: str) -> None:
    browser = member("owner")
    User.objects.create_user("left", is_active=False)
    answer = browser.post(address(two.mine), app_form(two.mine, [{"user": name, "role": "viewer"}]))
    assert answer.status_code == 200
    [_, inline] = answer.context["inline_admin_formsets"]
    assert [set(errors) for errors in inline.formset.errors if errors] == [{"user"}]
    assert Membership.objects.count() == 1


def test_a_member_of_another_app_is_not_changed_through_ones_own(two: Two) -> None:
    make_user("ada", app_other="owner")
    foreign = Membership.objects.get(user__username="ada")
    browser = member("owner")
    rows = [{"id": foreign.pk, "role": "viewer", "DELETE": "on"}]
    browser.post(address(two.mine), app_form(two.mine, rows))
    foreign.refresh_from_db()
    assert (foreign.app, foreign.role) == (two.other, "owner")
    form = app_form(two.mine, [{"user": "ada", "role": "viewer"}]) | {"memberships-0-app": two.other.pk}
    browser.post(address(two.mine), form)
    assert set(Membership.objects.filter(app=two.other)) == {foreign}


def test_an_owner_does_not_limit_somebody_with_permissions_over_all_apps(two: Two) -> None:
    browser = member("owner")
    ada = make_user("ada", "view_run")
    rows = [{"user": "ada", "role": "viewer"}]
    answer = browser.post(address(two.mine), app_form(two.mine, rows))
    assert "has permissions for all apps" in answer.content.decode()
    assert permissions.only(User.objects.get(pk=ada.pk)) is None
    boss = signed_in(User.objects.create_superuser("boss"))
    [own] = Membership.objects.all()
    assert boss.post(address(two.mine), app_form(two.mine, [{"id": own.pk, "role": "owner"}, *rows])).status_code == 302
    assert permissions.only(User.objects.get(pk=ada.pk)) == frozenset({"app_mine"})


def test_nobody_rids_themselves_of_their_limits(two: Two) -> None:
    browser = member("owner", "view_run", "view_sink", "delete_app")
    [own] = Membership.objects.all()
    rows = [{"id": own.pk, "role": "owner", "DELETE": "on"}]
    answer = browser.post(address(two.mine), app_form(two.mine, rows))
    assert "Without this membership, owner would have permissions for all apps" in answer.content.decode()
    page = shown(browser, address(two.mine, "delete"))
    assert "Without this membership, owner would have permissions for all apps" in page
    browser.post(address(two.mine, "delete"), {"post": "yes"})
    browser.post(_APPS, {"action": "delete_selected", "_selected_action": two.mine.pk, "post": "yes"})
    answer = browser.delete("/api/v1/apps/app_mine")
    assert (answer.status_code, "Without this membership, " in answer.json()["detail"]) == (403, True)
    assert own in Membership.objects.all()
    # A member of another app may delete it.
    Membership.objects.create(user=own.user, app=two.other, role="viewer")
    assert browser.post(address(two.mine, "delete"), {"post": "yes"}).status_code == 302
    assert not App.objects.filter(pk=two.mine.pk).exists()


def test_an_owner_deletes_the_app_with_the_tokens_that_are_limited_to_it(two: Two) -> None:
    ada = make_user("ada", app_mine="editor")
    token, _ = api_tokens.make(ada, "of ada", ["runs:read"], app=two.mine)
    browser = member("owner", "view_apitoken", "change_apitoken")
    assert browser.get(address(token)).status_code == 302  # they may not open it
    assert browser.post(address(two.mine, "delete"), {"post": "yes"}).status_code == 302
    assert not ApiToken.objects.exists()
    assert not App.objects.filter(pk=two.mine.pk).exists()
    assert Run.objects.filter(app_id="app_mine").exists()


# New apps.


def test_who_makes_an_app_and_is_limited_owns_it(two: Two) -> None:
    browser = member("viewer", "add_app")
    answer = browser.post(f"{_APPS}add/", {"app_id": "app_new", "active": "on", "_continue": "1"})
    made = App.objects.get(app_id="app_new")
    assert answer.headers["location"] == address(made)
    assert browser.get(address(made)).status_code == 200
    assert Membership.objects.get(app=made).role == "owner"
    assert "became its owner" in shown(browser, address(made, "history"))
    assert browser.post("/api/v1/apps", {"app_id": "app_two"}, "application/json").status_code == 201
    assert Membership.objects.get(app__app_id="app_two").role == "owner"
    free = signed_in(make_user("free", "add_app", "view_app"))
    free.post(f"{_APPS}add/", {"app_id": "app_free", "active": "on"})
    assert not Membership.objects.filter(app__app_id="app_free").exists()


@pytest.mark.parametrize("name", ["limited", "free"])
def test_an_id_under_which_runs_are_kept_is_for_superusers(two: Two, name: str) -> None:
    make_run(App(app_id="app_gone"))
    roles = {"app_mine": "owner"} if name == "limited" else {}
    browser = signed_in(make_user(name, "add_app", "view_app", **roles))
    form = {"app_id": "app_gone", "active": "on"}
    answer = browser.post(f"{_APPS}add/", form)
    assert "A deleted app with this id still has runs" in answer.content.decode()
    refused = browser.post("/api/v1/apps", {"app_id": "app_gone"}, "application/json")
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["app_id"])
    assert not App.objects.filter(app_id="app_gone").exists()
    boss = signed_in(User.objects.create_superuser("boss"))
    assert boss.post(f"{_APPS}add/", form).status_code == 302


# Tokens.


def test_a_token_is_made_for_no_other_app(two: Two) -> None:
    user = make_user("some", "add_apitoken", "view_apitoken", "change_apitoken", app_mine="editor")
    browser = signed_in(user)
    form = {"name": "x", "user": user.pk, "scopes": ["runs:read"], "app": two.other.pk}
    assert "Select a valid choice" in browser.post("/admin/sinks/apitoken/add/", form).content.decode()
    token, _ = api_tokens.make(user, "mine", ["runs:read"], app=two.mine)
    assert "Select a valid choice" in browser.post(address(token), form).content.decode()
    assert ApiToken.objects.get().app == two.mine


def test_every_action_in_the_admin_is_in_the_history(two: Two) -> None:
    browser = signed_in(User.objects.create_superuser("boss"))
    for action in ("deactivate", "activate"):
        browser.post(f"{_SINKS}act/{action}/", {"sinks": f"{two.sink.pk},{two.foreign.pk}"})
    log = [(entry.object_id, entry.change_message) for entry in LogEntry.objects.order_by("pk")]
    assert log[:2] == [(str(two.foreign.pk), "Deactivated."), (str(two.sink.pk), "Deactivated.")] or log[:2] == [
        (str(two.sink.pk), "Deactivated."),
        (str(two.foreign.pk), "Deactivated."),
    ]
    assert [message for _, message in log[2:]] == ["Activated."] * 2
    for action, thing, path in (("cancel", two.run, _RUNS), ("replay", two.run, _RUNS)):
        browser.post(path, {"action": action, "_selected_action": thing.pk})
        assert LogEntry.objects.count() == 5 + (action == "replay")
    browser.post(f"{_RUNS}{two.run.pk}/replay/")
    assert LogEntry.objects.count() == 7
    browser.post(_SINKS, {"action": "delete_selected", "_selected_action": two.sink.pk, "post": "yes"})
    assert LogEntry.objects.count() == 8


# Logins.


def attempt(name: str = "ada", password: str = "wrong", address: str = "192.0.2.7") -> Any:
    return Client().post("/admin/login/", {"username": name, "password": password}, REMOTE_ADDR=address)


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada", password="right", is_staff=True)


def lock(settings: Any) -> Any:
    for _ in range(settings.LOGIN_ATTEMPTS - 1):
        assert attempt().status_code == 200
    return attempt()


def test_too_many_wrong_passwords_make_a_login_wait(ada: User, settings: Any) -> None:
    answer = lock(settings)
    assert answer.status_code == 429
    assert "Wait 15 minutes" in answer.content.decode()
    assert answer.headers["retry-after"] == "900"
    assert attempt(password="right").status_code == 429
    # Nobody else is locked out: neither this user from other addresses, nor others from this address.
    assert attempt(password="right", address="198.51.100.1").status_code == 302
    User.objects.create_user("bob", password="right", is_staff=True)
    assert attempt("bob", "right").status_code == 302


def test_a_right_password_starts_the_count_anew(ada: User, settings: Any) -> None:
    for _ in range(3):
        for _ in range(settings.LOGIN_ATTEMPTS - 1):
            assert attempt().status_code == 200
        assert attempt(password="right").status_code == 302
    assert not AccessAttempt.objects.exists()


def test_no_password_is_kept_or_logged(ada: User, settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        for _ in range(settings.LOGIN_ATTEMPTS + 1):
            attempt("pa55word-as-name", "pa55word-4711")
    kept = " ".join(str(value) for row in AccessAttempt.objects.values() for value in row.values())
    assert "pa55word-4711" not in kept + caplog.text
    assert "pa55word-as-name" not in caplog.text


def test_an_ipv6_network_is_one_address(ada: User, settings: Any) -> None:
    for number in range(settings.LOGIN_ATTEMPTS):
        answer = attempt(address=f"2001:db8::{number + 1}")
    assert answer.status_code == 429
    assert attempt(password="right", address="2001:db8:0:1::1").status_code == 302
    assert attempt(address="not an address").status_code == 200


# Over HTTP.


@pytest.fixture(scope="module")
def server(hub: Hub) -> Server:
    hub.add_sinks(
        [
            {"app_id": "app_mine", "path": "/a", "auth_token": TOKEN},
            {"app_id": "app_seen", "path": "/b", "auth_token": TOKEN},
            {"app_id": "app_other", "path": "/c", "auth_token": TOKEN},
        ]
    )
    add_user(hub, "editor", "view_app")
    add_user(hub, "busy", *ALL)
    script = """
from django.contrib.auth.models import User
from sinks.models import App, Membership
User.objects.update(is_staff=True)
User.objects.filter(username="editor").get().user_permissions.clear()
for name in ("editor", "busy"):
    user = User.objects.get(username=name)
    for app, role in (("app_mine", "editor"), ("app_seen", "viewer")):
        Membership.objects.create(user=user, app=App.objects.get(app_id=app), role=role)
"""
    hub.shell(script)
    return hub.start()


def start(server: Server, path: str) -> str:
    headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/json"}
    return str(web.post(f"{server.url}{path}", headers=headers).json()["run_id"])


@pytest.fixture(scope="module")
def runs(server: Server) -> dict[str, str]:
    return {path[:-2].strip("/"): start(server, path) for path in ("/app_mine/a", "/app_seen/b", "/app_other/c")}


def with_session(server: Server, name: str) -> httpx.Client:
    """Return a client that is signed in, and sends the page's CSRF token like the browsable API."""
    browser = httpx.Client(base_url=server.url, timeout=30)
    browser.get("/admin/login/")
    form = {"username": name, "password": "pw", "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
    assert browser.post("/admin/login/", data=form | {"next": "/admin/"}).status_code == 302
    browser.headers["X-CSRFToken"] = browser.cookies["csrftoken"]
    return browser


@pytest.fixture(params=["token", "session"])
def api(request: pytest.FixtureRequest, hub: Hub, server: Server) -> Iterator[Callable[[str], httpx.Client]]:
    """Return a function that creates an API client for a user, with a token or with the admin's session."""
    made: list[httpx.Client] = []

    def make(name: str) -> httpx.Client:
        api_client = client(server, add_token(hub, name)[1]) if request.param == "token" else with_session(server, name)
        made.append(api_client)
        return api_client

    yield make
    for api_client in made:
        api_client.close()


@pytest.mark.parametrize("name", ["editor", "busy"])
def test_the_api_shows_a_member_their_apps_alone(
    server: Server, runs: dict[str, str], api: Callable[[str], httpx.Client], name: str
) -> None:
    asks = api(name)
    theirs = {"app_mine", "app_seen"}
    assert {app["app_id"] for app in asks.get("/api/v1/apps").json()} == theirs
    sinks = asks.get("/api/v1/sinks").json()
    assert {sink["app_id"] for sink in sinks} == theirs
    assert TOKEN not in json.dumps(sinks)
    assert {run["app_id"] for run in asks.get("/api/v1/runs").json()["results"]} == theirs
    for query in ({"app_id": "app_other"}, {"sink_id": 3}, {"app_id": ["app_other", "app_gone"]}):
        assert asks.get("/api/v1/runs", params=query).json()["results"] == [], query
    assert asks.get("/api/v1/sinks", params={"app_id": "app_other"}).json() == []
    both = asks.get("/api/v1/runs", params={"app_id": ["app_other", "app_mine"]}).json()["results"]
    assert {run["app_id"] for run in both} == {"app_mine"}


@pytest.mark.parametrize("name", ["editor", "busy"])
def test_the_api_gives_nothing_of_another_app_by_its_id(
    hub: Hub, server: Server, runs: dict[str, str], api: Callable[[str], httpx.Client], name: str
) -> None:
    asks = api(name)
    [(foreign,)] = hub.query("SELECT id FROM sinks_sink WHERE path = '/c'")
    run = f"/api/v1/runs/{runs['app_other']}"
    for method, path in (
        ("GET", run),
        ("GET", f"{run}/events"),
        ("POST", f"{run}/cancel"),
        ("POST", f"{run}/replay"),
        ("GET", f"/api/v1/sinks/{foreign}"),
        ("PUT", f"/api/v1/sinks/{foreign}"),
        ("PATCH", f"/api/v1/sinks/{foreign}"),
        ("DELETE", f"/api/v1/sinks/{foreign}"),
        ("POST", f"/api/v1/sinks/{foreign}/rotate-token"),
        ("GET", "/api/v1/apps/app_other"),
    ):
        answer = asks.request(method, path, json={} if method in {"PUT", "PATCH"} else None)
        assert answer.status_code == 404, (method, path)
    for method in ("PUT", "PATCH", "DELETE"):
        assert asks.request(method, "/api/v1/apps/app_other", json={}).status_code == 403
    refused = asks.post("/api/v1/sinks", json={"app_id": "app_other", "path": "/new"})
    assert refused.json()["errors"] == {"app_id": ["There is no such app: create it first."]}
    assert asks.post("/api/v1/apps", json={}).status_code == 403
    # The answers do not reveal whether an object exists.
    for there, not_there in (
        (f"/api/v1/sinks/{foreign}", "/api/v1/sinks/4711"),
        ("/api/v1/apps/app_other", "/api/v1/apps/no"),
        (run, f"/api/v1/runs/run_{'0' * 44}"),
    ):
        for method in ("OPTIONS", "GET", "HEAD", "PATCH", "DELETE"):
            found, none = (asks.request(method, path) for path in (there, not_there))
            assert (found.status_code, found.content) == (none.status_code, none.content), (method, there)


def test_the_api_lets_a_role_do_what_it_gives_and_no_more(
    hub: Hub, server: Server, runs: dict[str, str], api: Callable[[str], httpx.Client]
) -> None:
    asks = api("editor")
    ids = dict(hub.query("SELECT path, id FROM sinks_sink WHERE path IN ('/a', '/b')"))
    assert asks.patch(f"/api/v1/sinks/{ids['/a']}", json={"description": "new"}).status_code == 200
    assert asks.post(f"/api/v1/runs/{runs['app_mine']}/replay").status_code == 202
    made = asks.post("/api/v1/sinks", json={"app_id": "app_mine", "path": "/made"})
    assert asks.delete(f"/api/v1/sinks/{made.json()['id']}").status_code == 204
    # A sink and a run that they may only view:
    assert asks.get(f"/api/v1/sinks/{ids['/b']}").status_code == 200
    assert asks.get(f"/api/v1/runs/{runs['app_seen']}").status_code == 200
    for answer in (
        asks.patch(f"/api/v1/sinks/{ids['/b']}", json={}),
        asks.delete(f"/api/v1/sinks/{ids['/b']}"),
        asks.post(f"/api/v1/sinks/{ids['/b']}/rotate-token"),
        asks.post(f"/api/v1/runs/{runs['app_seen']}/replay"),
        asks.post(f"/api/v1/runs/{runs['app_seen']}/cancel"),
        asks.post("/api/v1/sinks", json={"app_id": "app_seen", "path": "/new"}),
    ):
        assert answer.status_code == 403
        assert answer.json()["detail"] == "Your role in the app app_seen does not allow this."


def test_the_pages_of_runs_are_for_the_members_of_their_apps(
    server: Server, runs: dict[str, str], api: Callable[[str], httpx.Client]
) -> None:
    for name in ("editor", "busy"):
        asks = api(name)
        for app_id, run_id in runs.items():
            for path in (f"/runs/{run_id}", f"/runs/{run_id}/events"):
                for accept in ("application/json", "text/html"):
                    answer = asks.get(path, headers={"Accept": accept})
                    assert answer.status_code == (401 if app_id == "app_other" else 200)


def test_a_token_of_one_app_gives_a_member_of_others_nothing(hub: Hub, server: Server, runs: dict[str, str]) -> None:
    for name in ("editor", "busy"):
        _, text = add_token(hub, name, app="app_other")
        with client(server, text) as asks:
            for path in ("/api/v1/apps", "/api/v1/sinks"):
                assert asks.get(path).json() == []
            assert asks.get("/api/v1/runs").json()["results"] == []
            for run_id in runs.values():
                assert asks.get(f"/api/v1/runs/{run_id}").status_code == 404
                assert asks.get(f"/runs/{run_id}").status_code == 401
        _, text = add_token(hub, name, app="app_seen")
        with client(server, text) as asks:
            assert {run["app_id"] for run in asks.get("/api/v1/runs").json()["results"]} == {"app_seen"}
            assert asks.get(f"/runs/{runs['app_mine']}").status_code == 401
            assert asks.post(f"/api/v1/runs/{runs['app_mine']}/replay").status_code == 404


def test_who_is_no_member_any_more_sees_the_run_no_more(own_hub: Hub) -> None:
    own_hub.add_sinks([{"app_id": "app_mine", "path": "/a", "auth_token": TOKEN}, {"app_id": "app_two", "path": "/b"}])
    add_user(own_hub, "ada", "view_app")
    join = (
        "from django.contrib.auth.models import User\nfrom sinks.models import App, Membership\n"
        "user = User.objects.get()\nuser.user_permissions.clear()\n"
        "for app in App.objects.all(): Membership.objects.create(user=user, app=app)"
    )
    own_hub.shell(join)
    server = own_hub.start()
    run_id = start(server, "/app_mine/a")
    with client(server, add_token(own_hub, "ada")[1]) as asks:
        assert asks.get(f"/runs/{run_id}").status_code == 200
        leave = "from sinks.models import Membership\nMembership.objects.filter(app__app_id='app_mine').delete()"
        own_hub.shell(leave)
        assert asks.get(f"/runs/{run_id}").status_code == 401
        assert asks.get(f"/api/v1/runs/{run_id}").status_code == 404
