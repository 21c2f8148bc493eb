"""The model of invitations: a colleague who has the URL becomes a member of an app, once."""

from django.conf import settings
from django.db import models


class Invitation(models.Model):
    """An open invitation to an app. It is deleted when it is accepted or revoked; the audit log keeps both."""

    app = models.ForeignKey("sinks.App", on_delete=models.CASCADE, related_name="invitations")
    role = models.CharField(max_length=8)
    digest = models.CharField(max_length=64, unique=True, editable=False)  # of the text in its URL
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="invitations")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.role} of {self.app.app_id}"
