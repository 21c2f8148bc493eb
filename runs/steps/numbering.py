"""Number the calls of steps and children, and compare each with what the run has recorded at its place."""

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from runs.models import StepRecord
from runs.steps.errors import WorkflowChanged
from runs.steps.history import ANY_ARGUMENTS, History, Identity, PastStep
from runs.steps.options import CURRENT
from runs.steps.scopes import Scope

_STEP = StepRecord.Kind.STEP.value


@dataclass(slots=True)
class Call:
    """One call of `run.step`, `run.start` or `run.call`."""

    kind: str
    name: str
    key: str | None
    number: int  # among the calls of the name; 0 with a key
    scope: Scope
    position: int  # among the calls of its task
    digest: str
    past: PastStep | None

    @property
    def identity(self) -> Identity:
        return self.kind, self.name, self.key or "", self.number

    @property
    def place(self) -> tuple[str, str, int, str, int]:
        """The columns of its records that say where it is called."""
        return self.name, self.key or "", self.number, self.scope.path, self.position


class Numbering:
    """The calls of one execution of a run."""

    def __init__(self, run_id: str, past: History, main: Scope, scope: Callable[[], Scope]) -> None:
        """
        Args:
            run_id: The run.
            past: What earlier executions recorded.
            main: The scope of the workflow's own task.
            scope: Returns the scope of the calling task.
        """
        self._run_id = run_id
        self._main = main
        self._past = past
        self._scope = scope
        self._numbers: dict[tuple[str, str], int] = {}  # how many calls of each kind and name had no key
        self._callers: dict[tuple[str, str], Scope] = {}  # the scope that called each name last, without a key
        self._keys: set[Identity] = set()
        self.changed: WorkflowChanged | None = None  # the first difference to the recorded calls

    def call(self, kind: str, name: str, key: str | None, digest: str) -> Call:
        """
        Number a call.

        Args:
            kind: Of its records: step, start or call.
            name: The name of the step, or of the child's workflow.
            key: Tells calls of the name apart, in place of a number.
            digest: Of its arguments.

        Raises:
            RuntimeError: A step calls it, or another task has an unfinished call of the name, also without a key.
            ValueError: The key was used before.
            WorkflowChanged: The run has recorded another call here, or other arguments.
        """
        if self.changed is not None:
            raise self.changed
        if (outer := CURRENT.get()) is not None and outer.run_id == self._run_id:
            what = described((kind, name, "", 0))
            raise RuntimeError(f"the step {outer.name!r} calls {what}: call it from the workflow only")
        scope = self._scope()
        scope.steps += 1
        number = 0
        if key is None:
            self._check_caller(kind, name, scope)
            number = self._numbers[kind, name] = self._numbers.get((kind, name), 0) + 1
        identity = (kind, name, key or "", number)
        if number == 0:
            if identity in self._keys:
                raise ValueError(f"{described(identity)} was called with the key {key!r} before")
            self._keys.add(identity)
        call = Call(kind, name, key, number, scope, scope.steps, digest, self._past.steps.get(identity))
        self._check_unchanged(call)
        return call

    def _check_caller(self, kind: str, name: str, scope: Scope) -> None:
        """Refuse numbers that depend on which task is faster."""
        before = self._callers.get((kind, name))
        if before is not None and before is not scope and not before.is_over():
            what = described((kind, name, "", 0))
            keyed = f"Step({name!r}, key=...), ..." if kind == _STEP else f"{name!r}, ..., key=..."
            raise RuntimeError(
                f"{_caller()}: two tasks call {what} at the same time, and neither sets a key."
                f" Give each call its own: run.{kind}({keyed})"
            )
        self._callers[kind, name] = scope

    def _check_unchanged(self, call: Call) -> None:
        """Compare a call with the recorded one."""
        past = call.past
        if past is not None and past.digest not in (call.digest, ANY_ARGUMENTS):
            self._refuse(
                f"The workflow calls {described(call.identity)} with other arguments than its run has recorded."
                " Values that change, such as the time, have to come from a step, run.now() or run.random()."
            )
        if past is not None or call.scope.path:
            return  # the order in which tasks call their steps may differ
        recorded = self._past.called.get((call.scope.path, call.position))
        if recorded is None or not self._past.steps[recorded].is_certain:
            return
        self._refuse(
            f"The workflow calls {described(call.identity)} where its run has recorded {described(recorded)}."
            " Its code has changed: let old runs finish on old code (run.version), or replay the run."
        )

    def check_all_called(self) -> None:
        """
        Check, at the end of the workflow, that its own task has called each step and child that the last executions
        have recorded for it. After a failed attempt, the workflow may take another way.

        Raises:
            WorkflowChanged: It has not called one of them.
        """
        main = self._main
        for (path, position), identity in self._past.called.items():
            past = self._past.steps[identity]
            is_old = past.place < self._past.retried_at
            if path == main.path and position > main.steps and past.is_over and not is_old:
                self._refuse(
                    f"The workflow has ended without {described(identity)}, which its run has recorded."
                    " Its code has changed: let old runs finish on old code (run.version), or replay the run."
                )

    def _refuse(self, text: str) -> NoReturn:
        self.changed = WorkflowChanged(text)
        raise self.changed


def described(identity: Identity) -> str:
    """Return what a call is, as in `the step 'charge'`."""
    kind, name = identity[:2]
    return f"the step {name!r}" if kind == _STEP else f"a child run of {name!r}"


def _caller() -> str:
    """Return the line of the workflow that calls the handle."""
    for frame in reversed(traceback.extract_stack()[:-1]):
        if "/runs/steps/" not in frame.filename and "/runs/workflows/handle" not in frame.filename:
            return f"{frame.filename}, line {frame.lineno}"
    return "the workflow"
