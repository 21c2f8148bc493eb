"""Recovery of runs: after a crash of the only server, of one of several, and after an ordered shutdown."""

import http.client
import json
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from functools import partial
from typing import Any

import httpx
import pytest
from httpx_sse import connect_sse

from tests.conftest import WORKFLOWS
from tests.support.hub import Hub, Server, wait_until, wait_until_ready
from tests.support.web import received, web

# Records the start of each attempt in a file, and holds an OS lock while it executes: an attempt fails if another
# attempt of the same run executes, and a killed process releases its lock.
_EXCLUSIVE = """
import asyncio
import fcntl
import os
from pathlib import Path

from runs.workflows import workflow


@workflow
async def exclusive(request, run, *, folder: str):
    with (Path(folder) / f"{run.id}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with (Path(folder) / "begun").open("a") as begun:
            begun.write(f"{run.id} {run.attempt} {os.getpid()}\\n")
        while not (Path(folder) / "go").exists():
            await asyncio.sleep(0.05)
    return run.attempt
"""
_SINKS: list[dict[str, Any]] = [
    {"path": "/steps", "workflow": "steps", "options": {"count": 4, "pause": 0.3}},
    {"path": "/echo", "workflow": "echo"},
    {"path": "/once", "workflow": "once", "options": {"pause": 1.0}},
    {"path": "/long", "workflow": "steps", "options": {"count": 4, "pause": 0.7}},
]


@pytest.fixture
def site(own_hub: Hub) -> Hub:
    own_hub.add_workflows(exclusive=_EXCLUSIVE, behaviours=(WORKFLOWS / "behaviours.py").read_text())
    options = {"folder": str(own_hub.folder)}
    own_hub.add_sinks([*_SINKS, {"path": "/exclusive", "workflow": "exclusive", "options": options}])
    return own_hub


def _is_at_attempt(hub: Hub, attempt: int) -> bool:
    return hub.query("SELECT attempt FROM runs_run") == [(attempt,)]


def _settled(hub: Hub) -> dict[str, tuple[Any, ...]]:
    """Wait until no run is unfinished. Return workflow, status, attempt and number of events of each."""
    wait_until(lambda: hub.query("SELECT count(*) FROM runs_run WHERE status = 'running'") == [(0,)], "runs go on")
    return {row[0]: row[1:] for row in hub.query("SELECT id, workflow, status, attempt, events FROM runs_run")}


def logs_of(hub: Hub) -> dict[str, list[dict[str, Any]]]:
    """Return the events of all runs, and check that their numbers are 1, 2, 3 and so on."""
    logs: dict[str, list[dict[str, Any]]] = {}
    for run_id, first, last, data in hub.query(
        "SELECT run_id, first, last, data FROM runs_segment ORDER BY run_id, last"
    ):
        log = logs.setdefault(run_id, [])
        assert first == len(log) + 1, run_id
        log += map(json.loads, data.split("\n"))
        assert last == len(log), run_id
    return logs


def _check_log(log: list[dict[str, Any]], events: int) -> None:
    assert len(log) == events
    assert [event["type"] in {"complete", "error", "cancelled"} for event in log] == [False] * (events - 1) + [True]
    progress = [event["progress"] for event in log if event["type"] == "progress"]
    assert progress == sorted(progress)


class _Load:
    """Threads that trigger sinks without waiting for the runs, and record the acknowledged runs."""

    def __init__(self, url: str, paths: list[str]) -> None:
        self.acknowledged: dict[str, str] = {}  # path by run id
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._fire, args=(f"{url}/app_test{path}",)) for path in paths]
        for thread in self._threads:
            thread.start()

    def _fire(self, url: str) -> None:
        with httpx.Client(timeout=30) as client:
            while not self._stop.is_set():
                with suppress(httpx.TransportError), client.stream("POST", url, json={"a": 1}) as answer:
                    if answer.status_code == 200:
                        self.acknowledged[answer.headers["x-run-id"]] = url.rpartition("/")[2]
                # Limit the rate, so that one path does not occupy both processors.
                self._stop.wait(0.01)

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()


def _read(url: str, seen: list[tuple[int, str]] | None = None) -> list[tuple[int, str]]:
    """
    Read events as an EventSource does, until the stream ends or breaks.

    Args:
        url: The URL of the stream.
        seen: The events read so far; reading continues after them. New events are appended.
    """
    events = [] if seen is None else seen
    headers = {"Last-Event-ID": str(events[-1][0])} if events else {}
    with (
        suppress(httpx.TransportError),
        httpx.Client(timeout=30) as client,
        connect_sse(client, "GET", url, headers=headers) as source,
    ):
        for event in received(source):
            events.append((int(event.id), event.data))
    return events


def test_a_crash_under_load_loses_no_acknowledged_run_and_no_event(site: Hub) -> None:
    server = site.start()
    watched = web.post(f"{server.url}/app_test/long", headers={"Prefer": "respond-async"}).json()
    seen: list[tuple[int, str]] = []
    with ThreadPoolExecutor(1) as threads:
        reading = threads.submit(_read, f"{server.url}{watched['events_url']}", seen)
        load = _Load(server.url, ["/steps", "/echo", "/once", "/steps", "/echo"])
        try:
            wait_until(lambda: len(set(load.acknowledged.values())) == 3 and len(load.acknowledged) > 60, "no load")
            wait_until(lambda: seen, "the reader knows of no first step")
            server.kill()
        finally:
            load.stop()
        reading.result()

    unfinished = {row[0] for row in site.query("SELECT id FROM runs_run WHERE status = 'running'")}
    restarted = site.start()
    _read(f"{restarted.url}{watched['events_url']}", seen)
    runs = _settled(site)
    logs = logs_of(site)

    assert set(load.acknowledged) <= set(runs)
    assert {load.acknowledged[run_id] for run_id in unfinished & set(load.acknowledged)} >= {"steps", "once"}
    for run_id, (workflow, status, attempt, events) in runs.items():
        _check_log(logs[run_id], events)
        assert attempt == (2 if run_id in unfinished else 1)
        interrupted = workflow == "once" and run_id in unfinished
        assert status == ("interrupted" if interrupted else "complete")
        assert logs[run_id][-1]["type"] == ("error" if interrupted else "complete")
        if interrupted:
            assert logs[run_id][-1]["error"]["type"] == "Interrupted"
        elif workflow == "steps":
            assert logs[run_id][-1]["output"] == {"steps": 4, "attempt": attempt}
    # A reader that resumed after the crash got each event once.
    assert [number for number, _ in seen] == list(range(1, len(logs[watched["run_id"]]) + 1))
    assert [json.loads(data) for _, data in seen] == logs[watched["run_id"]]
    assert json.loads(seen[-1][1])["output"]["attempt"] == 2


def test_a_run_is_interrupted_after_so_many_crashes(site: Hub) -> None:
    run_id = ""
    for attempt in (1, 2):
        server = site.start(MAX_CRASHES="2")
        if not run_id:
            run_id = web.post(f"{server.url}/app_test/long", headers={"Prefer": "respond-async"}).json()["run_id"]
        wait_until(partial(_is_at_attempt, site, attempt), "not taken over")
        server.kill()
    server = site.start(MAX_CRASHES="2")
    assert _settled(site)[run_id][1] == "interrupted"
    [*_, (_, last)] = _read(f"{server.url}/runs/{run_id}/events")
    assert json.loads(last)["error"]["type"] == "Interrupted"
    assert "MAX_CRASHES" in json.loads(last)["error"]["message"]


def test_the_old_name_of_a_setting_counts_and_each_start_says_so(site: Hub) -> None:
    run_id = ""
    for attempt in (1, 2):
        server = site.start(MAX_ATTEMPTS="1")
        assert "setting renamed, the old name still works: old=MAX_ATTEMPTS new=MAX_CRASHES" in server.log()
        if attempt == 1:
            run_id = web.post(f"{server.url}/app_test/long", headers={"Prefer": "respond-async"}).json()["run_id"]
            wait_until(partial(_is_at_attempt, site, 1), "the run does not begin")
            server.kill()
    assert _settled(site)[run_id][1] == "interrupted"


def test_nothing_starts_beside_a_server_of_a_release_that_fences_by_the_attempt(site: Hub) -> None:
    older = site.start()
    with site.uncommitted("UPDATE runs_executor SET fencing = 0"):
        pass
    newer = site.start(wait=False)
    wait_until(lambda: newer.process.poll() is not None, "the newer server goes on")
    assert newer.process.returncode != 0
    assert f"Processes of an older release are running (pid {older.process.pid} on " in newer.log()
    assert web.post(f"{older.url}/app_test/echo").status_code == 200
    assert older.stop() == 0
    site.start()


def test_of_several_servers_one_takes_over_the_runs_of_one_that_is_killed(site: Hub) -> None:
    servers = [site.start(wait=False) for _ in range(3)]
    for server in servers:
        wait_until_ready(server)
    owners: dict[str, Server] = {}
    for _ in range(15):
        for server in servers:
            answer = web.post(f"{server.url}/app_test/exclusive", headers={"Prefer": "respond-async"})
            owners[answer.json()["run_id"]] = server
    killed = servers[0]
    wait_until(lambda: len(begun_in(site)) == len(owners), "not all runs have begun")
    killed.kill()
    (site.folder / "go").touch()
    # A reader at another server waits for the run's end, whichever process executes it.
    run_id = [run_id for run_id, server in owners.items() if server is killed][-1]
    [*_, (_, last)] = _read(f"{servers[1].url}/runs/{run_id}/events")
    assert json.loads(last) == {"type": "complete", "run_id": run_id, "output": 2}

    runs, logs, begun = _settled(site), logs_of(site), begun_in(site)
    assert set(runs) == set(owners)
    for run_id, (_, status, attempt, events) in runs.items():
        assert (status, attempt) == ("complete", 2 if owners[run_id] is killed else 1), logs[run_id]
        _check_log(logs[run_id], events)
    # Each attempt was executed once, by one process.
    attempts = [(run_id, attempt) for run_id, attempt, _ in begun]
    assert sorted(attempts) == sorted(
        (run_id, str(attempt)) for run_id, run in runs.items() for attempt in range(1, run[2] + 1)
    )
    others = {str(server.process.pid) for server in servers[1:]}
    assert {pid for _, attempt, pid in begun if attempt == "2"} <= others


def begun_in(hub: Hub) -> list[list[str]]:
    file = hub.folder / "begun"
    return [line.split() for line in file.read_text().splitlines()] if file.exists() else []


def test_an_ordered_end_refuses_what_comes_and_lets_the_runs_finish(site: Hub) -> None:
    # The shutdown waits for begun requests as long as for runs, and so for part of this run.
    site.add_sinks([{"path": "/lasts", "workflow": "steps", "options": {"count": 12, "pause": 0.5}}])
    server = site.start(HEAD_TIMEOUT="600", GRACE_SECONDS="4")
    with ExitStack() as stack:
        # A stopping server still answers on open connections; each of these has sent half a head.
        begun = [stack.enter_context(closing(_begin(server, path))) for path in ("app_test/echo", "readyz", "healthz")]
        threads = stack.enter_context(ThreadPoolExecutor(1))
        running: Future[httpx.Response] = threads.submit(web.post, f"{server.url}/app_test/lasts", timeout=30)
        wait_until(lambda: site.query("SELECT count(*) FROM runs_run") == [(1,)], "not begun")
        server.terminate()
        wait_until(lambda: "draining: runs=1" in server.log(), "it does not end")
        refused, readyz, healthz = (_end(connection) for connection in begun)
        assert refused.status == 503
        assert int(refused.headers["retry-after"]) > 0
        assert refused.headers["content-type"] == "application/problem+json"
        assert json.loads(refused.read())["status"] == 503
        assert (readyz.status, healthz.status) == (503, 200)
        assert '"type":"complete"' in running.result().text
    assert server.process.wait(timeout=30) == 0
    assert site.query("SELECT DISTINCT status, attempt FROM runs_run") == [("complete", 1)]
    # The refused request is not recorded, and nothing is left to take over.
    assert site.query("SELECT count(*) FROM runs_run") == [(1,)]
    assert site.query("SELECT count(*) FROM runs_executor") == [(0,)]
    assert list(site.folder.glob("*-executor-*.lock")) == []


def _begin(server: Server, path: str) -> http.client.HTTPConnection:
    """Send a part of a request."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.putrequest("POST" if "app" in path else "GET", f"/{path}")
    connection.connect()
    assert connection.sock is not None
    connection.sock.sendall(b"\r\n")
    return connection


def _end(connection: http.client.HTTPConnection) -> http.client.HTTPResponse:
    """Send the rest of the request, and read the answer."""
    connection.endheaders()
    return connection.getresponse()


def test_a_run_that_outlasts_the_grace_time_is_left_to_the_next_start(site: Hub) -> None:
    server = site.start(GRACE_SECONDS="1")
    with ThreadPoolExecutor(1) as threads:
        reading = threads.submit(web.post, f"{server.url}/app_test/long", timeout=30)
        wait_until(lambda: site.query("SELECT count(*) FROM runs_segment") != [(0,)], "not begun")
        assert server.stop() == 0
        answer = reading.result()
    assert '"type":"progress"' in answer.text
    assert '"type":"complete"' not in answer.text
    run_id = answer.headers["x-run-id"]
    assert site.query("SELECT id, status, attempt FROM runs_run") == [(run_id, "running", 1)]

    site.start()
    runs = _settled(site)
    assert runs[run_id][:3] == ("steps", "complete", 2)
    log = logs_of(site)[run_id]
    _check_log(log, runs[run_id][3])
    assert log[-1]["output"] == {"steps": 4, "attempt": 2}
