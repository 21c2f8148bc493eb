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
        parked: How many of its waits are in progress.
    """

    __slots__ = ("_count", "calls", "children", "owner", "parked", "path", "run_id", "steps")

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
        self.parked = 0
        self.children: list[Scope] = []  # those that may still work
        self._count = 0

    def child(self, owner: "asyncio.Task[Any] | threading.Thread | None") -> "Scope":
        """Return the scope of a task or thread that this one started."""
        self._count += 1
        path = f"{self.path}.{self._count}" if self.path else str(self._count)
        self.children = [child for child in self.children if not child.is_over()]
        self.children.append(child := Scope(self.run_id, path, owner))
        return child

    def is_working(self) -> bool:
        """Return whether its task, or one that it started, does something else than wait for SinkHub or for others."""
        self.children = [child for child in self.children if not child.is_over()]
        if self.children:
            return any(child.is_working() for child in self.children)  # a task that started others awaits them
        return not self.parked and not self.is_over()

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
