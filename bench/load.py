"""
The load: so many connections, each with one request at a time, as fast as they are answered.

A protocol of its own, since the client shares two cores with the server: a general HTTP client would be what is
measured. Every answer is read to its end and checked.
"""

import asyncio
import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter
from typing import cast
from uuid import UUID, uuid1, uuid4

import uvloop

TOKEN = "bench-token"
PATH = "/app_bench/webhook"
HEADERS = [("Content-Type", "application/json"), ("Authorization", f"Bearer {TOKEN}"), ("User-Agent", "bench")]
BODY = (b'{"event":"order.created","data":{"id":"ord_4711","note":"' + b"x" * 220 + b'"}}')[:300]

CHECKED_PATH = "/app_bench/checked"
SECRET = "bench-secret"
_ID = b"00000000-0000-0000-0000-000000000000"
_SIGNED_HEADERS = [
    *HEADERS,
    ("X-Hub-Signature-256", f"sha256={hmac.new(SECRET.encode(), BODY, 'sha256').hexdigest()}"),
    ("X-GitHub-Delivery", _ID.decode()),
]


def _github_id() -> UUID:
    """A new id as GitHub makes them: of version 1, which begins with the time."""
    return uuid1(node=0x8D05B5A152A8, clock_seq=0x2E05)


@dataclass(frozen=True)
class Kind:
    """One kind of requests."""

    path: str
    headers: list[tuple[str, str]]
    new_id: Callable[[], UUID] | None = None  # of a delivery, where there is one


PLAIN = Kind(PATH, HEADERS)
# The same delivery as GitHub would send it, to a sink that heeds neither signatures nor ids, and to one that does both;
# and to the latter with ids in which nothing is in order.
SIGNED = Kind(PATH, _SIGNED_HEADERS, _github_id)
CHECKED = Kind(CHECKED_PATH, _SIGNED_HEADERS, _github_id)
RANDOM = Kind(CHECKED_PATH, _SIGNED_HEADERS, uuid4)

_END = b"0\r\n\r\n"  # the last chunk of a chunked body (RFC 9112, section 7.1)
_COMPLETE = b'"type":"complete"'
_RUN_ID = b"\r\nx-run-id: "
_HEAD = 512  # bytes of an answer in which its head ends


@dataclass
class Sample:
    """What one round gave."""

    seconds: float
    latencies: list[float]  # seconds, one for each answer
    run_ids: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds

    def percentile(self, percent: float) -> float:
        """Latency in milliseconds that so many per cent of the answers did not exceed."""
        return percentile(self.latencies, percent)


def percentile(seconds: Iterable[float], percent: float) -> float:
    """What so many per cent of some times do not exceed, in milliseconds."""
    ordered = sorted(seconds)
    return 1000 * ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


class _Connection(asyncio.Protocol):
    def __init__(self, kind: Kind, sample: Sample, until: float, done: "asyncio.Future[None]") -> None:
        lines = [f"POST {kind.path} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in kind.headers)]
        self._request = "\r\n".join([*lines, f"Content-Length: {len(BODY)}", "", ""]).encode() + BODY
        self._new_id = kind.new_id
        self._sample = sample
        self._until = until
        self._done = done
        self._parts: list[bytes] = []
        self._sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._send()

    def _send(self) -> None:
        self._parts.clear()
        self._sent_at = perf_counter()
        request = self._request
        self._transport.write(request.replace(_ID, str(self._new_id()).encode()) if self._new_id else request)

    def data_received(self, data: bytes) -> None:
        self._parts.append(data)
        if not data.endswith(_END):
            return
        now = perf_counter()
        answer = b"".join(self._parts)
        if answer.startswith(b"HTTP/1.1 200 ") and _COMPLETE in answer:
            self._sample.latencies.append(now - self._sent_at)
            # Daphne writes field names in capitals.
            start = answer[:_HEAD].lower().index(_RUN_ID) + len(_RUN_ID)
            self._sample.run_ids.append(answer[start : answer.index(b"\r", start)].decode())
        else:
            self._sample.faults.append(answer[:300].decode(errors="replace"))
        if now < self._until:
            self._send()
        else:
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if perf_counter() < self._until:
            self._sample.faults.append(f"the connection was closed: {error}; {b''.join(self._parts)[:300]!r}")
        if not self._done.done():
            self._done.set_result(None)


def load(ports: list[int], connections: int, seconds: float, kind: Kind = PLAIN) -> list[Sample]:
    """
    Load servers at 127.0.0.1, all at once.

    Args:
        ports: Where they listen.
        connections: How many there are, divided among the servers.
        seconds: How long new requests are sent; those under way are then waited for.
        kind: What is sent.

    Returns:
        What came back from each.

    Raises:
        SystemExit: Some answers were not as they must be.
    """

    async def all_of_them() -> list[Sample]:
        each = connections // len(ports)
        return await asyncio.gather(*[_load(port, each, seconds, kind) for port in ports])

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        samples = runner.run(all_of_them())
    if faults := [fault for sample in samples for fault in sample.faults]:
        raise SystemExit(f"{len(faults)} answers were not as they must be; the first: {faults[0]}")
    return samples


async def _load(port: int, connections: int, seconds: float, kind: Kind) -> Sample:
    loop = asyncio.get_running_loop()
    sample = Sample(0.0, [])
    start = perf_counter()
    ends = [loop.create_future() for _ in range(connections)]
    for end in ends:
        connect = partial(_Connection, kind, sample, start + seconds, end)
        await loop.create_connection(connect, "127.0.0.1", port)
    await asyncio.wait_for(asyncio.gather(*ends), seconds + 60)
    sample.seconds = perf_counter() - start
    return sample
