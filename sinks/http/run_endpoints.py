"""Reading a run: `GET /runs/{run_id}` as JSON or as a live page, and `GET /runs/{run_id}/events` as a stream."""

import json
import logging
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from django.db import Error as DatabaseError
from django.template.loader import render_to_string

from runs.database_errors import in_a_line
from runs.events.log import reached
from runs.history.documents import output_of
from runs.ids import RUN_ID
from runs.models import Run, Segment
from runs.runtime import Engine
from sinks.access.authorization import may_read
from sinks.access.encryption import Unreadable
from sinks.http import cors
from sinks.http.answers import STREAM_HEADERS, answer_nothing_more, quality, result, send_stream
from sinks.http.last_event_id import event_number
from sinks.http.problems import BEARER, RETRY, TWO_CREDENTIALS, Answering, Receive, Scope, Send, answer, refuse
from sinks.routing.matching import Index

logger = logging.getLogger(__name__)

# Limits of the page of a run, which shows its newest lines and the beginning of its output.
_PAGE_LINES = 500
_PAGE_CHARACTERS = 200_000
_LINE_CHARACTERS = 2_000


async def read_run(engine: Engine, index: Index, path: str, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request below `/runs/`; arguments as in `_read`."""
    answering = Answering(send)
    try:
        await _read(engine, index, path, scope, receive, answering.send)
    except DatabaseError as error:
        logger.error("run not readable: error=%s", in_a_line(error))
        if answering.begun:
            raise  # the server aborts the response, and the client reconnects
        await refuse(send, 503, "The database is unavailable. Try again.", RETRY)


async def _read(engine: Engine, index: Index, path: str, scope: Scope, receive: Receive, send: Send) -> None:
    """
    Answer a request below `/runs/`.

    Args:
        engine: The engine that may be executing the run.
        index: The sinks in force, whose tokens guard their runs.
        path: The path after `/runs/`, decoded and normalised.
        scope: The request's ASGI scope.
        receive: The ASGI callable.
        send: The ASGI callable.
    """
    if sum(name == b"authorization" for name, _ in scope["headers"]) > 1:
        await refuse(send, 400, TWO_CREDENTIALS)
        return
    run_id, _, rest = path.partition("/")
    threads = engine.executor.threads
    run: Run | None = None
    if RUN_ID.fullmatch(run_id) and rest in {"", "events"}:
        run = await threads.run(Run.objects.defer("traceback").filter(pk=run_id).first)
    if run is None:
        await refuse(send, 404, "No such run.")
        return
    sink = index.by_id.get(run.source_id) if run.source_id is not None else None
    if sink is not None and sink.cors:
        if cors.requested_method(scope["method"], scope["headers"]):
            await cors.answer_preflight(send, sink.cors, "GET, HEAD", scope["headers"])
            return
        send = cors.sending(send, sink.cors, scope["headers"])
    if scope["method"] not in {"GET", "HEAD"}:
        await refuse(send, 405, "Read a run with GET.", ((b"allow", b"GET, HEAD"),))
        return
    try:
        if not await may_read(index, run.source_id, run.app_id, scope["headers"]):
            await refuse(
                send,
                401,
                "To read this run, send its sink's bearer token or an API token, or sign in to the admin.",
                BEARER,
            )
            return
    except Unreadable:
        await refuse(send, 500, "The sink's token cannot be decrypted: its admin must set it again.")
        return
    if rest == "events":
        await _events(engine, run, scope, receive, send)
        return
    accept = b",".join(value for name, value in scope["headers"] if name == b"accept")
    vary = ((b"vary", b"Accept, Authorization, Cookie"),)
    if quality(accept, "text/html") > quality(accept, "application/json"):
        nonce = secrets.token_urlsafe(16)
        # A lone surrogate, in the output or an error, cannot be encoded as UTF-8.
        page = (await threads.run(_page, run, nonce)).encode("utf-8", "backslashreplace")
        policy = (
            f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self';"
            " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        more = (
            (b"content-security-policy", policy.encode()),
            (b"referrer-policy", b"no-referrer"),  # anyone who knows the URL can read a run of a public sink
        )
        await answer(send, 200, page, b"text/html; charset=utf-8", (*vary, *more))
    else:
        state = await threads.run(_state, run)
        await answer(send, 200, state, b"application/json", vary)


async def _events(engine: Engine, run: Run, scope: Scope, receive: Receive, send: Send) -> None:
    # A browser that reconnects keeps the URL, so Last-Event-ID takes precedence over `after`.
    position = dict(scope["headers"]).get(b"last-event-id", b"").decode("latin-1").strip()
    position = position or parse_qs(scope["query_string"].decode("latin-1")).get("after", ["0"])[-1]
    after = event_number(position.removeprefix(f"{run.pk}:"))  # the prefix in the stream of a GET trigger
    if after is None:
        await refuse(send, 400, "Last-Event-ID and 'after' must be an event's number: 0, 1, 2, ...")
        return
    if run.over and after >= run.events:
        await answer_nothing_more(send)
        return
    headers = [*STREAM_HEADERS, (b"x-run-id", run.pk.encode())]
    start = {"type": "http.response.start", "status": 200, "headers": headers}
    await send_stream(engine.executor.streams, run.pk, after, start, None, scope["method"], receive, send)


@dataclass(slots=True)
class _Shown:
    """The part of a run's log that a page shows."""

    lines: list[dict[str, str]] = field(default_factory=list)  # `kind` and `text`, the newest last
    first: int = 1  # the number of the first event among them
    last: int = 0  # the number of the newest event
    progress: int = 0
    end: dict[str, Any] | None = None  # the last event, if the log has it, without the output
    output: str | None = None  # as JSON


def _page(run: Run, nonce: str) -> str:
    """Render the run as a page; for threads."""
    shown = _shown(run)
    end = shown.end
    status = run.status if end is None or run.over else end["type"]
    if end is None:
        outcome = ""
    elif "error" in end:
        outcome = f"{end['error']['type']}: {end['error']['message']}"
    else:
        outcome = _pretty(shown.output) if shown.output is not None else str(status)
    return render_to_string(
        "runs/run.html",
        {
            "run": run,
            "status": status,
            "shown": shown,
            "over": end is not None,
            "nonce": nonce,
            "earlier": shown.first - 1,
            "events_url": f"/runs/{run.pk}/events",
            "outcome": outcome[:_PAGE_CHARACTERS],
            "shortened": len(outcome) > _PAGE_CHARACTERS,
            "most_lines": _PAGE_LINES,
        },
    )


def _shown(run: Run) -> _Shown:
    """Read a run's log from its end, as far as a page shows it; for threads."""
    shown = _Shown()
    progress: int | None = None
    characters = 0
    for segment in Segment.objects.filter(run_id=run.pk).order_by("-last").iterator(chunk_size=20):
        for number, data in reversed(segment.events()):
            shown.last = shown.last or number
            if (output := output_of(run.pk, data)) is not None:
                shown.output, data = output, '{"type":"complete"}'
            event = json.loads(data)
            kind = event["type"]
            if kind not in {"progress", "log"}:
                shown.end = event
                shown.first = number
                continue
            text = _line(event)
            characters += len(text)
            if len(shown.lines) == _PAGE_LINES or characters > _PAGE_CHARACTERS:
                shown.progress = reached(run.pk).progress if progress is None else progress
                shown.lines.reverse()
                return shown
            shown.lines.append({"kind": event["level"] if kind == "log" else kind, "text": text})
            shown.first = number
            if kind == "progress" and progress is None:
                progress = event["progress"]
    shown.first = 1
    shown.progress = progress or 0
    shown.lines.reverse()
    return shown


def _line(event: dict[str, Any]) -> str:
    if event["type"] == "log":
        parts = [f"{event['level']}: {event['message']}"]
    else:
        parts = [f"{event['progress']} %", event.get("step") or "", event.get("message") or ""]
    return " \u00b7 ".join(part for part in parts if part)[:_LINE_CHARACTERS]


def _pretty(output: str) -> str:
    """Return an output indented, or the beginning of that, since a small but deep output could fill the memory."""
    pieces: list[str] = []
    characters = 0
    try:
        for piece in json.JSONEncoder(indent=2, ensure_ascii=False).iterencode(json.loads(output)):
            pieces.append(piece)
            characters += len(piece)
            if characters > _PAGE_CHARACTERS:
                break
    except RecursionError:  # more of the stack was free when it was recorded
        return output
    return "".join(pieces)


def _state(run: Run) -> bytes:
    """Return the run as JSON; for threads."""
    found = reached(run.pk)
    fields = {
        "run_id": run.pk,
        "status": run.status,
        "app_id": run.app_id,
        "workflow": run.workflow,
        "attempt": run.attempt,
        **({"replay_of": run.replay_of} if run.replay_of else {}),
        "progress": found.progress,
        "created_at": run.created_at.isoformat(),
        "started_at": run.started_at.isoformat() if run.started_at else None,
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
        "duration": run.duration,
        "events_url": f"/runs/{run.pk}/events",
    }
    return result(fields, found.event if run.over else None)
