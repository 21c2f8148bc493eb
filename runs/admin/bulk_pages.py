"""The admin's pages for an action on all runs that match the list's filter: a preview, and its progress."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from runs.admin.list_pages import query_of
from runs.admin.run_list import Row, rows_of
from runs.bulk import jobs
from runs.bulk.jobs import MAX_PER_SECOND, Preview
from runs.history.queries import time_of
from runs.listing.models import BulkAction
from runs.listing.parameters import Chosen, chosen_by
from runs.models import Run

_EXAMPLES = 5
_SHOWN = 10  # earlier actions of the user
_PER_SECOND = 10
_TEXTS = {
    "replay": ("Replay", "Start a new run with the delivery of each, with the sink's workflow as it is now."),
    "resume": ("Resume", "Let each continue as its next attempt. Complete steps are not executed again."),
    "cancel": ("Cancel", "End each unfinished run, and the runs that it has started."),
}


@dataclass(frozen=True, slots=True)
class Offer:
    """An action that can be chosen, with the runs to which it would apply."""

    preview: Preview
    title: str
    text: str
    rows: list[Row]

    @property
    def count(self) -> str:
        """How many runs there are, as far as they were counted."""
        number = f"{len(self.preview.ids):,}"
        return f"{number} or more" if self.preview.has_more else number

    @property
    def newest(self) -> datetime:
        return time_of(self.preview.ids[0])

    @property
    def oldest(self) -> datetime:
        return time_of(self.preview.ids[-1])


class BulkPages:
    """The views of bulk actions, for `RunAdmin`."""

    if TYPE_CHECKING:
        admin_site: Any
        message_user: Any
        opts: Any
        chosen: Any

    def bulk_urls(self) -> list[URLPattern]:
        """Return the URLs, which come before those of single runs."""
        wrapped = self.admin_site.admin_view
        return [
            path("bulk/", wrapped(self.bulk_view), name="runs_run_bulk"),
            path("bulk/<int:key>/", wrapped(self.bulk_progress_view), name="runs_run_bulk_progress"),
            path("bulk/<int:key>/stop/", wrapped(self.bulk_stop_view), name="runs_run_bulk_stop"),
        ]

    def bulk_view(self, request: HttpRequest) -> HttpResponse:
        """Show to which runs each action would apply, and start one of them."""
        if not any(_may(request.user, action) for action in _TEXTS):
            raise PermissionDenied
        chosen: Chosen = self.chosen(request)
        query = query_of(request.GET.urlencode())
        if request.method == "POST" and not chosen.faults:
            return self._start(request, chosen, query)
        offers = [] if chosen.faults else self._offers(request, chosen)
        return self._page(
            request,
            "bulk",
            "Act on all runs that match",
            chosen=chosen,
            offers=offers,
            query=query,
            per_second=_PER_SECOND,
            most_per_second=MAX_PER_SECOND,
            earlier=BulkAction.objects.filter(user=request.user.pk).order_by("-pk")[:_SHOWN],
        )

    def bulk_progress_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """Show how far a bulk action is."""
        action = self._find(request, key)
        return self._page(
            request,
            "bulk_progress",
            f"{_TEXTS[action.action][0]} runs",
            action=action,
            rest=max(0, action.total - action.handled),
            share=min(100, 100 * action.handled // max(action.total, 1)),
            chosen=chosen_by(QueryDict(action.query), None, None),
            refresh_interval=settings.RUN_LIST_REFRESH_INTERVAL,
        )

    def bulk_stop_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """Stop a bulk action, for the button on its page."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        jobs.stop(self._find(request, key).pk)
        return redirect("admin:runs_run_bulk_progress", key)

    def _offers(self, request: HttpRequest, chosen: Chosen) -> list[Offer]:
        previews = [jobs.preview(request.user, action, chosen.wanted) for action in _TEXTS]
        shown = [preview for preview in previews if preview is not None and preview.ids]
        examples = {run_id for preview in shown for run_id in preview.ids[:_EXAMPLES]}
        found = list(Run.objects.filter(pk__in=examples).defer("options", "traceback").order_by("-id"))
        rows = {row.run.pk: row for row in rows_of(found, request.user, {})}
        return [
            Offer(
                preview, *_TEXTS[preview.action], [rows[run_id] for run_id in preview.ids if run_id in rows][:_EXAMPLES]
            )
            for preview in shown
        ]

    def _start(self, request: HttpRequest, chosen: Chosen, query: str) -> HttpResponse:
        back = f"{reverse('admin:runs_run_bulk')}?{query}"
        name, pace = request.POST.get("action", ""), request.POST.get("per_second", "")
        fault = ""
        shown = jobs.preview(request.user, name, chosen.wanted) if name in _TEXTS else None
        if name not in _TEXTS:
            fault = "Choose an action."
        elif not (pace.isascii() and pace.isdigit() and 1 <= int(pace[:6]) <= MAX_PER_SECOND):
            fault = f"Enter a pace from 1 to {MAX_PER_SECOND} runs per second."
        elif not chosen.values and request.POST.get("all") != "1":
            fault = "No filter is set: confirm that the action applies to all runs."
        elif shown is None or not shown.ids:
            fault = "The action applies to none of these runs any more."
        if fault or shown is None:
            self.message_user(request, fault, messages.ERROR)
            return redirect(back)
        return redirect("admin:runs_run_bulk_progress", jobs.start(request.user, shown, query, int(pace)).pk)

    def _find(self, request: HttpRequest, key: int) -> BulkAction:
        action = BulkAction.objects.select_related("user").filter(pk=key).first()
        if action is None or not (action.user_id == request.user.pk or getattr(request.user, "is_superuser", False)):
            raise Http404("No such bulk action.")
        return action

    def _page(self, request: HttpRequest, name: str, title: str, **context: Any) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "title": title, "opts": self.opts, **context}
        return TemplateResponse(request, f"admin/runs/run/{name}.html", context)


def _may(user: Any, action: str) -> bool:
    apps = jobs.permitted(user, action)
    return apps is None or bool(apps)
