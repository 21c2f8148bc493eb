"""The admin's pages of waits and of kept signals. Runs make both, so that nobody adds or edits them."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.admin import ModelAdmin

from runs.ids import RUN_ID
from runs.models import Signal, Wait
from sinks.access import permissions
from sinks.waiting.waits import read_signals, read_waits

_OFFERED = 200  # apps in a choice


class _ByApp(ModelAdmin):  # type: ignore[misc]
    """An admin of what belongs to the runs of an app; there is only a list."""

    actions = None

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return permissions.may(request.user, "runs.view_run", obj and obj.app_id)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def change_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect(f"admin:runs_{self.opts.model_name}_changelist")

    def _shown(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        apps = permissions.apps(request.user, "runs.view_run")
        whole = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "app": request.GET.get("app", ""),
            "apps": sorted(apps)[:_OFFERED] if apps is not None else None,
            "is_later": "before" in request.GET,
            **context,
        }
        return TemplateResponse(request, template, whole)


@admin.register(Wait)
class WaitAdmin(_ByApp):
    """The list of what runs wait for."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        before = request.GET.get("before") or None
        if before is not None and not RUN_ID.fullmatch(before):
            raise Http404("No such page.")
        app = request.GET.get("app", "").strip()
        waits, after = read_waits(permissions.apps(request.user, "runs.view_run"), app, before)
        may_signal = permissions.apps(request.user, "runs.signal_run")
        rows = [(wait, may_signal is None or wait.run.app_id in may_signal) for wait in waits]
        return self._shown(
            request,
            "admin/runs/wait/list.html",
            {"title": "Waits", "rows": rows, "older": after, **(extra_context or {})},
        )


@admin.register(Signal)
class SignalAdmin(_ByApp):
    """The list of the signals that no run has taken."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.remove_view)
        return [path("<int:number>/remove/", view, name="runs_signal_remove"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        before = request.GET.get("before", "")
        number = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
        app = request.GET.get("app", "").strip()
        signals, after = read_signals(permissions.apps(request.user, "runs.view_run"), app, number)
        may_signal = permissions.apps(request.user, "runs.signal_run")
        rows = [(signal, may_signal is None or signal.app_id in may_signal) for signal in signals]
        context = {"title": "Signals", "rows": rows, "older": after, **(extra_context or {})}
        return self._shown(request, "admin/runs/signal_kept/list.html", context)

    def remove_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """Ask whether to delete a signal that no run has taken; with POST, do it."""
        signal = Signal.objects.filter(pk=number, taken_by="").defer("payload").first()
        if signal is None or not self.has_view_permission(request, signal):
            raise Http404("No such signal.")
        if not permissions.may(request.user, "runs.signal_run", signal.app_id):
            raise PermissionDenied
        if request.method != "POST":
            context = {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": f"Delete the signal {signal.name}?",
                "lines": [f"{signal} of {signal.app_id}.", "No run gets it then. A signal that a run has taken stays."],
                "action": "Delete",
                "danger": True,
                "hidden": [],
                "back": reverse("admin:runs_signal_changelist"),
            }
            return TemplateResponse(request, "admin/confirm.html", context)
        self.log_deletions(request, [signal])
        done, _ = Signal.objects.filter(pk=signal.pk, taken_by="").delete()
        self.message_user(request, "The signal was deleted." if done else "A run has taken the signal meanwhile.")
        return redirect("admin:runs_signal_changelist")
