"""Reloads: changed workflows take effect in running servers and workers."""

import hashlib
import json
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.processes.test_workers import jobs, start_worker
from tests.support.hub import PROGRAMS, Hub, Server, wait_until, wait_until_ready
from tests.support.web import web

_SAYS = """
from runs.workflows import workflow

@workflow
async def says(request, run):
    return {text!r}
"""
_HELPED = """
from _words import WORD
from runs.workflows import workflow

@workflow
async def helped(request, run, *, times: int = {times}):
    return WORD * times
"""
_HOLDS = """
import asyncio
from pathlib import Path

from runs.workflows import workflow

@workflow
async def holds(request, run):
    await run.log({text!r})
    while not Path(request.json).exists():
        await asyncio.sleep(0.02)
    return {text!r}
"""
_ASKS = """
from runs.workflows import workflow

@workflow
async def asks(request, run):
    return await run.wait_for("approval")
"""
_BROKEN = """
from runs.workflows import workflow

@workflow
async def says(request, run):
    return "new"

raise OSError("4711")
"""

pytestmark = pytest.mark.one_database


class Site:
    """An installation whose workflows change, and one of its servers."""

    def __init__(self, hub: Hub, server: Server) -> None:
        self.hub = hub
        self.server = server

    def write(self, name: str, code: str) -> None:
        """Write a file of workflows."""
        write(self.hub, name, code)

    def ask(self, path: str, **request: Any) -> httpx.Response:
        """Send a request to a sink."""
        return web.post(f"{self.server.url}/app_test/{path}", headers={"Accept": "application/json"}, **request)

    def output(self, path: str) -> Any:
        """Return the output of a run; the status of the response if it is not 200."""
        answer = self.ask(path)
        return answer.json().get("output") if answer.status_code == 200 else answer.status_code

    def until(self, path: str, output: Any) -> None:
        """Wait until a sink's runs have an output, or its responses a status."""
        wait_until(lambda: self.output(path) == output, f"{path} never gives {output!r}", 30)


def write(hub: Hub, name: str, code: str) -> None:
    (hub.folder / "workflows" / f"{name}.py").write_text(code)


@pytest.fixture
def made(own_hub: Hub) -> Hub:
    own_hub.add_workflows(
        says=_SAYS.format(text="one"),
        _words="WORD = 'a'\n",
        helped=_HELPED.format(times=1),
        holds=_HOLDS.format(text="old"),
        asks=_ASKS,
    )
    own_hub.add_sinks([{"path": f"/{name}", "workflow": name} for name in ("says", "helped", "holds", "asks")])
    return own_hub


@pytest.fixture
def site(made: Hub) -> Iterator[Site]:
    """A server in production."""
    yield Site(made, made.start())
    assert [server.stop() for server in made.servers] == [0] * len(made.servers)


@pytest.fixture
def watched(made: Hub) -> Iterator[Site]:
    """A server with --reload."""
    server = made.launch([*PROGRAMS["serve"], "--reload"])
    wait_until_ready(server)
    yield Site(made, server)
    assert server.stop() == 0


def test_a_changed_file_takes_effect_and_a_run_in_progress_goes_on(watched: Site, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    address = f"{watched.server.url}/app_test/holds"
    with web.stream("POST", address, json=str(gate), timeout=60) as stream:
        lines = (line for line in stream.iter_lines() if line.startswith("data: "))
        assert json.loads(next(lines)[6:])["message"] == "old"
        watched.write("holds", _HOLDS.format(text="new"))
        watched.write("says", _SAYS.format(text="two"))
        watched.until("says", "two")
        gate.touch()
        assert json.loads(next(lines)[6:])["output"] == "old"
    assert watched.ask("holds", json=str(gate)).json()["output"] == "new"
    assert watched.server.process.poll() is None


def test_a_changed_helper_and_a_changed_default_take_effect(watched: Site) -> None:
    assert watched.output("helped") == "a"
    watched.write("_words", "WORD = 'b'\n")
    watched.until("helped", "b")
    watched.write("helped", _HELPED.format(times=3))
    watched.until("helped", "bbb")


def test_a_broken_file_is_named_until_it_is_corrected(watched: Site) -> None:
    watched.write("says", _BROKEN)
    watched.until("says", 500)
    answer = watched.ask("says")
    assert answer.headers["content-type"] == "application/problem+json"
    assert "its file cannot be imported" in answer.json()["detail"]
    assert "4711" not in answer.text and str(watched.hub.folder) not in answer.text
    log = watched.server.log()
    assert "workflow file not importable: file=" in log and "OSError: 4711" in log
    assert watched.output("helped") == "a"  # from another file
    watched.hub.add_admin()
    number = watched.hub.query("SELECT id FROM sinks_sink WHERE path = '/says'")[0][0]
    with httpx.Client(base_url=watched.server.url, timeout=30, follow_redirects=True) as admin:
        admin.get("/admin/login/").raise_for_status()
        form = {"username": "admin", "password": "correct horse", "next": "/admin/"}
        pages = [admin.post("/admin/login/", data=form | {"csrfmiddlewaretoken": admin.cookies["csrftoken"]}).text]
        pages.append(admin.get(f"/admin/sinks/sink/{number}/change/").text)
    for page in pages:
        assert "says.py cannot be imported: OSError: 4711" in page
    watched.write("says", _SAYS.format(text="again"))
    watched.until("says", "again")


def test_a_run_that_waits_outlives_a_broken_file(watched: Site) -> None:
    waiting = "SELECT id FROM runs_run WHERE status = 'waiting'"
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(watched.ask, "asks", timeout=60)
        wait_until(lambda: watched.hub.query(waiting), "the run is not let go", 30)
        watched.write("asks", f"{_ASKS}raise OSError(1)")
        wait_until(lambda: "OSError: 1" in watched.server.log(), "the file is not broken", 30)
        watched.write("asks", f"{_ASKS}raise OSError(2)")  # again, so that the version before is not the last one
        wait_until(lambda: "OSError: 2" in watched.server.log(), "the file is not broken again", 30)
        watched.hub.manage("runs", "signal", watched.hub.query(waiting)[0][0], "approval", "--payload", '"yes"')
        assert asked.result().json()["output"] == "yes"
    watched.until("asks", 500)


def code_of(hub: Hub, run_id: str) -> str | None:
    """Return the hash of the code that a run has recorded."""
    found: str | None = json.loads(hub.manage("runs", "show", run_id, "--json").stdout)["code_hash"]
    return found


def test_a_run_records_the_code_of_each_execution(site: Site) -> None:
    hub, waiting = site.hub, "SELECT id FROM runs_run WHERE status = 'waiting'"
    installed = json.loads(hub.manage("workflows", "show", "asks", "--json").stdout)["code_hash"]
    assert installed == hashlib.sha256(_ASKS.encode()).hexdigest()[:12]
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(site.ask, "asks", timeout=60)
        wait_until(lambda: hub.query(waiting), "the run is not let go", 30)
        run_id = hub.query(waiting)[0][0]
        assert code_of(hub, run_id) == installed
        site.write("asks", f"{_ASKS}# changed\n")
        site.write("says", _SAYS.format(text="two"))
        site.server.process.send_signal(signal.SIGHUP)
        site.until("says", "two")
        assert code_of(hub, run_id) == installed  # it has not continued
        hub.manage("runs", "signal", run_id, "approval", "--payload", '"yes"')
        assert asked.result().json()["output"] == "yes"
    changed = hashlib.sha256(f"{_ASKS}# changed\n".encode()).hexdigest()[:12]
    assert code_of(hub, run_id) == changed
    queued = hub.manage("runs", "start", "says", "--app", "app_test").stdout.strip()
    wait_until(lambda: code_of(hub, queued), "the queued run does not begin", 30)


def test_a_run_whose_workflow_is_gone_ends_once_with_an_error(site: Site) -> None:
    hub, waiting = site.hub, "SELECT id FROM runs_run WHERE status = 'waiting'"
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(site.ask, "asks", timeout=60)
        wait_until(lambda: hub.query(waiting), "the run is not let go", 30)
        run_id = hub.query(waiting)[0][0]
        (hub.folder / "workflows" / "asks.py").unlink()
        site.write("says", _SAYS.format(text="two"))
        site.server.process.send_signal(signal.SIGHUP)
        site.until("says", "two")
        hub.manage("runs", "signal", run_id, "approval", "--payload", '"yes"')
        answer = asked.result().json()
    error = {"type": "WorkflowMissing", "message": "The workflow 'asks' is no longer installed."}
    assert (answer["status"], answer["error"]) == ("error", error)
    assert hub.query(f"SELECT status, attempt FROM runs_run WHERE id = '{run_id}'") == [("error", 1)]
    assert site.server.log().count(f"run not resumed: run={run_id}") == 1


def test_removed_and_renamed_workflows_are_gone_and_new_ones_come(watched: Site) -> None:
    watched.write("moved", _SAYS.format(text="moved"))
    (watched.hub.folder / "workflows" / "says.py").unlink()
    watched.until("says", "moved")  # the same name, from another file
    watched.write("moved", _SAYS.format(text="moved").replace("says", "renamed"))
    watched.until("says", 500)
    assert "its file" not in watched.ask("says").text
    watched.hub.add_sinks([{"path": "/renamed", "workflow": "renamed"}])
    watched.until("renamed", "moved")


def test_of_two_files_with_one_name_the_first_has_it(watched: Site) -> None:
    watched.write("zweitens", _SAYS.format(text="second"))
    wait_until(lambda: "two workflows are named 'says'" in watched.server.log(), "the second file is not reported", 30)
    assert watched.output("says") == "one"


@pytest.mark.both_databases
@pytest.mark.parametrize("how", ["signal", "command"])
def test_in_production_a_reload_is_requested(site: Site, how: str) -> None:
    other = site.hub.start()
    site.write("says", _SAYS.format(text="two"))
    if how == "command":
        assert "within a second" in site.hub.manage("workflows", "reload").stdout
    else:
        for server in (site.server, other):
            server.process.send_signal(signal.SIGHUP)
    for server in (site.server, other):
        Site(site.hub, server).until("says", "two")
    assert site.server.log().count("workflows reloaded: workflows=6 broken=0") == 1


def test_in_production_a_broken_file_leaves_its_workflows_as_they_were(site: Site) -> None:
    site.write("says", _BROKEN)
    site.write("helped", _HELPED.format(times=2))
    refused = site.hub.manage("workflows", "reload", check=False)
    assert refused.returncode == 1
    assert refused.stderr == "CommandError: says.py cannot be imported: OSError: 4711\nNothing was reloaded.\n"
    assert site.output("helped") == "a"
    site.server.process.send_signal(signal.SIGHUP)
    site.until("helped", "aa")
    assert site.output("says") == "one"
    assert "workflows reloaded: workflows=6 broken=1" in site.server.log()
    site.server.process.send_signal(signal.SIGHUP)  # once more
    wait_until(lambda: site.server.log().count("workflows reloaded") == 2, "it is not reloaded again", 30)
    assert site.output("says") == "one"


def test_a_hangup_of_several_server_processes_reaches_each(made: Hub) -> None:
    server = made.launch([*PROGRAMS["serve"], "--workers", "2"])
    wait_until(lambda: server.log().count("Application startup complete") == 2, "the processes do not start")
    write(made, "says", _SAYS.format(text="two"))
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: server.log().count("workflows reloaded: workflows=6") == 2, "not both reload", 30)
    Site(made, server).until("says", "two")
    assert server.stop() == 0


@pytest.mark.postgresql
@pytest.mark.parametrize("arguments", [["--reload"], []], ids=["watching", "signal"])
def test_workers_reload_too(make_hub: Any, arguments: list[str]) -> None:
    hub = make_hub("postgresql")
    hub.add_workflows(says=_SAYS.format(text="one"))
    hub.add_sinks([{"path": "/says", "workflow": "says", "engine": "procrastinate"}])
    site = Site(hub, hub.start())
    worker = hub.launch(["manage.py", "worker", *arguments])
    assert site.output("says") == "one"
    write(hub, "says", _SAYS.format(text="two"))
    if not arguments:
        worker.process.send_signal(signal.SIGHUP)
    site.until("says", "two")
    assert worker.stop() == 0
    hub.close()


@pytest.mark.postgresql
def test_a_worker_without_the_workflow_ends_its_runs_once_with_an_error(make_hub: Any) -> None:
    hub = make_hub("postgresql")
    hub.add_workflows(says=_SAYS.format(text="one"))
    hub.add_sinks([{"path": "/says", "workflow": "says", "engine": "procrastinate"}])
    site = Site(hub, hub.start())
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(site.ask, "says", timeout=60)
        wait_until(lambda: hub.query("SELECT id FROM runs_run"), "the run is not recorded", 30)
        (hub.folder / "workflows" / "says.py").unlink()
        worker = start_worker(hub)
        assert asked.result().json()["error"]["type"] == "WorkflowMissing"
    wait_until(lambda: jobs(hub) == 0, "the job stays", 30)
    assert worker.log().count("run not resumed") == 1
    assert hub.query("SELECT status, attempt, code_hash FROM runs_run") == [("error", 1, "")]
    assert worker.stop() == 0
    hub.close()


def test_without_a_reload_a_changed_file_has_no_effect(site: Site) -> None:
    site.write("says", _SAYS.format(text="two"))
    site.hub.add_sinks([{"path": "/later", "workflow": "says"}])
    site.until("later", "one")


def test_a_folder_that_is_gone_changes_nothing(site: Site) -> None:
    (site.hub.folder / "workflows").rename(site.hub.folder / "elsewhere")
    site.server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: "workflows not reloaded: error=SINKHUB_WORKFLOWS" in site.server.log(), "it is not reported", 30)
    assert site.output("says") == "one"
