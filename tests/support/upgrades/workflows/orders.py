"""The workflows of the dumps, written for release 0.1.0. Do not change their code: recorded runs refer to it."""

import asyncio
from typing import Any

from runs.executor import RunHandle, ThreadRunHandle
from runs.registry import workflow
from runs.request import Request


@workflow
async def ship(request: Request, run: RunHandle, *, carrier: str = "post") -> dict[str, Any]:
    """Report two steps, and return the order."""
    await run.progress(50, "packed", step="pack")
    await run.log("handed over", "info")
    await run.progress(100, "shipped", step="ship")
    return {"carrier": carrier, "order": request.json, "params": dict(request.path_params), "attempt": run.attempt}


@workflow
async def read_request(request: Request, run: RunHandle) -> dict[str, Any]:
    """Return the request."""
    return {
        "method": request.method,
        "query": dict(request.query.lists()),
        "content_type": request.content_type,
        "body": request.body.decode("latin-1"),
        "json": request.json,
        "form": dict(request.form.lists()),
        "files": {name: [file.read().decode("latin-1") for file in files] for name, files in request.files.lists()},
        "umlaut": "Grüße \u2028 \U0001f600",
    }


@workflow
async def wait(request: Request, run: RunHandle) -> dict[str, Any]:
    """Wait for an hour in the first attempt; a later attempt ends at once."""
    await run.progress(10, f"attempt {run.attempt}")
    if run.attempt == 1:
        await asyncio.sleep(3600)
    return {"attempt": run.attempt, "body": request.body.decode()}


@workflow(restart=False)
async def wait_once(request: Request, run: RunHandle) -> dict[str, Any]:
    """Wait for an hour; must not run twice."""
    await run.progress(10)
    await asyncio.sleep(3600)
    return {"attempt": run.attempt}


@workflow
async def fail(request: Request, run: RunHandle, *, times: int = 100) -> dict[str, Any]:
    """Fail in the first `times` attempts."""
    await run.progress(10)
    if run.attempt <= times:
        raise LookupError(f"no such order in attempt {run.attempt}")
    return {"attempt": run.attempt}


@workflow
async def report(request: Request, run: RunHandle, *, events: int) -> str:
    """Log `events` lines."""
    for number in range(events):
        await run.log(f"line {number:06d}")
    return "done"


@workflow
def count_words(request: Request, run: ThreadRunHandle) -> dict[str, Any]:
    """Count words in a plain function."""
    run.progress(50, "half")
    run.log("from a thread", "warning")
    return {"words": len(request.body.split())}
