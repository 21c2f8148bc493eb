"""Register users and groups in the admin with its theme."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from sinks.sign_in import oidc_admin, second_factor

admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class _Users(UserAdmin, ModelAdmin):  # type: ignore[misc]
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    actions = ["reset_two_factor"]

    def get_inlines(self, request: HttpRequest, obj: User | None) -> Any:
        return oidc_admin.inlines_of(request, obj)

    def get_list_display(self, request: HttpRequest) -> Any:
        """Return the columns; superusers see who uses two-factor."""
        shown = super().get_list_display(request)
        return [*shown, "has_two_factor"] if request.user.is_superuser else shown

    def get_list_select_related(self, request: HttpRequest) -> Any:
        return ["second_factor"] if request.user.is_superuser else super().get_list_select_related(request)

    @admin.display(description="Two-factor", boolean=True)
    def has_two_factor(self, user: User) -> bool:
        """Return whether the sign-in of a user needs a code."""
        factor = getattr(user, "second_factor", None)
        return factor is not None and factor.confirmed_at is not None

    def has_reset_two_factor_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may reset the two-factor sign-in of others."""
        return bool(request.user.is_superuser)

    @admin.action(description="Reset two-factor", permissions=["reset_two_factor"])
    def reset_two_factor(self, request: HttpRequest, users: QuerySet[User]) -> HttpResponse | None:
        """Turn two-factor off for the selected users who use it, after a question."""
        using = users.filter(second_factor__confirmed_at__isnull=False).order_by("username")
        chosen = [user for user in using if user != request.user]
        if not chosen:
            message = "None of these users uses two-factor. Your own is on the page Two-factor of your account."
            self.message_user(request, message, messages.WARNING)
            return None
        names = ", ".join(user.get_username() for user in chosen)
        if "confirmed" in request.POST:
            for user in chosen:
                second_factor.reset(user)
            self.message_user(request, f"Two-factor is reset: {names}.")
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": "Reset two-factor?",
            "opts": self.opts,
            "lines": [
                f"Without a code, their password alone signs them in: {names}.",
                "Make sure that they ask for it themselves: a stolen password is then enough.",
            ],
            "action": "Reset",
            "danger": True,
            "hidden": [
                ("action", "reset_two_factor"),
                ("confirmed", "1"),
                *((ACTION_CHECKBOX_NAME, user.pk) for user in chosen),
            ],
            "back": reverse("admin:auth_user_changelist"),
        }
        return TemplateResponse(request, "admin/confirm.html", context)


@admin.register(Group)
class _Groups(GroupAdmin, ModelAdmin):  # type: ignore[misc]
    pass
