"""The public names for authors of workflows: `from runs.workflows import workflow, Request, Run`."""

from runs.delivery.request import PayloadFailed, Request
from runs.events.response import InvalidResponse, Response
from runs.ports import SecretUnreadable
from runs.steps.errors import (
    AlreadyResponded,
    ChildFailed,
    Fatal,
    InvalidPayload,
    RetryAfter,
    StepFailed,
    StepInterrupted,
    Suspended,
    WorkflowChanged,
)
from runs.steps.options import CurrentStep, Step, current_step, step
from runs.steps.retry import Retry
from runs.workflows.handle import Run, RunEnded, TooManyEvents
from runs.workflows.registry import workflow
from runs.workflows.secrets import SecretMissing
from runs.workflows.thread_run import ThreadRun

__all__ = [
    "AlreadyResponded",
    "ChildFailed",
    "CurrentStep",
    "Fatal",
    "InvalidPayload",
    "InvalidResponse",
    "PayloadFailed",
    "Request",
    "Response",
    "Retry",
    "RetryAfter",
    "Run",
    "RunEnded",
    "SecretMissing",
    "SecretUnreadable",
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
