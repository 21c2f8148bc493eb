"""Adding entries to the audit log, reading them, and deleting the old ones."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from runs.events.encoding import storable
from runs.history.retention import delete_in_batches
from sinks.access import permissions
from sinks.audit.actors import Actor, actor_of, current
from sinks.audit.audit_entry import AuditEntry

# The kinds of entries, with their names on pages. Others may be recorded too; they are shown by their kind.
KINDS = {
    "sign-in": "Signed in",
    "sign-in.failed": "Sign-in failed",
    "sign-in.locked": "Sign-ins locked",
    "sign-out": "Signed out",
    "invitation.created": "Invitation created",
    "invitation.revoked": "Invitation revoked",
    "invitation.accepted": "Invitation accepted",
    "two-factor.enabled": "Two-factor enabled",
    "two-factor.disabled": "Two-factor disabled",
    "two-factor.codes": "Recovery codes replaced",
    "two-factor.recovery": "Recovery code used",
    "two-factor.reset": "Two-factor reset",
    "secret.revealed": "Token or secret revealed",
    "refusal.accepted": "Refusal accepted",
    "runs.cancelled": "Runs cancelled",
    "runs.replayed": "Runs replayed",
    "runs.resumed": "Runs resumed",
} | {
    f"{kind}.{verb}": f"{name} {verb}"
    for kind, name in {
        "app": "App",
        "sink": "Sink",
        "schedule": "Schedule",
        "secret": "Secret",
        "member": "Member",
        "token": "API token",
        "user": "User",
        "group": "Group",
        "identity": "OpenID Connect identity",
    }.items()
    for verb in ("created", "changed", "deleted")
}
_MAX_TEXT = 10_000  # characters
_BATCH_SIZE = 500  # rows in one transaction


def record(by: Any, kind: str, *, app_id: str = "", object: str = "", text: str = "") -> AuditEntry:  # noqa: A002
    """
    Add an entry, in the transaction of the caller if there is one.

    Args:
        by: A request or an `Actor`; None for the one who acts now (`sinks.audit.actors.current`).
        kind: The kind of the action, such as `sink.changed` (see `KINDS`).
        app_id: The app whose owners see the entry; empty for superusers only.
        object: The name of the object, such as `POST /app_demo/webhook`.
        text: Details, without secrets.

    Raises:
        DatabaseError: It cannot be recorded.
    """
    actor = by if isinstance(by, Actor) else current() if by is None else actor_of(by)
    return AuditEntry.objects.create(
        via=actor.via,
        user=storable(actor.user)[:150],
        program=storable(actor.program)[:200],
        address=actor.address[:64],
        kind=kind,
        app_id=app_id,
        object=storable(object)[:300],
        text=storable(text)[:_MAX_TEXT],
    )


def visible(user: Any) -> QuerySet[AuditEntry]:
    """Return the entries that a user may see: of their apps for owners, all for superusers."""
    entries = AuditEntry.objects.all()
    apps = permissions.apps(user, "sinks.view_auditentry")
    return entries if apps is None else entries.filter(app_id__in=apps)


def filtered(
    entries: QuerySet[AuditEntry],
    *,
    user: str = "",
    kind: str = "",
    app_id: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    before: int | None = None,
) -> QuerySet[AuditEntry]:
    """
    Return those of the entries that a filter selects, the newest first.

    Args:
        entries: The entries to select from.
        user: Only those of the user with this name.
        kind: Only those of this kind.
        app_id: Only those of this app.
        since: Only those from this time on.
        until: Only those before this time.
        before: Only those with a smaller id, for the next page.
    """
    exact = {name: value for name, value in (("user", user), ("kind", kind), ("app_id", app_id)) if value}
    bounds = {"at__gte": since, "at__lt": until, "pk__lt": before}
    found = entries.filter(**exact, **{name: value for name, value in bounds.items() if value is not None})
    return found.order_by("-pk")


def prune(now: datetime, rest: Callable[[float], Any] = time.sleep) -> Iterator[int]:
    """
    Delete entries that are older than KEEP_AUDIT_DAYS. Several processes may do this at once.

    Args:
        now: The time from which ages are measured, from the clock guard.
        rest: Called with the seconds to pause between transactions.

    Yields:
        After each transaction, how many it deleted.

    Raises:
        DatabaseError: The database is unavailable; earlier transactions stay committed.
    """
    if not settings.KEEP_AUDIT_DAYS:
        return
    old = AuditEntry.objects.filter(at__lt=now - timedelta(days=settings.KEEP_AUDIT_DAYS)).order_by("at")
    yield from delete_in_batches(old, rest, _BATCH_SIZE, delete=lambda batch: batch.drop())
