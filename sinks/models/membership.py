"""Memberships of users in apps."""

from django.conf import settings
from django.db import models

from sinks.audit.audited import Audited
from sinks.models.app import App


class Membership(Audited):
    """The role of a user in an app. A user with memberships is limited to those apps (sinks/access/permissions.py)."""

    class Role(models.TextChoices):
        VIEWER = "viewer"
        EDITOR = "editor"
        OWNER = "owner"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="memberships",
        help_text="The user's name. A user who is a member of an app can see and change only their own apps. A user "
        "also needs staff status to sign in to the admin.",
    )
    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(
        max_length=8,
        choices=Role.choices,
        default=Role.VIEWER,
        help_text="Viewers see the app, its sinks and its runs. Editors also create, change and delete sinks, and "
        "cancel and replay runs. Owners also change and delete the app, set its secrets, accept refused deliveries and "
        "manage its members.",
    )

    class Meta:
        verbose_name = "member"
        ordering = ["app", "user"]
        constraints = [models.UniqueConstraint(fields=["user", "app"], name="sinks_once_a_member")]

    def __str__(self) -> str:
        return f"{self.user.get_username()} ({self.role})"
