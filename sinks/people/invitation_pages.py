"""The pages of invitations: on the app's page for inviters, and by the invitation's URL for the colleague."""

from functools import partial
from typing import Any, TypeVar

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth import login
from django.contrib.auth.forms import BaseUserCreationForm
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import View
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from sinks.access import permissions
from sinks.models import App, Membership
from sinks.people import invitations
from sinks.people.invitations import CannotAccept, CannotInvite

_R = TypeVar("_R", bound=HttpResponseBase)


def context_of(request: HttpRequest, app: App) -> dict[str, Any]:
    """Return what the page of an app shows about invitations; empty for users who may not invite."""
    roles = invitations.roles_of(request.user, app)
    if not roles:
        return {}
    return {"invitations": list(invitations.open_of(app)), "invitable_roles": roles}


def urls(model_admin: Any) -> list[URLPattern]:
    """Return the URLs of the buttons of that part, for the admin of apps."""

    def view(function: Any) -> Any:
        return model_admin.admin_site.admin_view(partial(function, model_admin))

    return [
        path("<path:object_id>/invite/", view(_invite), name="sinks_app_invite"),
        path("<path:object_id>/invitations/<int:key>/revoke/", view(_revoke), name="sinks_app_revoke_invitation"),
    ]


def _invite(model_admin: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    app = _app(model_admin, request, object_id)
    try:
        made, text = invitations.invite(request, app, request.POST.get("role", ""))
    except CannotInvite as error:
        model_admin.message_user(request, str(error), messages.ERROR)
        return redirect("admin:sinks_app_change", app.pk)
    here = f"{settings.PUBLIC_URL}{reverse('invitation', args=[text])}"
    context = {**model_admin.admin_site.each_context(request), "title": "Invitation", "opts": model_admin.opts}
    context |= {"original": app, "app": app, "invitation": made, "url": here}
    return private(TemplateResponse(request, "admin/sinks/invitation/made.html", context))


def _revoke(model_admin: Any, request: HttpRequest, object_id: str, key: int) -> HttpResponse:
    app = _app(model_admin, request, object_id)
    invitation = invitations.open_of(app).filter(pk=key).first()
    back = reverse("admin:sinks_app_change", args=[app.pk])
    if invitation is None:
        raise Http404("No such invitation.")
    if request.method == "POST":
        invitations.revoke(request, invitation)
        model_admin.message_user(request, "The invitation is revoked: its URL no longer works.")
        return redirect(back)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": "Revoke the invitation?",
        "opts": model_admin.opts,
        "original": app,
        "lines": [f"The URL of the invitation as {invitation} no longer works afterwards."],
        "action": "Revoke",
        "danger": True,
        "hidden": [],
        "back": back,
    }
    return TemplateResponse(request, "admin/confirm.html", context)


def _app(model_admin: Any, request: HttpRequest, object_id: str) -> App:
    app: App | None = model_admin.get_object(request, unquote(object_id))
    if app is None:
        raise Http404("No such app.")
    if not permissions.may(request.user, "sinks.add_membership", app):
        raise PermissionDenied
    return app


class NewUserForm(BaseUserCreationForm):  # type: ignore[type-arg]  # generic only in the stubs
    """The form of a colleague without a user: a name, and a password that the validators accept."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "User name"
        self.fields["username"].widget = UnfoldAdminTextInputWidget(attrs={"autocomplete": "username"})
        for name in ("password1", "password2"):
            self.fields[name].widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"})

    def clean_username(self) -> str:
        name = str(self.cleaned_data["username"])
        if invitations.is_taken(name):
            self.add_error("username", "A user with this name exists: sign in as that user, or choose another name.")
        return name


@method_decorator(sensitive_post_parameters(), name="dispatch")
class InvitationView(View):
    """The page of an invitation's URL: the colleague joins as the signed-in user, or as a new one."""

    http_method_names = ["get", "head", "post"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            response = super().dispatch(request, *args, **kwargs)
        except CannotAccept as error:
            response = self._page(request, {"title": "This invitation does not work", "fault": str(error)}, 410)
        return private(response)

    def get(self, request: HttpRequest, text: str) -> HttpResponse:
        return self._asks(request, text, None if request.user.is_authenticated else NewUserForm())

    def post(self, request: HttpRequest, text: str) -> HttpResponse:
        if request.user.is_authenticated:
            return self._joined(invitations.accept(request, text, request.user))
        invitations.find(text)  # before a password is hashed
        form = NewUserForm(request.POST)
        if not form.is_valid():
            return self._asks(request, text, form)
        user = form.save(commit=False)
        try:
            with transaction.atomic():
                member = invitations.accept(request, text, user)
        except IntegrityError:
            form.add_error("username", "A user with this name exists: choose another name.")
            return self._asks(request, text, form)
        login(request, user, backend="django.contrib.auth.backends.ModelBackend")
        return self._joined(member)

    def _asks(self, request: HttpRequest, text: str, form: NewUserForm | None) -> HttpResponse:
        invitation = invitations.find(text)
        sign_in = f"{reverse('admin:login')}?next={request.path}"
        context = {"title": f"Join {invitation.app}", "invitation": invitation, "form": form, "sign_in": sign_in}
        return self._page(request, context, 400 if form is not None and form.errors else 200)

    def _joined(self, member: Membership) -> HttpResponse:
        return redirect("admin:sinks_app_change", member.app_id)

    def _page(self, request: HttpRequest, context: dict[str, Any], status: int) -> HttpResponse:
        shown = {**admin.site.each_context(request), **context}
        return render(request, "admin/sinks/invitation/page.html", shown, status=status)


def private(response: _R) -> _R:
    """Keep a response with a secret URL out of caches, and the URL out of `Referer` fields."""
    response["Cache-Control"] = "no-store"
    # Not `no-referrer`: browsers would send `Origin: null` with the page's form, which the CSRF check refuses.
    response["Referrer-Policy"] = "strict-origin"
    return response
