"""Responses that a workflow or a sink chooses, for clients that do not stream."""

import asyncio

from django.db import Error as DatabaseError

from runs.events.formatting import is_responded, output_of
from runs.events.log import reached, read_response
from runs.events.response import Response
from runs.execution.executor import Executor
from runs.execution.live_run import LiveRun
from runs.execution.queued_run import QueuedRun
from sinks.http.answers import Form, RecordedRun, Wish, result, wish_of
from sinks.http.problems import NO_SNIFF, Headers, Receive, Send, answer
from sinks.http.sink_response import SinkResponse

HOLD_TIMEOUT = 25  # seconds; proxies and providers often give up after 30
# The response comes from the origin of the admin: a page must not act on it.
_SAFE = (NO_SNIFF, (b"content-security-policy", b"sandbox allow-downloads"))
_WITHOUT_LENGTH = frozenset({204, 304})  # RFC 9110, section 8.6


class _Responded(Exception):
    """The run has set its response."""

    def __init__(self, response: Response) -> None:
        super().__init__(response)
        self.response = response


def wish_with_response(accept: bytes, prefer: bytes, default: str, redirects: bool) -> Wish:
    """
    Decide how a client is answered at a sink with a response, as `wish_of` does at others.

    Args:
        accept: The Accept field.
        prefer: The Prefer field.
        default: json for clients without a preference, or the sink's own answer: stream or async.
        redirects: Whether the sink redirects browsers.
    """
    wish = wish_of(accept, prefer, default)
    if wish.form is Form.JSON or (wish.form is Form.PAGE and not redirects):
        return Wish(Form.RESPONSE, wish.wait)
    return wish


async def answer_with_response(
    executor: Executor,
    run: LiveRun | QueuedRun | RecordedRun,
    wish: Wish,
    configured: SinkResponse,
    receive: Receive,
    send: Send,
    extra: Headers = (),
) -> None:
    """
    Answer the request that started a run with a response: the sink's fixed one at once, or the one that the run sets,
    or its end. If neither comes in time, answer 202.

    Args:
        executor: The executor of this process.
        run: The run; for a repeated delivery, the run of the first delivery.
        wish: The response that the client gets.
        configured: The sink's response.
        receive: The ASGI callable, which reports when the client leaves.
        send: The ASGI callable.
        extra: Additional header fields for each form of the response.
    """
    named = (b"x-run-id", run.run_id.encode())
    headers: Headers = (named, *extra)
    if configured.fixed is not None and not configured.waits:
        await send_response(send, configured.fixed, headers)
        return
    if wish.wait is not None:
        headers = (*headers, (b"preference-applied", f"wait={wish.wait}".encode()))
    settled: Response | str | None = None
    try:
        # A run that has ended needs no waiting, but perhaps a read of the log, which has no time limit.
        over = isinstance(run, RecordedRun) and run.ended
        async with asyncio.timeout(None if over else HOLD_TIMEOUT if wish.wait is None else wish.wait):
            settled = await _settled(executor, run, receive)
    except (TimeoutError, DatabaseError):
        pass  # the run is recorded, so the client gets 202 even if the log cannot be read
    if isinstance(settled, Response):
        await send_response(send, settled, headers)
        return
    place = f"/runs/{run.run_id}"
    fields = {"run_id": run.run_id, "status": run.accepted_as}
    headers = (*headers, (b"location", place.encode()))
    if settled is None:
        body = result({**fields, "events_url": f"{place}/events"}, None)
        await answer(send, 202, body, b"application/json", headers)
    elif output_of(run.run_id, settled) is None:
        await answer(send, configured.failed_status or 200, result(fields, settled), b"application/json", headers)
    elif configured.fixed is not None:
        await send_response(send, configured.fixed, (named, *extra))
    else:
        await answer(send, 200, result(fields, settled), b"application/json", headers)


async def send_response(send: Send, response: Response, extra: Headers = ()) -> None:
    """
    Send a response.

    Args:
        send: The ASGI callable. The server omits the body if the request's method is HEAD.
        response: The response.
        extra: Additional header fields.
    """
    headers = [(name.encode(), value.encode("latin-1")) for name, value in response.headers.items()]
    if "cache-control" not in response.headers:
        headers.append((b"cache-control", b"no-store"))
    if response.status not in _WITHOUT_LENGTH:
        headers.append((b"content-length", str(len(response.body)).encode()))
    start = {"type": "http.response.start", "status": response.status, "headers": [*headers, *_SAFE, *extra]}
    await send(start)
    await send({"type": "http.response.body", "body": response.body, "more_body": False})


async def _settled(
    executor: Executor, run: LiveRun | QueuedRun | RecordedRun, receive: Receive
) -> Response | str | None:
    """
    Wait until a run has set its response, or has ended.

    Returns:
        The response, or the data of the run's last event; None if the client left or the server stops.
    """
    run_id = run.run_id

    async def read() -> Response | None:
        if isinstance(run, LiveRun) and run.steps is not None and run.steps.response is not None:
            return run.steps.response
        return await executor.threads.run(read_response, run_id)

    async def look(first: int, events: list[str], over: bool) -> None:
        if any(is_responded(run_id, event) for event in events) and (response := await read()) is not None:
            raise _Responded(response)

    if isinstance(run, RecordedRun) and (response := await read()) is not None:
        return response
    try:
        if not await executor.streams.deliver(run_id, 0, look, run.feed, receive):
            return None
    except _Responded as responded:
        return responded.response
    if run.feed is not None and run.feed.outcome is not None:
        return run.feed.outcome
    return (await executor.threads.run(reached, run_id)).event


async def answer_probe(send: Send, method: str, allowed: tuple[str, ...]) -> None:
    """
    Answer a HEAD or OPTIONS request to a URL whose sinks take other methods: it starts no run.

    Args:
        send: The ASGI callable.
        method: HEAD or OPTIONS.
        allowed: The methods of the sinks.
    """
    allow = ", ".join(sorted({*allowed, "HEAD", "OPTIONS"}))
    headers = [(b"allow", allow.encode("latin-1")), (b"cache-control", b"no-store"), NO_SNIFF]
    await send({"type": "http.response.start", "status": 200 if method == "HEAD" else 204, "headers": headers})
    await send({"type": "http.response.body", "body": b"", "more_body": False})
