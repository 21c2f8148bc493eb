"""
Accept a refusal: its delivery starts a run after all, as a replay does, or is sent as a signal. The sender is verified
again with the secrets that the sink has now; only the age of the delivery is ignored.
"""

import logging
import time
from dataclasses import dataclass, replace
from typing import Any, cast

import jwt
from asgiref.sync import async_to_sync
from django.db import IntegrityError, transaction
from django.utils import timezone

from runs.delivery import content_encoding
from runs.delivery.request import join_fields
from runs.journal.idempotency import fingerprint_of, key_of
from runs.links.keyed_signals import ConflictingDelivery, Origin, RepeatedDelivery, send_keyed
from runs.links.signals import TooManySignals
from runs.models import Delivery as RunDelivery
from runs.models import Run
from runs.recovery.deliver import CannotDeliver, deliver
from sinks.access.callers import NotAdmitted
from sinks.audit.entries import record
from sinks.models import Refusal
from sinks.registrations import find_sources
from sinks.routing.directory import entry_of
from sinks.routing.matching import Entry
from sinks.trigger.body import check_form
from sinks.trigger.filters import delivery_id, message_of
from sinks.trigger.incoming import Incoming, read_fields
from sinks.trigger.refusals import Answered, Filtered, RefusalKind, Refused
from sinks.trigger.repeats import find_key
from sinks.trigger.sender import verify_signature
from sinks.webhooks.signatures.key_fetching import fetch_keys
from sinks.webhooks.signatures.received import reader
from sinks.webhooks.signatures.remote_keys import KeysNeeded
from sinks.webhooks.signatures.scheme import Scheme
from sinks.webhooks.signatures.signed_content import BadSignature, Delivery

logger = logging.getLogger(__name__)

_ANY_AGE = 1 << 53  # seconds, as the tolerance of a signature
_OF_KEYS = frozenset({"repeated", RefusalKind.CONFLICT.label})  # refused because of their key, which is left out
# Refused before the caller was admitted. Credentials are not recorded, so they cannot be checked again.
_OF_CALLERS = {
    kind.label for kind in (RefusalKind.TOKEN, RefusalKind.CREDENTIAL, RefusalKind.NETWORK, RefusalKind.KEYS)
}


class CannotAccept(Exception):
    """The refusal cannot be accepted; the message says why, and what to do. Nothing was written."""


class Unverified(CannotAccept):
    """The sender could not be verified, and only verified deliveries may be accepted."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """What an accepted refusal has become."""

    run: Run | None  # None if it was sent as a signal
    signal: str = ""
    key: str = ""
    warning: str = ""  # why the sender could not be verified; empty if it was


def why_not(refusal: Refusal) -> str:
    """Return why a refusal cannot be accepted, whatever its sender; empty if it can."""
    if refusal.accepted_at is not None:
        return f"It was accepted already, and has started {refusal.run_id}." if refusal.run_id else "It was accepted."
    if not refusal.method:
        return "Its request was not kept."
    if refusal.body is None:
        return "Its body was not received, since it was refused before: ask the provider to send it again."
    if not refusal.is_whole:
        return "Only the beginning of its request is kept (MAX_REFUSAL_BODY_BYTES): ask the provider to send it again."
    return ""


def warning_of(refusal: Refusal) -> str:
    """
    Verify the sender of a refused delivery again, with the secrets that its sink has now and whatever its age.

    Returns:
        Why the sender is not verified; empty if it is, or if the sink takes deliveries from everyone.
    """
    return _warning(refusal, _incoming(refusal))


def accept(refusal: Refusal, *, by: str, only_verified: bool) -> Accepted:
    """
    Run a refused delivery after all. Blocking: call it in a thread.

    Args:
        refusal: The refusal.
        by: The user's name, for the log.
        only_verified: Whether the sender has to be verified, because the user may not accept others.

    Returns:
        The new run, durably recorded and queued; or the signal.

    Raises:
        Unverified: The sender is not verified.
        CannotAccept: The refusal was accepted before, its request is not kept completely, or cannot start a run.
        DatabaseError: It could not be recorded.
    """
    with transaction.atomic():
        # Locked, so that two users do not accept it at the same time.
        locked = Refusal.objects.select_for_update(of=("self",)).filter(pk=refusal.pk).first()
        if locked is None:
            raise CannotAccept("The refusal was deleted, because newer ones need its place.")
        if reason := why_not(locked):
            raise CannotAccept(reason)
        incoming = _incoming(locked)
        warning = _warning(locked, incoming)
        if warning and only_verified:
            raise Unverified(warning)
        try:
            _prepare(locked, incoming)
            accepted = _deliver(locked, incoming, warning)
        except Filtered as error:
            raise CannotAccept(error.reason) from None
        except Refused as error:
            raise CannotAccept(error.reason or error.detail) from None
        run_id = accepted.run.pk if accepted.run is not None else ""
        Refusal.objects.filter(pk=locked.pk).update(accepted_at=timezone.now(), run_id=run_id)
        record(
            None,
            "refusal.accepted",
            app_id=refusal.sink.app.app_id,
            object=f"refusal {refusal.pk} of {refusal.sink.method} /{refusal.sink.app.app_id}{refusal.sink.path}",
            text="\n".join(filter(None, [f"run: {run_id}" if run_id else f"signal: {accepted.signal}", warning])),
        )
    logger.info(
        "refusal accepted: refusal=%d sink=%d run=%s verified=%s user=%s",
        refusal.pk,
        refusal.sink_id,
        run_id or "-",
        "no" if warning else "yes",
        by,
    )
    return accepted


def _incoming(refusal: Refusal) -> Incoming:
    """Return the refused request as the trigger sees it, at its sink as that is configured now."""
    headers = [
        (str(name).encode("latin-1", "replace"), str(value).encode("latin-1", "replace"))
        for name, value in refusal.headers or ()
    ]
    scope = {
        "method": refusal.method,
        "query_string": refusal.query_string.encode("latin-1", "replace"),
        "headers": headers,
        "client": (refusal.client, 0),
        "path": f"/{refusal.sink.app.app_id}{refusal.path}",
        "raw_path": refusal.raw_path.encode("latin-1", "replace"),
    }
    nothing = cast(Any, None)  # the checks that are applied here wait for nothing, and count nothing
    params = refusal.path_params or {}
    incoming = Incoming(nothing, nothing, entry_of(refusal.sink), refusal.path, params, scope, nothing)
    incoming.request.body = bytes(refusal.body or b"")
    incoming.named, incoming.message = None, None
    return incoming


def _warning(refusal: Refusal, incoming: Incoming) -> str:
    """Return why the sender of a delivery is not verified; empty if it is."""
    sink = incoming.sink
    scheme = sink.checks.scheme if sink.checks is not None else None
    if refusal.kind in _OF_CALLERS:
        return "The sender was not one of the sink's callers, so anyone may have sent this delivery."
    if sink.checks is None and sink.fault:
        return f"The sender cannot be verified: {sink.fault}."
    if sink.access is not None:
        try:
            sink.access.check_network(refusal.client)
        except NotAdmitted as error:
            return f"The sender is not verified: {error.reason}."
    if scheme is None or scheme.kind == "none":
        if not (sink.encrypted_token or (sink.access is not None and sink.access.has_credentials)):
            return ""
        return "Deliveries are not signed here, and credentials are not recorded: the sender cannot be verified again."
    at_any_age = _at_any_age(incoming)
    assert at_any_age.sink.checks is not None
    try:
        try:
            verify_signature(at_any_age, at_any_age.sink.checks, scheme, _issued_at(scheme, incoming))
        except KeysNeeded as needed:
            async_to_sync(fetch_keys)(needed)
            verify_signature(at_any_age, at_any_age.sink.checks, scheme, _issued_at(scheme, incoming))
    except Refused as error:
        return f"The sender is not verified, so anyone may have sent this delivery. {error.reason or error.detail}"
    except Answered:
        return ""
    except KeysNeeded:
        return "The sender is not verified: the provider's keys could not be fetched. Try again."
    return ""


def _at_any_age(incoming: Incoming) -> Incoming:
    """Return the delivery at its sink, whose signature may have any age."""
    checks = incoming.sink.checks
    if checks is not None:
        incoming.sink = replace(incoming.sink, checks=replace(checks, tolerance=_ANY_AGE, _verifier=None))
    return incoming


def _issued_at(scheme: Scheme, incoming: Incoming) -> float | None:
    """
    Return when the token of a delivery was issued, so that it is verified as of that time: a tolerance does not extend
    its life. None if the delivery has no token; its signature covers the time.
    """
    if scheme.kind != "jwt":
        return None
    fields = join_fields(incoming.scope["headers"], b", ")
    body, query = incoming.request.body, incoming.scope["query_string"]
    try:
        [token] = reader(scheme)(Delivery(fields, body, incoming.scope["method"], "", query))[0]
        claims = jwt.decode(token, options={"verify_signature": False})
    except (BadSignature, jwt.PyJWTError, ValueError):
        return None
    times = [claims[name] for name in ("nbf", "iat") if type(claims.get(name)) in {int, float}]
    until = [claims["exp"]] if type(claims.get("exp")) in {int, float} else []
    return float(max(times)) if times else min(float(until[0]), time.time()) if until else None


def _prepare(refusal: Refusal, incoming: Incoming) -> None:
    """
    Apply the checks to which a delivery is subject whoever sent it, and find its key.

    Raises:
        CannotAccept, Filtered, Refused: It cannot be run, or sent as a signal.
    """
    sink, request = incoming.sink, incoming.request
    if sink.checks is None and sink.fault:
        raise CannotAccept(f"The sink cannot take deliveries: {sink.fault}.")
    body = request.body
    read_fields(incoming)
    if len(body) > sink.body_limit:
        raise CannotAccept(f"The body is larger than the {sink.body_limit} bytes that the sink takes.")
    try:
        request.unpack(sink.body_limit)
    except content_encoding.UnfitBody as error:
        raise CannotAccept(str(error)) from None
    check_form(incoming)
    checks = sink.checks
    if checks is not None and checks.dedupe_body is not None and not checks.dedupe_header:
        incoming.named = delivery_id(checks.dedupe_body, request)
    if checks is not None and checks.deliver_to is not None:
        incoming.message = message_of(checks.deliver_to, request)
    find_key(incoming)
    if refusal.kind in _OF_KEYS:
        incoming.once = None


def _deliver(refusal: Refusal, incoming: Incoming, warning: str) -> Accepted:
    sink, request, once = incoming.sink, incoming.request, incoming.once
    if sink.checks is not None and sink.checks.deliver_to is not None:
        return _send(incoming, sink, warning)
    delivery = RunDelivery(
        method=request.method,
        path=request.path,
        path_params=dict(request.path_params),
        query_string=request.query_string,
        headers=[list(pair) for pair in request.header_list],
        client=request.client,
        body=request.received,
    )
    source = find_sources([sink.id]).get(sink.id)
    if source is None or not source.active:
        raise CannotAccept("The sink or its app is inactive: activate it first.")
    try:
        return Accepted(deliver(source, sink.id, delivery, once), warning=warning)
    except CannotDeliver as error:
        raise CannotAccept(str(error)) from None
    except IntegrityError:
        raise CannotAccept("The same delivery is being recorded now. Try again.") from None


def _send(incoming: Incoming, sink: Entry, warning: str) -> Accepted:
    """Send a delivery as a signal."""
    request, once, message = incoming.request, incoming.once, incoming.message
    assert sink.checks is not None
    assert sink.checks.deliver_to is not None
    assert message is not None
    origin = None
    if once is not None:
        fingerprint = fingerprint_of(request.method, request.path, request.query_string, request.received)
        origin = Origin(key_of(once.name), fingerprint, once.strict, once.window)
    signal = sink.checks.deliver_to.signal
    try:
        send_keyed(sink.app_id, signal, message.key, message.payload, origin)
    except (RepeatedDelivery, ConflictingDelivery):
        raise CannotAccept("The same delivery came again, and was sent as a signal.") from None
    except TooManySignals as error:
        raise CannotAccept(str(error)) from None
    return Accepted(None, signal, message.key, warning)
