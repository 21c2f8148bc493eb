"""The models of two-factor sign-in: the secret that a user's app shares with SinkHub, and the recovery codes."""

from django.conf import settings
from django.db import models

from sinks.access.encryption import EncryptedField


class SecondFactor(models.Model):
    """The second factor of a user. It is asked for at sign-in once it is confirmed."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="second_factor")
    encrypted_secret = EncryptedField()  # in Base32, as authenticator apps take it
    last_step = models.BigIntegerField(default=0)  # of the last accepted code: a code is accepted once
    confirmed_at = models.DateTimeField(null=True)
    wrong_codes = models.PositiveIntegerField(default=0)  # since the last accepted one, from all addresses
    wrong_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "second factor"
        default_permissions = ()

    def __str__(self) -> str:
        return f"second factor of {self.user}"


class RecoveryCode(models.Model):
    """A recovery code of a user, which is deleted when it is used."""

    factor = models.ForeignKey(SecondFactor, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64, editable=False)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["factor", "digest"], name="sinks_recovery_code")]

    def __str__(self) -> str:
        return "recovery code"
