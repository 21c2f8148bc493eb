"""
The catch-all endpoint: a request that matches a sink becomes a run. Plain ASGI, since Django's request path would
cost more than all the rest.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseError
from django.db.models.functions import Length
from django.utils import timezone
from jmespath.parser import ParsedResult

from runs import clock_guard
from runs.database_errors import in_a_line
from runs.delivery import content_encoding
from runs.delivery.forms import count_fields
from runs.delivery.json_parsing import LARGE_BYTES, run_in_parser
from runs.delivery.request import Request, join_fields
from runs.execution.admission import Admission
from runs.execution.body_memory import body_memory
from runs.execution.executor import Executor
from runs.execution.live_run import LiveRun
from runs.execution.queue_limits import QueueFull
from runs.execution.queued_run import QueuedRun
from runs.journal.idempotency import Once, fingerprint_of, key_of
from runs.journal.journal import JournalUnavailable, Unrecordable
from runs.journal.rows import Repeated
from runs.models import Delivery, Run
from runs.runtime import Engine
from sinks.access import credential_headers
from sinks.access.authorization import may_trigger
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
from sinks.http.problems import (
    BEARER,
    RETRY,
    SLOW_BODY,
    TWO_CREDENTIALS,
    Answering,
    Headers,
    Receive,
    Scope,
    Send,
    answer,
)
from sinks.http.problems import refuse as send_problem
from sinks.routing.directory import Checks, Entry, Index, Match
from sinks.trigger import expressions
from sinks.trigger.limits import Upload, intake, rates, retry_after
from sinks.trigger.outcomes import Outcomes
from sinks.webhooks import handshakes, signatures

logger = logging.getLogger(__name__)

# Fields that decide how a request is answered.
_HEEDED = frozenset({b"accept", b"content-encoding", b"content-length", b"prefer", b"idempotency-key"})
_ACCEPT_ENCODING = ((b"accept-encoding", content_encoding.ACCEPTED.encode()),)  # of a 415: RFC 9110, section 15.5.16
_KEY_CHARACTERS = 255  # of an Idempotency-Key, or of another name of a delivery
_MAX_FORM_FIELDS: int = settings.MAX_FORM_FIELDS
_MOST_DIGITS = 18  # of a Content-Length that is a number at all
_MOST_LOOKS = 4  # at once, for first runs of deliveries that a limit would refuse: a flood is to stay cheap
_looking = 0
_HEAD = "delivery__method", "delivery__path", "delivery__query_string"  # of the request that started a run
_REPLAYED = ((b"idempotent-replayed", b"true"),)

# How many requests were refused since this process started, by status; for /metrics.
refusals: Counter[int] = Counter()


@dataclass(slots=True, eq=False)
class _Refused(Exception):
    """The request starts no run, for a reason that its client is told."""

    kind: str  # for the counters
    status: int
    detail: str
    headers: Headers = ()
    reason: str = ""  # for the admin, where it says more than the detail


@dataclass(slots=True, eq=False)
class _Answered(Exception):
    """The sink itself answers the delivery, which starts no run."""

    handshake: handshakes.Handshake


@dataclass(slots=True)
class _Fields:
    """What the header fields of a request say."""

    kept: list[tuple[str, str]]  # for the workflow: without credentials
    authorization: bytes = b""
    accept: bytes = b""
    prefer: bytes = b""
    length: bytes = b""  # the Content-Length
    idempotency_key: bytes | None = None
    packed: bool = False  # whether there is a Content-Encoding


_Started = tuple[LiveRun | QueuedRun | RecordedRun, Headers]  # a run, and what the answer says besides


class _ClientLeft(Exception):
    """The client went away before its request was whole."""


async def trigger(engine: Engine, index: Index, outcomes: Outcomes, app_id: str, path: str, scope: Scope,
                  receive: Receive, send: Send) -> None:  # fmt: skip
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
            raise _Refused("shutdown", 503, "The server is shutting down; try again shortly.", RETRY)
        if sink is None:
            sink = _verified_by(index, app_id, path, match.allowed, scope)
            if sink is not None and sink.checks is not None:
                _answer_verification(sink, sink.checks, scope["query_string"])
                sink = None
            raise _no_sink(method, match)
        if method == "GET" and (last := dict(scope["headers"]).get(b"last-event-id")):
            await _continue(engine.executor, sink, last.decode("latin-1"), scope["headers"], receive, send)
            return
        wish, accepted = await _accept(engine, outcomes, sink, match.path_params, path, scope, receive)
        if isinstance(accepted, str):
            await answer_without_run(send, method, wish, sink.redirect, {"filtered": True, "reason": accepted})
        else:
            await _answer(engine.executor, sink, accepted, wish, method, receive, send)
    except _Refused as refused:
        refusals[refused.status] += 1
        if sink is not None:
            client = scope.get("client")
            reason = refused.reason or refused.detail
            outcomes.refused(sink.app_id, sink.id, refused.kind, refused.status, reason, client[0] if client else "")
        await send_problem(send, refused.status, refused.detail, refused.headers)
    except _Answered as answered:
        if sink is not None:
            outcomes.note(sink.app_id, sink.id, answered.handshake.kind)
        await answer(send, 200, answered.handshake.body, answered.handshake.content_type)
    except _ClientLeft:
        return


async def _accept(
    engine: Engine,
    outcomes: Outcomes,
    sink: Entry,
    path_params: dict[str, str],
    path: str,
    scope: Scope,
    receive: Receive,
) -> tuple[Wish, str | _Started]:
    """
    Check a delivery, read its body, and have it recorded as a run of the sink's.

    Returns:
        How to answer it, and the run; or why the sink's filter does not want it.

    Raises:
        _Refused: No run was started.
        _Answered: The sink itself answers.
        _ClientLeft: The body did not come whole.
    """
    method: str = scope["method"]
    headers = scope["headers"]
    sent = _read_fields(headers)
    checks = sink.checks
    try:
        if checks is not None and method == "GET" and checks.encrypted_verify_token:
            _answer_verification(sink, checks, scope["query_string"])
    except Unreadable:
        raise _unreadable(sink, "token") from None
    _check_token(sink, sent.authorization)
    workflow = sink.workflow
    if workflow is None:
        logger.error("sink %d of app %s: %s", sink.id, sink.app_id, sink.fault)
        raise _Refused("workflow", 500, "The sink's workflow is not installed, or does not take its options.")

    wish = wish_of(sent.accept, sent.prefer, sink.answer)
    client = scope.get("client")
    address = client[0] if client else ""
    request = Request(method, path, path_params, scope["query_string"].decode("latin-1"), sent.kept, address)
    executor = engine.executor
    request.body = await _read(sink, receive, sent.length, executor.count)
    request.counted = len(request.body)
    try:
        fields = join_fields(headers, b", ") if checks is not None else {}
        if checks is not None and checks.signature.scheme:
            _check_signature(sink, checks, fields, request.body)
        if sent.packed:
            await _unpack(request, sink.body_limit, executor)
        if len(request.body) >= _MAX_FORM_FIELDS:
            _check_form(request)
        unwanted, once = None, None
        key = sent.idempotency_key
        reads_body = checks is not None and (checks.filter is not None or checks.dedupe_body is not None)
        is_large = len(request.body) > LARGE_BYTES
        if is_large:
            await _reserve_parsed(request, reads_body, executor)
        if checks is None:
            once = _once(sink, request, fields, key, None) if key is not None else None
        elif is_large and reads_body:
            unwanted, once = await _judge_large(sink, checks, request, fields, key, executor)
        else:
            unwanted, once = await _judge(sink, checks, request, fields, key)
        if unwanted is not None:
            fault = unwanted if unwanted != expressions.NO_MATCH else ""
            outcomes.note(sink.app_id, sink.id, "filtered", fault, address)
            return wish, unwanted
        admission = Admission(
            workflow, request, sink.app_id, sink.id, sink.options, sink.kwargs, sink.timeout, once,
            sink.concurrency, wish.until_over,
        )  # fmt: skip
        return wish, await _admit(engine, outcomes, sink, admission)
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
        _Refused: It does not have the sink's token, or the database is away.
    """
    _check_token(sink, _read_fields(headers).authorization)
    event = run_and_number(last.strip())
    run: Run | None = None
    if event is not None:
        found = Run.objects.only("status", "events").filter(pk=event[0], source_id=sink.id)
        try:
            run = await executor.threads.run(found.first)
        except DatabaseError:
            raise _away() from None
    if event is None or run is None or (run.over and event[1] >= run.events):
        await answer_nothing_more(send)
        return
    named = (b"x-run-id", run.pk.encode())
    start = {"type": "http.response.start", "status": 200, "headers": [*STREAM_HEADERS, named]}
    prefix = sse.id_prefix(run.pk)
    await send_stream(executor.streams, run.pk, event[1], start, None, "GET", receive, send, prefix=prefix)


def _check_token(sink: Entry, authorization: bytes) -> None:
    """
    Raises:
        _Refused: The request does not have the sink's token.
    """
    try:
        if not may_trigger(sink, authorization):
            raise _Refused("token", 401, "This sink wants 'Authorization: Bearer <token>' with its token.", BEARER)
    except Unreadable:
        raise _unreadable(sink, "token") from None


def _read_fields(headers: list[tuple[bytes, bytes]]) -> _Fields:
    """
    Raises:
        _Refused: A field that may come once comes twice.
    """
    kept: list[tuple[str, str]] = []
    sent = _Fields(kept)
    authorized = False
    for name, value in headers:
        if name in credential_headers.FIELDS:
            if name == b"authorization":
                if authorized:
                    raise _Refused("headers", 400, TWO_CREDENTIALS)
                sent.authorization, authorized = value, True
            continue
        kept.append((name.decode("latin-1"), value.decode("latin-1")))
        if name not in _HEEDED:
            continue
        if name == b"accept":
            sent.accept = sent.accept + b"," + value if sent.accept else value
        elif name == b"content-length":
            sent.length = value
        elif name == b"content-encoding":
            sent.packed = True
        elif name == b"prefer":
            sent.prefer = sent.prefer + b"," + value if sent.prefer else value
        else:
            if sent.idempotency_key is not None:
                raise _Refused("headers", 400, "The request has two Idempotency-Key fields: send one.")
            sent.idempotency_key = value
    return sent


async def _answer(
    executor: Executor, sink: Entry, started: _Started, wish: Wish, method: str, receive: Receive, send: Send
) -> None:
    """
    Answer a delivery with its run. Nothing here holds its body.

    Raises:
        _Refused: The run cannot be read.
    """
    run, extra = started
    answering = Answering(send)
    # A repeat is answered from the log, which may be away.
    sending = answering.send if isinstance(run, RecordedRun) else send
    try:
        await answer_run(executor, run, wish, sink.redirect, method, receive, sending, extra)
    except DatabaseError as error:
        logger.error("run %s cannot be read: %s", run.run_id, in_a_line(error))
        if answering.begun or sending is send:
            raise  # the server cuts the answer off
        raise _away() from None


async def _judge(
    sink: Entry, checks: Checks, request: Request, fields: dict[bytes, bytes], idempotency_key: bytes | None
) -> tuple[str | None, Once | None]:
    """Why the sink's filter does not want a delivery, or None; and what names the delivery."""
    if checks.filter is not None:
        unwanted = await expressions.apply(expressions.why_filtered, checks.filter, request)
        if unwanted is not None:
            request.close()
            return unwanted, None
    named = None
    if (of_body := _id_in_body(checks)) is not None:
        named = await expressions.apply(expressions.delivery_id, of_body, request)
    return None, _once(sink, request, fields, idempotency_key, named)


async def _judge_large(
    sink: Entry,
    checks: Checks,
    request: Request,
    fields: dict[bytes, bytes],
    idempotency_key: bytes | None,
    executor: Executor,
) -> tuple[str | None, Once | None]:
    """The same for a delivery with a large body, off the event loop; nothing that it was parsed into is kept."""

    def judge() -> tuple[str | None, Once | None]:
        try:
            if checks.filter is not None and (unwanted := expressions.why_filtered(checks.filter, request)) is not None:
                request.close()
                return unwanted, None
            of_body = _id_in_body(checks)
            named = expressions.delivery_id(of_body, request) if of_body is not None else None
            return None, _once(sink, request, fields, idempotency_key, named)
        finally:
            request.release()

    async with executor.parsing:
        return await run_in_parser(judge)


async def _reserve_parsed(request: Request, reads_body: bool, executor: Executor) -> None:
    """
    Count from now on what a large body may be parsed into, by the sink's checks or by the workflow.

    Args:
        request: The delivery.
        reads_body: Whether the sink's checks parse it. A workflow may never do that, so it does not lose the delivery.
        executor: Has the turn to parse.

    Raises:
        _Refused: There is not so much memory, now or at all.
    """
    async with executor.parsing:
        size = await run_in_parser(request.estimate_parsed)
    most: int = settings.MAX_PENDING_BYTES
    if size > most and reads_body:
        detail = f"Parsed, the body would take about {size} bytes; {most} are allowed (MAX_PENDING_BYTES)."
        raise _Refused("size", 413, detail)
    _take(request, size if reads_body else min(size, most // 2))
    request.parsed_is_counted = True


def _take(request: Request, size: int) -> None:
    """
    Count memory that a request holds.

    Raises:
        _Refused: There is not so much.
    """
    _count(size)
    request.counted += size


def _count(size: int) -> None:
    if not intake.make_room(size, asyncio.get_running_loop().time()):
        raise _overloaded()
    body_memory.bytes += size


@contextmanager
def _reserved(size: int) -> Iterator[None]:
    """
    Count memory that a body may need for a moment.

    Raises:
        _Refused: There is not so much.
    """
    _count(size)
    try:
        yield
    finally:
        body_memory.bytes -= size


def _check_form(request: Request) -> None:
    if count_fields(request.body, request.content_type) > _MAX_FORM_FIELDS:
        detail = f"The form has more than {_MAX_FORM_FIELDS} fields and files (MAX_FORM_FIELDS)."
        raise _Refused("fields", 413, detail)


async def _admit(engine: Engine, outcomes: Outcomes, sink: Entry, admission: Admission) -> _Started:
    """
    Have a delivery recorded as a run.

    Returns:
        The run, or the one that an earlier delivery of this name started, and what the answer says of that.

    Raises:
        _Refused: No run was started.
    """
    executor = engine.executor
    if engine.journal.is_slow():
        raise _slow() if engine.journal.healthy else _away()
    # Nothing is awaited from here until the run is counted as one that is being recorded.
    limit, rate = sink.concurrency, sink.checks.rate if sink.checks is not None else None
    refusal: _Refused | None = None
    if limit is not None and sink.retry is None and executor.lanes.is_full(sink.id, limit, sink.queue or 0):
        refusal = _full()
    elif rate is not None and (seconds := rates.take(sink.id, rate, time.monotonic_ns())):
        detail = "This sink's rate is used up; Retry-After says when it takes more."
        refusal = _Refused("rate", 429, detail, retry_after(seconds))
    if refusal is not None:
        return await _repeat_or_refuse(executor, outcomes, sink, admission, refusal)
    try:
        if sink.retry is None:
            live, recorded = executor.admit(admission)
            await recorded
            return live, ()
        return await engine.enqueue(admission, sink.retry, sink.priority, sink.queue), ()
    except Repeated as repeated:
        if rate is not None:
            rates.give_back(sink.id)
        return await _first(executor, outcomes, sink, admission, repeated)
    except QueueFull:
        if rate is not None:
            rates.give_back(sink.id)
        return await _repeat_or_refuse(executor, outcomes, sink, admission, _full())
    except JournalUnavailable:
        raise _away() from None
    except Unrecordable as error:
        logger.error("sink %d of app %s: a run could not be recorded: %s", sink.id, sink.app_id, error)
        raise _Refused("unrecorded", 500, "The run could not be recorded.") from None


async def _repeat_or_refuse(
    executor: Executor, outcomes: Outcomes, sink: Entry, admission: Admission, refusal: _Refused
) -> _Started:
    """
    Answer a delivery that a limit does not let in. A repeat starts no run, so that no limit keeps it from its answer.

    Raises:
        _Refused: It is no repeat.
    """
    if (repeated := await _find_first(executor, admission.once)) is None:
        raise refusal
    return await _first(executor, outcomes, sink, admission, repeated)


async def _find_first(executor: Executor, once: Once | None) -> Repeated | None:
    """The run that an earlier delivery of this name started, for one that is to be refused otherwise."""
    global _looking
    if once is None or _looking >= _MOST_LOOKS:
        return None
    _looking += 1
    try:
        return await executor.threads.run(_with_key, key_of(once.name))
    except DatabaseError:
        return None
    finally:
        _looking -= 1


def _with_key(key: str) -> Repeated | None:
    """The run that has a key; for threads."""
    record = clock_guard.read()
    expired_at = clock_guard.expiry_time(timezone.now(), record.clock_seen if record else None)
    having = Run.objects.filter(idempotency_key=key, key_expires_at__gt=expired_at)
    run_id = having.values_list("id", flat=True).first()
    return Repeated(run_id) if run_id is not None else None


async def _first(
    executor: Executor, outcomes: Outcomes, sink: Entry, admission: Admission, repeated: Repeated
) -> tuple[RecordedRun, Headers]:
    """What answers a repeated delivery."""
    strict = admission.once is not None and admission.once.strict
    try:
        first = await executor.threads.run(_recorded, repeated.run_id, admission.request if strict else None)
    except DatabaseError:
        raise _away() from None
    outcomes.note(sink.app_id, sink.id, "repeated")
    return first, _REPLAYED


def _full() -> _Refused:
    return _Refused("concurrency", 429, "As many runs of this sink as may are executed or wait already.", RETRY)


def _away() -> _Refused:
    return _Refused("unavailable", 503, "The run could not be recorded: the database is away. Try again.", RETRY)


def _slow() -> _Refused:
    return _Refused("unavailable", 503, "The run was not recorded: the database is slow. Try again.", RETRY)


def _recorded(run_id: str, request: Request | None) -> RecordedRun:
    """
    The run that a repeated delivery started the first time; for threads.

    Args:
        run_id: The run.
        request: The delivery, where it has to be the same in all as the first was.

    Raises:
        _Refused: It is not the same, or the run is gone.
    """
    of_run = Run.objects.filter(pk=run_id)
    first = of_run.values("status", "fingerprint", "delivery", *_HEAD, length=Length("delivery__body")).first()
    if first is None:
        raise _Refused("unavailable", 503, "The run of this delivery was just deleted; try again.", RETRY)
    if request is not None:
        head = request.method, request.path, request.query_string
        received = request.received
        if first["delivery"] is None:
            same = first["fingerprint"] == fingerprint_of(*head, received)
        else:
            # A large body is read only for one as large: else who sends little could have much read.
            same = tuple(first[name] for name in _HEAD) == head and first["length"] == len(received)
            same = same and Delivery.objects.filter(pk=run_id, body=received).exists()
        if not same:
            raise _Refused("conflict", 409, "This Idempotency-Key, or delivery id, came with another request before.")
    return RecordedRun(run_id, Run.Status(first["status"]))


def _no_sink(method: str, match: Match) -> _Refused:
    if not match.allowed:
        return _Refused("address", 404, "No sink at this address.")
    allow = ((b"allow", ", ".join(match.allowed).encode()),)
    return _Refused("address", 404, f"No sink for {method} at this address; there is one for another method.", allow)


def _unreadable(sink: Entry, what: str) -> _Refused:
    logger.error("sink %d of app %s: its %s was encrypted under another SECRET_KEY", sink.id, sink.app_id, what)
    return _Refused("secret", 500, f"The sink's {what} cannot be read: its admin must set it anew.")


def _verified_by(index: Index, app_id: str, path: str, methods: tuple[str, ...], scope: Scope) -> Entry | None:
    """The sink that a GET without a sink of its own means, by which a provider checks the address of another method."""
    if scope["method"] != "GET" or b"hub." not in scope["query_string"]:
        return None
    for method in methods:
        sink = index.match(app_id, path, method).sink
        if sink is not None and sink.checks is not None and sink.checks.encrypted_verify_token:
            return sink
    return None


def _answer_verification(sink: Entry, checks: Checks, query_string: bytes) -> None:
    """
    Raises:
        _Answered: It is a request that verifies the address.
        _Refused: It is one, with another verify token.
    """
    try:
        handshake = handshakes.verification(query_string, checks.verify_token())
    except handshakes.WrongVerifyToken:
        raise _Refused("verify token", 403, "The verify token is not the one that the sink has.") from None
    except Unreadable:
        raise _unreadable(sink, "verify token") from None
    if handshake is not None:
        raise _Answered(handshake)


def _check_signature(sink: Entry, checks: Checks, fields: dict[bytes, bytes], body: bytes) -> None:
    try:
        signatures.verify(checks.signed(), fields, body, time.time())
    except signatures.BadSignature as error:
        detail = "The delivery is not signed as this sink wants it."
        raise _Refused("signature", 401, detail, BEARER, str(error)) from None
    except Unreadable:
        raise _unreadable(sink, "signing secret") from None
    if handshake := handshakes.after_signature(checks.signature.scheme, fields, body):
        raise _Answered(handshake)


async def _unpack(request: Request, limit: int, executor: Executor) -> None:
    try:
        if not _unpack_small(request, limit):
            # How large it is shows only then.
            async with executor.parsing:
                with _reserved(limit):
                    await run_in_parser(request.unpack, limit)
    except content_encoding.TooLarge as error:
        raise _Refused("size", 413, str(error)) from None
    except content_encoding.Unreadable as error:
        raise _Refused("body", 400, str(error)) from None
    except content_encoding.UnknownCoding as error:
        raise _Refused("coding", 415, str(error), _ACCEPT_ENCODING) from None
    if request.packed is not None:
        _take(request, len(request.body))


def _unpack_small(request: Request, limit: int) -> bool:
    """Unpack a body that is small then too. Returns whether it is."""
    if len(request.body) > LARGE_BYTES:
        return False
    try:
        request.unpack(min(limit, LARGE_BYTES))
    except content_encoding.TooLarge:
        if limit <= LARGE_BYTES:
            raise
        return False
    return True


def _id_in_body(checks: Checks) -> ParsedResult | None:
    """The expression over the body that names a delivery, where the sink has one and no header field for it."""
    return None if checks.dedupe_header else checks.dedupe_body


def _once(
    sink: Entry,
    request: Request,
    fields: dict[bytes, bytes],
    idempotency_key: bytes | None,
    named: str | None,
) -> Once | None:
    """
    What names the delivery: what the sink says that names it, or its Idempotency-Key.

    Args:
        sink: What the request matched.
        request: The delivery.
        fields: Its header fields.
        idempotency_key: That of its own field.
        named: What the sink's expression over the body has found.
    """
    if idempotency_key is not None and not 0 < len(idempotency_key) <= _KEY_CHARACTERS:
        detail = f"An Idempotency-Key has 1 to {_KEY_CHARACTERS} characters."
        raise _Refused("idempotency key", 400, detail)
    checks = sink.checks
    kind, name, strict = "id", b"", True
    if checks is not None and checks.dedupe_header:
        name = fields.get(_id_header(checks, fields), b"")
    elif checks is not None and checks.dedupe_body is not None:
        # The rest of the body may differ, as Stripe's does by how many deliveries are pending. But where anybody may
        # call, an id that can be guessed must not show another's run.
        strict = not (sink.encrypted_token or checks.signature.scheme)
        name = (named or "").encode("utf-8", "surrogatepass")
    # The sink's own rule first: a field that nobody signed must not undo it.
    if not name and idempotency_key is not None:
        kind, name, strict = "key", idempotency_key, True
    if not name:
        return None
    return Once((sink.id, kind, request.path, name), strict, sink.dedupe_window)


def _id_header(checks: Checks, fields: dict[bytes, bytes]) -> bytes:
    """The field with the delivery's id; with Standard Webhooks, that of the family whose signature was verified."""
    name = checks.dedupe_header
    if checks.signature.scheme == "standard" and name in {b"webhook-id", b"svix-id"}:
        return b"webhook-id" if b"webhook-signature" in fields else b"svix-id"
    return name


async def _read(sink: Entry, receive: Receive, length: bytes, runs: int) -> bytes:
    """
    The whole body; `body_memory` has its length until the caller takes it away.

    Args:
        sink: What the request matched.
        receive: The ASGI callable.
        length: The Content-Length; empty where there is none.
        runs: Those that this process has.

    Raises:
        _Refused: It is over the sink's limit, by its Content-Length or by what came; or this process has as much to do,
            or it or the sink holds as many bytes of bodies, as it may.
        _ClientLeft: It did not come whole.
    """
    limit = sink.body_limit
    digits = length.lstrip(b"0")
    if len(digits) > _MOST_DIGITS:
        raise _too_large(limit)
    declared = int(digits) if digits.isdigit() else 0
    if declared > limit:
        raise _too_large(limit)
    loop = asyncio.get_running_loop()
    if intake.is_overloaded(runs, declared, loop.time()):
        raise _overloaded()
    intake.reading += 1
    try:
        part, last = _part_of(await receive())
        if len(part) > limit:
            raise _too_large(limit)
        if not (body_memory.has_room(len(part)) or intake.make_room(len(part), loop.time())):
            raise _overloaded()
        if last:
            body_memory.bytes += len(part)
            return part
        return await _read_rest(sink, receive, part, loop)
    finally:
        intake.reading -= 1


async def _read_rest(sink: Entry, receive: Receive, part: bytes, loop: asyncio.AbstractEventLoop) -> bytes:
    """The whole of a body that did not come with its head; see `_read`."""
    whole = bytearray(part)
    upload: Upload | None = None
    try:
        # Bound slow uploads so that they cannot starve other requests.
        async with asyncio.timeout(settings.BODY_TIMEOUT) as timeout:
            body_memory.bytes += len(part)
            upload = Upload(sink.id, len(part), timeout, loop.time())
            has_room = intake.begin(upload)
            last = False
            while not last:
                if not has_room:
                    raise _overloaded()
                part, last = _part_of(await receive())
                now = loop.time()
                if upload.size + len(part) > sink.body_limit:
                    raise _too_large(sink.body_limit)
                if not intake.make_room(len(part), now):
                    raise _overloaded()
                if upload.dropped:
                    raise TimeoutError
                body_memory.bytes += len(part)
                upload.grow(len(part), now)
                has_room = last or intake.has_sink_room(upload, now)
                whole += part
        return bytes(whole)
    except BaseException as error:
        if upload is not None:
            body_memory.bytes -= upload.size
        if not isinstance(error, TimeoutError):
            raise
        if upload is not None and upload.dropped:
            detail = "The body came too slowly while the server was short of memory; try again."
            raise _Refused("slow", 408, detail, retry_after(1)) from None
        raise _Refused("slow", 408, f"The body did not come within {settings.BODY_TIMEOUT:g} s.") from None
    finally:
        if upload is not None:
            intake.end(upload)


def _part_of(message: dict[str, Any]) -> tuple[bytes, bool]:
    """One part of the body, and whether it is the last."""
    if message["type"] == "http.disconnect":
        if message.get("timed_out"):
            raise _Refused("slow", 408, SLOW_BODY)
        raise _ClientLeft
    return message.get("body", b""), not message.get("more_body")


def _too_large(limit: int) -> _Refused:
    return _Refused("size", 413, f"The body is larger than {limit} bytes.")


def _overloaded() -> _Refused:
    return _Refused("overloaded", 503, "The server is overloaded; try again shortly.", retry_after(1))
