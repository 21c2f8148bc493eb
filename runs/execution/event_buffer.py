"""The events of a run between its workflow and their commit."""

from collections.abc import Callable
from typing import Any

_EVENT_OVERHEAD = 100  # bytes of an event besides its text, about


class EventBuffer:
    """Numbers events, keeps those that are not written yet, and hands them to the journal."""

    __slots__ = ("_first_at", "_handed_over", "pending", "seq", "size")

    def __init__(self, after: int, size: int) -> None:
        """
        Args:
            after: The number of the last event that is recorded already.
            size: Bytes that are to be written before any event, about.
        """
        self.seq = after  # of the newest event
        self.size = size
        self.pending: list[str] = []  # the JSON of the events up to `seq` that are not handed to the journal
        self._first_at: Any = None  # when the first of them came
        self._handed_over: list[str] = []  # those that the journal has, and has not written

    def add(self, data: str, now: Callable[[], Any]) -> None:
        """Number an event; `now` gives the time as a value for the database's columns."""
        self.seq += 1
        if not self.pending:
            self._first_at = now()
        self.pending.append(data)
        self.size += len(data) + _EVENT_OVERHEAD

    def take(self, run_id: str, attempt: int) -> tuple[Any, ...]:
        """Hand over what is pending, in the order of `rows.SegmentRow`."""
        pending, self.pending = self.pending, []
        self._handed_over = pending
        first = self.seq - len(pending) + 1
        return run_id, self.seq, first, self._first_at, "\n".join(pending), attempt

    def written(self) -> list[str]:
        """Give the events that were handed over last, which are committed."""
        self.size = 0
        written, self._handed_over = self._handed_over, []
        return written

    def discard(self, last: int) -> None:
        """Forget all events after a number: they cannot be recorded."""
        self.pending, self._handed_over = [], []
        self.seq = last
