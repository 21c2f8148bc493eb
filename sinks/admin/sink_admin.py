"""Apps and sinks in the admin. A token or secret that is set is never shown again."""

import json
import logging
import secrets as random
import shlex
from datetime import datetime
from itertools import count as counting
from typing import Any, cast
from urllib.parse import quote

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, connections, models, transaction
from django.db.models import Count, QuerySet, Value
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import escapejs, format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.debug import sensitive_post_parameters
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import (
    INPUT_CLASSES,
    TEXTAREA_CLASSES,
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from runs.history import summaries
from runs.history.durations import as_text
from runs.history.summaries import Hours
from runs.workflows import registry
from sinks.access import api_tokens, encryption, permissions
from sinks.access.encryption import Encrypted
from sinks.admin.option_fields import LEFT_OUT, OptionField, option_fields, options_of
from sinks.admin.sparkline import sparkline
from sinks.config import documents
from sinks.console import console
from sinks.console.sending import CannotSend
from sinks.models import (
    ANY,
    ApiToken,
    App,
    Membership,
    Sink,
    check_secrets,
    check_token,
    check_verify_token,
)
from sinks.routing import paths
from sinks.webhooks.examples import examples

logger = logging.getLogger(__name__)

_RUNS_STAY = "Runs of a deleted app stay, for as long as it said. An app that is made under the same id has them again."
_MASK = "••••••••"
# What is typed and never shown: where each is kept, and the checkbox that removes it.
_HIDDEN = {
    "auth_token": ("encrypted_token", "remove_token"),
    "secrets": ("encrypted_secrets", "remove_secrets"),
    "verify_token": ("encrypted_verify_token", "remove_verify_token"),
}
# The parts of the form that most sinks do without: each is folded up until a field of it is set.
_EXTRAS: list[tuple[str, str, list[str]]] = [
    ("Answer", "What the client of a request gets.", ["answer"]),
    (
        "Signature",
        "For webhooks: a delivery that is not signed with one of the secrets is refused with 401 and starts no run. "
        "While a provider changes to a new secret, both can be set.",
        [
            "signature",
            "secrets",
            "remove_secrets",
            "tolerance",
            "signature_header",
            "signature_prefix",
            "signature_algorithm",
            "signature_encoding",
            "verify_token",
            "remove_verify_token",
        ],
    ),
    (
        "Repeated deliveries",
        "A provider that is not sure sends a delivery again. Where its id is known, the repeat starts no second run.",
        ["dedupe_header", "dedupe_body", "dedupe_window"],
    ),
    ("Which deliveries", "All others are accepted and start no run.", ["filter"]),
    (
        "Limits",
        "Requests beyond the rate or the queue are refused with 429, larger bodies with 413.",
        ["rate", "concurrency", "queue", "body_limit"],
    ),
    ("Web forms and scripts", "For browsers on pages of other sites.", ["cors_origins", "redirect"]),
]


class _Unshown(UnfoldAdminTextareaWidget):  # type: ignore[misc]
    """A text area that, as a password's input does, does not give back what was typed."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, None, attrs)
        return context


class ApiTokenForm(forms.ModelForm):
    """An API token; its text is made when it is saved."""

    scopes = forms.MultipleChoiceField(
        choices=[(scope, scope) for scope in ApiToken.SCOPES], widget=UnfoldAdminCheckboxSelectMultipleWidget
    )


@admin.register(ApiToken)
class ApiTokenAdmin(ModelAdmin):  # type: ignore[misc]
    """API tokens: made here, shown once, and revoked by deleting them."""

    form = ApiTokenForm
    list_display = ["name", "hint", "user", "app", "scope_list", "expires_at", "last_used_at"]
    list_select_related = ["user", "app"]
    fields = ["name", "user", "app", "scopes", "expires_at"]
    search_fields = ["name"]

    def get_readonly_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> list[str]:
        return ["user"] if obj else []

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        tokens: QuerySet[ApiToken] = super().get_queryset(request)
        return tokens if _is_superuser(request) else tokens.filter(user=request.user.pk or 0)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "user":
            kwargs["initial"] = request.user.pk
            if not _is_superuser(request):
                # Nobody makes a token that may do more than they may.
                kwargs["queryset"] = get_user_model()._default_manager.filter(pk=request.user.pk or 0)
        if db_field.name == "app" and (apps := permissions.only(request.user)) is not None:
            kwargs["queryset"] = App.objects.filter(app_id__in=apps)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_delete_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        # One that is limited to an app goes with it; of others' nothing else is in reach (`get_queryset`).
        if super().has_delete_permission(request, obj):
            return True
        if obj is None or obj.app_id is None or permissions.only(request.user) is None:
            return False
        return permissions.may(request.user, "sinks.delete_app", obj.app_id)

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        if not change:
            obj.text = api_tokens.fill(obj)  # for the page that shows it, and kept nowhere else
        super().save_model(request, obj, form, change)

    def response_add(self, request: HttpRequest, obj: ApiToken, post_url_continue: str | None = None) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "title": "API token", "token": obj, "text": obj.text}
        response = TemplateResponse(request, "admin/sinks/apitoken/made.html", context)
        response["Cache-Control"] = "no-store"
        return response

    @admin.display(description="scopes")
    def scope_list(self, token: ApiToken) -> str:
        return ", ".join(token.scopes)


def _is_superuser(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))


class SinkForm(forms.ModelForm):
    """A sink, with its token and secrets as fields that take new ones and show none."""

    auth_token = forms.CharField(
        label="Auth token",
        required=False,
        strip=True,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
    )
    remove_token = forms.BooleanField(
        label="Remove the token",
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text="Whoever knows the address may then use it, unless deliveries must be signed.",
    )
    secrets = forms.CharField(
        label="Signing secrets",
        required=False,
        # A browser's spelling aid may send to its maker what is typed.
        widget=_Unshown(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"}),
    )
    remove_secrets = forms.BooleanField(label="Remove the secrets", required=False, widget=UnfoldBooleanSwitchWidget)
    verify_token = forms.CharField(
        label="Verify token",
        required=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
    )
    remove_verify_token = forms.BooleanField(
        label="Remove the verify token", required=False, widget=UnfoldBooleanSwitchWidget
    )

    class Meta:
        # The fields are those that `SinkAdmin.get_fieldsets` names.
        # The model says what is wrong with an address, and does so in the command's words too.
        field_classes = {"redirect": forms.CharField}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.removed_secrets = False  # together with their scheme
        known = registry.names()
        current = self.instance.workflow
        # One that is not installed any more stays visible, and is refused with the reason when the form is saved.
        names = known if not current or current in known else [*known, current]
        self.fields["workflow"] = forms.ChoiceField(
            choices=[("", "---------"), *((name, name) for name in names)],
            initial=current,
            widget=UnfoldAdminSelectWidget,
            help_text="What runs. Its options are below.",
        )
        if workflow := registry.find(current):
            for option, field in options_of(workflow).items():
                if field in self.fields and option in self.instance.options:
                    value = self.initial[field] = self.instance.options[option]
                    self.fields[field] = cast("OptionField", self.fields[field]).for_value(value)
        # Numbers and choices that are left empty are their defaults.
        self._defaults = {
            field.name: field.get_default()
            for field in Sink._meta.fields
            if field.name in self.fields
            and field.has_default()
            and (field.choices or isinstance(field, (models.IntegerField, models.FloatField)))
        }
        for name in self._defaults:
            self.fields[name].required = False
        self.fields["auth_token"].help_text = (
            f"A token is set ({_MASK}). Leave this empty to keep it, or type a new one."
            if self.instance.encrypted_token
            else "Requests must then carry 'Authorization: Bearer TOKEN'. Left empty, the sink is public, unless "
            "deliveries must be signed."
        )
        self.fields["secrets"].help_text = (
            f"{_number_of_secrets(self.instance)} Leave this empty to keep them, or type all that hold, one a line."
            if self.instance.encrypted_secrets
            else "One a line, as the provider shows them."
        )
        self.fields["verify_token"].help_text = (
            f"One is set ({_MASK}). Leave this empty to keep it, or type a new one."
            if self.instance.encrypted_verify_token
            else "For providers that check the address first, such as Meta: what is entered there as verify token."
        )
        for kept, removal in _HIDDEN.values():
            if not getattr(self.instance, kept):
                del self.fields[removal]

    def clean_auth_token(self) -> str:
        token = str(self.cleaned_data["auth_token"])
        check_token(token)
        return token

    def clean_secrets(self) -> list[str]:
        return [line.strip() for line in self.cleaned_data["secrets"].split("\n") if line.strip()]

    def clean_verify_token(self) -> str:
        token = str(self.cleaned_data["verify_token"])
        check_verify_token(token)
        return token

    def clean(self) -> dict[str, Any] | None:
        data = super().clean()
        for name, default in self._defaults.items():
            if self.cleaned_data.get(name, default) in {None, ""}:
                self.cleaned_data[name] = default
        for name, (kept, removal) in _HIDDEN.items():
            if self.cleaned_data.get(removal):
                if self.cleaned_data.get(name):
                    self.add_error(removal, "Either type what is to hold from now on, or remove what holds now.")
                else:
                    setattr(self.instance, kept, "")
        self._take_options()
        # All before the model looks at itself: it has to know whether there are secrets.
        for name in ("auth_token", "verify_token"):
            if token := self.cleaned_data.get(name):
                setattr(self.instance, name, token)
        self._take_secrets(self.cleaned_data.get("secrets", []))
        return data

    def _take_options(self) -> None:
        """Those of the workflow that is chosen; what other workflows would have is not looked at."""
        for name in set(self.fields) & set(self.errors):
            if name.startswith("option_") and name not in self._own_options().values():
                del self.errors[name]
        workflow = registry.find(self.cleaned_data.get("workflow", ""))
        if workflow is None:
            return  # one that is gone keeps what it has
        before = self.instance.options if self.instance.workflow == workflow.name else {}
        options = {}
        for option, field in options_of(workflow).items():
            if field not in self.changed_data and option in before:
                options[option] = before[option]  # an empty text too, which looks like none
            elif (value := self.cleaned_data.get(field, LEFT_OUT)) is not LEFT_OUT:
                options[option] = value
        self.instance.options = options

    def _own_options(self) -> dict[str, str]:
        workflow = registry.find(self.cleaned_data.get("workflow", ""))
        return options_of(workflow) if workflow else {}

    def _update_errors(self, errors: ValidationError) -> None:
        # The model says it of all options at once; here each has a field of its own.
        said = errors.error_dict.pop("options", None) if hasattr(errors, "error_dict") else None
        super()._update_errors(errors)  # type: ignore[misc]
        if not said:
            return
        own = self._own_options()
        workflow = registry.find(self.cleaned_data["workflow"])
        try:
            if workflow:
                workflow.check_options(self.instance.options)
        except registry.InvalidOptions as error:
            for option, text in error.faults.items():
                if option in own and own[option] not in self.errors:
                    self.add_error(own[option], text)
        if not any(field in self.errors for field in own.values()):
            self.add_error("workflow", said)

    def _take_secrets(self, typed: list[str]) -> None:
        sink = self.instance
        scheme = self.cleaned_data.get("signature", sink.signature)
        if typed:
            sink.encrypted_secrets = Encrypted.of("\n".join(typed))
        elif not scheme:
            # What nothing is checked with any more is not kept either.
            self.removed_secrets = bool(sink.encrypted_secrets and not self.cleaned_data.get("remove_secrets"))
            sink.encrypted_secrets = Encrypted()
        if not typed and "signature" not in self.changed_data:
            return
        try:
            check_secrets(scheme, typed or sink.secrets)
        except encryption.Unreadable:
            self.add_error("secrets", "Those that are set were encrypted under another SECRET_KEY: type them anew.")
        except ValidationError as error:
            # Those that were good for the old scheme may be none for the new one.
            hint = "" if typed else "Those that are set do not fit the scheme: "
            self.add_error("secrets", hint + " ".join(error.messages))


class _ByMembers(ModelAdmin):  # type: ignore[misc]
    """An admin in which users see and change what is theirs, by sinks/access/permissions.py."""

    app_id_field = "app_id"  # of the model, or of what it belongs to
    app_key_field = "pk"

    def _may(self, request: HttpRequest, verb: str, obj: Any = None) -> bool:
        app = getattr(obj, self.app_key_field) if obj is not None else None
        return permissions.may(request.user, f"{self.opts.app_label}.{verb}_{self.opts.model_name}", app)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        apps = permissions.only(request.user)
        return rows if apps is None else rows.filter(**{f"{self.app_id_field}__in": apps})

    def has_module_permission(self, request: HttpRequest) -> bool:
        return any(self._may(request, verb) for verb in ("view", "add", "change", "delete"))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "view", obj) or self._may(request, "change", obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._may(request, "add")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "change", obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "delete", obj)


class _Shared(_ByMembers):
    """An admin of what several change: no form undoes what another, or a command, saves meanwhile."""

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        # All columns are written: locked, they are those of now, a token that was made a moment ago among them.
        found = super().get_object(request, object_id, from_field)
        if found is None or request.method != "POST" or not connection.in_atomic_block:
            return found
        list(self.model._default_manager.select_for_update().filter(pk=found.pk).order_by().values_list("pk"))
        return super().get_object(request, object_id, from_field)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response: HttpResponse = super().changeform_view(request, *args, **kwargs)
        except IntegrityError:
            # Nothing was written. Now the check finds what the other one saved.
            response = super().changeform_view(request, *args, **kwargs)
        return response


class AppForm(forms.ModelForm):
    """An app; which ids are free depends on who asks."""

    asked_by: Any = None

    def clean(self) -> dict[str, Any] | None:
        data = super().clean()
        if self.instance._state.adding:
            permissions.check_new_app(self.asked_by, self.cleaned_data.get("app_id", ""))
        return data


class _NameOfUser(forms.ModelChoiceField):
    """A user by their name, which is typed: who has an app is not thereby shown a list of all users."""

    widget = UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"})
    default_error_messages = {"invalid_choice": "There is no user with this name, or they may not sign in any more."}


class MembershipForm(forms.ModelForm):
    """A member of an app; who it is stays, the role may change."""

    asked_by: Any = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        users = get_user_model()
        self.fields["user"] = _NameOfUser(
            users._default_manager.filter(is_active=True),
            to_field_name=users.USERNAME_FIELD,
            help_text=self.fields["user"].help_text,
        )
        self.fields["role"].widget = UnfoldAdminSelectWidget(choices=self.fields["role"].choices)  # type: ignore[attr-defined]
        of = f" of {self.instance.user}" if self.instance.pk else ""
        for name in ("user", "role"):  # the head of a column is nobody's label
            self.fields[name].widget.attrs["aria-label"] = f"{name.capitalize()}{of}"
        if self.instance.pk:
            self.initial["user"] = self.instance.user
            self.fields["user"].queryset = users._default_manager.filter(pk=self.instance.user_id)  # type: ignore[attr-defined]
            self.fields["user"].disabled = True

    def clean_user(self) -> Any:
        user = self.cleaned_data["user"]
        if not self.instance.pk:
            # Django leaves out the constraint in an inline.
            if Membership.objects.filter(app=self.instance.app_id, user=user).exists():
                raise ValidationError("This is a member already.")
            permissions.check_joins(self.asked_by, user)
        return user


class _MembershipFormSet(forms.BaseInlineFormSet):
    asked_by: Any = None

    def clean(self) -> None:
        super().clean()
        going = [form.instance for form in getattr(self, "deleted_forms", ()) if form.instance.pk]
        if going and not self.asked_by.is_superuser and (names := permissions.freed(going, lock=True)):
            raise ValidationError(permissions.only_limit(names))


class MembershipInline(admin.TabularInline):
    """An app's members, for its owners and superusers."""

    model = Membership
    form = MembershipForm
    formset = _MembershipFormSet
    fields = ["user", "role"]
    extra = 0

    def get_formset(self, request: HttpRequest, obj: App | None = None, **kwargs: Any) -> Any:
        made = super().get_formset(request, obj, **kwargs)
        made.asked_by = made.form.asked_by = request.user  # type: ignore[attr-defined]
        return made

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        rows: QuerySet[Membership] = super().get_queryset(request)
        return rows.select_related("user").order_by("pk")

    def has_view_permission(self, request: HttpRequest, obj: App | None = None) -> bool:
        return permissions.may(request.user, "sinks.view_membership", obj) or self.has_change_permission(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: App | None = None) -> bool:
        return permissions.may(request.user, "sinks.add_membership", obj)

    def has_change_permission(self, request: HttpRequest, obj: App | None = None) -> bool:
        return permissions.may(request.user, "sinks.change_membership", obj)

    def has_delete_permission(self, request: HttpRequest, obj: App | None = None) -> bool:
        return permissions.may(request.user, "sinks.delete_membership", obj)


@admin.register(App)
class AppAdmin(_Shared):
    """Apps."""

    form = AppForm
    inlines = [MembershipInline]
    list_display = ["app_id", "name", "active", "sink_count"]
    ordering = ["app_id"]  # the model's own is lost where sinks are counted
    list_filter = ["active"]
    search_fields = ["app_id", "name"]
    fields = ["app_id", "name", "active", "keep_runs_days", "keep_bodies_days", "keep_runs"]

    def get_fields(self, request: HttpRequest, obj: App | None = None) -> Any:
        return [*self.fields, "created_at", "sinks_link"] if obj else self.fields

    def get_form(self, request: HttpRequest, obj: App | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        form.asked_by = request.user
        return form

    def get_inlines(self, request: HttpRequest, obj: App | None) -> list[Any]:
        return [*self.inlines] if obj else []  # a new app has the members that its maker has

    def save_model(self, request: HttpRequest, obj: App, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change and permissions.found(request.user, obj):
            self.log_change(request, obj, "Who made it became its owner.")

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        deleted, counts, perms_needed, protected = super().get_deleted_objects(objs, request)
        if names := permissions.freed(Membership.objects.filter(app__in=[app.pk for app in objs]), lock=False):
            said = permissions.only_limit(names)
            if not _is_superuser(request):
                return deleted, counts, perms_needed, [*protected, said]
            deleted = [*deleted, said]
        return [*deleted, _RUNS_STAY], counts, perms_needed, protected

    def delete_model(self, request: HttpRequest, obj: App) -> None:
        self.delete_queryset(request, App.objects.filter(pk=obj.pk))

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[App]) -> None:
        # Looked at once more, under a lock: a member may have lost all other apps meanwhile.
        going = Membership.objects.filter(app__in=queryset.values("pk"))
        if not _is_superuser(request) and permissions.freed(going, lock=True):
            raise PermissionDenied
        super().delete_queryset(request, queryset)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[App], search_term: str) -> Any:
        # The form of a sink asks for apps to choose from.
        if (
            request.GET.get("model_name") == "sink"
            and (apps := permissions.apps(request.user, "sinks.add_sink")) is not None
        ):
            queryset = queryset.filter(app_id__in=apps)
        return super().get_search_results(request, queryset, search_term)

    def get_queryset(self, request: HttpRequest) -> QuerySet[App]:
        apps: QuerySet[App] = super().get_queryset(request)
        return apps.annotate(number_of_sinks=Count("sinks"))

    def get_readonly_fields(self, request: HttpRequest, obj: App | None = None) -> list[str]:
        # Its runs have its id as text: under another it would lose them, or get those of another app.
        return ["app_id", "created_at", "sinks_link"] if obj else []

    @admin.display(description="sinks", ordering="number_of_sinks")
    def sink_count(self, app: App) -> int:
        return int(getattr(app, "number_of_sinks", 0))

    @admin.display(description="sinks")
    def sinks_link(self, app: App) -> SafeString:
        address = reverse("admin:sinks_sink_changelist")
        count = self.sink_count(app)
        said = "1 sink" if count == 1 else f"{count} sinks"
        return format_html('<a href="{}?app__id__exact={}">{}</a>', address, app.pk, said)


class _ByApp(admin.RelatedFieldListFilter):
    """The apps that the user sees."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        apps = permissions.only(request.user)
        among = {} if apps is None else {"app_id__in": apps}
        choices: list[tuple[str, Any]] = field.get_choices(
            include_blank=False, ordering=self.field_admin_ordering(field, request, model_admin), limit_choices_to=among
        )
        return choices


@admin.register(Sink)
class SinkAdmin(_Shared):
    """Sinks."""

    app_id_field = "app__app_id"
    app_key_field = "app_id"
    form = SinkForm
    list_display = ["address", "state", "app", "workflow_name", "access", "last_delivery", "last_day"]
    list_display_links = ["address"]
    list_filter = ["active", "workflow", "method", ("app", _ByApp)]
    list_select_related = ["app"]
    search_fields = ["path", "app__app_id", "app__name", "description"]
    autocomplete_fields = ["app"]
    actions = ["activate", "deactivate", "rotate_tokens", "duplicate"]
    warn_unsaved_form = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Sink]:
        # Sinks are shown with the address that the admin is open at: it is known to lead here.
        sinks: QuerySet[Sink] = super().get_queryset(request)
        return sinks.annotate(origin=Value(request.build_absolute_uri("/")[:-1]))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "app" and (apps := permissions.apps(request.user, "sinks.add_sink")) is not None:
            kwargs["queryset"] = App.objects.filter(app_id__in=apps)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        # Nobody guesses by the list's address, bit by bit, what is kept encrypted.
        return not lookup.startswith("encrypted_") and bool(super().lookup_allowed(lookup, value, request))

    def get_fieldsets(self, request: HttpRequest, obj: Sink | None = None) -> Any:
        may_change = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        fieldsets: list[tuple[str | None, dict[str, Any]]] = [
            (None, {"fields": ["app", "path", "method", "auth_token", "remove_token"]}),
            ("Workflow", {"fields": ["workflow", *(option_fields() if may_change else ["options"]), "timeout"]}),
            ("Execution", {"fields": ["engine", "attempts", "backoff", "priority"]}),
            *_extras(obj or Sink()),
            (None, {"fields": ["active", "description"]}),
            *([("Deliveries without a run", {"fields": ["outcomes", "refusals"]})] if obj else []),
        ]
        idle = {removal for kept, removal in _HIDDEN.values() if not (may_change and obj and getattr(obj, kept))}
        for _, one in fieldsets:
            one["fields"] = [name for name in one["fields"] if name not in idle]
        return fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Sink | None = None) -> list[str]:
        # A sink stays in its app, whose its runs are.
        return ["app", "outcomes", "refusals"] if obj else []

    def get_form(self, request: HttpRequest, obj: Sink | None = None, change: bool = False, **kwargs: Any) -> Any:
        # The fields that `get_fieldsets` names have to be there before the form is made.
        form = type("SinkForm", (SinkForm,), option_fields())
        return super().get_form(request, obj, change, **kwargs | {"form": form})

    @property
    def conditional_fields(self) -> dict[str, str]:
        """Which fields are shown for which workflow."""
        return {
            field: f"workflow == '{escapejs(name)}'"
            for name in registry.names()
            if (workflow := registry.find(name))
            for field in options_of(workflow).values()
        }

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changes = super().get_changelist_instance(request)
        # For the page in two statements, not two for each sink.
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
            path("<path:object_id>/test/", self.admin_site.admin_view(self.console_view), name="sinks_sink_test"),
            path("<path:object_id>/send/", self.admin_site.admin_view(self.send_view), name="sinks_sink_send"),
            *super().get_urls(),
        ]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if sink := context.get("original"):
            context |= {
                "addresses": [_url(sink), _url(sink, "/sink/trigger/http")],
                "curl": _curl(sink),
                "workflow_gone": registry.find(sink.workflow) is None,
                "may_change": self.has_change_permission(request, sink),
                "may_add": self._may(request, "add", sink),
            }
        response: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return response

    def token_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show a sink's token, or a new one, once; only to who may change it, and each time is in the history."""
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
            self.message_user(request, "This sink has no token: whoever knows its address may use it.")
            return redirect("admin:sinks_sink_change", sink.pk)
        self.log_change(request, sink, "Looked at the token.")
        logger.info("the token of sink %d was shown to %s", sink.pk, request.user.get_username())
        return self._shown(request, "Token", [(sink, token)])

    def console_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The test console."""
        sink = self._to_test(request, object_id)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Test {sink}",
            "opts": self.opts,
            "original": sink,
            "sink": sink,
            "url": _url(sink),
            "methods": console.methods(sink),
            "parameters": console.parameters(sink),
            "examples": examples(),
            "examples_data": [{"headers": one.headers, "body": one.body} for one in examples()],
            "run_page": reverse("admin:runs_run_change", args=["RUN"]),
            "input": " ".join(INPUT_CLASSES),
            "area": " ".join(TEXTAREA_CLASSES),
        }
        return TemplateResponse(request, "admin/sinks/sink/console.html", context)

    def send_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Send what the test console's form says; the answer is told in lines of JSON as it arrives."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        sink = self._to_test(request, object_id)
        try:
            outgoing = console.request_of(request.POST, sink, console.this_server(request))
        except (CannotSend, encryption.Unreadable) as error:
            return HttpResponse(json.dumps({"error": str(error)}) + "\n", content_type="application/x-ndjson")
        self.log_change(request, sink, "Sent it a test.")
        # Django closes them when the answer is over, which is when the run is.
        connections.close_all()
        return StreamingHttpResponse(
            console.relayed(outgoing, sink.timeout * sink.attempts + settings.SINK_TEST_TIMEOUT),
            content_type="application/x-ndjson",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    def _to_test(self, request: HttpRequest, object_id: str) -> Sink:
        """Only who may change a sink may use its token and secrets."""
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
                self.log_change(request, sink, "Gave it a new token.")
                made.append((sink, token))
        return self._shown(request, "New token" if len(made) == 1 else "New tokens", made)

    def _shown(self, request: HttpRequest, title: str, shown: list[tuple[Sink, str]]) -> HttpResponse:
        here = request.build_absolute_uri("/")[:-1]
        rows = [(sink, token, _url(sink, here=here), _curl(sink, here, token)) for sink, token in shown]
        context = {**self.admin_site.each_context(request), "title": title, "opts": self.opts, "rows": rows}
        response = TemplateResponse(request, "admin/sinks/sink/tokens.html", context)
        response["Cache-Control"] = "no-store"
        return response

    @method_decorator(sensitive_post_parameters(*_HIDDEN))
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().changeform_view(request, *args, **kwargs)
        return response

    def save_model(self, request: HttpRequest, obj: Sink, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if form.removed_secrets:
            self.message_user(request, "The signing secrets were removed together with their scheme.", messages.WARNING)

    # Who may only view a sink gets each field of the form as text. Without these three, that would be the property of
    # the same name: the token itself.

    @admin.display(description="Auth token")
    def auth_token(self, sink: Sink) -> str:
        return _MASK if sink.encrypted_token else "none"

    @admin.display(description="Signing secrets")
    def secrets(self, sink: Sink) -> str:
        return f"{_MASK} {_number_of_secrets(sink)}" if sink.encrypted_secrets else "none"

    @admin.display(description="Verify token")
    def verify_token(self, sink: Sink) -> str:
        return _MASK if sink.encrypted_verify_token else "none"

    @admin.display(description="counts")
    def outcomes(self, sink: Sink) -> SafeString | str:
        rows = _once(sink, "outcome_rows", sink.outcomes.order_by("-count").values_list("kind", "count", "last_at"))
        return _table(["kind", "deliveries", "last"], [(kind, count, _at(last)) for kind, count, last in rows])

    @admin.display(description="last refusals")
    def refusals(self, sink: Sink) -> SafeString | str:
        rows = _once(sink, "refusal_rows", sink.refusals.values_list("at", "status", "reason", "client"))
        return _table(["at", "status", "reason", "client"], [(_at(at), *rest) for at, *rest in rows])

    @admin.display(description="sink", ordering="path")
    def address(self, sink: Sink) -> SafeString:
        return format_html('<span class="font-mono"><strong>{}</strong> {}</span>', sink.method, sink.path)

    @display(description="state", label={"active": "success", "app inactive": "warning", "inactive": "warning"})  # type: ignore[untyped-decorator]
    def state(self, sink: Sink) -> str:
        return "app inactive" if not sink.app.active else "active" if sink.active else "inactive"

    @admin.display(description="last delivery")
    def last_delivery(self, sink: Sink) -> str | SafeString:
        last: datetime | None = getattr(sink, "last", None)
        if last is None:
            return "-"
        ago = as_text(max((timezone.now() - last).total_seconds(), 0))
        return format_html('<time datetime="{}" title="{}">{} ago</time>', last.isoformat(), _at(last), ago)

    @admin.display(description="last 24 hours")
    def last_day(self, sink: Sink) -> str | SafeString:
        hours: Hours | None = getattr(sink, "hours", None)
        return sparkline(hours) if hours is not None else "-"

    @admin.display(description="workflow", ordering="workflow")
    def workflow_name(self, sink: Sink) -> str | SafeString:
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
                said = " ".join(line for lines in documents.messages(error).values() for line in lines)
                faults.append(f"{sink}: {said}")
                continue
            Sink.objects.filter(pk=sink.pk).update(active=True)
            self.log_change(request, sink, "Activated.")
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
        self.message_user(request, f"Deactivated: {len(yours)}. They answer 404 now.")

    @admin.action(description="Give new tokens", permissions=["change"])
    def rotate_tokens(self, request: HttpRequest, sinks: QuerySet[Sink]) -> HttpResponse | None:
        yours = [sink.pk for sink in self._yours(request, sinks, "change")]
        return self._new_tokens(request, Sink.objects.filter(pk__in=yours)) if yours else None

    @admin.action(description="Duplicate", permissions=["add"])
    def duplicate(self, request: HttpRequest, sinks: QuerySet[Sink]) -> None:
        for sink in self._yours(request, sinks, "add"):
            origin = str(sink)
            try:
                made = _duplicate(sink)
            except ValidationError as error:
                said = " ".join(line for lines in documents.messages(error).values() for line in lines)
                self.message_user(request, f"Not duplicated: {origin}: {said}", messages.ERROR)
                continue
            self.log_addition(request, made, f"A duplicate of {origin}.")
            link = format_html('<a href="{}">{}</a>', reverse("admin:sinks_sink_change", args=[made.pk]), made)
            shared = " It has a token of its own." if made.encrypted_token else ""
            shared += " Signing secrets and the verify token are the same." if made.encrypted_secrets else ""
            said = format_html("{} is a duplicate of {}, and not active yet.{}", link, origin, shared)
            self.message_user(request, said)

    def _yours(self, request: HttpRequest, sinks: QuerySet[Sink], verb: str) -> list[Sink]:
        """Those of the selected ones in whose apps the user may do this; of the others it is said."""
        chosen = list(sinks.select_related("app"))
        yours = [sink for sink in chosen if self._may(request, verb, sink)]
        if left := len(chosen) - len(yours):
            self.message_user(request, f"Not yours to {verb}: {left}.", messages.WARNING)
        return yours


def _duplicate(sink: Sink) -> Sink:
    """
    The sink once more at a free address of its app, not active, and with a token that nobody has yet.

    Raises:
        ValidationError: It cannot be, for its workflow is gone say.
    """
    sink.pk, sink.active, sink.created_at = None, False, timezone.now()
    sink._state.adding = True
    if sink.encrypted_token:
        sink.auth_token = random.token_urlsafe(32)  # who has the first one's reads and starts no runs of this one
    segments = paths.segments(paths.normalise(sink.path))
    # Not behind a parameter, which it would no longer be, nor behind nothing.
    start = sink.path.rstrip("/") + ("/copy" if not segments or paths.parameter(segments[-1]) is not None else "")
    taken = set(Sink.objects.filter(app=sink.app_id, method=sink.method).values_list("shape", flat=True))
    sink.path = next(path for number in counting(2) if paths.shape(path := f"{start}-{number}") not in taken)
    sink.full_clean()
    sink.save()
    return sink


def _once(sink: Sink, name: str, rows: Any) -> list[tuple[Any, ...]]:
    """Rows kept with the sink: a page asks for each of its fields several times."""
    if name not in vars(sink):
        vars(sink)[name] = list(rows)
    kept: list[tuple[Any, ...]] = vars(sink)[name]
    return kept


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _table(names: list[str], rows: list[tuple[Any, ...]]) -> SafeString | str:
    if not rows:
        return "none"
    head = format_html_join(
        "", '<th scope="col" class="font-semibold pr-6 text-left">{}</th>', [(name,) for name in names]
    )
    lines = [(format_html_join("", '<td class="align-top pr-6">{}</td>', [(cell,) for cell in row]),) for row in rows]
    return format_html("<table><tr>{}</tr>{}</table>", head, format_html_join("", "<tr>{}</tr>", lines))


def _curl(sink: Sink, here: str = "", token: str = "") -> str:
    """A line that asks for a run; with a variable where there is a token, unless it is given."""
    method = "POST" if sink.method == ANY else sink.method
    # curl would wait for the body of a HEAD that it was told of with -X.
    start = "curl -I" if method == "HEAD" else f"curl -N -X {shlex.quote(method)}"
    parts = [f"{start} {shlex.quote(_url(sink, here=here))}"]
    if token:
        parts.append(f"-H {shlex.quote(f'Authorization: Bearer {token}')}")
    elif sink.encrypted_token:
        parts.append('-H "Authorization: Bearer $TOKEN"')
    if method not in {"GET", "HEAD"}:
        parts.append("-H 'Content-Type: application/json' -d '{}'")
    return " ".join(parts)


def _url(sink: Sink, prefix: str = "", *, here: str = "") -> str:
    """Give a sink's address, from the address that the admin is open at where it is given or the sink has it."""
    path = quote(f"/{sink.app.app_id}{sink.path}", safe="/{}!$&'()*+,;=:@")
    return f"{here or getattr(sink, 'origin', '')}{prefix}{path}"


def _extras(sink: Sink) -> list[tuple[str | None, dict[str, Any]]]:
    """The fieldsets of _EXTRAS; one in which a field of the sink is not at its default is open."""
    defaults = {field.name: field.get_default() for field in Sink._meta.fields}

    def is_set(name: str) -> bool:
        kept = _HIDDEN[name][0] if name in _HIDDEN else name
        return kept in defaults and bool(getattr(sink, kept) != defaults[kept])

    return [
        (
            title,
            {
                "fields": fields,
                "description": explanation,
                "classes": [] if any(map(is_set, fields)) else ["collapse"],
            },
        )
        for title, explanation, fields in _EXTRAS
    ]


def _number_of_secrets(sink: Sink) -> str:
    try:
        number = len(sink.secrets)
    except encryption.Unreadable:
        return "Secrets are set that cannot be read, as they were encrypted under another SECRET_KEY."
    return "1 secret is set." if number == 1 else f"{number} secrets are set."
