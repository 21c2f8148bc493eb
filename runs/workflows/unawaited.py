"""Calls of a run's handle that have to be awaited, so that those that never are can be named by their lines."""

import inspect
import sys
from collections.abc import Coroutine
from types import CodeType
from typing import Any

from runs.steps.errors import StepFailed

_MIN_KEPT = 64  # calls, before those that have ended are dropped
_MISUSES = ("TypeError", "AttributeError")
_DEPTH = 3  # of the workflow's frame: it calls a method of the handle, which calls `Run._watch`, which calls `add`


class Calls:
    """The calls of one execution that have not been awaited, as far as is known."""

    __slots__ = ("_kept", "_limit")

    def __init__(self) -> None:
        # With the method, and the place that calls it: an index is read faster than a line.
        self._kept: list[tuple[Coroutine[Any, Any, Any], str, CodeType, int]] = []
        self._limit = _MIN_KEPT

    def add(self, method: str, call: Coroutine[Any, Any, Any]) -> None:
        """
        Keep a call, with the place in the workflow that makes it.

        Args:
            method: The name of the handle's method.
            call: The coroutine that it returns.
        """
        frame = sys._getframe(_DEPTH)
        kept = self._kept
        if len(kept) >= self._limit:
            self._kept = kept = [each for each in kept if each[0].cr_frame is not None]  # type: ignore[attr-defined]
            self._limit = max(_MIN_KEPT, 2 * len(kept))
        kept.append((call, method, frame.f_code, frame.f_lasti))

    def take(self, error: BaseException | None = None) -> list[str]:
        """
        Close the calls that were never awaited.

        Args:
            error: The error with which the workflow ended, if it failed.

        Returns:
            The calls in their order, each with its file and line. None after an error that does not look as if a call
            was used in place of its result: the error may be why they were not awaited.
        """
        kind = error.error_type if isinstance(error, StepFailed) else type(error).__name__
        if error is not None and kind not in _MISUSES:
            return []
        found = [kept for kept in self._kept if inspect.getcoroutinestate(kept[0]) == inspect.CORO_CREATED]
        self._kept = []
        for call, *_ in found:
            call.close()  # or Python warns too, without the line
        return [
            f"run.{method}(...) in {code.co_filename}, line {_line_of(code, index)}" for _, method, code, index in found
        ]


def _line_of(code: CodeType, index: int) -> int | None:
    """Return the line of an instruction."""
    return next((line for start, end, line in code.co_lines() if start <= index < end), None)
