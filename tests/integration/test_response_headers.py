"""Header fields of answers: none is built from request data, and each answer has the security fields."""

from typing import Any

import httpx
import pytest

from tests.support.hub import Hub, Server
from tests.support.web import web

pytestmark = pytest.mark.one_database

_INJECTIONS = ["%0d%0aX-Injected:%201", "%0aX-Injected:%201", "%00", '%22;x="', "%E2%80%AE", "%C3%A9"]
_ADDRESSES = [
    "/api/schema/?version={}",
    "/api/schema?version={}&format=json",
    "/api/schema?lang={}",
    "/api/schema?format={}",
    "/api/docs/?version={}",
    "/api/{}",
    "/api/v1/{}",
    "/api/v1/runs?cursor={}",
    "/admin?{}",
    "/admin/{}",
    "/admin/{}/?a={}",
    "/admin/login/?next={}",
    "/admin/login/?next=/admin/{}",
    "/admin/sinks/sink?{}",
    "/favicon.ico?{}",
    "/?{}",
    "/static/{}",
    "/static/admin?{}",
    "/runs/{}",
    "/runs/run_0/events?after={}",
    "/sink/{}",
    "/healthz?{}",
    "/app_test/{}",
    "/app_test/a?{}",
    "/app_test/cors?{}",
    "/app_test/redirect?{}",
    "/app_{}/a",
]


@pytest.fixture(scope="module")
def server(hub: Hub) -> Server:
    sinks: list[dict[str, Any]] = [
        {"path": "/a"},
        {"path": "/cors", "cors_origins": "https://a.example"},
        {"path": "/redirect", "redirect": "https://a.example/thanks"},
        {"path": "/token", "auth_token": "s3cret-t0ken"},
    ]
    hub.add_sinks(sinks)
    return hub.start()


@pytest.mark.parametrize("address", _ADDRESSES)
def test_no_part_of_an_address_breaks_an_answer_or_adds_a_field_to_it(server: Server, address: str) -> None:
    for text in _INJECTIONS:
        for accept in ("*/*", "text/html"):
            place = address.replace("{}", text)
            answer = web.get(f"{server.url}{place}", headers={"Accept": accept})
            assert answer.status_code < 500, place
            assert "x-injected" not in answer.headers
            disposition = answer.headers.get("content-disposition", "")
            assert disposition in ("", 'inline; filename="SinkHub.yaml"', 'inline; filename="SinkHub.json"'), place


@pytest.mark.parametrize(
    "name",
    [
        "Origin",
        "Access-Control-Request-Method",
        "Access-Control-Request-Headers",
        "Prefer",
        "Accept",
        "Idempotency-Key",
        "Last-Event-ID",
        "Authorization",
    ],
)
def test_no_field_of_a_request_comes_back_unchecked(server: Server, name: str) -> None:
    fields = {"Origin": b"https://a.example", "Access-Control-Request-Method": b"POST"}
    for text in (b'a"b; c', b"a\xe9\xff", b"a, b: c", b"x(" * 2000, b"a\tb"):
        for method, place in (("OPTIONS", "/app_test/cors"), ("POST", "/app_test/cors"), ("GET", "/api/v1/runs")):
            headers = [(field.encode(), value) for field, value in ({**fields, name: text}).items()]
            answer = web.request(method, f"{server.url}{place}", headers=headers)
            assert answer.status_code < 500, (name, text)
            assert not [value for _, value in answer.headers.raw if text in value]


def test_plain_answers_are_not_sniffed(server: Server) -> None:
    run = web.post(f"{server.url}/app_test/a").headers["location"]
    cors = {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
    answers = [
        web.post(f"{server.url}/app_test/a"),
        web.post(f"{server.url}/app_test/a", headers={"Accept": "application/json"}),
        web.post(f"{server.url}/app_test/a", headers={"Accept": "text/html"}),
        web.post(f"{server.url}/app_test/a", headers={"Prefer": "respond-async"}),
        web.post(f"{server.url}/app_test/nothing"),
        web.post(f"{server.url}/app_test/token"),
        web.options(f"{server.url}/app_test/cors", headers=cors),
        web.get(f"{server.url}{run}"),
        web.get(f"{server.url}{run}", headers={"Accept": "text/html"}),
        web.get(f"{server.url}{run}/events"),
        web.get(f"{server.url}{run}/events?after=5"),
        web.get(f"{server.url}/healthz"),
        web.get(f"{server.url}/%ff"),
    ]
    for answer in answers:
        assert answer.headers.get_list("x-content-type-options") == ["nosniff"], (answer.url, answer.status_code)


def test_streams_are_not_transformed_on_their_way(server: Server) -> None:
    answer = web.post(f"{server.url}/app_test/a")
    assert answer.headers["cache-control"] == "no-cache, no-transform"
    events = web.get(f"{server.url}{answer.headers['location']}/events")
    assert events.headers["cache-control"] == "no-cache, no-transform"


@pytest.mark.parametrize("place", ["/healthz", "/readyz", "/metrics"])
def test_probes_are_not_stored(server: Server, place: str) -> None:
    assert web.get(f"{server.url}{place}").headers["cache-control"] == "no-store"


@pytest.mark.parametrize(("name", "value"), [("Authorization", "Bearer s3cret-t0ken"), ("Idempotency-Key", "k")])
def test_a_field_that_may_come_once_is_refused_twice(server: Server, name: str, value: str) -> None:
    places = [("POST", "/app_test/token"), ("POST", "/app_test/a")]
    if name == "Authorization":
        places += [("GET", "/runs/run_0"), ("GET", "/api/v1/runs")]
    for method, place in places:
        once, twice = [(name, value)], [(name, value), (name, "other")]
        if name == "Idempotency-Key":
            token = ("Authorization", "Bearer s3cret-t0ken")
            once, twice = [*once, token], [*twice, token]
        assert web.request(method, f"{server.url}{place}", headers=once).status_code != 400
        assert web.request(method, f"{server.url}{place}", headers=twice).status_code == 400


def test_pages_of_the_admin_take_scripts_from_the_static_files_alone(server: Server) -> None:
    for host in ("localhost:1", "127.0.0.1"):
        answer = web.get(f"{server.url}/admin/login/", headers={"Host": host})
        policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
        assert policy["script-src"] == f"http://{host}/static/ http://{host}/admin/jsi18n/ 'unsafe-eval'"
        assert (policy["default-src"], policy["frame-ancestors"], policy["base-uri"]) == ("'none'",) * 3
    assert "content-security-policy" not in web.get(f"{server.url}/healthz").headers


def test_addresses_of_the_api_and_a_sign_in_without_a_page_lead_somewhere(hub: Hub, server: Server) -> None:
    for place in ("/api", "/api/"):
        answer = web.get(f"{server.url}{place}", follow_redirects=True)
        assert (answer.status_code, answer.url.path) == (200, "/api/docs/")
    hub.add_admin()
    with httpx.Client(base_url=server.url, timeout=60) as browser:
        browser.get("/admin/login/")
        form = {"username": "admin", "password": "correct horse", "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        answer = browser.post("/admin/login/", data=form)
        assert (answer.status_code, answer.headers["location"]) == (302, "/admin/")
