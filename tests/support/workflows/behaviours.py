"""Workflows with all kinds of behaviour that a run has to handle."""

import asyncio
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from runs.workflows import Request, Run, ThreadRun, workflow


def _texts(fields: Any) -> dict[str, list[str]]:
    return {
        name: [value if isinstance(value, str) else value.decode("latin-1") for value in several]
        for name, several in fields.lists()
    }


@workflow
async def inspect(request: Request, run: Run) -> dict[str, Any]:
    """Return everything that a workflow receives."""
    return {
        "method": request.method,
        "path": request.path,
        "path_params": dict(request.path_params),
        "query": _texts(request.query),
        "headers": request.headers,
        "content_type": request.content_type,
        "body": request.body.decode("latin-1"),
        "json": request.json,
        "form": _texts(request.form),
        "files": {name: [file.read().decode("latin-1") for file in files] for name, files in request.files.lists()},
        "run_id": run.id,
        "attempt": run.attempt,
    }


@workflow
async def steps(request: Request, run: Run, *, count: int = 4, pause: float = 0.3) -> dict[str, Any]:
    """Report `count` steps, with a pause before each."""
    for step in range(1, count + 1):
        await asyncio.sleep(pause)
        await run.progress(100 * step // count, f"step {step}", step=f"s{step}")
    return {"steps": count, "attempt": run.attempt}


@workflow
async def gated(request: Request, run: Run) -> dict[str, Any]:
    """Report steps 1 and 2, each once a file with its number is in the form's folder `gates`; return the form."""
    gates = Path(str(request.form["gates"]))
    for step in (1, 2):
        while not gates.joinpath(str(step)).exists():  # noqa: ASYNC110 - another process creates it
            await asyncio.sleep(0.02)
        await run.progress(50 * step, str(request.form.get("says", f"step {step}")))
    return {"form": request.form.dict()}


@workflow(restart=False)
async def once(request: Request, run: Run, *, pause: float = 1.0) -> dict[str, Any]:
    """Must not run twice."""
    await run.progress(10)
    await asyncio.sleep(pause)
    return {"attempt": run.attempt}


@workflow
def threaded(request: Request, run: ThreadRun) -> dict[str, Any]:
    """Report from a plain `def`."""
    run.progress(50, "half")
    run.log("from a thread", "warning")
    return {"thread": True, "json": request.json}


@workflow
async def raises(request: Request, run: Run) -> None:
    """Raise an exception."""
    await run.progress(10)
    raise LookupError("no such order: 4711")


@workflow
async def returns(request: Request, run: Run, *, kind: str) -> Any:
    """Return a value that JSON may not represent."""
    return {
        "date": datetime.now(UTC),
        "nested": {"orders": [{"id": 1}, {"id": 2, "at": datetime.now(UTC)}]},
        "key": {"orders": {(1, 2): 3}},
        "nan": float("nan"),
        "nul": "a\0b",
        "surrogate": "\ud800",
        "umlaut": "Grüße \u2028 \U0001f600",
        "none": None,
        "large": "x" * (11 * 1024 * 1024),
        "lines": "one\ntwo\r\nthree",
    }[kind]


@workflow
async def reports(request: Request, run: Run, *, values: list[Any]) -> str:
    """Report these values as progress."""
    for value in values:
        await run.progress(value)
    return "done"


@workflow
async def forgets(request: Request, run: Run) -> str:
    """Await none of its reports."""
    run.progress(30, "three")  # type: ignore[unused-coroutine] # type checkers find it
    run.log("and a line")  # type: ignore[unused-coroutine]
    run.progress(60)  # type: ignore[unused-coroutine]
    return "done"


@workflow
async def reports_apart(request: Request, run: Run) -> str:
    """Report in tasks, faster than events are recorded."""
    tasks = [asyncio.create_task(run.log("x" * 500)) for _ in range(3000)]
    await asyncio.gather(run.progress(50), *tasks)
    await asyncio.wait_for(run.progress(60), 10)
    return "done"


@workflow
async def floods(request: Request, run: Run, *, events: int = 100_000, size: int = 10, wait: float = 0.0) -> str:
    """Log `events` lines without a pause, after `wait` seconds."""
    if wait:
        await asyncio.sleep(wait)
    for number in range(events):
        await run.log(f"{number:06d} " + "x" * size)
    return "done"


@workflow
async def blocks(request: Request, run: Run, *, seconds: float = 1.5) -> str:
    """Block the event loop."""
    time.sleep(seconds)  # noqa: ASYNC251 - for the watchdog to report
    return "done"


@workflow
async def stubborn(request: Request, run: Run) -> str:
    """Ignore cancellation."""
    while True:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(3600)


@workflow
async def exits(request: Request, run: Run) -> None:
    """Try to exit the process."""
    raise SystemExit(7)


_together: dict[str, int] = {}


@workflow
async def overlaps(request: Request, run: Run, *, name: str, pause: float = 0.2) -> dict[str, Any]:
    """Return how many runs of this name execute at once in this process, and its place in their order of start."""
    _together[name] = together = _together.get(name, 0) + 1
    _together[f"{name} begun"] = place = _together.get(f"{name} begun", 0) + 1
    try:
        await asyncio.sleep(pause)
        return {"together": together, "place": place, "body": request.body.decode(), "attempt": run.attempt}
    finally:
        _together[name] -= 1


@workflow
async def speaks(request: Request, run: Run, *, text: str, fails: bool = False) -> dict[str, Any]:
    """Put a text in every field that a workflow can set."""
    await run.progress(50, text, step=text)
    await run.log(text, "warning")
    if fails:
        raise ValueError(text)
    return {"text": text}


@workflow
async def deep(request: Request, run: Run, *, levels: int, width: int = 0) -> list[Any]:
    """Return nested lists, with numbers in the innermost."""
    found: list[Any] = [0] * width
    for _ in range(levels):
        found = [found]
    return found
