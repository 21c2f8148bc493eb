"""Deliveries that started no run: their counts, and the newest refusals."""

from django.db import models

from sinks.models.sink import Sink


class Outcome(models.Model):
    """How many deliveries of a sink ended in one way without starting a run."""

    sink = models.ForeignKey(Sink, on_delete=models.CASCADE, related_name="outcomes")
    kind = models.CharField(max_length=32)
    count = models.BigIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        ordering = ["kind"]
        constraints = [models.UniqueConstraint(fields=["sink", "kind"], name="sinks_one_per_kind")]

    def __str__(self) -> str:
        return f"{self.kind}: {self.count}"


class Refusal(models.Model):
    """A delivery that a sink refused. Only the newest are kept."""

    sink = models.ForeignKey(Sink, on_delete=models.CASCADE, related_name="refusals")
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=200)
    client = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.status} {self.reason}"
