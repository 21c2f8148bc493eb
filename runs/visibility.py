"""Whose runs a user may see and change, as those say who know what an app is and who its members are."""

from collections.abc import Callable
from typing import Any

# Given a user and one of Django's permissions, such as runs.view_run: the ids of the apps in whose runs they have it;
# None where in all.
Find = Callable[[Any, str], frozenset[str] | None]


def _by_permissions(user: Any, permission: str) -> frozenset[str] | None:
    return None if user.has_perm(permission) else frozenset()


_find: Find = _by_permissions  # until somebody knows better


def know_visibility(find: Find) -> None:
    """Tell this package, which does not know what a member of an app is, whose runs a user may see and change."""
    global _find
    _find = find


def apps(user: Any, permission: str) -> frozenset[str] | None:
    """The ids of the apps in whose runs a user has a permission; None: in all."""
    return _find(user, permission)


def may(user: Any, permission: str, app_id: str | None = None) -> bool:
    """Whether a user has a permission in an app's runs; without an app: in any."""
    found = apps(user, permission)
    return found is None or (bool(found) if app_id is None else app_id in found)
