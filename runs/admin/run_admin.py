"""The admin of runs: find, read, cancel and replay them."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet, Value
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

from runs import ports
from runs.admin.bulk_pages import BulkPages
from runs.admin.list_pages import ListPages, query_of
from runs.admin.run_actions import RunActions
from runs.admin.run_list import RunList
from runs.admin.run_views import RunViews
from runs.listing.models import SavedView
from runs.models import Run


@admin.register(Run)
class RunAdmin(ListPages, BulkPages, RunViews, RunActions, ModelAdmin):  # type: ignore[misc]
    """The admin of runs."""

    list_display = ["id"]  # the list has its own template
    list_per_page = 50
    list_disable_select_all = True
    list_fullwidth = True
    sortable_by: list[str] = []
    search_fields = ["=id"]  # the theme shows the list's actions only with one; `RunList` does the search
    show_full_result_count = False
    actions = ["cancel", "replay"]
    fields = ["id"]  # the page has its own template

    def get_readonly_fields(self, request: HttpRequest, obj: Run | None = None) -> list[str]:
        return ["id"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return RunList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Run]:
        # The curl command uses the URL at which the admin is open, because it is known to work.
        here = Value(request.build_absolute_uri("/")[:-1])
        runs: QuerySet[Run] = super().get_queryset(request)
        if (apps := self.visible_apps(request)) is not None:
            runs = runs.filter(app_id__in=apps)
        return runs.defer("traceback", "error_message", "options").annotate(here=here)

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(f"<path:object_id>/{place}/", self.admin_site.admin_view(view), name=f"runs_run_{name}")
            for name, (place, view) in self.page_views().items()
        ]
        return [*self.list_urls(), *self.bulk_urls(), *own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        only_rows = "X-Rows" in request.headers  # for static/runs/list.js
        more: dict[str, Any] = {"refresh_interval": settings.RUN_LIST_REFRESH_INTERVAL}
        if not only_rows:
            more |= {
                "saved_views": SavedView.objects.filter(user=request.user.pk).order_by("name"),
                "query": query_of(request.GET.urlencode()),
                "may_act": self.has_cancel_permission(request) or self.has_replay_permission(request),
            }
        response: HttpResponse = super().changelist_view(request, (extra_context or {}) | more)
        if isinstance(response, TemplateResponse) and only_rows:
            response.template_name = "admin/runs/run/rows.html"
        return response

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Run | None = None) -> bool:
        apps = self.visible_apps(request)
        return apps is None or (bool(apps) if obj is None else obj.app_id in apps)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Run | None = None) -> bool:
        # For the cancel action on runs in general; a single run cannot be edited.
        return obj is None and self.has_cancel_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Run | None = None) -> bool:
        return False

    def view_on_site(self, run: Run) -> str:
        return f"/runs/{run.pk}"

    def visible_apps(self, request: HttpRequest) -> frozenset[str] | None:
        """Return the apps whose runs the user may view; None for all. As in Django, change permission includes view."""
        found = [ports.permitted_apps(request.user, name) for name in ("runs.view_run", "runs.change_run")]
        return None if None in found else frozenset().union(*found)  # type: ignore[arg-type]
