"""Where `workflow` was up to 0.1: import `workflow` from `runs.workflows`."""

from typing import TYPE_CHECKING, Any

from runs import workflows
from runs.workflows.deprecation import warn_of_move

if TYPE_CHECKING:
    from runs.workflows import workflow as workflow


def __getattr__(name: str) -> Any:
    if name != "workflow":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    warn_of_move("runs.registry.workflow", "workflow")
    return workflows.workflow
