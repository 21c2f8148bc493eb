"""Confirmations: URLs that providers want to be fetched before they deliver, until an admin decides."""

from django.db import models

from sinks.models.sink import Sink


class Confirmation(models.Model):
    """A URL that confirms a webhook once it is fetched. A newer one for the same topic replaces it."""

    sink = models.ForeignKey(Sink, on_delete=models.CASCADE, related_name="confirmations")
    handshake = models.CharField(max_length=30)  # its name in the row of the sink's provider
    topic = models.CharField(max_length=300, blank=True)
    url = models.CharField(max_length=2000)
    received_at = models.DateTimeField()

    class Meta:
        ordering = ["-received_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["sink", "topic"], name="sinks_one_confirmation_per_topic")]

    def __str__(self) -> str:
        return self.topic or self.handshake
