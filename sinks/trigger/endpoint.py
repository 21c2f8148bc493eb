"""
The catch-all endpoint: a request that matches a sink becomes a run. It is plain ASGI, because Django's request handling
would take longer than everything else.
"""

import json
import logging
from collections import Counter

from django.db import Error as DatabaseError

from runs.database_errors import in_a_line
from runs.execution.executor import Executor
from runs.execution.request_memory import body_memory
from runs.models import Run
from runs.runtime import Engine
from sinks.handshakes.answering import asked_sinks, is_signed_handshake
from sinks.http import cors, sse
from sinks.http.answers import (
    STREAM_HEADERS,
    Form,
    RecordedRun,
    Wish,
    answer_nothing_more,
    answer_run,
    answer_without_run,
    send_stream,
)
from sinks.http.last_event_id import run_and_number
from sinks.http.problems import Answering, Receive, Scope, Send, answer
from sinks.http.problems import refuse as send_problem
from sinks.http.responses import answer_probe, answer_with_response, send_response
from sinks.refusals.requests import kept_request, read_unread_body
from sinks.routing.matching import Entry, Index
from sinks.trigger.admission import Started, admit, deliver
from sinks.trigger.checks import (
    DELIVERY_CHECKS,
    EARLY_CHECKS,
    PLAIN_CHECKS,
    READER_CHECKS,
    SIGNAL_CHECKS,
    SIGNED_CHECKS,
    UNASKED_CHECKS,
    apply,
)
from sinks.trigger.incoming import Incoming
from sinks.trigger.outcomes import Outcomes
from sinks.trigger.refusals import Answered, ClientLeft, Filtered, RefusalKind, Refused, Signalled, away, no_sink
from sinks.trigger.repeats import REPLAYED

logger = logging.getLogger(__name__)

# The number of refused requests since this process started, by status; for /metrics.
refusals: Counter[int] = Counter()


async def trigger(
    engine: Engine, index: Index, outcomes: Outcomes, app_id: str, path: str, scope: Scope, receive: Receive, send: Send
) -> None:
    """
    Answer a request to a trigger address.

    Args:
        engine: The engine of this process.
        index: The sinks in force.
        outcomes: The counters for deliveries that start no run.
        app_id: The first segment of the path.
        path: The rest of the path, decoded and normalised.
        scope: The request's ASGI scope.
        receive: The ASGI callable.
        send: The ASGI callable.
    """
    sink: Entry | None = None
    incoming: Incoming | None = None
    method: str = scope["method"]
    try:
        match = index.match(app_id, path, method)
        sink = match.sink
        if method == "OPTIONS" and (asked := cors.requested_method(method, scope["headers"])):
            # A browser sends a preflight first, which starts no run.
            target = index.match(app_id, path, asked).sink
            if (target and target.cors) or (sink and sink.cors):
                origins = target.cors if target else frozenset[str]()
                await cors.answer_preflight(send, origins, asked, scope["headers"])
                return
        if sink is not None and sink.cors:
            send = cors.sending(send, sink.cors, scope["headers"])
        if not engine.accepting:
            raise Refused(RefusalKind.SHUTDOWN, "The server is shutting down. Try again shortly.")
        if sink is None:
            for sink, values in asked_sinks(index, app_id, path, match.allowed, method):
                other = Incoming(engine, outcomes, sink, path, values, scope, receive)
                await apply(EARLY_CHECKS, other)
                if is_signed_handshake(other):
                    await apply(SIGNED_CHECKS, other)
            sink = None
            is_probe = method in {"HEAD", "OPTIONS"} and not cors.requested_method(method, scope["headers"])
            if match.allowed and is_probe:
                await answer_probe(send, method, match.allowed)
                return
            raise no_sink(method, match)
        incoming = Incoming(engine, outcomes, sink, path, match.path_params, scope, receive)
        if method == "GET" and (last := dict(scope["headers"]).get(b"last-event-id")):
            await apply(READER_CHECKS, incoming)
            await _continue(incoming, last.decode("latin-1"), send)
            return
        try:
            started = await _start(incoming)
        except Filtered as filtered:
            await _answer_filtered(incoming, filtered.reason, send)
            return
        wish = incoming.wish
        incoming = None  # because it holds the body
        await _answer(engine.executor, sink, started, wish, method, receive, send)
    except Refused as refused:
        refusals[refused.kind.status] += 1
        if sink is not None:
            await _note_refusal(refused, sink, incoming, outcomes, scope)
        await send_problem(send, refused.kind.status, refused.detail, refused.headers)
    except Signalled as signalled:
        body = json.dumps({"signal": signalled.signal, "key": signalled.key}).encode()
        await answer(send, 202, body, b"application/json", REPLAYED if signalled.is_repeat else ())
    except Answered as answered:
        if sink is not None:
            outcomes.note(sink.app_id, sink.id, answered.answer.name)
        reply = answered.answer
        await answer(send, reply.status, reply.body, reply.content_type, reply.headers)
    except ClientLeft:
        return


async def _start(incoming: Incoming) -> Started:
    """
    Check a delivery, and record it as a run.

    Raises:
        Refused: No run was started.
        Answered: The sink itself answers the delivery.
        Filtered: The sink's filter does not match, or fails.
        Signalled: The delivery was sent as a signal.
        ClientLeft: The client left before the body was complete.
    """
    try:
        if (checks := incoming.sink.checks) is None:
            await apply(PLAIN_CHECKS, incoming)
        elif checks.deliver_to is None:
            await apply(UNASKED_CHECKS if checks.handshakes is None else DELIVERY_CHECKS, incoming)
        else:
            await apply(SIGNAL_CHECKS, incoming)
            raise await deliver(incoming, checks.deliver_to)
        return await admit(incoming)
    finally:
        body_memory.bytes -= incoming.request.counted


async def _answer_filtered(incoming: Incoming, reason: str, send: Send) -> None:
    """Count a delivery that the sink's filter does not let pass, and answer it: it is accepted without a run."""
    sink, outcomes, wish = incoming.sink, incoming.outcomes, incoming.wish
    kept = kept_request(incoming) if outcomes.wants(sink.id, is_refused=False) else None
    outcomes.note(sink.app_id, sink.id, "filtered", reason, incoming.request.client, kept)
    fixed = sink.response.fixed if sink.response is not None and wish.form is Form.RESPONSE else None
    if fixed is not None:
        await send_response(send, fixed)
    else:
        output = {"filtered": True, "reason": reason}
        await answer_without_run(send, incoming.scope["method"], wish, sink.redirect, output)


async def _note_refusal(
    refused: Refused, sink: Entry, incoming: Incoming | None, outcomes: Outcomes, scope: Scope
) -> None:
    """Count a refusal, and keep its request if it is wanted."""
    kind, client = refused.kind, scope.get("client")
    request, is_kept = None, outcomes.wants(sink.id)
    if is_kept and incoming is not None and kind is not RefusalKind.UNEXPECTED_SECRET:
        await read_unread_body(incoming, kind.status)
        request = kept_request(incoming)
    reason, caller = refused.reason or refused.detail, client[0] if client else ""
    outcomes.refused(sink.app_id, sink.id, kind.label, kind.status, reason, caller, request, is_kept=is_kept)


async def _continue(incoming: Incoming, last: str, send: Send) -> None:
    """
    Answer an EventSource that reconnects, with the rest of its run. This never starts a new run.

    Args:
        incoming: The request.
        last: The Last-Event-ID field.
        send: The ASGI callable.

    Raises:
        Refused: The database is unavailable.
    """
    event = run_and_number(last.strip())
    run: Run | None = None
    executor = incoming.engine.executor
    if event is not None:
        found = Run.objects.only("status", "events").filter(pk=event[0], source_id=incoming.sink.id)
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
    await send_stream(executor.streams, run.pk, event[1], start, None, "GET", incoming.receive, send, prefix=prefix)


async def _answer(
    executor: Executor, sink: Entry, started: Started, wish: Wish, method: str, receive: Receive, send: Send
) -> None:
    """
    Answer a delivery with its run. This function holds no reference to the body.

    Raises:
        Refused: The run cannot be read.
    """
    run, extra = started
    answering = Answering(send)
    # A repeat is answered from the log, which may be unavailable.
    sending = answering.send if isinstance(run, RecordedRun) else send
    try:
        if wish.form is Form.RESPONSE and sink.response is not None:
            await answer_with_response(executor, run, wish, sink.response, receive, sending, extra)
        else:
            await answer_run(executor, run, wish, sink.redirect, method, receive, sending, extra)
    except DatabaseError as error:
        logger.error("run not readable: run=%s error=%s", run.run_id, in_a_line(error))
        if answering.begun or sending is send:
            raise  # the server aborts the response
        raise away() from None
