"""Authentication of the sender: the token and the signature."""

import logging
import time
from collections.abc import Awaitable
from urllib.parse import quote

from django.conf import settings

from runs.delivery.request import join_fields
from sinks.access.authorization import may_trigger
from sinks.access.callers import Access, NotAdmitted, Sent
from sinks.access.encryption import Unreadable
from sinks.access.jwks import KeySetUnavailable, key_sets
from sinks.routing.matching import Checks
from sinks.trigger.incoming import Incoming
from sinks.trigger.rate_limits import client_rates, retry_after
from sinks.trigger.refusals import RefusalKind, Refused, unreadable
from sinks.webhooks.signatures.key_fetching import fetch_keys
from sinks.webhooks.signatures.keys import InvalidKey
from sinks.webhooks.signatures.remote_keys import KeysNeeded, KeysUnavailable
from sinks.webhooks.signatures.scheme import Scheme
from sinks.webhooks.signatures.signed_content import BadSignature, Delivery

logger = logging.getLogger(__name__)


def check_client_rate(incoming: Incoming) -> None:
    """
    Check the rate of the client's address. It comes first, so that it bounds guesses at credentials too.

    Raises:
        Refused: The address has sent too many requests.
    """
    sink = incoming.sink
    rate = sink.checks.client_rate if sink.checks is not None else None
    if rate is not None and (seconds := client_rates.take(sink.id, incoming.request.client, rate, time.monotonic_ns())):
        detail = "Your address has sent too many requests to this sink. Try again after the seconds in Retry-After."
        raise Refused(RefusalKind.CLIENT_RATE, detail, retry_after(seconds))


def check_token(incoming: Incoming) -> Awaitable[None] | None:
    """
    Check the bearer token, or the credential and the address if the sink has `access`.

    Raises:
        Refused: The request does not have the sink's token, or the token cannot be decrypted.
    """
    sink = incoming.sink
    if sink.access is not None:
        return _check_access(incoming, sink.access)
    try:
        if not may_trigger(sink, incoming.fields.authorization):
            detail = "Missing or invalid bearer token. Send 'Authorization: Bearer <token>'."
            raise Refused(RefusalKind.TOKEN, detail)
    except Unreadable:
        raise unreadable(sink, "token") from None
    return None


async def _check_access(incoming: Incoming, access: Access) -> None:
    """
    Check that the request comes from an allowed network, with one of the sink's credentials. In log mode, only record
    that it does not.

    Raises:
        Refused: It does not, or it cannot be checked.
    """
    try:
        await _admit(incoming, access)
    except Refused as refused:
        if time.time() >= access.log_until:
            raise
        client, reason = incoming.request.client, refused.reason or refused.detail
        incoming.outcomes.would_refuse(incoming.sink.id, refused.kind.status, reason, client)


def check_network(incoming: Incoming, access: Access) -> None:
    """
    Check that the request comes from an allowed network.

    Raises:
        Refused: It does not.
    """
    try:
        access.check_network(incoming.request.client)
    except NotAdmitted as refused:
        detail = "Requests to this sink are not accepted from your address."
        raise Refused(RefusalKind.NETWORK, detail, reason=refused.reason) from None


async def _admit(incoming: Incoming, access: Access) -> None:
    scope = incoming.scope
    check_network(incoming, access)
    try:
        await access.check_credential(Sent(scope["headers"], scope["query_string"]), key_sets)
    except NotAdmitted as refused:
        raise Refused(RefusalKind.CREDENTIAL, access.detail, access.challenges, refused.reason) from None
    except KeySetUnavailable as error:
        detail = "The keys of the token's issuer cannot be fetched. Try again after the seconds in Retry-After."
        raise Refused(RefusalKind.KEYS, detail, retry_after(error.retry_after)) from None
    except Unreadable:
        raise unreadable(incoming.sink, "credentials") from None


def check_signature(incoming: Incoming) -> Awaitable[None] | None:
    """
    Check the signature, if the sink has a scheme.

    Returns:
        None, or an awaitable if a key that the provider publishes has to be fetched first.

    Raises:
        Refused: The signature is missing or invalid, or the sink's secrets cannot be decrypted.
    """
    checks = incoming.sink.checks
    if checks is None or (scheme := checks.scheme) is None:
        return None
    try:
        verify_signature(incoming, checks, scheme)
    except KeysNeeded as needed:
        return _fetch_and_verify(incoming, checks, scheme, needed)
    return None


async def _fetch_and_verify(incoming: Incoming, checks: Checks, scheme: Scheme, needed: KeysNeeded) -> None:
    try:
        if await fetch_keys(needed):
            return verify_signature(incoming, checks, scheme)
    except KeysNeeded:
        pass  # the keys need others
    raise Refused(RefusalKind.UNAVAILABLE, "The provider's key has to be fetched first. Try again.")


def verify_signature(incoming: Incoming, checks: Checks, scheme: Scheme, now: float | None = None) -> None:
    """
    Verify a signature.

    Args:
        incoming: The request.
        checks: The checks of its sink.
        scheme: How its deliveries are signed.
        now: Seconds since 1970; None for the present.

    Raises:
        Refused: See `check_signature`.
        KeysNeeded: A key that the provider publishes has to be fetched first.
    """
    scope, body = incoming.scope, incoming.request.body
    fields = join_fields(scope["headers"], b", ")
    delivery = Delivery(fields, body, scope["method"], None, scope["query_string"] or None)
    if scheme.signs_url:
        delivery.url = _with_query(public_url_of(incoming, checks.public_url), scope["query_string"])
    try:
        checks.verifier(scheme)(delivery, time.time() if now is None else now)
    except KeysUnavailable as error:
        raise Refused(RefusalKind.UNAVAILABLE, str(error)) from None
    except BadSignature as error:
        detail = "The delivery's signature is missing or invalid."
        raise Refused(RefusalKind.SIGNATURE, detail, reason=str(error)) from None
    except Unreadable:
        raise unreadable(incoming.sink, "signing secret") from None
    except InvalidKey as error:
        logger.error("sink not verifiable: sink=%d reason=a signing secret is unusable: %s", incoming.sink.id, error)
        raise Refused(RefusalKind.SECRET, "A signing secret of the sink cannot be used.") from None


def public_url_of(incoming: Incoming, public_url: str) -> str:
    """Return the URL of a request as its provider called it, without the query."""
    if public_url:
        url = public_url.partition("?")[0]
        for name, value in incoming.request.path_params.items():
            url = url.replace(f"{{{name}}}", quote(value, safe=""))
        return url
    scope = incoming.scope
    raw: bytes = scope.get("raw_path") or quote(scope["path"]).encode()  # not every server sets raw_path
    return f"{settings.PUBLIC_URL}{raw.decode('latin-1')}"


def _with_query(url: str, query_string: bytes) -> str:
    return f"{url}?{query_string.decode('latin-1')}" if query_string else url
