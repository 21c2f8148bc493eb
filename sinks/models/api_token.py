"""The model of the REST API's tokens."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from sinks.audit.audited import Audited
from sinks.models.app import App
from sinks.validators import API_SCOPES, check_scopes


class ApiToken(Audited):
    """A token with which a program calls the REST API. Its text is shown once, on creation (access/api_tokens.py)."""

    SCOPES = API_SCOPES

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="api_tokens",
        help_text="The token can never do more than this user.",
    )
    name = models.CharField(
        max_length=200, help_text="The purpose of the token, for example the name of the program that uses it."
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=8, editable=False)  # the beginning of the token, to recognise it
    app = models.ForeignKey(
        App,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        help_text="The only app that the token gives access to. Leave empty for all of the user's apps.",
    )
    scopes = models.JSONField(
        default=list,
        validators=[check_scopes],
        help_text=f"The permissions of the token: one or more of {', '.join(SCOPES)}.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Leave empty for a token that never expires.")
    last_used_at = models.DateTimeField(null=True, editable=False, help_text="To the minute.")
    text: str = ""  # set only on a token that was just created, never on one from the database

    class Meta:
        verbose_name = "API token"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"

    def clean(self) -> None:
        # The expiry of an existing token may be in the past, which ends it at once.
        if self._state.adding and self.expires_at is not None and self.expires_at <= timezone.now():
            raise ValidationError({"expires_at": "This time is in the past: enter a future time, or none."})
