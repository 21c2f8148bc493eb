"""The views of a run's page: the page itself, its actions, its documents, and the comparison with another run."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from runs import ports
from runs.admin.comparison import Comparison, compare_documents, compare_requests
from runs.admin.run_documents import body_text, document_of
from runs.admin.run_links import links_of, previous_of
from runs.admin.run_page import recorded_output, request_shown, state_of
from runs.admin.signal_form import NotSent, send_signal
from runs.history.durations import as_text
from runs.history.log_lines import MAX_LINES, read_end
from runs.history.masking import Masks
from runs.ids import RUN_ID
from runs.models import BAD_ENDS, Delivery, Run
from runs.ports import source_of
from runs.recovery.cancel import cancel
from runs.recovery.resume import CannotResume, resume
from runs.workflows import registry


class RunViews:
    """The views of a run's page, for `RunAdmin`."""

    if TYPE_CHECKING:
        admin_site: Any
        find: Any
        get_queryset: Any
        has_cancel_permission: Any
        has_replay_permission: Any
        has_view_permission: Any
        log_change: Any
        message_user: Any
        opts: Any
        _replay: Any

    def page_views(self) -> dict[str, tuple[str, Callable[..., HttpResponse]]]:
        """Return the places and functions of the views, by the name of their URL."""
        return {
            "cancel": ("cancel", self.cancel_view),
            "replay": ("replay", self.replay_view),
            "resume": ("resume", self.resume_view),
            "signal": ("signal", self.signal_view),
            "state": ("state", self.state_view),
            "compare": ("compare", self.compare_view),
            "document": ("documents/<slug:part>", self.document_view),
        }

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Run | None:
        """Return a run, which a request reads once: Django's view of the page asks for it again."""
        known = request.__dict__.setdefault("_runs_by_id", {})
        if object_id not in known:
            known[object_id] = super().get_object(request, object_id, from_field)  # type: ignore[misc]
        found: Run | None = known[object_id]
        return found

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        more: dict[str, Any] = {}
        run = self.get_object(request, unquote(object_id))
        if run is not None and self.has_view_permission(request, run):
            more |= self._shown(request, run)
        view = super().change_view  # type: ignore[misc]
        response: HttpResponse = view(request, object_id, form_url, (extra_context or {}) | more)
        return response

    def _shown(self, request: HttpRequest, run: Run) -> dict[str, Any]:
        masks = Masks()
        log = read_end(run, masks)  # after the run, so that the log is complete if the run is over
        state = state_of(run, masks, log.output)
        source = source_of(run)
        delivery = Delivery.objects.filter(pk=run.pk).first()
        here = getattr(run, "here", "")
        return {
            "title": f"Run of {run.workflow}",
            "subtitle": None,
            "run": run,
            "bad_ends": BAD_ENDS,
            "sink": source.name if source is not None else "",
            "links": links_of(run, self.get_queryset(request)),
            "may_replay": self.has_replay_permission(request, run),
            "may_see_sink": run.source_id and ports.has_permission(request.user, "sinks.view_sink", run.app_id),
            "may_resume": run.status in BAD_ENDS and self.has_cancel_permission(request, run),
            "may_cancel": self.has_cancel_permission(request, run),
            "may_signal": _may_signal(request, run),
            "state": state,
            "log": log,
            "lines": [*log.lines, log.end_line][-MAX_LINES:] if log.end_line else log.lines,
            "progress": 100 if run.status == Run.Status.COMPLETE else log.progress,
            "delivery": request_shown(run, delivery, masks, here, source) if delivery is not None else None,
            "is_installed": registry.find(run.workflow) is not None,
            "options": json.dumps(run.options, indent=2, ensure_ascii=False),
            "time_limit": as_text(run.timeout),
            "most_lines": MAX_LINES,
            "refresh_interval": settings.RUN_PAGE_REFRESH_INTERVAL,
        }

    def state_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Return a run's state as JSON, which its open page polls."""
        run = self.find(request, object_id)
        if not self.has_view_permission(request, run):
            raise PermissionDenied
        return JsonResponse(state_of(run))

    def document_view(self, request: HttpRequest, object_id: str, part: str) -> HttpResponse:
        """Return the body, the output or a step's result as text, for the page's trees."""
        run = self.find(request, object_id)
        if not self.has_view_permission(request, run):
            raise PermissionDenied
        text = document_of(run, part)
        if text is None:
            raise Http404("The run has no such document.")
        # A lone surrogate has no UTF-8.
        response = HttpResponse(text.encode("utf-8", "backslashreplace"), content_type="text/plain; charset=utf-8")
        # Callers and workflows choose the text: no browser may take it for a page.
        response["Content-Security-Policy"] = "default-src 'none'; sandbox"
        response["X-Content-Type-Options"] = "nosniff"
        response["Cache-Control"] = "no-store"
        return response

    def cancel_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask whether to cancel a run, and cancel it."""
        run = self.find(request, object_id)
        if not self.has_cancel_permission(request, run):
            raise PermissionDenied
        if request.method != "POST":
            lines = [f"Run {run.pk} of the workflow {run.workflow} ends as soon as it can.", "Its effects so far stay."]
            return self._ask(request, run, "Cancel this run?", lines, "Cancel the run", danger=True)
        if cancel(run):
            self.log_change(request, run, "Requested cancellation.")
            self.message_user(request, "The run is being cancelled.")
        else:
            self.message_user(request, "The run had already ended.", messages.WARNING)
        return redirect("admin:runs_run_change", run.pk)

    def replay_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Replay a run. The page asks before it replays a complete run, because its effects happen again."""
        run = self.find(request, object_id)
        if not self.has_replay_permission(request, run):
            raise PermissionDenied
        if request.method != "POST":
            lines = [
                f"A new run gets the request of {run.pk}, and the workflow and options that its sink has now.",
                "All steps are executed again, also those that were complete: their effects happen twice.",
            ]
            return self._ask(request, run, "Replay this run?", lines, "Replay the run")
        new = self._replay(request, run)
        if new is not None:
            self.message_user(request, f"This run is a replay of {run.pk}.")
        return redirect("admin:runs_run_change", (new or run).pk)

    def resume_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Resume a run, for the button on its page."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        run = self.find(request, object_id)
        if not self.has_cancel_permission(request, run):
            raise PermissionDenied
        try:
            resume(run.pk)
        except CannotResume as error:
            self.message_user(request, str(error), messages.ERROR)
        else:
            self.log_change(request, run, "Resumed.")
            self.message_user(request, "The run continues as its next attempt.")
        return redirect("admin:runs_run_change", run.pk)

    def signal_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Send the signal for which a run waits, from the form on its page."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        run = self.find(request, object_id)
        if not _may_signal(request, run):
            raise PermissionDenied
        name, key, payload = (request.POST.get(field, "") for field in ("name", "key", "payload"))
        try:
            send_signal(run, name, key, payload)
        except NotSent as error:
            context = {
                **self._context(request, run, "The signal was not sent"),
                "fault": str(error),
                "wait": {"name": name, "key": key},
                "payload": payload,
            }
            return TemplateResponse(request, "admin/runs/run/signal.html", context, status=400)
        self.log_change(request, run, f"Sent the signal {name}.")
        self.message_user(request, f"The signal {name} was sent.")
        return redirect("admin:runs_run_change", run.pk)

    def compare_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the differences between a run and another one, or a choice of other ones."""
        run = self.find(request, object_id)
        if not self.has_view_permission(request, run):
            raise PermissionDenied
        visible = self.get_queryset(request)
        wanted = request.GET.get("with", "").strip()
        other = visible.filter(pk=wanted).first() if RUN_ID.fullmatch(wanted) else None
        context = {**self._context(request, run, "Compare two runs"), "run": run, "other": other, "wanted": wanted}
        if other is None:
            # The same answer for a run that the user may not view as for one that does not exist.
            context |= {"links": links_of(run, visible), "previous": previous_of(run, visible)}
        else:
            masks = Masks()
            errors = [
                masks.text(one.app_id, f"{one.error_type}: {one.error_message}") if one.error_type else ""
                for one in (run, other)
            ]
            context |= {"parts": _compared(run, other, masks), "both": (run, other), "errors": errors}
        return TemplateResponse(
            request, "admin/runs/run/compare.html", context, status=404 if wanted and other is None else 200
        )

    def _ask(
        self, request: HttpRequest, run: Run, title: str, lines: list[str], action: str, *, danger: bool = False
    ) -> HttpResponse:
        context = {
            **self._context(request, run, title),
            "lines": lines,
            "action": action,
            "danger": danger,
            "back": reverse("admin:runs_run_change", args=[run.pk]),
        }
        return TemplateResponse(request, "admin/confirm.html", context)

    def _context(self, request: HttpRequest, run: Run, title: str) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "opts": self.opts, "original": run, "title": title}


def _may_signal(request: HttpRequest, run: Run) -> bool:
    return ports.has_permission(request.user, "runs.signal_run", run.app_id)


def _compared(run: Run, other: Run, masks: Masks) -> list[Comparison]:
    """Compare the requests and outputs of two runs."""
    both = (run, other)
    kept = Delivery.objects.in_bulk([one.pk for one in both])
    found = compare_requests(*(request_shown(one, kept[one.pk], masks) if one.pk in kept else None for one in both))
    bodies = [body_text(one, kept[one.pk], masks) if one.pk in kept else None for one in both]
    outputs = [recorded_output(one, masks) if one.status == Run.Status.COMPLETE else None for one in both]
    for title, (left, right) in (("Body", bodies), ("Output", outputs)):
        if left or right:
            found.append(compare_documents(title, title.lower(), left, right))
    return found
