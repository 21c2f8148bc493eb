"""A run in memory, in place of the database: its rows, and the journal and the queries of the process that executes."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from runs.database_threads import DatabaseThreads
from runs.events.log import Reached
from runs.execution.executor import record_starts
from runs.journal.entry import Entry
from runs.journal.rows import (
    DELIVERY_COLUMNS,
    END,
    FINISH_COLUMNS,
    PAUSE,
    PAUSE_COLUMNS,
    RUN,
    RUN_COLUMNS,
    SEGMENT_COLUMNS,
    WITHOUT_STEPS,
    SegmentRow,
)
from runs.links.children import Outcome, cancel_children, read_outcome, record_of, wake_parents
from runs.links.keyed_signals import end_wait, take_keyed, withdraw
from runs.links.signals import give_back, take, wake_signalled
from runs.models import Delivery, Run, StepRecord
from runs.recovery.claims import Claim
from runs.steps.history import History, arrange
from runs.steps.values import encode_payload
from runs.testing.clock import ClockLoop
from runs.testing.results import ChildStart
from runs.workflows.registry import Workflow
from runs.workflows.secrets import SecretMissing, Secrets

_JSON = frozenset({"options", "path_params", "headers"})  # columns that the journal gets as text
_EVENTS = len(SEGMENT_COLUMNS) + 1  # with the lease


@dataclass
class KeptSignal:
    """A signal that was sent."""

    name: str
    payload: str  # JSON
    taken_by: str = ""  # the wait


@dataclass
class Rows:
    """The rows of one run. They outlive the processes that execute it."""

    run: Run | None = None  # once it is recorded
    delivery: Delivery | None = None
    events: list[str] = field(default_factory=list)  # the JSON of each
    records: list[StepRecord] = field(default_factory=list)
    signals: list[KeptSignal] = field(default_factory=list)
    waits: set[tuple[str, str]] = field(default_factory=set)  # for keyed signals: the name and the wait
    outcomes: Mapping[str, Any] = field(default_factory=dict)  # of children by workflow: an output, or an exception
    children: dict[str, ChildStart] = field(default_factory=dict)  # that were started, by run id
    secrets: Mapping[str, str] = field(default_factory=dict)

    def history(self) -> History | None:
        """Return what the steps have recorded, if anything."""
        return arrange(self.records) if self.records else None

    def claim(self, workflow: Workflow, now: datetime, *, crashed: bool) -> Claim:
        """
        Claim the run for its next execution, as `runs.recovery.claims` does.

        Args:
            workflow: Its workflow.
            now: The time.
            crashed: Whether the process that executed it ended.
        """
        run = self.run
        assert run is not None
        has_waited, failed = run.status == Run.Status.WAITING, run.status == Run.Status.QUEUED
        begun_at = run.started_at
        run.lease += 1
        run.attempt += crashed or failed
        run.crashes += crashed
        run.retries += failed
        run.status, run.started_at, run.wake_at, run.executor_id = Run.Status.RUNNING, now, None, 1
        progress = [event["progress"] for event in map(json.loads, self.events) if event["type"] == "progress"]
        return Claim(
            run,
            self.delivery,
            Reached(len(self.events), self.events[-1] if self.events else "", max(progress, default=0)),
            crashed,
            begun_at=begun_at,
            has_waited=has_waited,
            history=self.history(),
            workflow=workflow,
        )

    def write(self, kind: int, row: tuple[Any, ...]) -> None:
        """Write a row of the journal."""
        if kind == RUN:
            self.run = Run(**_columns(RUN_COLUMNS, row))
            self.delivery = Delivery(run=self.run, **_columns(DELIVERY_COLUMNS, row[len(RUN_COLUMNS) :]))
            return
        if kind in WITHOUT_STEPS:
            self.records += records_of(kind, row)
            kind, row = WITHOUT_STEPS[kind], row[:-1]
        segment = SegmentRow(*row[:_EVENTS])
        self.events += segment.data.split("\n") if segment.data else []
        columns = {END: FINISH_COLUMNS, PAUSE: PAUSE_COLUMNS}.get(kind, ())
        for name, value in zip(columns, row[_EVENTS:], strict=True):
            setattr(self.run, name, value)


def records_of(kind: int, row: tuple[Any, ...]) -> list[StepRecord]:
    """Return the records of steps in a row of the journal."""
    rows = row[-1] if kind in WITHOUT_STEPS else ()
    return [record_of(values) for values in rows]


def _columns(names: tuple[str, ...], row: tuple[Any, ...]) -> dict[str, Any]:
    columns = zip(names, row[: len(names)], strict=True)
    return {name: json.loads(value) if name in _JSON else value for name, value in columns}


Crashes = Callable[[list[StepRecord], bool], bool]


class MemoryJournal:
    """Commits at the end of each turn of the loop, as the journal does at best; its process can crash at a commit."""

    def __init__(self, rows: Rows, loop: ClockLoop, crashes: Crashes, crash: Callable[[], None]) -> None:
        """
        Args:
            rows: Where to write.
            loop: The event loop.
            crashes: Called with the records of a commit, first with False, before it, then with True, after it.
                Returns whether the process ends.
            crash: Ends the process.
        """
        self._rows = rows
        self._loop = loop
        self._crashes = crashes
        self._crash = crash
        self._waiting: list[Entry] = []
        self.is_over = False

    def utc_now(self) -> datetime:
        """Return the time."""
        return self._loop.clock.now()

    now = utc_now

    def later(self, seconds: float) -> datetime:
        """Return the time in so many seconds."""
        return self.utc_now() + timedelta(seconds=seconds)

    def as_value(self, moment: datetime) -> datetime:
        """Return a moment as a value for a column."""
        return moment

    def enlist(self, entry: Entry) -> None:
        """Write the entry at the end of this turn of the loop."""
        if not self._waiting:
            self._loop.call_soon(self._commit)
        self._waiting.append(entry)

    def _commit(self) -> None:
        waiting, self._waiting = self._waiting, []
        if self.is_over:
            return
        rows = [entry.take() for entry in waiting]
        records = [record for kind, row, _ in rows for record in records_of(kind, row)]
        if self._crashes(records, False):
            self._crash()
            return
        for kind, row, _ in rows:
            self._rows.write(kind, row)
        if self._crashes(records, True):
            self._crash()
            return
        for entry in waiting:
            entry.written()


class MemoryQueries(DatabaseThreads):
    """Answers the queries of a live run from its rows. Each function that queries the database has its counterpart."""

    def __init__(self, rows: Rows, notice: Callable[[str, str], None]) -> None:
        """
        Args:
            rows: The rows.
            notice: Called with the name and the wait of each query for a signal, before it is answered.
        """
        self._rows = rows
        self._notice = notice
        self._answers: dict[Callable[..., Any], Callable[..., Any]] = {
            take: self._take,
            give_back: self._give_back,
            take_keyed: self._take_keyed,
            end_wait: lambda run_id, name, key, wait: rows.waits.discard((name, wait)),  # a signal was taken before
            withdraw: lambda run_id, name, key, wait, lease: rows.waits.discard((name, wait)),
            record_starts: lambda runs: runs,
            wake_signalled: lambda: 0,  # the simulation wakes it
            wake_parents: lambda: 0,
            cancel_children: lambda run_ids: 0,
            read_outcome: self._read_outcome,
        }

    async def run(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """
        Return the answer that the function would give.

        Raises:
            NotImplementedError: It has no counterpart.
        """
        answer = self._answers.get(function)
        if answer is None:
            raise NotImplementedError(f"{function.__qualname__} queries the database, and has no counterpart in memory")
        return answer(*args, **kwargs)

    def _take(self, run_id: str, name: str, wait: str) -> str | None:
        self._notice(name, wait)
        signals = [signal for signal in self._rows.signals if signal.name == name]
        for taken_by in (wait, ""):
            for signal in signals:
                if signal.taken_by == taken_by:
                    signal.taken_by = wait
                    return signal.payload
        return None

    def _give_back(self, run_id: str, name: str, wait: str, lease: int) -> None:
        for signal in self._rows.signals:
            if (signal.name, signal.taken_by) == (name, wait):
                signal.taken_by = ""

    def _take_keyed(self, run_id: str, name: str, key: str, wait: str) -> str | None:
        payload = self._take(run_id, name, wait)
        if payload is None:
            self._rows.waits.add((name, wait))
        else:
            self._rows.waits.discard((name, wait))
        return payload

    def _read_outcome(self, run_id: str) -> Outcome:
        workflow = self._rows.children[run_id].workflow
        if workflow not in self._rows.outcomes:
            raise LookupError(f"the test has no outcome for the child {workflow!r}: set children={{{workflow!r}: ...}}")
        outcome = self._rows.outcomes[workflow]
        if isinstance(outcome, BaseException):
            return Outcome(Run.Status.ERROR, error=(type(outcome).__name__, str(outcome)))
        return Outcome(Run.Status.COMPLETE, output=encode_payload(outcome))


class MemorySecrets(Secrets):
    """The secrets of a test, in place of those of an app."""

    def __init__(self, values: Mapping[str, str]) -> None:
        """
        Args:
            values: The secrets, by name.
        """
        super().__init__()
        self._of_test = values

    def value(self, app_id: str, name: str) -> str:
        """
        Return a secret.

        Raises:
            SecretMissing: The test has none of this name.
        """
        if name not in self._of_test:
            raise SecretMissing(f"The test has no secret {name!r}: set secrets={{{name!r}: ...}}")
        return self._of_test[name]


class NoReaders:
    """In place of the open streams of a process: nobody reads."""

    def __init__(self) -> None:
        self.hints = self

    def tell(self, run_id: str, feed: Any) -> None:
        """Do nothing."""


class NoCounts:
    """In place of the counts of ended runs."""

    def ended(self, app_id: str, source_id: int | None, status: str, finished_at: Any, duration: float) -> None:
        """Do nothing."""
