"""Memberships: what a user may do in an app."""

from django.conf import settings
from django.db import models

from sinks.models.app import App


class Membership(models.Model):
    """What a user may do in an app. Who is a member of any app is limited to those (sinks/access/permissions.py)."""

    class Role(models.TextChoices):
        VIEWER = "viewer"
        EDITOR = "editor"
        OWNER = "owner"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="memberships",
        help_text="A user's name. Who is a member of any app sees and changes nothing of others; to sign in to the "
        "admin, a user has to have the staff status too.",
    )
    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(
        max_length=8,
        choices=Role.choices,
        default=Role.VIEWER,
        help_text="Viewer: sees the app, its sinks and runs. Editor: also makes, changes and deletes sinks, cancels "
        "and replays runs. Owner: also changes and deletes the app, and says who its members are.",
    )

    class Meta:
        verbose_name = "member"
        ordering = ["app", "user"]
        constraints = [models.UniqueConstraint(fields=["user", "app"], name="sinks_once_a_member")]

    def __str__(self) -> str:
        return f"{self.user.get_username()} ({self.role})"
