"""Runs: how they end, what is recorded, and that none affects another."""

import json
import re
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from runs.workflows import registry
from tests.support.hub import Hub, Server
from tests.support.web import web

MAX_EVENTS = 10_000  # the default
_FLOOD_EVENTS, _FLOOD_SIZE = 3_000, 4_000  # 12 MB: more than sockets and the server's buffers can hold

_SINKS: list[dict[str, Any]] = [
    {"path": "/echo"},
    {"path": "/raises", "workflow": "raises"},
    {"path": "/timeout", "workflow": "steps", "options": {"count": 3, "pause": 60.0}, "timeout": 0.3},
    {"path": "/slow", "workflow": "steps", "options": {"count": 1, "pause": 60.0}},
    {"path": "/floods", "workflow": "floods"},
    {"path": "/large-flood", "workflow": "floods", "options": {"events": _FLOOD_EVENTS, "size": _FLOOD_SIZE}},
    {"path": "/stubborn", "workflow": "stubborn", "timeout": 0.3},
    {"path": "/exits", "workflow": "exits"},
    {"path": "/forgets", "workflow": "forgets"},
    {"path": "/apart", "workflow": "reports_apart"},
]
_RETURNS = ("date", "nested", "key", "nan", "nul", "surrogate", "umlaut", "none", "large", "lines")
_REPORTS: dict[str, list[Any]] = {
    "over": [10, 101],
    "under": [10, -1],
    "falls": [10, 50, 49],
    "text": [10, "fifty"],
    "null": [10, None],
    "truth": [10, True],
    "fraction": [10, 10.9, 11.2, 11.2, 100],
}


@dataclass
class Site:
    """The installation of this module, and its server."""

    hub: Hub
    server: Server

    def post(self, path: str, **headers: str) -> httpx.Response:
        answer = web.post(f"{self.server.url}/app_test{path}", headers=headers, timeout=60)
        answer.raise_for_status()
        return answer

    def events(self, path: str) -> tuple[str, list[dict[str, Any]]]:
        """Start a run, and read its stream. Return its id and all its events."""
        answer = self.post(path)
        return answer.headers["x-run-id"], parse(answer.text)

    def recorded(self, run_id: str) -> list[tuple[int, str]]:
        """Return number and JSON of each event in the database."""
        rows = self.hub.query(f"SELECT first, last, data FROM runs_segment WHERE run_id = '{run_id}' ORDER BY last")
        events: list[tuple[int, str]] = []
        for first, last, data in rows:
            part = list(enumerate(data.split("\n"), first))
            assert part[-1][0] == last
            events += part
        return events

    def run(self, run_id: str, columns: str) -> tuple[Any, ...]:
        """Return columns of a run after its end."""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            [row] = self.hub.query(f"SELECT status, {columns} FROM runs_run WHERE id = '{run_id}'")
            if row[0] != "running":
                return row
            time.sleep(0.05)
        raise AssertionError(f"{run_id} is still running:\n{self.server.log()}")


def parse(stream: str) -> list[dict[str, Any]]:
    """Return the events of a complete stream; check that they are numbered from 1 without a gap, one on each line."""
    events = []
    for number, block in enumerate([part for part in stream.split("\n\n") if part and not part.startswith(":")], 1):
        head, _, data = block.partition("\n")
        assert head == f"id: {number}"
        assert data.startswith("data: ")
        events.append(json.loads(data.removeprefix("data: ")))
    return events


def events_of(server: Server, path: str) -> list[dict[str, Any]]:
    """Start a run of app_test, and return all events of its stream."""
    answer = web.post(f"{server.url}/app_test{path}", timeout=60)
    answer.raise_for_status()
    return parse(answer.text)


@pytest.fixture(scope="module")
def site(hub: Hub) -> Site:
    returns = [{"path": f"/returns-{kind}", "workflow": "returns", "options": {"kind": kind}} for kind in _RETURNS]
    reports = [
        {"path": f"/reports-{name}", "workflow": "reports", "options": {"values": values}}
        for name, values in _REPORTS.items()
    ]
    hub.environment["GRACE_SECONDS"] = "0"  # do not wait for unfinished runs at the end of these tests
    hub.add_sinks([*_SINKS, *returns, *reports])
    return Site(hub, hub.start())


def test_a_workflow_that_raises_ends_with_an_error_event_of_type_and_message(site: Site) -> None:
    run_id, events = site.events("/raises")
    assert events[-1] == {
        "type": "error",
        "run_id": run_id,
        "error": {"type": "LookupError", "message": "no such order: 4711"},
    }
    assert [event["type"] for event in events] == ["progress", "error"]


def test_a_traceback_is_in_the_database_and_nowhere_on_the_wire(site: Site) -> None:
    answer = site.post("/raises")
    run_id = answer.headers["x-run-id"]
    [trace] = site.run(run_id, "traceback")[1:]
    assert trace.startswith("Traceback (most recent call last):")
    assert "behaviours.py" in trace
    assert "LookupError: no such order: 4711" in trace
    shown = [answer.text, site.post("/raises", Accept="application/json").text]
    for path, accept in (("", "application/json"), ("", "text/html"), ("/events", "text/event-stream")):
        shown.append(web.get(f"{site.server.url}/runs/{run_id}{path}", headers={"Accept": accept}).text)
    for text in shown:
        assert "no such order: 4711" in text
        assert "Traceback" not in text
        assert "behaviours.py" not in text


def test_a_workflow_that_takes_too_long_ends_with_a_timeout(site: Site) -> None:
    run_id, events = site.events("/timeout")
    assert [event["type"] for event in events] == ["error"]
    assert events[0]["error"]["type"] == "Timeout"
    assert "0.3" in events[0]["error"]["message"]
    assert site.run(run_id, "error_type, events") == ("error", "Timeout", 1)


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        ("date", "output is a datetime"),
        ("nested", "output['orders'][1]['at'] is a datetime"),
        ("key", "a key of output['orders'] is a tuple"),
        ("nan", ""),
    ],
)
def test_an_output_that_is_no_json_ends_with_an_error_that_says_where(site: Site, kind: str, place: str) -> None:
    _, events = site.events(f"/returns-{kind}")
    assert events[-1]["type"] == "error"
    assert events[-1]["error"]["type"] == "InvalidOutput"
    assert "JSON" in events[-1]["error"]["message"]
    assert events[-1]["error"]["message"].endswith(place)


def test_a_report_that_nobody_awaits_is_an_event_all_the_same(site: Site) -> None:
    _, events = site.events("/forgets")
    assert [event["type"] for event in events] == ["progress", "log", "progress", "complete"]
    assert "never awaited" not in site.server.log()


def test_reports_may_be_tasks(site: Site) -> None:
    _, events = site.events("/apart")
    assert [event["type"] for event in events[-3:]] == ["progress", "progress", "complete"]
    assert len(events) == 3003


def test_the_log_says_where_a_workflow_failed_and_not_what_the_error_says(site: Site) -> None:
    run_id, _ = site.events("/raises")
    log = site.server.log().partition(f"workflow raised: run={run_id} workflow='raises' error=LookupError")[2]
    assert re.match(r"\n  .*behaviours\.py:\d+ in raises\n", log)
    assert "no such order" not in site.server.log()


def test_an_output_that_is_too_large_ends_with_an_error_that_says_the_limit(site: Site) -> None:
    run_id, events = site.events("/returns-large")
    assert events[-1]["error"]["type"] == "InvalidOutput"
    assert "MAX_OUTPUT_BYTES" in events[-1]["error"]["message"]
    assert site.run(run_id, "error_type") == ("error", "InvalidOutput")


@pytest.mark.parametrize(
    ("kind", "output"),
    [
        ("nul", "a\0b"),
        ("surrogate", "\ud800"),
        ("umlaut", "Grüße \u2028 \U0001f600"),
        ("none", None),
        ("lines", "one\ntwo\r\nthree"),
    ],
)
def test_an_output_survives_whatever_characters_are_in_it(site: Site, kind: str, output: str | None) -> None:
    answer = site.post(f"/returns-{kind}")
    run_id = answer.headers["x-run-id"]
    assert parse(answer.content.decode())[-1] == {"type": "complete", "run_id": run_id, "output": output}
    again = web.get(f"{site.server.url}/runs/{run_id}/events")
    assert again.content == answer.content
    assert web.get(f"{site.server.url}/runs/{run_id}").json()["output"] == output
    assert site.post(f"/returns-{kind}", Accept="application/json").json()["output"] == output


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("over", "ValueError"),
        ("under", "ValueError"),
        ("falls", "ValueError"),
        ("text", "TypeError"),
        ("null", "TypeError"),
        ("truth", "TypeError"),
    ],
)
def test_progress_that_makes_no_sense_raises_in_the_workflow(site: Site, name: str, kind: str) -> None:
    _, events = site.events(f"/reports-{name}")
    assert events[-1]["type"] == "error"
    assert events[-1]["error"]["type"] == kind
    assert "progress must" in events[-1]["error"]["message"]
    assert [event["progress"] for event in events[:-1]] == _REPORTS[name][:-1]


def test_progress_is_an_integer_and_never_falls(site: Site) -> None:
    _, events = site.events("/reports-fraction")
    assert [event["progress"] for event in events[:-1]] == [10, 10, 11, 11, 100]
    assert all(isinstance(event["progress"], int) for event in events[:-1])
    assert events[-1]["output"] == "done"


def test_a_flood_of_events_ends_with_a_clear_error_and_all_before_it_can_be_read(site: Site) -> None:
    run_id, events = site.events("/floods")
    assert len(events) == MAX_EVENTS
    assert [event["message"][:6] for event in events[:-1]] == [f"{number:06d}" for number in range(MAX_EVENTS - 1)]
    assert events[-1]["error"]["type"] == "TooManyEvents"
    assert f"{MAX_EVENTS}" in events[-1]["error"]["message"]
    assert parse(web.get(f"{site.server.url}/runs/{run_id}/events").text) == events
    assert [number for number, _ in site.recorded(run_id)] == list(range(1, MAX_EVENTS + 1))
    assert site.run(run_id, "error_type, events") == ("error", "TooManyEvents", MAX_EVENTS)


def test_a_workflow_that_ignores_its_cancelling_ends_after_its_timeout_all_the_same(site: Site) -> None:
    run_id, events = site.events("/stubborn")
    assert [event["type"] for event in events] == ["error"]
    assert events[0]["error"]["type"] == "Timeout"
    assert site.run(run_id, "error_type") == ("error", "Timeout")


def test_a_system_exit_in_a_workflow_ends_its_run_alone(site: Site) -> None:
    _, events = site.events("/exits")
    assert events[-1]["type"] == "error"
    assert events[-1]["error"]["type"] == "SystemExit"
    assert site.server.process.poll() is None
    assert site.events("/echo")[1][-1]["type"] == "complete"


@pytest.mark.parametrize("path", ["/slow", "/stubborn", "/floods", "/returns-large", "/exits", "/raises"])
def test_while_one_run_misbehaves_another_is_answered(site: Site, path: str) -> None:
    started = site.post(path, Prefer="respond-async")
    assert started.status_code == 202
    for _ in range(3):
        assert site.events("/echo")[1][-1]["type"] == "complete"


def test_a_run_that_completes_is_recorded_with_all_its_fields(site: Site) -> None:
    run_id, events = site.events("/echo")
    columns = (
        "attempt, started_at, finished_at, duration, events, error_type, error_message, traceback, workflow, app_id,"
        " code_hash"
    )
    status, attempt, started_at, finished_at, duration, count, *rest = site.run(run_id, columns)
    assert (status, attempt, count) == ("complete", 1, len(events))
    assert rest == ["", "", "", "echo", "app_test", registry.find_installed("echo").code_hash]
    assert started_at is not None
    assert finished_at >= started_at
    assert duration is not None
    assert [json.loads(data) for _, data in site.recorded(run_id)] == events
    shown = web.get(f"{site.server.url}/runs/{run_id}").json()
    assert (shown["status"], shown["attempt"], shown["progress"]) == ("complete", 1, 100)
    assert shown["started_at"]
    assert shown["finished_at"]


def test_a_run_that_fails_is_recorded_with_its_error(site: Site) -> None:
    run_id, events = site.events("/raises")
    row = site.run(run_id, "attempt, events, error_type, error_message")
    assert row == ("error", 1, len(events), "LookupError", "no such order: 4711")
    started_at, finished_at, duration = site.run(run_id, "started_at, finished_at, duration")[1:]
    assert finished_at >= started_at
    assert duration is not None


def test_a_run_that_goes_on_is_recorded_as_running(site: Site) -> None:
    run_id = site.post("/slow", Prefer="respond-async").headers["x-run-id"]
    columns = "status, attempt, finished_at, duration, error_type"
    assert site.hub.query(f"SELECT {columns} FROM runs_run WHERE id = '{run_id}'") == [("running", 1, None, None, "")]
    assert web.get(f"{site.server.url}/runs/{run_id}").json()["status"] == "running"


@pytest.mark.one_database
def test_readers_that_stall_cost_little_memory_hinder_nobody_and_miss_nothing(site: Site) -> None:
    before = _resident_megabytes(site.server)
    first = _open(site.server, "POST", "/app_test/large-flood")
    head = b""
    while b"\r\n\r\n" not in head:
        part = first.recv(1024)
        assert part, head
        head += part
    run_id = next(line[9:].strip() for line in head.decode().splitlines() if line.lower().startswith("x-run-id:"))
    stalled = [_open(site.server, "GET", f"/runs/{run_id}/events") for _ in range(20)]
    try:
        assert site.events("/echo")[1][-1]["type"] == "complete"
        assert site.run(run_id, "events") == ("complete", _FLOOD_EVENTS + 1)
        # Each connection has an answer by now, and as much of it as fits without being read.
        for connection in stalled:
            assert connection.recv(1, socket.MSG_PEEK) == b"H"
        assert site.events("/echo")[1][-1]["type"] == "complete"
        # A copy of the flood for each reader would take 20 times 12 MB.
        assert _resident_megabytes(site.server) - before < 120
        for connection, read in ((first, head), (stalled[0], b""), (stalled[-1], b"")):
            events = parse(_body(_rest(connection, read)))
            messages = [event["message"][:6] for event in events[:-1]]
            assert messages == [f"{number:06d}" for number in range(_FLOOD_EVENTS)]
            assert events[-1] == {"type": "complete", "run_id": run_id, "output": "done"}
    finally:
        for connection in (first, *stalled):
            connection.close()
    assert site.events("/echo")[1][-1]["type"] == "complete"


def test_a_workflow_that_never_ends_does_not_keep_the_server_from_ending(site: Site) -> None:
    server = site.hub.start()
    answer = web.post(f"{server.url}/app_test/stubborn", headers={"Prefer": "respond-async"})
    assert answer.status_code == 202
    assert server.stop() == 0


def _resident_megabytes(server: Server) -> int:
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return next(int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmRSS:"))


def _open(server: Server, method: str, path: str) -> socket.socket:
    """Send a request without reading the answer."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=60)
    connection.sendall(
        f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
    )
    return connection


def _rest(connection: socket.socket, read: bytes) -> bytes:
    parts = [read]
    while part := connection.recv(1 << 20):
        parts.append(part)
    return b"".join(parts)


def _body(answer: bytes) -> str:
    """Return the body of a chunked answer, which must be complete."""
    head, _, rest = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert b"transfer-encoding: chunked" in head.lower()
    parts: list[bytes] = []
    place = 0
    while True:
        end = rest.index(b"\r\n", place)
        size = int(rest[place:end], 16)
        if size == 0:
            return b"".join(parts).decode()
        parts.append(rest[end + 2 : end + 2 + size])
        place = end + 2 + size + 2
