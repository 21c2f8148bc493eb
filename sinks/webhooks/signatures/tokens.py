"""Deliveries that a provider signs with a JSON Web Token (RFC 7519)."""

import hashlib
import json
from collections.abc import Callable, Collection
from hmac import compare_digest
from math import inf
from typing import Any
from urllib.parse import urlsplit

from sinks.access import json_web_tokens
from sinks.access.json_web_tokens import InvalidToken, Key, UnknownKey
from sinks.webhooks.signatures.keys import InvalidKey, symmetric_key
from sinks.webhooks.signatures.received import decoder, reader
from sinks.webhooks.signatures.remote_keys import remote_keys
from sinks.webhooks.signatures.scheme import Scheme
from sinks.webhooks.signatures.signed_content import BadSignature, Delivery


def keys_of(scheme: Scheme, secret: str) -> tuple[Key, ...]:
    """
    Return the keys that verify a token.

    Raises:
        InvalidKey: The secret is no key of the scheme.
    """
    try:
        if scheme.key in {"utf8", "base64"}:
            return (json_web_tokens.secret_key(symmetric_key(scheme, secret)),)
        return json_web_tokens.read_keys(secret, scheme.algorithms)
    except json_web_tokens.InvalidKey as error:
        raise InvalidKey(str(error)) from None


def token_verifier(
    scheme: Scheme, secrets: Collection[str], tolerance: int | None
) -> Callable[[Delivery, float], None]:
    """
    Return the function that verifies deliveries of a scheme of kind jwt. It raises BadSignature.

    Raises:
        InvalidKey: A secret is no key of the scheme.
    """
    read = reader(scheme)
    own_keys = [key for secret in secrets for key in keys_of(scheme, secret)] if not scheme.jwks else []
    claim = scheme.body_claim
    decode = decoder(claim.encoding) if claim is not None else None
    max_age = (tolerance or scheme.max_age) if scheme.max_age is not None else None

    def claims_of(token: bytes, delivery: Delivery, now: float, keys: Collection[Key]) -> dict[str, Any]:
        audience = delivery.url.partition("?")[0] if scheme.audience == "url" else scheme.audience
        return json_web_tokens.verify(
            token,
            keys,
            algorithms=scheme.algorithms,
            issuer=scheme.issuer or None,
            audience=audience or None,
            max_age=max_age,
            now=now,
            # A token that is the body may be as large as the body.
            max_length=len(token) if scheme.place == "body" else json_web_tokens.MAX_TOKEN,
        )

    def verify(delivery: Delivery, now: float) -> None:
        values = read(delivery)[0]
        if len(values) != 1:
            raise BadSignature("The token is missing.")
        try:
            try:
                claims = claims_of(values[0], delivery, now, own_keys or _published(scheme.jwks))
            except UnknownKey:
                if not scheme.jwks:
                    raise
                # The provider may have a new key.
                claims = claims_of(values[0], delivery, now, _published(scheme.jwks, newer_than=inf))
        except InvalidToken as error:
            raise BadSignature(f"The token is invalid: {error.reason}.") from None
        if claim is not None and decode is not None:
            sent = claims.get(claim.name)
            if not isinstance(sent, str):
                raise BadSignature(f"The token has no claim {claim.name}.")
            digest = hashlib.new(claim.algorithm, delivery.body).digest()
            if not compare_digest(digest, decode(sent.encode("utf-8", "replace"))):
                raise BadSignature(f"The claim {claim.name} is not the body's digest.")

    return verify


def _published(url: str, newer_than: float = 0.0) -> tuple[Key, ...]:
    """
    Return the keys that the provider publishes.

    Raises:
        BadSignature: There are none.
        KeysNeeded: The keys have to be fetched first, or again.
    """
    content = remote_keys.content(url, (urlsplit(url).hostname or "",), newer_than=newer_than)
    try:
        return json_web_tokens.keys_of_document(json.loads(content))
    except (ValueError, RecursionError, AttributeError, json_web_tokens.InvalidKey):
        raise BadSignature("The provider's keys cannot be read.") from None
