"""Child runs: started once, awaited without a process, recorded, shown and cancelled with their parents."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.test_runs import parse
from tests.processes.test_workers import start_worker
from tests.support.hub import Hub, Server, wait_until
from tests.support.web import web

_WORKFLOWS = """
import asyncio
from pathlib import Path

from runs.workflows import ChildFailed, workflow


@workflow
async def doubles(request, run, *, times: int = 2):
    return {"got": request.json, "times": times, "content_type": request.content_type}


@workflow
async def fails(request, run):
    raise LookupError("no such order")


@workflow
async def waits_for_a_file(request, run):
    with Path(f"{request.json}.begun").open("a") as file:
        file.write(run.id + "\\n")
    while not Path(request.json).exists():
        await asyncio.sleep(0.02)
    return Path(request.json).read_text()


@workflow
async def calls(request, run):
    first = await run.call("doubles", {"n": 1}, options={"times": 3})
    both = await asyncio.gather(*(run.call(doubles, n, key=f"n{n}") for n in (2, 3)))
    return [first, *both]


@workflow
async def calls_one_that_fails(request, run):
    try:
        await run.call("fails")
    except ChildFailed as error:
        await run.sleep(0.5)  # the error is given back after this
        return [error.run_id, error.error_type, error.error_message]


@workflow
async def calls_what_is_missing(request, run):
    await run.call("no_such_workflow")


@workflow
async def calls_a_slow_one(request, run):
    return await run.call("waits_for_a_file", request.query["file"])


@workflow
async def starts(request, run):
    child = await run.start("waits_for_a_file", request.query["file"])
    await run.sleep(0.5)
    return child


@workflow
def calls_in_a_thread(request, run):
    return [run.call("doubles", 1), run.start("doubles", 2)]


@workflow
async def calls_one_that_calls(request, run):
    return await run.call("calls_a_slow_one_by_payload", request.query["file"])


@workflow
async def calls_a_slow_one_by_payload(request, run):
    return await run.call("waits_for_a_file", request.json)
"""
_NAMES = (
    "calls",
    "calls_one_that_fails",
    "calls_what_is_missing",
    "calls_a_slow_one",
    "starts",
    "calls_in_a_thread",
    "calls_one_that_calls",
)


@pytest.fixture(scope="module")
def site(hub: Hub) -> Hub:
    hub.add_workflows(parents=_WORKFLOWS)
    hub.add_sinks([{"path": f"/{name}", "workflow": name} for name in _NAMES])
    return hub


@pytest.fixture(scope="module")
def server(site: Hub) -> Server:
    return site.start()


def begin(server: Server, name: str, file: Path | None = None) -> str:
    params = {"file": str(file)} if file is not None else {}
    answer = web.post(f"{server.url}/app_test/{name}", params=params, headers={"Prefer": "respond-async"})
    return str(answer.json()["run_id"])


def events_of(server: Server, run_id: str) -> list[dict[str, Any]]:
    """Return all events of a run, after its end."""
    return parse(web.get(f"{server.url}/runs/{run_id}/events", timeout=60).text)


def shown(site: Hub, run_id: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(site.manage("runs", "show", run_id, "--json").stdout)
    return found


def children_of(site: Hub, run_id: str) -> list[str]:
    return [step["child"] for step in shown(site, run_id)["steps"] if step["child"]]


def test_a_run_gets_the_outputs_of_the_children_that_it_calls(site: Hub, server: Server) -> None:
    answer = web.post(f"{server.url}/app_test/calls", headers={"Accept": "application/json"}).json()
    assert answer["output"] == [
        {"got": {"n": 1}, "times": 3, "content_type": "application/json"},
        {"got": 2, "times": 2, "content_type": "application/json"},
        {"got": 3, "times": 2, "content_type": "application/json"},
    ]
    hashes = site.query(f"SELECT code_hash FROM runs_run WHERE '{answer['run_id']}' IN (id, parent)")
    assert hashes == [(hashlib.sha256(_WORKFLOWS.encode()).hexdigest()[:12],)] * 4


def test_a_plain_function_calls_and_starts_children(server: Server) -> None:
    answer = web.post(f"{server.url}/app_test/calls_in_a_thread", headers={"Accept": "application/json"}).json()
    called, started = answer["output"]
    assert called["got"] == 1
    assert started.startswith("run_")


def test_the_failure_of_a_child_is_raised_and_given_back_after_a_wait(site: Hub, server: Server) -> None:
    answer = web.post(f"{server.url}/app_test/calls_one_that_fails", headers={"Accept": "application/json"}).json()
    child, kind, message = answer["output"]
    assert [kind, message] == ["LookupError", "no such order"]
    assert children_of(site, answer["run_id"]) == [child]
    assert shown(site, child)["parent"] == answer["run_id"]


def test_a_child_whose_workflow_is_missing_is_an_error_of_its_parent(server: Server) -> None:
    answer = web.post(f"{server.url}/app_test/calls_what_is_missing", headers={"Accept": "application/json"}).json()
    assert answer["error"] == {
        "type": "ValueError",
        "message": "The workflow 'no_such_workflow' is not installed.",
    }


def test_a_parent_is_let_go_while_its_child_works_and_wakes_when_it_ends(site: Hub, server: Server) -> None:
    file = site.folder / "slow"
    run_id = begin(server, "calls_a_slow_one", file)
    wait_until(lambda: shown(site, run_id)["status"] == "waiting", "the parent is not let go")
    file.write_text("done")
    assert events_of(server, run_id)[-1]["output"] == "done"
    steps = [(event["step"], event["status"]) for event in events_of(server, run_id) if event["type"] == "step"]
    assert steps == [("waits_for_a_file", "waiting"), ("waits_for_a_file", "complete")]
    assert shown(site, run_id)["attempt"] == 1


def test_a_child_is_started_once_although_its_parent_is_executed_again(site: Hub, server: Server) -> None:
    file = site.folder / "once"
    run_id = begin(server, "starts", file)
    last = events_of(server, run_id)[-1]
    assert last["type"] == "complete"
    assert Path(f"{file}.begun").read_text().split() == [last["output"]]
    file.write_text("done")
    assert json.loads(site.manage("runs", "follow", last["output"]).stdout.splitlines()[-1]) == "done"


def test_cancelling_a_run_cancels_its_children_and_theirs(site: Hub, server: Server) -> None:
    file = site.folder / "never"
    run_id = begin(server, "calls_one_that_calls", file)
    wait_until(lambda: Path(f"{file}.begun").exists(), "the grandchild does not begin")
    wait_until(lambda: shown(site, run_id)["status"] == "waiting", "the parent is not let go")
    site.manage("runs", "cancel", run_id)
    [child] = children_of(site, run_id)
    [grandchild] = children_of(site, child)
    family = (run_id, child, grandchild)
    wait_until(
        lambda: {shown(site, each)["status"] for each in family} == {"cancelled"}, "not all of the family are cancelled"
    )


def test_a_crash_loses_no_child_and_starts_none_twice(site: Hub) -> None:
    server = site.start()
    file = site.folder / "crash"
    run_id = begin(server, "calls_a_slow_one", file)
    wait_until(lambda: Path(f"{file}.begun").exists(), "the child does not begin")
    server.kill()
    file.write_text("done")
    other = site.start()
    assert events_of(other, run_id)[-1]["output"] == "done"
    assert len(set(Path(f"{file}.begun").read_text().split())) == 1
    other.stop()


@pytest.mark.parametrize("own_hub", ["postgresql"], indirect=True)
def test_workers_execute_the_children_of_their_runs(own_hub: Hub) -> None:
    own_hub.add_workflows(parents=_WORKFLOWS)
    names = ("calls", "calls_a_slow_one")
    own_hub.add_sinks([{"path": f"/{name}", "workflow": name, "engine": "procrastinate"} for name in names])
    server = own_hub.start()
    start_worker(own_hub)
    assert events_of(server, begin(server, "calls"))[-1]["output"][1]["got"] == 2
    file = own_hub.folder / "slow"
    run_id = begin(server, "calls_a_slow_one", file)
    wait_until(lambda: shown(own_hub, run_id)["status"] == "waiting", "the parent is not let go")
    [child] = children_of(own_hub, run_id)
    assert shown(own_hub, child)["engine"] == "procrastinate"
    file.write_text("done")
    assert events_of(server, run_id)[-1]["output"] == "done"
