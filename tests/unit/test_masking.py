"""Secrets of apps are masked where runs are shown, and stay exact in the records and in the answers to callers."""

import html
import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from runs.history.documents import MAX_LEVELS
from runs.history.masking import MASK, Masks
from runs.ids import new_run_id
from runs.models import Delivery, Run, Segment, StepRecord
from sinks.access import api_tokens
from sinks.access.app_secrets import set_secret
from sinks.models import App

pytestmark = pytest.mark.one_database

VALUE = "sk_live_4711-abc"
PEM = '-----BEGIN KEY-----\nMIIE"\u00fcvQ\\IBADANBg\n-----END KEY-----'
NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)


@pytest.fixture
def app(db: None) -> App:
    app = App.objects.create(app_id="app_mine")
    set_secret(app, "STRIPE_KEY", VALUE)
    set_secret(app, "PRIVATE_KEY", PEM)
    return app


def make_run(output: Any = None, app_id: str = "app_mine", **fields: Any) -> Run:
    """Create a run with secrets wherever a workflow can put them."""
    run = Run.objects.create(
        id=new_run_id(), app_id=app_id, workflow="echo", timeout=300, executor_id=1, created_at=NOW, **fields
    )
    failure = {"type": "ValueError", "message": f"no key {VALUE}"}
    last: dict[str, Any] = {"type": "complete", "run_id": run.pk, "output": output}
    if fields.get("status") == "error":
        last = {"type": "error", "run_id": run.pk, "error": failure}
    events = [
        {"type": "log", "run_id": run.pk, "level": "info", "message": f"key: {VALUE}"},
        {"type": "progress", "run_id": run.pk, "progress": 50, "message": VALUE, "step": PEM},
        last,
    ]
    lines = [json.dumps(event, separators=(",", ":"), ensure_ascii=False) for event in events]
    Segment.objects.create(run=run, first=1, last=3, at=NOW, data="\n".join(lines))
    outcomes: list[tuple[str, Any]] = [("error", failure), ("complete", [VALUE, {PEM: PEM}])]
    for place, (status, value) in enumerate(outcomes):
        StepRecord.objects.create(
            run=run,
            place=place,
            kind="step",
            name="charge",
            number=place + 1,
            position=place,
            status=status,
            attempt=1,
            value=json.dumps(value),
            at=NOW,
        )
    Delivery.objects.create(
        run=run,
        body=json.dumps({"key": VALUE}).encode(),
        method="POST",
        path="/hook",
        query_string=f"key={VALUE}",
        headers=[["x-key", VALUE]],
        client="192.0.2.7",
    )
    return run


def failed_run(**fields: Any) -> Run:
    trace = f"Traceback (most recent call last):\nValueError: no key {PEM!r}"
    return make_run(status="error", error_type="ValueError", error_message=f"no key {VALUE}", traceback=trace, **fields)


def has_secret(text: str) -> bool:
    # A part of PEM that no encoding changes, and that is too long to be in a random token of a page.
    return VALUE in html.unescape(text) or "IBADANBg" in text


def command(*args: str) -> str:
    out = io.StringIO()
    call_command("runs", *args, stdout=out)
    return out.getvalue()


def pages(client: Client, run: Run) -> dict[str, str]:
    """Return every page, document and output of a command that shows the run to people and programs."""
    user = User.objects.get_or_create(username="root", is_staff=True, is_superuser=True)[0]
    client.force_login(user)
    _, token = api_tokens.make(user, "test", ["runs:read"])
    addresses = [f"/admin/runs/run/{run.pk}/{page}/" for page in ("change", "state")]
    found = {address: client.get(address) for address in addresses}
    bearer = {"Authorization": f"Bearer {token}"}
    for address in ("", f"/{run.pk}", f"/{run.pk}/events", f"/{run.pk}/steps"):
        found[address] = client.get(f"/api/v1/runs{address}", headers=bearer)
    assert {answer.status_code for answer in found.values()} == {200}
    shown = {address: answer.content.decode() for address, answer in found.items()}
    shown["show"], shown["show --json"] = command("show", run.pk), command("show", run.pk, "--json")
    return shown | {"list": command("list", "--json")}


@pytest.mark.parametrize("make", [failed_run, lambda: make_run({"keys": [VALUE, PEM]}, status="complete")])
def test_no_page_document_or_command_shows_a_secret_of_the_runs_app(app: App, client: Client, make: Any) -> None:
    run = make()
    for place, text in pages(client, run).items():
        assert not has_secret(text), place
        assert MASK in text or (place in {"", "list"} and run.status == "complete"), place
    followed = command("follow", run.pk, "--json") if run.status == "complete" else ""
    assert not has_secret(followed)


def test_records_and_curl_lines_stay_exact(app: App, client: Client) -> None:
    run = failed_run()
    pages(client, run)
    run.refresh_from_db()
    assert VALUE in run.error_message and "vQ" in run.traceback
    assert VALUE in Segment.objects.get().data
    assert all(VALUE in record.value for record in StepRecord.objects.all())
    assert VALUE in command("curl", run.pk)


def test_a_run_of_another_app_is_shown_as_it_is(app: App, client: Client) -> None:
    run = make_run([VALUE], app_id="app_other", status="complete")
    shown = pages(client, run)
    assert all(has_secret(text) for place, text in shown.items() if place not in {"", "list"})


def test_the_kind_of_an_event_is_never_masked(db: None) -> None:
    app = App.objects.create(app_id="app_mine")
    for name, value in {"ONE": "complete", "TWO": "progress"}.items():
        set_secret(app, name, value)
    event = {"type": "complete", "run_id": "run_1", "output": {"progress": "incomplete", "n": [1, None, True]}}
    masked = Masks().event("app_mine", event)
    assert masked == {"type": "complete", "run_id": "run_1", "output": {MASK: f"in{MASK}", "n": [1, None, True]}}


def test_a_secret_within_another_one_does_not_leave_a_rest(db: None) -> None:
    app = App.objects.create(app_id="app_mine")
    set_secret(app, "SHORT", VALUE)
    set_secret(app, "LONG", f"user:{VALUE}@host")
    assert Masks().text("app_mine", f"ftp://user:{VALUE}@host/ and {VALUE}") == f"ftp://{MASK}/ and {MASK}"


def test_an_output_that_is_nested_deeply_is_masked(app: App) -> None:
    deep: Any = VALUE
    for _ in range(MAX_LEVELS):
        deep = [deep]
    text = json.dumps(deep)
    assert VALUE not in Masks().json("app_mine", text)
    assert Masks().json("app_mine", "[" * 100_000 + f'"{VALUE}"' + "]" * 100_000).count(MASK) == 1


def test_json_without_a_secret_stays_the_same_text(app: App) -> None:
    text = '{"a": 1.0,"b":"\\u00fc"}'
    assert Masks().json("app_mine", text) is text


def test_a_secret_that_cannot_be_decrypted_hinders_no_page(app: App, client: Client) -> None:
    run = failed_run()
    with override_settings(SECRET_KEY="another" * 6):
        set_secret(app, "FRESH", "no key sk_")
        assert f"{MASK}live_4711-abc" in command("show", run.pk)


def test_the_secrets_of_each_app_are_read_once_for_a_list(app: App) -> None:
    runs = [failed_run() for _ in range(5)]
    with CaptureQueriesContext(connection) as queries:
        assert command("list", "--json").count(MASK) == len(runs)
    assert sum("sinks_appsecret" in query["sql"] for query in queries) == 1
