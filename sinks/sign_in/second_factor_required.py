"""REQUIRE_TWO_FACTOR: users reach no page of the admin, and no API, until they have set up two-factor."""

from collections.abc import Callable
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from sinks.http.problems import problem
from sinks.sign_in import second_factor

_FREE = ["second_factor_set_up", "second_factor", "admin:logout", "admin:login", "admin:jsi18n"]


class RequireTwoFactorMiddleware:
    """Lead users without two-factor to the page that sets it up, if REQUIRE_TWO_FACTOR is set."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not settings.REQUIRE_TWO_FACTOR:
            return self._get_response(request)
        is_api = request.path.startswith("/api/")
        # Programs send a token, which is valid without the session.
        is_free = bool(request.headers.get("Authorization")) if is_api else request.path in map(reverse, _FREE)
        if not (is_api or request.path.startswith(reverse("admin:index"))) or is_free:
            return self._get_response(request)
        if not second_factor.is_missing(request.user):
            return self._get_response(request)
        page = reverse("second_factor_set_up")
        if is_api:
            body = problem(403, f"Set up two-factor first, at {settings.PUBLIC_URL}{page}.")
            return HttpResponse(body, status=403, content_type="application/problem+json")
        then = f"?{urlencode({'next': request.get_full_path()})}" if request.method == "GET" else ""
        return HttpResponseRedirect(page + then)
