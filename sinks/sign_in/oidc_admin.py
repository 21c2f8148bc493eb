"""The identities of a user on its page in the admin, where superusers unlink them."""

from typing import Any

from unfold.admin import TabularInline

from sinks.models import OidcIdentity


class OidcIdentities(TabularInline):  # type: ignore[misc]
    """The linked identities. Links are made by signing in only."""

    model = OidcIdentity
    extra = 0
    fields = readonly_fields = ("issuer", "subject", "created_at")

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False


def inlines_of(request: Any, user: Any) -> list[type[OidcIdentities]]:
    """Return what the page of a user shows about identities: to superusers, and if there are any."""
    shown = request.user.is_superuser and user is not None and user.oidc_identities.exists()
    return [OidcIdentities] if shown else []
