"""The few providers whose deliveries need code to be verified, by the name in a scheme's `function`."""

import base64
import binascii
import hmac
import json
import re
import zlib
from collections.abc import Callable, Collection
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key
from cryptography.x509 import load_pem_x509_certificate

from sinks.access.bearer_tokens import is_one_of
from sinks.webhooks.signatures.keys import InvalidKey, symmetric_key
from sinks.webhooks.signatures.received import decoder, time_check
from sinks.webhooks.signatures.remote_keys import remote_keys
from sinks.webhooks.signatures.scheme import Scheme, TimeRule
from sinks.webhooks.signatures.signed_content import BadSignature, Delivery, find_all, json_path, text_of

_Verify = Callable[[Delivery, float], None]

NO_MATCH = "The signature matches none of the sink's secrets."
_SNS_HOSTS = ("sns.*.amazonaws.com", "sns.*.amazonaws.com.cn")
_SNS_NOTIFICATION = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_SNS_CONFIRMATION = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
_SNS_HASHES = {"1": hashes.SHA1(), "2": hashes.SHA256()}  # noqa: S303 - version 1 knows no other
_PAYPAL_HOSTS = ("api.paypal.com", "api.sandbox.paypal.com", "*.paypal.com")
_EXACT = re.compile(rb'\A\s*\{"Content":(.*),"HashCode":"([0-9A-Fa-f]{64})"\s*\}\s*\Z', re.DOTALL)
_from_base64 = decoder("base64")
_ADYEN_FIELDS = tuple(
    map(
        json_path,
        (
            "pspReference",
            "originalReference",
            "merchantAccountCode",
            "merchantReference",
            "amount.value",
            "amount.currency",
            "eventCode",
            "success",
        ),
    )
)
_ADYEN_ITEMS, _ADYEN_ITEM = json_path("notificationItems[]"), json_path("NotificationRequestItem")
_ADYEN_SIGNATURE = json_path("additionalData.hmacSignature")


def _adyen(scheme: Scheme, secrets: Collection[str], tolerance: int | None) -> _Verify:
    """docs.adyen.com: verify HMAC signatures. Each item of a delivery has its own signature."""
    keys = [symmetric_key(scheme, secret) for secret in secrets]

    def verify(delivery: Delivery, now: float) -> None:
        items = find_all(delivery.json(), _ADYEN_ITEMS)
        if not items:
            raise BadSignature("The body has no notificationItems.")
        for item in items:
            for inner in find_all(item, _ADYEN_ITEM) or [None]:
                signatures = find_all(inner, _ADYEN_SIGNATURE)
                if not signatures:
                    raise BadSignature("An item of the body has no additionalData.hmacSignature.")
                fields = [text_of(next(iter(find_all(inner, path)), None)) for path in _ADYEN_FIELDS]
                expected = [hmac.digest(key, b":".join(fields), "sha256") for key in keys]
                _compare(expected, _from_base64(text_of(signatures[0])))

    return verify


def _exact_online(scheme: Scheme, secrets: Collection[str], tolerance: int | None) -> _Verify:
    """support.exactonline.com: webhooks. The text of `Content` is signed as it is in the body."""
    keys = [symmetric_key(scheme, secret) for secret in secrets]

    def verify(delivery: Delivery, now: float) -> None:
        delivery.json()  # a repeated key could hide the content that is signed
        if (match := _EXACT.match(delivery.body)) is None:
            raise BadSignature("The body is not an object with Content and HashCode.")
        _compare([hmac.digest(key, match[1], "sha256") for key in keys], binascii.unhexlify(match[2]))

    return verify


def _aws_sns(scheme: Scheme, secrets: Collection[str], tolerance: int | None) -> _Verify:
    """docs.aws.amazon.com: verifying the signatures of Amazon SNS messages. The secret, if any, is the topic's ARN."""
    topics = set(secrets)
    rule = TimeRule.model_validate({"in": "json", "name": "Timestamp", "unit": "rfc3339", "tolerance": 3600})
    check_time = time_check(rule, tolerance)

    def verify(delivery: Delivery, now: float) -> None:
        body = delivery.json()
        if not isinstance(body, dict):
            raise BadSignature("The body is not an object.")
        fields = _SNS_NOTIFICATION if body.get("Type") == "Notification" else _SNS_CONFIRMATION
        for name in fields:
            if name not in body and name != "Subject":
                raise BadSignature(f"The body has no {name}.")
        if topics and body["TopicArn"] not in topics:
            raise BadSignature("The message is of another topic.")
        check_time(text_of(body["Timestamp"]), now)
        algorithm = _SNS_HASHES.get(str(body.get("SignatureVersion")))
        if algorithm is None:
            raise BadSignature("The SignatureVersion is not 1 or 2.")
        signed = b"".join(b"%b\n%b\n" % (name.encode(), text_of(body[name])) for name in fields if name in body)
        key = _certificate_key(str(body.get("SigningCertURL", "")), _SNS_HOSTS, now)
        _verify_rsa(key, _from_base64(text_of(body.get("Signature"))), signed, algorithm)

    return verify


def _paypal(scheme: Scheme, secrets: Collection[str], tolerance: int | None) -> _Verify:
    """developer.paypal.com: verify webhook signatures. The secret is the webhook's id."""
    rule = TimeRule.model_validate({"in": "header", "name": "-", "unit": "rfc3339", "tolerance": 86_400})
    check_time = time_check(rule, tolerance)

    def verify(delivery: Delivery, now: float) -> None:
        transmission, sent = delivery.header("paypal-transmission-id"), delivery.header("paypal-transmission-time")
        check_time(sent, now)
        if delivery.header("paypal-auth-algo") != b"SHA256withRSA":
            raise BadSignature("The paypal-auth-algo is not SHA256withRSA.")
        key = _certificate_key(delivery.header("paypal-cert-url").decode("latin-1"), _PAYPAL_HOSTS, now)
        signature = _from_base64(delivery.header("paypal-transmission-sig"))
        for webhook_id in secrets:
            signed = b"%b|%b|%b|%d" % (transmission, sent, webhook_id.encode(), zlib.crc32(delivery.body))
            try:
                return key.verify(signature, signed, PKCS1v15(), hashes.SHA256())
            except InvalidSignature:
                continue
        raise BadSignature(NO_MATCH)

    return verify


def _certificate_key(url: str, hosts: tuple[str, ...], now: float) -> RSAPublicKey:
    """
    Return the key of a certificate that the provider publishes.

    Raises:
        BadSignature: The URL is not the provider's, or there is no such certificate, or it is out of date.
        KeysNeeded: The certificate has to be fetched first.
    """
    try:
        certificate = load_pem_x509_certificate(remote_keys.content(url, hosts))
    except ValueError:
        raise BadSignature("The signing certificate cannot be read.") from None
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey):
        raise BadSignature("The signing certificate has no RSA key.")
    if not certificate.not_valid_before_utc.timestamp() <= now <= certificate.not_valid_after_utc.timestamp():
        raise BadSignature("The signing certificate is out of date.")
    return key


def _verify_rsa(key: RSAPublicKey, signature: bytes, signed: bytes, algorithm: hashes.HashAlgorithm) -> None:
    try:
        key.verify(signature, signed, PKCS1v15(), algorithm)
    except InvalidSignature:
        raise BadSignature("The signature does not match the provider's certificate.") from None


def _compare(expected: list[bytes], received: bytes) -> None:
    if not is_one_of(received, expected):
        raise BadSignature(NO_MATCH)


def _ebay(scheme: Scheme, secrets: Collection[str], tolerance: int | None) -> _Verify:
    """
    developer.ebay.com: platform notifications. A header has the signature as base64 of JSON, beside the id of its key.

    The secrets are the public keys as getPublicKey returns them: PEM in one line, or in several.
    """
    keys = [_ebay_key(secret) for secret in secrets]

    def verify(delivery: Delivery, now: float) -> None:
        try:
            sent = json.loads(_from_base64(delivery.header("x-ebay-signature")))
            signature = _from_base64(sent["signature"].encode())
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise BadSignature("The x-ebay-signature is not base64 of JSON with a signature.") from None
        for key in keys:
            try:
                return key.verify(signature, delivery.body, ECDSA(hashes.SHA1()))  # noqa: S303 - eBay's choice
            except InvalidSignature:
                continue
        raise BadSignature(NO_MATCH)

    return verify


def _ebay_key(secret: str) -> EllipticCurvePublicKey:
    inner = re.sub(r"-----(BEGIN|END) PUBLIC KEY-----|\s", "", secret)
    try:
        key = load_der_public_key(base64.b64decode(inner, validate=True))
    except (ValueError, UnsupportedAlgorithm):
        raise InvalidKey("it is not a public key such as -----BEGIN PUBLIC KEY-----.") from None
    if not (isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1)):
        raise InvalidKey("it is not a public key on the curve P-256.")
    return key


VERIFIERS: dict[str, Callable[[Scheme, Collection[str], Any], _Verify]] = {
    "adyen": _adyen,
    "aws-sns": _aws_sns,
    "ebay": _ebay,
    "exact-online": _exact_online,
    "paypal": _paypal,
}
