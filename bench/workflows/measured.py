"""Workflows for `make bench-cluster`."""

import asyncio
import time

from runs.workflows import Request, Run, workflow


@workflow
async def tick(request: Request, run: Run, *, count: int = 20, pause: float = 0.1, wait: float = 0.0) -> int:
    """Log the current time `count` times, `pause` seconds apart, after `wait` seconds."""
    await asyncio.sleep(wait)
    for _ in range(count):
        await asyncio.sleep(pause)
        await run.log(repr(time.time()))
    return count
