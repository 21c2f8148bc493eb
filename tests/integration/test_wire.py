"""Thousands of random requests over raw sockets: well-formed, malformed and mangled."""

import json
import random
import socket
import string
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import h11
import pytest

from tests.support.hub import Hub, Server
from tests.support.seeds import soak_seed
from tests.unit.test_framing import CASES, SENTINEL, SINKS, chunked, sized

pytestmark = pytest.mark.one_database

_TOKEN = string.ascii_letters + string.digits + "!#$%&'*+-.^_`|~"
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "PURGE", "X-OWN", "M" * 64)
_PIECES = (b"\r\n", b"\n", b"\r", b"\0", b" ", b":", b"0", b"Host: y\r\n", b"Content-Length: 1\r\n", b"\xff", b"gzip")
_CLIENTS = 8
_HOW_MANY = [200, pytest.param(20_000, marks=[pytest.mark.soak, pytest.mark.timeout(3600)])]


@dataclass(frozen=True)
class Talk:
    """The pieces that a client sends, and the expected outcome: bodies of requests, and a status that ends it."""

    pieces: list[bytes]
    bodies: list[str]
    refused: int


def _well_formed(chance: random.Random) -> tuple[bytes, str]:
    """Return a random well-formed request, and its body."""
    fields = [
        f"{''.join(chance.choices(_TOKEN, k=chance.randint(1, 20)))}-X:{' ' * chance.randint(0, 3)}"
        f"{''.join(chance.choices(string.printable[:94], k=chance.randint(0, 60))).strip()}"
        for _ in range(chance.randint(0, 8))
    ]
    method = chance.choice(_METHODS)
    body = chance.randbytes(chance.choice((0, 1, 10, 300, 5_000, 100_000)))
    if chance.random() < 0.5:
        return sized(body, *fields, method=method), body.decode("latin-1")
    wire, rest = b"", body
    while rest:
        size = chance.randint(1, len(rest))
        extension = chance.choice((b"", b"", b";a", b';a="b"'))
        wire += b"%0*x%b\r\n%b\r\n" % (chance.randint(1, 6), size, extension, rest[:size])
        rest = rest[size:]
    trailer = chance.choice((b"", b"", b"X-Trailer: a\r\n"))
    return chunked(wire + b"0\r\n" + trailer + b"\r\n", *fields, method=method), body.decode("latin-1")


def _in_pieces(chance: random.Random, wire: bytes) -> list[bytes]:
    cuts = sorted(chance.sample(range(1, len(wire)), min(chance.choice((0, 0, 1, 3, 20)), len(wire) - 1)))
    return [wire[start:end] for start, end in zip([0, *cuts], [*cuts, len(wire)], strict=True)]


def _talk_of_known_outcome(chance: random.Random) -> Talk:
    """Return valid requests, followed by one to be refused or the sentinel."""
    wire, refused = b"", 0
    bodies: list[str] = []
    for _ in range(chance.randint(1, 6)):
        if chance.random() < 0.7:
            request, body = _well_formed(chance)
            wire, bodies = wire + request, [*bodies, body]
        else:
            case = chance.choice(CASES)
            wire, bodies, refused = wire + case.wire, [*bodies, *case.bodies], case.refused
            if refused:
                break
    wire += SENTINEL
    return Talk(_in_pieces(chance, wire), bodies if refused else [*bodies, ""], refused)


def _mangled(chance: random.Random) -> Talk:
    """Return requests with changed, removed, inserted or repeated bytes; their outcome is unknown."""
    wire = bytearray(b"".join(_well_formed(chance)[0] for _ in range(chance.randint(1, 3))))
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(min(len(wire), 400)) if chance.random() < 0.8 else chance.randrange(len(wire))
        length = chance.choice((0, 1, 1, 2, 20))
        new = chance.choice((b"", bytes([chance.randrange(256)]), chance.choice(_PIECES), bytes(wire[at : at + 40])))
        wire[at : at + length] = new
    return Talk(_in_pieces(chance, bytes(wire) or b"\r"), [], 0)


def _answers(sent: Talk, port: int) -> list[tuple[int, bytes]]:
    """Send the pieces, close the sending side, and return status and body of each answer, parsed by h11."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as wire:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        received = b""
        try:
            for piece in sent.pieces:
                wire.sendall(piece)
            wire.shutdown(socket.SHUT_WR)
            while more := wire.recv(65536):
                received += more
        except ConnectionError:  # the server refused a request, and does not read the rest
            pass
    answers = []
    while received:
        reader = h11.Connection(h11.CLIENT)
        reader.send(h11.Request(method="GET", target="/", headers=[("Host", "x")]))
        reader.send(h11.EndOfMessage())
        reader.receive_data(received)
        status, body = 0, b""
        while not isinstance(event := reader.next_event(), h11.EndOfMessage):
            if event is h11.NEED_DATA:
                reader.receive_data(b"")  # the close of the connection ends an answer to HTTP/1.0
            elif isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.Data):
                body += event.data
        answers.append((status, body))
        received = reader.trailing_data[0]
    return answers


@pytest.fixture(scope="module")
def server(hub: Hub) -> Server:
    hub.add_sinks(SINKS)
    return hub.start()


def _all(talks: list[Talk], port: int) -> list[list[tuple[int, bytes]]]:
    with ThreadPoolExecutor(_CLIENTS) as clients:
        return list(clients.map(lambda talk: _answers(talk, port), talks))


@pytest.mark.parametrize("count", _HOW_MANY)
def test_each_request_is_answered_once_in_order_with_its_own_body(server: Server, hub: Hub, count: int) -> None:
    chance = random.Random(soak_seed())
    before = hub.runs()
    done = 0
    while done < count:
        talks = [_talk_of_known_outcome(chance) for _ in range(100)]
        for talk, answers in zip(talks, _all(talks, server.port), strict=True):
            statuses = [status for status, _ in answers]
            assert statuses == [200] * len(talk.bodies) + [talk.refused] * bool(talk.refused), talk.pieces
            outputs: list[dict[str, Any]] = [json.loads(body)["output"] for status, body in answers if status == 200]
            assert [output["body"] for output in outputs] == talk.bodies, talk.pieces
            done += len(talk.bodies)
    assert hub.runs() == before + done
    assert "Traceback" not in server.log()


@pytest.mark.parametrize("count", _HOW_MANY)
def test_whatever_is_sent_the_answer_is_no_fault_of_the_server(server: Server, hub: Hub, count: int) -> None:
    chance = random.Random(soak_seed())
    before = hub.runs()
    done = runs = 0
    while done < count:
        talks = [_mangled(chance) for _ in range(100)]
        for talk, answers in zip(talks, _all(talks, server.port), strict=True):
            statuses = [status for status, _ in answers]
            assert all(status < 500 or status in {501, 505} for status in statuses), talk.pieces
            runs += statuses.count(200)
        done += len(talks)
    assert hub.runs() == before + runs
    assert "Traceback" not in server.log()
