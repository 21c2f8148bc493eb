"""The models of the admin's list of runs: saved views, and actions on many runs."""

from django.conf import settings
from django.db import models


class SavedView(models.Model):
    """A filter of the list of runs that a user has named."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=2000, blank=True, help_text="The parameters of the list's URL.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="saved_views_once")]

    def __str__(self) -> str:
        return self.name


class BulkAction(models.Model):
    """An action on all runs that match a filter. Servers apply it in the background, one run after the other."""

    class Action(models.TextChoices):
        CANCEL = "cancel"
        REPLAY = "replay"
        RESUME = "resume"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", help_text="Who started it."
    )
    action = models.CharField(max_length=8, choices=Action.choices)
    wanted = models.JSONField(help_text="The conditions for its runs; see runs/listing/wanted.py.")
    query = models.CharField(max_length=2000, blank=True, help_text="The same as parameters of the list's URL.")
    per_second = models.PositiveSmallIntegerField(help_text="The maximum number of runs per second.")
    total = models.PositiveIntegerField(help_text="How many runs matched when it started, as far as they were counted.")
    has_more = models.BooleanField(help_text="Whether more runs than these matched.")
    cursor = models.CharField(max_length=48, help_text="The runs that are left have smaller ids.")
    done = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    reasons = models.JSONField(
        default=list, help_text="Why runs failed: the reason, the number of runs, and the newest of them."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    next_at = models.DateTimeField(null=True, help_text="When it continues; null once it has ended.")
    finished_at = models.DateTimeField(null=True)
    stopped = models.CharField(max_length=200, blank=True, help_text="Why it ended early; empty if it did not.")

    class Meta:
        indexes = [
            # Every server polls for actions that are due.
            models.Index(fields=["next_at"], name="bulk_due", condition=models.Q(next_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.pk}"

    @property
    def handled(self) -> int:
        """The number of runs that it was applied to, successfully or not."""
        return self.done + self.failed
