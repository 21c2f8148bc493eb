"""The responses to an accepted trigger: the run's stream, its end as JSON, 202, or a redirect for a browser."""

import asyncio
import json
import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from django.db import Error as DatabaseError
from django.template.loader import render_to_string
from django.utils.encoding import iri_to_uri
from django.utils.html import format_html

from runs.events.encoding import to_json
from runs.events.feed import Feed
from runs.events.formatting import output_of
from runs.events.log import reached
from runs.events.streams import Streams
from runs.execution.executor import Executor
from runs.execution.live_run import LiveRun
from runs.execution.queued_run import QueuedRun
from runs.models import UNFINISHED, Run
from sinks.http import sse
from sinks.http.problems import NO_SNIFF, Headers, Receive, Send, answer

_LONGEST_WAIT = 300  # seconds that `Prefer: wait` may delay a response; the default timeout of a run

# One preference with its parameters, up to a comma that is not quoted.
_PREFERENCE = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^",])+')
_MAX_PREFER_BYTES = 1000  # a longer field is ignored; a server may ignore preferences

STREAM_HEADERS = (
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-cache, no-transform"),  # a proxy that compresses would delay events
    NO_SNIFF,
    (b"x-accel-buffering", b"no"),
)


def quality(accept: bytes, media_type: str) -> float:
    """
    Return the weight of a media type for a client: the weight of the most specific range (RFC 9110, section 12.5.1).

    Args:
        accept: The Accept field; an empty one means `*/*`.
        media_type: A media type, such as `application/json`.

    Returns:
        From 0 (not acceptable) to 1.
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


class Form(StrEnum):
    """How a trigger is answered; the first three may be a sink's default."""

    STREAM = "stream"
    JSON = "json"  # when the run has ended
    ASYNC = "async"  # 202
    # For a browser that sends a form, for example: a redirect to a page for people. A refusal is problem+json here
    # too, since all errors have one format, which the browser displays.
    PAGE = "page"
    RESPONSE = "response"  # that of the run or the sink; see `responses`


@dataclass(frozen=True, slots=True)
class Wish:
    """The response that a client gets, by its own header fields and its sink's default."""

    form: Form
    wait: int | None = None  # seconds that the client wants to wait for the end, if it names a time and gets no stream
    asynchronous: bool = False  # whether the client itself requested 202

    @property
    def until_over(self) -> bool:
        """Whether the response lasts until the run's end, without a time limit."""
        return self.form is Form.STREAM or (self.form is Form.JSON and self.wait is None)


def wish_of(accept: bytes, prefer: bytes, default: str) -> Wish:
    """
    Decide how a client is answered.

    Args:
        accept: The Accept field (RFC 9110, section 12.5.1); empty if it is missing.
        prefer: The Prefer field (RFC 7240); empty if it is missing.
        default: The sink's answer for clients that accept the stream and JSON equally: stream, json or async.
    """
    # Bound the cache, since clients can send fields of any length.
    if len(accept) + len(prefer) <= 200:
        return _wish_of(accept, prefer, default)
    return _wish_of.__wrapped__(accept, prefer, default)


@lru_cache(maxsize=1024)
def _wish_of(accept: bytes, prefer: bytes, default: str) -> Wish:
    preferences = _preferences(prefer)
    seconds = preferences.get("wait", "")
    # RFC 7240, section 4.3: an integer. Anything else is ignored, because a server may ignore any preference.
    wait = min(int(seconds), _LONGEST_WAIT) if seconds.isascii() and seconds.isdigit() else None
    if "respond-async" in preferences:
        return Wish(Form.ASYNC, wait, asynchronous=True)
    stream, as_json = quality(accept, "text/event-stream"), quality(accept, "application/json")
    if accept.strip() and quality(accept, "text/html") > max(stream, as_json):
        return Wish(Form.PAGE)
    form = Form(default)
    if stream != as_json:
        form = Form.JSON if as_json > stream else Form.STREAM
    return Wish(form, None if form is Form.STREAM else wait)


def _preferences(prefer: bytes) -> dict[str, str]:
    """Parse a Prefer field. If a preference occurs twice, the first one is used (RFC 7240, section 2)."""
    found: dict[str, str] = {}
    if not prefer or len(prefer) > _MAX_PREFER_BYTES:
        return found
    for preference in _PREFERENCE.findall(prefer.decode("latin-1")):
        name, _, value = preference.partition(";")[0].partition("=")
        found.setdefault(name.strip().lower(), value.strip().strip('"'))
    return found


@dataclass(slots=True)
class RecordedRun:
    """A run that an earlier request started."""

    run_id: str
    accepted_as: Run.Status  # its current status
    feed: Feed | None = None

    @property
    def ended(self) -> bool:
        """Whether the run has ended."""
        return self.accepted_as not in UNFINISHED


async def answer_run(
    executor: Executor,
    run: LiveRun | QueuedRun | RecordedRun,
    wish: Wish,
    redirect: str,
    method: str,
    receive: Receive,
    send: Send,
    extra: Headers = (),
) -> None:
    """
    Answer the request that started a run.

    Args:
        executor: The executor of this process.
        run: The run; for a repeated delivery, the run of the first delivery.
        wish: The response that the client gets.
        redirect: The URL to which the sink redirects browsers; empty for the run's page.
        method: The request's method; HEAD gets no body.
        receive: The ASGI callable, which reports when the client leaves.
        send: The ASGI callable.
        extra: Additional header fields for each form of the response.
    """
    run_id = run.run_id
    place = f"/runs/{run_id}"
    named = (b"x-run-id", run_id.encode())
    headers = (named, (b"location", place.encode()), *extra)
    if wish.form is Form.STREAM:
        prefix = sse.id_prefix(run_id) if method == "GET" else ""
        start = {"type": "http.response.start", "status": 200, "headers": [*STREAM_HEADERS, *headers]}
        whole = run.feed.whole() if run.feed is not None and method != "HEAD" else None
        if whole is not None:
            body = sse.frame_events(1, whole, prefix)
            if prefix:
                body = sse.frame_start(prefix) + body
            await send(start)
            await send({"type": "http.response.body", "body": body, "more_body": False})
        else:
            # If the run has already ended, for example because its workflow waits for nothing, the headers can wait for
            # events.
            at_once = not run.ended
            await send_stream(
                executor.streams, run_id, 0, start, run.feed, method, receive, send, at_once=at_once, prefix=prefix
            )
    elif wish.form is Form.PAGE:
        await _see_other(send, redirect or place, (named, *extra))
    elif wish.form is Form.JSON and wish.wait is None:
        await _send_json(executor, run, method, headers, receive, send)
    else:
        await _send_json_or_202(executor, run, wish, headers, receive, send)


async def answer_without_run(
    send: Send, method: str, wish: Wish, redirect: str, output: dict[str, Any], extra: Headers = ()
) -> None:
    """
    Answer a delivery that is accepted and starts no run, such as one that does not match the sink's filter.

    Args:
        send: The ASGI callable.
        method: The request's method; HEAD gets no body.
        wish: The response that the client gets. There is nothing to wait for, so 202 becomes 200.
        redirect: The URL to which the sink redirects browsers; empty for a page that says what happened.
        output: The value in place of a run's output.
        extra: Additional header fields for each form of the response.
    """
    if wish.form is Form.STREAM:
        event = {"type": "complete", "run_id": None, "output": output}
        body = b"" if method == "HEAD" else sse.frame_events(1, [to_json(event)])
        await send({"type": "http.response.start", "status": 200, "headers": [*STREAM_HEADERS, *extra]})
        await send({"type": "http.response.body", "body": body, "more_body": False})
    elif wish.form is Form.PAGE and redirect:
        await _see_other(send, redirect, extra)
    elif wish.form is Form.PAGE:
        page = render_to_string("runs/received.html", {"reason": output.get("reason", "")}).encode()
        headers = ((b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'"), *extra)
        await answer(send, 200, page, b"text/html; charset=utf-8", headers)
    else:
        body = json.dumps({"run_id": None, "status": "complete", "output": output}).encode()
        await answer(send, 200, body, b"application/json", extra)


async def _see_other(send: Send, to: str, headers: Headers) -> None:
    """Redirect a browser, which then uses GET (RFC 9110, section 15.4.4)."""
    place = iri_to_uri(to)
    note = format_html('<!doctype html><title>Received</title><p><a href="{}">Continue</a></p>', place).encode()
    await answer(send, 303, note, b"text/html; charset=utf-8", ((b"location", place.encode()), *headers))


async def send_stream(
    streams: Streams,
    run_id: str,
    after: int,
    start: dict[str, Any],
    feed: Feed | None,
    method: str,
    receive: Receive,
    send: Send,
    *,
    at_once: bool = True,
    prefix: str = "",
) -> None:
    """
    Answer with a run's stream.

    Args:
        streams: The open streams of this process.
        run_id: The run's id.
        after: The number of the last event that the client has.
        start: The ASGI message with status and headers.
        feed: The run's feed, if it is known to be in this process.
        method: The request's method; HEAD gets no body.
        receive: The ASGI callable, which reports when the client leaves.
        send: The ASGI callable.
        at_once: Whether to send the headers before the first event; otherwise they are sent together with it.
        prefix: The text before the number in the id of each event; see `sse.id_prefix`.
    """
    if method == "HEAD":
        await send(start)
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        return
    started = False

    async def begin() -> None:
        nonlocal started
        started = True
        await send(start)
        if prefix:
            await send({"type": "http.response.body", "body": sse.frame_start(prefix), "more_body": True})

    async def write(first: int, events: list[str], over: bool) -> None:
        body = sse.frame_events(first, events, prefix) if events or over else sse.KEEP_ALIVE
        if not started:
            await begin()
        await send({"type": "http.response.body", "body": body, "more_body": not over})

    if at_once:
        await begin()
    if not await streams.deliver(run_id, after, write, feed, receive):
        await write(after + 1, [], True)


async def answer_nothing_more(send: Send) -> None:
    """Answer 204 to an EventSource that has seen the last event, since it would otherwise reconnect."""
    headers = [(b"cache-control", b"no-cache"), NO_SNIFF]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _send_json(
    executor: Executor,
    run: LiveRun | QueuedRun | RecordedRun,
    method: str,
    headers: Headers,
    receive: Receive,
    send: Send,
) -> None:
    # Send the status and the run's id at once, so that the client, or a proxy, knows that the request was accepted.
    start = [(b"content-type", b"application/json"), (b"cache-control", b"no-store"), NO_SNIFF, *headers]
    await send({"type": "http.response.start", "status": 200, "headers": start})
    body = b""
    if method != "HEAD":
        fields = {"run_id": run.run_id, "status": run.accepted_as}
        body = result(fields, await _outcome(executor, run, receive))
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _send_json_or_202(
    executor: Executor,
    run: LiveRun | QueuedRun | RecordedRun,
    wish: Wish,
    headers: Headers,
    receive: Receive,
    send: Send,
) -> None:
    """
    Answer with the run's end if the run ends in time, otherwise with 202 and the run's URL (RFC 7240, section 4.3).
    """
    last: str | None = None
    if wish.wait is not None:
        # Send nothing meanwhile, since the status depends on the end.
        try:
            # A run that has ended needs no waiting, but perhaps a read of the log, which has no time limit.
            over = isinstance(run, RecordedRun) and run.ended
            async with asyncio.timeout(None if over else wish.wait):
                last = await _outcome(executor, run, receive)
        except (TimeoutError, DatabaseError):
            pass  # the run is recorded, so the client gets 202 even if the log cannot be read
    applied = [] if wish.wait is None else [f"wait={wish.wait}"]
    fields = {"run_id": run.run_id, "status": run.accepted_as}
    if last is not None:
        code = 200
    else:
        code, fields["events_url"] = 202, f"/runs/{run.run_id}/events"
        applied = ["respond-async", *applied] if wish.asynchronous else applied
    if applied:
        headers = (*headers, (b"preference-applied", ", ".join(applied).encode()))
    await answer(send, code, result(fields, last), b"application/json", headers)


async def _outcome(executor: Executor, run: LiveRun | QueuedRun | RecordedRun, receive: Receive) -> str | None:
    """Wait for a run's end, and return the data of its last event; None if the client left or the server stops."""
    if not await executor.streams.deliver(run.run_id, 0, _read_only, run.feed, receive):
        return None
    if run.feed is not None and run.feed.outcome is not None:
        return run.feed.outcome
    return (await executor.threads.run(reached, run.run_id)).event


async def _read_only(first: int, events: list[str], over: bool) -> None:
    """Discard events: a JSON response contains only the run's end."""


def result(fields: dict[str, Any], last: str | None) -> bytes:
    """
    Return a run's state for the client, as JSON.

    Args:
        fields: The fields of the run, with its `run_id` and its `status` before the end.
        last: The data of its last event, with the final status and the output or error; None if it has not ended.
    """
    if last is None:
        return json.dumps(fields).encode()
    if (output := output_of(str(fields["run_id"]), last)) is not None:
        start = json.dumps({**fields, "status": Run.Status.COMPLETE})
        return f'{start[:-1]}, "output": {output}}}'.encode()
    event = json.loads(last)
    ended = {name: event[name] for name in ("output", "error") if name in event}
    return json.dumps({**fields, "status": event["type"], **ended}).encode()
