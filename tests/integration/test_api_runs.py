"""Runs in the REST API: filters, details and pagination."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support.api_client import add_token, add_user, client
from tests.support.hub import Hub, wait_until


@pytest.fixture(scope="module")
def api(hub: Hub) -> Iterator[httpx.Client]:
    add_user(hub, "root")
    hub.add_sinks(
        [
            {"app_id": "app_a", "path": "/echo"},
            {"app_id": "app_a", "path": "/fails", "workflow": "raises"},
            {"app_id": "app_b", "path": "/echo"},
            *(
                {"app_id": "app_c", "path": f"/deep/{n}", "workflow": "deep", "options": {"levels": n}}
                for n in (100, 900)
            ),
            {"app_id": "app_b", "path": "/demo", "workflow": "demo", "options": {"steps": 4, "seconds": 2}},
        ]
    )
    server = hub.start()
    with client(server, add_token(hub, "root")[1]) as made:
        yield made


def start(api: httpx.Client, path: str, **options: Any) -> str:
    return str(api.post(path, headers={"Prefer": "respond-async"}, **options).json()["run_id"])


def finish(api: httpx.Client, path: str, **options: Any) -> str:
    run_id = start(api, path, **options)
    wait_until(lambda: api.get(f"/api/v1/runs/{run_id}").json()["finished_at"], "the run does not end")
    return run_id


def listed(api: httpx.Client, **query: Any) -> list[str]:
    answer = api.get("/api/v1/runs", params=query)
    assert answer.status_code == 200, answer.text
    return [run["run_id"] for run in answer.json()["results"]]


def test_runs_are_found_by_what_they_are(api: httpx.Client) -> None:
    first, second, third = (finish(api, path) for path in ("/app_a/echo", "/app_a/fails", "/app_b/echo"))
    assert listed(api)[:3] == [third, second, first]
    assert listed(api, app_id="app_a")[:2] == [second, first]
    assert listed(api, app_id=["app_a", "app_b"])[:3] == [third, second, first]
    assert listed(api, status="error")[0] == second
    assert listed(api, status=["error", "complete"])[:3] == [third, second, first]
    assert listed(api, workflow="raises")[0] == second
    run = api.get(f"/api/v1/runs/{second}").json()
    assert listed(api, sink_id=run["sink_id"])[0] == second
    assert third not in listed(api, created_to=run["created_at"])
    assert listed(api, created_from="2999-01-01T00:00:00Z") == []
    assert listed(api, created_from="0001-01-01T00:00:00Z", created_to="9999-12-31T23:59:59Z")[0] == third
    assert listed(api, longer_than=1000) == []


def test_pages_follow_one_another_without_a_gap(api: httpx.Client) -> None:
    made = [finish(api, "/app_b/echo") for _ in range(5)]
    found: list[str] = []
    address: str | None = "/api/v1/runs?app_id=app_b&status=complete&limit=2"
    while address is not None and not set(made) <= set(found):
        page = api.get(address).json()
        assert len(page["results"]) <= 2
        found += [run["run_id"] for run in page["results"]]
        address = page["next"]
    assert found[:5] == made[::-1]


def test_a_run_is_read_with_its_request_and_output(api: httpx.Client) -> None:
    run = api.get(f"/api/v1/runs/{finish(api, '/app_a/echo?a=1', content=b'{}')}").json()
    assert (run["status"], run["progress"], run["output"]["method"]) == ("complete", 100, "POST")
    request = run["request"]
    assert (request["method"], request["path"], request["query"], request["body"]) == ("POST", "/echo", "a=1", "{}")
    failed = api.get(f"/api/v1/runs/{finish(api, '/app_a/fails')}").json()
    assert (failed["error"]["type"], failed["output"]) == ("LookupError", None)
    assert "Traceback" in failed["traceback"]


def test_bodies_of_any_kind_are_read(api: httpx.Client) -> None:
    for body, text, encoded in ((b"\xff\x00", None, "/wA="), (b"\x00", "\x00", None), ("ü".encode(), "ü", None)):
        request = api.get(f"/api/v1/runs/{finish(api, '/app_a/echo', content=body)}").json()["request"]
        assert (request["body"], request["body_base64"]) == (text, encoded)


def test_an_output_with_a_lone_surrogate_is_read(api: httpx.Client) -> None:
    run_id = finish(api, "/app_a/echo", content=rb'{"a": "\ud800"}')
    answer = api.get(f"/api/v1/runs/{run_id}")
    assert answer.status_code == 200
    assert answer.json()["output"]["json"] == {"a": "\ud800"}


def test_an_output_that_is_nested_very_deeply_is_given_as_its_text(api: httpx.Client, hub: Hub) -> None:
    for levels, kind in ((100, list), (900, str)):
        run_id = finish(api, f"/app_c/deep/{levels}")
        run, events = api.get(f"/api/v1/runs/{run_id}").json(), api.get(f"/api/v1/runs/{run_id}/events").json()
        output = run["output"]
        assert isinstance(output, kind)
        assert events["results"][-1] == {"id": run["events"], "type": "complete", "run_id": run_id, "output": output}
        if isinstance(output, str):
            assert output.count("[") == output.count("]") >= levels
        assert hub.manage("runs", "show", run_id, "--json").returncode == 0
        assert hub.manage("runs", "follow", run_id).returncode == 0


def test_events_are_read_while_the_run_goes_on_and_after(api: httpx.Client) -> None:
    run_id = start(api, "/app_b/demo")
    events: list[dict[str, Any]] = []
    address = f"/api/v1/runs/{run_id}/events"
    while address is not None:
        page = api.get(address).json()
        events += page["results"]
        address = page["next"]
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    assert events[-1]["type"] == "complete"
    after = api.get(f"/api/v1/runs/{run_id}/events", params={"after": 3}).json()
    assert (after["results"], after["next"]) == (events[3:], None)


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=x",
        "status=done",
        "created_from=soon",
        "cursor=x",
        "sink_id=-1",
        "longer_than=nan",
        "app_id=%00",
    ],
)
def test_a_query_that_cannot_be_read_is_refused_by_its_parameter(api: httpx.Client, query: str) -> None:
    refused = api.get(f"/api/v1/runs?{query}")
    assert refused.status_code == 400
    assert list(refused.json()["errors"]) == [query.partition("=")[0]]


def test_a_run_that_is_not_there_is_a_problem(api: httpx.Client) -> None:
    for run_id in ("x", "run_" + "0" * 44):
        for more in ("", "/events"):
            answer = api.get(f"/api/v1/runs/{run_id}{more}")
            assert (answer.status_code, answer.json()["detail"]) == (404, "No such run.")
