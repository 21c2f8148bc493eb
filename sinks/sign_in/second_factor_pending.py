"""Sign-ins whose password was right and that wait for a code. The session holds them; nobody is signed in yet."""

from dataclasses import asdict, dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare

VALID_SECONDS = 300
MAX_WRONG = 5
_KEY = "second_factor_pending"
_PASSWORD_KEY = "password_checked_at"  # noqa: S105 # a key of the session
_PASSWORD_SECONDS = 600


@dataclass(slots=True)
class _Pending:
    user: str
    backend: str
    password: str  # a hash of the password's hash: a changed password ends the sign-in
    next: str
    at: float
    wrong: int = 0


def begin(request: HttpRequest, user: Any, then: str) -> None:
    """
    Remember that a user has given the right password.

    Args:
        request: The request.
        user: The user, as `authenticate` returns it.
        then: The checked URL to which the user is led after the sign-in.
    """
    request.session.cycle_key()  # of a session whose key a stranger may have planted
    pending = _Pending(str(user.pk), user.backend, user.get_session_auth_hash(), then, timezone.now().timestamp())
    request.session[_KEY] = asdict(pending)


def user_of(request: HttpRequest) -> Any:
    """Return the user whose sign-in waits for a code; None if there is none, or if it has waited too long."""
    pending = _read(request)
    if pending is None or not 0 <= timezone.now().timestamp() - pending.at < VALID_SECONDS:
        return None
    user: Any = get_user_model()._default_manager.filter(pk=pending.user, is_active=True).first()
    if user is None or not constant_time_compare(user.get_session_auth_hash(), pending.password):
        return None
    user.backend = pending.backend
    return user


def count_wrong(request: HttpRequest) -> bool:
    """Count a wrong code, and return whether the sign-in may go on."""
    pending = _read(request)
    if pending is None:
        return False
    pending.wrong += 1
    request.session[_KEY] = asdict(pending)
    return pending.wrong < MAX_WRONG


def end(request: HttpRequest) -> str:
    """Forget the sign-in that waits for a code, and return the URL that follows it."""
    pending = _read(request)
    request.session.pop(_KEY, None)
    return pending.next if pending is not None else ""


def count_failure(request: HttpRequest, user: Any) -> None:
    """Count a wrong code as a wrong password: django-axes counts it and locks, and the audit log records it."""
    credentials = {"username": user.get_username(), "reason": "wrong code"}
    user_login_failed.send(sender=__name__, credentials=credentials, request=request)


def remember_password(request: HttpRequest) -> None:
    """Remember that the user of the session has just given the right password."""
    request.session[_PASSWORD_KEY] = timezone.now().timestamp()


def knows_password(request: HttpRequest) -> bool:
    """Return whether the user of the session has given the password in the last 10 minutes."""
    at = request.session.get(_PASSWORD_KEY)
    return isinstance(at, float) and 0 <= timezone.now().timestamp() - at < _PASSWORD_SECONDS


def _read(request: HttpRequest) -> _Pending | None:
    held = request.session.get(_KEY)
    return _Pending(**held) if isinstance(held, dict) else None
