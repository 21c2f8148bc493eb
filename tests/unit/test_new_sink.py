"""The page of a new sink: what it asks for, what it fills in, and where it leads."""

import html
import re
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.template.response import SimpleTemplateResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from sinks.models import App, Membership, Sink
from sinks.setup import senders
from sinks.setup.new_sink import page_of
from sinks.webhooks import registry

pytestmark = pytest.mark.one_database

SECRET = "s3cret-0ne-4711-abc"
_ADD = "/admin/sinks/sink/add/"


@pytest.fixture(autouse=True)
def quick_logins(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def app(db: None) -> App:
    return App.objects.create(app_id="app_test", name="Test")


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def form_of(client: Client, path: str) -> Any:
    """Return the form of a page, which is not rendered: that takes longer than all the rest."""
    with patch.object(SimpleTemplateResponse, "rendered_content", ""):
        answer = client.get(path)
    assert answer.context_data is not None
    return answer.context_data["adminform"].form


def of_page(client: Client, path: str = _ADD) -> dict[str, Any]:
    """Return the values with which the form is filled, as a browser without JavaScript sends them."""
    form = form_of(client, path)
    return {
        name: value
        for name in ("app", "path", "method", "workflow", "active", "description", "signature")
        if name in form.fields and (value := form[name].value()) not in (None, "", False)
    }


def test_a_github_sink_needs_its_sender_and_its_secret_alone(admin_client: Client, app: App) -> None:
    filled = of_page(admin_client)
    assert filled == {"app": app.pk, "method": "POST", "workflow": "echo", "active": True}
    answer = admin_client.post(_ADD, filled | {"signature": "github", "secrets": SECRET}, follow=True)
    sink = Sink.objects.get()
    assert (sink.path, sink.provider, sink.secrets, sink.answer) == ("/github", "github", [SECRET], "async")
    assert answer.redirect_chain == [(f"{page_of(sink)}?created=1", 302)]
    shown = html.unescape(answer.content.decode())
    assert "http://testserver/app_test/github" in shown
    assert '"x-hub-signature-256": `sha256=${signature}`' in shown
    assert SECRET not in shown
    assert "Set it up" not in page(admin_client, f"/admin/sinks/sink/{sink.pk}/change/")


def test_the_page_of_a_provider_can_be_linked_to(admin_client: Client, app: App) -> None:
    App.objects.create(app_id="app_other")
    filled = of_page(admin_client, f"{_ADD}?signature=stripe&app={app.pk}")
    assert (filled["app"], filled["path"], filled["signature"]) == (str(app.pk), "/stripe", "stripe")
    assert "app" not in of_page(admin_client)


def test_a_path_gets_its_slash_and_a_method_its_capitals(admin_client: Client, app: App) -> None:
    form = of_page(admin_client) | {"path": "orders/{id}", "method": "put"}
    assert admin_client.post(_ADD, form).status_code == 302
    sink = Sink.objects.get()
    assert (sink.path, sink.method) == ("/orders/{id}", "PUT")


def test_the_method_is_a_choice_that_keeps_what_a_program_has_set(admin_client: Client, app: App) -> None:
    assert '<option value="ANY">any method</option>' in page(admin_client, _ADD)
    sink = Sink.objects.create(app=app, path="/files", method="PROPFIND")
    address = f"/admin/sinks/sink/{sink.pk}/change/"
    assert '<option value="PROPFIND" selected>' in page(admin_client, address)
    assert admin_client.post(address, of_page(admin_client, address) | {"path": "/moved"}).status_code == 302
    sink.refresh_from_db()
    assert (sink.path, sink.method) == ("/moved", "PROPFIND")


def test_the_fields_of_workers_are_there_only_with_workers(admin_client: Client, app: App, settings: Any) -> None:
    sink = Sink.objects.create(app=app, path="/in")
    address = f"/admin/sinks/sink/{sink.pk}/change/"
    for has_workers in (False, True):
        settings.HAS_WORKERS = has_workers
        for path in (_ADD, address):
            fields = form_of(admin_client, path).fields
            assert ({"engine", "priority"} & set(fields)) == ({"engine", "priority"} if has_workers else set())
    # A sink from a file can have an engine where there are no workers: its error needs a field.
    settings.HAS_WORKERS = False
    Sink.objects.filter(pk=sink.pk).update(engine="procrastinate")
    answer = admin_client.post(address, of_page(admin_client, address) | {"engine": "procrastinate"})
    assert "Workers need PostgreSQL" in str(answer.context["adminform"].form.errors["engine"])


def test_each_sender_has_the_fields_that_its_file_asks_for(admin_client: Client, app: App) -> None:
    shown = page(admin_client, _ADD)
    for name, needs in {
        "": "token",
        "github": "secret",
        "meta": "secret verify",
        "twilio": "secret url",
        "strava": "verify",
        "dockerhub": "",
        "hmac": "secret hmac",
        "custom": "secret custom url",
    }.items():
        assert re.search(rf'value="{name}" data-name="[^"]*" data-needs="{needs}"', shown), name
    assert len(senders.all_senders()) == len(registry.ids()) + 3
    assert "https://docs.github.com/en/webhooks" in shown


def test_a_refused_form_keeps_what_was_typed_and_asks_for_the_secret_again(admin_client: Client, app: App) -> None:
    form = of_page(admin_client) | {"signature": "github", "secrets": SECRET, "path": "/in", "timeout": "-1"}
    answer = admin_client.post(_ADD, form)
    assert list(answer.context["adminform"].form.errors) == ["timeout"]
    shown = answer.content.decode()
    assert SECRET not in shown
    assert "Enter this again" in shown
    assert re.search(r'value="github"[^>]* checked>', shown)
    assert 'value="/in"' in shown
    assert "More settings" in shown
    assert "More settings" not in page(admin_client, _ADD)
    without = admin_client.post(_ADD, form | {"secrets": ""})
    assert set(without.context["adminform"].form.errors) == {"timeout", "secrets"}
    assert "Enter this again" not in without.content.decode()


def test_a_short_secret_is_refused_at_its_field(admin_client: Client, app: App) -> None:
    form = of_page(admin_client) | {"signature": "meta", "secrets": "short", "verify_token": "short"}
    found = admin_client.post(_ADD, form | {"auth_token": "short"}).context["adminform"].form.errors
    assert set(found) == {"secrets", "verify_token", "auth_token"}


def test_an_editor_makes_sinks_in_the_apps_of_the_membership_alone(app: App) -> None:
    other = App.objects.create(app_id="app_other", name="Other")
    editor = User.objects.create_user("editor", password="some", is_staff=True)
    Membership.objects.create(user=editor, app=app, role="editor")
    client = Client()
    client.force_login(editor)
    filled = of_page(client)
    assert filled["app"] == app.pk
    assert "app_other" not in page(client, _ADD)
    refused = client.post(_ADD, filled | {"app": other.pk, "path": "/in"})
    assert list(refused.context["adminform"].form.errors) == ["app"]
    assert client.post(_ADD, filled | {"path": "/in"}).status_code == 302
    [sink] = Sink.objects.all()
    assert sink.app == app
    theirs = Sink.objects.create(app=other, path="/theirs")
    assert client.get(f"/admin/sinks/sink/{theirs.pk}/change/?created=1").status_code == 302


def test_who_has_no_app_is_told_what_to_do(admin_client: Client) -> None:
    assert "There is no app yet." in page(admin_client, _ADD)


def test_many_apps_are_searched_and_few_are_listed(admin_client: Client, app: App) -> None:
    assert "admin-autocomplete" not in page(admin_client, _ADD)
    App.objects.bulk_create(App(app_id=f"app_{number}") for number in range(60))
    assert "admin-autocomplete" in page(admin_client, _ADD)


def test_the_page_takes_few_queries(admin_client: Client, app: App) -> None:
    sink = Sink.objects.create(app=app, path="/in", provider="aws-sns")
    for path in (_ADD, f"/admin/sinks/sink/{sink.pk}/change/?created=1"):
        admin_client.get(path)
        with CaptureQueriesContext(connection) as queries:
            admin_client.get(path)
        assert len(queries) <= 12, path
