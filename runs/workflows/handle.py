"""The handles by which workflows report to their runs."""

import asyncio
from collections.abc import Callable, Coroutine, Generator, Mapping
from datetime import datetime
from typing import Any, Literal, Protocol

from runs.events.formatting import format_log, format_progress
from runs.events.response import make_response
from runs.steps.options import Step, options_of
from runs.steps.run_steps import RunSteps
from runs.workflows.registry import name_of
from runs.workflows.unawaited import Calls

LEVELS = ("debug", "info", "warning", "error")


class RunEnded(Exception):
    """The run is over, for example because it timed out; its workflow cannot report any more."""


class TooManyEvents(Exception):
    """The run has emitted as many events as MAX_EVENTS allows."""


class Reporter(Protocol):
    """The receiver of a handle's reports: the run in its process."""

    run_id: str
    attempt: int
    progress: int
    shown: int
    steps: RunSteps | None

    def report(self, data: str) -> "asyncio.Future[None] | None":
        """
        Emit an event of the workflow.

        Args:
            data: The event's JSON.

        Returns:
            A future to wait for if many events are not written yet; else None.

        Raises:
            RunEnded: The run is over.
            TooManyEvents: The run has reached MAX_EVENTS.
            ValueError: The event is too large.
        """

    def begin_steps(self) -> RunSteps:
        """Return the run's steps. The first call makes them."""

    def secret(self, name: str) -> str:
        """See `Run.secret`."""


Report = Coroutine[Any, Any, None]


class _Reported(Report):
    """The result of a report: a coroutine, as tasks require, that need not be awaited."""

    __slots__ = ("_wait",)

    def __init__(self, flushed: "asyncio.Future[None] | None" = None) -> None:
        """
        Args:
            flushed: The future to wait for; None if the log keeps up.
        """
        self._wait = None if flushed is None else flushed.__await__()

    def __await__(self) -> Generator[Any, Any, None]:
        if self._wait is not None:
            yield from self._wait

    def send(self, value: Any) -> Any:
        if self._wait is None:
            raise StopIteration
        return self._wait.send(value)

    def throw(self, kind: Any, value: Any = None, trace: Any = None) -> Any:
        if self._wait is None:
            raise kind if value is None else value
        return self._wait.throw(kind if value is None else value)

    def close(self) -> None:
        if self._wait is not None:
            self._wait.close()


_REPORTED = _Reported()


class Run:
    """
    A workflow's handle to its run: `await run.progress(25, "message")`, `await run.log("...")`. The call itself emits
    the event; awaiting its result waits if many events are not written yet.
    """

    __slots__ = ("_calls", "_live")

    def __init__(self, live: Reporter) -> None:
        self._live = live
        self._calls: Calls | None = None  # from the first that has to be awaited

    @property
    def id(self) -> str:
        """The run's id, `run_...`. It is the same in every attempt, so it can serve as an idempotency key."""
        return self._live.run_id

    @property
    def attempt(self) -> int:
        """The number of the attempt: 1, or more after a crash or a retry."""
        return self._live.attempt

    def progress(self, percent: float, message: str | None = None, *, step: str | None = None) -> Report:
        """
        Report the run's progress.

        Args:
            percent: 0 to 100, not less than before in this attempt; fractions are cut off.
            message: A message for people.
            step: The name of the step, for programs.

        Raises:
            ValueError: The percentage is out of range or fell, or the event is too large.
            TypeError: It is not a number, or message or step is not text.
            TooManyEvents: The run has reached MAX_EVENTS.
            RunEnded: The run is over.
        """
        live = self._live
        if type(percent) is not int and (isinstance(percent, bool) or not isinstance(percent, (int, float))):
            raise TypeError(f"progress must be a number from 0 to 100, not {percent!r}")
        if not 0 <= percent <= 100:
            raise ValueError(f"progress must be from 0 to 100, not {percent!r}")
        percent = int(percent)
        if percent < live.progress:
            raise ValueError(f"progress must not decrease: it was {live.progress}, and now is {percent}")
        shown = max(percent, live.shown) if live.shown else percent
        # Only calls with text of a wrong type: this is on the path of every run.
        if message is not None and type(message) is not str:
            _check_text("message", message)
        if step is not None and type(step) is not str:
            _check_text("step", step)
        flushed = live.report(format_progress(live.run_id, shown, message, step))
        live.progress = percent
        return _REPORTED if flushed is None else _Reported(flushed)

    def log(self, message: str, level: Literal["debug", "info", "warning", "error"] = "info") -> Report:
        """
        Add a line to the run's stream.

        Args:
            message: The line.
            level: debug, info, warning or error.

        Raises:
            ValueError: There is no such level, or the event is too large.
            TypeError: The message is not text.
            TooManyEvents: The run has reached MAX_EVENTS.
            RunEnded: The run is over.
        """
        if not isinstance(message, str):
            raise TypeError(f"message must be text, not {type(message).__name__}")
        if level not in LEVELS:
            raise ValueError(f"level must be one of {', '.join(LEVELS)}, not {level!r}")
        live = self._live
        flushed = live.report(format_log(live.run_id, level, message))
        return _REPORTED if flushed is None else _Reported(flushed)

    def respond(self, status: int = 200, headers: Mapping[str, str] | None = None, body: Any = None) -> Report:
        """
        Set the response that a client that does not stream gets, while the run goes on:
        `await run.respond(200, body={"text": "We are on it."})`. The call itself sets it; awaiting its result waits
        until it is recorded. The trigger waits for it if the workflow has `@workflow(responds=True)`, or its sink a
        `failed_status`. A later attempt does not set it again.

        Args:
            status: The HTTP status, from 200 to 599.
            headers: Header fields: Content-Type, Cache-Control, Location and others (see docs/answers.md).
            body: Bytes, a text, or a JSON value.

        Raises:
            InvalidResponse: The status, a header field or the body is invalid or too large.
            AlreadyResponded: The run has responded before.
            RuntimeError: A step calls it.
            TooManyEvents: The run has reached MAX_EVENTS.
            RunEnded, Suspended: As for `sleep`.
        """
        recorded = self._live.begin_steps().respond(make_response(status, headers, body))
        return _REPORTED if recorded is None else _Reported(recorded)

    def step(self, step: str | Step, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """
        Execute a step: `order = await run.step("load order", load_order, order_id)`. When it is awaited, the result is
        recorded before the workflow goes on. An attempt after a crash gets the recorded result, without a call.

        Calls of one name are numbered in the order of the calls of `run.step`, which is how an attempt after a crash
        finds their results. Set `Step(name, key=...)` if several tasks call a name.

        Args:
            step: A name, or a `Step` with options.
            function: An `async def`, or a plain `def`, which is executed in a thread.
            *args: Its arguments. They must be the same in each attempt.
            **kwargs: Its keyword arguments.

        Returns:
            An awaitable of the result, as JSON gives it back: a tuple becomes a list.

        Raises:
            StepFailed: When it is awaited: the function raised an exception, and no attempt is left.
            TypeError, ValueError: The name or the key is invalid, or was used before.
            RuntimeError: A step calls it, or two tasks call the name at the same time without keys.
            WorkflowChanged: The run has recorded another step here, or other arguments.
            TooManyEvents: The run has reached MAX_EVENTS.
            RunEnded: The run is over.
        """
        return self._watch("step", self._live.begin_steps().call(options_of(step, function), function, args, kwargs))

    def sleep(self, seconds: float) -> Coroutine[Any, Any, None]:
        """
        Wait for some seconds: `await run.sleep(3600)`. After a few seconds in which the run only waits, it is let go:
        it occupies no process, and continues within a second of its time, also after restarts. The workflow is then
        executed again from its beginning, and complete steps and waits are passed over.

        Args:
            seconds: 0 to 10 years.

        Raises:
            TypeError, ValueError: It is not such a number.
            TooManyEvents: The run has reached MAX_EVENTS.
            RunEnded: The run is over.
            Suspended: When it is awaited: the run is let go. Do not catch it; `finally` blocks are executed.
        """
        return self._watch("sleep", self._live.begin_steps().waits.sleep(seconds))

    def sleep_until(self, moment: datetime) -> Coroutine[Any, Any, None]:
        """
        Wait until a moment, as `sleep` does. If a later execution computes another moment, the first one counts.

        Args:
            moment: With a time zone, and not more than 10 years ahead. The wait ends at once if it is in the past.

        Raises:
            TypeError, ValueError: It is not such a moment.
            TooManyEvents, RunEnded, Suspended: As for `sleep`.
        """
        return self._watch("sleep_until", self._live.begin_steps().waits.sleep_until(moment))

    def wait_for(self, name: str, key: str | None = None, *, timeout: float | None = None) -> Coroutine[Any, Any, Any]:
        """
        Wait for a signal: `approval = await run.wait_for("approval", timeout=86_400)`. A signal that came before is
        taken at once. The run is let go meanwhile, as for `sleep`.

        With a key, wait for a signal to whichever run of the app waits for the name and the key, such as a delivery to
        a sink with `deliver_to`: `payment = await run.wait_for("payment", key=order_id)`. Each ends the oldest wait.

        Args:
            name: The signal's name, up to 100 characters.
            key: The signal's key, up to 100 characters; None for a signal to this run. It must be the same in each
                attempt.
            timeout: Seconds; None for any time.

        Returns:
            When it is awaited: the signal's payload, a JSON value.

        Raises:
            TimeoutError: When it is awaited: no signal came in time.
            TypeError, ValueError: An argument is invalid.
            WorkflowChanged: The run has recorded another key here.
            TooManyEvents, RunEnded, Suspended: As for `sleep`.
        """
        return self._watch("wait_for", self._live.begin_steps().waits.wait_for(name, key, timeout))

    def signal_url(self, name: str) -> str:
        """
        Return a URL that sends a signal to this run: POST sends it, GET shows a page that asks. Its secret token is
        valid for 7 days, until the run's wait for the name ends. PUBLIC_URL is its beginning. Hand it out in a step,
        which begins when the URL is recorded.

        Raises:
            TypeError, ValueError: The name is invalid.
            RunEnded: The run is over.
        """
        return self._live.begin_steps().signal_url(name)

    def start(
        self,
        workflow: str | Callable[..., Any],
        payload: Any = None,
        *,
        key: str | None = None,
        options: dict[str, Any] | None = None,
    ) -> Coroutine[Any, Any, str]:
        """
        Start another workflow as a child of this run: `run_id = await run.start("send_receipt", {"order": 7})`. This
        run does not wait for it. However often this run is executed again, the child is started once. Cancelling this
        run cancels it too.

        Args:
            workflow: The workflow's name, or its function.
            payload: A JSON value: the body of the request that the child receives (`request.json`).
            key: Tells calls with the same workflow apart, in place of their number.
            options: The workflow's options.

        Returns:
            When it is awaited: the child's run id.

        Raises:
            InvalidPayload: The payload is not JSON, or larger than MAX_STEP_BYTES.
            ValueError: When it is awaited: the workflow is not installed, or does not accept the options.
            TypeError, RuntimeError, WorkflowChanged, TooManyEvents, RunEnded: As for `step`.
        """
        children = self._live.begin_steps().children
        return self._watch("start", children.start(name_of(workflow), payload, key, options or {}))

    def call(
        self,
        workflow: str | Callable[..., Any],
        payload: Any = None,
        *,
        key: str | None = None,
        options: dict[str, Any] | None = None,
    ) -> Coroutine[Any, Any, Any]:
        """
        Start a child as `start` does, and wait for its end: `receipt = await run.call("send_receipt", {"order": 7})`.
        This run is let go meanwhile, as for `sleep`.

        Args:
            workflow: See `start`; so the other arguments.
            payload: See `start`.
            key: See `start`.
            options: See `start`.

        Returns:
            When it is awaited: the child's output.

        Raises:
            ChildFailed: When it is awaited: the child failed, was cancelled or was interrupted.
            InvalidPayload, ValueError, TypeError, RuntimeError, WorkflowChanged, TooManyEvents, RunEnded: As for
                `start`.
            Suspended: When it is awaited: the run is let go.
        """
        children = self._live.begin_steps().children
        return self._watch("call", children.call(name_of(workflow), payload, key, options or {}))

    def secret(self, name: str) -> str:
        """
        Return a secret of the run's app: `key = run.secret("STRIPE_KEY")`. It is read from memory, which follows a
        change within a second. It is not recorded: a later attempt gets the current value. Call it in the step that
        uses the value, which then is no argument of the step, and may change while the run waits.

        Raises:
            SecretMissing: The app has no such secret.
            SecretUnreadable: SECRET_KEY has changed since it was set.
            TypeError: The name is not text.
            RunEnded, Suspended: As for `sleep`.
        """
        return self._live.secret(name)

    def now(self) -> datetime:
        """Return the current time, in UTC. It is recorded: an attempt after a crash gets the same."""
        return self._live.begin_steps().now()

    def random(self) -> float:
        """Return a random number from 0 to 1. It is recorded: an attempt after a crash gets the same."""
        return self._live.begin_steps().random()

    @property
    def steps(self) -> RunSteps | None:
        """What the run keeps about its steps; None before the first one. For SinkHub itself."""
        return self._live.steps

    @property
    def version(self) -> str:
        """The workflow's `version` when the run recorded its first step; before, the one of the code that executes."""
        return self._live.begin_steps().version

    def take_unawaited(self, error: BaseException | None = None) -> list[str]:
        """See `unawaited.Calls.take`. For SinkHub itself."""
        return [] if self._calls is None else self._calls.take(error)

    def _watch(self, method: str, call: Coroutine[Any, Any, Any]) -> Coroutine[Any, Any, Any]:
        """Keep a call that has to be awaited for `take_unawaited`, and return it."""
        if self._calls is None:
            self._calls = Calls()
        self._calls.add(method, call)
        return call


def _check_text(name: str, value: str) -> None:
    if not isinstance(value, str):
        raise TypeError(f"{name} must be text, not {type(value).__name__}")
