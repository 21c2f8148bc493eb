"""The HTTP/1.1 of `serve`: several requests on one connection, requests in pieces, and heads without end."""

import re
import select
import socket
import struct
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from typing import Any

import pytest

from tests.support.hub import PROJECT, Hub, Server, wait_until
from tests.support.web import web

pytestmark = pytest.mark.one_database

_SINKS: list[dict[str, Any]] = [
    {"path": "/webhook"},
    {"path": "/any", "method": "ANY", "workflow": "inspect"},
    {"path": "/slow", "workflow": "steps", "options": {"count": 3, "pause": 0.2}},
    {"path": "/long", "workflow": "steps", "options": {"count": 1, "pause": 600.0}},
    {"path": "/guarded", "auth_token": "a-token-of-some-length"},
    {"path": "/late"},
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


@pytest.fixture(scope="module")
def strict(hub: Hub, server: Server) -> Server:
    """A server with low limits."""
    return hub.start(MAX_BODY_BYTES="100000", HEAD_TIMEOUT="1", MIN_BODY_RATE="100", BODY_TIMEOUT="3")


def _talk(server: Server, *pieces: bytes) -> bytes:
    """Send pieces, each as a separate packet, and return everything received until the server closes."""
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
    ("next_one", "status"),
    [(_get("FOOBAR"), 200), (b"GET /app_test/any HTTP/1.1\r\nbad header\r\n\r\n", 400), (b"\x16\x03\x01", 400)],
    ids=["an unusual method", "a bad field", "no HTTP"],
)
def test_a_request_runs_once_and_is_answered_whatever_follows_it_at_once(
    server: Server, hub: Hub, next_one: bytes, status: int
) -> None:
    before = hub.runs()
    answer = _talk(server, _POST + next_one)
    first, second = re.findall(rb"HTTP/1.1 (\d+) ", answer)
    assert (int(first), int(second)) == (200, status)
    assert b'"status": "complete"' in answer
    assert hub.runs() == before + (2 if status == 200 else 1)


def test_what_cannot_be_read_during_an_answer_does_not_cut_it_off(server: Server) -> None:
    answer = _talk(server, _SLOW, b"GET / HTTP/1.1\r\nbad header\r\n\r\n", b"more of it")
    assert re.findall(rb"HTTP/1.1 (\d+) ", answer) == [b"200", b"400"]
    assert answer.index(b'"type":"complete"') < answer.index(b"HTTP/1.1 400")


def test_clients_that_leave_take_no_answers_from_others(server: Server) -> None:
    reset = struct.pack("ii", 1, 0)  # SO_LINGER: closing resets the connection
    ends = []
    for _ in range(40):
        leaving = socket.create_connection(("127.0.0.1", server.port), timeout=30)
        staying = socket.create_connection(("127.0.0.1", server.port), timeout=30)
        leaving.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
        leaving.sendall(_POST * 3)
        staying.sendall(_POST + _POST.replace(b"Host: x", b"Host: x\r\nConnection: close"))
        leaving.close()
        ends.append(staying)
    for staying in ends:
        with staying:
            answer = b"".join(iter(lambda: staying.recv(65536), b""))  # noqa: B023 - called at once
            assert answer.count(b"HTTP/1.1 200 ") == 2
    assert "Traceback" not in server.log()


def test_a_client_that_closes_its_sending_side_gets_its_answers(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as wire:
        wire.sendall(_SLOW + _POST)
        wire.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: wire.recv(65536), b""))
    assert answer.count(b"HTTP/1.1 200 ") == 2
    assert b'"type":"complete"' in answer


@pytest.mark.parametrize("sent", [b"", b"POST /app_test/webhook HTTP/1.1\r\nHost:", _POST[:-1]])
def test_a_request_that_the_client_did_not_finish_is_not_answered(server: Server, hub: Hub, sent: bytes) -> None:
    before = hub.runs()
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as wire:
        wire.sendall(sent)
        wire.shutdown(socket.SHUT_WR)
        assert wire.recv(65536) == b""
    assert hub.runs() == before


def test_the_departure_of_a_half_closed_reader_is_noticed(hub: Hub, server: Server) -> None:
    def open_streams() -> float:
        metrics = web.get(f"{server.url}/metrics").text
        return float(re.findall(r"^sinkhub_streams_open (\S+)", metrics, re.MULTILINE)[0])

    wire = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    wire.sendall(_SLOW.replace(b"/slow", b"/long"))
    assert b"200 OK" in wire.recv(65536)
    wait_until(lambda: open_streams() == 1, "the stream is not open")
    wire.close()
    wait_until(lambda: open_streams() == 0, "the stream stays open")


@pytest.mark.parametrize("path", ["slow", "webhook", "any"])
def test_http_1_0_gets_no_chunks(server: Server, path: str) -> None:
    answer = _talk(server, b"POST /app_test/%b HTTP/1.0\r\nContent-Length: 0\r\n\r\n" % path.encode())
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert b"transfer-encoding" not in head
    assert b"connection: close" in head
    assert body.startswith(b"id: 1\ndata: {")
    assert body.endswith(b"}\n\n")


@pytest.mark.parametrize("framing", [b"Transfer-Encoding: chunked", b"Content-Length: 999999999"])
@pytest.mark.parametrize("path", [b"/app_test/guarded", b"/app_test/none"])
def test_after_an_early_answer_the_rest_of_a_body_is_not_read_without_end(
    strict: Server, framing: bytes, path: bytes
) -> None:
    chunk = b"10000\r\n" + b"a" * 0x10000 + b"\r\n"
    with socket.create_connection(("127.0.0.1", strict.port), timeout=30) as wire:
        wire.sendall(b"POST %b HTTP/1.1\r\nHost: x\r\n%b\r\n\r\n" % (path, framing))
        assert wire.recv(65536).startswith(b"HTTP/1.1 ")
        with pytest.raises(ConnectionError):
            wire.sendall(chunk * 500)  # more than the buffers of both sides can hold


def test_a_client_that_is_refused_early_can_send_its_body_and_go_on(server: Server) -> None:
    body = b"a" * 1_000_000
    wire = b"POST /app_test/guarded HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"
    answer = _talk(server, wire, body[:500_000], body[500_000:] + _get("FOOBAR"))
    assert re.findall(rb"HTTP/1.1 (\d+) ", answer) == [b"401", b"200"]


def test_after_an_early_answer_to_expect_continue_the_connection_is_closed(server: Server, hub: Hub) -> None:
    before = hub.runs()
    head = b"POST /app_test/guarded HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 300\r\n\r\n"
    answer = _talk(server, head, _get("FOOBAR"))
    assert re.findall(rb"HTTP/1.1 (\d+) ", answer) == [b"401"]
    assert hub.runs() == before


def test_expect_continue_is_answered_before_the_body_is_sent(server: Server) -> None:
    head = b"POST /app_test/webhook HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as wire:
        wire.sendall(head + b"Accept: application/json\r\nConnection: close\r\n\r\n")
        assert wire.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        wire.sendall(b"{}")
        assert b"".join(iter(lambda: wire.recv(65536), b"")).startswith(b"HTTP/1.1 200 ")


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
    # The server closes before it has read everything, so its answer may be lost.
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as wire, suppress(ConnectionError):
        wire.sendall(sent)
        answer = b"".join(iter(lambda: wire.recv(65536), b""))
    assert not answer or answer.startswith(b"HTTP/1.1 431 ")
    assert hub.runs() == before


def test_a_head_of_ordinary_size_is_taken_with_a_large_body_behind_it(server: Server) -> None:
    answer = web.post(
        f"{server.url}/app_test/webhook",
        headers={"X-Token": "t" * 8000, "Accept": "application/json"},
        content=b"d" * 3_000_000,
        timeout=60,
    )
    assert answer.json()["status"] == "complete"


def _read_answer(wire: socket.socket) -> bytes:
    """Read one chunked answer."""
    answer = b""
    while not answer.endswith(b"0\r\n\r\n"):
        answer += (piece := wire.recv(65536))
        assert piece, f"closed after {answer!r}"
    return answer


@pytest.mark.usefixtures("server")
def test_an_idle_connection_is_closed_and_a_used_one_stays(hub: Hub) -> None:
    server = hub.start(KEEP_ALIVE_SECONDS="1")
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as wire:
        for _ in range(4):  # more than a second in total
            wire.sendall(_POST)
            assert _read_answer(wire).startswith(b"HTTP/1.1 200 ")
            time.sleep(0.4)
        assert wire.recv(65536) == b""


@pytest.mark.usefixtures("server")
def test_a_connection_is_not_closed_during_a_request_that_takes_longer(hub: Hub) -> None:
    server = hub.start(KEEP_ALIVE_SECONDS="1")
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as wire:
        wire.sendall(_POST)
        _read_answer(wire)
        time.sleep(0.6)
        for _ in range(2):  # its three steps of 0.2 s outlast the timer of the first answer
            wire.sendall(_SLOW)
            assert b'"type":"complete"' in _read_answer(wire)
        assert wire.recv(65536) == b""


def test_a_silent_connection_is_closed(strict: Server) -> None:
    assert _talk(strict) == b""


@pytest.mark.parametrize("sent", [b"P", b"\r\n", b"POST /app_test/webhook HTTP/1.1\r\nHost: x\r\n", b"X-OWN / HTT"])
def test_half_a_head_is_answered_408(strict: Server, sent: bytes) -> None:
    answer = _talk(strict, sent)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in answer


def test_half_a_head_on_a_kept_connection_is_answered_408(strict: Server) -> None:
    answer = _talk(strict, _POST + b"POST /app_test")
    assert re.findall(rb"HTTP/1.1 (\d+) ", answer) == [b"200", b"408"]


def test_a_head_that_comes_byte_by_byte_has_no_more_time(strict: Server) -> None:
    with socket.create_connection(("127.0.0.1", strict.port), timeout=30) as wire, suppress(ConnectionError):
        wire.sendall(b"X / HTTP/1.1\r\nX: ")
        for _ in range(3000):
            wire.sendall(b"X")
            if select.select([wire], [], [], 0.02)[0]:
                break
        assert wire.recv(65536).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize(
    "framing", ["Content-Length: 10", "Transfer-Encoding: chunked", "Content-Length: 50\r\n\r\n1234"]
)
@pytest.mark.parametrize(
    "head",
    ["POST /app_test/webhook", "X-OWN /app_test/any", "POST /admin/login/", "POST /api/v1/sinks"],
)
def test_a_body_that_does_not_come_is_answered_408(strict: Server, hub: Hub, head: str, framing: str) -> None:
    before = hub.runs()
    answer = _talk(strict, f"{head} HTTP/1.1\r\nHost: localhost\r\n{framing}\r\n\r\n".encode())
    assert re.findall(rb"HTTP/1.1 (\d+) ", answer) == [b"408"]
    assert b"application/problem+json" in answer
    assert b"connection: close" in answer
    assert hub.runs() == before


@pytest.mark.parametrize("path", ["/app_test/guarded", "/app_test/none", "/runs/none"])
def test_a_connection_is_closed_where_the_body_does_not_come_after_an_early_answer(strict: Server, path: str) -> None:
    answer = _talk(strict, f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n".encode())
    assert len(re.findall(rb"HTTP/1.1 40[145] ", answer)) == 1


@pytest.mark.parametrize("size", [1, 200], ids=["slower than the least rate", "slower than BODY_TIMEOUT allows"])
def test_a_body_that_comes_slowly_is_answered_408(strict: Server, size: int) -> None:
    with socket.create_connection(("127.0.0.1", strict.port), timeout=30) as wire, suppress(ConnectionError):
        wire.sendall(b"POST /app_test/webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n\r\n")
        for _ in range(400):
            wire.sendall(b"a" * size)
            if select.select([wire], [], [], 0.1)[0]:
                break
        assert wire.recv(65536).startswith(b"HTTP/1.1 408 ")


def test_a_slow_body_is_shown_to_the_admin(strict: Server, hub: Hub) -> None:
    _talk(strict, b"POST /app_test/late HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n")
    refused = "SELECT count(*) FROM sinks_refusal WHERE status = 408"
    wait_until(lambda: hub.query(refused)[0][0] > 0, "no refusal is recorded")


def test_a_kept_connection_may_be_silent_for_longer_than_a_head_may_take(strict: Server) -> None:
    with socket.create_connection(("127.0.0.1", strict.port), timeout=30) as wire:
        for pause in (1.5, 0):
            wire.sendall(_POST)
            assert _read_answer(wire).startswith(b"HTTP/1.1 200 ")
            time.sleep(pause)


@pytest.mark.usefixtures("server")
def test_silent_connections_beyond_the_limit_make_room(hub: Hub) -> None:
    server = hub.start(MAX_CONNECTIONS="20")
    with ExitStack() as stack:
        for _ in range(60):
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=30))
        assert web.get(f"{server.url}/healthz").status_code == 200
    assert "connection limit reached, closing idle connections: limit=20" in server.log()


def test_connections_beyond_the_limit_get_503_where_all_others_are_busy(server: Server, hub: Hub) -> None:
    server = hub.start(MAX_CONNECTIONS="3")
    with ExitStack() as stack:
        for _ in range(3):
            wire = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=30))
            wire.sendall(_SLOW.replace(b"/slow", b"/long"))
            assert b"200 OK" in wire.recv(65536)
        answer = _talk(server)
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 5" in answer


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(("soft", "wanted", "allowed"), [(64, 0, 256), (64, 100, 100), (64, 100_000, 256)])
def test_the_limit_of_files_is_raised_and_bounds_the_connections(
    hub: Hub, soft: int, wanted: int, allowed: int
) -> None:
    code = (
        "import django, resource; django.setup()\n"
        f"resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, 512))\n"
        "from sinkhub.server.open_files import max_connections, raise_file_limit\n"
        "files = raise_file_limit()\n"
        "print(files, resource.getrlimit(resource.RLIMIT_NOFILE)[0], max_connections(files))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT,
        env=hub.env(MAX_CONNECTIONS=str(wanted)),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["512", "512", str(allowed)]


@pytest.mark.parametrize("ending", ["reset", "close"])
@pytest.mark.parametrize("accept", ["text/event-stream", "application/json"])
@pytest.mark.parametrize("times", [1, 2])
def test_a_reader_that_never_reads_and_leaves_logs_no_traceback(
    server: Server, hub: Hub, ending: str, accept: str, times: int
) -> None:
    server = hub.start(LOOP_STALL_TIMEOUT="60")  # on a loaded machine, the watchdog would log too
    head = f"POST /app_test/any HTTP/1.1\r\nHost: x\r\nAccept: {accept}\r\nContent-Length: 8000000\r\n\r\n"
    before = hub.runs()
    for _ in range(3):
        wire = socket.socket()
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        wire.connect(("127.0.0.1", server.port))
        wire.settimeout(30)
        wire.sendall(head.encode() + b"a" * 8_000_000 + (head.encode() if times == 2 else b""))
        assert wire.recv(100)
        if ending == "reset":
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        wire.close()
    assert web.get(f"{server.url}/healthz").status_code == 200
    assert hub.runs() == before + 3
    assert server.stop() == 0
    assert "Traceback" not in server.log()
    assert "ERROR" not in server.log()


def _client(hub: Hub, server: Server, **headers: str) -> str:
    answer = web.post(f"{server.url}/app_test/webhook", headers={**headers, "Accept": "application/json"})
    run_id = answer.json()["run_id"]
    return str(hub.query(f"SELECT client FROM runs_delivery WHERE run_id = '{run_id}'")[0][0])


def test_a_trusted_proxy_names_the_client(hub: Hub, server: Server) -> None:
    assert _client(hub, server) == "127.0.0.1"
    assert _client(hub, server, **{"X-Forwarded-For": "203.0.113.7"}) == "203.0.113.7"


@pytest.mark.usefixtures("server")
def test_nobody_else_names_the_client(hub: Hub) -> None:
    server = hub.start(FORWARDED_ALLOW_IPS="203.0.113.1")
    assert _client(hub, server, **{"X-Forwarded-For": "203.0.113.7"}) == "127.0.0.1"
