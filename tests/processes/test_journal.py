"""The journal: many entries share a transaction, and an outage of the database does no lasting harm."""

import resource
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psutil  # type: ignore[import-untyped]
import psycopg
import pytest

from runs.journal import wire
from tests.support.hub import PROJECT, Hub, Server, wait_until
from tests.support.web import web

_SINKS: list[dict[str, Any]] = [
    {"path": "/echo"},
    {"path": "/steps", "workflow": "steps", "options": {"count": 4, "pause": 0.5}},
    {"path": "/short", "workflow": "steps", "options": {"count": 3, "pause": 0.05}},
]


@pytest.fixture
def on_sqlite(make_hub: Callable[[str], Hub]) -> Iterator[Hub]:
    made = make_hub("sqlite")
    made.add_sinks(_SINKS)
    yield made
    made.close()


@pytest.fixture
def on_postgresql(make_hub: Callable[[str], Hub]) -> Iterator[Hub]:
    made = make_hub("postgresql")
    made.add_sinks(_SINKS)
    yield made
    made.close()


def _exceeds(acknowledged: set[str], count: int) -> bool:
    return len(acknowledged) > count


def _figure(server: Server, name: str) -> float:
    for line in web.get(f"{server.url}/metrics").text.splitlines():
        if line.startswith(f"{name} "):
            return float(line.split()[1])
    raise AssertionError(f"no {name} in /metrics")


def _readiness(server: Server) -> int:
    return web.get(f"{server.url}/readyz", timeout=30).status_code


def _numbers(hub: Hub, run_id: str) -> list[int]:
    """Return the numbers of a run's recorded events."""
    rows = hub.query(f"SELECT first, last FROM runs_segment WHERE run_id = '{run_id}' ORDER BY last")
    return [number for first, last in rows for number in range(first, last + 1)]


def test_while_another_process_locks_sqlite_triggers_get_503_and_runs_go_on_afterwards(on_sqlite: Hub) -> None:
    server = on_sqlite.start()
    url = f"{server.url}/app_test"
    database = on_sqlite.database_url.removeprefix("sqlite:///")
    with ThreadPoolExecutor(1) as threads, closing(sqlite3.connect(database, isolation_level=None)) as other:
        going_on = threads.submit(web.post, f"{url}/steps", timeout=60)
        wait_until(lambda: on_sqlite.query("SELECT count(*) FROM runs_segment") != [(0,)], "not begun")
        other.execute("BEGIN IMMEDIATE")
        try:
            refused = web.post(f"{url}/echo", timeout=60)
            assert refused.status_code == 503
            assert int(refused.headers["retry-after"]) > 0
            assert refused.headers["content-type"] == "application/problem+json"
            assert refused.json()["status"] == 503
            assert "locked" not in refused.text
            wait_until(lambda: _readiness(server) == 503, "ready all the same")
            assert web.get(f"{server.url}/healthz").status_code == 200
            assert _figure(server, "sinkhub_journal_healthy") == 0
        finally:
            other.execute("ROLLBACK")
        wait_until(lambda: _readiness(server) == 200, "not ready again")
        answer = going_on.result()
    run_id = answer.headers["x-run-id"]
    assert '"output":{"steps":4,"attempt":1}' in answer.text
    assert on_sqlite.query("SELECT id, status, attempt, events FROM runs_run") == [(run_id, "complete", 1, 5)]
    assert _numbers(on_sqlite, run_id) == [1, 2, 3, 4, 5]
    assert '"type":"complete"' in web.post(f"{url}/echo").text


def test_when_sqlite_was_locked_while_nothing_ran_triggers_are_taken_again(on_sqlite: Hub) -> None:
    server = on_sqlite.start()
    url = f"{server.url}/app_test/echo"
    database = on_sqlite.database_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        try:
            assert web.post(url, timeout=60).status_code == 503
        finally:
            other.execute("ROLLBACK")
    # The next write deletes the refused run, on a new connection.
    wait_until(lambda: _readiness(server) == 200, "not ready again")
    assert [web.post(url, timeout=60).status_code for _ in range(3)] == [200] * 3
    assert on_sqlite.query("SELECT count(*) FROM runs_run") == [(3,)]


def test_a_disk_that_is_full_is_said_once_and_makes_the_server_unready(on_sqlite: Hub) -> None:
    server = on_sqlite.start()
    url = f"{server.url}/app_test/echo"
    assert web.post(url).status_code == 200
    [writer] = filter(is_writer, psutil.Process(server.process.pid).children())
    unlimited = resource.prlimit(writer.pid, resource.RLIMIT_FSIZE)
    # No file can grow beyond this limit, and all files of the database are longer.
    resource.prlimit(writer.pid, resource.RLIMIT_FSIZE, (4096, unlimited[1]))

    def fails_again() -> bool:
        assert web.post(url, timeout=60).status_code == 503
        return "journal cannot write, but the database answers: " in server.log()

    wait_until(fails_again, "it is not said")
    # Between two failures, the journal detects that the database answers again.
    failures = _figure(server, "sinkhub_journal_failures_total") + 5
    wait_until(
        lambda: fails_again() and _figure(server, "sinkhub_journal_failures_total") >= failures, "it fails no more"
    )
    found = web.get(f"{server.url}/readyz").json()
    assert (found["ready"], found["journal"], found["database"]) == (False, "cannot write", "ok")
    assert server.log().count("journal cannot write: ") == 1
    assert server.log().count("journal cannot write, but the database answers: ") == 1
    resource.prlimit(writer.pid, resource.RLIMIT_FSIZE, unlimited)
    wait_until(lambda: web.post(url, timeout=60).status_code == 200, "no run is recorded again")
    assert _readiness(server) == 200
    assert server.log().count("journal writing again") <= 2
    assert on_sqlite.query("SELECT count(*) FROM runs_run WHERE status = 'complete'") == [(2,)]


def test_a_damaged_file_is_said_once_and_makes_the_server_unready(on_sqlite: Hub) -> None:
    [(root,)] = on_sqlite.query("SELECT rootpage FROM sqlite_master WHERE name = 'runs_delivery'")
    [(size,)] = on_sqlite.query("PRAGMA page_size")
    on_sqlite.query("PRAGMA wal_checkpoint(TRUNCATE)")
    with Path(on_sqlite.database_url.removeprefix("sqlite:///")).open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xff" * size)
    server = on_sqlite.start()

    def fails_again() -> bool:
        assert web.post(f"{server.url}/app_test/echo", timeout=60).status_code == 503
        return "journal cannot write, but the database answers: " in server.log()

    wait_until(fails_again, "it is not logged")
    assert "malformed" in server.log()
    assert _readiness(server) == 503
    for _ in range(5):
        assert web.post(f"{server.url}/app_test/echo", timeout=60).status_code == 503
    assert server.log().count("journal cannot write, but the database answers: ") == 1


def test_requests_that_come_together_share_transactions(hub: Hub) -> None:
    hub.add_sinks(_SINKS)
    server = hub.start(DATABASE_SLOW_TIMEOUT="60", SQLITE_BUSY_MILLISECONDS="60000")
    web.post(f"{server.url}/app_test/echo").raise_for_status()
    names = ("sinkhub_journal_entries_total", "sinkhub_journal_transactions_total")
    before = [_figure(server, name) for name in names]
    connections = [socket.create_connection(("127.0.0.1", server.port), timeout=30) for _ in range(200)]
    request = b"POST /app_test/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
    sqlite = hub.database_url.startswith("sqlite")
    with hub.uncommitted("UPDATE runs_executor SET pid = pid" if sqlite else "LOCK TABLE runs_run IN EXCLUSIVE MODE"):
        for connection in connections:
            connection.sendall(request)
        recording = partial(_figure, server, "sinkhub_runs_recording")
        wait_until(lambda: recording() == len(connections), "all requests to be there")
    run_ids = set()
    for connection in connections:
        answer = b""
        while part := connection.recv(65536):
            answer += part
        connection.close()
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert b'"type":"complete"' in answer
        run_ids.add(next(line for line in answer.lower().split(b"\r\n") if line.startswith(b"x-run-id: "))[10:])
    assert len(run_ids) == len(connections)
    entries, transactions = (_figure(server, name) - was for name, was in zip(names, before, strict=True))
    # Two entries for each run: its start, and its end with all events.
    assert entries >= 2 * len(connections)
    assert transactions * 4 < entries
    done = {run_id.encode() for (run_id,) in hub.query("SELECT id FROM runs_run WHERE status = 'complete'")}
    assert run_ids <= done


def is_writer(process: psutil.Process) -> bool:
    """Return whether a process is a journal's writer, started or forked."""
    return process.name() == "journal-writer" or "runs.journal.writer" in process.cmdline()


def _writer(server: Server) -> psutil.Process:
    """Return the writer process of a server's journal."""
    [writer] = psutil.Process(server.process.pid).children()
    assert is_writer(writer)
    return writer


def _account_for_a_load(
    hub: Hub, server: Server, disturb: Callable[[], None], times: int = 5, key: str | None = None
) -> None:
    """
    Disturb a server under load several times, and check that exactly the runs that it answered with 200 are recorded.
    If `key` is given, half of the load has this Idempotency-Key.
    """
    acknowledged: set[str] = set()
    statuses: set[int] = set()
    stop = threading.Event()

    def fire(path: str) -> None:
        headers = {"Idempotency-Key": key} if key and path == "/echo" else {}
        with httpx.Client(timeout=30, headers=headers) as client:
            while not stop.is_set():
                with client.stream("POST", f"{server.url}/app_test{path}") as answer:
                    statuses.add(answer.status_code)
                    if answer.status_code == 200:
                        acknowledged.add(answer.headers["x-run-id"])
                    if path == "/echo":
                        with suppress(httpx.ReadError):
                            answer.read()

    with ThreadPoolExecutor(6) as threads:
        loads = [threads.submit(fire, path) for path in ("/echo", "/short", "/echo", "/short", "/echo", "/short")]
        try:
            for _ in range(times):
                enough = len(acknowledged) + 30
                wait_until(partial(_exceeds, acknowledged, enough), "no load")
                disturb()
            enough = len(acknowledged) + 30
            wait_until(lambda: len(acknowledged) > enough, "no load after it")
        finally:
            stop.set()
        for load in loads:
            load.result()
    assert statuses <= {200, 503}
    running = "SELECT count(*) FROM runs_run WHERE status = 'running'"
    wait_until(lambda: hub.query(running) == [(0,)], "runs go on")
    recorded = {row[0]: row[1:] for row in hub.query("SELECT id, status, attempt, events FROM runs_run")}
    assert {row[0] for row in recorded.values()} == {"complete"}
    # Every 200 is recorded, and no 503.
    assert set(recorded) == acknowledged
    for run_id, (_, _, events) in recorded.items():
        assert _numbers(hub, run_id) == list(range(1, events + 1))
    wait_until(lambda: _readiness(server) == 200, "not ready again")


def test_when_postgresql_ends_all_sessions_no_acknowledged_run_is_lost(on_postgresql: Hub) -> None:
    server = on_postgresql.start()
    terminate = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with psycopg.connect(on_postgresql.database_url, autocommit=True) as other:

        def disturb() -> None:
            [ended] = other.execute(terminate).fetchone() or (0,)
            assert ended > 0

        _account_for_a_load(on_postgresql, server, disturb)


_STANDS_STILL = """
import time
from django.db import OperationalError, connection, transaction
try:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET idle_in_transaction_session_timeout = 100")
        with connection._nodb_cursor() as other:
            while other.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s",
                                [connection.connection.info.backend_pid]).fetchone():
                time.sleep(0.05)
        cursor.execute("SELECT 1")
except OperationalError as error:
    print(error)
"""


def test_a_session_that_was_ended_for_standing_still_is_the_databases_fault_and_no_rows(on_postgresql: Hub) -> None:
    done = on_postgresql.shell(_STANDS_STILL)
    assert "idle-in-transaction timeout" in done.stdout


_GIVES_WAY = """
import threading, time
import psycopg
from runs.ids import new_run_id
from runs.journal.rows import EVENTS, RUN
from runs.journal.writer import Batch, write

NOW, PAST, LATER = "2026-01-02 00:00:00+00", "2026-01-01 00:00:00+00", "2126-01-01 00:00:00+00"

def run(name=None, until=NOW):
    named = ((1, "id", "/echo", name.encode()), until) if name else None
    head = (new_run_id(), "app_test", 1, "echo", "{}", 300.0, "running", "", 0, NOW, NOW, 0)
    return RUN, (*head, "POST", "/echo", "{}", "", "[]", "", b""), named

going_on, first, second = run(), run("1", PAST), run("2", PAST)
assert not write([Batch([going_on, first, second], [], False)]).refused

def run_id(row):
    return row[1][0]

def get_in_the_way(session, stands_in_the_way):
    lock = "SELECT 1 FROM runs_run WHERE id = %s FOR UPDATE"
    session.execute("SET deadlock_timeout = '60s'")  # it is the writer that gives way
    session.execute(lock, [run_id(second)])
    stands_in_the_way.set()
    with psycopg.connect(DATABASE_URL, autocommit=True) as other:
        waits = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        while not other.execute(waits).fetchone():
            time.sleep(0.05)
    session.execute(lock, [run_id(first)])
    session.commit()

with psycopg.connect(DATABASE_URL) as session:
    stands_in_the_way = threading.Event()
    thread = threading.Thread(target=get_in_the_way, args=(session, stands_in_the_way))
    thread.start()
    stands_in_the_way.wait()
    again = [run("1", LATER), run("2", LATER), run()]
    event = EVENTS, (run_id(going_on), 1, 1, NOW, '{"type":"log"}', 1), None
    written = write([Batch([*again, event], [], False)])
    thread.join()
print(written.failure, written.fault, written.refused, written.lost, written.repeated)
"""


def test_a_batch_that_gives_way_to_another_session_is_written_whole_and_once(on_postgresql: Hub) -> None:
    done = on_postgresql.shell(_GIVES_WAY.replace("DATABASE_URL", repr(on_postgresql.database_url)))
    assert done.stdout.strip() == "{} [] {}"
    assert on_postgresql.query("SELECT count(*) FROM runs_run") == [(6,)]
    assert on_postgresql.query("SELECT count(*) FROM runs_delivery") == [(6,)]
    assert on_postgresql.query("SELECT first, last FROM runs_segment") == [(1, 1)]
    keys = "SELECT count(*) FROM runs_run WHERE idempotency_key IS NOT NULL AND key_expires_at > now()"
    assert on_postgresql.query(keys) == [(2,)]


def test_when_the_writer_stands_still_in_a_transaction_no_acknowledged_run_is_lost(on_postgresql: Hub) -> None:
    server = on_postgresql.start()
    idle = (
        "SELECT pid FROM pg_stat_activity"
        " WHERE datname = current_database() AND state = 'idle in transaction' AND pid <> pg_backend_pid()"
    )
    with psycopg.connect(on_postgresql.database_url, autocommit=True) as other:

        def stopped_within() -> Any:
            _writer(server).suspend()
            if found := other.execute(idle).fetchone():
                return found
            _writer(server).resume()
            return None

        def disturb() -> None:
            wait_until(stopped_within, "it is never in a transaction")
            wait_until(lambda: not other.execute(idle).fetchall(), "its session does not end")
            _writer(server).resume()

        # A new run takes one statement; a run whose key is in use takes several.
        _account_for_a_load(on_postgresql, server, disturb, times=3, key="the-same")


def test_when_the_writer_is_killed_no_acknowledged_run_is_lost(own_hub: Hub) -> None:
    own_hub.add_sinks(_SINKS)
    server = own_hub.start()
    _account_for_a_load(own_hub, server, lambda: _writer(server).kill())
    assert "journal writer exited" in server.log()


def test_the_writer_lasts_as_long_as_what_it_writes_for_though_all_are_told_to_end(own_hub: Hub) -> None:
    own_hub.add_sinks(_SINKS)
    server = own_hub.start()
    writer = _writer(server)
    answer = web.post(f"{server.url}/app_test/steps", headers={"Prefer": "respond-async"})
    for signal_number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        writer.send_signal(signal_number)
    server.terminate()
    assert server.process.wait(timeout=60) == 0
    assert not writer.is_running()
    query = f"SELECT status, attempt FROM runs_run WHERE id = '{answer.json()['run_id']}'"
    assert own_hub.query(query) == [("complete", 1)]


def test_a_writer_prints_nothing(on_sqlite: Hub) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        writer = subprocess.Popen(
            [sys.executable, "-m", "runs.journal.writer", str(theirs.fileno())],
            cwd=PROJECT,
            env=on_sqlite.env(DJANGO_SETTINGS_MODULE="sinkhub.settings"),
            pass_fds=[theirs.fileno()],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        theirs.close()
        # As after a failed write: the writer deletes a run by Django's cursor, and checks that it can write.
        ours.sendall(wire.message(wire.Batch([], ["run_0"], again=False)))
        received = bytearray()
        while not (answers := list(wire.messages(received))):
            received += ours.recv(65536)
        ours.close()
        printed, _ = writer.communicate(timeout=60)
    [(fields, _)] = answers
    assert dict(zip(wire.Written.__slots__, fields, strict=True))["failure"] == ""
    assert printed == b""


def test_the_writer_of_a_server_that_is_killed_ends_too(own_hub: Hub) -> None:
    own_hub.add_sinks(_SINKS)
    server = own_hub.start()
    writer = _writer(server)
    web.post(f"{server.url}/app_test/echo").raise_for_status()
    server.kill()
    writer.wait(timeout=30)


def test_a_server_that_is_told_to_end_does_so_though_the_database_is_away(on_sqlite: Hub) -> None:
    server = on_sqlite.start(GRACE_SECONDS="1", SQLITE_BUSY_MILLISECONDS="500")
    database = on_sqlite.database_url.removeprefix("sqlite:///")
    answer = web.post(f"{server.url}/app_test/steps", headers={"Prefer": "respond-async"})
    run_id = answer.json()["run_id"]
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        server.terminate()
        assert server.process.wait(timeout=60) == 0
        other.execute("ROLLBACK")
    on_sqlite.start()
    query = f"SELECT status, attempt FROM runs_run WHERE id = '{run_id}'"
    wait_until(lambda: on_sqlite.query(query) == [("complete", 2)], "the run is lost")


_OUTAGE = """
import asyncio, sqlite3, sys
from runs.ids import new_run_id
from runs.journal.journal import Journal
from runs.journal.rows import RUN

settled = {"written": 0, "failed": 0}

class Entry:
    patient, size = True, 100
    def take(self):
        now = "2026-01-01 00:00:00"
        run = (new_run_id(), "app_test", None, "echo", "{}", 300.0, "complete", 1, 1, now, now, 0)
        return RUN, (*run, "POST", "/", "{}", "", "[]", "", b""), None
    def written(self):
        settled["written"] += 1
    def failed(self, error):
        settled["failed"] += 1
        print(type(error).__name__, error, file=sys.stderr)

async def main():
    journal = Journal()
    other = sqlite3.connect(DATABASE, isolation_level=None)
    count = 0
    other.execute("BEGIN IMMEDIATE")
    for part in range(2):
        for size in (1, 511, 700, 512, 3, 1500, 40, 900, 512, 1) * 2:
            for _ in range(size):
                journal.enlist(Entry())
            count += size
            await asyncio.sleep(0.03)
        while journal.figures.failures <= part:
            await asyncio.sleep(0.02)
    other.execute("ROLLBACK")
    while sum(settled.values()) < count:
        await asyncio.sleep(0.05)
    await journal.close()
    print(count, settled["written"], settled["failed"], journal.figures.failures)

asyncio.run(main())
"""


def test_whatever_piles_up_while_the_database_is_away_is_written_when_it_is_back(on_sqlite: Hub) -> None:
    database = on_sqlite.database_url.removeprefix("sqlite:///")
    script = _OUTAGE.replace("DATABASE", repr(database))
    done = on_sqlite.shell(script, SQLITE_BUSY_MILLISECONDS="100")
    count, written, failed, failures = map(int, done.stdout.split())
    assert (written, failed) == (count, 0), done.stderr[-500:]
    assert failures > 0
    assert on_sqlite.query("SELECT count(*) FROM runs_run") == [(count,)]
