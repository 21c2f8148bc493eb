"""What commands print about runs: rows of tables, and values as text."""

from datetime import datetime
from typing import Any

from runs.history import queries
from runs.history.durations import as_text
from runs.history.steps import StepOfRun
from runs.management.terminal import json_line, printable
from runs.models import Run

_ERROR_CHARACTERS = 80  # of a step's error
_SECONDS = ("timeout", "duration")  # fields that are printed as durations
_MAX_SHOWN = 2_000  # characters of a body or an output


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
    note = last.failure[:_ERROR_CHARACTERS] or step.child
    return name, step.status, last.attempt, f"{last.started_at:%H:%M:%S}", duration, note


def value_text(name: str, value: Any) -> str:
    """Return the value of a run's field as text."""
    if name in _SECONDS:
        return as_text(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, str) else json_line(value)


def shortened(text: str) -> str:
    """Return the beginning of a body or an output."""
    more = f"\n... ({len(text)} characters; --json prints all)" if len(text) > _MAX_SHOWN else ""
    return printable(text[:_MAX_SHOWN]) + more
