"""The answers to an accepted trigger: the run's stream, its end as JSON, or 202 at once."""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from runs.executor import Executor, LiveRun
from runs.models import Run
from runs.queue import QueuedRun
from runs.streams import Feed, Streams, reached
from sinks.problems import Headers, Receive, Send, answer

STREAM_HEADERS = (
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
)


def quality(accept: bytes, media_type: str) -> float:
    """
    How much a client wants a media type (RFC 9110, section 12.5.1): the weight of the most specific range it is in.

    Args:
        accept: The Accept field; empty stands for `*/*`.
        media_type: Such as `application/json`.

    Returns:
        0 (not wanted) to 1.
    """
    if not accept.strip():
        return 1.0
    wanted = {media_type: 3, media_type.split("/")[0] + "/*": 2, "*/*": 1}
    best, weight = 0, 0.0
    for item in accept.decode("latin-1").lower().split(","):
        name, *parameters = [part.strip() for part in item.split(";")]
        if wanted.get(name, 0) <= best:
            continue
        q = 1.0
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key.strip() == "q":
                try:
                    q = min(max(float(value), 0.0), 1.0)
                except ValueError:
                    q = 0.0
        best, weight = wanted[name], q
    return weight


def prefers_json(accept: bytes) -> bool:
    """Whether the client wants JSON more than the stream."""
    # What is kept has a bound: the field may be as long as a client likes.
    return _prefers_json(accept) if len(accept) <= 200 else _prefers_json.__wrapped__(accept)


@lru_cache(maxsize=1024)
def _prefers_json(accept: bytes) -> bool:
    return quality(accept, "application/json") > quality(accept, "text/event-stream")


def responds_async(prefer: bytes) -> bool:
    """Whether a Prefer field asks for `respond-async` (RFC 7240, section 4.1)."""
    items = prefer.decode("latin-1").lower().split(",")
    return any(item.partition(";")[0].partition("=")[0].strip() == "respond-async" for item in items)


@dataclass(slots=True)
class RecordedRun:
    """A run that an earlier request started."""

    run_id: str
    accepted_as: Run.Status  # its status now
    feed: Feed | None = None
    ended = False


async def answer_run(executor: Executor, run: LiveRun | QueuedRun | RecordedRun, method: str, accept: bytes,
                     prefer: bytes, receive: Receive, send: Send, extra: Headers = ()) -> None:  # fmt: skip
    """Answer the request that started a run, in the form its client prefers."""
    run_id = run.run_id
    place = f"/runs/{run_id}"
    headers = ((b"x-run-id", run_id.encode()), (b"location", place.encode()), *extra)
    if prefer and responds_async(prefer):
        body = json.dumps({"run_id": run_id, "status": run.accepted_as, "events_url": f"{place}/events"}).encode()
        await answer(send, 202, body, b"application/json", (*headers, (b"preference-applied", b"respond-async")))
    elif accept and prefers_json(accept):
        await _send_json(executor.streams, run, method, headers, receive, send)
    else:
        start = {"type": "http.response.start", "status": 200, "headers": [*STREAM_HEADERS, *headers]}
        # A workflow that is done already, as one that waits for nothing is, needs no answer ahead of its events.
        await send_stream(executor.streams, run_id, 0, start, run.feed, method, receive, send, at_once=not run.ended)


async def send_stream(streams: Streams, run_id: str, after: int, start: dict[str, Any], feed: Feed | None, method: str,
                      receive: Receive, send: Send, *, at_once: bool = True) -> None:  # fmt: skip
    """
    Answer with a run's stream.

    Args:
        streams: The open streams of this process.
        run_id: The run.
        after: The number of the last event that the client has.
        start: The ASGI message with status and headers.
        feed: The run's, where it is known to be here.
        method: The request's; HEAD gets no body.
        receive: Tells when the client leaves.
        send: The ASGI callable.
        at_once: Whether the headers go out before there is an event, or with the first.
    """
    if at_once or method == "HEAD":
        await send(start)
    if method == "HEAD":
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        return
    started = at_once

    async def write(piece: bytes, over: bool) -> None:
        nonlocal started
        if not started:
            started = True
            await send(start)
        await send({"type": "http.response.body", "body": piece, "more_body": not over})

    if not await streams.deliver(run_id, after, write, feed, receive):
        await write(b"", True)


async def _send_json(streams: Streams, run: LiveRun | QueuedRun | RecordedRun, method: str, headers: Headers,
                     receive: Receive, send: Send) -> None:  # fmt: skip
    # The status and the run's id at once: the client, or a proxy, need not doubt that the request was taken.
    start = [(b"content-type", b"application/json"), (b"cache-control", b"no-store"), *headers]
    await send({"type": "http.response.start", "status": 200, "headers": start})
    body = b""
    if method != "HEAD":
        over = await streams.deliver(run.run_id, 0, _read_only, run.feed, receive)
        last = run.feed.outcome if run.feed is not None else None
        if over and last is None:
            last = (await streams.in_thread(reached, run.run_id)).event
        body = json.dumps(result(run.run_id, last if over else None, run.accepted_as)).encode()
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _read_only(piece: bytes, over: bool) -> None:
    """What the client of a JSON answer sees of the stream."""


def result(run_id: str, last: str | None, status: str = Run.Status.RUNNING) -> dict[str, Any]:
    """
    A run's state as the client sees it.

    Args:
        run_id: The run.
        last: The data of its last event; None while it goes on.
        status: What to call it while it does.
    """
    if last is None:
        return {"run_id": run_id, "status": str(status)}
    event = json.loads(last)
    fields = {name: event[name] for name in ("output", "error") if name in event}
    return {"run_id": run_id, "status": event["type"], **fields}
