"""An EventSource on a GET sink: it starts one run, and continues with its events after the connection breaks."""

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.support.hub import Hub, Server
from tests.support.web import web

pytestmark = pytest.mark.one_database

TOKEN = "t0ken-4711-abcdef"
_SINKS: list[dict[str, Any]] = [
    {"path": "/steps", "method": "GET", "workflow": "steps", "options": {"count": 3, "pause": 0.0}},
    {"path": "/slow", "method": "GET", "workflow": "steps", "options": {"count": 2, "pause": 600}},
    {"path": "/both", "method": "ANY", "workflow": "steps", "options": {"count": 1, "pause": 0.0}},
    {"path": "/token", "method": "GET", "auth_token": TOKEN},
    {"path": "/limited", "method": "GET", "rate": "1/d", "filter": "query.start == 'yes'"},
    {"path": "/json", "method": "GET", "answer": "json"},
]


@pytest.fixture(scope="module")
def server(hub: Hub) -> Server:
    hub.add_sinks(_SINKS)
    return hub.start(GRACE_SECONDS="0")


def listen(server: Server, path: str, last: str = "", **headers: str) -> tuple[int, str, str]:
    """Connect like an EventSource. Return the status, the run's id, and the stream."""
    request_headers = {"Accept": "text/event-stream", **({"Last-Event-ID": last} if last else {}), **headers}
    answer = web.get(f"{server.url}/app_test{path}", headers=request_headers)
    return answer.status_code, answer.headers.get("x-run-id", ""), answer.text


def ids(stream: str) -> list[str]:
    return [line.removeprefix("id: ") for line in stream.splitlines() if line.startswith("id: ")]


def test_the_events_of_a_get_sink_name_their_run(server: Server) -> None:
    status, run_id, stream = listen(server, "/steps")
    assert status == 200
    assert stream.startswith(f"id: {run_id}:0\n\nid: {run_id}:1\ndata: ")
    assert ids(stream) == [f"{run_id}:{number}" for number in range(len(ids(stream)))]
    assert len(ids(stream)) > 4


def test_those_of_a_post_are_numbers(server: Server) -> None:
    stream = web.post(f"{server.url}/app_test/both", headers={"Accept": "text/event-stream"}).text
    assert ids(stream)[0] == "1"
    assert ":0\n\n" not in stream


def test_who_comes_back_gets_the_rest_and_no_new_run(server: Server, hub: Hub) -> None:
    _, run_id, stream = listen(server, "/steps")
    all_ids, before = ids(stream), hub.runs()
    for number in (0, 1, len(all_ids) - 2):
        status, same, rest = listen(server, "/steps", f"{run_id}:{number}")
        assert (status, same) == (200, run_id)
        assert ids(rest) == [all_ids[0], *all_ids[number + 1 :]]
    assert listen(server, "/steps", all_ids[-1]) == (204, "", "")
    assert hub.runs() == before


@pytest.mark.parametrize("last", ["7", "run_1:1", f"run_{'0' * 44}:1", "x", "run:1:2", f"run_{'0' * 44}:-1"])
def test_what_names_no_event_of_the_sink_gets_nothing_and_starts_nothing(server: Server, hub: Hub, last: str) -> None:
    before = hub.runs()
    assert listen(server, "/steps", last)[0] == 204
    assert hub.runs() == before


def test_a_run_of_another_sink_is_not_told(server: Server) -> None:
    _, run_id, _ = listen(server, "/steps")
    assert listen(server, "/both", f"{run_id}:1")[0] == 204


def test_the_token_is_asked_for_and_nothing_else(server: Server) -> None:
    allowed = {"Authorization": f"Bearer {TOKEN}"}
    _, run_id, _ = listen(server, "/token", **allowed)
    assert listen(server, "/token", f"{run_id}:0")[0] == 401
    assert listen(server, "/token", f"{run_id}:0", **allowed)[0] == 200
    _, run_id, _ = listen(server, "/limited?start=yes")
    assert listen(server, "/limited?start=yes")[0] == 429
    assert listen(server, "/limited", f"{run_id}:0")[0] == 200


def test_a_sink_that_answers_with_json_does_so_only_the_first_time(server: Server) -> None:
    run_id = web.get(f"{server.url}/app_test/json").json()["run_id"]
    answer = web.get(f"{server.url}/app_test/json", headers={"Last-Event-ID": f"{run_id}:0"})
    assert answer.headers["content-type"].startswith("text/event-stream")


def test_the_events_of_a_run_are_read_after_either_form(server: Server) -> None:
    _, run_id, stream = listen(server, "/steps")
    for last in ("1", f"{run_id}:1"):
        rest = web.get(f"{server.url}/runs/{run_id}/events", headers={"Last-Event-ID": last})
        assert ids(rest.text) == [event_id.partition(":")[2] for event_id in ids(stream)[2:]]
    other = web.get(f"{server.url}/runs/{run_id}/events", headers={"Last-Event-ID": f"run_{'0' * 44}:1"})
    assert other.status_code == 400


def test_a_browser_that_listens_starts_one_run_and_stops_at_its_end(server: Server, hub: Hub, page: Page) -> None:
    page.goto(f"{server.url}/healthz")
    before = hub.runs()
    seen = page.evaluate(
        """() => new Promise((done) => {
          const source = new EventSource("/app_test/steps"), seen = [];
          source.onmessage = ({lastEventId, data}) => seen.push([lastEventId, JSON.parse(data).type]);
          source.onerror = () => { if (source.readyState === EventSource.CLOSED) done(seen); };
        })"""
    )
    assert seen[-1][1] == "complete"
    assert [event_id.partition(":")[2] for event_id, _ in seen] == [str(number) for number in range(1, len(seen) + 1)]
    assert hub.runs() == before + 1


def test_a_browser_whose_server_goes_before_the_first_event_goes_on_with_its_run(
    own_hub: Hub, page: Page, console_errors: list[str]
) -> None:
    own_hub.add_sinks(_SINKS[1:2])
    first = own_hub.start(GRACE_SECONDS="0")
    page.goto(f"{first.url}/healthz")
    page.evaluate(
        """() => {
          window.seen = [];
          window.source = new EventSource("/app_test/slow");
          window.source.onmessage = ({lastEventId}) => window.seen.push(lastEventId);
        }"""
    )
    page.wait_for_function("window.source.readyState === EventSource.OPEN")
    [(run_id,)] = own_hub.query("SELECT id FROM runs_run")
    first.kill()
    own_hub.launch(["manage.py", "serve", "--host", "127.0.0.1", "--port", str(first.port)])
    page.wait_for_function("window.seen.length > 0")  # the first event reports the second attempt
    assert page.evaluate("window.seen[0]") == f"{run_id}:1"
    assert own_hub.runs() == 1
    page.evaluate("window.source.close()")
    console_errors.clear()  # the server was away
