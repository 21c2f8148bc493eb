"""The API's documents for its OpenAPI description; `sinks.config.documents` validates them."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema_field
from rest_framework import serializers

from sinks.api.views import ProblemSerializer
from sinks.models.sink_access import MAX_OVERLAP

PROBLEMS: dict[Any, Any] = {
    (code, "application/problem+json"): OpenApiResponse(ProblemSerializer, description=about)
    for code, about in {
        400: "The request is invalid.",
        401: "The credentials are missing or invalid.",
        403: "The token or user lacks the permission.",
        404: "There is no such object.",
        409: "The object's state does not allow this.",
        410: "The run has ended.",
        413: "The payload is too large.",
        429: "There are too many of them.",
        503: "The database is unavailable.",
    }.items()
}


TAGS = {
    "apps": "Groups of sinks under one id: the first part of their URLs.",
    "secrets": "Values of an app that its workflows read. They can be set, and are never shown.",
    "sinks": "URLs: a request to one starts a run of its workflow.",
    "handshakes": "Requests with which a provider checks the URL of a sink.",
    "schedules": "Workflows that run at times of their own.",
    "providers": "Senders of webhooks that SinkHub knows.",
    "refusals": "Deliveries that started no run.",
    "runs": "Executions of workflows.",
    "signals": "Messages that wake waiting runs.",
}
_PREFIX = "/api/v1/"
_TAG_OF_PART = {"await-secret": "handshakes", "confirmations": "handshakes", "secrets": "secrets", "signals": "signals"}


def tag_operations(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Give each operation of the OpenAPI description its tag, and describe the tags; a hook of drf-spectacular."""
    for path, operations in result["paths"].items():
        parts = path.removeprefix(_PREFIX).split("/")
        tag = next((_TAG_OF_PART[part] for part in parts if part in _TAG_OF_PART), parts[0])
        for operation in operations.values():
            operation["tags"] = [tag]
    result["tags"] = [{"name": name, "description": about} for name, about in TAGS.items()]
    return result


def answers(code: int, body: Any, *problems: int) -> dict[Any, Any]:
    """
    Return the OpenAPI responses of an action.

    Args:
        code: The status of the successful response.
        body: The serializer of the successful response; None if the response has no body.
        problems: The statuses of problems besides the usual 401, 403 and 503.
    """
    wanted = {401, 403, 503, *problems}
    more = {key: value for key, value in PROBLEMS.items() if key[0] in wanted}
    return {code: body, **more}


class CallerSerializer(serializers.Serializer[Any]):
    """A way in which callers authenticate: the fields of its kind. Secrets are masked in responses."""

    kind = serializers.CharField(help_text="bearer, basic, header, query or jwt.")
    tokens = serializers.ListField(child=serializers.CharField(), required=False, help_text="bearer: any of them.")
    users = serializers.DictField(
        child=serializers.CharField(), required=False, help_text="basic: passwords by the names of the users."
    )
    name = serializers.CharField(required=False, help_text="header, query: of the header or of the parameter.")
    values = serializers.ListField(child=serializers.CharField(), required=False, help_text="header, query.")
    algorithms = serializers.ListField(child=serializers.CharField(), required=False, help_text="jwt, as [RS256].")
    key = serializers.JSONField(required=False, help_text="jwt: a secret, public keys as PEM, or a key set.")
    jwks_url = serializers.URLField(required=False, help_text="jwt, instead of a key: where the key set is.")
    issuer = serializers.CharField(required=False, help_text="jwt: the required iss.")
    audience = serializers.JSONField(required=False, help_text="jwt: the required aud, a text or a list of texts.")
    claims = serializers.DictField(required=False, help_text="jwt: further required claims; null for any value.")
    max_age = serializers.FloatField(required=False, help_text="jwt: the most seconds since iat.")
    leeway = serializers.FloatField(required=False, help_text="jwt: seconds by which clocks may differ.")
    header = serializers.CharField(required=False, help_text="jwt: another header than Authorization.")


class AccessSerializer(serializers.Serializer[Any]):
    """Who may call the sink, beside `auth_token`."""

    any = serializers.ListField(
        child=CallerSerializer(), required=False, help_text="A request needs one of these, or the auth_token."
    )
    ip = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Networks from which requests may come."
    )
    mode = serializers.CharField(
        required=False, help_text="enforce, or log: only record what would be refused, for 24 hours."
    )


@extend_schema_field({"type": "object", "additionalProperties": {}})
class AnyObject(serializers.JSONField):
    """A JSON object."""


@extend_schema_field(OpenApiTypes.ANY)
class AnyValue(serializers.JSONField):
    """Any JSON value."""


class SignatureSerializer(serializers.Serializer[Any]):
    """
    How deliveries are signed. In place of these fields, a scheme of the sink's own can be given: an object with a
    `kind`, as docs/providers describes it.
    """

    scheme = serializers.CharField(
        required=False, allow_null=True, help_text="A provider, or hmac for any other that signs the body."
    )
    secrets = serializers.ListField(child=serializers.CharField(), required=False, help_text="Masked in responses.")
    tolerance = serializers.IntegerField(required=False, help_text="Seconds that a timestamp may be off.")
    header = serializers.CharField(required=False, allow_null=True)
    algorithm = serializers.CharField(required=False)
    encoding = serializers.CharField(required=False)
    prefix = serializers.CharField(required=False, allow_blank=True)


class DedupeSerializer(serializers.Serializer[Any]):
    """The place of the delivery id, by which a repeat is detected. A repeat starts no second run."""

    header = serializers.CharField(required=False, allow_null=True)
    body = serializers.CharField(required=False, allow_null=True)
    window = serializers.IntegerField(required=False, help_text="Seconds.")


class DeliverToSerializer(serializers.Serializer[Any]):
    """The signal as which deliveries wake waiting runs, in place of starting runs. Null to start runs."""

    signal = serializers.CharField(help_text="Its name.")
    key = serializers.CharField(help_text="The JMESPath expression for its key.")


class SinkResponseSerializer(serializers.Serializer[Any]):
    """What clients that do not stream get: at once, or, with failed_status, when the run has responded or ended."""

    status = serializers.IntegerField(required=False, allow_null=True, help_text="200 if it is left out.")
    headers = serializers.DictField(child=serializers.CharField(), required=False, allow_null=True)
    body = AnyValue(required=False, allow_null=True, help_text="A text, or a value that becomes JSON.")
    failed_status = serializers.IntegerField(
        required=False, allow_null=True, help_text="From 400 to 599, if the run fails, is cancelled or is interrupted."
    )


class LimitsSerializer(serializers.Serializer[Any]):
    """The limits of a sink."""

    rate = serializers.CharField(required=False, allow_null=True)
    rate_per_client = serializers.CharField(required=False, allow_null=True, help_text="For each client address.")
    concurrency = serializers.IntegerField(required=False, allow_null=True)
    queue = serializers.IntegerField(required=False, allow_null=True)
    body = serializers.IntegerField(required=False, allow_null=True, help_text="Bytes.")


class CorsSerializer(serializers.Serializer[Any]):
    """The sites whose scripts may call the sink."""

    origins = serializers.ListField(child=serializers.CharField(), required=False)


class OnFailureSerializer(serializers.Serializer[Any]):
    """The workflow that is started when a run has failed for good."""

    workflow = serializers.CharField()
    options = serializers.DictField(required=False)


class RetrySerializer(serializers.Serializer[Any]):
    """How often a run is tried, and the pauses between. Null for the workflow's rule."""

    attempts = serializers.IntegerField(required=False, allow_null=True)
    delays = serializers.ListField(
        child=serializers.FloatField(), required=False, allow_null=True, help_text="Seconds; the last one repeats."
    )
    backoff = serializers.FloatField(
        required=False, allow_null=True, help_text="Seconds before the second attempt, doubled for each later one."
    )
    max_delay = serializers.FloatField(required=False, allow_null=True, help_text="Seconds; bounds the backoff.")
    jitter = serializers.FloatField(required=False, allow_null=True, help_text="From 0 to 1.")


class SinkSerializer(serializers.Serializer[Any]):
    """
    A sink. Responses show each token and secret as `********`. Send `********` back to keep the stored value. A field
    that is null gets its default.
    """

    id = serializers.IntegerField(read_only=True)
    app_id = serializers.CharField(help_text="Set on creation; it cannot change.")
    url_path = serializers.CharField(read_only=True, help_text="The path of the sink's URL.")
    path = serializers.CharField()
    method = serializers.CharField(required=False, help_text="GET, POST, ... or ANY for all.")
    auth_token = serializers.CharField(required=False, allow_null=True)
    access = AccessSerializer(required=False, allow_null=True)
    workflow = serializers.CharField(required=False)
    options = AnyObject(required=False)
    active = serializers.BooleanField(required=False)
    description = serializers.CharField(required=False, allow_blank=True)
    timeout = serializers.FloatField(
        required=False, allow_null=True, help_text="Seconds for one attempt. Null for the workflow's, or 300."
    )
    answer = serializers.CharField(
        required=False, allow_null=True, help_text="stream, json or async. Null for the response, or the stream."
    )
    response = SinkResponseSerializer(required=False, allow_null=True)
    provider = serializers.CharField(
        required=False, allow_null=True, help_text="The provider whose deliveries the sink takes, such as stripe."
    )
    secrets = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="The signing secrets. Masked in responses."
    )
    public_url = serializers.CharField(
        required=False, allow_null=True, help_text="The URL as it is entered at a provider that signs it."
    )
    signature = SignatureSerializer(required=False, allow_null=True)
    verify_token = serializers.CharField(required=False, allow_null=True)
    dedupe = DedupeSerializer(required=False)
    filter = serializers.CharField(required=False, allow_null=True)
    payload = serializers.CharField(required=False, allow_null=True, help_text="What filter and workflow see.")
    search = serializers.DictField(
        child=serializers.CharField(),
        required=False,
        help_text="Names of values by which runs are found, each with a JMESPath expression.",
    )
    deliver_to = DeliverToSerializer(required=False, allow_null=True)
    limits = LimitsSerializer(required=False)
    cors = CorsSerializer(required=False)
    redirect = serializers.CharField(required=False, allow_null=True)
    retry = RetrySerializer(required=False, allow_null=True)
    on_failure = OnFailureSerializer(required=False, allow_null=True)
    engine = serializers.CharField(required=False, allow_null=True)
    priority = serializers.IntegerField(
        required=False, help_text="Runs with the highest priority start first. It only affects workers."
    )
    old_token_until = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="Until when a replaced auth_token is valid too."
    )
    warnings = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text="Why its provider would not take its answers."
    )


class TokenSerializer(serializers.Serializer[Any]):
    """A new bearer token. The API shows it only in this response."""

    auth_token = serializers.CharField()
    old_token_until = serializers.DateTimeField(
        allow_null=True, help_text="Until when the token before it is valid too; null if it has ended."
    )


class RotationSerializer(serializers.Serializer[Any]):
    """How a token is replaced."""

    overlap = serializers.IntegerField(
        default=0,
        min_value=0,
        max_value=int(MAX_OVERLAP.total_seconds()),
        help_text="For how many seconds the token before it stays valid too.",
    )


class KeepSerializer(serializers.Serializer[Any]):
    """How long the runs of an app are kept. Null uses the server's setting; 0 means no limit."""

    runs_days = serializers.IntegerField(required=False, allow_null=True)
    bodies_days = serializers.IntegerField(required=False, allow_null=True, help_text="The requests.")
    runs = serializers.IntegerField(required=False, allow_null=True, help_text="The newest.")


class AppSerializer(serializers.Serializer[Any]):
    """A group of sinks under one id."""

    app_id = serializers.CharField(required=False, help_text="Omit it on creation to generate one.")
    name = serializers.CharField(required=False, allow_blank=True)
    active = serializers.BooleanField(required=False)
    keep = KeepSerializer(required=False, allow_null=True)


class ScheduleSerializer(serializers.Serializer[Any]):
    """A workflow that runs at times of its own. A field that is null gets its default."""

    id = serializers.IntegerField(read_only=True)
    app_id = serializers.CharField(help_text="Set on creation; it cannot change.")
    name = serializers.CharField(help_text="Unique in the app.")
    cron = serializers.CharField(help_text="Five fields: minute, hour, day of month, month and day of week.")
    timezone = serializers.CharField(required=False, help_text="Such as Europe/Berlin.")
    workflow = serializers.CharField()
    options = AnyObject(required=False)
    payload = AnyValue(required=False, allow_null=True, help_text="The body of the runs' deliveries.")
    missed = serializers.CharField(required=False, help_text="skip, once or all.")
    overlap = serializers.CharField(required=False, help_text="allow or skip.")
    engine = serializers.CharField(required=False, allow_null=True)
    active = serializers.BooleanField(required=False)
    description = serializers.CharField(required=False, allow_blank=True)
    in_words = serializers.CharField(read_only=True)
    next_at = serializers.DateTimeField(read_only=True, allow_null=True, help_text="Null if it is inactive.")
    last_at = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="The time for which the last run started."
    )
    last_run_id = serializers.CharField(read_only=True, allow_null=True)
    skipped_at = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="The last time for which no run started."
    )
    skip_reason = serializers.CharField(
        read_only=True, allow_null=True, help_text="missed, overlap, inactive, no_workers or invalid."
    )


class ErrorSerializer(serializers.Serializer[Any]):
    """Why a run failed."""

    type = serializers.CharField()
    message = serializers.CharField(allow_blank=True)
