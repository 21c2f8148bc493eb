"""Steps in a server: what the stream, the API, the command and the pages show of them, on both databases."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.test_runs import parse
from tests.support.api_client import add_token, add_user
from tests.support.hub import Hub, Server
from tests.support.web import web

_SINKS: list[dict[str, Any]] = [
    {"path": "/order", "workflow": "order"},
    {"path": "/thread", "workflow": "order_in_a_thread"},
    {"path": "/refuses", "workflow": "refuses"},
    {"path": "/echo"},
]


@pytest.fixture(scope="module")
def server(hub: Hub) -> Server:
    hub.add_sinks(_SINKS)
    return hub.start()


@pytest.fixture(scope="module")
def ordered(server: Server, hub: Hub) -> tuple[str, list[dict[str, Any]], list[str]]:
    """The id and the events of a run of `order`, and the executions of its steps."""
    file = hub.folder / "order"
    answer = post(server, "/order", file)
    return answer.headers["x-run-id"], parse(answer.text), file.read_text().splitlines()


def post(server: Server, path: str, file: Path) -> httpx.Response:
    answer = web.post(f"{server.url}/app_test{path}", data={"file": str(file)}, timeout=60)
    answer.raise_for_status()
    return answer


def statuses(events: list[dict[str, Any]]) -> list[tuple[str, str, int]]:
    return [(event["step"], event["status"], event["attempt"]) for event in events if event["type"] == "step"]


def test_each_step_is_an_event_when_it_begins_and_when_it_ends(
    ordered: tuple[str, list[dict[str, Any]], list[str]],
) -> None:
    run_id, events, executed = ordered
    found = statuses(events)
    assert found[:2] == [("load", "running", 1), ("load", "complete", 1)]
    assert sorted(found[2:8]) == [("ship", "complete", 1)] * 3 + [("ship", "running", 1)] * 3
    assert found[8:] == [
        ("charge", "running", 1),
        ("charge", "retrying", 1),
        ("charge", "running", 2),
        ("charge", "retrying", 2),
        ("charge", "running", 3),
        ("charge", "complete", 3),
    ]
    first = next(event for event in events if event["type"] == "step")
    assert first == {"type": "step", "run_id": run_id, "step": "load", "status": "running", "attempt": 1}
    ends = [event for event in events if event["type"] == "step" and event["status"] != "running"]
    assert all(event["duration"] >= 0 for event in ends)
    assert sorted(executed) == ["charge 1", "charge 2", "charge 3", "load", "ship a", "ship b", "ship c"]


def test_a_workflow_that_announces_its_steps_streams_their_progress(
    ordered: tuple[str, list[dict[str, Any]], list[str]],
) -> None:
    progress = [(event["progress"], event["step"]) for event in ordered[1] if event["type"] == "progress"]
    assert progress == [(20, "load"), (40, "ship"), (60, "ship"), (80, "ship"), (100, "charge")]


def test_results_reach_the_workflow(ordered: tuple[str, list[dict[str, Any]], list[str]]) -> None:
    output = ordered[1][-1]["output"]
    assert (output["id"], output["charge"]) == (7, "paid")
    assert [part for part, _ in output["shipped"]] == ["a", "b", "c"]
    assert len({key for _, key in output["shipped"]}) == 3


def test_a_plain_function_calls_steps_without_await(server: Server, hub: Hub) -> None:
    events = parse(post(server, "/thread", hub.folder / "none").text)
    assert statuses(events) == [
        ("add", "running", 1),
        ("add", "complete", 1),
        ("double", "running", 1),
        ("double", "complete", 1),
    ]
    output = events[-1]["output"]
    assert (output["one"], output["two"]) == (2, 4)
    assert 0 <= output["random"] < 1


def test_a_failed_step_ends_the_run_with_its_own_error(server: Server, hub: Hub) -> None:
    answer = post(server, "/refuses", hub.folder / "refused")
    events = parse(answer.text)
    assert events[-1]["error"] == {"type": "Fatal", "message": "no such account"}
    assert statuses(events)[-1] == ("refuse", "error", 1)
    run_id = answer.headers["x-run-id"]
    [(trace,)] = hub.query(f"SELECT traceback FROM runs_run WHERE id = '{run_id}'")
    assert "durable.py" in trace
    assert "raise Fatal" in trace


def test_the_api_lists_the_steps_with_their_attempts(
    ordered: tuple[str, list[dict[str, Any]], list[str]], server: Server, hub: Hub
) -> None:
    add_user(hub, "viewer", "view_run")
    _, token = add_token(hub, "viewer", "runs:read")
    headers = {"Authorization": f"Bearer {token}"}
    answer = web.get(f"{server.url}/api/v1/runs/{ordered[0]}/steps", headers=headers)
    assert answer.status_code == 200
    found = answer.json()["results"]
    assert [(step["step"], step["number"], step["status"], step["attempt"]) for step in found] == [
        ("load", 1, "complete", 1),
        ("ship", 1, "complete", 1),
        ("ship", 2, "complete", 1),
        ("ship", 3, "complete", 1),
        ("charge", 1, "complete", 3),
    ]
    assert found[0]["output"] == {"id": 7, "parts": ["a", "b", "c"]}
    assert [(attempt["attempt"], attempt["status"], attempt["error"]) for attempt in found[4]["attempts"]] == [
        (1, "retrying", {"type": "ConnectionError", "message": "try 1"}),
        (2, "retrying", {"type": "ConnectionError", "message": "try 2"}),
        (3, "complete", None),
    ]
    assert web.get(f"{server.url}/api/v1/runs/{ordered[0]}/steps").status_code == 401
    missing = "run_01a22cbb31a3129f3bc535e8e0319935c3d1a98cbbb4"
    assert web.get(f"{server.url}/api/v1/runs/{missing}/steps", headers=headers).status_code == 404


def test_the_command_shows_the_steps(ordered: tuple[str, list[dict[str, Any]], list[str]], hub: Hub) -> None:
    shown = hub.manage("runs", "show", ordered[0]).stdout
    assert re.search(r"^STEP +STATUS +ATTEMPT +STARTED \(UTC\) +DURATION +ERROR OR CHILD$", shown, re.MULTILINE)
    assert re.search(r"^ship #2 +complete +1 ", shown, re.MULTILINE)
    assert re.search(r"^charge +complete +3 ", shown, re.MULTILINE)
    document = json.loads(hub.manage("runs", "show", ordered[0], "--json").stdout)
    assert [step["step"] for step in document["steps"]] == ["load", "ship", "ship", "ship", "charge"]
    followed = hub.manage("runs", "follow", ordered[0]).stdout
    assert "charge \u00b7 retrying \u00b7 attempt 2" in followed


def test_the_page_of_a_run_lists_its_steps_as_lines(
    ordered: tuple[str, list[dict[str, Any]], list[str]], server: Server
) -> None:
    page = web.get(f"{server.url}/runs/{ordered[0]}", headers={"Accept": "text/html"}).text
    assert '<li class="step">charge \u00b7 retrying \u00b7 attempt 2 \u00b7 ' in page
    assert '<span id="status" role="status" class="complete">complete</span>' in page


def test_pruning_a_run_deletes_its_steps(server: Server, hub: Hub) -> None:
    kept = post(server, "/order", hub.folder / "kept").headers["x-run-id"]
    pruned = post(server, "/order", hub.folder / "pruned").headers["x-run-id"]
    records = "SELECT count(*) FROM runs_steprecord WHERE run_id = '{}'"
    assert hub.query(records.format(pruned)) != [(0,)]
    hub.shell(f"from runs.models import Run; Run.objects.get(pk={pruned!r}).delete()")
    assert hub.query(records.format(pruned)) == [(0,)]
    assert hub.query(records.format(kept)) != [(0,)]


def test_a_run_without_steps_records_none(server: Server, hub: Hub) -> None:
    run_id = web.post(f"{server.url}/app_test/echo").headers["x-run-id"]
    assert hub.query(f"SELECT count(*) FROM runs_steprecord WHERE run_id = '{run_id}'") == [(0,)]
