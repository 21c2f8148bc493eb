"""
Trials: execute a workflow in this process and record nothing, for authors (`manage.py workflows run`).

The executor and the live run are those of servers, so that steps, retries, timeouts and waits behave as there; only the
journal is in memory. Nothing is recorded, because a recorded run belongs to an app, and the servers of the database
would continue it with the code that they have loaded. `manage.py sinks test` tries a workflow in a server.
"""

import asyncio
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from runs.delivery.request import Request
from runs.events.response import Response, decode_response
from runs.execution.executor import Executor
from runs.execution.live_run import LiveRun
from runs.history.documents import of_event
from runs.ids import new_run_id
from runs.journal.entry import Entry
from runs.journal.rows import (
    END,
    PAUSE,
    SEGMENT_COLUMNS,
    WITHOUT_STEPS,
    FinishRow,
    Named,
    PauseRow,
    SegmentRow,
)
from runs.links.children import Outcome, read_outcome, record_of
from runs.links.signals import give_back, take
from runs.links.starts import Start
from runs.models import Run, StepRecord
from runs.steps.history import arrange
from runs.workflows import registry
from runs.workflows.registry import Workflow
from runs.workflows.secrets import SecretMissing, Secrets

_COLUMNS = len(SEGMENT_COLUMNS) + 1  # with the lease; they precede an end or a pause in a row of the journal


class NoSignal(Exception):
    """The run waits, without a timeout, for signals that nobody can send; the message names them."""


@dataclass(frozen=True)
class Watcher:
    """Functions that are called while a trial runs."""

    event: Callable[[dict[str, Any]], None]  # with each event, and its number as `id`
    failed: Callable[[str], None]  # with the traceback of each failed attempt
    waits: Callable[[datetime], None]  # when the run is let go, with the time until which it waits
    responded: Callable[[Response], None] = lambda response: None  # when the run responds


@dataclass
class Trial:
    """
    One execution of a workflow.

    Args:
        workflow: The workflow.
        make_request: Returns the delivery. Called for each attempt, and again after each wait.
        kwargs: The options, as `Workflow.check_options` returns them.
        signals: The payloads of the signals that the run receives, by name and in their order.
        watcher: Is notified of events.
    """

    workflow: Workflow
    make_request: Callable[[], Request]
    kwargs: Mapping[str, Any]
    signals: Mapping[str, list[Any]]
    watcher: Watcher
    run_id: str = field(default_factory=new_run_id)
    _taken: dict[tuple[str, str], str] = field(default_factory=dict)  # by name and wait: the payloads as JSON
    _children: dict[str, "asyncio.Task[Outcome]"] = field(default_factory=dict)  # by run id
    _live: "_TrialRun | None" = None

    async def execute(self) -> FinishRow:
        """
        Execute the workflow until the run ends, and wait in real time. If this is cancelled, the run is cancelled.

        Returns:
            The end of the run, as the journal would record it. Its last event has the output.

        Raises:
            NoSignal: It waits for a signal that is not among `signals`.
        """
        journal = _Journal(self.run_id, self.watcher)
        executor = _Executor(0, cast(Any, journal), _NoTallies(), Secrets())
        try:
            end = await self._execute(journal, executor)
            await asyncio.gather(*self._children.values())  # those that it has started and does not wait for
            return end
        finally:
            for child in self._children.values():
                child.cancel()
            await executor.streams.close()
            executor.threads.close()

    async def _execute(self, journal: "_Journal", executor: Executor) -> FinishRow:
        attempt, failures, is_retry = 1, 0, False
        while True:
            live = _TrialRun(
                executor,
                self.run_id,
                self.workflow,
                self.make_request(),
                dict(self.kwargs),
                self.workflow.time_limit(None),
                app_id="",
                attempt=attempt,
                after=journal.last,
                progress=journal.progress,
            )
            live.trial, self._live = self, live
            live.ending.retry, live.ending.failures = self.workflow.rule(None), failures
            if journal.records:
                live.begin_steps(arrange(journal.in_order()))
            live.over = executor.loop.create_future()
            executor.start(live)
            try:
                await asyncio.shield(live.over)
            except asyncio.CancelledError:
                live.cancel()
                await live.over
                raise
            if journal.end is not None:
                return journal.end
            is_retry = live.ending.is_retry
            attempt, failures = attempt + is_retry, failures + is_retry
            await self._wait(journal)

    async def _wait(self, journal: "_Journal") -> None:
        """Wait as long as the run pauses."""
        until = journal.wake_at
        if children := [child for child in self._children.values() if not child.done()]:
            left = None if until is None else max(0.0, (until - datetime.now(UTC)).total_seconds())
            await asyncio.wait(children, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            return
        if until is None and self._was_called(journal):
            return  # a child ended while the run was let go
        if until is None:
            waits = arrange(journal.in_order()).waits
            raise NoSignal(", ".join(sorted({name for (name, _, _), past in waits.items() if not past.is_over})))
        if (left := (until - datetime.now(UTC)).total_seconds()) > 0:
            self.watcher.waits(until)
            await asyncio.sleep(left)

    def _was_called(self, journal: "_Journal") -> bool:
        """Return whether the run has to read the end of a child."""
        calls = arrange(journal.in_order()).steps
        return any(kind == StepRecord.Kind.CALL and not past.is_over for (kind, *_), past in calls.items())

    def start_child(self, run_id: str, workflow: str, payload: str, options: dict[str, Any]) -> None:
        """
        Execute a child in this process too. Only its errors are reported.

        Raises:
            ValueError: The workflow is not installed, or does not accept the options.
        """
        found = registry.find_installed(workflow)
        kwargs = found.check_options(options)
        start = Start(app_id="", workflow=workflow, payload=payload, timeout=0.0)

        async def execute() -> Outcome:
            last: dict[str, Any] = {}
            watcher = Watcher(last.update, self.watcher.failed, lambda until: None)
            end = await Trial(found, start.request, kwargs, {}, watcher, run_id).execute()
            if end.status == Run.Status.COMPLETE:
                return Outcome(end.status, output=json.dumps(last["output"]))
            return Outcome(end.status, error=(end.error_type, end.error_message))

        def ended(child: "asyncio.Task[Outcome]") -> None:
            if self._live is not None and self._live.steps is not None:
                self._live.steps.waits.notify(("run", run_id))

        self._children[run_id] = task = asyncio.get_running_loop().create_task(execute())
        task.add_done_callback(ended)

    def outcome_of(self, run_id: str) -> Outcome | None:
        """Return how a child ended; None if it has not."""
        child = self._children[run_id]
        return child.result() if child.done() else None

    def take_signal(self, name: str, wait: str) -> str | None:
        """Return the payload of the next signal as JSON, as `signals.take` does."""
        if (name, wait) not in self._taken:
            place = sum(taken == name for taken, _ in self._taken)
            if place >= len(self.signals.get(name, ())):
                return None
            self._taken[name, wait] = json.dumps(self.signals[name][place])
        return self._taken[name, wait]

    def give_back(self, name: str, wait: str) -> None:
        """Leave the signal of a wait to the next wait, as `signals.give_back` does."""
        self._taken.pop((name, wait), None)


class _TrialRun(LiveRun):
    """A live run that gets its signals and its children from its trial, and its secrets from the environment."""

    __slots__ = ("trial",)
    trial: Trial

    async def in_thread(self, function: Callable[..., Any], *args: Any) -> Any:
        if function is take:
            _, name, wait = args
            return self.trial.take_signal(name, wait)
        if function is give_back:
            _, name, wait, _ = args
            self.trial.give_back(name, wait)
            return None
        if function is read_outcome:
            return self.trial.outcome_of(*args)
        return await super().in_thread(function, *args)

    async def start_child(
        self, run_id: str, workflow: str, payload: str, options: dict[str, Any], is_awaited: bool, record: Any
    ) -> None:
        self.trial.start_child(run_id, workflow, payload, options)
        cast(_Journal, self._executor.journal).records.append(record_of(record))

    def secret(self, name: str) -> str:
        try:
            return os.environ[name]
        except KeyError:
            raise SecretMissing(f"A trial reads secrets from its environment: set {name}.") from None


class _Executor(Executor):
    """An executor whose runs get no signals from a database."""

    def paused(self, live: LiveRun) -> None:
        pass


class _NoTallies:
    """Counts nothing."""

    def ended(self, app_id: str, source_id: int | None, status: str, finished_at: str, duration: float) -> None:
        pass


class _Journal:
    """Keeps in memory what the journal of a server writes: it commits in the next turn of the loop."""

    def __init__(self, run_id: str, watcher: Watcher) -> None:
        self.last = 0  # the number of the newest event
        self.progress = 0
        self.records: list[StepRecord] = []
        self.wake_at: datetime | None = None  # of a run that pauses; None until a signal comes
        self.end: FinishRow | None = None
        self._run_id = run_id
        self._watcher = watcher
        self._loop = asyncio.get_running_loop()

    def now(self) -> datetime:
        return datetime.now(UTC)

    utc_now = now

    def later(self, seconds: float) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=seconds)

    def as_value(self, moment: datetime) -> datetime:
        return moment

    def in_order(self) -> list[StepRecord]:
        """Return the records by place."""
        return sorted(self.records, key=lambda record: record.place)

    def enlist(self, entry: Entry) -> None:
        self._loop.call_soon(self._take, entry)

    def _take(self, entry: Entry) -> None:
        self._loop.call_soon(self._write, entry, *entry.take())

    def _write(self, entry: Entry, kind: int, row: tuple[Any, ...], named: Named | None) -> None:
        if kind in WITHOUT_STEPS:
            kind, steps, row = WITHOUT_STEPS[kind], row[-1], row[:-1]
            self.records += (records := list(map(record_of, steps)))
            for record in records:
                if record.kind == StepRecord.Kind.RESPONSE:
                    self._watcher.responded(decode_response(record.value))
        segment = SegmentRow(*row[:_COLUMNS])
        trace = ""
        if kind == PAUSE:
            pause = PauseRow(*row[_COLUMNS:])
            self.wake_at, trace = pause.wake_at, pause.traceback
        elif kind == END:
            self.end = FinishRow(*row[_COLUMNS:])
            trace = self.end.traceback
        if trace:
            self._watcher.failed(trace)
        for number, data in enumerate(segment.data.split("\n") if segment.data else (), segment.first):
            event = of_event(self._run_id, data)
            self.last, self.progress = number, event.get("progress", self.progress)
            self._watcher.event({"id": number, **event})
        entry.written()
