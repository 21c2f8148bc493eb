"""The columns of the list of sinks."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from runs.history import summaries
from runs.history.moments import moment
from runs.history.summaries import Hours
from runs.workflows import registry
from sinks.admin.sparkline import sparkline
from sinks.dashboard import links
from sinks.dashboard.page import state_of
from sinks.models import Sink


class SinkList:
    """The list, for `SinkAdmin`."""

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changes = super().get_changelist_instance(request)  # type: ignore[misc]
        # Two queries for the page, not two for each sink.
        page = list(changes.result_list)
        keys = [sink.pk for sink in page]
        last, hours = summaries.last_deliveries(keys), summaries.hours(keys)
        for sink in page:
            sink.last, sink.hours = last.get(sink.pk), hours[sink.pk]
        changes.result_list = page
        changes.url_for_result = lambda sink: links.sink_page(sink.pk)
        return changes

    @admin.display(description="sink", ordering="path")
    def address(self, sink: Sink) -> SafeString:
        about = sink.description.partition("\n")[0]
        more = format_html('<span class="sinks-about">{}</span>', about[:120]) if about else ""
        return format_html('<span class="sinks-path"><strong>{}</strong> {}</span>{}', sink.method, sink.path, more)

    @admin.display(description="state", ordering="active")
    def state(self, sink: Sink) -> SafeString:
        state = state_of(sink)
        return format_html('<span class="hub-badge" data-status="{}">{}</span>', _status(state), state)

    @admin.display(description="last delivery")
    def last_delivery(self, sink: Sink) -> str | SafeString:
        return moment(getattr(sink, "last", None))

    @admin.display(description="last 24 hours")
    def last_day(self, sink: Sink) -> str | SafeString:
        hours: Hours | None = getattr(sink, "hours", None)
        return sparkline(hours) if hours is not None else "-"

    @admin.display(description="failed")
    def failures(self, sink: Sink) -> str | SafeString:
        hours: Hours | None = getattr(sink, "hours", None)
        count = sum(hours.failed) if hours is not None else 0
        if not count:
            return "0"
        address = links.runs_of(sink.pk, status="bad", time="day")
        return format_html('<a class="hub-link sinks-failed" href="{}">{}</a>', address, f"{count:,}")

    @admin.display(description="workflow", ordering="workflow")
    def workflow_name(self, sink: Sink) -> str | SafeString:
        if sink.deliver_signal:
            return f"(signal {sink.deliver_signal})"
        if registry.find(sink.workflow):
            return sink.workflow
        return format_html('{} <span class="sinks-failed">(not installed)</span>', sink.workflow)


def _status(state: str) -> str:
    return state if state == "active" else "paused"
