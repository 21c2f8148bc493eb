"""
JSON Web Tokens (RFC 7519): keys of fixed kinds, and the verification of a token against them.

PyJWT verifies signatures and parses keys. Algorithms belong to the configuration, never to the token (RFC 8725, section
3.1), and a key serves only the algorithms of its own kind, so that a public key is never an HMAC secret.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jwt.algorithms import HMACAlgorithm

MAX_TOKEN = 16_384  # characters
MAX_KEYS = 100  # of a key set
LEEWAY = 60  # seconds by which clocks may differ
MIN_RSA_BITS = 2048  # RFC 7518, section 3.3

# The kind of keys that an algorithm needs, as a JWK calls it (RFC 7518, section 6.1).
ALGORITHMS = {
    "HS256": "oct",
    "HS384": "oct",
    "HS512": "oct",
    "RS256": "RSA",
    "RS384": "RSA",
    "RS512": "RSA",
    "PS256": "RSA",
    "PS384": "RSA",
    "PS512": "RSA",
    "ES256": "EC",
    "ES384": "EC",
    "ES512": "EC",
    "EdDSA": "OKP",
}
_CURVES = {"ES256": "secp256r1", "ES384": "secp384r1", "ES512": "secp521r1"}
_PEM_LABELS = ("PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE")


class InvalidToken(Exception):
    """The token is not valid. `reason` contains nothing of the token."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UnknownKey(InvalidToken):
    """The token names a key (`kid`) that is not among the keys: they may have been replaced meanwhile."""


class InvalidKey(Exception):
    """A text is not a key, or not a suitable one. The message contains nothing of it."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key that verifies tokens."""

    kind: str  # a value of ALGORITHMS
    material: Any  # bytes for HMAC, else a public key
    kid: str | None = None
    algorithm: str | None = None  # the only algorithm, where the key names one

    def fits(self, algorithm: str) -> bool:
        """Return whether the key is one for an algorithm."""
        if self.kind != ALGORITHMS.get(algorithm) or self.algorithm not in {None, algorithm}:
            return False
        return algorithm not in _CURVES or self.material.curve.name == _CURVES[algorithm]


class _Hmac(HMACAlgorithm):
    """HMAC with keys that were checked when they were read, without PyJWT's checks for each token."""

    def prepare_key(self, key: str | bytes) -> bytes:
        return key.encode() if isinstance(key, str) else key

    def check_key_length(self, key: Any) -> str | None:
        return None  # providers choose their secrets, and PyJWT would warn for each token


def _verifier() -> jwt.PyJWS:
    verifier = jwt.PyJWS(algorithms=[name for name, kind in ALGORITHMS.items() if kind != "oct"])
    for name, digest in (("256", HMACAlgorithm.SHA256), ("384", HMACAlgorithm.SHA384), ("512", HMACAlgorithm.SHA512)):
        verifier.register_algorithm(f"HS{name}", _Hmac(digest))
    return verifier


_jws = _verifier()


def check_algorithms(algorithms: Collection[str]) -> None:
    """
    Check the algorithms of a configuration.

    Raises:
        ValueError: There are none, one is unknown (`none` always is), or HMAC is mixed with public keys.
    """
    if not algorithms:
        raise ValueError(f"Name the algorithms: {', '.join(ALGORITHMS)}.")
    for name in algorithms:
        if name not in ALGORITHMS:
            raise ValueError(f"{name!r} is no algorithm. Known are: {', '.join(ALGORITHMS)}.")
    if len({ALGORITHMS[name] == "oct" for name in algorithms}) > 1:
        raise ValueError("HMAC (HS256, ...) cannot be mixed with algorithms of public keys (RS256, ES256, ...).")


def verify(
    token: str | bytes,
    keys: Iterable[Key],
    *,
    algorithms: Collection[str],
    issuer: str | None = None,
    audience: str | Collection[str] | None = None,
    max_age: float | None = None,
    claims: Mapping[str, Any] | None = None,
    now: float,
    leeway: float = LEEWAY,
    max_length: int = MAX_TOKEN,
) -> dict[str, Any]:
    """
    Verify a token.

    Args:
        token: The token in its compact form (RFC 7515, section 7.1).
        keys: The keys. A token that names a key by its `kid` is verified with that key, or with keys without a name.
        algorithms: The only algorithms that are accepted.
        issuer: The required `iss`.
        audience: The audiences of which `aud` must contain one. Without it, `aud` is not checked.
        max_age: The most seconds since `iat`, which is then required.
        claims: Further required claims. A list means one of its values, null any value. A claim that is a list itself
            must contain the value.
        now: The time in seconds since 1970.
        leeway: The seconds by which the clocks may differ.
        max_length: The most characters of the token.

    Returns:
        The claims.

    Raises:
        UnknownKey: The token names a key that is not among the keys.
        InvalidToken: The token is not valid.
    """
    if len(token) > max_length:
        raise InvalidToken(f"it has more than {max_length} characters")
    content = _signed_claims(token, list(keys), algorithms)
    _check_times(content, max_age, now, leeway)
    if issuer is not None and content.get("iss") != issuer:
        raise InvalidToken("its issuer (iss) is missing or another one")
    if audience is not None:
        wanted = {audience} if isinstance(audience, str) else set(audience)
        sent = content.get("aud")
        named = [sent] if isinstance(sent, str) else sent if isinstance(sent, list) else []
        if not any(isinstance(name, str) and name in wanted for name in named):
            raise InvalidToken("its audience (aud) is missing or another one")
    for name, value in (claims or {}).items():
        if not _has(content, name, value):
            raise InvalidToken(f"its claim {name!r} is missing or has another value")
    return content


def sign(claims: Mapping[str, Any], key: Key, algorithm: str) -> str:
    """Return a token with these claims, made with an HMAC key."""
    headers = {"kid": key.kid} if key.kid is not None else None
    return _jws.encode(json.dumps(claims).encode(), key.material, algorithm, headers)


def _signed_claims(token: str | bytes, keys: list[Key], algorithms: Collection[str]) -> dict[str, Any]:
    """Return the claims of a token whose signature is valid."""
    try:
        head = _jws.get_unverified_header(token)
    except (jwt.PyJWTError, UnicodeError):
        raise InvalidToken("it is no JSON Web Token") from None
    algorithm = head.get("alg")
    if not isinstance(algorithm, str) or algorithm not in algorithms or algorithm not in ALGORITHMS:
        raise InvalidToken("its algorithm (alg) is not one of those that are accepted")
    for key in _candidates(head.get("kid"), algorithm, keys):
        try:
            signed = _jws.decode_complete(token, key.material, algorithms=[algorithm])
        except jwt.InvalidSignatureError:
            continue
        except (jwt.PyJWTError, ValueError, TypeError):
            raise InvalidToken("it cannot be verified") from None
        try:
            content = json.loads(signed["payload"])
        except (ValueError, RecursionError):
            raise InvalidToken("its claims are not JSON") from None
        if not isinstance(content, dict):
            raise InvalidToken("its claims are no JSON object")
        return content
    raise InvalidToken("its signature does not match")


def _candidates(kid: str | None, algorithm: str, keys: list[Key]) -> list[Key]:
    """Return the keys that may have signed a token."""
    fitting = [key for key in keys if key.fits(algorithm)]
    if kid is not None:
        named = [key for key in fitting if key.kid == kid]
        nameless = [key for key in fitting if key.kid is None]
        if not named and not nameless:
            raise UnknownKey("its key (kid) is not among the known keys")
        return named or nameless
    if not fitting:
        raise UnknownKey("no known key is one for its algorithm")
    return fitting


def _check_times(content: Mapping[str, Any], max_age: float | None, now: float, leeway: float) -> None:
    times: dict[str, float] = {}
    for name in ("exp", "nbf", "iat"):
        value = content.get(name)
        if value is None:
            continue
        # A JSON number (RFC 7519, section 2, NumericDate). An integer may be too large for a float.
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e12:
            raise InvalidToken(f"its time {name!r} is no number of seconds")
        times[name] = float(value)
    if "exp" in times and now >= times["exp"] + leeway:
        raise InvalidToken("it has expired (exp)")
    if "nbf" in times and now < times["nbf"] - leeway:
        raise InvalidToken("it is not valid yet (nbf)")
    if "iat" in times and now < times["iat"] - leeway:
        raise InvalidToken("it was issued in the future (iat)")
    if max_age is not None:
        if "iat" not in times:
            raise InvalidToken("it does not say when it was issued (iat)")
        if now > times["iat"] + max_age + leeway:
            raise InvalidToken("it was issued too long ago (iat)")


def _has(content: Mapping[str, Any], name: str, wanted: Any) -> bool:
    if name not in content or content[name] is None:
        return False
    if wanted is None:
        return True
    options = wanted if isinstance(wanted, list | tuple) else [wanted]
    sent = content[name]
    values = sent if isinstance(sent, list) else [sent]
    # In Python, True == 1.
    return any(value == option and type(value) is type(option) for value in values for option in options)


def read_keys(text: str, algorithms: Collection[str]) -> tuple[Key, ...]:
    """
    Read the keys of a configuration.

    Args:
        text: For HMAC, the secret or a key set (RFC 7517, section 5) with it; otherwise one or several public keys or
            certificates as PEM, or a key or key set as JSON.
        algorithms: The algorithms, which are either all HMAC or all of public keys.

    Raises:
        InvalidKey: The text has no suitable key.
    """
    kinds = {ALGORITHMS[name] for name in algorithms}
    if text.lstrip().startswith("{"):
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            document = None
        if isinstance(document, dict) and ("keys" in document or "kty" in document):
            keys = keys_of_document(document, allow_secrets="oct" in kinds)
        elif "oct" in kinds:
            keys = (secret_key(text),)
        else:
            raise InvalidKey("This is no key set: enter a JSON object with 'keys'.")
    elif "oct" in kinds:
        keys = (secret_key(text),)
    else:
        keys = keys_of_pem(text)
    if not any(key.fits(name) for key in keys for name in algorithms):
        raise InvalidKey(f"This has no key for {', '.join(algorithms)}.")
    return keys


def secret_key(secret: str | bytes) -> Key:
    """
    Return an HMAC key.

    Raises:
        InvalidKey: The secret is empty, or is a public key, a certificate or a JWK.
    """
    try:
        return Key("oct", HMACAlgorithm(HMACAlgorithm.SHA256).prepare_key(secret))
    except (jwt.PyJWTError, ValueError, TypeError):
        raise InvalidKey("A secret of HMAC must not be empty, and must not be a public key or a certificate.") from None


def keys_of_pem(text: str) -> tuple[Key, ...]:
    """
    Return the public keys of a text with one or several PEM blocks (RFC 7468).

    Raises:
        InvalidKey: A block is no public key or certificate, or there is none.
    """
    keys = []
    for block in text.split("-----BEGIN ")[1:]:
        label, _, _ = block.partition("-----")
        pem = f"-----BEGIN {block.strip()}\n".encode()
        if "PRIVATE KEY" in label:
            raise InvalidKey("This is a private key: enter the public key.")
        if label not in _PEM_LABELS:
            raise InvalidKey("A PEM block must be a PUBLIC KEY or a CERTIFICATE.")
        try:
            certificate = label == "CERTIFICATE"
            public = x509.load_pem_x509_certificate(pem).public_key() if certificate else load_pem_public_key(pem)
        except Exception:  # cryptography raises many kinds
            raise InvalidKey("A PEM block cannot be read.") from None
        keys.append(_public_key(public))
    if not keys:
        raise InvalidKey("Enter a public key as PEM (-----BEGIN PUBLIC KEY-----), or a key set as JSON.")
    return tuple(keys)


def keys_of_document(document: Mapping[str, Any], *, allow_secrets: bool = False) -> tuple[Key, ...]:
    """
    Return the keys of a JWK or a key set (RFC 7517). Keys that cannot be used are skipped.

    Args:
        document: The parsed JSON.
        allow_secrets: Whether HMAC keys are used too. A published key set must not contain any.

    Raises:
        InvalidKey: The document has no usable key, or too many keys.
    """
    listed = document.get("keys") if "keys" in document else [document]
    if not isinstance(listed, list):
        raise InvalidKey("This is no key set: 'keys' must be a list.")
    if len(listed) > MAX_KEYS:
        raise InvalidKey(f"A key set must have at most {MAX_KEYS} keys.")
    keys = [key for item in listed if (key := _of_jwk(item)) is not None and (allow_secrets or key.kind != "oct")]
    if not keys:
        raise InvalidKey("This key set has no usable key.")
    return tuple(keys)


def _of_jwk(item: Any) -> Key | None:
    if not isinstance(item, dict) or item.get("use", "sig") != "sig" or "d" in item:
        return None
    kid, algorithm = item.get("kid"), item.get("alg")
    if algorithm is not None and ALGORITHMS.get(str(algorithm)) is None:
        return None
    try:
        material = jwt.PyJWK(item).key
        key = secret_key(material) if item.get("kty") == "oct" else _public_key(material)
    except (jwt.PyJWTError, InvalidKey, ValueError, TypeError, KeyError, AttributeError):
        return None
    return Key(key.kind, key.material, kid if isinstance(kid, str) else None, algorithm)


def _public_key(public: Any) -> Key:
    if isinstance(public, rsa.RSAPublicKey):
        if public.key_size < MIN_RSA_BITS:
            raise InvalidKey(f"An RSA key must have at least {MIN_RSA_BITS} bits.")
        return Key("RSA", public)
    if isinstance(public, ec.EllipticCurvePublicKey):
        return Key("EC", public)
    if isinstance(public, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
        return Key("OKP", public)
    raise InvalidKey("This kind of public key is not supported: RSA, EC and Ed25519 are.")
