"""Runs on workers: servers record them with their jobs, which procrastinate's workers fetch."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import psycopg
import pytest
from httpx_sse import connect_sse

from tests.conftest import WORKFLOWS
from tests.processes.test_recovery import logs_of
from tests.support.hub import PROJECT, Hub, Server, wait_until
from tests.support.proxy import Proxy, before_database
from tests.support.web import received, web

_FAILS = """
import os
import signal
from runs.workflows import workflow


@workflow
async def fails(request, run, *, times: int):
    await run.progress(40)
    if run.attempt <= times:
        raise ConnectionError(f"try {run.attempt}")
    return {"attempt": run.attempt, "pid": os.getpid()}


@workflow
async def crashes_and_fails(request, run):
    await run.progress(40)
    if run.attempt == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    if run.attempt == 2:
        raise ConnectionError("try 2")
    return {"attempt": run.attempt}


@workflow
async def where(request, run):
    return {"pid": os.getpid(), "body": request.body.decode()}
"""
_WORKERS = "procrastinate"
_SINKS: list[dict[str, Any]] = [
    {"path": "/where", "workflow": "where", "engine": _WORKERS},
    {"path": "/here", "workflow": "where", "engine": "local"},
    {"path": "/default", "workflow": "where"},
    {"path": "/steps", "workflow": "steps", "options": {"count": 5, "pause": 0.3}, "engine": _WORKERS},
    {"path": "/long", "workflow": "steps", "options": {"count": 20, "pause": 0.2}, "engine": _WORKERS},
    {"path": "/longer", "workflow": "steps", "options": {"count": 40, "pause": 0.2}, "engine": _WORKERS},
    {"path": "/late", "workflow": "steps", "options": {"count": 2, "pause": 2.0}, "engine": _WORKERS},
    {"path": "/once", "workflow": "once", "options": {"pause": 20.0}, "engine": _WORKERS},
    {"path": "/retried", "workflow": "fails", "options": {"times": 2}, "engine": _WORKERS, "attempts": 3, "backoff": 0},
    {"path": "/fails", "workflow": "fails", "options": {"times": 9}, "engine": _WORKERS, "attempts": 2, "backoff": 0},
    {"path": "/raises", "workflow": "raises", "engine": _WORKERS},
    {"path": "/crashes", "workflow": "crashes_and_fails", "engine": _WORKERS, "attempts": 2, "backoff": 0},
]


@pytest.fixture
def site(make_hub: Callable[[str], Hub]) -> Iterator[Hub]:
    hub = make_hub("postgresql")
    hub.add_workflows(fails=_FAILS, behaviours=(WORKFLOWS / "behaviours.py").read_text())
    hub.environment["GRACE_SECONDS"] = "1"
    hub.add_sinks(_SINKS)
    yield hub
    hub.close()


def start_worker(hub: Hub) -> Server:
    return hub.launch(["manage.py", "worker"])


def trigger(server: Server, path: str, **kwargs: Any) -> httpx.Response:
    return web.post(f"{server.url}/app_test{path}", timeout=60, **kwargs)


def trigger_async(server: Server, path: str) -> str:
    answer = trigger(server, path, headers={"Prefer": "respond-async"})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["run_id"])


def events_of(server: Server, run_id: str) -> list[dict[str, Any]]:
    """Read a run's stream to its end. Return its events."""
    with (
        httpx.Client(timeout=60) as client,
        connect_sse(client, "GET", f"{server.url}/runs/{run_id}/events") as source,
    ):
        # httpx-sse returns an empty event for a keep-alive comment.
        return [json.loads(event.data) for event in received(source)]


def state(hub: Hub, run_id: str) -> tuple[Any, ...]:
    return hub.query(f"SELECT status, attempt FROM runs_run WHERE id = '{run_id}'")[0]


def jobs(hub: Hub) -> int:
    return int(hub.query("SELECT count(*) FROM procrastinate_jobs")[0][0])


def test_a_worker_executes_what_a_server_accepted_and_the_server_streams_it(site: Hub) -> None:
    server, worker = site.start(), start_worker(site)
    with (
        httpx.Client(timeout=60) as client,
        connect_sse(client, "POST", f"{server.url}/app_test/steps", content=b"x") as source,
    ):
        events = [(event.id, json.loads(event.data)) for event in received(source)]
    assert [seq for seq, _ in events] == ["1", "2", "3", "4", "5", "6"]
    assert [event.get("progress") for _, event in events] == [20, 40, 60, 80, 100, None]
    assert events[-1][1]["output"] == {"steps": 5, "attempt": 1}
    answer = trigger(server, "/where", headers={"Accept": "application/json"}, content=b"kept as it came").json()
    assert answer["status"] == "complete"
    assert answer["output"] == {"pid": worker.process.pid, "body": "kept as it came"}
    wait_until(lambda: jobs(site) == 0, "jobs that are done stay behind")


def test_a_sink_chooses_where_its_runs_are_executed_and_run_engine_is_the_default(site: Hub) -> None:
    server, by_default = site.start(), site.start(RUN_ENGINE="procrastinate")
    worker = start_worker(site)

    def pid(at: Server, path: str) -> int:
        return int(trigger(at, path, headers={"Accept": "application/json"}).json()["output"]["pid"])

    assert pid(server, "/here") == pid(server, "/default") == server.process.pid
    assert pid(by_default, "/here") == by_default.process.pid
    assert pid(by_default, "/default") == worker.process.pid


def test_runs_wait_in_the_queue_until_there_is_a_worker(site: Hub) -> None:
    server = site.start()
    answer = trigger(server, "/where", headers={"Prefer": "respond-async"}).json()
    assert answer["status"] == "queued"
    run = web.get(f"{server.url}/runs/{answer['run_id']}").json()
    assert (run["status"], run["started_at"]) == ("queued", None)
    server.kill()
    server = site.start()
    start_worker(site)
    assert events_of(server, answer["run_id"])[-1]["type"] == "complete"
    assert state(site, answer["run_id"]) == ("complete", 1)


def test_a_failed_attempt_is_followed_by_another_which_the_stream_shows(site: Hub) -> None:
    server = site.start()
    start_worker(site)
    run_id = trigger_async(server, "/retried")
    events = events_of(server, run_id)
    assert [event["type"] for event in events] == ["progress", "log", "progress", "log", "progress", "complete"]
    assert events[1]["message"] == "Attempt 1 failed: ConnectionError: try 1. The next starts in 0 s."
    assert events[-1]["output"]["attempt"] == 3
    assert state(site, run_id) == ("complete", 3)
    assert len(logs_of(site)[run_id]) == 6


def test_the_last_failed_attempt_ends_the_run(site: Hub) -> None:
    server = site.start()
    start_worker(site)
    run_id = trigger_async(server, "/fails")
    assert events_of(server, run_id)[-1]["error"] == {"type": "ConnectionError", "message": "try 2"}
    assert state(site, run_id) == ("error", 2)
    run_id = trigger_async(server, "/raises")
    assert events_of(server, run_id)[-1]["error"]["type"] == "LookupError"
    assert state(site, run_id) == ("error", 1)


def test_the_runs_of_a_worker_that_is_killed_begin_again_on_another(site: Hub) -> None:
    server, first = site.start(), start_worker(site)
    long, once = trigger_async(server, "/long"), trigger_async(server, "/once")
    wait_until(lambda: {state(site, long), state(site, once)} == {("running", 1)}, "the runs do not begin")
    start_worker(site)
    start_worker(site)
    wait_until(lambda: len(site.query("SELECT 1 FROM runs_segment")) > 1, "nothing is recorded")
    first.kill()
    events = events_of(server, long)
    assert events[-1]["output"] == {"steps": 20, "attempt": 2}
    progress = [event["progress"] for event in events if event["type"] == "progress"]
    assert progress == sorted(progress)
    assert events_of(server, once)[-1]["error"]["type"] == "Interrupted"
    assert [state(site, run_id) for run_id in (long, once)] == [("complete", 2), ("interrupted", 2)]
    assert len(logs_of(site)[long]) == len(events)


def test_a_crash_takes_no_attempt_from_the_rule_for_failures(site: Hub) -> None:
    server = site.start()
    start_worker(site)
    start_worker(site)
    run_id = trigger_async(server, "/crashes")
    assert events_of(server, run_id)[-1]["output"] == {"attempt": 3}
    counts = site.query(f"SELECT attempt, retries, crashes, lease FROM runs_run WHERE id = '{run_id}'")
    assert counts == [(3, 1, 1, 4)]  # of which the first lease was the queue's


def test_a_worker_that_was_only_slow_cannot_write_into_a_run_that_it_has_lost(site: Hub) -> None:
    server, slow = site.start(), start_worker(site)
    run_id = trigger_async(server, "/long")
    wait_until(lambda: len(site.query("SELECT 1 FROM runs_segment")) > 0, "nothing is recorded")
    with slow.standing_still():
        start_worker(site)
        wait_until(lambda: state(site, run_id) == ("running", 2), "the run is not taken over")
    assert events_of(server, run_id)[-1]["output"] == {"steps": 20, "attempt": 2}
    wait_until(lambda: f"attempt lost: run={run_id} attempt=1" in slow.log(), "the loss is not said")
    assert state(site, run_id) == ("complete", 2)
    assert len(logs_of(site)[run_id]) > 20


def test_who_stands_still_in_the_middle_of_a_look_for_stalled_jobs_holds_nobody_up(site: Hub) -> None:
    from runs.recovery.ownership import LOCK_CLASS

    server, first = site.start(), start_worker(site)
    run_id = trigger_async(server, "/long")
    wait_until(lambda: state(site, run_id) == ("running", 1), "the run does not begin")
    first.kill()
    holds = (
        "import time; from django.db import connection, transaction\n"
        "with transaction.atomic():\n"
        f" connection.cursor().execute('SELECT pg_advisory_xact_lock({LOCK_CLASS}, -1)')\n"
        " print('held', flush=True)\n"
        " time.sleep(600)"
    )
    shell = [sys.executable, "manage.py", "shell", "--no-imports", "-v0", "-c", holds]
    with subprocess.Popen(shell, cwd=PROJECT, env=site.env(), stdout=subprocess.PIPE, text=True) as still:
        try:
            assert still.stdout is not None
            assert still.stdout.readline() == "held\n"
            start_worker(site)
            assert events_of(server, run_id)[-1]["output"] == {"steps": 20, "attempt": 2}
        finally:
            still.kill()


def test_a_connection_that_breaks_before_a_runs_first_event_does_not_take_the_run_away(site: Hub) -> None:
    server = site.start()
    start_worker(site)
    trigger(server, "/where", headers={"Accept": "application/json"})  # opens the connection of the worker's journal
    run_id = trigger_async(server, "/late")
    wait_until(lambda: state(site, run_id) == ("running", 1), "the run does not begin")
    site.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    assert events_of(server, run_id)[-1]["output"]["steps"] == 2


@pytest.fixture
def cut_off(site: Hub) -> Iterator[tuple[Server, Proxy]]:
    """A worker behind a proxy that can disconnect it from its database."""
    proxy, url = before_database(site.database_url)
    timeouts = {"DATABASE_AWAY_TIMEOUT": "4", "DATABASE_PROBE_TIMEOUT": "1"}
    yield site.launch(["manage.py", "worker"], DATABASE_URL=url, **timeouts), proxy
    proxy.close()


def test_a_worker_goes_on_after_its_database_was_away(site: Hub, cut_off: tuple[Server, Proxy]) -> None:
    server, (worker, proxy) = site.start(), cut_off
    running = trigger_async(server, "/longer")
    wait_until(lambda: state(site, running) == ("running", 1), "the run does not begin")
    proxy.cut()
    wait_until(lambda: "job queue unreachable" in worker.log(), "the worker does not notice")
    waiting = trigger_async(server, "/where")
    proxy.restore()
    assert events_of(server, waiting)[-1]["output"]["pid"] == worker.process.pid
    assert events_of(server, running)[-1]["output"] == {"steps": 40, "attempt": 1}
    wait_until(lambda: jobs(site) == 0, "jobs are left")
    assert worker.stop() == 0


def test_a_worker_that_is_told_to_end_while_its_database_is_away_ends(cut_off: tuple[Server, Proxy]) -> None:
    worker, proxy = cut_off
    wait_until(lambda: "worker started" in worker.log(), "the worker does not start")
    proxy.cut()
    wait_until(lambda: "job queue unreachable" in worker.log(), "the worker does not notice")
    assert worker.stop() == 0
    assert "worker stopped" in worker.log()


def test_a_job_that_a_worker_was_given_without_hearing_of_it_is_queued_again(site: Hub) -> None:
    server, worker = site.start(), start_worker(site)
    trigger(server, "/where", headers={"Accept": "application/json"})
    with worker.standing_still():
        run_id = trigger_async(server, "/where")
        # As if the connection broke just before the answer to the fetch arrived.
        site.query(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = (SELECT id FROM procrastinate_workers)"
            " RETURNING id"
        )
    assert events_of(server, run_id)[-1]["output"]["pid"] == worker.process.pid
    wait_until(lambda: jobs(site) == 0, "the job is left")


def test_a_worker_that_is_told_to_end_keeps_its_runs_for_as_long_as_they_have(site: Hub) -> None:
    site.environment["GRACE_SECONDS"] = "20"
    server, first = site.start(), start_worker(site)
    run_id = trigger_async(server, "/longer")  # longer than the timeout of a silent worker
    wait_until(lambda: state(site, run_id) == ("running", 1), "the run does not begin")
    start_worker(site)
    assert first.stop() == 0
    assert events_of(server, run_id)[-1]["output"] == {"steps": 40, "attempt": 1}
    assert state(site, run_id) == ("complete", 1)


def test_a_worker_that_is_told_to_end_gives_back_what_it_cannot_finish(site: Hub) -> None:
    server, first = site.start(), start_worker(site)
    run_id = trigger_async(server, "/long")
    wait_until(lambda: state(site, run_id) == ("running", 1), "the run does not begin")
    assert first.stop() == 0
    start_worker(site)
    assert events_of(server, run_id)[-1]["output"] == {"steps": 20, "attempt": 2}


def assign(hub: Hub, run_id: str) -> tuple[str, int, int]:
    """Assign a run's job to a fictitious live worker. Return the ids of run, job and worker."""
    lives_on = "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() + interval '1 hour') RETURNING id"
    [(worker_id,)] = hub.query(lives_on)
    [(job_id,)] = hub.query(f"UPDATE procrastinate_jobs SET status = 'doing', worker_id = {worker_id} RETURNING id")
    return run_id, job_id, worker_id


_END_WHILE_CLAIMING = """
import asyncio, types, psycopg
from procrastinate.job_context import AbortReason
from runs.workers import tasks

async def main():
    await tasks.engine()
    ids = {ids!r}
    async with await psycopg.AsyncConnection.connect({url!r}) as other:
        await other.execute("SELECT 1 FROM runs_run WHERE id = %s FOR UPDATE", ids[:1])
        context = types.SimpleNamespace(abort_reason=lambda: {reason})
        job = asyncio.create_task(tasks.execute_claimed(context, ids))
        waits = "SELECT 1 FROM pg_locks WHERE transactionid = pg_current_xact_id()::xid AND NOT granted"
        while await (await other.execute(waits)).fetchone() is None:
            await asyncio.sleep(0.05)
        job.cancel()
        await asyncio.wait([job], timeout=0)
    [ended] = await asyncio.gather(job, return_exceptions=True)
    print(type(ended).__name__)
    await tasks.stop_engine()

asyncio.run(main())
"""


def test_a_worker_that_is_told_to_end_while_it_claims_a_run_leaves_it_as_it_was(site: Hub) -> None:
    server = site.start()
    run_id = trigger_async(server, "/where")
    script = _END_WHILE_CLAIMING.format(url=site.database_url, ids=assign(site, run_id), reason="AbortReason.SHUTDOWN")
    assert site.shell(script).stdout.strip() == "CancelledError"
    assert site.query("SELECT status, attempt, executor_id, started_at FROM runs_run") == [("queued", 1, 0, None)]
    site.query("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute' RETURNING id")
    start_worker(site)
    assert events_of(server, run_id)[-1]["type"] == "complete"
    assert state(site, run_id) == ("complete", 1)


def test_a_job_that_is_aborted_while_its_run_is_claimed_cancels_the_run(site: Hub) -> None:
    run_id = trigger_async(site.start(), "/where")
    script = _END_WHILE_CLAIMING.format(
        url=site.database_url, ids=assign(site, run_id), reason="AbortReason.USER_REQUEST"
    )
    done = site.shell(script)
    assert done.stdout.strip() == "JobAborted"
    assert "does not stop" not in done.stderr
    assert state(site, run_id) == ("cancelled", 1)


_LOSE_THE_ANSWER = """
import asyncio, types
from django.conf import settings
from django.db import OperationalError
from runs.recovery import claims
from runs.workers import tasks

claim, give_back, away, tries, given_back = claims.claim_jobs, claims.give_back, {away}, 0, []
def noted(*args):
    give_back(*args)
    given_back.append(args)
claims.give_back = noted
def committed_unheard(*args):
    global tries
    tries += 1
    claimed = claim(*args) if tries == 1 or not away else None
    if tries == 1 or away:
        raise OperationalError("the connection broke while it committed")
    return claimed
claims.claim_jobs = committed_unheard
settings.CLAIM_TIMEOUT = 0.1

async def main():
    global away
    context = types.SimpleNamespace(abort_reason=lambda: None)
    job = asyncio.create_task(tasks.execute_claimed(context, {ids!r}))
    while not tries:
        await asyncio.sleep(0.01)
    if away:
        job.cancel()
    [ended] = await asyncio.gather(job, return_exceptions=True)
    print(type(ended).__name__)
    if away:
        away = False
        while not given_back:
            await asyncio.sleep(0.01)
    await tasks.stop_engine()

asyncio.run(main())
"""


def test_a_claim_that_is_committed_unheard_does_not_make_its_run_one_that_has_begun(site: Hub) -> None:
    server = site.start()
    run_id = trigger_async(server, "/where")
    script = _LOSE_THE_ANSWER.format(ids=assign(site, run_id), away=False)
    assert site.shell(script).stdout.strip() == "NoneType"
    [last] = events_of(server, run_id)
    assert last["type"] == "complete"
    assert state(site, run_id) == ("complete", 1)


def test_a_claim_that_was_committed_when_its_job_had_ended_already_is_given_back(site: Hub) -> None:
    run_id = trigger_async(site.start(), "/where")
    script = _LOSE_THE_ANSWER.format(ids=assign(site, run_id), away=True)
    assert site.shell(script).stdout.strip() == "CancelledError"
    assert state(site, run_id) == ("queued", 1)


def test_a_worker_that_starts_leaves_those_alone_that_are_only_slow(site: Hub) -> None:
    server, slow = site.start(), start_worker(site)
    wait_until(lambda: site.query("SELECT 1 FROM procrastinate_workers"), "the worker does not sign on")
    with slow.standing_still():
        site.query("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute' RETURNING id")
        other = start_worker(site)
        wait_until(lambda: len(site.query("SELECT 1 FROM procrastinate_workers")) == 2, "the other does not sign on")
        assert other.stop() == 0
    answer = trigger(server, "/where", headers={"Accept": "application/json"}).json()
    assert answer["output"]["pid"] == slow.process.pid


def test_a_worker_lives_on_where_another_takes_a_job_of_the_same_lock_in_the_same_moment(site: Hub) -> None:
    server = site.start()
    first, second = trigger_async(server, "/where"), trigger_async(server, "/where")
    # The second job comes first by priority, so the worker fetches it regardless of the uncommitted fetch of the first.
    site.query("UPDATE procrastinate_jobs SET lock = 'one' RETURNING id")
    site.query(f"UPDATE procrastinate_jobs SET priority = 1 WHERE args->>'run_id' = '{second}' RETURNING id")
    take = f"UPDATE procrastinate_jobs SET status = 'doing' WHERE args->>'run_id' = '{first}'"
    with site.uncommitted(take) as is_waited_for:
        worker = start_worker(site)
        wait_until(is_waited_for, "the worker does not take the other")
    # The first job is `doing` without a worker, so it is queued again like the job of a dead worker.
    for run_id in (first, second):
        assert events_of(server, run_id)[-1]["output"]["pid"] == worker.process.pid


def test_when_a_run_ends_the_next_one_that_its_sink_allows_begins_without_waiting(site: Hub) -> None:
    site.add_sinks([{"path": "/one", "workflow": "where", "engine": _WORKERS, "concurrency": 1}])
    server = site.start()
    # Only the end of the previous run notifies the worker of the next one.
    run_ids = [trigger_async(server, "/one") for _ in range(4)]
    site.launch(["manage.py", "worker"], JOB_POLL_INTERVAL="100000")
    for run_id in run_ids:
        assert events_of(server, run_id)[-1]["type"] == "complete"


def test_a_worker_notices_that_its_database_has_fallen_silent(site: Hub, cut_off: tuple[Server, Proxy]) -> None:
    server, (worker, proxy) = site.start(), cut_off
    wait_until(lambda: "worker started" in worker.log(), "the worker does not start")
    proxy.hang()
    wait_until(lambda: "job queue unreachable" in worker.log(), "the worker does not notice")
    run_id = trigger_async(server, "/where")
    proxy.restore()
    assert events_of(server, run_id)[-1]["output"]["pid"] == worker.process.pid
    proxy.hang()
    assert worker.stop() == 0


def test_a_job_that_fails_for_another_reason_than_its_workflow_is_logged_and_tried_again(site: Hub) -> None:
    server = site.start()
    run_id = trigger_async(server, "/where")
    with psycopg.connect(site.database_url) as session:
        session.execute("ALTER TABLE runs_delivery RENAME TO away")
    worker = start_worker(site)
    logged = f"job failed, will retry: run={run_id} error=ProgrammingError"
    wait_until(lambda: logged in worker.log(), "nothing is said")
    with psycopg.connect(site.database_url) as session:
        session.execute("ALTER TABLE away RENAME TO runs_delivery")
    assert events_of(server, run_id)[-1]["type"] == "complete"
    assert "Traceback" not in worker.log()
    assert state(site, run_id) == ("complete", 1)


def abort(hub: Hub, run_id: str) -> None:
    """Abort a run's job with procrastinate's own functions."""
    [(job_id,)] = hub.query(f"SELECT id FROM procrastinate_jobs WHERE args->>'run_id' = '{run_id}'")
    hub.query(f"SELECT procrastinate_cancel_job_v1({job_id}, true, false)")


@pytest.mark.parametrize("when", ["queued", "running", "its worker is dead"])
def test_a_job_that_procrastinate_aborts_cancels_its_run(site: Hub, when: str) -> None:
    server = site.start()
    worker = start_worker(site) if when != "queued" else None
    run_id = trigger_async(server, "/longer")
    if worker is not None:
        wait_until(lambda: state(site, run_id) == ("running", 1), "the run does not begin")
    if worker is not None and when != "running":
        worker.kill()
    abort(site, run_id)
    if when != "running":
        start_worker(site)
    assert events_of(server, run_id)[-1] == {"type": "cancelled", "run_id": run_id}
    assert state(site, run_id)[0] == "cancelled"


@pytest.mark.parametrize("begun", [False, True], ids=["queued", "running"])
def test_a_run_is_cancelled_wherever_it_is(site: Hub, begun: bool) -> None:
    server = site.start()
    worker = start_worker(site) if begun else None
    run_id = trigger_async(server, "/long")
    if begun:
        wait_until(lambda: state(site, run_id) == ("running", 1), "the run does not begin")
    cancel = f"from runs.models import Run; Run.objects.filter(pk='{run_id}').update(cancel_requested=True)"
    site.shell(cancel)
    assert events_of(server, run_id)[-1] == {"type": "cancelled", "run_id": run_id}
    worker = worker or start_worker(site)
    wait_until(lambda: jobs(site) == 0, "its job stays behind")
    assert state(site, run_id)[0] == "cancelled"
    assert worker.process.poll() is None


def test_of_the_runs_that_wait_those_of_a_higher_priority_begin_first_and_a_retry_keeps_it(site: Hub) -> None:
    tried = {"workflow": "fails", "options": {"times": 1}, "attempts": 2, "backoff": 0}
    site.add_sinks(
        [
            {"path": "/idle", "workflow": "where", "engine": _WORKERS, "priority": -100},
            {"path": "/urgent", "engine": _WORKERS, "priority": 100, **tried},
        ]
    )
    server = site.start()
    last, second, third, first = (trigger_async(server, path) for path in ("/idle", "/where", "/where", "/urgent"))
    assert [row[0] for row in site.query("SELECT priority FROM procrastinate_jobs ORDER BY id")] == [-100, 0, 0, 100]
    site.launch(["manage.py", "worker", "--concurrency", "1"])
    assert events_of(server, last)[-1]["type"] == "complete"
    assert state(site, first) == ("complete", 2)
    # In the order of the last attempts: the second attempt of the urgent run came before all others.
    begun = [row[0] for row in site.query("SELECT id FROM runs_run ORDER BY started_at")]
    assert begun == [first, second, third, last]


def test_a_priority_has_no_effect_on_the_runs_of_a_server(site: Hub) -> None:
    site.add_sinks([{"path": "/own", "workflow": "where", "engine": "local", "priority": 100}])
    server = site.start()
    output = trigger(server, "/own", headers={"Accept": "application/json"}).json()["output"]
    assert (output["pid"], jobs(site)) == (server.process.pid, 0)


def test_a_job_of_a_dead_worker_keeps_its_priority(site: Hub) -> None:
    options = {"count": 20, "pause": 0.2}
    site.add_sinks([{"path": "/first", "workflow": "steps", "options": options, "engine": _WORKERS, "priority": 9}])
    server, worker = site.start(), start_worker(site)
    run_id = trigger_async(server, "/first")
    wait_until(lambda: state(site, run_id) == ("running", 1), "the run does not begin")
    worker.kill()
    start_worker(site)
    wait_until(lambda: state(site, run_id) == ("running", 2), "the run is not taken over")
    assert site.query("SELECT priority FROM procrastinate_jobs") == [(9,)]


def test_procrastinates_own_command_executes_runs_too(site: Hub) -> None:
    server = site.start()
    site.launch(["manage.py", "procrastinate", "worker"])
    assert trigger(server, "/where").text.count('"type":"complete"') == 1


def test_without_procrastinates_tables_other_sinks_work_and_its_own_answer_500(site: Hub) -> None:
    with psycopg.connect(site.database_url) as session:
        session.execute("DROP TABLE procrastinate_jobs CASCADE")
    server = site.start()
    assert trigger(server, "/here").status_code == 200
    assert trigger(server, "/where").status_code == 500
    assert site.query("SELECT count(*) FROM runs_run") == [(1,)]


def test_workers_are_refused_on_sqlite_with_what_to_do(make_hub: Callable[[str], Hub]) -> None:
    hub = make_hub("sqlite")
    done = hub.manage("worker", check=False)
    assert (done.returncode, "postgres://" in done.stderr) == (1, True)
    done = hub.manage("check", check=False, RUN_ENGINE="procrastinate")
    assert done.returncode != 0
    assert "needs PostgreSQL" in done.stderr


def test_many_runs_on_two_workers_are_all_executed_once(site: Hub) -> None:
    server = site.start()
    workers = {start_worker(site).process.pid, start_worker(site).process.pid}
    run_ids = [trigger_async(server, "/where") for _ in range(100)]
    wait_until(
        lambda: site.query("SELECT count(*) FROM runs_run WHERE status = 'complete'") == [(100,)], "some do not end"
    )
    assert site.query("SELECT DISTINCT attempt FROM runs_run") == [(1,)]
    logs = logs_of(site)
    assert {run_id: [event["type"] for event in logs[run_id]] for run_id in run_ids} == {
        run_id: ["complete"] for run_id in run_ids
    }
    assert {logs[run_id][-1]["output"]["pid"] for run_id in run_ids} <= workers
    assert os.getpid() not in workers
