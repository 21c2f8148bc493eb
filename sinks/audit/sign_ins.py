"""Sign-ins, failed sign-ins and sign-outs in the audit log, from the signals of Django and django-axes."""

from typing import Any

from axes.signals import user_locked_out
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest

from sinks.audit.actors import Actor, actor_of
from sinks.audit.audit_entry import AuditEntry
from sinks.audit.entries import record


def connect() -> None:
    """Connect the signals."""
    user_logged_in.connect(_signed_in, dispatch_uid="audit sign-in")
    user_logged_out.connect(_signed_out, dispatch_uid="audit sign-out")
    user_login_failed.connect(_failed, dispatch_uid="audit failed sign-in")
    user_locked_out.connect(_locked, dispatch_uid="audit locked sign-in")


def _signed_in(sender: Any, request: HttpRequest | None, user: Any, **kwargs: Any) -> None:
    record(_actor(request, user.get_username()), "sign-in", text=str(getattr(user, "signed_in_by", "password")))


def _signed_out(sender: Any, request: HttpRequest | None, user: Any, **kwargs: Any) -> None:
    if user is not None:
        record(_actor(request, user.get_username()), "sign-out")


def _failed(sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any) -> None:
    if getattr(request, "axes_locked_out", False):
        return  # the lock is recorded once: an attacker must not fill the log
    text = str(credentials.get("reason", ""))  # of a code after the right password
    record(_actor(request, _known(credentials.get("username"))), "sign-in.failed", text=text)


def _locked(sender: Any, request: HttpRequest | None = None, username: Any = None, **kwargs: Any) -> None:
    if getattr(request, "axes_failures_since_start", None) is not None:  # the failure that locks, not a later attempt
        record(_actor(request, _known(username)), "sign-in.locked")


def _known(name: Any) -> str:
    """Return a user's name; empty if there is no such user: the text may be a password in the wrong field."""
    if not isinstance(name, str) or not name or len(name) > 150 or "\0" in name:
        return ""
    users = get_user_model()
    return name if users._default_manager.filter(**{users.USERNAME_FIELD: name}).exists() else ""


def _actor(request: HttpRequest | None, name: str) -> Actor:
    address = actor_of(request).address if request is not None and hasattr(request, "path") else ""
    return Actor(AuditEntry.Via.ADMIN, name, address=address)
