"""Sinks in the admin: the list, the page and the settings of a sink, and its test console."""

import json
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import connections
from django.db.models import QuerySet, Value
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import escapejs
from django.utils.safestring import SafeString
from django.views.decorators.debug import sensitive_post_parameters
from unfold.widgets import INPUT_CLASSES, TEXTAREA_CLASSES

from runs.history.moments import moment
from runs.workflows import registry
from sinks.access import encryption, permissions
from sinks.admin.by_members import ByAppFilter
from sinks.admin.callers_form import CALLER_FIELDS, CallersDisplay
from sinks.admin.option_fields import option_fields, options_of
from sinks.admin.sink_display import curl_of, rows_once, table_of, url_of
from sinks.admin.sink_form import HIDDEN, MASK, SinkForm, number_of_secrets
from sinks.config.warnings import warnings_of
from sinks.console import console, filter_trial
from sinks.console.sending import CannotSend
from sinks.dashboard import page
from sinks.dashboard.actions import SinkActions
from sinks.dashboard.sink_list import SinkList
from sinks.handshakes import admin_views as handshakes
from sinks.models import App, Sink
from sinks.setup.fieldsets import fieldsets_of
from sinks.setup.new_sink import NewSinkAdmin
from sinks.setup.panel import panel_of
from sinks.webhooks.examples import examples


@admin.register(Sink)
class SinkAdmin(SinkActions, SinkList, CallersDisplay, NewSinkAdmin):
    """The admin of sinks."""

    app_id_field = "app__app_id"
    app_key_field = "app_id"
    form = SinkForm
    list_display = ["address", "state", "app", "workflow_name", "access", "last_delivery", "last_day", "failures"]
    list_display_links = ["address"]
    list_filter = ["active", "workflow", "method", ("app", ByAppFilter)]
    list_select_related = ["app"]
    search_fields = ["path", "app__app_id", "app__name", "description"]
    actions = ["activate", "deactivate", "rotate_tokens", "replay_failed", "duplicate"]
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

    def get_urls(self) -> list[URLPattern]:
        return [
            path("<int:object_id>/", self.admin_site.admin_view(self.page_view), name="sinks_sink_page"),
            path("act/<str:action>/", self.admin_site.admin_view(self.act_view), name="sinks_sink_act"),
            path("<int:object_id>/token/", self.admin_site.admin_view(self.token_view), name="sinks_sink_token"),
            path("<int:object_id>/export/", self.admin_site.admin_view(self.export_view), name="sinks_sink_export"),
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
                "may_try": permissions.may(request.user, "runs.view_run", sink.app.app_id),
                "handshake": handshakes.context_of(sink),
            }
        else:
            context |= self.new_sink_context(request, context)
        response: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return response

    def page_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Show the page of a sink."""
        sink: Sink | None = self.get_queryset(request).select_related("app").filter(pk=object_id).first()
        if sink is None:
            raise Http404("No such sink.")
        if not self.has_view_permission(request, sink):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": str(sink),
            "opts": self.opts,
            "original": sink,
            "url": url_of(sink),
            "setup": panel_of(sink, url_of(sink)),
            **page.context_of(request, sink),
        }
        return TemplateResponse(request, "admin/sinks/sink/page.html", context)

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
