"""The handle of a workflow that is a plain `def`, which runs in a thread."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future
from contextvars import copy_context
from datetime import datetime
from functools import partial
from typing import Any, Literal

from runs.steps.calling import begin_waiting, end_waiting
from runs.steps.options import Step
from runs.steps.scopes import Scope, enter
from runs.workflows.handle import Run


class ThreadRun:
    """The run handle of a workflow that is a plain `def`: the same calls, without `await`."""

    def __init__(self, handle: Run, loop: asyncio.AbstractEventLoop) -> None:
        self._handle = handle
        self._loop = loop
        self._scopes: dict[threading.Thread, Scope] = {}  # of threads that the workflow has started

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

    def respond(self, status: int = 200, headers: Mapping[str, str] | None = None, body: Any = None) -> None:
        """See `Run.respond`."""
        self._call(partial(self._handle.respond, status, headers, body))

    def step(self, step: str | Step, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """See `Run.step`. The calling thread waits for the result."""
        return self._call(lambda: self._handle.step(step, function, *args, **kwargs))

    def sleep(self, seconds: float) -> None:
        """See `Run.sleep`."""
        self._call(lambda: self._handle.sleep(seconds))

    def sleep_until(self, moment: datetime) -> None:
        """See `Run.sleep_until`."""
        self._call(lambda: self._handle.sleep_until(moment))

    def wait_for(self, name: str, key: str | None = None, *, timeout: float | None = None) -> Any:
        """See `Run.wait_for`."""
        return self._call(lambda: self._handle.wait_for(name, key, timeout=timeout))

    def signal_url(self, name: str) -> str:
        """See `Run.signal_url`."""
        return str(self._call(lambda: self._handle.signal_url(name)))

    def start(
        self,
        workflow: str | Callable[..., Any],
        payload: Any = None,
        *,
        key: str | None = None,
        options: dict[str, Any] | None = None,
    ) -> str:
        """See `Run.start`."""
        return str(self._call(lambda: self._handle.start(workflow, payload, key=key, options=options)))

    def call(
        self,
        workflow: str | Callable[..., Any],
        payload: Any = None,
        *,
        key: str | None = None,
        options: dict[str, Any] | None = None,
    ) -> Any:
        """See `Run.call`. The calling thread waits for the output."""
        return self._call(lambda: self._handle.call(workflow, payload, key=key, options=options))

    def secret(self, name: str) -> str:
        """See `Run.secret`."""
        return self._handle.secret(name)

    def now(self) -> datetime:
        """See `Run.now`."""
        found: datetime = self._call(self._handle.now)
        return found

    def random(self) -> float:
        """See `Run.random`."""
        return float(self._call(self._handle.random))

    @property
    def version(self) -> str:
        """See `Run.version`."""
        return str(self._call(lambda: self._handle.version))

    def _call(self, function: Callable[[], Any]) -> Any:
        """Call a method of the handle on the loop, and wait for its result."""
        thread, result = threading.current_thread(), Future[Any]()

        async def call() -> None:
            working = begin_waiting(thread)
            try:
                self._enter(thread)
                value = function()
                value = await value if isinstance(value, Awaitable) else value
            except BaseException as error:
                end_waiting(thread, working)
                result.set_exception(error)
            else:
                end_waiting(thread, working)
                result.set_result(value)

        # In this thread's context, which has the current step.
        context = copy_context()

        def start() -> None:
            # If the task is cancelled before it begins, the thread must not wait for ever.
            self._loop.create_task(call(), context=context).add_done_callback(lambda _: result.cancel())

        self._loop.call_soon_threadsafe(start)
        return result.result()

    def _enter(self, thread: threading.Thread) -> None:
        """Give a thread that the workflow has started a scope of its own; the workflow's thread has the run's name."""
        steps = self._handle.steps
        if steps is not None and thread.name != self.id:
            scope = self._scopes.get(thread)
            if scope is None:
                scope = self._scopes[thread] = steps.main.child(thread)
            enter(scope)
