"""Masks that stand for the stored tokens and secrets of sinks in documents."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError

from sinks.access import caller_rules, encryption
from sinks.models import Sink

# In a document that is applied, it keeps the stored value.
MASK = caller_rules.MASK
# The fields that documents show masked, and the columns that store them.
HIDDEN = {
    "auth_token": "encrypted_token",
    "callers": "encrypted_access",
    "secrets": "encrypted_secrets",
    "verify_token": "encrypted_verify_token",
}


def shown(sink: Sink, field: str) -> Any:
    """Return a hidden field with a mask for each stored token or secret."""
    encrypted = getattr(sink, HIDDEN[field])
    if field == "callers":
        return sink.access_entries
    if field != "secrets":
        return MASK if encrypted else ""
    try:
        return [MASK] * len(sink.secrets)
    except encryption.Unreadable:
        return [MASK]


def is_kept(thing: Any, field: str, value: Any) -> bool:
    """
    Return whether the value is exactly the mask of the stored value. If so, the stored value may even be unreadable.
    """
    return bool(value) and bool(getattr(thing, HIDDEN[field])) and value == shown(thing, field)


def unmasked(sink: Any, field: str, value: Any) -> Any:
    """
    Return the value of a hidden field in a document, with stored values in place of masks.

    Raises:
        ValidationError: A mask does not stand for exactly one stored value, or the stored values cannot be decrypted.
    """
    return _UNMASK[field](sink, value)


def _new(sink: Any, token: str) -> str:
    if token == MASK:
        raise ValidationError("This is the mask of a token, but no token is set: specify the token itself.")
    return token


def _unmasked_secrets(sink: Any, secrets: list[str]) -> list[str]:
    """
    Return the secrets, with masks replaced. The masks must come first, one for each stored secret, because a mask does
    not say for which secret it stands.
    """
    if MASK not in secrets:
        return secrets
    try:
        kept = sink.secrets
    except encryption.Unreadable as error:
        raise ValidationError(str(error)) from None
    if not kept:
        raise ValidationError("These are masks of secrets, but no secret is set: specify the secrets themselves.")
    new = secrets[len(kept) :]
    if secrets[: len(kept)] != [MASK] * len(kept) or MASK in new:
        many = f"all {len(kept)} secrets that are set, in their order" if len(kept) > 1 else "the secret that is set"
        raise ValidationError(
            f"Masks stand for {many}: list {len(kept)} of them, then new secrets; or list all secrets themselves."
        )
    return [*kept, *new]


def _unmasked_callers(sink: Any, entries: list[Any]) -> list[Any]:
    if not caller_rules.has_masks(entries):
        return entries
    try:
        return caller_rules.unmask(entries, sink.callers)
    except (caller_rules.InvalidEntries, encryption.Unreadable) as error:
        raise ValidationError(str(error)) from None


_UNMASK: dict[str, Callable[[Any, Any], Any]] = {
    "auth_token": _new,
    "callers": _unmasked_callers,
    "secrets": _unmasked_secrets,
    "verify_token": _new,
}
