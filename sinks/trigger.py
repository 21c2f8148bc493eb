"""
The catch-all endpoint: a request that matches a sink becomes a run. Plain ASGI, since Django's request path would
cost more than all the rest.
"""

import logging
from collections import Counter

from django.conf import settings
from django.db import Error as DatabaseError

from runs.engine import Engine
from runs.executor import Admission, LiveRun
from runs.journal import JournalUnavailable
from runs.queue import QueuedRun
from runs.request import Request
from sinks.access import may_trigger
from sinks.answers import answer_run
from sinks.directory import Index
from sinks.problems import BEARER, RETRY, Headers, Receive, Scope, Send
from sinks.problems import refuse as send_problem
from sinks.tokens import UnreadableToken

logger = logging.getLogger(__name__)

# Fields that authenticate the caller: they are neither recorded nor handed to workflows.
CREDENTIALS = frozenset(
    {b"authorization", b"proxy-authorization", b"cookie", b"x-api-key", b"x-auth-token", b"x-access-token",
     b"x-csrftoken", b"x-gitlab-token", b"x-goog-iap-jwt-assertion", b"x-amz-security-token"}
)  # fmt: skip
_HEEDED = frozenset({b"accept", b"content-length", b"prefer"})  # fields that decide how a request is answered

_MAX_BODY_BYTES: int = settings.MAX_BODY_BYTES

# How many requests were refused since this process started, by status; for /metrics.
refusals: Counter[int] = Counter()


class _TooLarge(Exception):
    """The body is over the limit."""


class _ClientLeft(Exception):
    """The client went away before its request was whole."""


async def trigger(
    engine: Engine, index: Index, app_id: str, path: str, scope: Scope, receive: Receive, send: Send
) -> None:
    """
    Answer a request to a trigger address.

    Args:
        engine: What runs it.
        index: The sinks in force.
        app_id: The first part of the address.
        path: The rest, decoded and normalised.
        scope: The request's ASGI scope.
        receive: The ASGI callable.
        send: The ASGI callable.
    """
    method: str = scope["method"]
    if not engine.accepting:
        await _refuse(send, 503, "The server is shutting down; try again shortly.", RETRY)
        return
    match = index.match(app_id, path, method)
    sink = match.sink
    if sink is None:
        if match.allowed:
            allow = ((b"allow", ", ".join(match.allowed).encode()),)
            await _refuse(send, 404, f"No sink for {method} at this address; there is one for another method.", allow)
        else:
            await _refuse(send, 404, "No sink at this address.")
        return

    authorization = accept = prefer = length = b""
    kept: list[tuple[str, str]] = []
    for name, value in scope["headers"]:
        if name in CREDENTIALS:
            if name == b"authorization":
                authorization = value
            continue
        kept.append((name.decode("latin-1"), value.decode("latin-1")))
        if name not in _HEEDED:
            continue
        if name == b"accept":
            accept = accept + b"," + value if accept else value
        elif name == b"content-length":
            length = value
        else:
            prefer = prefer + b"," + value if prefer else value

    try:
        if not may_trigger(sink, authorization):
            await _refuse(send, 401, "This sink wants 'Authorization: Bearer <token>' with its token.", BEARER)
            return
    except UnreadableToken:
        logger.error("sink %d of app %s: its token was encrypted under another SECRET_KEY", sink.id, sink.app_id)
        await _refuse(send, 500, "The sink's token cannot be read: its admin must set it anew.")
        return
    if sink.workflow is None:
        logger.error("sink %d of app %s: %s", sink.id, sink.app_id, sink.fault)
        await _refuse(send, 500, "The sink's workflow is not installed, or does not take its options.")
        return

    try:
        body = await _read(receive, length)
    except _TooLarge:
        await _refuse(send, 413, f"The body is larger than {_MAX_BODY_BYTES} bytes.")
        return
    except _ClientLeft:
        return

    client = scope.get("client")
    request = Request(
        method=method,
        path=path,
        path_params=match.path_params,
        query_string=scope["query_string"].decode("latin-1"),
        header_list=kept,
        client=client[0] if client else "",
        body=body,
    )
    admission = Admission(sink.workflow, request, sink.app_id, sink.id, sink.options, sink.kwargs, sink.timeout)
    run: LiveRun | QueuedRun
    try:
        if sink.retry is None:
            run = await engine.executor.admit(admission)
        else:
            run = await engine.enqueue(admission, sink.retry)
    except JournalUnavailable:
        await _refuse(send, 503, "The run could not be recorded: the database is away. Try again.", RETRY)
    except (DatabaseError, ValueError, OverflowError, RuntimeError) as error:
        logger.error("sink %d of app %s: a run could not be recorded: %s", sink.id, sink.app_id, error)
        await _refuse(send, 500, "The run could not be recorded.")
    else:
        await answer_run(engine.executor, run, method, accept, prefer, receive, send)


async def _refuse(send: Send, status: int, detail: str, headers: Headers = ()) -> None:
    refusals[status] += 1
    await send_problem(send, status, detail, headers)


async def _read(receive: Receive, length: bytes) -> bytes:
    """
    The whole body.

    Raises:
        _TooLarge: It is over the limit, by its Content-Length or by what came.
        _ClientLeft: It did not come whole.
    """
    limit = _MAX_BODY_BYTES
    if length.isdigit() and int(length) > limit:
        raise _TooLarge
    message = await receive()
    if message["type"] == "http.disconnect":
        raise _ClientLeft
    body: bytes = message.get("body", b"")
    if len(body) > limit:
        raise _TooLarge
    if not message.get("more_body"):
        return body
    parts = [body]
    size = len(body)
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _ClientLeft
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise _TooLarge
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)
