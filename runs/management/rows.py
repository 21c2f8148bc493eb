"""Rows of the tables that commands print about runs."""

from typing import Any

from runs.history import queries
from runs.history.durations import as_text
from runs.history.steps import StepOfRun
from runs.models import Run

_ERROR_CHARACTERS = 80  # of a step's error


def figures_row(name: str, figures: queries.Figures) -> tuple[Any, ...]:
    """Return the row of a group of runs: its name, and its figures."""
    success = None if figures.success is None else f"{100 * figures.success:.1f} %"
    times = (None if time is None else as_text(time) for time in (figures.p50, figures.p95, figures.p99))
    return (name, figures.runs, success, *times, *(figures.statuses.get(status, 0) for status in Run.Status.values))


def step_row(step: StepOfRun) -> tuple[Any, ...]:
    """Return the row of a step, with the state of its last execution."""
    last = step.last
    name = f"{step.step} {step.tag}".rstrip()
    duration = as_text(last.duration) if last.duration is not None else None
    return name, step.status, last.attempt, f"{last.started_at:%H:%M:%S}", duration, last.failure[:_ERROR_CHARACTERS]
