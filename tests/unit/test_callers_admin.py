"""The callers of a sink in the admin: a line for each token, user or value, and no stored secret on any page."""

import html
import json
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client

from runs.history.moments import exactly
from sinks.access.caller_rules import MASK
from sinks.admin.callers_form import CallersForm
from sinks.config.sink_copy import duplicate
from sinks.models import App, Sink

pytestmark = pytest.mark.django_db

TOKEN, PASSWORD = "a-t0ken-4711", "p4ss:word-4711"
ENTRIES = [
    {"kind": "bearer", "tokens": [TOKEN]},
    {"kind": "basic", "users": {"shop": PASSWORD}},
    {"kind": "header", "name": "X-Gitlab-Token", "values": ["h3ader-4711"]},
    {"kind": "query", "name": "key", "values": ["qu3ry-4711"]},
    {"kind": "jwt", "algorithms": ["HS256"], "key": "sh4red-4711", "issuer": "us"},
]
SECRETS = (TOKEN, PASSWORD, "h3ader-4711", "qu3ry-4711", "sh4red-4711")


@pytest.fixture(autouse=True)
def quick_logins(settings: Any) -> None:
    # Each test in this process creates an admin, whose password takes long with Django's default hasher.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def app() -> App:
    return App.objects.create(app_id="app_test", name="Test")


@pytest.fixture
def sink(app: App) -> Sink:
    sink = Sink(app=app, path="/hook", workflow="echo")
    sink.callers = ENTRIES
    sink.save()
    return sink


def address(sink: Sink) -> str:
    return f"/admin/sinks/sink/{sink.pk}/change/"


def fields_of(client: Client, path: str) -> dict[str, Any]:
    """Return the fields of a form as a browser would send them back."""
    form = client.get(path).context["adminform"].form
    names = [name for name in form.fields if not name.startswith("option_")]
    values = {name: form.get_initial_for_field(form.fields[name], name) for name in names}
    sent = {name: value for name, value in values.items() if value is not None and value is not False}
    return {name: json.dumps(value) if isinstance(value, dict) else str(value) for name, value in sent.items()}


def save(client: Client, sink: Sink, **fields: str) -> dict[str, list[str]]:
    """Submit the form of a sink with changed fields, as a browser does. Return its errors."""
    form = {name: value.replace("\n", "\r\n") for name, value in (fields_of(client, address(sink)) | fields).items()}
    answer = client.post(address(sink), form)
    sink.refresh_from_db()
    if answer.status_code == 302:
        return {}
    shown = html.unescape(answer.content.decode())
    assert not any(secret in shown for secret in SECRETS)
    return dict(answer.context["adminform"].form.errors)


def test_a_user_and_a_header_are_added_without_json(admin_client: Client, app: App) -> None:
    form = {"app": str(app.pk), "path": "/new", "method": "POST", "workflow": "echo", "active": "on"}
    lines = {"access_basic": f" shop:{PASSWORD}\r\n\r\n", "access_header": "X-Gitlab-Token: h3ader-4711"}
    assert admin_client.post("/admin/sinks/sink/add/", form | lines).status_code == 302
    sink = Sink.objects.get()
    assert sink.callers == [ENTRIES[1], ENTRIES[2]]
    assert "basic or header" in admin_client.get("/admin/sinks/sink/").content.decode()


def test_stored_lines_are_shown_with_masks_and_stay_as_they_are(admin_client: Client, sink: Sink) -> None:
    fields = fields_of(admin_client, address(sink))
    assert fields["access_bearer"] == MASK
    assert fields["access_basic"] == f"shop:{MASK}"
    assert fields["access_header"] == f"X-Gitlab-Token: {MASK}"
    assert fields["access_query"] == f"key={MASK}"
    assert json.loads(fields["access_jwt"]) == [{"algorithms": ["HS256"], "issuer": "us", "key": MASK}]
    assert save(admin_client, sink, description="changed") == {}
    assert (sink.description, sink.callers) == ("changed", ENTRIES)
    page = html.unescape(admin_client.get(address(sink)).content.decode())
    assert f"shop:{MASK}" in page
    assert not any(secret in page for secret in SECRETS)


def test_lines_are_added_and_removed_while_masks_keep_the_others(admin_client: Client, sink: Sink) -> None:
    changed = {
        "access_bearer": f"{MASK}\na-new-t0ken",
        "access_basic": f"store:another-4711\nshop:{MASK}",
        "access_header": "",
        "access_query": f"key={MASK}\nother=an0ther-4711",
    }
    assert save(admin_client, sink, **changed) == {}
    assert sink.callers == [
        {"kind": "bearer", "tokens": [TOKEN, "a-new-t0ken"]},
        {"kind": "basic", "users": {"store": "another-4711", "shop": PASSWORD}},
        {"kind": "query", "name": "key", "values": ["qu3ry-4711"]},
        {"kind": "query", "name": "other", "values": ["an0ther-4711"]},
        ENTRIES[4],
    ]
    changes = LogEntry.objects.get().get_change_message()
    assert "Basic users" in changes and "another-4711" not in changes


def test_all_callers_are_removed_by_empty_fields(admin_client: Client, sink: Sink) -> None:
    empty = dict.fromkeys(("access_bearer", "access_basic", "access_header", "access_query", "access_jwt"), "")
    assert save(admin_client, sink, **empty) == {}
    assert (sink.callers, bool(sink.encrypted_access), sink.access) == ([], False, "public")


@pytest.mark.parametrize(
    ("field", "text", "message"),
    [
        ("access_bearer", "short", "8 to 16384 characters, not 5"),
        ("access_bearer", f"{MASK}\n{MASK}", "Masks stand for the value that is set"),
        ("access_basic", "shop", "Line 1: write USER:PASSWORD."),
        ("access_basic", f"new:{MASK}", "The user 'new' is new"),
        ("access_header", "X-Token", "Line 1: write NAME: VALUE."),
        ("access_header", f"X-Other: {MASK}", "specify the secret itself"),
        ("access_query", "\nkey", "Line 1: write NAME=VALUE."),
        ("access_jwt", "{", "not valid JSON"),
        ("access_jwt", "[1]", "Write a list of objects"),
        ("access_jwt", '{"algorithms": ["none"], "key": "sh4red-4711"}', "'none' is no algorithm"),
    ],
)
def test_a_fault_is_reported_at_its_field(sink: Sink, field: str, text: str, message: str) -> None:
    form = CallersForm({field: text})
    form.instance = sink
    form.show_callers()
    assert form.is_valid()
    form.take_callers()
    assert list(form.errors) == [field]
    assert message in html.unescape(form.errors[field].as_text())
    assert sink.callers == ENTRIES


def test_all_faults_are_shown_at_once_and_change_nothing(admin_client: Client, sink: Sink) -> None:
    faults = {
        "access_basic": "shop",
        "access_jwt": "{",
        "allowed_networks": "10.0.0.1/8",
        "rate_per_client": "often",
    }
    errors = save(admin_client, sink, **faults)
    assert set(errors) == set(faults)
    assert "write 10.0.0.0/8" in " ".join(errors["allowed_networks"])
    assert sink.callers == ENTRIES


def test_log_mode_is_set_for_a_day_and_its_end_is_shown(admin_client: Client, sink: Sink) -> None:
    assert save(admin_client, sink, access_mode="log") == {}
    end = sink.access_log_until
    assert end is not None and sink.access_mode == "log"
    assert f"Until {exactly(end)}" in admin_client.get(address(sink)).content.decode()
    assert save(admin_client, sink) == {}
    assert sink.access_log_until == end
    assert save(admin_client, sink, access_mode="enforce") == {}
    assert sink.access_log_until is None


def test_lines_that_cannot_be_decrypted_are_kept_until_they_are_typed_again(admin_client: Client, sink: Sink) -> None:
    Sink.objects.filter(pk=sink.pk).update(encrypted_access="not ours")
    assert save(admin_client, sink, description="changed") == {}
    assert (sink.description, sink.encrypted_access) == ("changed", "not ours")
    assert "access_bearer" in save(admin_client, sink, access_bearer=f"{MASK}\na-new-t0ken")
    new = {"access_basic": "", "access_header": "", "access_query": "", "access_jwt": ""}
    assert save(admin_client, sink, access_bearer="a-new-t0ken", **new) == {}
    assert sink.callers == [{"kind": "bearer", "tokens": ["a-new-t0ken"]}]


def test_who_may_only_view_a_sink_sees_masks(sink: Sink) -> None:
    user = User.objects.create_user("viewer", password="some", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_sink"))
    client = Client()
    client.force_login(user)
    page = html.unescape(client.get(address(sink)).content.decode())
    for line in (f"shop:{MASK}", f"X-Gitlab-Token: {MASK}", f"key={MASK}"):
        assert line in page
    assert not any(secret in page for secret in SECRETS)


def test_a_duplicate_admits_the_same_callers_and_does_not_only_log(sink: Sink) -> None:
    sink.access_mode = "log"
    sink.save()
    copy = duplicate(sink)
    assert (copy.callers, copy.access_mode) == (ENTRIES, "enforce")
