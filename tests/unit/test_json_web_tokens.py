"""JSON Web Tokens: which keys a configuration may have, and which tokens are valid."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from sinks.access.json_web_tokens import (
    MAX_TOKEN,
    InvalidKey,
    InvalidToken,
    Key,
    UnknownKey,
    check_algorithms,
    keys_of_document,
    read_keys,
    verify,
)

NOW = 1_790_000_000
SECRET = "a shared secret of more than 32 bytes"
RSA_KEY = rsa.generate_private_key(65537, 2048)
OTHER_RSA_KEY = rsa.generate_private_key(65537, 2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
ED_KEY = ed25519.Ed25519PrivateKey.generate()


def pem(private: Any) -> str:
    text: bytes = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return text.decode()


def private_pem(private: Any) -> str:
    text: bytes = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return text.decode()


def jwk(private: Any, **fields: Any) -> dict[str, Any]:
    kinds: dict[type, Any] = {rsa.RSAPrivateKey: RSAAlgorithm, ec.EllipticCurvePrivateKey: ECAlgorithm}
    algorithm = next((item for kind, item in kinds.items() if isinstance(private, kind)), OKPAlgorithm)
    public: dict[str, Any] = algorithm.to_jwk(private.public_key(), as_dict=True)
    return public | fields


def signed(key: Any = SECRET, algorithm: str = "HS256", headers: dict[str, Any] | None = None, **claims: Any) -> str:
    return jwt.encode(claims, key, algorithm, headers)


def encoded(part: Any) -> bytes:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")


def check(token: str, keys: tuple[Key, ...] | None = None, *algorithms: str, **required: Any) -> dict[str, Any]:
    algorithms = algorithms or ("HS256",)
    keys = read_keys(SECRET, algorithms) if keys is None else keys
    return verify(token, keys, algorithms=algorithms, **{"now": NOW, **required})


def reason(token: str, keys: tuple[Key, ...] | None = None, *algorithms: str, **required: Any) -> str:
    with pytest.raises(InvalidToken) as invalid:
        check(token, keys, *algorithms, **required)
    return invalid.value.reason


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [
        *((name, RSA_KEY) for name in ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")),
        ("ES256", EC_KEY),
        ("ES384", ec.generate_private_key(ec.SECP384R1())),
        ("ES512", ec.generate_private_key(ec.SECP521R1())),
        ("EdDSA", ED_KEY),
    ],
)
@pytest.mark.parametrize("form", ["pem", "jwk", "set"])
def test_a_token_of_each_algorithm_is_verified_with_its_public_key(algorithm: str, key: Any, form: str) -> None:
    texts = {"pem": pem(key), "jwk": json.dumps(jwk(key)), "set": json.dumps({"keys": [jwk(key, kid="one")]})}
    keys = read_keys(texts[form], [algorithm])
    assert check(signed(key, algorithm, sub="shop"), keys, algorithm) == {"sub": "shop"}
    tampered = signed(key, algorithm, sub="shop").split(".")
    tampered[1] = encoded({"sub": "admin"}).decode()
    assert reason(".".join(tampered), keys, algorithm) == "its signature does not match"


def test_a_certificate_is_a_public_key() -> None:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "issuer")])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(name, name, RSA_KEY.public_key(), 1, start, start + timedelta(days=9))
    certificate = builder.sign(RSA_KEY, hashes.SHA256()).public_bytes(Encoding.PEM).decode()
    assert check(signed(RSA_KEY, "RS256", sub="a"), read_keys(certificate, ["RS256"]), "RS256") == {"sub": "a"}


def test_any_of_several_pem_blocks_may_have_signed_a_token() -> None:
    keys = read_keys(pem(OTHER_RSA_KEY) + "\n" + pem(RSA_KEY), ["RS256"])
    for key in (RSA_KEY, OTHER_RSA_KEY):
        assert check(signed(key, "RS256", sub="a"), keys, "RS256") == {"sub": "a"}


def test_a_shared_secret_shorter_than_the_digest_verifies_without_a_warning() -> None:
    secret = "abcdefgh"
    head = encoded({"alg": "HS256"}) + b"." + encoded({"sub": "a"})
    tag = base64.urlsafe_b64encode(hmac.digest(secret.encode(), head, "sha256")).rstrip(b"=")
    assert check((head + b"." + tag).decode(), read_keys(secret, ["HS256"])) == {"sub": "a"}


def test_a_token_without_a_signature_is_refused_whatever_it_names() -> None:
    body = encoded({"sub": "a"}).decode()
    for alg in ("none", "None", "NONE", "", None, ["HS256"], {"HS256": 1}, 0):
        token = f"{encoded({'alg': alg}).decode()}.{body}."
        assert "algorithm" in reason(token)
    assert reason(f"{encoded({'alg': 'HS256'}).decode()}.{body}.") == "its signature does not match"


def test_a_public_key_is_no_secret_of_hmac() -> None:
    # An attacker knows the public key, and signs with it as if it were a shared secret.
    public = pem(RSA_KEY)
    head = encoded({"alg": "HS256"}) + b"." + encoded({"sub": "admin"})
    tag = base64.urlsafe_b64encode(hmac.new(public.encode(), head, hashlib.sha256).digest()).rstrip(b"=")
    forged = (head + b"." + tag).decode()
    assert "algorithm" in reason(forged, read_keys(public, ["RS256"]), "RS256")
    # Even if a caller of the function allowed both, the key is only one for RSA.
    with pytest.raises(InvalidToken):
        verify(forged, read_keys(public, ["RS256"]), algorithms=["RS256", "HS256"], now=NOW)
    for text in (public, json.dumps(jwk(RSA_KEY)), json.dumps({"keys": [jwk(RSA_KEY)]})):
        with pytest.raises(InvalidKey):
            read_keys(text, ["HS256"])


def test_algorithms_of_shared_secrets_and_of_public_keys_are_not_mixed() -> None:
    check_algorithms(["RS256", "ES256"])
    for algorithms, message in (
        ([], "Name the algorithms"),
        (["none"], "'none' is no algorithm"),
        (["HS256", "RS256"], "cannot be mixed"),
        (["hs256"], "'hs256' is no algorithm"),
    ):
        with pytest.raises(ValueError, match=message):
            check_algorithms(algorithms)


def test_a_token_of_another_key_or_another_algorithm_is_refused() -> None:
    keys = read_keys(pem(RSA_KEY), ["RS256"])
    assert reason(signed(OTHER_RSA_KEY, "RS256", sub="a"), keys, "RS256") == "its signature does not match"
    assert "algorithm" in reason(signed(RSA_KEY, "RS512", sub="a"), keys, "RS256")
    assert "algorithm" in reason(signed(RSA_KEY, "PS256", sub="a"), keys, "RS256")
    assert reason(signed("another secret of more than 32 bytes", sub="a")) == "its signature does not match"


def test_a_key_serves_only_the_algorithm_that_it_names() -> None:
    keys = keys_of_document({"keys": [jwk(RSA_KEY, kid="one", alg="RS256")]})
    headers = {"kid": "one"}
    assert check(signed(RSA_KEY, "RS256", headers, sub="a"), keys, "RS256", "PS256") == {"sub": "a"}
    assert "key" in reason(signed(RSA_KEY, "PS256", headers, sub="a"), keys, "RS256", "PS256")


def test_a_curve_serves_only_its_own_algorithm() -> None:
    with pytest.raises(InvalidKey, match="no key for ES384"):
        read_keys(pem(EC_KEY), ["ES384"])


def test_the_kid_of_a_token_chooses_the_key() -> None:
    keys = keys_of_document({"keys": [jwk(RSA_KEY, kid="old"), jwk(OTHER_RSA_KEY, kid="new")]})
    assert check(signed(OTHER_RSA_KEY, "RS256", {"kid": "new"}, sub="a"), keys, "RS256") == {"sub": "a"}
    assert check(signed(OTHER_RSA_KEY, "RS256", sub="a"), keys, "RS256") == {"sub": "a"}
    assert "signature" in reason(signed(OTHER_RSA_KEY, "RS256", {"kid": "old"}, sub="a"), keys, "RS256")
    with pytest.raises(UnknownKey):
        check(signed(RSA_KEY, "RS256", {"kid": "third"}, sub="a"), keys, "RS256")
    # A key without a name takes the tokens of every name.
    nameless = read_keys(pem(RSA_KEY), ["RS256"])
    assert check(signed(RSA_KEY, "RS256", {"kid": "third"}, sub="a"), nameless, "RS256") == {"sub": "a"}


@pytest.mark.parametrize(
    ("claims", "message"),
    [
        ({"exp": NOW - 61}, "expired"),
        ({"exp": "soon"}, "number"),
        ({"exp": True}, "number"),
        ({"exp": 10**400}, "number"),
        ({"nbf": NOW + 61}, "not valid yet"),
        ({"iat": NOW + 61}, "in the future"),
    ],
)
def test_the_times_of_a_token_are_checked(claims: dict[str, Any], message: str) -> None:
    assert message in reason(signed_raw(claims))


def signed_raw(claims: Any) -> str:
    head = encoded({"alg": "HS256", "typ": "JWT"}) + b"." + encoded(claims)
    tag = base64.urlsafe_b64encode(hmac.digest(SECRET.encode(), head, "sha256")).rstrip(b"=")
    return (head + b"." + tag).decode()


def test_clocks_may_differ_by_a_minute() -> None:
    claims: dict[str, Any] = {"exp": NOW - 59, "nbf": NOW + 59, "iat": NOW + 59}
    assert check(signed(**claims)) == claims
    assert "expired" in reason(signed(**claims), leeway=0)


def test_a_token_may_have_a_greatest_age() -> None:
    assert check(signed(iat=NOW - 360), max_age=300) == {"iat": NOW - 360}
    assert "too long ago" in reason(signed(iat=NOW - 361), max_age=300)
    assert "does not say when" in reason(signed(exp=NOW + 60), max_age=300)


def test_issuer_and_audience_must_be_the_expected_ones() -> None:
    assert check(signed(iss="us", aud="hub"), issuer="us", audience="hub")["iss"] == "us"
    assert check(signed(aud=["other", "hub"]), audience=["hub", "hub2"])["aud"] == ["other", "hub"]
    for token in (signed(), signed(iss="them")):
        assert "issuer" in reason(token, issuer="us")
    for aud in ("hu", "hub ", "", ["other"], [], {"hub": 1}, [["hub"]], None, 1):
        assert "audience" in reason(signed_raw({"aud": aud}), audience="hub")
    assert "audience" in reason(signed(), audience="hub")


def test_further_claims_can_be_required() -> None:
    claims: dict[str, Any] = {"sub": "shop", "groups": ["a", "b"], "email_verified": True}
    required = {"sub": ["shop", "store"], "groups": "b", "email_verified": True}
    assert check(signed(**claims), claims=required | {"groups": None}) == claims
    assert check(signed(**claims), claims=required) == claims
    for wrong in ({"sub": "store"}, {"groups": "c"}, {"email_verified": 1}, {"email_verified": "true"}, {"jti": None}):
        assert repr(next(iter(wrong))) in reason(signed(**claims), claims=wrong)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a",
        "a.b",
        "a.b.c",
        "é.é.é",
        "..",
        f"{encoded([]).decode()}.{encoded({}).decode()}.AAAA",
        "x" * (MAX_TOKEN + 1),
    ],
)
def test_a_text_that_is_no_token_is_refused(token: str) -> None:
    assert reason(token)


def test_claims_that_are_no_object_are_refused_although_they_are_signed() -> None:
    no_objects: list[Any] = [[], "text", 1, None]
    for claims in no_objects:
        assert "object" in reason(signed_raw(claims))


def test_extensions_that_must_be_understood_are_refused() -> None:
    for headers in ({"crit": ["exp"], "exp": 1}, {"crit": ["b64"], "b64": False}):
        head = encoded({"alg": "HS256", **headers}) + b"." + encoded({"sub": "a"})
        tag = base64.urlsafe_b64encode(hmac.digest(SECRET.encode(), head, "sha256")).rstrip(b"=")
        assert reason((head + b"." + tag).decode())


def test_no_message_shows_a_token_or_a_key() -> None:
    token = signed("another secret of more than 32 bytes", sub="a")
    assert token not in reason(token)
    for text, algorithm in (
        (private_pem(RSA_KEY), "RS256"),
        ("", "HS256"),
        ("topsecretvalue", "RS256"),
        ("-----BEGIN PUBLIC KEY-----\ntopsecretvalue\n-----END PUBLIC KEY-----", "RS256"),
        (pem(rsa.generate_private_key(65537, 1024)), "RS256"),
        ('{"keys": "topsecretvalue"}', "RS256"),
        ('{"keys": []}', "HS256"),
        ("{topsecretvalue", "ES256"),
    ):
        with pytest.raises(InvalidKey) as invalid:
            read_keys(text, [algorithm])
        assert "topsecretvalue" not in str(invalid.value)


def test_a_published_key_set_offers_no_shared_secrets_and_no_keys_for_encryption() -> None:
    secret = {"kty": "oct", "k": base64.urlsafe_b64encode(SECRET.encode()).decode().rstrip("=")}
    usable = jwk(RSA_KEY, kid="one")
    unusable = [
        secret,
        jwk(EC_KEY, use="enc"),
        {"kty": "RSA"},
        "text",
        jwk(RSA_KEY, alg="RSA-OAEP"),
        jwk(RSA_KEY, d="A"),
    ]
    assert [key.kid for key in keys_of_document({"keys": [*unusable, usable]})] == ["one"]
    documents: list[dict[str, Any]] = [{"keys": unusable}, {"keys": {}}, {"keys": [usable] * 101}, {}]
    for document in documents:
        with pytest.raises(InvalidKey):
            keys_of_document(document)
    assert check(signed(sub="a"), read_keys(json.dumps({"keys": [secret]}), ["HS256"])) == {"sub": "a"}
