"""Apps: groups of sinks under one id, and how long their runs are kept."""

import secrets
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models.signals import post_delete, post_save, pre_delete
from django.dispatch import receiver

from sinks.audit.audited import Audited
from sinks.models.revision import NoticedQuerySet, Revision
from sinks.validators import check_app_id

DEMO_APP_ID = "app_demo"  # of the app that `manage.py quickstart` creates


def new_app_id() -> str:
    return "app_" + "".join(secrets.choice("0123456789abcdefghjkmnpqrstvwxyz") for _ in range(12))


class _Keeping(models.Model):
    """How long the runs of an app are kept."""

    keep_runs_days = models.PositiveIntegerField(
        "keep runs for",
        null=True,
        blank=True,
        validators=[MaxValueValidator(36_500)],
        help_text="The number of days for which runs are kept; 0 for ever. Leave empty to use KEEP_RUNS_DAYS.",
    )
    keep_bodies_days = models.PositiveIntegerField(
        "keep requests for",
        null=True,
        blank=True,
        validators=[MaxValueValidator(36_500)],
        help_text="The number of days for which a run's request (headers and body) is kept; 0 for as long as the run. "
        "Leave empty to use KEEP_BODIES_DAYS.",
    )
    keep_runs = models.PositiveIntegerField(
        "maximum number of runs",
        null=True,
        blank=True,
        validators=[MaxValueValidator(1_000_000_000)],
        help_text="How many of the newest runs are kept; 0 for all. Leave empty to use KEEP_RUNS.",
    )

    class Meta:
        abstract = True


class App(Audited, _Keeping):
    """A group of sinks under one id."""

    app_id = models.CharField(
        "app id",
        max_length=64,
        unique=True,
        error_messages={"unique": "An app with this id already exists: choose another id."},
        blank=True,
        validators=[check_app_id],
        help_text="The first part of the URL. Leave empty to generate one.",
    )
    name = models.CharField(max_length=200, blank=True)
    active = models.BooleanField(default=True, help_text="The sinks of an inactive app answer 404.")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = NoticedQuerySet.as_manager()

    class Meta:
        ordering = ["app_id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.app_id})" if self.name else self.app_id

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.app_id = self.app_id or new_app_id()
        super().save(*args, **kwargs)

    def clean(self) -> None:
        self.app_id = self.app_id or new_app_id()
        if self.keep_runs_days and self.keep_bodies_days and self.keep_bodies_days > self.keep_runs_days:
            raise ValidationError(
                {
                    "keep_bodies_days": "A request cannot be kept for longer than its run: enter at most as many days "
                    "as for runs."
                }
            )


class DeletedApp(_Keeping):
    """How long the runs of a deleted app are kept. The runs outlive the app."""

    app_id = models.CharField(primary_key=True, max_length=64)

    def __str__(self) -> str:
        return self.app_id


@receiver([post_save, post_delete], sender=App)
def _changed(**kwargs: Any) -> None:
    Revision.bump()


@receiver(pre_delete, sender=App)
def _keep_on(instance: App, **kwargs: Any) -> None:
    values = {field.name: getattr(instance, field.name) for field in _Keeping._meta.fields}
    DeletedApp.objects.filter(pk=instance.app_id).delete()
    if any(value is not None for value in values.values()):
        DeletedApp.objects.create(app_id=instance.app_id, **values)


@receiver(post_save, sender=App)
def _inherit_retention(instance: App, created: bool, **kwargs: Any) -> None:
    """
    Copy the retention settings of a deleted app to a new app with the same id, except those that the new app sets.
    """
    former = DeletedApp.objects.filter(pk=instance.app_id).first() if created else None
    if former is None:
        return
    taken = {
        field.name: getattr(former, field.name)
        for field in _Keeping._meta.fields
        if getattr(instance, field.name) is None and getattr(former, field.name) is not None
    }
    if taken:
        App.objects.filter(pk=instance.pk).update(**taken)
        vars(instance).update(taken)
    former.delete()
