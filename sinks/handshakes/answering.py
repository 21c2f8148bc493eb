"""The answers of sinks to handshakes: before the body is read, before the signature is verified, and after that."""

import time
from collections.abc import Awaitable, Callable, Iterable

from django.conf import settings
from django.db import Error as DatabaseError

from sinks.access.encryption import Unreadable
from sinks.handshakes import confirmations, secret_window
from sinks.handshakes.handshake import Answer, Handshake, WrongConfirmation, WrongVerifyToken
from sinks.handshakes.values import Delivery, Known
from sinks.routing.matching import Checks, Entry, Index
from sinks.trigger.incoming import Incoming
from sinks.trigger.refusals import Answered, RefusalKind, Refused, away, unreadable
from sinks.trigger.sender import check_network, public_url_of

_CLOSED = (
    "This sink does not wait for the provider's secret. An admin has to choose \"Wait for the provider's secret\" on "
    "the sink's page first; then let the provider send it again."
)


def asked_sinks(
    index: Index, app_id: str, path: str, methods: tuple[str, ...], method: str
) -> list[tuple[Entry, dict[str, str]]]:
    """
    Find the sinks whose provider may check their URL with a method that the URL does not take.

    Args:
        index: The sinks in force.
        app_id: The app's id.
        path: The path, decoded and normalised.
        methods: The methods that the path takes.
        method: The method of the request.

    Returns:
        Each sink with the values of the path's parameters.
    """
    found = []
    for match in (index.match(app_id, path, other) for other in methods):
        sink = match.sink
        handshakes = sink.checks.handshakes if sink is not None and sink.checks is not None else None
        if sink is not None and handshakes is not None and method in handshakes.bodiless_methods:
            found.append((sink, match.path_params))
    return found


def is_signed_handshake(incoming: Incoming) -> bool:
    """Return whether a request with another method than the sink's is a handshake that has to be signed."""
    checks, scope = incoming.sink.checks, incoming.scope
    if checks is None or checks.handshakes is None or scope["method"] == "POST":
        return False
    incoming.request.body = b""
    delivery = Delivery(scope["method"], scope["query_string"], scope["headers"])
    return any(not one.reads_body and one.matches(delivery) for one in checks.handshakes.after)


def answer_early(incoming: Incoming) -> Awaitable[None] | None:
    """
    Answer a handshake that is known without the body, such as a GET with a challenge.

    Raises:
        Answered: The request is a handshake.
        Refused: It is one, and must not be answered.
    """
    checks = incoming.sink.checks
    if checks is None or checks.handshakes is None:
        return None
    if incoming.scope["method"] not in checks.handshakes.early_methods:
        return None
    return _answer(incoming, checks, checks.handshakes.early, b"")


def answer_unsigned(incoming: Incoming) -> Awaitable[None] | None:
    """
    Answer a handshake that is not signed, and is known by its body.

    Raises:
        Answered: The request is a handshake.
        Refused: It is one, and must not be answered.
    """
    checks = incoming.sink.checks
    if checks is None or checks.handshakes is None or not checks.handshakes.before:
        return None
    return _answer(incoming, checks, checks.handshakes.before, incoming.request.body)


def answer_signed(incoming: Incoming) -> Awaitable[None] | None:
    """
    Answer a handshake whose signature was verified.

    Raises:
        Answered: The request is a handshake.
        Refused: It is one, and must not be answered.
    """
    checks = incoming.sink.checks
    if checks is None or checks.handshakes is None or not checks.handshakes.after:
        return None
    return _answer(incoming, checks, checks.handshakes.after, incoming.request.body)


def _answer(incoming: Incoming, checks: Checks, handshakes: Iterable[Handshake], body: bytes) -> Awaitable[None] | None:
    scope = incoming.scope
    delivery = Delivery(scope["method"], scope["query_string"], scope["headers"], body)
    for handshake in handshakes:
        if not handshake.matches(delivery):
            continue
        if (access := incoming.sink.access) is not None and time.time() >= access.log_until:
            check_network(incoming, access)
        known = _known(incoming, checks)
        try:
            answer = handshake.answer(delivery, known)
        except WrongVerifyToken:
            detail = "The verify token does not match the sink's."
            raise Refused(RefusalKind.VERIFY_TOKEN, detail) from None
        if answer is None:
            continue
        if handshake.secret is not None:
            return _take_secret(incoming, checks, handshake.received_secret(delivery), answer)
        if handshake.confirm is not None:
            return _keep_confirmation(incoming, handshake, delivery, answer)
        raise Answered(answer)
    return None


def _known(incoming: Incoming, checks: Checks) -> Known:
    def readable(read: Callable[[], str], field: str) -> Callable[[], str]:
        def value() -> str:
            try:
                return read()
            except Unreadable:
                raise unreadable(incoming.sink, field) from None

        return value

    return Known(
        verify_token=readable(checks.verify_token, "verify token"),
        secret=readable(checks.first_secret, "signing secret"),
        url=lambda: public_url_of(incoming, checks.public_url) if checks.public_url or settings.PUBLIC_URL else "",
    )


async def _take_secret(incoming: Incoming, checks: Checks, secret: str | None, answer: Answer) -> None:
    if checks.awaits_secret_until <= time.time():
        raise Refused(RefusalKind.UNEXPECTED_SECRET, _CLOSED)
    if secret is None:
        detail = "The provider's secret must have 8 to 500 printable characters and no spaces."
        raise Refused(RefusalKind.UNEXPECTED_SECRET, detail)
    try:
        await incoming.engine.executor.threads.run(secret_window.take, incoming.sink.id, secret)
    except secret_window.NotTaken as error:
        raise Refused(RefusalKind.UNEXPECTED_SECRET, str(error)) from None
    except Unreadable:
        raise unreadable(incoming.sink, "signing secret") from None
    except DatabaseError:
        raise away() from None
    checks.awaits_secret_until = 0.0  # the directory knows it a moment later
    raise Answered(answer)


async def _keep_confirmation(incoming: Incoming, handshake: Handshake, delivery: Delivery, answer: Answer) -> None:
    try:
        url, topic = handshake.confirmation(delivery)
    except WrongConfirmation as error:
        raise Refused(RefusalKind.CONFIRMATION, str(error)) from None
    threads = incoming.engine.executor.threads
    try:
        await threads.run(confirmations.record, incoming.sink.id, handshake.name, topic, url)
    except DatabaseError:
        raise away() from None
    raise Answered(answer)
