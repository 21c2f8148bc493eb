"""Deliveries that started no run: their counts, and the newest of them with their request."""

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
    """
    A delivery that a sink refused or filtered, or that was a repeat. Only the newest are kept, within bounds of bytes
    (sinks/refusals/storage.py). Credentials are never in it.
    """

    sink = models.ForeignKey(Sink, on_delete=models.CASCADE, related_name="refusals")
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=200)
    client = models.CharField(max_length=64, blank=True)
    kind = models.CharField(max_length=32, blank=True, db_default="", help_text="The name under which it is counted.")
    # Before the columns that may be large, since SQLite reads a row from its start.
    size = models.PositiveIntegerField(db_default=0, help_text="The bytes that count towards the bounds.")
    run_id = models.CharField(
        max_length=48, blank=True, db_default="", help_text="The run that was started when it was accepted."
    )
    accepted_at = models.DateTimeField(null=True)
    is_whole = models.BooleanField(db_default=False, help_text="Whether its request is kept completely.")
    body_size = models.BigIntegerField(
        null=True, help_text="The bytes of the body, as far as known; null if it was not received."
    )
    method = models.TextField(blank=True, db_default="", help_text="Empty if the request is not kept.")
    path = models.TextField(blank=True, db_default="", help_text="Within the app, percent-decoded.")
    query_string = models.TextField(blank=True, db_default="")
    raw_path = models.TextField(blank=True, db_default="", help_text="As sent, which some providers sign.")
    path_params = models.JSONField(null=True)
    headers = models.JSONField(null=True, help_text="Pairs of name and value, without credentials.")
    expected = models.JSONField(null=True, help_text="What the sink requires, as far as it concerns the refusal.")
    came = models.JSONField(null=True, help_text="What the delivery had in its place.")
    body = models.BinaryField(null=True, help_text="Its beginning, if `is_whole` is false; null if none was received.")

    class Meta:
        ordering = ["-pk"]
        permissions = [("accept_refusal", "Can run a refused delivery")]
        indexes = [
            # For the bounds of bytes, which are checked whenever refusals are written.
            models.Index(fields=["sink", "id", "size"], name="refusals_of_sink"),
            models.Index(fields=["at"], name="refusals_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.reason}"
