"""Tokens of the REST API: made, shown once, and known again by their hashes."""

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
_NOTE_EVERY = timedelta(minutes=1)  # `last_used_at`: a write for each request would be one too many


def make(
    user: Any, name: str, scopes: Iterable[str], *, app: App | None = None, expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """
    Make a token; it is saved.

    Args:
        user: Whose it is: it may never do more than its user.
        name: What it is for.
        scopes: Which of `ApiToken.SCOPES` it may do.
        app: The only app that it may see; None: all.
        expires_at: From when on it is not taken any more; None: never.

    Returns:
        The token's row, and its text, which is kept nowhere.

    Raises:
        ValidationError: A scope is none, the name is empty, or the time has passed.
    """
    token = ApiToken(user=user, name=name, scopes=sorted(set(scopes)), app=app, expires_at=expires_at)
    text = fill(token)
    token.full_clean()
    token.save()
    return token, text


def fill(token: ApiToken) -> str:
    """Draw the text of a token that is not saved yet, and put into its row what it is known by."""
    text = PREFIX + secrets.token_urlsafe(32)
    token.digest, token.hint = digest(text), text[:8]
    return text


def digest(text: str) -> str:
    """
    What a token is known by. A plain hash will do: the token is 256 random bits, which nobody can try through, unlike
    a password; and it is asked for with each request.
    """
    return hashlib.sha256(text.encode()).hexdigest()


def find(text: str) -> ApiToken | None:
    """
    The token, if it is one, has not expired, and its user is active. Asks the database: for threads.

    Raises:
        DatabaseError: The database is away.
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
    """The token in an Authorization field (RFC 6750, section 2.1); empty where there is none of ours."""
    scheme, _, given = authorization.partition(" ")
    given = given.strip(" ")
    return given if scheme.lower() == "bearer" and given.startswith(PREFIX) else ""
