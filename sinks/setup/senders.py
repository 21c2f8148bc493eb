"""Who sends to a new sink: any client, a provider, or another sender that signs; and the fields that each needs."""

from dataclasses import dataclass
from functools import cache

from sinks.models.signature_fields import CUSTOM, HMAC
from sinks.webhooks import registry
from sinks.webhooks.provider import Provider

# The page shows these providers first.
_POPULAR = (
    "github",
    "stripe",
    "slack",
    "shopify",
    "gitlab",
    "twilio",
    "discord",
    "telegram",
    "notion",
    "linear",
    "meta",
    "standard",
)
_PLAIN = (
    "For scripts, forms and services that do not sign their requests. With a bearer token, the sink refuses all others."
)
_ANY_SECRET = "The secret with which the sender signs."  # noqa: S105 - a hint


@dataclass(frozen=True, slots=True)
class Sender:
    """A choice of the page "New sink"."""

    value: str  # of the form's field `signature`
    name: str
    needs: tuple[str, ...]  # groups of fields: token, secret, verify, url, hmac, custom
    secret: str = ""  # where the secret is
    docs: str = ""  # the provider's page about its webhooks
    notes: str = ""
    is_popular: bool = False

    @property
    def path(self) -> str:
        """The path that a sink for it gets unless another one is entered; empty if there is none."""
        return f"/{self.value}" if self.docs else ""


@cache
def all_senders() -> tuple[Sender, ...]:
    """Return the senders: any client, the popular providers, the other providers by name, and those of no provider."""
    providers = [_of_provider(provider) for provider in registry.all_providers()]
    first = sorted((one for one in providers if one.is_popular), key=lambda one: _POPULAR.index(one.value))
    return (
        Sender("", "Any client", ("token",), notes=_PLAIN),
        *first,
        *(one for one in providers if not one.is_popular),
        Sender(HMAC, "Another sender that signs the body (HMAC)", ("secret", "hmac"), _ANY_SECRET),
        Sender(CUSTOM, "Another sender, with its scheme as JSON", ("secret", "custom", "url"), _ANY_SECRET),
    )


def find(value: str) -> Sender | None:
    """Return the sender with this value of `signature`; None if there is none."""
    return next((sender for sender in all_senders() if sender.value == value), None)


def _of_provider(provider: Provider) -> Sender:
    parts = {
        "secret": provider.scheme.needs_secret or bool(provider.secret and provider.scheme.kind != "none"),
        "verify": any(handshake.check is not None for handshake in provider.handshakes),
        "url": provider.scheme.signs_url,
    }
    return Sender(
        provider.id,
        provider.name,
        tuple(part for part, is_needed in parts.items() if is_needed),
        f"{provider.secret}." if provider.secret else "",
        provider.docs,
        provider.notes.replace("`", ""),
        provider.id in _POPULAR,
    )
