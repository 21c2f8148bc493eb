"""Bearer tokens of sinks: compared in constant time."""

import hmac


def matches(authorization: bytes, token: bytes) -> bool:
    """
    Return whether an Authorization field carries the token (RFC 6750, section 2.1), in constant time.

    Args:
        authorization: The field's value as received; empty if it is missing.
        token: The sink's token.
    """
    scheme, _, credentials = authorization.partition(b" ")
    return hmac.compare_digest(credentials.strip(b" "), token) and scheme.lower() == b"bearer"
