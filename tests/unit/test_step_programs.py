"""
Random workflows end with random crashes as they do without, after the same time, and execute no complete step twice.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import create_model

from runs.delivery.request import Request
from runs.models import StepRecord
from runs.steps.errors import Suspended
from runs.testing.clock import Clock
from runs.testing.results import RunResult, StepResult
from runs.testing.signals import Signal
from runs.testing.simulation import Simulation, StepCrashes, execute_on
from runs.workflows import ChildFailed, Retry, Run, Step, StepFailed, current_step
from runs.workflows.registry import MAX_TIMEOUT, Workflow

_NO_OPTIONS = create_model("no_options")
_CHILDREN = {"child": "grown", "bad child": ValueError("planned")}


@dataclass(frozen=True)
class Call:
    """A step that fails so many times, and takes so many turns of the loop."""

    failures: int = 0
    turns: int = 0
    attempts: int = 1
    in_thread: bool = False


@dataclass(frozen=True)
class Report:
    """A line of the log."""

    text: str


@dataclass(frozen=True)
class Value:
    """A random number, which a step gets as its argument."""


@dataclass(frozen=True)
class Sleep:
    """A sleep of so many seconds."""

    seconds: int


@dataclass(frozen=True)
class Wait:
    """A wait for a signal, which is sent by the clock, or after the wait has begun, or never."""

    sent: float | None
    timeout: int | None
    is_sent: bool = True


@dataclass(frozen=True)
class Child:
    """A child run that is started, or called too."""

    workflow: str
    is_called: bool


@dataclass(frozen=True)
class Race:
    """A wait and a sleep at once, of which the later one is cancelled, and then another wait for the same signal."""

    sent: float
    seconds: int


@dataclass(frozen=True)
class Failure:
    """The workflow raises an error so many times, after a step that has failed, and another that reports it."""

    times: int
    has_steps: bool


@dataclass(frozen=True)
class Together:
    """Calls that are gathered, and that the workflow then names in the order of their ends."""

    calls: tuple[Call, ...]


@dataclass(frozen=True)
class Tasks:
    """Tasks that each execute a program of their own, with keys."""

    programs: tuple[tuple[Any, ...], ...]


CALLS = st.builds(
    Call,
    failures=st.integers(0, 2),
    turns=st.integers(0, 4),
    attempts=st.integers(1, 3),
    in_thread=st.sampled_from([False, False, False, True]),
)
# Signals are never sent in the moment in which a wait ends.
SENT = st.integers(0, 30).map(lambda seconds: seconds + 0.5)
WAITS = st.one_of(
    st.builds(Wait, st.none() | SENT, st.none() | st.integers(1, 30)),
    st.builds(Wait, st.none(), st.integers(1, 30), st.just(value=False)),
)
SIMPLE = st.one_of(
    CALLS,
    st.builds(Report, st.sampled_from(["a", "b"])),
    st.builds(Value),
    st.builds(Sleep, st.sampled_from([0, 1, 2, 5, 20])),
    WAITS,
    st.builds(Child, st.sampled_from(sorted(_CHILDREN)), st.booleans()),
    st.builds(Race, SENT, st.integers(1, 30)),
)
PROGRAMS = st.lists(
    st.one_of(
        SIMPLE,
        st.builds(Together, st.lists(CALLS, min_size=2, max_size=4).map(tuple)),
        st.builds(Tasks, st.lists(st.lists(SIMPLE, max_size=3).map(tuple), min_size=2, max_size=3).map(tuple)),
        st.builds(Failure, st.integers(1, 2), st.booleans()),
    ),
    max_size=5,
).map(tuple)
# At which commit since the crash before a process ends, and whether the commit still happens.
CRASHES = st.lists(st.tuples(st.integers(1, 8), st.booleans()), max_size=4)  # fewer than MAX_CRASHES


class Crashes(StepCrashes):
    """Ends processes at numbered commits, and keeps the records of all commits."""

    def __init__(self, planned: Iterable[tuple[int, bool]]) -> None:
        super().__init__((), ())
        self._planned = deque(planned)
        self._commits = -1  # without that of the run itself
        self.records: list[StepRecord] = []

    def __call__(self, records: list[StepRecord], is_committed: bool) -> bool:
        if is_committed:
            self.records += records
        else:
            self._commits += 1
        if not self._planned or self._planned[0] != (self._commits, is_committed):
            return False
        self._planned.popleft()
        self._commits = 0
        return True


@dataclass
class Program:
    """A workflow, which executes a program, and counts what a crash does not undo."""

    parts: tuple[Any, ...]
    failed: Counter[str] = field(default_factory=Counter)
    output: Any = None

    def execute(self, crashes: Crashes) -> RunResult:
        """Execute the program as a run, until the run has ended."""
        retry = Retry(attempts=50, delays=[0])
        workflow = Workflow("test", self._body, True, True, _NO_OPTIONS, "", "1", 0, retry, MAX_TIMEOUT)

        async def simulate() -> RunResult:
            simulation = Simulation(workflow, crashes, list(_signals_of(self.parts, "")), _CHILDREN, {}, None)
            return await simulation.execute(Request("POST", "/"), {})

        return execute_on(Clock(datetime(2026, 1, 1, tzinfo=UTC)), simulate)

    async def _body(self, request: Request, run: Run) -> Any:
        return await self._execute(run, self.parts, "")

    async def _execute(self, run: Run, parts: tuple[Any, ...], path: str) -> list[Any]:
        return [await self._part(run, part, f"{path}.{place}") for place, part in enumerate(parts)]

    async def _part(self, run: Run, part: Any, here: str) -> Any:
        match part:
            case Call():
                return await self._call(run, part, here)
            case Report():
                await run.log(f"{here} {part.text}")
            case Value():
                await run.step(Step("value", key=here), _ignore, run.random())
            case Sleep():
                await run.sleep(part.seconds)
            case Wait():
                return await _wait(run, here, part.timeout)
            case Child():
                return await _child(run, part, here)
            case Race():
                return await _race(run, part, here)
            case Failure():
                await self._fail(run, part, here)
            case Together():
                together = [self._call(run, call, f"{here}.{number}") for number, call in enumerate(part.calls)]
                return sorted(await asyncio.gather(*together))
            case Tasks():
                tasks = [self._execute(run, inner, f"{here}.{number}") for number, inner in enumerate(part.programs)]
                return await asyncio.gather(*tasks)
        return None

    async def _call(self, run: Run, call: Call, name: str) -> str:
        async def execute() -> str:
            for _ in range(call.turns):
                await asyncio.sleep(0)
            return self._end(call, name)

        def in_thread() -> str:
            return self._end(call, name)

        retry = Retry(attempts=call.attempts, delays=[0])
        try:
            return str(await run.step(Step("step", key=name, retry=retry), in_thread if call.in_thread else execute))
        except StepFailed as error:
            return f"{name} failed: {error.error_message}"

    def _end(self, call: Call, name: str) -> str:
        assert current_step().key == name
        if call.failures >= call.attempts or self.failed[name] < call.failures:
            self.failed[name] += 1
            raise ValueError("planned")
        return name

    async def _fail(self, run: Run, failure: Failure, name: str) -> None:
        async def fail() -> None:
            if self.failed[name] < failure.times:
                self.failed[name] += 1
                raise ValueError("planned")

        if not failure.has_steps:
            await fail()
            return
        try:
            await run.step(Step("failing", key=name), fail)
        except StepFailed:
            await run.step(Step("fallback", key=name), asyncio.sleep, 0)
            raise


async def _ignore(number: float) -> None:
    """Do nothing with a number that differs between two runs."""


async def _wait(run: Run, name: str, seconds: float | None) -> Any:
    try:
        return await run.wait_for(name, timeout=seconds)
    except TimeoutError:
        return "missed"


async def _child(run: Run, child: Child, key: str) -> Any:
    if not child.is_called:
        await run.start(child.workflow, key, key=key)
        return "started"
    try:
        return await run.call(child.workflow, key, key=key)
    except ChildFailed as error:
        return error.error_message


async def _race(run: Run, race: Race, name: str) -> list[Any]:
    tasks = [asyncio.create_task(run.sleep(race.seconds)), asyncio.create_task(run.wait_for(name))]
    done, late = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in late:
        task.cancel()
    await asyncio.wait(tasks)
    assert {type(task.exception()) for task in tasks if not task.cancelled()} <= {type(None), Suspended}
    return [[task in done for task in tasks], await _wait(run, name, 60)]


def _signals_of(parts: tuple[Any, ...], path: str) -> Iterator[Signal]:
    for place, part in enumerate(parts):
        here = f"{path}.{place}"
        if isinstance(part, Tasks):
            for number, inner in enumerate(part.programs):
                yield from _signals_of(inner, f"{here}.{number}")
        elif isinstance(part, Race) or (isinstance(part, Wait) and part.is_sent):
            yield Signal(here, f"payload of {here}", after=part.sent)


def check(program: tuple[Any, ...], planned: list[tuple[int, bool]]) -> None:
    """Execute a program with crashes and without, and compare."""
    program = (Call(), *program)  # reports before the first step are repeated
    expected = Program(program).execute(Crashes(()))
    assert (expected.status, expected.error) == ("complete", None)
    crashes = Crashes(planned)
    run = Program(program).execute(crashes)
    assert (run.status, run.error) == ("complete", None)
    assert run.output == expected.output
    assert run.elapsed == pytest.approx(expected.elapsed, abs=0.4)  # no wait is longer, and no call waits for others
    assert ended(run.steps) == ended(expected.steps)
    assert ended(run.waits) == ended(expected.waits)
    children, expected_children = (sorted(child.payload for child in each.children) for each in (run, expected))
    if any(isinstance(part, Failure) for part in program):  # each attempt starts the children anew that have failed
        children, expected_children = sorted({*children}), sorted({*expected_children})
    assert children == expected_children
    assert logs(run) == logs(expected)
    # Each record of a completion is the only one, and comes last.
    kinds = (StepRecord.Kind.STEP, StepRecord.Kind.WAIT, StepRecord.Kind.START, StepRecord.Kind.CALL)
    records: dict[tuple[Any, ...], list[str]] = {}
    for record in crashes.records:
        if record.kind in kinds:
            identity = record.kind, record.name, record.key, record.number, record.scope
            records.setdefault(identity, []).append(record.status)
    assert all("complete" not in statuses[:-1] for statuses in records.values())


def ended(steps: list[StepResult]) -> list[tuple[Any, ...]]:
    """Return how steps have ended, except those that only some attempts execute."""
    return sorted(
        (step.name, step.key or "", step.status, str(step.value)) for step in steps if step.name != "fallback"
    )


def logs(run: RunResult) -> list[str]:
    return sorted(event["message"] for event in run.events if event["type"] == "log" and event["level"] == "info")


@given(program=PROGRAMS, crashes=CRASHES)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_program_with_crashes_ends_as_without_them(program: tuple[Any, ...], crashes: list[tuple[int, bool]]) -> None:
    check(program, crashes)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@given(program=PROGRAMS, crashes=CRASHES)
@settings(max_examples=5000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_thousands_of_programs_with_crashes_end_as_without_them(
    program: tuple[Any, ...], crashes: list[tuple[int, bool]]
) -> None:
    check(program, crashes)
