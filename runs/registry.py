"""Where workflows of 0.1 import from: see `runs.workflows.registry`."""

from runs.workflows.registry import workflow as workflow
