"""Failed sign-ins with OpenID Connect: their reasons, the texts of the page, and the entry in the audit log."""

import logging
from datetime import timedelta
from enum import Enum
from typing import Any

from django.conf import settings
from django.utils import timezone

from sinks.audit.actors import Actor, actor_of
from sinks.audit.entries import record
from sinks.models import AuditEntry

logger = logging.getLogger(__name__)

_MAX_ENTRIES = 500  # of failed sign-ins within LOGIN_LOCK_MINUTES, of all addresses


class Failure(Enum):
    """The reasons: the status of the page, its heading, and the advice."""

    STATE = (
        400,
        "This sign-in is no longer valid",
        "It was begun more than ten minutes ago, in another browser or at another address of this server, or it was "
        "used already. Start again.",
    )
    DENIED = (403, "The provider did not sign you in", "You, or the provider, declined. Start again if you want to.")
    UNAVAILABLE = (
        502,
        "The provider cannot be reached",
        "Try again in a minute. If it goes on, an operator finds the reason in the log of this server.",
    )
    INVALID = (
        502,
        "The provider's answer is not valid",
        "Start again. If it goes on, an operator finds the reason in the log of this server.",
    )
    BUSY = (503, "Too many sign-ins at once", "Try again in a minute.")
    EMAIL = (
        403,
        "Your e-mail address is not verified",
        "The provider does not confirm that the address is yours. Verify it there, and start again. An operator can "
        "check that the provider sends the claims email and email_verified.",
    )
    DOMAIN = (
        403,
        "There is no user for you here",
        "No user has your e-mail address. Ask an owner of an app for an invitation, or an operator for a user.",
    )
    AMBIGUOUS = (
        403,
        "Several users have your e-mail address",
        "Ask an operator to give the address to one of them only.",
    )
    SUPERUSER = (
        403,
        "Superusers sign in with their password",
        "Your e-mail address is that of a superuser, or of a user who may change users or groups. The provider cannot "
        "sign them in.",
    )
    INACTIVE = (403, "Your user is not active", "Ask an operator to activate it.")
    NOT_STAFF = (403, "Your user may not use the admin", "Ask an operator for the staff status.")

    def __init__(self, status: int, title: str, advice: str) -> None:
        self.status = status
        self.title = title
        self.advice = advice


class SignInFailed(Exception):
    """
    A sign-in failed. The message is one for the log: it says more than the page, and contains nothing of codes, tokens
    or secrets.
    """

    def __init__(self, failure: Failure, detail: str = "") -> None:
        super().__init__(detail or failure.title)
        self.failure = failure


def report(request: Any, error: SignInFailed) -> None:
    """
    Log a failure, and record it in the audit log, unless failures fill it already.

    Args:
        request: The request that failed.
        error: The failure.
    """
    reason = error.failure.name.lower()
    logger.warning("sign-in with OpenID Connect failed: reason=%s detail=%s", reason, error)
    actor = actor_of(request)
    if not _is_crowded(actor.address):
        record(Actor(actor.via, address=actor.address), "sign-in.failed", text=f"OIDC: {error.failure.title}")


def _is_crowded(address: str) -> bool:
    """Return whether enough failures are recorded: strangers must not fill the log."""
    newest = AuditEntry.objects.filter(kind="sign-in.failed").order_by("-pk")[:_MAX_ENTRIES]
    since = timezone.now() - timedelta(minutes=settings.LOGIN_LOCK_MINUTES)
    recent = [origin for origin, at in newest.values_list("address", "at") if at > since]
    return len(recent) >= _MAX_ENTRIES or recent.count(address) >= settings.LOGIN_ATTEMPTS
