"""Schedules in the admin: the list and its actions, the page of a schedule, and a button that starts a run."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from runs.history.moments import moment
from runs.workflows import registry
from sinks.access import permissions
from sinks.admin.by_members import ByAppFilter, SharedAdmin
from sinks.admin.stale_forms import StaleForm
from sinks.config import documents
from sinks.models import App, Schedule
from sinks.schedules import schedule_page
from sinks.schedules.firing import CannotRun, start_now


class ScheduleForm(StaleForm):
    """The form of a schedule."""

    class Meta:
        widgets = {"timezone": UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "workflow" not in self.fields:
            return  # the user may only view it
        known, current = registry.names(), self.instance.workflow
        # A workflow that is no longer installed stays visible, and validation reports it when the form is saved.
        names = known if not current or current in known else [*known, current]
        self.fields["workflow"] = forms.ChoiceField(
            choices=[("", "---------"), *((name, name) for name in names)],
            initial=current,
            widget=UnfoldAdminSelectWidget,
            help_text="The workflow to run.",
        )
        self.bring_up_to_date()


@admin.register(Schedule)
class ScheduleAdmin(SharedAdmin):
    """The admin of schedules."""

    app_id_field = "app__app_id"
    app_key_field = "app_id"
    form = ScheduleForm
    list_display = ["name", "state", "app", "workflow_name", "comes", "next_time", "last_time"]
    list_filter = ["active", "workflow", ("app", ByAppFilter)]
    list_select_related = ["app"]
    search_fields = ["name", "app__app_id", "app__name", "workflow", "description"]
    autocomplete_fields = ["app"]
    actions = ["activate", "deactivate"]
    warn_unsaved_form = True
    fieldsets = [
        (None, {"fields": ["app", "name"]}),
        ("Times", {"fields": ["cron", "timezone", "missed", "overlap"]}),
        ("Run", {"fields": ["workflow", "options", "payload", "engine"]}),
        (None, {"fields": ["active", "description"]}),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Schedule | None = None) -> list[str]:
        # A schedule cannot move to another app, because its runs belong to this app.
        return ["app"] if obj else []

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "app" and (apps := permissions.apps(request.user, "sinks.add_schedule")) is not None:
            kwargs["queryset"] = App.objects.filter(app_id__in=apps)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        return [
            path("<path:object_id>/run/", self.admin_site.admin_view(self.run_view), name="sinks_schedule_run"),
            path(
                "<path:object_id>/activation/",
                self.admin_site.admin_view(self.activation_view),
                name="sinks_schedule_activation",
            ),
            *super().get_urls(),
        ]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if schedule := context.get("original"):
            context |= {
                **schedule_page.shown(schedule),
                "workflow_gone": registry.find(schedule.workflow) is None,
                "may_change": self.has_change_permission(request, schedule),
                "may_start": self._may_start(request, schedule),
            }
        response: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return response

    def run_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Start a run of a schedule now, and show the run."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        schedule = self.get_object(request, unquote(object_id))
        if schedule is None:
            raise Http404("No such schedule.")
        if not self._may_start(request, schedule):
            raise PermissionDenied
        try:
            run = start_now(schedule)
        except CannotRun as error:
            self.message_user(request, str(error), messages.ERROR)
            return redirect("admin:sinks_schedule_change", schedule.pk)
        self.log_change(request, schedule, f"Started the run {run.pk}.")
        return redirect("admin:runs_run_change", run.pk)

    def activation_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask whether to deactivate a schedule; with POST, deactivate or activate it."""
        schedule = self.get_object(request, unquote(object_id))
        if schedule is None:
            raise Http404("No such schedule.")
        if not self.has_change_permission(request, schedule):
            raise PermissionDenied
        back = reverse("admin:sinks_schedule_change", args=[schedule.pk])
        if request.method != "POST":
            context = {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": f"Deactivate the schedule {schedule.name}?",
                "lines": [
                    "It starts no runs until it is activated. Times that pass meanwhile are not made up for.",
                    "Runs in progress go on.",
                ],
                "action": "Deactivate",
                "danger": False,
                "hidden": [],
                "back": back,
            }
            return TemplateResponse(request, "admin/confirm.html", context)
        self._switch(request, Schedule.objects.filter(pk=schedule.pk), active=request.POST.get("active") == "1")
        return redirect(back)

    def _may_start(self, request: HttpRequest, schedule: Schedule) -> bool:
        return permissions.may(request.user, "runs.start_run", schedule.app_id)

    @admin.display(description="state")
    def state(self, schedule: Schedule) -> SafeString:
        is_active = schedule.active and schedule.app.active
        text = "app inactive" if not schedule.app.active else "active" if schedule.active else "inactive"
        status = "active" if is_active else "paused"
        return format_html('<span class="hub-badge" data-status="{}">{}</span>', status, text)

    @admin.display(description="workflow", ordering="workflow")
    def workflow_name(self, schedule: Schedule) -> str | SafeString:
        if registry.find(schedule.workflow):
            return schedule.workflow
        return format_html('{} <span class="hub-mark">not installed</span>', schedule.workflow)

    @admin.display(description="times", ordering="cron")
    def comes(self, schedule: Schedule) -> SafeString:
        zone = "" if schedule.timezone == "UTC" else f" {schedule.timezone}"
        return format_html('<span class="font-mono" title="{}">{}</span>{}', schedule.in_words, schedule.cron, zone)

    @admin.display(description="next", ordering="next_at")
    def next_time(self, schedule: Schedule) -> str:
        return moment(schedule.next_at)

    @admin.display(description="last", ordering="last_at")
    def last_time(self, schedule: Schedule) -> str | SafeString:
        text = moment(schedule.last_at) if schedule.last_at is not None else "by hand"
        if not schedule.last_run_id:
            return "-"
        link = '<a class="hub-link" href="{}">{}</a>'
        return format_html(link, reverse("admin:runs_run_change", args=[schedule.last_run_id]), text)

    @admin.action(description="Activate", permissions=["change"])
    def activate(self, request: HttpRequest, schedules: QuerySet[Schedule]) -> None:
        self._switch(request, schedules, active=True)

    @admin.action(description="Deactivate", permissions=["change"])
    def deactivate(self, request: HttpRequest, schedules: QuerySet[Schedule]) -> None:
        self._switch(request, schedules, active=False)

    def _switch(self, request: HttpRequest, schedules: QuerySet[Schedule], *, active: bool) -> None:
        """Activate or deactivate those of the selected schedules that the user may change."""
        done, text = 0, "Activated" if active else "Deactivated"
        for schedule in schedules.select_related("app"):
            if not self._may(request, "change", schedule):
                self.message_user(request, f"No permission to change: {schedule}.", messages.WARNING)
                continue
            schedule.active = active
            try:
                schedule.full_clean()
            except ValidationError as error:
                lines = " ".join(line for lines in documents.messages(error).values() for line in lines)
                self.message_user(request, f"Not {text.lower()}: {schedule}: {lines}", messages.ERROR)
                continue
            schedule.save()
            self.log_change(request, schedule, f"{text}.")
            done += 1
        if done:
            self.message_user(request, f"{text}: {done}.")
