"""The page on which users turn their two-factor sign-in on and off, and get new recovery codes."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import authenticate
from django.contrib.auth.views import RedirectURLMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import View

from sinks.access.encryption import Unreadable
from sinks.models import SecondFactor
from sinks.sign_in import second_factor, second_factor_pending
from sinks.sign_in.second_factor import CannotCheck, CannotSetUp, CodeRefused


@method_decorator(sensitive_post_parameters(), name="dispatch")
class SetUpView(RedirectURLMixin, View):
    """A user's own two-factor sign-in. Setting it up needs the password, and a change the password and a code."""

    http_method_names = ["get", "head", "post"]
    next_page = "admin:index"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(request)

    def post(self, request: HttpRequest) -> HttpResponse:
        actions = {
            "begin": self._begin,
            "confirm": self._confirm,
            "codes": self._replace_codes,
            "off": self._turn_off,
        }
        act = actions.get(request.POST.get("action", ""))
        try:
            return act(request) if act is not None else self._page(request)
        except (CodeRefused, CannotCheck, CannotSetUp) as error:
            return self._page(request, str(error))

    def _begin(self, request: HttpRequest) -> HttpResponse:
        if not second_factor_pending.knows_password(request):
            self._check_password(request)
            second_factor_pending.remember_password(request)
        second_factor.begin(request.user)
        return redirect(request.get_full_path())

    def _confirm(self, request: HttpRequest) -> HttpResponse:
        factor = second_factor.begun(request.user)
        if factor is None or not second_factor_pending.knows_password(request):
            return self._page(request)
        return self._codes(request, second_factor.confirm(factor, request.POST.get("code", "")[:100]))

    def _replace_codes(self, request: HttpRequest) -> HttpResponse:
        return self._codes(request, second_factor.replace_codes(self._checked(request)))

    def _turn_off(self, request: HttpRequest) -> HttpResponse:
        second_factor.turn_off(self._checked(request))
        messages.success(request, "Two-factor is off: you sign in with your password alone.")
        return redirect("second_factor_set_up")

    def _checked(self, request: HttpRequest) -> SecondFactor:
        """
        Return the user's second factor after checking the password and a code.

        Raises:
            CodeRefused: The password or the code is wrong.
            CannotSetUp: Two-factor is off.
        """
        factor = second_factor.of(request.user)
        if factor is None:
            raise CannotSetUp("Two-factor is off already.")
        self._check_password(request)
        try:
            second_factor.accept(factor, request.POST.get("code", "")[:100])
        except CodeRefused:
            second_factor_pending.count_failure(request, request.user)
            raise
        return factor

    def _check_password(self, request: HttpRequest) -> None:
        # With the rules of a sign-in: django-axes counts wrong passwords, and locks.
        name, password = request.user.get_username(), request.POST.get("password", "")
        if authenticate(request, username=name, password=password) is None:
            raise CodeRefused("The password is wrong.")

    def _codes(self, request: HttpRequest, codes: list[str]) -> HttpResponse:
        return self._answer(request, {"codes": codes, "text": "\n".join(codes), "then": self.get_success_url()})

    def _page(self, request: HttpRequest, fault: str = "") -> HttpResponse:
        shown: dict[str, Any] = {"fault": fault, "factor": second_factor.of(request.user)}
        if shown["factor"] is not None:
            shown["left"] = shown["factor"].recovery_codes.count()
        elif knows_password := second_factor_pending.knows_password(request):
            shown |= _new_secret(request)
        shown["asks_password"] = shown["factor"] is not None or not knows_password
        return self._answer(request, shown)

    def _answer(self, request: HttpRequest, shown: dict[str, Any]) -> HttpResponse:
        context = {
            **admin.site.each_context(request),
            "title": "Two-factor",
            "required": settings.REQUIRE_TWO_FACTOR,
            **shown,
        }
        status = 400 if shown.get("fault") else 200
        return render(request, "admin/second_factor_set_up.html", context, status=status)


def _new_secret(request: HttpRequest) -> dict[str, Any]:
    factor = second_factor.begun(request.user)
    if factor is None:
        return {}
    try:
        secret = factor.encrypted_secret.reveal()
        return {"qr_code": second_factor.qr_code(factor), "link": second_factor.link(factor), "secret": secret}
    except Unreadable:
        return {}  # the button to begin again makes a new one
