"""The pytest plugin for authors: `run_workflow` executes runs in memory, with the product's own code."""

import asyncio
import gc
import threading
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from runs.testing import ChildStart, NeverAwaited, NoSuchStep, RunNotComplete, RunWorkflow, Signal, make_request
from runs.workflows import (
    Fatal,
    Request,
    Retry,
    Run,
    Step,
    StepFailed,
    StepInterrupted,
    ThreadRun,
    current_step,
    workflow,
)
from runs.workflows.registry import InvalidOptions

CALLS: list[str] = []


@pytest.fixture(autouse=True)
def no_calls() -> None:
    CALLS.clear()


async def load(order: int) -> dict[str, Any]:
    CALLS.append("load")
    return {"id": order, "parts": ("a", "b")}


def charge(order: dict[str, Any]) -> str:
    CALLS.append("charge")
    return f"charged with {current_step().key}"


@workflow(steps=2)
async def fulfils_an_order(request: Request, run: Run, *, region: str = "eu", days: int = 1) -> dict[str, Any]:
    await run.log(f"begin in {region}")
    order = await run.step("load", load, request.json["id"])
    began = run.now()
    await run.sleep(days * 86_400)
    charged = await run.step("charge", charge, order)
    return {"charged": charged, "parts": order["parts"], "waited": (run.now() - began).total_seconds()}


def test_a_run_has_an_output_events_steps_and_waits(run_workflow: RunWorkflow) -> None:
    result = run_workflow(fulfils_an_order, json={"id": 7}, region="us")
    assert result.status == "complete"
    assert result.error is None
    assert result.output["parts"] == ["a", "b"]
    assert [(step.name, step.key, step.status, step.attempts) for step in result.steps] == [
        ("load", None, "complete", 1),
        ("charge", None, "complete", 1),
    ]
    assert result.step("load").value == {"id": 7, "parts": ["a", "b"]}
    assert [(wait.name, wait.status) for wait in result.waits] == [("sleep", "complete")]
    assert result.progress == [50, 100]
    assert result.logs == ["begin in us"]
    assert [event["run_id"] for event in result.events] == [result.run_id] * len(result.events)
    assert result.events[-1]["type"] == "complete"


def test_the_clock_moves_to_the_end_of_a_wait_for_which_the_run_is_let_go(run_workflow: RunWorkflow) -> None:
    began = time.monotonic()
    result = run_workflow(fulfils_an_order, json={"id": 7}, days=365)
    assert time.monotonic() - began < 60
    assert result.elapsed == result.output["waited"] == 365 * 86_400
    assert result.executions == 2  # the run was let go, and its workflow was executed again
    assert result.attempts == 1
    assert CALLS == ["load", "charge"]


def test_a_large_result_of_a_step_is_whole(run_workflow: RunWorkflow) -> None:
    @workflow
    async def loads_much(request: Request, run: Run) -> None:
        await run.step("load", lambda: "x" * 100_000)

    assert run_workflow(loads_much).step("load").value == "x" * 100_000


def test_the_clock_starts_when_the_test_says(run_workflow: RunWorkflow) -> None:
    @workflow
    async def wakes_at_noon(request: Request, run: Run) -> list[str]:
        noon = run.now().replace(hour=12)
        await run.sleep_until(noon)
        return [noon.isoformat(), run.now().isoformat()]

    result = run_workflow(wakes_at_noon, at=datetime(2026, 2, 28, 7, tzinfo=UTC))
    assert result.output == ["2026-02-28T12:00:00+00:00"] * 2
    assert result.elapsed == 5 * 3600
    with pytest.raises(ValueError, match="time zone"):
        run_workflow(wakes_at_noon, at=datetime(2026, 2, 28, 7))


def test_time_that_a_workflow_or_a_step_sleeps_passes_at_once(run_workflow: RunWorkflow) -> None:
    @workflow(timeout=7000)
    async def sleeps_at_once(request: Request, run: Run) -> str:
        await asyncio.sleep(1800)
        await run.step("slow", asyncio.sleep, 1800)
        return run.now().isoformat()

    result = run_workflow(sleeps_at_once, at=datetime(2026, 1, 1, tzinfo=UTC))
    assert result.output == "2026-01-01T01:00:00+00:00"
    assert result.executions == 1  # it worked, so it was not let go


def test_a_request_is_built_from_json_a_form_files_or_a_body(run_workflow: RunWorkflow) -> None:
    @workflow
    async def describes_its_request(request: Request, run: Run) -> dict[str, Any]:
        found: dict[str, Any] = dict(request.files.items())
        files = {name: [file.name, file.read().decode()] for name, file in found.items()}
        return {
            "request": [request.method, request.path, request.path_params, request.query.getlist("tag")],
            "headers": request.headers,
            "body": [request.json, request.form.dict(), files, request.text],
        }

    plain = run_workflow(
        describes_its_request, body="hi", method="PUT", path="/a/7", path_params={"id": "7"}, query={"tag": [1, 2]}
    ).output
    assert plain == {
        "request": ["PUT", "/a/7", {"id": "7"}, ["1", "2"]],
        "headers": {},
        "body": [None, {}, {}, "hi"],
    }
    with_json = run_workflow(describes_its_request, json=[1], headers={"X-Sent-By": "test"}).output
    assert with_json["body"][0] == [1]
    assert with_json["headers"] == {"x-sent-by": "test", "content-type": "application/json"}
    assert run_workflow(describes_its_request, form={"name": "Ada"}).output["body"][1] == {"name": "Ada"}
    with_file = run_workflow(describes_its_request, form={"name": "Ada"}, files={"photo": ("cat.txt", b"meow")}).output
    assert with_file["body"][1:3] == [{"name": "Ada"}, {"photo": ["cat.txt", "meow"]}]
    assert run_workflow(describes_its_request, make_request(path="/own")).output["request"][1] == "/own"
    with pytest.raises(ValueError, match="give one of"):
        run_workflow(describes_its_request, json={}, body="x")


def test_options_are_checked_as_for_a_sink(run_workflow: RunWorkflow) -> None:
    with pytest.raises(InvalidOptions, match=r"zone: unknown option \(known are: region, days\)"):
        run_workflow(fulfils_an_order, json={"id": 7}, zone="eu")
    assert run_workflow(fulfils_an_order, json={"id": 7}, options={"region": "us"}).logs == ["begin in us"]

    def no_workflow(request: Request, run: Run) -> None: ...

    with pytest.raises(TypeError, match="decorate the function with @workflow"):
        run_workflow(no_workflow)


@workflow
async def is_approved(request: Request, run: Run, *, seconds: float = 3600) -> Any:
    try:
        return await run.wait_for("approval", timeout=seconds)
    except TimeoutError:
        return "too late"


@pytest.mark.parametrize("seconds", [0.5, 3600])
def test_a_signal_comes_while_the_run_waits_for_it(run_workflow: RunWorkflow, seconds: float) -> None:
    result = run_workflow(is_approved, signals={"approval": {"ok": True}}, seconds=seconds)
    assert result.output == {"ok": True}
    assert [(wait.name, wait.status, wait.value) for wait in result.waits] == [("approval", "complete", {"ok": True})]
    assert 0 < result.elapsed < seconds
    assert result.executions == (2 if seconds > 60 else 1)  # a short wait is not worth letting go


def test_a_wait_without_a_signal_ends_in_time(run_workflow: RunWorkflow) -> None:
    result = run_workflow(is_approved)
    assert result.output == "too late"
    assert result.elapsed == 3600
    assert result.waits[0].error is not None
    assert result.waits[0].error.type == "TimeoutError"


def test_a_signal_can_come_at_a_time_of_the_clock(run_workflow: RunWorkflow) -> None:
    late = run_workflow(is_approved, signals=[Signal("approval", "yes", after=3601)])
    assert (late.output, late.elapsed) == ("too late", 3600)
    in_time = run_workflow(is_approved, signals=[Signal("approval", "yes", after=3000)])
    assert (in_time.output, in_time.elapsed) == ("yes", 3000)
    before = run_workflow(is_approved, signals=[Signal("approval", "yes", after=0)])
    assert (before.output, before.executions) == ("yes", 1)


def test_a_wait_that_is_cancelled_as_its_signal_comes_leaves_it_to_the_next(run_workflow: RunWorkflow) -> None:
    @workflow
    async def asks_again(request: Request, run: Run, *, turns: int) -> list[Any]:
        first = asyncio.create_task(run.wait_for("approval"))
        for _ in range(turns):
            await asyncio.sleep(0)
        first.cancel()
        try:
            return ["first", await first]
        except asyncio.CancelledError:
            return ["second", await run.wait_for("approval")]

    outputs = [run_workflow(asks_again, signals={"approval": "yes"}, turns=turns).output for turns in range(40)]
    assert [output[1] for output in outputs] == ["yes"] * 40
    assert {output[0] for output in outputs} == {"first", "second"}


def test_several_signals_of_a_name_end_one_wait_each(run_workflow: RunWorkflow) -> None:
    @workflow
    async def counts_signals(request: Request, run: Run) -> list[Any]:
        return [await run.wait_for("number") for _ in range(3)]

    result = run_workflow(counts_signals, signals=[Signal("number", number) for number in (1, 2, 3)])
    assert result.output == [1, 2, 3]
    assert result.executions == 4


def test_signals_of_several_names_end_one_wait_after_another(run_workflow: RunWorkflow) -> None:
    @workflow
    async def waits_twice(request: Request, run: Run) -> list[Any]:
        return [await run.wait_for("first"), await run.wait_for("second")]

    assert run_workflow(waits_twice, signals={"first": 1, "second": 2}).output == [1, 2]


def test_an_attempt_after_a_failed_one_may_take_another_way_also_after_a_wait(run_workflow: RunWorkflow) -> None:
    charges: list[int] = []

    def charge() -> None:
        charges.append(1)
        if len(charges) == 1:
            raise LookupError("no funds")

    @workflow(retry=Retry(attempts=2, delays=[1]))
    async def charges_and_ships(request: Request, run: Run) -> str:
        try:
            await run.step("charge", charge)
        except StepFailed:
            await run.step("tell the support", asyncio.sleep, 0)
            raise
        await run.sleep(3600)
        return str(await run.step("ship", asyncio.sleep, 0, "shipped"))

    result = run_workflow(charges_and_ships)
    assert (result.output, len(charges)) == ("shipped", 2)
    assert result.elapsed < 3602  # the step of the failed attempt is not waited for


def test_a_signal_that_comes_in_the_moment_in_which_the_run_is_let_go_wakes_it(run_workflow: RunWorkflow) -> None:
    async def misses(run: Run) -> str:
        try:
            return str(await run.wait_for("second", timeout=7))
        except TimeoutError:
            return "missed"

    @workflow
    async def waits_twice_at_once(request: Request, run: Run) -> list[Any]:
        return list(await asyncio.gather(run.wait_for("first"), misses(run)))

    result = run_workflow(waits_twice_at_once, signals=[Signal("first", 1, after=10)])  # LET_GO_TIMEOUT after the miss
    assert result.output == [1, "missed"]


def test_a_run_that_is_let_go_leaves_no_errors_of_its_tasks_in_the_log(
    run_workflow: RunWorkflow, caplog: pytest.LogCaptureFixture
) -> None:
    @workflow
    async def takes_the_first(request: Request, run: Run) -> list[bool]:
        tasks = [asyncio.create_task(run.sleep(60)), asyncio.create_task(run.wait_for("approval"))]
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        await run.step("after", asyncio.sleep, 0)
        return [task in done for task in tasks]

    result = run_workflow(takes_the_first, signals={"approval": 1})
    gc.collect()
    assert (result.output, result.executions) == ([False, True], 2)
    assert "never retrieved" not in caplog.text


def test_a_signal_ends_a_wait_for_a_key_too(run_workflow: RunWorkflow) -> None:
    @workflow
    async def is_paid(request: Request, run: Run) -> Any:
        try:
            return await run.wait_for("payment", key=request.json["order"], timeout=3600)
        except TimeoutError:
            return "too late"

    paid = run_workflow(is_paid, json={"order": "7"}, signals={"payment": {"amount": 12}})
    assert (paid.output, paid.executions) == ({"amount": 12}, 2)
    unpaid = run_workflow(is_paid, json={"order": "7"})
    assert (unpaid.output, unpaid.elapsed) == ("too late", 3600)


def test_a_run_for_which_no_signal_comes_still_waits(run_workflow: RunWorkflow) -> None:
    @workflow
    async def waits_for_ever(request: Request, run: Run) -> None:
        await run.wait_for("approval")

    result = run_workflow(waits_for_ever, signals={"aproval": True})
    assert result.status == "waiting"
    assert result.waits[0].status == "waiting"
    with pytest.raises(RunNotComplete, match=r"its status is 'waiting' for 'approval'"):
        assert result.output


@workflow
async def sends_receipts(request: Request, run: Run) -> list[Any]:
    began = await run.start("write_to_the_log", {"order": 7})
    receipt = await run.call("send_a_receipt", {"order": 7}, options={"copies": 2})
    await run.step("load", load, 7)
    return [began[:4], receipt]


def test_children_have_the_outcomes_that_the_test_sets_and_are_started_once(run_workflow: RunWorkflow) -> None:
    result = run_workflow(sends_receipts, children={"send_a_receipt": {"sent": True}}, crash_after="load")
    assert result.output == ["run_", {"sent": True}]
    assert result.attempts == 2
    assert result.children == [
        ChildStart("write_to_the_log", {"order": 7}),
        ChildStart("send_a_receipt", {"order": 7}, {"copies": 2}),
    ]


def test_secrets_are_those_of_the_test(run_workflow: RunWorkflow) -> None:
    @workflow
    async def reads_a_secret(request: Request, run: Run) -> int:
        return len(run.secret("STRIPE_KEY"))

    assert run_workflow(reads_a_secret, secrets={"STRIPE_KEY": "sk_test_7"}).output == 9
    assert "set secrets={'STRIPE_KEY': ...}" in str(run_workflow(reads_a_secret).error)


def test_a_child_can_fail_and_one_without_an_outcome_is_an_error(run_workflow: RunWorkflow) -> None:
    failed = run_workflow(sends_receipts, children={"send_a_receipt": ConnectionError("no mail server")})
    assert failed.status == "error"
    assert "no mail server" in str(failed.error)
    unknown = run_workflow(sends_receipts)
    assert "set children={'send_a_receipt': ...}" in str(unknown.error)


def test_a_complete_step_is_not_executed_again_after_a_crash(run_workflow: RunWorkflow) -> None:
    result = run_workflow(fulfils_an_order, json={"id": 7}, crash_after="charge")
    assert result.output["charged"] == "charged with 1"
    assert CALLS == ["load", "charge"]
    assert result.attempts == 2
    assert "The server stopped during attempt 1; this is attempt 2." in result.logs


def test_a_step_whose_result_a_crash_loses_is_executed_again(run_workflow: RunWorkflow) -> None:
    result = run_workflow(fulfils_an_order, json={"id": 7}, crash_before=["load", "charge", "charge"])
    assert result.status == "complete"
    assert CALLS == ["load", "load", "charge", "charge", "charge"]
    assert result.step("charge").attempts == 3
    assert result.attempts == 4


def test_a_step_that_is_executed_at_most_once_is_interrupted_by_a_crash(run_workflow: RunWorkflow) -> None:
    @workflow
    async def pays_once(request: Request, run: Run) -> str:
        try:
            await run.step(Step("pay", at_most_once=True), load, 1)
        except StepInterrupted:
            return "ask"
        return "paid"

    assert run_workflow(pays_once).output == "paid"
    CALLS.clear()
    assert run_workflow(pays_once, crash_before="pay").output == "ask"
    assert CALLS == ["load"]


def test_a_run_that_must_not_be_restarted_or_crashes_too_often_is_interrupted(run_workflow: RunWorkflow) -> None:
    @workflow(restart=False)
    async def runs_once(request: Request, run: Run) -> None:
        await run.step("load", load, 1)

    result = run_workflow(runs_once, crash_after="load")
    assert result.status == "interrupted"
    assert result.error is not None
    assert "must not be restarted" in result.error.message
    often = run_workflow(fulfils_an_order, json={"id": 7}, crash_before=["load"] * 5)
    assert often.status == "interrupted"
    assert "MAX_CRASHES" in often.logs[-1] or (often.error is not None and "MAX_CRASHES" in often.error.message)


def test_a_crash_at_a_step_that_does_not_end_is_an_error_with_the_names(run_workflow: RunWorkflow) -> None:
    with pytest.raises(NoSuchStep, match=r"No crash happened at 'chrage'.*'load', 'charge'"):
        run_workflow(fulfils_an_order, json={"id": 7}, crash_after="chrage")


def test_a_step_is_retried_with_pauses_that_pass_at_once(run_workflow: RunWorkflow) -> None:
    tries: list[int] = []

    async def flaky() -> int:
        tries.append(current_step().attempt)
        if len(tries) < 4:
            raise ConnectionError("down")
        return len(tries)

    @workflow(timeout=3600)  # which includes the pauses of steps
    async def retries_a_step(request: Request, run: Run) -> Any:
        return await run.step(Step("flaky", retry=Retry(attempts=4, delays=[60, 600])), flaky)

    result = run_workflow(retries_a_step, crash_after="flaky")
    assert result.output == 4
    assert tries == [1, 2, 3, 4]
    assert result.step("flaky").attempts == 4
    assert result.elapsed == pytest.approx(60 + 600 + 600, abs=1)


def test_a_failed_run_is_tried_again_by_the_rule_of_its_workflow(run_workflow: RunWorkflow) -> None:
    @workflow(retry=Retry(attempts=3, delays=[60, 600]))
    async def fails_twice(request: Request, run: Run) -> int:
        await run.step("load", load, 1)
        if run.attempt < 3:
            raise ConnectionError("down")
        return run.attempt

    result = run_workflow(fails_twice)
    assert (result.output, result.attempts) == (3, 3)
    assert CALLS == ["load"]
    assert result.logs == [
        "Attempt 1 failed: ConnectionError: down. The next starts in 60 s.",
        "Attempt 2 failed: ConnectionError: down. The next starts in 600 s.",
    ]
    assert result.elapsed == 660


def test_the_error_of_a_run_has_the_type_the_message_and_the_traceback(run_workflow: RunWorkflow) -> None:
    @workflow(retry=Retry(attempts=3))
    async def refuses_finally(request: Request, run: Run) -> None:
        raise Fatal("no funds")

    result = run_workflow(refuses_finally)
    assert result.status == "error"
    assert str(result.error) == "Fatal: no funds"
    assert result.attempts == 1
    assert result.events[-1]["error"] == {"type": "Fatal", "message": "no funds"}
    with pytest.raises(RunNotComplete, match=r"ended as 'error' with Fatal: no funds\n[^$]*raise Fatal"):
        assert result.output


def test_a_failed_step_ends_the_run_with_its_error(run_workflow: RunWorkflow) -> None:
    def fails() -> None:
        raise LookupError("no stock")

    @workflow
    async def has_a_step_that_fails(request: Request, run: Run) -> None:
        await run.step("reserve", fails)

    result = run_workflow(has_a_step_that_fails)
    assert str(result.error) == str(result.step("reserve").error) == "LookupError: no stock"
    assert result.step("reserve").status == "error"
    with pytest.raises(NoSuchStep, match=r"0 steps 'reseve'. Its steps are: 'reserve'"):
        result.step("reseve")


@pytest.mark.parametrize(
    ("output", "error"), [({1, 2}, "InvalidOutput: The workflow returned a value that is not JSON"), ((1, 2), None)]
)
def test_the_output_has_to_be_json(run_workflow: RunWorkflow, output: Any, error: str | None) -> None:
    @workflow
    async def returns_an_output(request: Request, run: Run) -> Any:
        return output

    result = run_workflow(returns_an_output)
    if error is None:
        assert result.output == [1, 2]
    else:
        assert str(result.error).startswith(error)


def test_a_workflow_that_takes_too_long_or_reports_too_much_fails(run_workflow: RunWorkflow) -> None:
    @workflow(timeout=60)
    async def hangs_for_ever(request: Request, run: Run) -> None:
        await asyncio.Event().wait()

    result = run_workflow(hangs_for_ever)
    assert str(result.error) == "Timeout: The workflow did not finish within 60 s."
    assert result.elapsed == 60

    @workflow
    async def talks_for_ever(request: Request, run: Run) -> None:
        while True:
            await run.log("again")

    assert str(run_workflow(talks_for_ever).error).startswith("TooManyEvents")


def test_a_run_can_be_cancelled_while_it_works_and_while_it_waits(run_workflow: RunWorkflow) -> None:
    cleaned: list[str] = []

    @workflow
    async def works_and_waits(request: Request, run: Run, *, wait: bool) -> None:
        try:
            await (run.sleep(100) if wait else asyncio.sleep(100))
        finally:
            cleaned.append("cleaned")

    for wait in (False, True):
        result = run_workflow(works_and_waits, cancel_after=50, wait=wait)
        assert (result.status, result.elapsed) == ("cancelled", 50)
        assert result.events[-1]["type"] == "cancelled"
    assert cleaned == ["cleaned", "cleaned"]
    assert run_workflow(works_and_waits, cancel_after=200, wait=True).status == "complete"


def test_a_plain_def_workflow_has_steps_waits_signals_retries_and_crashes_too(run_workflow: RunWorkflow) -> None:
    threads: list[bool] = []

    @workflow(steps=2, retry=Retry(attempts=2, delays=[60]))
    def does_it_in_a_thread(request: Request, run: ThreadRun) -> dict[str, Any]:
        threads.append(threading.current_thread() is threading.main_thread())
        order = run.step("load", load, request.json["id"])
        run.sleep(3600)
        approval = run.wait_for("approval")
        if run.attempt == 2:
            raise ConnectionError("down")
        time.sleep(0.02)  # passes as usual, and takes no time by the clock
        return {"order": order, "approval": approval, "charge": run.step("charge", charge, order)}

    result = run_workflow(does_it_in_a_thread, json={"id": 7}, signals={"approval": "yes"}, crash_after="load")
    assert result.output == {"order": {"id": 7, "parts": ["a", "b"]}, "approval": "yes", "charge": "charged with 1"}
    assert CALLS == ["load", "charge"]
    assert (result.attempts, result.executions) == (3, 5)  # a crash, two waits, a failure
    assert result.elapsed == 3600 + 10 + 60
    assert not any(threads)


def test_a_thread_that_works_longer_than_a_timeout_is_timed_out(run_workflow: RunWorkflow) -> None:
    released = threading.Event()

    @workflow
    async def has_a_slow_step(request: Request, run: Run) -> None:
        await run.step(Step("slow", timeout=0.05), released.wait, 30)

    result = run_workflow(has_a_slow_step)
    released.set()
    assert str(result.error) == "TimeoutError: The step did not finish within 0.05 s."


def test_sockets_and_pools_of_threads_have_the_time_that_they_need(run_workflow: RunWorkflow) -> None:
    async def talk() -> str:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            line = await reader.readline()
            await asyncio.to_thread(time.sleep, 0.05)
            writer.write(line.upper())
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        async with server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(b"hello\n")
            line = await reader.readline()
            writer.close()
            return line.decode()

    @workflow
    async def talks_to_a_server(request: Request, run: Run) -> Any:
        answer = await run.step(Step("talk", timeout=60), talk)
        await run.sleep(3600)
        return answer

    result = run_workflow(talks_to_a_server)
    assert (result.output, result.elapsed) == ("HELLO\n", 3600)


def test_a_step_and_a_wait_that_are_not_awaited_are_errors_with_their_lines(run_workflow: RunWorkflow) -> None:
    @workflow
    async def forgets_to_await(request: Request, run: Run) -> None:
        run.log("needs no await")  # type: ignore[unused-coroutine]
        run.step("charge", charge, {})
        run.sleep(60)  # type: ignore[unused-coroutine]

    line = forgets_to_await.__code__.co_firstlineno + 3
    with pytest.raises(NeverAwaited) as caught:
        run_workflow(forgets_to_await)
    assert f"run.step(...) in {__file__}, line {line}" in str(caught.value)
    assert f"run.sleep(...) in {__file__}, line {line + 1}" in str(caught.value)
    assert CALLS == []


def test_a_call_that_is_used_in_place_of_its_result_is_the_error(run_workflow: RunWorkflow) -> None:
    @workflow
    async def passes_it_on(request: Request, run: Run) -> Any:
        order = run.step("load", load, 7)
        return await run.step("charge", lambda order: order["id"], order)

    @workflow
    async def returns_it(request: Request, run: Run) -> Any:
        return {"approval": run.wait_for("approval")}

    with pytest.raises(NeverAwaited, match=r"run\.step\(\.\.\.\) in .*test_run_workflow\.py, line \d+$"):
        run_workflow(passes_it_on)
    with pytest.raises(NeverAwaited, match=r"run\.wait_for\(\.\.\.\)"):
        run_workflow(returns_it)


def test_a_call_that_an_error_keeps_from_being_awaited_is_none(run_workflow: RunWorkflow) -> None:
    def fails() -> None:
        raise LookupError("no stock")

    @workflow
    async def prepares_two(request: Request, run: Run) -> None:
        first, second = run.step("first", fails), run.step("second", fails)
        await first
        await second

    @workflow
    async def prepares_behind_a_wait(request: Request, run: Run) -> Any:
        later = run.step("later", load, 7)
        await run.sleep(60)
        return await later

    assert str(run_workflow(prepares_two).error) == "LookupError: no stock"
    assert run_workflow(prepares_behind_a_wait).executions == 2


def test_many_calls_keep_only_those_that_were_not_awaited(run_workflow: RunWorkflow) -> None:
    @workflow
    async def forgets_one_of_many(request: Request, run: Run) -> None:
        forgotten = run.step("forgotten", load, 7)
        for number in range(200):
            await run.step(Step("load", key=str(number)), load, number)
        del forgotten

    with pytest.raises(NeverAwaited, match=r"these calls: run\.step\(\.\.\.\) in [^;]*$"):
        run_workflow(forgets_one_of_many)


def test_tasks_of_a_workflow_race_and_replay_in_the_same_way(run_workflow: RunWorkflow) -> None:
    @workflow
    async def gathers(request: Request, run: Run) -> list[int]:
        async def part(number: int) -> int:
            await asyncio.sleep(60 - number)
            return number

        parts = [run.step(Step("part", key=str(number)), part, number) for number in range(3)]
        first = [await done for done in asyncio.as_completed(parts)]
        await run.sleep(3600)
        return first

    result = run_workflow(gathers, crash_after="part")
    assert result.output == [2, 1, 0]
    assert result.step("part", key="2").value == 2


def test_an_async_test_is_told_to_be_a_plain_def(run_workflow: RunWorkflow) -> None:
    async def test() -> None:
        run_workflow(fulfils_an_order, json={"id": 7})

    with pytest.raises(RuntimeError, match="a plain def"):
        asyncio.run(test())
