"""HTTP/1.1 as `serve` speaks it: several requests on one connection, methods in pieces, and heads without end."""

import socket
import time
from contextlib import suppress
from typing import Any

import pytest

from tests.hub import Hub, Server
from tests.web import web

pytestmark = pytest.mark.one_database

_SINKS: list[dict[str, Any]] = [
    {"path": "/webhook"},
    {"path": "/any", "method": "ANY", "workflow": "inspect"},
    {"path": "/slow", "workflow": "steps", "options": {"count": 3, "pause": 0.2}},
]
_POST = b"POST /app_test/webhook HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\nContent-Length: 2\r\n\r\n{}"
_SLOW = b"POST /app_test/slow HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"


def _get(method: str) -> bytes:
    return (
        f"{method} /app_test/any HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\nConnection: close\r\n\r\n".encode()
    )


@pytest.fixture(scope="module")
def server(hub: Hub) -> Server:
    hub.add_sinks(_SINKS)
    return hub.start()


def _talk(server: Server, *pieces: bytes) -> bytes:
    """Send pieces, each as a packet of its own, and return all that comes until the server closes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as wire:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            wire.sendall(piece)
            time.sleep(0.05)
        return b"".join(iter(lambda: wire.recv(65536), b""))


@pytest.mark.parametrize(
    "pieces",
    [("GE", "X"), ("X", "POST"), ("P", "U", "R", "GE"), ("PURG", "E"), ("X-OWN",)],
    ids=lambda pieces: "+".join(pieces),
)
def test_a_method_that_comes_in_pieces_is_the_one_that_was_sent(server: Server, pieces: tuple[str, ...]) -> None:
    rest = _get("")
    sent = [piece.encode() for piece in pieces]
    answer = _talk(server, *sent[:-1], sent[-1] + rest)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert f'"method":"{"".join(pieces)}"'.encode() in answer


def test_an_unusual_method_on_a_kept_connection_is_taken(server: Server, hub: Hub) -> None:
    before = hub.runs()
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as wire:
        wire.sendall(_POST)
        first = b""
        while not first.endswith(b"0\r\n\r\n") and b'"complete"' not in first:
            first += wire.recv(65536)
        wire.sendall(_get("REPORT"))
        second = b"".join(iter(lambda: wire.recv(65536), b""))
    assert b'"method":"REPORT"' in second
    assert hub.runs() == before + 2


@pytest.mark.parametrize(
    "next_one",
    [_get("FOOBAR"), b"GET /app_test/any HTTP/1.1\r\nbad header\r\n\r\n", b"\x16\x03\x01"],
    ids=["an unusual method", "a bad field", "no HTTP"],
)
def test_a_request_runs_once_and_is_answered_whatever_follows_it_at_once(
    server: Server, hub: Hub, next_one: bytes
) -> None:
    before = hub.runs()
    answer = _talk(server, _POST + next_one)
    assert answer.count(b"HTTP/1.1 ") == 1
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b'"status": "complete"' in answer
    assert hub.runs() == before + 1


def test_what_cannot_be_read_during_an_answer_does_not_cut_it_off(server: Server) -> None:
    answer = _talk(server, _SLOW, b"GET / HTTP/1.1\r\nbad header\r\n\r\n", b"more of it")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b'"type":"complete"' in answer


@pytest.mark.parametrize("place", ["field", "fields", "address"])
def test_a_head_without_end_is_refused_and_starts_no_run(server: Server, hub: Hub, place: str) -> None:
    before = hub.runs()
    target, field = b"/app_test/webhook", b""
    if place == "address":
        target += b"?" + b"a" * 100_000
    elif place == "field":
        field = b"X-Big: " + b"b" * 300_000 + b"\r\n"
    else:
        field = b"".join(b"X-%d: %s\r\n" % (number, b"c" * 100) for number in range(1000))
    sent = b"POST " + target + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n" + field + b"\r\n"
    answer = b""
    # The server closes before it has read all, and what it said may be lost with that.
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as wire, suppress(ConnectionError):
        wire.sendall(sent)
        answer = b"".join(iter(lambda: wire.recv(65536), b""))
    assert not answer or answer.startswith(b"HTTP/1.1 431 ")
    assert hub.runs() == before


def test_a_head_of_ordinary_size_is_taken_with_a_large_body_behind_it(server: Server) -> None:
    answer = web.post(
        f"{server.url}/app_test/webhook", headers={"X-Token": "t" * 8000, "Accept": "application/json"},
        content=b"d" * 3_000_000, timeout=60,
    )  # fmt: skip
    assert answer.json()["status"] == "complete"


def _read_answer(wire: socket.socket) -> bytes:
    """One chunked answer."""
    answer = b""
    while not answer.endswith(b"0\r\n\r\n"):
        answer += (piece := wire.recv(65536))
        assert piece, f"closed after {answer!r}"
    return answer


def test_an_idle_connection_is_closed_and_a_used_one_stays(hub: Hub) -> None:
    server = hub.start(KEEP_ALIVE_SECONDS="1")
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as wire:
        for _ in range(4):  # longer than a second, together
            wire.sendall(_POST)
            assert _read_answer(wire).startswith(b"HTTP/1.1 200 ")
            time.sleep(0.4)
        assert wire.recv(65536) == b""


def test_a_connection_is_not_closed_during_a_request_that_takes_longer(hub: Hub) -> None:
    server = hub.start(KEEP_ALIVE_SECONDS="1")
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as wire:
        wire.sendall(_POST)
        _read_answer(wire)
        time.sleep(0.6)
        for _ in range(2):  # its three steps of 0.2 s pass the time of the first answer's timer
            wire.sendall(_SLOW)
            assert b'"type":"complete"' in _read_answer(wire)
        assert wire.recv(65536) == b""


def _client(hub: Hub, server: Server, **headers: str) -> str:
    answer = web.post(f"{server.url}/app_test/webhook", headers={**headers, "Accept": "application/json"})
    run_id = answer.json()["run_id"]
    return str(hub.query(f"SELECT client FROM runs_delivery WHERE run_id = '{run_id}'")[0][0])


def test_a_trusted_proxy_names_the_client(hub: Hub, server: Server) -> None:
    assert _client(hub, server) == "127.0.0.1"
    assert _client(hub, server, **{"X-Forwarded-For": "203.0.113.7"}) == "203.0.113.7"


def test_nobody_else_names_the_client(hub: Hub) -> None:
    server = hub.start(FORWARDED_ALLOW_IPS="203.0.113.1")
    assert _client(hub, server, **{"X-Forwarded-For": "203.0.113.7"}) == "127.0.0.1"
