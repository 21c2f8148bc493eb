"""The recorded steps of a run: read from the database, arranged for its next execution, and given back in order."""

import asyncio
import json
import sys
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
_SHORT_PATIENCE = 0.02  # the same, for calls of a failed attempt, which the workflow need not make again
_END = sys.maxsize  # after all places
ANY_ARGUMENTS = "*"  # in place of a digest: the arguments of the step may have changed
# Turns of the loop between the last recorded result and the first new one: enough that the workflow has done what
# follows from the recorded results, such as to cancel a step that was slower than another.
_SETTLING_TURNS = 10
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
    # Whether each later execution calls it, unless the workflow's code changes. Not so after a failed attempt, for what
    # that has recorded since its first failed step: the step is executed again, and may end in another way.
    is_certain: bool = True

    @property
    def is_over(self) -> bool:
        """Whether it has a result or a final error."""
        return self.status in (Status.COMPLETE, Status.ERROR)


@dataclass
class History:
    """Everything that a run's earlier executions recorded."""

    steps: dict[Identity, PastStep] = field(default_factory=dict)
    order: list[int] = field(default_factory=list)  # the places of results and errors, as they were committed
    uncertain: set[int] = field(default_factory=set)  # those of them that this execution may not ask for
    calls: dict[str, int] = field(default_factory=dict)  # how many reports each scope made, by path
    called: dict[Place, Identity] = field(default_factory=dict)  # which step or child each scope called
    # Of `now`, `random` and `signal_url`, by name, scope and number.
    values: dict[tuple[str, str, int], str] = field(default_factory=dict)
    waits: dict[tuple[str, str, int], PastStep] = field(default_factory=dict)  # by name, scope and number
    spent: dict[int, float] = field(default_factory=dict)  # seconds that an attempt has executed before, by attempt
    response: Place | None = None  # the scope that set the run's response, and the number of this call in it
    version: str = ""
    last: int = 0  # the place of the newest record
    retried_at: int = 0  # the place at which the last failed attempt has ended; 0 if none has failed

    def is_again(self, past: PastStep) -> bool:
        """Return whether a step that has failed is executed again, unless it must be executed at most once."""
        return past.status == Status.ERROR and past.place < self.retried_at


def read_histories(run_ids: Iterable[str]) -> dict[str, History]:
    """Read what runs have recorded. Return the histories of those that have one. Blocking: call it in a thread."""
    records: dict[str, list[StepRecord]] = {}
    # The database's order of texts may differ from ours, but the records of a run stay in order.
    found = StepRecord.objects.filter(run_id__in=list(run_ids)).exclude(kind=StepRecord.Kind.FAILURE)
    found = found.order_by("run_id", "place")
    for record in found.iterator(chunk_size=_READ_AT_ONCE):
        records.setdefault(record.run_id, []).append(record)
    return {run_id: arrange(of_run) for run_id, of_run in records.items()}


def arrange(records: Iterable[StepRecord]) -> History:
    """Arrange all records of a run, which come by place."""
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
        elif record.kind == StepRecord.Kind.RETRY:
            _retry(history, record.place)
        else:
            history.values[record.name, record.key, record.number] = record.value
    given_back = [past for past in history.steps.values() if past.is_over and not history.is_again(past)]
    waited = [past for past in history.waits.values() if past.is_over]
    history.order = sorted(past.place for past in [*given_back, *waited])
    history.uncertain = {past.place for past in [*given_back, *waited] if not past.is_certain}
    return history


def _add(history: History, identity: Identity, record: StepRecord) -> None:
    before = history.steps.get(identity)
    history.called[record.scope, record.position] = identity  # the newest: a failed attempt may have called another
    failures = before.failures if before is not None and not before.is_over else 0
    if record.status in (Status.RETRYING, Status.ERROR):
        failures += 1
    history.steps[identity] = _past_of(record, failures)


def _past_of(record: StepRecord, failures: int) -> PastStep:
    values = record.place, record.status, record.attempt, record.digest, record.value
    return PastStep(*values, failures, record.at, record.duration or 0.0, record.key)


def _retry(history: History, place: int) -> None:
    """Note that an attempt has failed, at a place, and that another follows."""
    history.retried_at = place
    first = min((past.place for past in history.steps.values() if past.status == Status.ERROR), default=place)
    for past in [*history.steps.values(), *history.waits.values()]:
        past.is_certain = past.is_certain and past.place < first


def value_of(past: PastStep) -> Any:
    """Return the recorded result or error of a step, decoded."""
    return json.loads(past.value)


class ReplayOrder:
    """
    Lets calls continue in the order of their recorded places, one in each turn of the loop, and then those that have no
    recorded result.
    """

    def __init__(self, history: History) -> None:
        """
        Args:
            history: The recorded results.
        """
        self._places = deque(history.order)
        self._uncertain = history.uncertain
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._new: list[asyncio.Future[None]] = []  # calls without a recorded result
        self._timer: asyncio.TimerHandle | None = None
        self._is_scheduled = False
        self._turns_left = _SETTLING_TURNS
        self._is_over = not self._places

    async def turn(self, place: int) -> None:
        """Wait until the results at earlier places have come back. Not for ever: the workflow's code may be another."""
        loop = asyncio.get_running_loop()
        self._waiting[place] = waiting = loop.create_future()
        self._schedule()
        try:
            await waiting
        finally:
            self._waiting.pop(place, None)

    async def ready(self, past: PastStep | None) -> None:
        """
        Wait, before a call is executed, until the recorded results have come back: one that was slower than another
        must not start again, and not be faster now.

        Args:
            past: The recorded state of the step, child or wait, if there is one. If it has failed, and is executed
                again, results that were recorded after it may follow from it.
        """
        if self._is_over:
            return
        if past is not None and past.is_over:
            await self.turn(past.place)
            return
        self._new.append(waiting := asyncio.get_running_loop().create_future())
        self._schedule()
        try:
            await waiting
        finally:
            if waiting in self._new:
                self._new.remove(waiting)

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
        self._stop_timer()
        for waiting in [*self._waiting.values(), *self._new]:
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
        if self._places and self._places[0] in self._waiting:
            self._stop_timer()
            self._release(self._places.popleft())
        elif self._places:
            if (self._waiting or self._new) and self._timer is None:
                delay = _PATIENCE if self._has_certain() else _SHORT_PATIENCE
                self._timer = asyncio.get_running_loop().call_later(delay, self._pass_over)
            return
        elif not late and self._new:
            self._turns_left -= 1
            if self._turns_left == 0:
                self._is_over = True
                for waiting in self._new:
                    _release(waiting)
                return
        if self._waiting or self._new:
            self._schedule()

    def _has_certain(self) -> bool:
        """Return whether a result that the workflow has to ask for comes before all that it has asked for."""
        first = min(self._waiting, default=_END)
        return any(place < first and place not in self._uncertain for place in self._places)

    def _pass_over(self) -> None:
        """Stop waiting for results that come before those that are waited for."""
        self._timer = None
        if self._waiting or self._new:
            first = min(self._waiting, default=_END)
            while self._places and self._places[0] < first:
                self._places.popleft()
            self._schedule()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _release(self, place: int) -> None:
        _release(self._waiting.pop(place))


def _release(waiting: "asyncio.Future[None]") -> None:
    if not waiting.done():
        waiting.set_result(None)
