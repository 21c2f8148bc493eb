"""Where `Request` was up to 0.1: import `Request` from `runs.workflows`."""

from typing import TYPE_CHECKING, Any

from runs import workflows
from runs.workflows.deprecation import warn_of_move

if TYPE_CHECKING:
    from runs.workflows import Request as Request


def __getattr__(name: str) -> Any:
    if name != "Request":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    warn_of_move("runs.request.Request", "Request")
    return workflows.Request
