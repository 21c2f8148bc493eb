"""The admin's theme: its name and its sidebar."""

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy


def _list(title: str, icon: str, app: str, model: str) -> dict[str, Any]:
    """Return the sidebar entry of a model's list, shown to users who may view the model."""
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{model}_changelist"),
        "permission": _may_see(app, model),
    }


def _may_see(app: str, model: str) -> Callable[[HttpRequest], bool]:
    def may(request: HttpRequest) -> bool:
        from django.contrib.admin import site  # imported late: settings load before models

        return bool(site.get_model_admin(apps.get_model(app, model)).has_view_permission(request))

    return may


def _account(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the links of the user's menu."""
    if not request.user.is_authenticated or not request.user.has_usable_password():
        return []
    return [
        {"title": "Change password", "link": reverse_lazy("admin:password_change")},
        {"title": "Two-factor", "link": reverse_lazy("second_factor_set_up")},
    ]


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "SinkHub",
    "SITE_HEADER": "SinkHub",
    "SITE_SUBHEADER": "Requests become runs",
    "SITE_SYMBOL": "water_drop",
    "SITE_URL": reverse_lazy("admin:index"),
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("sinkhub/favicon.svg")}],
    "SCRIPTS": [
        lambda request: static("sinkhub/labels.js"),
        lambda request: static("sinkhub/command.js"),
    ],
    # The theme's default is too dark for links on a dark background.
    "COLORS": {"primary": {"500": "oklch(68% .225 304.5)"}},
    "GLOBAL_CALLBACK": "sinkhub.admin_site.documents.links",
    "DASHBOARD_CALLBACK": "sinkhub.admin_site.overview.fill",
    "SHOW_VIEW_ON_SITE": False,
    "ACCOUNT": {"navigation": _account},
    "SIDEBAR": {
        "navigation": [
            {
                "items": [
                    {"title": "Overview", "icon": "monitoring", "link": reverse_lazy("admin:index")},
                    _list("Sinks", "webhook", "sinks", "sink"),
                    _list("Schedules", "schedule", "sinks", "schedule"),
                    _list("Runs", "play_circle", "runs", "run"),
                    _list("Refusals", "block", "sinks", "refusal"),
                    _list("Waits", "hourglass_empty", "runs", "wait"),
                    _list("Signals", "notifications", "runs", "signal"),
                    _list("Apps", "apps", "sinks", "app"),
                ],
            },
            {
                "title": "Access",
                "separator": True,
                "items": [
                    _list("API tokens", "key", "sinks", "apitoken"),
                    _list("Audit log", "history", "sinks", "auditentry"),
                    _list("Users", "person", "auth", "user"),
                    _list("Groups", "group", "auth", "group"),
                ],
            },
        ],
    },
}
