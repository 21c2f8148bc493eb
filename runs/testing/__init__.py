"""
A pytest plugin for tests of workflows: the fixture `run_workflow` executes a run in memory.

It is loaded before Django is set up, so it imports modules that need Django within functions.
"""

import os
from collections.abc import Callable
from typing import Any

import django
import pytest
from django.apps import apps

from runs.testing.results import ChildStart, Failure, NeverAwaited, NoSuchStep, RunNotComplete, RunResult, StepResult

__all__ = [
    "ChildStart",
    "Failure",
    "NeverAwaited",
    "NoSuchStep",
    "RunNotComplete",
    "RunResult",
    "RunWorkflow",
    "Signal",
    "StepResult",
    "make_request",
]

RunWorkflow = Callable[..., RunResult]  # the type of the fixture


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Set Django up, unless pytest-django has done so."""
    if not apps.ready:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sinkhub.settings")
        django.setup()


@pytest.fixture
def run_workflow() -> RunWorkflow:
    """Execute a run of a workflow in memory: see `runs.testing.simulation.run_workflow`."""
    from runs.testing.simulation import run_workflow

    return run_workflow


def __getattr__(name: str) -> Any:
    """Return the names that need Django (PEP 562)."""
    if name == "Signal":
        from runs.testing.signals import Signal

        return Signal
    if name == "make_request":
        from runs.testing.request import make_request

        return make_request
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
