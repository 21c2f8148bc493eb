"""What belongs to the admin's list of runs: saved views, the choices of its fields, and its CSV file."""

from collections.abc import AsyncIterator, Collection, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from asgiref.sync import sync_to_async
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.handlers.asgi import ASGIRequest
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from runs import ports
from runs.listing.csv_export import as_csv
from runs.listing.models import SavedView
from runs.listing.parameters import NAMES, Chosen, chosen_by
from runs.models import Run

_MOST_VIEWS = 50  # of a user
_MOST_CHOICES = 50
_MAX_NAME = 60


class ListPages:
    """The views of the list of runs, for `RunAdmin`."""

    if TYPE_CHECKING:
        admin_site: Any
        message_user: Any
        has_view_permission: Any
        visible_apps: Any

    def list_urls(self) -> list[URLPattern]:
        """Return the URLs, which come before those of single runs."""
        views = {"views": self.views_view, "choices": self.choices_view, "csv": self.csv_view}
        return [
            path(f"{name}/", self.admin_site.admin_view(view), name=f"runs_run_{name}") for name, view in views.items()
        ]

    def views_view(self, request: HttpRequest) -> HttpResponse:
        """Save the list's filter under a name, or delete a saved view, of the user alone."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        self._check_view(request)
        own = SavedView.objects.filter(user=request.user.pk)
        query = query_of(request.POST.get("query", ""))
        if deleted := request.POST.get("delete", ""):
            if deleted.isascii() and deleted.isdigit() and len(deleted) < 19:
                own.filter(pk=int(deleted)).delete()
        elif not (name := request.POST.get("name", "").strip()[:_MAX_NAME]):
            self.message_user(request, "Enter a name for the view.", messages.ERROR)
        elif not query:
            self.message_user(request, "Set a filter before you save a view.", messages.ERROR)
        elif not own.filter(name=name).exists() and own.count() >= _MOST_VIEWS:
            self.message_user(request, f"You have {_MOST_VIEWS} views: delete one first.", messages.ERROR)
        elif not own.filter(name=name).update(query=query):
            SavedView(user_id=request.user.pk, name=name, query=query).save()  # type: ignore[misc]
        return redirect(f"{reverse('admin:runs_run_changelist')}?{query}")

    def choices_view(self, request: HttpRequest) -> HttpResponse:
        """Return the sinks or apps that the user sees and whose label has a text, as JSON for list.js."""
        self._check_view(request)
        text = request.GET.get("q", "").strip()[:200]
        if request.GET.get("kind") == "sink":
            found = ports.search_sources(text, ports.permitted_apps(request.user, "sinks.view_sink"), _MOST_CHOICES)
            choices = [{"value": sink.label, "label": ""} for sink in found]
        else:
            apps = ports.search_apps(text, ports.permitted_apps(request.user, "sinks.view_app"), _MOST_CHOICES)
            choices = [{"value": app_id, "label": name} for app_id, name in apps]
        return JsonResponse({"choices": choices})

    def csv_view(self, request: HttpRequest) -> HttpResponseBase:
        """Stream the runs of the list as CSV; their requests only with the parameter `bodies`."""
        self._check_view(request)
        lines = as_csv(self.chosen(request).wanted, _sink_names(request.user), bodies=request.GET.get("bodies") == "1")
        name = f"runs-{timezone.localtime():%Y-%m-%d-%H%M}.csv"
        return StreamingHttpResponse(
            # On ASGI, Django would read a synchronous iterator to its end before it sends anything.
            _in_threads(lines) if isinstance(request, ASGIRequest) else lines,
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
        )

    def chosen(self, request: HttpRequest) -> Chosen:
        """Return the conditions of the request's parameters, within what its user may see."""
        sinks = ports.permitted_apps(request.user, "sinks.view_sink")
        return chosen_by(request.GET, self.visible_apps(request), sinks)

    def _check_view(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied


def query_of(text: str) -> str:
    """Return the parameters of the list's filter in a query, without all others."""
    return urlencode([(name, value) for name, value in parse_qsl(text[:2000]) if name in NAMES])[:2000]


def _sink_names(user: Any) -> Any:
    apps = ports.permitted_apps(user, "sinks.view_sink")

    def names(runs: Collection[Run]) -> dict[str, ports.SourceName]:
        ids = {run.source_id for run in runs if run.source_id is not None and (apps is None or run.app_id in apps)}
        found = ports.source_names(ids)
        named = ((run, found.get(run.source_id)) for run in runs if run.source_id is not None)
        return {run.pk: name for run, name in named if name is not None and name.app_id == run.app_id}

    return names


async def _in_threads(parts: Iterator[str]) -> AsyncIterator[str]:
    while (part := await sync_to_async(lambda: next(parts, None))()) is not None:
        yield part
