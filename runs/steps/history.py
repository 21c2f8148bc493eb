"""The recorded steps of a run: read from the database, arranged for its next execution, and given back in order."""

import asyncio
import json
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from runs.models import StepRecord
from runs.steps.errors import failure_of

# The kind, the name and the key of a step or a child; its number among the calls of the name if it has no key.
Identity = tuple[str, str, str, int]
Place = tuple[str, int]  # the path of a scope, and the number of a step within it

_PATIENCE = 1.0  # seconds to wait for a call that the workflow does not make any more
ANY_ARGUMENTS = "*"  # in place of a digest: the arguments of the step may have changed
_READ_AT_ONCE = 20  # records, each up to MAX_STEP_BYTES

Status = StepRecord.Status
_NUMBERED = frozenset({StepRecord.Kind.STEP, StepRecord.Kind.START, StepRecord.Kind.CALL})


@dataclass(slots=True)
class PastStep:
    """The recorded state of a step, a child or a wait."""

    place: int  # of its newest record
    status: str
    attempt: int  # the number of its last execution
    digest: str  # of its arguments
    value: str  # its result, or its error, as JSON
    failures: int = 0  # since its last end
    at: datetime | None = None  # when its last execution began
    duration: float = 0.0
    key: str = ""

    @property
    def is_over(self) -> bool:
        """Whether it has a result or a final error."""
        return self.status in (Status.COMPLETE, Status.ERROR)


@dataclass
class History:
    """Everything that a run's earlier executions recorded."""

    steps: dict[Identity, PastStep] = field(default_factory=dict)
    order: list[int] = field(default_factory=list)  # the places of results and errors, as they were committed
    calls: dict[str, int] = field(default_factory=dict)  # how many reports each scope made, by path
    called: dict[Place, Identity] = field(default_factory=dict)  # which step or child each scope called
    # Of `now`, `random` and `signal_url`, by name, scope and number.
    values: dict[tuple[str, str, int], str] = field(default_factory=dict)
    waits: dict[tuple[str, str, int], PastStep] = field(default_factory=dict)  # by name, scope and number
    spent: dict[int, float] = field(default_factory=dict)  # seconds that an attempt has executed before, by attempt
    response: Place | None = None  # the scope that set the run's response, and the number of this call in it
    version: str = ""
    last: int = 0  # the place of the newest record
    # Steps that were recorded at later places may differ, because a failed step before them is executed again.
    certain_until: int = 0


def read_histories(run_ids: Iterable[str], *, again: Iterable[str] = ()) -> dict[str, History]:
    """
    Read what runs have recorded. Blocking: call it in a thread.

    Args:
        run_ids: The runs.
        again: Those whose last attempt failed: their failed steps are executed again.

    Returns:
        The histories of those runs that have one.
    """
    records: dict[str, list[StepRecord]] = {}
    # The database's order of texts may differ from ours, but the records of a run stay in order.
    found = StepRecord.objects.filter(run_id__in=list(run_ids)).exclude(kind=StepRecord.Kind.FAILURE)
    found = found.order_by("run_id", "place")
    for record in found.iterator(chunk_size=_READ_AT_ONCE):
        records.setdefault(record.run_id, []).append(record)
    failed = frozenset(again)
    return {run_id: arrange(of_run, run_id in failed) for run_id, of_run in records.items()}


def arrange(records: Iterable[StepRecord], again: bool) -> History:
    """
    Arrange a run's records.

    Args:
        records: All of them, by place.
        again: Whether failed steps are executed again.
    """
    history = History()
    for record in records:
        history.last = record.place
        if record.kind in _NUMBERED:
            _add(history, (record.kind, record.name, record.key, record.number), record)
        elif record.kind == StepRecord.Kind.CALLS:
            history.calls = json.loads(record.value)
        elif record.kind == StepRecord.Kind.VERSION:
            history.version = record.value
        elif record.kind == StepRecord.Kind.RESPONSE:
            history.response = record.scope, record.number
        elif record.kind == StepRecord.Kind.WAIT:
            history.waits[record.name, record.scope, record.number] = _past_of(record, 0)
        elif record.kind == StepRecord.Kind.SPENT:
            history.spent[record.attempt] = float(record.value)
        else:
            history.values[record.name, record.key, record.number] = record.value
    history.certain_until = history.last
    if again:
        failed = [past.place for past in history.steps.values() if past.status == Status.ERROR]
        history.certain_until = min([*failed, history.last + 1]) - 1
    given_back = [past for past in history.steps.values() if past.is_over and not is_again(history, past)]
    waited = [past for past in history.waits.values() if past.is_over]
    history.order = sorted(past.place for past in [*given_back, *waited])
    return history


def _add(history: History, identity: Identity, record: StepRecord) -> None:
    before = history.steps.get(identity)
    history.called.setdefault((record.scope, record.position), identity)
    failures = before.failures if before is not None and not before.is_over else 0
    if record.status in (Status.RETRYING, Status.ERROR):
        failures += 1
    history.steps[identity] = _past_of(record, failures)


def _past_of(record: StepRecord, failures: int) -> PastStep:
    values = record.place, record.status, record.attempt, record.digest, record.value
    return PastStep(*values, failures, record.at, record.duration or 0.0, record.key)


def is_again(history: History, past: PastStep) -> bool:
    """Return whether a step that failed is executed again, unless it must be executed at most once."""
    return past.status == Status.ERROR and past.place > history.certain_until


def value_of(past: PastStep) -> Any:
    """Return the recorded result or error of a step, decoded."""
    return json.loads(past.value)


class ReplayOrder:
    """Lets calls continue in the order of their recorded places, one in each turn of the loop."""

    def __init__(self, places: Iterable[int]) -> None:
        """
        Args:
            places: The places of the recorded results, in order.
        """
        self._places = deque(places)
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._is_scheduled = False

    async def turn(self, place: int) -> None:
        """Wait until the results at earlier places have come back. Not for ever: the workflow's code may be another."""
        loop = asyncio.get_running_loop()
        self._waiting[place] = waiting = loop.create_future()
        self._schedule()
        try:
            await waiting
        finally:
            self._waiting.pop(place, None)

    async def give_back(self, name: str, past: PastStep) -> Any:
        """
        Return the recorded result of a step or a child when its turn has come.

        Args:
            name: The name of the step, or of the child's workflow.
            past: Its state, with a result or an error.

        Raises:
            StepFailed: The recorded error.
        """
        await self.turn(past.place)
        value = value_of(past)
        if past.status == Status.COMPLETE:
            return value
        raise failure_of(name, value)

    def close(self) -> None:
        """Cancel all that waits."""
        if self._timer is not None:
            self._timer.cancel()
        for waiting in list(self._waiting.values()):
            waiting.cancel()

    def _schedule(self) -> None:
        if not self._is_scheduled:
            self._is_scheduled = True
            asyncio.get_running_loop().call_soon(self._continue)

    def _continue(self) -> None:
        self._is_scheduled = False
        # A call that comes after its turn was passed over need not wait.
        late = [place for place in self._waiting if not self._places or place < self._places[0]]
        for place in late:
            self._release(place)
        if not self._waiting:
            return
        if self._places and self._places[0] in self._waiting:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            self._release(self._places.popleft())
            if self._waiting:
                self._schedule()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_PATIENCE, self._pass_over)

    def _pass_over(self) -> None:
        """Stop waiting for results that come before those that are waited for."""
        self._timer = None
        if self._waiting:
            first = min(self._waiting)
            while self._places and self._places[0] < first:
                self._places.popleft()
            self._schedule()

    def _release(self, place: int) -> None:
        waiting = self._waiting.pop(place)
        if not waiting.done():
            waiting.set_result(None)
