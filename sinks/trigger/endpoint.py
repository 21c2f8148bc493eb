"""
The catch-all endpoint: a request that matches a sink becomes a run. Plain ASGI, since Django's request path would
cost more than all the rest.
"""

import logging
from collections import Counter

from django.db import Error as DatabaseError

from runs.database_errors import in_a_line
from runs.delivery.json_parsing import LARGE_BYTES
from runs.delivery.request import Request, join_fields
from runs.execution.admission import Admission
from runs.execution.body_memory import body_memory
from runs.execution.executor import Executor
from runs.models import Run
from runs.runtime import Engine
from sinks.access.encryption import Unreadable
from sinks.http import cors, sse
from sinks.http.answers import (
    STREAM_HEADERS,
    RecordedRun,
    Wish,
    answer_nothing_more,
    answer_run,
    answer_without_run,
    send_stream,
    wish_of,
)
from sinks.http.last_event_id import run_and_number
from sinks.http.problems import RETRY, Answering, Receive, Scope, Send, answer
from sinks.http.problems import refuse as send_problem
from sinks.routing.matching import Entry, Index
from sinks.trigger.admission import Started, admit
from sinks.trigger.body import check_form, read_body, reserve_parsed, unpack_body
from sinks.trigger.filters import NO_MATCH, judge, judge_large
from sinks.trigger.header_fields import read_fields
from sinks.trigger.outcomes import Outcomes
from sinks.trigger.refusals import Answered, ClientLeft, Refused, away, no_sink, unreadable
from sinks.trigger.repeats import once_of
from sinks.trigger.sender import answer_verification, check_signature, check_token, verified_by

logger = logging.getLogger(__name__)

# How many requests were refused since this process started, by status; for /metrics.
refusals: Counter[int] = Counter()


async def trigger(
    engine: Engine, index: Index, outcomes: Outcomes, app_id: str, path: str, scope: Scope, receive: Receive, send: Send
) -> None:
    """
    Answer a request to a trigger address.

    Args:
        engine: What runs it.
        index: The sinks in force.
        outcomes: Where it is noted that a delivery starts no run.
        app_id: The first part of the address.
        path: The rest, decoded and normalised.
        scope: The request's ASGI scope.
        receive: The ASGI callable.
        send: The ASGI callable.
    """
    sink: Entry | None = None
    method: str = scope["method"]
    try:
        match = index.match(app_id, path, method)
        sink = match.sink
        if method == "OPTIONS" and (asked := cors.requested_method(method, scope["headers"])):
            # A browser asks first, and that starts no run.
            target = index.match(app_id, path, asked).sink
            if (target and target.cors) or (sink and sink.cors):
                origins = target.cors if target else frozenset[str]()
                await cors.answer_preflight(send, origins, asked, scope["headers"])
                return
        if sink is not None and sink.cors:
            send = cors.sending(send, sink.cors, scope["headers"])
        if not engine.accepting:
            raise Refused("shutdown", 503, "The server is shutting down; try again shortly.", RETRY)
        if sink is None:
            sink = verified_by(index, app_id, path, match.allowed, scope)
            if sink is not None and sink.checks is not None:
                answer_verification(sink, sink.checks, scope["query_string"])
                sink = None
            raise no_sink(method, match)
        if method == "GET" and (last := dict(scope["headers"]).get(b"last-event-id")):
            await _continue(engine.executor, sink, last.decode("latin-1"), scope["headers"], receive, send)
            return
        wish, accepted = await _accept(engine, outcomes, sink, match.path_params, path, scope, receive)
        if isinstance(accepted, str):
            await answer_without_run(send, method, wish, sink.redirect, {"filtered": True, "reason": accepted})
        else:
            await _answer(engine.executor, sink, accepted, wish, method, receive, send)
    except Refused as refused:
        refusals[refused.status] += 1
        if sink is not None:
            client = scope.get("client")
            reason = refused.reason or refused.detail
            outcomes.refused(sink.app_id, sink.id, refused.kind, refused.status, reason, client[0] if client else "")
        await send_problem(send, refused.status, refused.detail, refused.headers)
    except Answered as answered:
        if sink is not None:
            outcomes.note(sink.app_id, sink.id, answered.handshake.kind)
        await answer(send, 200, answered.handshake.body, answered.handshake.content_type)
    except ClientLeft:
        return


async def _accept(
    engine: Engine,
    outcomes: Outcomes,
    sink: Entry,
    path_params: dict[str, str],
    path: str,
    scope: Scope,
    receive: Receive,
) -> tuple[Wish, str | Started]:
    """
    Check a delivery, read its body, and have it recorded as a run of the sink's.

    Returns:
        How to answer it, and the run; or why the sink's filter does not want it.

    Raises:
        Refused: No run was started.
        Answered: The sink itself answers.
        ClientLeft: The body did not come whole.
    """
    method: str = scope["method"]
    headers = scope["headers"]
    sent = read_fields(headers)
    checks = sink.checks
    try:
        if checks is not None and method == "GET" and checks.encrypted_verify_token:
            answer_verification(sink, checks, scope["query_string"])
    except Unreadable:
        raise unreadable(sink, "token") from None
    check_token(sink, sent.authorization)
    workflow = sink.workflow
    if workflow is None:
        logger.error("sink not runnable: sink=%d app=%s reason=%s", sink.id, sink.app_id, sink.fault)
        raise Refused("workflow", 500, "The sink's workflow is not installed, or does not take its options.")

    wish = wish_of(sent.accept, sent.prefer, sink.answer)
    client = scope.get("client")
    address = client[0] if client else ""
    request = Request(method, path, path_params, scope["query_string"].decode("latin-1"), sent.kept, address)
    executor = engine.executor
    request.body = await read_body(sink, receive, sent.length, executor.count)
    request.counted = len(request.body)
    try:
        fields = join_fields(headers, b", ") if checks is not None else {}
        if checks is not None and checks.signature.scheme:
            check_signature(sink, checks, fields, request.body)
        if sent.packed:
            await unpack_body(request, sink.body_limit, executor)
        check_form(request)
        key = sent.idempotency_key
        reads_body = checks is not None and (checks.filter is not None or checks.dedupe_body is not None)
        is_large = len(request.body) > LARGE_BYTES
        if is_large:
            await reserve_parsed(request, reads_body, executor)
        unwanted, named = None, None
        if checks is not None and is_large and reads_body:
            unwanted, named = await judge_large(checks, request, executor)
        elif checks is not None:
            unwanted, named = await judge(checks, request)
        if unwanted is not None:
            fault = unwanted if unwanted != NO_MATCH else ""
            outcomes.note(sink.app_id, sink.id, "filtered", fault, address)
            return wish, unwanted
        once = once_of(sink, request, fields, key, named) if checks is not None or key is not None else None
        admission = Admission(
            workflow,
            request,
            sink.app_id,
            sink.id,
            sink.options,
            sink.kwargs,
            sink.timeout,
            once,
            sink.concurrency,
            wish.until_over,
        )
        return wish, await admit(engine, outcomes, sink, admission)
    finally:
        body_memory.bytes -= request.counted


async def _continue(
    executor: Executor,
    sink: Entry,
    last: str,
    headers: list[tuple[bytes, bytes]],
    receive: Receive,
    send: Send,
) -> None:
    """
    Answer an EventSource that comes back: with the rest of its run, and with a new run never.

    Raises:
        Refused: It does not have the sink's token, or the database is away.
    """
    check_token(sink, read_fields(headers).authorization)
    event = run_and_number(last.strip())
    run: Run | None = None
    if event is not None:
        found = Run.objects.only("status", "events").filter(pk=event[0], source_id=sink.id)
        try:
            run = await executor.threads.run(found.first)
        except DatabaseError:
            raise away() from None
    if event is None or run is None or (run.over and event[1] >= run.events):
        await answer_nothing_more(send)
        return
    named = (b"x-run-id", run.pk.encode())
    start = {"type": "http.response.start", "status": 200, "headers": [*STREAM_HEADERS, named]}
    prefix = sse.id_prefix(run.pk)
    await send_stream(executor.streams, run.pk, event[1], start, None, "GET", receive, send, prefix=prefix)


async def _answer(
    executor: Executor, sink: Entry, started: Started, wish: Wish, method: str, receive: Receive, send: Send
) -> None:
    """
    Answer a delivery with its run. Nothing here holds its body.

    Raises:
        Refused: The run cannot be read.
    """
    run, extra = started
    answering = Answering(send)
    # A repeat is answered from the log, which may be away.
    sending = answering.send if isinstance(run, RecordedRun) else send
    try:
        await answer_run(executor, run, wish, sink.redirect, method, receive, sending, extra)
    except DatabaseError as error:
        logger.error("run not readable: run=%s error=%s", run.run_id, in_a_line(error))
        if answering.begun or sending is send:
            raise  # the server cuts the answer off
        raise away() from None
