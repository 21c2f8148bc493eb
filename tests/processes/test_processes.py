"""Several server processes on PostgreSQL and Redis: streams across processes, and outages of either service."""

import asyncio
import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from channels_redis.core import RedisChannelLayer  # type: ignore[import-untyped]
from httpx_sse import SSEError, connect_sse

from runs.recovery.ownership import LOCK_CLASS
from tests.support.hub import Hub, Server, wait_until, wait_until_ready
from tests.support.load import Load, check_accounted_for
from tests.support.proxy import Proxy, before_database
from tests.support.redis_server import RedisServer
from tests.support.web import received, web

_SINKS: list[dict[str, Any]] = [
    {"path": "/echo", "workflow": "echo"},
    {"path": "/short", "workflow": "steps", "options": {"count": 4, "pause": 0.2}},
    {"path": "/middle", "workflow": "steps", "options": {"count": 4, "pause": 0.5}},
    {"path": "/long", "workflow": "steps", "options": {"count": 8, "pause": 0.3}},
    {"path": "/flood", "workflow": "floods", "options": {"events": 400, "size": 100}},
    {"path": "/many", "workflow": "steps", "options": {"count": 150, "pause": 0.001}},
    {"path": "/gated", "workflow": "gated"},
    {"path": "/late", "workflow": "floods", "options": {"events": 400, "size": 100, "wait": 1.5}},
]
_SERVE = ["manage.py", "serve", "--host", "127.0.0.1", "--port", "{port}"]
_ASYNC = {"Prefer": "respond-async"}


def _make_site(make_hub: Callable[[str], Hub], redis: RedisServer) -> Iterator[Hub]:
    made = make_hub("postgresql")
    made.environment["REDIS_URL"] = redis.url
    made.add_sinks([dict(sink) for sink in _SINKS])
    yield made
    made.close()


@pytest.fixture(scope="module")
def site(make_hub: Callable[[str], Hub], redis: RedisServer) -> Iterator[Hub]:
    yield from _make_site(make_hub, redis)


@pytest.fixture
def site_of_one(make_hub: Callable[[str], Hub], redis: RedisServer) -> Iterator[Hub]:
    """A hub without a second server that could take over the runs of the first."""
    yield from _make_site(make_hub, redis)


@pytest.fixture(scope="module")
def redis_proxy(redis: RedisServer) -> Iterator[Proxy]:
    """A proxy between the first server and Redis."""
    proxy = Proxy("127.0.0.1", redis.port)
    yield proxy
    proxy.close()


@pytest.fixture(scope="module")
def pair(site: Hub, redis_proxy: Proxy) -> tuple[Server, Server]:
    """Two servers: the first reaches Redis through the proxy."""
    first = site.start(wait=False, REDIS_URL=f"redis://127.0.0.1:{redis_proxy.port}/0")
    second = site.start(wait=False)
    for server in (first, second):
        wait_until_ready(server)
    return first, second


@pytest.fixture
def database_proxy(site_of_one: Hub) -> Iterator[tuple[Proxy, str]]:
    """A proxy in front of PostgreSQL, and the URL of the site's database through it."""
    proxy, url = before_database(site_of_one.database_url)
    yield proxy, url
    proxy.close()


def _trigger(server: Server, path: str) -> str:
    """Start a run without waiting for it. Return its id."""
    answer = web.post(f"{server.url}/app_test{path}", headers=_ASYNC, timeout=30)
    assert answer.status_code == 202, answer.text
    run_id: str = answer.json()["run_id"]
    return run_id


def _read(server: Server, run_id: str, after: int = 0, most: int = 100_000) -> list[tuple[int, dict[str, Any]]]:
    """Read a run's stream after event number `after`, to its end or up to `most` events."""
    events: list[tuple[int, dict[str, Any]]] = []
    headers = {"Last-Event-ID": str(after)} if after else {}
    address = f"{server.url}/runs/{run_id}/events"
    with httpx.Client(timeout=30) as client, connect_sse(client, "GET", address, headers=headers) as source:
        for event in received(source):
            if not event.data:
                continue  # httpx-sse returns an event for a keep-alive comment, too
            events.append((int(event.id), json.loads(event.data)))
            if len(events) == most:
                break
    return events


def _follow(server: Server, run_id: str) -> list[tuple[int, dict[str, Any]]]:
    """Read a run's stream to its last event as an EventSource does, which reconnects when the stream breaks."""
    events: list[tuple[int, dict[str, Any]]] = []

    def is_over() -> bool:
        with suppress(httpx.TransportError, SSEError):
            events.extend(_read(server, run_id, after=len(events)))
        return bool(events) and events[-1][1]["type"] == "complete"

    wait_until(is_over, "the stream does not come to its end")
    return events


def _check_whole(events: list[tuple[int, dict[str, Any]]], after: int = 0) -> None:
    """Check that the events contain each number once, in order, up to the last."""
    assert [number for number, _ in events] == list(range(after + 1, after + 1 + len(events)))
    assert [event["type"] for _, event in events].index("complete") == len(events) - 1


def _log_of(site: Hub, run_id: str) -> list[dict[str, Any]]:
    rows = site.query(f"SELECT data FROM runs_segment WHERE run_id = '{run_id}' ORDER BY last")
    return [json.loads(line) for (data,) in rows for line in data.split("\n")]


def _status(site: Hub, run_id: str) -> str:
    [(status,)] = site.query(f"SELECT status FROM runs_run WHERE id = '{run_id}'")
    return str(status)


def _ready(server: Server) -> dict[str, Any]:
    answer = web.get(f"{server.url}/readyz", timeout=30)
    found: dict[str, Any] = answer.json()
    assert answer.status_code == (200 if found["ready"] else 503)
    return found


def _about_redis(server: Server) -> list[str]:
    return [line for line in server.log().splitlines() if "channel layer" in line]


def _check_streams_between(site: Hub, pair: tuple[Server, Server]) -> None:
    """Check that each of two servers streams the other's runs, live and complete, also without hints."""

    def check(executing: Server, reading: Server) -> None:
        run_id = _trigger(executing, "/middle")
        [(number, event)] = _read(reading, run_id, most=1)
        assert (number, event["progress"], _status(site, run_id)) == (1, 25, "running")
        events = _read(reading, run_id)
        _check_whole(events)
        assert [event for _, event in events] == _log_of(site, run_id)

    with ThreadPoolExecutor(2) as threads:
        for done in [threads.submit(check, *pair), threads.submit(check, *pair[::-1])]:
            done.result()


def test_a_run_is_read_live_at_another_server(site: Hub, pair: tuple[Server, Server]) -> None:
    _check_streams_between(site, pair)


def test_a_reader_elsewhere_gets_hundreds_of_events_without_loss(site: Hub, pair: tuple[Server, Server]) -> None:
    run_ids = [_trigger(pair[number % 2], "/flood") for number in range(6)]
    with ThreadPoolExecutor(6) as threads:
        readings = [threads.submit(_read, pair[1 - number % 2], run_id) for number, run_id in enumerate(run_ids)]
        for reading, run_id in zip(readings, run_ids, strict=True):
            events = reading.result()
            _check_whole(events)
            assert len(events) == 401
            assert [event for _, event in events] == _log_of(site, run_id)


def test_readers_that_come_together_get_each_run_whole(site: Hub, pair: tuple[Server, Server]) -> None:
    run_ids = [_trigger(pair[0], path) for path in ("/many", "/many", "/many", "/flood", "/echo")]
    wait_until(lambda: {_status(site, run_id) for run_id in run_ids} == {"complete"}, "they go on")
    # All events of each run twice, and once the events after number 3.
    readings = [(run_id, after) for run_id in run_ids for after in (0, 0, 3)]
    with ThreadPoolExecutor(len(readings)) as threads:
        found = list(threads.map(lambda reading: _read(pair[1], *reading), readings))
    for (run_id, after), events in zip(readings, found, strict=True):
        _check_whole(events, after)
        assert [event for _, event in events] == _log_of(site, run_id)[after:]


def test_a_reader_goes_on_at_another_server(site: Hub, pair: tuple[Server, Server]) -> None:
    run_id = _trigger(pair[0], "/long")
    seen = _read(pair[0], run_id, most=2)
    seen += _read(pair[1], run_id, after=2, most=3)
    assert _status(site, run_id) == "running"
    seen += _read(pair[0], run_id, after=5)
    _check_whole(seen)
    assert len(seen) == 9
    answer = web.get(f"{pair[1].url}/runs/{run_id}/events", headers={"Last-Event-ID": "9"})
    assert answer.status_code == 204


async def _hints_of(redis: RedisServer, runs: Callable[[], str]) -> dict[str, list[int]]:
    """
    Return the numbers of the hints about each run, in order of arrival, until the hint for the last event of the run
    whose id `runs` returns; this run is first in the result.
    """
    layer = RedisChannelLayer(hosts=[redis.url])
    channel = await layer.new_channel()
    await layer.group_add("runs.hints", channel)
    last = await asyncio.to_thread(runs)
    hints: dict[str, list[int]] = {last: []}
    async with asyncio.timeout(30):
        while not hints[last] or hints[last][-1] < 401:
            for run_id, number in (await layer.receive(channel))["runs"].items():
                hints.setdefault(run_id, []).append(number)
    await layer.group_discard("runs.hints", channel)
    await layer.close_pools()
    return hints


def _read_elsewhere(pair: tuple[Server, Server]) -> str:
    """Have one server execute a run of hundreds of events, and read it at the other. Return its id."""
    run_id = _trigger(pair[1], "/late")
    _check_whole(_read(pair[0], run_id))
    return run_id


def test_one_hint_stands_for_all_that_was_recorded_meanwhile(redis: RedisServer, pair: tuple[Server, Server]) -> None:
    hints, *_ = asyncio.run(_hints_of(redis, lambda: _read_elsewhere(pair))).values()
    assert hints == sorted(hints)
    assert len(hints) < 40


def test_nobody_is_told_of_runs_that_are_read_where_they_are_executed(
    redis: RedisServer, pair: tuple[Server, Server]
) -> None:
    run_ids: list[str] = []

    def runs() -> str:
        run_ids.append(_trigger(pair[1], "/flood"))
        _check_whole(_read(pair[1], run_ids[0]))
        return _read_elsewhere(pair)

    hints = asyncio.run(_hints_of(redis, runs))
    assert run_ids[0] not in hints


def test_runs_and_streams_go_on_without_redis(site: Hub, pair: tuple[Server, Server], redis: RedisServer) -> None:
    lines = [len(_about_redis(server)) for server in pair]
    run_id = _trigger(pair[0], "/long")
    with ThreadPoolExecutor(1) as threads:
        reading = threads.submit(_read, pair[1], run_id)
        wait_until(lambda: _log_of(site, run_id), "no first step")
        redis.kill()
        for server in pair:
            found = _ready(server)
            assert found["ready"] and found["channel_layer"] != "ok" and found["database"] == "ok"
        _check_streams_between(site, pair)
        redis.start()
        events = reading.result()
    _check_whole(events)
    assert len(events) == 9
    for server, before in zip(pair, lines, strict=True):
        wait_until_ready(server)
        wait_until(lambda server=server, before=before: len(_about_redis(server)) >= before + 2, "no line in the log")  # type: ignore[misc]
        away, back = _about_redis(server)[before:]
        assert "channel layer unavailable" in away and "channel layer available again" in back
    # Hints about other runs that could not be sent meanwhile may arrive first.
    hints, *_ = asyncio.run(_hints_of(redis, lambda: _read_elsewhere(pair))).values()
    assert hints[-1] == 401


@pytest.mark.parametrize("fault", [Proxy.cut, Proxy.hang])
def test_one_server_without_redis_hinders_nobody(
    fault: Callable[[Proxy], None], site: Hub, pair: tuple[Server, Server], redis_proxy: Proxy
) -> None:
    before = len(_about_redis(pair[0])), len(_about_redis(pair[1]))
    fault(redis_proxy)
    try:
        found = _ready(pair[0])
        assert found["ready"] and found["channel_layer"] != "ok" and found["database"] == "ok"
        assert _ready(pair[1])["ready"]
        _check_streams_between(site, pair)
        wait_until(lambda: len(_about_redis(pair[0])) > before[0], "the server does not miss Redis")
    finally:
        redis_proxy.restore()
    wait_until_ready(pair[0])
    wait_until(lambda: "available again" in _about_redis(pair[0])[-1], "the server does not find back to Redis")
    assert len(_about_redis(pair[0])) == before[0] + 2
    assert len(_about_redis(pair[1])) == before[1]


@pytest.mark.parametrize("fault", [Proxy.cut, Proxy.hang])
def test_a_database_out_of_reach_is_survived(
    fault: Callable[[Proxy], None], site_of_one: Hub, database_proxy: tuple[Proxy, str]
) -> None:
    proxy, url = database_proxy
    server = site_of_one.start(DATABASE_URL=url)
    try:
        run_ids = [_trigger(server, path) for path in ("/long", "/long", "/flood")]
        with ThreadPoolExecutor(2) as threads:
            readings = [threads.submit(_follow, server, run_id) for run_id in run_ids[:2]]
            load = Load(server.url, ["/echo", "/short", "/echo"])
            try:
                wait_until(lambda: len(load.acknowledged) > 10, "no load")
                proxy.delay(0.05)
                before = len(load.acknowledged)
                wait_until(lambda: len(load.acknowledged) > before + 6, "no trigger is taken on a slow way")
                fault(proxy)
                wait_until(lambda: len(load.refused()) > 2, "no trigger is refused")
                assert not _ready(server)["ready"]
                assert web.get(f"{server.url}/healthz", timeout=10).status_code == 200
                proxy.restore()
                again = len(load.acknowledged)
                wait_until(lambda: len(load.acknowledged) > again + 10, "no trigger is taken again")
            finally:
                proxy.restore()
                load.stop()
            for reading in readings:
                events = reading.result()
                _check_whole(events)
                assert len(events) == 9
        assert {answer.status_code for answer in load.answers} == {202, 503}
        for answer in load.refused():
            assert int(answer.headers["retry-after"]) > 0
            assert answer.headers["content-type"] == "application/problem+json"
        check_accounted_for(site_of_one, load.acknowledged | set(run_ids))
        wait_until_ready(server)
    finally:
        assert server.stop() == 0


def test_a_server_whose_database_was_away_for_long_holds_its_lock_again(
    site_of_one: Hub, database_proxy: tuple[Proxy, str]
) -> None:
    proxy, url = database_proxy
    server = site_of_one.start(DATABASE_URL=url)
    [(own, _)] = site_of_one.query(_LOCKS)
    proxy.cut()
    # Until it has failed to take its lock, and once more: it checks its lock more often than it recovers.
    wait_until(lambda: server.log().count("recovery failed") >= 3, "it does not look")
    assert site_of_one.query(_LOCKS) == []
    proxy.restore()
    wait_until(lambda: _has_lock(site_of_one, own), "it does not hold its lock")


# The executors whose lock is held, and the session that holds it.
_LOCKS = (
    f"SELECT objid, pid FROM pg_locks WHERE locktype = 'advisory' AND classid = {LOCK_CLASS} AND granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


def _has_lock(site: Hub, executor_id: int) -> bool:
    return executor_id in dict(site.query(_LOCKS))


def _begin_gated(site: Hub, server: Server) -> str:
    """Start a run that waits for `_open_gates`."""
    answer = web.post(f"{server.url}/app_test/gated", headers=_ASYNC, data={"gates": str(site.folder)}, timeout=30)
    run_id: str = answer.json()["run_id"]
    return run_id


def _open_gates(site: Hub) -> None:
    for step in "12":
        (site.folder / step).touch()


def _state(site: Hub) -> tuple[str, int]:
    """Return status and attempt of the only run."""
    [(status, attempt)] = site.query("SELECT status, attempt FROM runs_run")
    return status, attempt


# Breaks the session of a process just after it was used, so that the process takes the longest to notice. The script
# then runs an executor for three scans for dead processes; the process is stopped until a scan saw it without its lock.
_BREAK_AND_LOOK = """
import asyncio, os, signal, time
from django.db import connection
from runs import runtime
from runs.recovery import takeover

def ask(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]

used = "SELECT state_change FROM pg_stat_activity WHERE pid = {pid}"
before = ask(used)
for _ in range(3000):
    if ask(used) != before:
        break
    time.sleep(0.01)
else:
    raise SystemExit("the session is not used")
os.kill({server}, signal.SIGSTOP)
assert ask("SELECT pg_terminate_backend({pid}, 5000)")

recover, looks = takeover.recover, []
async def counted(*args):
    looks.append(await recover(*args))
    os.kill({server}, signal.SIGCONT)
    return looks[-1]
takeover.recover = counted

async def main():
    other = await runtime.Engine.start()
    while len(looks) < 3:
        await asyncio.sleep(0.05)
    await other.stop()
    assert {own} in looks[0].free, looks
asyncio.run(main())
"""


def test_a_live_server_whose_lock_broke_keeps_its_runs_while_others_look(site_of_one: Hub) -> None:
    server = site_of_one.start()
    run_id = _begin_gated(site_of_one, server)
    [(own, session)] = site_of_one.query(_LOCKS)
    script = _BREAK_AND_LOOK.format(pid=session, own=own, server=server.process.pid)
    try:
        site_of_one.shell(script)
    finally:
        server.process.send_signal(signal.SIGCONT)
    assert _state(site_of_one) == ("running", 1)
    assert dict(site_of_one.query(_LOCKS))[own] != session
    # Although it took its lock again in time, its run is taken over after it dies.
    server.kill()
    _open_gates(site_of_one)
    _check_whole(_follow(site_of_one.start(), run_id))
    assert _state(site_of_one) == ("complete", 2)


def test_a_server_whose_lock_was_held_by_another_for_a_moment_goes_on_with_its_runs(site_of_one: Hub) -> None:
    server = site_of_one.start()
    run_id = _begin_gated(site_of_one, server)
    [(own, session)] = site_of_one.query(_LOCKS)
    with psycopg.connect(site_of_one.database_url, autocommit=True) as other:
        with server.standing_still():
            other.execute("SELECT pg_terminate_backend(%s)", [session])
            other.execute("SELECT pg_advisory_lock(%s, %s)", [LOCK_CLASS, own])
        wait_until(lambda: "executor lock lost, its session broke" in server.log(), "it does not notice")
    wait_until(lambda: _has_lock(site_of_one, own), "it does not hold its lock")
    _open_gates(site_of_one)
    _check_whole(_follow(server, run_id))
    assert _state(site_of_one) == ("complete", 1)


def test_a_server_that_lost_its_runs_while_its_lock_was_broken_stops_them(site_of_one: Hub) -> None:
    server = site_of_one.start()
    run_id = _begin_gated(site_of_one, server)
    [(executor, session)] = site_of_one.query(_LOCKS)
    with server.standing_still():
        site_of_one.query(f"SELECT pg_terminate_backend({session})")
        other = site_of_one.start()
        wait_until(lambda: _state(site_of_one) == ("running", 2), "the run is not taken over")
        # Then the server can take its lock again at once, as if it had never lost it.
        wait_until(lambda: executor not in dict(site_of_one.query(_LOCKS)), "the lock is not given up")
    # It records nothing that the fence could refuse.
    wait_until(
        lambda: "runs taken over by other processes, stopped here: count=1" in server.log(), "it goes on with the run"
    )
    _open_gates(site_of_one)
    _check_whole(_follow(other, run_id))
    assert _state(site_of_one) == ("complete", 2)


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _is_there(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _nobody_listens(port: int) -> bool:
    with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port), 5):
        return False
    return True


def _executing(site: Hub, run_ids: set[str]) -> set[int]:
    """Return the ids of the processes that execute or executed these runs."""
    rows = site.query("SELECT r.id, e.pid FROM runs_run r JOIN runs_executor e ON e.id = r.executor_id")
    return {pid for run_id, pid in rows if run_id in run_ids}


def test_a_worker_that_is_killed_is_replaced_and_its_runs_are_not_lost(site: Hub) -> None:
    server = site.launch([*_SERVE, "--workers", "2"])
    wait_until_ready(server)
    first = set(_children(server.process.pid))
    assert len(first) == 2
    load = Load(server.url, ["/echo", "/short", "/short", "/short"])
    try:
        wait_until(lambda: _executing(site, load.acknowledged) >= first, "one worker gets nothing")
        killed = min(first)
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: set(_children(server.process.pid)) - first, "no new worker")
        new = set(_children(server.process.pid)) - first
        wait_until(lambda: _executing(site, load.acknowledged) >= new, "the new worker gets nothing")
    finally:
        load.stop()
    check_accounted_for(site, load.acknowledged)
    workers = _children(server.process.pid)
    assert len(workers) == 2
    assert killed not in workers

    run_id = _trigger(server, "/short")
    assert server.stop() == 0
    assert _status(site, run_id) == "complete"
    assert not any(map(_is_there, workers))
    assert _nobody_listens(server.port)


def test_workers_end_with_a_parent_that_is_killed(make_hub: Callable[[str], Hub]) -> None:
    made = make_hub("sqlite")
    made.add_sinks([dict(sink) for sink in _SINKS])
    server = made.launch([*_SERVE, "--workers", "2"])
    try:
        wait_until_ready(server)
        run_id = _trigger(server, "/middle")
        workers = _children(server.process.pid)
        assert len(workers) == 2
    finally:
        server.kill()
    wait_until(lambda: not any(map(_is_there, workers)), "a worker outlives its parent")
    assert made.query(f"SELECT status FROM runs_run WHERE id = '{run_id}'") == [("complete",)]


def test_workers_that_cannot_start_end_the_parent(make_hub: Callable[[str], Hub], tmp_path: Path) -> None:
    empty = Hub(tmp_path, f"sqlite:///{tmp_path}/nothing.sqlite3")
    server = empty.launch([*_SERVE, "--workers", "2"])
    workers: set[int] = set()
    while server.process.poll() is None:
        workers.update(_children(server.process.pid))
        time.sleep(0.05)
    assert server.process.returncode == 3
    assert not any(map(_is_there, workers))
    refused = empty.manage("serve", "--workers", "0", check=False)
    assert refused.returncode != 0
    assert "at least 1" in refused.stderr
