"""The model of the audit log: who did what, when, from where and how."""

from typing import Any, NoReturn

from django.db import models


class AppendOnly(Exception):
    """An entry of the audit log cannot be changed or deleted, except by its age."""


class _Entries(models.QuerySet["AuditEntry"]):
    def update(self, **values: Any) -> NoReturn:
        raise AppendOnly

    def bulk_update(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly

    def delete(self) -> NoReturn:
        raise AppendOnly

    def drop(self) -> int:
        """Delete entries that are too old; only retention does so."""
        return int(self._raw_delete(self.db))  # Django's own deletion, without signals


class AuditEntry(models.Model):
    """One action, without secrets. It names the user and the object as text, because both may be deleted."""

    class Via(models.TextChoices):
        ADMIN = "admin", "admin"
        API = "api", "API"
        COMMAND = "command", "command"
        SERVER = "server", "server"

    at = models.DateTimeField(auto_now_add=True)
    via = models.CharField(max_length=8, choices=Via.choices)
    user = models.CharField(
        max_length=150, blank=True, help_text="The user's name; for a command, the name at the operating system."
    )
    program = models.CharField(max_length=200, blank=True, help_text="The name of the API token, if one was used.")
    address = models.CharField(max_length=64, blank=True, help_text="The network address of the client.")
    kind = models.CharField(max_length=40)
    app_id = models.CharField("app id", max_length=64, blank=True)
    object = models.CharField(max_length=300, blank=True, help_text="The name of the object.")
    text = models.TextField(blank=True, help_text="The changed fields, or other details.")

    objects = _Entries.as_manager()

    class Meta:
        verbose_name = "audit entry"
        verbose_name_plural = "audit entries"
        ordering = ["-pk"]
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["at"], name="audit_by_age"),
            models.Index(fields=["user", "id"], name="audit_of_user"),
            models.Index(fields=["kind", "id"], name="audit_of_kind"),
            models.Index(fields=["app_id", "id"], name="audit_of_app"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object}".rstrip()

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly
