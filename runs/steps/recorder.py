"""The records of a live run's steps between their making and their commit, and the run as its steps use it."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

_OVERHEAD = 300  # bytes of a record in addition to its value, roughly
_VALUE = 11  # the place of the value in a StepRow


class LiveSteps(Protocol):
    """The part of a live run that its steps use."""

    run_id: str
    lease: int
    progress: int
    shown: int

    def check_live(self) -> None:
        """
        Check that the run may still call steps.

        Raises:
            RunEnded: The run has ended.
            TooManyEvents: The run has reached MAX_EVENTS.
        """

    def emit(self, data: str) -> None:
        """Number an event, and record it together with the records of steps that `RunSteps.take` returns."""

    def now(self) -> Any:
        """Return the time as a value for the database's columns."""

    def utc_now(self) -> datetime:
        """Return the time."""

    def let_go(self, until: datetime | None) -> None:
        """Pause the run until a moment, or until a signal comes, as soon as its workflow has ended."""

    async def start_child(
        self, run_id: str, workflow: str, payload: str, options: dict[str, Any], is_awaited: bool, record: Any
    ) -> None:
        """
        Start a child run.

        Args:
            run_id: Its id.
            workflow: The name of its workflow.
            payload: Its payload, JSON.
            options: The workflow's options.
            is_awaited: Whether its end wakes this run.
            record: A StepRow, written in the transaction that records the child.

        Raises:
            ValueError: The workflow is not installed, or does not accept the options.
            RunEnded: The run has ended, or another process executes it.
        """

    async def in_thread(self, function: Callable[..., Any], *args: Any) -> Any:
        """Call a function that queries the database."""


class Declared(Protocol):
    """What the author of a workflow declares: see `registry.Workflow`."""

    @property
    def is_async(self) -> bool:
        """Whether it is an `async def`."""

    @property
    def version(self) -> str:
        """The version of its code."""

    @property
    def steps(self) -> int:
        """How many steps it announces, for the progress; 0 if it announces none."""


class Recorder:
    """Numbers records, keeps those that the journal has not taken, and notifies those who wait for their commit."""

    def __init__(self, run_id: str, last: int, now: Callable[[], Any]) -> None:
        """
        Args:
            run_id: The run.
            last: The place of the newest record that earlier executions made.
            now: Returns the time as a value for the database's columns.
        """
        self._run_id = run_id
        self._place = last
        self._now = now
        self._pending: dict[int, tuple[Any, ...]] = {}  # records that the journal has not taken, by place
        self._waiting: list[asyncio.Future[None]] = []  # for the commit of pending records
        self._in_flight: list[asyncio.Future[None]] = []  # for the commit of records that the journal has taken
        # Whether a record must be committed before anything leaves the process that depends on it.
        self.has_to_commit = False

    def add(
        self,
        kind: str,
        name: str = "",
        key: str = "",
        number: int = 0,
        scope: str = "",
        position: int = 0,
        status: str = "",
        attempt: int = 0,
        digest: str = "",
        value: str = "",
        at: Any = None,
        duration: float | None = None,
    ) -> int:
        """Add a record, which the journal takes with the next event. Return its place. See `StepRow`."""
        self._place += 1
        self._pending[self._place] = (
            self._run_id,
            self._place,
            kind,
            name,
            key,
            number,
            scope,
            position,
            status,
            attempt,
            digest,
            value,
            at if at is not None else self._now(),
            duration,
        )
        return self._place

    def row(self, kind: str, place: tuple[str, str, int, str, int], *state: Any) -> tuple[Any, ...]:
        """
        Return a record that is not written by the journal.

        Args:
            kind: The kind.
            place: Name, key, number, scope and position.
            state: Status, attempt, digest and value.
        """
        self._place += 1
        return self._run_id, self._place, kind, *place, *state, self._now(), None

    def drop(self, place: int) -> None:
        """Drop a record that the journal has not taken: a later one tells as much."""
        self._pending.pop(place, None)

    @property
    def size(self) -> int:
        """Roughly how many bytes the pending records take."""
        return sum(len(row[_VALUE]) + _OVERHEAD for row in self._pending.values())

    def take(self) -> tuple[Any, ...]:
        """Return the pending records for the journal."""
        pending, self._pending = tuple(self._pending.values()), {}
        self._in_flight += self._waiting
        self._waiting = []
        return pending

    def written(self) -> None:
        """Notify those who wait that the records that were taken last are committed."""
        in_flight, self._in_flight = self._in_flight, []
        for future in in_flight:
            if not future.done():
                future.set_result(None)

    async def committed(self) -> None:
        """Wait until all pending records are committed. An event has to be pending too."""
        await self.flushed()

    def flushed(self) -> "asyncio.Future[None]":
        """Return the future that `committed` waits for."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        self.has_to_commit = False
        return future

    def close(self) -> None:
        """Cancel all who wait."""
        for future in [*self._waiting, *self._in_flight]:
            future.cancel()
