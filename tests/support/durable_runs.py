"""Runs of workflows in memory, one execution at a time, with crashes at the commits of the journal."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pydantic import create_model

from runs.delivery.request import Request
from runs.models import Run as RunRow
from runs.models import StepRecord
from runs.testing.clock import Clock
from runs.testing.memory import Rows
from runs.testing.process import Process
from runs.testing.simulation import execute_on
from runs.workflows import Run
from runs.workflows.registry import MAX_TIMEOUT, Workflow

Body = Callable[[Run], Awaitable[Any]]

_NO_OPTIONS = create_model("no_options")


class Crash(Exception):
    """The process of the run ended."""


@dataclass
class DurableRun:
    """A run, its records and its events, which outlive its executions."""

    steps: int = 0  # how many the workflow announces
    version: str = ""
    rows: Rows = field(default_factory=Rows)
    clock: Clock = field(default_factory=lambda: Clock(datetime.now(UTC)))

    @property
    def records(self) -> list[StepRecord]:
        return self.rows.records

    @property
    def events(self) -> list[dict[str, Any]]:
        """Its events, without its ends and without the lines of the log that report crashes."""
        events = [json.loads(event) for event in self.rows.events]
        return [event for event in events if event["type"] in ("progress", "step") or event.get("level") == "info"]

    def note_retry(self) -> None:
        """Record that the attempt has failed, as it does if another one follows."""
        last = max(record.place for record in self.records)
        kind = StepRecord.Kind.RETRY
        self.records.append(StepRecord(run_id=self.records[-1].run_id, place=last + 1, kind=kind, at=self.clock.now()))

    def execute(self, body: Body, *, crash_at: int | None = None, again: bool = False) -> Any:
        """
        Execute a workflow, as one attempt of the run, and return its output.

        Args:
            body: The workflow.
            crash_at: At which commit of the workflow the process ends, from 1; the commit still happens. None for
                never.
            again: Whether the attempt before failed, so that failed steps are executed again.

        Raises:
            Crash: It ended at `crash_at`, or was let go.
            Exception: The workflow raised it.
        """
        return execute_on(self.clock, lambda: self._execute(body, crash_at, again))

    async def _execute(self, body: Body, crash_at: int | None, again: bool) -> Any:
        outcome: list[Any] = []
        failure: list[BaseException] = []
        commits = 0

        async def function(request: Request, run: Run) -> Any:
            try:
                outcome.append(await body(run))
            except BaseException as error:
                failure.append(error)
                raise
            return outcome[-1]

        def crashes(records: list[StepRecord], is_committed: bool) -> bool:
            nonlocal commits
            commits += is_committed
            # The first one is that of the run, or of the log's line that reports the crash.
            return is_committed and crash_at is not None and commits == crash_at + 1

        workflow = Workflow("test", function, True, True, _NO_OPTIONS, "", self.version, self.steps, None, MAX_TIMEOUT)
        process = Process(self.rows, workflow, crashes, lambda name, wait: None)
        run = self.rows.run
        if run is None:
            process.start(Request("POST", "/"), {})
        else:
            run.status = RunRow.Status.QUEUED if again else RunRow.Status.RUNNING
            run.crashes = 0
            if again:
                self.note_retry()
            process.resume(crashed=not again)
        await process.ended()
        if process.has_crashed or (process.live is not None and process.live.is_suspended):
            raise Crash
        if process.live is not None and process.live.steps is not None and (changed := process.live.steps.changed):
            raise changed
        if failure:
            raise failure[0]
        return outcome[0]
