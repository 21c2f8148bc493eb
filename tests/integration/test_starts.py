"""Runs without a request: started by the API and by the command, and by a sink when a run has failed for good."""

import json
from typing import Any

import pytest

from tests.integration.test_children import shown
from tests.support.api_client import add_token, add_user
from tests.support.hub import Hub, Server, wait_until
from tests.support.web import web

_WORKFLOWS = """
from pathlib import Path

from runs.workflows import workflow


@workflow
async def takes(request, run, *, greeting: str = "hello"):
    return [greeting, request.method, request.json]


@workflow
async def always_fails(request, run):
    raise LookupError("no such order")


@workflow
async def alerts(request, run, *, file: str):
    with Path(file).open("a") as out:
        out.write(request.body.decode() + "\\n")
"""


@pytest.fixture(scope="module")
def site(hub: Hub) -> Hub:
    hub.add_workflows(started=_WORKFLOWS)
    sinks = [("/works", "takes"), *((f"/fails{name}", "always_fails") for name in ("", "-crash", "-gone"))]
    hub.add_sinks(
        [
            {
                "path": path,
                "workflow": workflow,
                "attempts": 2,
                "delays": [0.1],
                "failure_workflow": "alerts",
                "failure_options": {"file": str(hub.folder / f"alerts{path[1:]}")},
            }
            for path, workflow in sinks
        ]
    )
    add_user(hub, "starter", "view_run", "start_run")
    return hub


@pytest.fixture(scope="module")
def server(site: Hub) -> Server:
    return site.start()


@pytest.fixture(scope="module")
def headers(site: Hub) -> dict[str, str]:
    return {"Authorization": f"Bearer {add_token(site, 'starter', 'runs:start')[1]}"}


def wait_for_output(site: Hub, run_id: str) -> Any:
    wait_until(lambda: shown(site, run_id)["finished_at"], "the run does not end")
    return shown(site, run_id)["output"]


def test_the_api_starts_a_run(site: Hub, server: Server, headers: dict[str, str]) -> None:
    wanted = {"app_id": "app_test", "workflow": "takes", "payload": {"id": 7}, "options": {"greeting": "hi"}}
    answer = web.post(f"{server.url}/api/v1/runs", json=wanted, headers=headers)
    assert answer.status_code == 202, answer.text
    started = answer.json()
    assert answer.headers["location"] == f"/runs/{started['run_id']}"
    assert wait_for_output(site, started["run_id"]) == ["hi", "POST", {"id": 7}]


@pytest.mark.parametrize(
    ("change", "status", "place"),
    [
        ({"workflow": "nothing"}, 400, "workflow"),
        ({"options": {"unknown": 1}}, 400, "options"),
        ({"options": [1]}, 400, "options"),
        ({"app_id": "app_of_others"}, 400, "app_id"),
        ({"engine": "celery"}, 400, "engine"),
        ({"colour": "red"}, 400, "colour"),
        ({"workflow": None}, 400, "workflow"),
    ],
)
def test_a_start_with_a_fault_is_refused_at_its_place(
    server: Server, headers: dict[str, str], change: dict[str, Any], status: int, place: str
) -> None:
    wanted = {"app_id": "app_test", "workflow": "takes", **change}
    answer = web.post(f"{server.url}/api/v1/runs", json=wanted, headers=headers)
    assert (answer.status_code, list(answer.json().get("errors", {}))) == (status, [place]), answer.text


def test_a_start_needs_its_own_scope(site: Hub, server: Server) -> None:
    _, reader = add_token(site, "starter", "runs:read", "runs:write")
    wanted = {"app_id": "app_test", "workflow": "takes"}
    answer = web.post(f"{server.url}/api/v1/runs", json=wanted, headers={"Authorization": f"Bearer {reader}"})
    assert answer.status_code == 403


def test_a_repeated_start_with_its_key_starts_no_second_run(server: Server, headers: dict[str, str]) -> None:
    def start(payload: Any, key: str) -> Any:
        wanted = {"app_id": "app_test", "workflow": "takes", "payload": payload}
        return web.post(f"{server.url}/api/v1/runs", json=wanted, headers={**headers, "Idempotency-Key": key})

    first, second, other = start(1, "a"), start(1, "a"), start(1, "b")
    assert first.json()["run_id"] == second.json()["run_id"] != other.json()["run_id"]
    assert second.headers["idempotent-replayed"] == "true"
    assert start(2, "a").status_code == 409


def test_the_command_starts_a_run(site: Hub, server: Server) -> None:
    run_id = site.manage(
        "runs", "start", "takes", "--app", "app_test", "--payload-file", "-", stdin='{"id": 8}'
    ).stdout.strip()
    assert wait_for_output(site, run_id) == ["hello", "POST", {"id": 8}]
    repeated = [
        site.manage("runs", "start", "takes", "--app", "app_test", "--key", "k", "--json").stdout for _ in range(2)
    ]
    assert json.loads(repeated[0])["run_id"] == json.loads(repeated[1])["run_id"]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["takes", "--app", "app_nowhere"], "--app: There is no active app 'app_nowhere'."),
        (["nothing", "--app", "app_test"], "WORKFLOW: The workflow 'nothing' is not installed."),
        (["takes", "--app", "app_test", "--payload", "{"], "--payload is not valid JSON"),
        (["takes", "--app", "app_test", "--options", "[]"], "--options must be a JSON object."),
        (["takes", "--app", "app_test", "--payload-file", "/no/such/file"], "--payload-file cannot be read"),
    ],
)
def test_the_command_says_which_argument_is_wrong(site: Hub, args: list[str], message: str) -> None:
    done = site.manage("runs", "start", *args, check=False)
    assert (done.returncode, message in done.stderr) == (1, True), done.stderr


def alerts(site: Hub, path: str) -> list[dict[str, Any]]:
    file = site.folder / f"alerts{path}"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def failure_of(site: Hub, run_id: str) -> dict[str, Any]:
    [step] = [step for step in shown(site, run_id)["steps"] if step["kind"] == "failure"]
    return dict(step)


def test_a_run_that_fails_for_good_starts_its_sinks_workflow_once(site: Hub, server: Server) -> None:
    for path in ("works", "fails"):
        answer = web.post(f"{server.url}/app_test/{path}", headers={"Accept": "application/json"})
    run_id = answer.json()["run_id"]
    wait_until(lambda: alerts(site, "fails"), "nothing is started")
    [alert] = alerts(site, "fails")
    assert alerts(site, "works") == []
    assert (alert["run_id"], alert["status"], alert["attempt"]) == (run_id, "error", 2)
    assert alert["error"] == {"type": "LookupError", "message": "no such order"}
    step = failure_of(site, run_id)
    child = shown(site, step["child"])
    assert (step["step"], child["workflow"], child["parent"]) == ("alerts", "alerts", run_id)


def test_a_failure_is_handled_after_a_crash_too(site: Hub, server: Server) -> None:
    run_id = web.post(f"{server.url}/app_test/fails-crash", headers={"Accept": "application/json"}).json()["run_id"]
    wait_until(lambda: alerts(site, "fails-crash"), "nothing is started")
    # As a server leaves it that dies after the end of the run is recorded.
    record = f"StepRecord.objects.filter(kind='failure', run_id={run_id!r})"
    site.shell(f"from runs.models import StepRecord; {record}.update(status='running', value='', name='on_failure')")
    wait_until(lambda: len(alerts(site, "fails-crash")) == 2, "the failure is not handled")
    assert failure_of(site, run_id)["status"] == "complete"


def test_a_failure_whose_workflow_is_gone_is_noted(site: Hub, server: Server) -> None:
    gone = "Sink.objects.filter(path='/fails-gone').update(failure_workflow='gone')"
    site.shell(f"from sinks.models import Sink; {gone}")
    answer = web.post(f"{server.url}/app_test/fails-gone", headers={"Accept": "application/json"})
    run_id = answer.json()["run_id"]
    wait_until(lambda: failure_of(site, run_id)["status"] == "error", "the failure is not settled")
    assert "'gone' is not installed" in failure_of(site, run_id)["error"]["message"]
