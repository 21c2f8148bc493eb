"""
Permissions in apps: one set of rules for the admin, the API and the run pages.

Superusers may do everything. For users who are not a member of any app, Django's permissions hold in all apps. Members
are limited to their apps and to the permissions of their role there; to create an app, they need Django's permission.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError

from runs.models import Run
from sinks.models import App, Membership

_VIEWER = frozenset(
    {
        "sinks.view_app",
        "sinks.view_sink",
        "sinks.view_refusal",
        "sinks.view_schedule",
        "sinks.view_appsecret",
        "runs.view_run",
    }
)
_EDITOR = _VIEWER | {
    "sinks.add_sink",
    "sinks.change_sink",
    "sinks.delete_sink",
    "sinks.delete_refusal",
    *(f"sinks.{verb}_schedule" for verb in ("add", "change", "delete")),
    "runs.change_run",
    "runs.add_run",
    "runs.start_run",
    "runs.signal_run",
}
_OWNER = _EDITOR | {
    "sinks.change_app",
    "sinks.delete_app",
    "sinks.accept_refusal",
    "sinks.view_auditentry",
    *(f"sinks.{verb}_membership" for verb in ("view", "add", "change", "delete")),
    *(f"sinks.{verb}_appsecret" for verb in ("add", "change", "delete")),
}
_GIVES: dict[str, frozenset[str]] = {
    Membership.Role.VIEWER: _VIEWER,
    Membership.Role.EDITOR: _EDITOR,
    Membership.Role.OWNER: _OWNER,
}
_ROLES_ATTRIBUTE = "_roles_in_apps"  # on the user object of a request, so memberships are queried once


@dataclass(frozen=True, slots=True)
class _Roles:
    by_id: dict[str, str]
    ids: dict[int, str]  # app ids by primary key


def may(user: Any, permission: str, app: App | str | int | None = None) -> bool:
    """
    Return whether a user has a permission in an app.

    Args:
        user: The user; may be anonymous.
        permission: A Django permission, such as `sinks.change_sink`.
        app: The app, its id, or its primary key; None for any app.
    """
    allowed = apps(user, permission)
    if allowed is None or app is None:
        return allowed is None or bool(allowed)
    if isinstance(app, int):
        roles = _roles(user)
        return roles is not None and roles.ids.get(app) in allowed
    return (app if isinstance(app, str) else app.app_id) in allowed


def apps(user: Any, permission: str) -> frozenset[str] | None:
    """Return the ids of the apps in which a user has a Django permission; None for all, including deleted ones."""
    roles = _roles(user)
    if roles is None:
        return None if user.has_perm(permission) else frozenset()
    if permission in _OWNER:
        return frozenset(app_id for app_id, role in roles.by_id.items() if permission in _GIVES[role])
    return frozenset(roles.by_id) if user.has_perm(permission) else frozenset()


def only(user: Any) -> frozenset[str] | None:
    """Return the ids of the apps that a user is limited to; None if their permissions hold in all apps."""
    roles = _roles(user)
    return None if roles is None else frozenset(roles.by_id)


def has_role(user: Any, app: App, role: str) -> bool:
    """Return whether a user has all permissions of a role in an app."""
    return all(may(user, permission, app) for permission in _GIVES[role])


def make_owner(user: Any, app: App) -> bool:
    """
    Make a user the owner of the app they created, if they are limited to certain apps: otherwise they would not see it.

    Returns:
        Whether the user became its owner.
    """
    if only(user) is None:
        return False
    Membership.objects.create(user_id=user.pk, app=app, role=Membership.Role.OWNER)
    delattr(user, _ROLES_ATTRIBUTE)  # query them again
    return True


def check_new_app(user: Any, app_id: str) -> None:
    """
    Check that a user may create an app with this id.

    Raises:
        ValidationError: Runs with this app id exist, and the members of the new app would get access to them.
    """
    if app_id and not user.is_superuser and Run.objects.filter(app_id=app_id).exists():
        message = "A deleted app with this id still has runs: choose another id, or ask a superuser to create the app."
        raise ValidationError({"app_id": message})


def check_joins(by: Any, user: Any) -> None:
    """
    Check that one user may make another one a member.

    Raises:
        ValidationError: The new member would lose permissions over all apps, which only superusers may decide.
    """
    if not by.is_superuser and only(user) is None and _has_permissions(user):
        raise ValidationError("This user has permissions for all apps, and would lose them: ask a superuser.")


def freed(memberships: Collection[Membership], *, lock: bool) -> list[str]:
    """
    Return the users who are limited only by these memberships: without them, they would have permissions over all apps.

    Args:
        memberships: The memberships to delete.
        lock: Whether to lock the users until the transaction ends, so that their other memberships stay meanwhile.

    Returns:
        Their user names. If there are any, only superusers may delete the memberships.
    """
    going = {membership.pk for membership in memberships}
    users = (
        get_user_model()
        ._default_manager.filter(pk__in={membership.user_id for membership in memberships})
        .order_by("pk")
    )
    found = list(users.select_for_update(no_key=True) if lock else users)
    staying = set(
        Membership.objects.filter(user__in=[user.pk for user in found])
        .exclude(pk__in=going)
        .values_list("user", flat=True)
    )
    return [user.get_username() for user in found if user.pk not in staying and _has_permissions(user)]


def only_limit(names: Collection[str]) -> str:
    """Return the message for users that `freed` returned."""
    return (
        f"Without this membership, {', '.join(names)} would have permissions for all apps. Only a superuser can remove "
        "it."
    )


def _has_permissions(user: Any) -> bool:
    return not user.is_superuser and any(user.has_perm(permission) for permission in sorted(_OWNER))


def _roles(user: Any) -> _Roles | None:
    """Return the user's roles; None if the user is not limited to certain apps."""
    if not user.is_active:
        return _Roles({}, {})
    if user.is_superuser:
        return None
    if not hasattr(user, _ROLES_ATTRIBUTE):
        rows = list(Membership.objects.filter(user=user.pk).order_by().values_list("app_id", "app__app_id", "role"))
        roles = _Roles({app_id: role for _, app_id, role in rows}, {key: app_id for key, app_id, _ in rows})
        setattr(user, _ROLES_ATTRIBUTE, roles if rows else None)
    kept: _Roles | None = getattr(user, _ROLES_ATTRIBUTE)
    return kept
