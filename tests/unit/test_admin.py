"""The admin: it configures sinks, shows and cancels runs, and never shows a token."""

import gzip
import html
import json
import logging
import re
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import httpx
import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core import mail
from django.db import connection
from django.template.response import SimpleTemplateResponse
from django.test import Client
from django.utils.log import AdminEmailHandler

from runs.ids import new_run_id
from runs.models import Delivery, Run, Segment
from sinks.admin.option_fields import LEFT_OUT
from sinks.models import App, Revision, Sink
from tests.support.hub import Hub, Server, wait_until

pytestmark = pytest.mark.one_database

TOKEN = "s3cret-t0ken-4711-xyz"
SECRETS = ["s3cret-0ne-4711-abc", "s3cret-tw0-4711-def"]
_ADD = "/admin/sinks/sink/add/"
_LIST = "/admin/sinks/sink/"
_RUNS = "/admin/runs/run/"
_ORIGIN = "http://testserver"


@pytest.fixture(autouse=True)
def quick_logins(settings: Any) -> None:
    # Each test in this process creates an admin, whose password takes long with Django's default hasher.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def app(db: None) -> App:
    return App.objects.create(app_id="app_test", name="Test")


def make_sink(app: App, **fields: Any) -> Sink:
    sink = Sink(app=app, **{"path": "/hook", "workflow": "echo"} | fields)
    sink.full_clean()
    sink.save()
    return sink


def make_run(**fields: Any) -> Run:
    defaults: dict[str, Any] = {
        "id": new_run_id(),
        "app_id": "app_test",
        "workflow": "echo",
        "timeout": 300.0,
        "executor_id": 1,
        "created_at": datetime.now(UTC),
    }
    return Run.objects.create(**defaults | fields)


def make_delivery(run: Run, body: bytes = b"", **fields: Any) -> Delivery:
    defaults: dict[str, Any] = {
        "method": "POST",
        "path": "/hook",
        "headers": [["x-sent", "yes"]],
        "client": "192.0.2.7",
    }
    return Delivery.objects.create(run=run, body=body, **defaults | fields)


def address(thing: Any) -> str:
    return f"/admin/{thing._meta.app_label}/{thing._meta.model_name}/{thing.pk}/change/"


def filled(on: App, /, **fields: Any) -> dict[str, Any]:
    """Return the form of a sink as a browser sends it."""
    defaults = {
        "app": on.pk,
        "path": "/hook",
        "method": "POST",
        "workflow": "echo",
        "options": "{}",
        "timeout": "300",
        "active": "on",
        "auth_token": "",
        "description": "",
    }
    return defaults | fields


def page(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return answer.content.decode()


def cells(listed: str, name: str) -> list[str]:
    """Return the texts of a column of a list."""
    found = re.findall(rf"<t[dh][^>]*\bfield-{name}\b[^>]*>(.*?)</t[dh]>", listed, re.DOTALL)
    return [" ".join(html.unescape(re.sub(r"<[^>]*>", "", cell)).split()) for cell in found]


def faults(client: Client, path: str, form: dict[str, Any]) -> dict[str, list[str]]:
    """Return the errors of a refused form, by field."""
    with patch.object(SimpleTemplateResponse, "rendered_content", ""):  # which takes longer than all the rest
        answer = client.post(path, form)
    assert answer.status_code == 200, "the form was not refused"
    assert answer.context_data is not None
    return dict(answer.context_data["adminform"].form.errors)


def user_with(*permissions: str, name: str = "some") -> Client:
    """Return a client whose user has only these permissions in the admin."""
    user = User.objects.create_user(name, password="some", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def test_an_app_is_listed_with_its_number_of_sinks_and_links_to_them(admin_client: Client, app: App) -> None:
    make_sink(app, path="/one")
    make_sink(app, path="/two")
    listed = page(admin_client, "/admin/sinks/app/")
    assert "app_test" in listed
    assert cells(listed, "sink_count") == ["2"]
    link = re.search(r'href="([^"]*app__id__exact[^"]*)"', page(admin_client, address(app)))
    assert link is not None
    sinks = page(admin_client, html.unescape(link[1]))
    assert "/one" in sinks
    assert "/two" in sinks


def test_an_app_without_an_id_gets_one(admin_client: Client) -> None:
    answer = admin_client.post("/admin/sinks/app/add/", {"app_id": "", "name": "New", "active": "on"})
    assert answer.status_code == 302
    assert re.fullmatch(r"app_\w{12}", App.objects.get(name="New").app_id)


@pytest.mark.parametrize("app_id", ["runs", "admin", "a/b", "ü", "x" * 65])
def test_an_app_id_that_cannot_be_an_address_is_a_form_error(admin_client: Client, app_id: str) -> None:
    assert "app_id" in faults(admin_client, "/admin/sinks/app/add/", {"app_id": app_id, "name": "", "active": "on"})


def test_a_sink_is_made_with_its_token_encrypted(admin_client: Client, app: App) -> None:
    form = filled(app, method="put", option_echo__headers="true", auth_token=TOKEN)
    assert admin_client.post(_ADD, form).status_code == 302
    sink = Sink.objects.get()
    assert (sink.method, sink.options, sink.auth_token) == ("PUT", {"headers": True}, TOKEN)
    assert TOKEN not in sink.encrypted_token


def test_an_option_left_empty_is_not_given(admin_client: Client, app: App) -> None:
    form = filled(app, workflow="demo", option_demo__seconds="", option_demo__steps="7")
    assert admin_client.post(_ADD, form).status_code == 302
    assert Sink.objects.get().options == {"steps": 7}


def test_options_of_other_workflows_are_not_looked_at(admin_client: Client, app: App) -> None:
    form = filled(app, option_demo__steps="many", option_demo__seconds="7", option_reports__values="[")
    assert admin_client.post(_ADD, form).status_code == 302
    assert Sink.objects.get().options == {}


def as_a_browser_sends_it(value: Any) -> Any:
    return value.replace("\n", "\r\n") if isinstance(value, str) else value


def test_options_are_shown_in_their_fields_and_stay_as_they_are(admin_client: Client, app: App) -> None:
    for workflow, options in (
        ("demo", {"seconds": 0.5, "steps": 2}),
        ("demo", {"seconds": "0.5", "steps": "2"}),
        ("echo", {"headers": 1}),
        ("echo", {"headers": "yes"}),
        ("returns", {"kind": "one\ntwo\n\n three"}),
        ("echo", {"headers": False}),
        ("returns", {"kind": ""}),
        ("reports", {"values": [1, {"a": None}, "ü"]}),
    ):
        sink = make_sink(app, path=f"/{uuid4()}", workflow=workflow, options=options)
        shown = admin_client.get(address(sink)).context["adminform"].form
        values = {field.name: field.value() for field in shown}
        form = {
            name: "" if value in (None, LEFT_OUT) else as_a_browser_sends_it(value)
            for name, value in values.items()
            if value is not False
        }
        assert admin_client.post(address(sink), form).status_code == 302
        sink.refresh_from_db()
        assert sink.options == options


def test_each_option_says_what_it_may_be(admin_client: Client, app: App) -> None:
    form = html.unescape(page(admin_client, _ADD))
    for about in ("At least 1, at most 100. Default: 4.", "At least 0, at most 3600. Default: 4.0.", "Required."):
        assert about in form


def test_the_workflow_is_chosen_from_those_installed(admin_client: Client, app: App) -> None:
    form = page(admin_client, _ADD)
    for name in ("echo", "demo", "inspect"):
        assert re.search(rf'<option value="{name}"( selected)?>', form)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"path": ""}, "path"),
        ({"path": "/a?b=c"}, "path"),
        ({"path": "/a%20b"}, "path"),
        ({"path": "/{id}/{id}"}, "path"),
        ({"path": "/a\0b"}, "path"),
        ({"path": "/" + "x" * 500}, "path"),
        ({"path": "/taken/"}, "path"),
        ({"path": "/orders/{other}"}, "path"),
        ({"method": "GET POST"}, "method"),
        ({"workflow": "no-such"}, "workflow"),
        ({"workflow": ""}, "workflow"),
        ({"option_echo__headers": "perhaps"}, "option_echo__headers"),
        ({"option_echo__headers": "[]"}, "option_echo__headers"),
        ({"workflow": "demo", "option_demo__steps": "0"}, "option_demo__steps"),
        ({"workflow": "demo", "option_demo__steps": "many"}, "option_demo__steps"),
        ({"workflow": "demo", "option_demo__steps": "1.5"}, "option_demo__steps"),
        ({"workflow": "reports", "option_reports__values": "["}, "option_reports__values"),
        ({"workflow": "reports", "option_reports__values": "{}"}, "option_reports__values"),
        ({"workflow": "returns"}, "option_returns__kind"),
        ({"timeout": "0"}, "timeout"),
        ({"timeout": "nan"}, "timeout"),
        ({"auth_token": "two words"}, "auth_token"),
        ({"auth_token": "tökën"}, "auth_token"),
        ({"app": ""}, "app"),
        ({"app": "4711"}, "app"),
    ],
)
def test_what_a_sink_cannot_be_is_an_error_at_its_field(
    admin_client: Client, app: App, fields: dict[str, str], field: str
) -> None:
    make_sink(app, path="/taken")
    make_sink(app, path="/orders/{order_id}")
    assert list(faults(admin_client, _ADD, filled(app, **fields))) == [field]
    assert Sink.objects.count() == 2


def test_all_errors_of_a_form_are_shown_at_once(admin_client: Client, app: App) -> None:
    make_sink(app)
    wrong = {"option_echo__headers": "perhaps"}
    form = filled(app, path="/free", method="GET POST", auth_token="two words", **wrong)
    answer = admin_client.post(_ADD, form)
    found = answer.context["adminform"].form.errors
    assert set(found) == {*wrong, "method", "auth_token"}
    shown = html.unescape(answer.content.decode())
    assert [line for lines in found.values() for line in lines if line not in shown] == []
    assert set(faults(admin_client, _ADD, filled(app, **wrong))) == {"path", *wrong}


def test_a_sink_whose_workflow_is_gone_can_be_opened_and_is_refused_until_it_has_another(
    admin_client: Client, app: App
) -> None:
    sink = make_sink(app)
    Sink.objects.filter(pk=sink.pk).update(workflow="gone")
    assert '<option value="gone" selected>' in page(admin_client, address(sink))
    assert list(faults(admin_client, address(sink), filled(app, workflow="gone"))) == ["workflow"]
    assert admin_client.post(address(sink), filled(app)).status_code == 302


def test_a_token_left_empty_is_kept(admin_client: Client, app: App) -> None:
    sink = make_sink(app, auth_token=TOKEN)
    assert admin_client.post(address(sink), filled(app, path="/moved")).status_code == 302
    sink.refresh_from_db()
    assert (sink.path, sink.auth_token) == ("/moved", TOKEN)


def test_a_token_is_replaced_by_what_is_typed(admin_client: Client, app: App) -> None:
    sink = make_sink(app, auth_token="old-token")
    assert admin_client.post(address(sink), filled(app, auth_token=TOKEN)).status_code == 302
    sink.refresh_from_db()
    assert sink.auth_token == TOKEN


def test_a_token_is_removed_by_the_checkbox(admin_client: Client, app: App) -> None:
    sink = make_sink(app, auth_token=TOKEN)
    assert admin_client.post(address(sink), filled(app, remove_token="on")).status_code == 302
    sink.refresh_from_db()
    assert sink.auth_token == ""


def test_a_token_is_not_replaced_and_removed_at_once(admin_client: Client, app: App) -> None:
    sink = make_sink(app, auth_token=TOKEN)
    assert list(faults(admin_client, address(sink), filled(app, auth_token="new-token", remove_token="on"))) == [
        "remove_token"
    ]
    sink.refresh_from_db()
    assert sink.auth_token == TOKEN


def test_only_a_sink_with_a_token_offers_to_remove_it(admin_client: Client, app: App) -> None:
    assert 'name="remove_token"' in page(admin_client, address(make_sink(app, path="/closed", auth_token=TOKEN)))
    assert 'name="remove_token"' not in page(admin_client, address(make_sink(app, path="/open")))


def test_a_token_is_masked_on_every_page(admin_client: Client, app: App) -> None:
    sink = make_sink(app, auth_token=TOKEN)
    for path in (address(sink), _LIST, f"{_LIST}{sink.pk}/history/", f"{_LIST}{sink.pk}/delete/", address(app)):
        shown = page(admin_client, path)
        assert TOKEN not in shown
        assert sink.encrypted_token not in shown
    assert "••••" in page(admin_client, address(sink))


def test_a_typed_token_does_not_come_back_with_a_refused_form(admin_client: Client, app: App) -> None:
    answer = admin_client.post(_ADD, filled(app, path="/a?b", auth_token=TOKEN))
    assert answer.status_code == 200
    assert TOKEN not in answer.content.decode()
    refused = admin_client.post(_ADD, filled(app, auth_token=f"{TOKEN} {TOKEN}"))
    assert TOKEN not in refused.content.decode()


def test_the_history_names_the_change_and_not_the_token(admin_client: Client, app: App) -> None:
    admin_client.post(_ADD, filled(app, auth_token=TOKEN))
    sink = Sink.objects.get()
    admin_client.post(address(sink), filled(app, auth_token=TOKEN + "-2"))
    admin_client.post(address(sink), filled(app, remove_token="on"))
    entries = [f"{entry.object_repr} {entry.change_message}" for entry in LogEntry.objects.order_by("pk")]
    assert len(entries) == 3
    assert "Bearer token" in entries[1]
    assert "Remove the token" in entries[2]
    assert not [entry for entry in entries if TOKEN in entry]


def test_who_may_only_view_a_sink_sees_no_token_and_changes_nothing(app: App) -> None:
    sink = make_sink(app, auth_token=TOKEN)
    viewer = user_with("view_sink", "view_app")
    shown = page(viewer, address(sink))
    assert "/hook" in shown
    assert TOKEN not in shown
    assert "••••" in shown
    assert 'name="remove_token"' not in shown
    assert viewer.post(address(sink), filled(app, remove_token="on")).status_code == 403
    viewer.post(_LIST, {"action": "deactivate", "_selected_action": [sink.pk]})
    sink.refresh_from_db()
    assert (sink.active, sink.auth_token) == (True, TOKEN)


def test_a_token_under_another_secret_key_can_be_set_anew(admin_client: Client, app: App) -> None:
    sink = make_sink(app, auth_token="old-token")
    Sink.objects.filter(pk=sink.pk).update(encrypted_token="gAAAAnot-ours")
    page(admin_client, _LIST)
    page(admin_client, address(sink))
    assert admin_client.post(address(sink), filled(app, auth_token=TOKEN)).status_code == 302
    sink.refresh_from_db()
    assert sink.auth_token == TOKEN


def test_the_list_names_the_signal_in_place_of_a_workflow_that_never_runs(admin_client: Client, app: App) -> None:
    make_sink(app, deliver_signal="payment", deliver_key="body.order_id")
    assert "(signal payment)" in page(admin_client, _LIST)


def test_the_list_tells_what_a_request_has_to_have(admin_client: Client, app: App) -> None:
    make_sink(app, path="/a")
    make_sink(app, path="/b", auth_token=TOKEN)
    make_signed(app, path="/c")
    make_signed(app, path="/d", auth_token=TOKEN)
    listed = page(admin_client, _LIST)
    assert cells(listed, "access") == [
        "public",
        "token",
        "signed",
        "token, signed",
    ]


def make_signed(app: App, **fields: Any) -> Sink:
    """Create a sink with two signing secrets."""
    return make_sink(app, **{"signature": "github", "secrets": SECRETS} | fields)


_SIGNED = {"signature": "github", "secrets": ""}


def test_every_field_of_a_sink_is_saved_and_shown_again(admin_client: Client, app: App, settings: Any) -> None:
    settings.HAS_WORKERS = True
    values = {
        "answer": "async",
        "signature": "hmac",
        "tolerance": 60,
        "signature_header": "X-Sig",
        "signature_algorithm": "sha512",
        "signature_encoding": "base64",
        "signature_prefix": "v1=",
        "dedupe_header": "X-Delivery",
        "dedupe_body": "",
        "dedupe_window": 3600,
        "filter": "headers.\"x-event\" == 'push'",
        "payload": "parse_json(body.payload)",
        "rate": "60/min",
        "concurrency": 4,
        "queue": 100,
        "body_limit": 65536,
        "cors_origins": "https://a.example\nhttps://b.example",
        "redirect": "https://a.example/thanks",
        "priority": -5,
    }
    form = filled(app, **values, secrets="\r\n".join([*SECRETS, ""]), verify_token="v3rify me")
    assert admin_client.post(_ADD, form).status_code == 302
    sink = Sink.objects.get()
    assert {name: getattr(sink, name) for name in values} == values
    assert (sink.secrets, sink.verify_token) == (SECRETS, "v3rify me")
    shown = admin_client.get(address(sink)).context["adminform"].form
    assert {name: shown[name].value() for name in values} == values


def test_the_body_may_hold_the_delivery_id(admin_client: Client, app: App) -> None:
    assert admin_client.post(_ADD, filled(app, dedupe_body="event.id")).status_code == 302
    assert Sink.objects.get().dedupe_body == "event.id"


def test_the_response_is_typed_as_json_and_emptied_again(admin_client: Client, app: App) -> None:
    response = {"status": 200, "headers": {"Content-Type": "text/xml"}, "body": "<Response/>"}
    assert admin_client.post(_ADD, filled(app, response=json.dumps(response))).status_code == 302
    sink = Sink.objects.get()
    assert (sink.response, sink.answer) == (response, None)
    refused = admin_client.post(address(sink), filled(app, response='{"failed_status": 200}'))
    assert "failed_status must be a number from 400 to 599" in html.unescape(refused.content.decode())
    assert admin_client.post(address(sink), filled(app, response="")).status_code == 302
    sink.refresh_from_db()
    assert sink.response is None


def test_what_is_left_empty_is_the_default(admin_client: Client, app: App) -> None:
    sink = make_signed(
        app, tolerance=5, dedupe_window=5, concurrency=4, queue=9, body_limit=9, answer="json", timeout=9.0, priority=7
    )
    names = ("tolerance", "dedupe_window", "concurrency", "queue", "body_limit", "answer", "timeout", "priority")
    form = filled(app, **_SIGNED | dict.fromkeys(names, ""))
    assert admin_client.post(address(sink), form).status_code == 302
    sink.refresh_from_db()
    assert [getattr(sink, name) for name in names] == [None, 86400, None, None, None, None, None, 0]


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"answer": "xml"}, "answer", "valid choice"),
        ({"signature": "github"}, "secrets", "This scheme needs a signing secret"),
        ({"secrets": SECRETS[0]}, "signature", "Choose the scheme of the signing secrets, or remove them."),
        ({"signature": "githup", "secrets": SECRETS[0]}, "signature", "valid choice"),
        (
            {"signature": "github", "secrets": "good\nb\u2028ad"},
            "secrets",
            "Secret 2: it contains a non-printable character",
        ),
        ({"signature": "github", "secrets": SECRETS[0], "tolerance": "0"}, "tolerance", "greater than or equal to 1"),
        ({"tolerance": "a while"}, "tolerance", "Enter a whole number."),
        ({"signature": "hmac", "secrets": SECRETS[0]}, "signature_header", "Enter the header"),
        (
            {"signature": "hmac", "secrets": SECRETS[0], "signature_header": "X Sig"},
            "signature_header",
            "The name of a header must be one word",
        ),
        ({"verify_token": "x" * 501}, "verify_token", "one line of at most 500 printable characters"),
        ({"dedupe_header": "X Delivery"}, "dedupe_header", "The name of a header must be one word"),
        ({"dedupe_header": "X-Delivery", "dedupe_body": "id"}, "dedupe_body", "Choose one"),
        ({"dedupe_body": "a b"}, "dedupe_body", "not a JMESPath expression: Unexpected token: b at character 3."),
        ({"dedupe_window": "7776001"}, "dedupe_window", "less than or equal to 7776000"),
        ({"filter": "headers.x-event == 'a'"}, "filter", "Unknown token '-' at character 10."),
        ({"filter": "ref == 'main'"}, "filter", "A delivery has no 'ref'. It has: method, path, path_params, query,"),
        ({"filter": "headers.\"X-A\" == 'a'"}, "filter", "are in lower case here: write headers."),
        ({"payload": "event.data || json"}, "payload", "Perhaps body?"),
        ({"filter": "length("}, "filter", "This is not a JMESPath expression: it is incomplete."),
        ({"filter": "a || sise(body)"}, "filter", "JMESPath has no function 'sise'. It has: abs, avg, ceil, contains,"),
        ({"filter": "contains(body)"}, "filter", "The function 'contains' takes 2 arguments, but gets 1."),
        ({"filter": "length(a, b)"}, "filter", "The function 'length' takes 1 argument, but gets 2."),
        ({"filter": "not_null()"}, "filter", "The function 'not_null' takes at least 1 argument, but gets 0."),
        ({"filter": "a[?b == sise(c)].d"}, "filter", "'sise'"),
        ({"filter": "sort_by(a[1:2], &{x: [sise(b)]})"}, "filter", "'sise'"),
        ({"dedupe_body": "joint(',', a)"}, "dedupe_body", "JMESPath has no function 'joint'."),
        ({"dedupe_body": "join(a)"}, "dedupe_body", "The function 'join' takes 2 arguments, but gets 1."),
        ({"filter": "a" * 2001}, "filter", "at most 2000 characters"),
        ({"rate": "fast"}, "rate", "A rate is a number of runs per time: 5/s, 60/min"),
        ({"rate": "0/s"}, "rate", "A rate is a number of runs per time"),
        ({"concurrency": "0"}, "concurrency", "greater than or equal to 1"),
        ({"queue": "5"}, "queue", "set the concurrency too"),
        ({"queue": "-1", "concurrency": "1"}, "queue", "greater than or equal to 0"),
        ({"priority": "101"}, "priority", "less than or equal to 100"),
        ({"priority": "-101"}, "priority", "greater than or equal to -100"),
        ({"priority": "high"}, "priority", "Enter a whole number."),
        ({"body_limit": "26214401"}, "body_limit", "The server accepts at most 26214400 bytes (MAX_BODY_BYTES)."),
        ({"cors_origins": "https://a.example\nb.example/c"}, "cors_origins", "'b.example/c' is not an origin"),
        ({"deliver_signal": "payment"}, "deliver_key", "Enter the expression for the signal's key"),
        ({"deliver_key": "body.id"}, "deliver_signal", "Enter the name of the signal, or remove its key."),
        ({"deliver_signal": "payment", "deliver_key": "a b"}, "deliver_key", "This is not a JMESPath expression"),
        ({"redirect": "javascript:alert(1)"}, "redirect", "with http:// or https://"),
        ({"redirect": "ftp://a.example/b"}, "redirect", "with http:// or https://"),
        ({"redirect": "/thanks"}, "redirect", "with http:// or https://"),
        ({"redirect": "https://"}, "redirect", "Enter a valid URL."),
    ],
)
def test_a_fault_is_told_at_its_field_in_words_that_say_what_to_do(
    admin_client: Client, app: App, settings: Any, fields: dict[str, str], field: str, words: str
) -> None:
    settings.HAS_WORKERS = True
    found = faults(admin_client, _ADD, filled(app, **fields))
    assert list(found) == [field]
    assert words in " ".join(found[field])
    assert not Sink.objects.exists()


def folded(client: Client, path: str) -> dict[str | None, bool]:
    """Return the form's parts, and whether each is collapsed."""
    return {
        fieldset.name: bool(fieldset.is_collapsible)
        for fieldset in client.get(path).context["adminform"]
        if fieldset.name
    }


def test_a_part_of_the_form_is_folded_up_until_something_in_it_is_set(admin_client: Client, app: App) -> None:
    extras = {"Answer", "Signature", "Deduplication", "Payload and filter", "Limits", "Time and attempts"}
    extras |= {"After a failure", "Web forms and scripts"}
    extras |= {"Callers", "Delivery to waiting runs", "Search"}
    plain = folded(admin_client, _ADD)
    assert {name for name, is_folded in plain.items() if is_folded} == extras - {"Signature"}
    sink = make_sink(app, rate="5/s", verify_token="v3rify-me")
    assert {name for name, is_folded in folded(admin_client, address(sink)).items() if is_folded} == extras - {
        "Limits",
        "Signature",
    }


def test_secrets_left_empty_are_kept(admin_client: Client, app: App) -> None:
    sink = make_signed(app, verify_token="v3rify-t0ken")
    assert "2 secrets are set. Leave this empty to change nothing" in page(admin_client, address(sink))
    assert admin_client.post(address(sink), filled(app, path="/moved", **_SIGNED)).status_code == 302
    sink.refresh_from_db()
    assert (sink.path, sink.secrets, sink.verify_token) == ("/moved", SECRETS, "v3rify-t0ken")


def test_secrets_are_replaced_by_all_that_is_typed(admin_client: Client, app: App) -> None:
    sink = make_signed(app, verify_token="old-token")
    form = filled(app, signature="github", secrets="new-secret", verify_token="new-token")
    assert admin_client.post(address(sink), form).status_code == 302
    sink.refresh_from_db()
    assert (sink.secrets, sink.verify_token) == (["new-secret"], "new-token")
    assert "1 secret is set." in page(admin_client, address(sink))


def test_secrets_are_removed_by_the_checkbox(admin_client: Client, app: App) -> None:
    sink = make_signed(app, verify_token="old-token")
    form = filled(app, signature="", remove_secrets="on", remove_verify_token="on")
    assert admin_client.post(address(sink), form).status_code == 302
    sink.refresh_from_db()
    assert (sink.encrypted_secrets, sink.encrypted_verify_token) == ("", "")
    assert 'name="remove_' not in page(admin_client, address(sink))


def test_secrets_are_not_removed_while_their_scheme_stays(admin_client: Client, app: App) -> None:
    sink = make_signed(app)
    found = faults(admin_client, address(sink), filled(app, signature="github", remove_secrets="on"))
    assert list(found) == ["signature"]
    sink.refresh_from_db()
    assert sink.secrets == SECRETS


def test_secrets_are_not_replaced_and_removed_at_once(admin_client: Client, app: App) -> None:
    sink = make_signed(app, verify_token="old-token")
    form = filled(
        app,
        signature="github",
        secrets="new-token",
        remove_secrets="on",
        verify_token="new-token",
        remove_verify_token="on",
    )
    assert set(faults(admin_client, address(sink), form)) == {"remove_secrets", "remove_verify_token"}
    sink.refresh_from_db()
    assert (sink.secrets, sink.verify_token) == (SECRETS, "old-token")


def test_a_scheme_that_is_taken_away_takes_its_secrets_along_and_says_so(admin_client: Client, app: App) -> None:
    sink = make_signed(app)
    answer = admin_client.post(address(sink), filled(app, signature=""), follow=True)
    messages = [str(message) for message in answer.context["messages"]]
    assert "The signing secrets were removed together with their scheme." in messages
    sink.refresh_from_db()
    assert (sink.signature, sink.encrypted_secrets) == ("", "")


def test_secrets_that_do_not_fit_another_scheme_are_asked_for_anew(admin_client: Client, app: App) -> None:
    sink = make_sink(app, signature="github", secrets=["whsec_no base64!"])
    found = faults(admin_client, address(sink), filled(app, signature="standard"))
    assert list(found) == ["secrets"]
    assert found["secrets"][0].startswith("The current secrets do not fit the scheme: Secret 1: ")
    assert admin_client.post(address(sink), filled(app, signature="slack")).status_code == 302
    sink.refresh_from_db()
    assert (sink.signature, sink.secrets) == ("slack", ["whsec_no base64!"])


def test_a_secret_that_the_scheme_does_not_take_is_refused(admin_client: Client, app: App) -> None:
    found = faults(admin_client, _ADD, filled(app, signature="standard", secrets="whsec_no base64!"))
    assert list(found) == ["secrets"]
    assert "base64!" not in str(found)


def test_secrets_under_another_secret_key_can_be_set_anew(admin_client: Client, app: App) -> None:
    sink = make_signed(app)
    Sink.objects.filter(pk=sink.pk).update(encrypted_secrets="gAAAAnot-ours", encrypted_verify_token="gAAAAnot-ours")
    page(admin_client, _LIST)
    assert "The secrets cannot be decrypted" in page(admin_client, address(sink))
    found = faults(admin_client, address(sink), filled(app, signature="slack"))
    assert list(found) == ["secrets"]
    form = filled(app, signature="slack", secrets=SECRETS[0], verify_token="v3rify-me")
    assert admin_client.post(address(sink), form).status_code == 302
    sink.refresh_from_db()
    assert (sink.secrets, sink.verify_token) == (SECRETS[:1], "v3rify-me")


def test_secrets_are_on_no_page_and_in_no_history_and_no_log(
    admin_client: Client, app: App, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    typed = {"signature": "github", "secrets": "\n".join(SECRETS), "verify_token": TOKEN}
    answers = [
        admin_client.post(_ADD, filled(app, path="/a?b", **typed)),
        admin_client.post(_ADD, filled(app, **typed | {"secrets": f"{SECRETS[0]}\u2028\n{SECRETS[1]}"})),
        admin_client.post(_ADD, filled(app, **typed), follow=True),
    ]
    sink = Sink.objects.get()
    answers += [
        admin_client.post(address(sink), filled(app, **typed | {"secrets": SECRETS[1], "verify_token": TOKEN + "2"})),
        *map(admin_client.get, (address(sink), _LIST, f"{_LIST}{sink.pk}/history/", f"{_LIST}{sink.pk}/delete/")),
        admin_client.post(address(sink), filled(app, remove_verify_token="on"), follow=True),
    ]
    entries = [f"{entry.object_repr} {entry.change_message}" for entry in LogEntry.objects.order_by("pk")]
    assert "Signing secrets" in entries[1]
    assert "Verify token" in entries[1]
    assert "Remove the verify token" in entries[2]
    everything = "".join([*(answer.content.decode() for answer in answers), *entries, caplog.text])
    for secret in (*SECRETS, TOKEN, sink.encrypted_secrets, sink.encrypted_verify_token):
        assert secret not in everything


def test_the_report_of_an_error_has_no_secret(admin_client: Client, app: App, settings: Any) -> None:
    admin_client.raise_request_exception = False
    settings.ADMINS = [("Admin", "admin@example.com")]
    handler = AdminEmailHandler(include_html=True)
    logger = logging.getLogger("django.request")
    logger.addHandler(handler)
    try:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE sinks_sink RENAME TO sinks_gone")
        form = filled(app, signature="github", secrets=SECRETS[0], auth_token=TOKEN, verify_token=SECRETS[1])
        assert admin_client.post(_ADD, form).status_code == 503
    finally:
        logger.removeHandler(handler)
    [report] = mail.outbox
    text = report.message().as_string() + str(vars(report))
    assert "signature" in text
    for secret in (*SECRETS, TOKEN):
        assert secret not in text


def test_who_may_only_view_a_sink_sees_no_secret(app: App) -> None:
    sink = make_signed(app, auth_token=TOKEN, verify_token="v3rify-t0ken", rate="5/s")
    viewer = user_with("view_sink", "view_app")
    shown = page(viewer, address(sink))
    assert "5/s" in shown
    assert shown.count("••••••••") == 3
    assert "2 secrets are set." in shown
    for secret in (*SECRETS, TOKEN, "v3rify-t0ken"):
        assert secret not in shown
    assert 'name="remove_' not in shown
    assert viewer.post(address(sink), filled(app, signature="", remove_secrets="on")).status_code == 403
    sink.refresh_from_db()
    assert sink.secrets == SECRETS


@pytest.mark.parametrize(
    "query", ["q=wanted", "q=app_other", "workflow=demo", "active__exact=0", "method=PUT", "workflow=demo&q=want"]
)
def test_sinks_are_filtered_and_searched(admin_client: Client, app: App, query: str) -> None:
    other = App.objects.create(app_id="app_other")
    make_sink(app, path="/left-out")
    make_sink(other, path="/wanted", workflow="demo", active=False, method="PUT")
    listed = page(admin_client, f"{_LIST}?{query}")
    assert cells(listed, "address") == ["PUT /wanted"]


def test_sinks_are_activated_and_deactivated_from_the_list(admin_client: Client, app: App) -> None:
    sink = make_sink(app)
    for action, active in (("deactivate", False), ("activate", True)):
        revision = Revision.objects.get().number
        answer = admin_client.post(_LIST, {"action": action, "_selected_action": [sink.pk]})
        if action == "deactivate":  # a page asks first
            sink.refresh_from_db()
            assert sink.active
            assert f"Deactivate POST /app_test{sink.path}?" in page(admin_client, answer["Location"])
            admin_client.post(answer["Location"], {"sinks": sink.pk})
        sink.refresh_from_db()
        assert sink.active is active
        assert Revision.objects.get().number > revision, "running servers would not notice"


def test_a_sink_whose_workflow_is_gone_is_not_activated_from_the_list(admin_client: Client, app: App) -> None:
    sink = Sink.objects.create(app=app, path="/hook", workflow="no-more", active=False)
    answer = admin_client.post(_LIST, {"action": "activate", "_selected_action": [sink.pk]}, follow=True)
    assert "Not activated: POST /hook: No workflow" in html.unescape(answer.content.decode())
    sink.refresh_from_db()
    assert not sink.active
    assert "(not installed)" in page(admin_client, _LIST)
    assert "is not installed: requests get 500" in page(admin_client, address(sink))


def test_what_is_done_from_the_list_is_in_the_history(admin_client: Client, app: App) -> None:
    sink = make_sink(app)
    for action in ("deactivate", "activate", "token", "duplicate"):
        admin_client.post(f"{_LIST}act/{action}/", {"sinks": sink.pk})
    messages = [entry.get_change_message() for entry in LogEntry.objects.order_by("pk")]
    assert messages == ["Deactivated.", "Activated.", "Generated a new token.", "A duplicate of POST /hook."]


def test_a_token_is_revealed_to_who_may_change_the_sink_and_it_is_written_down(
    admin_client: Client, app: App, caplog: pytest.LogCaptureFixture
) -> None:
    sink = make_sink(app, auth_token=TOKEN)
    answer = admin_client.post(f"{_LIST}{sink.pk}/token/", {"do": "reveal"})
    shown = html.unescape(answer.content.decode())
    assert f">{TOKEN}</code>" in shown
    assert f"-H 'Authorization: Bearer {TOKEN}'" in shown
    assert f">{_ORIGIN}/app_test/hook</code>" in shown
    assert f" {_ORIGIN}/app_test/hook " in shown  # in the curl command
    assert "no-store" in answer["Cache-Control"]
    assert LogEntry.objects.get().get_change_message() == "Viewed the token."
    assert f"token shown: sink={sink.pk} user=admin" in caplog.text
    assert TOKEN not in caplog.text
    assert admin_client.get(f"{_LIST}{sink.pk}/token/").status_code == 405
    viewer = user_with("view_sink")
    assert "Reveal token" not in page(viewer, address(sink))
    assert viewer.post(f"{_LIST}{sink.pk}/token/", {"do": "reveal"}).status_code == 403


def test_new_tokens_are_shown_once_and_hold(admin_client: Client, app: App) -> None:
    sinks = [make_sink(app, path="/a", auth_token=TOKEN), make_sink(app, path="/b")]
    asked = admin_client.post(_LIST, {"action": "rotate_tokens", "_selected_action": [sink.pk for sink in sinks]})
    question = page(admin_client, asked["Location"])
    assert '<option value="86400" selected>24 hours</option>' in question
    assert Sink.objects.get(path="/a").auth_token == TOKEN, "a token was replaced without a question"
    answer = admin_client.post(asked["Location"], {"sinks": ",".join(str(sink.pk) for sink in sinks)})
    shown = html.unescape(answer.content.decode())
    for sink in sinks:
        sink.refresh_from_db()
        assert sink.auth_token not in {TOKEN, ""}
        assert f">{sink.auth_token}</code>" in shown
        assert sink.auth_token not in page(admin_client, address(sink))


def test_a_duplicate_is_like_its_origin_and_not_active(admin_client: Client, app: App) -> None:
    sink = make_signed(app, path="/orders/{id}", auth_token=TOKEN, workflow="demo", options={"steps": 2})
    for _ in range(2):
        admin_client.post(_LIST, {"action": "duplicate", "_selected_action": [sink.pk]})
    copies = list(Sink.objects.exclude(pk=sink.pk).order_by("pk"))
    assert [copy.path for copy in copies] == ["/orders/{id}/copy-2", "/orders/{id}/copy-3"]
    for copy in copies:
        assert (copy.active, copy.secrets, copy.options) == (False, sink.secrets, {"steps": 2})
        assert copy.auth_token not in {"", TOKEN}


@pytest.mark.parametrize(
    ("path", "copy"),
    [("/", "/copy-2"), ("/a", "/a-2"), ("/a/", "/a-2"), ("/a/{b}", "/a/{b}/copy-2"), ("/a-2", "/a-2-2")],
)
def test_a_duplicate_has_an_address_of_its_own_app(admin_client: Client, app: App, path: str, copy: str) -> None:
    sink = make_sink(app, path=path)
    admin_client.post(_LIST, {"action": "duplicate", "_selected_action": [sink.pk]})
    assert Sink.objects.exclude(pk=sink.pk).get().path == copy


def test_what_cannot_be_duplicated_is_said(admin_client: Client, app: App) -> None:
    sink = make_sink(app, path="/" + "x" * 499)
    answer = admin_client.post(_LIST, {"action": "duplicate", "_selected_action": [sink.pk]}, follow=True)
    assert "Not duplicated: POST /xxx" in answer.content.decode()
    assert Sink.objects.count() == 1


def test_a_sink_shows_both_addresses_and_a_curl_line(admin_client: Client, app: App) -> None:
    shown = html.unescape(page(admin_client, address(make_sink(app, auth_token=TOKEN))))
    assert f">{_ORIGIN}/sink/trigger/http/app_test/hook</code>" in shown
    assert f">{_ORIGIN}/app_test/hook</code>" in shown
    assert f'curl -N -X POST {_ORIGIN}/app_test/hook -H "Authorization: Bearer $TOKEN"' in shown


def test_the_curl_line_of_a_signed_sink_says_that_it_is_refused(admin_client: Client, app: App) -> None:
    shown = page(admin_client, address(make_signed(app)))
    assert "The curl command is refused, because its request is not signed" in shown


def test_the_curl_line_of_a_public_sink_has_no_token(admin_client: Client, app: App) -> None:
    shown = html.unescape(page(admin_client, address(make_sink(app, method="GET"))))
    assert f">curl -N -X GET {_ORIGIN}/app_test/hook</code>" in shown
    assert "$TOKEN" not in shown


def test_addresses_are_written_as_they_are_sent(admin_client: Client, app: App) -> None:
    shown = html.unescape(page(admin_client, address(make_sink(app, path="/grün & 100%/it's"))))
    assert f">{_ORIGIN}/app_test/gr%C3%BCn%20&%20100%25/it's</code>" in shown
    assert f"""'{_ORIGIN}/app_test/gr%C3%BCn%20&%20100%25/it'"'"'s'""" in shown


def test_what_a_sink_says_is_escaped(admin_client: Client, app: App) -> None:
    sink = make_sink(app, path="/<script>alert(1)</script>", description="<script>alert(2)</script>")
    for path in (_LIST, address(sink), f"{_LIST}{sink.pk}/delete/"):
        assert "<script>alert" not in page(admin_client, path)


def test_a_run_is_listed_the_newest_first(admin_client: Client) -> None:
    runs = [make_run(id=f"run_{number:044x}") for number in (1, 3, 2)]
    Run.objects.filter(pk=runs[0].pk).update(status="complete", duration=1.5, attempt=2)
    listed = page(admin_client, _RUNS)
    links = r'<td class="run-id"><a href="run_(\w+)/change/">'
    assert re.findall(links, listed) == [f"{number:044x}" for number in (3, 2, 1)]
    assert "attempt 2" in listed
    assert "1.5 s" in listed
    assert runs[1].pk not in page(admin_client, f"{_RUNS}?q={runs[0].pk}")


def test_runs_are_neither_added_nor_changed_nor_deleted(admin_client: Client) -> None:
    run = make_run()
    page(admin_client, f"{_RUNS}add/", 403)
    page(admin_client, f"{_RUNS}{run.pk}/delete/", 403)
    assert admin_client.post(address(run), {"status": "complete", "workflow": "demo"}).status_code == 403
    shown = page(admin_client, address(run))
    assert 'name="_save"' not in shown
    run.refresh_from_db()
    assert (run.status, run.workflow) == ("running", "echo")


def test_a_run_shows_its_request(admin_client: Client) -> None:
    run = make_run()
    make_delivery(run, b'{"a": [1, "\xc3\xbc"]}', query_string="x=1&y=2", headers=[["x-one", "1"], ["x-one", "2"]])
    shown = html.unescape(page(admin_client, address(run)))
    assert "<code>POST /hook?x=1&y=2</code>" in shown
    assert "from 192.0.2.7" in shown
    headers, query = [("x-one", "1"), ("x-one", "2")], [("x", "1"), ("y", "2")]
    assert re.findall(r'<th scope="row">(.*?)</th><td>(.*?)</td>', shown) == [*headers, *query]
    assert json.dumps({"a": [1, "ü"]}, indent=2, ensure_ascii=False) in shown


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"not {json}", ">not {json}<"),
        ("Gr\u00fc\u00dfe".encode(), ">Gr\u00fc\u00dfe<"),
        (b"\x89PNG\xff", ">89 50 4e 47 ff<"),
        (b"\x00\x01\x02", ">00 01 02<"),
        (b'"\\ud800"', '>"\\ud800"<'),
        (b"[" * 100_000, ">[[[["),
        (b"ab\xff" * 40_000, ">61 62 ff "),
        ("\u00fc".encode() * 40_000, "(the first 65536 of 80000 bytes)"),
        (b"[" + b"1," * 40_000 + b"1]", "(the first 65536 of "),
        (b"", ">Empty.<"),
    ],
)
def test_a_body_is_shown_as_json_as_text_or_as_digits(admin_client: Client, body: bytes, text: str) -> None:
    run = make_run()
    make_delivery(run, body)
    assert text in html.unescape(page(admin_client, address(run)))


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("gzip, gzip", lambda body: gzip.compress(gzip.compress(body))),
    ],
)
def test_a_body_that_came_packed_is_shown_as_the_workflow_received_it(
    admin_client: Client, coding: str, pack: Callable[[bytes], bytes]
) -> None:
    run, packed = make_run(), pack(b'{"a":[1]}')
    make_delivery(run, packed, headers=[["content-encoding", coding]])
    shown = html.unescape(page(admin_client, address(run)))
    assert json.dumps({"a": [1]}, indent=2) in shown
    assert f"Received compressed ({coding}), {len(packed)} bytes; decompressed:" in shown
    assert packed.hex(" ") not in shown


@pytest.mark.parametrize("coding", ["identity", ""])
def test_a_body_whose_coding_is_none_did_not_come_packed(admin_client: Client, coding: str) -> None:
    run = make_run()
    make_delivery(run, b"plain", headers=[["content-encoding", coding]])
    shown = html.unescape(page(admin_client, address(run)))
    assert ">plain<" in shown
    assert "packed" not in shown


def test_a_packed_body_that_may_not_be_unpacked_any_more_is_shown_as_it_came(
    admin_client: Client, settings: Any
) -> None:
    settings.MAX_BODY_BYTES = 100
    run, packed = make_run(), gzip.compress(b"x" * 101)
    make_delivery(run, packed, headers=[["content-encoding", "gzip"]])
    shown = html.unescape(page(admin_client, address(run)))
    assert "As received, compressed. The decompressed body is larger than 100 bytes." in shown
    assert packed.hex(" ") in shown


def test_a_run_without_its_request_can_be_opened(admin_client: Client) -> None:
    assert "The request was pruned, so the run cannot be replayed." in page(admin_client, address(make_run()))


_LINE = (
    r'<li data-kind="(\w+)"><span class="run-number">(\d+)</span><time datetime="[^"]+">[\d:]{8}</time>'
    r'<span class="run-kind">\w+</span><span class="run-text">(.*?)</span></li>'
)


def test_a_run_shows_its_events_and_its_output(admin_client: Client) -> None:
    run = make_run(status="complete", events=3, duration=0.25, attempt=2)
    lines = [f'{{"type":"progress","run_id":"{run.pk}","progress":{number}}}' for number in (25, 50)]
    end = f'{{"type":"complete","run_id":"{run.pk}","output":{{"x":1}}}}'
    Segment.objects.create(run=run, first=1, last=2, at=datetime.now(UTC), data="\n".join(lines))
    Segment.objects.create(run=run, first=3, last=3, at=datetime.now(UTC), data=end)
    shown = html.unescape(page(admin_client, address(run)))
    assert re.findall(_LINE, shown) == [
        ("progress", "1", "25 %"),
        ("progress", "2", "50 %"),
        ("complete", "3", "The run is complete."),
    ]
    assert f">{json.dumps({'x': 1}, indent=2)}</pre>" in shown
    assert f'href="/runs/{run.pk}"' in shown
    assert re.search('<p id="earlier"[^>]* hidden>', shown)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "under 1 ms"),
        (0.0002, "under 1 ms"),
        (0.0123456, "12 ms"),
        (0.9994, "999 ms"),
        (0.9996, "1 s"),
        (1.2345, "1.2 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min"),
        (185.2, "3 min 5 s"),
        (7200.0, "2 h"),
        (3661.0, "1 h 1 min"),
        (604800.0, "7 d"),
        (90061.0, "1 d 1 h"),
    ],
)
def test_how_long_a_run_took_and_may_take_is_shown_in_fitting_units(
    admin_client: Client, seconds: float, text: str
) -> None:
    shown = page(admin_client, address(make_run(duration=seconds, timeout=seconds)))
    for label in ("Duration", "Timeout per attempt"):
        found = re.search(f"<dt>{label}</dt><dd[^>]*>(.*?)</dd>", shown)
        assert found is not None
        assert found[1] == text


def test_a_run_that_goes_on_has_no_duration_yet(admin_client: Client) -> None:
    assert '<dd data-field="duration">-</dd>' in page(admin_client, address(make_run()))


def test_a_run_with_many_events_says_that_there_are_more(admin_client: Client) -> None:
    run = make_run()
    lines = [f'{{"type":"log","run_id":"{run.pk}","level":"info","message":"m{number}"}}' for number in range(1, 502)]
    Segment.objects.create(run=run, first=1, last=501, at=datetime.now(UTC), data="\n".join(lines))
    shown = html.unescape(page(admin_client, address(run)))
    rows = re.findall(_LINE, shown)
    assert (rows[0], rows[-1], len(rows)) == (("info", "2", "m2"), ("info", "501", "m501"), 500)
    assert re.search(f'<p id="earlier"[^>]*"> *Earlier events are not shown; <a href="/runs/{run.pk}/events', shown)


def test_a_failed_run_shows_error_and_traceback(admin_client: Client) -> None:
    run = make_run(
        status="error", error_type="LookupError", error_message="no <such> order", traceback="Traceback: line 7"
    )
    shown = page(admin_client, address(run))
    assert "LookupError" in shown
    assert "no &lt;such&gt; order" in shown
    assert "Traceback: line 7" in shown


def test_what_a_run_holds_is_escaped(admin_client: Client) -> None:
    script = "<script>alert(1)</script>"
    run = make_run(
        app_id=script, workflow=script, error_type=script, error_message=script, traceback=script, options={"a": script}
    )
    make_delivery(run, script.encode(), path=f"/{script}", headers=[[script, script]], method=script, client=script)
    event = json.dumps({"type": "log", "run_id": run.pk, "level": "info", "message": script})
    Segment.objects.create(run=run, first=1, last=1, at=datetime.now(UTC), data=event)
    for path in (_RUNS, address(run), f"{_RUNS}{run.pk}/history/"):
        assert "<script>alert" not in page(admin_client, path)
    assert html.escape(script) in page(admin_client, address(run))


def test_running_runs_are_cancelled_from_the_list(admin_client: Client) -> None:
    running, over, other = make_run(), make_run(status="complete"), make_run()
    answer = admin_client.post(_RUNS, {"action": "cancel", "_selected_action": [running.pk, over.pk]}, follow=True)
    assert [str(message) for message in answer.context["messages"]] == ["Cancelling: 1.", "Already ended: 1."]
    asked = {run.pk for run in Run.objects.filter(cancel_requested=True)}
    assert asked == {running.pk}
    assert other.pk not in asked
    assert [entry.object_id for entry in LogEntry.objects.all()] == [running.pk]


def test_who_may_only_view_runs_cannot_cancel_them(db: None) -> None:
    run = make_run()
    viewer = user_with("view_run")
    assert 'value="cancel"' not in page(viewer, _RUNS)
    viewer.post(_RUNS, {"action": "cancel", "_selected_action": [run.pk]})
    run.refresh_from_db()
    assert run.cancel_requested is False


def test_who_may_change_runs_can_cancel_them(db: None) -> None:
    run = make_run()
    user_with("change_run").post(_RUNS, {"action": "cancel", "_selected_action": [run.pk]})
    run.refresh_from_db()
    assert run.cancel_requested is True


@dataclass
class Site:
    """A running server, a client that signed in to its admin through the form, and one that did not."""

    server: Server
    admin: httpx.Client
    stranger: httpx.Client

    def post(self, path: str, form: dict[str, str]) -> httpx.Response:
        return self.admin.post(path, data=form | {"csrfmiddlewaretoken": self.admin.cookies["csrftoken"]})

    def run(self, path: str, **headers: str) -> str:
        """Start a run, and wait for its end. Return its id."""
        answer = self.stranger.post(f"/app_test{path}", headers=headers)
        answer.raise_for_status()
        return answer.headers["x-run-id"]

    def page_of(self, run_id: str, client: httpx.Client | None = None) -> httpx.Response:
        return (client or self.stranger).get(f"/runs/{run_id}", headers={"Accept": "text/html"})


@pytest.fixture(scope="module")
def site(hub: Hub) -> Iterator[Site]:
    hub.add_sinks(
        [
            {"path": "/hook"},
            {"path": "/closed", "auth_token": TOKEN},
            {"path": "/raises", "workflow": "raises"},
            {"path": "/slow", "workflow": "steps", "options": {"count": 1, "pause": 60.0}},
            {"path": "/surrogate", "workflow": "returns", "options": {"kind": "surrogate"}},
        ]
    )
    hub.add_admin()
    server = hub.start(GRACE_SECONDS="0")  # do not wait for unfinished runs
    with (
        httpx.Client(base_url=server.url, timeout=30, follow_redirects=True) as admin,
        httpx.Client(base_url=server.url, timeout=30) as stranger,
    ):
        admin.get("/admin/login/").raise_for_status()
        made = Site(server, admin, stranger)
        answer = made.post("/admin/login/", {"username": "admin", "password": "correct horse", "next": "/admin/"})
        assert "Log out" in answer.text, "the login failed"
        yield made


def test_an_admin_who_logged_in_sees_lists_and_forms_with_their_styles(site: Site) -> None:
    run_id = site.run("/hook")
    for path in (
        "/admin/",
        "/admin/sinks/app/",
        "/admin/sinks/app/add/",
        _LIST,
        _ADD,
        _RUNS,
        f"{_RUNS}{run_id}/change/",
    ):
        answer = site.admin.get(path)
        assert (answer.status_code, str(answer.url)) == (200, site.server.url + path)
        for sheet in re.findall(r'<link rel="stylesheet" href="([^"]+)"', answer.text):
            style = site.admin.get(sheet)
            assert (style.status_code, style.headers["content-type"].partition(";")[0]) == (200, "text/css")
    assert "/static/unfold/css/styles." in site.admin.get("/admin/").text


def test_a_stranger_is_sent_to_the_login(site: Site) -> None:
    answer = site.stranger.get(_LIST)
    assert (answer.status_code, answer.headers["location"]) == (302, f"/admin/login/?next={_LIST}")


def _form(site: Site, **fields: str) -> dict[str, str]:
    listed = site.admin.get("/admin/sinks/app/").text
    pk = re.search(r"/admin/sinks/app/(\d+)/change/[^>]*>\s*app_test\b", listed)
    assert pk is not None
    defaults = {"app": pk[1], "path": "/made", "method": "POST", "workflow": "echo", "options": "{}", "timeout": "300"}
    return defaults | {"active": "on", "auth_token": "", "description": ""} | fields


def test_a_sink_made_in_the_admin_shows_the_address_the_admin_is_open_at(site: Site) -> None:
    answer = site.post(_ADD, _form(site, path="/by-form", auth_token=TOKEN, _continue="1"))
    assert f"{site.server.url}/sink/trigger/http/app_test/by-form" in answer.text
    assert f"{site.server.url}/app_test/by-form" in answer.text
    assert TOKEN not in answer.text


@pytest.mark.both_databases
def test_an_address_that_another_saves_in_the_same_moment_is_a_form_error(site: Site, hub: Hub) -> None:
    copy = hub.copy_of_a_sink("/hook", "/raced")
    form = _form(site, path="/raced/", auth_token=TOKEN)
    with ThreadPoolExecutor(1) as thread:
        with hub.uncommitted(copy) as is_waited_for:
            answer = thread.submit(site.post, _ADD, form)
            wait_until(is_waited_for, "the form does not wait for the other's write")
        refused = answer.result()
    assert refused.status_code == 200
    assert "This app already has a sink for POST /raced." in refused.text
    assert hub.query("SELECT path FROM sinks_sink WHERE path LIKE '/raced%'") == [("/raced",)]


@pytest.mark.both_databases
def test_a_form_does_not_undo_what_another_saves_in_the_same_moment(site: Site, hub: Hub) -> None:
    hub.add_sinks([{"path": "/both", "auth_token": TOKEN}])
    [(number,)] = hub.query("SELECT id FROM sinks_sink WHERE path = '/both'")
    form = _form(site, path="/both", timeout="77")
    with ThreadPoolExecutor(1) as thread:
        with hub.uncommitted(f"UPDATE sinks_sink SET encrypted_token = 'new' WHERE id = {number}") as is_waited_for:
            answer = thread.submit(site.post, f"{_LIST}{number}/change/", form)
            wait_until(is_waited_for, "the form does not wait for the other's write")
        assert answer.result().url.path == _LIST
    assert hub.query(f"SELECT timeout, encrypted_token FROM sinks_sink WHERE id = {number}") == [(77.0, "new")]


def test_a_sink_stays_in_its_app(site: Site, hub: Hub) -> None:
    hub.add_sinks([{"path": "/stays"}, {"app_id": "app_other", "path": "/other"}])
    [(number, app)] = hub.query("SELECT id, app_id FROM sinks_sink WHERE path = '/stays'")
    [(other,)] = hub.query("SELECT id FROM sinks_app WHERE app_id = 'app_other'")
    site.post(f"{_LIST}{number}/change/", _form(site, path="/stays", app=str(other), timeout="78"))
    assert hub.query(f"SELECT app_id, timeout FROM sinks_sink WHERE id = {number}") == [(app, 78.0)]


def test_who_deletes_an_app_is_told_what_becomes_of_its_runs(site: Site, hub: Hub) -> None:
    [(app,)] = hub.query("SELECT id FROM sinks_app WHERE app_id = 'app_test'")
    assert "The app&#x27;s runs are not deleted" in site.admin.get(f"/admin/sinks/app/{app}/delete/").text


@pytest.mark.parametrize(
    ("workflow", "options"),
    [
        ("returns", "a\0b"),
        ("reports", r'["\ud800"]'),
        ("reports", "[NaN]"),
        ("reports", "[1e999]"),
        ("reports", r'["\u0000"]'),
        ("reports", "[" + "9" * 5000 + "]"),
        ("reports", "[" * 900 + "]" * 900),
        ("reports", "[" * 100_000),
    ],
    ids=["nul", "surrogate", "nan", "infinity", "nul-in-a-list", "long-number", "deep", "deeper"],
)
def test_options_that_a_database_cannot_keep_are_a_form_error(site: Site, workflow: str, options: str) -> None:
    field = "option_returns__kind" if workflow == "returns" else "option_reports__values"
    answer = site.post(_ADD, _form(site, path="/unkept", workflow=workflow, **{field: options}))
    assert answer.status_code == 200
    assert re.search(rf'<ul class="errorlist"[^>]*id="id_{field}_error"', answer.text)


def test_the_page_of_a_run_shows_how_it_ended(site: Site) -> None:
    run_id = site.run("/hook")
    answer = site.page_of(run_id)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert 'class="complete">complete<' in answer.text
    assert 'value="100"' in answer.text
    assert f'href="/runs/{run_id}/events?after=0"' in answer.text
    assert "http-equiv" not in answer.text
    failed = html.unescape(site.page_of(site.run("/raises")).text)
    assert "The run failed" in failed
    assert "no such order: 4711" in failed
    assert "LookupError" not in failed


def test_the_page_of_a_run_that_goes_on_reloads_itself_without_javascript(site: Site) -> None:
    answer = site.stranger.post("/app_test/slow", headers={"Prefer": "respond-async"})
    page = site.page_of(answer.json()["run_id"]).text
    assert 'class="running">running<' in page
    assert re.search(r'<noscript><meta http-equiv="refresh"[^>]*></noscript>', page)


def test_a_run_is_cancelled_from_the_admin(site: Site) -> None:
    run_id = site.stranger.post("/app_test/slow", headers={"Prefer": "respond-async"}).json()["run_id"]
    site.post(_RUNS, {"action": "cancel", "_selected_action": run_id})
    last = site.stranger.get(f"/runs/{run_id}/events").text.strip().split("data: ")[-1]
    assert json.loads(last)["type"] == "cancelled"
    assert 'class="cancelled">cancelled<' in site.page_of(run_id).text


def test_the_page_of_a_run_loads_nothing_and_escapes_what_it_shows(site: Site) -> None:
    answer = site.stranger.post("/app_test/hook", content=b"</pre><script>alert(1)</script>")
    page = site.page_of(answer.headers["x-run-id"]).text
    assert "<script>alert" not in page
    assert html.escape("<script>alert(1)</script>") in page
    assert not re.findall(r"(?:src|href)=[\"']?(?:https?:)?//|@import|url\(", page)


def test_the_page_of_a_run_with_a_token_is_for_signed_in_admins(site: Site) -> None:
    run_id = site.run("/closed", Authorization=f"Bearer {TOKEN}")
    assert site.page_of(run_id).status_code == 401
    answer = site.page_of(run_id, site.admin)
    assert answer.status_code == 200
    assert TOKEN not in answer.text
    assert site.admin.get(f"/runs/{run_id}/events").status_code == 200


def test_a_result_that_utf_8_cannot_encode_has_a_page(site: Site) -> None:
    assert site.page_of(site.run("/surrogate")).status_code == 200


def test_a_result_that_utf_8_cannot_encode_is_shown_in_the_admin(site: Site) -> None:
    shown = site.admin.get(f"{_RUNS}{site.run('/surrogate')}/change/")
    assert shown.status_code == 200
    assert r"\ud800" in shown.text
