"""The base of models whose changes are in the audit log."""

from typing import Any

from django.db import models, transaction


class Audited(models.Model):
    """A model that is saved in one transaction with the entry of the audit log that a signal adds."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        with transaction.atomic(savepoint=False):
            super().save(*args, **kwargs)
