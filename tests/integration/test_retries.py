"""Runs that fail and are tried again by servers: pauses, rules of sinks and workflows, and errors that are final."""

import json

import httpx
import pytest
from httpx_sse import connect_sse

from tests.integration.test_runs import events_of
from tests.support.hub import Hub, Server, wait_until
from tests.support.web import received, web

_WORKFLOWS = """
import asyncio
from pathlib import Path

from runs.workflows import Fatal, Retry, RetryAfter, StepFailed, workflow


@workflow
async def fails(request, run, *, times: int = 2):
    await run.progress(40)
    if run.attempt <= times:
        raise ConnectionError(f"try {run.attempt}")
    return {"attempt": run.attempt}


@workflow(retry=Retry(attempts=3, delays=[0]), timeout=0.3)
async def has_a_rule(request, run, *, pause: float = 0.0):
    if run.attempt < 3:
        await asyncio.sleep(pause)
        raise ConnectionError(f"try {run.attempt}")
    return {"attempt": run.attempt}


@workflow(retry=Retry(attempts=5, delays=[0], on=(ConnectionError,)))
async def is_choosy(request, run, *, kind: str):
    if run.attempt == 1:
        raise ConnectionError("try 1")
    raise {"fatal": Fatal("no"), "other": LookupError("no")}[kind]


@workflow
async def asks_for_time(request, run):
    if run.attempt == 1:
        raise RetryAfter(0.2, "busy")
    return {"attempt": run.attempt}


@workflow(retry=Retry(attempts=3, delays=[0]))
async def fails_after_a_step(request, run, *, file: str):
    def note(text):
        with Path(file).open("a") as lines:
            lines.write(f"{text}\\n")

    async def charge():
        note("charge")
        if run.attempt < 3:
            raise ConnectionError("declined")
        return "paid"

    await run.step("load", asyncio.to_thread, note, "load")
    return await run.step("charge", charge)
"""


@pytest.fixture(scope="module")
def site(hub: Hub) -> Hub:
    hub.add_workflows(failing=_WORKFLOWS)
    rule = {"attempts": 3, "delays": [0]}
    hub.add_sinks(
        [
            {"path": "/fails", "workflow": "fails", **rule},
            {"path": "/gives-up", "workflow": "fails", "options": {"times": 9}, "attempts": 2, "backoff": 0},
            {"path": "/once", "workflow": "fails"},
            {"path": "/rule", "workflow": "has_a_rule"},
            {"path": "/slow", "workflow": "has_a_rule", "options": {"pause": 60}},
            {"path": "/own-rule", "workflow": "has_a_rule", "attempts": 1, "timeout": 60},
            {"path": "/fatal", "workflow": "is_choosy", "options": {"kind": "fatal"}},
            {"path": "/other", "workflow": "is_choosy", "options": {"kind": "other"}},
            {"path": "/asks", "workflow": "asks_for_time", "attempts": 2, "delays": [3600]},
            {"path": "/waits", "workflow": "fails", "attempts": 3, "delays": [3600]},
            {"path": "/step", "workflow": "fails_after_a_step", "options": {"file": str(hub.folder / "steps")}},
        ]
    )
    return hub


@pytest.fixture(scope="module")
def server(site: Hub) -> Server:
    return site.start()


def test_a_stream_stays_open_from_the_first_attempt_to_the_last(server: Server, site: Hub) -> None:
    events = events_of(server, "/fails")
    assert [event["type"] for event in events] == ["progress", "log", "progress", "log", "progress", "complete"]
    assert events[1]["message"] == "Attempt 1 failed: ConnectionError: try 1. The next starts in 0 s."
    assert events[-1]["output"] == {"attempt": 3}
    columns = "status, attempt, retries, crashes, error_type, wake_at"
    row = site.query(f"SELECT {columns} FROM runs_run WHERE id = '{events[0]['run_id']}'")
    assert row == [("complete", 3, 2, 0, "", None)]


def test_the_answer_as_json_comes_after_the_last_attempt(server: Server) -> None:
    answer = web.post(f"{server.url}/app_test/fails", headers={"Accept": "application/json"}, timeout=60)
    assert (answer.json()["status"], answer.json()["output"]) == ("complete", {"attempt": 3})


def test_the_last_failed_attempt_ends_the_run(server: Server, site: Hub) -> None:
    events = events_of(server, "/gives-up")
    assert events[-1]["error"] == {"type": "ConnectionError", "message": "try 2"}
    row = site.query(f"SELECT status, attempt FROM runs_run WHERE id = '{events[0]['run_id']}'")
    assert row == [("error", 2)]


@pytest.mark.parametrize(
    ("path", "ending"),
    [
        ("/once", {"type": "ConnectionError", "message": "try 1"}),
        ("/own-rule", {"type": "ConnectionError", "message": "try 1"}),
        ("/fatal", {"type": "Fatal", "message": "no"}),
        ("/other", {"type": "LookupError", "message": "no"}),
    ],
)
def test_a_run_ends_where_its_rule_has_no_other_attempt(server: Server, path: str, ending: dict[str, str]) -> None:
    assert events_of(server, path)[-1]["error"] == ending


def test_the_workflow_has_a_rule_and_a_timeout_of_its_own(server: Server) -> None:
    assert events_of(server, "/rule")[-1]["output"] == {"attempt": 3}
    events = events_of(server, "/slow")
    assert events[0]["message"].startswith("Attempt 1 failed: Timeout: The workflow did not finish within 0.3 s.")
    assert events[-1]["output"] == {"attempt": 3}


def test_an_error_can_set_the_pause(server: Server) -> None:
    events = events_of(server, "/asks")
    assert events[0]["message"] == "Attempt 1 failed: RetryAfter: busy. The next starts in 0.2 s."
    assert events[-1]["output"] == {"attempt": 2}


def test_after_a_failed_attempt_only_failed_steps_are_executed_again(server: Server, site: Hub) -> None:
    events = events_of(server, "/step")
    assert events[-1]["output"] == "paid"
    assert (site.folder / "steps").read_text().split() == ["load", "charge", "charge", "charge"]


def paused(server: Server, site: Hub) -> str:
    """Start a run that pauses for an hour after its first attempt. Return its id."""
    answer = web.post(f"{server.url}/app_test/waits", headers={"Prefer": "respond-async"})
    run_id = str(answer.json()["run_id"])
    row = f"SELECT status FROM runs_run WHERE id = '{run_id}' AND wake_at IS NOT NULL AND executor_id = 0"
    wait_until(lambda: site.query(row) == [("queued",)], "the run does not pause")
    return run_id


def test_a_run_that_pauses_is_cancelled_at_once(server: Server, site: Hub) -> None:
    run_id = paused(server, site)
    site.manage("runs", "cancel", run_id)
    ended = f"SELECT status FROM runs_run WHERE id = '{run_id}' AND finished_at IS NOT NULL"
    wait_until(lambda: site.query(ended) == [("cancelled",)], "the run is not cancelled")


def test_a_pause_goes_on_at_another_server_and_after_a_restart(site: Hub) -> None:
    first = site.start()
    run_id = paused(first, site)
    first.kill()
    second = site.start()
    with (
        httpx.Client(timeout=60) as client,
        connect_sse(client, "GET", f"{second.url}/runs/{run_id}/events") as source,
    ):
        events = received(source)
        assert [json.loads(next(events).data)["type"] for _ in range(2)] == ["progress", "log"]
        for attempt in (2, 3):
            # The hour is over.
            wake = f"from runs.models import Run; from django.utils import timezone; Run.objects.filter(pk={run_id!r})"
            site.shell(f"{wake}.update(wake_at=timezone.now())")
            kinds = [json.loads(next(events).data)["type"] for _ in range(2)]
            assert kinds == (["progress", "log"] if attempt == 2 else ["progress", "complete"])


def test_the_page_says_when_the_next_attempt_starts(server: Server, site: Hub) -> None:
    run_id = paused(server, site)
    shown = json.loads(site.manage("runs", "show", run_id, "--json").stdout)
    assert shown["status"] == "queued"
    assert shown["wake_at"] is not None
    site.manage("runs", "cancel", run_id)
