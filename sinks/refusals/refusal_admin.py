"""Refusals in the admin: the list, and the page of a refusal with its request, which can be accepted there."""

import json
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from runs.admin.run_page import readable
from runs.history.moments import moment
from sinks.access import permissions
from sinks.admin.by_members import ByAppFilter, ByMembersAdmin
from sinks.models import Refusal
from sinks.refusals.acceptance import CannotAccept, accept
from sinks.refusals.documents import listed, of_refusal_and_request
from sinks.trigger.outcomes import WOULD_REFUSE
from sinks.trigger.refusals import RefusalKind

_LINK = '<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>'


class _ByKind(SimpleListFilter):
    """A filter by kind, without a query for the kinds that there are."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        names = sorted({"filtered", "repeated", WOULD_REFUSE, *(kind.label for kind in RefusalKind)})
        return [(name, name) for name in names]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Refusal]) -> QuerySet[Refusal]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Refusal)
class RefusalAdmin(ByMembersAdmin):
    """The admin of refusals, which nobody edits."""

    app_id_field = "sink__app__app_id"
    list_display = ["time", "status", "kind", "sink_link", "line", "reason", "client", "run_link"]
    list_display_links = ["time"]
    list_filter = [_ByKind, ("sink__app", ByAppFilter)]
    list_per_page = 50
    show_full_result_count = False
    sortable_by: list[str] = []
    actions = None
    fields = ["id"]  # the page has its own template

    def _may(self, request: HttpRequest, verb: str, obj: Any = None) -> bool:
        return verb == "view" and permissions.may(request.user, "sinks.view_refusal", obj and obj.sink.app_id)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        # Lookups in the list's URL must not help to guess secrets that are masked where a body is shown.
        return not lookup.startswith("body") and bool(super().lookup_allowed(lookup, value, request))

    def get_readonly_fields(self, request: HttpRequest, obj: Refusal | None = None) -> list[str]:
        return ["id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Refusal]:
        return listed(super().get_queryset(request))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.accept_view)
        return [path("<path:object_id>/accept/", view, name="sinks_refusal_accept"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        more: dict[str, Any] = {}
        refusal = self.get_object(request, unquote(object_id))
        if refusal is not None and self.has_view_permission(request, refusal):
            more = self._shown(request, refusal)
        response: HttpResponse = super().change_view(request, object_id, form_url, (extra_context or {}) | more)
        return response

    def accept_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Run a refused delivery after all, and show its run."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        refusal = self.get_object(request, unquote(object_id))
        if refusal is None:
            raise Http404("No such refusal.")
        may_accept_any = self._may_accept_any(request, refusal)
        if not (self.has_view_permission(request, refusal) and (may_accept_any or self._may_replay(request, refusal))):
            raise PermissionDenied
        # The page shows the warning beside the button; without it, the sender was verified when the page was shown.
        is_warned = request.POST.get("unverified") == "1"
        by = request.user.get_username()
        try:
            done = accept(refusal, by=by, only_verified=not (may_accept_any and is_warned))
        except CannotAccept as error:
            self.message_user(request, str(error), messages.ERROR)
            return redirect("admin:sinks_refusal_change", refusal.pk)
        became = f"run {done.run.pk}" if done.run is not None else f"signal {done.signal}"
        verified = "" if not done.warning else " The sender was not verified."
        self.log_change(request, refusal, f"Accepted as the {became}.{verified}")
        if done.warning:
            self.message_user(request, f"Accepted. {done.warning}", messages.WARNING)
        if done.run is not None and permissions.may(request.user, "runs.view_run", refusal.sink.app_id):
            return redirect("admin:runs_run_change", done.run.pk)
        self.message_user(request, f"Accepted as the {became}.")
        return redirect("admin:sinks_refusal_change", refusal.pk)

    def _shown(self, request: HttpRequest, refusal: Refusal) -> dict[str, Any]:
        document = of_refusal_and_request(refusal)
        sent = document["request"]
        body = ""
        if sent is not None and refusal.body is not None:
            # Text is masked; other bodies are shown as they are, in hexadecimal.
            body = readable(sent["body"].encode() if sent["body"] is not None else bytes(refusal.body))
        may_accept_any = self._may_accept_any(request, refusal)
        may_accept = may_accept_any or (document["verified"] and self._may_replay(request, refusal))
        return {
            "refusal": refusal,
            "shown": document,
            "facts": [
                (title, [(name.replace("_", " "), _as_text(value)) for name, value in document[place].items()])
                for title, place in (("Expected", "expected"), ("Received", "came"))
                if document[place]
            ],
            "body": body,
            "may_accept": may_accept and document["acceptable"],
            "may_see_sink": permissions.may(request.user, "sinks.view_sink", refusal.sink.app_id),
        }

    def _may_accept_any(self, request: HttpRequest, refusal: Refusal) -> bool:
        return permissions.may(request.user, "sinks.accept_refusal", refusal.sink.app_id)

    def _may_replay(self, request: HttpRequest, refusal: Refusal) -> bool:
        return permissions.may(request.user, "runs.add_run", refusal.sink.app_id)

    @admin.display(description="time")
    def time(self, refusal: Refusal) -> str:
        return moment(refusal.at)

    @admin.display(description="sink")
    def sink_link(self, refusal: Refusal) -> SafeString:
        address = reverse("admin:sinks_sink_change", args=[refusal.sink_id])
        return format_html(_LINK, address, f"{refusal.sink.app.app_id}{refusal.sink.path}")

    @admin.display(description="request")
    def line(self, refusal: Refusal) -> str:
        return f"{refusal.method} {refusal.path}"[:80] if refusal.method else "-"

    @admin.display(description="run")
    def run_link(self, refusal: Refusal) -> SafeString | str:
        if not refusal.run_id:
            return "signal" if refusal.accepted_at else "-"
        address = reverse("admin:runs_run_change", args=[refusal.run_id])
        return format_html(_LINK, address, f"{refusal.run_id[:12]}…")


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
