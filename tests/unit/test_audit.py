"""The audit log: what it records of the admin, the API and commands, who sees it, and how long it is kept."""

import io
import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

from sinks.access import api_tokens
from sinks.audit import entries
from sinks.audit.audit_entry import AppendOnly
from sinks.models import App, AppSecret, AuditEntry, Membership, Sink

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]

_LOG = "/admin/sinks/auditentry/"
_JSON = "application/json"
_SECRET = "s3cret-4711-abcdef"


@pytest.fixture(autouse=True)
def quick_logins(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def sink(db: None) -> Sink:
    app = App.objects.create(app_id="app_mine", name="Mine")
    sink = Sink(app=app, path="/hook", workflow="echo")
    sink.auth_token = _SECRET
    sink.save()
    return sink


def make_user(name: str, app: App | None = None, role: str = "", **fields: Any) -> User:
    user = User.objects.create_user(name, password="pw", is_staff=True, **fields)
    if app is not None:
        Membership.objects.create(user=user, app=app, role=role)
    return user


def signed_in(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def program(user: User) -> Client:
    """Return a client of the API with a token of the user."""
    _, text = api_tokens.make(user, "deployer", ["sinks:write"])
    return Client(headers={"authorization": f"Bearer {text}"})


def rows(kind: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(kind=kind))


def test_a_change_by_the_api_names_its_user_token_address_and_fields(sink: Sink) -> None:
    api = program(make_user("ada", sink.app, "owner"))
    answer = api.patch(f"/api/v1/sinks/{sink.pk}", {"description": "Orders.", "auth_token": _SECRET + "-2"}, _JSON)
    assert answer.status_code == 200
    [entry] = rows("sink.changed")
    assert (entry.via, entry.user, entry.app_id) == ("api", "ada", "app_mine")
    assert entry.program == "deployer" and entry.address
    assert entry.object == "POST /app_mine/hook"
    assert entry.text.splitlines() == ["auth_token: replaced", 'description: "" -> "Orders."']
    assert api.patch(f"/api/v1/sinks/{sink.pk}", {"description": "Orders."}, _JSON).status_code == 200
    assert len(rows("sink.changed")) == 1  # nothing was changed


def test_the_admin_records_members_secrets_and_users_without_any_secret(sink: Sink) -> None:
    make_user("grace")
    admin = signed_in(make_user("root", is_superuser=True))
    form = {"name": "Mine", "active": "on"}
    form |= {"secrets-TOTAL_FORMS": "1", "secrets-INITIAL_FORMS": "0"}
    form |= {"secrets-0-name": "KEY", "secrets-0-new_value": _SECRET, "secrets-0-app": str(sink.app.pk)}
    form |= {"memberships-TOTAL_FORMS": "1", "memberships-INITIAL_FORMS": "0"}
    form |= {"memberships-0-user": "grace", "memberships-0-role": "viewer", "memberships-0-app": str(sink.app.pk)}
    assert admin.post(f"/admin/sinks/app/{sink.app.pk}/change/", form).status_code == 302
    [member], [secret] = rows("member.created"), rows("secret.created")
    assert (member.user, member.via, member.object) == ("root", "admin", "grace in app_mine")
    assert member.text == 'role: "viewer"'
    assert secret.object == "KEY of app_mine"
    assert admin.post(f"/admin/sinks/sink/{sink.pk}/token/").status_code == 200
    assert [entry.object for entry in rows("secret.revealed")] == ["POST /app_mine/hook"]
    known = {str(AppSecret.objects.get().encrypted_secret), _SECRET, User.objects.get(username="grace").password}
    everything = "\n".join(f"{entry.object} {entry.text}" for entry in AuditEntry.objects.all())
    assert not [secret for secret in known if secret in everything]


def test_sign_ins_are_recorded_and_a_password_typed_as_a_name_is_not(sink: Sink, settings: Any) -> None:
    settings.AXES_FAILURE_LIMIT = settings.LOGIN_ATTEMPTS = 2
    make_user("ada", is_superuser=True)
    browser = Client()
    for name, password in ((_SECRET, "x"), ("ada", "pw")):
        browser.post("/admin/login/", {"username": name, "password": password})
    browser.post("/admin/logout/")
    for _ in range(4):
        browser.post("/admin/login/", {"username": "ada", "password": "wrong"})
    AccessAttempt.objects.all().delete()
    kinds = [(entry.kind, entry.user) for entry in AuditEntry.objects.filter(kind__startswith="sign").order_by("pk")]
    assert kinds == [
        ("sign-in.failed", ""),
        ("sign-in", "ada"),
        ("sign-out", "ada"),
        ("sign-in.failed", "ada"),
        ("sign-in.locked", "ada"),
    ]


def test_a_command_names_the_user_of_the_operating_system(sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["manage.py", "sinks", "rotate-token"])
    monkeypatch.setenv("LOGNAME", "operator")
    call_command("sinks", "rotate-token", "app_mine/hook", stdout=io.StringIO(), stderr=io.StringIO())
    [entry] = rows("sink.changed")
    assert (entry.via, entry.user, entry.text) == ("command", "operator", "auth_token: replaced")
    out = io.StringIO()
    call_command("audit", "list", "--kind", "sink.changed", "--user", "operator", "--json", stdout=out)
    assert json.loads(out.getvalue())["object"] == "POST /app_mine/hook"
    out = io.StringIO()
    call_command("audit", "list", "--app", "app_other", stdout=out)
    assert "app_mine" not in out.getvalue()


def test_owners_see_their_apps_and_others_see_nothing(sink: Sink) -> None:
    other = App.objects.create(app_id="app_other")
    entries.record(None, "sign-in", object="of everybody")
    root, mine = make_user("root", is_superuser=True), make_user("mine", sink.app, "owner")
    foreign, editor = make_user("foreign", other, "owner"), make_user("editor", sink.app, "editor")
    for user, seen, hidden in (
        (root, ["POST /app_mine/hook", "of everybody"], []),
        (mine, ["POST /app_mine/hook"], ["of everybody", "app_other"]),
        (foreign, ["app_other"], ["app_mine", "of everybody"]),
    ):
        for path in (_LOG, f"{_LOG}csv/"):
            answer = signed_in(user).get(path)
            page = b"".join(answer).decode() if answer.streaming else answer.content.decode()
            assert [text for text in seen if text not in page] == []
            assert [text for text in hidden if text in page] == []
    assert signed_in(editor).get(_LOG).status_code == 403
    assert "Audit log" not in signed_in(editor).get("/admin/").content.decode()
    assert signed_in(root).post(f"{_LOG}add/").status_code == 404


def test_the_page_filters_and_turns_pages_by_id(sink: Sink, django_assert_max_num_queries: Any) -> None:
    for number in range(120):
        entries.record(None, "sign-in", app_id="app_mine" if number % 2 else "", object=f"number {number:03}")
    browser = signed_in(make_user("root", is_superuser=True))
    with django_assert_max_num_queries(12):
        page = browser.get(_LOG, {"kind": "sign-in", "app_id": "app_mine"}).content.decode()
    assert "number 119" in page and "number 118" not in page and "number 019" not in page
    before = AuditEntry.objects.get(object="number 021").pk
    assert f"before={before}" in page
    older = browser.get(_LOG, {"kind": "sign-in", "app_id": "app_mine", "before": str(before)}).content.decode()
    assert "number 019" in older and "number 021" not in older and "Older" not in older
    nothing = browser.get(_LOG, {"user": "nobody", "since": "2030-01-01T00:00"}).content.decode()
    assert "No entry matches the filter." in nothing
    assert "hub-note" in browser.get(_LOG, {"since": "yesterday"}).content.decode()


def test_entries_stay_as_they_are_until_they_are_too_old(sink: Sink, settings: Any) -> None:
    [entry] = rows("sink.created")
    for change in (entry.save, entry.delete, AuditEntry.objects.all().delete):
        with pytest.raises(AppendOnly):
            change()
    with pytest.raises(AppendOnly):
        AuditEntry.objects.update(user="nobody")
    count = AuditEntry.objects.count()
    now = datetime.now(UTC)
    assert list(entries.prune(now + timedelta(days=364), lambda seconds: None)) == []
    settings.KEEP_AUDIT_DAYS = 0
    assert list(entries.prune(now + timedelta(days=9999), lambda seconds: None)) == []
    settings.KEEP_AUDIT_DAYS = 365
    assert list(entries.prune(now + timedelta(days=366), lambda seconds: None)) == [count]


def test_what_fails_is_not_recorded(sink: Sink) -> None:
    api = program(make_user("ada", sink.app, "owner"))
    before = AuditEntry.objects.count()
    answer = api.post("/api/v1/sinks", {"app_id": "app_mine", "path": "/hook", "workflow": "echo"}, _JSON)
    assert answer.status_code in {400, 409}
    assert AuditEntry.objects.count() == before
