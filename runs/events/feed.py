"""The committed events of a run that this process executes, as its readers get them."""

import asyncio

CHUNK_BYTES = 64 * 1024  # what a reader may hold at once, about
_TAIL_BYTES = 256 * 1024  # what a run keeps for readers that are a little behind


class Feed:
    """The committed events of a run, and who waits for more of them."""

    __slots__ = ("closed", "events", "first", "last", "outcome", "read_elsewhere", "tail_bytes", "waiters")

    def __init__(self, after: int = 0) -> None:
        self.events: list[str] = []  # the JSON of each
        self.first = after + 1  # the number of events[0]
        self.last = after
        self.tail_bytes = 0  # about: characters of JSON
        self.closed = False
        self.outcome: str | None = None  # the data of the last event, once it is there
        self.waiters: set[asyncio.Future[None]] = set()
        # Whether other processes are told of its events. Most runs are read where they are executed, and to tell all
        # processes of each would cost them more than executing it.
        self.read_elsewhere = False

    def publish(self, events: list[str]) -> None:
        """Let readers have events, which are committed."""
        self.events += events
        self.last += len(events)
        self.tail_bytes += sum(map(len, events))
        if self.tail_bytes > _TAIL_BYTES:
            self._trim()
        wake_all(self.waiters)

    def close(self, outcome: str | None) -> None:
        """No more events from this process: the run is over, or (outcome None) goes on elsewhere."""
        self.closed = True
        self.outcome = outcome
        wake_all(self.waiters)

    def keeps(self, after: int) -> bool:
        """Whether all events after the one numbered `after` are still here; if not, read the log."""
        return after + 1 >= self.first

    def read(self, after: int) -> list[str]:
        """The events after the one numbered `after`, about 64 KiB at most, but one at least if there is one."""
        start = after + 1 - self.first
        events = self.events[start:]  # a copy: more may be published while it is written
        if len(events) > 1 and self.tail_bytes > CHUNK_BYTES:
            size = count = 0
            for one in events:
                size += len(one)
                if size > CHUNK_BYTES and count:
                    break
                count += 1
            events = events[:count]
        return events

    def whole(self) -> list[str] | None:
        """All events, where the run is over and they are few; else None."""
        if self.outcome is None or not self.closed or self.first != 1 or self.tail_bytes > CHUNK_BYTES:
            return None
        return self.events[:]

    def _trim(self) -> None:
        drop = 0
        while self.tail_bytes > _TAIL_BYTES // 2 and drop < len(self.events) - 1:
            self.tail_bytes -= len(self.events[drop])
            drop += 1
        # A new list: a reader may have the old one.
        self.events = self.events[drop:]
        self.first += drop


def wake_all(waiters: set[asyncio.Future[None]]) -> None:
    """Wake who waits for more."""
    for waiter in waiters:
        if not waiter.done():
            waiter.set_result(None)
