"""A clock that moves by itself, and the event loop that lives by it: when everything waits, the wait is over."""

import asyncio
import selectors
from collections.abc import Callable
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from runs.steps.calling import has_working_threads

_OWN_FILES = 1  # the loop's own pipe


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, start: datetime) -> None:
        self.start = start
        self.seconds = 0.0  # since the start

    def now(self) -> datetime:
        """Return the time."""
        return self.start + timedelta(seconds=self.seconds)

    def move(self, seconds: float) -> None:
        """Move the clock forward."""
        self.seconds += seconds


class _Selector(selectors.DefaultSelector):
    """Moves the clock to the next timer if nothing else can happen before."""

    loop: "ClockLoop"
    worked = 0.0  # seconds for which something has worked since the clock was moved

    def select(self, timeout: float | None = None) -> list[Any]:
        # Before the check for events: a thread that ends sends one first.
        is_busy = self.loop.is_busy()
        if events := super().select(0):
            return events
        if is_busy:
            began = monotonic()
            events = super().select(None if timeout is None else max(0.0, timeout - self.worked))
            self.worked += monotonic() - began
            if events or timeout is None or self.worked < timeout:
                return events
        elif timeout is None:
            raise RuntimeError("The workflow waits for something that cannot happen: no timer is set.")
        self.worked = 0.0
        self.loop.clock.move(timeout)
        return []


class ClockLoop(asyncio.SelectorEventLoop):
    """
    An event loop whose time is that of a clock. The clock moves to the next timer as soon as nothing else is to be
    done. While a thread works, or a task works while the loop has open sockets or pipes, the timer has to be waited
    for: if the work ends before, it has taken no time by the clock.
    """

    def __init__(self, clock: Clock, is_working: Callable[[], bool] = lambda: False) -> None:
        """
        Args:
            clock: The clock.
            is_working: Returns whether a task may wait for a socket or a pipe.
        """
        self.clock = clock
        self.is_working = is_working
        self._pool_calls = 0
        self._files = selector = _Selector()
        selector.loop = self
        super().__init__(selector)
        # asyncio's own is a nanosecond, less than the precision of a float after four months: a timer that is due would
        # never be called.
        self._clock_resolution = 1e-6

    def time(self) -> float:
        """Return the seconds since the clock's start."""
        return self.clock.seconds

    def run_in_executor(  # type: ignore[override] # the stubs' type is generic
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> Any:
        """Call a function in a pool; the clock moves as time passes meanwhile."""
        future = super().run_in_executor(executor, func, *args)
        self._pool_calls += 1
        future.add_done_callback(self._end_pool_call)
        return future

    async def shutdown_default_executor(self, *args: Any) -> None:
        """Wait for the threads of the default pool, as time passes."""
        self._pool_calls += 1
        await super().shutdown_default_executor(*args)
        self._pool_calls -= 1

    def _end_pool_call(self, future: Any) -> None:
        self._pool_calls -= 1

    def is_busy(self) -> bool:
        """Return whether something works that does not depend on the clock."""
        if self._pool_calls or has_working_threads(self):
            return True
        return len(self._files.get_map()) > _OWN_FILES and self.is_working()
