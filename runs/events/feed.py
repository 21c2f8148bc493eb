"""The committed events of a run that this process executes, for its readers."""

import asyncio

CHUNK_BYTES = 64 * 1024  # roughly how much a reader holds at once
_TAIL_BYTES = 256 * 1024  # how much a run keeps for readers that are a little behind


class Feed:
    """The newest committed events of a run, and the readers that wait for more."""

    __slots__ = ("closed", "events", "first", "last", "outcome", "paused", "read_elsewhere", "tail_bytes", "waiters")

    def __init__(self, after: int = 0) -> None:
        self.events: list[str] = []  # the JSON of each
        self.first = after + 1  # the number of events[0]
        self.last = after
        self.tail_bytes = 0  # roughly: characters of JSON
        self.closed = False
        self.outcome: str | None = None  # the JSON of the last event, once the run ends
        self.paused = False  # whether the run is let go until a later time; then it continues with another feed
        self.waiters: set[asyncio.Future[None]] = set()
        # Whether to send hints to other processes. Most runs are read in the process that executes them, and hints to
        # all processes would cost more than the execution.
        self.read_elsewhere = False

    def publish(self, events: list[str]) -> None:
        """Make committed events available to readers."""
        self.events += events
        self.last += len(events)
        self.tail_bytes += sum(map(len, events))
        if self.tail_bytes > _TAIL_BYTES:
            self._trim()
        wake_all(self.waiters)

    def close(self, outcome: str | None) -> None:
        """End the feed: the run is over, or (outcome None) continues in another process or after a restart."""
        self.closed = True
        self.outcome = outcome
        wake_all(self.waiters)

    def keeps(self, after: int) -> bool:
        """Return whether all events after number `after` are still here; if not, read the log."""
        return after + 1 >= self.first

    def read(self, after: int) -> list[str]:
        """Return the events after number `after`, at most about 64 KiB of them, but always one if any exist."""
        start = after + 1 - self.first
        events = self.events[start:]  # a copy: more may be published while it is written
        if len(events) > 1 and self.tail_bytes > CHUNK_BYTES:
            size = count = 0
            for event in events:
                size += len(event)
                if size > CHUNK_BYTES and count:
                    break
                count += 1
            events = events[:count]
        return events

    def whole(self) -> list[str] | None:
        """Return all events if the run is over and they take at most 64 KiB; else None."""
        if self.outcome is None or not self.closed or self.first != 1 or self.tail_bytes > CHUNK_BYTES:
            return None
        return self.events[:]

    def _trim(self) -> None:
        drop = 0
        while self.tail_bytes > _TAIL_BYTES // 2 and drop < len(self.events) - 1:
            self.tail_bytes -= len(self.events[drop])
            drop += 1
        # A new list, because a reader may hold the old one.
        self.events = self.events[drop:]
        self.first += drop


def wake_all(waiters: set[asyncio.Future[None]]) -> None:
    """Wake readers that wait for more events."""
    for waiter in waiters:
        if not waiter.done():
            waiter.set_result(None)
