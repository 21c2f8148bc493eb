"""Sinks in the admin: the list and its actions, the page of a sink, its token and its test console."""

import json
import logging
import secrets as random
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connections, transaction
from django.db.models import QuerySet, Value
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import escapejs, format_html
from django.utils.safestring import SafeString
from django.views.decorators.debug import sensitive_post_parameters
from unfold.decorators import display
from unfold.widgets import INPUT_CLASSES, TEXTAREA_CLASSES

from runs.history import summaries
from runs.history.moments import moment
from runs.history.summaries import Hours
from runs.workflows import registry
from sinks.access import encryption, permissions
from sinks.admin.by_members import ByAppFilter
from sinks.admin.callers_form import CALLER_FIELDS, CallersDisplay
from sinks.admin.option_fields import option_fields, options_of
from sinks.admin.sink_display import curl_of, rows_once, table_of, url_of
from sinks.admin.sink_form import HIDDEN, MASK, SinkForm, number_of_secrets
from sinks.admin.sparkline import sparkline
from sinks.audit import entries as audit
from sinks.audit.changes import name_of, record_change
from sinks.config import documents
from sinks.config.sink_copy import duplicate as duplicate_of
from sinks.config.warnings import warnings_of
from sinks.console import console, filter_trial
from sinks.console.sending import CannotSend
from sinks.handshakes import admin_views as handshakes
from sinks.models import App, Sink
from sinks.setup.fieldsets import fieldsets_of
from sinks.setup.new_sink import NewSinkAdmin
from sinks.setup.panel import panel_of
from sinks.webhooks.examples import examples

logger = logging.getLogger(__name__)


@admin.register(Sink)
class SinkAdmin(CallersDisplay, NewSinkAdmin):
    """The admin of sinks."""

    app_id_field = "app__app_id"
    app_key_field = "app_id"
    form = SinkForm
    list_display = ["address", "state", "app", "workflow_name", "access", "last_delivery", "last_day"]
    list_display_links = ["address"]
    list_filter = ["active", "workflow", "method", ("app", ByAppFilter)]
    list_select_related = ["app"]
    search_fields = ["path", "app__app_id", "app__name", "description"]
    actions = ["activate", "deactivate", "rotate_tokens", "duplicate"]
    warn_unsaved_form = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Sink]:
        # Show the URLs of sinks with the origin of this request, because it is known to reach this server.
        sinks: QuerySet[Sink] = super().get_queryset(request)
        return sinks.annotate(origin=Value(request.build_absolute_uri("/")[:-1]))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "app" and (apps := permissions.apps(request.user, "sinks.add_sink")) is not None:
            kwargs["queryset"] = App.objects.filter(app_id__in=apps)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        # Lookups in the list's URL must not help to guess encrypted columns bit by bit.
        return not lookup.startswith("encrypted_") and bool(super().lookup_allowed(lookup, value, request))

    def get_fieldsets(self, request: HttpRequest, obj: Sink | None = None) -> Any:
        may_change = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        return fieldsets_of(obj, may_change=may_change)

    def get_readonly_fields(self, request: HttpRequest, obj: Sink | None = None) -> list[str]:
        # A sink cannot move to another app, because its runs belong to this app.
        return ["app", "outcomes", "refusals"] if obj else []

    def get_form(self, request: HttpRequest, obj: Sink | None = None, change: bool = False, **kwargs: Any) -> Any:
        # The fields that `get_fieldsets` names have to exist before Django creates the form class.
        form = type("SinkForm", (SinkForm,), option_fields())
        return super().get_form(request, obj, change, **kwargs | {"form": form})

    @property
    def conditional_fields(self) -> dict[str, str]:
        """The condition under which each option field is shown, by field name."""
        return {
            field: f"workflow == '{escapejs(name)}'"
            for name in registry.names()
            if (workflow := registry.find(name))
            for field in options_of(workflow).values()
        }

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changes = super().get_changelist_instance(request)
        # Two queries for the page, not two for each sink.
        page = list(changes.result_list)
        keys = [sink.pk for sink in page]
        last, hours = summaries.last_deliveries(keys), summaries.hours(keys)
        for sink in page:
            sink.last, sink.hours = last.get(sink.pk), hours[sink.pk]
        changes.result_list = page
        return changes

    def get_urls(self) -> list[URLPattern]:
        return [
            path("<path:object_id>/token/", self.admin_site.admin_view(self.token_view), name="sinks_sink_token"),
            *handshakes.urls(self),
            path("<path:object_id>/test/", self.admin_site.admin_view(self.console_view), name="sinks_sink_test"),
            path("<path:object_id>/filter/", self.admin_site.admin_view(self.filter_view), name="sinks_sink_filter"),
            path("<path:object_id>/send/", self.admin_site.admin_view(self.send_view), name="sinks_sink_send"),
            *super().get_urls(),
        ]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if sink := context.get("original"):
            context |= {
                "addresses": [url_of(sink), url_of(sink, "/sink/trigger/http")],
                "curl": curl_of(sink),
                "warnings": warnings_of(sink),
                "workflow_gone": registry.find(sink.workflow) is None,
                "broken_files": registry.broken() if registry.is_in_broken_file(sink.workflow) else {},
                "may_change": self.has_change_permission(request, sink),
                "may_see_refusals": permissions.may(request.user, "sinks.view_refusal", sink.app_id),
                "may_add": self._may(request, "add", sink),
                "may_try": permissions.may(request.user, "runs.view_run", sink.app.app_id),
                "handshake": handshakes.context_of(sink),
                "setup": panel_of(sink, url_of(sink)) if "created" in request.GET else None,
            }
        else:
            context |= self.new_sink_context(request, context)
        response: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return response

    def token_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show a sink's token, or a new one, to users who may change the sink. The history records each time."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        sink = self.get_object(request, unquote(object_id))
        if sink is None:
            raise Http404("No such sink.")
        if not self.has_change_permission(request, sink):
            raise PermissionDenied
        if request.POST.get("do") == "rotate":
            return self._new_tokens(request, Sink.objects.filter(pk=sink.pk))
        try:
            token = sink.auth_token
        except encryption.Unreadable as error:
            self.message_user(request, str(error), messages.ERROR)
            return redirect("admin:sinks_sink_change", sink.pk)
        if not token:
            self.message_user(request, "This sink has no token: anyone who knows its URL can use it.")
            return redirect("admin:sinks_sink_change", sink.pk)
        self.log_change(request, sink, "Viewed the token.")
        audit.record(request, "secret.revealed", app_id=sink.app.app_id, object=name_of(sink), text="its token")
        logger.info("token shown: sink=%d user=%s", sink.pk, request.user.get_username())
        return self._shown(request, "Token", [(sink, token)])

    def console_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the test console of a sink."""
        sink = self._to_test(request, object_id)
        found = examples(sink.provider)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Test {sink}",
            "opts": self.opts,
            "original": sink,
            "sink": sink,
            "url": url_of(sink),
            "methods": console.methods(sink),
            "parameters": console.parameters(sink),
            "examples": found,
            "first": found[0] if sink.provider else None,  # the provider's own
            "examples_data": [
                {"query": example.query, "headers": example.headers, "body": example.body} for example in found
            ],
            "run_page": reverse("admin:runs_run_change", args=["RUN"]),
            "input": " ".join(INPUT_CLASSES),
            "area": " ".join(TEXTAREA_CLASSES),
        }
        return TemplateResponse(request, "admin/sinks/sink/console.html", context)

    def send_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Send the request of the test console's form, and stream the response as lines of JSON."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        sink = self._to_test(request, object_id)
        try:
            outgoing = console.request_of(request.POST, sink, console.this_server(request))
        except (CannotSend, encryption.Unreadable) as error:
            return HttpResponse(json.dumps({"error": str(error)}) + "\n", content_type="application/x-ndjson")
        self.log_change(request, sink, "Sent a test request.")
        # Django would only close them after the response, which lasts as long as the run.
        connections.close_all()
        return StreamingHttpResponse(
            console.relayed(outgoing, console.longest_run(sink) + settings.SINK_TEST_TIMEOUT),
            content_type="application/x-ndjson",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    @method_decorator(sensitive_post_parameters(*HIDDEN))  # the form of the sink is sent, with all its fields
    def filter_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show which recorded deliveries a filter would let start a run: the sink's, or that of a submitted form."""
        sink = self._to_test(request, object_id)
        if not permissions.may(request.user, "runs.view_run", sink.app.app_id):
            raise PermissionDenied
        typed = {name: request.POST.get(name, getattr(sink, name)).strip() for name in ("filter", "payload")}
        context = {
            **self.admin_site.each_context(request),
            "title": f"Try the filter of {sink}",
            "opts": self.opts,
            "original": sink,
            "sink": sink,
            **filter_trial.page_of(sink, typed),
            "area": " ".join(TEXTAREA_CLASSES),
        }
        return TemplateResponse(request, "admin/sinks/sink/filter.html", context, headers={"Cache-Control": "no-store"})

    def _to_test(self, request: HttpRequest, object_id: str) -> Sink:
        """Return the sink to users who may change it, since a test uses its token and secrets."""
        sink = self.get_object(request, unquote(object_id))
        if sink is None:
            raise Http404("No such sink.")
        if not self.has_change_permission(request, sink):
            raise PermissionDenied
        found: Sink = sink
        return found

    def _new_tokens(self, request: HttpRequest, sinks: QuerySet[Sink]) -> HttpResponse:
        made = []
        with transaction.atomic():
            for sink in sinks.select_related("app").select_for_update(of=("self",)).order_by("pk"):
                sink.auth_token = token = random.token_urlsafe(32)
                sink.save(update_fields=["encrypted_token", "changed_at"])
                self.log_change(request, sink, "Generated a new token.")
                made.append((sink, token))
        return self._shown(request, "New token" if len(made) == 1 else "New tokens", made)

    def _shown(self, request: HttpRequest, title: str, shown: list[tuple[Sink, str]]) -> HttpResponse:
        here = request.build_absolute_uri("/")[:-1]
        rows = [(sink, token, url_of(sink, here=here), curl_of(sink, here, token)) for sink, token in shown]
        context = {**self.admin_site.each_context(request), "title": title, "opts": self.opts, "rows": rows}
        response = TemplateResponse(request, "admin/sinks/sink/tokens.html", context)
        response["Cache-Control"] = "no-store"
        return response

    @method_decorator(sensitive_post_parameters(*HIDDEN, *CALLER_FIELDS))
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().changeform_view(request, *args, **kwargs)
        return response

    def save_model(self, request: HttpRequest, obj: Sink, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if form.removed_secrets:
            self.message_user(request, "The signing secrets were removed together with their scheme.", messages.WARNING)

    # Users who may only view a sink see each form field as text. Without these three methods, Django would show the
    # model's property of the same name: the token itself.

    @admin.display(description="Bearer token")
    def auth_token(self, sink: Sink) -> str:
        return MASK if sink.encrypted_token else "none"

    @admin.display(description="Signing secrets")
    def secrets(self, sink: Sink) -> str:
        return f"{MASK} {number_of_secrets(sink)}" if sink.encrypted_secrets else "none"

    @admin.display(description="Verify token")
    def verify_token(self, sink: Sink) -> str:
        return MASK if sink.encrypted_verify_token else "none"

    @admin.display(description="counts")
    def outcomes(self, sink: Sink) -> SafeString | str:
        rows = rows_once(sink, "outcome_rows", sink.outcomes.order_by("-count").values_list("kind", "count", "last_at"))
        return table_of(["kind", "deliveries", "last"], [(kind, count, moment(last)) for kind, count, last in rows])

    @admin.display(description="last refusals")
    def refusals(self, sink: Sink) -> SafeString | str:
        newest = sink.refusals.values_list("at", "status", "reason", "client")[:20]
        rows = rows_once(sink, "refusal_rows", newest)
        return table_of(["time", "status", "reason", "client"], [(moment(at), *rest) for at, *rest in rows])

    @admin.display(description="sink", ordering="path")
    def address(self, sink: Sink) -> SafeString:
        return format_html('<span class="font-mono"><strong>{}</strong> {}</span>', sink.method, sink.path)

    @display(description="state", label={"active": "success", "app inactive": "warning", "inactive": "warning"})  # type: ignore[untyped-decorator]
    def state(self, sink: Sink) -> str:
        return "app inactive" if not sink.app.active else "active" if sink.active else "inactive"

    @admin.display(description="last delivery")
    def last_delivery(self, sink: Sink) -> str | SafeString:
        return moment(getattr(sink, "last", None))

    @admin.display(description="last 24 hours")
    def last_day(self, sink: Sink) -> str | SafeString:
        hours: Hours | None = getattr(sink, "hours", None)
        return sparkline(hours) if hours is not None else "-"

    @admin.display(description="workflow", ordering="workflow")
    def workflow_name(self, sink: Sink) -> str | SafeString:
        if sink.deliver_signal:
            return f"(signal {sink.deliver_signal})"
        if registry.find(sink.workflow):
            return sink.workflow
        return format_html('{} <span class="text-red-700 dark:text-red-400">(not installed)</span>', sink.workflow)

    @admin.action(description="Activate", permissions=["change"])
    def activate(self, request: HttpRequest, sinks: QuerySet[Sink]) -> None:
        faults = []
        count = 0
        for sink in self._yours(request, sinks, "change"):
            sink.active = True
            try:
                sink.full_clean()
            except ValidationError as error:
                text = " ".join(line for lines in documents.messages(error).values() for line in lines)
                faults.append(f"{sink}: {text}")
                continue
            Sink.objects.filter(pk=sink.pk).update(active=True)
            self.log_change(request, sink, "Activated.")
            record_change(sink, {"active": (False, True)})
            count += 1
        if count:
            self.message_user(request, f"Activated: {count}.")
        for fault in faults:
            self.message_user(request, f"Not activated: {fault}", messages.ERROR)

    @admin.action(description="Deactivate", permissions=["change"])
    def deactivate(self, request: HttpRequest, sinks: QuerySet[Sink]) -> None:
        yours = self._yours(request, sinks, "change")
        Sink.objects.filter(pk__in=[sink.pk for sink in yours]).update(active=False)
        for sink in yours:
            self.log_change(request, sink, "Deactivated.")
            record_change(sink, {"active": (True, False)})
        self.message_user(request, f"Deactivated sinks: {len(yours)}. Deactivated sinks answer 404.")

    @admin.action(description="Generate new tokens", permissions=["change"])
    def rotate_tokens(self, request: HttpRequest, sinks: QuerySet[Sink]) -> HttpResponse | None:
        yours = [sink.pk for sink in self._yours(request, sinks, "change")]
        return self._new_tokens(request, Sink.objects.filter(pk__in=yours)) if yours else None

    @admin.action(description="Duplicate", permissions=["add"])
    def duplicate(self, request: HttpRequest, sinks: QuerySet[Sink]) -> None:
        for sink in self._yours(request, sinks, "add"):
            origin = str(sink)
            try:
                made = duplicate_of(sink)
            except ValidationError as error:
                text = " ".join(line for lines in documents.messages(error).values() for line in lines)
                self.message_user(request, f"Not duplicated: {origin}: {text}", messages.ERROR)
                continue
            self.log_addition(request, made, f"A duplicate of {origin}.")
            link = format_html('<a href="{}">{}</a>', reverse("admin:sinks_sink_change", args=[made.pk]), made)
            shared = " It has a new token." if made.encrypted_token else ""
            shared += " It has the same signing secrets and verify token." if made.encrypted_secrets else ""
            shared += " It admits the same callers." if made.encrypted_access else ""
            text = format_html("{} is a duplicate of {}. It is inactive.{}", link, origin, shared)
            self.message_user(request, text)

    def _yours(self, request: HttpRequest, sinks: QuerySet[Sink], verb: str) -> list[Sink]:
        """Return the selected sinks in whose apps the user has the permission, and warn about the others."""
        chosen = list(sinks.select_related("app"))
        yours = [sink for sink in chosen if self._may(request, verb, sink)]
        if left := len(chosen) - len(yours):
            self.message_user(request, f"No permission to {verb}: {left}.", messages.WARNING)
        return yours
