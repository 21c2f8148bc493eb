"""Workflows for the benchmarks."""

import asyncio
import time
from datetime import datetime
from typing import Any

from bench.three_steps import load_order, price_order, ship_order
from runs.workflows import Request, Run, workflow


@workflow
async def tick(request: Request, run: Run, *, count: int = 20, pause: float = 0.1, wait: float = 0.0) -> int:
    """Log the current time `count` times, `pause` seconds apart, after `wait` seconds."""
    await asyncio.sleep(wait)
    for _ in range(count):
        await asyncio.sleep(pause)
        await run.log(repr(time.time()))
    return count


@workflow
async def three_steps(request: Request, run: Run) -> Any:
    """Execute three steps, one after another."""
    order = await run.step("load", load_order, request.json["data"]["id"])
    price = await run.step("price", price_order, order)
    return await run.step("ship", ship_order, order, price)


@workflow
async def sleeper(request: Request, run: Run, *, until: datetime) -> str:
    """Sleep until a moment."""
    await run.sleep_until(until)
    return "awake"
