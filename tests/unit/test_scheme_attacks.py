"""Deliveries that were made to look signed: by other keys, other algorithms, or other readings of the same bytes."""

import base64
import hmac
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sinks.webhooks.signatures.keys import InvalidKey
from sinks.webhooks.signatures.scheme import InvalidScheme, read_scheme
from sinks.webhooks.signatures.signed_content import BadSignature, Delivery
from sinks.webhooks.signatures.verification import check_secret, compile_verifier

SECRET = "s3cret-of-the-provider-that-is-long-enough"
NOW = 1_790_000_000
RSA_KEY = rsa.generate_private_key(65537, 2048)
KEYS: dict[str, PublicKeyTypes] = {
    "rsa": RSA_KEY.public_key(),
    "ecdsa": ec.generate_private_key(ec.SECP256R1()).public_key(),
    "ecdsa on another curve": ec.generate_private_key(ec.SECP384R1()).public_key(),
    "ed25519": ed25519.Ed25519PrivateKey.generate().public_key(),
}
ROWS: dict[str, dict[str, Any]] = {
    "hmac": {"kind": "hmac", "algorithm": "sha256", "name": "x-sig", "signed": "{body}"},
    "digest": {"kind": "digest", "algorithm": "sha256", "name": "x-sig", "signed": "{secret}{body}"},
    "ed25519": {"kind": "ed25519", "name": "x-sig", "key": "pem", "signed": "{body}"},
    "ecdsa": {"kind": "ecdsa", "algorithm": "sha256", "name": "x-sig", "key": "pem", "signed": "{body}"},
    "rsa": {"kind": "rsa", "algorithm": "sha256", "name": "x-sig", "key": "pem", "signed": "{body}"},
    "static": {"kind": "static", "name": "x-sig"},
    "jwt": {"kind": "jwt", "name": "x-sig", "algorithms": ["RS256"], "key": "pem", "body_unsigned": "it is a test"},
}


def pem(key: PublicKeyTypes) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode().strip()


def verify(row: dict[str, Any], secret: str, headers: dict[str, str], body: bytes = b"{}", **more: Any) -> None:
    fields = {name.encode(): value.encode() for name, value in headers.items()}
    compile_verifier(read_scheme(row), [secret])(Delivery(fields, body, **more), NOW)


def refused(row: dict[str, Any], secret: str, headers: dict[str, str], body: bytes = b"{}", **more: Any) -> str:
    with pytest.raises(BadSignature) as raised:
        verify(row, secret, headers, body, **more)
    assert secret not in str(raised.value)
    return str(raised.value)


def mac(content: bytes, algorithm: str = "sha256", key: str = SECRET) -> str:
    return hmac.digest(key.encode(), content, algorithm).hex()


@pytest.mark.parametrize("kind", ROWS)
@pytest.mark.parametrize("secret", ["", "   ", "\t"])
def test_an_empty_secret_is_refused_for_every_kind(kind: str, secret: str) -> None:
    with pytest.raises(InvalidKey):
        check_secret(read_scheme(ROWS[kind]), secret)


@pytest.mark.parametrize("kind", ["rsa", "ecdsa", "ed25519"])
@pytest.mark.parametrize("key", KEYS)
def test_only_a_key_of_the_schemes_kind_is_one(kind: str, key: str) -> None:
    if key == kind:
        check_secret(read_scheme(ROWS[kind]), pem(KEYS[key]))
        return
    with pytest.raises(InvalidKey, match=r"it is not an? "):
        check_secret(read_scheme(ROWS[kind]), pem(KEYS[key]))


def test_a_short_rsa_key_is_refused() -> None:
    short = rsa.generate_private_key(65537, 1024).public_key()
    with pytest.raises(InvalidKey, match="at least 2048 bits"):
        check_secret(read_scheme(ROWS["rsa"]), pem(short))


def test_the_public_key_is_no_secret_of_a_token() -> None:
    public = pem(KEYS["rsa"])
    head, claims = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in ({"alg": "HS256"}, {"iat": NOW})
    )
    signature = base64.urlsafe_b64encode(hmac.digest(public.encode(), head + b"." + claims, "sha256")).rstrip(b"=")
    refused(ROWS["jwt"], public, {"x-sig": (head + b"." + claims + b"." + signature).decode()})


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", ""])
def test_a_token_without_a_signature_is_refused(algorithm: str) -> None:
    head = base64.urlsafe_b64encode(json.dumps({"alg": algorithm, "typ": "JWT"}).encode()).rstrip(b"=").decode()
    claims = base64.urlsafe_b64encode(json.dumps({"iat": NOW}).encode()).rstrip(b"=").decode()
    for token in (f"{head}.{claims}.", f"{head}.{claims}", f"{head}.{claims}.AAAA"):
        refused(ROWS["jwt"], pem(KEYS["rsa"]), {"x-sig": token})


def test_a_token_of_another_algorithm_of_the_same_key_is_refused() -> None:
    token = jwt.encode({"iat": NOW}, RSA_KEY, algorithm="RS512")
    refused(ROWS["jwt"], pem(KEYS["rsa"]), {"x-sig": token})
    verify(ROWS["jwt"], pem(KEYS["rsa"]), {"x-sig": jwt.encode({"iat": NOW}, RSA_KEY, algorithm="RS256")})


@pytest.mark.parametrize("algorithms", [["HS256", "RS256"], ["none"], [], ["RS256", "ES256"]])
def test_a_scheme_that_mixes_kinds_of_algorithms_is_refused(algorithms: list[str]) -> None:
    with pytest.raises(InvalidScheme, match="algorithms"):
        read_scheme(ROWS["jwt"] | {"algorithms": algorithms})


def test_a_signature_by_another_algorithm_is_refused() -> None:
    for algorithm in ("sha1", "sha512", "md5"):
        refused(ROWS["hmac"], SECRET, {"x-sig": mac(b"{}", algorithm)})
    refused(ROWS["hmac"], SECRET, {"x-sig": base64.b64encode(bytes.fromhex(mac(b"{}"))).decode()})
    refused(ROWS["hmac"], SECRET, {"x-sig": mac(b"{}")[:32]})


def test_a_signature_field_that_came_twice_is_no_single_value() -> None:
    right = mac(b"{}")
    verify(ROWS["hmac"], SECRET, {"x-sig": right})
    for value in (f"{right}, {right}", f"{right}, 00", f"00, {right}"):
        refused(ROWS["hmac"], SECRET, {"x-sig": value})
        refused(ROWS["static"], SECRET, {"x-sig": f"{SECRET}, {value}"})


_WITH_ID = ROWS["hmac"] | {"signed": "{header:x-id}.{body}"}


def test_a_signed_id_cannot_be_changed_and_an_unsigned_one_is_no_part_of_the_signature() -> None:
    verify(_WITH_ID, SECRET, {"x-id": "1", "x-sig": mac(b"1.{}")})
    refused(_WITH_ID, SECRET, {"x-id": "2", "x-sig": mac(b"1.{}")})
    refused(_WITH_ID, SECRET, {"x-id": "1, 1", "x-sig": mac(b"1.{}")})
    assert refused(_WITH_ID, SECRET, {"x-sig": mac(b"1.{}")}) == "The x-id header is missing."
    # Without the id in the template, anyone who has one delivery can send it with another id: a replay is not refused.
    verify(ROWS["hmac"], SECRET, {"x-id": "2", "x-sig": mac(b"{}")})


_WITH_TIME = ROWS["hmac"] | {"signed": "{time}.{body}", "item": "v1", "time": {"in": "item", "name": "t"}}


@pytest.mark.parametrize("off", [-301, 301, 86_400, -86_400])
def test_a_time_in_the_future_is_refused_as_an_old_one_is(off: int) -> None:
    sent = NOW + off
    reason = refused(_WITH_TIME, SECRET, {"x-sig": f"t={sent},v1={mac(b'%d.{}' % sent)}"})
    assert ("in the future" if off > 0 else "old") in reason


def test_two_different_times_are_refused() -> None:
    value = f"t={NOW - 9000},t={NOW},v1={mac(b'%d.{}' % (NOW - 9000))}"
    assert "two different timestamps" in refused(_WITH_TIME, SECRET, {"x-sig": value})


_FORM = {"kind": "hmac", "algorithm": "sha1", "name": "x-sig", "encoding": "base64", "signed": "{url}{form}"}
_URL = "https://hub.example.com/app_x/sms"


def by_url(content: str) -> str:
    return base64.b64encode(hmac.digest(SECRET.encode(), content.encode(), "sha1")).decode()


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b'{"paid":true}'),
        ("", b"a=1"),
        ("text/plain", b"a=1"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n'),
    ],
)
def test_a_signature_of_an_empty_form_does_not_cover_another_body(content_type: str, body: bytes) -> None:
    headers = {"content-type": content_type, "x-sig": by_url(_URL)}
    verify(_FORM, SECRET, {"x-sig": by_url(_URL)}, b"", url=_URL)
    assert "signed as a form" in refused(_FORM, SECRET, headers, body, url=_URL)


def test_a_form_that_is_compressed_or_has_a_signed_field_twice_is_refused() -> None:
    form = {"content-type": "application/x-www-form-urlencoded", "x-sig": by_url(_URL + "a1")}
    verify(_FORM, SECRET, form, b"a=1", url=_URL)
    assert "compressed" in refused(_FORM, SECRET, form | {"content-encoding": "gzip"}, b"a=1", url=_URL)
    row = {"kind": "hmac", "algorithm": "sha256", "in": "form", "name": "sig", "signed": "{form:payload}"}
    row |= {"body_unsigned": "one field is signed"}
    verify(row, SECRET, form, f"payload=1&sig={mac(b'1')}".encode())
    twice = refused(row, SECRET, form, f"payload=2&payload=1&sig={mac(b'1')}".encode())
    assert twice == "The field payload is there more than once."


_IN_JSON = {"kind": "hmac", "algorithm": "sha256", "in": "json", "name": "sig", "signed": "{json:id}:{json:paid}"}
_IN_JSON |= {"body_unsigned": "two values are signed"}


def test_json_that_another_parser_reads_differently_is_refused() -> None:
    right = mac(b"1:true")
    verify(_IN_JSON, SECRET, {}, json.dumps({"id": 1, "paid": True, "sig": right}).encode())
    for body in (
        f'{{"id":1,"paid":true,"paid":false,"sig":"{right}"}}',  # a key twice: parsers differ
        f'{{"id":2,"id":1,"paid":true,"sig":"{right}"}}',
        f'{{"id":1,"paid":true,"sig":"{right}"}} {{}}',
        f'[{{"id":1,"paid":true,"sig":"{right}"}}]',
    ):
        refused(_IN_JSON, SECRET, {}, body.encode())
    # Numbers are signed as they were sent.
    refused(_IN_JSON, SECRET, {}, f'{{"id":1.0,"paid":true,"sig":"{right}"}}'.encode())


def test_each_item_of_a_list_has_to_carry_the_static_secret() -> None:
    row = {"kind": "static", "in": "json", "name": "value[].clientState"}
    verify(row, SECRET, {}, json.dumps({"value": [{"clientState": SECRET}] * 2}).encode())
    for items in ([{"clientState": SECRET}, {}], [{"clientState": SECRET}, {"clientState": "other"}], []):
        refused(row, SECRET, {}, json.dumps({"value": items}).encode())


def test_a_query_parameter_that_came_twice_is_refused() -> None:
    row = {"kind": "static", "in": "query", "name": "key"}
    verify(row, SECRET, {}, query_string=f"key={SECRET}".encode())
    refused(row, SECRET, {}, query_string=f"key={SECRET}&key={SECRET}".encode())
    refused(row, SECRET, {}, query_string=b"")


def test_the_digest_of_the_body_in_a_signed_url_binds_the_body() -> None:
    row: dict[str, Any] = {"kind": "hmac", "algorithm": "sha256", "name": "x-sig", "signed": "{url}"}
    row |= {"body_digest": {"in": "query", "name": "bodySHA256"}}
    digest = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"  # of {}
    url = f"{_URL}?bodySHA256={digest}"
    headers = {"x-sig": mac(url.encode())}
    verify(row, SECRET, headers, b"{}", url=url, query_string=f"bodySHA256={digest}".encode())
    reason = refused(row, SECRET, headers, b'{"a":1}', url=url, query_string=f"bodySHA256={digest}".encode())
    assert reason == "The digest in bodySHA256 is not the body's."
