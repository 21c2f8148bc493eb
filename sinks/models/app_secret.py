"""Secrets of apps: values that workflows read with `run.secret(name)`."""

from typing import Any

from django.db import models
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from sinks.access.encryption import Encrypted, EncryptedField
from sinks.audit.audited import Audited
from sinks.models.app import App
from sinks.models.revision import NoticedQuerySet, Revision
from sinks.validators import check_secret_name, check_secret_value


class _SecretQuerySet(NoticedQuerySet["AppSecret"]):
    counter = "secrets"


class AppSecret(Audited):
    """A secret of an app. Workflows read it; people and programs can set it, and never read it back."""

    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="secrets")
    name = models.CharField(
        max_length=64,
        validators=[check_secret_name],
        help_text="The name by which workflows read the secret, spelled like an environment variable: STRIPE_KEY.",
    )
    encrypted_secret = EncryptedField()
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    objects = _SecretQuerySet.as_manager()

    class Meta:
        verbose_name = "secret"
        ordering = ["app", "name"]
        constraints = [models.UniqueConstraint(fields=["app", "name"], name="sinks_one_secret_per_name")]

    def __str__(self) -> str:
        return self.name

    def set_value(self, value: str) -> None:
        """
        Encrypt a value for the secret.

        Raises:
            ValidationError: The value is invalid.
        """
        check_secret_value(value)
        self.encrypted_secret = Encrypted.of(value)


@receiver([post_save, post_delete], sender=AppSecret)
def _changed(**kwargs: Any) -> None:
    Revision.bump("secrets")
