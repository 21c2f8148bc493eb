"""Keys that verify deliveries: how the secret that an admin enters becomes a key."""

import base64
import binascii
import hashlib
from collections.abc import Callable
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from sinks.webhooks.signatures.scheme import Scheme

_PEM = "-----BEGIN "
_WHSEC, _WHPK = "whsec_", "whpk_"  # prefixes of Standard Webhooks
_MIN_RSA_BITS = 2048


class InvalidKey(ValueError):
    """A secret is no key of its scheme. The message says why, without the secret."""


def split_secrets(text: str) -> list[str]:
    """Return the secrets of a text: one for each line, but a PEM block with all of its lines."""
    secrets: list[str] = []
    block: list[str] = []
    for line in text.split("\n"):  # not at other line breaks, which are invalid in a secret
        line = line.removesuffix("\r")
        if block or line.startswith(_PEM):
            block.append(line)
            if line.startswith("-----END "):
                secrets.append("\n".join(block))
                block = []
        elif line.strip():
            secrets.append(line)
    if block:
        secrets.append("\n".join(block))
    return secrets


def symmetric_key(scheme: Scheme, secret: str) -> bytes:
    """
    Return the key of an HMAC, of a digest or of a static secret.

    Raises:
        InvalidKey: The secret does not have the form that the scheme needs.
    """
    if not secret.strip():
        raise InvalidKey("it is empty.")
    key = _SYMMETRIC[scheme.key](secret)
    if not key:
        raise InvalidKey("it is empty.")
    return key


def public_key(scheme: Scheme, secret: str) -> Any:
    """
    Return the public key that verifies signatures.

    Raises:
        InvalidKey: The secret is no public key of the scheme's kind.
    """
    text = secret.strip()
    if not text:
        raise InvalidKey("it is empty.")
    if scheme.kind == "ed25519" and scheme.key != "pem":
        raw = _ED25519[scheme.key](text)
        if len(raw) != 32:
            raise InvalidKey(f"an Ed25519 public key has 32 bytes, not {len(raw)}.")
        return Ed25519PublicKey.from_public_bytes(raw)
    key = _load(text, scheme.key)
    if scheme.kind == "ed25519" and not isinstance(key, Ed25519PublicKey):
        raise InvalidKey("it is not an Ed25519 public key.")
    if scheme.kind == "ecdsa" and not (isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1)):
        raise InvalidKey("it is not a public key on the curve P-256.")
    if scheme.kind == "rsa" and not (isinstance(key, RSAPublicKey) and key.key_size >= _MIN_RSA_BITS):
        raise InvalidKey(f"it is not an RSA public key of at least {_MIN_RSA_BITS} bits.")
    return key


def _load(text: str, form: str) -> Any:
    try:
        if form == "spki-base64" and not text.startswith(_PEM):
            return load_der_public_key(_from_base64(text))
        if text.startswith("{"):
            return PyJWK.from_json(text).key
        if text.startswith("-----BEGIN CERTIFICATE-----"):
            return load_pem_x509_certificate(text.encode()).public_key()
        return load_pem_public_key(text.encode())
    except InvalidKey:
        raise
    except (ValueError, TypeError, UnsupportedAlgorithm, PyJWTError):
        example = "a PEM block such as -----BEGIN PUBLIC KEY-----, or a JWK" if form == "pem" else "a key in base64"
        raise InvalidKey(f"it is not {example}.") from None


def _from_hex(text: str) -> bytes:
    try:
        return binascii.unhexlify(text.strip().encode("ascii"))
    except (ValueError, binascii.Error):
        raise InvalidKey("it is not hexadecimal.") from None


def _from_base64(text: str, example: str = "") -> bytes:
    try:
        return base64.b64decode(text.strip().encode("ascii"), validate=True)
    except (ValueError, binascii.Error):
        raise InvalidKey(f"it is not base64{example}.") from None


def _from_base64url(text: str) -> bytes:
    plain = text.strip().rstrip("=").translate(str.maketrans("-_", "+/"))
    return _from_base64(plain + "=" * (-len(plain) % 4))


def _from_whsec(text: str) -> bytes:
    return _from_base64(text.strip().removeprefix(_WHSEC), ", such as whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")


_SYMMETRIC: dict[str, Callable[[str], bytes]] = {
    "utf8": lambda secret: secret.encode(),
    "hex": _from_hex,
    "base64": _from_base64,
    "base64url": _from_base64url,
    "whsec": _from_whsec,
    "sha1": lambda secret: hashlib.sha1(secret.encode()).digest(),  # noqa: S324 - Braintree derives its key so
}
_ED25519: dict[str, Callable[[str], bytes]] = {
    "hex": _from_hex,
    "base64": _from_base64,
    "base64url": _from_base64url,
    "whpk": lambda text: _from_base64(text.removeprefix(_WHPK)),
}
