"""The page "New sink" of the admin, and the page to which it leads."""

from functools import lru_cache
from typing import Any

from django.contrib.admin.utils import quote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse

from sinks.access import permissions
from sinks.admin.by_members import SharedAdmin
from sinks.models import App, Sink
from sinks.setup import senders

_MAX_APPS = 50  # in a list; more apps are searched
_KEPT_BUTTONS = frozenset({"_continue", "_addanother", "_popup", "_saveasnew"})


class NewSinkAdmin(SharedAdmin):
    """The part of the admin of sinks that makes them."""

    def get_autocomplete_fields(self, request: HttpRequest) -> list[str]:
        # A list needs no script.
        return ["app"] if len(self._apps(request)[: _MAX_APPS + 1]) > _MAX_APPS else []

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        # Among the parameters of the page's URL are `app` and `signature`.
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        apps = list(self._apps(request)[:2])
        if "app" not in initial and len(apps) == 1:
            initial["app"] = apps[0].pk
        if "path" not in initial and (sender := senders.find(initial.get("signature", ""))):
            initial["path"] = sender.path
        return initial

    def new_sink_context(self, request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
        """
        Return what the template of a new sink needs.

        Args:
            request: The request.
            context: The context of the form.
        """
        form = context["adminform"].form
        app_ids = dict(self._apps(request).values_list("pk", "app_id")[:_MAX_APPS])
        chosen = senders.find(str(form["signature"].value() or "")) or senders.all_senders()[0]
        more = [
            options for _, options in context["adminform"].fieldsets if "new-sink" not in options.get("classes", ())
        ]
        return {
            "title": "New sink",
            "more_is_open": any(name in form.errors for options in more for name in options["fields"]),
            "senders_list": _radio_buttons(chosen),
            "number": len(senders.all_senders()),
            "chosen": chosen,
            "app_ids": app_ids,
            "may_add_app": permissions.may(request.user, "sinks.add_app"),
        }

    def response_add(self, request: HttpRequest, obj: Sink, post_url_continue: str | None = None) -> HttpResponse:
        """Lead to the new sink's page, which says how to set it up."""
        response: HttpResponse = super().response_add(request, obj, post_url_continue)
        if _KEPT_BUTTONS.isdisjoint(request.POST) and self.has_view_permission(request, obj):
            return redirect(f"{page_of(obj)}?created=1")
        return response

    def _apps(self, request: HttpRequest) -> QuerySet[App]:
        """Return the apps in which the user may make a sink."""
        apps = permissions.apps(request.user, "sinks.add_sink")
        found = App.objects.all() if apps is None else App.objects.filter(app_id__in=apps)
        return found.order_by("app_id")


@lru_cache(maxsize=32)
def _radio_buttons(chosen: senders.Sender) -> str:
    """Return the buttons of all senders, which take a fifth of the page's time."""
    context = {"senders": senders.all_senders(), "chosen": chosen}
    return render_to_string("admin/sinks/sink/senders.html", context)


def page_of(sink: Sink) -> str:
    """Return the URL of a sink's page."""
    try:
        return reverse("admin:sinks_sink_page", args=[quote(sink.pk)])
    except NoReverseMatch:
        return reverse("admin:sinks_sink_change", args=[quote(sink.pk)])
