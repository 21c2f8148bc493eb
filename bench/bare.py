"""The bare ASGI application: it reads the request, and streams the same bytes as SinkHub, event by event."""

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
# The events of SinkHub's answer to the same request, which the bench records before it starts this server.
_EVENTS = [f"{event}\n\n".encode() for event in os.environ["BENCH_STREAM"].removesuffix("\n\n").split("\n\n")]


async def application(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    """An ASGI application, for HTTP only."""
    if scope["type"] != "http":
        raise RuntimeError("no lifespan")
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    for event in _EVENTS:
        await send({"type": "http.response.body", "body": event, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})
