"""Apps and sinks in the REST API: the same rules and messages as in the command and the form."""

import contextlib
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from sinks.config.documents import MASK
from tests.support.api_client import add_token, add_user, client
from tests.support.hub import Hub, wait_until

pytestmark = pytest.mark.one_database

TOKEN = "s3cret-t0ken-4711-xyz"


@pytest.fixture(scope="module")
def api(hub: Hub) -> Iterator[httpx.Client]:
    add_user(hub, "root")
    server = hub.start()
    with client(server, add_token(hub, "root")[1]) as made:
        yield made


@pytest.fixture(scope="module")
def app(api: httpx.Client) -> str:
    made = api.post("/api/v1/apps", json={"app_id": "app_api", "name": "API"})
    assert (made.status_code, made.headers["location"]) == (201, "/api/v1/apps/app_api")
    return "app_api"


def make(api: httpx.Client, app: str, **fields: Any) -> dict[str, Any]:
    made = api.post("/api/v1/sinks", json={"app_id": app, **fields})
    assert made.status_code == 201, made.text
    assert made.headers["location"] == f"/api/v1/sinks/{made.json()['id']}"
    return dict(made.json())


def test_an_app_is_made_changed_and_deleted(api: httpx.Client) -> None:
    app_id = api.post("/api/v1/apps", json={}).json()["app_id"]
    place = f"/api/v1/apps/{app_id}"
    made = {
        "app_id": app_id,
        "name": "",
        "active": True,
        "keep": {"runs_days": None, "bodies_days": None, "runs": None},
    }
    assert api.get(place).json() == made
    assert api.patch(place, json={"name": "Shop"}).json() == made | {"name": "Shop"}
    assert api.patch(place, json={"keep": {"runs": 10}}).json()["keep"] == made["keep"] | {"runs": 10}
    assert api.put(place, json={"active": False}).json() == made | {"active": False}
    assert api.delete(place).status_code == 204
    assert api.get(place).status_code == 404


def test_a_sink_that_was_made_takes_requests(api: httpx.Client, app: str) -> None:
    made = make(api, app, path="/made/{a}", auth_token=TOKEN, timeout=5)
    assert (made["url_path"], made["auth_token"], made["workflow"]) == ("/app_api/made/{a}", MASK, "echo")
    headers = {"Authorization": f"Bearer {TOKEN}"}
    wait_until(lambda: api.post("/app_api/made/1", headers=headers).status_code == 200, "it is not there")


def test_what_was_read_can_be_written_back_and_changes_nothing(api: httpx.Client, app: str, hub: Hub) -> None:
    signature = {"scheme": "github", "secrets": ["s3cret-0ne"]}
    made = make(api, app, path="/back", auth_token=TOKEN, signature=signature, limits={"rate": "5/s"})
    place = f"/api/v1/sinks/{made['id']}"
    read = api.get(place).json()
    assert "s3cret" not in str(read)
    assert api.put(place, json=read).json() == read
    exported = hub.manage("sinks", "export", app, "--secrets").stdout
    assert TOKEN in exported
    assert "s3cret-0ne" in exported


def test_the_providers_that_a_sink_can_name_are_listed(api: httpx.Client) -> None:
    listed = api.get("/api/v1/providers").json()
    assert len(listed) > 150
    stripe = api.get("/api/v1/providers/stripe").json()
    assert stripe in listed
    assert (stripe["name"], stripe["needs_secret"], stripe["delivery_id"]) == (
        "Stripe",
        True,
        {"header": None, "body": "id"},
    )
    missing = api.get("/api/v1/providers/strype")
    assert (missing.status_code, missing.json()["detail"]) == (
        404,
        "'strype' is no provider that SinkHub knows. Did you mean stripe or stream or sentry?",
    )


def test_a_part_is_changed_alone(api: httpx.Client, app: str) -> None:
    made = make(api, app, path="/part", limits={"rate": "5/s"}, timeout=5)
    changed = api.patch(f"/api/v1/sinks/{made['id']}", json={"limits": {"body": 1000}}).json()
    assert changed == made | {"limits": made["limits"] | {"body": 1000}}


def test_a_priority_is_given_refused_and_taken_back(api: httpx.Client, app: str) -> None:
    made = make(api, app, path="/priority", priority=5)
    place = f"/api/v1/sinks/{made['id']}"
    assert made["priority"] == 5
    for priority, reason in (
        (101, "Ensure this value is less than or equal to 100."),
        (-101, "Ensure this value is greater than or equal to -100."),
        (0.5, "This is a number, but must be a whole number."),
    ):
        refused = api.patch(place, json={"priority": priority})
        assert (refused.status_code, refused.json()["errors"]) == (400, {"priority": [reason]})
    assert api.get(place).json() == made
    assert api.patch(place, json={"priority": None}).json()["priority"] == 0


def test_a_sink_is_deleted(api: httpx.Client, app: str) -> None:
    place = f"/api/v1/sinks/{make(api, app, path='/gone')['id']}"
    assert api.delete(place).status_code == 204
    assert api.get(place).status_code == 404
    assert api.delete(place).status_code == 404


def test_a_new_token_is_told_once(api: httpx.Client, app: str) -> None:
    made = make(api, app, path="/rotate")
    token = api.post(f"/api/v1/sinks/{made['id']}/rotate-token").json()["auth_token"]
    assert len(token) == 43
    assert api.get(f"/api/v1/sinks/{made['id']}").json()["auth_token"] == MASK


def test_a_token_is_replaced_with_an_overlap_that_can_be_ended(api: httpx.Client, app: str) -> None:
    place = f"/api/v1/sinks/{make(api, app, path='/overlap', auth_token='the-f1rst-t0ken')['id']}"
    assert api.get(place).json()["old_token_until"] is None
    rotated = api.post(f"{place}/rotate-token", json={"overlap": 3600}).json()
    assert rotated["old_token_until"] == api.get(place).json()["old_token_until"] is not None
    assert api.delete(f"{place}/old-token").status_code == 204
    assert api.get(place).json()["old_token_until"] is None
    for wrong in ({"overlap": 8 * 86_400}, {"overlap": -1}, {"overlap": "soon"}, {"overlaps": 1}):
        assert api.post(f"{place}/rotate-token", json=wrong).status_code == 400


def test_sinks_are_listed_by_app(api: httpx.Client, app: str) -> None:
    api.post("/api/v1/apps", json={"app_id": "app_list"})
    make(api, "app_list", path="/only")
    assert [sink["path"] for sink in api.get("/api/v1/sinks", params={"app_id": "app_list"}).json()] == ["/only"]
    assert len(api.get("/api/v1/sinks").json()) > 1


def test_a_refusal_has_the_commands_words_at_each_place(api: httpx.Client, app: str, hub: Hub) -> None:
    fields = {"app_id": app, "path": "no-slash", "limits": {"rate": "fast"}, "answer": "xml", "auth_token": "two words"}
    refused = api.post("/api/v1/sinks", json=fields)
    assert refused.status_code == 400
    assert refused.headers["content-type"] == "application/problem+json"
    errors = refused.json()["errors"]
    assert list(errors) == ["auth_token", "path", "answer", "limits.rate"]
    command = hub.manage(
        "sinks", "create", "--app", app, "--path", "no-slash", "--rate", "fast", "--answer", "xml", check=False
    ).stderr
    for place, name in (("path", "path"), ("limits.rate", "rate"), ("answer", "answer")):
        assert f"{name}: {' '.join(errors[place])}\n" in command


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"{", "JSON parse error"),
        (b"[]", "The body must be a JSON object."),
        (b"\xff", "JSON parse error"),
        (b'{"a": NaN}', "JSON parse error"),
        (b"[" * 100_000, "The JSON is nested too deeply."),
    ],
)
def test_what_is_no_document_is_refused(api: httpx.Client, body: bytes, detail: str) -> None:
    refused = api.post("/api/v1/sinks", content=body, headers={"Content-Type": "application/json"})
    assert refused.status_code == 400, refused.text
    assert refused.json()["detail"].startswith(detail)


def test_an_address_that_is_taken_is_refused(api: httpx.Client, app: str) -> None:
    make(api, app, path="/taken/{a}")
    refused = api.post("/api/v1/sinks", json={"app_id": app, "path": "/taken/{b}"})
    assert refused.json()["errors"] == {"path": ["This app already has a sink for POST /taken/{a}."]}


def test_the_sinks_of_an_app_are_no_field_of_it(api: httpx.Client) -> None:
    refused = api.post("/api/v1/apps", json={"app_id": "app_with", "sinks": [{"path": "/a"}]})
    assert refused.json()["errors"] == {"sinks": ["Unknown field of an app. Known are: app_id, name, active, keep."]}


@pytest.mark.parametrize("path", ["/api/v1/apps?app=x", "/api/v1/sinks?app=x", "/api/v1/runs?app=x"])
def test_a_parameter_that_there_is_not_is_refused(api: httpx.Client, path: str) -> None:
    refused = api.get(path)
    assert refused.status_code == 400
    assert "Unknown parameter. Known are: " in refused.json()["errors"]["app"][0]


def test_a_sink_of_no_app_says_so(api: httpx.Client) -> None:
    assert api.post("/api/v1/sinks", json={"path": "/a"}).json()["errors"] == {"app_id": ["Specify the sink's app."]}


def test_a_sink_stays_in_its_app(api: httpx.Client, app: str) -> None:
    made = make(api, app, path="/stays")
    refused = api.patch(f"/api/v1/sinks/{made['id']}", json={"app_id": "app_other"})
    assert refused.json()["errors"] == {"app_id": ["A sink cannot move from its app 'app_api' to 'app_other'."]}


def test_a_slash_at_the_end_of_an_address_does_not_matter(api: httpx.Client) -> None:
    assert api.get("/api/v1/apps/").json() == api.get("/api/v1/apps").json()


@pytest.mark.parametrize(
    "path", ["/api/v1/nothing", "/api/v1", "/api/nothing", "/api/v1/sinks/x", "/api/v1/sinks/" + "9" * 40]
)
def test_what_is_not_there_is_a_problem_too(api: httpx.Client, path: str) -> None:
    answer = api.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_a_method_that_is_not_there_is_said(api: httpx.Client) -> None:
    answer = api.put("/api/v1/apps", json={})
    assert (answer.status_code, answer.json()["status"]) == (405, 405)
    assert "GET" in answer.headers["allow"]


def test_an_app_keeps_its_id_and_so_its_runs(api: httpx.Client, app: str) -> None:
    place = f"/api/v1/apps/{app}"
    before = api.get(place).json()
    for app_id in (None, "", app):
        assert api.patch(place, json={"app_id": app_id}).json() == before
    refused = api.patch(place, json={"app_id": "app_of_others"})
    assert refused.json()["errors"] == {"app_id": ["An app's id cannot change from 'app_api' to 'app_of_others'."]}
    assert api.get(place).json() == before


def test_a_body_that_is_too_large_is_said(api: httpx.Client) -> None:
    refused = api.post("/api/v1/apps", content=b" " * 3_000_000, headers={"Content-Type": "application/json"})
    assert (refused.status_code, refused.headers["content-type"]) == (413, "application/problem+json")


@pytest.mark.parametrize("path", ["/api/v1/apps", "/admin/login/", "/static/nowhere"])
@pytest.mark.parametrize("length", ["Content-Length: 3000000000", "Transfer-Encoding: chunked"])
def test_nobody_fills_the_disk_with_a_body_that_is_refused_at_its_end(
    hub: Hub, api: httpx.Client, path: str, length: str
) -> None:
    server = hub.servers[0]
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{length}\r\n\r\n".encode())
        if "chunked" in length:
            # The body never ends: the answer arrives while it is being sent.
            part = b"186a0\r\n" + b" " * 100_000 + b"\r\n"
            with contextlib.suppress(ConnectionError):
                for _ in range(30):
                    connection.sendall(part)
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


def test_a_token_of_one_app_does_not_delete_it(hub: Hub, api: httpx.Client) -> None:
    api.post("/api/v1/apps", json={"app_id": "app_last"}).raise_for_status()
    with client(hub.servers[0], add_token(hub, "root", app="app_last")[1]) as limited:
        refused = limited.delete("/api/v1/apps/app_last")
        assert (refused.status_code, refused.json()["detail"]) == (
            403,
            "The token is limited to this app and would be deleted with it: use another token.",
        )
        assert limited.get("/api/v1/apps/app_last").status_code == 200


def test_who_deletes_an_app_has_to_be_allowed_to_delete_its_sinks_and_others_tokens(
    hub: Hub, api: httpx.Client
) -> None:
    api.post("/api/v1/apps", json={"app_id": "app_theirs"}).raise_for_status()
    add_token(hub, "root", app="app_theirs")
    add_user(hub, "no_sinks", "view_app", "delete_app")
    add_user(hub, "no_tokens", "view_app", "delete_app", "delete_sink")
    add_user(hub, "all_of_it", "view_app", "delete_app", "delete_sink", "delete_apitoken")
    for user, status in (("no_sinks", 403), ("no_tokens", 403), ("all_of_it", 204)):
        with client(hub.servers[0], add_token(hub, user)[1]) as theirs:
            assert theirs.delete("/api/v1/apps/app_theirs").status_code == status


@pytest.mark.both_databases
def test_two_changes_of_a_sink_at_once_are_both_kept(hub: Hub, api: httpx.Client, app: str) -> None:
    made = make(api, app, path="/at-once", timeout=5)
    with ThreadPoolExecutor(1) as thread:
        with hub.uncommitted(f"UPDATE sinks_sink SET description = 'kept' WHERE id = {made['id']}") as is_waited_for:
            answer = thread.submit(api.patch, f"/api/v1/sinks/{made['id']}", json={"timeout": 6})
            wait_until(is_waited_for, "the change does not wait for the other one")
        answer.result().raise_for_status()
    after = api.get(f"/api/v1/sinks/{made['id']}").json()
    assert (after["timeout"], after["description"]) == (6, "kept")
