"""The steps of a live run: number them, give recorded results back, execute the others, and record how each ends."""

import asyncio
import json
import random
import secrets
from collections.abc import Callable, Coroutine, Mapping
from contextvars import copy_context
from datetime import datetime
from functools import partial
from time import perf_counter
from typing import Any
from urllib.parse import quote

from django.conf import settings

from runs.events.formatting import RESPOND, format_progress, format_responded, format_step
from runs.events.response import Response, encode_response
from runs.links.signals import hash_of, recorded_token, token_of
from runs.models import StepRecord
from runs.steps.calling import call_in_thread, is_async, within
from runs.steps.children import Children
from runs.steps.errors import (
    AlreadyResponded,
    Fatal,
    InvalidResult,
    StepInterrupted,
    WorkflowChanged,
    as_failure,
    described,
)
from runs.steps.history import History, PastStep, ReplayOrder, value_of
from runs.steps.numbering import Call, Numbering
from runs.steps.options import CURRENT, CurrentStep, Step, check_text
from runs.steps.recorder import Declared, LiveSteps, Recorder
from runs.steps.scopes import Scope, scope_of
from runs.steps.values import decode_result, digest_of, encode_result
from runs.steps.waits import Waits

_Kind = StepRecord.Kind
# Plain texts: attributes of enumerations are slow, and marshal cannot send them to the writer.
_STEP, _SPENT, _CALLS, _RETRY = (str(kind) for kind in (_Kind.STEP, _Kind.SPENT, _Kind.CALLS, _Kind.RETRY))
_VERSION, _NOW, _RANDOM, _URL = (str(kind) for kind in (_Kind.VERSION, _Kind.NOW, _Kind.RANDOM, _Kind.URL))
_RESPONSE = str(_Kind.RESPONSE)
_RUNNING, _RETRYING = StepRecord.Status.RUNNING.value, StepRecord.Status.RETRYING.value
_COMPLETE, _ERROR = StepRecord.Status.COMPLETE.value, StepRecord.Status.ERROR.value


class RunSteps:
    """The steps of one execution of a run. Belongs to one event loop, on which its methods are called."""

    def __init__(
        self,
        live: LiveSteps,
        workflow: Declared,
        main: "asyncio.Task[Any] | None",
        thread_slots: asyncio.Semaphore,
        history: History | None = None,
        calls: int = 0,
    ) -> None:
        """
        Args:
            live: The run.
            workflow: What the workflow's author declares.
            main: The task that executes the workflow, or waits for its thread; None if it has not started.
            thread_slots: Bounds how many steps execute in threads.
            history: What earlier executions recorded; None if nothing.
            calls: How many reports this execution has made before its first step.
        """
        self._live = live
        self._thread_slots = thread_slots
        self._past = history or History()
        self._order = ReplayOrder(self._past)
        self._expected = workflow.steps
        self._complete = sum(past.status == _COMPLETE for past in self._past.steps.values())
        self.main = Scope(live.run_id, "", main if workflow.is_async else None)
        self.main.calls = calls
        self._scopes = {"": self.main}
        self._numbers: dict[str, int] = {}  # how many values of each kind each scope has asked for
        self._records = Recorder(live.run_id, self._past.last, live.now)
        self._calls_taken = dict(self._past.calls)
        self._executing = 0  # steps whose functions are being executed
        self.waits = Waits(live, self._records, self._order, self._past, self._scope, self.is_working)
        self._numbering = Numbering(live.run_id, self._past, self.main, self._scope)
        self.children = Children(live, self._records, self._order, self._past, self._numbering, self.waits)
        # What this execution has set, and the future that completes when it is recorded.
        self._response: tuple[Response, asyncio.Future[None]] | None = None
        self.version = self._past.version or workflow.version
        if workflow.version and not self._past.last:
            self._records.add(_VERSION, value=workflow.version)

    @property
    def changed(self) -> WorkflowChanged | None:
        """The first difference between the calls of this execution and the recorded ones; None if there is none."""
        return self._numbering.changed or self.waits.changed

    # Reports and values.

    def holds_report(self) -> bool:
        """Count a report of the workflow. Return whether an earlier execution has made it, so that it is silent."""
        if CURRENT.get() is not None:
            return False  # a step that executes again reports again
        scope = self._scope()
        scope.calls += 1
        return scope.calls <= self._past.calls.get(scope.path, 0)

    def respond(self, response: Response) -> "asyncio.Future[None] | None":
        """
        Set the run's response.

        Returns:
            A future to wait for until it is recorded; None if an earlier execution has recorded it.

        Raises:
            AlreadyResponded: The run has a response.
            InvalidResponse: It is too large.
            RuntimeError: A step calls it.
            TooManyEvents, RunEnded: As for `call`.
        """
        self._live.check_live()
        if (outer := CURRENT.get()) is not None and outer.run_id == self._live.run_id:
            raise RuntimeError(f"the step {outer.name!r} calls run.respond: call it from the workflow only")
        path = self._scope().path
        number = self._numbers[f"{RESPOND} {path}"] = self._numbers.get(f"{RESPOND} {path}", 0) + 1
        if self._past.response == (path, number):
            return None
        if self._past.response is not None or self._response is not None:
            raise AlreadyResponded("the run has responded before: call run.respond once")
        self._records.add(_RESPONSE, RESPOND, "", number, path, value=encode_response(response))
        self._live.emit(format_responded(self._live.run_id))
        recorded = self._records.flushed()
        self._response = response, recorded
        return recorded

    @property
    def response(self) -> Response | None:
        """The response that this execution has set, if it is recorded and the run goes on."""
        if self._response is None:
            return None
        response, recorded = self._response
        return response if recorded.done() and not recorded.cancelled() else None

    def now(self) -> datetime:
        """Return the time, the same in every execution."""
        text = self._value(_NOW, lambda: self._live.utc_now().isoformat())
        return datetime.fromisoformat(text)

    def random(self) -> float:
        """Return a random number from 0 to 1, the same in every execution."""
        return float(self._value(_RANDOM, lambda: repr(random.random())))  # noqa: S311 - not for secrets

    def signal_url(self, name: str) -> str:
        """Return the URL of a signal, the same in every execution."""
        check_text("the name of a signal", name)

        def make() -> str:
            self._records.has_to_commit = True  # before a step hands it out
            salt = secrets.token_hex(32)
            token = token_of(salt, self._live.run_id, name, settings.SECRET_KEY)
            return json.dumps({"salt": salt, "hash": hash_of(token)})

        value = json.loads(self._value(_URL, make, name))
        token = recorded_token(value["salt"], value["hash"], self._live.run_id, name)
        return f"{settings.PUBLIC_URL}/runs/{self._live.run_id}/signals/{quote(name, safe='')}?token={token}"

    def _value(self, kind: str, make: Callable[[], str], name: str = "") -> str:
        self._live.check_live()
        path, name = self._scope().path, name or kind
        counter = f"{kind} {name} {path}"
        number = self._numbers[counter] = self._numbers.get(counter, 0) + 1
        recorded = self._past.values.get((name, path, number))
        if recorded is not None:
            return recorded
        value = make()
        self._records.add(kind, name, path, number, value=value)
        return value

    # Steps.

    def call(
        self, step: Step, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> Coroutine[Any, Any, Any]:
        """
        Number a call of a step.

        Args:
            step: The step's name and options.
            function: An `async def`, or a plain `def`, which is executed in a thread.
            args: Its arguments.
            kwargs: Its keyword arguments.

        Returns:
            A coroutine that returns the step's result, or raises `StepFailed`.

        Raises:
            RunEnded: The run has ended.
            TooManyEvents: The run has reached MAX_EVENTS.
            RuntimeError: A step calls it, or another task has an unfinished call of the name, also without a key.
            ValueError: The key was used before.
            WorkflowChanged: The run has recorded another step here, or other arguments.
        """
        self._live.check_live()
        call = self._numbering.call(_STEP, step.name, step.key, digest_of(args, kwargs))
        past = call.past
        if past is not None and past.is_over and (step.at_most_once or not self._past.is_again(past)):
            return self._order.give_back(step.name, past)
        return self._perform(step, call, function, args, kwargs)

    async def _perform(
        self, step: Step, call: Call, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> Any:
        past = call.past
        await self._order.ready(past)
        attempt = past.attempt + 1 if past is not None else 1
        failures = past.failures if past is not None and past.status != _ERROR else 0
        if past is not None and past.status == _RUNNING and step.at_most_once:
            interrupted = StepInterrupted(step.name)
            await self._end_with(call, past.attempt, interrupted, 0.0, None)
            raise interrupted
        if past is not None and past.status == _RETRYING:
            await asyncio.sleep(_left_of(past, self._live.utc_now()))
        while True:
            self._live.check_live()
            began_at, began = self._live.now(), perf_counter()
            started = self._add(call, _RUNNING, attempt, began_at)
            self._live.emit(format_step(self._live.run_id, step.name, _RUNNING, attempt))
            if step.at_most_once or self._records.has_to_commit:
                await self._records.committed()
            try:
                result = await self._execute(step, call, attempt, function, args, kwargs)
                text = encode_result(result)
            except Exception as error:
                self._live.check_live()
                failures += 1
                pause = None if isinstance(error, InvalidResult) else step.retry.pause(failures, error)
                self._records.drop(started)
                await self._end_with(call, attempt, error, perf_counter() - began, pause, began_at)
                if pause is None:
                    raise as_failure(step.name, error) from error
                await asyncio.sleep(pause)
                attempt += 1
                continue
            self._live.check_live()
            duration = perf_counter() - began
            self._records.drop(started)  # its end tells as much, if both are written together
            self._add(call, _COMPLETE, attempt, began_at, text, duration)
            self._live.emit(format_step(self._live.run_id, step.name, _COMPLETE, attempt, duration))
            self._complete += 1
            if self._expected:
                self._report_progress(step.name)
            await self._records.committed()
            return decode_result(text, result)

    async def _execute(
        self,
        step: Step,
        call: Call,
        attempt: int,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
    ) -> Any:
        """Execute a step's function once, and return its result."""
        key = step.key if step.key is not None else str(call.number)
        token = CURRENT.set(CurrentStep(self._live.run_id, step.name, key, attempt))
        self._executing += 1
        try:
            if is_async(function):
                return await within(step.timeout, function(*args, **kwargs))
            async with self._thread_slots:
                name = f"{self._live.run_id} {step.name}"
                in_context = partial(copy_context().run, function, *args, **kwargs)
                return await within(step.timeout, call_in_thread(name, in_context))
        finally:
            self._executing -= 1
            CURRENT.reset(token)

    async def _end_with(
        self, call: Call, attempt: int, error: Exception, duration: float, pause: float | None, began_at: Any = None
    ) -> None:
        """Record that an execution failed, and wait for the commit if it was the last."""
        kind, message, trace = described(error)
        value: dict[str, Any] = {"type": kind, "message": message}
        if isinstance(error, Fatal):
            value["final"] = True
        if pause is not None:
            value["pause"] = round(pause, 3)
        if trace:
            value["traceback"] = trace
        status = _ERROR if pause is None else _RETRYING
        text = json.dumps(value, separators=(",", ":"))
        self._add(call, status, attempt, began_at or self._live.now(), text, duration)
        self._live.emit(format_step(self._live.run_id, call.name, status, attempt, duration))
        if pause is None:
            await self._records.committed()

    def _report_progress(self, name: str) -> None:
        """Emit the progress of a workflow that announces its steps."""
        percent = min(100, 100 * self._complete // self._expected)
        if percent > self._live.progress:
            self._live.progress = percent
            self._live.emit(format_progress(self._live.run_id, max(percent, self._live.shown), None, name))

    # Records.

    def _add(
        self, call: Call, status: str, attempt: int, at: Any, value: str = "", duration: float | None = None
    ) -> int:
        return self._records.add(_STEP, *call.place, status, attempt, call.digest, value, at, duration)

    @property
    def size(self) -> int:
        """Roughly how many bytes the pending records take."""
        return self._records.size

    def take(self) -> tuple[Any, ...]:
        """Return the pending records for the journal, in the order of `StepRow`."""
        calls = {scope.path: scope.calls for scope in self._scopes.values() if scope.calls}
        if any(count > self._calls_taken.get(path, 0) for path, count in calls.items()):
            for path, count in calls.items():
                self._calls_taken[path] = max(count, self._calls_taken.get(path, 0))
            self._records.add(_CALLS, value=json.dumps(self._calls_taken, separators=(",", ":")))
        return self._records.take()

    def written(self) -> None:
        """Continue the tasks that wait for the commit of what was taken last."""
        self._records.written()

    def close(self) -> None:
        """Cancel everything that waits: the run ends, or continues in another process."""
        self.waits.close()
        self._order.close()
        self._records.close()

    def spent(self, attempt: int) -> float:
        """Return the seconds that an attempt executed before it was let go."""
        return self._past.spent.get(attempt, 0.0)

    def record_spent(self, attempt: int, seconds: float) -> None:
        """Record how many seconds an attempt has executed in all, before it is let go."""
        self._records.add(_SPENT, attempt=attempt, value=repr(seconds))

    def record_retry(self, attempt: int) -> None:
        """Record that an attempt has failed, and that another one follows."""
        self._records.add(_RETRY, attempt=attempt)

    def check_all_called(self) -> None:
        """See `Numbering.check_all_called`."""
        self._numbering.check_all_called()

    def is_working(self) -> bool:
        """Return whether a step is executed, or a task of the workflow does something else than wait."""
        return self._executing > 0 or self.main.is_working()

    def _scope(self) -> Scope:
        scope = scope_of(self.main)
        self._scopes.setdefault(scope.path, scope)
        return scope


def _left_of(past: PastStep, now: datetime) -> float:
    """Return how many seconds are left of a recorded pause."""
    pause = float(value_of(past).get("pause", 0.0))
    if past.at is None:
        return pause
    passed = (now - past.at).total_seconds() - past.duration
    return min(max(pause - passed, 0.0), pause)
