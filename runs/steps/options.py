"""Steps as authors see them: their options, and the step that is being executed."""

import hashlib
import math
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

from runs.steps.retry import ONCE, Retry

_F = TypeVar("_F", bound=Callable[..., Any])

_MAX_NAME = 100  # characters; also of a key
_ATTRIBUTE = "__sinkhub_step__"  # of a function with `@step`


@dataclass(frozen=True, slots=True)
class Step:
    """
    A step's name and options, in place of a plain name in `run.step`.

    Args:
        name: The step's name, up to 100 characters.
        key: Tells calls of the same name apart, in place of their number. Set it if several tasks call the name.
        retry: How often the function is tried; once by default.
        timeout: Seconds for one attempt; None for no limit of its own.
        at_most_once: Whether a crash must not cause a second execution: `StepInterrupted` is raised instead.

    Raises:
        TypeError, ValueError: A value is invalid.
    """

    name: str
    key: str | None = None
    retry: Retry = ONCE
    timeout: float | None = None
    at_most_once: bool = False

    def __post_init__(self) -> None:
        check_text("the name of a step", self.name)
        if self.key is not None:
            check_text("the key of a step", self.key)
        if self.timeout is not None and not (math.isfinite(self.timeout) and self.timeout > 0):
            raise ValueError(f"timeout must be more than 0 seconds, not {self.timeout!r}")
        if self.at_most_once and self.retry.attempts > 1:
            raise ValueError("a step that is executed at most once cannot have several attempts")


def check_text(subject: str, value: Any) -> None:
    """
    Check a name or a key.

    Raises:
        TypeError: It is not text.
        ValueError: It is empty or longer than 100 characters, or has characters that cannot be printed.
    """
    if not isinstance(value, str):
        raise TypeError(f"{subject} must be text, not {type(value).__name__}")
    if not (0 < len(value) <= _MAX_NAME and value.isprintable()):
        raise ValueError(f"{subject} must have 1 to {_MAX_NAME} printable characters, not {value[:200]!r}")


def step(
    *, key: str | None = None, retry: Retry = ONCE, timeout: float | None = None, at_most_once: bool = False
) -> Callable[[_F], _F]:
    """
    Set the options with which `run.step(name, function)` executes a function.

    Args:
        key: See `Step`; so the other arguments.
        retry: How often the function is tried.
        timeout: Seconds for one attempt.
        at_most_once: Whether a crash must not cause a second execution.

    Raises:
        TypeError, ValueError: A value is invalid.
    """

    def set_options(function: _F) -> _F:
        options = Step(getattr(function, "__name__", "step")[:_MAX_NAME], key, retry, timeout, at_most_once)
        setattr(function, _ATTRIBUTE, options)
        return function

    return set_options


def options_of(step: "str | Step", function: Callable[..., Any]) -> Step:
    """
    Return the options of a call.

    Args:
        step: The first argument of `run.step`: a name, or all options.
        function: The step's function, whose `@step` applies to a plain name.

    Raises:
        TypeError, ValueError: The name is invalid, or the function cannot be called.
    """
    if not callable(function):
        raise TypeError(f"a step needs a function, not {type(function).__name__}; pass its arguments after it")
    if isinstance(step, Step):
        return step
    preset: Step | None = getattr(function, _ATTRIBUTE, None)
    if preset is None:
        return Step(step)
    return Step(step, preset.key, preset.retry, preset.timeout, preset.at_most_once)


@dataclass(frozen=True, slots=True)
class CurrentStep:
    """
    The step that is being executed.

    Attributes:
        run_id: The run.
        name: The step's name.
        key: The key with which it was called; its number among the calls of the name if it has none.
        attempt: The number of this execution: 1, or more after a failure or a crash.
    """

    run_id: str
    name: str
    key: str
    attempt: int

    @property
    def idempotency_key(self) -> str:
        """Letters, digits and hyphens, the same in every attempt of this step: send it to services that accept one."""
        digest = hashlib.blake2b(f"{self.name}\0{self.key}".encode(), digest_size=12).hexdigest()
        return f"{self.run_id.replace('_', '-')}-{digest}"


CURRENT: ContextVar[CurrentStep | None] = ContextVar("current_step", default=None)


def current_step() -> CurrentStep:
    """
    Return the step that calls this.

    Raises:
        LookupError: No step is being executed.
    """
    found = CURRENT.get()
    if found is None:
        raise LookupError("current_step() works only within the function of a step")
    return found
