"""The rules that depend on several fields of a sink."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError

from sinks.access import credential_headers
from sinks.access.callers import credential_fields
from sinks.models.signature_fields import HMAC, UnknownProvider
from sinks.validators import check_field_name, workflow_faults
from sinks.webhooks import registry
from sinks.webhooks.signatures.scheme import InvalidScheme

# A sink is `Any` here, because its module imports this one.


def failure_faults(sink: Any) -> dict[str, str]:
    """Return the faults of the workflow on failure, by field. Options that are null become an empty object."""
    sink.failure_options = {} if sink.failure_options is None else sink.failure_options
    if not sink.failure_workflow:
        return {"failure_options": "Choose the workflow on failure too."} if sink.failure_options else {}
    faults = workflow_faults(sink.failure_workflow, sink.failure_options)
    return {f"failure_{field}": fault for field, fault in faults.items()}


def signature_faults(sink: Any) -> dict[str, str]:
    """Return the faults of the fields that concern signatures, by field."""
    if sink.provider and sink.scheme is not None:
        return {"signature": "Choose a provider, or a scheme of the sink's own, not both."}
    if sink.signature == HMAC:
        if not sink.signature_header:
            return {"signature_header": "Enter the header that carries the signature, such as X-Signature."}
        try:
            check_field_name(sink.signature_header)
        except ValidationError as error:
            return {"signature_header": str(error.message)}
    try:
        scheme = sink.find_scheme()
    except (UnknownProvider, InvalidScheme) as error:
        return {"signature": str(error)}
    has_secret = bool(sink.encrypted_secrets) or _sends_secret(sink.provider)
    if scheme is not None and scheme.needs_secret and not has_secret:
        return {"signature": "This scheme needs a signing secret: enter the one that the provider shows."}
    if scheme is None and sink.encrypted_secrets:
        return {"signature": "Choose the scheme of the signing secrets, or remove them."}
    return {}


def _sends_secret(provider_id: str) -> bool:
    """Return whether a provider sends its secret in a first request, so that a sink for it has none at first."""
    provider = registry.find(provider_id)
    return provider is not None and any(one.secret is not None for one in provider.handshakes)


def delivery_faults(sink: Any) -> dict[str, str]:
    """Return the faults of the fields that concern deliveries, by field."""
    faults: dict[str, str] = {}
    faults |= signature_faults(sink)
    credentials = credential_headers.FIELDS | credential_fields(sink.access_entries)
    if sink.active and sink.dedupe_header.lower().encode() in credentials:
        faults["dedupe_header"] = (
            "This header authenticates the caller: choose one that is different for each delivery."
        )
    if sink.dedupe_header and sink.dedupe_body:
        faults["dedupe_body"] = "Choose one: the delivery id is in a header or in the body."
    if sink.deliver_signal and not sink.deliver_key:
        faults["deliver_key"] = "Enter the expression for the signal's key, such as body.order_id."
    elif sink.deliver_key and not sink.deliver_signal:
        faults["deliver_signal"] = "Enter the name of the signal, or remove its key."
    sink.response = sink.response or None  # Django does not validate an empty object
    if sink.deliver_signal and sink.response is not None:
        faults["response"] = "Deliveries that are sent as signals get 202: remove the response, or the signal."
    if sink.queue and not sink.concurrency:
        faults["queue"] = "Runs only wait if their number is limited: set the concurrency too."
    most = settings.MAX_BODY_BYTES
    if sink.body_limit is not None and sink.body_limit > most:
        faults["body_limit"] = f"The server accepts at most {most} bytes (MAX_BODY_BYTES)."
    if sink.redirect and not sink.redirect.lower().startswith(("http://", "https://")):
        faults["redirect"] = "Enter a full URL with http:// or https://."
    return faults
