"""Runs in the admin: to be read, and cancelled."""

import codecs
import json
import re
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from runs.models import UNFINISHED, Delivery, Run, Segment

_MOST_EVENTS = 200  # shown on a run's page
_MOST_BYTES = 64 * 1024  # of the body, and of the output
_MOST_CHARACTERS = 1000  # of an event in the list
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")  # in no text that people write


@admin.register(Run)
class RunAdmin(admin.ModelAdmin):
    """Runs."""

    list_display = ["id", "app_id", "workflow", "status", "attempt", "created_at", "duration"]
    list_filter = ["status", "workflow", "created_at"]
    search_fields = ["=id", "=app_id"]
    show_full_result_count = False
    actions = ["cancel"]
    fieldsets = [
        (None, {"fields": ["id", "app_id", "workflow", "options", "status", "engine", "attempt", "cancel_requested"]}),
        ("Time", {"fields": ["created_at", "started_at", "finished_at", "duration", "timeout"]}),
        ("Request", {"fields": ["request_line", "request_headers", "request_body"]}),
        ("Result", {"fields": ["result", "error_type", "error_message", "traceback_text"]}),
        ("Events", {"fields": ["event_list"]}),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Run | None = None) -> list[str]:
        return [name for _, options in self.fieldsets for name in options["fields"]]  # type: ignore[misc]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Run]:
        return super().get_queryset(request).defer("traceback", "error_message", "options")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Run | None = None) -> bool:
        # Of runs in general, for the action; no single one can be edited.
        return obj is None and bool(super().has_change_permission(request))

    def has_delete_permission(self, request: HttpRequest, obj: Run | None = None) -> bool:
        return False

    def view_on_site(self, run: Run) -> str:
        return f"/runs/{run.pk}"

    @admin.action(description="Cancel the selected runs", permissions=["change"])
    def cancel(self, request: HttpRequest, runs: QuerySet[Run]) -> None:
        chosen = runs.count()
        unfinished = list(runs.filter(status__in=UNFINISHED))
        count = runs.filter(status__in=UNFINISHED).update(cancel_requested=True)
        for run in unfinished:
            self.log_change(request, run, "Asked for its cancelling.")
        if count:
            self.message_user(request, f"Being cancelled: {count}.")
        if left := chosen - count:
            self.message_user(request, f"Over already: {left}.", messages.WARNING)

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
        return _block(_readable(bytes(delivery.body)) if delivery else "")

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
