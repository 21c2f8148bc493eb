"""
What a sink requires of a delivery, and what the delivery had in its place: for people who search for the fault. It is
made when a refusal is written, and has no secret and no credential. Of a signature it shows the beginning.
"""

from typing import Any

from runs.delivery.request import join_fields
from sinks.refusals.requests import KeptRequest
from sinks.routing.matching import Checks
from sinks.trigger.refusals import RefusalKind
from sinks.webhooks.signatures.by_hand import Signature

Facts = dict[str, Any]

_SHOWN = 12  # characters of a signature
_MAX_CHARACTERS = 200  # of any other value
# Of the named schemes: the field with the signature, how the signed content is made, and where the time is.
_SCHEMES = {
    "github": ("x-hub-signature-256", "{body}", ""),
    "stripe": ("stripe-signature", "{time}.{body}", "t"),
    "slack": ("x-slack-signature", "v0:{time}:{body}", "x-slack-request-timestamp"),
    "shopify": ("x-shopify-hmac-sha256", "{body}", ""),
    "standard": ("webhook-signature", "{header:webhook-id}.{time}.{body}", "webhook-timestamp"),
}


def explain(kind: str, request: KeptRequest, at: float, run_id: str = "") -> tuple[Facts, Facts]:
    """
    Explain why a delivery started no run.

    Args:
        kind: The name under which it is counted.
        request: Its request.
        at: When it came, in seconds since 1970.
        run_id: The run of the first delivery, if it is a repeat.

    Returns:
        What the sink expects, and what came; both empty if the kind says it all.
    """
    checks = request.sink.checks
    if kind == RefusalKind.TOKEN.label:
        return {"authorization": "Bearer <the sink's token>"}, {"authorization": _credential(request.authorization)}
    if checks is None:
        return {}, {}
    if kind == RefusalKind.SIGNATURE.label:
        return _of_signature(checks.signature, request, at)
    if kind == "filtered":
        return _of_filter(checks), {}
    if kind in {"repeated", RefusalKind.CONFLICT.label}:
        return _of_repeat(checks, request, run_id)
    if kind == RefusalKind.RATE.label and checks.rate is not None:
        return {"rate": f"{checks.rate.count} in {checks.rate.seconds} s"}, {}
    return {}, {}


def _credential(authorization: bytes) -> str:
    """Describe an Authorization field without its credential."""
    if not authorization:
        return "missing"
    scheme, _, credential = authorization.decode("latin-1").strip().partition(" ")
    if not credential:
        return f"{len(scheme)} characters without a scheme"
    known = scheme if scheme.isalpha() and len(scheme) <= 20 else "an unknown scheme"
    return f"{known}, {len(credential.strip())} characters"


def _of_signature(signature: Signature, request: KeptRequest, at: float) -> tuple[Facts, Facts]:
    fields = join_fields([(name.lower(), value) for name, value in request.headers], ", ")
    own = (signature.header.lower(), "{body}", "")
    header, signed, time_in = _SCHEMES.get(signature.scheme, own)
    if signature.scheme == "standard" and header not in fields and "svix-signature" in fields:
        header, time_in, signed = "svix-signature", "svix-timestamp", signed.replace("webhook-id", "svix-id")
    expected: Facts = {"scheme": signature.scheme, "header": header, "signed": signed}
    if signature.scheme == "hmac":
        expected |= {"algorithm": signature.algorithm, "encoding": signature.encoding, "prefix": signature.prefix}
    if time_in:
        expected["tolerance"] = signature.tolerance
    value = fields.get(header)
    came: Facts = {"signature": _beginning(value) if value else None}
    if time_in and value:
        stamp = _item(value, time_in) if signature.scheme == "stripe" else fields.get(time_in, "")
        came["time"] = stamp[:_MAX_CHARACTERS] or None
        if stamp.isascii() and stamp.isdigit() and len(stamp) < 18:
            came["seconds_off"] = round(at - int(stamp))
    if not value and (others := sorted(name for name in fields if "sign" in name)):
        came["other_signature_headers"] = others[:5]
    if request.body is not None:
        came["body_bytes"] = request.body_size
    return expected, came


def _beginning(value: str) -> str:
    """Return the beginning of each part of a signature header."""
    parts = [f"{part[:_SHOWN]}…" if len(part) > _SHOWN else part for part in value.split(",")[:4]]
    return ",".join(parts)


def _item(value: str, name: str) -> str:
    pairs = (item.strip().partition("=") for item in value.split(","))
    return next((found for key, _, found in pairs if key == name), "")


def _of_filter(checks: Checks) -> Facts:
    if checks.filter is not None:
        return {"filter": checks.filter.expression}
    return {"signal_key": checks.deliver_to.key.expression} if checks.deliver_to is not None else {}


def _of_repeat(checks: Checks, request: KeptRequest, run_id: str) -> tuple[Facts, Facts]:
    came: Facts = {"first_run": run_id} if run_id else {}
    fields = join_fields([(name.lower(), value) for name, value in request.headers], ", ")
    name = checks.dedupe_header.decode("latin-1") or "idempotency-key"
    if checks.dedupe_body is not None and not checks.dedupe_header:
        return {"delivery_id": f"new, from the body: {checks.dedupe_body.expression}"}, came
    if name in fields:
        came[name] = fields[name][:_MAX_CHARACTERS]
    return {"delivery_id": f"new, from the header {name}"}, came
