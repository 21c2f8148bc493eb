"""Deprecated names for workflows written for 0.1: they have moved to `runs.workflows`."""

from typing import TYPE_CHECKING

from runs.workflows.deprecation import moved

if TYPE_CHECKING:
    from runs.workflows import Run as RunHandle
    from runs.workflows import ThreadRun as ThreadRunHandle

__all__ = ["RunHandle", "ThreadRunHandle"]

__getattr__ = moved(__name__, {"RunHandle": "Run", "ThreadRunHandle": "ThreadRun"})
