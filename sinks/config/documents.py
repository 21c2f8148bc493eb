"""Sinks and apps as JSON documents, for import, export and the API."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from sinks.access import encryption
from sinks.config.kinds import is_of, name_of
from sinks.config.masks import HIDDEN, is_kept, shown, unmasked
from sinks.config.masks import MASK as MASK
from sinks.config.signature_documents import (
    PROPERTIES,
    shorten_signature,
    take_answer,
    take_delivery_id,
    take_signature,
    tolerance_of,
)
from sinks.models import App, Schedule, Sink
from sinks.models.signature_fields import CUSTOM, HMAC, UnknownProvider
from sinks.models.sink_access import ENFORCE
from sinks.validators import check_secrets, check_storable
from sinks.webhooks.signatures.scheme import InvalidScheme


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a model field in a document."""

    path: str  # such as limits.rate
    field: str  # the name of the model field
    kind: str  # one of `kinds.KINDS`
    empty_as_null: bool = False  # whether an empty text in the model is null in JSON


PLACES = (
    Place("path", "path", "a text"),
    Place("method", "method", "a text"),
    Place("auth_token", "auth_token", "a text", empty_as_null=True),
    Place("access.any", "callers", "a list of objects"),
    Place("access.ip", "allowed_networks", "a list of texts"),
    Place("access.mode", "access_mode", "a text"),
    Place("workflow", "workflow", "a text"),
    Place("options", "options", "an object"),
    Place("active", "active", "true or false"),
    Place("description", "description", "a text"),
    Place("timeout", "timeout", "a number"),
    Place("answer", "answer", "a text"),
    Place("response", "response", "an object"),
    Place("signature.scheme", "signature", "a text", empty_as_null=True),
    Place("signature.secrets", "secrets", "a list of texts"),
    Place("signature.tolerance", "tolerance", "a whole number"),
    Place("signature.header", "signature_header", "a text", empty_as_null=True),
    Place("signature.algorithm", "signature_algorithm", "a text"),
    Place("signature.encoding", "signature_encoding", "a text"),
    Place("signature.prefix", "signature_prefix", "a text"),
    Place("public_url", "public_url", "a text", empty_as_null=True),
    Place("verify_token", "verify_token", "a text", empty_as_null=True),
    Place("dedupe.header", "dedupe_header", "a text", empty_as_null=True),
    Place("dedupe.body", "dedupe_body", "a text", empty_as_null=True),
    Place("dedupe.window", "dedupe_window", "a whole number"),
    Place("filter", "filter", "a text", empty_as_null=True),
    Place("payload", "payload", "a text", empty_as_null=True),
    Place("search", "search_values", "an object"),
    Place("deliver_to.signal", "deliver_signal", "a text", empty_as_null=True),
    Place("deliver_to.key", "deliver_key", "a text", empty_as_null=True),
    Place("limits.rate", "rate", "a text", empty_as_null=True),
    Place("limits.concurrency", "concurrency", "a whole number"),
    Place("limits.queue", "queue", "a whole number"),
    Place("limits.body", "body_limit", "a whole number"),
    Place("limits.rate_per_client", "rate_per_client", "a text", empty_as_null=True),
    Place("cors.origins", "cors_origins", "a list of texts"),
    Place("redirect", "redirect", "a text", empty_as_null=True),
    Place("retry.attempts", "attempts", "a whole number"),
    Place("retry.delays", "delays", "a list of numbers"),
    Place("retry.backoff", "backoff", "a number"),
    Place("retry.max_delay", "max_delay", "a number"),
    Place("retry.jitter", "jitter", "a number"),
    Place("on_failure.workflow", "failure_workflow", "a text", empty_as_null=True),
    Place("on_failure.options", "failure_options", "an object"),
    Place("engine", "engine", "a text", empty_as_null=True),
    Place("priority", "priority", "a whole number"),
)
_APP_PLACES = (
    Place("app_id", "app_id", "a text"),
    Place("name", "name", "a text"),
    Place("active", "active", "true or false"),
    Place("keep.runs_days", "keep_runs_days", "a whole number"),
    Place("keep.bodies_days", "keep_bodies_days", "a whole number"),
    Place("keep.runs", "keep_runs", "a whole number"),
)
# Keys that the API and `sinks list` add to a sink's document. They tell more about the sink, and are no fields.
READ_ONLY = ("id", "app_id", "url_path", "old_token_until", "warnings")
_LINES = {"allowed_networks", "cors_origins"}  # lists that the model keeps as lines
_HMAC_ALONE = {"signature.header", "signature.algorithm", "signature.encoding", "signature.prefix"}


def of_sink(sink: Sink, *, secrets: bool = False, aliases: bool = True) -> dict[str, Any]:
    """
    Return the document of a sink, with all fields that its signature scheme uses.

    Args:
        sink: The sink.
        secrets: Whether to include tokens and signing secrets; otherwise each stored one is MASK.
        aliases: Whether to include `provider` and `secrets`, which are in `signature` too.

    Raises:
        encryption.Unreadable: With `secrets`, if a token or secret was encrypted under another SECRET_KEY.
    """
    document: dict[str, Any] = {}
    name = sink.signature
    absent = {"retry": sink.retry is None, "on_failure": not sink.failure_workflow}
    absent |= {"deliver_to": not (sink.deliver_signal or sink.deliver_key), "access": not _has_access(sink)}
    for place in PLACES:
        if place.path.startswith("signature.") and name in {"", CUSTOM}:
            document["signature"] = sink.scheme if name else None
        elif absent.get(group := place.path.partition(".")[0]):
            document[group] = None
        elif place.path.startswith("retry.") and getattr(sink, place.field) is None:
            continue
        elif place.path == "signature.tolerance":
            _put(document, place.path, tolerance_of(sink))
        elif place.path not in _HMAC_ALONE or name == HMAC:
            value = shown(sink, place.field) if place.field in HIDDEN and not secrets else getattr(sink, place.field)
            if place.field in _LINES:
                value = value.split()
            _put(document, place.path, None if place.empty_as_null and value == "" else value)
    if aliases or name == CUSTOM:
        document["provider"] = sink.provider or None
        document["secrets"] = sink.secrets if secrets else shown(sink, "secrets")
    return document


def of_app(app: App) -> dict[str, Any]:
    """Return the document of an app, without its sinks."""
    document: dict[str, Any] = {}
    for place in _APP_PLACES:
        _put(document, place.path, getattr(app, place.field))
    return document


def without_defaults(
    document: Mapping[str, Any], model: type[models.Model] = Sink, places: Iterable[Place] = PLACES
) -> dict[str, Any]:
    """
    Return a document without default values, for people to read. What identifies the object, and its workflow, stay.

    Args:
        document: The document, with all fields.
        model: The model of the object.
        places: The model's fields in the document.
    """
    short: dict[str, Any] = {}
    for place in places:
        found, value = _get(document, place.path)
        if found and (place.field in _ALWAYS or value != _default(model, place)):
            _put(short, place.path, value)
    if model is Sink:
        shorten_signature(short, document)
    return short


_ALWAYS = {"path", "method", "auth_token", "workflow", "name", "cron"}


def apply(sink: Sink, document: Mapping[str, Any], *, partial: bool = False) -> None:
    """
    Set a sink's fields from a document, and validate the sink. Nothing is saved.

    Args:
        sink: The sink to change, whose app is already set.
        document: The parsed JSON. Fields that are null or missing get their defaults.
        partial: Whether missing fields keep their values instead. Objects are merged; `options` are replaced.

    Raises:
        ValidationError: By place in the document, such as `limits.rate`. Messages contain no token or secret.
    """
    apply_places(sink, PLACES, document, partial, "a sink")


def apply_app(app: App, document: Mapping[str, Any], *, partial: bool = False) -> None:
    """
    Set an app's fields from a document, and validate the app, as `apply` does for a sink.

    Raises:
        ValidationError: By place in the document.
    """
    apply_places(app, _APP_PLACES, document, partial, "an app")


def messages(error: ValidationError, model: type[models.Model] = Sink) -> dict[str, list[str]]:
    """
    Return the messages of a validation error, the same for the command, the import and the API.

    Args:
        error: An error by field or by place, or without either.
        model: The model of the fields.

    Returns:
        Sentences by field or place. Sentences about the whole object have an empty key.
    """
    fields = {place.path: place.field for place in (*PLACES, *_APP_PLACES)}  # those of schedules are equal
    found: dict[str, list[str]] = {}
    for name, errors in error.error_dict.items() if hasattr(error, "error_dict") else [("", error.error_list)]:
        lines = [message for item in errors for message in item.messages]
        if any(item.code == "invalid_choice" for item in errors):
            lines.append(f"Choose one of: {', '.join(choices(model, fields.get(name, name)))}.")
        found["" if name == "__all__" else name] = lines
    return found


def choices(model: type[models.Model], field: str) -> list[str]:
    """Return the values of a field with choices, without the empty value."""
    return [str(value) for value, _ in model._meta.get_field(field).flatchoices if value]  # type: ignore[union-attr]


def apply_places(
    thing: Sink | Schedule | App, places: Iterable[Place], document: Mapping[str, Any], partial: bool, kind: str
) -> None:
    """
    Set an object's fields from a document, and validate the object, as `apply` does for a sink.

    Args:
        thing: The object to change.
        places: Its fields in the document.
        document: The parsed JSON.
        partial: Whether missing fields keep their values.
        kind: What it is, for messages, such as "a sink".

    Raises:
        ValidationError: By place in the document.
    """
    faults: dict[str, list[ValidationError]] = {}

    def fault(path: str, error: ValidationError | str) -> None:
        invalid = error if isinstance(error, ValidationError) else ValidationError(error)
        faults.setdefault(path, []).extend(invalid.error_list)

    by_path = {place.path: place for place in places}
    used: dict[str, str] = {}  # the newer names of places that the document uses
    if isinstance(thing, Sink):
        document, used = take_signature(thing, document, fault)
    values = dict(_flat(document, by_path, kind, fault))
    if values.get("retry.backoff") is not None and not partial:
        values.setdefault("retry.attempts", 1)  # documents of 0.2 may leave it out
    is_custom = values.get("signature.scheme") == CUSTOM
    for path, place in by_path.items():
        if (path in values or not partial) and not (is_custom and place.field in PROPERTIES):
            try:
                _set(thing, place, values.get(path))
            except ValidationError as error:
                fault(path, error)
    if isinstance(thing, Sink) and "signature.secrets" not in values and "signature.scheme" in values:
        # The stored secrets are kept, but may not fit the new scheme.
        try:
            check_secrets(thing.find_scheme(), thing.secrets)
        except ValidationError as error:
            fault("signature.secrets", error)
        except (UnknownProvider, InvalidScheme):
            pass  # reported by `clean`
        except encryption.Unreadable as unreadable:
            fault("signature.secrets", str(unreadable))
    if "provider" in used.values() and not partial and not any(path.startswith("dedupe.") for path in values):
        take_delivery_id(thing)
    if "provider" in used.values() and not partial and "answer" not in values and "response" not in values:
        take_answer(thing)
    try:
        thing.full_clean(exclude=[by_path[path].field for path in faults if path in by_path])
    except ValidationError as error:
        paths = {place.field: path for path, place in by_path.items()}
        for field, errors in error.error_dict.items():
            path = paths.get(field, field)
            # Report one fault for each place. If a secret does not fit, do not report missing secrets too.
            if path not in faults and not (path == "signature.scheme" and "signature.secrets" in faults):
                for invalid in errors:
                    fault(path, invalid)
    if faults:
        raise ValidationError({used.get(path, path): errors for path, errors in faults.items()})


def _flat(
    document: Mapping[str, Any], places: Mapping[str, Place], kind: str, fault: Callable[[str, str], None]
) -> Iterator[tuple[str, Any]]:
    """Yield the document's values by place. A group that is null yields null for all its places."""
    groups: dict[str, list[str]] = {}
    for path in places:
        group, dot, name = path.partition(".")
        if dot:
            groups.setdefault(group, []).append(name)
    for key, value in document.items():
        if key in places:
            yield key, value
        elif key not in groups:
            known = dict.fromkeys(path.partition(".")[0] for path in places)
            fault(str(key), f"Unknown field of {kind}. Known are: {', '.join(known)}.")
        elif value is None:
            for name in groups[key]:
                yield f"{key}.{name}", None
        elif isinstance(value, Mapping):
            for name, inner in value.items():
                if name in groups[key]:
                    yield f"{key}.{name}", inner
                else:
                    fault(f"{key}.{name}", f"Unknown field of {key!r}. Known are: {', '.join(groups[key])}.")
        else:
            fault(key, f"This is {name_of(value)}, but must be an object with {', '.join(groups[key])}, or null.")


def _set(thing: Sink | Schedule | App, place: Place, value: Any) -> None:
    if value is None:
        value = _default(type(thing), place)
        value = "" if value is None and place.empty_as_null else value
    elif not is_of(value, place.kind):
        raise ValidationError(f"This is {name_of(value)}, but must be {place.kind}.")
    check_storable(value)
    if place.kind == "a list of texts":
        for item in value:
            if not isinstance(item, str):
                raise ValidationError(f"The list contains {name_of(item)}, but must contain only texts.")
    if place.field in HIDDEN:
        if not is_kept(thing, place.field, value):
            setattr(thing, place.field, unmasked(thing, place.field, value))
    elif place.field in _LINES:
        setattr(thing, place.field, "\n".join(value))
    elif place.field == "access_mode":
        setattr(thing, place.field, value)
    elif place.field in PROPERTIES:
        setattr(thing, place.field, value or PROPERTIES[place.field])
    else:
        field: Any = type(thing)._meta.get_field(place.field)
        try:
            setattr(thing, place.field, field.to_python(value))
        except OverflowError:
            raise ValidationError("This number is too large.") from None


def set_access(sink: Sink, value: Any) -> None:
    """
    Set `access` of a sink from a document. Parts that are left out stay. The sink is not validated as a whole.

    Raises:
        ValidationError: A part has a fault. The message names the part, and contains no secret.
    """
    places = {place.path: place for place in PLACES if place.path.startswith("access.")}
    faults: list[str] = []
    values = dict(_flat({"access": value}, places, "access", lambda path, fault: faults.append(f"{path}: {fault}")))
    for path, part in values.items():
        try:
            _set(sink, places[path], part)
        except ValidationError as error:
            faults.append(f"{path}: {' '.join(error.messages)}")
    if faults:
        raise ValidationError(faults)


def _has_access(sink: Sink) -> bool:
    return bool(sink.encrypted_access or sink.allowed_networks or sink.access_mode != ENFORCE)


def _default(model: type[models.Model], place: Place) -> Any:
    """Return the default of a field in its JSON form."""
    if place.kind in {"a list of texts", "a list of objects"}:
        return []
    if place.field == "access_mode":
        return ENFORCE
    if place.field in HIDDEN:
        return None if place.empty_as_null else ""
    if place.field in PROPERTIES:
        return PROPERTIES[place.field] or (None if place.empty_as_null else "")
    field: Any = model._meta.get_field(place.field)
    value = field.get_default()
    return None if place.empty_as_null and value == "" else value


def _get(document: Mapping[str, Any], path: str) -> tuple[bool, Any]:
    group, dot, name = path.partition(".")
    if not dot:
        return path in document, document.get(path)
    inner = document.get(group)
    return (name in inner, inner.get(name)) if isinstance(inner, Mapping) else (False, None)


def _put(document: dict[str, Any], path: str, value: Any) -> None:
    group, dot, name = path.partition(".")
    if dot:
        document[group] = (document.get(group) or {}) | {name: value}
    else:
        document[path] = value
