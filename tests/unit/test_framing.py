"""The framing of requests, by section of RFC 9112: bytes on the wire, and the runs and answers they cause."""

import json
import re
import socket
import time
from dataclasses import dataclass
from typing import Any

import pytest

from sinkhub.server.framing import RequestReader, Signal
from sinkhub.server.request_head import Head, Unreadable
from tests.support.hub import Hub, Server

pytestmark = pytest.mark.one_database

SINKS: list[dict[str, Any]] = [
    {"path": "/any", "method": "ANY", "workflow": "inspect"},
    {"path": "/token", "workflow": "inspect", "auth_token": "a-token-of-some-length"},
]
# Answered only if the framing is still in sync; after a refused request, it must not be answered.
SENTINEL = b"LAST /app_test/any HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\nConnection: close\r\n\r\n"


@dataclass(frozen=True)
class Case:
    """Bytes and their outcome: the bodies that workflows get, and the status with which the connection ends, if any."""

    section: str
    name: str
    wire: bytes
    bodies: tuple[str, ...] = ()
    refused: int = 0


def request(*fields: str, method: str = "POST", body: bytes = b"", version: str = "1.1", target: str = "") -> bytes:
    """Return a request whose answer is JSON."""
    lines = [f"{method} {target or '/app_test/any'} HTTP/{version}", "Host: x", "Accept: application/json", *fields]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def sized(body: bytes, *fields: str, method: str = "POST") -> bytes:
    return request(*fields, f"Content-Length: {len(body)}", method=method, body=body)


def chunked(body: bytes, *fields: str, method: str = "POST") -> bytes:
    return request(*fields, "Transfer-Encoding: chunked", method=method, body=body)


BOTH = request("Content-Length: 5", "Transfer-Encoding: chunked", body=b"0\r\n\r\n")
CASES = [
    # 2: messages and lines
    Case("2.2", "empty lines before a request", b"\r\n\r\n" + sized(b"a"), ("a",)),
    Case("2.2", "a bare LF after the request line", sized(b"a").replace(b"1.1\r\n", b"1.1\n"), refused=400),
    Case("2.2", "a bare LF after a field", sized(b"a").replace(b"Host: x\r\n", b"Host: x\n"), refused=400),
    Case("2.2", "bare LF only", sized(b"a").replace(b"\r\n", b"\n"), refused=400),
    Case("2.2", "a bare CR in a field", request("X-A: a\rb"), refused=400),
    Case("2.2", "a space before the first field", sized(b"a").replace(b"Host", b" Host"), refused=400),
    Case("2.3", "HTTP/2.0", request(version="2.0"), refused=505),
    Case("2.3", "HTTP/0.9", request(version="0.9"), refused=505),
    Case("2.3", "the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", refused=505),
    Case("2.3", "HTTP/1.2", sized(b"a").replace(b"HTTP/1.1", b"HTTP/1.2"), ("a",)),
    Case("2.3", "HTTP/1.10", request(version="1.10"), refused=400),
    Case("2.3", "http/1.1", sized(b"a").replace(b"HTTP/1.1", b"http/1.1"), refused=400),
    Case("2.3", "no version", b"GET /app_test/any\r\n\r\n", refused=400),
    # 3: the request line
    Case("3", "two spaces", sized(b"a").replace(b"POST /", b"POST  /"), refused=400),
    Case("3", "a space in the address", request(target="/app_test/any?a b"), refused=400),
    Case("3", "a TLS handshake", b"\x16\x03\x01\x02\x00\x01\x00", refused=400),
    Case("3.1", "a method of 64 characters", request(method="M" * 64), ("",)),
    Case("3.1", "a method of 65 characters", request(method="M" * 65), refused=501),
    Case("3.1", "a method of 70,000 characters", request(method="M" * 70_000), refused=501),
    Case("3.1", "a method that is no token", request(method="G@T"), refused=400),
    Case("3.2", "no Host", request().replace(b"Host: x\r\n", b""), refused=400),
    Case("3.2", "two Hosts", request("Host: x"), refused=400),
    Case("3.2", "a Host with a space", request().replace(b"Host: x", b"Host: x y"), refused=400),
    Case("3.2", "an empty Host", request().replace(b"Host: x", b"Host:"), ("",)),
    Case("3.2", "no Host and another method", request(method="X-OWN").replace(b"Host: x\r\n", b""), refused=400),
    Case("3.2.1", "a fragment", request(target="/app_test/any#a"), refused=400),
    Case("3.2.2", "an absolute address", request(target="http://other/app_test/any"), ("",)),
    Case("3.2.3", "the authority form", request(method="CONNECT", target="x:443"), refused=501),
    Case("3.2.4", "an asterisk with POST", request(target="*"), refused=400),
    # 5: fields
    Case("5", "a space before the colon", request("X-A : a"), refused=400),
    Case("5", "no colon", request("X-A"), refused=400),
    Case("5", "a known name without a colon", request("accept"), refused=400),
    Case("5", "no name", request(": a"), refused=400),
    Case("5", "a NUL in a value", request("X-A: a\0b"), refused=400),
    Case("5", "a name that is no token", request("X(A): a"), refused=400),
    Case("5.2", "a folded field", request("X-A: a", " b"), refused=400),
    Case("5.2", "a folded field and another method", request("X-A: a", "\tb", method="X-OWN"), refused=400),
    # 6: the body
    Case("6", "a length", sized(b'{"a":1}'), ('{"a":1}',)),
    Case("6", "a body with GET", sized(b"abc", method="GET"), ("abc",)),
    Case("6", "a body with CONNECT", sized(b"abc", method="CONNECT"), ("abc",)),
    Case("6", "a chunked body with CONNECT", chunked(b"3\r\nabc\r\n0\r\n\r\n", method="CONNECT"), ("abc",)),
    Case("6", "a body that looks like a request", sized(SENTINEL), (SENTINEL.decode(),)),
    Case("6.1", "a length and chunks", BOTH, refused=400),
    Case("6.1", "a length and chunks, other method", BOTH.replace(b"POST", b"X-OWN"), refused=400),
    Case("6.1", "another coding", request("Transfer-Encoding: x, chunked", body=b"0\r\n\r\n"), refused=501),
    Case("6.1", "gzip alone", request("Transfer-Encoding: gzip"), refused=400),
    Case("6.1", "chunked twice", request("Transfer-Encoding: chunked, chunked"), refused=400),
    Case("6.1", "chunked in two fields", request(*["Transfer-Encoding: chunked"] * 2), refused=400),
    Case("6.1", "chunked before another", request("Transfer-Encoding: chunked, x"), refused=400),
    Case("6.1", "identity", request("Transfer-Encoding: identity"), refused=400),
    Case("6.1", "Chunked", chunked(b"1\r\na\r\n0\r\n\r\n").replace(b": chunked", b": Chunked"), ("a",)),
    Case("6.1", "chunked with a control byte", request("Transfer-Encoding: \x0bchunked"), refused=400),
    Case("6.1", "chunks in HTTP/1.0", request("Transfer-Encoding: chunked", version="1.0"), refused=400),
    Case("6.2", "two equal lengths", request(*["Content-Length: 1"] * 2, body=b"a"), refused=400),
    Case("6.2", "two lengths", request("Content-Length: 1", "Content-Length: 2", body=b"ab"), refused=400),
    Case("6.2", "a list of lengths", request("Content-Length: 1, 1", body=b"a"), refused=400),
    Case("6.2", "a length with a sign", request("Content-Length: +1", body=b"a"), refused=400),
    Case("6.2", "a negative length", request("Content-Length: -1"), refused=400),
    Case("6.2", "an empty length", request("Content-Length:"), refused=400),
    Case("6.2", "a length in hexadecimal", request("Content-Length: 0x1", body=b"a"), refused=400),
    # 7: chunks
    Case("7.1", "chunks", chunked(b"3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n"), ("abc0123456789",)),
    Case("7.1", "leading zeros", chunked(b"003\r\nabc\r\n000\r\n\r\n"), ("abc",)),
    Case("7.1", "no size", chunked(b"\r\nabc\r\n0\r\n\r\n"), refused=400),
    Case("7.1", "a size with a sign", chunked(b"+3\r\nabc\r\n0\r\n\r\n"), refused=400),
    Case("7.1", "a size with a prefix", chunked(b"0x3\r\nabc\r\n0\r\n\r\n"), refused=400),
    Case("7.1", "a size with an underscore", chunked(b"1_0\r\nabc\r\n0\r\n\r\n"), refused=400),
    Case("7.1", "a size beyond all", chunked(b"fffffffffffffffff\r\nabc\r\n0\r\n\r\n"), refused=400),
    Case("7.1", "a space after the size", chunked(b"3 \r\nabc\r\n0\r\n\r\n"), refused=400),
    Case("7.1", "a bare LF after the size", chunked(b"3\nabc\r\n0\r\n\r\n"), refused=400),
    Case("7.1", "a bare LF after the data", chunked(b"3\r\nabc\n0\r\n\r\n"), refused=400),
    Case("7.1", "a chunk that is too long", chunked(b"3\r\nabcd\r\n0\r\n\r\n"), refused=400),
    Case("7.1.1", "an extension", chunked(b'3;a=b;c="d;\\"" ; e\r\nabc\r\n0;f\r\n\r\n'), ("abc",)),
    Case("7.1.1", "a bare LF in an extension", chunked(b"3;a\nb\r\nabc\r\n0\r\n\r\n"), refused=400),
    Case("7.1.1", "extensions without end", chunked(b"1;" + b"a" * 70_000 + b"\r\n"), refused=400),
    Case("7.1.1", "extensions to many chunks", chunked(b"1;%b\r\na\r\n" % (b"a" * 1000) * 70), refused=400),
    Case("7.1.2", "a trailer", chunked(b"3\r\nabc\r\n0\r\nX-A: b\r\nX-C: d\r\n\r\n"), ("abc",)),
    Case("7.1.2", "a trailer with another method", chunked(b"0\r\nX-A: b\r\n\r\n", method="X-OWN"), ("",)),
    Case("7.1.2", "a malformed trailer", chunked(b"0\r\nX-A\r\n\r\n"), refused=400),
    Case("7.1.2", "a folded trailer", chunked(b"0\r\nX-A: a\r\n b\r\n\r\n"), refused=400),
    Case("7.1.2", "trailers without end", chunked(b"0\r\n" + b"X-A: b\r\n" * 10_000), refused=431),
    Case("7.1.2", "one trailer without end", chunked(b"0\r\nX-A: " + b"b" * 100_000), refused=431),
    # 7.8 of RFC 9110: an offered upgrade is ignored
    Case(
        "upgrade",
        "h2c, as curl and JDK offer it",
        sized(
            b'{"a":1}', "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAoAAAAAIA"
        ),
        ('{"a":1}',),
    ),
    Case(
        "upgrade",
        "websocket",
        request("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", method="GET"),
        ("",),
    ),
    Case("upgrade", "chunks", chunked(b"3\r\nabc\r\n0\r\n\r\n", "Connection: Upgrade", "Upgrade: h2c"), ("abc",)),
    Case("upgrade", "another method", sized(b"abc", "Connection: Upgrade", "Upgrade: h2c", method="X-OWN"), ("abc",)),
    Case(
        "upgrade", "a request as the body", sized(SENTINEL, "Connection: Upgrade", "Upgrade: h2c"), (SENTINEL.decode(),)
    ),
    # 9: connections
    Case(
        "9.3.2", "pipelined", sized(b"a") + chunked(b"1\r\nb\r\n0\r\n\r\n", method="X-OWN") + sized(b"c"), tuple("abc")
    ),
    Case("9.3.2", "no HTTP after a request", sized(b"a") + b"\x16\x03\x01", ("a",), refused=400),
]
_IDS = [f"{case.section} {case.name}" for case in CASES]


@pytest.fixture(scope="module")
def server(hub: Hub) -> Server:
    hub.add_sinks(SINKS)
    return hub.start()


def talk(server: Server, *pieces: bytes) -> bytes:
    """Send pieces, each as a separate packet, and return everything received until the server closes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as wire:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number, piece in enumerate(pieces):
            if number:
                time.sleep(0.05)
            wire.sendall(piece)
        return b"".join(iter(lambda: wire.recv(65536), b""))


def statuses(answer: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d+) ", answer)]


def outputs(answer: bytes) -> list[dict[str, Any]]:
    """Return the workflows' outputs from answers in JSON."""
    found = []
    decoder = json.JSONDecoder()
    text = answer.decode("latin-1")
    for start in re.finditer(r'\{"run_id"', text):
        found.append(decoder.raw_decode(text, start.start())[0]["output"])
    return found


@pytest.mark.parametrize("case", CASES, ids=_IDS)
def test_a_request_is_framed_by_rfc_9112(server: Server, hub: Hub, case: Case) -> None:
    before = hub.runs()
    answer = talk(server, case.wire + SENTINEL)
    methods = [output["method"] for output in outputs(answer)]
    bodies = [output["body"] for output in outputs(answer)]
    if case.refused:
        assert statuses(answer) == [200] * len(case.bodies) + [case.refused]
        assert answer.count(b"application/problem+json") == 1
        assert "LAST" not in methods
    else:
        assert methods[-1] == "LAST", "the connection is closed, or out of step"
        assert bodies.pop() == ""
    assert bodies == list(case.bodies)
    assert hub.runs() == before + len(case.bodies) + (0 if case.refused else 1)


def read(*pieces: bytes) -> tuple[list[tuple[str, bytes]], int]:
    """Return method and body of each request that a reader parses, and the status of a refusal (0: none)."""
    reader = RequestReader()
    found: list[tuple[str, bytes]] = []
    method, body = "", b""
    for piece in pieces:
        reader.feed(piece)
        while True:
            try:
                event = reader.next()
            except Unreadable as error:
                return found, error.status
            if event is Signal.NEED_DATA:
                break
            if isinstance(event, Head):
                method, body = event.method, event.body or b""
                if event.body is not None:
                    found.append((method, body))
            elif isinstance(event, bytes):
                body += event
            else:
                found.append((method, body))
    return found, 0


@pytest.mark.parametrize("case", [case for case in CASES if len(case.wire) < 2000], ids=lambda case: case.name)
@pytest.mark.parametrize("size", [1, 2, 7])
def test_pieces_of_any_size_are_read_as_the_whole_is(case: Case, size: int) -> None:
    wire = case.wire + SENTINEL
    pieces = [wire[start : start + size] for start in range(0, len(wire), size)]
    assert read(*pieces) == read(wire)


@pytest.mark.parametrize("upgrade", ["h2c", "websocket"])
def test_a_body_after_an_offered_upgrade_may_come_in_its_own_segment(server: Server, upgrade: str) -> None:
    wire = sized(SENTINEL, "Connection: Upgrade", f"Upgrade: {upgrade}")
    head, _, body = wire.partition(b"\r\n\r\n")
    answer = talk(server, head + b"\r\n\r\n", body, SENTINEL)
    assert [output["body"] for output in outputs(answer)] == [SENTINEL.decode(), ""]


@pytest.mark.parametrize("method", ["POST", "X-OWN"])
@pytest.mark.parametrize("split", [False, True])
def test_trailers_are_no_header_fields(server: Server, method: str, split: bool) -> None:
    wire = chunked(b"0\r\nX-Trailer: t\r\nX-Forwarded-For: 203.0.113.7\r\n\r\n", method=method)
    at = wire.index(b"X-Trailer") if split else 0
    pieces = [wire[:at], wire[at:] + SENTINEL] if split else [wire + SENTINEL]
    headers = outputs(talk(server, *pieces))[0]["headers"]
    assert "x-trailer" not in headers
    assert "x-forwarded-for" not in headers


def test_a_token_in_a_trailer_lets_nobody_in(server: Server, hub: Hub) -> None:
    before = hub.runs()
    wire = request("Transfer-Encoding: chunked", "Connection: close", target="/app_test/token")
    answer = talk(server, wire + b"0\r\nAuthorization: Bearer a-token-of-some-length\r\n\r\n")
    assert statuses(answer) == [401]
    assert hub.runs() == before


def test_an_absolute_address_names_the_host(server: Server) -> None:
    answer = talk(server, request("Connection: close", target="http://other.example/app_test/any?a=b"))
    (output,) = outputs(answer)
    assert (output["headers"]["host"], output["query"]) == ("other.example", {"a": ["b"]})
