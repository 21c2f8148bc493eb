"""The secrets of an app in a file: an object of values, or of masks, by name."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError

from sinks.access import encryption
from sinks.access.app_secrets import set_secret
from sinks.config.documents import MASK
from sinks.models import App, AppSecret


def of_secrets(app: App, *, secrets: bool = False) -> dict[str, str]:
    """
    Return the secrets of an app by name.

    Args:
        app: The app.
        secrets: Whether to include the values; otherwise each is MASK.

    Raises:
        encryption.Unreadable: With `secrets`, if one was encrypted under another SECRET_KEY.
    """
    found = app.secrets.order_by("name")
    return {secret.name: str(secret.encrypted_secret.reveal()) if secrets else MASK for secret in found}


def apply_secrets(app: App, document: Any) -> dict[str, tuple[str | None, str]]:
    """
    Set the secrets that a file names, and save them. Others stay: a file that is written by hand names none.

    Args:
        app: The app, which is saved.
        document: The object in the file; None for no secrets. A mask keeps the stored value.

    Returns:
        The changed places, such as `secrets.STRIPE_KEY`, with the values before and after, masked.

    Raises:
        ValidationError: By place in the app's document. No message contains a value.
    """
    if document is None:
        return {}
    if not isinstance(document, Mapping):
        raise ValidationError({"secrets": 'This must be an object such as {"STRIPE_KEY": "..."}, or null.'})
    stored = {secret.name: secret for secret in app.secrets.all()}
    changed: dict[str, tuple[str | None, str]] = {}
    faults: dict[str, list[ValidationError]] = {}
    for name, value in document.items():
        place, secret = f"secrets.{name}", stored.get(name)
        try:
            if not isinstance(value, str):
                raise ValidationError("The value of a secret must be a text.")
            if value == MASK:
                if secret is None:
                    raise ValidationError(
                        "This is the mask of a secret that the app does not have: specify its value, or leave it out."
                    )
            elif secret is None or not _is(secret, value):
                set_secret(app, str(name), value)
                changed[place] = (MASK if secret else None, MASK)
        except ValidationError as error:
            faults.setdefault(place, []).extend(
                invalid
                for errors in (error.error_dict.values() if hasattr(error, "error_dict") else [error.error_list])
                for invalid in errors
            )
    if faults:
        raise ValidationError(dict(faults))
    return changed


def _is(secret: AppSecret, value: str) -> bool:
    try:
        return str(secret.encrypted_secret.reveal()) == value
    except encryption.Unreadable:
        return False
