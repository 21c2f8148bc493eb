"""Apps, their secrets and their members in the admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.debug import sensitive_post_parameters
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from sinks.access import permissions
from sinks.admin.app_secret_inline import AppSecretInline
from sinks.admin.by_members import SharedAdmin, is_superuser
from sinks.admin.stale_forms import StaleForm
from sinks.app_pages import app_page
from sinks.app_pages.secrets_page import SecretViews
from sinks.models import App, Membership
from sinks.people import invitation_pages
from sinks.transfer.views import TransferViews

_RUNS_STAY = (
    "The app's runs are not deleted; its retention still applies to them. A new app with the same id gets them back."
)


class AppForm(StaleForm):
    """The form of an app. The ids that are available depend on the user."""

    asked_by: Any = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.bring_up_to_date()

    def clean(self) -> dict[str, Any] | None:
        data = super().clean()
        if self.instance._state.adding:
            permissions.check_new_app(self.asked_by, self.cleaned_data.get("app_id", ""))
        return data


class _NameOfUser(forms.ModelChoiceField):
    """A text field for a user name, so that owners of an app do not see a list of all users."""

    widget = UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"})
    default_error_messages = {"invalid_choice": "There is no active user with this name."}


class MembershipForm(StaleForm):
    """The form of a member. For an existing member, only the role can be changed."""

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
        for name in ("user", "role"):  # a column header does not label a field
            self.fields[name].widget.attrs["aria-label"] = f"{name.capitalize()}{of}"
        if self.instance.pk:
            self.initial["user"] = self.instance.user
            self.fields["user"].queryset = users._default_manager.filter(pk=self.instance.user_id)  # type: ignore[attr-defined]
            self.fields["user"].disabled = True
        self.bring_up_to_date()

    def clean_user(self) -> Any:
        user = self.cleaned_data["user"]
        if not self.instance.pk:
            # Django does not check the unique constraint in an inline.
            if Membership.objects.filter(app=self.instance.app_id, user=user).exists():
                raise ValidationError("This user is already a member.")
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
    """The members of an app, for users with permissions for memberships, such as its owners."""

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
class AppAdmin(SharedAdmin):
    """The admin of apps."""

    form = AppForm
    inlines = [AppSecretInline, MembershipInline]
    list_display = ["app_id", "name", "active", "sink_count"]
    ordering = ["app_id"]  # the query that counts sinks ignores the model's ordering
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
        return [*self.inlines] if obj else []  # secrets and members can be added once the app exists

    def get_urls(self) -> list[URLPattern]:
        own = [*TransferViews(self).urls(), *SecretViews(self).urls(), *invitation_pages.urls(self)]
        return [*own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        names = ("add_app", "add_sink", "change_sink")
        more = {
            "may_export": permissions.may(request.user, "sinks.view_sink"),
            "may_import": any(permissions.may(request.user, f"sinks.{name}") for name in names),
        }
        response: HttpResponse = super().changelist_view(request, (extra_context or {}) | more)
        return response

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if app := context.get("original"):
            context["page"] = app_page.shown(request.user, app)
            context |= invitation_pages.context_of(request, app)
        response: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return response

    @method_decorator(sensitive_post_parameters())  # all: the fields of secrets are numbered
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().changeform_view(request, *args, **kwargs)
        return response

    def save_model(self, request: HttpRequest, obj: App, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change and permissions.make_owner(request.user, obj):
            self.log_change(request, obj, "The user who created it became its owner.")

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        deleted, counts, perms_needed, protected = super().get_deleted_objects(objs, request)
        if names := permissions.freed(Membership.objects.filter(app__in=[app.pk for app in objs]), lock=False):
            text = permissions.only_limit(names)
            if not is_superuser(request):
                return deleted, counts, perms_needed, [*protected, text]
            deleted = [*deleted, text]
        return [*deleted, _RUNS_STAY], counts, perms_needed, protected

    def delete_model(self, request: HttpRequest, obj: App) -> None:
        self.delete_queryset(request, App.objects.filter(pk=obj.pk))

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[App]) -> None:
        # Check again, under a lock: a member may have lost all other apps since `get_deleted_objects`.
        going = Membership.objects.filter(app__in=queryset.values("pk"))
        if not is_superuser(request) and permissions.freed(going, lock=True):
            raise PermissionDenied
        super().delete_queryset(request, queryset)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[App], search_term: str) -> Any:
        # The autocomplete field of a form offers only apps in which the user may add such an object.
        asked_by = request.GET.get("model_name")
        if (
            asked_by in {"sink", "schedule"}
            and (apps := permissions.apps(request.user, f"sinks.add_{asked_by}")) is not None
        ):
            queryset = queryset.filter(app_id__in=apps)
        return super().get_search_results(request, queryset, search_term)

    def get_queryset(self, request: HttpRequest) -> QuerySet[App]:
        apps: QuerySet[App] = super().get_queryset(request)
        return apps.annotate(number_of_sinks=Count("sinks"))

    def get_readonly_fields(self, request: HttpRequest, obj: App | None = None) -> list[str]:
        # Runs store the app id as text: a renamed app would lose its runs, or get those of another app.
        return ["app_id", "created_at", "sinks_link"] if obj else []

    @admin.display(description="sinks", ordering="number_of_sinks")
    def sink_count(self, app: App) -> int:
        return int(getattr(app, "number_of_sinks", 0))

    @admin.display(description="sinks")
    def sinks_link(self, app: App) -> SafeString:
        address = reverse("admin:sinks_sink_changelist")
        count = self.sink_count(app)
        text = "1 sink" if count == 1 else f"{count} sinks"
        return format_html('<a href="{}?app__id__exact={}">{}</a>', address, app.pk, text)
