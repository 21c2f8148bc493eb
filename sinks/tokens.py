"""Bearer tokens of sinks: encrypted at rest, compared in constant time, masked wherever they are shown."""

import base64
import hmac
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class UnreadableToken(Exception):
    """The token was encrypted under another SECRET_KEY."""


@lru_cache(maxsize=4)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    def fernet(key: str) -> Fernet:
        derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"sinkhub sink token").derive(key.encode())
        return Fernet(base64.urlsafe_b64encode(derived))

    return MultiFernet([fernet(key) for key in keys])


def _keys() -> tuple[str, ...]:
    return (settings.SECRET_KEY, *map(str, settings.SECRET_KEY_FALLBACKS))


def encrypt(token: str) -> str:
    """Encrypt a token for the database, under a key derived from SECRET_KEY. An empty one stays empty."""
    return _cipher(_keys()).encrypt(token.encode()).decode() if token else ""


def decrypt(encrypted: str) -> str:
    """
    The token of what `encrypt` returned.

    Raises:
        UnreadableToken: No key that is known now fits.
    """
    if not encrypted:
        return ""
    try:
        return _cipher(_keys()).decrypt(encrypted.encode()).decode()
    except InvalidToken:
        raise UnreadableToken("The token was encrypted under another SECRET_KEY: set the token anew.") from None


def matches(authorization: bytes, token: bytes) -> bool:
    """
    Whether an Authorization field carries the token (RFC 6750, section 2.1), in constant time.

    Args:
        authorization: The field's value as received; empty where there is none.
        token: The sink's token.
    """
    scheme, _, given = authorization.partition(b" ")
    return hmac.compare_digest(given.strip(b" "), token) and scheme.lower() == b"bearer"
