"""The answers to an accepted trigger: stream, JSON and 202, and how the body reaches the workflow."""

import json
import socket
import subprocess
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from httpx_sse import connect_sse

from tests.support.hub import Hub, Server, wait_until
from tests.support.web import received, web

pytestmark = pytest.mark.one_database

# The interpreter's stack has 1,000 levels; how deep an output may be depends on the stack where it is recorded.
DEPTHS = range(960, 1000, 2)
KINDS = ("umlaut", "surrogate", "none", "lines")
SINKS: list[dict[str, Any]] = [
    {"path": "/inspect", "workflow": "inspect", "method": "ANY"},
    {"path": "/steps", "workflow": "steps", "options": {"count": 4, "pause": 0.3}},
    {"path": "/quick", "workflow": "steps", "options": {"count": 4, "pause": 0.01}},
    {"path": "/guarded", "auth_token": "guard-token"},
    {"path": "/raises", "workflow": "raises"},
    {"path": "/gone", "workflow": "echo"},
    *({"path": f"/deep/{levels}", "workflow": "deep", "options": {"levels": levels}} for levels in DEPTHS),
    *({"path": f"/returns/{kind}", "workflow": "returns", "options": {"kind": kind}} for kind in KINDS),
    *({"path": f"/by-{answer}", "workflow": "inspect", "answer": answer} for answer in ("stream", "json", "async")),
    {"path": "/steps-json", "workflow": "steps", "options": {"count": 4, "pause": 0.3}, "answer": "json"},
    {"path": "/steps-async", "workflow": "steps", "options": {"count": 4, "pause": 0.3}, "answer": "async"},
    {"path": "/endless", "workflow": "steps", "options": {"count": 1, "pause": 60}},
    {"path": "/some", "workflow": "inspect", "method": "ANY", "filter": "body.wanted"},
    {"path": "/some-json", "workflow": "inspect", "filter": "body.wanted", "answer": "json"},
    {"path": "/some-async", "workflow": "inspect", "filter": "body.wanted", "answer": "async"},
]
SSE, JSON = "text/event-stream", "application/json"


@pytest.fixture(scope="module")
def server(hub: Hub) -> Server:
    hub.add_sinks(SINKS)
    hub.remove_workflow("/gone")
    return hub.start(MAX_BODY_BYTES="100000", GRACE_SECONDS="1")


def wait_for(hub: Hub, run_id: str, status: str = "complete") -> None:
    query = f"SELECT status FROM runs_run WHERE id = '{run_id}'"
    wait_until(lambda: hub.query(query) == [(status,)], f"{run_id} does not become {status}")


def events_of(text: str) -> list[tuple[int, dict[str, Any]]]:
    """Return the stream's events, parsed strictly."""
    events = []
    for block in text.removesuffix("\n\n").split("\n\n"):
        if block.startswith(":"):
            continue
        first, second = block.split("\n")
        events.append((int(first.removeprefix("id: ")), json.loads(second.removeprefix("data: "))))
    return events


def test_an_accepted_trigger_has_the_headers_of_the_contract(server: Server) -> None:
    answer = web.post(f"{server.url}/app_test/inspect")
    assert (answer.http_version, answer.status_code, answer.reason_phrase) == ("HTTP/1.1", 200, "OK")
    assert answer.headers["x-run-id"].startswith("run_")
    assert answer.headers["content-type"] == SSE
    assert answer.headers["cache-control"] == "no-cache, no-transform"
    assert answer.headers["x-accel-buffering"] == "no"
    assert answer.headers["location"] == f"/runs/{answer.headers['x-run-id']}"
    assert "server" not in answer.headers


def test_the_stream_numbers_its_events_and_ends_with_the_only_last_one(server: Server) -> None:
    answer = web.post(f"{server.url}/app_test/quick")
    events = events_of(answer.text)
    assert [number for number, _ in events] == [1, 2, 3, 4, 5]
    assert [event["type"] for _, event in events] == ["progress"] * 4 + ["complete"]
    assert [event.get("progress") for _, event in events] == [25, 50, 75, 100, None]
    assert events[-1][1]["output"] == {"steps": 4, "attempt": 1}
    for _, event in events:
        assert list(event)[:2] == ["type", "run_id"]
        assert event["run_id"] == answer.headers["x-run-id"]
    assert "event:" not in answer.text


def test_progress_arrives_while_the_run_goes_on(server: Server, hub: Hub) -> None:
    with web.stream("POST", f"{server.url}/app_test/steps") as answer:
        run_id = answer.headers["x-run-id"]
        assert hub.query(f"SELECT status FROM runs_run WHERE id = '{run_id}'") == [("running",)]
        lines = answer.iter_lines()
        assert next(lines) == "id: 1"
        assert hub.query(f"SELECT status FROM runs_run WHERE id = '{run_id}'") == [("running",)]
        assert "complete" in list(lines)[-2]


def test_curl_shows_progress_as_it_comes(server: Server, hub: Hub) -> None:
    command = ["curl", "-sN", "-X", "POST", f"{server.url}/app_test/steps", "-d", "name=Ada"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as curl:
        assert curl.stdout is not None
        assert curl.stdout.readline() == "id: 1\n"
        run_id = json.loads(curl.stdout.readline().removeprefix("data: "))["run_id"]
        assert hub.query(f"SELECT status FROM runs_run WHERE id = '{run_id}'") == [("running",)]
        assert '"complete"' in curl.stdout.read()
    assert curl.returncode == 0


def test_an_sse_client_reads_it(server: Server) -> None:
    with httpx.Client(timeout=60) as client, connect_sse(client, "POST", f"{server.url}/app_test/quick") as source:
        events = list(received(source))
    assert [event.id for event in events] == ["1", "2", "3", "4", "5"]
    assert {event.event for event in events} == {"message"}


def test_a_workflow_that_raises_is_answered_200_and_ends_with_an_error_event(server: Server) -> None:
    answer = web.post(f"{server.url}/app_test/raises")
    assert answer.status_code == 200
    last = events_of(answer.text)[-1][1]
    assert last["type"] == "error"
    assert last["error"] == {"type": "LookupError", "message": "no such order: 4711"}
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, SSE),
        ("*/*", SSE),
        (SSE, SSE),
        (f"{JSON}, {SSE}", SSE),
        (f"{JSON};q=0.5, {SSE}", SSE),
        (JSON, JSON),
        ("application/*", JSON),
        (f"{JSON}, */*;q=0.1", JSON),
        (f"{JSON};q=0.9, {SSE};q=0.8", JSON),
        (f"{JSON}, text/plain, */*", SSE),
        (f"{SSE};q=0, {JSON}", JSON),
        (f"{JSON};q=oops", SSE),
    ],
)
def test_the_answer_is_json_where_the_client_prefers_it(server: Server, accept: str | None, expected: str) -> None:
    with httpx.Client(timeout=60) as client:
        client.headers.pop("accept")
        headers = {} if accept is None else {"Accept": accept}
        answer = client.post(f"{server.url}/app_test/inspect", headers=headers)
    assert answer.headers["content-type"] == expected


def test_json_has_the_end_of_the_run(server: Server) -> None:
    headers = {"Accept": JSON}
    answer = web.post(f"{server.url}/app_test/quick", headers=headers)
    run_id = answer.headers["x-run-id"]
    assert answer.json() == {"run_id": run_id, "status": "complete", "output": {"steps": 4, "attempt": 1}}
    answer = web.post(f"{server.url}/app_test/raises", headers=headers)
    assert answer.status_code == 200
    assert answer.json()["status"] == "error"
    assert answer.json()["error"]["type"] == "LookupError"


def test_respond_async_is_answered_while_the_run_goes_on(server: Server, hub: Hub) -> None:
    answer = web.post(f"{server.url}/app_test/steps", headers={"Prefer": "respond-async"})
    query = f"SELECT status FROM runs_run WHERE id = '{answer.json()['run_id']}'"
    assert (answer.status_code, hub.query(query)) == (202, [("running",)])


@pytest.mark.both_databases
def test_an_output_as_deep_as_can_be_recorded_is_answered_in_all_forms(server: Server) -> None:
    recorded = []
    for levels in DEPTHS:
        stream = web.post(f"{server.url}/app_test/deep/{levels}")
        output = "[" * (levels + 1) + "]" * (levels + 1)
        if f'"output":{output}' not in stream.text:
            assert "nested too deeply" in stream.text
            continue
        recorded.append(levels)
        for headers in ({"Accept": JSON}, {"Prefer": "respond-async, wait=30"}):
            answer = web.post(f"{server.url}/app_test/deep/{levels}", headers=headers)
            assert answer.status_code == 200
            assert f'"output": {output}' in answer.text
        place = f"{server.url}/runs/{stream.headers['x-run-id']}"
        state = web.get(place)
        assert state.status_code == 200
        assert f'"output": {output}' in state.text
        page = web.get(place, headers={"Accept": "text/html"})
        assert page.status_code == 200
        assert 'class="complete">complete<' in page.text
        shown = page.text.partition('<pre id="result"')[2].partition(">")[2]
        assert "".join(shown.split()).startswith("[" * 100)  # the start of the output, indented if the stack suffices
    assert recorded


@pytest.mark.parametrize("kind", KINDS)
def test_all_forms_of_an_answer_have_the_same_output(server: Server, kind: str) -> None:
    url = f"{server.url}/app_test/returns/{kind}"
    stream = web.post(url)
    output = events_of(stream.text)[-1][1]["output"]
    assert web.post(url, headers={"Accept": JSON}).json()["output"] == output
    assert web.get(f"{server.url}/runs/{stream.headers['x-run-id']}").json()["output"] == output


@pytest.mark.parametrize("prefer", ["respond-async", "Respond-Async", "respond-async; x=1", "wait=soon, respond-async"])
def test_respond_async_is_answered_202_with_the_place_of_the_events(server: Server, prefer: str) -> None:
    answer = web.post(f"{server.url}/app_test/quick", headers={"Prefer": prefer, "Accept": SSE})
    run_id = answer.headers["x-run-id"]
    assert answer.status_code == 202
    assert answer.headers["content-type"] == JSON
    assert answer.headers["preference-applied"] == "respond-async"
    assert answer.headers["location"] == f"/runs/{run_id}"
    assert answer.json() == {"run_id": run_id, "status": "running", "events_url": f"/runs/{run_id}/events"}
    events = events_of(web.get(server.url + answer.json()["events_url"]).text)
    assert events[-1][1]["type"] == "complete"


ANY = (None, "*/*", f"{JSON}, text/plain, */*", f"{JSON}, {SSE}", "*/*; q=0.5, application/xml", "text/plain")


def _kind(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.headers["content-type"]


@pytest.mark.parametrize("accept", ANY)
@pytest.mark.parametrize(
    ("default", "expected"), [("stream", (200, SSE)), ("json", (200, JSON)), ("async", (202, JSON))]
)
def test_the_sink_decides_the_answer_of_a_client_without_a_wish(
    server: Server, accept: str | None, default: str, expected: tuple[int, str]
) -> None:
    with httpx.Client(timeout=60) as client:
        client.headers.pop("accept")
        headers = {} if accept is None else {"Accept": accept}
        answer = client.post(f"{server.url}/app_test/by-{default}", headers=headers)
    assert _kind(answer) == expected
    assert "preference-applied" not in answer.headers


@pytest.mark.parametrize("default", ["stream", "json", "async"])
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"Accept": SSE}, (200, SSE)),
        ({"Accept": JSON}, (200, JSON)),
        ({"Accept": f"{JSON};q=0.5, {SSE}"}, (200, SSE)),
        ({"Accept": f"{SSE};q=0.5, */*"}, (200, JSON)),
        ({"Prefer": "respond-async"}, (202, JSON)),
        ({"Prefer": "respond-async", "Accept": SSE}, (202, JSON)),
    ],
)
def test_a_client_with_a_wish_gets_it_whatever_the_sink_would_answer(
    server: Server, default: str, fields: dict[str, str], expected: tuple[int, str]
) -> None:
    assert _kind(web.post(f"{server.url}/app_test/by-{default}", headers=fields)) == expected


def test_a_sink_that_answers_json_does_so_when_the_run_is_over(server: Server) -> None:
    answer = web.post(f"{server.url}/app_test/steps-json")
    assert answer.json()["output"] == {"steps": 4, "attempt": 1}


def test_a_sink_that_answers_202_does_so_while_the_run_goes_on(server: Server, hub: Hub) -> None:
    answer = web.post(f"{server.url}/app_test/steps-async")
    run_id = answer.headers["x-run-id"]
    assert hub.query(f"SELECT status FROM runs_run WHERE id = '{run_id}'") == [("running",)]
    assert answer.json() == {"run_id": run_id, "status": "running", "events_url": f"/runs/{run_id}/events"}


@pytest.mark.parametrize("prefer", ["respond-async, wait=50", "wait=50, respond-async", 'respond-async, WAIT="50"; x'])
def test_a_run_that_is_over_within_the_wait_is_answered_with_its_end(server: Server, prefer: str) -> None:
    answer = web.post(f"{server.url}/app_test/steps", headers={"Prefer": prefer})
    run_id = answer.headers["x-run-id"]
    assert _kind(answer) == (200, JSON)
    assert answer.headers["preference-applied"] == "wait=50"
    assert answer.headers["location"] == f"/runs/{run_id}"
    assert answer.json() == {"run_id": run_id, "status": "complete", "output": {"steps": 4, "attempt": 1}}


@pytest.mark.parametrize(
    ("fields", "applied"),
    [
        ({"Prefer": "respond-async, wait=0"}, "respond-async, wait=0"),
        ({"Prefer": "respond-async, wait=1"}, "respond-async, wait=1"),
        ({"Prefer": "wait=1", "Accept": JSON}, "wait=1"),
    ],
)
def test_a_run_that_is_not_over_within_the_wait_is_answered_202(
    server: Server, hub: Hub, fields: dict[str, str], applied: str
) -> None:
    answer = web.post(f"{server.url}/app_test/endless", headers=fields)
    run_id = answer.headers["x-run-id"]
    assert _kind(answer) == (202, JSON)
    assert answer.headers["preference-applied"] == applied
    assert answer.json() == {"run_id": run_id, "status": "running", "events_url": f"/runs/{run_id}/events"}
    assert hub.query(f"SELECT status FROM runs_run WHERE id = '{run_id}'") == [("running",)]


def test_a_client_of_json_may_limit_its_wait_and_get_the_end(server: Server) -> None:
    answer = web.post(f"{server.url}/app_test/raises", headers={"Prefer": "wait=50", "Accept": JSON})
    assert (_kind(answer), answer.headers["preference-applied"]) == ((200, JSON), "wait=50")
    assert answer.json()["error"] == {"type": "LookupError", "message": "no such order: 4711"}


def test_a_wait_may_be_put_to_a_sink_that_answers_202(server: Server) -> None:
    answer = web.post(f"{server.url}/app_test/steps-async", headers={"Prefer": "wait=50"})
    assert (_kind(answer), answer.headers["preference-applied"]) == ((200, JSON), "wait=50")


def test_a_wait_without_bounds_is_cut_and_the_answer_says_so(server: Server) -> None:
    for prefer in (f"wait={10**6}", f"wait={10**300}"):
        answer = web.post(f"{server.url}/app_test/quick", headers={"Prefer": prefer, "Accept": JSON})
        assert (answer.json()["status"], answer.headers["preference-applied"]) == ("complete", "wait=300")


@pytest.mark.parametrize(
    "prefer", ["wait", "wait=", "wait=-1", "wait=1.5", "wait=\u00b2", 'x="a, wait=0"', '"', ",;=,"]
)
def test_a_wait_that_cannot_be_read_is_ignored(server: Server, prefer: str) -> None:
    headers = {b"Prefer": prefer.encode("latin-1"), b"Accept": JSON.encode()}
    answer = web.post(f"{server.url}/app_test/quick", headers=headers)
    assert (_kind(answer), answer.json()["status"]) == ((200, JSON), "complete")
    assert "preference-applied" not in answer.headers


def test_of_two_waits_the_first_counts(server: Server) -> None:
    fields = [("Prefer", "wait=50"), ("Prefer", "wait=0"), ("Accept", JSON)]
    answer = web.post(f"{server.url}/app_test/steps", headers=fields)
    assert (answer.status_code, answer.headers["preference-applied"]) == (200, "wait=50")


def test_a_preference_in_quotes_is_none(server: Server) -> None:
    answer = web.post(f"{server.url}/app_test/quick", headers={"Prefer": 'note="a, respond-async, b"'})
    assert _kind(answer) == (200, SSE)


def test_a_very_long_prefer_is_ignored(server: Server) -> None:
    headers = {"Prefer": '"' + '\\"' * 25_000 + ", respond-async"}
    assert _kind(web.post(f"{server.url}/app_test/quick", headers=headers)) == (200, SSE)


def test_a_stream_does_not_heed_a_wait(server: Server) -> None:
    answer = web.post(f"{server.url}/app_test/steps", headers={"Prefer": "wait=0"})
    assert _kind(answer) == (200, SSE)
    assert "preference-applied" not in answer.headers
    assert events_of(answer.text)[-1][1]["type"] == "complete"


def test_a_client_that_leaves_during_its_wait_stops_nothing(server: Server, hub: Hub) -> None:
    newest = "SELECT id, status FROM runs_run ORDER BY id DESC LIMIT 1"
    before = hub.query(newest)
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as wire:
        head = b"POST /app_test/steps HTTP/1.1\r\nHost: x\r\nPrefer: respond-async, wait=50\r\n"
        wire.sendall(head + b"Content-Length: 0\r\n\r\n")
        wait_until(lambda: hub.query(newest) != before, "no run begins")
    wait_for(hub, hub.query(newest)[0][0])


def _repeat(server: Server, key: str, path: str, **fields: str) -> httpx.Response:
    return web.post(f"{server.url}/app_test{path}", headers={"Idempotency-Key": key, **fields})


def test_a_repeat_is_answered_with_the_first_run_in_each_form(server: Server, hub: Hub) -> None:
    first = _repeat(server, "each-form", "/quick")
    run_id = first.headers["x-run-id"]
    assert "idempotent-replayed" not in first.headers
    wait_for(hub, run_id)
    end = {"run_id": run_id, "status": "complete", "output": {"steps": 4, "attempt": 1}}
    forms = {
        "stream": _repeat(server, "each-form", "/quick"),
        "json": _repeat(server, "each-form", "/quick", Accept=JSON),
        "async": _repeat(server, "each-form", "/quick", Prefer="respond-async"),
        # A finished run needs no wait.
        "wait": _repeat(server, "each-form", "/quick", Prefer="respond-async, wait=0"),
        "page": _repeat(server, "each-form", "/quick", Accept="text/html"),
    }
    assert {name: answer.status_code for name, answer in forms.items()} == {
        "stream": 200,
        "json": 200,
        "async": 202,
        "wait": 200,
        "page": 303,
    }
    for answer in forms.values():
        assert answer.headers["idempotent-replayed"] == "true"
        assert answer.headers["x-run-id"] == run_id
        assert answer.headers["location"] == f"/runs/{run_id}"
    assert forms["stream"].text == first.text
    assert forms["json"].json() == forms["wait"].json() == end


def test_a_repeat_of_a_run_that_goes_on_waits_for_its_end(server: Server) -> None:
    started = _repeat(server, "goes-on", "/steps", Prefer="respond-async")
    assert started.status_code == 202
    in_time = _repeat(server, "goes-on", "/steps", Prefer="wait=50", Accept=JSON)
    assert in_time.json()["output"] == {"steps": 4, "attempt": 1}
    assert in_time.headers["x-run-id"] == started.headers["x-run-id"]


UNWANTED = {"filtered": True, "reason": "The filter does not match."}


def test_a_delivery_without_a_run_is_answered_by_one_event(server: Server, hub: Hub) -> None:
    before = hub.query("SELECT count(*) FROM runs_run")
    answer = web.post(f"{server.url}/app_test/some", json={"wanted": False})
    assert _kind(answer) == (200, SSE)
    assert "x-run-id" not in answer.headers
    assert "location" not in answer.headers
    assert events_of(answer.text) == [(1, {"type": "complete", "run_id": None, "output": UNWANTED})]
    assert answer.text.startswith('id: 1\ndata: {"type":"complete","run_id":null,"output":{"filtered":true,')
    assert hub.query("SELECT count(*) FROM runs_run") == before
    assert web.post(f"{server.url}/app_test/some", json={"wanted": True}).headers["x-run-id"]


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/some", {"Accept": JSON}),
        ("/some", {"Prefer": "respond-async"}),
        ("/some", {"Prefer": "respond-async, wait=5"}),
        ("/some-json", {}),
        ("/some-async", {}),
    ],
)
def test_a_delivery_without_a_run_is_answered_as_json_at_once(
    server: Server, path: str, fields: dict[str, str]
) -> None:
    answer = web.post(f"{server.url}/app_test{path}", json={}, headers=fields)
    assert _kind(answer) == (200, JSON)
    assert answer.json() == {"run_id": None, "status": "complete", "output": UNWANTED}


def test_head_without_a_run_gets_the_headers_alone(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as wire:
        wire.sendall(b"HEAD /app_test/some HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        head, _, body = b"".join(iter(lambda: wire.recv(65536), b"")).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert body == b""


def test_head_gets_the_headers_alone_and_its_run_goes_on(server: Server, hub: Hub) -> None:
    # A raw socket: HTTP clients do not check whether a body follows.
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as wire:
        wire.sendall(b"HEAD /app_test/inspect HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        head, _, body = b"".join(iter(lambda: wire.recv(65536), b"")).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"content-type: text/event-stream" in head
    assert body == b""
    wait_for(hub, head.decode().split("x-run-id: ")[1].split("\r\n")[0])


@pytest.mark.parametrize("accept", [SSE, JSON])
def test_a_client_that_leaves_stops_nothing(server: Server, hub: Hub, accept: str) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as wire:
        head = f"POST /app_test/steps HTTP/1.1\r\nHost: x\r\nAccept: {accept}\r\nContent-Length: 0\r\n\r\n"
        wire.sendall(head.encode())
        received = b""
        while b"\r\n\r\n" not in received:
            received += wire.recv(65536)
    run_id = received.decode().split("x-run-id: ")[1].split("\r\n")[0]
    assert hub.query(f"SELECT status FROM runs_run WHERE id = '{run_id}'") == [("running",)]
    wait_for(hub, run_id)
    assert len(events_of(web.get(f"{server.url}/runs/{run_id}/events").text)) == 5


def test_a_request_that_does_not_come_whole_starts_no_run(server: Server, hub: Hub) -> None:
    before = hub.query("SELECT count(*) FROM runs_run")[0][0]
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as wire:
        wire.sendall(b"POST /app_test/inspect HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf")
    # The server accepts connections in order, so it answers this one after it has seen the other close.
    assert web.post(f"{server.url}/app_test/inspect").status_code == 200
    assert hub.query("SELECT count(*) FROM runs_run")[0][0] == before + 1


BODIES = [
    b"",
    b'{"a": 1, "a": 2}',
    b'{"a": NaN}',
    b"{not json",
    b"\xff\xfe\x00 not UTF-8",
    b"\xef\xbb\xbf[1]",
    b'"\\ud800"',
    b"[" * 50_000,
    bytes(range(256)) * 100,
]


@pytest.mark.both_databases
@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_the_body_reaches_workflow_and_record_byte_for_byte(server: Server, hub: Hub, body: bytes) -> None:
    answer = web.post(f"{server.url}/app_test/inspect", content=body, headers={"Content-Type": JSON})
    output = events_of(answer.text)[-1][1]["output"]
    assert output["body"].encode("latin-1") == body
    rows = hub.query(f"SELECT body FROM runs_delivery WHERE run_id = '{answer.headers['x-run-id']}'")
    assert bytes(rows[0][0]) == body


@pytest.mark.both_databases
def test_forms_reach_workflow_and_record_byte_for_byte(server: Server, hub: Hub) -> None:
    boundary = b'--b\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
    parts = (
        boundary % (b"name", b"", b"Ada") + boundary % (b"file", b'; filename="f.bin"', b"\xff\x00\r\n") + b"--b--\r\n"
    )
    forms = {
        "application/x-www-form-urlencoded": b"name=Ada&name=Gr%C3%BC%C3%9Fe+%26",
        "multipart/form-data; boundary=b": parts,
    }
    outputs = []
    for kind, body in forms.items():
        answer = web.post(f"{server.url}/app_test/inspect", content=body, headers={"Content-Type": kind})
        outputs.append(events_of(answer.text)[-1][1]["output"])
        assert outputs[-1]["body"].encode("latin-1") == body
        rows = hub.query(f"SELECT body FROM runs_delivery WHERE run_id = '{answer.headers['x-run-id']}'")
        assert bytes(rows[0][0]) == body
    assert outputs[0]["form"] == {"name": ["Ada", "Gr\u00fc\u00dfe &"]}
    assert (outputs[1]["form"], outputs[1]["files"]) == ({"name": ["Ada"]}, {"file": ["\xff\x00\r\n"]})


def test_a_chunked_body_is_put_together(server: Server) -> None:
    def pieces() -> Iterator[bytes]:
        for number in range(50):
            yield b"%d;" % number

    answer = web.post(f"{server.url}/app_test/inspect", content=pieces(), headers={"Accept": JSON})
    assert answer.json()["output"]["body"] == "".join(f"{number};" for number in range(50))


def test_a_body_over_the_limit_is_refused_by_its_length_or_by_what_comes(server: Server, hub: Hub) -> None:
    before = hub.query("SELECT count(*) FROM runs_run")
    for content in (b"x" * 100_001, (b"x" * 10_000 for _ in range(11))):
        answer = web.post(f"{server.url}/app_test/inspect", content=content)
        assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")
    assert web.post(f"{server.url}/app_test/inspect", content=b"x" * 100_000).status_code == 200
    assert hub.query("SELECT count(*) FROM runs_run")[0][0] == before[0][0] + 1


def test_a_length_over_the_limit_is_refused_before_the_body_is_sent(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as wire:
        wire.sendall(b"PUT /app_test/inspect HTTP/1.1\r\nHost: x\r\nContent-Length: 100001\r\n\r\n")
        assert wire.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_a_workflow_that_is_not_installed_is_answered_500_and_named_in_the_log(server: Server, hub: Hub) -> None:
    before = hub.query("SELECT count(*) FROM runs_run")
    answer = web.post(f"{server.url}/app_test/gone")
    problem = answer.json()
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(problem) == {"type", "title", "status", "detail"}
    assert (problem["status"], problem["title"]) == (500, "Internal Server Error")
    assert "Traceback" not in answer.text
    assert "'removed' is not installed" in server.log()
    assert hub.query("SELECT count(*) FROM runs_run") == before


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/app_test/%zz", 400),
        ("POST", "/app_test/guarded", 401),
        ("POST", "/app_test/nothing", 404),
        ("DELETE", "/app_test/raises", 404),
        ("POST", "/sink/other", 404),
        ("GET", "/runs/run_xyz", 404),
        ("PUT", "/app_test/inspect", 413),
        ("POST", "/app_test/gone", 500),
    ],
)
@pytest.mark.parametrize("accept", ["*/*", SSE, "text/html"])
def test_every_error_is_a_problem_and_never_a_traceback(
    server: Server, method: str, path: str, status: int, accept: str
) -> None:
    url = httpx.URL(server.url).copy_with(raw_path=path.encode())
    answer = web.request(method, url, headers={"Accept": accept}, content=b"x" * 100_001 if status == 413 else b"")
    problem = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert set(problem) == {"type", "title", "status", "detail"}
    assert (problem["type"], problem["status"]) == ("about:blank", status)
    assert problem["title"]
    assert problem["detail"]
    assert "Traceback" not in answer.text
