"""
The load: a number of connections. Each sends its next request as soon as the previous one is answered.

The client has its own protocol implementation, because it shares two cores with the server: a general HTTP client would
dominate the measurement. Every answer is read to its end and checked.
"""

import asyncio
import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, count, islice
from time import perf_counter, time_ns
from typing import cast
from uuid import uuid4

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


def _github_ids() -> Iterator[bytes]:
    """
    Yield ids as GitHub generates them: version 1, which starts with the time (RFC 9562, section 5.1). Their times are
    100 us apart, about as far as the requests, and continue from round to round.
    """
    for tick in count(time_ns() // 100 + 0x01B21DD213814000, 1000):
        yield b"%08x-%04x-1%03x-ae05-8d05b5a152a8" % (tick & 0xFFFFFFFF, tick >> 32 & 0xFFFF, tick >> 48)


def _random_ids() -> Iterator[bytes]:
    """Yield ids of version 4, which are in random order (RFC 9562, section 5.4)."""
    while True:
        yield str(uuid4()).encode()


_IDS = {"github": _github_ids(), "random": _random_ids()}


@dataclass(frozen=True)
class Kind:
    """A kind of requests."""

    path: str
    headers: list[tuple[str, str]]
    ids: Iterator[bytes] | None = None  # endless new delivery ids; None: deliveries have none


PLAIN = Kind(PATH, HEADERS)
# By kind of id: a delivery as GitHub sends it, to a sink that checks neither signatures nor ids, and to a sink that
# checks both.
SIGNED = {name: Kind(PATH, _SIGNED_HEADERS, ids) for name, ids in _IDS.items()}
CHECKED = {name: Kind(CHECKED_PATH, _SIGNED_HEADERS, ids) for name, ids in _IDS.items()}

_END = b"0\r\n\r\n"  # the last chunk of a chunked body (RFC 9112, section 7.1)
_COMPLETE = b'"type":"complete"'
_RUN_ID = b"\r\nx-run-id: "
_MAX_A_SECOND = 20_000  # ids generated in advance
_HEAD = 512  # bytes; an answer's head ends within them


@dataclass
class Sample:
    """The measurements of one round."""

    seconds: float
    latencies: list[float]  # seconds, one for each answer
    run_ids: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers per second."""
        return len(self.latencies) / self.seconds

    def percentile(self, percent: float) -> float:
        """Return a percentile of the latencies, in milliseconds."""
        return percentile(self.latencies, percent)


def percentile(seconds: Iterable[float], percent: float) -> float:
    """Return a percentile of times in seconds, in milliseconds."""
    ordered = sorted(seconds)
    return 1000 * ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


class _Connection(asyncio.Protocol):
    def __init__(
        self, kind: Kind, ids: Iterator[bytes] | None, sample: Sample, until: float, done: "asyncio.Future[None]"
    ) -> None:
        lines = [f"POST {kind.path} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in kind.headers)]
        request = "\r\n".join([*lines, f"Content-Length: {len(BODY)}", "", ""]).encode() + BODY
        self._before, _, self._after = request.partition(_ID) if ids else (request, b"", b"")
        self._ids = ids
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
        self._transport.write(self._before + next(self._ids) + self._after if self._ids else self._before)

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
    Load servers on 127.0.0.1, all at once.

    Args:
        ports: The servers' ports.
        connections: The number of connections, divided among the servers.
        seconds: How long new requests are sent; requests in progress are then awaited.
        kind: The kind of requests.

    Returns:
        A sample for each server.

    Raises:
        SystemExit: Some answers were wrong.
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
    ids: Iterator[bytes] | None = None
    if kind.ids is not None:
        # Generated before the clock starts, so that the client's work is not measured.
        ids = chain(list(islice(kind.ids, int(seconds * _MAX_A_SECOND))), kind.ids)
    start = perf_counter()
    ends = [loop.create_future() for _ in range(connections)]
    for end in ends:
        connect = partial(_Connection, kind, ids, sample, start + seconds, end)
        await loop.create_connection(connect, "127.0.0.1", port)
    await asyncio.wait_for(asyncio.gather(*ends), seconds + 60)
    sample.seconds = perf_counter() - start
    return sample
