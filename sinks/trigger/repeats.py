"""Repeated deliveries: find the key of a delivery, and the run that was started by the first delivery with this key."""

from django.db import Error as DatabaseError
from django.db.models.functions import Length

from runs import clock_guard
from runs.delivery.request import Request, join_fields
from runs.execution.executor import Executor
from runs.journal.idempotency import Once, fingerprint_of, key_of
from runs.journal.rows import Repeated
from runs.models import Delivery, Run
from sinks.http.answers import RecordedRun
from sinks.http.problems import Headers
from sinks.refusals.requests import kept_request
from sinks.routing.matching import Checks
from sinks.trigger.incoming import Incoming
from sinks.trigger.refusals import RefusalKind, Refused, away, conflict

_KEY_CHARACTERS = 255  # of an Idempotency-Key
_MAX_QUERIES = 4  # concurrent queries for the first run if a limit refuses deliveries; keeps a flood cheap
_querying = 0
_HEAD = "delivery__method", "delivery__path", "delivery__query_string"  # of the request that started a run
REPLAYED = ((b"idempotent-replayed", b"true"),)


def find_key(incoming: Incoming) -> None:
    """
    Find the key that identifies a delivery; the sink's own rule takes precedence over the Idempotency-Key.

    Raises:
        Refused: The Idempotency-Key is empty or too long.
    """
    checks, idempotency_key = incoming.sink.checks, incoming.fields.idempotency_key
    incoming.once = _once_of(incoming, idempotency_key) if checks is not None or idempotency_key is not None else None


def _once_of(incoming: Incoming, idempotency_key: bytes | None) -> Once | None:
    if idempotency_key is not None and not 0 < len(idempotency_key) <= _KEY_CHARACTERS:
        detail = f"An Idempotency-Key must have 1 to {_KEY_CHARACTERS} characters."
        raise Refused(RefusalKind.IDEMPOTENCY_KEY, detail)
    sink = incoming.sink
    checks = sink.checks
    kind, name, strict = "id", b"", True
    if checks is not None and checks.dedupe_header:
        fields = join_fields(incoming.scope["headers"], b", ")
        name = fields.get(_id_header(checks, fields), b"")
    elif checks is not None and checks.dedupe_body is not None:
        # The rest of the body may differ: Stripe's contains the number of pending deliveries. But in a public sink, a
        # caller who guesses an id must not see the run of another caller.
        strict = not (sink.encrypted_token or sink.admits_known_callers() or checks.scheme)
        name = (incoming.named or "").encode("utf-8", "surrogatepass")
    # The sink's own rule takes precedence: a field that is not signed must not override it.
    if not name and idempotency_key is not None:
        kind, name, strict = "key", idempotency_key, True
    if not name:
        return None
    return Once((sink.id, kind, incoming.request.path, name), strict, sink.dedupe_window)


def _id_header(checks: Checks, fields: dict[bytes, bytes]) -> bytes:
    """
    Return the field with the delivery id; for Standard Webhooks, the field of the family whose signature was verified.
    """
    name = checks.dedupe_header
    if checks.provider == "standard" and name in {b"webhook-id", b"svix-id"}:
        return b"webhook-id" if b"webhook-signature" in fields else b"svix-id"
    return name


async def repeat_or_refuse(incoming: Incoming, refusal: Refused) -> tuple[RecordedRun, Headers]:
    """
    Return the first run of a repeated delivery that a limit would refuse. A repeat starts no run, so no limit applies
    to it.

    Raises:
        Refused: The delivery is not a repeat.
    """
    if (repeated := await _find_first(incoming.engine.executor, incoming.once)) is None:
        raise refusal
    return await first_run(incoming, repeated)


async def _find_first(executor: Executor, once: Once | None) -> Repeated | None:
    """
    Return the run that was started by an earlier delivery with this key; None if no such run exists, or if the query
    fails.
    """
    global _querying
    if once is None or _querying >= _MAX_QUERIES:
        return None
    _querying += 1
    try:
        return await executor.threads.run(_with_key, key_of(once.name))
    except DatabaseError:
        return None
    finally:
        _querying -= 1


def _with_key(key: str) -> Repeated | None:
    """Return the run that has a key; for threads."""
    having = Run.objects.filter(idempotency_key=key, key_expires_at__gt=clock_guard.read_expiry_time())
    run_id = having.values_list("id", flat=True).first()
    return Repeated(run_id) if run_id is not None else None


async def first_run(incoming: Incoming, repeated: Repeated) -> tuple[RecordedRun, Headers]:
    """Return the first run of a repeated delivery, with additional header fields of the response."""
    strict = incoming.once is not None and incoming.once.strict
    try:
        request = incoming.request if strict else None
        first = await incoming.engine.executor.threads.run(_recorded, repeated.run_id, request)
    except DatabaseError:
        raise away() from None
    sink = incoming.sink
    kept = kept_request(incoming) if incoming.outcomes.wants(sink.id, is_refused=False) else None
    reason = f"A repeat of the delivery that started {first.run_id}."
    incoming.outcomes.note(sink.app_id, sink.id, "repeated", reason, incoming.request.client, kept, first.run_id)
    return first, REPLAYED


def _recorded(run_id: str, request: Request | None) -> RecordedRun:
    """
    Return the run that was started by the first delivery; for threads.

    Args:
        run_id: The run's id.
        request: The repeated delivery, if it has to be identical to the first one.

    Raises:
        Refused: The delivery is not identical, or the run was deleted.
    """
    of_run = Run.objects.filter(pk=run_id)
    first = of_run.values("status", "fingerprint", "delivery", *_HEAD, length=Length("delivery__body")).first()
    if first is None:
        raise Refused(RefusalKind.UNAVAILABLE, "The run of this delivery was just deleted. Try again.")
    if request is not None:
        head = request.method, request.path, request.query_string
        received = request.received
        if first["delivery"] is None:
            same = first["fingerprint"] == fingerprint_of(*head, received)
        else:
            # Compare only bodies of the same length, so that a small request cannot cause a large read.
            same = tuple(first[name] for name in _HEAD) == head and first["length"] == len(received)
            same = same and Delivery.objects.filter(pk=run_id, body=received).exists()
        if not same:
            raise conflict()
    return RecordedRun(run_id, Run.Status(first["status"]))
