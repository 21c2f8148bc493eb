"""The model of identities: accounts of the OpenID provider, each linked to a user."""

from django.conf import settings
from django.db import models


class OidcIdentity(models.Model):
    """
    An account of the provider, by its issuer and subject (OpenID Connect Core 1.0, section 5.7). Both never change,
    unlike its e-mail address.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="oidc_identities")
    issuer = models.CharField(max_length=300)
    subject = models.CharField(max_length=255)
    created_at = models.DateTimeField("linked at", auto_now_add=True)

    class Meta:
        verbose_name = "OpenID Connect identity"
        verbose_name_plural = "OpenID Connect identities"
        ordering = ["pk"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["issuer", "subject"], name="one_user_of_an_identity")]

    def __str__(self) -> str:
        return f"{self.user.get_username()} as {self.subject} at {self.issuer}"
