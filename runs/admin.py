"""Runs in the admin: to be read, cancelled, and replayed."""

import codecs
import json
import re
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet, Value
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

from runs import registry, visibility
from runs.bodies import UnfitBody
from runs.curl import address, as_curl
from runs.durations import as_text
from runs.models import UNFINISHED, Delivery, Run, Segment
from runs.recovery import request_of
from runs.replay import CannotReplay, replay
from runs.sources import source_of

_MOST_COUNTED = 10_000  # runs that the list knows of: 100 pages; filters lead to what is older
_MOST_EVENTS = 200  # shown on a run's page
_MOST_BYTES = 64 * 1024  # of the body, and of the output
_MOST_CHARACTERS = 1000  # of an event in the list
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")  # in no text that people write


class _Counted(Paginator):
    """Pages of a list of which only the first rows are counted: to count a million would take longer than to show."""

    @cached_property
    def count(self) -> int:
        runs: Any = self.object_list
        return int(runs[:_MOST_COUNTED].count())


class _ByWorkflow(admin.SimpleListFilter):
    """The workflows that are installed; those that runs have had would be found only in all runs."""

    title = "workflow"
    parameter_name = "workflow"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name) for name in registry.names()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Run]) -> QuerySet[Run]:
        return queryset.filter(workflow=self.value()) if self.value() else queryset


@admin.register(Run)
class RunAdmin(ModelAdmin):  # type: ignore[misc]
    """Runs."""

    list_display = ["id", "app_id", "workflow", "status", "attempt", "created_at", "duration"]
    list_filter = ["status", _ByWorkflow, "created_at"]
    paginator = _Counted
    sortable_by = ["id"]  # the others have no index
    search_fields = ["=id", "=app_id"]
    show_full_result_count = False
    actions = ["cancel", "replay"]
    fieldsets = [
        (None, {"fields": ["id", "origin_run", "app_id", "workflow", "options"]}),
        (None, {"fields": ["status", "engine", "attempt", "cancel_requested"]}),
        ("Time", {"fields": ["created_at", "started_at", "finished_at", "took", "time_limit"]}),
        ("Request", {"fields": ["request_line", "request_headers", "request_body", "curl"]}),
        ("Result", {"fields": ["result", "error_type", "error_message", "traceback_text"]}),
        ("Events", {"fields": ["event_list"]}),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Run | None = None) -> list[str]:
        return [name for _, options in self.fieldsets for name in options["fields"]]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Run]:
        # The curl line names the address that the admin is open at: it is known to lead here.
        here = Value(request.build_absolute_uri("/")[:-1])
        runs: QuerySet[Run] = super().get_queryset(request)
        if (apps := self._seen(request)) is not None:
            runs = runs.filter(app_id__in=apps)
        return runs.defer("traceback", "error_message", "options").annotate(here=here)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.replay_view)
        return [path("<path:object_id>/replay/", view, name="runs_run_replay"), *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        context["may_replay"] = self.has_replay_permission(request, context.get("original"))
        response: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return response

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Run | None = None) -> bool:
        apps = self._seen(request)
        return apps is None or (bool(apps) if obj is None else obj.app_id in apps)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Run | None = None) -> bool:
        # Of runs in general, for the action; no single one can be edited.
        return obj is None and visibility.may(request.user, "runs.change_run")

    def has_delete_permission(self, request: HttpRequest, obj: Run | None = None) -> bool:
        return False

    def view_on_site(self, run: Run) -> str:
        return f"/runs/{run.pk}"

    def has_replay_permission(self, request: HttpRequest, run: Run | None = None) -> bool:
        # Not `has_add_permission`, which would offer an empty form.
        app_id = run.app_id if run else None
        return all(visibility.may(request.user, name, app_id) for name in ("runs.add_run", "runs.view_run"))

    def _seen(self, request: HttpRequest) -> frozenset[str] | None:
        """The apps whose runs the user sees; None: of all. As Django has it, who may change them sees them too."""
        found = [visibility.apps(request.user, name) for name in ("runs.view_run", "runs.change_run")]
        return None if None in found else frozenset().union(*found)  # type: ignore[arg-type]

    @admin.action(description="Cancel the selected runs", permissions=["change"])
    def cancel(self, request: HttpRequest, runs: QuerySet[Run]) -> None:
        if (apps := visibility.apps(request.user, "runs.change_run")) is not None:
            chosen = runs.count()
            runs = runs.filter(app_id__in=apps)
            if kept := chosen - runs.count():
                self.message_user(request, f"Not yours to cancel: {kept}.", messages.WARNING)
        chosen = runs.count()
        unfinished = list(runs.filter(status__in=UNFINISHED))
        count = runs.filter(status__in=UNFINISHED).update(cancel_requested=True)
        for run in unfinished:
            self.log_change(request, run, "Asked for its cancelling.")
        if count:
            self.message_user(request, f"Being cancelled: {count}.")
        if left := chosen - count:
            self.message_user(request, f"Over already: {left}.", messages.WARNING)

    @admin.action(description="Replay the selected runs", permissions=["replay"])
    def replay(self, request: HttpRequest, runs: QuerySet[Run]) -> None:
        yours = [run for run in runs if self.has_replay_permission(request, run)]
        if kept := runs.count() - len(yours):
            self.message_user(request, f"Not yours to replay: {kept}.", messages.WARNING)
        made = [new for run in yours if (new := self._replay(request, run))]
        if made:
            self.message_user(request, f"Sent again: {len(made)}.")

    def replay_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What the button of a run's page does."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_replay_permission(request):
            raise PermissionDenied
        run = self.get_object(request, unquote(object_id))
        if run is None:
            raise Http404("No such run.")
        if not self.has_replay_permission(request, run):
            raise PermissionDenied
        new = self._replay(request, run)
        if new is not None:
            self.message_user(request, f"Sent again, as this run: it is a replay of {run.pk}.")
        return redirect("admin:runs_run_change", (new or run).pk)

    def _replay(self, request: HttpRequest, run: Run) -> Run | None:
        try:
            new = replay(run)
        except CannotReplay as error:
            self.message_user(request, f"Run {run.pk}: {error}", messages.ERROR)
            return None
        self.log_addition(request, new, f"A replay of {run.pk}.")
        return new

    @admin.display(description="replay of")
    def origin_run(self, run: Run) -> str | SafeString:
        if not run.replay_of:
            return "-"
        if not Run.objects.filter(pk=run.replay_of).exists():
            return f"{run.replay_of}, which is not kept any more"
        return format_html('<a href="{}">{}</a>', reverse("admin:runs_run_change", args=[run.replay_of]), run.replay_of)

    @admin.display(description="duration of the last attempt")
    def took(self, run: Run) -> str:
        return as_text(run.duration) if run.duration is not None else "-"

    @admin.display(description="timeout of an attempt")
    def time_limit(self, run: Run) -> str:
        return as_text(run.timeout)

    @admin.display(description="request")
    def request_line(self, run: Run) -> str:
        delivery = _delivery(run)
        if delivery is None:
            return "not kept"
        query = f"?{delivery.query_string}" if delivery.query_string else ""
        return f"{delivery.method} {delivery.path}{query} from {delivery.client or 'an unknown address'}"

    @admin.display(description="headers")
    def request_headers(self, run: Run) -> SafeString:
        delivery = _delivery(run)
        return _block("\n".join(f"{name}: {value}" for name, value in delivery.headers) if delivery else "")

    @admin.display(description="body")
    def request_body(self, run: Run) -> SafeString:
        delivery = _delivery(run)
        if delivery is None:
            return _block("")
        try:
            request = request_of(delivery)
        except UnfitBody as error:
            # It was taken once: MAX_BODY_BYTES is less than it was then, say.
            return format_html("<p>As it came, packed. {}</p>{}", str(error), _block(_readable(bytes(delivery.body))))
        if request.packed is None:
            return _block(_readable(request.body))
        note = f"It came packed ({request.headers['content-encoding']}), in {len(request.packed)} bytes; unpacked:"
        return format_html("<p>{}</p>{}", note, _block(_readable(request.body)))

    @admin.display(description="as curl")
    def curl(self, run: Run) -> str | SafeString:
        delivery = _delivery(run)
        if delivery is None:
            return "-"
        if len(delivery.body) > _MOST_BYTES:
            return f"The body is long: manage.py runs curl {run.pk} prints the line."
        source = source_of(run)
        url = address(run, delivery, getattr(run, "here", ""))
        return _block(as_curl(delivery, url, token=source is not None and source.has_token))

    @admin.display(description="last event")
    def result(self, run: Run) -> SafeString:
        segment = Segment.objects.filter(run_id=run.pk).order_by("-last").first()
        return _block(_readable(segment.events()[-1][1].encode()) if segment else "")

    @admin.display(description="traceback")
    def traceback_text(self, run: Run) -> SafeString:
        return _block(run.traceback)

    @admin.display(description="events")
    def event_list(self, run: Run) -> SafeString:
        rows: list[tuple[Any, ...]] = []
        for segment in Segment.objects.filter(run_id=run.pk).order_by("last").iterator(chunk_size=50):
            rows += [(seq, f"{segment.at:%H:%M:%S.%f}"[:-3], _start(data)) for seq, data in segment.events()]
            if len(rows) > _MOST_EVENTS:
                break
        more = f"The first {_MOST_EVENTS}; all are at /runs/{run.pk}/events." if len(rows) > _MOST_EVENTS else ""
        lines = format_html_join("", "<tr><td>{}</td><td>{}</td><td><code>{}</code></td></tr>", rows[:_MOST_EVENTS])
        return format_html("<table><tr><th>id</th><th>time</th><th>data</th></tr>{}</table>{}", lines, more)


def _delivery(run: Run) -> Delivery | None:
    return Delivery.objects.filter(pk=run.pk).first()


def _readable(body: bytes) -> str:
    """JSON indented, other text as it is, anything else as hexadecimal digits."""
    try:
        text = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
        text.encode()  # a lone surrogate, which JSON can name with an escape, cannot be sent
    except (ValueError, RecursionError):
        pass
    else:
        cut = "" if len(text) <= _MOST_BYTES else f"\n(the first {_MOST_BYTES} of {len(text)} characters)"
        return text[:_MOST_BYTES] + cut
    cut = "" if len(body) <= _MOST_BYTES else f"\n(the first {_MOST_BYTES} of {len(body)} bytes)"
    head = body[:_MOST_BYTES]
    try:
        # Incremental: where the text is cut, the last character may be.
        text = codecs.getincrementaldecoder("utf-8")().decode(head, not cut)
    except UnicodeDecodeError:
        return head.hex(" ") + cut
    return (head.hex(" ") if _CONTROL.search(text) else text) + cut


def _start(data: str) -> str:
    return data if len(data) <= _MOST_CHARACTERS else f"{data[:_MOST_CHARACTERS]}…"


def _block(text: str) -> SafeString:
    return format_html('<pre style="white-space: pre-wrap; overflow-wrap: anywhere; margin: 0">{}</pre>', text or "-")
