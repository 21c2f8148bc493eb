"""The public names for authors of workflows: `from runs.workflows import workflow, Request, Run`."""

from runs.delivery.request import Request
from runs.steps.errors import Fatal, RetryAfter, StepFailed, StepInterrupted, Suspended, WorkflowChanged
from runs.steps.options import CurrentStep, Step, current_step, step
from runs.steps.retry import Retry
from runs.workflows.handle import Run, RunEnded, ThreadRun, TooManyEvents
from runs.workflows.registry import workflow

__all__ = [
    "CurrentStep",
    "Fatal",
    "Request",
    "Retry",
    "RetryAfter",
    "Run",
    "RunEnded",
    "Step",
    "StepFailed",
    "StepInterrupted",
    "Suspended",
    "ThreadRun",
    "TooManyEvents",
    "WorkflowChanged",
    "current_step",
    "step",
    "workflow",
]
