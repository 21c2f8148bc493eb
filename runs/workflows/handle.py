"""The handles by which workflows report to their runs."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator
from functools import partial
from typing import Any, Literal, Protocol

from runs.events.formatting import format_log, format_progress

LEVELS = ("debug", "info", "warning", "error")


class RunEnded(Exception):
    """The run is over, for example because it timed out; its workflow cannot report any more."""


class TooManyEvents(Exception):
    """The run has emitted as many events as MAX_EVENTS allows."""


class Reporter(Protocol):
    """The receiver of a handle's reports: the run in its process."""

    run_id: str
    attempt: int
    progress: int
    shown: int

    def report(self, data: str) -> "asyncio.Future[None] | None":
        """
        Emit an event of the workflow.

        Args:
            data: The event's JSON.

        Returns:
            A future to wait for if many events are not written yet; else None.

        Raises:
            RunEnded: The run is over.
            TooManyEvents: The run has reached MAX_EVENTS.
            ValueError: The event is too large.
        """


Report = Coroutine[Any, Any, None]


class _Reported(Report):
    """The result of a report: a coroutine, as tasks require, that need not be awaited."""

    __slots__ = ("_wait",)

    def __init__(self, flushed: "asyncio.Future[None] | None" = None) -> None:
        """
        Args:
            flushed: The future to wait for; None if the log keeps up.
        """
        self._wait = None if flushed is None else flushed.__await__()

    def __await__(self) -> Generator[Any, Any, None]:
        if self._wait is not None:
            yield from self._wait

    def send(self, value: Any) -> Any:
        if self._wait is None:
            raise StopIteration
        return self._wait.send(value)

    def throw(self, kind: Any, value: Any = None, trace: Any = None) -> Any:
        if self._wait is None:
            raise kind if value is None else value
        return self._wait.throw(kind if value is None else value)

    def close(self) -> None:
        if self._wait is not None:
            self._wait.close()


_REPORTED = _Reported()


class Run:
    """
    A workflow's handle to its run: `await run.progress(25, "message")`, `await run.log("...")`. The call itself emits
    the event; awaiting its result waits if many events are not written yet.
    """

    __slots__ = ("_live",)

    def __init__(self, live: Reporter) -> None:
        self._live = live

    @property
    def id(self) -> str:
        """The run's id, `run_...`. It is the same in every attempt, so it can serve as an idempotency key."""
        return self._live.run_id

    @property
    def attempt(self) -> int:
        """The number of the attempt: 1, or more after a crash or a retry."""
        return self._live.attempt

    def progress(self, percent: float, message: str | None = None, *, step: str | None = None) -> Report:
        """
        Report the run's progress.

        Args:
            percent: 0 to 100, not less than before in this attempt; fractions are cut off.
            message: A message for people.
            step: The name of the step, for programs.

        Raises:
            ValueError: The percentage is out of range or fell, or the event is too large.
            TypeError: It is not a number, or message or step is not text.
            TooManyEvents: The run has reached MAX_EVENTS.
            RunEnded: The run is over.
        """
        live = self._live
        if type(percent) is not int and (isinstance(percent, bool) or not isinstance(percent, (int, float))):
            raise TypeError(f"progress must be a number from 0 to 100, not {percent!r}")
        if not 0 <= percent <= 100:
            raise ValueError(f"progress must be from 0 to 100, not {percent!r}")
        percent = int(percent)
        if percent < live.progress:
            raise ValueError(f"progress must not decrease: it was {live.progress}, and now is {percent}")
        shown = max(percent, live.shown) if live.shown else percent
        # Only calls with text of a wrong type: this is on the path of every run.
        if message is not None and type(message) is not str:
            _check_text("message", message)
        if step is not None and type(step) is not str:
            _check_text("step", step)
        flushed = live.report(format_progress(live.run_id, shown, message, step))
        live.progress = percent
        return _REPORTED if flushed is None else _Reported(flushed)

    def log(self, message: str, level: Literal["debug", "info", "warning", "error"] = "info") -> Report:
        """
        Add a line to the run's stream.

        Args:
            message: The line.
            level: debug, info, warning or error.

        Raises:
            ValueError: There is no such level, or the event is too large.
            TypeError: The message is not text.
            TooManyEvents: The run has reached MAX_EVENTS.
            RunEnded: The run is over.
        """
        if not isinstance(message, str):
            raise TypeError(f"message must be text, not {type(message).__name__}")
        if level not in LEVELS:
            raise ValueError(f"level must be one of {', '.join(LEVELS)}, not {level!r}")
        live = self._live
        flushed = live.report(format_log(live.run_id, level, message))
        return _REPORTED if flushed is None else _Reported(flushed)


def _check_text(name: str, value: str) -> None:
    if not isinstance(value, str):
        raise TypeError(f"{name} must be text, not {type(value).__name__}")


class ThreadRun:
    """The run handle of a workflow that is a plain `def`: the same calls, without `await`."""

    def __init__(self, handle: Run, loop: asyncio.AbstractEventLoop) -> None:
        self._handle = handle
        self._loop = loop

    @property
    def id(self) -> str:
        """See `Run.id`."""
        return self._handle.id

    @property
    def attempt(self) -> int:
        """See `Run.attempt`."""
        return self._handle.attempt

    def progress(self, percent: float, message: str | None = None, *, step: str | None = None) -> None:
        """See `Run.progress`."""
        self._call(partial(self._handle.progress, percent, message, step=step))

    def log(self, message: str, level: Literal["debug", "info", "warning", "error"] = "info") -> None:
        """See `Run.log`."""
        self._call(partial(self._handle.log, message, level))

    def _call(self, report: Callable[[], Awaitable[None]]) -> None:
        async def call() -> None:
            await report()

        asyncio.run_coroutine_threadsafe(call(), self._loop).result()
