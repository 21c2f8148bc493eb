"""Workflows that `make bench-cluster` measures with."""

import asyncio
import time

from runs.workflows import Request, Run, workflow


@workflow
async def tick(request: Request, run: Run, *, count: int = 20, pause: float = 0.1, wait: float = 0.0) -> int:
    """After `wait` seconds says `count` times what time it is, `pause` seconds apart."""
    await asyncio.sleep(wait)
    for _ in range(count):
        await asyncio.sleep(pause)
        await run.log(repr(time.time()))
    return count
