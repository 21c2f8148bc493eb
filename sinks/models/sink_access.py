"""The fields of a sink that say who may call it, beside its signature: token, other credentials, networks, log mode."""

import json
import secrets as random
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from sinks.access.caller_rules import InvalidEntries, check_entries, mask
from sinks.access.encryption import Encrypted, EncryptedField, Unreadable
from sinks.validators import check_length, check_networks, check_rate, check_token

ENFORCE, LOG = "enforce", "log"  # modes
LOG_TIME = timedelta(hours=24)  # after which log mode ends
MAX_OVERLAP = timedelta(days=7)  # for which a replaced token stays valid
_TOKEN_COLUMNS = ("encrypted_token", "encrypted_old_token", "old_token_until", "changed_at")


class AccessFields(models.Model):
    """Callers of a sink: `access` in its document."""

    encrypted_token = EncryptedField()
    encrypted_old_token = EncryptedField()  # the token that `encrypted_token` has replaced, while both are valid
    old_token_until = models.DateTimeField(null=True, editable=False)
    # The entries with masks in place of their secrets, so that they can be listed without a key.
    access_entries = models.JSONField(default=list, blank=True, editable=False)
    encrypted_access = EncryptedField()  # the same entries as JSON, with their secrets
    allowed_networks = models.TextField(
        blank=True,
        validators=[check_networks],
        help_text="Networks or addresses from which requests may come, one per line, such as 10.0.0.0/8 or "
        "2001:db8::7. Leave empty for all.",
    )
    access_log_until = models.DateTimeField(null=True, editable=False)
    rate_per_client = models.CharField(
        max_length=32,
        blank=True,
        validators=[check_rate],
        help_text="The maximum rate of requests from one client address, such as 10/min. An IPv6 network of 64 bits "
        "counts as one address. Each server process counts by itself.",
    )

    class Meta:
        abstract = True

    @property
    def auth_token(self) -> str:
        """
        The bearer token; empty if the sink has none. Stored encrypted. A new one replaces the token at once; see
        `rotate_token`.

        Raises:
            encryption.Unreadable: The token was encrypted under another SECRET_KEY.
        """
        return str(self.encrypted_token.reveal())

    @auth_token.setter
    def auth_token(self, token: str | None) -> None:
        check_token(token or "")
        if token and self._is_token(token):  # saving it again does not end the overlap
            return
        check_length([token or ""], self.encrypted_token, "A token")
        self.encrypted_token = Encrypted.of(token or "")
        self.encrypted_old_token, self.old_token_until = Encrypted(), None

    def rotate_token(self, overlap: timedelta = timedelta()) -> str:
        """
        Give the sink a new random token, and save it.

        Args:
            overlap: How long the token before it stays valid too. A token before that one ends at once.

        Returns:
            The new token.
        """
        before = self.encrypted_token
        self.auth_token = token = random.token_urlsafe(32)
        if before and overlap > timedelta():
            self.encrypted_old_token = before
            self.old_token_until = timezone.now() + min(overlap, MAX_OVERLAP)
        self.save(update_fields=_TOKEN_COLUMNS)
        return token

    def end_old_token(self) -> bool:
        """End the validity of a replaced token at once, and save it. Return whether there was one."""
        was_valid = self.old_token_end is not None
        self.encrypted_old_token, self.old_token_until = Encrypted(), None
        self.save(update_fields=_TOKEN_COLUMNS)
        return was_valid

    @property
    def old_token_end(self) -> datetime | None:
        """When the replaced token stops to be valid; None if no replaced token is valid now."""
        until = self.old_token_until
        return until if self.encrypted_old_token and until is not None and until > timezone.now() else None

    def _is_token(self, token: str) -> bool:
        try:
            return self.auth_token == token
        except Unreadable:
            return False

    @property
    def callers(self) -> list[dict[str, Any]]:
        """
        The entries of `access.any`, with their secrets. Stored encrypted.

        Raises:
            encryption.Unreadable: They were encrypted under another SECRET_KEY.
        """
        entries: list[dict[str, Any]] = json.loads(self.encrypted_access.reveal() or "[]")
        return entries

    @callers.setter
    def callers(self, entries: Collection[Any]) -> None:
        try:
            checked = check_entries(entries)
        except InvalidEntries as error:
            raise ValidationError(str(error)) from None
        self.access_entries = mask(checked)
        self.encrypted_access = Encrypted.of(json.dumps(checked)) if checked else Encrypted()

    @property
    def access_mode(self) -> str:
        """`log` until a day after it was set, else `enforce`."""
        return LOG if self.access_log_until is not None and self.access_log_until > timezone.now() else ENFORCE

    @access_mode.setter
    def access_mode(self, mode: str) -> None:
        if mode not in {ENFORCE, LOG}:
            raise ValidationError(f"The mode must be {ENFORCE} or {LOG}.")
        if mode == ENFORCE:
            self.access_log_until = None
        elif self.access_mode != LOG:  # saving it again does not extend it
            self.access_log_until = timezone.now() + LOG_TIME
