"""Deprecated names for workflows written for 0.1: they have moved to `runs.workflows`."""

from typing import TYPE_CHECKING

from runs.workflows.deprecation import moved

if TYPE_CHECKING:
    from runs.workflows import Request as Request

__all__ = ["Request"]

__getattr__ = moved(__name__, {"Request": "Request"})
