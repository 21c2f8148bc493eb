"""Events in the same turn of the loop as an answer, which no client could time."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import pytest
from uvicorn.config import Config
from uvicorn.server import ServerState

from sinkhub.server.connection_limit import ConnectionLimit
from sinkhub.server.protocol import Protocol

REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
BEGUN = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc"


def received_when(sent: bytes, happens: Callable[[Protocol], object]) -> bytes:
    """Return what a client receives if `happens` is called as soon as the first answer is complete."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"whole"})
        if protocols:
            happens(protocols.pop())

    async def main() -> bytes:
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        config = Config(application, loop="none", log_config=None)
        protocol = Protocol(config, ServerState(), {}, loop, limit=ConnectionLimit(1))
        protocols.append(protocol)
        await loop.connect_accepted_socket(lambda: protocol, ours)
        reader, writer = await asyncio.open_connection(sock=theirs)
        writer.write(sent)
        received = await reader.readuntil(b"whole\r\n0\r\n\r\n")
        writer.close()
        return received

    protocols: list[Protocol] = []
    return asyncio.run(main())


@pytest.mark.parametrize("next_one", [b"", BEGUN[:20], BEGUN], ids=["nothing", "half a head", "half a body"])
def test_an_answer_is_sent_whole_to_a_client_that_closes_its_sending_side(next_one: bytes) -> None:
    assert received_when(REQUEST + next_one, lambda protocol: protocol.eof_received())


@pytest.mark.parametrize("next_one", [b"", BEGUN[:20]], ids=["nothing", "half a head"])
def test_a_connection_whose_answer_is_still_to_be_sent_makes_no_room_for_others(next_one: bytes) -> None:
    def make_room(protocol: Protocol) -> None:
        newcomer: Any = object()
        assert not ConnectionLimit(1).make_room(newcomer, [protocol])

    assert received_when(REQUEST + next_one, make_room)


@pytest.mark.parametrize("next_one", [b"", BEGUN[:20], BEGUN, b"no HTTP\r\n\r\n"])
def test_an_answer_is_sent_whole_where_the_server_ends(next_one: bytes) -> None:
    assert received_when(REQUEST + next_one, lambda protocol: protocol.shutdown())
