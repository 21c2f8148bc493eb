"""
Signatures of deliveries, by the schemes of the providers.

The providers' own libraries do not fit: they parse the body as JSON, fix the tolerance, or support only one secret.
"""

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hmac import compare_digest

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC

SCHEMES = {
    "github": "GitHub, Meta (X-Hub-Signature-256)",
    "stripe": "Stripe (Stripe-Signature)",
    "slack": "Slack (X-Slack-Signature)",
    "shopify": "Shopify (X-Shopify-Hmac-Sha256)",
    "standard": "Standard Webhooks (webhook-signature)",
    "hmac": "generic HMAC",
}
# For generic HMAC, by their names in hashlib.
_ALGORITHMS = {"sha256": hashes.SHA256(), "sha512": hashes.SHA512(), "sha1": hashes.SHA1()}  # noqa: S303 - some providers know no other
_DIGITS = frozenset(b"0123456789")
_PREFIX = "whsec_"  # of secrets of Standard Webhooks


@dataclass(frozen=True, slots=True)
class Signature:
    """How a sink's deliveries are signed."""

    scheme: str  # one of SCHEMES; empty if they are not signed
    secrets: tuple[str, ...]  # any of them is valid, so that a new secret can replace an old one without a gap
    tolerance: int = 300  # seconds that a timestamp may be off in either direction, if the scheme signs a timestamp
    header: str = ""  # for generic HMAC: the field with the signature
    algorithm: str = "sha256"  # for generic HMAC: the name in hashlib
    encoding: str = "hex"  # for generic HMAC: hex or base64
    prefix: str = ""  # for generic HMAC: the text before the signature


class BadSignature(Exception):
    """The delivery's signature is missing or invalid. The message says why, without a secret."""


def check_secret(scheme: str, secret: str) -> None:
    """
    Check that deliveries can be signed with a secret.

    Args:
        scheme: One of SCHEMES.
        secret: The secret as the provider shows it.

    Raises:
        ValueError: The secret is empty, or invalid for the scheme. The message says why.
    """
    if not secret.strip():
        raise ValueError("it is empty.")
    if scheme == "standard":
        try:
            key = _standard_key(secret)
        except (ValueError, binascii.Error):
            raise ValueError(f"it is not base64, such as {_PREFIX}MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw.") from None
        if not key:
            raise ValueError("it is empty.")


def verify(signature: Signature, headers: Mapping[bytes, bytes], body: bytes, now: float) -> None:
    """
    Verify a delivery's signature, in constant time for each secret.

    Args:
        signature: How the sink's deliveries are signed.
        headers: The request's header fields by lower-case name.
        body: The body as received.
        now: Seconds since 1970.

    Raises:
        BadSignature: The signature is missing or malformed, or matches no secret of the sink, or its timestamp is too
            far off.
    """
    _VERIFIERS[signature.scheme](signature, headers, body, now)


def sign(signature: Signature, body: bytes, now: int, message_id: str) -> dict[str, str]:
    """
    Return the header fields that a provider would add to sign a delivery, for tests of a sink.

    Args:
        signature: How the sink's deliveries are signed; the first secret is used.
        body: The body.
        now: Seconds since 1970.
        message_id: The delivery id, for schemes that sign a delivery id.
    """
    match signature.scheme:
        case "standard":
            begun = _standard_begun(signature.secrets)
        case "hmac":
            begun = _begun(signature.secrets, signature.algorithm)
        case _:
            begun = _begun(signature.secrets)

    def made(signed: bytes = body) -> bytes:
        return _digest(begun[0], signed)

    def base64_of(digest: bytes) -> str:
        return base64.b64encode(digest).decode()

    match signature.scheme:
        case "github":
            return {"X-Hub-Signature-256": f"sha256={made().hex()}"}
        case "stripe":
            return {"Stripe-Signature": f"t={now},v1={made(b'%d.%b' % (now, body)).hex()}"}
        case "slack":
            signed = f"v0={made(b'v0:%d:%b' % (now, body)).hex()}"
            return {"X-Slack-Request-Timestamp": str(now), "X-Slack-Signature": signed}
        case "shopify":
            return {"X-Shopify-Hmac-Sha256": base64_of(made())}
        case "standard":
            signed = base64_of(made(b"%b.%d.%b" % (message_id.encode(), now, body)))
            return {"webhook-id": message_id, "webhook-timestamp": str(now), "webhook-signature": f"v1,{signed}"}
        case _:
            digest = made()
            text = base64_of(digest) if signature.encoding == "base64" else digest.hex()
            return {signature.header: signature.prefix + text}


def _field(headers: Mapping[bytes, bytes], name: bytes) -> bytes:
    value = headers.get(name, b"").strip()
    if not value:
        raise BadSignature(f"The {name.decode('latin-1')} header is missing.")
    return value


def _check_time(timestamp: bytes, tolerance: int, now: float) -> None:
    if not timestamp or len(timestamp) > 20 or not _DIGITS.issuperset(timestamp):
        raise BadSignature("The timestamp is not a number of seconds.")
    off = now - int(timestamp)
    if abs(off) > tolerance:
        when = "old" if off > 0 else "in the future"
        raise BadSignature(f"The timestamp is {abs(off):.0f} s {when}; {tolerance} s are allowed.")


def _digest(begun: HMAC, signed: bytes) -> bytes:
    whole = begun.copy()
    whole.update(signed)
    return whole.finalize()


def _compare(begun: Iterable[HMAC], signed: bytes, candidates: list[bytes]) -> None:
    """Raise BadSignature unless one of the given digests matches one of the keys, which are prepared HMACs."""
    found = False
    for one_key in begun:
        expected = _digest(one_key, signed)
        for candidate in candidates:
            found |= compare_digest(expected, candidate)
    if not found:
        raise BadSignature("The signature matches none of the sink's secrets.")


def _from_hex(text: bytes) -> bytes:
    try:
        return binascii.unhexlify(text)
    except (binascii.Error, ValueError):
        raise BadSignature("The signature is not hexadecimal.") from None


def _from_base64(text: bytes) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadSignature("The signature is not base64.") from None


@lru_cache(maxsize=4096)
def _begun(secrets: tuple[str, ...], algorithm: str = "sha256") -> tuple[HMAC, ...]:
    # Preparing an HMAC with its key takes longer than computing the rest.
    return tuple(HMAC(secret.encode(), _ALGORITHMS[algorithm]) for secret in secrets)


@lru_cache(maxsize=4096)
def _standard_begun(secrets: tuple[str, ...]) -> tuple[HMAC, ...]:
    return tuple(HMAC(_standard_key(secret), hashes.SHA256()) for secret in secrets)


def _standard_key(secret: str) -> bytes:
    return base64.b64decode(secret.strip().removeprefix(_PREFIX).encode("ascii"), validate=True)


def _github(signature: Signature, headers: Mapping[bytes, bytes], body: bytes, now: float) -> None:
    """docs.github.com: validating webhook deliveries; developers.facebook.com: validating payloads."""
    name, _, received = _field(headers, b"x-hub-signature-256").partition(b"=")
    if name != b"sha256":
        raise BadSignature("x-hub-signature-256 does not begin with 'sha256='.")
    _compare(_begun(signature.secrets), body, [_from_hex(received)])


def _stripe(signature: Signature, headers: Mapping[bytes, bytes], body: bytes, now: float) -> None:
    """
    docs.stripe.com/webhooks: verifying signatures manually. A header can have several v1 signatures, made with several
    secrets.
    """
    timestamp = b""
    received: list[bytes] = []
    for item in _field(headers, b"stripe-signature").split(b","):
        name, _, value = item.strip().partition(b"=")
        if name == b"t":
            timestamp = value
        elif name == b"v1":
            received.append(_from_hex(value))
    _check_time(timestamp, signature.tolerance, now)
    if not received:
        raise BadSignature("stripe-signature has no v1.")
    _compare(_begun(signature.secrets), timestamp + b"." + body, received[:_MAX_SIGNATURES])


def _slack(signature: Signature, headers: Mapping[bytes, bytes], body: bytes, now: float) -> None:
    """api.slack.com: verifying requests from Slack."""
    timestamp = _field(headers, b"x-slack-request-timestamp")
    version, _, received = _field(headers, b"x-slack-signature").partition(b"=")
    if version != b"v0":
        raise BadSignature("x-slack-signature does not begin with 'v0='.")
    _check_time(timestamp, signature.tolerance, now)
    _compare(_begun(signature.secrets), b"v0:" + timestamp + b":" + body, [_from_hex(received)])


def _shopify(signature: Signature, headers: Mapping[bytes, bytes], body: bytes, now: float) -> None:
    """shopify.dev: delivering webhooks through HTTPS, verifying them."""
    received = _from_base64(_field(headers, b"x-shopify-hmac-sha256"))
    _compare(_begun(signature.secrets), body, [received])


def _standard(signature: Signature, headers: Mapping[bytes, bytes], body: bytes, now: float) -> None:
    """github.com/standard-webhooks: the specification, symmetric signatures. Svix has its own field names."""
    family = b"webhook" if b"webhook-signature" in headers else b"svix" if b"svix-signature" in headers else b"webhook"
    message_id, timestamp = _field(headers, family + b"-id"), _field(headers, family + b"-timestamp")
    # Spaces separate entries. In a repeated field, a comma separates them too; base64 contains no comma.
    entries = _field(headers, family + b"-signature").replace(b", ", b" ").split()
    received = [_from_base64(entry[3:]) for entry in entries if entry.startswith(b"v1,")]
    _check_time(timestamp, signature.tolerance, now)
    if not received:
        raise BadSignature("The signature has no v1.")
    signed = message_id + b"." + timestamp + b"." + body
    _compare(_standard_begun(signature.secrets), signed, received[:_MAX_SIGNATURES])


def _hmac(signature: Signature, headers: Mapping[bytes, bytes], body: bytes, now: float) -> None:
    received = _field(headers, signature.header.lower().encode("latin-1"))
    prefix = signature.prefix.encode()
    if not received.startswith(prefix):
        raise BadSignature(f"{signature.header} does not begin with {signature.prefix!r}.")
    decode = _from_base64 if signature.encoding == "base64" else _from_hex
    _compare(_begun(signature.secrets, signature.algorithm), body, [decode(received[len(prefix) :].strip())])


_MAX_SIGNATURES = 16  # how many signatures of a delivery are compared, since a client can send any number
_VERIFIERS: dict[str, Callable[[Signature, Mapping[bytes, bytes], bytes, float], None]] = {
    "github": _github,
    "stripe": _stripe,
    "slack": _slack,
    "shopify": _shopify,
    "standard": _standard,
    "hmac": _hmac,
}
