"""The errors of steps and workflows, what is recorded of them, and the exceptions that records become again."""

import math
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runs.events.encoding import fit_error


class Fatal(Exception):
    """Raise this in a step or a workflow whose failure is final: it is not tried again."""


class RetryAfter(Exception):
    """Raise this in a step or a workflow to be tried again after a certain time, if the rule has attempts left."""

    def __init__(self, seconds: float, message: str = "") -> None:
        """
        Args:
            seconds: The pause before the next attempt, in place of the rule's own.
            message: The error's message, if this was the last attempt.

        Raises:
            ValueError: The seconds are negative or not finite.
        """
        if not (math.isfinite(seconds) and seconds >= 0):
            raise ValueError(f"seconds must be 0 or more, not {seconds!r}")
        super().__init__(message or f"try again in {seconds:g} s")
        self.seconds = float(seconds)


class StepFailed(Exception):
    """
    A step failed, and has no attempt left. Raised by `run.step`, also when a recorded failure is replayed.

    Attributes:
        step: The step's name.
        error_type: The name of the exception's class.
        error_message: The exception's message.
        is_final: Whether the exception was `Fatal`.
    """

    def __init__(self, step: str, error_type: str, error_message: str, *, is_final: bool = False) -> None:
        super().__init__(f"step {step!r} failed: {error_type}: {error_message}")
        self.step = step
        self.error_type = error_type
        self.error_message = error_message
        self.is_final = is_final


class StepInterrupted(StepFailed):
    """An `at_most_once` step was interrupted by a crash. It may have taken effect, and is not executed again."""

    def __init__(self, step: str) -> None:
        message = "The process ended while the step was executed, and the step must not be executed twice."
        super().__init__(step, "StepInterrupted", message)


class ChildFailed(StepFailed):
    """
    A child run that this run has called did not complete. Raised by `run.call`, also when a recorded end is replayed.

    Attributes:
        step: The name of its workflow.
        run_id: The child.
        error_type: The type of its error; Cancelled or Interrupted if it ended so.
        error_message: The message of its error.
    """

    def __init__(self, workflow: str, run_id: str, error_type: str, error_message: str) -> None:
        super().__init__(workflow, error_type, error_message)
        self.args = (f"the child run {run_id} of {workflow!r} failed: {error_type}: {error_message}",)
        self.run_id = run_id


class Suspended(BaseException):
    """
    The run is let go until it wakes: every call of its handle raises this. It is no `Exception`, so that a workflow
    does not handle it by mistake; its `finally` blocks are executed at each such wait.
    """


class InvalidResult(ValueError):
    """The result of a step is not JSON, or larger than MAX_STEP_BYTES."""


class InvalidPayload(ValueError):
    """The payload of a signal or of a new run is not JSON, or larger than MAX_STEP_BYTES."""


class AlreadyResponded(RuntimeError):
    """The run has set its response before: it can do so once."""


class WorkflowChanged(Exception):
    """The workflow calls other steps, or steps with other arguments, than its run has recorded."""


def described(error: Exception) -> tuple[str, str, str]:
    """Return an error's type, message and traceback as they are recorded."""
    kind = type(error).__name__
    if isinstance(error, InvalidResult | StepInterrupted):
        return kind, fit_error(error.error_message if isinstance(error, StepFailed) else str(error), "")[0], ""
    try:
        # Without our own frames, which are the outermost.
        trace = "".join(traceback.format_exception(type(error), error, _inner(error)))
        message = str(error)
    except Exception:
        return kind, "(the message is unavailable)", ""
    return kind, *fit_error(message, trace)


def _inner(error: Exception) -> Any:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None and trace.tb_frame.f_code.co_filename in _OUR_FILES:
        trace = trace.tb_next
    return trace


# The modules whose frames lie between a step's function and its caller.
_OUR_FILES = frozenset({f"{Path(__file__).parent}/run_steps.py", f"{Path(__file__).parent}/calling.py"})


def as_failure(name: str, error: Exception) -> StepFailed:
    kind, message, _ = described(error)
    return StepFailed(name, kind, message, is_final=isinstance(error, Fatal))


def failure_of(name: str, value: Mapping[str, Any]) -> StepFailed:
    """Return the exception for a recorded error."""
    if "run" in value:
        return ChildFailed(name, value["run"], value["type"], value["message"])
    if value["type"] == StepInterrupted.__name__:
        return StepInterrupted(name)
    return StepFailed(name, value["type"], value["message"], is_final=bool(value.get("final")))
