"""The owner of live runs, as they use it: the executor of their process, and its counts for /metrics."""

import asyncio
from dataclasses import dataclass, field
from typing import Any, Protocol

from runs.database_threads import DatabaseThreads
from runs.events.streams import Streams
from runs.journal.journal import Journal
from runs.models import ENDS
from runs.ports import EndCounter
from runs.workflows.secrets import Secrets


@dataclass
class RunCounts:
    """The counters of runs in /metrics, since this process started."""

    started: int = 0
    finished: dict[str, int] = field(default_factory=lambda: {end.value: 0 for end in ENDS})
    seconds: float = 0.0


class Owner(Protocol):
    """The part of the executor that a live run uses."""

    executor_id: int
    live: dict[str, Any]
    max_runs: int
    stopping: bool
    has_failures: bool
    loop: asyncio.AbstractEventLoop
    journal: Journal
    streams: Streams
    tallies: EndCounter
    figures: RunCounts
    recording: int
    thread_slots: asyncio.Semaphore
    threads: DatabaseThreads
    secrets: Secrets

    @property
    def count(self) -> int:
        """See `Executor.count`."""

    def start(self, live: Any) -> None:
        """See `Executor.start`."""

    def is_beginning(self, live: Any) -> bool:
        """See `Executor.is_beginning`."""

    def forget(self, live: Any) -> None:
        """See `Executor.forget`."""

    def paused(self, live: Any) -> None:
        """See `Executor.paused`."""

    def ended(self, live: Any) -> None:
        """See `Executor.ended`."""

    async def start_child(self, parent: Any, run_id: str, *child: Any) -> None:
        """See `ChildRuns.start`."""

    def abandon(self, live: Any) -> None:
        """See `Executor.abandon`."""
