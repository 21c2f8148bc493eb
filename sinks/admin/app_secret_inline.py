"""The secrets of an app, on its page in the admin. Their values can be set, and are never shown."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminTextInputWidget

from sinks.access import permissions
from sinks.access.app_secrets import MAX_SECRETS
from sinks.admin.callers_form import UnshownTextarea
from sinks.models import App, AppSecret


class AppSecretForm(forms.ModelForm):
    """The form of a secret. An existing one keeps its name, and its value if no other one is entered."""

    new_value = forms.CharField(
        label="Value",
        required=False,
        # A browser's spell checker may send the text to its vendor.
        widget=UnshownTextarea(attrs={"rows": 1, "autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].widget = UnfoldAdminTextInputWidget(
            attrs={"maxlength": "64", "autocomplete": "off", "spellcheck": "false"}
        )
        of = f" of {self.instance.name}" if self.instance.pk else ""
        for name in ("name", "new_value"):  # a column header does not label a field
            self.fields[name].widget.attrs["aria-label"] = f"{self.fields[name].label}{of}"
        if self.instance.pk:
            self.fields["name"].disabled = True
            self.fields["new_value"].widget.attrs["placeholder"] = "Leave empty to keep the value."
        else:
            self.fields["new_value"].required = True

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        # Django does not check the unique constraint in an inline.
        if not self.instance.pk and AppSecret.objects.filter(app=self.instance.app_id, name=name).exists():
            raise ValidationError("The app has a secret with this name: enter the new value there.")
        return name

    def clean_new_value(self) -> str:
        # Browsers send line ends as CR LF (HTML, constructing the entry list).
        value = str(self.cleaned_data["new_value"]).replace("\r\n", "\n")
        if value:
            self.instance.set_value(value)
        return value


class AppSecretInline(admin.TabularInline):
    """The secrets of an app: their names for its members, and their values for its owners to set."""

    model = AppSecret
    form = AppSecretForm
    extra = 0
    max_num = MAX_SECRETS

    def get_formset(self, request: HttpRequest, obj: App | None = None, **kwargs: Any) -> Any:
        return super().get_formset(request, obj, **kwargs, validate_max=True)

    def get_fields(self, request: HttpRequest, obj: App | None = None) -> Any:
        # Django shows the fields of users who may not change them as they are stored.
        may_set = self.has_change_permission(request, obj) or self.has_add_permission(request, obj)
        return ["name", "new_value", "changed_at"] if may_set else ["name", "changed_at"]

    def get_readonly_fields(self, request: HttpRequest, obj: App | None = None) -> list[str]:
        return ["changed_at"]

    def has_view_permission(self, request: HttpRequest, obj: App | None = None) -> bool:
        return permissions.may(request.user, "sinks.view_appsecret", obj) or self.has_change_permission(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: App | None = None) -> bool:
        return permissions.may(request.user, "sinks.add_appsecret", obj)

    def has_change_permission(self, request: HttpRequest, obj: App | None = None) -> bool:
        return permissions.may(request.user, "sinks.change_appsecret", obj)

    def has_delete_permission(self, request: HttpRequest, obj: App | None = None) -> bool:
        return permissions.may(request.user, "sinks.delete_appsecret", obj)
