"""Runs of workflows in memory, with crashes: the journal commits at the end of each turn of the loop."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from runs.journal.rows import STEP_COLUMNS
from runs.models import StepRecord
from runs.steps.history import arrange
from runs.steps.run_steps import RunSteps
from runs.workflows import Run, RunEnded

Body = Callable[[Run], Awaitable[Any]]


class Crash(Exception):
    """The process of the run ended."""


@dataclass
class DurableRun:
    """A run, its records and its events, which outlive its executions."""

    run_id: str = "run_1"
    records: list[StepRecord] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    steps: int = 0  # how many the workflow announces
    version: str = ""
    is_async: bool = True

    def execute(self, body: Body, *, crash_at: int | None = None, again: bool = False) -> Any:
        """
        Execute a workflow, as one attempt of the run.

        Args:
            body: The workflow.
            crash_at: At which commit the process ends, from 1; the commit still happens. None for never.
            again: Whether the attempt before failed, so that failed steps are executed again.

        Raises:
            Crash: It ended at `crash_at`.
        """
        return asyncio.run(_Execution(self, crash_at, again).execute(body))


class _Execution:
    """One attempt: the part of a live run that steps use."""

    def __init__(self, run: DurableRun, crash_at: int | None, again: bool) -> None:
        self.run_id = run.run_id
        self.progress = self.shown = 0
        self.attempt = 1
        self.steps: RunSteps | None = None
        self._run = run
        self._again = again
        self._crash_at = crash_at
        self._commits = 0
        self._pending: list[str] = []
        self._reports = 0
        self._crashed = asyncio.Event()
        self._is_over = False

    async def execute(self, body: Body) -> Any:
        self._task = task = asyncio.ensure_future(body(Run(cast(Any, self))))
        if self._run.records:
            self.begin_steps()
        crashed = asyncio.ensure_future(self._crashed.wait())
        await asyncio.wait([task, crashed], return_when=asyncio.FIRST_COMPLETED)
        self._is_over = True
        crashed.cancel()
        if self.steps is not None:
            self.steps.close()
        if not task.done() or self._crashed.is_set():
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for other in others:
                other.cancel()
            await asyncio.gather(task, *others, return_exceptions=True)
            raise Crash
        return await task

    def begin_steps(self) -> RunSteps:
        if self.steps is None:
            history = arrange(self._run.records, self._again) if self._run.records else None
            self.steps = RunSteps(self, self._run, self._task, asyncio.Semaphore(4), history, self._reports)
        return self.steps

    def report(self, data: str) -> None:
        self.check_live()
        if self.steps is not None and self.steps.holds_report():
            return
        self._reports += 1
        self.emit(data)

    def check_live(self) -> None:
        if self._is_over:
            raise RunEnded

    def let_go(self, until: datetime | None) -> None:
        """End this attempt, as a crash does: the next one waits on."""
        self._end()

    async def in_thread(self, function: Callable[..., Any], *args: Any) -> Any:
        return function(*args)

    async def start_child(
        self, run_id: str, workflow: str, payload: str, options: dict[str, Any], is_awaited: bool, record: Any
    ) -> None:
        """Record that a child was started."""
        self._run.records.append(StepRecord(**dict(zip(STEP_COLUMNS, record, strict=True))))

    def emit(self, data: str) -> None:
        if not self._pending:
            asyncio.get_running_loop().call_soon(self._commit)
        self._pending.append(data)

    def now(self) -> datetime:
        return datetime.now(UTC)

    def _commit(self) -> None:
        if self._is_over:
            return
        rows = self.steps.take() if self.steps is not None else ()
        self._run.records += [StepRecord(**dict(zip(STEP_COLUMNS, row, strict=True))) for row in rows]
        self._run.events += [json.loads(event) for event in self._pending]
        self._pending = []
        self._commits += 1
        if self._commits == self._crash_at:
            self._end()
        elif self.steps is not None:
            self.steps.written()

    def _end(self) -> None:
        self._is_over = True
        self._crashed.set()
