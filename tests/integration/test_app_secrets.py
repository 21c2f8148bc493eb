"""Secrets of apps: workflows read them with `run.secret`, on servers and workers, and nobody reads them back."""

import hashlib
import json
from typing import Any

import httpx
import pytest

from tests.integration.test_runs import parse
from tests.support.api_client import add_token, add_user
from tests.support.hub import Hub, Server, wait_until
from tests.support.web import web

OLD, NEW = "sk_test_0ld-4711", "sk_test_n3w-4711"
_WORKFLOWS = """
import hashlib
from pathlib import Path

from runs.workflows import workflow


def digest(value):
    return hashlib.sha256(value.encode()).hexdigest()


@workflow
async def reads(request, run, *, name: str = "STRIPE_KEY"):
    return digest(run.secret(name))


@workflow
def reads_in_a_thread(request, run):
    return digest(run.secret("STRIPE_KEY"))


async def charge(run, name="STRIPE_KEY"):
    return digest(run.secret(name))


@workflow
async def reads_in_steps(request, run):
    def ship():
        return digest(run.secret("STRIPE_KEY"))

    return [await run.step("charge", charge, run), await run.step("ship", ship)]


@workflow
async def leaks(request, run):
    await run.log(f"the key is {run.secret('STRIPE_KEY')}")
    return run.secret("STRIPE_KEY")


@workflow
async def reads_when_let_go(request, run):
    try:
        await run.wait_for("go")
    finally:
        try:
            run.secret("STRIPE_KEY")
        except BaseException as error:
            Path(request.query["file"]).write_text(type(error).__name__)


@workflow
async def reads_around_a_wait(request, run):
    before = await run.step("before", charge, run, "ROTATED")
    await run.wait_for("go")
    return [before, await run.step("after", charge, run, "ROTATED")]
"""


def digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


@pytest.fixture(scope="module")
def site(hub: Hub) -> Hub:
    hub.add_workflows(reading=_WORKFLOWS)
    # Each database with another engine: PostgreSQL with a worker.
    engine = "local" if hub.database_url.startswith("sqlite") else "procrastinate"
    hub.add_sinks(
        [
            {"app_id": app_id, "path": f"/{workflow}", "workflow": workflow, "engine": engine}
            for app_id in ("app_test", "app_other")
            for workflow in (
                "reads",
                "reads_in_a_thread",
                "reads_in_steps",
                "reads_around_a_wait",
                "reads_when_let_go",
                "leaks",
            )
        ]
    )
    hub.add_sinks([{"path": "/reads-rotated", "workflow": "reads", "engine": engine, "options": {"name": "ROTATED"}}])
    hub.manage("secrets", "set", "app_test", "STRIPE_KEY", stdin=OLD)
    if engine == "procrastinate":
        hub.launch(["manage.py", "worker"])
    return hub


@pytest.fixture(scope="module")
def server(site: Hub) -> Server:
    return site.start()


def last_event(answer: httpx.Response) -> dict[str, Any]:
    return dict(parse(answer.text)[-1])


@pytest.mark.parametrize("workflow", ["reads", "reads_in_a_thread", "reads_in_steps"])
def test_a_workflow_reads_the_secret_of_its_app(server: Server, workflow: str) -> None:
    event = last_event(web.post(f"{server.url}/app_test/{workflow}", timeout=60))
    assert event.get("output") in (digest(OLD), [digest(OLD), digest(OLD)]), event


def test_a_run_of_another_app_does_not_get_it(server: Server) -> None:
    event = last_event(web.post(f"{server.url}/app_other/reads", timeout=60))
    assert event["error"] == {
        "type": "SecretMissing",
        "message": "The app app_other has no secret 'STRIPE_KEY'. Set it in the admin, on the page of the app, or "
        "with: manage.py secrets set app_other STRIPE_KEY",
    }


def test_running_processes_follow_each_change(site: Hub, server: Server) -> None:
    add_user(site, "boss")
    _, token = add_token(site, "boss", "app-secrets:write")
    address, bearer = f"{server.url}/api/v1/apps/app_other/secrets/STRIPE_KEY", {"Authorization": f"Bearer {token}"}

    def reads(value: str | None) -> bool:
        event = last_event(web.post(f"{server.url}/app_other/reads", timeout=60))
        return event.get("output") == digest(value) if value else event["type"] == "error"

    assert reads(None)
    assert web.put(address, json={"value": OLD}, headers=bearer).status_code == 201
    wait_until(lambda: reads(OLD), "the new secret is not read")
    assert web.put(address, json={"value": NEW}, headers=bearer).status_code == 200
    wait_until(lambda: reads(NEW), "the changed secret is not read")
    assert web.delete(address, headers=bearer).status_code == 204
    wait_until(lambda: reads(None), "the deleted secret is still read")


def test_a_run_that_continues_reads_the_current_value_and_keeps_its_steps(site: Hub, server: Server) -> None:
    def change(value: str) -> None:
        site.manage("secrets", "set", "app_test", "ROTATED", stdin=value)
        address = f"{server.url}/app_test/reads-rotated"
        wait_until(lambda: last_event(web.post(address, timeout=60)).get("output") == digest(value), "it is not read")

    change(OLD)
    address = f"{server.url}/app_test/reads_around_a_wait"
    run_id = web.post(address, headers={"Prefer": "respond-async"}, timeout=60).json()["run_id"]
    row = f"SELECT status FROM runs_run WHERE id = '{run_id}' AND executor_id = 0"
    wait_until(lambda: site.query(row) == [("waiting",)], "the run is not let go")
    change(NEW)
    site.manage("runs", "signal", run_id, "go")
    event = last_event(web.get(f"{server.url}/runs/{run_id}/events", timeout=60))
    assert event.get("output") == [digest(OLD), digest(NEW)], event


def test_a_run_that_is_let_go_reads_none(site: Hub, server: Server) -> None:
    file = site.folder / "let-go"
    address = f"{server.url}/app_test/reads_when_let_go"
    web.post(address, params={"file": str(file)}, headers={"Prefer": "respond-async"})
    wait_until(lambda: file.exists() and file.read_text(), "the run is not let go")
    assert file.read_text() == "Suspended"


def test_a_caller_gets_what_the_workflow_reports_and_pages_mask_it(server: Server) -> None:
    answer = web.post(f"{server.url}/app_test/leaks", timeout=60)
    assert [event.get("output", event.get("message")) for event in parse(answer.text)] == [f"the key is {OLD}", OLD]
    page = web.get(f"{server.url}/runs/{answer.headers['x-run-id']}", headers={"Accept": "text/html"}).text
    assert "the key is ********" in page
    assert OLD not in page


def test_the_values_are_encrypted_and_in_no_log(site: Hub, server: Server) -> None:
    [(stored,)] = site.query("SELECT encrypted_secret FROM sinks_appsecret WHERE name = 'STRIPE_KEY'")
    assert stored and OLD not in stored and NEW not in stored
    assert OLD not in server.log() and NEW not in server.log()
    listed = site.manage("secrets", "list", "--json").stdout
    assert "STRIPE_KEY" in [json.loads(line)["name"] for line in listed.splitlines()]
    assert OLD not in listed
