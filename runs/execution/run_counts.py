"""Counts of the runs that this process has executed, for /metrics."""

from dataclasses import dataclass, field

from runs.models import Run


@dataclass
class RunCounts:
    """The counters of runs in /metrics, since this process started."""

    started: int = 0
    finished: dict[str, int] = field(default_factory=lambda: dict.fromkeys(Run.Status.values[2:], 0))
    seconds: float = 0.0
