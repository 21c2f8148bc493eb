"""The page of the audit log in the admin."""

import csv
from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from unfold.admin import ModelAdmin

from sinks.access import permissions
from sinks.audit.entries import KINDS, filtered, visible
from sinks.models import AuditEntry

_PAGE_SIZE = 50
_MAX_CSV = 100_000  # entries
_COLUMNS = ("at", "via", "user", "program", "address", "kind", "app_id", "object", "text")
_INPUT = {"class": "hub-input"}


class AuditFilterForm(forms.Form):
    """The filter of the page."""

    user = forms.CharField(required=False, max_length=150, widget=forms.TextInput(_INPUT | {"autocomplete": "off"}))
    kind = forms.ChoiceField(
        label="Action",
        required=False,
        choices=[("", "All"), *sorted(KINDS.items(), key=lambda item: item[1])],
        widget=forms.Select(_INPUT),
    )
    app_id = forms.CharField(
        label="App id", required=False, max_length=64, widget=forms.TextInput(_INPUT | {"autocomplete": "off"})
    )
    since = forms.DateTimeField(
        label="From", required=False, widget=forms.DateTimeInput(_INPUT | {"type": "datetime-local"}, "%Y-%m-%dT%H:%M")
    )
    until = forms.DateTimeField(
        label="Until", required=False, widget=forms.DateTimeInput(_INPUT | {"type": "datetime-local"}, "%Y-%m-%dT%H:%M")
    )
    before = forms.IntegerField(required=False, min_value=0, max_value=2**63 - 1, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name in ("user", "app_id"):
            if "\0" in data.get(name, ""):
                self.add_error(name, "This text cannot be searched for.")
        return data


@admin.register(AuditEntry)
class AuditAdmin(ModelAdmin):  # type: ignore[misc]
    """The audit log: read by owners for their apps, and by superusers for all; changed by nobody."""

    def get_urls(self) -> list[URLPattern]:
        return [
            path("", self.admin_site.admin_view(self.list_view), name="sinks_auditentry_changelist"),
            path("csv/", self.admin_site.admin_view(self.csv_view), name="sinks_auditentry_csv"),
        ]

    def list_view(self, request: HttpRequest) -> HttpResponse:
        """Show a page of the entries that the filter selects, the newest first."""
        self._check(request)
        form = AuditFilterForm(request.GET)
        rows: list[AuditEntry] = []
        if form.is_valid():
            # One more than are shown tells whether there is another page, without a count.
            rows = list(filtered(visible(request.user), **form.cleaned_data)[: _PAGE_SIZE + 1])
        shown = rows[:_PAGE_SIZE]
        for row in shown:
            row.name = KINDS.get(row.kind, row.kind)  # type: ignore[attr-defined]  # for the template
        query = request.GET.copy()
        query.pop("before", None)
        filters = query.urlencode()
        if len(rows) > _PAGE_SIZE:
            query["before"] = str(shown[-1].pk)
        context = {
            **self.admin_site.each_context(request),
            "title": "Audit log",
            "opts": self.opts,
            "form": form,
            "rows": shown,
            "older": query.urlencode() if len(rows) > _PAGE_SIZE else "",
            "filters": filters,
            "is_later": bool(request.GET.get("before")),
            "is_filtered": any(request.GET.get(name) for name in ("user", "kind", "app_id", "since", "until")),
        }
        return TemplateResponse(request, "admin/sinks/auditentry/list.html", context)

    def csv_view(self, request: HttpRequest) -> HttpResponseBase:
        """Return the entries that the filter selects as CSV."""
        self._check(request)
        form = AuditFilterForm(request.GET)
        if not form.is_valid():
            return self.list_view(request)
        rows = filtered(visible(request.user), **form.cleaned_data)[:_MAX_CSV]
        name = f"audit-{timezone.now():%Y-%m-%d}.csv"
        return StreamingHttpResponse(
            _as_csv(rows.values_list(*_COLUMNS).iterator(chunk_size=500)),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
        )

    def has_view_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        return permissions.may(request.user, "sinks.view_auditentry", obj.app_id if obj else None)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        return False

    def _check(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied


class _Echo:
    def write(self, text: str) -> str:
        return text


def _as_csv(rows: Iterator[tuple[Any, ...]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield str(writer.writerow(_COLUMNS))
    for at, *texts in rows:
        # Spreadsheets take a text as a formula that begins with one of these characters.
        cells = [f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text for text in texts]
        yield str(writer.writerow([at.isoformat(timespec="seconds"), *cells]))
