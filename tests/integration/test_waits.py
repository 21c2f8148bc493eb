"""Runs that sleep: they are let go, wake in time in any process, and occupy nothing meanwhile."""

import json
from typing import Any

import httpx
import pytest
from httpx_sse import connect_sse

from tests.integration.test_runs import events_of
from tests.processes.test_workers import start_worker
from tests.support.hub import Hub, Server, wait_until
from tests.support.web import received, web

_WORKFLOWS = """
import asyncio
import time
from datetime import timedelta
from pathlib import Path

from runs.workflows import workflow


@workflow
async def sleeps(request, run, *, seconds: float = 1.5, folder: str = ""):
    before = await run.step("before", asyncio.sleep, 0, run.now().isoformat())
    await run.log("going to sleep")
    try:
        await run.sleep(seconds)
    finally:
        if folder:
            with (Path(folder) / "finally").open("a") as file:
                file.write("again\\n")
    await run.log("awake")
    return {"attempt": run.attempt, "before": before}


@workflow
async def sleeps_until(request, run):
    await run.sleep_until(run.now() + timedelta(seconds=1.5))
    await run.sleep_until(run.now() - timedelta(seconds=5))
    return "awake"


@workflow
def sleeps_in_a_thread(request, run, *, seconds: float = 1.5):
    run.log("going to sleep")
    run.sleep(seconds)
    return "awake"


@workflow
async def sleeps_and_works(request, run, *, folder: str):
    async def work():
        while not (Path(folder) / "done").exists():
            await asyncio.sleep(0.05)
        return "worked"

    return (await asyncio.gather(run.sleep(0.8), run.step("work", work)))[1]


@workflow
async def is_stubborn(request, run):
    try:
        await run.sleep(3600)
    except BaseException:
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                pass


@workflow
async def sleeps_in_tasks(request, run):
    async def branch(seconds):
        await run.sleep(seconds)
        return seconds

    return await asyncio.gather(branch(1.2), branch(2.4))
"""


@pytest.fixture(scope="module")
def site(hub: Hub) -> Hub:
    hub.add_workflows(sleeping=_WORKFLOWS)
    long, short = {"seconds": 3600}, {"folder": str(hub.folder)}
    hub.add_sinks(
        [
            {"path": "/sleeps", "workflow": "sleeps", "timeout": 0.9, "options": short},
            {"path": "/long", "workflow": "sleeps", "options": long},
            {"path": "/one", "workflow": "sleeps", "options": long, "concurrency": 1},
            {"path": "/until", "workflow": "sleeps_until"},
            {"path": "/thread", "workflow": "sleeps_in_a_thread"},
            {"path": "/works", "workflow": "sleeps_and_works", "options": {"folder": str(hub.folder)}},
            {"path": "/tasks", "workflow": "sleeps_in_tasks"},
            {"path": "/stubborn", "workflow": "is_stubborn"},
        ]
    )
    return hub


@pytest.fixture(scope="module")
def server(site: Hub) -> Server:
    return site.start()


def start(server: Server, path: str) -> str:
    answer = web.post(f"{server.url}/app_test{path}", headers={"Prefer": "respond-async"})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["run_id"])


def wait_until_let_go(site: Hub, run_id: str) -> None:
    row = f"SELECT status FROM runs_run WHERE id = '{run_id}' AND executor_id = 0 AND wake_at IS NOT NULL"
    wait_until(lambda: site.query(row) == [("waiting",)], "the run is not let go")


def wake(site: Hub, run_id: str) -> None:
    """Let the hour be over."""
    site.shell(
        "import json; from datetime import timedelta; from django.utils import timezone;"
        "from runs.models import Run, StepRecord;"
        f"past = timezone.now() - timedelta(seconds=1); run = Run.objects.filter(pk={run_id!r});"
        f"waits = StepRecord.objects.filter(run_id={run_id!r}, status='waiting');"
        "waits.update(value=json.dumps(dict(until=past.isoformat())));"
        "run.update(wake_at=past)"
    )


def test_a_run_sleeps_and_its_stream_stays_open(server: Server, site: Hub) -> None:
    events = events_of(server, "/sleeps")
    kinds = [event.get("status") or event.get("message") or event["type"] for event in events]
    assert kinds == ["running", "complete", "going to sleep", "waiting", "complete", "awake", "complete"]
    assert events[4]["step"] == "sleep"
    assert events[4]["duration"] >= 1.5
    assert events[-1]["output"]["attempt"] == 1
    [row] = site.query(f"SELECT status, attempt, crashes, lease FROM runs_run WHERE id = '{events[0]['run_id']}'")
    assert row == ("complete", 1, 0, 2)  # it was let go once
    # As the run was let go, and at its end.
    assert (site.folder / "finally").read_text().split() == ["again", "again"]


@pytest.mark.parametrize(("path", "output"), [("/until", "awake"), ("/thread", "awake"), ("/tasks", [1.2, 2.4])])
def test_all_kinds_of_workflows_sleep(server: Server, path: str, output: Any) -> None:
    assert events_of(server, path)[-1]["output"] == output


def test_a_step_that_works_keeps_its_run_live(server: Server, site: Hub) -> None:
    run_id = start(server, "/works")
    over = f"SELECT 1 FROM runs_steprecord WHERE run_id = '{run_id}' AND kind = 'wait' AND status = 'complete'"
    wait_until(lambda: site.query(over), "the sleep does not end")
    assert site.query(f"SELECT status, lease FROM runs_run WHERE id = '{run_id}'") == [("running", 1)]
    (site.folder / "done").touch()
    ended = f"SELECT status, lease FROM runs_run WHERE id = '{run_id}' AND finished_at IS NOT NULL"
    wait_until(lambda: site.query(ended) == [("complete", 1)], "the run does not end")


def test_a_sleeping_run_wakes_at_another_server_after_a_crash(site: Hub) -> None:
    first = site.start()
    run_id = start(first, "/long")
    wait_until_let_go(site, run_id)
    first.kill()
    second = site.start()
    with (
        httpx.Client(timeout=60) as client,
        connect_sse(client, "GET", f"{second.url}/runs/{run_id}/events") as source,
    ):
        events = received(source)
        assert [json.loads(next(events).data)["type"] for _ in range(4)] == ["step", "step", "log", "step"]
        wake(site, run_id)
        assert [json.loads(event.data)["type"] for event in events] == ["step", "log", "complete"]
    assert site.query(f"SELECT attempt, crashes FROM runs_run WHERE id = '{run_id}'") == [(1, 0)]


def test_a_sleeping_run_holds_no_slot_of_its_sink(server: Server, site: Hub) -> None:
    first = start(server, "/one")
    wait_until_let_go(site, first)
    accepted: list[str] = []

    def is_accepted() -> bool:
        answer = web.post(f"{server.url}/app_test/one", headers={"Prefer": "respond-async"})
        accepted.extend([answer.json()["run_id"]] if answer.status_code == 202 else [])
        return bool(accepted)

    # The server releases the slot when it hears of the commit, which others may see earlier.
    wait_until(is_accepted, "the slot is not released")
    wait_until_let_go(site, accepted[0])
    for run_id in (first, *accepted):
        site.manage("runs", "cancel", run_id)


def test_a_sleeping_run_is_cancelled_at_once(server: Server, site: Hub) -> None:
    run_id = start(server, "/long")
    wait_until_let_go(site, run_id)
    site.manage("runs", "cancel", run_id)
    ended = f"SELECT status FROM runs_run WHERE id = '{run_id}' AND finished_at IS NOT NULL"
    wait_until(lambda: site.query(ended) == [("cancelled",)], "the run is not cancelled")


def test_a_sleeping_run_is_unfinished_wherever_runs_are_shown(server: Server, site: Hub) -> None:
    run_id = start(server, "/long")
    wait_until_let_go(site, run_id)
    listed = site.manage("runs", "list", "--status", "waiting", "--json").stdout
    assert [json.loads(line)["run_id"] for line in listed.splitlines()] == [run_id]
    shown = json.loads(site.manage("runs", "show", run_id, "--json").stdout)
    assert (shown["status"], [step["status"] for step in shown["steps"]]) == ("waiting", ["complete", "waiting"])
    site.manage("runs", "cancel", run_id)


@pytest.mark.parametrize("own_hub", ["postgresql"], indirect=True)
def test_a_run_of_a_worker_sleeps_and_wakes_on_another(own_hub: Hub) -> None:
    own_hub.add_workflows(sleeping=_WORKFLOWS)
    sink = {"workflow": "sleeps", "engine": "procrastinate", "concurrency": 1}
    own_hub.add_sinks([{"path": "/long", "options": {"seconds": 3600}, **sink}])
    server = own_hub.start()
    first = start_worker(own_hub)
    run_id = start(server, "/long")
    wait_until_let_go(own_hub, run_id)
    wait_until(lambda: own_hub.query("SELECT count(*) FROM procrastinate_jobs") == [(0,)], "its job stays")
    first.kill()
    start_worker(own_hub)
    wake(own_hub, run_id)
    ended = f"SELECT status, attempt FROM runs_run WHERE id = '{run_id}' AND finished_at IS NOT NULL"
    wait_until(lambda: own_hub.query(ended) == [("complete", 1)], "the run does not end")


def test_a_workflow_that_holds_on_to_its_wait_is_let_go_all_the_same(site: Hub) -> None:
    server = site.start(WORKFLOW_CANCEL_TIMEOUT="0.2")
    run_id = start(server, "/stubborn")
    wait_until_let_go(site, run_id)
    assert "workflow ignores cancellation" in server.log()
    site.manage("runs", "cancel", run_id)
