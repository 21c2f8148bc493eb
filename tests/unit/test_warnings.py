"""Warnings about sinks whose answers their providers would not take."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from runs.workflows import Request, Run, workflow
from runs.workflows.registry import workflow_of
from sinks.config.warnings import warnings_of
from sinks.models import App, Sink
from sinks.webhooks import registry
from sinks.webhooks.provider import read_provider

pytestmark = pytest.mark.django_db


@workflow(responds=True)
async def responds_to_providers(request: Request, run: Run) -> None:
    await run.respond(200)


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The answer that the provider of every sink takes; a test changes it."""
    found: dict[str, Any] = {}

    def find(name: str) -> Any:
        return read_provider("bank", {"name": "Bank", "answer": found}) if name == "github" else None

    monkeypatch.setattr(registry, "find", find)
    return found


def sink_with(**fields: Any) -> Sink:
    return Sink(app=App(app_id="app_test"), path="/a", provider="github", **{"workflow": "echo", **fields})


@pytest.mark.parametrize(
    ("taken", "fields", "words"),
    [
        ({"seconds": 10}, {}, ["Bank waits 10 s for the whole answer, which lasts until the run ends here."]),
        ({"seconds": 10}, {"answer": "json"}, ["Bank waits 10 s for the whole answer"]),
        ({"seconds": 10}, {"timeout": 5.0}, []),
        ({"seconds": 10}, {"answer": "async"}, []),
        ({"seconds": 10}, {"response": {"status": 204}}, []),
        ({"seconds": 10}, {"response": {"status": 204}, "answer": "stream"}, ["Bank waits 10 s for the whole"]),
        ({"seconds": 10}, {"response": {"failed_status": 500}}, ["Bank waits 10 s for the answer, which comes here"]),
        ({"seconds": 30}, {"response": {"failed_status": 500}}, []),
        ({"seconds": 3}, {"workflow": "responds_to_providers"}, []),
        ({"seconds": 3}, {"deliver_signal": "paid", "deliver_key": "body.id"}, []),
        ({}, {}, []),
        ({"statuses": [200, 200]}, {}, []),
        ({"statuses": [200, 200]}, {"answer": "async"}, ["Bank takes the status 200, and deliveries are answered 202"]),
        ({"statuses": [200, 201]}, {"answer": "async"}, ["Bank takes statuses from 200 to 201, and deliveries"]),
        ({"statuses": [200, 200]}, {"deliver_signal": "paid", "deliver_key": "body.id"}, ["Bank takes the status 200"]),
        ({"statuses": [200, 200]}, {"response": {"status": 201}}, ["deliveries are answered 201 here"]),
        ({"statuses": [200, 200]}, {"response": {"status": 201, "failed_status": 500}}, ["are answered 201 here"]),
        ({"body": "[accepted]"}, {}, ["Bank takes the body '[accepted]' only: set the body in the response."]),
        ({"body": "[accepted]"}, {"response": {"status": 200}}, ["Bank takes the body '[accepted]' only"]),
        ({"body": "[accepted]"}, {"response": {"body": "[accepted]"}}, []),
        ({"body": "[accepted]"}, {"response": {"failed_status": 500}}, ["Bank takes the body '[accepted]' only"]),
        ({"body": "[accepted]"}, {"workflow": "responds_to_providers"}, []),
        ({"body": ""}, {}, ["Bank takes an empty body only"]),
        ({"body": ""}, {"response": {"status": 204}}, []),
    ],
)
def test_a_sink_whose_answer_its_provider_would_not_take_has_a_warning(
    answer: dict[str, Any], taken: dict[str, Any], fields: dict[str, Any], words: list[str]
) -> None:
    answer.update(taken)
    found = warnings_of(sink_with(**fields))
    assert len(found) == len(words)
    assert all(part in warning for part, warning in zip(words, found, strict=True))


def test_a_sink_without_a_provider_has_no_warning() -> None:
    assert workflow_of(responds_to_providers) is not None
    assert warnings_of(Sink(app=App(app_id="app_test"), path="/a", workflow="echo")) == []


def test_a_provider_of_the_registry_has_warnings() -> None:
    sink = sink_with()
    sink.provider = "slack"
    assert warnings_of(sink)[0].startswith("Slack waits 3 s for the whole answer")


def test_the_page_of_a_sink_shows_its_warnings(admin_client: Client, answer: dict[str, Any]) -> None:
    answer.update(seconds=10)
    app = App.objects.create(app_id="app_warned")
    sink = Sink(app=app, path="/a", workflow="echo", provider="github")
    sink.secrets = ["a-secret-4711"]
    sink.save()
    page = admin_client.get(f"/admin/sinks/sink/{sink.pk}/change/").content.decode()
    assert "Bank waits 10 s for the whole answer" in page
    Sink.objects.filter(pk=sink.pk).update(response={"status": 200})
    assert "Bank waits" not in admin_client.get(f"/admin/sinks/sink/{sink.pk}/change/").content.decode()


def test_commands_print_warnings_and_the_api_returns_them(admin_client: Client, answer: dict[str, Any]) -> None:
    answer.update(seconds=10)
    out, err = StringIO(), StringIO()
    options = ["--app", "app_warned", "--path", "/a", "--provider", "github", "--secret", "a-secret-4711"]
    options += ["--answer", "stream"]
    call_command("sinks", "create", *options, "--json", stdout=out, stderr=err)
    assert "Bank waits 10 s for the whole answer" in err.getvalue()
    assert json.loads(out.getvalue())["answer"] == "stream"
    sink = Sink.objects.get()
    [warning] = admin_client.get(f"/api/v1/sinks/{sink.pk}").json()["warnings"]
    assert warning in err.getvalue()
