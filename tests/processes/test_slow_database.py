"""A database that still answers is slow, not away: nothing is cancelled, and no process counts as dead."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psycopg
import pytest

from runs.recovery.ownership import LOCK_CLASS
from tests.support.hub import Hub, Server, wait_until, wait_until_ready
from tests.support.proxy import Proxy, before_database
from tests.support.web import web

_WORKERS = "procrastinate"
_SINKS: list[dict[str, Any]] = [
    {"path": "/echo", "workflow": "echo"},
    {"path": "/steps", "workflow": "steps", "options": {"count": 4, "pause": 0.5}},
    {"path": "/queued", "workflow": "steps", "options": {"count": 4, "pause": 0.5}, "engine": _WORKERS},
]
# The probe timeout is shorter than the delayed answer to a probe.
_SHORT = {
    "DATABASE_SILENCE_TIMEOUT": "0.2",
    "DATABASE_PROBE_TIMEOUT": "0.2",
    "DATABASE_AWAY_TIMEOUT": "30",
    "DATABASE_SLOW_TIMEOUT": "0.5",
    "IDLE_TRANSACTION_TIMEOUT": "60",
    "RECOVERY_INTERVAL": "0.5",
    "LOCK_CHECK_INTERVAL": "0.2",
    "READINESS_TIMEOUT": "0.5",
    "JOB_CONNECTION_TIMEOUT": "10",
}
_DELAY = 1.0  # seconds in each direction
_ASYNC = {"Prefer": "respond-async"}
_SESSIONS = (
    f"SELECT objid, pid FROM pg_locks WHERE locktype = 'advisory' AND classid = {LOCK_CLASS} AND granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND objsubid = 2"
    " AND objid < 2147483648"  # of executors, not of the index of the search
)


@pytest.fixture
def site(make_hub: Callable[[str], Hub]) -> Iterator[Hub]:
    made = make_hub("postgresql")
    made.environment |= _SHORT | {"GRACE_SECONDS": "1"}
    made.add_sinks(_SINKS)
    yield made
    made.stop()


@pytest.fixture
def proxy(site: Hub) -> Iterator[tuple[Proxy, str]]:
    """A proxy in front of PostgreSQL, and the URL of the site's database through it."""
    before, url = before_database(site.database_url)
    yield before, url
    before.close()


def _post(server: Server, path: str) -> httpx.Response:
    return web.post(f"{server.url}/app_test{path}", headers=_ASYNC, timeout=120)


def _detail(answer: httpx.Response) -> str:
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    return str(answer.json()["detail"])


def _ready(server: Server) -> dict[str, Any]:
    found: dict[str, Any] = web.get(f"{server.url}/readyz", timeout=120).json()
    return found


def _state(site: Hub, run_id: str) -> tuple[Any, ...]:
    return site.query(f"SELECT status, attempt FROM runs_run WHERE id = '{run_id}'")[0]


def test_runs_complete_on_a_slow_database_and_nobody_takes_them_over(site: Hub, proxy: tuple[Proxy, str]) -> None:
    way, url = proxy
    server = site.start(DATABASE_URL=url)
    other = site.start()
    run_id = _post(server, "/steps").json()["run_id"]
    locks = dict(site.query(_SESSIONS))
    assert len(locks) == 2
    way.delay(_DELAY)
    try:
        with ThreadPoolExecutor(2) as threads:
            waiting = threads.submit(_post, server, "/echo")
            wait_until(lambda: _state(site, run_id) == ("complete", 1), "the run does not complete", seconds=120)
            taken = waiting.result()
        assert taken.status_code == 202
        assert _ready(server)["database"] in ("ok", "slow")
        wait_until(
            lambda: _state(site, taken.json()["run_id"]) == ("complete", 1), "a new run does not end", seconds=120
        )
    finally:
        way.restore()
    assert dict(site.query(_SESSIONS)) == locks
    for log in (server.log(), other.log()):
        assert "taken over" not in log
        assert "does not answer" not in log
        assert "cannot write" not in log


def test_a_trigger_during_a_stall_is_refused_early_and_those_that_wait_get_their_answer(
    site: Hub, proxy: tuple[Proxy, str]
) -> None:
    way, url = proxy
    server = site.start(DATABASE_URL=url)
    assert _post(server, "/echo").status_code == 202
    way.hang()
    try:
        with ThreadPoolExecutor(1) as threads:
            waiting = threads.submit(_post, server, "/echo")
            wait_until(lambda: _ready(server)["journal"] == "waits for the database", "the journal is not slow")
            found = _ready(server)
            assert not found["ready"]
            assert found["database"] == "slow"
            assert "the database is slow" in _detail(_post(server, "/echo"))
            way.restore()
            assert waiting.result().status_code == 202
    finally:
        way.restore()
    wait_until_ready(server)
    assert _post(server, "/echo").status_code == 202
    assert "cannot write" not in server.log()


def test_a_database_that_is_silent_to_everybody_is_away(site: Hub, proxy: tuple[Proxy, str]) -> None:
    way, url = proxy
    server = site.start(DATABASE_URL=url, DATABASE_AWAY_TIMEOUT="1", DATABASE_SLOW_TIMEOUT="60")
    assert _post(server, "/echo").status_code == 202
    way.hang()
    try:
        assert "the database accepts no writes" in _detail(_post(server, "/echo"))
        assert not _ready(server)["ready"]
    finally:
        way.restore()
    wait_until_ready(server)
    assert _post(server, "/echo").status_code == 202


def test_a_database_that_refuses_new_connections_is_away_at_once(site: Hub, proxy: tuple[Proxy, str]) -> None:
    way, url = proxy
    server = site.start(DATABASE_URL=url, DATABASE_AWAY_TIMEOUT="600", DATABASE_SLOW_TIMEOUT="600")
    assert _post(server, "/echo").status_code == 202
    way.cut()
    try:
        assert "the database accepts no writes" in _detail(_post(server, "/echo"))
    finally:
        way.restore()
    wait_until_ready(server)


def test_a_worker_on_a_slow_way_keeps_its_run(site: Hub, proxy: tuple[Proxy, str]) -> None:
    way, url = proxy
    server, worker = site.start(), site.launch(["manage.py", "worker"], DATABASE_URL=url)
    run_id = _post(server, "/queued").json()["run_id"]
    wait_until(lambda: _state(site, run_id) == ("running", 1), "the run does not begin", seconds=120)
    other = site.launch(["manage.py", "worker"])
    wait_until(lambda: "worker started" in other.log(), "the other worker does not start", seconds=120)
    way.delay(_DELAY / 2)
    try:
        wait_until(lambda: _state(site, run_id)[0] == "complete", "the run does not complete", seconds=120)
        assert _state(site, run_id) == ("complete", 1)
        wait_until(
            lambda: site.query("SELECT count(*) FROM procrastinate_jobs") == [(0,)], "its job stays", seconds=120
        )
    finally:
        way.restore()
    assert worker.stop() == 0
    for log in (worker.log(), other.log()):
        assert "job queue unreachable" not in log
        assert "requeue" not in log


@pytest.mark.parametrize("fault", [Proxy.hang, Proxy.cut])
def test_a_statement_is_given_up_only_where_nobody_is_answered(
    fault: Callable[[Proxy], None], site: Hub, proxy: tuple[Proxy, str]
) -> None:
    way, url = proxy
    asks = "from django.db import connection; connection.cursor().execute('SELECT pg_sleep(2)'); print('answered')"
    assert _shell(site, asks, DATABASE_URL=url) == "answered"
    way.delay(_DELAY / 2)
    assert _shell(site, asks, DATABASE_URL=url) == "answered"
    way.restore()
    script = (
        "from django.db import OperationalError, connection\n"
        "connection.ensure_connection()\n"
        "print('connected', flush=True)\n"
        "try:\n    connection.cursor().execute('SELECT pg_sleep(600)')\n"
        "except OperationalError:\n    print('given up')"
    )
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(_shell, site, script, DATABASE_URL=url, DATABASE_AWAY_TIMEOUT="1")
        sleeping = "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()"
        sleeping += " AND datname = current_database()"
        with psycopg.connect(site.database_url, autocommit=True) as session:
            wait_until(lambda: session.execute(sleeping).fetchall(), "the statement is not asked", seconds=120)
        fault(way)
        try:
            assert asked.result() == "connected\ngiven up"
        finally:
            way.restore()


def _shell(site: Hub, script: str, **env: str) -> str:
    return site.shell(script, stdin="", check=True, **env).stdout.strip()
