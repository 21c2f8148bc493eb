"""Authentication of the sender: the token, the signature, and the handshakes by which a provider checks a URL."""

import time

from runs.delivery.request import join_fields
from sinks.access.authorization import may_trigger
from sinks.access.encryption import Unreadable
from sinks.http.problems import Scope
from sinks.routing.matching import Checks, Entry, Index
from sinks.trigger.incoming import Incoming
from sinks.trigger.refusals import Answered, RefusalKind, Refused, unreadable
from sinks.webhooks import handshakes
from sinks.webhooks.signatures import by_hand as signatures


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


def check_signature(incoming: Incoming) -> None:
    """
    Check the signature, if the sink has a scheme.

    Raises:
        Refused: The signature is missing or invalid, or the sink's secrets cannot be decrypted.
        Answered: The signature is valid, and the provider only checks the URL.
    """
    checks = incoming.sink.checks
    if checks is None or not checks.signature.scheme:
        return
    fields, body = join_fields(incoming.scope["headers"], b", "), incoming.request.body
    try:
        signatures.verify(checks.signed(), fields, body, time.time())
    except signatures.BadSignature as error:
        detail = "The delivery's signature is missing or invalid."
        raise Refused(RefusalKind.SIGNATURE, detail, reason=str(error)) from None
    except Unreadable:
        raise unreadable(incoming.sink, "signing secret") from None
    if handshake := handshakes.after_signature(checks.signature.scheme, fields, body):
        raise Answered(handshake)
