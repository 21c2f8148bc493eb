"""Deliveries that a provider signs with a JSON Web Token (RFC 7519)."""

import hashlib
from collections.abc import Callable, Collection
from hmac import compare_digest
from math import inf
from typing import Any
from urllib.parse import urlsplit

from jwt import PyJWKSet, PyJWT, get_unverified_header
from jwt.exceptions import (
    InvalidAudienceError,
    InvalidIssuerError,
    InvalidSignatureError,
    PyJWTError,
)

from sinks.webhooks.signatures.keys import public_key, symmetric_key
from sinks.webhooks.signatures.received import decoder, reader
from sinks.webhooks.signatures.remote_keys import remote_keys
from sinks.webhooks.signatures.scheme import Scheme
from sinks.webhooks.signatures.signed_content import BadSignature, Delivery

_LEEWAY = 60  # seconds by which clocks may differ
_MAX_TOKEN_BYTES = 16 * 1024  # of a token in a header field; a token that is the body may be as large as the body
_jwt = PyJWT()


def key_of(scheme: Scheme, secret: str) -> Any:
    """
    Return the key that verifies a token.

    Raises:
        InvalidKey: The secret is no key of the scheme.
    """
    if scheme.key in {"utf8", "base64"}:
        return symmetric_key(scheme, secret)
    return public_key(scheme.model_copy(update={"kind": _KINDS[scheme.algorithms[0][:2]]}), secret)


def token_verifier(
    scheme: Scheme, secrets: Collection[str], tolerance: int | None
) -> Callable[[Delivery, float], None]:
    """
    Return the function that verifies deliveries of a scheme of kind jwt. It raises BadSignature.

    Raises:
        InvalidKey: A secret is no key of the scheme.
    """
    read, algorithms = reader(scheme), list(scheme.algorithms)
    own_keys = [key_of(scheme, secret) for secret in secrets] if not scheme.jwks else []
    claim = scheme.body_claim
    decode = decoder(claim.encoding) if claim is not None else None
    max_age = (tolerance or scheme.max_age) if scheme.max_age is not None else None
    options = {"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": bool(scheme.audience)}

    def claims_of(token: bytes, delivery: Delivery) -> dict[str, Any]:
        fault = "The token matches none of the sink's secrets."
        audience = delivery.url.partition("?")[0] if scheme.audience == "url" else scheme.audience
        for key in own_keys or _published(scheme.jwks, token):
            try:
                return _jwt.decode(
                    token,
                    key,
                    algorithms=algorithms,
                    audience=audience or None,
                    issuer=scheme.issuer or None,
                    options=options,  # type: ignore[arg-type]
                )
            except InvalidSignatureError:
                continue
            except InvalidAudienceError:
                fault = "The token is for another audience."
            except InvalidIssuerError:
                fault = "The token has another issuer."
            except PyJWTError as error:
                fault = f"The token is invalid: {type(error).__name__}."
        raise BadSignature(fault)

    def verify(delivery: Delivery, now: float) -> None:
        values = read(delivery)[0]
        if len(values) != 1 or (scheme.place != "body" and len(values[0]) > _MAX_TOKEN_BYTES):
            raise BadSignature("The token is missing, or too large.")
        claims = claims_of(values[0], delivery)
        check_times(claims, now, max_age)
        if claim is not None and decode is not None:
            sent = claims.get(claim.name)
            if not isinstance(sent, str):
                raise BadSignature(f"The token has no claim {claim.name}.")
            digest = hashlib.new(claim.algorithm, delivery.body).digest()
            if not compare_digest(digest, decode(sent.encode("utf-8", "replace"))):
                raise BadSignature(f"The claim {claim.name} is not the body's digest.")

    return verify


def _published(url: str, token: bytes) -> list[Any]:
    """
    Return the key that a token names (RFC 7515, section 4.1.4) out of the keys that the provider publishes.

    Raises:
        BadSignature: The token names none of them.
        KeysNeeded: The keys have to be fetched first, or again because the provider may have a new one.
    """
    if not url:
        return []
    try:
        kid = get_unverified_header(token).get("kid")
    except PyJWTError as error:
        raise BadSignature(f"The token is invalid: {type(error).__name__}.") from None
    hosts = (urlsplit(url).hostname or "",)
    for newer_than in (0.0, inf):
        try:
            keys = PyJWKSet.from_json(remote_keys.content(url, hosts, newer_than=newer_than).decode()).keys
        except (ValueError, PyJWTError):
            raise BadSignature("The provider's keys cannot be read.") from None
        found = [key.key for key in keys if key.key_id == kid]
        if found:
            return found
    raise BadSignature("The token names a key that the provider does not publish.")


def check_times(claims: dict[str, Any], now: float, max_age: int | None) -> None:
    """
    Check the times of a token (RFC 7519, sections 4.1.4 to 4.1.6).

    Args:
        claims: Its claims.
        now: Seconds since 1970.
        max_age: How many seconds ago it may have been issued; None for any time.

    Raises:
        BadSignature: It is expired, not yet valid, or was issued too long ago.
    """
    times = {name: claims[name] for name in ("exp", "nbf", "iat") if name in claims}
    if any(isinstance(value, bool) or not isinstance(value, int | float) for value in times.values()):
        raise BadSignature("A time of the token is not a number.")
    if "exp" in times and times["exp"] < now - _LEEWAY:
        raise BadSignature("The token is expired.")
    if "nbf" in times and times["nbf"] > now + _LEEWAY:
        raise BadSignature("The token is not valid yet.")
    if "iat" in times and times["iat"] > now + _LEEWAY:
        raise BadSignature("The token was issued in the future.")
    if max_age is not None and not now - times.get("iat", 0) <= max_age:
        raise BadSignature(f"The token was issued more than {max_age} s ago.")


_KINDS = {"RS": "rsa", "PS": "rsa", "ES": "ecdsa", "Ed": "ed25519"}
