"""Validators for the fields of sinks, schedules, apps, their secrets, and API tokens."""

import math
import re
from collections.abc import Collection
from typing import Any

from django.core.exceptions import ValidationError

from runs.events.response import InvalidResponse
from runs.searching.syntax import KNOWN
from runs.workflows import registry
from sinks.access import caller_rules
from sinks.access.caller_rules import BEARER, HTTP_TOKEN, MAX_SECRET, MIN_SECRET
from sinks.access.encryption import Encrypted, Unreadable
from sinks.expressions import compilation, names
from sinks.http import sink_response
from sinks.routing import paths
from sinks.schedules import times
from sinks.trigger import rate_limits
from sinks.webhooks.signatures.keys import InvalidKey, split_secrets
from sinks.webhooks.signatures.scheme import Scheme
from sinks.webhooks.signatures.verification import check_secret

API_SCOPES = (
    "sinks:read",
    "sinks:write",
    "runs:read",
    "runs:write",
    "runs:start",
    "runs:signal",
    "refusals:read",
    "refusals:accept",
    "app-secrets:write",
)
MAX_LEVELS = 50  # nesting levels of a sink's options
_UNKEPT = re.compile(r"[\x00\ud800-\udfff]")
_SECRET_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_SCHEDULE_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")  # a header field of its runs' deliveries has the name
_SEARCH_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
_MAX_SEARCH_VALUES = 10
_APP_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^\s/?#@,]+")  # RFC 6454, section 6.2
_PUBLIC_URL = re.compile(r"https?://[^\s/?#]+(/[^\s#]*)?")


def check_app_id(value: str) -> None:
    if not _APP_ID.fullmatch(value):
        raise ValidationError("An app id must have 1 to 64 letters, digits, '_' and '-'.")
    if value in paths.RESERVED:
        raise ValidationError(f"{value!r} is reserved for SinkHub's own URLs: choose another id.")


def check_path(value: str) -> None:
    try:
        paths.check(value)
    except paths.InvalidPath as error:
        raise ValidationError(str(error)) from None


def check_method(value: str) -> None:
    if not HTTP_TOKEN.fullmatch(value):
        raise ValidationError("A method must be one word, such as GET or POST, or ANY for all.")


def check_timeout(value: float) -> None:
    # Django's MinValueValidator and MaxValueValidator let NaN pass.
    if not 0.01 <= value <= 7 * 86400:
        raise ValidationError("A timeout must be from 0.01 to 604800 seconds (7 days).")


def check_pause(value: float) -> None:
    # Django's validators let NaN pass.
    if not 0 <= value <= 86400:
        raise ValidationError("A pause between attempts must be from 0 to 86400 seconds (a day).")


check_backoff = check_pause  # the name in migrations


def check_delays(value: Any) -> None:
    """Check the pauses before later attempts."""
    numbers = isinstance(value, list | tuple) and all(type(delay) in (int, float) for delay in value)
    if not (numbers and 1 <= len(value) <= 100):
        raise ValidationError("Delays must be a list of 1 to 100 numbers of seconds, such as [5, 60, 600].")
    for delay in value:
        check_pause(delay)


def check_jitter(value: float) -> None:
    if not 0 <= value <= 1:
        raise ValidationError("Jitter must be from 0 to 1.")


def check_storable(value: Any, level: int = 0) -> None:
    """
    Check that SQLite and PostgreSQL can both store a JSON value.

    Args:
        value: The value.
        level: The nesting level of the value; 0 for a whole document.

    Raises:
        ValidationError: The value contains a NaN, an infinity, a NUL or a lone surrogate, or has too many levels.
    """
    if level > MAX_LEVELS:
        raise ValidationError(f"The value is nested more than {MAX_LEVELS} levels deep.")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValidationError("The value contains NaN or an infinity, which JSON does not allow.")
    if isinstance(value, str) and _UNKEPT.search(value):
        raise ValidationError("The value contains a NUL or a lone surrogate, which cannot be stored.")
    for item in [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else ():
        check_storable(item, level + 1)


def check_workflow(value: str) -> None:
    if registry.find(value) is None:
        broken = "".join(f" ({file} cannot be imported: {why})" for file, why in registry.broken().items())
        raise ValidationError(
            f"No workflow {value!r} is installed. Choose one of: {', '.join(registry.names())}.{broken}"
        )


def workflow_faults(workflow: str, options: Any, *, may_be_missing: bool = False) -> dict[str, str]:
    """
    Return the faults of a workflow's name and options, by the field `workflow` or `options`.

    Args:
        workflow: The name.
        options: The options.
        may_be_missing: Whether a workflow that is not installed is no fault.
    """
    faults: dict[str, str] = {}
    try:
        check_workflow(workflow)
    except ValidationError as error:
        if not may_be_missing:
            faults["workflow"] = str(error.message)
    if found := registry.find(workflow):
        try:
            found.check_options(options)
            check_storable(options)
        except registry.InvalidOptions as error:
            faults["options"] = str(error)
        except ValidationError as error:
            faults["options"] = str(error.message)
    return faults


def check_cron(value: str) -> None:
    try:
        times.check_cron(value)
    except times.InvalidTimes as error:
        raise ValidationError(str(error)) from None


def check_zone(value: str) -> None:
    try:
        times.check_zone(value)
    except times.InvalidTimes as error:
        raise ValidationError(str(error)) from None


def check_schedule_name(value: str) -> None:
    if not _SCHEDULE_NAME.fullmatch(value):
        raise ValidationError("A schedule's name must have 1 to 100 letters, digits, '_', '-' and '.'.")


def check_token(value: str) -> None:
    if value and not BEARER.fullmatch(value):
        raise ValidationError("A token must have visible ASCII characters only, and no spaces.")


def check_length(values: Collection[str], stored: Encrypted, names: str) -> None:
    """
    Check that new secrets are long enough to be masked without masking other text. Stored ones may be shorter.

    Args:
        values: The secrets.
        stored: The encrypted secrets that they replace.
        names: Their kind, for the message: "A token".

    Raises:
        ValidationError: A new secret is too short.
    """
    short = {value for value in values if 0 < len(value) < MIN_SECRET}
    if short - set(_revealed(stored)):
        raise ValidationError(f"{names} must have at least {MIN_SECRET} characters.")


def _revealed(stored: Encrypted) -> list[str]:
    try:
        return split_secrets(str(stored.reveal()))
    except Unreadable:
        return []


def check_secrets(scheme: Scheme | None, secrets: Collection[str]) -> None:
    """
    Check signing secrets against their scheme, if there is one.

    Raises:
        ValidationError: A secret does not fit. The message gives its position, not the secret.
    """
    for place, secret in enumerate(secrets, 1):
        if not secret.replace("\n", "").isprintable() or ("\n" in secret and not secret.startswith("-----BEGIN ")):
            raise ValidationError(f"Secret {place}: it contains a non-printable character.")
        if scheme is not None and scheme.needs_secret:
            try:
                check_secret(scheme, secret)
            except InvalidKey as error:
                raise ValidationError(f"Secret {place}: {error}") from None


def check_secret_name(value: str) -> None:
    """
    Check the name of an app's secret. It is spelled like an environment variable: there is one spelling of each name,
    and it needs no quotes in a shell, in a URL and in YAML.
    """
    if not _SECRET_NAME.fullmatch(value):
        raise ValidationError(
            "The name of a secret has 1 to 64 capital letters, digits and '_', and begins with a letter: STRIPE_KEY."
        )


def check_secret_value(value: str) -> None:
    """Check the value of an app's secret. The messages do not contain it."""
    if value and not value.strip("*"):
        raise ValidationError("This is the mask of a secret, not its value.")
    if not MIN_SECRET <= len(value) <= MAX_SECRET:
        raise ValidationError(f"A secret must have {MIN_SECRET} to {MAX_SECRET} characters, not {len(value)}.")
    if value != value.strip():
        raise ValidationError("The secret begins or ends with white space: remove it.")
    if _UNKEPT.search(value):
        raise ValidationError("The secret contains a NUL or a lone surrogate, which cannot be stored.")


def check_public_url(value: str) -> None:
    if value and not _PUBLIC_URL.fullmatch(value):
        raise ValidationError("Enter a full URL such as https://hub.example.com/app_shop/twilio.")


def check_verify_token(value: str) -> None:
    if value and (not value.isprintable() or len(value) > 500):
        raise ValidationError("A verify token must be one line of at most 500 printable characters.")


def check_field_name(value: str) -> None:
    if not HTTP_TOKEN.fullmatch(value):
        raise ValidationError("The name of a header must be one word, such as X-GitHub-Delivery.")


def check_expression(value: str) -> None:
    try:
        compilation.check(value)
    except compilation.InvalidExpression as error:
        raise ValidationError(str(error)) from None


def check_delivery_expression(value: str) -> None:
    """Check an expression over a delivery: a filter, a payload, or the key of a signal."""
    check_expression(value)
    try:
        names.check_names(value)
    except compilation.InvalidExpression as error:
        raise ValidationError(str(error)) from None


def check_search_values(value: Any) -> None:
    """Check the search values of a sink: names, and expressions over a delivery."""
    if not isinstance(value, dict):
        raise ValidationError('Search values must be an object of names and expressions: {"order": "body.order.id"}.')
    if len(value) > _MAX_SEARCH_VALUES:
        raise ValidationError(f"A sink can have at most {_MAX_SEARCH_VALUES} search values.")
    for name, expression in value.items():
        if not _SEARCH_NAME.fullmatch(name) or name in KNOWN:
            raise ValidationError(
                f"{name!r} cannot be the name of a search value: use 1 to 32 lower-case letters, digits and '_', with a"
                f" letter first, and none of {', '.join(KNOWN)}."
            )
        if not isinstance(expression, str) or not expression:
            raise ValidationError(f"The search value {name!r} needs a JMESPath expression, such as body.order.id.")
        try:
            check_delivery_expression(expression)
        except ValidationError as error:
            raise ValidationError(f"{name}: {error.message}") from None


def check_signal_name(value: str) -> None:
    if not value.isprintable():
        raise ValidationError("The name of a signal must have only printable characters.")


def check_rate(value: str) -> None:
    try:
        rate_limits.parse_rate(value)
    except ValueError as error:
        raise ValidationError(str(error)) from None


def check_response(value: Any) -> None:
    try:
        sink_response.read_document(value)
    except InvalidResponse as error:
        raise ValidationError(str(error)) from None
    check_storable(value)


def check_origins(value: str) -> None:
    for origin in value.split():
        if origin != "*" and not _ORIGIN.fullmatch(origin):
            raise ValidationError(f"{origin!r} is not an origin: write https://example.com, without a path; or *.")


def check_networks(value: str) -> None:
    try:
        caller_rules.parse_networks(value.split())
    except ValueError as error:
        raise ValidationError(str(error)) from None


def check_scopes(value: Any) -> None:
    if not isinstance(value, list) or not value or any(item not in API_SCOPES for item in value):
        raise ValidationError(f"Choose one or more of: {', '.join(API_SCOPES)}.")
