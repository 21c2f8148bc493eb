"""
What a sink requires of a delivery, and what the delivery had in its place: for people who search for the fault. It is
made when a refusal is written, and has no secret and no credential. Of a signature it shows the beginning.
"""

from contextlib import suppress
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl

from runs.delivery.request import join_fields
from sinks.refusals.requests import KeptRequest
from sinks.routing.matching import Checks
from sinks.trigger.refusals import RefusalKind
from sinks.webhooks.signatures.scheme import Scheme, TimeRule

Facts = dict[str, Any]

_SHOWN = 12  # characters of a signature
_MAX_CHARACTERS = 200  # of any other value
_LAST_SECOND = 100_000_000_000  # seconds since 1970; larger numbers are milliseconds


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
    checks, access = request.sink.checks, request.sink.access
    if kind == RefusalKind.CREDENTIAL.label and access is not None:
        return {"credential": access.detail}, {"authorization": _credential(request.authorization)}
    if kind == RefusalKind.TOKEN.label:
        return {"authorization": "Bearer <the sink's token>"}, {"authorization": _credential(request.authorization)}
    if checks is None:
        return {}, {}
    if kind == RefusalKind.SIGNATURE.label and checks.scheme is not None:
        return _of_signature(checks, checks.scheme, request, at)
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


def _of_signature(checks: Checks, scheme: Scheme, request: KeptRequest, at: float) -> tuple[Facts, Facts]:
    fields = _fields(request)
    schemes = (scheme, *scheme.alternatives)
    used = next((one for one in schemes if any(_find(one, name, fields, request) for name in one.names)), scheme)
    expected: Facts = {"scheme": checks.provider or scheme.kind, "kind": used.kind}
    if used.name:
        expected[used.place] = " or ".join(used.names)
    shown = {"algorithm": used.algorithm, "encoding": used.encoding, "prefix": used.prefix, "item": used.item}
    expected |= {name: value for name, value in shown.items() if value and used.signed}
    if used.signed:
        expected["signed"] = used.signed
    if scheme.signs_url:
        expected["public_url"] = checks.public_url or "PUBLIC_URL and the path of the request"
    rule = used.time
    if rule is not None:
        expected["tolerance"] = checks.tolerance if checks.tolerance is not None else rule.tolerance
    value = next((found for name in used.names if (found := _find(used, name, fields, request))), "")
    came: Facts = {}
    if used.name and used.place in {"header", "query"}:
        # A static secret is a credential: not even its beginning is shown. The reason says whether it is missing.
        is_secret = used.kind == "static"
        came["signature"] = "not recorded" if is_secret else _beginning(used, value) if value else None
    if rule is not None and (sent := _time_of(used, rule, value, fields, request)):
        came["time"] = sent[:_MAX_CHARACTERS]
        if (seconds := _seconds(rule, sent)) is not None:
            came["seconds_off"] = round(at - seconds)
    if not value and used.kind != "static" and (others := sorted(name for name in fields if "sign" in name)):
        came["other_signature_headers"] = others[:5]
    if request.body is not None:
        came["body_bytes"] = request.body_size
    return expected, came


def _fields(request: KeptRequest) -> dict[str, str]:
    return join_fields([(name.lower(), value) for name, value in request.headers], ", ")


def _find(scheme: Scheme, name: str, fields: dict[str, str], request: KeptRequest) -> str:
    """Return the part of a request that has a name, at the place of a scheme's signature; empty if it is missing."""
    if scheme.place == "query":
        return _parameter(request, name)
    return fields.get(name, "") if scheme.place == "header" else ""


def _parameter(request: KeptRequest, name: str) -> str:
    pairs = parse_qsl(request.query_string, keep_blank_values=True, errors="replace")
    return next((value for key, value in pairs if key == name), "")


def _beginning(scheme: Scheme, value: str) -> str:
    """Return the beginning of each part of a signature."""
    parts = value.split(scheme.separator)[:4] if scheme.item or scheme.is_list else [value]
    return scheme.separator.join(f"{part[:_SHOWN]}…" if len(part) > _SHOWN else part for part in parts)


def _time_of(scheme: Scheme, rule: TimeRule, value: str, fields: dict[str, str], request: KeptRequest) -> str:
    """Return the time of a delivery as sent; empty if it is not found."""
    match rule.place:
        case "header":
            return fields.get(rule.name, "")
        case "query":
            return _parameter(request, rule.name)
        case "item" if scheme.is_list:
            items = value.split(scheme.separator)
            return items[int(rule.name)].strip() if int(rule.name) < len(items) else ""
        case "item":
            pairs = (item.strip().partition(scheme.assign) for item in value.split(scheme.separator))
            return next((found for key, _, found in pairs if key == rule.name), "")
    return ""


def _seconds(rule: TimeRule, sent: str) -> float | None:
    """Return a time as sent in seconds since 1970; None if it is none."""
    with suppress(ValueError, OverflowError, TypeError):
        if rule.unit == "http":
            return parsedate_to_datetime(sent).timestamp()
        if rule.unit == "rfc3339":
            return datetime.fromisoformat(sent).timestamp()
        if sent.isascii() and sent.isdigit() and len(sent) < 18:
            return int(sent) / 1000 if int(sent) > _LAST_SECOND else int(sent)
    return None


def _of_filter(checks: Checks) -> Facts:
    if checks.filter is not None:
        return {"filter": checks.filter.expression}
    return {"signal_key": checks.deliver_to.key.expression} if checks.deliver_to is not None else {}


def _of_repeat(checks: Checks, request: KeptRequest, run_id: str) -> tuple[Facts, Facts]:
    came: Facts = {"first_run": run_id} if run_id else {}
    fields = _fields(request)
    name = checks.dedupe_header.decode("latin-1") or "idempotency-key"
    if checks.dedupe_body is not None and not checks.dedupe_header:
        return {"delivery_id": f"new, from the body: {checks.dedupe_body.expression}"}, came
    if name in fields:
        came[name] = fields[name][:_MAX_CHARACTERS]
    return {"delivery_id": f"new, from the header {name}"}, came
