"""Log which workflow, and which line of it, blocks the event loop."""

import asyncio
import logging
import sys
import threading
import time
from types import FrameType

from django.conf import settings

from runs.execution.executor import Executor

logger = logging.getLogger(__name__)


class Watchdog:
    """A thread that checks whether the event loop is blocked."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._interval: float = settings.LOOP_CHECK_INTERVAL
        self._limit: float = settings.LOOP_STALL_TIMEOUT
        self._loop = asyncio.get_running_loop()
        self._loop_thread = threading.get_ident()
        self._beat_at = time.monotonic()
        self._timer: asyncio.TimerHandle | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        self._beat()
        self._thread.start()

    def close(self) -> None:
        """Stop watching."""
        self._stop.set()
        if self._timer is not None:
            self._timer.cancel()

    def _beat(self) -> None:
        self._beat_at = time.monotonic()
        self._timer = self._loop.call_later(self._interval, self._beat)

    def _watch(self) -> None:
        reported = 0.0
        run_id = ""
        while not self._stop.wait(self._interval):
            beat_at = self._beat_at
            blocked = time.monotonic() - beat_at
            if reported and beat_at != reported:
                logger.warning("event loop resumed: run=%s seconds=%.1f", run_id, beat_at - reported)
                reported = 0.0
            if blocked > self._limit and not reported:
                run_id = self._report(blocked) or ""
                reported = beat_at if run_id else 0.0

    def _report(self, seconds: float) -> str | None:
        task = asyncio.current_task(self._loop)
        live = self._executor.live.get(task.get_name()) if task is not None else None
        if live is None or live.workflow is None:
            return None
        frame = sys._current_frames().get(self._loop_thread)
        place = _place(frame, live.workflow.code.co_filename if live.workflow.code else "")
        logger.error(
            "event loop blocked: run=%s workflow=%r seconds=%.1f at=%s. All other runs wait."
            " Await slow calls, or make the workflow a plain def.",
            live.run_id,
            live.workflow.name,
            seconds,
            place,
        )
        return live.run_id


def _place(frame: FrameType | None, file: str) -> str:
    """Return the innermost line in the workflow's own file, or else the innermost line of all."""
    innermost = frame
    while frame is not None and frame.f_code.co_filename != file:
        frame = frame.f_back
    found = frame or innermost
    if found is None:
        return "an unknown line"
    return f"{found.f_code.co_filename}, line {found.f_lineno}, in {found.f_code.co_name}"
