"""Responses: by a workflow with `run.respond`, or fixed by its sink, for clients that do not stream."""

import json
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest
from httpx_sse import connect_sse

from tests.processes.test_workers import start_worker
from tests.support.hub import Hub, Server, wait_until
from tests.support.web import received, web
from tests.unit.test_docs import PAGES, blocks

pytestmark = pytest.mark.one_database

_WORKFLOWS = """
import asyncio
from pathlib import Path

from runs.workflows import workflow


async def until(file):
    while not Path(file).exists():
        await asyncio.sleep(0.02)


@workflow(responds=True)
async def responds(request, run):
    await run.respond(201, {"X-Job": "7", "Content-Type": "text/html"}, f"<h1>attempt {run.attempt}</h1>")
    if file := request.query.get("file"):
        Path(f"{file}.responded").touch()
        await until(file)
    return "done"


@workflow(responds=True)
async def ends(request, run):
    if file := request.query.get("file"):
        await until(file)
    if request.query.get("fail"):
        raise LookupError("no such order")
    return {"found": 7}


@workflow
async def waits(request, run):
    await until(request.query["file"])
    if request.query.get("fail"):
        raise LookupError("no such order")
    return "done"


@workflow(responds=True)
async def has_a_step_with_this_name(request, run):
    await run.step("respond", asyncio.sleep, 0)
    await run.respond(200, body="after the step")
    return "done"
"""
_XML: dict[str, Any] = {"status": 200, "headers": {"Content-Type": "text/xml"}, "body": "<Response/>"}
_SINKS: list[dict[str, Any]] = [
    {"path": "/responds", "workflow": "responds"},
    {"path": "/keyed", "workflow": "responds", "dedupe_header": "X-Delivery"},
    {"path": "/streams", "workflow": "responds", "answer": "stream"},
    {"path": "/at-once", "workflow": "responds", "answer": "async"},
    {"path": "/redirects", "workflow": "responds", "redirect": "https://example.com/thanks"},
    {"path": "/ends", "workflow": "ends"},
    {"path": "/named", "workflow": "has_a_step_with_this_name"},
    {"path": "/fixed", "workflow": "waits", "response": _XML, "filter": "query.skip != 'yes'", "method": "ANY"},
    {"path": "/empty", "workflow": "waits", "response": {"status": 204}, "answer": "async"},
    {"path": "/instead", "workflow": "responds", "response": {"body": {"ok": True}}},
    {"path": "/fails", "workflow": "waits", "response": {"failed_status": 500}},
    {"path": "/either", "workflow": "waits", "response": {**_XML, "failed_status": 502}},
    {"path": "/plain", "workflow": "waits"},
    {"path": "/plain", "workflow": "waits", "method": "GET"},
    {"path": "/orders/{order}", "workflow": "waits", "method": "GET"},
    {"path": "/off", "workflow": "waits", "method": "GET", "active": False},
]


_PAGE = PAGES["docs/answers.md"]
_SLACK, _DISCORD = blocks(_PAGE, "python")
_TWILIO, _ADYEN = (json.loads(block) for block in blocks(_PAGE, "json"))


@pytest.fixture(scope="module")
def site(hub: Hub) -> Hub:
    hub.add_workflows(responding=_WORKFLOWS, shown_slack=_SLACK, shown_discord=_DISCORD)
    shown = [{"path": "/deploy", "workflow": "deploy"}, {"path": "/remind", "workflow": "remind"}, _TWILIO, _ADYEN]
    hub.add_sinks([*_SINKS, *shown])
    return hub


@pytest.fixture(scope="module")
def server(site: Hub) -> Server:
    return site.start()


@pytest.fixture
def gate(site: Hub) -> Path:
    """A file for which a workflow waits."""
    return site.folder / f"gate-{len(list(site.folder.glob('gate-*')))}"


def send(server: Server, path: str, method: str = "POST", **more: Any) -> httpx.Response:
    return web.request(method, f"{server.url}/app_test{path}", **more)


def status_of(site: Hub, answer: httpx.Response) -> str:
    [(status,)] = site.query(f"SELECT status FROM runs_run WHERE id = '{answer.headers['x-run-id']}'")
    return str(status)


def finish(site: Hub, gate: Path, answer: httpx.Response) -> None:
    """Let the run of an answer end."""
    gate.touch()
    wait_until(lambda: status_of(site, answer) in ("complete", "error"), "the run does not end")


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/html", "image/png"])
def test_a_client_gets_the_response_while_the_run_goes_on(site: Hub, server: Server, gate: Path, accept: str) -> None:
    answer = send(server, "/responds", params={"file": str(gate)}, headers={"Accept": accept})
    assert (answer.status_code, answer.text) == (201, "<h1>attempt 1</h1>")
    assert (answer.headers["x-job"], answer.headers["content-type"]) == ("7", "text/html")
    assert answer.headers["cache-control"] == "no-store"
    assert "location" not in answer.headers
    assert status_of(site, answer) == "running"
    finish(site, gate, answer)


def test_a_response_cannot_act_on_the_origin_of_the_admin(server: Server) -> None:
    answer = send(server, "/responds")
    assert answer.headers.get_list("content-security-policy") == ["sandbox allow-downloads"]
    assert answer.headers.get_list("x-content-type-options") == ["nosniff"]


def test_a_client_that_prefers_the_stream_gets_it(server: Server) -> None:
    with connect_sse(web, "POST", f"{server.url}/app_test/responds") as source:
        events = [json.loads(event.data) for event in received(source)]
    assert [(event["type"], event.get("step")) for event in events] == [("step", "respond"), ("complete", None)]
    assert events[-1]["output"] == "done"


def test_the_answer_of_a_sink_makes_the_stream_the_default(server: Server) -> None:
    assert send(server, "/streams").headers["content-type"] == "text/event-stream"
    assert send(server, "/streams", headers={"Accept": "application/json"}).status_code == 201
    assert send(server, "/at-once").status_code == 202
    assert send(server, "/at-once", headers={"Accept": "application/json"}).status_code == 201
    assert send(server, "/responds", headers={"Prefer": "respond-async"}).status_code == 202


def test_a_browser_gets_the_page_of_the_response_unless_the_sink_redirects_it(server: Server) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    assert send(server, "/responds", headers=browser).text == "<h1>attempt 1</h1>"
    answer = send(server, "/redirects", headers=browser)
    assert (answer.status_code, answer.headers["location"]) == (303, "https://example.com/thanks")
    assert send(server, "/redirects").status_code == 201


def test_a_step_with_the_same_name_is_no_response(server: Server) -> None:
    assert send(server, "/named").text == "after the step"


def test_a_run_that_does_not_respond_is_answered_with_its_end(server: Server) -> None:
    answer = send(server, "/ends")
    assert (answer.status_code, answer.json()["status"], answer.json()["output"]) == (200, "complete", {"found": 7})
    answer = send(server, "/ends", params={"fail": "1"})
    assert (answer.status_code, answer.json()["error"]["message"]) == (200, "no such order")


@pytest.mark.parametrize("seconds", [0, 1])
def test_a_client_says_how_long_it_waits(site: Hub, server: Server, gate: Path, seconds: int) -> None:
    answer = send(server, "/ends", params={"file": str(gate)}, headers={"Prefer": f"wait={seconds}"})
    assert answer.status_code == 202
    assert answer.headers["preference-applied"] == f"wait={seconds}"
    run_id = answer.headers["x-run-id"]
    assert answer.json() == {"run_id": run_id, "status": "running", "events_url": f"/runs/{run_id}/events"}
    finish(site, gate, answer)


def test_a_fixed_response_is_sent_as_soon_as_the_run_is_recorded(site: Hub, server: Server, gate: Path) -> None:
    answer = send(server, "/fixed", params={"file": str(gate)}, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.headers["content-type"], answer.text) == (200, "text/xml", "<Response/>")
    assert status_of(site, answer) == "running"
    assert answer.headers["content-security-policy"] == "sandbox allow-downloads"
    finish(site, gate, answer)


def test_a_fixed_response_precedes_the_sinks_answer_and_its_workflows_response(
    site: Hub, server: Server, gate: Path
) -> None:
    answer = send(server, "/empty", params={"file": str(gate)})
    assert (answer.status_code, answer.content) == (204, b"")
    assert not {"content-length", "content-type", "transfer-encoding"} & set(answer.headers)
    finish(site, gate, answer)
    answer = send(server, "/instead")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == {"ok": True}


def test_a_filtered_delivery_gets_the_fixed_response_too(site: Hub, server: Server) -> None:
    before = site.runs()
    answer = send(server, "/fixed", params={"skip": "yes"})
    assert (answer.status_code, answer.text) == (200, "<Response/>")
    assert "x-run-id" not in answer.headers
    streamed = send(server, "/fixed", params={"skip": "yes"}, headers={"Accept": "text/event-stream"})
    assert '"filtered":true' in streamed.text
    assert site.runs() == before


def test_the_sink_sets_the_status_of_a_failed_run(server: Server, gate: Path) -> None:
    gate.touch()
    query = {"file": str(gate)}
    answer = send(server, "/fails", params=query)
    assert (answer.status_code, answer.json()["output"]) == (200, "done")
    answer = send(server, "/fails", params={**query, "fail": "1"})
    assert (answer.status_code, answer.json()["status"]) == (500, "error")
    assert answer.json()["error"] == {"type": "LookupError", "message": "no such order"}
    assert send(server, "/either", params=query).text == "<Response/>"
    assert send(server, "/either", params={**query, "fail": "1"}).status_code == 502


def test_the_status_of_a_failed_run_is_that_of_a_cancelled_one(site: Hub, server: Server, gate: Path) -> None:
    answers: list[httpx.Response] = []
    query = {"file": str(gate)}
    client = threading.Thread(target=lambda: answers.append(send(server, "/fails", params=query)))
    client.start()
    running = "SELECT id FROM runs_run WHERE status = 'running' ORDER BY id DESC"
    wait_until(lambda: site.query(running), "the run does not start")
    site.manage("runs", "cancel", site.query(running)[0][0])
    client.join()
    assert (answers[0].status_code, answers[0].json()["status"]) == (500, "cancelled")


def test_a_run_goes_on_when_its_client_leaves(site: Hub, server: Server, gate: Path) -> None:
    with pytest.raises(httpx.ReadTimeout):
        send(server, "/fails", params={"file": str(gate)}, timeout=1)
    run_id = site.query("SELECT max(id) FROM runs_run")[0][0]
    gate.touch()
    ended = f"SELECT status FROM runs_run WHERE id = '{run_id}'"
    wait_until(lambda: site.query(ended) == [("complete",)], "the run does not end")
    assert "Traceback" not in server.log()


def test_a_repeated_delivery_gets_the_response_of_the_first_run(site: Hub, server: Server) -> None:
    first, second = (send(server, "/keyed", headers={"X-Delivery": "1"}, content=b"{}") for _ in range(2))
    assert (first.status_code, first.text) == (second.status_code, second.text) == (201, "<h1>attempt 1</h1>")
    assert first.headers["x-run-id"] == second.headers["x-run-id"]
    assert [answer.headers.get("idempotent-replayed") for answer in (first, second)] == [None, "true"]


def test_a_replay_responds_anew(site: Hub, server: Server) -> None:
    run_id = send(server, "/responds").headers["x-run-id"]
    new = site.manage("runs", "replay", run_id).stdout.strip()
    recorded = f"SELECT count(*) FROM runs_steprecord WHERE kind = 'response' AND run_id = '{new}'"
    wait_until(lambda: site.query(recorded) == [(1,)], "the replay does not respond")


def test_the_response_is_in_the_documents_of_the_run(site: Hub, server: Server) -> None:
    run_id = send(server, "/responds").headers["x-run-id"]
    expected = {
        "status": 201,
        "headers": {"x-job": "7", "content-type": "text/html"},
        "body": "<h1>attempt 1</h1>",
        "body_bytes": 18,
    }
    assert web.get(f"{server.url}/runs/{run_id}").json()["response"] == expected
    assert json.loads(site.manage("runs", "show", run_id, "--json").stdout)["response"] == expected
    assert "Response: 201\nx-job: 7\ncontent-type: text/html\n\n<h1>attempt 1</h1>\n" in (
        site.manage("runs", "show", run_id).stdout
    )
    without = send(server, "/ends").headers["x-run-id"]
    assert "response" not in web.get(f"{server.url}/runs/{without}").json()


@pytest.mark.parametrize("path", ["/plain", "/orders/7"])
def test_head_and_options_start_no_run_where_no_sink_takes_them(site: Hub, server: Server, path: str) -> None:
    before = site.runs()
    head = send(server, path, "HEAD")
    assert (head.status_code, head.content) == (200, b"")
    options = send(server, path, "OPTIONS")
    assert (options.status_code, options.content) == (204, b"")
    assert options.headers["allow"] == ("GET, HEAD, OPTIONS, POST" if path == "/plain" else "GET, HEAD, OPTIONS")
    assert site.runs() == before


@pytest.mark.parametrize("path", ["/off", "/nothing"])
def test_head_and_options_of_a_url_without_an_active_sink_are_not_found(server: Server, path: str) -> None:
    assert send(server, path, "HEAD").status_code == 404
    assert send(server, path, "OPTIONS").status_code == 404


def test_a_sink_for_any_method_takes_head_as_a_delivery(site: Hub, server: Server, gate: Path) -> None:
    gate.touch()
    answer = send(server, "/fixed", "HEAD", params={"file": str(gate)})
    assert (answer.status_code, answer.headers["content-length"], answer.content) == (200, "11", b"")
    assert answer.headers["x-run-id"].startswith("run_")


def test_the_slack_command_that_is_shown_responds_and_goes_on(site: Hub, server: Server) -> None:
    answer = send(server, "/deploy", data={"command": "/deploy", "text": "shop"})
    assert answer.json() == {"response_type": "in_channel", "text": "Deploying shop ..."}
    assert answer.headers["content-type"] == "application/json"
    wait_until(lambda: status_of(site, answer) == "complete", "the run does not end")


def test_the_twiml_that_is_shown_is_sent_as_xml(server: Server) -> None:
    answer = send(server, "/sms", data={"Body": "call me"}, headers={"Accept": "*/*"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/xml")
    assert answer.text == "<Response><Message>Thank you, we call you back.</Message></Response>"


def test_adyen_gets_the_text_that_is_shown(server: Server) -> None:
    answer = send(server, "/adyen", json={"live": "false", "notificationItems": []})
    assert (answer.status_code, answer.text) == (200, "[accepted]")


def test_the_discord_interactions_that_are_shown_get_their_responses(site: Hub, server: Server) -> None:
    assert send(server, "/remind", json={"type": 1}).json() == {"type": 1}
    answer = send(server, "/remind", json={"type": 2})
    assert answer.json() == {"type": 4, "data": {"content": "I remind you in an hour."}}
    assert status_of(site, answer) in ("running", "waiting")
    site.manage("runs", "cancel", answer.headers["x-run-id"])


def test_a_server_that_is_killed_after_the_response_does_not_respond_again(own_hub: Hub) -> None:
    own_hub.add_workflows(responding=_WORKFLOWS)
    own_hub.add_sinks([{"path": "/keyed", "workflow": "responds", "dedupe_header": "X-Delivery"}])
    gate = own_hub.folder / "gate-0"
    mortal = own_hub.start()
    once = {"X-Delivery": "1"}
    first = send(mortal, "/keyed", params={"file": str(gate)}, headers=once)
    assert first.text == "<h1>attempt 1</h1>"
    mortal.kill()
    server = own_hub.start()
    taken = "SELECT attempt, status FROM runs_run"
    wait_until(lambda: own_hub.query(taken) == [(2, "running")], "the run is not taken over")
    again = send(server, "/keyed", params={"file": str(gate)}, headers=once)
    assert (again.status_code, again.text) == (201, "<h1>attempt 1</h1>")
    finish(own_hub, gate, first)
    assert own_hub.query("SELECT count(*) FROM runs_steprecord WHERE kind = 'response'") == [(1,)]
    events = web.get(f"{server.url}/runs/{first.headers['x-run-id']}/events").text
    assert events.count('"step":"respond"') == 1


@pytest.mark.both_databases
@pytest.mark.parametrize("own_hub", ["postgresql"], indirect=True)
def test_a_client_gets_the_response_of_a_worker(own_hub: Hub) -> None:
    own_hub.add_workflows(responding=_WORKFLOWS)
    sink = {"engine": "procrastinate"}
    own_hub.add_sinks(
        [
            {"path": "/responds", "workflow": "responds", **sink},
            {"path": "/fails", "workflow": "ends", "response": {"failed_status": 500}, **sink},
        ]
    )
    gate = own_hub.folder / "gate-0"
    server = own_hub.start()
    start_worker(own_hub)
    answer = send(server, "/responds", params={"file": str(gate)})
    assert (answer.status_code, answer.text) == (201, "<h1>attempt 1</h1>")
    assert status_of(own_hub, answer) == "running"
    finish(own_hub, gate, answer)
    assert send(server, "/fails", params={"fail": "1"}).status_code == 500
