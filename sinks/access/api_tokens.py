"""Tokens of the REST API: they are shown once, on creation, and only their hashes are stored."""

import hashlib
import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from sinks.models import ApiToken, App

PREFIX = "shk_"
_TOKEN = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{43}}")
_NOTE_EVERY = timedelta(minutes=1)  # for `last_used_at`, to avoid a write for each request


def make(
    user: Any, name: str, scopes: Iterable[str], *, app: App | None = None, expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """
    Create and save a token.

    Args:
        user: The owner of the token, which can never do more than this user.
        name: The purpose of the token.
        scopes: A selection of `ApiToken.SCOPES`.
        app: The only app that the token sees; None for all.
        expires_at: The time at which the token becomes invalid; None for never.

    Returns:
        The token's row, and its text, which is not stored.

    Raises:
        ValidationError: `scopes` is empty or contains an unknown scope, `name` is empty, or `expires_at` is not in the
            future.
    """
    token = ApiToken(user=user, name=name, scopes=sorted(set(scopes)), app=app, expires_at=expires_at)
    text = fill(token)
    token.full_clean()
    token.save()
    return token, text


def fill(token: ApiToken) -> str:
    """Generate and return the text of an unsaved token, and set its digest and hint."""
    text = PREFIX + secrets.token_urlsafe(32)
    token.digest, token.hint = digest(text), text[:8]
    return text


def digest(text: str) -> str:
    """
    Return the hash by which a token is found. A plain hash is enough: unlike a password, a token has 256 random bits,
    which cannot be guessed, and each request needs the hash.
    """
    return hashlib.sha256(text.encode()).hexdigest()


def find(text: str) -> ApiToken | None:
    """
    Return the token with this text, if it has not expired and its user is active. Blocking: call it in a thread.

    Raises:
        DatabaseError: The database is unavailable.
    """
    if not _TOKEN.fullmatch(text):
        return None
    now = timezone.now()
    valid = Q(expires_at=None) | Q(expires_at__gt=now)
    token = ApiToken.objects.select_related("user", "app").filter(valid, digest=digest(text)).first()
    if token is None or not token.user.is_active:
        return None
    if token.last_used_at is None or token.last_used_at < now - _NOTE_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token


def of_header(authorization: str) -> str:
    """Return the API token in an Authorization field (RFC 6750, section 2.1); empty if it contains none."""
    scheme, _, credentials = authorization.partition(" ")
    credentials = credentials.strip(" ")
    return credentials if scheme.lower() == "bearer" and credentials.startswith(PREFIX) else ""
