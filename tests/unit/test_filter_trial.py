"""A filter tried against recorded deliveries: on the page of the sink, by the command and by the API."""

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from runs.models import Delivery, Run
from sinks.access import api_tokens
from sinks.console.filter_trial import MAX_LAST, try_filter
from sinks.models import App, Sink

pytestmark = pytest.mark.django_db

_MAIN = "body.ref == 'main'"


@pytest.fixture
def sink() -> Sink:
    app = App.objects.create(app_id="app_tried")
    sink = Sink.objects.create(app=app, path="/hook", workflow="echo", filter=_MAIN)
    for number, body in enumerate(['{"ref": "main"}', '{"ref": "other"}', '{"ref": ["main"]}', "text"]):
        record(sink, number, body.encode())
    return sink


def record(sink: Sink, number: int, body: bytes | None, **fields: Any) -> Run:
    moment = datetime(2026, 1, 31, tzinfo=UTC) + timedelta(seconds=number)
    made: dict[str, Any] = {"app_id": sink.app.app_id, "source_id": sink.pk, "workflow": "echo", "executor_id": 1}
    made |= {"timeout": 300.0, "status": "complete"} | fields
    run = Run.objects.create(id=f"run_{number:044x}", created_at=moment, **made)
    if body is not None:
        head = {"method": "POST", "path": "/hook", "headers": [["x-kind", "a"]]}
        Delivery.objects.create(run=run, body=body, **head)
    return run


def results(sink: Sink, expression: str, payload: str = "", last: int = 20) -> list[str]:
    return [each.outcome.value for each in try_filter(sink, expression, payload, last)]


def test_the_newest_deliveries_come_first_and_each_result_has_its_reason(sink: Sink) -> None:
    tried = try_filter(sink, "starts_with(body.ref, 'main')", "")
    assert [each.outcome.value for each in tried] == ["failed", "failed", "filtered", "passes"]
    assert tried[1].reason == "The filter failed on this delivery: starts_with() got array, but takes string."
    assert [each.reason for each in tried[2:]] == ["", ""]
    assert (tried[3].run_id, tried[3].method, tried[3].path) == (f"run_{0:044x}", "POST", "/hook")
    assert results(sink, _MAIN, last=2) == ["filtered", "filtered"]


def test_a_payload_is_tried_with_and_without_a_filter(sink: Sink) -> None:
    assert results(sink, "body == 'main'", "body.ref") == ["filtered", "filtered", "filtered", "passes"]
    assert results(sink, "", "length(body.ref)") == ["failed", "passes", "passes", "passes"]
    assert results(sink, "") == ["passes"] * 4


def test_pruned_and_large_deliveries_are_skipped_and_replays_and_other_sinks_left_out(sink: Sink) -> None:
    record(sink, 10, None)
    record(sink, 11, b"x" * 1_100_000)
    record(sink, 12, b"{}", replay_of=f"run_{0:044x}")
    record(sink, 13, b"{}", source_id=sink.pk + 1)
    record(sink, 14, b"{}", app_id="app_other")  # of a deleted sink whose id was given again
    tried = try_filter(sink, _MAIN, "")
    assert [each.outcome.value for each in tried] == [
        "skipped",
        "skipped",
        "filtered",
        "filtered",
        "filtered",
        "passes",
    ]
    assert [each.reason for each in tried[:2]] == ["The body has more than 1048576 bytes.", "The delivery was pruned."]


def test_the_command_tries_the_filter_of_the_sink_or_another_and_saves_nothing(sink: Sink) -> None:
    def printed(*args: str) -> str:
        out = io.StringIO()
        call_command("sinks", "try-filter", "app_tried/hook", *args, stdout=out)
        return out.getvalue()

    assert printed().endswith("Of 4 recorded deliveries: 1 passes, 3 filtered.\n")
    assert printed("--filter", "").endswith("Of 4 recorded deliveries: 4 passes.\n")
    [line] = printed("--filter", "headers.\"x-kind\" == 'a'", "--last", "1", "--json").splitlines()
    assert json.loads(line) == {
        "run_id": f"run_{3:044x}",
        "created_at": "2026-01-31T00:00:03+00:00",
        "method": "POST",
        "path": "/hook",
        "result": "passes",
        "reason": "",
    }
    for args, why in (
        (("--filter", "ref"), "filter: A delivery has no 'ref'"),
        (("--payload", "a b"), "payload: This is not"),
        (("--last", "0"), f"last: Choose a number from 1 to {MAX_LAST}."),
    ):
        with pytest.raises(CommandError, match=why):
            printed(*args)
    Run.objects.all().delete()
    assert printed() == "The sink has no recorded deliveries.\n"
    assert Sink.objects.get().filter == _MAIN


def _token(user: User, *scopes: str) -> dict[str, str]:
    _, text = api_tokens.make(user, "test", scopes)
    return {"Authorization": f"Bearer {text}"}


def test_the_api_tries_a_filter_for_those_who_may_read_the_runs(sink: Sink) -> None:
    user = User.objects.create_superuser("boss")
    place = f"/api/v1/sinks/{sink.pk}/try-filter"

    def post(document: Any, *scopes: str) -> Any:
        headers = _token(user, *(scopes or ("runs:read",)))
        return Client().post(place, json.dumps(document), content_type="application/json", headers=headers)

    answer = post({})
    assert answer.status_code == 200
    assert [each["result"] for each in answer.json()] == ["filtered", "filtered", "filtered", "passes"]
    assert answer.json()[3]["run_id"] == f"run_{0:044x}"
    assert [each["result"] for each in post({"filter": "", "payload": None, "last": 1}).json()] == ["passes"]
    for document, field in (({"filter": "a"}, "filter"), ({"last": 101}, "last"), ({"filters": ""}, "filters")):
        refused = post(document)
        assert (refused.status_code, list(refused.json()["errors"])) == (400, [field])
    assert post({}, "sinks:read", "sinks:write").status_code == 403
    assert Sink.objects.get().filter == _MAIN


def _posted(browser: Client, place: str, **fields: str) -> str:
    return browser.post(place, fields).content.decode()


def test_the_page_tries_what_is_typed_and_saves_nothing(sink: Sink, admin_client: Client) -> None:
    place = reverse("admin:sinks_sink_filter", args=[sink.pk])
    page = admin_client.get(reverse("admin:sinks_sink_change", args=[sink.pk])).content.decode()
    assert f'formaction="{place}"' in page and 'id="sink_form"' in page
    shown = admin_client.get(place).content.decode()
    assert "Of 4 recorded deliveries: 1 passes, 3 filtered." in shown
    assert "body.ref == &#x27;main&#x27;</textarea>" in shown
    assert reverse("admin:runs_run_change", args=[f"run_{0:044x}"]) in shown
    shown = _posted(admin_client, place, filter="body.ref == 'other'", payload="", auth_token="n3ver-shown")
    assert "Of 4 recorded deliveries: 1 passes, 3 filtered." in shown
    assert "n3ver-shown" not in shown
    shown = _posted(admin_client, place, filter="Ref", payload='headers."X-A"')
    assert "A delivery has no &#x27;Ref&#x27;" in shown and "in lower case here" in shown
    assert "recorded deliveries" not in shown
    assert Sink.objects.get().filter == _MAIN


@pytest.mark.parametrize("missing", ["change_sink", "view_run"])
def test_the_page_is_for_those_who_may_change_the_sink_and_see_its_runs(sink: Sink, missing: str) -> None:
    user = User.objects.create_user("editor", is_staff=True)
    codes = {"view_sink", "change_sink", "view_run"} - {missing}
    user.user_permissions.set(Permission.objects.filter(codename__in=codes))
    browser = Client()
    browser.force_login(user)
    place = reverse("admin:sinks_sink_filter", args=[sink.pk])
    assert browser.get(place).status_code == 403
    assert place not in browser.get(reverse("admin:sinks_sink_change", args=[sink.pk])).content.decode()
    assert browser.get(reverse("admin:sinks_sink_filter", args=[sink.pk + 1])).status_code == 404
