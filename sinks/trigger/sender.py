"""Authentication of the sender: the token, the signature, and the handshakes by which a provider checks a URL."""

import logging
import time
from collections.abc import Awaitable
from urllib.parse import quote

from django.conf import settings

from runs.delivery.request import join_fields
from sinks.access.authorization import may_trigger
from sinks.access.encryption import Unreadable
from sinks.http.problems import Scope
from sinks.routing.matching import Checks, Entry, Index
from sinks.trigger.incoming import Incoming
from sinks.trigger.refusals import Answered, RefusalKind, Refused, unreadable
from sinks.webhooks import handshakes
from sinks.webhooks.signatures.key_fetching import fetch_keys
from sinks.webhooks.signatures.keys import InvalidKey
from sinks.webhooks.signatures.remote_keys import KeysNeeded, KeysUnavailable
from sinks.webhooks.signatures.scheme import Scheme
from sinks.webhooks.signatures.signed_content import BadSignature, Delivery

logger = logging.getLogger(__name__)


def check_token(incoming: Incoming) -> None:
    """
    Check the bearer token.

    Raises:
        Refused: The request does not have the sink's token, or the token cannot be decrypted.
    """
    sink = incoming.sink
    try:
        if not may_trigger(sink, incoming.fields.authorization):
            detail = "Missing or invalid bearer token. Send 'Authorization: Bearer <token>'."
            raise Refused(RefusalKind.TOKEN, detail)
    except Unreadable:
        raise unreadable(sink, "token") from None


def verified_by(index: Index, app_id: str, path: str, methods: tuple[str, ...], scope: Scope) -> Entry | None:
    """Return the sink for another method whose URL a provider checks with this GET; None if there is no such sink."""
    if scope["method"] != "GET" or b"hub." not in scope["query_string"]:
        return None
    for method in methods:
        sink = index.match(app_id, path, method).sink
        if sink is not None and sink.checks is not None and sink.checks.encrypted_verify_token:
            return sink
    return None


def check_verification(incoming: Incoming) -> None:
    """
    Answer a GET by which a provider verifies the URL, if the sink has a verify token.

    Raises:
        Answered: The request verifies the URL.
        Refused: The request has another verify token, or the sink's token cannot be decrypted.
    """
    checks = incoming.sink.checks
    if checks is not None and checks.encrypted_verify_token and incoming.scope["method"] == "GET":
        answer_verification(incoming.sink, checks, incoming.scope["query_string"])


def answer_verification(sink: Entry, checks: Checks, query_string: bytes) -> None:
    """
    Answer a request by which a provider verifies the URL.

    Raises:
        Answered: The request verifies the URL.
        Refused: The request has another verify token, or the sink's token cannot be decrypted.
    """
    try:
        handshake = handshakes.verification(query_string, checks.verify_token())
    except handshakes.WrongVerifyToken:
        detail = "The verify token does not match the sink's."
        raise Refused(RefusalKind.VERIFY_TOKEN, detail) from None
    except Unreadable:
        raise unreadable(sink, "verify token") from None
    if handshake is not None:
        raise Answered(handshake)


def check_signature(incoming: Incoming) -> Awaitable[None] | None:
    """
    Check the signature, if the sink has a scheme.

    Returns:
        None, or an awaitable if a key that the provider publishes has to be fetched first.

    Raises:
        Refused: The signature is missing or invalid, or the sink's secrets cannot be decrypted.
        Answered: The signature is valid, and the provider only checks the URL.
    """
    checks = incoming.sink.checks
    if checks is None or (scheme := checks.scheme) is None:
        return None
    try:
        _verify(incoming, checks, scheme)
    except KeysNeeded as needed:
        return _fetch_and_verify(incoming, checks, scheme, needed)
    return None


async def _fetch_and_verify(incoming: Incoming, checks: Checks, scheme: Scheme, needed: KeysNeeded) -> None:
    try:
        if await fetch_keys(needed):
            return _verify(incoming, checks, scheme)
    except KeysNeeded:
        pass  # the keys need others
    raise Refused(RefusalKind.UNAVAILABLE, "The provider's key has to be fetched first. Try again.")


def _verify(incoming: Incoming, checks: Checks, scheme: Scheme) -> None:
    scope, body = incoming.scope, incoming.request.body
    fields = join_fields(scope["headers"], b", ")
    delivery = Delivery(fields, body, scope["method"], "", scope["query_string"])
    if scheme.signs_url:
        delivery.url = _public_url(incoming, checks.public_url)
    try:
        checks.verifier(scheme)(delivery, time.time())
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
    if handshake := handshakes.after_signature(checks.provider, fields, body):
        raise Answered(handshake)


def _public_url(incoming: Incoming, public_url: str) -> str:
    """Return the URL of a request as its provider called it."""
    scope = incoming.scope
    if public_url:
        url = public_url.partition("?")[0]
        for name, value in incoming.request.path_params.items():
            url = url.replace(f"{{{name}}}", quote(value, safe=""))
    else:
        raw: bytes = scope.get("raw_path") or quote(scope["path"]).encode()  # not every server sets raw_path
        url = f"{settings.PUBLIC_URL}{raw.decode('latin-1')}"
    query = scope["query_string"].decode("latin-1")
    return f"{url}?{query}" if query else url
