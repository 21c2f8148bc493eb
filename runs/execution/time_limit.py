"""The timers of a live run: its timeout, and the patience with a workflow that ignores its cancellation."""

import asyncio
from collections.abc import Callable
from typing import Any

from django.conf import settings


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
