"""CORS: which sites' scripts may call a sink, and what they may read of its answers."""

import json
from typing import Any

import httpx
import pytest

from tests.support.hub import Hub, Server
from tests.support.web import web

pytestmark = pytest.mark.one_database

SITE = "https://app.example.com"
OTHER = "https://evil.example.net"
SINKS: list[dict[str, Any]] = [
    {"path": "/open", "workflow": "inspect", "cors_origins": "*"},
    {"path": "/site", "workflow": "inspect", "cors_origins": f"{SITE}\nhttp://LOCALHOST:3000"},
    {"path": "/all", "workflow": "inspect", "method": "ANY", "cors_origins": SITE},
    {"path": "/options", "workflow": "inspect", "method": "OPTIONS", "cors_origins": SITE},
    {"path": "/orders/{order}", "workflow": "inspect", "method": "PUT", "cors_origins": SITE},
    {"path": "/closed", "workflow": "inspect", "method": "ANY"},
    {"path": "/mixed", "workflow": "inspect", "method": "POST", "cors_origins": SITE},
    {"path": "/mixed", "workflow": "inspect", "method": "DELETE"},
    {"path": "/guarded", "workflow": "inspect", "cors_origins": SITE, "auth_token": "guard-token"},
    {"path": "/limited", "workflow": "inspect", "cors_origins": SITE, "body_limit": 10},
    {"path": "/some", "workflow": "inspect", "cors_origins": SITE, "filter": "body.wanted"},
    {"path": "/gone", "workflow": "inspect", "cors_origins": SITE},
]
EXPOSED = "X-Run-Id, Location, Retry-After, Idempotent-Replayed, Preference-Applied"


@pytest.fixture(scope="module")
def server(hub: Hub) -> Server:
    hub.add_sinks(SINKS)
    hub.remove_workflow("/gone")
    return hub.start()


def ask(address: str, method: str = "POST", origin: str = SITE, **fields: str) -> httpx.Response:
    """Send a preflight request as browsers do."""
    asked = {"Origin": origin, "Access-Control-Request-Method": method}
    return web.options(address, headers=asked | fields)


def cors_fields(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.startswith("access-control-")}


def test_a_preflight_is_answered_and_starts_no_run(server: Server, hub: Hub) -> None:
    before = hub.runs()
    answer = ask(f"{server.url}/app_test/site", **{"Access-Control-Request-Headers": "authorization,content-type"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert cors_fields(answer) == {
        "access-control-allow-origin": SITE,
        "access-control-allow-methods": "POST",
        "access-control-allow-headers": "authorization, content-type",
        "access-control-max-age": "600",
    }
    for name in ("Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"):
        assert name in answer.headers["vary"].split(", ")
    assert hub.runs() == before


@pytest.mark.parametrize("prefix", ["", "/sink/trigger/http", "/api/v1/sink/trigger/http"])
@pytest.mark.parametrize(("path", "method"), [("/orders/4711", "PUT"), ("/all", "PATCH"), ("/all", "OPTIONS")])
def test_a_preflight_is_answered_at_every_address_of_a_sink(
    server: Server, hub: Hub, prefix: str, path: str, method: str
) -> None:
    before = hub.runs()
    answer = ask(f"{server.url}{prefix}/app_test{path}", method)
    assert (answer.status_code, answer.headers["access-control-allow-methods"]) == (204, method)
    assert "access-control-allow-headers" not in answer.headers
    assert hub.runs() == before


def test_a_preflight_needs_no_token(server: Server) -> None:
    answer = ask(f"{server.url}/app_test/guarded", **{"Access-Control-Request-Headers": "authorization"})
    assert (answer.status_code, answer.headers["access-control-allow-headers"]) == (204, "authorization")


@pytest.mark.parametrize("origin", [OTHER, "null", f"{SITE}.evil.net", f"{SITE}:8443", "http://app.example.com", ""])
def test_a_preflight_of_another_origin_is_refused_and_starts_no_run(server: Server, hub: Hub, origin: str) -> None:
    before = hub.runs()
    for path in ("/site", "/all"):
        answer = ask(f"{server.url}/app_test{path}", origin=origin)
        assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")
        assert cors_fields(answer) == {}
        assert "Origin" in answer.headers["vary"]
    assert hub.runs() == before


@pytest.mark.parametrize("method", ["DELETE", "PUT"])
def test_a_preflight_for_a_method_without_cors_gets_no_permission(server: Server, hub: Hub, method: str) -> None:
    before = hub.runs()
    for path in ("/mixed", "/options"):
        answer = ask(f"{server.url}/app_test{path}", method)
        assert answer.status_code in {403, 404}
        assert cors_fields(answer) == {}
    assert hub.runs() == before


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"Origin": SITE},
        {"Access-Control-Request-Method": "POST"},
        {"Origin": SITE, "Access-Control-Request-Method": "no method"},
    ],
)
@pytest.mark.parametrize("path", ["/all", "/options"])
def test_what_is_no_preflight_starts_a_run_where_the_sink_takes_options(
    server: Server, hub: Hub, path: str, fields: dict[str, str]
) -> None:
    before = hub.runs()
    assert web.options(f"{server.url}/app_test{path}", headers=fields).headers["x-run-id"]
    assert hub.runs() == before + 1


def test_a_sink_without_cors_takes_a_preflight_for_what_it_is_to_it_a_request(server: Server, hub: Hub) -> None:
    before = hub.runs()
    answer = ask(f"{server.url}/app_test/closed")
    assert answer.headers["x-run-id"]
    assert cors_fields(answer) == {}
    assert hub.runs() == before + 1


@pytest.mark.parametrize(
    ("requested", "allowed"),
    [
        ("x-one", "x-one"),
        ("x-one ,, x-two", "x-one, x-two"),
        ("x-one, bad name, x:y, \u00fc, x-two", "x-one, x-two"),
        ("bad name", None),
        (",".join(["x-field"] * 1000), None),
    ],
)
def test_of_the_requested_fields_only_names_come_back(server: Server, requested: str, allowed: str | None) -> None:
    fields = {
        b"Origin": SITE.encode(),
        b"Access-Control-Request-Method": b"POST",
        b"Access-Control-Request-Headers": requested.encode("latin-1"),
    }
    answer = web.options(f"{server.url}/app_test/site", headers=fields)
    assert (answer.status_code, answer.headers.get("access-control-allow-headers")) == (204, allowed)


def test_a_sink_for_all_origins_says_so_without_credentials(server: Server) -> None:
    for origin in (SITE, OTHER, "null"):
        assert ask(f"{server.url}/app_test/open", origin=origin).headers["access-control-allow-origin"] == "*"
        answer = web.post(f"{server.url}/app_test/open", headers={"Origin": origin})
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers


def test_the_case_of_a_configured_origin_does_not_matter(server: Server) -> None:
    answer = web.post(f"{server.url}/app_test/site", headers={"Origin": "http://localhost:3000"})
    assert answer.headers["access-control-allow-origin"] == "http://localhost:3000"


@pytest.mark.parametrize(
    ("path", "fields", "content", "status"),
    [
        ("/site", {}, b"", 200),
        ("/site", {"Accept": "application/json"}, b"", 200),
        ("/site", {"Prefer": "respond-async"}, b"", 202),
        ("/site", {"Accept": "text/html"}, b"", 303),
        ("/some", {}, b"{}", 200),
        ("/site", {"Idempotency-Key": "k" * 300}, b"", 400),
        ("/guarded", {}, b"", 401),
        ("/limited", {}, b"x" * 11, 413),
        ("/gone", {}, b"", 500),
    ],
)
def test_every_answer_of_the_sink_can_be_read_by_its_origins_and_no_others(
    server: Server, path: str, fields: dict[str, str], content: bytes, status: int
) -> None:
    answer = web.post(f"{server.url}/app_test{path}", headers=fields | {"Origin": SITE}, content=content)
    assert answer.status_code == status
    assert cors_fields(answer) == {
        "access-control-allow-origin": SITE,
        "access-control-expose-headers": EXPOSED,
    }
    assert "Origin" in answer.headers["vary"]
    answer = web.post(f"{server.url}/app_test{path}", headers=fields | {"Origin": OTHER}, content=content)
    assert (answer.status_code, cors_fields(answer)) == (status, {})
    assert "Origin" in answer.headers["vary"]
    answer = web.post(f"{server.url}/app_test{path}", headers=fields, content=content)
    assert (answer.status_code, cors_fields(answer)) == (status, {})


def test_a_sink_without_cors_says_nothing_of_it(server: Server) -> None:
    answer = web.post(f"{server.url}/app_test/closed", headers={"Origin": SITE})
    assert (answer.status_code, cors_fields(answer)) == (200, {})
    assert "vary" not in answer.headers


def test_a_script_triggers_and_follows_a_guarded_sink(server: Server) -> None:
    address, site = f"{server.url}/app_test/guarded", {"Origin": SITE}
    bearer = site | {"Authorization": "Bearer guard-token"}
    assert ask(address, **{"Access-Control-Request-Headers": "authorization"}).status_code == 204
    place = web.post(address, headers=bearer).headers["location"]
    for at in (place, f"{place}/events"):
        wanted = "authorization,last-event-id"
        asked = ask(server.url + at, "GET", **{"Access-Control-Request-Headers": wanted})
        assert asked.status_code == 204
        assert asked.headers["access-control-allow-methods"] == "GET, HEAD"
        assert asked.headers["access-control-allow-headers"] == "authorization, last-event-id"
        for headers, status in ((bearer, 200), (site, 401)):
            answer = web.get(server.url + at, headers=headers)
            assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (status, SITE)
            assert answer.headers["access-control-expose-headers"] == EXPOSED
    over = web.get(f"{server.url}{place}/events", headers=bearer | {"Last-Event-ID": "1"})
    assert (over.status_code, over.headers["access-control-allow-origin"]) == (204, SITE)


def test_a_run_cannot_be_read_by_scripts_of_another_origin(server: Server) -> None:
    place = web.post(f"{server.url}/app_test/site").headers["location"]
    for at in (place, f"{place}/events"):
        answer = ask(server.url + at, "GET", origin=OTHER)
        assert (answer.status_code, cors_fields(answer)) == (403, {})
        answer = web.get(server.url + at, headers={"Origin": OTHER})
        assert (answer.status_code, cors_fields(answer)) == (200, {})
        assert "Origin" in ", ".join(answer.headers.get_list("vary"))


def test_a_run_of_a_sink_without_cors_says_nothing_of_it(server: Server) -> None:
    place = web.post(f"{server.url}/app_test/closed").headers["location"]
    answer = web.get(server.url + place, headers={"Origin": SITE})
    assert (answer.status_code, cors_fields(answer)) == (200, {})
    assert ask(server.url + place, "GET").status_code == 405


def test_a_browsers_form_of_another_site_may_be_followed_to_its_page(server: Server) -> None:
    headers = {"Origin": SITE, "Accept": "text/html"}
    with httpx.Client(follow_redirects=True, timeout=60) as client:
        answer = client.post(f"{server.url}/app_test/site", headers=headers)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert [response.headers["access-control-allow-origin"] for response in (*answer.history, answer)] == [SITE, SITE]


def test_origin_and_what_else_browsers_send_reach_the_workflow(server: Server) -> None:
    answer = web.post(f"{server.url}/app_test/site", headers={"Origin": SITE, "Accept": "application/json"})
    assert json.loads(answer.text)["output"]["headers"]["origin"] == SITE
