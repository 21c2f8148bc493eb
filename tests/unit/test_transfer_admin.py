"""Export and import in the admin: files without secrets, a plan before anything is changed, and faults at lines."""

import json
import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client

from sinks.access.app_secrets import set_secret
from sinks.models import App, Membership, Sink

pytestmark = pytest.mark.one_database

_EXPORT, _IMPORT = "/admin/sinks/app/export/", "/admin/sinks/app/import/"
TOKEN, VALUE = "t0ken-4711-abcdef", "a-value-4711-abcdef"


@pytest.fixture
def sink(db: None) -> Sink:
    app = App.objects.create(app_id="app_mine")
    set_secret(app, "KEY", VALUE)
    sink = Sink(app=app, path="/hook", workflow="echo")
    sink.auth_token = TOKEN
    sink.save()
    return sink


def member(app: App, role: str) -> Client:
    user = User.objects.create_user(f"{role}-{app.app_id}", is_staff=True)
    Membership.objects.create(user=user, app=app, role=role)
    browser = Client()
    browser.force_login(user)
    return browser


def planned(browser: Client, text: str, **more: Any) -> tuple[str, dict[str, str]]:
    """Return the page of a plan, and its form."""
    answer = browser.post(_IMPORT, {"text": text, **more})
    page = answer.content.decode()
    found = re.search(r'name="sealed" value="([^"]*)"', page)
    return page, {"do": "import", "sealed": found[1] if found else "", **more}


def test_an_export_has_secrets_for_superusers_who_ask_alone(sink: Sink, admin_client: Client) -> None:
    owner = member(sink.app, "owner")
    assert "in plain text" not in owner.get(_EXPORT).content.decode()
    file = owner.post(_EXPORT, {"app": "app_mine", "format": "json"})
    assert file["Content-Disposition"] == 'attachment; filename="app_mine.json"'
    assert "no-store" in file["Cache-Control"]
    assert json.loads(file.content)["sinks"][0]["auth_token"] == "********"
    assert TOKEN not in file.content.decode() and VALUE not in file.content.decode()
    assert owner.post(_EXPORT, {"app": "app_mine", "secrets": "on"}).status_code == 403
    whole = admin_client.post(_EXPORT, {"app": "app_mine", "secrets": "on"}).content.decode()
    assert TOKEN in whole and VALUE in whole
    assert LogEntry.objects.get().change_message == "Exported with its secrets."
    some = json.loads(owner.post(_EXPORT, {"sink": sink.pk, "format": "json"}).content)
    assert (some["app_id"], some["path"]) == ("app_mine", "/hook")


def test_a_member_exports_nothing_of_another_app(sink: Sink) -> None:
    other = Sink.objects.create(app=App.objects.create(app_id="app_other"), path="/other", workflow="echo")
    browser = member(sink.app, "viewer")
    assert "app_other" not in browser.get(_EXPORT).content.decode()
    for form in ({"app": "app_other"}, {"sink": other.pk}):
        answer = browser.post(_EXPORT, form)
        assert "Select an app." in answer.content.decode()
        assert "/other" not in answer.content.decode()


def test_a_plan_is_shown_before_the_import_which_is_in_the_history(sink: Sink, admin_client: Client) -> None:
    text = f"""
app_id: app_mine
secrets:
  KEY: {VALUE}-new
sinks:
- path: /hook
  workflow: echo
  auth_token: '********'
  limits:
    rate: 5/s
- path: /new
  workflow: echo
"""
    page, form = planned(admin_client, text)
    for shown in ("sink POST /app_mine/hook", "limits.rate", "5/s", "sink POST /app_mine/new", "secrets.KEY"):
        assert shown in page
    assert VALUE not in page
    assert Sink.objects.count() == 1
    answer = admin_client.post(_IMPORT, form, follow=True)
    assert "Imported. Created: 1, changed: 2, unchanged: 0." in answer.content.decode()
    sink.refresh_from_db()
    assert (sink.rate, sink.auth_token, Sink.objects.count()) == ("5/s", TOKEN, 2)
    entries = {entry.object_repr: entry.change_message for entry in LogEntry.objects.all()}
    assert entries[str(sink)] == "Changed by an import: rate."
    assert entries["POST /new"] == "Created by an import."
    assert VALUE not in str(entries)
    assert "Nothing would change." in planned(admin_client, text)[0]


def test_faults_are_shown_at_their_lines_and_nothing_is_changed(sink: Sink, admin_client: Client) -> None:
    text = "app_id: app_mine\nsinks:\n- path: /hook\n- path: /b\n  limits:\n    rate: often\n"
    answer = admin_client.post(_IMPORT, {"text": text})
    assert answer.status_code == 400
    page = answer.content.decode()
    assert re.search(r'data-label="Line"[^>]*>6<', page)
    assert "sinks[1].limits.rate" in page
    assert (
        'data-label="Line" class="hub-number">1<'
        in admin_client.post(_IMPORT, {"text": "a: [", "app": ""}).content.decode()
    )
    sealed = admin_client.post(_IMPORT, {"do": "import", "sealed": str(sink.encrypted_token)})
    assert "The plan is no longer valid" in sealed.content.decode()
    assert TOKEN not in sealed.content.decode()


def test_a_member_imports_what_their_role_allows_in_their_app(sink: Sink) -> None:
    Sink.objects.create(app=App.objects.create(app_id="app_other"), path="/other", workflow="echo")
    editor, viewer = member(sink.app, "editor"), member(sink.app, "viewer")
    assert viewer.get(_IMPORT).status_code == 403
    for text in (
        "app_id: app_other\nsinks: [{path: /other, workflow: echo, description: a}]",
        "app_id: app_mine\nname: Mine\nsinks: []",
        f"app_id: app_mine\nsecrets: {{KEY: {VALUE}-new}}\nsinks: []",
        "app_id: app_new\nsinks: []",
    ):
        page, form = planned(editor, text)
        assert "You have no permission" in page, text
        assert "/other" not in page.partition("<textarea")[0]
        assert not form["sealed"]
    _, form = planned(editor, "path: /hook\nworkflow: echo\ndescription: mine", app="app_mine")
    assert editor.post(_IMPORT, form).status_code == 302
    sink.refresh_from_db()
    assert (sink.description, sink.app.app_id) == ("mine", "app_mine")
    assert not App.objects.filter(app_id="app_new").exists()
