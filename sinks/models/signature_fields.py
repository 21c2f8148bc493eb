"""How a sink's deliveries are signed: a provider of the registry, or a scheme of its own."""

from typing import TYPE_CHECKING, Any

from django.db import models

from sinks.webhooks import registry
from sinks.webhooks.signatures.scheme import Scheme, read_scheme

HMAC = "hmac"  # the name of a scheme of the sink's own that signs the body with an HMAC
CUSTOM = "custom"  # the name of any other scheme of the sink's own
# The fields of HMAC, by their keys in the scheme, with their defaults.
HMAC_FIELDS = {
    "signature_header": ("name", ""),
    "signature_algorithm": ("algorithm", "sha256"),
    "signature_encoding": ("encoding", "hex"),
    "signature_prefix": ("prefix", ""),
}
_HMAC_ROW: dict[str, Any] = {"kind": "hmac", "signed": "{body}"} | dict(HMAC_FIELDS.values())


class UnknownProvider(ValueError):
    """No provider has this id."""


def _hmac_property(key: str, default: str) -> Any:
    def read(self: "SignatureFields") -> str:
        return str(self.scheme[key]) if self.signature == HMAC else default

    def write(self: "SignatureFields", value: str) -> None:
        if self.signature == HMAC:
            self.scheme = {**self.scheme, key: value}

    return property(read, write, doc=f"The {key} of a generic HMAC.")


class SignatureFields(models.Model):
    """The fields for signatures. A sink has a provider, or a scheme, or neither."""

    if TYPE_CHECKING:
        provider: Any
        scheme: Any

    class Meta:
        abstract = True

    @property
    def signature(self) -> str:
        """The provider's id, HMAC or CUSTOM; empty if deliveries are not signed."""
        if self.provider or not self.scheme:
            return str(self.provider)
        row = self.scheme
        is_hmac = isinstance(row, dict) and set(row) == set(_HMAC_ROW) and row["kind"] == HMAC
        return HMAC if is_hmac and row["signed"] == "{body}" else CUSTOM

    @signature.setter
    def signature(self, name: str | None) -> None:
        if name == HMAC:
            self.provider = ""
            self.scheme = self.scheme if self.signature == HMAC else dict(_HMAC_ROW)
        elif name != CUSTOM:
            self.provider, self.scheme = name or "", None

    signature_header = _hmac_property(*HMAC_FIELDS["signature_header"])
    signature_algorithm = _hmac_property(*HMAC_FIELDS["signature_algorithm"])
    signature_encoding = _hmac_property(*HMAC_FIELDS["signature_encoding"])
    signature_prefix = _hmac_property(*HMAC_FIELDS["signature_prefix"])

    def find_scheme(self) -> Scheme | None:
        """
        Return the scheme in force; None if deliveries are not signed.

        Raises:
            UnknownProvider: No provider has this id.
            InvalidScheme: The scheme is invalid.
        """
        return find_scheme(self.provider, self.scheme)


def signature_choices() -> list[tuple[str, Any]]:
    """Return the choices for how deliveries are signed, in groups."""
    known = [(provider.id, provider.name) for provider in registry.all_providers()]
    others = [(HMAC, "An HMAC of the body"), (CUSTOM, "A scheme as JSON")]
    return [("", "---------"), ("Providers", known), ("Others", others)]


def find_scheme(provider_id: str, row: Any) -> Scheme | None:
    """
    Return the scheme of a provider, or of a row; None if both are empty.

    Raises:
        UnknownProvider: No provider has this id.
        InvalidScheme: The scheme is invalid.
    """
    if provider_id:
        provider = registry.find(provider_id)
        if provider is None:
            raise UnknownProvider(registry.suggest(provider_id))
        return provider.scheme
    return read_scheme(row) if row is not None else None
