"""What workflows of 0.1 import from here has moved to `runs.workflows`."""

from typing import TYPE_CHECKING

from runs.workflows.deprecation import moved

if TYPE_CHECKING:
    from runs.workflows import Run as RunHandle
    from runs.workflows import ThreadRun as ThreadRunHandle

__all__ = ["RunHandle", "ThreadRunHandle"]

__getattr__ = moved(__name__, {"RunHandle": "Run", "ThreadRunHandle": "ThreadRun"})
