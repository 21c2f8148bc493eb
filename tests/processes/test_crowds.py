"""Crowds of clients that send nothing, send slowly or never read: ordinary requests are still answered."""

import asyncio
import resource
import socket
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any

import pytest

from tests.support.hub import Hub, Server

pytestmark = pytest.mark.one_database

_POST = b"POST /app_test/echo HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\nConnection: close\r\n"
_ORDINARY = _POST + b'Content-Length: 7\r\n\r\n{"a":1}'
_SILENT = (b"", b"POST /app_test/echo HTTP/1.1\r\nHost:", _POST + b"Content-Length: 10\r\n\r\n")
_SLOW = _POST + b"Content-Length: 200000\r\n\r\n"
_SLOWLY, _PAUSE = b"a" * 1000, 0.5  # twice MIN_BODY_RATE
_DEAF = _POST.replace(b"application/json", b"text/event-stream") + b"Content-Length: 1000000\r\n\r\n" + b"a" * 1_000_000


@dataclass(frozen=True)
class Crowd:
    """The number of clients of each kind, and how long they stay."""

    silent: int
    slow: int
    deaf: int
    seconds: float
    rate: int  # ordinary requests per second


async def _connect(port: int, buffer: int | None = None) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    sock = socket.socket()
    if buffer is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    sock.setblocking(False)
    try:
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
    except BaseException:
        sock.close()
        raise
    return await asyncio.open_connection(sock=sock)


async def _be_silent(port: int, sent: bytes) -> None:
    """Connect again, after a second, whenever the server closes."""
    for pause in chain([0], repeat(1)):
        await asyncio.sleep(pause)
        with suppress(ConnectionError):
            reader, writer = await _connect(port)
            writer.write(sent)
            try:
                await reader.read()
            finally:
                writer.transport.abort()


async def _be_slow(port: int) -> None:
    _, writer = await _connect(port)
    try:
        writer.write(_SLOW)
        while not writer.transport.is_closing():
            writer.write(_SLOWLY)
            await asyncio.sleep(_PAUSE)
    finally:
        writer.transport.abort()


async def _be_deaf(port: int) -> None:
    _, writer = await _connect(port, buffer=4096)
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    try:
        writer.write(_DEAF)
        await asyncio.Event().wait()
    finally:
        writer.transport.abort()


async def _ask(port: int) -> bytes:
    reader, writer = await _connect(port)
    writer.write(_ORDINARY)
    answer = await asyncio.wait_for(reader.read(), 60)
    writer.close()
    return answer


async def _answers_beside(crowd: Crowd, port: int) -> list[bytes | BaseException]:
    """Send ordinary requests at a steady rate, whether or not earlier ones are answered, and return the answers."""
    hindering: list[Coroutine[Any, Any, None]] = [
        *(_be_silent(port, _SILENT[number % len(_SILENT)]) for number in range(crowd.silent)),
        *(_be_slow(port) for _ in range(crowd.slow)),
        *(_be_deaf(port) for _ in range(crowd.deaf)),
    ]
    others = [asyncio.create_task(coroutine) for coroutine in hindering]
    asked = []
    for _ in range(int(crowd.rate * crowd.seconds)):
        asked.append(asyncio.create_task(_ask(port)))
        await asyncio.sleep(1 / crowd.rate)
    answers = await asyncio.gather(*asked, return_exceptions=True)
    for other in others:
        other.cancel()
    ends = await asyncio.gather(*others, return_exceptions=True)
    assert {type(end) for end in ends} <= {asyncio.CancelledError}, ends
    return answers


@pytest.mark.parametrize(
    "crowd",
    [
        pytest.param(Crowd(silent=300, slow=20, deaf=5, seconds=1.5, rate=100), id="short"),
        pytest.param(Crowd(silent=2000, slow=200, deaf=50, seconds=60, rate=100), id="long", marks=pytest.mark.soak),
    ],
)
def test_ordinary_requests_are_all_answered(own_hub: Hub, crowd: Crowd) -> None:
    own_hub.add_sinks([{"path": "/echo"}])
    files, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = crowd.silent + crowd.slow + crowd.deaf + 1000
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(files, min(wanted, most)), most))
    try:
        server: Server = own_hub.start(LOOP_STALL_TIMEOUT="60", GRACE_SECONDS="1")
        answers = asyncio.run(_answers_beside(crowd, server.port))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, most))
    failed = [answer for answer in answers if not isinstance(answer, bytes) or b'"status": "complete"' not in answer]
    assert not failed, failed[:3]
    assert own_hub.runs() == len(answers) + crowd.deaf
    log = server.log()
    assert "Traceback" not in log
    assert " ERROR " not in log
