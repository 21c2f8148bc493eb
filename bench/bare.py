"""The bare ASGI application: reads the request, and streams the bytes that SinkHub would, event by event."""

import os
from collections.abc import Awaitable, Callable
from typing import Any

_RUN_ID = "run_" + "0" * 44
_HEADERS = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
    (b"x-run-id", _RUN_ID.encode()),
    (b"location", f"/runs/{_RUN_ID}".encode()),
]
# An answer of SinkHub's to the same request, taken by the bench before it starts this server: its events.
_EVENTS = [f"{event}\n\n".encode() for event in os.environ["BENCH_STREAM"].removesuffix("\n\n").split("\n\n")]


async def application(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    """An ASGI application; HTTP alone."""
    if scope["type"] != "http":
        raise RuntimeError("no lifespan")
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    for event in _EVENTS:
        await send({"type": "http.response.body", "body": event, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})
