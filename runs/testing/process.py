"""A process that executes a run in memory, and can crash: the product's executor with other parts around it."""

import asyncio
import json
from collections.abc import Callable
from typing import Any, cast

from django.conf import settings

from runs.delivery.request import Request
from runs.events.streams import Streams
from runs.execution.admission import Admission
from runs.execution.executor import Executor
from runs.execution.live_run import LiveRun
from runs.journal.journal import Journal
from runs.links.children import record_of
from runs.recovery.takeover import resume
from runs.testing.clock import ClockLoop
from runs.testing.memory import Crashes, MemoryJournal, MemoryQueries, MemorySecrets, NoCounts, NoReaders, Rows
from runs.testing.results import ChildStart
from runs.workflows.registry import Workflow

_APP_ID = "app_test"


class _Executor(Executor):
    """Keeps what a test has to know: calls that were never awaited, and children, which it does not execute."""

    def __init__(self, rows: Rows, *parts: Any) -> None:
        super().__init__(*parts)
        self._rows = rows
        self.unawaited: list[str] = []

    async def start_child(self, parent: LiveRun, run_id: str, *child: Any) -> None:
        workflow, payload, options, _, record = child
        self._rows.records.append(record_of(record))
        self._rows.children[run_id] = ChildStart(workflow, json.loads(payload), options)

    def report_unawaited(self, live: LiveRun, calls: list[str]) -> None:
        self.unawaited += calls


class Process:
    """Executes one run. Belongs to a `ClockLoop`, on which its methods are called."""

    def __init__(self, rows: Rows, workflow: Workflow, crashes: Crashes, notice: Callable[[str, str], None]) -> None:
        """
        Args:
            rows: The run's rows.
            workflow: Its workflow.
            crashes: See `MemoryJournal`.
            notice: See `MemoryQueries`.
        """
        loop = asyncio.get_running_loop()
        assert isinstance(loop, ClockLoop)
        loop.is_working = self._is_working
        self._loop = loop
        self._rows = rows
        self._workflow = workflow
        self._own = asyncio.current_task()
        self._journal = MemoryJournal(rows, loop, crashes, self.crash)
        database = MemorySecrets(rows.secrets), MemoryQueries(rows, notice)
        journal, streams = cast(Journal, self._journal), cast(Streams, NoReaders())
        self._executor = _Executor(rows, 1, journal, NoCounts(), *database, streams)
        self._ended = asyncio.Event()
        self.live: LiveRun | None = None
        self.has_crashed = False

    @property
    def unawaited(self) -> list[str]:
        """The calls that the workflow never awaited, each with its line."""
        return self._executor.unawaited

    def start(self, request: Request, options: dict[str, Any]) -> None:
        """
        Record the run, and start it.

        Args:
            request: What the workflow receives.
            options: The workflow's options, as a sink has them.

        Raises:
            InvalidOptions: An option is wrong.
        """
        workflow = self._workflow
        admission = Admission(
            workflow,
            request,
            _APP_ID,
            options=options,
            kwargs=workflow.check_options(options),
            timeout=workflow.time_limit(None),
            retry=workflow.rule(None),
        )
        live, _ = self._executor.admit(admission)
        self._watch(live)

    def resume(self, *, crashed: bool) -> None:
        """
        Continue a recorded run: after a wait, after a failed attempt, or after a crash.

        Args:
            crashed: Whether the process that executed it ended.
        """
        claim = self._rows.claim(self._workflow, self._loop.clock.now(), crashed=crashed)
        self._watch(resume(self._executor, claim))

    def _watch(self, live: LiveRun) -> None:
        self.live = live
        live.over = self._loop.create_future()
        live.over.add_done_callback(lambda _: self._ended.set())

    async def ended(self) -> None:
        """Wait until the run has ended, is let go or pauses, or the process has crashed, and end all other tasks."""
        await self._ended.wait()
        if tasks := asyncio.all_tasks() - {self._own}:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=settings.WORKFLOW_CANCEL_TIMEOUT)

    def crash(self) -> None:
        """End the process: nothing is recorded any more, and all tasks are cancelled."""
        self.has_crashed = self._journal.is_over = True
        self._executor.abandon_all()
        for task in asyncio.all_tasks() - {self._own}:
            task.cancel()
        self._ended.set()

    def notify(self, name: str) -> None:
        """Let the run's waits for a signal look for it."""
        if self.live is not None and self.live.steps is not None:
            self.live.steps.waits.notify(("signal", name))

    def _is_working(self) -> bool:
        live = self.live
        return live is not None and not live.ended and (live.steps is None or live.steps.is_working())
