"""Signing deliveries as a provider would, for tests of a sink."""

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import quote, urlencode

from sinks.access import json_web_tokens
from sinks.webhooks.signatures import bodies
from sinks.webhooks.signatures.bodies import CannotSign
from sinks.webhooks.signatures.keys import symmetric_key
from sinks.webhooks.signatures.scheme import Scheme, TimeRule
from sinks.webhooks.signatures.signed_content import BadSignature, Delivery
from sinks.webhooks.signatures.tokens import keys_of

_SIGNING_KINDS = frozenset({"hmac", "digest"})


@dataclass(slots=True)
class Signed:
    """The additional parts of a signed delivery."""

    headers: dict[str, str] = field(default_factory=dict)
    query: str = ""  # the whole query
    body: bytes = b""  # the whole body


def can_sign(scheme: Scheme) -> bool:
    """Return whether the secret of a sink is enough to sign deliveries."""
    if scheme.kind == "jwt":
        return scheme.algorithms[0].startswith("HS") and scheme.place == "header"
    return scheme.kind in _SIGNING_KINDS | {"static", "none"}


def sign(
    scheme: Scheme,
    secret: str,
    *,
    method: str = "POST",
    url: str = "",
    query: str = "",
    headers: Mapping[str, str],
    body: bytes,
    now: int | None = None,
    message_id: str = "",
) -> Signed:
    """
    Sign a delivery as its provider would.

    Args:
        scheme: How the deliveries are signed.
        secret: The secret.
        method: The method.
        url: The public URL without its query, for schemes that sign it.
        query: The query, encoded, without its question mark.
        headers: The header fields of the delivery.
        body: The body.
        now: Seconds since 1970; None for the present.
        message_id: The delivery id, for schemes that sign one.

    Returns:
        The header fields to add, and the query and the body to use.

    Raises:
        CannotSign: The provider's private key is needed, or the delivery lacks a part that is signed.
    """
    if not can_sign(scheme):
        raise CannotSign("Only the provider can sign such deliveries: send a test from there.")
    signed = Signed({}, query, body)
    if scheme.kind == "none":
        return signed
    when = int(time.time()) if now is None else now
    if scheme.kind == "static":
        return _static(scheme, secret, signed)
    if scheme.kind == "jwt":
        return _token(scheme, secret, signed, url, body, when)
    if scheme.body_digest is not None:
        rule = scheme.body_digest
        text = _encoded(hashlib.new(rule.algorithm, body).digest(), rule.encoding)
        if rule.place == "header":
            signed.headers[rule.name] = text
        else:
            signed.query = "&".join(filter(None, (query, urlencode({rule.name: text}))))
    sent = _time(scheme.time, when) if scheme.time is not None else ""
    if scheme.time is not None and scheme.time.place == "header":
        signed.headers[scheme.time.name] = sent
    if scheme.time is not None and scheme.time.place == "json":
        body = signed.body = bodies.with_json(body, scheme.time.name, sent)
    lower = {name.lower(): value for name, value in (*headers.items(), *signed.headers.items())}
    for name in _signed_headers(scheme):
        if name not in lower:
            lower[name] = signed.headers[name] = message_id
    delivery = Delivery(
        {name.encode(): value.encode() for name, value in lower.items()},
        body,
        method,
        f"{url}?{signed.query}" if signed.query else url,
        signed.query.encode(),
    )
    delivery.time = sent.encode()
    delivery.secret = key = symmetric_key(scheme, secret)
    try:
        content = scheme.template().content()(delivery)
    except BadSignature as error:
        raise CannotSign(str(error)) from None
    assert scheme.algorithm is not None
    if scheme.kind == "digest":
        digest = hashlib.new(scheme.algorithm, content).digest()
    else:
        digest = hmac.digest(key, content, scheme.algorithm)
    value = scheme.prefix + _encoded(digest, scheme.encoding)
    if scheme.item:
        items = [(scheme.item if scheme.item != "*" else "key", value)]
        if scheme.time is not None and scheme.time.place == "item":
            items.insert(0, (scheme.time.name, sent))
        value = scheme.separator.join(f"{name}{scheme.assign}{text}" for name, text in items)
    elif scheme.is_list and scheme.time is not None and scheme.time.place == "item":
        value = f"{sent}{scheme.separator}{value}"
    return _placed(scheme, value, signed)


def _static(scheme: Scheme, secret: str, signed: Signed) -> Signed:
    value = scheme.prefix + secret
    if scheme.place == "basic":
        signed.headers["authorization"] = f"Basic {base64.b64encode(value.encode()).decode()}"
        return signed
    return _placed(scheme, value, signed)


def _placed(scheme: Scheme, value: str, signed: Signed) -> Signed:
    match scheme.place:
        case "query":
            signed.query = "&".join(filter(None, (signed.query, urlencode({scheme.name: value}, quote_via=quote))))
        case "json":
            signed.body = bodies.with_json(signed.body, scheme.name, value)
        case "form":
            signed.body = bodies.with_field(signed.body, scheme.name, value)
        case _:
            signed.headers[scheme.name] = value
    return signed


def _token(scheme: Scheme, secret: str, signed: Signed, url: str, body: bytes, now: int) -> Signed:
    claims: dict[str, object] = {"iat": now, "exp": now + 300}
    if scheme.issuer:
        claims["iss"] = scheme.issuer
    if scheme.audience:
        claims["aud"] = url if scheme.audience == "url" else scheme.audience
    if scheme.body_claim is not None:
        rule = scheme.body_claim
        claims[rule.name] = _encoded(hashlib.new(rule.algorithm, body).digest(), rule.encoding)
    token = json_web_tokens.sign(claims, keys_of(scheme, secret)[0], scheme.algorithms[0])
    signed.headers[scheme.name] = scheme.prefix + token
    return signed


def _signed_headers(scheme: Scheme) -> list[str]:
    return [part.removeprefix("header:").lower() for part in scheme.template().arguments if part.startswith("header:")]


def _time(rule: TimeRule, now: int) -> str:
    match rule.unit:
        case "s" | "s-or-ms":
            return str(now)
        case "ms":
            return str(now * 1000)
        case "http":
            return format_datetime(datetime.fromtimestamp(now, UTC), usegmt=True)
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _encoded(digest: bytes, encoding: str) -> str:
    match encoding:
        case "hex":
            return digest.hex()
        case "base64":
            return base64.b64encode(digest).decode()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
