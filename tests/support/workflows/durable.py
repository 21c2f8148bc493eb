"""Workflows with steps. Each execution of a step adds a line to the file that the form names."""

import asyncio
import os
import time
from pathlib import Path
from typing import Any

from runs.workflows import Fatal, Request, Retry, Run, Step, StepInterrupted, ThreadRun, current_step, workflow


def _note(request: Request, text: str) -> None:
    """Add a line to the file, in one write, so that a killed process leaves whole lines."""
    with Path(str(request.form["file"])).open("ab", buffering=0) as file:
        file.write(f"{text}\n".encode())


@workflow(steps=5)
async def order(request: Request, run: Run, *, pause: float = 0.0) -> dict[str, Any]:
    """Execute a step alone, three together in threads, and one that fails twice before it succeeds."""

    async def load(number: int) -> dict[str, Any]:
        _note(request, "load")
        await asyncio.sleep(pause)
        return {"id": number, "parts": ["a", "b", "c"]}

    def ship(part: str) -> list[str]:
        _note(request, f"ship {part}")
        time.sleep(pause)
        return [part, current_step().idempotency_key]

    async def charge() -> str:
        attempt = current_step().attempt
        _note(request, f"charge {attempt}")
        if attempt < 3:
            raise ConnectionError(f"try {attempt}")
        return "paid"

    await run.log("begin")
    loaded = await run.step("load", load, 7)
    await run.log("loaded")
    shipped = await asyncio.gather(*(run.step("ship", ship, part) for part in loaded["parts"]))
    charged = await run.step(Step("charge", retry=Retry(attempts=3, delays=[0.01])), charge)
    return {"id": loaded["id"], "shipped": shipped, "charge": charged}


@workflow
def order_in_a_thread(request: Request, run: ThreadRun) -> dict[str, Any]:
    """Call steps from a plain function: a plain one, and an async one."""

    async def double(number: int) -> int:
        return 2 * number

    run.log("begin")
    one = run.step("add", lambda number: number + 1, 1)
    two = run.step(Step("double", key="d"), double, one)
    return {"one": one, "two": two, "now": run.now().isoformat(), "random": run.random()}


@workflow
async def refuses(request: Request, run: Run, *, fatal: bool = True) -> None:
    """Fail in a step, for ever or for this attempt."""

    async def refuse() -> None:
        _note(request, "refuse")
        raise Fatal("no such account") if fatal else LookupError("no such account")

    await run.step("look", asyncio.sleep, 0)
    await run.step("refuse", refuse)


@workflow
async def approves(request: Request, run: Run) -> str:
    """Wait for a signal between two steps, the second of which succeeds at its second attempt."""

    async def charge(approval: str) -> str:
        if current_step().attempt == 1:
            raise ConnectionError(f"no line for {approval}")
        return approval

    await run.step(Step("load", key="order 7"), asyncio.sleep, 0)
    approval = await run.wait_for("approval")
    return str(await run.step(Step("charge", retry=Retry(attempts=2, delays=[0])), charge, approval))


@workflow
async def killed(request: Request, run: Run, *, steps: int = 6, pause: float = 0.05) -> dict[str, Any]:
    """
    Execute steps, one of them at most once, and wait for a moment, a signal and a keyed signal, for tests that kill the
    process at any point.
    """
    results: list[Any] = []

    async def execute(number: int) -> int:
        step = current_step()
        _note(request, f"{run.id} {step.name} {number} {step.attempt} {os.getpid()}")
        await asyncio.sleep(pause)
        return number

    for number in range(steps):
        if number == 2:
            try:
                results.append(await run.step(Step("pay", at_most_once=True), execute, number))
            except StepInterrupted:
                results.append("interrupted")
        elif number == 3:
            results.append(await asyncio.gather(*(run.step("together", execute, place) for place in range(3))))
        else:
            results.append(await run.step(f"step {number}", execute, number))
        if number == 1:
            await run.sleep(10 * pause)
        elif number == 4:
            results.append(await run.wait_for("approval"))
        elif number == 5:
            results.append(await run.wait_for("payment", key=run.id))
        await run.log(f"after {number}")
    return {"results": results}
