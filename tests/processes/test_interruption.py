"""`manage.py runs interrupt`: it ends the runs of a restored backup, so that they are not executed again."""

import json

import pytest

from tests.integration.test_answers import events_of
from tests.integration.test_run_commands import runs
from tests.support.hub import Hub, Server, wait_until
from tests.support.web import web

_UNFINISHED = "SELECT count(*) FROM runs_run WHERE status IN ('queued', 'running')"


@pytest.fixture
def restored(own_hub: Hub) -> Hub:
    """A hub whose processes were killed while some runs executed and others waited."""
    slow = {"workflow": "steps", "options": {"count": 2, "pause": 60}}
    own_hub.add_sinks(
        [
            {"path": "/echo"},
            {"path": "/slow", **slow},
            {"path": "/waits", "concurrency": 1, "queue": 9, **slow},
        ]
    )
    server = own_hub.start()
    send(server, "/echo")
    for path in ("/slow", "/waits", "/waits"):
        send(server, path)
    if own_hub.database_url.startswith("postgresql"):
        own_hub.add_sinks([{"path": "/worker", "engine": "procrastinate"}])
        wait_until(lambda: send(server, "/worker") == 202, "the sink is not there")
    # The events of one finished run, and of one that waits.
    wait_until(lambda: own_hub.query("SELECT count(*) FROM runs_segment")[0][0] >= 2, "no run has begun")
    server.kill()
    return own_hub


def send(server: Server, path: str) -> int:
    return web.post(f"{server.url}/app_test{path}", headers={"Prefer": "respond-async"}).status_code


def test_runs_that_are_not_over_are_ended_and_not_executed_again(restored: Hub) -> None:
    [(before,)] = restored.query(_UNFINISHED)
    assert before >= 3
    assert runs(restored, "interrupt", "--dry-run") == (0, f"would be interrupted: {before} runs.\n")
    assert restored.query(_UNFINISHED) == [(before,)]
    assert runs(restored, "interrupt") == (0, f"interrupted: {before} runs.\n")
    assert runs(restored, "interrupt") == (0, "interrupted: 0 runs.\n")
    counted = "SELECT count FROM runs_tally WHERE span = 86400 AND app_id = '' AND kind = 'interrupted'"
    assert restored.query(counted) == [(before,)]
    server = restored.start()
    if restored.database_url.startswith("postgresql"):
        assert restored.query("SELECT count(*) FROM procrastinate_jobs") == [(0,)]
    for (run_id,) in restored.query("SELECT id FROM runs_run WHERE status = 'interrupted'"):
        _, last = events_of(web.get(f"{server.url}/runs/{run_id}/events").text)[-1]
        assert (last["type"], last["error"]["type"]) == ("error", "Interrupted")
        shown = json.loads(restored.manage("runs", "show", run_id, "--json").stdout)
        assert shown["status"] == "interrupted"
        assert "manage.py runs interrupt" in shown["error"]["message"]
    assert restored.query("SELECT count(*) FROM runs_run WHERE status = 'complete'") == [(1,)]
    assert send(server, "/waits") == 202


def test_beside_a_process_that_goes_on_none_is_ended(restored: Hub) -> None:
    [(before,)] = restored.query(_UNFINISHED)
    server = restored.start()
    code, output = runs(restored, "interrupt")
    assert code == 1
    assert "Stop all servers and workers first. These are running: " in output
    assert f"(pid {server.process.pid})" in output
    assert restored.query(_UNFINISHED) == [(before,)]
