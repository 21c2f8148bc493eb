"""The public names for authors of workflows: `from runs.workflows import workflow, Request, Run`."""

from runs.delivery.request import Request
from runs.workflows.handle import Run, ThreadRun
from runs.workflows.registry import workflow

__all__ = ["Request", "Run", "ThreadRun", "workflow"]
