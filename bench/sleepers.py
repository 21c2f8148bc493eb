"""
`make bench-sleepers`: put 100,000 runs to sleep over HTTP, and wake all at the same moment.

It measures how fast a server takes them and lets them go, the memory and the disk that they occupy while they sleep,
and how fast they wake. The server has production intervals. Their moment is not known before all are asleep, so they
are put to sleep for a day, and then the recorded moment is changed in the database.
"""

import argparse
import asyncio
import json
import os
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import psutil  # type: ignore[import-untyped]
import uvloop

from bench.load import percentile
from tests.support.hub import PROJECT, Hub

_PATH = "/app_bench/sleep"
_REQUEST = (
    f"POST {_PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nPrefer: respond-async\r\n"
    "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
).encode()
_REFUSED_PAUSE = 0.1  # seconds; MAX_RUNS are live until some are let go
_POLL_INTERVAL = 0.5
_TO_WAKE = 3.0  # seconds from the change in the database to the moment
_ASLEEP = "SELECT count(*) FROM runs_run WHERE status = 'waiting'"
_AWAKE = "SELECT count(*) FROM runs_run WHERE status = 'complete'"


class _Client(asyncio.Protocol):
    """A connection that starts runs, one after another, until there are enough."""

    def __init__(self, left: list[int], refused: list[int], done: "asyncio.Future[None]") -> None:
        self._left = left  # how many runs all connections still have to start
        self._refused = refused
        self._done = done
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._next()

    def _next(self) -> None:
        if self._left[0] == 0:
            self._transport.close()
            return
        self._left[0] -= 1
        self._transport.write(_REQUEST)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        fields = dict(line.split(b": ", 1) for line in head.lower().split(b"\r\n")[1:]) if found else {}
        if not found or len(body) < int(fields[b"content-length"]):
            return
        status = self._received[:13]
        answer, self._received = self._received, b""
        if status == b"HTTP/1.1 202 ":
            self._next()
        elif status == b"HTTP/1.1 503 ":
            self._left[0] += 1
            self._refused[0] += 1
            asyncio.get_running_loop().call_later(_REFUSED_PAUSE, self._next)
        else:
            self._done.set_exception(AssertionError(answer.decode(errors="replace")))

    def connection_lost(self, error: Exception | None) -> None:
        if not self._done.done():
            self._done.set_result(None)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="make bench-sleepers", description="Many runs that sleep, and wake at once.")
    parser.add_argument("--runs", type=int, default=100_000, help="(%(default)s)")
    parser.add_argument("--connections", type=int, default=32, help="of the client that starts them (%(default)s)")
    parser.add_argument("--most", type=float, default=600.0, help="seconds that each part may take (%(default)s)")
    options = parser.parse_args()
    os.environ["TEST_INTERVALS"] = "shipped"
    with tempfile.TemporaryDirectory(prefix="sinkhub-bench-") as folder:
        hub = Hub(Path(folder), f"sqlite:///{folder}/sinkhub.sqlite3")
        hub.environment["SINKHUB_WORKFLOWS"] = str(PROJECT / "bench" / "workflows")
        hub.manage("migrate", "-v0")
        app_id, _, path = _PATH[1:].partition("/")
        until = json.dumps({"until": (datetime.now(UTC) + timedelta(days=1)).isoformat()})
        sink = ("--app", app_id, "--path", f"/{path}", "--workflow", "sleeper", "--options", until)
        hub.manage("sinks", "create", *sink)
        try:
            _measure(hub, options)
        finally:
            hub.stop()


def _measure(hub: Hub, options: argparse.Namespace) -> None:
    runs, most = options.runs, options.most
    server = hub.start()
    process = psutil.Process(server.process.pid)
    _put_to_sleep(server.port, 100, 32)  # so that everything is loaded before the memory is measured
    _wait(hub, _ASLEEP, 100, most)
    before, size = _memory(process), _size(hub)
    begun, peak = time.monotonic(), [before]

    def watch() -> None:
        peak[0] = max(peak[0], _memory(process), key=sum)

    refused = _put_to_sleep(server.port, runs, options.connections)
    taken = time.monotonic() - begun
    watch()
    _wait(hub, _ASLEEP, runs + 100, most, watch)
    asleep = time.monotonic() - begun
    print(f"{runs} runs started in {taken:.1f} s: {runs / taken:.0f}/s (503, tried again: {refused})")
    print(f"all let go after {asleep:.1f} s: {runs / asleep:.0f}/s")
    time.sleep(2.0)
    after = _memory(process)
    for name, figures in (("before", before), ("at most", peak[0]), ("all asleep", after)):
        print(f"memory {name}: server {figures[0] / 2**20:.1f} MiB, journal writer {figures[1] / 2**20:.1f} MiB")
    grown = (sum(after) - sum(before)) / runs
    print(f"of each sleeping run: {grown:.0f} bytes of memory, {(_size(hub) - size) / runs:.0f} bytes on disk")

    moment = _wake(hub)
    time.sleep(max(0.0, (moment - datetime.now(UTC)).total_seconds()))
    peak[0] = after
    _wait(hub, _AWAKE, runs + 100, most, watch)
    late = [float(row[0]) for row in hub.query(_LATENESS.format(moment=_stored(moment)))]
    print(
        f"all woken and complete after {max(late):.1f} s: {(runs + 100) / max(late):.0f}/s"
        f" (first {min(late):.1f} s, half {percentile(late, 50) / 1000:.1f} s)"
    )
    print(f"memory at most: server {peak[0][0] / 2**20:.1f} MiB, journal writer {peak[0][1] / 2**20:.1f} MiB")
    again = hub.query("SELECT count(*) FROM runs_run WHERE attempt > 1 OR status <> 'complete'")[0][0]
    print(f"runs that are not complete in their first attempt: {again}")
    if again:
        raise SystemExit(1)


def _put_to_sleep(port: int, runs: int, connections: int) -> int:
    """Start runs. Return how many requests were refused and sent again."""
    left, refused = [runs], [0]

    async def start() -> None:
        loop = asyncio.get_running_loop()
        ends = [loop.create_future() for _ in range(min(connections, runs))]
        for end in ends:
            await loop.create_connection(lambda end=end: _Client(left, refused, end), "127.0.0.1", port)  # type: ignore[misc]
        await asyncio.gather(*ends)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(start())
    return refused[0]


def _wait(hub: Hub, query: str, count: int, most: float, watch: Callable[[], None] = lambda: None) -> None:
    until = time.monotonic() + most
    while (found := hub.query(query)[0][0]) < count:
        if time.monotonic() > until:
            raise SystemExit(f"after {most:g} s, only {found} of {count} runs are there; try fewer (--runs)")
        watch()
        time.sleep(_POLL_INTERVAL)


def _memory(process: psutil.Process) -> tuple[int, int]:
    """Return the resident bytes of the server, and of its children: the journal's writer."""
    children = process.children(recursive=True)
    return process.memory_info().rss, sum(child.memory_info().rss for child in children)


def _size(hub: Hub) -> int:
    return sum(file.stat().st_size for file in hub.folder.glob("sinkhub.sqlite3*"))


def _wake(hub: Hub) -> datetime:
    """Let all sleeping runs sleep until the same moment, and return it."""
    moment = datetime.now(UTC) + timedelta(seconds=_TO_WAKE)
    with closing(sqlite3.connect(hub.folder / "sinkhub.sqlite3", timeout=60)) as session, session:
        value = json.dumps({"until": moment.isoformat()})
        session.execute("UPDATE runs_steprecord SET value = ? WHERE kind = 'wait' AND status = 'waiting'", [value])
        session.execute("UPDATE runs_run SET wake_at = ? WHERE status = 'waiting'", [_stored(moment)])
    return moment


def _stored(moment: datetime) -> str:
    """Return a moment as SQLite's columns contain it."""
    return moment.replace(tzinfo=None).isoformat(" ", "microseconds")


# Seconds from the moment to the end of each run.
_LATENESS = "SELECT (julianday(finished_at) - julianday('{moment}')) * 86400 FROM runs_run ORDER BY 1"


if __name__ == "__main__":
    main()
