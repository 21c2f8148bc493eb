"""Who sent a request: its token, its signature, and the handshakes by which a provider checks an address."""

import time

from runs.delivery.request import join_fields
from sinks.access.authorization import may_trigger
from sinks.access.encryption import Unreadable
from sinks.http.problems import Scope
from sinks.routing.matching import Checks, Entry, Index
from sinks.trigger.incoming import Incoming
from sinks.trigger.refusals import Answered, RefusalKind, Refused, unreadable
from sinks.webhooks import handshakes, signatures


def check_token(incoming: Incoming) -> None:
    """
    Raises:
        Refused: The request does not have the sink's token.
    """
    sink = incoming.sink
    try:
        if not may_trigger(sink, incoming.fields.authorization):
            detail = "Missing or invalid bearer token. Send 'Authorization: Bearer <token>'."
            raise Refused(RefusalKind.TOKEN, detail)
    except Unreadable:
        raise unreadable(sink, "token") from None


def verified_by(index: Index, app_id: str, path: str, methods: tuple[str, ...], scope: Scope) -> Entry | None:
    """The sink that a GET without a sink of its own means, by which a provider checks the address of another method."""
    if scope["method"] != "GET" or b"hub." not in scope["query_string"]:
        return None
    for method in methods:
        sink = index.match(app_id, path, method).sink
        if sink is not None and sink.checks is not None and sink.checks.encrypted_verify_token:
            return sink
    return None


def check_verification(incoming: Incoming) -> None:
    """
    Raises:
        Answered: It is a request that verifies the address.
        Refused: It is one, with another verify token.
    """
    checks = incoming.sink.checks
    if checks is not None and checks.encrypted_verify_token and incoming.scope["method"] == "GET":
        answer_verification(incoming.sink, checks, incoming.scope["query_string"])


def answer_verification(sink: Entry, checks: Checks, query_string: bytes) -> None:
    """
    Raises:
        Answered: It is a request that verifies the address.
        Refused: It is one, with another verify token.
    """
    try:
        handshake = handshakes.verification(query_string, checks.verify_token())
    except handshakes.WrongVerifyToken:
        detail = "The verify token is not the one that the sink has."
        raise Refused(RefusalKind.VERIFY_TOKEN, detail) from None
    except Unreadable:
        raise unreadable(sink, "verify token") from None
    if handshake is not None:
        raise Answered(handshake)


def check_signature(incoming: Incoming) -> None:
    """
    Raises:
        Refused: The delivery is not signed as its sink wants it.
        Answered: It is signed, and its provider only checks the address.
    """
    checks = incoming.sink.checks
    if checks is None or not checks.signature.scheme:
        return
    fields, body = join_fields(incoming.scope["headers"], b", "), incoming.request.body
    try:
        signatures.verify(checks.signed(), fields, body, time.time())
    except signatures.BadSignature as error:
        detail = "The delivery is not signed as this sink wants it."
        raise Refused(RefusalKind.SIGNATURE, detail, reason=str(error)) from None
    except Unreadable:
        raise unreadable(incoming.sink, "signing secret") from None
    if handshake := handshakes.after_signature(checks.signature.scheme, fields, body):
        raise Answered(handshake)
