"""Tokens and other secrets that callers send: compared in constant time."""

import hmac
from collections.abc import Iterable


def matches(authorization: bytes, token: bytes) -> bool:
    """
    Return whether an Authorization field carries the token (RFC 6750, section 2.1), in constant time.

    Args:
        authorization: The field's value as received; empty if it is missing.
        token: The sink's token.
    """
    scheme, _, credentials = authorization.partition(b" ")
    return hmac.compare_digest(credentials.strip(b" "), token) and scheme.lower() == b"bearer"


def is_one_of(sent: bytes, secrets: Iterable[bytes]) -> bool:
    """Return whether a text is one of some secrets. Each is compared, in constant time."""
    found = False
    for secret in secrets:
        found |= hmac.compare_digest(sent, secret)
    return found
