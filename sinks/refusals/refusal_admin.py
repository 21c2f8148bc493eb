"""Refusals in the admin: the list, and the page of a refusal with its request, where it is accepted or deleted."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from sinks.access import permissions
from sinks.admin.by_members import ByMembersAdmin
from sinks.models import Refusal, Sink
from sinks.refusals.acceptance import Accepted, CannotAccept, accept, warning_of, why_not
from sinks.refusals.documents import listed
from sinks.refusals.refusal_list import choices, numbers, read_page
from sinks.refusals.refusal_page import shown

_LIST = "admin:sinks_refusal_changelist"


@admin.register(Refusal)
class RefusalAdmin(ByMembersAdmin):
    """The admin of refusals, which nobody edits."""

    app_id_field = "sink__app__app_id"
    fields = ["id"]  # the pages have their own templates

    def _may(self, request: HttpRequest, verb: str, obj: Any = None) -> bool:
        app = obj and obj.sink.app_id
        return verb in {"view", "delete"} and permissions.may(request.user, f"sinks.{verb}_refusal", app)

    def get_readonly_fields(self, request: HttpRequest, obj: Refusal | None = None) -> list[str]:
        return ["id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Refusal]:
        return listed(super().get_queryset(request))

    def get_urls(self) -> list[URLPattern]:
        views: dict[str, Callable[..., HttpResponse]] = {
            "sinks_refusal_bulk": self.bulk_view,
            "sinks_refusal_accept": self.accept_view,
        }
        bulk, one = (self.admin_site.admin_view(view) for view in views.values())
        return [
            path("bulk/", bulk, name="sinks_refusal_bulk"),
            path("<path:object_id>/accept/", one, name="sinks_refusal_accept"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        # Of the request, the head is read too: it has the type of the event.
        refusals = self.get_queryset(request).defer(None).defer("body", "path_params", "expected", "came", "raw_path")
        page = read_page(refusals, request.GET)
        apps = permissions.apps(request.user, "sinks.view_refusal")
        sinks = Sink.objects.all() if apps is None else Sink.objects.filter(app__app_id__in=apps)
        context = {
            **self.admin_site.each_context(request),
            "title": "Refusals",
            "opts": self.opts,
            "page": page,
            **choices(sinks, page.chosen),
            "may_accept": permissions.may(request.user, "sinks.accept_refusal")
            or permissions.may(request.user, "runs.add_run"),
            "may_delete": self._may(request, "delete"),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/sinks/refusal/list.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        more: dict[str, Any] = {}
        refusal = self.get_object(request, unquote(object_id))
        if refusal is not None and self.has_view_permission(request, refusal):
            more = shown(refusal)
            document = more["shown"]
            may_accept = self._may_accept_any(request, refusal) or (
                document["verified"] and self._may_replay(request, refusal)
            )
            more |= {
                "may_accept": may_accept and document["acceptable"],
                "may_delete": self._may(request, "delete", refusal),
                "may_see_sink": permissions.may(request.user, "sinks.view_sink", refusal.sink.app_id),
                "may_change_sink": permissions.may(request.user, "sinks.change_sink", refusal.sink.app_id),
            }
        response: HttpResponse = super().change_view(request, object_id, form_url, (extra_context or {}) | more)
        return response

    def accept_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask whether to run a refused delivery after all; with POST, do it and show its run."""
        refusal = self.get_object(request, unquote(object_id))
        if refusal is None:
            raise Http404("No such refusal.")
        may_accept_any = self._may_accept_any(request, refusal)
        if not (self.has_view_permission(request, refusal) and (may_accept_any or self._may_replay(request, refusal))):
            raise PermissionDenied
        if request.method != "POST":
            return self._ask_to_accept(request, refusal)
        # The page shows the warning beside the button; without it, the sender was verified when the page was shown.
        is_warned = request.POST.get("unverified") == "1"
        try:
            done = self._accept(request, refusal, only_verified=not (may_accept_any and is_warned))
        except CannotAccept as error:
            self.message_user(request, str(error), messages.ERROR)
            return redirect("admin:sinks_refusal_change", refusal.pk)
        if done.warning:
            self.message_user(request, f"Accepted. {done.warning}", messages.WARNING)
        if done.run is not None and permissions.may(request.user, "runs.view_run", refusal.sink.app_id):
            return redirect("admin:runs_run_change", done.run.pk)
        self.message_user(request, f"Accepted as the {_became(done)}.")
        return redirect("admin:sinks_refusal_change", refusal.pk)

    def bulk_view(self, request: HttpRequest) -> HttpResponse:
        """Ask whether to accept or delete the selected refusals; with POST, do it."""
        values = request.POST if request.method == "POST" else request.GET
        found = list(self.get_queryset(request).filter(pk__in=numbers(values.getlist("id"))).order_by("pk"))
        action = values.get("action", "")
        if action not in {"accept", "delete"} or not self.has_view_permission(request):
            raise PermissionDenied
        if not found:
            self.message_user(request, "Select refusals first.", messages.WARNING)
            return redirect(_LIST)
        if action == "delete":
            return self._delete_many(request, found)
        return self._accept_many(request, found)

    def _delete_many(self, request: HttpRequest, refusals: list[Refusal]) -> HttpResponse:
        yours = [refusal for refusal in refusals if self._may(request, "delete", refusal)]
        if not yours:
            raise PermissionDenied
        if request.method != "POST":
            lines = [
                f"Refusals: {len(yours)}, of {_count(len({refusal.sink_id for refusal in yours}), 'sink')}.",
                "Their requests are lost. The counts on the overview stay.",
            ]
            return self._ask(request, "Delete the selected refusals?", lines, "delete", yours, "Delete")
        for refusal in yours:
            self.log_deletions(request, [refusal])
        Refusal.objects.filter(pk__in=[refusal.pk for refusal in yours]).delete()
        self.message_user(request, f"Deleted: {len(yours)}.")
        return redirect(_LIST)

    def _accept_many(self, request: HttpRequest, refusals: list[Refusal]) -> HttpResponse:
        yours = [each for each in refusals if self._may_accept_any(request, each) or self._may_replay(request, each)]
        if not yours:
            raise PermissionDenied
        if request.method != "POST":
            fit = [refusal for refusal in yours if not why_not(refusal)]
            unverified = sum(bool(warning_of(refusal)) for refusal in fit)
            lines = [f"Each starts a run, or is sent as a signal. Selected: {len(yours)}."]
            if len(fit) < len(yours):
                lines.append(f"Already accepted, or not kept completely: {len(yours) - len(fit)}. They are left out.")
            if unverified:
                lines.append(
                    f"The sender is not verified: {unverified}. Anyone may have sent these deliveries. They are left "
                    "out; accept each on its own page."
                )
            return self._ask(request, "Accept the selected refusals?", lines, "accept", yours, "Accept")
        count, faults = 0, dict[str, int]()
        for refusal in yours:
            try:
                self._accept(request, refusal, only_verified=True)
            except CannotAccept as error:
                faults[str(error)] = faults.get(str(error), 0) + 1
            else:
                count += 1
        if count:
            self.message_user(request, f"Accepted: {count}.")
        for text, times in faults.items():
            self.message_user(request, f"Not accepted: {times}. {text}", messages.WARNING)
        return redirect(_LIST)

    def _ask_to_accept(self, request: HttpRequest, refusal: Refusal) -> HttpResponse:
        back = reverse("admin:sinks_refusal_change", args=[refusal.pk])
        if reason := why_not(refusal):
            self.message_user(request, reason, messages.ERROR)
            return redirect(back)
        warning = warning_of(refusal)
        if warning and not self._may_accept_any(request, refusal):
            raise PermissionDenied
        lines = [
            f"The delivery to {refusal.sink} starts a run after all, or is sent as a signal.",
            warning or "Its sender is verified: the sink would take this delivery now.",
        ]
        return self._confirm(
            request,
            title="Accept the refusal?",
            lines=lines,
            action="Accept without verification" if warning else "Accept",
            danger=bool(warning),
            hidden=[("unverified", "1")] if warning else [],
            back=back,
        )

    def _ask(
        self, request: HttpRequest, title: str, lines: list[str], action: str, refusals: list[Refusal], button: str
    ) -> HttpResponse:
        hidden = [("action", action), *(("id", str(refusal.pk)) for refusal in refusals)]
        is_harm = action == "delete"
        return self._confirm(
            request, title=title, lines=lines, action=button, danger=is_harm, hidden=hidden, back=reverse(_LIST)
        )

    def _confirm(self, request: HttpRequest, **context: Any) -> HttpResponse:
        whole = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, "admin/confirm.html", whole)

    def _accept(self, request: HttpRequest, refusal: Refusal, *, only_verified: bool) -> Accepted:
        done = accept(refusal, by=request.user.get_username(), only_verified=only_verified)
        verified = "" if not done.warning else " The sender was not verified."
        self.log_change(request, refusal, f"Accepted as the {_became(done)}.{verified}")
        return done

    def _may_accept_any(self, request: HttpRequest, refusal: Refusal) -> bool:
        return permissions.may(request.user, "sinks.accept_refusal", refusal.sink.app_id)

    def _may_replay(self, request: HttpRequest, refusal: Refusal) -> bool:
        return permissions.may(request.user, "runs.add_run", refusal.sink.app_id)


def _became(done: Accepted) -> str:
    return f"run {done.run.pk}" if done.run is not None else f"signal {done.signal}"


def _count(number: int, name: str) -> str:
    return f"1 {name}" if number == 1 else f"{number} {name}s"
