"""The number that grows with each change to an app or sink, so that servers notice the change."""

from typing import Any, TypeVar

from django.db import models
from django.db.models import F

_M = TypeVar("_M", bound=models.Model)


class Revision(models.Model):
    """
    A single row. Its number grows with each change to an app or sink. The directory of each process polls the number.
    """

    number = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.number)

    @classmethod
    def bump(cls) -> None:
        if not cls.objects.filter(pk=1).update(number=F("number") + 1):
            cls.objects.create(pk=1, number=1)


class NoticedQuerySet(models.QuerySet[_M]):
    """A query set whose bulk writes, which send no signals, increase the revision too."""

    def update(self, **values: Any) -> int:
        count = super().update(**values)
        Revision.bump()
        return count

    def bulk_create(self, *args: Any, **kwargs: Any) -> list[_M]:
        rows = super().bulk_create(*args, **kwargs)
        Revision.bump()
        return rows

    def bulk_update(self, *args: Any, **kwargs: Any) -> int:
        count = super().bulk_update(*args, **kwargs)
        Revision.bump()
        return count
