"""Keyed signals: deliveries to a sink, the API and the command wake the run of the app that waits for name and key."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.integration.test_runs import parse
from tests.processes.test_workers import start_worker
from tests.support.api_client import add_token, add_user
from tests.support.hub import Hub, Server, wait_until
from tests.support.web import web

_WORKFLOWS = """
import asyncio

from runs.workflows import workflow


@workflow
async def pays(request, run, *, timeout: float = 3600):
    return await run.wait_for("payment", key=request.query["order"], timeout=timeout)


@workflow
def pays_in_a_thread(request, run):
    return run.wait_for("payment", request.query["order"])


@workflow
async def gives_up(request, run):
    try:
        await run.wait_for("payment", request.query["order"], timeout=0.2)
    except TimeoutError as error:
        return str(error)


@workflow
async def takes_the_first(request, run):
    order = request.query["order"]
    waits = [asyncio.create_task(run.wait_for(name, key=order)) for name in ("payment", "cancellation")]
    done, others = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for other in others:
        other.cancel()
    await asyncio.wait(waits)
    await run.wait_for("end", key=order)
    return [wait.result() for wait in done]
"""
_DELIVER_TO = {"deliver_signal": "payment", "deliver_key": "body.order_id"}
_SINKS = [
    {"path": "/pays", "workflow": "pays"},
    {"path": "/thread", "workflow": "pays_in_a_thread"},
    {"path": "/gives-up", "workflow": "gives_up"},
    {"path": "/first", "workflow": "takes_the_first"},
    {"path": "/payments", **_DELIVER_TO, "dedupe_header": "X-Delivery"},
    {"path": "/guarded", **_DELIVER_TO, "auth_token": "t0ken-4711", "filter": "body.kind != 'test'", "rate": "2/h"},
    {"path": "/ends", "deliver_signal": "end", "deliver_key": "query.order", "method": "ANY"},
    {"path": "/cancellations", "deliver_signal": "cancellation", "deliver_key": "path_params.order || query.order"},
    {"path": "/pays", "workflow": "pays", "app_id": "app_other"},
    {"path": "/payments", **_DELIVER_TO, "app_id": "app_other"},
]


@pytest.fixture(scope="module")
def site(hub: Hub) -> Hub:
    hub.add_workflows(paying=_WORKFLOWS)
    hub.add_sinks(_SINKS)
    return hub


@pytest.fixture(scope="module")
def server(site: Hub) -> Server:
    return site.start()


@pytest.fixture
def order(request: pytest.FixtureRequest) -> str:
    """An order's id of this test's own."""
    return str(request.node.name)[:90]


class Waiting:
    """A run that waits for a key."""

    def __init__(self, site: Hub, server: Server, order: str, path: str = "/pays", app: str = "app_test") -> None:
        self.site, self.server = site, server
        url = f"{server.url}/{app}{path}"
        answer = web.post(url, params={"order": order}, headers={"Prefer": "respond-async"})
        self.run_id = str(answer.json()["run_id"])
        waits = f"SELECT 1 FROM runs_wait WHERE run_id = '{self.run_id}' AND name = 'payment'"
        wait_until(lambda: site.query(waits), "the run does not wait")

    def wait_until_let_go(self) -> None:
        row = f"SELECT status FROM runs_run WHERE id = '{self.run_id}' AND executor_id = 0"
        wait_until(lambda: self.site.query(row) == [("waiting",)], "the run is not let go")

    def output(self) -> Any:
        """Wait for the run's end, and return its output."""
        with httpx.Client(timeout=60) as client:
            events = parse(client.get(f"{self.server.url}/runs/{self.run_id}/events").text)
        assert events[-1]["type"] == "complete", events
        return events[-1]["output"]

    def status(self) -> str:
        return str(self.site.query(f"SELECT status FROM runs_run WHERE id = '{self.run_id}'")[0][0])

    def cancel(self) -> None:
        self.site.manage("runs", "cancel", self.run_id)


def deliver(server: Server, body: Any, path: str = "/payments", app: str = "app_test", **more: Any) -> httpx.Response:
    return web.post(f"{server.url}/{app}{path}", json=body, **more)


def test_deliveries_wake_the_runs_that_wait_for_their_key_the_oldest_first(
    site: Hub, server: Server, order: str
) -> None:
    first = Waiting(site, server, order)
    second = Waiting(site, server, order, "/thread")
    elsewhere = Waiting(site, server, order, app="app_other")
    other = Waiting(site, server, f"{order}/2")
    second.wait_until_let_go()
    started = site.runs()
    for number in (1, 2):
        answer = deliver(server, {"order_id": order, "number": number}, headers={"Accept": "text/event-stream"})
        assert (answer.status_code, answer.json()) == (202, {"signal": "payment", "key": order})
        assert "x-run-id" not in answer.headers
    assert first.output() == {"order_id": order, "number": 1}
    assert second.output() == {"order_id": order, "number": 2}
    assert site.runs() == started
    assert {elsewhere.status(), other.status()} <= {"running", "waiting"}
    elsewhere.cancel()
    other.cancel()


def test_a_delivery_that_comes_first_is_kept_for_the_next_wait(site: Hub, server: Server, order: str) -> None:
    form = web.post(f"{server.url}/app_test/payments", data={"order_id": order, "tag": ["x", "y"]})
    assert form.status_code == 202
    answer = web.post(f"{server.url}/app_test/pays", params={"order": order}, timeout=60)
    assert parse(answer.text)[-1]["output"] == {"order_id": order, "tag": ["x", "y"]}


def test_a_number_is_a_key_too_and_text_is_a_payload(site: Hub, server: Server) -> None:
    assert deliver(server, {"order_id": 4711}).json()["key"] == "4711"
    assert web.put(f"{server.url}/app_test/ends?order=4711", content="the end").json()["signal"] == "end"
    answer = web.post(f"{server.url}/app_test/pays", params={"order": "4711"}, timeout=60)
    assert parse(answer.text)[-1]["output"] == {"order_id": 4711}
    assert site.query("SELECT payload FROM runs_signal WHERE name = 'end' AND key = '4711'") == [('"the end"',)]


def test_a_wait_for_a_key_has_a_timeout_and_is_given_nothing_afterwards(site: Hub, server: Server, order: str) -> None:
    answer = web.post(f"{server.url}/app_test/gives-up", params={"order": order}, timeout=60)
    assert parse(answer.text)[-1]["output"] == "no signal 'payment' came in time"
    assert deliver(server, {"order_id": order}).status_code == 202
    next_one = web.post(f"{server.url}/app_test/pays", params={"order": order}, timeout=60)
    assert parse(next_one.text)[-1]["output"] == {"order_id": order}


def test_a_wait_that_its_workflow_cancels_leaves_its_signal_to_others(site: Hub, server: Server, order: str) -> None:
    first = Waiting(site, server, order, "/first")
    assert web.post(f"{server.url}/app_test/cancellations", params={"order": order}).status_code == 202
    other = f"SELECT 1 FROM runs_wait WHERE run_id = '{first.run_id}' AND name = 'payment'"
    wait_until(lambda: not site.query(other), "the wait is not withdrawn")
    assert deliver(server, {"order_id": order}).status_code == 202
    answer = web.post(f"{server.url}/app_test/pays", params={"order": order}, timeout=60)
    assert parse(answer.text)[-1]["output"] == {"order_id": order}
    assert web.get(f"{server.url}/app_test/ends", params={"order": order}).status_code == 202
    assert first.output() == [""]


def test_a_repeated_delivery_sends_no_second_signal(site: Hub, server: Server, order: str) -> None:
    body, headers = {"order_id": order}, {"X-Delivery": order}
    answers = [deliver(server, body, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert [answer.headers.get("idempotent-replayed") for answer in answers] == [None, "true"]
    assert deliver(server, {"order_id": f"{order}/2"}, headers=headers).status_code == 409
    rows = f"SELECT count(*) FROM runs_signal WHERE key IN ('{order}', '{order}/2')"
    assert site.query(rows) == [(1,)]
    keyed = [deliver(server, body, "/guarded", "app_other", headers={"Idempotency-Key": order}) for _ in range(2)]
    assert [answer.status_code for answer in keyed] == [404, 404]


def test_the_checks_of_the_sink_hold_for_signals(site: Hub, server: Server, order: str) -> None:
    token = {"Authorization": "Bearer t0ken-4711"}
    sent = f"SELECT count(*) FROM runs_signal WHERE key = '{order}'"
    assert deliver(server, {"order_id": order}, "/guarded").status_code == 401
    unwanted = deliver(server, {"order_id": order, "kind": "test"}, "/guarded", headers=token)
    assert (unwanted.status_code, "filter does not match" in unwanted.text) == (200, True)
    for body in ({}, {"order_id": ""}, {"order_id": ["a"]}, {"order_id": "a" * 101}, {"order_id": True}):
        answer = deliver(server, body, "/guarded", headers=token | {"Accept": "application/json"})
        assert (answer.status_code, answer.json()["run_id"]) == (200, None), body
        assert "signal's key finds no text" in answer.json()["output"]["reason"]
    large = deliver(server, {"order_id": order, "x": "x" * 1_048_576}, "/guarded", headers=token)
    assert (large.status_code, "1048576" in large.json()["detail"]) == (413, True)
    assert site.query(sent) == [(0,)]
    statuses = [deliver(server, {"order_id": order}, "/guarded", headers=token).status_code for _ in range(3)]
    assert (statuses, site.query(sent)) == ([202, 202, 429], [(2,)])
    kinds = "SELECT o.kind FROM sinks_outcome o JOIN sinks_sink s ON s.id = o.sink_id WHERE s.path = '/guarded'"
    wait_until(lambda: {("token",), ("filtered",), ("signalled",), ("rate",)} <= set(site.query(kinds)), "the outcomes")


def test_a_large_delivery_wakes_a_run_too(site: Hub, server: Server, order: str) -> None:
    waiting = Waiting(site, server, order)
    items = ["x" * 100] * 5_000
    assert deliver(server, {"order_id": order, "items": items}).status_code == 202
    assert waiting.output()["items"] == items


def test_the_api_and_the_command_send_keyed_signals_with_the_permission(site: Hub, server: Server, order: str) -> None:
    add_user(site, "keyed", "view_app", "signal_run")
    _, token = add_token(site, "keyed", "runs:signal")
    _, limited = add_token(site, "keyed", "runs:signal", app="app_other")
    _, reader = add_token(site, "keyed", "runs:read")
    address = f"{server.url}/api/v1/apps/app_test/signals/payment"

    def send(body: Any, token: str = token, address: str = address) -> httpx.Response:
        return web.post(address, json=body, headers={"Authorization": f"Bearer {token}"})

    message = {"key": order, "payload": {"by": "API"}}
    assert [send(message, reader).status_code, send(message, limited).status_code] == [403, 404]
    assert send(message, address=address.replace("app_test", "app_none")).status_code == 404
    for wrong in ({}, {"key": ""}, {"key": 7}, {"key": "a" * 101}, {"key": order, "more": 1}, [1]):
        assert send(wrong).status_code == 400, wrong
    assert send({"key": order, "payload": "x" * 1_100_000}).status_code == 413
    waiting = Waiting(site, server, order)
    sent = send(message)
    assert (sent.status_code, sent.json()) == (202, {"app_id": "app_test", "signal": "payment", "key": order})
    assert waiting.output() == {"by": "API"}
    waiting = Waiting(site, server, order)
    site.manage("runs", "signal-app", "app_test", "payment", "--key", order, "--payload", json.dumps({"by": "command"}))
    assert waiting.output() == {"by": "command"}
    for wrong_args in (["app_test", "payment", "--key", ""], ["app_test", "payment", "--key", "1", "--payload", "{"]):
        assert site.manage("runs", "signal-app", *wrong_args, check=False).returncode == 1
    assert site.manage("runs", "signal-app", "app_test", "payment", check=False).returncode == 2


def test_a_delivery_wakes_a_run_at_another_server_after_a_crash(site: Hub, order: str) -> None:
    first = site.start()
    waiting = Waiting(site, first, order)
    waiting.wait_until_let_go()
    live = Waiting(site, first, order)
    assert deliver(first, {"order_id": order, "number": 1}).status_code == 202
    first.kill()
    waiting.server = live.server = second = site.start()
    assert deliver(second, {"order_id": order, "number": 2}).status_code == 202
    assert waiting.output()["number"] == 1
    assert live.output()["number"] == 2


@pytest.fixture
def workers(own_hub: Hub) -> Hub:
    own_hub.add_workflows(paying=_WORKFLOWS)
    own_hub.add_sinks([{**sink, "engine": "procrastinate"} for sink in _SINKS[:5]])
    return own_hub


@pytest.mark.parametrize("own_hub", ["postgresql"], indirect=True)
def test_simultaneous_deliveries_at_several_servers_wake_each_run_of_the_workers_once(workers: Hub) -> None:
    servers = [workers.start() for _ in range(2)]
    for _ in range(2):
        start_worker(workers)
    runs = [Waiting(workers, servers[number % 2], "7") for number in range(6)]

    def send(number: int) -> int:
        return deliver(servers[number % 2], {"order_id": "7", "number": number}).status_code

    with ThreadPoolExecutor(5) as threads:
        assert list(threads.map(send, range(5))) == [202] * 5
    ended = "SELECT count(*) FROM runs_run WHERE finished_at IS NOT NULL AND status = 'complete'"
    wait_until(lambda: workers.query(ended) == [(5,)], "the runs do not wake")
    # The oldest five; the order of waits need not be that of runs.
    [(waiting,)] = workers.query("SELECT run_id FROM runs_wait")
    woken = [run for run in runs if run.run_id != waiting]
    assert sorted(run.output()["number"] for run in woken) == [0, 1, 2, 3, 4]
