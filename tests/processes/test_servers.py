"""The application on every server program: serve, uvicorn, daphne, granian, and Daphne's runserver."""

from collections.abc import Callable, Iterator

import pytest

from tests.integration.test_answers import events_of
from tests.support.hub import PROGRAMS, Hub, Server
from tests.support.web import web


@pytest.fixture(scope="module")
def sqlite_hub(make_hub: Callable[[str], Hub]) -> Iterator[Hub]:
    made = make_hub("sqlite")
    made.add_sinks(
        [
            {"path": "/steps", "workflow": "steps", "options": {"count": 4, "pause": 0.2}},
            {"path": "/gr\u00fc\u00dfe/{name}", "workflow": "inspect", "auth_token": "guard-token", "method": "ANY"},
        ]
    )
    yield made
    made.close()


@pytest.fixture(params=PROGRAMS)
def server(request: pytest.FixtureRequest, sqlite_hub: Hub) -> Iterator[Server]:
    started = sqlite_hub.start(request.param)
    yield started
    assert started.stop() in {0, -15}  # uvicorn exits by the signal; see test_recovery for `serve`


def test_the_application_runs_on_it(server: Server, sqlite_hub: Hub) -> None:
    with web.stream("POST", f"{server.url}/app_test/steps", content=b"{}") as answer:
        run_id = answer.headers["x-run-id"]
        lines = answer.iter_lines()
        assert next(lines) == "id: 1"
        assert sqlite_hub.query(f"SELECT status FROM runs_run WHERE id = '{run_id}'") == [("running",)]
        assert '"complete"' in list(lines)[-2]
    assert answer.headers["content-type"] == "text/event-stream"
    assert answer.headers["location"] == f"/runs/{run_id}"
    events = web.get(f"{server.url}/runs/{run_id}/events?after=3").text
    assert [number for number, _ in events_of(events)] == [4, 5]

    address = f"{server.url}/sink/trigger/http/app_test/gr%C3%BC%C3%9Fe/a%20b"
    assert web.post(address).status_code == 401
    headers = {"Authorization": "Bearer guard-token", "Accept": "application/json"}
    output = web.patch(address, headers=headers, content=b"\xff\x00").json()["output"]
    assert (output["method"], output["path_params"], output["body"]) == ("PATCH", {"name": "a b"}, "\xff\x00")
    head = web.head(address, headers={"Authorization": "Bearer guard-token"})
    assert (head.status_code, head.content) == (200, b"")

    assert web.post(f"{server.url}/app_test/nothing").status_code == 404
    assert web.post(f"{server.url}/app_test/%zz").status_code == 400
    assert web.get(f"{server.url}/healthz").text == "ok\n"
    assert web.get(f"{server.url}/readyz").json()["ready"] is True
    assert "sinkhub_runs_started_total" in web.get(f"{server.url}/metrics").text
    assert web.get(f"{server.url}/admin/login/").status_code == 200
    assert web.get(f"{server.url}/static/admin/css/base.css").status_code == 200
