"""Where the run handles were up to 0.1: import `Run` and `ThreadRun` from `runs.workflows`."""

from typing import TYPE_CHECKING, Any

from runs import workflows
from runs.workflows.deprecation import warn_of_move

if TYPE_CHECKING:
    pass

_MOVED = {"RunHandle": "Run", "ThreadRunHandle": "ThreadRun"}


def __getattr__(name: str) -> Any:
    if name not in _MOVED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    warn_of_move(f"runs.executor.{name}", _MOVED[name])
    return getattr(workflows, _MOVED[name])
