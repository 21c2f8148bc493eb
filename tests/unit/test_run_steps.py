"""Steps in memory: numbering, replay after crashes and failures, and the errors of wrong calls."""

import asyncio
import gc
import weakref
from datetime import UTC, datetime
from typing import Any

import pytest

from runs.workflows import (
    Fatal,
    Request,
    Retry,
    RetryAfter,
    Run,
    Step,
    StepFailed,
    StepInterrupted,
    WorkflowChanged,
    current_step,
    step,
)
from tests.support.durable_runs import Crash, DurableRun


class Calls:
    """Counts how often each function of a workflow was called, across crashes."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def of(self, name: str, result: Any = None) -> Any:
        async def call(*args: Any) -> Any:
            self.names.append(name)
            await asyncio.sleep(0)
            return result if result is not None else name

        return call


def recorded(run: DurableRun, kind: str = "step") -> list[tuple[str, str, int]]:
    return [(record.name, record.status, record.attempt) for record in run.records if record.kind == kind]


def steps_in(run: DurableRun) -> list[tuple[str, str, int]]:
    return [(event["step"], event["status"], event["attempt"]) for event in run.events if event["type"] == "step"]


@pytest.mark.parametrize("key", ["8", None])
def test_a_wait_for_another_key_than_the_recorded_one_ends_the_run(key: str | None) -> None:
    run = DurableRun()

    async def before(handle: Run) -> None:
        await handle.wait_for("payment", "7")

    async def after(handle: Run) -> None:
        with pytest.raises(WorkflowChanged):
            await handle.wait_for("payment", key)

    with pytest.raises(Crash):
        run.execute(before, crash_at=1)
    with pytest.raises(WorkflowChanged, match="'payment' with another key"):  # although the workflow goes on
        run.execute(after)


@pytest.mark.parametrize(("name", "key"), [("payment", ""), ("payment", "a" * 101), ("payment", "a\n"), ("", "7")])
def test_a_signal_has_a_name_and_a_key_of_printable_characters(name: str, key: str) -> None:
    async def body(handle: Run) -> None:
        await handle.wait_for(name, key)

    with pytest.raises(ValueError, match="1 to 100 printable characters"):
        DurableRun().execute(body)


def test_a_run_is_not_let_go_while_one_of_its_waits_takes_a_signal(settings: Any) -> None:
    settings.LET_GO_TIMEOUT = 0.02

    async def take() -> str:
        await asyncio.sleep(0.2)
        return "taken"

    async def body(handle: Run) -> Any:
        await handle.step("first", Calls().of("first"))
        assert handle.steps is not None
        sleep = asyncio.create_task(handle.sleep(60))
        wait = asyncio.create_task(handle.steps.waits.until(handle.steps.main, None, ("signal", "payment"), take))
        await asyncio.wait([sleep, wait], return_when=asyncio.FIRST_COMPLETED)
        return wait.result()

    assert DurableRun().execute(body) == "taken"


def test_a_complete_step_is_not_executed_again_after_a_crash() -> None:
    run, calls = DurableRun(), Calls()

    async def body(handle: Run) -> list[Any]:
        first = await handle.step("first", calls.of("first", {"a": (1, 2)}))
        return [first, await handle.step("second", calls.of("second"))]

    with pytest.raises(Crash):
        run.execute(body, crash_at=2)  # the start of the first step, its end
    assert run.execute(body) == [{"a": [1, 2]}, "second"]
    assert calls.names == ["first", "second"]
    assert steps_in(run) == [
        ("first", "running", 1),
        ("first", "complete", 1),
        ("second", "running", 1),
        ("second", "complete", 1),
    ]


def test_a_step_that_a_crash_interrupted_is_executed_as_the_next_attempt() -> None:
    run, calls = DurableRun(), Calls()

    async def body(handle: Run) -> Any:
        return await handle.step("load", calls.of("load"))

    with pytest.raises(Crash):
        run.execute(body, crash_at=1)
    assert run.execute(body) == "load"
    assert recorded(run) == [("load", "running", 1), ("load", "running", 2), ("load", "complete", 2)]


def test_the_first_execution_returns_what_a_replay_returns() -> None:
    run = DurableRun()

    async def body(handle: Run) -> Any:
        values = [(1, 2), {3: "three"}, "text", 1.5, None, True]
        return [await handle.step("value", lambda value=value: value) for value in values]

    first = run.execute(body)
    assert first == [[1, 2], {"3": "three"}, "text", 1.5, None, True]
    assert run.execute(body) == first


def test_reports_that_an_earlier_execution_made_are_silent() -> None:
    run = DurableRun()

    async def body(handle: Run) -> None:
        await handle.log("begin")
        await handle.step("one", asyncio.sleep, 0)
        await handle.log(f"the time is {datetime.now(UTC)}")  # silent although its text changes
        await handle.progress(50)
        await handle.step("two", asyncio.sleep, 0)
        await handle.log("end")

    for crash_at in (3, 2, 1):
        with pytest.raises(Crash):
            run.execute(body, crash_at=crash_at)
    run.execute(body)
    reports = [event for event in run.events if event["type"] != "step"]
    assert [event["type"] for event in reports] == ["log", "log", "progress", "log"]
    assert [event.get("message") for event in reports][::3] == ["begin", "end"]


def test_a_step_that_executes_again_reports_again() -> None:
    run = DurableRun()

    async def body(handle: Run) -> None:
        async def load() -> None:
            await handle.log("loading")
            await asyncio.sleep(0)

        await handle.step("load", load)

    with pytest.raises(Crash):
        run.execute(body, crash_at=1)
    run.execute(body)
    assert [event["message"] for event in run.events if event["type"] == "log"] == ["loading", "loading"]


def test_now_and_random_are_the_same_in_each_execution() -> None:
    run, seen = DurableRun(), []

    async def body(handle: Run) -> None:
        seen.append([handle.now(), handle.random(), handle.random()])
        await handle.step("one", asyncio.sleep, 0)
        seen[-1].append(handle.now())
        await handle.step("two", asyncio.sleep, 0)

    with pytest.raises(Crash):
        run.execute(body, crash_at=4)
    run.execute(body)
    assert seen[0] == seen[1]
    assert seen[0][1] != seen[0][2]


def test_results_come_back_in_the_order_in_which_they_were_committed() -> None:
    run = DurableRun()
    orders: list[list[int]] = []

    async def body(handle: Run) -> None:
        async def wait(turns: int) -> int:
            for _ in range(turns):
                await asyncio.sleep(0)
            return turns

        orders.append([])
        for done in asyncio.as_completed([handle.step("wait", wait, turns) for turns in (30, 10, 20)]):
            orders[-1].append(await done)
        await handle.step("end", asyncio.sleep, 0)

    run.execute(body)
    run.execute(body)
    assert orders == [[10, 20, 30], [10, 20, 30]]


def test_a_failed_step_has_attempts_with_pauses() -> None:
    run = DurableRun()
    outcomes: list[Any] = [ValueError("no"), RetryAfter(0), "yes"]

    async def flaky() -> Any:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def body(handle: Run) -> Any:
        return await handle.step(Step("flaky", retry=Retry(attempts=3, delays=[0])), flaky)

    assert run.execute(body) == "yes"
    assert recorded(run) == [("flaky", "retrying", 1), ("flaky", "retrying", 2), ("flaky", "complete", 3)]


@pytest.mark.parametrize("crash_at", range(1, 6))
def test_a_crash_takes_no_attempt_from_a_step(crash_at: int) -> None:
    run, failures = DurableRun(), []

    async def fails() -> None:
        failures.append(current_step().attempt)
        raise ValueError("no")

    async def body(handle: Run) -> None:
        with pytest.raises(StepFailed) as caught:
            await handle.step(Step("fails", retry=Retry(attempts=3, delays=[0])), fails)
        assert (caught.value.error_type, caught.value.error_message) == ("ValueError", "no")
        await handle.step("end", asyncio.sleep, 0)

    try:
        run.execute(body, crash_at=crash_at)
    except Crash:
        run.execute(body)
    ended = [status for name, status, _ in recorded(run) if name == "fails" and status != "running"]
    assert ended == ["retrying", "retrying", "error"]


def test_a_recorded_error_is_given_back_after_a_crash_and_executed_again_after_a_failure() -> None:
    run, calls = DurableRun(), Calls()
    works = False

    async def charge() -> str:
        calls.names.append("charge")
        if not works:
            raise LookupError("no funds")
        return "charged"

    async def body(handle: Run) -> Any:
        await handle.step("load", calls.of("load"))
        return await handle.step("charge", charge)

    for _ in range(2):
        with pytest.raises(StepFailed, match="step 'charge' failed: LookupError: no funds"):
            run.execute(body)
    assert calls.names == ["load", "charge"]
    works = True
    assert run.execute(body, again=True) == "charged"
    assert calls.names == ["load", "charge", "charge"]


def test_a_failed_step_is_executed_again_although_the_next_attempt_has_crashed_at_once() -> None:
    run, calls = DurableRun(), Calls()

    async def charge() -> str:
        calls.names.append("charge")
        if len(calls.names) == 1:
            raise LookupError("no funds")
        return "charged"

    async def body(handle: Run) -> Any:
        return await handle.step("charge", charge)

    with pytest.raises(StepFailed):
        run.execute(body)
    run.note_retry()
    assert run.execute(body) == "charged"  # the attempt before has recorded nothing


def test_a_keyed_wait_that_was_slower_than_a_step_is_withdrawn_after_a_crash() -> None:
    run, calls = DurableRun(), Calls()

    async def body(handle: Run) -> str:
        tasks = [
            asyncio.create_task(handle.wait_for("payment", key="7")),
            asyncio.create_task(handle.step("fast", asyncio.sleep, 1)),
        ]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        tasks[0].cancel()
        await asyncio.wait(tasks)
        return str(await handle.step("after", calls.of("after")))

    with pytest.raises(Crash):
        run.execute(body, crash_at=2)
    assert ("fast", "complete", 1) in recorded(run)
    assert run.rows.waits == {("payment", ":1")}
    assert run.execute(body) == "after"
    assert run.rows.waits == set()


def test_a_step_that_was_slower_than_another_is_not_started_again() -> None:
    run, calls = DurableRun(), Calls()

    async def slow() -> None:
        calls.names.append("slow")
        await asyncio.sleep(60)

    async def body(handle: Run) -> list[Any]:
        tasks = [asyncio.create_task(handle.step(name, call)) for name, call in (("slow", slow), ("fast", fast))]
        done, late = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in late:
            task.cancel()
        await asyncio.wait(tasks)
        return [[task.result() for task in done], await handle.step("after", calls.of("after"))]

    fast = calls.of("fast")
    with pytest.raises(Crash):
        run.execute(body, crash_at=2)
    assert ("fast", "complete", 1) in recorded(run)
    assert run.execute(body) == [["fast"], "after"]
    assert calls.names == ["slow", "fast", "after"]


def test_fatal_ends_a_step_at_once() -> None:
    run = DurableRun()

    async def refuse() -> None:
        raise Fatal("never")

    async def body(handle: Run) -> None:
        await handle.step(Step("refuse", retry=Retry(attempts=5, delays=[0])), refuse)

    for _ in range(2):
        with pytest.raises(StepFailed) as caught:
            run.execute(body)
        assert caught.value.is_final
    assert recorded(run) == [("refuse", "error", 1)]


def test_only_the_named_exceptions_are_tried_again() -> None:
    run = DurableRun()

    async def fails() -> None:
        raise KeyError("other")

    async def body(handle: Run) -> None:
        await handle.step(Step("fails", retry=Retry(attempts=5, delays=[0], on=(ValueError,))), fails)

    with pytest.raises(StepFailed):
        run.execute(body)
    assert recorded(run) == [("fails", "error", 1)]


def test_a_step_that_is_executed_at_most_once_is_interrupted_by_a_crash() -> None:
    run, calls = DurableRun(), Calls()

    async def body(handle: Run) -> str:
        try:
            await handle.step(Step("pay", at_most_once=True), calls.of("pay"))
        except StepInterrupted:
            return str(await handle.step("ask", calls.of("ask")))
        return "paid"

    with pytest.raises(Crash):
        run.execute(body, crash_at=1)
    for again in (False, False, True):
        assert run.execute(body, again=again) == "ask"
    assert calls.names == ["ask"] or calls.names == ["pay", "ask"]


def test_a_step_that_takes_too_long_fails() -> None:
    run = DurableRun()

    async def body(handle: Run) -> None:
        await handle.step(Step("slow", timeout=0.01), asyncio.sleep, 60)

    with pytest.raises(StepFailed, match=r"TimeoutError: The step did not finish within 0.01 s\."):
        run.execute(body)


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"orders": [{"at": datetime(2026, 1, 1, tzinfo=UTC)}]}, "result['orders'][0]['at'] is a datetime"),
        ({"rate": float("nan")}, "result['rate'] is nan"),
        ({("a", 1): 2}, "a key of result is a tuple"),
        ({"small": 1, "rows": ["x" * 2_000_000]}, "The largest part is result['rows'][0] (2000002 characters)"),
    ],
)
def test_a_result_that_cannot_be_recorded_is_named_by_its_place(value: Any, place: str) -> None:
    run = DurableRun()

    async def body(handle: Run) -> None:
        await handle.step(Step("wrong", retry=Retry(attempts=5, delays=[0])), lambda: value)

    with pytest.raises(StepFailed) as caught:
        run.execute(body)
    assert place in caught.value.error_message
    assert recorded(run)[-1] == ("wrong", "error", 1)  # without another attempt


def test_a_result_that_contains_itself_is_an_error() -> None:
    run = DurableRun()
    circle: list[Any] = []
    circle.append(circle)

    async def body(handle: Run) -> None:
        await handle.step("circle", lambda: circle)

    with pytest.raises(StepFailed, match="not JSON"):
        run.execute(body)


def test_other_arguments_than_the_recorded_ones_end_the_run() -> None:
    run = DurableRun()

    async def body(handle: Run, value: int) -> Any:
        return await handle.step("load", asyncio.sleep, 0, value)

    assert run.execute(lambda handle: body(handle, 1)) == 1
    with pytest.raises(WorkflowChanged, match="the step 'load' with other arguments"):
        run.execute(lambda handle: body(handle, 2))


def test_another_step_than_the_recorded_one_ends_the_run() -> None:
    run = DurableRun()

    async def body(handle: Run, name: str) -> None:
        await handle.step(name, asyncio.sleep, 0)

    run.execute(lambda handle: body(handle, "load"))
    with pytest.raises(WorkflowChanged, match="the step 'fetch' where its run has recorded the step 'load'"):
        run.execute(lambda handle: body(handle, "fetch"))


def test_an_end_without_a_recorded_step_is_an_error() -> None:
    run = DurableRun()

    async def before(handle: Run) -> None:
        await handle.step("load", asyncio.sleep, 0)
        await handle.step("charge", asyncio.sleep, 0)

    async def after(handle: Run) -> None:
        await handle.step("load", asyncio.sleep, 0)

    run.execute(before)
    with pytest.raises(WorkflowChanged, match="has ended without the step 'charge', which its run has recorded"):
        run.execute(after)
    run.execute(after, again=True)  # a new attempt may take another way


def test_a_workflow_that_continues_after_such_an_error_gets_it_again() -> None:
    run = DurableRun()

    async def before(handle: Run) -> None:
        await handle.step("load", asyncio.sleep, 0)

    run.execute(before)

    async def body(handle: Run) -> None:
        with pytest.raises(WorkflowChanged):
            await handle.step("fetch", asyncio.sleep, 0)
        await handle.step("next", asyncio.sleep, 0)

    with pytest.raises(WorkflowChanged):
        run.execute(body)


def test_two_tasks_that_call_a_name_without_keys_are_refused_with_the_line() -> None:
    async def ship(handle: Run) -> None:
        await asyncio.sleep(0)
        await handle.step("ship", asyncio.sleep, 0)

    async def body(handle: Run) -> None:
        await asyncio.gather(ship(handle), ship(handle))

    with pytest.raises(RuntimeError, match=r"test_run_steps\.py, line \d+: two tasks call the step 'ship'"):
        DurableRun().execute(body)


def test_tasks_may_call_a_name_with_keys_or_one_after_the_other() -> None:
    run, calls = DurableRun(), Calls()

    async def ship(handle: Run, key: str) -> Any:
        return await handle.step(Step("ship", key=key), calls.of(key))

    async def alone(handle: Run) -> Any:
        return await handle.step("alone", calls.of("alone"))

    async def body(handle: Run) -> Any:
        shipped = await asyncio.gather(ship(handle, "a"), ship(handle, "b"))
        return [*shipped, *[await asyncio.create_task(alone(handle)) for _ in range(2)]]

    for _ in range(2):
        assert run.execute(body) == ["a", "b", "alone", "alone"]
    assert sorted(calls.names) == ["a", "alone", "alone", "b"]


def test_numbers_are_taken_when_a_step_is_called_not_when_it_is_awaited() -> None:
    run = DurableRun()

    async def body(handle: Run) -> Any:
        first, second = (handle.step("load", asyncio.sleep, 0, value) for value in "ab")
        return [await second, await first]

    for _ in range(2):
        assert run.execute(body) == ["b", "a"]
    assert [(record.number, record.value) for record in run.records if record.status == "complete"] == [
        (2, '"b"'),
        (1, '"a"'),
    ]


def test_a_key_can_be_used_once() -> None:
    async def body(handle: Run) -> None:
        await handle.step(Step("load", key="a"), asyncio.sleep, 0)
        await handle.step(Step("load", key="a"), asyncio.sleep, 0)

    with pytest.raises(ValueError, match="the step 'load' was called with the key 'a' before"):
        DurableRun().execute(body)


def test_a_step_cannot_call_a_step() -> None:
    async def body(handle: Run) -> None:
        async def outer() -> None:
            await handle.step("inner", asyncio.sleep, 0)

        await handle.step("outer", outer)

    with pytest.raises(StepFailed, match="the step 'outer' calls the step 'inner'"):
        DurableRun().execute(body)


def test_a_function_knows_its_step() -> None:
    run, seen = DurableRun(), []

    def look() -> None:
        found = current_step()
        seen.append((found.name, found.key, found.attempt, found.idempotency_key))
        if found.attempt == 1:
            raise ValueError("no")

    async def body(handle: Run) -> None:
        retry = Retry(attempts=2, delays=[0])
        await handle.step(Step("look", retry=retry), look)
        await handle.step(Step("look", key="k", retry=retry), look)

    run.execute(body)
    assert [seen[place][:3] for place in range(4)] == [
        ("look", "1", 1),
        ("look", "1", 2),
        ("look", "k", 1),
        ("look", "k", 2),
    ]
    assert seen[0][3] == seen[1][3] != seen[2][3] == seen[3][3]
    assert seen[0][3].replace("-", "").isalnum()
    with pytest.raises(LookupError):
        current_step()


def test_a_function_can_carry_its_options() -> None:
    run, tries = DurableRun(), []

    @step(retry=Retry(attempts=3, delays=[0]))
    async def flaky() -> int:
        tries.append(1)
        if len(tries) < 3:
            raise ValueError("no")
        return len(tries)

    async def body(handle: Run) -> Any:
        return await handle.step("any name", flaky)

    assert run.execute(body) == 3


def test_announced_steps_are_reported_as_progress() -> None:
    run, calls = DurableRun(steps=4), Calls()

    async def body(handle: Run) -> None:
        for number in range(4):
            await handle.step(f"step {number}", calls.of(str(number)))

    with pytest.raises(Crash):
        run.execute(body, crash_at=4)
    run.execute(body)
    assert [event["progress"] for event in run.events if event["type"] == "progress"] == [25, 50, 75, 100]
    assert [event["step"] for event in run.events if event["type"] == "progress"] == [f"step {n}" for n in range(4)]


def test_a_run_keeps_the_version_with_which_it_began() -> None:
    run = DurableRun(version="1")

    async def body(handle: Run) -> str:
        await handle.step("one", asyncio.sleep, 0)
        return handle.version

    assert run.execute(body) == "1"
    run.version = "2"
    assert run.execute(body) == "1"


def test_a_pause_before_the_next_attempt_goes_on_after_a_crash() -> None:
    run, tries = DurableRun(), []

    async def fails() -> None:
        tries.append(1)
        raise ValueError("no")

    async def body(handle: Run) -> None:
        await handle.step(Step("fails", retry=Retry(attempts=2, delays=[3600])), fails)

    with pytest.raises(Crash):
        run.execute(body, crash_at=1)
    run.clock.move(1200)
    with pytest.raises(StepFailed):
        run.execute(body)
    assert len(tries) == 2
    assert run.clock.seconds == pytest.approx(3600, abs=60)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (("", asyncio.sleep), ValueError),
        (("a\nb", asyncio.sleep), ValueError),
        (("x" * 101, asyncio.sleep), ValueError),
        ((7, asyncio.sleep), TypeError),
        (("load", "not a function"), TypeError),
        (("load", asyncio.sleep(0)), TypeError),
    ],
)
def test_wrong_calls_are_refused(wrong: tuple[Any, Any], error: type[Exception]) -> None:
    async def body(handle: Run) -> None:
        try:
            await handle.step(*wrong)
        finally:
            if asyncio.iscoroutine(wrong[1]):
                wrong[1].close()

    with pytest.raises(error):
        DurableRun().execute(body)


@pytest.mark.parametrize(
    "options",
    [{"key": ""}, {"timeout": 0}, {"timeout": float("nan")}, {"at_most_once": True, "retry": Retry(attempts=2)}],
)
def test_wrong_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must|cannot"):
        Step("load", **options)


def test_a_run_that_is_let_go_frees_its_request_without_a_collection_of_garbage(settings: Any) -> None:
    settings.LET_GO_TIMEOUT = 0.01
    seen: list[weakref.ref[Any]] = []

    async def body(handle: Run) -> None:
        request = Request("POST", "/")
        seen.append(weakref.ref(request))
        try:
            await handle.sleep(3600)
        except BaseException:  # as the executor ends an attempt
            return

    gc.disable()
    try:
        with pytest.raises(Crash):
            DurableRun().execute(body)
        assert [found() for found in seen] == [None]
    finally:
        gc.enable()
