"""The signature of a sink in its document: in today's form, in the form of 0.2, or as a scheme of its own."""

from collections.abc import Callable, Mapping
from typing import Any

from runs.workflows import registry as workflows
from sinks.models import Sink
from sinks.models.signature_fields import CUSTOM, HMAC, HMAC_FIELDS, UnknownProvider
from sinks.webhooks import registry
from sinks.webhooks.provider import Answer
from sinks.webhooks.signatures.scheme import InvalidScheme, Scheme

# Newer names of places. A document may use either name; the API shows both.
ALIASES = {"provider": "signature.scheme", "secrets": "signature.secrets"}
# Properties of a sink with which a signature is set, with their defaults.
PROPERTIES = {"signature": ""} | {name: default for name, (_, default) in HMAC_FIELDS.items()}
_ACCEPTED = 202
_TOLERANCE = 300  # seconds, of a scheme that signs no time


def take_signature(
    sink: Sink, document: Mapping[str, Any], fault: Callable[[str, str], None]
) -> tuple[dict[str, Any], dict[str, str]]:
    """
    Take the signature out of a sink's document, as far as its places do not cover it.

    Args:
        sink: The sink, which gets a scheme of its own if the document has one.
        document: The document.
        fault: Reports a fault at a place.

    Returns:
        The document with the older names of its places, and the newer names that it uses, by place.
    """
    plain = {name: value for name, value in document.items() if name not in ALIASES}
    signature = plain.get("signature")
    used: dict[str, str] = {}
    if isinstance(signature, Mapping) and "kind" in signature:
        sink.provider, sink.scheme = "", dict(signature)
        plain["signature"] = signature = {"scheme": CUSTOM}
        used["signature.scheme"] = "signature"
    for alias, path in ALIASES.items():
        if alias not in document:
            continue
        name, value = path.partition(".")[2], document[alias]
        inner = dict(signature) if isinstance(signature, Mapping) else {}
        if alias == "provider" and value is None and inner.get("scheme") in {CUSTOM, HMAC}:
            continue  # a scheme of its own, as the API shows it
        if name in inner and inner[name] != value:
            fault(alias, f"This differs from {path}: set only one of them.")
        elif value or signature is not None or "signature" not in plain:
            inner[name] = value
            plain["signature"] = signature = inner
            used[path] = alias
    return plain, used


def take_delivery_id(sink: Any) -> None:
    """Set the place of the delivery id as the sink's provider has it."""
    provider = registry.find(sink.provider)
    source = provider.delivery_id if provider is not None else None
    sink.dedupe_header = source.header if source is not None else ""
    sink.dedupe_body = source.body if source is not None else ""


def take_answer(sink: Any) -> None:
    """
    Set an answer that the sink's provider takes, unless the sink or its workflow says one. Most providers wait a few
    seconds, so they get 202 at once; those that take no 202 get a response.
    """
    provider, workflow = registry.find(sink.provider), workflows.find(sink.workflow)
    says_one = sink.answer is not None or sink.response or sink.deliver_signal
    if provider is None or says_one or (workflow is not None and workflow.responds):
        return
    wanted = provider.answer or Answer()
    lowest, highest = wanted.statuses
    if wanted.body is None and lowest <= _ACCEPTED <= highest:
        sink.answer = "async"
    else:
        sink.response = {"status": lowest} | ({} if wanted.body is None else {"body": wanted.body})


def tolerance_of(sink: Sink) -> int:
    """Return how many seconds a signed time may be off."""
    if sink.tolerance is not None:
        return sink.tolerance
    try:
        return _own_tolerance(sink.find_scheme())
    except (UnknownProvider, InvalidScheme):
        return _TOLERANCE


def shorten_signature(short: dict[str, Any], document: Mapping[str, Any]) -> None:
    """
    Write the signature for people: the provider by its name, or the scheme of the sink's own.

    Args:
        short: The document without defaults, which is changed.
        document: The whole document.
    """
    signature = document.get("signature")
    if not isinstance(signature, Mapping):
        return
    if "kind" in signature:
        short["signature"] = signature
        if document.get("secrets"):
            short["secrets"] = document["secrets"]
        return
    fields = dict(short.pop("signature", {}))
    provider = registry.find(str(signature.get("scheme")))
    if fields.get("tolerance") == _own_tolerance(provider.scheme if provider is not None else None):
        del fields["tolerance"]
    if provider is not None:
        for alias, path in ALIASES.items():
            if (name := path.partition(".")[2]) in fields:
                short[alias] = fields.pop(name)
        dedupe = document.get("dedupe") or {}
        if provider.delivery_id is not None and not (dedupe.get("header") or dedupe.get("body")):
            short["dedupe"] = {"header": None} | short.get("dedupe", {})  # otherwise an import takes the provider's
        if not (document.get("answer") or document.get("response")):
            short["answer"] = None  # likewise
    if fields:
        short["signature"] = fields


def _own_tolerance(scheme: Scheme | None) -> int:
    rule = scheme.time_rule if scheme is not None else None
    return rule.tolerance if rule is not None else _TOLERANCE
