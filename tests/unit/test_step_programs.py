"""Random workflows with random crashes end as they do without crashes, and execute no complete step twice."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runs.workflows import Retry, Run, Step, StepFailed, current_step
from tests.support.durable_runs import Crash, DurableRun


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
SIMPLE = st.one_of(CALLS, st.builds(Report, st.sampled_from(["a", "b"])))
TOGETHER = st.builds(Together, st.lists(CALLS, min_size=2, max_size=4).map(tuple))
PROGRAMS = st.lists(
    st.one_of(
        SIMPLE,
        TOGETHER,
        st.builds(Tasks, st.lists(st.lists(SIMPLE, max_size=3).map(tuple), min_size=2, max_size=3).map(tuple)),
    ),
    max_size=5,
).map(tuple)


class Workflow:
    """Executes a program, and counts the failures and the completions of each step, across crashes."""

    def __init__(self, program: tuple[Any, ...]) -> None:
        self._program = program
        self._failed: Counter[str] = Counter()
        self.executed: Counter[str] = Counter()

    async def body(self, run: Run) -> list[Any]:
        return await self._execute(run, self._program, "")

    async def _execute(self, run: Run, program: tuple[Any, ...], path: str) -> list[Any]:
        output: list[Any] = []
        for place, part in enumerate(program):
            here = f"{path}.{place}"
            if isinstance(part, Call):
                output.append(await self._call(run, part, here))
            elif isinstance(part, Report):
                await run.log(f"{here} {part.text}")
            elif isinstance(part, Together):
                together = [self._call(run, call, f"{here}.{number}") for number, call in enumerate(part.calls)]
                output.append(sorted(await asyncio.gather(*together)))
            else:
                tasks = [self._execute(run, inner, f"{here}.{number}") for number, inner in enumerate(part.programs)]
                output.append(await asyncio.gather(*tasks))
        return output

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
        if call.failures >= call.attempts or self._failed[name] < call.failures:
            self._failed[name] += 1
            raise ValueError("planned")
        self.executed[name] += 1
        return name


@given(program=PROGRAMS, crashes=st.lists(st.integers(1, 8), max_size=6))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_program_with_crashes_ends_as_without_them(program: tuple[Any, ...], crashes: list[int]) -> None:
    program = (Call(), *program)  # reports before the first step are repeated
    expected = DurableRun()
    output = expected.execute(Workflow(program).body)
    run, workflow = DurableRun(), Workflow(program)
    for crash_at in crashes:
        try:
            run.execute(workflow.body, crash_at=crash_at)
        except Crash:
            continue
        break
    assert run.execute(workflow.body) == output
    assert ended(run) == ended(expected)
    assert logs(run) == logs(expected)
    # Each record of a completion is the only one, and comes last.
    completions = Counter(record.key for record in run.records if record.status in ("complete", "error"))
    assert set(completions.values()) <= {1}
    for key in completions:
        assert [record.status for record in run.records if record.key == key][-1] in ("complete", "error")


def ended(run: DurableRun) -> dict[str, tuple[str, str]]:
    return {
        record.key: (record.status, record.value if record.status == "complete" else "")
        for record in run.records
        if record.kind == "step" and record.status in ("complete", "error")
    }


def logs(run: DurableRun) -> list[str]:
    return sorted(event["message"] for event in run.events if event["type"] == "log")
