"""Reading a run: `GET /runs/{run_id}` as JSON or as a live page, and `GET /runs/{run_id}/events` as a stream."""

import json
import logging
import re
import secrets
from urllib.parse import parse_qs

from django.db import Error as DatabaseError
from django.template.loader import render_to_string

from runs.database_errors import in_a_line
from runs.events.log import reached
from runs.history.documents import response_document
from runs.history.log_lines import MAX_LINES, read_end
from runs.ids import RUN_ID
from runs.models import Delivery, Run
from runs.runtime import Engine
from sinks.access.authorization import may_read
from sinks.access.encryption import Unreadable
from sinks.access.jwks import KeySetUnavailable
from sinks.http import cors
from sinks.http.answers import STREAM_HEADERS, answer_nothing_more, quality, result, send_stream
from sinks.http.last_event_id import event_number
from sinks.http.problems import BEARER, RETRY, TWO_CREDENTIALS, Answering, Receive, Scope, Send, answer, refuse
from sinks.routing.matching import Index
from sinks.trigger.rate_limits import retry_after

logger = logging.getLogger(__name__)

# Visitors read why an attempt failed, without the name of an exception; templates/runs/run.html does the same.
_NAMED = re.compile(r"^((?:\w+: )?Attempt \d+ failed: )[A-Za-z_][\w.]*: ")
_PAGE_CHARACTERS = 200_000  # of an output on the page of its run, which shows the beginning


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
        index: The sinks in force. A sink's token also protects its runs.
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
        if not await may_read(index, run.source_id, run.app_id, scope):
            more = sink.access.challenges if sink is not None and sink.access is not None else ()
            challenges = dict.fromkeys((*BEARER, *more))  # API tokens are bearer tokens too
            await refuse(
                send,
                401,
                "To read this run, send a credential of its sink or an API token, or sign in to the admin.",
                challenges,
            )
            return
    except KeySetUnavailable as error:
        detail = "The keys of the token's issuer cannot be fetched. Try again after the seconds in Retry-After."
        await refuse(send, 503, detail, retry_after(error.retry_after))
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


def _page(run: Run, nonce: str) -> str:
    """Render the run as a page; for threads."""
    shown = read_end(run)
    end = shown.end
    status = run.status if end is None or run.over else end["type"]
    if end is None:
        outcome = ""
    elif "error" in end:
        outcome = end["error"]["message"] or "There is no further message."
    else:
        outcome = _pretty(shown.output) if shown.output is not None else str(status)
    return render_to_string(
        "runs/run.html",
        {
            "run": run,
            "title": _title(run.workflow),
            "request_line": _request_line(run),
            "failed": end is not None and "error" in end,
            "lines": [(line.kind, _NAMED.sub(r"\1", line.whole)) for line in shown.lines],
            "status": status,
            "shown": shown,
            "over": end is not None,
            "nonce": nonce,
            "earlier": shown.first - 1,
            "events_url": f"/runs/{run.pk}/events",
            "outcome": outcome[:_PAGE_CHARACTERS],
            "shortened": len(outcome) > _PAGE_CHARACTERS,
            "most_lines": MAX_LINES,
        },
    )


def _title(workflow: str) -> str:
    """Return the name of a workflow as a title: "Send receipt" for send_receipt."""
    words = workflow.replace("_", " ").replace("-", " ").strip() or workflow
    return words[:1].upper() + words[1:]


def _request_line(run: Run) -> str:
    """Return the method and the path of the request that a sink received; empty for another run."""
    if run.source_id is None:
        return ""
    line = Delivery.objects.filter(pk=run.pk).values_list("method", "path").first()
    return " ".join(line) if line is not None else ""


def _pretty(output: str) -> str:
    """Return an output indented, or only the beginning of it, since a small but deep output could fill the memory."""
    pieces: list[str] = []
    characters = 0
    try:
        for piece in json.JSONEncoder(indent=2, ensure_ascii=False).iterencode(json.loads(output)):
            pieces.append(piece)
            characters += len(piece)
            if characters > _PAGE_CHARACTERS:
                break
    except RecursionError:  # more of the stack was free when the output was recorded
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
        **({"response": response} if (response := response_document(run)) is not None else {}),
        "events_url": f"/runs/{run.pk}/events",
    }
    return result(fields, found.event if run.over else None)
