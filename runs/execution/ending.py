"""How an attempt of a run ends: in time, and with the run's end or a pause until a later time."""

import asyncio
from collections.abc import Callable
from enum import Enum
from typing import Any

from django.conf import settings

from runs.journal.rows import END, PAUSE, FinishRow, PauseRow
from runs.models import Run
from runs.steps.retry import ONCE, Retry

# Plain texts: attributes of an enumeration are slow.
_QUEUED, _WAITING = Run.Status.QUEUED.value, Run.Status.WAITING.value
_FAILED = frozenset({Run.Status.ERROR.value, Run.Status.INTERRUPTED.value})
_PAUSES = frozenset({_QUEUED, _WAITING})


class Phase(Enum):
    """The phase of a run in this process."""

    RECORDING = "recording"  # the journal is recording it
    EXECUTING = "executing"  # it waits for its turn, or its workflow executes
    EXPIRED = "expired"  # it timed out, and its workflow is being stopped
    CANCELLING = "cancelling"  # it is cancelled, and its workflow is being stopped
    ENDED = "ended"  # its end is emitted, though perhaps not yet recorded, or another process continues it


class Ending:
    """The rule by which an attempt ends, and its end as the journal records it."""

    # Attributes of the class, because most attempts change none of them: this is on the path of every run.
    retry: Retry = ONCE  # the rule for attempts that fail
    failures = 0  # how many earlier attempts have failed
    on_worker = False  # whether a worker executes the run, so that its job starts the next attempt
    retry_in: float | None = None  # after a failed attempt: seconds until the next; None if it was the last
    wake_at: Any = None  # when a run that is let go wakes, as a value for the database's column
    row: FinishRow | None = None  # the end, once there is one
    parent: str | None = None  # the run that started it
    on_failure = False  # whether its source starts another run if it fails for good
    failure: tuple[Any, ...] = ()  # the record of that, if it has failed

    def fail(self, error: BaseException) -> float | None:
        """Return in how many seconds the next attempt starts after a failed one; None if there is none."""
        self.retry_in = self.retry.pause(self.failures + 1, error)
        return self.retry_in

    @property
    def is_failure(self) -> bool:
        """Whether the run has failed for good, and its source starts another one then."""
        return self.on_failure and self.row is not None and self.row.status in _FAILED

    @property
    def is_pause(self) -> bool:
        """Whether the run continues at a later time, when a process claims it: after a wait, or for another attempt."""
        status = self.row.status if self.row is not None else ""
        return status == _WAITING or (status == _QUEUED and not self.on_worker)

    @property
    def is_retry(self) -> bool:
        """Whether the attempt failed, and another follows."""
        return self.row is not None and self.row.status == _QUEUED

    def take(self, later: Callable[[float], Any]) -> tuple[int, tuple[Any, ...]]:
        """
        Return the kind and the values for the journal.

        Args:
            later: Returns the time in so many seconds as a value for the database's column.
        """
        row = self.row
        assert row is not None
        if row.status not in _PAUSES or not self.is_pause:
            return END, row
        wake_at = later(self.retry_in) if self.retry_in is not None else self.wake_at
        return PAUSE, PauseRow(row.status, wake_at, *row[3:])


class TimeLimit:
    """Ends the task of a run in time. Belongs to one event loop."""

    __slots__ = ("_expiry", "_loop", "_patience")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._expiry: asyncio.TimerHandle | None = None
        self._patience: asyncio.TimerHandle | None = None

    def start(self, seconds: float, expire: Callable[[], None]) -> None:
        """Call `expire` after so many seconds, unless `stop` is called first. A later call replaces an earlier one."""
        if self._expiry is not None:
            self._expiry.cancel()
        self._expiry = self._loop.call_later(seconds, expire)

    def cancel(self, task: "asyncio.Task[Any] | None", give_up: Callable[[], None]) -> None:
        """Cancel a task. If `stop` is not called within WORKFLOW_CANCEL_TIMEOUT seconds, call `give_up`."""
        if task is not None and not task.done():
            task.cancel()
            self._patience = self._loop.call_later(settings.WORKFLOW_CANCEL_TIMEOUT, give_up)

    def stop(self) -> None:
        """Stop both timers."""
        if self._expiry is not None:
            self._expiry.cancel()
        if self._patience is not None:
            self._patience.cancel()
