"""The events of a run between its workflow and their commit."""

import asyncio
from collections.abc import Callable
from typing import Any

# With this many unwritten events, awaiting a report waits until they are written, while other runs execute.
PENDING_EVENTS = 128
PENDING_BYTES = 256 * 1024
_EVENT_OVERHEAD = 100  # bytes of an event in addition to its text, roughly


class EventBuffer:
    """Numbers events, keeps those that are not written yet, and passes them to the journal."""

    __slots__ = ("_first_at", "_handed_over", "_now", "awaited", "pending", "seq", "size")

    def __init__(self, after: int, size: int, now: Callable[[], Any]) -> None:
        """
        Args:
            after: The number of the last event that is recorded already.
            size: Roughly how many bytes are to be written before any event.
            now: Returns the time as a value for the database's columns.
        """
        self._now = now
        self.seq = after  # the number of the newest event
        self.size = size
        self.pending: list[str] = []  # the JSON of the events up to `seq` that the journal has not taken
        self._first_at: Any = None  # when the first of them was emitted
        self.awaited: asyncio.Future[None] | None = None  # for the writing of all pending events
        self._handed_over: list[str] = []  # events that the journal has taken, but not written

    def add(self, data: str) -> None:
        """Number and keep an event."""
        self.seq += 1
        if not self.pending:
            self._first_at = self._now()
        self.pending.append(data)
        self.size += len(data) + _EVENT_OVERHEAD

    def take(self, run_id: str, lease: int) -> tuple[Any, ...]:
        """Return the pending events as a row for the journal, in the order of `rows.SegmentRow`."""
        pending, self.pending = self.pending, []
        self._handed_over = pending
        first = self.seq - len(pending) + 1
        return run_id, self.seq, first, self._first_at, "\n".join(pending), lease

    def written(self) -> list[str]:
        """Return the events that were taken last, which are committed now."""
        self.size = 0
        written, self._handed_over = self._handed_over, []
        return written

    def discard(self, last: int) -> None:
        """Discard all events after number `last`, because they cannot be recorded."""
        self.pending, self._handed_over = [], []
        self.seq = last

    def flushed(self) -> "asyncio.Future[None]":
        """Return a future that completes when the pending events are written, or given up."""
        if self.awaited is None:
            self.awaited = asyncio.get_running_loop().create_future()
        return asyncio.shield(self.awaited)

    def release(self) -> None:
        """Let the reports continue that wait for pending events."""
        flushed, self.awaited = self.awaited, None
        if flushed is not None and not flushed.done():
            flushed.set_result(None)
