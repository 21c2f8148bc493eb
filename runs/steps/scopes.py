"""Scopes: the tasks and threads of a workflow, in each of which calls and steps are numbered."""

import asyncio
import threading
from contextvars import ContextVar
from typing import Any


class Scope:
    """
    One task or thread of a workflow.

    Attributes:
        path: Its path: empty for the workflow's own task or thread, "1" for the first other one that calls its run,
            "1.2" for the second that this one started.
        calls: How many reports (`log`, `progress`) it has made in this execution.
        steps: How many steps it has called in this execution.
    """

    __slots__ = ("_children", "calls", "owner", "path", "run_id", "steps")

    def __init__(self, run_id: str, path: str, owner: "asyncio.Task[Any] | threading.Thread | None") -> None:
        """
        Args:
            run_id: The run.
            path: See above.
            owner: The task or thread; None for a scope that all tasks may use in which it is set.
        """
        self.run_id = run_id
        self.path = path
        self.owner = owner
        self.calls = 0
        self.steps = 0
        self._children = 0

    def child(self, owner: "asyncio.Task[Any] | threading.Thread | None") -> "Scope":
        """Return the scope of a task or thread that this one started."""
        self._children += 1
        path = f"{self.path}.{self._children}" if self.path else str(self._children)
        return Scope(self.run_id, path, owner)

    def is_over(self) -> bool:
        """Return whether its task or thread has ended."""
        if isinstance(self.owner, asyncio.Task):
            return self.owner.done()
        return isinstance(self.owner, threading.Thread) and not self.owner.is_alive()


_scope: ContextVar[Scope | None] = ContextVar("scope", default=None)


def enter(scope: Scope) -> None:
    """Make a scope the one of this context, as `scope_of` finds it."""
    _scope.set(scope)


def scope_of(main: Scope) -> Scope:
    """
    Return the scope of the task that calls this. Its first call makes the scope.

    Args:
        main: The scope of the workflow's own task.
    """
    scope = _scope.get()
    task = asyncio.current_task()
    if scope is None or scope.run_id != main.run_id:
        scope = main  # the context of the workflow's own task, or of one that it started before its first call
    if scope.owner is not None and scope.owner is not task:
        scope = scope.child(task)
    _scope.set(scope)
    return scope
