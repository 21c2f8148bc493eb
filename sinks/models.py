"""What is configured: apps and their sinks."""

import math
import re
import secrets
from collections.abc import Collection
from typing import Any, TypeVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F
from django.db.models.signals import post_delete, post_save, pre_delete
from django.dispatch import receiver
from django.utils import timezone

from runs.workflows import registry
from sinks.access import credential_headers
from sinks.access.encryption import Encrypted, EncryptedField
from sinks.routing import paths
from sinks.trigger import expressions, limits
from sinks.webhooks import signatures

ANY = "ANY"
MOST_LEVELS = 50  # of a sink's options
_M = TypeVar("_M", bound=models.Model)
HTTP_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, section 5.6.2: token
_UNKEPT = re.compile(r"[\x00\ud800-\udfff]")
_APP_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^\s/?#@,]+")  # RFC 6454, section 6.2
_TOKEN = re.compile(r"[!-~]+")  # what an Authorization field can carry without quoting


class Revision(models.Model):
    """One row, whose number grows with each change to an app or sink: every process's directory asks for it."""

    number = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.number)

    @classmethod
    def bump(cls) -> None:
        if not cls.objects.filter(pk=1).update(number=F("number") + 1):
            cls.objects.create(pk=1, number=1)


class _Noticed(models.QuerySet[_M]):
    """A query set whose bulk writes, which send no signals, count as changes too."""

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


def new_app_id() -> str:
    return "app_" + "".join(secrets.choice("0123456789abcdefghjkmnpqrstvwxyz") for _ in range(12))


def check_app_id(value: str) -> None:
    if not _APP_ID.fullmatch(value):
        raise ValidationError("An app id has 1 to 64 letters, digits, '_' and '-'.")
    if value in paths.RESERVED:
        raise ValidationError(f"{value!r} is an address of SinkHub itself: choose another id.")


def check_path(value: str) -> None:
    try:
        paths.check(value)
    except paths.InvalidPath as error:
        raise ValidationError(str(error)) from None


def check_method(value: str) -> None:
    if not HTTP_TOKEN.fullmatch(value):
        raise ValidationError("A method is one word, such as GET or POST, or ANY for all.")


def check_timeout(value: float) -> None:
    # Not by Django's two validators, which let NaN pass.
    if not 0.01 <= value <= 7 * 86400:
        raise ValidationError("A timeout is from 0.01 to 604800 seconds (7 days).")


def check_backoff(value: float) -> None:
    if not 0 <= value <= 86400:
        raise ValidationError("A pause between attempts is from 0 to 86400 seconds (a day).")


def check_storable(value: Any, level: int = 0) -> None:
    """
    Check that both databases keep a value of JSON.

    Raises:
        ValidationError: It has a NaN, an infinity, a NUL or a lone surrogate in it, or too many levels.
    """
    if level > MOST_LEVELS:
        raise ValidationError(f"It is nested more than {MOST_LEVELS} levels deep.")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValidationError("It has a number that JSON does not know: NaN or an infinity.")
    if isinstance(value, str) and _UNKEPT.search(value):
        raise ValidationError("It has a NUL or a lone surrogate, which no database keeps.")
    for one in [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else ():
        check_storable(one, level + 1)


def on_workers(engine: str) -> bool:
    """Whether workers execute the runs of a sink with this engine."""
    return (engine or settings.RUN_ENGINE) == "procrastinate"


def check_workflow(value: str) -> None:
    if registry.find(value) is None:
        broken = "".join(f" ({file} cannot be imported: {why})" for file, why in registry.broken().items())
        raise ValidationError(f"No workflow {value!r} is installed. There are: {', '.join(registry.names())}.{broken}")


def check_token(value: str) -> None:
    if value and not _TOKEN.fullmatch(value):
        raise ValidationError("A token has visible ASCII characters only, and no spaces.")


def check_secrets(scheme: str, secrets: Collection[str]) -> None:
    """
    Check signing secrets against the scheme that they are for; one that is no scheme is another field's fault.

    Raises:
        ValidationError: One does not fit; its place is named, and the secret is not.
    """
    for place, secret in enumerate(secrets, 1):
        if not secret.isprintable():
            raise ValidationError(f"Secret {place}: it has a character that cannot be printed.")
        if scheme in signatures.SCHEMES:
            try:
                signatures.check_secret(scheme, secret)
            except ValueError as error:
                raise ValidationError(f"Secret {place}: {error}") from None


def check_verify_token(value: str) -> None:
    if value and (not value.isprintable() or len(value) > 500):
        raise ValidationError("A verify token is one line of at most 500 printable characters.")


def check_field_name(value: str) -> None:
    if not HTTP_TOKEN.fullmatch(value):
        raise ValidationError("The name of a header is one word, such as X-GitHub-Delivery.")


def check_expression(value: str) -> None:
    try:
        expressions.check(value)
    except expressions.InvalidExpression as error:
        raise ValidationError(str(error)) from None


def check_rate(value: str) -> None:
    try:
        limits.parse_rate(value)
    except ValueError as error:
        raise ValidationError(str(error)) from None


def check_origins(value: str) -> None:
    for origin in value.split():
        if origin != "*" and not _ORIGIN.fullmatch(origin):
            raise ValidationError(f"{origin!r} is no origin: one looks like https://example.com, without a path; or *.")


class _Keeping(models.Model):
    """How long the runs of an app are kept."""

    keep_runs_days = models.PositiveIntegerField(
        "keep runs for",
        null=True,
        blank=True,
        validators=[MaxValueValidator(36_500)],
        help_text="Days; 0 for ever. Left empty, what KEEP_RUNS_DAYS says.",
    )
    keep_bodies_days = models.PositiveIntegerField(
        "keep requests for",
        null=True,
        blank=True,
        validators=[MaxValueValidator(36_500)],
        help_text="Days for which a run's request, its headers and body, is kept; 0 as long as the run. Left empty, "
        "what KEEP_BODIES_DAYS says.",
    )
    keep_runs = models.PositiveIntegerField(
        "keep at most",
        null=True,
        blank=True,
        validators=[MaxValueValidator(1_000_000_000)],
        help_text="The newest so many runs; 0 for any number. Left empty, what KEEP_RUNS says.",
    )

    class Meta:
        abstract = True


class App(_Keeping):
    """A group of sinks under one id."""

    app_id = models.CharField(
        "app id",
        max_length=64,
        unique=True,
        error_messages={"unique": "There is an app with this id already: choose another one."},
        blank=True,
        validators=[check_app_id],
        help_text="The first part of the address. Left empty, one is made.",
    )
    name = models.CharField(max_length=200, blank=True)
    active = models.BooleanField(default=True, help_text="The sinks of an inactive app answer 404.")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = _Noticed.as_manager()

    class Meta:
        ordering = ["app_id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.app_id})" if self.name else self.app_id

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.app_id = self.app_id or new_app_id()
        super().save(*args, **kwargs)

    def clean(self) -> None:
        self.app_id = self.app_id or new_app_id()
        if self.keep_runs_days and self.keep_bodies_days and self.keep_bodies_days > self.keep_runs_days:
            raise ValidationError({"keep_bodies_days": "A request goes with its run at the latest: give fewer days."})


class DeletedApp(_Keeping):
    """What an app said of how long its runs are kept, which outlive it."""

    app_id = models.CharField(primary_key=True, max_length=64)

    def __str__(self) -> str:
        return self.app_id


class Sink(models.Model):
    """A path and a method of an app; a request there starts a run of the workflow."""

    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="sinks")
    path = models.CharField(
        max_length=500,
        validators=[check_path],
        help_text="Starts with '/'. A segment in braces is a parameter: /orders/{order_id}.",
    )
    method = models.CharField(
        max_length=32, default="POST", validators=[check_method], help_text="GET, POST, ... or ANY for all."
    )
    # Two sinks of an app may not have the same; see `paths.shape`.
    shape = models.CharField(max_length=500, editable=False)
    encrypted_token = EncryptedField()
    workflow = models.CharField(max_length=100, default="echo")
    options = models.JSONField(default=dict, blank=True, help_text="The workflow's options, as a JSON object.")
    timeout = models.FloatField(
        default=300.0,
        validators=[check_timeout],
        help_text="Seconds for one attempt.",
    )
    engine = models.CharField(
        max_length=16,
        blank=True,
        choices=[("local", "the server that takes the request"), ("procrastinate", "a worker")],
        help_text="What executes the runs. Left empty: what RUN_ENGINE says.",
    )
    attempts = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="How often a run is tried on workers, where its workflow fails or times out.",
    )
    backoff = models.FloatField(
        default=5.0,
        validators=[check_backoff],
        help_text="Seconds before the second attempt; twice as long before each further one.",
    )
    priority = models.SmallIntegerField(
        default=0,
        validators=[MinValueValidator(-100), MaxValueValidator(100)],
        help_text="Of the runs that wait for a worker, those with the highest begin first; from -100 to 100. It has no "
        "effect on runs that a server executes itself.",
    )
    answer = models.CharField(
        max_length=8,
        default="stream",
        choices=[("stream", "stream of events"), ("json", "JSON when done"), ("async", "202 at once")],
        help_text="What a client gets that states no wish by Accept or Prefer. Providers that give a few seconds "
        "(GitHub 10, Slack 3) want 202.",
    )
    signature = models.CharField(
        "signature scheme",
        max_length=16,
        blank=True,
        choices=list(signatures.SCHEMES.items()),
        help_text="Deliveries must be signed in this way. Left empty, signatures are not looked at.",
    )
    encrypted_secrets = EncryptedField()
    tolerance = models.PositiveIntegerField(
        default=300,
        validators=[MinValueValidator(1), MaxValueValidator(86400)],
        help_text="Seconds that the timestamp of a signed delivery may be off, where the scheme has one.",
    )
    signature_header = models.CharField(
        "header", max_length=100, blank=True, validators=[check_field_name], help_text="For generic HMAC."
    )
    signature_algorithm = models.CharField(
        "algorithm",
        max_length=8,
        default="sha256",
        choices=[(name, name.upper()) for name in ("sha256", "sha512", "sha1")],
        help_text="For generic HMAC.",
    )
    signature_encoding = models.CharField(
        "encoding",
        max_length=8,
        default="hex",
        choices=[("hex", "hex"), ("base64", "base64")],
        help_text="For generic HMAC.",
    )
    signature_prefix = models.CharField(
        "prefix", max_length=50, blank=True, help_text="For generic HMAC: what stands before it, such as sha256=."
    )
    encrypted_verify_token = EncryptedField()
    dedupe_header = models.CharField(
        "delivery-id header",
        max_length=100,
        blank=True,
        validators=[check_field_name],
        help_text="Names each delivery, such as X-GitHub-Delivery or webhook-id: a repeat starts no second run.",
    )
    dedupe_body = models.CharField(
        "delivery id in the body",
        max_length=500,
        blank=True,
        validators=[check_expression],
        help_text="The same by a JMESPath expression over a JSON body or a form: id (Stripe), MessageSid (Twilio).",
    )
    dedupe_window = models.PositiveIntegerField(
        "window",
        default=86400,
        validators=[MinValueValidator(1), MaxValueValidator(90 * 86400)],
        help_text="Seconds for which a delivery id, or an Idempotency-Key, is remembered.",
    )
    filter = models.TextField(
        blank=True,
        validators=[check_expression],
        help_text="A JMESPath expression; a delivery for which it is not true starts no run. For example: "
        "headers.\"x-github-event\" == 'push' && body.ref == 'refs/heads/main'",
    )
    rate = models.CharField(
        max_length=32, blank=True, validators=[check_rate], help_text="At most so many runs: 60/min, 5/s or 1000/h."
    )
    concurrency = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="How many of its runs are executed at once. Left empty, any number.",
    )
    queue = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="How many more may wait for their turn; beyond, requests get 429. Left empty: none on a server, any "
        "number on workers.",
    )
    body_limit = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="The largest body in bytes, unpacked, up to MAX_BODY_BYTES. Left empty: DEFAULT_BODY_BYTES.",
    )
    cors_origins = models.TextField(
        "CORS origins",
        blank=True,
        validators=[check_origins],
        help_text="Sites whose scripts may call the sink, one a line, such as https://example.com; or *.",
    )
    redirect = models.URLField(
        max_length=500,
        blank=True,
        help_text="Where a browser goes that sent a form. Left empty, to a page that shows the run.",
    )
    active = models.BooleanField(default=True, help_text="An inactive sink answers 404.")
    description = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    objects = _Noticed.as_manager()

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
        """What a request has to have, for lists: `token`, `signed`, both, or `public`."""
        wanted = {"token": self.encrypted_token, "signed": self.signature}
        return ", ".join(name for name, given in wanted.items() if given) or "public"

    @property
    def auth_token(self) -> str:
        """
        The bearer token; empty for a public sink. Stored encrypted.

        Raises:
            encryption.Unreadable: It was encrypted under another SECRET_KEY.
        """
        return str(self.encrypted_token.reveal())

    @auth_token.setter
    def auth_token(self, token: str | None) -> None:
        check_token(token or "")
        self.encrypted_token = Encrypted.of(token or "")

    @property
    def secrets(self) -> list[str]:
        """
        What deliveries are signed with, any one of them; stored encrypted.

        Raises:
            encryption.Unreadable: They were encrypted under another SECRET_KEY.
        """
        return str(self.encrypted_secrets.reveal()).splitlines()

    @secrets.setter
    def secrets(self, secrets: Collection[str]) -> None:
        check_secrets(self.signature, secrets)
        self.encrypted_secrets = Encrypted.of("\n".join(secrets))

    @property
    def verify_token(self) -> str:
        """
        What a provider names when it checks the address (Meta's hub.verify_token); stored encrypted.

        Raises:
            encryption.Unreadable: It was encrypted under another SECRET_KEY.
        """
        return str(self.encrypted_verify_token.reveal())

    @verify_token.setter
    def verify_token(self, token: str) -> None:
        check_verify_token(token)
        self.encrypted_verify_token = Encrypted.of(token)

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        # `clean` has said it in the user's words, who knows nothing of a shape.
        super().validate_constraints(exclude={*(exclude or ()), "shape"})

    def clean(self) -> None:
        """Check what one field alone cannot show: the options, and that no other sink has the address."""
        self.method = self.method.upper()
        faults: dict[str, str] = {}
        try:
            check_workflow(self.workflow)
        except ValidationError as error:
            # One whose workflow is gone can be switched off: that is when one wants to.
            if self.active or not Sink.objects.filter(pk=self.pk, workflow=self.workflow).exists():
                faults["workflow"] = str(error.message)
        if workflow := registry.find(self.workflow):
            try:
                workflow.check_options(self.options)
                check_storable(self.options)
            except registry.InvalidOptions as error:
                faults["options"] = str(error)
            except ValidationError as error:
                faults["options"] = str(error.message)
        self.options = {} if self.options is None else self.options
        if on_workers(self.engine) and not settings.HAS_WORKERS:
            faults["engine"] = "There are no workers here: they need PostgreSQL (DATABASE_URL)."
        elif self.attempts is not None and self.attempts > 1 and not on_workers(self.engine):
            faults["attempts"] = "Only workers try a run again: choose them as engine, or 1 attempt."
        faults |= self._delivery_faults()
        try:
            paths.check(self.path)
        except paths.InvalidPath:
            pass  # the field says so
        else:
            self.shape = paths.shape(self.path)
            same = Sink.objects.filter(app_id=self.app_id, shape=self.shape, method=self.method).exclude(pk=self.pk)
            if self.app_id and (other := same.first()):
                faults["path"] = f"This app has a sink for {other.method} {other.path} already."
        if faults:
            raise ValidationError(faults)

    def _delivery_faults(self) -> dict[str, str]:
        faults: dict[str, str] = {}
        if self.signature in signatures.SCHEMES and not self.encrypted_secrets:
            faults["signature"] = "This scheme needs a signing secret: enter the one that the provider shows."
        elif self.encrypted_secrets and not self.signature:
            faults["signature"] = "Choose the scheme that the signing secrets are for."
        if self.signature == "hmac" and not self.signature_header:
            faults["signature_header"] = "Name the header that carries the signature, such as X-Signature."
        if self.active and self.dedupe_header.lower().encode() in credential_headers.FIELDS:
            faults["dedupe_header"] = "This header authenticates the caller: name one that differs with each delivery."
        if self.dedupe_header and self.dedupe_body:
            faults["dedupe_body"] = "Choose one: the delivery id is in a header or in the body."
        if self.queue and not self.concurrency:
            faults["queue"] = "Runs only wait where their number is limited: set the concurrency too."
        most = settings.MAX_BODY_BYTES
        if self.body_limit is not None and self.body_limit > most:
            faults["body_limit"] = f"The server takes {most} bytes at most (MAX_BODY_BYTES)."
        if self.redirect and not self.redirect.lower().startswith(("http://", "https://")):
            faults["redirect"] = "Give the whole address of a page, with http:// or https://."
        return faults


class Membership(models.Model):
    """What a user may do in an app. Who is a member of any app is limited to those (sinks/access/permissions.py)."""

    class Role(models.TextChoices):
        VIEWER = "viewer"
        EDITOR = "editor"
        OWNER = "owner"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="memberships",
        help_text="A user's name. Who is a member of any app sees and changes nothing of others; to sign in to the "
        "admin, a user has to have the staff status too.",
    )
    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(
        max_length=8,
        choices=Role.choices,
        default=Role.VIEWER,
        help_text="Viewer: sees the app, its sinks and runs. Editor: also makes, changes and deletes sinks, cancels "
        "and replays runs. Owner: also changes and deletes the app, and says who its members are.",
    )

    class Meta:
        verbose_name = "member"
        ordering = ["app", "user"]
        constraints = [models.UniqueConstraint(fields=["user", "app"], name="sinks_once_a_member")]

    def __str__(self) -> str:
        return f"{self.user.get_username()} ({self.role})"


def check_scopes(value: Any) -> None:
    known = ApiToken.SCOPES
    if not isinstance(value, list) or not value or any(one not in known for one in value):
        raise ValidationError(f"Choose one or more of: {', '.join(known)}.")


class ApiToken(models.Model):
    """A token by which a program calls the REST API. Its text is shown once, when it is made (access/api_tokens.py)."""

    SCOPES = ("sinks:read", "sinks:write", "runs:read", "runs:write")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="api_tokens",
        help_text="Whose it is: it can never do more than its user may.",
    )
    name = models.CharField(max_length=200, help_text="What it is for, such as the program that has it.")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=8, editable=False)  # how it begins, to tell it from others
    app = models.ForeignKey(
        App, on_delete=models.CASCADE, null=True, blank=True, help_text="The only app that it sees. Left empty, all."
    )
    scopes = models.JSONField(
        default=list, validators=[check_scopes], help_text=f"What it may do: some of {', '.join(SCOPES)}."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Left empty, never.")
    last_used_at = models.DateTimeField(null=True, editable=False, help_text="To the minute.")
    text: str = ""  # of one that was made just now, and never of one from the database

    class Meta:
        verbose_name = "API token"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"

    def clean(self) -> None:
        # One that was made may end at any time, a past one too: then it is over.
        if self._state.adding and self.expires_at is not None and self.expires_at <= timezone.now():
            raise ValidationError({"expires_at": "This time has passed: give one that is to come, or none."})


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


@receiver([post_save, post_delete], sender=App)
@receiver([post_save, post_delete], sender=Sink)
def _changed(**kwargs: Any) -> None:
    Revision.bump()


@receiver(pre_delete, sender=App)
def _keep_on(instance: App, **kwargs: Any) -> None:
    said = {field.name: getattr(instance, field.name) for field in _Keeping._meta.fields}
    DeletedApp.objects.filter(pk=instance.app_id).delete()
    if any(value is not None for value in said.values()):
        DeletedApp.objects.create(app_id=instance.app_id, **said)


@receiver(post_save, sender=App)
def _speaks_for_itself(instance: App, created: bool, **kwargs: Any) -> None:
    """An app under the id of a deleted one has its runs, and keeps them as that one did unless it says otherwise."""
    former = DeletedApp.objects.filter(pk=instance.app_id).first() if created else None
    if former is None:
        return
    taken = {
        field.name: getattr(former, field.name)
        for field in _Keeping._meta.fields
        if getattr(instance, field.name) is None and getattr(former, field.name) is not None
    }
    if taken:
        App.objects.filter(pk=instance.pk).update(**taken)
        vars(instance).update(taken)
    former.delete()


@receiver(pre_delete, sender=Sink)
def _lock(instance: Sink, **kwargs: Any) -> None:
    """
    Before its outcomes and refusals are deleted: else some could be written after that, and could not be without the
    sink. Django comes here in the order of the keys, in which `outcomes` locks sinks too.
    """
    list(Sink.objects.select_for_update().filter(pk=instance.pk).order_by().values_list("pk"))
