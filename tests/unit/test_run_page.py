"""The page of a run in the admin: waterfall, links, documents, signals, and the comparison of two runs."""

import html
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from runs.admin.comparison import compare_documents
from runs.admin.run_links import replays_of
from runs.ids import new_run_id
from runs.models import Delivery, Run, Segment, Signal, StepRecord
from sinks.access.app_secrets import set_secret
from sinks.models import App, Membership

pytestmark = pytest.mark.one_database

NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
SECRET = "sk_live_4711-abc"


def make_run(app_id: str = "app_mine", body: Any = None, output: Any = None, **fields: Any) -> Run:
    values = {"workflow": "echo", "timeout": 300.0, "executor_id": 1, "created_at": NOW, "started_at": NOW} | fields
    run = Run.objects.create(id=new_run_id(), app_id=app_id, **values)
    path = {"method": "POST", "path": "/hook", "headers": [["x-sent", "yes"]]}
    Delivery.objects.create(run=run, body=json.dumps(body).encode(), **path)
    if output is not None:
        end = json.dumps({"type": "complete", "run_id": run.pk, "output": output}, separators=(",", ":"))
        Segment.objects.create(run=run, first=1, last=1, at=NOW, data=end)
    return run


def record(run: Run, place: int, status: str, seconds: float = 0, **fields: Any) -> None:
    values = {"kind": "step", "name": "charge", "number": 1, "position": 1, "attempt": 1, "value": "null"} | fields
    at = NOW + timedelta(seconds=seconds)
    StepRecord.objects.create(run=run, place=place, status=status, at=at, **values)


def member(role: str, app_id: str) -> Client:
    user = User.objects.create(username=f"{role}-{app_id}", is_staff=True)
    Membership.objects.create(user=user, app=App.objects.get_or_create(app_id=app_id)[0], role=role)
    client = Client()
    client.force_login(user)
    return client


def page_of(run: Run, name: str = "change") -> str:
    return f"/admin/runs/run/{run.pk}/{name}/"


def test_the_steps_attempts_and_waits_of_a_run_are_bars_on_one_axis(admin_client: Client) -> None:
    run = make_run(status="waiting")
    failure = json.dumps({"type": "LookupError", "message": "no card"})
    record(run, 1, "retrying", 1, duration=2, value=failure)
    record(run, 2, "complete", 5, duration=1, attempt=2, value='{"paid": true}')
    until = NOW + timedelta(days=1)
    wait = json.dumps({"until": until.isoformat()})
    record(run, 3, "waiting", 6, kind="wait", name="approval", value=wait)
    state = admin_client.get(page_of(run, "state")).json()
    charge, approval = state["steps"]
    bars = [(bar["at"], bar["seconds"], bar["status"]) for bar in charge["bars"]]
    assert bars == [(1, 2, "retrying"), (5, 1, "complete")]
    assert charge["error"] == "Attempt 1: LookupError: no card"
    assert [(bar["at"], bar["seconds"], bar["status"]) for bar in approval["bars"]] == [(6, None, "waiting")]
    assert "2026-05-05 03:02:01 UTC" in approval["wait"]
    assert [wait["name"] for wait in state["waits"]] == ["approval"]
    assert admin_client.get(page_of(run, f"documents/{charge['result']}")).content == b'{"paid": true}'


def test_runs_that_belong_together_link_to_each_other(admin_client: Client) -> None:
    origin = make_run(status="complete")
    replay, child = make_run(replay_of=origin.pk), make_run(parent=origin.pk, workflow="receipt")
    shown = admin_client.get(page_of(origin)).content.decode()
    assert f'Replayed as <a href="{page_of(replay)}">' in shown
    assert "Children (1)" in shown
    assert f'<a href="{page_of(child)}">' in shown
    assert f'Replay of <a href="{page_of(origin)}">' in admin_client.get(page_of(replay)).content.decode()
    assert f'Started by <a href="{page_of(origin)}">' in admin_client.get(page_of(child)).content.decode()
    if connection.vendor == "sqlite":
        assert "runs_replays" in replays_of(origin, Run.objects.all()).explain()


def test_a_page_asks_few_questions(admin_client: Client) -> None:
    origin = make_run(status="complete", output={"x": 1})
    replay = make_run(status="complete", output={"x": 2}, replay_of=origin.pk)
    # A replay also reads its origin.
    pages = {page_of(origin): 13, page_of(replay): 14, f"{page_of(replay, 'compare')}?with={origin.pk}": 12}
    for place, most in pages.items():
        with CaptureQueriesContext(connection) as queries:
            assert admin_client.get(place).status_code == 200
        asked = [query["sql"] for query in queries if query["sql"].startswith("SELECT")]
        assert len(asked) <= most, asked


def test_two_runs_are_compared_by_path(admin_client: Client) -> None:
    left = make_run(status="complete", body={"a": 1, "b": [1, 2]}, output={"x": "<b>"})
    right = make_run(status="complete", body={"a": 2, "b": [2], "c-d": None}, output={"x": "<b>"})
    shown = html.unescape(admin_client.get(f"{page_of(left, 'compare')}?with={right.pk}").content.decode())
    for path, kind in (("body.a", "changed"), ("body.b[0]", "removed"), ('body."c-d"', "added")):
        assert f'<tr data-kind="{kind}"><th scope="row"><code>{path}</code>' in shown
    assert shown.count("the same in both") == 2  # headers and output


def test_texts_are_compared_by_line() -> None:
    found = compare_documents("Body", "body", "a\nb\nc", "a\nx\nc\nd").differences
    assert [(each.path, each.kind, each.left, each.right) for each in found] == [
        ("line 2", "changed", "b", "x"),
        ("line 4", "added", "", "d"),
    ]


def test_a_secret_is_masked_in_comparisons_and_documents(admin_client: Client) -> None:
    set_secret(App.objects.create(app_id="app_mine"), "KEY", SECRET)
    failed = {"error_type": "ValueError", "error_message": f"no {SECRET}"}
    runs = [make_run(status="complete", body={"k": SECRET}, output=[SECRET, number], **failed) for number in (1, 2)]
    record(runs[0], 7, "complete", value=json.dumps(SECRET))
    places = [f"{page_of(runs[0], 'compare')}?with={runs[1].pk}"]
    places += [page_of(runs[0], f"documents/{part}") for part in ("body", "output", "step-7")]
    for place in places:
        answer = admin_client.get(place)
        assert answer.status_code == 200
        assert SECRET not in html.unescape(answer.content.decode())
        assert "********" in answer.content.decode()


def test_documents_are_no_pages(admin_client: Client) -> None:
    answer = admin_client.get(page_of(make_run(body="<script>"), "documents/body"))
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert admin_client.get(page_of(make_run(), "documents/step-4")).status_code == 404


def test_a_member_of_another_app_sees_neither_run_nor_document_nor_comparison(db: None) -> None:
    mine, other = make_run(body={"k": "mine"}), make_run("app_other", body={"k": "other's"}, parent=None)
    child = make_run("app_other", replay_of=mine.pk)
    client = member("viewer", "app_mine")
    for name in ("state", "compare", "documents/body"):
        assert client.get(page_of(mine, name)).status_code == 200
        assert client.get(page_of(other, name)).status_code == 404
    assert child.pk not in client.get(page_of(mine)).content.decode()
    refused = client.get(f"{page_of(mine, 'compare')}?with={other.pk}")
    assert refused.status_code == 404
    assert "There is no run" in refused.content.decode()
    assert "other's" not in html.unescape(refused.content.decode())


def test_a_wait_is_ended_by_who_may_send_signals(db: None) -> None:
    run = make_run(status="waiting")
    record(run, 1, "waiting", kind="wait", name="approval", value='{"until": null}')
    place, form = page_of(run, "signal"), {"name": "approval", "key": "", "payload": '{"by": "Ada"}'}
    viewer, editor = member("viewer", "app_mine"), member("editor", "app_mine")
    assert f'action="{place}"' in editor.get(page_of(run)).content.decode()
    assert "Send <span" not in viewer.get(page_of(run)).content.decode()
    assert viewer.post(place, form).status_code == 403
    assert member("editor", "app_other").post(place, form).status_code == 404
    wrong = editor.post(place, form | {"payload": "{Ada"})
    assert wrong.status_code == 400
    assert "The payload is not JSON" in wrong.content.decode()
    assert "{Ada</textarea>" in wrong.content.decode()
    assert not Signal.objects.exists()
    assert editor.post(place, form).status_code == 302
    signal = Signal.objects.get()
    assert (signal.run_id, signal.name, json.loads(signal.payload)) == (run.pk, "approval", {"by": "Ada"})
    run.refresh_from_db()
    assert run.wake_at is not None


def test_a_run_is_cancelled_only_after_the_question(admin_client: Client) -> None:
    run = make_run(status="running")
    assert "Cancel this run?" in admin_client.get(page_of(run, "cancel")).content.decode()
    run.refresh_from_db()
    assert not run.cancel_requested
    viewer = User.objects.create(username="viewer", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_run"))
    client = Client()
    client.force_login(viewer)
    assert client.get(page_of(run, "cancel")).status_code == 403
    assert client.get(page_of(run, "replay")).status_code == 403
