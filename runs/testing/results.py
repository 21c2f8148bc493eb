"""What a test gets to assert on: the end of a run, its events, steps and waits."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runs.events.response import Response  # needs Django, which may not be set up yet


class NeverAwaited(Exception):
    """The workflow calls its run without `await`, so that the call had no effect."""


class NoSuchStep(Exception):
    """The run has no such step, or several."""


class RunNotComplete(Exception):
    """The run has no output, because it failed, was cancelled, or still waits."""


@dataclass(frozen=True)
class Failure:
    """
    The error of a run or a step.

    Attributes:
        type: The name of the exception's class.
        message: The exception's message.
        traceback: The traceback of a run's error, as the admin shows it; empty if there is none.
    """

    type: str
    message: str
    traceback: str = field(default="", repr=False, compare=False)

    def __str__(self) -> str:
        return f"{self.type}: {self.message}"


@dataclass(frozen=True)
class StepResult:
    """
    A step or a wait of the run.

    Attributes:
        name: Its name; of a wait, the signal's, or "sleep".
        key: Its key; None if it has none.
        status: running, retrying, waiting, complete or error.
        attempts: How many executions have begun.
        value: Its result, or a signal's payload; None if it has none.
        error: The error of its last execution; None if it did not fail.
    """

    name: str
    key: str | None
    status: str
    attempts: int
    value: Any = None
    error: Failure | None = None


@dataclass(frozen=True)
class ChildStart:
    """
    A child that the run has started.

    Attributes:
        workflow: The name of its workflow.
        payload: Its payload.
        options: The options of its workflow.
    """

    workflow: str
    payload: Any = None
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RunResult:
    """
    A run at the end of a test.

    Attributes:
        run_id: Its id.
        status: complete, error, cancelled, interrupted; or waiting, if nothing ends its wait.
        error: Its error; None if it has none.
        events: All events, as a client of the stream gets them.
        steps: Its steps, in the order in which they began.
        waits: Its sleeps and its waits for signals, in that order too.
        children: The children that it has started, in their order.
        attempts: How many attempts it had: a crash or a retry adds one.
        executions: How often the workflow was started: each attempt, and once after each wait for which it was let go.
        elapsed: The seconds that have passed by the run's clock.
        response: What `run.respond` has set, a `runs.workflows.Response` with `status`, `headers`, `body`, `text` and
            `json`; None if nothing.
    """

    run_id: str
    status: str
    error: Failure | None
    events: list[dict[str, Any]]
    steps: list[StepResult]
    waits: list[StepResult]
    children: list[ChildStart]
    attempts: int
    executions: int
    elapsed: float
    response: "Response | None" = None

    @property
    def output(self) -> Any:
        """
        The output.

        Raises:
            RunNotComplete: There is none. The message has the error and its traceback.
        """
        if self.status == "complete":
            return self.events[-1]["output"]
        if self.error is not None:
            raise RunNotComplete(f"The run ended as {self.status!r} with {self.error}\n{self.error.traceback}".rstrip())
        waits = "".join(f" for {wait.name!r}" for wait in self.waits if wait.status == "waiting")
        raise RunNotComplete(f"The run has no output: its status is {self.status!r}{waits}.")

    @property
    def progress(self) -> list[int]:
        """The percentages that were reported, in order."""
        return [event["progress"] for event in self.events if event["type"] == "progress"]

    @property
    def logs(self) -> list[str]:
        """The messages of the log, in order. After a crash or a failed attempt, SinkHub adds one."""
        return [event["message"] for event in self.events if event["type"] == "log"]

    def step(self, name: str, key: str | None = None) -> StepResult:
        """
        Return a step.

        Args:
            name: Its name.
            key: Its key; None for the only step of the name.

        Raises:
            NoSuchStep: There is none, or there are several.
        """
        found = [step for step in self.steps if step.name == name and key in (None, step.key)]
        if len(found) != 1:
            known = ", ".join(f"{step.name!r}" + (f" ({step.key})" if step.key else "") for step in self.steps)
            raise NoSuchStep(f"The run has {len(found)} steps {name!r}. Its steps are: {known or 'none'}.")
        return found[0]
