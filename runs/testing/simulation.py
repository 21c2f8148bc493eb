"""Execute a run of a workflow in memory, from its start to its end, through waits, retries and crashes."""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType
from typing import Any, TypeVar

from runs.delivery.request import Request
from runs.events.response import Response, decode_response
from runs.history.steps import StepOfRun, steps_from
from runs.models import UNFINISHED, Run, StepRecord
from runs.testing.clock import Clock, ClockLoop
from runs.testing.memory import Rows
from runs.testing.process import Process
from runs.testing.request import make_request
from runs.testing.results import Failure, NeverAwaited, NoSuchStep, RunResult, StepResult
from runs.testing.signals import Sender, Signals
from runs.workflows.registry import Workflow, workflow_of

_T = TypeVar("_T")

_OVER = (StepRecord.Status.COMPLETE, StepRecord.Status.ERROR)


class StepCrashes:
    """Crashes at the ends of named steps."""

    def __init__(self, before: str | Iterable[str], after: str | Iterable[str]) -> None:
        """
        Args:
            before: The steps before whose commit the process ends: each entry once, in their order.
            after: Those after whose commit it ends.
        """
        self._names = {False: deque(_listed(before)), True: deque(_listed(after))}

    def __call__(self, records: list[StepRecord], is_committed: bool) -> bool:
        """See `MemoryJournal`."""
        names = self._names[is_committed]
        ends = {record.name for record in records if _is_end(record)}
        if not names or names[0] not in ends:
            return False
        names.popleft()
        return True

    @property
    def left(self) -> list[str]:
        """The steps at which no crash has happened."""
        return [name for names in self._names.values() for name in names]


class Simulation:
    """One run of a workflow. Belongs to a `ClockLoop`."""

    def __init__(
        self,
        workflow: Workflow,
        crashes: StepCrashes,
        signals: Signals,
        children: Mapping[str, Any],
        secrets: Mapping[str, str],
        cancel_after: float | None,
    ) -> None:
        """
        Args:
            workflow: The workflow.
            crashes: When a process ends.
            signals: What is sent to the run.
            children: The outcomes of its children, by workflow.
            secrets: The secrets of its app, by name.
            cancel_after: The second at which it is cancelled, by its clock; None if it is not.
        """
        loop = asyncio.get_running_loop()
        assert isinstance(loop, ClockLoop)
        self._clock = loop.clock
        self._workflow = workflow
        self._crashes = crashes
        self._rows = Rows(outcomes=children, secrets=secrets)
        self._sender = Sender(signals, self._rows, self._clock.now)
        self._process: Process | None = None
        self._executions = 0
        self._cancels = cancel_after is not None
        if cancel_after is not None:
            loop.call_later(cancel_after, self._cancel)

    async def execute(self, request: Request, options: dict[str, Any]) -> RunResult:
        """
        Execute the run until it has ended, or nothing ends its wait.

        Raises:
            NeverAwaited: The workflow has not awaited a call.
            NoSuchStep: A crash was planned at a step that the run did not execute.
        """
        await self._execute(lambda process: process.start(request, options))
        while (process := self._process) is not None:
            if process.unawaited:
                raise NeverAwaited("Write 'await' before each of these calls: " + "; ".join(process.unawaited))
            if not process.has_crashed and not await self._is_due():
                break
            await self._execute(partial(Process.resume, crashed=process.has_crashed))
        result = self._result()
        if self._crashes.left and result.status != Run.Status.WAITING:
            names = ", ".join(map(repr, self._crashes.left))
            known = ", ".join(repr(step.name) for step in result.steps) or "none"
            end = f"as {result.status!r}" + (f" with {result.error}" if result.error else "")
            raise NoSuchStep(f"No crash happened at {names}. The run ended {end}. Its steps are: {known}.")
        return result

    async def _execute(self, begin: Callable[[Process], None]) -> None:
        self._executions += 1
        self._process = process = Process(self._rows, self._workflow, self._crashes, self._sender.notice)
        self._sender.notify = process.notify
        begin(process)
        await process.ended()

    async def _is_due(self) -> bool:
        """Wait until the run continues. Return False if it has ended, or nothing lets it continue."""
        run = self._rows.run
        assert run is not None
        while run.status in UNFINISHED:
            left = None if run.wake_at is None else (run.wake_at - self._clock.now()).total_seconds()
            if run.cancel_requested or (left is not None and left <= 0) or self._has_signal():
                return True
            if left is None and not self._sender.has_more and not self._cancels:
                return False
            self._sender.changed.clear()
            try:
                async with asyncio.timeout(left):
                    await self._sender.changed.wait()
            except TimeoutError:
                pass
        return False

    def _has_signal(self) -> bool:
        """Return whether a signal has come for which the run waits."""
        history = self._rows.history()
        waits = {} if history is None else history.waits
        names = {name for (name, _, _), wait in waits.items() if not wait.is_over}
        return any(signal.name in names and not signal.taken_by for signal in self._rows.signals)

    def _cancel(self) -> None:
        self._cancels = False
        if self._rows.run is not None:
            self._rows.run.cancel_requested = True
        if self._process is not None and self._process.live is not None:
            self._process.live.cancel()
        self._sender.changed.set()

    def _result(self) -> RunResult:
        run = self._rows.run
        assert run is not None
        return RunResult(
            run_id=run.pk,
            status=str(run.status),
            error=Failure(run.error_type, run.error_message, run.traceback) if run.error_type else None,
            events=[json.loads(event) for event in self._rows.events],
            steps=self._steps(StepRecord.Kind.STEP),
            waits=self._steps(StepRecord.Kind.WAIT),
            children=list(self._rows.children.values()),
            attempts=run.attempt,
            executions=self._executions,
            elapsed=self._clock.seconds,
            response=self._response(),
        )

    def _response(self) -> Response | None:
        records = (record for record in self._rows.records if record.kind == StepRecord.Kind.RESPONSE)
        return next((decode_response(record.value) for record in records), None)

    def _steps(self, kind: str) -> list[StepResult]:
        records = [record for record in self._rows.records if record.kind == kind]
        return [_result_of(step) for step in steps_from(records)]


def _is_end(record: StepRecord) -> bool:
    """Return whether a record is the end of a step, or `run.respond`."""
    kind = record.kind
    return kind == StepRecord.Kind.RESPONSE or (kind == StepRecord.Kind.STEP and record.status in _OVER)


def _result_of(step: StepOfRun) -> StepResult:
    last = step.last
    value = None if step.output is None else json.loads(step.output)
    error = None if last.error is None else Failure(last.error["type"], last.error["message"])
    return StepResult(step.step, step.key, step.status, last.attempt, value, error)


def _listed(names: str | Iterable[str]) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


def run_workflow(
    workflow: Callable[..., Any],
    request: Request | None = None,
    /,
    *,
    signals: Signals = (),
    children: Mapping[str, Any] = MappingProxyType({}),
    secrets: Mapping[str, str] = MappingProxyType({}),
    crash_before: str | Iterable[str] = (),
    crash_after: str | Iterable[str] = (),
    cancel_after: float | None = None,
    at: datetime | None = None,
    options: Mapping[str, Any] | None = None,
    json: Any = None,
    form: Mapping[str, Any] | None = None,
    files: Mapping[str, Any] | None = None,
    body: bytes | str = b"",
    method: str = "POST",
    path: str = "/",
    path_params: Mapping[str, str] | None = None,
    query: Any = "",
    headers: Mapping[str, str] | None = None,
    **more_options: Any,
) -> RunResult:
    """
    Execute a run of a workflow in memory, until it has ended.

    Args:
        workflow: The function with `@workflow`.
        request: What it receives, from `make_request`; None to build it from `json` to `headers`, which are the
            arguments of `make_request`.
        signals: Names and payloads of signals, each sent when the run waits for it; or `Signal` objects.
        children: The outcomes of the children that the run calls, by the names of their workflows: an output, or an
            exception. Children are not executed.
        secrets: What `run.secret` returns, by name.
        crash_before: The name of a step, or several: the process ends when the step's function has returned, and
            before its result is recorded.
        crash_after: The same, after the result is recorded, and before the workflow goes on.
        cancel_after: Cancel the run after so many seconds of its clock.
        at: The time at which the clock starts, with a time zone; now by default.
        options: The workflow's options. Those whose names are not taken can be arguments themselves.
        **more_options: More options.

    Returns:
        The run.

    Raises:
        TypeError: It is not a workflow.
        InvalidOptions: An option is wrong.
        NeverAwaited: The workflow calls its run without `await`. The message has the line.
        NoSuchStep: The run did not execute a step at which a crash is planned.
        RuntimeError: An `async def` test calls it.
    """
    __tracebackhide__ = True
    found = workflow_of(workflow)
    if found is None:
        raise TypeError(f"{workflow!r} is not a workflow: decorate the function with @workflow")
    if at is not None and at.tzinfo is None:
        raise ValueError("at must have a time zone, such as datetime(2026, 1, 31, tzinfo=UTC)")
    built = request or make_request(
        json=json,
        form=form,
        files=files,
        body=body,
        method=method,
        path=path,
        path_params=path_params,
        query=query,
        headers=headers,
    )
    crashes = StepCrashes(crash_before, crash_after)

    async def execute() -> RunResult:
        return await Simulation(found, crashes, signals, children, secrets, cancel_after).execute(
            built, {**(options or {}), **more_options}
        )

    return execute_on(Clock(at or datetime.now(UTC)), execute)


def execute_on(clock: Clock, function: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
    """
    Call a coroutine function on an event loop that lives by a clock, and return its result.

    Raises:
        RuntimeError: An event loop runs already.
    """
    __tracebackhide__ = True
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        pass
    else:
        raise RuntimeError("run_workflow has an event loop of its own: call it from a test that is a plain def")
    with asyncio.Runner(loop_factory=lambda: ClockLoop(clock)) as runner:
        return runner.run(function())
