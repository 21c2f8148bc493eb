"""API tokens in the admin: creation, one-time display and revocation."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from sinks.access import api_tokens, permissions
from sinks.admin.by_members import is_superuser
from sinks.models import ApiToken, App


class ApiTokenForm(forms.ModelForm):
    """The form of an API token. The token's text is generated when the form is saved."""

    scopes = forms.MultipleChoiceField(
        choices=[(scope, scope) for scope in ApiToken.SCOPES],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="The permissions of the token.",
    )


@admin.register(ApiToken)
class ApiTokenAdmin(ModelAdmin):  # type: ignore[misc]
    """The admin of API tokens. A token is shown once, on creation, and revoked by deleting it."""

    form = ApiTokenForm
    list_display = ["name", "hint", "user", "app", "scope_list", "expires_at", "last_used_at"]
    list_select_related = ["user", "app"]
    fields = ["name", "user", "app", "scopes", "expires_at"]
    search_fields = ["name"]

    def get_readonly_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> list[str]:
        return ["user"] if obj else []

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        tokens: QuerySet[ApiToken] = super().get_queryset(request)
        return tokens if is_superuser(request) else tokens.filter(user=request.user.pk or 0)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "user":
            kwargs["initial"] = request.user.pk
            if not is_superuser(request):
                # Users must not create a token that may do more than they may.
                kwargs["queryset"] = get_user_model()._default_manager.filter(pk=request.user.pk or 0)
        if db_field.name == "app" and (apps := permissions.only(request.user)) is not None:
            kwargs["queryset"] = App.objects.filter(app_id__in=apps)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_delete_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        # Deleting an app also deletes its tokens; `get_queryset` hides all other tokens of other users.
        if super().has_delete_permission(request, obj):
            return True
        if obj is None or obj.app_id is None or permissions.only(request.user) is None:
            return False
        return permissions.may(request.user, "sinks.delete_app", obj.app_id)

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        if not change:
            obj.text = api_tokens.fill(obj)  # for `response_add`; it is not stored
        super().save_model(request, obj, form, change)

    def response_add(self, request: HttpRequest, obj: ApiToken, post_url_continue: str | None = None) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "title": "API token", "token": obj, "text": obj.text}
        response = TemplateResponse(request, "admin/sinks/apitoken/made.html", context)
        response["Cache-Control"] = "no-store"
        return response

    @admin.display(description="scopes")
    def scope_list(self, token: ApiToken) -> str:
        return ", ".join(token.scopes)
