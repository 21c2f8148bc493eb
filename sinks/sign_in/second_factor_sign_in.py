"""The pages of a sign-in with a password: the password, and the code for users with two-factor."""

from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from django.contrib import admin, messages
from django.contrib.auth import login
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import View
from unfold.forms import AuthenticationForm as UnfoldAuthenticationForm

from sinks.audit.actors import Actor, actor_of
from sinks.audit.entries import record
from sinks.sign_in import second_factor, second_factor_pending
from sinks.sign_in.second_factor import CannotCheck, CodeRefused


class PasswordView(LoginView):
    """The admin's sign-in page. It leads users with two-factor to the page of the code, without signing them in."""

    template_name = "admin/login.html"
    authentication_form = UnfoldAuthenticationForm

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if admin.site.has_permission(request):
            return redirect("admin:index")
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shown = {
            **admin.site.each_context(self.request),
            "title": "Log in",
            "subtitle": None,
            "app_path": self.request.get_full_path(),
            "username": self.request.user.get_username(),
        }
        return super().get_context_data(**shown | kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        user = form.get_user()
        if second_factor.of(user) is not None:
            second_factor_pending.begin(self.request, user, self.get_success_url())
            return redirect("second_factor")
        login(self.request, user)
        second_factor_pending.remember_password(self.request)
        return HttpResponseRedirect(self.get_success_url())


@method_decorator([sensitive_post_parameters(), never_cache, csrf_protect], name="dispatch")
class CodeView(View):
    """The page of the code, after the right password."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest) -> HttpResponse:
        if second_factor_pending.user_of(request) is None:
            return self._again(request)
        return self._page(request)

    def post(self, request: HttpRequest) -> HttpResponse:
        user = second_factor_pending.user_of(request)
        factor = second_factor.of(user) if user is not None else None
        if factor is None:
            return self._again(request)
        name = user.get_username()
        if not AxesProxyHandler.is_allowed(request, {"username": name}):
            request.axes_locked_out = True  # type: ignore[attr-defined]  # AxesMiddleware answers with the locked page
            return self._page(request)
        try:
            kind = second_factor.accept(factor, request.POST.get("code", "")[:100])
        except CannotCheck as error:
            return self._page(request, str(error))
        except CodeRefused as error:
            return self._refused(request, user, str(error))
        address = second_factor_pending.end(request) or reverse("admin:index")
        if kind == "recovery code":
            left = factor.recovery_codes.count()
            actor = actor_of(request)
            record(
                Actor(actor.via, name, address=actor.address), "two-factor.recovery", object=name, text=f"{left} left"
            )
            messages.warning(request, f"You have used a recovery code: {left} of them are left.")
        user.signed_in_by = f"password and {kind}"
        login(request, user)
        second_factor_pending.remember_password(request)
        return HttpResponseRedirect(address)

    def _refused(self, request: HttpRequest, user: Any, reason: str) -> HttpResponse:
        second_factor_pending.count_failure(request, user)
        if second_factor_pending.count_wrong(request):
            return self._page(request, reason)
        second_factor_pending.end(request)
        messages.error(request, "Too many codes were wrong: sign in again.")
        return redirect("admin:login")

    def _again(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            return redirect("admin:index")
        second_factor_pending.end(request)
        messages.error(request, "The sign-in has taken longer than 5 minutes, or is over: sign in again.")
        return redirect("admin:login")

    def _page(self, request: HttpRequest, fault: str = "") -> HttpResponse:
        recovery = "recovery" in request.GET
        context = {**admin.site.each_context(request), "title": "Two-factor", "fault": fault, "recovery": recovery}
        return render(request, "admin/second_factor.html", context, status=400 if fault else 200)
