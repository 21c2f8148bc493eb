"""The fields of a sink that say who may call it, beside its token and signature: credentials, networks, log mode."""

import json
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from sinks.access.caller_rules import InvalidEntries, check_entries, mask
from sinks.access.encryption import Encrypted, EncryptedField
from sinks.validators import check_networks, check_rate

ENFORCE, LOG = "enforce", "log"  # modes
LOG_TIME = timedelta(hours=24)  # after which log mode ends


class AccessFields(models.Model):
    """Callers of a sink: `access` in its document."""

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
