"""Reading a run: `GET /runs/{run_id}` as JSON or as a live page, and `GET /runs/{run_id}/events` as a stream."""

import json
import logging
from typing import Any
from urllib.parse import parse_qs

from django.db import Error as DatabaseError
from django.template.loader import render_to_string

from runs.engine import Engine
from runs.ids import RUN_ID
from runs.models import Run
from runs.streams import reached
from sinks.access import may_read
from sinks.answers import STREAM_HEADERS, quality, result, send_stream
from sinks.directory import Index
from sinks.problems import BEARER, RETRY, Receive, Scope, Send, answer, refuse
from sinks.tokens import UnreadableToken

logger = logging.getLogger(__name__)


async def read_run(engine: Engine, index: Index, path: str, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request below `/runs/`; arguments as in `_read`."""
    started = False

    async def sending(message: dict[str, Any]) -> None:
        nonlocal started
        started = True
        await send(message)

    try:
        await _read(engine, index, path, scope, receive, sending)
    except DatabaseError as error:
        logger.error("a run cannot be read: %s", error)
        if started:
            raise  # the server cuts the answer off, and the client comes again
        await refuse(send, 503, "The database is away. Try again.", RETRY)


async def _read(engine: Engine, index: Index, path: str, scope: Scope, receive: Receive, send: Send) -> None:
    """
    Answer a request below `/runs/`.

    Args:
        engine: Where the run may be going on.
        index: The sinks in force, whose tokens guard their runs.
        path: What stands after `/runs/`, decoded and normalised.
        scope: The request's ASGI scope.
        receive: The ASGI callable.
        send: The ASGI callable.
    """
    run_id, _, rest = path.partition("/")
    streams = engine.executor.streams
    run: Run | None = None
    if RUN_ID.fullmatch(run_id) and rest in {"", "events"}:
        run = await streams.in_thread(Run.objects.defer("traceback").filter(pk=run_id).first)
    if run is None:
        await refuse(send, 404, "No such run.")
        return
    if scope["method"] not in {"GET", "HEAD"}:
        await refuse(send, 405, "A run is read with GET.", ((b"allow", b"GET, HEAD"),))
        return
    try:
        if not await may_read(index, run.source_id, scope["headers"]):
            await refuse(send, 401, "Reading this run wants its sink's bearer token, or an admin's session.", BEARER)
            return
    except UnreadableToken:
        await refuse(send, 500, "The sink's token cannot be read: its admin must set it anew.")
        return
    if rest == "events":
        await _events(engine, run, scope, receive, send)
        return
    accept = b",".join(value for name, value in scope["headers"] if name == b"accept")
    vary = ((b"vary", b"Accept, Authorization, Cookie"),)
    state = await streams.in_thread(_state, run)
    if quality(accept, "text/html") > quality(accept, "application/json"):
        # A lone surrogate, in the output or an error, has no UTF-8.
        page = await streams.in_thread(_page, run, state)
        await answer(send, 200, page.encode("utf-8", "backslashreplace"), b"text/html; charset=utf-8", vary)
    else:
        await answer(send, 200, json.dumps(state).encode(), b"application/json", vary)


async def _events(engine: Engine, run: Run, scope: Scope, receive: Receive, send: Send) -> None:
    # A browser that reconnects keeps the address, so what it says last wins over what the address says.
    after = dict(scope["headers"]).get(b"last-event-id", b"").decode("latin-1").strip()
    after = after or parse_qs(scope["query_string"].decode("latin-1")).get("after", ["0"])[-1]
    if not (after.isascii() and after.isdigit()) or len(after) > 9:
        await refuse(send, 400, "Last-Event-ID and 'after' are the number of an event: 0, 1, 2, ...")
        return
    if run.over and int(after) >= run.events:
        # A browser's EventSource, which reconnects after every end, takes this for the last one.
        await send({"type": "http.response.start", "status": 204, "headers": [(b"cache-control", b"no-cache")]})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        return
    headers = [*STREAM_HEADERS, (b"x-run-id", run.pk.encode())]
    start = {"type": "http.response.start", "status": 200, "headers": headers}
    await send_stream(engine.executor.streams, run.pk, int(after), start, None, scope["method"], receive, send)


def _page(run: Run, state: dict[str, Any]) -> str:
    """The run as a page; for threads."""
    output = json.dumps(state.get("output"), indent=2, ensure_ascii=False)
    return render_to_string("runs/run.html", {"run": run, "state": state, "output": output})


def _state(run: Run) -> dict[str, Any]:
    """The run as JSON says it; for threads."""
    found = reached(run.pk)
    state = result(run.pk, found.event if run.over else None, run.status)
    return {
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
        **{name: state[name] for name in ("output", "error") if name in state},
        "events_url": f"/runs/{run.pk}/events",
    }
