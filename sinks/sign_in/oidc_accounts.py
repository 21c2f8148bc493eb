"""The users of people at the OpenID provider: each is linked already, or is linked or created now."""

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from sinks.models import OidcIdentity
from sinks.people.invitations import is_taken
from sinks.sign_in.oidc_failures import Failure, SignInFailed
from sinks.sign_in.oidc_provider import Person

# Superusers have them too. An address of the provider must not give control of SinkHub.
_MAKES_SUPERUSERS = ("auth.change_user", "auth.change_group")
_MAX_NAME = 150  # characters of a user name


def find_user(person: Person) -> tuple[Any, bool]:
    """
    Return the user of a person, and whether it is a new one.

    Only the issuer and the subject decide for an identity that was linked before. The first time, the verified e-mail
    address does.

    Args:
        person: The person.

    Raises:
        SignInFailed: No user may sign in as this person.
    """
    user, is_new = _linked(person), False
    if user is None:
        try:
            with transaction.atomic():
                user, is_new = _link(person)
        except IntegrityError:  # linked by another request meanwhile
            user = _linked(person)
            if user is None:
                raise
    if not user.is_active:
        raise SignInFailed(Failure.INACTIVE)
    if not user.is_staff:
        raise SignInFailed(Failure.NOT_STAFF)
    return user, is_new


def _linked(person: Person) -> Any:
    identity = OidcIdentity.objects.select_related("user").filter(issuer=person.issuer, subject=person.subject).first()
    return None if identity is None else identity.user


def _link(person: Person) -> tuple[Any, bool]:
    if not person.is_verified or not _is_address(person.email):
        raise SignInFailed(Failure.EMAIL)
    users = get_user_model()._default_manager.filter(email__iexact=person.email)
    # PostgreSQL and Unicode know letters whose capitals are those of ASCII.
    same = [user for user in users if user.email.isascii() and user.email.lower() == person.email]
    if len(same) > 1:
        raise SignInFailed(Failure.AMBIGUOUS)
    is_new = not same
    user: Any = _create(person) if is_new else same[0]
    if any(user.has_perm(permission) for permission in _MAKES_SUPERUSERS):
        raise SignInFailed(Failure.SUPERUSER)
    if user.is_active and user.is_staff:
        OidcIdentity.objects.create(user=user, issuer=person.issuer, subject=person.subject)
    return user, is_new


def _is_address(email: str) -> bool:
    try:
        validate_email(email)
    except ValidationError:
        return False
    return email.isascii() and len(email) <= _MAX_NAME


def _create(person: Person) -> Any:
    """Create a user without a password and without memberships, who sees nothing before an invitation."""
    if person.email.rpartition("@")[2] not in settings.OIDC_ALLOWED_DOMAINS:
        raise SignInFailed(Failure.DOMAIN)
    names = (person.email, *(f"{person.email[: _MAX_NAME - 3]}-{number}" for number in range(2, 100)))
    name = next((name for name in names if not is_taken(name)), None)
    if name is None:
        raise SignInFailed(Failure.AMBIGUOUS)
    return get_user_model()._default_manager.create_user(
        name, person.email, None, is_staff=True, first_name=person.first_name, last_name=person.last_name
    )
