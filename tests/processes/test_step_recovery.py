"""Steps of servers and workers that are killed at any point: what is complete is not executed again."""

import os
import random
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.processes.test_recovery import logs_of
from tests.processes.test_workers import start_worker
from tests.support.hub import Hub, Server, wait_until
from tests.support.seeds import soak_seed
from tests.support.web import web

_KILLS = 4
_SOAK_KILLS = int(os.environ.get("SOAK_STEP_KILLS") or 170)  # for each of the three kinds
_RUNS_PER_KILL = 4


def _prepare(hub: Hub, engine: str) -> Path:
    """Create a sink for the workflow that notes its executions. Return the file that it writes."""
    hub.environment["MAX_CRASHES"] = "10000"
    hub.add_sinks([{"path": "/killed", "workflow": "killed", "engine": engine, "options": {"pause": 0.02}}])
    return hub.folder / "executed"


def _trigger(server: Server, file: Path) -> str:
    url, sent = f"{server.url}/app_test/killed", {"file": str(file)}
    answer = web.post(url, data=sent, headers={"Prefer": "respond-async"}, timeout=60)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["run_id"])


def _kill_again_and_again(hub: Hub, kills: int, chance: random.Random, *, workers: bool = False) -> set[str]:
    """Start runs, and kill the processes that execute them. Return the runs, when all have ended."""
    file = _prepare(hub, "procrastinate" if workers else "local")
    front = hub.start()
    run_ids: set[str] = set()
    for _ in range(kills):
        mortal = start_worker(hub) if workers else hub.start()
        run_ids |= {_trigger(front if workers else mortal, file) for _ in range(_RUNS_PER_KILL)}
        time.sleep(chance.uniform(0.0, 0.4))  # somewhere between and within steps
        mortal.kill()
    if workers:
        start_worker(hub)
    unfinished = "SELECT count(*) FROM runs_run WHERE finished_at IS NULL"
    wait_until(lambda: hub.query(unfinished) == [(0,)], "runs go on", 300)
    return run_ids


def _check(hub: Hub, run_ids: set[str]) -> None:
    """Compare what was executed with what is recorded."""
    file = hub.folder / "executed"
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
    for run_id, log in logs_of(hub).items():  # which checks that no number is left out
        lines = [event["message"] for event in log if event["type"] == "log" and event["message"].startswith("after")]
        assert lines == [f"after {number}" for number in range(6)], run_id


def test_killed_servers_execute_no_complete_step_again(own_hub: Hub) -> None:
    _check(own_hub, _kill_again_and_again(own_hub, _KILLS, random.Random(7)))


@pytest.mark.parametrize("own_hub", ["postgresql"], indirect=True)
def test_killed_workers_execute_no_complete_step_again(own_hub: Hub) -> None:
    _check(own_hub, _kill_again_and_again(own_hub, _KILLS, random.Random(7), workers=True))


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_hundreds_of_kills_of_servers_execute_no_complete_step_again(own_hub: Hub) -> None:
    _check(own_hub, _kill_again_and_again(own_hub, _SOAK_KILLS, random.Random(soak_seed())))


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("own_hub", ["postgresql"], indirect=True)
def test_hundreds_of_kills_of_workers_execute_no_complete_step_again(own_hub: Hub) -> None:
    _check(own_hub, _kill_again_and_again(own_hub, _SOAK_KILLS, random.Random(soak_seed()), workers=True))
