"""Numbers that grow with each change to an app, a sink or a secret, so that servers and workers notice the change."""

from typing import Any, TypeVar

from django.db import models
from django.db.models import F

_M = TypeVar("_M", bound=models.Model)


class Revision(models.Model):
    """
    A single row. `number` grows with each change to an app or sink; the directory of each server polls it. `secrets`
    grows with each change to a secret of an app; each process that executes runs polls it.
    """

    number = models.BigIntegerField(default=0)
    secrets = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.number)

    @classmethod
    def bump(cls, counter: str = "number") -> None:
        """Increase a counter."""
        if not cls.objects.filter(pk=1).update(**{counter: F(counter) + 1}):
            cls.objects.create(pk=1, **{counter: 1})


class NoticedQuerySet(models.QuerySet[_M]):
    """A query set whose bulk writes, which send no signals, increase the revision too."""

    counter = "number"

    def update(self, **values: Any) -> int:
        count = super().update(**values)
        Revision.bump(self.counter)
        return count

    def bulk_create(self, *args: Any, **kwargs: Any) -> list[_M]:
        rows = super().bulk_create(*args, **kwargs)
        Revision.bump(self.counter)
        return rows

    def bulk_update(self, *args: Any, **kwargs: Any) -> int:
        count = super().bulk_update(*args, **kwargs)
        Revision.bump(self.counter)
        return count
