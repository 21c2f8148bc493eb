"""Inviting colleagues to an app: their URL works once, for 72 hours, and gives no more than the inviter's role."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from sinks.access import permissions
from sinks.audit.actors import Actor, actor_of
from sinks.audit.entries import record
from sinks.models import App, Invitation, Membership

VALID = timedelta(hours=72)
MAX_OPEN = 100  # of an app


class CannotInvite(Exception):
    """The invitation cannot be created; the message says why."""


class CannotAccept(Exception):
    """The invitation does not work, or not for this user; the message says why."""


def is_open(invitation: Invitation, now: datetime) -> bool:
    """Return whether an invitation still works: it is not too old, and its inviter may still give its role."""
    return invitation.expires_at > now and invitation.role in roles_of(invitation.invited_by, invitation.app)


def roles_of(user: Any, app: App) -> list[str]:
    """Return the roles to which a user may invite others, from the smallest to the largest."""
    if not permissions.may(user, "sinks.add_membership", app):
        return []
    return [role for role in Membership.Role.values if permissions.has_role(user, app, role)]


def open_of(app: App) -> QuerySet[Invitation]:
    """Return the open invitations of an app, the newest first."""
    return Invitation.objects.filter(app=app, expires_at__gt=timezone.now()).select_related("invited_by")


@transaction.atomic
def invite(request: Any, app: App, role: str) -> tuple[Invitation, str]:
    """
    Create an invitation.

    Args:
        request: The request of the inviter.
        app: The app.
        role: The role that the colleague gets.

    Returns:
        The invitation, and the text of its URL, which is not stored.

    Raises:
        CannotInvite: The user may not give this role, or too many invitations are open.
    """
    if role not in roles_of(request.user, app):
        raise CannotInvite("You cannot invite others to this role.")
    list(App.objects.select_for_update().filter(pk=app.pk).order_by().values_list("pk"))
    Invitation.objects.filter(app=app, expires_at__lte=timezone.now()).delete()
    if Invitation.objects.filter(app=app).count() >= MAX_OPEN:
        raise CannotInvite(f"The app has {MAX_OPEN} open invitations: revoke one first.")
    text = secrets.token_urlsafe(32)
    made = Invitation.objects.create(
        app=app, role=role, digest=_digest(text), invited_by=request.user, expires_at=timezone.now() + VALID
    )
    record(request, "invitation.created", app_id=app.app_id, object=str(made))
    return made, text


@transaction.atomic
def revoke(request: Any, invitation: Invitation) -> None:
    """Revoke an invitation, whose URL then no longer works."""
    if Invitation.objects.filter(pk=invitation.pk).delete()[0]:
        record(request, "invitation.revoked", app_id=invitation.app.app_id, object=str(invitation))


def find(text: str, *, lock: bool = False) -> Invitation:
    """
    Return the open invitation with this text in its URL.

    Args:
        text: The text.
        lock: Whether to lock it until the transaction ends, so that it is accepted once.

    Raises:
        CannotAccept: There is none.
    """
    rows = Invitation.objects.select_related("app", "invited_by")
    if lock:
        rows = rows.select_for_update(of=("self",))
    found = rows.filter(digest=_digest(text)).first()
    if found is None or not is_open(found, timezone.now()):
        raise CannotAccept("The invitation was used or revoked, or has expired. Ask for a new one.")
    return found


@transaction.atomic
def accept(request: Any, text: str, user: Any) -> Membership:
    """
    Make a user a member by an invitation, which is used up.

    Args:
        request: The request of the user.
        text: The text in the invitation's URL.
        user: An existing user, or a new one that is saved with the membership.

    Raises:
        CannotAccept: The invitation does not work, or not for this user.
    """
    invitation = find(text, lock=True)
    is_new = user._state.adding
    if not is_new:
        if Membership.objects.filter(app=invitation.app, user=user.pk).exists():
            raise CannotAccept("You are already a member of this app. Its owners can change your role.")
        try:
            permissions.check_joins(invitation.invited_by, user)
        except ValidationError as error:
            raise CannotAccept(" ".join(error.messages)) from None
    if is_new or not user.is_staff:
        user.is_staff = True  # without it, users cannot sign in to the admin
        user.save()
    member = Membership.objects.create(app=invitation.app, user=user, role=invitation.role)
    invitation.delete()
    actor = actor_of(request)
    record(
        Actor(actor.via, user.get_username(), address=actor.address),
        "invitation.accepted",
        app_id=invitation.app.app_id,
        object=str(member),
        text=f"invited by {invitation.invited_by.get_username()}",
    )
    return member


def is_taken(name: str) -> bool:
    """Return whether there is a user with this name."""
    users = get_user_model()
    return users._default_manager.filter(**{f"{users.USERNAME_FIELD}__iexact": name}).exists()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
