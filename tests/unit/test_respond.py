"""`run.respond`: a run sets its response once, durably, while it goes on."""

import asyncio
from typing import Any

import pytest

from runs.testing import RunWorkflow
from runs.workflows import (
    AlreadyResponded,
    Fatal,
    InvalidResponse,
    Request,
    Response,
    Retry,
    Run,
    ThreadRun,
    workflow,
)
from tests.support.durable_runs import Crash, DurableRun


def responses(run: DurableRun) -> list[str]:
    return [record.value for record in run.records if record.kind == "response"]


def reported(run: DurableRun) -> int:
    return sum(event.get("step") == "respond" for event in run.events)


async def nothing() -> None:
    await asyncio.sleep(0)


@workflow(responds=True)
async def acknowledges(request: Request, run: Run) -> str:
    await run.respond(202, {"X-Job": "7"}, {"text": "on it"})
    await run.sleep(3_600)
    return "done"


def test_a_run_responds_and_goes_on(run_workflow: RunWorkflow) -> None:
    result = run_workflow(acknowledges)
    assert result.output == "done"
    response = result.response
    assert response is not None
    assert response == Response(202, {"x-job": "7", "content-type": "application/json"}, b'{"text":"on it"}')
    assert response.json == {"text": "on it"}
    assert result.executions == 2  # it was let go, and has not responded again
    assert [event for event in result.events if event.get("step") == "respond"] == [result.events[0]]
    assert result.steps == []


def test_a_run_that_does_not_respond_has_no_response(run_workflow: RunWorkflow) -> None:
    @workflow
    async def is_silent(request: Request, run: Run) -> None:
        await run.log("nothing to say")

    assert run_workflow(is_silent).response is None


@pytest.mark.parametrize(
    ("body", "content", "kind"),
    [
        ("<Response/>", b"<Response/>", "text/plain; charset=utf-8"),
        ("grüße", "grüße".encode(), "text/plain; charset=utf-8"),
        (b"\xff\0", b"\xff\0", "application/octet-stream"),
        ([1, None], b"[1,null]", "application/json"),
        (None, b"", None),
        ("", b"", None),
    ],
)
def test_a_body_is_bytes_text_or_json(run_workflow: RunWorkflow, body: Any, content: bytes, kind: str | None) -> None:
    @workflow
    async def responds_with(request: Request, run: Run) -> None:
        await run.respond(body=body)

    response = run_workflow(responds_with).response
    assert response is not None
    assert (response.status, response.body, response.headers.get("content-type")) == (200, content, kind)


def test_a_plain_function_responds_without_await(run_workflow: RunWorkflow) -> None:
    @workflow
    def responds_in_a_thread(request: Request, run: ThreadRun) -> str:
        run.respond(204)
        return "went on"

    result = run_workflow(responds_in_a_thread)
    assert result.output == "went on"
    assert result.response == Response(204, {}, b"")


def test_a_response_that_is_not_awaited_is_recorded_too(run_workflow: RunWorkflow) -> None:
    @workflow
    async def forgets_to_wait(request: Request, run: Run) -> None:
        _ = run.respond(204)

    response = run_workflow(forgets_to_wait).response
    assert response is not None and response.status == 204


def test_a_second_response_raises_and_the_first_one_counts(run_workflow: RunWorkflow) -> None:
    @workflow
    async def responds_twice(request: Request, run: Run) -> str:
        await run.respond(200, body="first")
        with pytest.raises(AlreadyResponded, match="responded before"):
            await run.respond(500, body="second")
        return "went on"

    result = run_workflow(responds_twice)
    assert result.output == "went on"
    assert result.response is not None and result.response.text == "first"


def test_of_two_tasks_that_respond_one_does_so_also_after_a_crash() -> None:
    run = DurableRun()

    async def respond(handle: Run, name: str) -> str:
        try:
            await handle.respond(body=name)
        except AlreadyResponded:
            return "refused"
        return name

    async def body(handle: Run) -> list[str]:
        said = await asyncio.gather(*(respond(handle, name) for name in ("a", "b")))
        await handle.step("work", nothing)
        return said

    with pytest.raises(Crash):
        run.execute(body, crash_at=1)
    assert run.execute(body) == ["a", "refused"]
    assert len(responses(run)) == reported(run) == 1


def test_an_attempt_after_a_crash_does_not_respond_again() -> None:
    run = DurableRun()
    calls: list[str] = []

    async def body(handle: Run) -> str:
        await handle.step("load", nothing)
        await handle.respond(200, body=f"attempt {handle.attempt}")
        calls.append("responded")
        await handle.step("work", nothing)
        with pytest.raises(AlreadyResponded):
            await handle.respond(200)
        return "done"

    with pytest.raises(Crash):
        run.execute(body, crash_at=3)  # that of the response
    assert calls == []
    assert run.execute(body) == "done"
    [recorded] = responses(run)
    assert "attempt 1" in recorded
    assert reported(run) == 1


def test_a_crash_before_the_commit_leaves_no_response() -> None:
    run = DurableRun()

    async def body(handle: Run) -> str:
        await handle.step("load", nothing)
        await handle.respond(200, body=f"attempt {handle.attempt}")
        return "done"

    with pytest.raises(Crash):
        run.execute(body, crash_at=1)
    assert responses(run) == []
    assert run.execute(body) == "done"
    assert "attempt 2" in responses(run)[0]


def test_a_crash_at_the_response_can_be_tested(run_workflow: RunWorkflow) -> None:
    result = run_workflow(acknowledges, crash_after="respond")
    assert (result.output, result.attempts) == ("done", 2)
    assert result.response is not None and result.response.status == 202


def test_a_retry_that_responds_otherwise_keeps_the_first_response(run_workflow: RunWorkflow) -> None:
    @workflow(retry=Retry(attempts=2, delays=[60]))
    async def fails_once(request: Request, run: Run) -> str:
        if run.attempt == 1:
            await run.respond(503, body="later")
            raise ConnectionError("down")
        await run.respond(200, body="fine")
        return "done"

    result = run_workflow(fails_once)
    assert result.output == "done"
    assert result.response is not None and result.response.status == 503


def test_a_step_cannot_respond(run_workflow: RunWorkflow) -> None:
    @workflow
    async def responds_in_a_step(request: Request, run: Run) -> None:
        async def inner() -> None:
            try:
                await run.respond(200)
            except RuntimeError as error:
                raise Fatal(str(error)) from None

        await run.step("inner", inner)

    result = run_workflow(responds_in_a_step)
    assert result.error is not None
    assert "the step 'inner' calls run.respond: call it from the workflow only" in result.error.message
    assert result.response is None


@pytest.mark.parametrize("name", ["Content-Type", "Cache-Control", "Location", "Retry-After", "X-Hook-Secret", "ETag"])
def test_header_fields_of_the_list_are_allowed(run_workflow: RunWorkflow, name: str) -> None:
    @workflow
    async def sets_a_header(request: Request, run: Run) -> None:
        await run.respond(200, {name: "value"}, "x")

    response = run_workflow(sets_a_header).response
    assert response is not None and response.headers[name.lower()] == "value"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((200, {"Set-Cookie": "sessionid=1"}), "Set-Cookie is not allowed"),
        ((200, {"Clear-Site-Data": '"*"'}), "Clear-Site-Data is not allowed"),
        ((200, {"Access-Control-Allow-Origin": "*"}), "Access-Control-Allow-Origin is not allowed"),
        ((200, {"access-control-allow-credentials": "true"}), "is not allowed"),
        ((200, {"Transfer-Encoding": "chunked"}), "is not allowed"),
        ((200, {"Content-Length": "0"}), "is not allowed"),
        ((200, {"Connection": "close"}), "is not allowed"),
        ((200, {"Content-Security-Policy": "default-src *"}), "is not allowed"),
        ((200, {"X-Content-Type-Options": "sniff"}), "is not allowed"),
        ((200, {"X-Accel-Redirect": "/etc/passwd"}), "is not allowed"),
        ((200, {"X-Sendfile": "/etc/passwd"}), "is not allowed"),
        ((200, {"X-Run-Id": "run_x"}), "is not allowed"),
        ((200, {"WWW-Authenticate": "Basic"}), "is not allowed"),
        ((200, {"Refresh": "0;url=/"}), "is not allowed"),
        ((200, {"Service-Worker-Allowed": "/"}), "is not allowed"),
        ((200, {"X-A": "b\r\nSet-Cookie: c=d"}), "one line of printable"),
        ((200, {"X-A": "b\0"}), "one line of printable"),
        ((200, {"X-A": "€"}), "one line of printable"),
        ((200, {"X-A": " b"}), "one line of printable"),
        ((200, {"X-A": 7}), "one line of printable"),
        ((200, {"X-A": "b" * 5000}), "4096 characters"),
        ((200, {"X A": "b"}), "is not the name of a header field"),
        ((200, {"X-A": "b", "x-a": "c"}), "occurs twice"),
        ((200, {f"X-{number}": "b" for number in range(51)}), "50 header fields"),
        ((200, ["X-A"]), "must be an object"),
        ((100,), "a number from 200 to 599, not 100"),
        ((600,), "a number from 200 to 599"),
        ((True,), "a number from 200 to 599"),
        (("200",), "a number from 200 to 599"),
        ((204, {}, "a body"), "the status 204 has no body"),
        ((200, {}, object()), "must be bytes, a text, or JSON"),
        ((200, {}, float("nan")), "must be bytes, a text, or JSON"),
        ((200, {}, "\ud800"), "lone surrogate"),
        ((200, {}, b"\xff" * 1_000_000), "MAX_STEP_BYTES"),
    ],
)
def test_an_invalid_response_raises_and_sets_nothing(
    run_workflow: RunWorkflow, arguments: tuple[Any, ...], message: str
) -> None:
    @workflow
    async def responds_wrongly(request: Request, run: Run) -> None:
        await run.respond(*arguments)

    result = run_workflow(responds_wrongly)
    assert result.error is not None
    assert (result.error.type, result.response) == (InvalidResponse.__name__, None)
    assert message in result.error.message


def test_after_an_invalid_response_the_run_can_respond(run_workflow: RunWorkflow) -> None:
    @workflow
    async def corrects_itself(request: Request, run: Run) -> None:
        try:
            await run.respond(200, body=b"\xff" * 1_000_000)
        except InvalidResponse:
            await run.respond(500, body="too large")

    response = run_workflow(corrects_itself).response
    assert response is not None and response.status == 500
