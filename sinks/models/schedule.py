"""Schedules: workflows that run at times of their own, without a request."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from runs.steps.errors import InvalidPayload
from runs.steps.values import encode_payload
from sinks.audit.audited import Audited
from sinks.models.app import App
from sinks.models.sink import on_workers
from sinks.schedules import times
from sinks.schedules.times import Rule
from sinks.validators import check_cron, check_schedule_name, check_storable, check_zone, workflow_faults

MAX_SKEW = timedelta(hours=1)  # by which the clocks of servers may differ
# The columns that `sinks.schedules.firing` writes; a form must not undo that.
_FIRING_COLUMNS = frozenset({"next_at", "last_at", "last_run_id", "skipped_at", "skip_reason"})


class Schedule(Audited):
    """A workflow of an app that runs at the times of a cron expression."""

    class Missed(models.TextChoices):
        """What to do about times that passed while no server ran."""

        SKIP = times.SKIP, "skip: start no run"
        ONCE = times.ONCE, "once: start one run for all of them"
        ALL = times.ALL, "all: start a run for each"

    class Overlap(models.TextChoices):
        """What to do if the previous run is unfinished."""

        ALLOW = "allow", "allow: start another run"
        SKIP = "skip", "skip: start no run"

    class SkipReason(models.TextChoices):
        """Why no run started."""

        MISSED = "missed", "no server ran then"
        OVERLAP = "overlap", "the previous run was unfinished"
        INACTIVE = "inactive", "the app was inactive"
        NO_WORKERS = "no_workers", "there are no workers, which need PostgreSQL"
        INVALID = "invalid", "its time zone or payload is no longer valid, so it is stopped until it is saved again"

    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="schedules")
    name = models.CharField(
        max_length=100,
        validators=[check_schedule_name],
        help_text="Unique in the app: letters, digits, '_', '-' and '.'. Its runs get it as the header x-schedule.",
    )
    cron = models.CharField(
        "cron expression",
        max_length=200,
        validators=[check_cron],
        help_text="Five fields: minute, hour, day of month, month and day of week. For example 0 3 * * * for each day "
        "at 3:00, or */15 9-17 * * MON-FRI.",
    )
    timezone = models.CharField(
        "time zone", max_length=64, default="UTC", validators=[check_zone], help_text="Such as Europe/Berlin."
    )
    workflow = models.CharField(max_length=100)
    options = models.JSONField(default=dict, blank=True, help_text="The workflow's options, as a JSON object.")
    payload = models.JSONField(
        null=True, default=None, blank=True, help_text="Any JSON. The workflow receives it as the request's body."
    )
    missed = models.CharField(
        "missed times",
        max_length=4,
        default=Missed.ONCE,
        choices=Missed.choices,
        help_text="For times that passed while no server ran. A time that is less than a minute late is not missed.",
    )
    overlap = models.CharField(
        max_length=5,
        default=Overlap.ALLOW,
        choices=Overlap.choices,
        help_text="For times at which the schedule's previous run is unfinished.",
    )
    engine = models.CharField(
        max_length=16,
        blank=True,
        choices=[("local", "a server"), ("procrastinate", "a worker")],
        help_text="The process that executes the runs. Leave empty to use RUN_ENGINE.",
    )
    active = models.BooleanField(default=True, help_text="An inactive schedule starts no runs.")
    description = models.TextField(blank=True)
    next_at = models.DateTimeField("next", null=True, editable=False)
    last_at = models.DateTimeField(
        "last", null=True, editable=False, help_text="The time for which the last run started."
    )
    last_run_id = models.CharField("last run", max_length=48, blank=True, editable=False)
    skipped_at = models.DateTimeField(
        "skipped", null=True, editable=False, help_text="The last time for which no run started."
    )
    skip_reason = models.CharField(max_length=10, blank=True, choices=SkipReason.choices, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["app", "name"]
        constraints = [models.UniqueConstraint(fields=["app", "name"], name="schedules_one_per_name")]
        # Every server polls for schedules that are due.
        indexes = [models.Index(fields=["next_at"], name="schedules_due", condition=models.Q(active=True))]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        before = Schedule.objects.filter(pk=self.pk).first() if self.pk else None
        written = {field.name for field in self._meta.concrete_fields if not field.primary_key} - _FIRING_COLUMNS
        if before is not None:
            for name in _FIRING_COLUMNS:  # a server may have started a run since this object was read
                setattr(self, name, getattr(before, name))
        is_unplanned = self.active and self.next_at is None
        if before is None or is_unplanned or (before.rule, before.active) != (self.rule, self.active):
            self.next_at = self.next_after(datetime.now(UTC)) if self.active else None
            written.add("next_at")
        if before is not None:
            kwargs.setdefault("update_fields", written)
        super().save(*args, **kwargs)

    def save_firing(self) -> None:
        """Save only what is known about its times and runs."""
        Schedule.objects.filter(pk=self.pk).update(**{name: getattr(self, name) for name in _FIRING_COLUMNS})

    @property
    def rule(self) -> Rule:
        """The times at which it comes."""
        return Rule(self.cron, self.timezone)

    @property
    def in_words(self) -> str:
        """Its times as an English sentence without a full stop; empty if they were saved without validation."""
        try:
            return times.in_words(self.cron)
        except times.InvalidTimes:
            return ""

    def upcoming(self, now: datetime, count: int) -> list[datetime]:
        """Return the next times for which runs will start, in its time zone."""
        try:
            return times.upcoming(self.rule, now, count) if self.active and self.app.active and self.next_at else []
        except times.InvalidTimes:
            return []

    def next_after(self, now: datetime) -> datetime | None:
        """Return its next time. A time for which another server, whose clock is ahead, has started a run is past."""
        last = self.last_at
        return self.rule.next(last if last is not None and now < last < now + MAX_SKEW else now)

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        # `clean` reports the name instead, with a message that says what to do.
        super().validate_constraints(exclude={*(exclude or ()), "name"})

    def clean(self) -> None:
        """Check the rules that depend on several fields, such as options, and that the name is free in the app."""
        is_known = not self.active and Schedule.objects.filter(pk=self.pk, workflow=self.workflow).exists()
        self.options = {} if self.options is None else self.options
        faults = workflow_faults(self.workflow, self.options, may_be_missing=is_known) if self.workflow else {}
        try:
            check_storable(self.payload)
            encode_payload(self.payload)
        except ValidationError as error:
            faults["payload"] = str(error.message)
        except InvalidPayload as error:
            faults["payload"] = str(error)
        if on_workers(self.engine) and not settings.HAS_WORKERS:
            faults["engine"] = "Workers need PostgreSQL: set DATABASE_URL, or choose another engine."
        same = Schedule.objects.filter(app_id=self.app_id, name=self.name).exclude(pk=self.pk)
        if self.app_id and same.exists():
            faults["name"] = f"This app already has a schedule {self.name!r}: choose another name."
        if faults:
            raise ValidationError(faults)
