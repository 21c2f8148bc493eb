"""Apps and sinks in the admin. A token that is set is never shown again."""

import json
import shlex
from typing import Any
from urllib.parse import quote

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet, Value
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.debug import sensitive_post_parameters

from runs import registry
from sinks.models import ANY, MOST_LEVELS, App, Sink, check_storable, check_token

_MASK = "••••••••"


class _Decoder(json.JSONDecoder):
    """JSON that both databases can keep; of all else it says that it is none."""

    def decode(self, s: str, *args: Any) -> Any:
        try:
            value = super().decode(s, *args)
            check_storable(value)
        except json.JSONDecodeError:
            raise
        except (ValidationError, ValueError, RecursionError) as error:
            raise json.JSONDecodeError(str(error), s, 0) from None
        return value


class _OptionsField(forms.JSONField):
    default_error_messages = {
        "invalid": "Enter valid JSON, without NaN, Infinity, \\u0000 and lone surrogates, "
        f"and at most {MOST_LEVELS} levels deep.",
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs | {"decoder": _Decoder})


class SinkForm(forms.ModelForm):
    """A sink, with its token as a field that takes a new one and shows none."""

    auth_token = forms.CharField(
        label="Auth token",
        required=False,
        strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "class": "vTextField"}),
    )
    remove_token = forms.BooleanField(
        label="Remove the token",
        required=False,
        help_text="The sink is then public: whoever knows the address may use it.",
    )

    class Meta:
        model = Sink
        fields = [
            "app",
            "path",
            "method",
            "workflow",
            "options",
            "timeout",
            "engine",
            "attempts",
            "backoff",
            "active",
            "description",
        ]
        field_classes = {"options": _OptionsField}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = registry.names()
        current = self.instance.workflow
        # One that is not installed any more stays visible, and is refused with the reason when the form is saved.
        names = known if not current or current in known else [*known, current]
        self.fields["workflow"] = forms.ChoiceField(choices=[("", "---------"), *((name, name) for name in names)])
        for name in {"attempts", "backoff"} & self.fields.keys():
            self.fields[name].required = False  # empty is the default
        self.fields["auth_token"].help_text = (
            f"A token is set ({_MASK}). Leave this empty to keep it, or type a new one."
            if self.instance.encrypted_token
            else "Requests must then carry 'Authorization: Bearer <token>'. Left empty, the sink is public."
        )
        if not self.instance.encrypted_token:
            del self.fields["remove_token"]

    def clean_auth_token(self) -> str:
        token = str(self.cleaned_data["auth_token"])
        check_token(token)
        return token

    def clean_options(self) -> Any:
        # An empty box is an empty object.
        options = self.cleaned_data["options"]
        return {} if options is None else options

    def clean_attempts(self) -> int:
        return int(self._given("attempts"))

    def clean_backoff(self) -> float:
        return float(self._given("backoff"))

    def _given(self, name: str) -> Any:
        given = self.cleaned_data[name]
        return Sink._meta.get_field(name).default if given is None else given  # type: ignore[union-attr]

    def clean(self) -> dict[str, Any] | None:
        data = super().clean()
        if self.cleaned_data.get("auth_token") and self.cleaned_data.get("remove_token"):
            raise ValidationError({"remove_token": "Either type a new token or remove the old one."})
        return data

    def save(self, commit: bool = True) -> Sink:
        if token := self.cleaned_data.get("auth_token"):
            self.instance.auth_token = token
        elif self.cleaned_data.get("remove_token"):
            self.instance.auth_token = ""
        sink: Sink = super().save(commit)
        return sink


@admin.register(App)
class AppAdmin(admin.ModelAdmin):
    """Apps."""

    list_display = ["app_id", "name", "active", "sink_count"]
    list_filter = ["active"]
    search_fields = ["app_id", "name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[App]:
        apps: QuerySet[App] = super().get_queryset(request)
        return apps.annotate(number_of_sinks=Count("sinks"))

    def get_readonly_fields(self, request: HttpRequest, obj: App | None = None) -> list[str]:
        return ["created_at", "sinks_link"] if obj else []

    @admin.display(description="sinks", ordering="number_of_sinks")
    def sink_count(self, app: App) -> int:
        return int(getattr(app, "number_of_sinks", 0))

    @admin.display(description="sinks")
    def sinks_link(self, app: App) -> SafeString:
        address = reverse("admin:sinks_sink_changelist")
        return format_html('<a href="{}?app__id__exact={}">{} sinks</a>', address, app.pk, self.sink_count(app))


@admin.register(Sink)
class SinkAdmin(admin.ModelAdmin):
    """Sinks."""

    form = SinkForm
    list_display = ["__str__", "app", "method", "path", "workflow", "access", "active"]
    list_filter = ["active", "workflow", "method", "app"]
    list_select_related = ["app"]
    search_fields = ["path", "app__app_id", "app__name", "description"]
    autocomplete_fields = ["app"]
    actions = ["activate", "deactivate"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Sink]:
        # Sinks are shown with the address that the admin is open at: it is known to lead here.
        sinks: QuerySet[Sink] = super().get_queryset(request)
        return sinks.annotate(origin=Value(request.build_absolute_uri("/")[:-1]))

    def get_fieldsets(self, request: HttpRequest, obj: Sink | None = None) -> Any:
        token = ["auth_token"]
        if obj and obj.encrypted_token and self.has_change_permission(request, obj):
            token.append("remove_token")
        address: list[tuple[str | None, dict[str, Any]]] = [("Use", {"fields": ["url", "curl"]})] if obj else []
        return [
            (None, {"fields": ["app", "path", "method", *token]}),
            ("Workflow", {"fields": ["workflow", "options", "timeout"]}),
            ("Execution", {"fields": ["engine", "attempts", "backoff"]}),
            (None, {"fields": ["active", "description"]}),
            *address,
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Sink | None = None) -> list[str]:
        return ["url", "curl"] if obj else []

    @method_decorator(sensitive_post_parameters("auth_token"))
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().changeform_view(request, *args, **kwargs)
        return response

    @admin.display(description="Auth token")
    def auth_token(self, sink: Sink) -> str:
        # Who may only view a sink gets each field of the form as text. Without this one, that would be the property of
        # the same name: the token itself.
        return _MASK if sink.encrypted_token else "none: the sink is public"

    @admin.display(description="access")
    def access(self, sink: Sink) -> str:
        return "token" if sink.encrypted_token else "public"

    @admin.display(description="addresses")
    def url(self, sink: Sink) -> SafeString:
        return format_html("<code>{}</code><br><code>{}</code>", _url(sink, "/sink/trigger/http"), _url(sink))

    @admin.display(description="try it")
    def curl(self, sink: Sink) -> SafeString:
        method = "POST" if sink.method == ANY else sink.method
        # curl would wait for the body of a HEAD that it was told of with -X.
        start = "curl -I" if method == "HEAD" else f"curl -N -X {shlex.quote(method)}"
        parts = [f"{start} {shlex.quote(_url(sink))}"]
        if sink.encrypted_token:
            parts.append('-H "Authorization: Bearer $TOKEN"')
        if method not in {"GET", "HEAD"}:
            parts.append("-H 'Content-Type: application/json' -d '{}'")
        return format_html("<code>{}</code>", " ".join(parts))

    @admin.action(description="Activate the selected sinks", permissions=["change"])
    def activate(self, request: HttpRequest, sinks: QuerySet[Sink]) -> None:
        self.message_user(request, f"Activated: {sinks.update(active=True)}.")

    @admin.action(description="Deactivate the selected sinks", permissions=["change"])
    def deactivate(self, request: HttpRequest, sinks: QuerySet[Sink]) -> None:
        self.message_user(request, f"Deactivated: {sinks.update(active=False)}. They answer 404 now.")


def _url(sink: Sink, prefix: str = "") -> str:
    path = quote(f"/{sink.app.app_id}{sink.path}", safe="/{}!$&'()*+,;=:@")
    return f"{getattr(sink, 'origin', '')}{prefix}{path}"
