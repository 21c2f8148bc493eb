"""The handshakes of a sink: those of its provider, and Meta's verification if it only has a verify token."""

from sinks.handshakes.documents import META
from sinks.handshakes.handshake import Confirm, Handshake, Handshakes
from sinks.models import Sink
from sinks.webhooks import registry


def handshakes_of(sink: Sink) -> Handshakes | None:
    """
    Return the handshakes of a sink; None if it has none.

    Raises:
        InvalidScheme: The file of its provider is invalid.
    """
    provider = registry.find(sink.provider) if sink.provider else None
    return select(
        provider.handshakes if provider is not None else (), has_verify_token=bool(sink.encrypted_verify_token)
    )


def takes_secret(sink: Sink) -> bool:
    """Return whether the provider of a sink sends its secret in a first request."""
    handshakes = handshakes_of(sink)
    return handshakes is not None and handshakes.takes_secret


def confirm_rule(sink: Sink, name: str) -> Confirm | None:
    """Return the rule by which a handshake of a sink's provider asks for confirmations; None if there is none."""
    handshakes = handshakes_of(sink)
    found = handshakes.find(name) if handshakes is not None else None
    return found.confirm if found is not None else None


def select(of_provider: tuple[Handshake, ...], *, has_verify_token: bool) -> Handshakes | None:
    """
    Select the handshakes that a sink can answer.

    Args:
        of_provider: Those of its provider.
        has_verify_token: Whether it has a verify token. If its provider does not use it, it is for Meta's verification.

    Returns:
        The handshakes; None if there are none.
    """
    uses_token = any("verify_token" in one.needs for one in of_provider)
    handshakes = of_provider if uses_token or not has_verify_token else (*of_provider, *META)
    fit = tuple(one for one in handshakes if has_verify_token or "verify_token" not in one.needs)
    return Handshakes.of(fit) if fit else None
