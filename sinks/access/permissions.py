"""
Who may do what in which app: the one set of rules for the admin, the API and the pages of runs.

Superusers may do all. Who is a member of no app has Django's permissions, over all apps. Who is a member of any is
limited to those apps, and may there do what the role gives; a new app is for Django's permission to make.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError

from runs.models import Run
from sinks.models import App, Membership

_VIEWER = frozenset({"sinks.view_app", "sinks.view_sink", "runs.view_run"})
_EDITOR = _VIEWER | {
    "sinks.add_sink",
    "sinks.change_sink",
    "sinks.delete_sink",
    "runs.change_run",
    "runs.add_run",
}
_OWNER = _EDITOR | {
    "sinks.change_app",
    "sinks.delete_app",
    *(f"sinks.{verb}_membership" for verb in ("view", "add", "change", "delete")),
}
_GIVES: dict[str, frozenset[str]] = {
    Membership.Role.VIEWER: _VIEWER,
    Membership.Role.EDITOR: _EDITOR,
    Membership.Role.OWNER: _OWNER,
}
_KEPT = "_roles_in_apps"  # on the user, who lives as long as a request: so its memberships are asked for once


@dataclass(frozen=True, slots=True)
class _Roles:
    by_id: dict[str, str]
    ids: dict[int, str]  # of the apps, by their keys


def may(user: Any, permission: str, app: App | str | int | None = None) -> bool:
    """
    Args:
        user: Who asks; may be anonymous.
        permission: Django's, such as `sinks.change_sink`.
        app: The app, its id, or its key in the database; None: any app.
    """
    allowed = apps(user, permission)
    if allowed is None or app is None:
        return allowed is None or bool(allowed)
    if isinstance(app, int):
        roles = _roles(user)
        return roles is not None and roles.ids.get(app) in allowed
    return (app if isinstance(app, str) else app.app_id) in allowed


def apps(user: Any, permission: str) -> frozenset[str] | None:
    """The ids of the apps in which a user has one of Django's permissions; None: in all, deleted ones too."""
    roles = _roles(user)
    if roles is None:
        return None if user.has_perm(permission) else frozenset()
    if permission in _OWNER:
        return frozenset(app_id for app_id, role in roles.by_id.items() if permission in _GIVES[role])
    return frozenset(roles.by_id) if user.has_perm(permission) else frozenset()


def only(user: Any) -> frozenset[str] | None:
    """The ids of the apps that a user is limited to; None where permissions hold for all."""
    roles = _roles(user)
    return None if roles is None else frozenset(roles.by_id)


def make_owner(user: Any, app: App) -> bool:
    """
    Make a user the owner of the app they created, if they are limited to certain apps: otherwise they would not see it.

    Returns:
        Whether the user became its owner.
    """
    if only(user) is None:
        return False
    Membership.objects.create(user_id=user.pk, app=app, role=Membership.Role.OWNER)
    delattr(user, _KEPT)  # asked for again
    return True


def check_new_app(user: Any, app_id: str) -> None:
    """
    Raises:
        ValidationError: Runs are kept under the id, which would be those of the new app's members.
    """
    if app_id and not user.is_superuser and Run.objects.filter(app_id=app_id).exists():
        said = "Runs are kept under this id, and would be yours: choose another one, or let a superuser make it."
        raise ValidationError({"app_id": said})


def check_joins(by: Any, user: Any) -> None:
    """
    Raises:
        ValidationError: The user would lose permissions over all apps, which is for superusers to decide.
    """
    if not by.is_superuser and only(user) is None and _has_permissions(user):
        raise ValidationError("This user has permissions over all apps, and would be limited: ask a superuser.")


def freed(memberships: Collection[Membership], *, lock: bool) -> list[str]:
    """
    Who would have permissions over all apps without these memberships: then nothing limits them any more.

    Args:
        memberships: What is to be deleted.
        lock: Whether no other membership of theirs may go meanwhile; within a transaction.

    Returns:
        Their names. Only superusers may do that.
    """
    going = {one.pk for one in memberships}
    users = get_user_model()._default_manager.filter(pk__in={one.user_id for one in memberships}).order_by("pk")
    found = list(users.select_for_update(no_key=True) if lock else users)
    staying = set(
        Membership.objects.filter(user__in=[user.pk for user in found])
        .exclude(pk__in=going)
        .values_list("user", flat=True)
    )
    return [user.get_username() for user in found if user.pk not in staying and _has_permissions(user)]


def only_limit(names: Collection[str]) -> str:
    """What is said where somebody would be `freed`."""
    return (
        f"Nothing else limits the permissions of {', '.join(names)}: they would then hold for all apps, which only a "
        "superuser may decide."
    )


def _has_permissions(user: Any) -> bool:
    return not user.is_superuser and any(user.has_perm(permission) for permission in sorted(_OWNER))


def _roles(user: Any) -> _Roles | None:
    """None where the user is limited to no apps."""
    if not user.is_active:
        return _Roles({}, {})
    if user.is_superuser:
        return None
    if not hasattr(user, _KEPT):
        rows = list(Membership.objects.filter(user=user.pk).order_by().values_list("app_id", "app__app_id", "role"))
        roles = _Roles({app_id: role for _, app_id, role in rows}, {key: app_id for key, app_id, _ in rows})
        setattr(user, _KEPT, roles if rows else None)
    kept: _Roles | None = getattr(user, _KEPT)
    return kept
