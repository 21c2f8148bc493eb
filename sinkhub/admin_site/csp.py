"""The Content Security Policy of the admin's pages."""

from functools import cache

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.deprecation import MiddlewareMixin

_HEADER = "Content-Security-Policy"


class ContentSecurityPolicyMiddleware(MiddlewareMixin):
    """
    Add a Content Security Policy (CSP Level 3) to the admin's pages.

    Scripts load only from the static files' path and Django's translation catalog, never from 'self': workflow answers
    have this origin too. The theme's Alpine compiles attributes to functions, which requires 'unsafe-eval'.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Add the policy unless the page sets its own."""
        if request.path.startswith(_admin()) and response.get("Content-Type", "").startswith("text/html"):
            try:
                static = request.build_absolute_uri(settings.STATIC_URL)
                pictures = request.build_absolute_uri(_pictures())
            except DisallowedHost:
                return response  # the error page, which has no scripts
            response.headers.setdefault(_HEADER, _policy(static, request.build_absolute_uri(_translations()), pictures))
        return response


@cache
def _admin() -> str:
    return reverse("admin:index")


@cache
def _translations() -> str:
    return reverse("admin:jsi18n")


@cache
def _pictures() -> str:
    return reverse("document_image", args=["x"]).removesuffix("x")


def _policy(static: str, translations: str, pictures: str) -> str:
    return (
        f"default-src 'none'; script-src {static} {translations} 'unsafe-eval'; style-src {static} 'unsafe-inline'; "
        f"img-src {static} {pictures} data:; font-src {static}; connect-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
