"""The secret that a provider sends in a first request: taken only while an admin waits for it."""

import logging
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from sinks.handshakes.of_sink import takes_secret
from sinks.models import Sink

logger = logging.getLogger(__name__)

WINDOW = timedelta(minutes=10)
SHOWN = timedelta(days=1)  # how long a received secret can be shown
_FIELDS = ["encrypted_secrets", "awaits_secret_until", "secret_received_at", "changed_at"]


class CannotWait(Exception):
    """The sink's provider sends no secret. The message says so."""


class NotTaken(Exception):
    """The secret is not taken. The message says why, without the secret."""


def wait(sink: Sink) -> datetime:
    """
    Wait for the provider's secret, from now on.

    Args:
        sink: The sink.

    Returns:
        The time until which it is taken.

    Raises:
        CannotWait: The provider sends no secret.
    """
    if not takes_secret(sink):
        raise CannotWait("The sink's provider sends no secret in a first request: enter the one that it shows.")
    sink.awaits_secret_until = timezone.now() + WINDOW
    sink.save(update_fields=["awaits_secret_until", "changed_at"])
    return sink.awaits_secret_until


def stop_waiting(sink: Sink) -> None:
    """Take no secret any more."""
    sink.awaits_secret_until = None
    sink.save(update_fields=["awaits_secret_until", "changed_at"])


def remaining(sink: Sink) -> timedelta | None:
    """Return how long the sink still waits; None if it does not."""
    until = sink.awaits_secret_until
    return until - timezone.now() if until is not None and until > timezone.now() else None


def take(sink_id: int, secret: str) -> None:
    """
    Add a secret to a sink that waits for one, which then waits no longer; for threads.

    Args:
        sink_id: The sink's id.
        secret: The secret.

    Raises:
        NotTaken: The sink does not wait, or the secret does not fit its scheme.
        Unreadable: The sink's secrets were encrypted under another SECRET_KEY.
        DatabaseError: The database is unavailable.
    """
    with transaction.atomic():
        sink = Sink.objects.select_for_update().filter(pk=sink_id).first()
        if sink is None or remaining(sink) is None:
            raise NotTaken("Another request has brought the secret, or the time is over.")
        known = sink.secrets
        try:
            sink.secrets = known if secret in known else [*known, secret]
        except ValidationError as error:
            raise NotTaken(" ".join(error.messages)) from None
        sink.awaits_secret_until = None
        sink.secret_received_at = timezone.now()
        sink.save(update_fields=_FIELDS)
    logger.info("secret received: sink=%d", sink_id)


def was_received(sink: Sink) -> bool:
    """Return whether the provider sent the newest secret in the last day."""
    at = sink.secret_received_at
    return at is not None and at + SHOWN > timezone.now() and bool(sink.encrypted_secrets)


def received(sink: Sink) -> str | None:
    """
    Return the secret that the provider sent, for a day after that; None if there is none.

    Raises:
        Unreadable: It was encrypted under another SECRET_KEY.
    """
    return sink.secrets[-1] if was_received(sink) else None
