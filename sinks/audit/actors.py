"""Who acts now: the user of a request to the admin or the API, the user of a command, or the server itself."""

import getpass
import os
import sys
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse

from sinks.audit.audit_entry import AuditEntry

_SERVERS = {"serve", "worker", "runserver", "procrastinate"}  # commands that act for nobody
_current: ContextVar[HttpRequest | None] = ContextVar("audited_request", default=None)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, from where and how."""

    via: str  # of AuditEntry.Via
    user: str = ""
    program: str = ""  # the name of an API token
    address: str = ""


class AuditMiddleware:
    """Remember the request that is being answered, so that changes to models can be attributed to its user."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = _current.set(request)
        try:
            return self._get_response(request)
        finally:
            _current.reset(token)


def actor_of(request: Any) -> Actor:
    """
    Return the actor of a request.

    Args:
        request: A request of Django or Django REST framework.
    """
    token = getattr(request, "auth", None)
    user = getattr(request, "user", None)
    return Actor(
        AuditEntry.Via.API if request.path.startswith("/api/") else AuditEntry.Via.ADMIN,
        user.get_username() if user is not None else "",
        str(getattr(token, "name", "")),
        str(request.META.get("REMOTE_ADDR") or ""),
    )


def current() -> Actor:
    """Return who acts now: the user of the request that is being answered, of the command that runs, or the server."""
    request = _current.get()
    if request is not None:
        return actor_of(request)
    is_manage = os.path.basename(sys.argv[0]) in {"manage.py", "django-admin"}
    command = sys.argv[1] if is_manage and len(sys.argv) > 1 else ""
    if not command or command in _SERVERS:
        return Actor(AuditEntry.Via.SERVER)
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in some containers
        user = f"uid {os.getuid()}"
    return Actor(AuditEntry.Via.COMMAND, user)
