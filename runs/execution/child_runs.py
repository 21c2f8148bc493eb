"""Start the children of this process's runs, many in one transaction, and notify parents of their ends."""

import asyncio
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseError

from runs.batching import Gathering
from runs.execution.live_run import LiveRun
from runs.execution.owner import Owner
from runs.journal.rows import RunLost
from runs.links.children import ChildStart, cancel_children, start_children, wake_parents
from runs.links.signals import wake_signalled
from runs.links.starts import Start
from runs.models import Run
from runs.workflows import registry
from runs.workflows.handle import RunEnded

_TOGETHER = 100  # children that are recorded in one transaction


class ChildRuns:
    """The children that this process's runs start. Belongs to one event loop, on which its methods are called."""

    def __init__(self, executor: Owner) -> None:
        self._executor = executor
        self._starts = Gathering(self._record, _TOGETHER)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._checking: asyncio.Task[None] | None = None
        self._check_again = False

    async def start(
        self,
        parent: LiveRun,
        run_id: str,
        workflow: str,
        payload: str,
        options: dict[str, Any],
        is_awaited: bool,
        record: tuple[Any, ...],
    ) -> None:
        """
        Record a child, and execute it: here if the parent is executed by a server and there is room; else wherever
        there is.

        Args:
            parent: The run that starts it.
            run_id: Its id.
            workflow: The name of its workflow.
            payload: Its payload, JSON.
            options: The workflow's options.
            is_awaited: Whether its end wakes the parent.
            record: A StepRow of the parent, written in the same transaction.

        Raises:
            ValueError: The workflow is not installed, or does not accept the options.
            RunEnded: Another process executes the parent.
        """
        found = registry.find_installed(workflow)
        executor, on_workers = self._executor, parent.ending.on_worker
        kwargs = found.check_options(options)
        is_here = not on_workers and not executor.stopping and executor.count < executor.max_runs
        start = Start(
            app_id=parent.app_id,
            workflow=workflow,
            payload=payload,
            timeout=found.time_limit(None),
            options=options,
            on_workers=on_workers,
            parent=parent.run_id,
            is_awaited=is_awaited,
            executor_id=executor.executor_id if is_here else 0,
            code_hash=found.code_hash if is_here else "",
            run_id=run_id,
        )
        child = ChildStart(start, parent.lease, record)

        async def begin() -> None:
            executor.recording += 1
            try:
                lost = await self._starts.ask(child)
            finally:
                executor.recording -= 1
            if lost is not None:
                executor.abandon(parent)
                raise RunEnded(f"run {parent.run_id} has another owner")
            if is_here:
                request = start.request()
                live = LiveRun(executor, run_id, found, request, kwargs, start.timeout, app_id=start.app_id)
                live.ending.retry, live.ending.parent = found.rule(None), parent.run_id
                live.feed.read_elsewhere = True
                executor.start(live)

        # In a task of its own: a parent that is cancelled meanwhile must not leave a recorded child without execution.
        await asyncio.shield(self._spawn(begin()))

    async def _record(self, children: list[ChildStart]) -> dict[ChildStart, RunLost | None]:
        while True:
            try:
                return dict(await self._executor.threads.run(start_children, children))
            except DatabaseError:
                await asyncio.sleep(settings.START_RETRY_INTERVAL)

    def ended(self, live: LiveRun) -> None:
        """Notify the parent of a run whose end is recorded, and cancel its children if it was cancelled."""
        if live.ending.row is not None and live.ending.row.status == Run.Status.CANCELLED:
            self._spawn(self._cancel(live.run_id))
        if live.ending.is_failure:
            self._executor.has_failures = True
        if live.ending.parent is None:
            return
        parent = self._executor.live.get(live.ending.parent)
        if parent is not None and parent.steps is not None:
            parent.steps.waits.notify(("run", live.run_id))
        else:
            self.check()

    def check(self) -> None:
        """Wake the runs that were let go although a signal or the end of a child has come meanwhile."""
        self._check_again = True
        if self._checking is None or self._checking.done():
            self._checking = self._spawn(self._check())

    async def _check(self) -> None:
        while self._check_again:
            self._check_again = False
            with suppress(DatabaseError):  # the engine checks again in a few seconds
                await self._executor.threads.run(wake_signalled)
                await self._executor.threads.run(wake_parents)

    async def _cancel(self, run_id: str) -> None:
        with suppress(DatabaseError):  # the request to cancel this run included the children that existed then
            await self._executor.threads.run(cancel_children, [run_id])

    def _spawn(self, coroutine: Any) -> "asyncio.Task[None]":
        task: asyncio.Task[None] = self._executor.loop.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
