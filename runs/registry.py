"""Deprecated names for workflows written for 0.1: they have moved to `runs.workflows`."""

from typing import TYPE_CHECKING

from runs.workflows.deprecation import moved

if TYPE_CHECKING:
    from runs.workflows import workflow as workflow

__all__ = ["workflow"]

__getattr__ = moved(__name__, {"workflow": "workflow"})
