"""The link to sign in with OpenID Connect."""

from typing import Any

from django import template
from django.conf import settings
from django.urls import reverse

from sinks.sign_in.oidc_pages import start_url

register = template.Library()


@register.inclusion_tag("admin/oidc_link.html")
def oidc_link(next_url: str = "") -> dict[str, Any]:
    """
    Show the link, if OpenID Connect is on.

    Args:
        next_url: The page that follows the sign-in; the admin's first page by default.
    """
    if not settings.OIDC_ISSUER:
        return {}
    return {"url": start_url(next_url or reverse("admin:index")), "name": settings.OIDC_NAME}
