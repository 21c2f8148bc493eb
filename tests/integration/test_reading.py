"""Reading a run: its state, and its events from the start or after any event, during and after the run."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from django.db import connection

from runs.events.log import read_log
from runs.models import Segment
from tests.integration.test_answers import events_of
from tests.support.hub import Hub, Server
from tests.support.web import web
from tests.unit.test_admin import make_run

SINKS: list[dict[str, Any]] = [
    {"path": "/echo", "workflow": "echo"},
    {"path": "/steps", "workflow": "steps", "options": {"count": 10, "pause": 0.03}},
    {"path": "/quick", "workflow": "steps", "options": {"count": 10, "pause": 0}},
    {"path": "/slow", "workflow": "steps", "options": {"count": 2, "pause": 1}},
    {"path": "/many", "workflow": "floods", "options": {"events": 3000, "size": 100}},
    {"path": "/raises", "workflow": "raises"},
]


@pytest.fixture(scope="module")
def server(hub: Hub) -> Server:
    hub.add_sinks(SINKS)
    return hub.start()


def start(server: Server, path: str) -> str:
    """Start a run, and return its URL."""
    answer = web.post(f"{server.url}/app_test{path}", headers={"Prefer": "respond-async"})
    return f"{server.url}{answer.headers['location']}"


def test_a_run_is_read_as_json(server: Server) -> None:
    address = web.post(f"{server.url}/app_test/quick").headers["location"]
    run = web.get(server.url + address).json()
    assert run["run_id"] == address.removeprefix("/runs/")
    assert (run["status"], run["workflow"], run["app_id"]) == ("complete", "steps", "app_test")
    assert (run["attempt"], run["progress"], run["output"]) == (1, 100, {"steps": 10, "attempt": 1})
    assert run["created_at"] <= run["started_at"] <= run["finished_at"]
    assert run["events_url"] == f"{address}/events"


@pytest.mark.django_db
def test_a_piece_of_a_long_log_costs_no_more_than_itself() -> None:
    now = datetime.now(UTC)
    run = make_run(status="complete", events=400)
    lines = [json.dumps({"type": "log", "message": f"{number:06d}" + "x" * 10_000}) for number in range(400)]
    Segment.objects.bulk_create(
        Segment(run=run, first=first + 1, last=first + 10, at=now, data="\n".join(lines[first : first + 10]))
        for first in range(0, 400, 10)
    )
    measured = []

    def length(text: str) -> int:
        measured.append(text)
        return len(text)

    # Records the texts that SQLite reads to compute their length.
    connection.connection.create_function("LENGTH", 1, length, deterministic=True)
    found: list[str] = []
    after, over, pages = 0, False, 0
    while not over:
        page = read_log(run.pk, after)
        found, after, over, pages = found + page.events, page.last, page.over, pages + 1
    assert len(found) == 400
    assert pages > 40
    assert len(measured) <= 2 * pages


def test_a_run_that_goes_on_has_no_output_yet(server: Server) -> None:
    run = web.get(start(server, "/slow")).json()
    assert run["status"] == "running"
    assert "output" not in run
    assert run["finished_at"] is None


def test_a_failed_run_tells_type_and_message_but_no_traceback(server: Server) -> None:
    address = web.post(f"{server.url}/app_test/raises").headers["location"]
    answer = web.get(server.url + address)
    assert answer.json()["error"] == {"type": "LookupError", "message": "no such order: 4711"}
    assert "raceback" not in answer.text


def test_a_browser_gets_a_page_of_the_run(server: Server) -> None:
    address = start(server, "/quick")
    answer = web.get(address, headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "Accept" in answer.headers["vary"]
    assert "EventSource" in answer.text
    assert f"{address.removeprefix(server.url)}/events" in answer.text
    assert web.get(address, headers={"Accept": "application/json"}).headers["content-type"] == "application/json"


@pytest.mark.parametrize("by", ["header", "query"])
@pytest.mark.parametrize("after", [0, 1, 7, 10])
def test_all_events_after_one_are_given_during_the_run_and_after_it(server: Server, by: str, after: int) -> None:
    address = start(server, "/steps")
    for _ in ("during", "after"):
        if by == "header":
            answer = web.get(f"{address}/events", headers={"Last-Event-ID": str(after)})
        else:
            answer = web.get(f"{address}/events?after={after}")
        assert answer.headers["content-type"] == "text/event-stream"
        assert [number for number, _ in events_of(answer.text)] == list(range(after + 1, 12))


def test_what_a_browser_has_seen_wins_over_the_address(server: Server) -> None:
    address = start(server, "/quick")
    answer = web.get(f"{address}/events?after=2", headers={"Last-Event-ID": "9"})
    assert [number for number, _ in events_of(answer.text)] == [10, 11]


@pytest.mark.parametrize("after", [11, 12, 999999999])
def test_a_reader_that_has_seen_the_last_event_gets_204(server: Server, after: int) -> None:
    address = server.url + web.post(f"{server.url}/app_test/quick").headers["location"]
    by_header = web.get(f"{address}/events", headers={"Last-Event-ID": str(after)})
    by_query = web.get(f"{address}/events?after={after}")
    for answer in (by_header, by_query):
        assert (answer.status_code, answer.content) == (204, b"")


def test_a_reader_that_waits_for_more_gets_it_while_the_run_goes_on(server: Server, hub: Hub) -> None:
    address = start(server, "/slow")
    run_id = address.rpartition("/")[2]
    with web.stream("GET", f"{address}/events") as answer:
        assert (answer.status_code, answer.headers["x-run-id"]) == (200, run_id)
        lines = answer.iter_lines()
        assert next(lines) == "id: 1"
        assert hub.query(f"SELECT status FROM runs_run WHERE id = '{run_id}'") == [("running",)]
        assert [line for line in lines if line.startswith("id:")] == ["id: 2", "id: 3"]


@pytest.mark.parametrize("after", ["x", "-1", "1.5", "\u0661", "9999999999"])
def test_what_is_no_number_of_an_event_is_refused(server: Server, after: str) -> None:
    answer = web.get(f"{start(server, '/echo')}/events", headers={b"Last-Event-ID": after.encode()})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


@pytest.mark.parametrize(
    "path", ["/runs/run_xyz", "/runs/run_" + "0" * 44, "/runs/run_" + "0" * 44 + "/events", "/runs/"]
)
def test_an_unknown_run_is_not_found(server: Server, path: str) -> None:
    answer = web.get(server.url + path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_a_run_is_read_with_get_alone(server: Server) -> None:
    answer = web.post(start(server, "/echo"))
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


def test_many_readers_from_many_places_each_get_everything_once_and_in_order(server: Server) -> None:
    async def read(client: httpx.AsyncClient, address: str, after: int) -> list[int]:
        answer = await client.get(f"{address}/events", params={"after": after})
        return [number for number, _ in events_of(answer.text)]

    async def read_all() -> None:
        places = [0, 1, 2, 63, 64, 127, 128, 129, 500, 1499, 2999, 3000] * 3
        async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=None)) as client:
            address = start(server, "/many")
            for _ in ("during", "after"):
                found = await asyncio.gather(*(read(client, address, place) for place in places))
                for place, numbers in zip(places, found, strict=True):
                    assert numbers == list(range(place + 1, 3002))

    asyncio.run(read_all())
