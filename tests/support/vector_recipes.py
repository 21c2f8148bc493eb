"""
Ways to sign a delivery like a provider, for `tests.support.vectors`.

They know nothing of the rows' signature schemes, so that a row and its vector agree only if both are right.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qsl, quote_plus

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

NOW = 1_790_000_000


@dataclass
class Delivery:
    """A delivery that a recipe signs, by changing it."""

    secret: str
    url: str  # without the query
    query: str
    headers: dict[str, str]
    body: str
    now: int = NOW

    @property
    def address(self) -> str:
        """The URL with its query."""
        return f"{self.url}?{self.query}" if self.query else self.url

    @property
    def fields(self) -> dict[str, str]:
        """The fields of a form."""
        return dict(parse_qsl(self.body, keep_blank_values=True))


Recipe = Callable[[Delivery], None]
Signed = Callable[[Delivery, str], str]


def base64_of(data: bytes) -> str:
    """Return base64 as text."""
    return base64.b64encode(data).decode()


def base64url_of(data: bytes) -> str:
    """Return base64url without padding as text."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64(text: str) -> bytes:
    """Return the bytes of base64, after `whsec_` if it is there."""
    return base64.b64decode(text.removeprefix("whsec_"))


UNITS: dict[str, Callable[[int], str]] = {
    "s": str,
    "ms": lambda now: str(now * 1000),
    "iso": lambda now: datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    "http": lambda now: formatdate(now, usegmt=True),
}


def mac(
    name: str,
    value: str = "{hex}",
    signed: Signed = lambda d, t: d.body,
    *,
    algorithm: str = "sha256",
    key: Callable[[str], bytes] = str.encode,
    unit: str = "s",
    time: str = "",
) -> Recipe:
    """
    Return a recipe for an HMAC in a header field.

    Args:
        name: The field's name.
        value: Its value, with {hex}, {HEX}, {base64}, {base64url} and {time}.
        signed: Returns what is signed, of the delivery and its time as text.
        algorithm: A name in hashlib.
        key: Makes the key of the secret.
        unit: How the time is written: a name in UNITS.
        time: The field that the time is sent in, if any.
    """

    def sign(delivery: Delivery) -> None:
        now = UNITS[unit](delivery.now)
        if time:
            delivery.headers[time] = now
        digest = hmac.digest(key(delivery.secret), signed(delivery, now).encode(), algorithm)
        delivery.headers[name] = value.format(
            hex=digest.hex(),
            HEX=digest.hex().upper(),
            base64=base64_of(digest),
            base64url=base64url_of(digest),
            time=now,
        )

    return sign


def timed(name: str, value: str = "t={time},v1={hex}", unit: str = "s", algorithm: str = "sha256") -> Recipe:
    """Return a recipe as Stripe's: time and signature in one field, over `time.body`."""
    return mac(name, value, lambda d, t: f"{t}.{d.body}", unit=unit, algorithm=algorithm)


def standard(family: str, key: Callable[[str], bytes] = from_base64) -> Recipe:
    """Return the recipe of Standard Webhooks (github.com/standard-webhooks, the specification)."""
    return mac(
        f"{family}-signature",
        "v1,{base64}",
        lambda d, t: f"{d.headers[f'{family}-id']}.{t}.{d.body}",
        key=key,
        time=f"{family}-timestamp",
    )


def static(name: str, prefix: str = "") -> Recipe:
    """Return a recipe that sends the secret in a header field."""
    return lambda d: d.headers.__setitem__(name, prefix + d.secret)


def basic(delivery: Delivery) -> None:
    """Send the secret as HTTP Basic."""
    delivery.headers["authorization"] = f"Basic {base64_of(delivery.secret.encode())}"


def in_query(name: str) -> Recipe:
    """Return a recipe that sends the secret in the query."""

    def sign(delivery: Delivery) -> None:
        delivery.query = f"{name}={quote_plus(delivery.secret)}"

    return sign


def in_json(*path: str) -> Recipe:
    """Return a recipe that sends the secret in the body; `*` is each item of a list."""

    def put(value: Any, names: tuple[str, ...], secret: str) -> None:
        if names[0] == "*":
            for item in value:
                put(item, names[1:], secret)
        elif len(names) == 1:
            value[names[0]] = secret
        else:
            put(value[names[0]], names[1:], secret)

    def sign(delivery: Delivery) -> None:
        document = json.loads(delivery.body)
        put(document, path, delivery.secret)
        delivery.body = compact(document)

    return sign


def compact(document: Any) -> str:
    """Return JSON without spaces."""
    return json.dumps(document, separators=(",", ":"))


def digest(name: str, signed: Signed, algorithm: str, time: str = "") -> Recipe:
    """Return a recipe for a plain digest in a header field, in hex."""

    def sign(delivery: Delivery) -> None:
        if time:
            delivery.headers[time] = str(delivery.now)
        delivery.headers[name] = hashlib.new(algorithm, signed(delivery, str(delivery.now)).encode()).hexdigest()

    return sign


def jwt(
    name: str,
    claims: Callable[[Delivery], dict[str, Any]],
    *,
    prefix: str = "",
    algorithm: str = "HS256",
    head: dict[str, str] | None = None,
    in_body: bool = False,
    public: str = "pem",
) -> Recipe:
    """
    Return a recipe for a JWT (RFC 7519), in a header field or as the body.

    Args:
        name: The field's name.
        claims: Returns the claims of a delivery.
        prefix: The text before the token.
        algorithm: HS256, RS256 or ES256.
        head: Further parameters of the token's head.
        in_body: Whether the token is the body.
        public: How the public key becomes the secret: pem, or jwks.
    """

    def sign(delivery: Delivery) -> None:
        parts = [{"alg": algorithm, "typ": "JWT", **(head or {})}, claims(delivery)]
        signing = ".".join(base64url_of(compact(part).encode()) for part in parts)
        match algorithm:
            case "HS256":
                signature = hmac.digest(delivery.secret.encode(), signing.encode(), "sha256")
            case "RS256":
                key = rsa.generate_private_key(65537, 2048)
                signature = key.sign(signing.encode(), padding.PKCS1v15(), hashes.SHA256())
                delivery.secret = pem_of(key) if public == "pem" else rsa_jwks(key, head or {})
            case _:
                curve = ec.generate_private_key(ec.SECP256R1())
                r, s = decode_dss_signature(curve.sign(signing.encode(), ec.ECDSA(hashes.SHA256())))
                signature = r.to_bytes(32) + s.to_bytes(32)
                delivery.secret = ec_jwk(curve, head or {})
        token = f"{signing}.{base64url_of(signature)}"
        if in_body:
            delivery.body = token
        else:
            delivery.headers[name] = prefix + token

    return sign


def _number(value: int) -> str:
    return base64url_of(value.to_bytes((value.bit_length() + 7) // 8))


def rsa_jwks(key: rsa.RSAPrivateKey, head: dict[str, str]) -> str:
    """Return a JWK set with the public key."""
    numbers = key.public_key().public_numbers()
    jwk = {"kty": "RSA", "use": "sig", "alg": "RS256", "n": _number(numbers.n), "e": _number(numbers.e)}
    return compact({"keys": [jwk | head]})


def ec_jwk(key: ec.EllipticCurvePrivateKey, head: dict[str, str]) -> str:
    """Return the public key as a JWK."""
    numbers = key.public_key().public_numbers()
    jwk = {"kty": "EC", "use": "sig", "alg": "ES256", "crv": "P-256", "x": _number(numbers.x), "y": _number(numbers.y)}
    return compact(jwk | head)


def pem_of(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    """Return the public key as PEM."""
    public = key.public_key()
    return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def body_hash(delivery: Delivery) -> bytes:
    """Return the SHA-256 digest of the body."""
    return hashlib.sha256(delivery.body.encode()).digest()


def by_ed25519(
    name: str, signed: Signed, *, time: str, value: str = "{hex}", public: Callable[[bytes], str] = bytes.hex
) -> Recipe:
    """Return a recipe for Ed25519 with a new key, whose public key becomes the secret."""

    def sign(delivery: Delivery) -> None:
        key = ed25519.Ed25519PrivateKey.generate()
        delivery.secret = public(key.public_key().public_bytes_raw())
        delivery.headers[time] = str(delivery.now)
        signature = key.sign(signed(delivery, str(delivery.now)).encode())
        delivery.headers[name] = value.format(hex=signature.hex(), base64=base64_of(signature))

    return sign


def by_rsa(name: str, signed: Signed, algorithm: hashes.HashAlgorithm | None = None, time: str = "") -> Recipe:
    """Return a recipe for RSA (PKCS #1 v1.5) with a new key, whose public key becomes the secret."""

    def sign(delivery: Delivery) -> None:
        key = rsa.generate_private_key(65537, 2048)
        delivery.secret = pem_of(key)
        if time:
            delivery.headers[time] = str(delivery.now)
        content = signed(delivery, str(delivery.now)).encode()
        delivery.headers[name] = base64_of(key.sign(content, padding.PKCS1v15(), algorithm or hashes.SHA256()))

    return sign


def sorted_fields(delivery: Delivery) -> str:
    """Return the names and values of the form, sorted by name, without separators."""
    return "".join(name + value for name, value in sorted(delivery.fields.items()))
