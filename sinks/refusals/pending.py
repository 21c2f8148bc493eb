"""Refusals that are not written yet: the newest of each sink, within a bound of bytes, whatever comes in."""

import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sinks.refusals.requests import KeptRequest

MAX_REFUSED = 20  # of a sink, between two writes
MAX_ACCEPTED = 5  # of a sink, between two writes: filtered ones and repeats, of which there may be many all the time
MAX_BYTES = 4 * 1024 * 1024  # of the requests of all sinks: further refusals are kept without their request
SAMPLE_INTERVAL = 0.05  # seconds between two refusals of a sink that are kept in a flood
_MAX_SINKS = 10_000  # how many sinks can have unwritten refusals while the database is unavailable


@dataclass(slots=True)
class Noted:
    """A delivery that started no run."""

    at: datetime
    sink_id: int
    kind: str
    status: int  # below 400 if it was accepted: filtered, or a repeat
    reason: str
    client: str
    request: KeptRequest | None
    run_id: str = ""  # of the first delivery, if it is a repeat


class Pending:
    """Refusals until they are written. Belongs to one event loop."""

    __slots__ = ("_by_sink", "_kept_at", "bytes")

    def __init__(self) -> None:
        self._kept_at: dict[tuple[int, bool], float] = {}  # monotonic seconds, of full ones
        self.bytes = 0  # of the kept requests
        self._by_sink: dict[tuple[int, bool], deque[Noted]] = {}  # by sink, and whether they were refused

    def __iter__(self) -> Iterator[Noted]:
        return (noted for kept in self._by_sink.values() for noted in kept)

    def add(self, noted: Noted) -> None:
        """Keep a refusal in place of the oldest of its sink, if that has too many."""
        is_refused = noted.status >= 400
        kept = self._by_sink.get((noted.sink_id, is_refused))
        if kept is None:
            if len(self._by_sink) >= _MAX_SINKS:
                return
            kept = self._by_sink[noted.sink_id, is_refused] = deque()
        if len(kept) >= (MAX_REFUSED if is_refused else MAX_ACCEPTED):
            self._subtract(kept.popleft())
            self._kept_at[noted.sink_id, is_refused] = time.monotonic()
        if noted.request is not None:
            if self.bytes + noted.request.size > MAX_BYTES:
                noted.request = None
            else:
                self.bytes += noted.request.size
        kept.append(noted)

    def add_earlier(self, other: "Pending") -> None:
        """Keep refusals that could not be written, as far as there is room beside the newer ones."""
        newer, self._by_sink, self.bytes = self._by_sink, {}, 0
        for noted in (*other, *(noted for kept in newer.values() for noted in kept)):
            self.add(noted)

    def wants(self, sink_id: int, *, is_refused: bool = True) -> bool:
        """
        Return whether to keep another refusal of a sink. In a flood, those that come within SAMPLE_INTERVAL of a kept
        one are only counted, so that a flood costs little.

        Args:
            sink_id: The sink.
            is_refused: Whether the delivery is refused; if not, it is filtered, or a repeat.
        """
        kept = self._by_sink.get((sink_id, is_refused))
        if kept is None or len(kept) < (MAX_REFUSED if is_refused else MAX_ACCEPTED):
            return True
        return time.monotonic() - self._kept_at.get((sink_id, is_refused), 0.0) >= SAMPLE_INTERVAL

    def of(self, sink_id: int) -> list[Noted]:
        """Return the refusals of a sink, in the order in which they came."""
        both = (*self._by_sink.get((sink_id, True), ()), *self._by_sink.get((sink_id, False), ()))
        return sorted(both, key=lambda noted: noted.at)

    def remove(self, sink_id: int) -> None:
        """Forget the refusals of a sink, because they are written."""
        for is_refused in (True, False):
            self._kept_at.pop((sink_id, is_refused), None)
            for noted in self._by_sink.pop((sink_id, is_refused), ()):
                self._subtract(noted)

    def _subtract(self, noted: Noted) -> None:
        if noted.request is not None:
            self.bytes -= noted.request.size
