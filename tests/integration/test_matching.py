"""Matching requests to sinks: by app, path and method, with every form of the URL."""

import socket
from typing import Any

import httpx
import pytest

from tests.support.hub import Hub, Server
from tests.support.web import web

pytestmark = pytest.mark.one_database

SINKS: list[dict[str, Any]] = [
    {"path": "/webhook"},
    {"path": "/webhook", "method": "PUT", "workflow": "threaded"},
    {"path": "/any", "method": "ANY"},
    {"path": "/any", "method": "GET", "workflow": "threaded"},
    {"path": "/orders/{order_id}", "workflow": "inspect"},
    {"path": "/orders/new"},
    {"path": "/orders/{order_id}/items/{item}", "workflow": "inspect"},
    {"path": "/orders/{number}/items/all", "method": "DELETE"},
    {"path": "/deep/a/b/c/d"},
    {"path": "/grüße/ä b"},
    {"path": "/"},
    {"path": "/off", "active": False},
    {"path": "/webhook", "method": "PATCH", "active": False},
    {"path": "/cache", "method": "PURGE", "workflow": "inspect"},
    {"path": "/cache", "method": "REPORT", "workflow": "inspect"},
    {"path": "/cache", "method": "X-OWN", "workflow": "inspect"},
    {"app_id": "app_two", "path": "/webhook", "workflow": "threaded"},
    {"app_id": "app_off", "path": "/webhook"},
]


@pytest.fixture(scope="module")
def server(hub: Hub) -> Server:
    hub.add_sinks(SINKS)
    code = "from sinks.models import App; a = App.objects.get(app_id='app_off'); a.active = False; a.save()"
    hub.shell(code)
    return hub.start()


def ask(server: Server, path: str, method: str = "POST") -> httpx.Response:
    """Send a request with a path that httpx does not change."""
    url = httpx.URL(server.url).copy_with(raw_path=path.encode())
    return web.request(method, url, headers={"Accept": "application/json"}, content=b"{}")


def talk(server: Server, sent: bytes) -> bytes:
    """Send raw bytes, and return everything received until the server closes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as wire:
        wire.sendall(sent)
        return b"".join(iter(lambda: wire.recv(65536), b""))


@pytest.mark.parametrize("prefix", ["", "/sink/trigger/http", "/api/v1/sink/trigger/http"])
def test_every_form_of_the_address_finds_the_sink(server: Server, prefix: str) -> None:
    answer = ask(server, f"{prefix}/app_test/webhook")
    assert (answer.status_code, answer.json()["output"]["path"]) == (200, "/webhook")


@pytest.mark.parametrize(
    "path",
    ["/webhook/", "//webhook", "/webhook//", "/webhook?a=/other", "/web%68ook", "/%77ebhook/?", "/webhook?%zz"],
)
def test_writings_of_the_same_path_find_the_same_sink(server: Server, path: str) -> None:
    answer = ask(server, f"/app_test{path}")
    assert (answer.status_code, answer.json()["output"]["path"]) == (200, "/webhook")


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/deep/a//b/c/d", "/deep/a/b/c/d"),
        ("/deep/a%2Fb/c/d", "/deep/a/b/c/d"),
        ("/gr%C3%BC%C3%9Fe/%C3%A4%20b", "/grüße/ä b"),
        ("/", "/"),
        ("", "/"),
    ],
)
def test_a_path_may_have_many_segments_and_any_letters_or_none(server: Server, path: str, found: str) -> None:
    assert ask(server, f"/app_test{path}").json()["output"]["path"] == found


@pytest.mark.parametrize("path", ["/web%2568ook", "/Webhook", "/webhook/more", "/deep/a/b/c", "/orders", "/nothing"])
def test_other_paths_find_nothing(server: Server, path: str) -> None:
    answer = ask(server, f"/app_test{path}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert "allow" not in answer.headers


def test_sinks_of_another_app_are_not_found(server: Server) -> None:
    assert ask(server, "/app_two/webhook").json()["output"]["thread"] is True
    assert ask(server, "/app_two/any").status_code == 404
    assert ask(server, "/app_none/webhook").status_code == 404


def test_an_inactive_sink_and_a_sink_of_an_inactive_app_are_not_found(server: Server) -> None:
    assert ask(server, "/app_test/off").status_code == 404
    assert ask(server, "/app_off/webhook").status_code == 404


def test_each_method_finds_its_own_sink(server: Server) -> None:
    assert ask(server, "/app_test/webhook").json()["output"]["method"] == "POST"
    assert ask(server, "/app_test/webhook", "PUT").json()["output"]["thread"] is True


@pytest.mark.parametrize("method", ["PURGE", "REPORT", "X-OWN"])
def test_a_sink_may_be_for_any_token_as_its_method(server: Server, method: str) -> None:
    assert ask(server, "/app_test/cache", method).json()["output"]["method"] == method


def test_a_path_without_that_method_names_those_it_has(server: Server) -> None:
    answer = ask(server, "/app_test/webhook", "DELETE")
    assert (answer.status_code, answer.headers["allow"]) == (404, "POST, PUT")


@pytest.mark.parametrize(
    "method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE", "REPORT", "X-OWN", "report", "L" * 60]
)
def test_any_takes_every_method(server: Server, method: str) -> None:
    # A raw socket: HTTP clients convert methods to capitals.
    head = f"{method} /app_test/any HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\nConnection: close\r\n\r\n"
    answer = talk(server, head.encode())
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert f'"method":"{method}"'.encode() in answer


def test_a_sink_for_the_very_method_wins_over_any(server: Server) -> None:
    answer = web.get(f"{server.url}/app_test/any", headers={"Accept": "application/json"})
    assert answer.json()["output"]["thread"] is True


def test_a_literal_path_wins_over_a_parameter(server: Server) -> None:
    assert "order_id" not in ask(server, "/app_test/orders/new").text
    output = ask(server, "/app_test/orders/4711").json()["output"]
    assert output["path_params"] == {"order_id": "4711"}


def test_parameters_are_given_decoded_and_by_name(server: Server) -> None:
    output = ask(server, "/app_test/orders/a%20b/items/%C3%BC?order_id=no").json()["output"]
    assert output["path_params"] == {"order_id": "a b", "item": "ü"}


def test_a_literal_path_for_another_method_does_not_hide_a_parameter(server: Server) -> None:
    output = ask(server, "/app_test/orders/1/items/all").json()["output"]
    assert output["path_params"] == {"order_id": "1", "item": "all"}


@pytest.mark.parametrize("path", ["/app_test/%zz", "/app_test/%", "/app_test/%f", "/app_test/a%00b", "/app_test/%ff"])
def test_a_path_that_cannot_be_read_is_refused(server: Server, path: str) -> None:
    answer = ask(server, path)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.json()["status"] == 400


def test_a_nul_or_a_control_byte_sent_as_it_is_is_refused_too(server: Server) -> None:
    for byte in (b"\0", b"\x01"):
        answer = talk(server, b"POST /app_test/a%bb HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n" % byte)
        assert answer.startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    "wire",
    [
        b"POST /app_test/webhook HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
        b"POST /app_test/webhook HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n",
        b"X-OWN /app_test/any HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
        b"POST /app_test/webhook HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n",
        b"POST /app_test/webhook HTTP/one\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00 this is no HTTP\r\n\r\n",
    ],
    ids=[
        "broken chunking",
        "a chunk that is too long",
        "broken chunking after an unusual method",
        "no number for a length",
        "no number for a version",
        "no HTTP",
    ],
)
def test_a_request_that_cannot_be_read_is_refused_and_starts_no_run(server: Server, hub: Hub, wire: bytes) -> None:
    before = hub.query("SELECT count(*) FROM runs_run")
    answer = talk(server, wire)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"application/problem+json" in answer
    assert hub.query("SELECT count(*) FROM runs_run") == before


def test_several_requests_in_one_packet_are_answered_in_their_order(server: Server) -> None:
    request = (
        b"POST /app_test/webhook?n=%d HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\nContent-Length: 0\r\n%s\r\n"
    )
    answer = talk(server, request % (1, b"") + request % (2, b"") + request % (3, b"Connection: close\r\n"))
    places = [answer.index(b'"query":{"n":"%d"}' % number) for number in (1, 2, 3)]
    assert places == sorted(places)
