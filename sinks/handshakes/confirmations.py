"""Confirmations: a provider's URL is kept when it asks for its confirmation, and fetched when an admin says so."""

import logging
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import timezone

from runs.outbound import OutboundError, fetch_sync
from sinks.handshakes.handshake import WrongConfirmation
from sinks.handshakes.of_sink import confirm_rule
from sinks.models import Confirmation, Sink

logger = logging.getLogger(__name__)

MAX_KEPT = 5  # of a sink
_TOPIC = 300  # characters, as in the model
_MAX_BYTES = 64 * 1024  # of the provider's response


class NotConfirmed(Exception):
    """The confirmation failed. The message says why."""


def record(sink_id: int, handshake: str, topic: str, url: str) -> None:
    """
    Keep the URL of a confirmation, in place of an older one for the same topic; for threads.

    Args:
        sink_id: The sink's id.
        handshake: The name of the handshake.
        topic: What is confirmed.
        url: The URL, checked.

    Raises:
        DatabaseError: The database is unavailable.
    """
    with transaction.atomic():
        # Lock the sink, as its deletion does.
        if not Sink.objects.select_for_update(no_key=True).filter(pk=sink_id).exists():
            return
        Confirmation.objects.update_or_create(
            sink_id=sink_id,
            topic=topic[:_TOPIC],
            defaults={"handshake": handshake, "url": url, "received_at": timezone.now()},
        )
        newest = Confirmation.objects.filter(sink_id=sink_id).values_list("pk", flat=True)[:MAX_KEPT]
        Confirmation.objects.filter(sink_id=sink_id).exclude(pk__in=list(newest)).delete()
    logger.info("confirmation pending: sink=%d handshake=%s", sink_id, handshake)


def host_of(confirmation: Confirmation) -> str:
    """Return the host of its URL. The rest of the URL is shown to nobody: whoever fetches it confirms."""
    return urlsplit(confirmation.url).hostname or ""


def confirm(confirmation: Confirmation) -> None:
    """
    Fetch the URL of a confirmation, and forget it if that succeeds.

    Args:
        confirmation: The confirmation that an admin has approved.

    Raises:
        NotConfirmed: The URL is not the provider's, or cannot be fetched. The confirmation is kept.
    """
    rule = confirm_rule(confirmation.sink, confirmation.handshake)
    if rule is None:
        raise NotConfirmed("The sink's provider has changed since this confirmation came. Subscribe again.")
    try:
        url = rule.check(confirmation.url)
        answer = fetch_sync(
            "GET", url, allowed_hosts=rule.hosts, https_only=True, max_redirects=0, max_bytes=_MAX_BYTES
        )
    except (WrongConfirmation, OutboundError) as error:
        raise NotConfirmed(str(error)) from None
    if not 200 <= answer.status < 300:
        raise NotConfirmed(
            f"The provider answered with status {answer.status}. The URL may be too old: subscribe again."
        )
    Confirmation.objects.filter(pk=confirmation.pk, url=confirmation.url).delete()
    logger.info("confirmation fetched: sink=%d handshake=%s", confirmation.sink_id, confirmation.handshake)
