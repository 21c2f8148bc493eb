"""Sinks: the workflow that a request to a path of an app starts, and the requirements for the request."""

from collections.abc import Collection
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.signals import post_delete, post_save, pre_delete
from django.dispatch import receiver

from sinks.access.encryption import Encrypted, EncryptedField
from sinks.audit.audited import Audited
from sinks.models.app import App
from sinks.models.revision import NoticedQuerySet, Revision
from sinks.models.signature_fields import SignatureFields, UnknownProvider
from sinks.models.sink_access import AccessFields
from sinks.models.sink_rules import delivery_faults, failure_faults
from sinks.routing import paths
from sinks.validators import (
    check_delays,
    check_delivery_expression,
    check_expression,
    check_field_name,
    check_jitter,
    check_length,
    check_method,
    check_origins,
    check_path,
    check_pause,
    check_public_url,
    check_rate,
    check_response,
    check_search_values,
    check_secrets,
    check_signal_name,
    check_timeout,
    check_verify_token,
    workflow_faults,
)
from sinks.webhooks.signatures.keys import split_secrets
from sinks.webhooks.signatures.scheme import InvalidScheme

ANY = "ANY"
RETRY_FIELDS = ("attempts", "delays", "backoff", "max_delay", "jitter")  # of the rule for attempts


def on_workers(engine: str) -> bool:
    """Return whether workers execute the runs of a sink with this engine."""
    return (engine or settings.RUN_ENGINE) == "procrastinate"


class Sink(Audited, SignatureFields, AccessFields):
    """A path and a method of an app. A request to it starts a run of the workflow."""

    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="sinks")
    path = models.CharField(
        max_length=500,
        validators=[check_path],
        help_text="Starts with '/'. A segment in braces is a parameter: /orders/{order_id}.",
    )
    method = models.CharField(
        max_length=32, default="POST", validators=[check_method], help_text="GET, POST, and so on; ANY for all methods."
    )
    # Unique for an app and a method; see `paths.shape`.
    shape = models.CharField(max_length=500, editable=False)
    workflow = models.CharField(max_length=100, default="echo")
    options = models.JSONField(default=dict, blank=True, help_text="The workflow's options, as a JSON object.")
    timeout = models.FloatField(
        null=True,
        blank=True,
        validators=[check_timeout],
        help_text="How many seconds one attempt may take. Leave empty for the workflow's timeout, or 300 seconds if it "
        "sets none.",
    )
    engine = models.CharField(
        max_length=16,
        blank=True,
        choices=[("local", "the server that gets the request"), ("procrastinate", "a worker")],
        help_text="The process that executes the runs. Leave empty to use RUN_ENGINE.",
    )
    attempts = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="How many times a run is tried if it fails, including the first attempt. Leave empty for the "
        "workflow's rule, or 1 attempt if it sets none.",
    )
    delays = models.JSONField(
        null=True,
        blank=True,
        validators=[check_delays],
        help_text="Seconds to wait before each later attempt, as a JSON list such as [5, 60, 600]. The last one "
        "repeats.",
    )
    backoff = models.FloatField(
        null=True,
        blank=True,
        validators=[check_pause],
        help_text="Instead of delays: seconds to wait before the second attempt (5 if empty). The wait doubles with "
        "each later attempt.",
    )
    max_delay = models.FloatField(
        null=True,
        blank=True,
        validators=[check_pause],
        help_text="The longest wait of a backoff, in seconds (3600 if empty).",
    )
    jitter = models.FloatField(
        null=True,
        blank=True,
        validators=[check_jitter],
        help_text="The part by which each wait is randomly longer or shorter, from 0 to 1 (0 if empty).",
    )
    failure_workflow = models.CharField(
        "workflow on failure",
        max_length=100,
        blank=True,
        help_text="A workflow that is started when a run has failed for good: after its last attempt. It receives the "
        "run's id and its error as JSON.",
    )
    failure_options = models.JSONField(
        "options on failure",
        default=dict,
        blank=True,
        help_text="The options of the workflow on failure, as a JSON object.",
    )
    priority = models.SmallIntegerField(
        default=0,
        validators=[MinValueValidator(-100), MaxValueValidator(100)],
        help_text="From -100 to 100. Workers start queued runs with the highest priority first; servers ignore it.",
    )
    answer = models.CharField(  # noqa: DJ001 - null is the default in documents too
        "default answer",
        max_length=8,
        null=True,
        blank=True,
        choices=[("stream", "stream of events"), ("json", "JSON when done"), ("async", "202 at once")],
        help_text="The answer to clients that do not choose with Accept or Prefer. Providers that wait only a few "
        "seconds (GitHub 10, Slack 3) need 202, or a response. Leave empty for the response if there is one, else the "
        "stream.",
    )
    response = models.JSONField(
        null=True,
        blank=True,
        validators=[check_response],
        help_text="The response to clients that do not stream, as a JSON object. "
        '{"status": 204} is sent as soon as the run is recorded; it may have "headers" and a "body". With '
        '{"failed_status": 500}, clients wait until the run responds or ends, for 25 seconds at most, and get this '
        "status if it fails.",
    )
    provider = models.CharField(
        max_length=64,
        blank=True,
        help_text="The provider whose deliveries the sink takes, such as github or stripe. It determines how they are "
        "signed. Leave empty to accept unsigned deliveries.",
    )
    scheme = models.JSONField(
        null=True,
        blank=True,
        help_text="How deliveries are signed, if the provider is not in the list: a JSON object, see docs/providers.",
    )
    public_url = models.CharField(
        "public URL",
        max_length=500,
        blank=True,
        validators=[check_public_url],
        help_text="The sink's URL exactly as you enter it at the provider, for providers that sign it. Leave empty to "
        "use PUBLIC_URL and the path of the request.",
    )
    encrypted_secrets = EncryptedField()
    tolerance = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(86400)],
        help_text="For schemes that sign a timestamp: how many seconds it may differ from the server's clock. Leave "
        "empty for the provider's own tolerance, which is 300 seconds for most.",
    )
    encrypted_verify_token = EncryptedField()
    awaits_secret_until = models.DateTimeField(null=True, editable=False)  # from a first request of the provider
    secret_received_at = models.DateTimeField(null=True, editable=False)  # null when the secrets were set since then
    dedupe_header = models.CharField(
        "delivery-id header",
        max_length=100,
        blank=True,
        validators=[check_field_name],
        help_text="The header with the delivery id, such as X-GitHub-Delivery. A repeat starts no second run.",
    )
    dedupe_body = models.CharField(
        "delivery id in the body",
        max_length=500,
        blank=True,
        validators=[check_expression],
        help_text="A JMESPath expression for the delivery id in a JSON body or form, for example id for Stripe or "
        "MessageSid for Twilio.",
    )
    dedupe_window = models.PositiveIntegerField(
        "window",
        default=86400,
        validators=[MinValueValidator(1), MaxValueValidator(90 * 86400)],
        help_text="How many seconds a delivery id or an Idempotency-Key is remembered.",
    )
    filter = models.TextField(
        blank=True,
        validators=[check_delivery_expression],
        help_text="A JMESPath expression. A delivery that does not match starts no run. For example: "
        "headers.\"x-github-event\" == 'push' && body.ref == 'refs/heads/main'",
    )
    payload = models.TextField(
        blank=True,
        validators=[check_delivery_expression],
        help_text="A JMESPath expression for what filter and workflow see as the body, such as "
        "parse_json(body.payload) for JSON in a field of a form, or event.data. Leave empty for the parsed JSON, the "
        "fields of a form, the parsed XML, or the text.",
    )
    search_values = models.JSONField(
        "search values",
        default=dict,
        blank=True,
        validators=[check_search_values],
        help_text="Values by which runs are found, as a JSON object of names and JMESPath expressions, such as "
        '{"order": "body.order.id"}: then the search order:1042 finds the run.',
    )
    deliver_signal = models.CharField(
        "signal",
        max_length=100,
        blank=True,
        validators=[check_signal_name],
        help_text="Deliveries wake runs of the app that wait for a signal of this name, and start no runs.",
    )
    deliver_key = models.CharField(
        "key of the signal",
        max_length=500,
        blank=True,
        validators=[check_delivery_expression],
        help_text="A JMESPath expression for the key for which a run waits, such as body.order_id.",
    )
    rate = models.CharField(
        max_length=32,
        blank=True,
        validators=[check_rate],
        help_text="The maximum rate of requests, such as 60/min, 5/s or 1000/h. Each server process counts by itself.",
    )
    concurrency = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="How many runs of the sink may execute at once: in each server process, or on all workers together. "
        "Leave empty for no limit.",
    )
    queue = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="How many runs may wait for their turn, in addition to those that execute; further requests get 429. "
        "If empty, no run waits on a server, and any number may wait for workers.",
    )
    body_limit = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="The largest decompressed body in bytes; at most MAX_BODY_BYTES. Leave empty to use "
        "DEFAULT_BODY_BYTES.",
    )
    cors_origins = models.TextField(
        "CORS origins",
        blank=True,
        validators=[check_origins],
        help_text="Origins whose scripts may call the sink, one per line, such as https://example.com; * for all.",
    )
    redirect = models.URLField(
        max_length=500,
        blank=True,
        help_text="The URL to which a browser is redirected after it submits a form. Leave empty to show the run.",
    )
    active = models.BooleanField(default=True, help_text="An inactive sink answers 404.")
    description = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    objects = NoticedQuerySet.as_manager()

    class Meta:
        ordering = ["app", "path", "method"]
        constraints = [models.UniqueConstraint(fields=["app", "shape", "method"], name="sinks_one_per_method")]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.method = self.method.upper()
        self.shape = paths.shape(self.path)
        super().save(*args, **kwargs)

    @property
    def access(self) -> str:
        """What a request needs, for lists, such as `token or basic, signed`; or `public`."""
        ways = [*(["token"] if self.encrypted_token else []), *(entry["kind"] for entry in self.access_entries)]
        wanted = [" or ".join(dict.fromkeys(ways)), self.signature and "signed", self.allowed_networks and "networks"]
        return ", ".join(filter(None, wanted)) or "public"

    @property
    def secrets(self) -> list[str]:
        """
        The signing secrets. A delivery can be signed with any one of them. Stored encrypted.

        Raises:
            encryption.Unreadable: The secrets were encrypted under another SECRET_KEY.
        """
        return split_secrets(str(self.encrypted_secrets.reveal()))

    @secrets.setter
    def secrets(self, secrets: Collection[str]) -> None:
        with suppress(UnknownProvider, InvalidScheme):  # reported by `clean`
            check_secrets(self.find_scheme(), secrets)
        check_length(secrets, self.encrypted_secrets, "A signing secret")
        self.secret_received_at = None
        self.encrypted_secrets = Encrypted.of("\n".join(secrets))

    @property
    def verify_token(self) -> str:
        """
        The token that a provider sends when it checks the URL (Meta's hub.verify_token). Stored encrypted.

        Raises:
            encryption.Unreadable: The token was encrypted under another SECRET_KEY.
        """
        return str(self.encrypted_verify_token.reveal())

    @verify_token.setter
    def verify_token(self, token: str) -> None:
        check_verify_token(token)
        check_length([token], self.encrypted_verify_token, "A verify token")
        self.encrypted_verify_token = Encrypted.of(token)

    @property
    def retry(self) -> dict[str, Any] | None:
        """The rule for attempts, as `runs.steps.retry.Retry.from_document` reads it; None for the workflow's rule."""
        if self.attempts is None:
            return None
        return {name: value for name in RETRY_FIELDS if (value := getattr(self, name)) is not None}

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        # `clean` reports the path instead, since users do not know the shape.
        super().validate_constraints(exclude={*(exclude or ()), "shape"})

    def clean(self) -> None:
        """
        Check the rules that depend on several fields, such as options, and that no other sink has this path and method.
        """
        self.method = self.method.upper()
        # A sink whose workflow is no longer installed can still be deactivated.
        is_known = not self.active and Sink.objects.filter(pk=self.pk, workflow=self.workflow).exists()
        faults = workflow_faults(self.workflow, self.options, may_be_missing=is_known)
        self.options = {} if self.options is None else self.options
        self.search_values = {} if self.search_values is None else self.search_values
        faults |= failure_faults(self)
        if on_workers(self.engine) and not settings.HAS_WORKERS:
            faults["engine"] = "Workers need PostgreSQL: set DATABASE_URL, or choose another engine."
        if self.attempts is None and any(getattr(self, name) is not None for name in RETRY_FIELDS):
            faults["attempts"] = "Set the attempts too, or leave all fields of the rule empty."
        elif self.delays and self.backoff is not None:
            faults["backoff"] = "Set delays or a backoff, not both."
        faults |= delivery_faults(self)
        try:
            paths.check(self.path)
        except paths.InvalidPath:
            pass  # the validator of the field reports it
        else:
            self.shape = paths.shape(self.path)
            same = Sink.objects.filter(app_id=self.app_id, shape=self.shape, method=self.method).exclude(pk=self.pk)
            if self.app_id and (other := same.first()):
                faults["path"] = f"This app already has a sink for {other.method} {other.path}."
        if faults:
            raise ValidationError(faults)


@receiver([post_save, post_delete], sender=Sink)
def _changed(**kwargs: Any) -> None:
    Revision.bump()


@receiver(pre_delete, sender=Sink)
def _lock(instance: Sink, **kwargs: Any) -> None:
    """
    Lock a sink before its outcomes and refusals are deleted. Otherwise, new outcomes could be written after the
    deletion, and would refer to no sink. Django sends this signal in the order of the keys; `outcomes` locks sinks in
    the same order.
    """
    list(Sink.objects.select_for_update().filter(pk=instance.pk).order_by().values_list("pk"))
