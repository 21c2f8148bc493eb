"""The pages that Ctrl+K finds by their title."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from sinkhub.admin_site.theme import UNFOLD
from sinks.access import permissions


@dataclass(frozen=True, slots=True)
class Found:
    """A result."""

    title: str
    link: str
    icon: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class _Page:
    """A page beside those of the sidebar, for users with a permission in any app; without one, for all."""

    title: str
    name: str  # of its URL
    icon: str
    description: str
    permission: str = ""
    query: str = ""


_MORE = [
    _Page("New sink", "admin:sinks_sink_add", "add", "Create a sink", "sinks.add_sink"),
    _Page("New schedule", "admin:sinks_schedule_add", "add", "Create a schedule", "sinks.add_schedule"),
    _Page("New app", "admin:sinks_app_add", "add", "Create an app", "sinks.add_app"),
    _Page("New API token", "admin:sinks_apitoken_add", "add", "Create a token for programs", "sinks.add_apitoken"),
    _Page("New user", "admin:auth_user_add", "add", "Create a user", "auth.add_user"),
    _Page(
        "Runs: failed",
        "admin:runs_run_changelist",
        "play_circle",
        "With an error, or interrupted",
        "runs.view_run",
        "status=failed",
    ),
    _Page(
        "Runs: unfinished",
        "admin:runs_run_changelist",
        "play_circle",
        "Queued, running or waiting",
        "runs.view_run",
        "status=unfinished",
    ),
    _Page(
        "Runs: last hour", "admin:runs_run_changelist", "play_circle", "By their start", "runs.view_run", "time=hour"
    ),
    _Page("Change password", "admin:password_change", "person", "Of your account"),
    _Page("Two-factor", "second_factor_set_up", "lock", "Of your account"),
    _Page("Documents", "documents", "description", "Guides, settings and commands"),
    _Page("API reference", "docs", "api", "The operations of the REST API"),
]


def pages_of(request: HttpRequest) -> Iterator[Found]:
    """Yield the pages that the user may open."""
    for group in UNFOLD["SIDEBAR"]["navigation"]:
        for item in group["items"]:
            if "permission" not in item or item["permission"](request):
                yield Found(item["title"], str(item["link"]), item["icon"], group.get("title", ""))
    for page in _MORE:
        if not page.permission or _may(request.user, page.permission):
            try:
                address = reverse(page.name)
            except NoReverseMatch:
                continue
            yield Found(page.title, f"{address}?{page.query}".rstrip("?"), page.icon, page.description)


def _may(user: Any, permission: str) -> bool:
    return permissions.may(user, permission) if not permission.startswith("auth.") else bool(user.has_perm(permission))
