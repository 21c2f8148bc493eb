"""The page of a sink in the admin: its figures, deliveries, refusals and actions."""

import html
import json
import time
from datetime import timedelta
from typing import Any

import pytest
import yaml
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from runs.ids import new_run_id
from runs.models import Delivery, Run, Tally
from sinks.access.encryption import Encrypted
from sinks.dashboard import replays
from sinks.models import App, AppSecret, Membership, Refusal, Sink

pytestmark = pytest.mark.django_db

TOKEN, SECRET = "s3cret-t0ken-4711-xyz", "whsec_c2VjcmV0LW9mLXRlc3RzLTQ3MTE="
_SINKS = "/admin/sinks/sink/"


@pytest.fixture
def sink() -> Sink:
    app = App.objects.create(app_id="app_mine", name="Mine")
    made = Sink(app=app, path="/orders/{id}", workflow="echo", provider="stripe", description="Orders.")
    made.auth_token, made.secrets = TOKEN, [SECRET]
    made.save()
    return made


def run_of(sink: Sink, body: bytes = b"", **fields: Any) -> Run:
    defaults = {"id": new_run_id(), "app_id": "app_mine", "source_id": sink.pk, "workflow": "echo", "timeout": 300.0}
    defaults |= {"executor_id": 1, "created_at": timezone.now(), "status": "complete", "duration": 0.5}
    run = Run.objects.create(**defaults | fields)
    Delivery.objects.create(run=run, method="POST", path="/orders/7", headers=[], body=body)
    return run


def failed_run(sink: Sink) -> Run:
    return run_of(sink, b"{}", status="error", error_type="ValueError", error_message="No customer.")


def member(role: str, app: App) -> Client:
    user = User.objects.create_user(f"{role}-{app.app_id}", is_staff=True)
    Membership.objects.create(user=user, app=app, role=role)
    client = Client()
    client.force_login(user)
    return client


def text(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status
    return html.unescape(answer.content.decode())


def test_the_page_shows_figures_deliveries_and_refusals_without_secrets(
    sink: Sink, django_assert_max_num_queries: Any
) -> None:
    AppSecret.objects.create(app=sink.app, name="KEY", encrypted_secret=Encrypted.of("an-app-secret-4711"))
    run_of(sink, json.dumps({"type": "charge.succeeded"}).encode())
    run_of(sink, b"plain  an-app-secret-4711 text")
    failed = failed_run(sink)
    refusal = Refusal.objects.create(
        sink=sink, at=timezone.now(), status=401, reason=f"{TOKEN} is no token", client="203.0.113.7", kind="token"
    )
    hour = int(time.time()) // 3600 * 3600
    for kind, count in (("complete:040", 3), ("error:040", 1), ("refused:token", 2), ("repeated", 5)):
        Tally.objects.create(span=3600, at=hour, source_id=sink.pk, app_id="app_mine", kind=kind, count=count)
    viewer = member("viewer", sink.app)
    with django_assert_max_num_queries(14):
        shown = text(viewer, f"{_SINKS}{sink.pk}/")
    for part in ("charge.succeeded", "plain ******** text", "ValueError: No customer.", "75.0%", "203.0.113.7"):
        assert part in shown
    assert f"/admin/runs/run/{failed.pk}/change/" in shown
    assert f"/admin/sinks/refusal/{refusal.pk}/change/" in shown
    assert "http://testserver/app_mine/orders/{id}" in shown
    assert "Reveal token" not in shown
    assert "Deactivate" not in shown
    for secret in (TOKEN, SECRET, "an-app-secret-4711"):
        assert secret not in shown
    assert f'href="{_SINKS}{sink.pk}/"' in text(viewer, _SINKS)


def test_a_member_of_another_app_sees_and_does_nothing(sink: Sink) -> None:
    failed_run(sink)
    stranger = member("owner", App.objects.create(app_id="app_other"))
    for address in (f"{_SINKS}{sink.pk}/", f"{_SINKS}{sink.pk}/export/", f"{_SINKS}act/delete/?sinks={sink.pk}"):
        text(stranger, address, 404)
    viewer = member("viewer", sink.app)
    for action in ("activate", "deactivate", "delete", "duplicate", "token", "replay"):
        assert stranger.post(f"{_SINKS}act/{action}/", {"sinks": sink.pk}).status_code == 404
        assert viewer.post(f"{_SINKS}act/{action}/", {"sinks": sink.pk}).status_code == 403
    assert viewer.post(f"{_SINKS}{sink.pk}/token/", {"do": "reveal"}).status_code == 403
    sink.refresh_from_db()
    assert (sink.active, sink.auth_token, Run.objects.count()) == (True, TOKEN, 1)
    for wrong in ("", "x", "1,", "9" * 30):
        text(viewer, f"{_SINKS}act/delete/?sinks={wrong}", 404)


def test_a_new_token_has_an_overlap_that_the_page_shows_and_ends(sink: Sink, caplog: pytest.LogCaptureFixture) -> None:
    editor = member("editor", sink.app)
    shown = editor.post(f"{_SINKS}act/token/", {"sinks": sink.pk, "overlap": "3600"})
    sink.refresh_from_db()
    assert f">{sink.auth_token}</code>" in html.unescape(shown.content.decode())
    assert "no-store" in shown["Cache-Control"]
    assert sink.old_token_end is not None
    assert timedelta(minutes=59) < sink.old_token_end - timezone.now() <= timedelta(hours=1)
    page = text(editor, f"{_SINKS}{sink.pk}/")
    assert "The old token is still valid." in page
    editor.post(f"{_SINKS}{sink.pk}/token/", {"do": "end"})
    sink.refresh_from_db()
    assert sink.old_token_end is None
    after = text(editor, f"{_SINKS}{sink.pk}/")
    assert "The old token is still valid." not in after
    for secret in (TOKEN, sink.auth_token):
        assert secret not in page + after + caplog.text


def test_failed_runs_are_counted_and_replayed_once_and_in_parts(sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replays, "AT_ONCE", 2)
    failed = [failed_run(sink) for _ in range(3)]
    run_of(sink)
    Run.objects.filter(pk=failed_run(sink).pk).update(source_id=sink.pk + 1)
    editor = member("editor", sink.app)
    address = f"{_SINKS}act/replay/?sinks={sink.pk}&period=day"
    assert "failed in the last day and were not replayed since: 3." in text(editor, address)
    answer = editor.post(address, {"sinks": sink.pk, "period": "day"})
    assert "not replayed since: 1." in text(editor, answer["Location"])
    editor.post(answer["Location"], {"sinks": sink.pk, "period": "day", "before": failed[1].pk})
    origins = Run.objects.exclude(replay_of="").values_list("replay_of", flat=True)
    assert sorted(origins) == sorted(run.pk for run in failed)
    assert "not replayed since: 0." in text(editor, address)


def test_a_sink_is_exported_without_secrets_duplicated_and_deleted(sink: Sink) -> None:
    run_of(sink)
    editor = member("editor", sink.app)
    answer = editor.get(f"{_SINKS}{sink.pk}/export/")
    assert answer["Content-Disposition"] == 'attachment; filename="app_mine-orders-id.yaml"'
    document = yaml.safe_load(answer.content)
    assert document["app_id"] == "app_mine"
    assert document["sinks"][0]["auth_token"] == "********"
    for secret in (TOKEN, SECRET):
        assert secret not in answer.content.decode()
    copy = editor.post(f"{_SINKS}act/duplicate/", {"sinks": sink.pk})["Location"]
    assert "/orders/{id}/copy-2" in text(editor, copy)
    assert "Its runs are kept." in text(editor, f"{_SINKS}act/delete/?sinks={sink.pk}")
    assert editor.post(f"{_SINKS}act/delete/", {"sinks": sink.pk})["Location"] == _SINKS
    assert not Sink.objects.filter(pk=sink.pk).exists()
    assert Run.objects.count() == 1
