"""Sign deliveries like their providers, with the provider's own library if there is one."""

import base64
import hmac
from datetime import UTC, datetime

from slack_sdk.signature import SignatureVerifier
from standardwebhooks import Webhook
from stripe import WebhookSignature

Fields = dict[bytes, bytes]


def hex_hmac(secret: str, signed: bytes, algorithm: str = "sha256") -> bytes:
    return hmac.new(secret.encode(), signed, algorithm).hexdigest().encode()


def sign_as_github(secret: str, body: bytes, now: int) -> Fields:
    return {b"x-hub-signature-256": b"sha256=" + hex_hmac(secret, body)}


def sign_as_stripe(secret: str, body: bytes, now: int) -> Fields:
    signature = WebhookSignature._compute_signature(f"{now}.{body.decode()}", secret)
    return {b"stripe-signature": f"t={now},v1={signature},v0=5257a869e7".encode()}


def sign_as_slack(secret: str, body: bytes, now: int) -> Fields:
    signature = SignatureVerifier(secret).generate_signature(timestamp=str(now), body=body.decode())
    assert signature is not None
    return {b"x-slack-signature": signature.encode(), b"x-slack-request-timestamp": str(now).encode()}


def sign_as_shopify(secret: str, body: bytes, now: int) -> Fields:
    return {b"x-shopify-hmac-sha256": base64.b64encode(hmac.digest(secret.encode(), body, "sha256"))}


def sign_as_standard(secret: str, body: bytes, now: int) -> Fields:
    signature = Webhook(secret).sign("msg_1", datetime.fromtimestamp(now, UTC), body.decode())
    return {b"webhook-id": b"msg_1", b"webhook-timestamp": str(now).encode(), b"webhook-signature": signature.encode()}


def sign_as_generic(secret: str, body: bytes, now: int) -> Fields:
    return {b"x-signature": b"sha512:" + base64.b64encode(hmac.digest(secret.encode(), body, "sha512"))}
