"""The admin of runs: find, read, cancel and replay them."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import QuerySet, Value
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

from runs import ports
from runs.admin.run_actions import RunActions
from runs.admin.run_views import RunViews
from runs.history import search
from runs.history.durations import as_text
from runs.history.moments import exactly, moment
from runs.history.queries import WALKED, Filter, Page, page, time_of
from runs.ids import RUN_ID
from runs.models import BAD_ENDS, UNFINISHED, Delivery, Run
from runs.workflows import registry

_MAX_BACK = 30  # pages that "Newer" goes back one by one; beyond them, it leads to the newest page
STATUSES = {
    **{str(status): (str(status), [status]) for status in Run.Status},
    "unfinished": ("unfinished", [*UNFINISHED]),
    "bad": ("unsuccessful", [*BAD_ENDS]),
}
_TIMES = {
    "hour": ("last hour", timedelta(hours=1)),
    "day": ("last 24 hours", timedelta(days=1)),
    "week": ("last 7 days", timedelta(days=7)),
}
# Columns of a delivery that the list does not read: a body may be large.
_NOT_LISTED = [f"delivery__{name}" for name in ("path_params", "query_string", "headers", "client", "body")]
_DURATIONS = {"1": "over 1 s", "10": "over 10 s", "60": "over 1 min", "600": "over 10 min", "3600": "over 1 h"}


@dataclass(frozen=True, slots=True)
class _Choice:
    """A filter of the list with a choice of values."""

    name: str
    label: str
    options: list[tuple[str, str]]  # value and text
    value: str


class _RunList(ChangeList):  # type: ignore[misc]
    """
    The list of runs, with keyset pagination: a page starts after a run's id, so the list needs no count of rows and no
    offset.
    """

    query: str
    result_list: list[Run] = []

    def get_filters(self, request: HttpRequest) -> tuple[list[Any], bool, dict[str, Any], bool, bool]:
        return [], False, {}, False, False  # the page has its own filter form

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Run]:
        """Return the runs to which an action applies; `get_results` reads the rows of the page."""
        runs: QuerySet[Run] = self.root_queryset
        if request.POST.get("select_across") == "1":  # only the page, so that an action never applies to a million runs
            return runs.filter(pk__in=[run.pk for run in self.result_list])
        return runs

    def get_results(self, request: HttpRequest) -> None:
        parameters = request.GET
        self.before = parameters.get("before") or None
        back = [cursor for cursor in parameters.get("back", "").split(",") if cursor]
        if any(not RUN_ID.fullmatch(cursor) for cursor in [*back, *([self.before] if self.before else [])]):
            raise IncorrectLookupParameters
        self.faults: list[str] = []
        self.chosen = {
            name: parameters[name].strip()
            for name in ("app", "sink", "status", "workflow", "time", "duration")
            if parameters.get(name, "").strip()
        }
        wanted = self._filter(self.model_admin.visible_apps(request))
        found = self._page(wanted)
        shown = self.root_queryset.select_related("delivery").defer(*_NOT_LISTED)
        rows = shown.in_bulk([run.pk for run in found.runs])
        self.result_list = [rows[run.pk] for run in found.runs if run.pk in rows]
        self.older = self.newer = self.newest = ""
        if found.next:
            trail = [*back, *([self.before] if self.before else [])]
            self.older = self._address(found.next, trail[-_MAX_BACK:])
        if self.before:
            self.newer = self._address(back[-1] if back else None, back[:-1])
            self.newest = self._address(None, [])
        self.note = self._note(found)
        self.choices = self._choices()
        # Attributes that Django and the theme read from a list.
        self.result_count = self.full_result_count = len(self.result_list)
        self.show_full_result_count = self.can_show_all = self.multi_page = False
        self.show_admin_actions = True
        self.paginator = self.model_admin.get_paginator(request, self.result_list, self.list_per_page)

    @property
    def is_filtered(self) -> bool:
        return bool(self.chosen or self.query)

    def _filter(self, app_ids: frozenset[str] | None) -> Filter:
        chosen = self.chosen
        if "app" in chosen:
            app_ids = frozenset([chosen["app"]]) & (app_ids if app_ids is not None else {chosen["app"]})
        source_id: int | None = None
        if "sink" in chosen:
            if chosen["sink"].isascii() and chosen["sink"].isdigit() and len(chosen["sink"]) < 19:
                source_id = int(chosen["sink"])
            else:
                self.faults.append("Enter the sink's id, which is the number in the URL of its page.")
        for name, known in (("status", STATUSES), ("time", _TIMES), ("duration", _DURATIONS)):
            if name in chosen and chosen[name] not in known:
                self.faults.append(f"There is no {name} {chosen.pop(name)!r}: choose one from the list.")
        return Filter(
            app_ids=app_ids,
            source_id=source_id,
            statuses=frozenset(STATUSES[chosen["status"]][1] if "status" in chosen else []),
            workflow=chosen.get("workflow", ""),
            created_from=timezone.now() - _TIMES[chosen["time"]][1] if "time" in chosen else None,
            least_duration=float(chosen["duration"]) if "duration" in chosen else None,
        )

    def _page(self, wanted: Filter) -> Page:
        self.query = self.query.strip()
        if RUN_ID.fullmatch(self.query):
            return Page(list(Run.objects.filter(pk=self.query)), None)
        if self.query:
            return search.by_body(wanted, self.query, self.before, self.list_per_page)
        return page(wanted, self.before, self.list_per_page)

    def _note(self, found: Page) -> str:
        if not found.next or len(found.runs) >= self.list_per_page:
            return ""
        back_to = exactly(time_of(found.next))
        if self.query:
            return (
                f"Searched the first {search.LOOKED_INTO // 1024} KiB of the bodies of up to {search.LOOKED_AT:,} runs,"
                f" back to {back_to}. Older continues from there."
            )
        return f"Searched {WALKED:,} runs, back to {back_to}. Older continues from there."

    def _address(self, before: str | None, back: list[str]) -> str:
        parameters = {**self.chosen, **({"q": self.query} if self.query else {})}
        if before:
            parameters["before"] = before
        if back:
            parameters["back"] = ",".join(back)
        return f"?{urlencode(parameters)}"

    def _choices(self) -> list[_Choice]:
        workflows = sorted({*registry.names(), *([self.chosen["workflow"]] if "workflow" in self.chosen else [])})
        options = {
            "status": ("Status", [(value, text) for value, (text, _) in STATUSES.items()]),
            "workflow": ("Workflow", [(name, name) for name in workflows]),
            "time": ("Time", [(value, text) for value, (text, _) in _TIMES.items()]),
            "duration": ("Duration", list(_DURATIONS.items())),
        }
        return [_Choice(name, label, of, self.chosen.get(name, "")) for name, (label, of) in options.items()]


@admin.register(Run)
class RunAdmin(RunViews, RunActions, ModelAdmin):  # type: ignore[misc]
    """The admin of runs."""

    list_display = ["badge", "short_id", "app", "what", "workflow", "created", "took", "later_attempt"]
    list_display_links = ["short_id"]
    list_per_page = 50
    list_disable_select_all = True
    list_fullwidth = True
    sortable_by: list[str] = []
    search_fields = ["=id"]  # shows the search field; `_RunList` does the search
    show_full_result_count = False
    actions = ["cancel", "replay"]
    fields = ["id"]  # the page has its own template

    def get_readonly_fields(self, request: HttpRequest, obj: Run | None = None) -> list[str]:
        return ["id"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return _RunList

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
        return [*own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        more = {"refresh_interval": settings.RUN_LIST_REFRESH_INTERVAL}
        response: HttpResponse = super().changelist_view(request, (extra_context or {}) | more)
        if isinstance(response, TemplateResponse) and "X-Rows" in request.headers:
            response.template_name = "admin/runs/run/rows.html"  # for static/runs/list.js
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

    @admin.display(description="status")
    def badge(self, run: Run) -> SafeString:
        return format_html('<span class="run-badge" data-status="{}">{}</span>', run.status, run.status)

    @admin.display(description="run")
    def short_id(self, run: Run) -> SafeString:
        return format_html('<span data-run="{0}" title="{0}">{1}…{2}</span>', run.pk, run.pk[:12], run.pk[-4:])

    @admin.display(description="app")
    def app(self, run: Run) -> str:
        return run.app_id

    @admin.display(description="request", empty_value="-")
    def what(self, run: Run) -> SafeString | None:
        delivery: Delivery | None = getattr(run, "delivery", None)  # may be deleted earlier than the run
        return format_html('<span class="run-asked" title="{0}">{0}</span>', delivery) if delivery else None

    @admin.display(description="time")
    def created(self, run: Run) -> str:
        return moment(run.created_at)

    @admin.display(description="duration", empty_value="-")
    def took(self, run: Run) -> str | None:
        return as_text(run.duration) if run.duration is not None else None

    @admin.display(description="attempt", empty_value="")
    def later_attempt(self, run: Run) -> int | None:
        return run.attempt if run.attempt > 1 else None
