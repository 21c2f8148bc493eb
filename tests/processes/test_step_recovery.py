"""
Steps and waits of servers and workers that are killed at any point: what is complete is not executed again, and each
signal ends one wait.
"""

import json
import os
import random
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.integration.test_runs import parse
from tests.processes.test_recovery import logs_of
from tests.processes.test_workers import start_worker
from tests.support.api_client import add_token, add_user
from tests.support.hub import Hub, Server, wait_until
from tests.support.seeds import soak_seed
from tests.support.web import web

_KILLS = 4
_SOAK_KILLS = int(os.environ.get("SOAK_STEP_KILLS") or 170)  # for each of the three kinds
_RUNS_PER_KILL = 4


class _Site:
    """An installation whose processes are killed, and the runs that it has accepted."""

    def __init__(self, hub: Hub, chance: random.Random, *, workers: bool) -> None:
        self.hub = hub
        self.workers = workers
        self.file = hub.folder / "executed"
        self.run_ids: set[str] = set()
        self._chance = chance
        self._unsent: list[tuple[str, str]] = []  # signals: their names and their runs
        hub.environment |= {"MAX_CRASHES": "10000", "LET_GO_TIMEOUT": "0.1"}
        engine = "procrastinate" if workers else "local"
        killed = {"path": "/killed", "workflow": "killed", "engine": engine, "options": {"pause": 0.02}}
        paid = {"deliver_signal": "payment", "deliver_key": "body.run", "dedupe_header": "X-Delivery"}
        hub.add_sinks([killed, {"path": "/paid", **paid}])
        self.front = hub.start()  # which is not killed
        add_user(hub, "root")
        self._headers = {"Authorization": f"Bearer {add_token(hub, 'root', 'runs:signal')[1]}"}

    def trigger(self, server: Server) -> str:
        """Start a run."""
        url, sent = f"{server.url}/app_test/killed", {"file": str(self.file)}
        answer = web.post(url, data=sent, headers={"Prefer": "respond-async"}, timeout=60)
        assert answer.status_code == 202, answer.text
        run_id = str(answer.json()["run_id"])
        self.run_ids.add(run_id)
        self._unsent += [("approval", run_id), ("payment", run_id)]
        return run_id

    def follow(self, run_id: str) -> None:
        """Read a run's stream to its end, and check that no event is missing or comes twice."""
        events = parse(httpx.get(f"{self.front.url}/runs/{run_id}/events", timeout=600).text)
        assert [event["type"] in ("complete", "error") for event in events] == [False] * (len(events) - 1) + [True]

    def send_some(self, server: Server, share: float) -> None:
        """Send a share of the signals that are not sent yet; through the front if the server is killed meanwhile."""
        due = [signal for signal in self._unsent if self._chance.random() < share]
        for name, run_id in due:
            try:
                self._send(server, name, run_id)
            except httpx.TransportError:
                self._send(self.front, name, run_id)  # perhaps once more
        self._unsent = [signal for signal in self._unsent if signal not in due]

    def _send(self, server: Server, name: str, run_id: str) -> None:
        if name == "payment":
            address, headers = "/app_test/paid", {"X-Delivery": run_id}
            sent: dict[str, Any] = {"run": run_id}
        else:
            address, headers, sent = f"/api/v1/runs/{run_id}/signals/{name}", self._headers, {"for": run_id}
        answer = httpx.post(f"{server.url}{address}", json=sent, headers=headers, timeout=60)
        assert answer.status_code in (200, 202), answer.text


def _kill_again_and_again(hub: Hub, kills: int, chance: random.Random, *, workers: bool = False) -> _Site:
    """Start runs, send signals, and kill the processes that execute them. Return when all runs have ended."""
    site = _Site(hub, chance, workers=workers)
    streams: list[Future[None]] = []
    with ThreadPoolExecutor(kills) as threads:
        for _ in range(kills):
            mortal = start_worker(hub) if workers else hub.start()
            entry = site.front if workers else mortal
            run_ids = [site.trigger(entry) for _ in range(_RUNS_PER_KILL)]
            streams.append(threads.submit(site.follow, run_ids[0]))
            moment = time.monotonic() + chance.uniform(0.0, 1.0)  # somewhere between and within steps and waits
            site.send_some(entry, 0.3)
            time.sleep(max(0.0, moment - time.monotonic()))
            mortal.kill()
        if workers:
            start_worker(hub)
        site.send_some(site.front, 1.0)
        unfinished = "SELECT count(*) FROM runs_run WHERE finished_at IS NULL"
        wait_until(lambda: hub.query(unfinished) == [(0,)], "runs go on", 300)
        for stream in streams:
            stream.result()
    return site


def _check(site: _Site) -> None:
    """Compare what was executed with what is recorded."""
    hub, file, run_ids = site.hub, site.file, site.run_ids
    statuses = dict(hub.query("SELECT id, status FROM runs_run"))
    assert {statuses[run_id] for run_id in run_ids} == {"complete"}
    executed = [line.split() for line in file.read_text().splitlines()]
    # By run, step and argument: the attempts of the step that were executed.
    attempts: dict[tuple[str, str, str], list[int]] = {}
    for run_id, *name, argument, attempt, _ in executed:
        attempts.setdefault((run_id, " ".join(name), argument), []).append(int(attempt))
    columns = "run_id, name, number, status, attempt, value"
    records = hub.query(f"SELECT {columns} FROM runs_steprecord WHERE kind = 'step' ORDER BY run_id, place")
    ends = Counter((run_id, name, number) for run_id, name, number, status, *_ in records if status != "running")
    assert set(ends.values()) == {1}
    assert len(ends) == 8 * len(run_ids)
    completed = {
        (run_id, name, value): attempt for run_id, name, _, status, attempt, value in records if status == "complete"
    }
    for step, found in attempts.items():
        # An attempt whose beginning was not recorded is executed again under the same number.
        if step in completed:
            assert max(found) == completed[step], step  # none after the one that completed
    paid = Counter(run_id for run_id, name, *_ in executed if name == "pay")
    assert set(paid.values()) <= {1}
    payloads: dict[str, Any] = {
        run_id: {"sleep": None, "approval": {"for": run_id}, "payment": {"run": run_id}} for run_id in run_ids
    }
    waits = hub.query("SELECT run_id, name, value FROM runs_steprecord WHERE kind = 'wait' AND status = 'complete'")
    ended = Counter((run_id, name, value) for run_id, name, value in waits)
    assert ended == Counter(
        (run_id, name, json.dumps(payload, separators=(",", ":")))
        for run_id, of_run in payloads.items()
        for name, payload in of_run.items()
    )
    assert hub.query("SELECT count(*) FROM runs_wait") == [(0,)]
    for run_id, log in logs_of(hub).items():  # which checks that no number is left out
        lines = [event["message"] for event in log if event["type"] == "log" and event["message"].startswith("after")]
        assert lines == [f"after {number}" for number in range(6)], run_id


def test_killed_servers_execute_no_complete_step_again(own_hub: Hub) -> None:
    _check(_kill_again_and_again(own_hub, _KILLS, random.Random(7)))


@pytest.mark.parametrize("own_hub", ["postgresql"], indirect=True)
def test_killed_workers_execute_no_complete_step_again(own_hub: Hub) -> None:
    _check(_kill_again_and_again(own_hub, _KILLS, random.Random(7), workers=True))


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_hundreds_of_kills_of_servers_execute_no_complete_step_again(own_hub: Hub) -> None:
    _check(_kill_again_and_again(own_hub, _SOAK_KILLS, random.Random(soak_seed())))


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("own_hub", ["postgresql"], indirect=True)
def test_hundreds_of_kills_of_workers_execute_no_complete_step_again(own_hub: Hub) -> None:
    _check(_kill_again_and_again(own_hub, _SOAK_KILLS, random.Random(soak_seed()), workers=True))
