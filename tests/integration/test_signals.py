"""Signals: they end a wait, come first or later, once, by URL, API and command."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.integration.test_runs import parse
from tests.support.api_client import add_token, add_user
from tests.support.hub import Hub, Server, wait_until
from tests.support.web import web

_WORKFLOWS = """
import asyncio
from pathlib import Path

from runs.workflows import workflow


async def note(file, url):
    Path(file).write_text(url)


@workflow
async def asks(request, run, *, timeout: float = 3600):
    await run.step("ask", note, request.query["file"], run.signal_url("approval"))
    return [await run.wait_for("approval", timeout=timeout)]


async def until(file):
    while not Path(file).exists():
        await asyncio.sleep(0.02)


@workflow
async def asks_later(request, run):
    file = request.query["file"]
    await run.step("ask", note, file, run.signal_url("approval"))
    await run.step("hold", until, f"{file}.go")
    return [await run.wait_for("approval"), await run.wait_for("approval")]


@workflow
async def gives_up(request, run):
    try:
        await run.wait_for("approval", timeout=0.2)
    except TimeoutError as error:
        await run.sleep(0.6)  # the error is given back after this
        return str(error)


@workflow
def asks_in_a_thread(request, run):
    Path(request.query["file"]).write_text(run.signal_url("approval"))
    return run.wait_for("approval")
"""


@pytest.fixture(scope="module")
def site(hub: Hub) -> Hub:
    hub.add_workflows(asking=_WORKFLOWS)
    hub.add_sinks(
        [
            {"path": "/asks", "workflow": "asks"},
            {"path": "/asks-later", "workflow": "asks_later"},
            {"path": "/gives-up", "workflow": "gives_up"},
            {"path": "/thread", "workflow": "asks_in_a_thread"},
        ]
    )
    return hub


@pytest.fixture(scope="module")
def server(site: Hub) -> Server:
    return site.start()


class Asking:
    """A run that asks, and the URL that it has handed out."""

    def __init__(self, site: Hub, server: Server, path: str = "/asks") -> None:
        self.site = site
        self.server = server
        self.file = file = site.folder / f"url-{len(list(site.folder.glob('url-*')))}"
        answer = web.post(
            f"{server.url}/app_test{path}", params={"file": str(file)}, headers={"Prefer": "respond-async"}
        )
        self.run_id = str(answer.json()["run_id"])
        wait_until(lambda: file.exists() and file.read_text(), "the run does not ask")
        handed_out = urlsplit(file.read_text())
        assert handed_out.netloc.startswith("localhost:")
        self.url = f"{server.url}{handed_out.path}?{handed_out.query}"

    def wait_until_let_go(self) -> None:
        row = f"SELECT status FROM runs_run WHERE id = '{self.run_id}' AND executor_id = 0"
        wait_until(lambda: self.site.query(row) == [("waiting",)], "the run is not let go")

    def output(self) -> Any:
        """Wait for the run's end, and return its output."""
        with httpx.Client(timeout=60) as client:
            events = parse(client.get(f"{self.server.url}/runs/{self.run_id}/events").text)
        assert events[-1]["type"] == "complete", events
        return events[-1]["output"]


@pytest.mark.parametrize("path", ["/asks", "/thread"])
def test_a_signal_wakes_a_run_that_was_let_go(site: Hub, server: Server, path: str) -> None:
    asking = Asking(site, server, path)
    asking.wait_until_let_go()
    answer = web.post(asking.url, json={"by": "Ada"})
    assert (answer.status_code, answer.json()["run_id"]) == (202, asking.run_id)
    assert asking.output() in ([{"by": "Ada"}], {"by": "Ada"})
    [(attempt, lease)] = site.query(f"SELECT attempt, lease FROM runs_run WHERE id = '{asking.run_id}'")
    assert (attempt, lease) == (1, 2)


def test_signals_that_come_first_are_kept_and_taken_once_and_in_order(site: Hub, server: Server) -> None:
    asking = Asking(site, server, "/asks-later")
    for number in (1, 2):
        assert web.post(asking.url, json=number).status_code == 202
    Path(f"{asking.file}.go").touch()
    assert asking.output() == [1, 2]
    assert site.query(f"SELECT count(*) FROM runs_signal WHERE run_id = '{asking.run_id}' AND taken_by = ''") == [(0,)]


def test_a_wait_has_a_timeout_whose_error_is_given_back(site: Hub, server: Server) -> None:
    answer = web.post(f"{server.url}/app_test/gives-up", timeout=60)
    assert parse(answer.text)[-1]["output"] == "no signal 'approval' came in time"


@pytest.mark.parametrize(
    ("sent", "payload"),
    [
        ({"json": [1, {"a": None}]}, [1, {"a": None}]),
        ({"data": {"by": "Ada", "tag": ["x", "y"]}}, {"by": "Ada", "tag": ["x", "y"]}),
        ({}, None),
    ],
)
def test_the_body_is_the_payload(site: Hub, server: Server, sent: dict[str, Any], payload: Any) -> None:
    asking = Asking(site, server)
    assert web.post(asking.url, **sent).status_code == 202
    assert asking.output() == [payload]


def test_a_page_asks_and_its_button_sends_the_signal(site: Hub, server: Server) -> None:
    asking = Asking(site, server)
    page = web.get(asking.url, headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "A run waits for <strong>approval</strong>" in page.text
    assert page.headers["referrer-policy"] == "no-referrer"
    assert '<form method="post"' in page.text
    assert site.query(f"SELECT count(*) FROM runs_signal WHERE run_id = '{asking.run_id}'") == [(0,)]
    form = {"Accept": "text/html", "Content-Type": "application/x-www-form-urlencoded"}
    pressed = web.post(asking.url, headers=form)
    assert (pressed.status_code, "The run has received approval." in pressed.text) == (202, True)
    assert asking.output() == [{}]


def test_a_wrong_request_is_refused_and_changes_nothing(site: Hub, server: Server) -> None:
    asking = Asking(site, server)
    address, _, _ = asking.url.partition("?")
    other = address.replace("approval", "payment")
    unknown = address.replace(asking.run_id, "run_01a22cbb31a3129f3bc535e8e0319935c3d1a98cbbb4")
    token = asking.url.partition("?")[2]
    for url in (address, f"{address}?token=wrong", f"{other}?{token}", f"{unknown}?{token}"):
        answer = web.post(url, json=1)
        assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json"), url
    assert web.post(asking.url, content=b"{", headers={"Content-Type": "application/json"}).status_code == 400
    assert web.post(asking.url, content=b"x" * 1_100_000).status_code == 413
    assert web.put(asking.url).status_code == 405
    assert site.query(f"SELECT count(*) FROM runs_signal WHERE run_id = '{asking.run_id}'") == [(0,)]
    bearer = {"Authorization": f"Bearer {token.removeprefix('token=')}"}
    assert web.post(address, headers=bearer).status_code == 202
    assert asking.output() == [None]
    late = web.post(asking.url, json=1)
    assert (late.status_code, "does not wait" in late.json()["detail"]) == (410, True)


def test_the_token_is_stored_as_a_hash_and_in_no_log(site: Hub, server: Server) -> None:
    asking = Asking(site, server)
    token = asking.url.partition("token=")[2]
    assert len(token) == 64
    rows = site.query(f"SELECT value FROM runs_steprecord WHERE run_id = '{asking.run_id}'")
    assert rows
    assert all(token not in str(value) for (value,) in rows)
    assert web.post(asking.url).status_code == 202
    asking.output()
    assert token not in server.log()


def test_the_api_and_the_command_send_signals_with_the_permission(site: Hub, server: Server) -> None:
    add_user(site, "signaller", "view_run", "signal_run")
    _, token = add_token(site, "signaller", "runs:signal")
    _, reader = add_token(site, "signaller", "runs:read")
    asking = Asking(site, server)
    address = f"{server.url}/api/v1/runs/{asking.run_id}/signals/approval"
    refused = web.post(address, json=1, headers={"Authorization": f"Bearer {reader}"})
    assert refused.status_code == 403
    sent = web.post(address, json={"by": "API"}, headers={"Authorization": f"Bearer {token}"})
    assert sent.status_code == 202, sent.text
    assert asking.output() == [{"by": "API"}]
    assert web.post(address, json=1, headers={"Authorization": f"Bearer {token}"}).status_code == 410
    asking = Asking(site, server)
    site.manage("runs", "signal", asking.run_id, "approval", "--payload", json.dumps({"by": "command"}))
    assert asking.output() == [{"by": "command"}]
    done = site.manage("runs", "signal", asking.run_id, "approval", check=False)
    assert (done.returncode, "The run has ended." in done.stderr) == (1, True)


def test_a_signal_survives_a_crash_of_the_server_that_took_it(site: Hub) -> None:
    first = site.start()
    asking = Asking(site, first)
    asking.wait_until_let_go()
    first.kill()
    site.manage("runs", "signal", asking.run_id, "approval", "--payload", "7")
    asking.server = site.start()
    assert asking.output() == [7]
