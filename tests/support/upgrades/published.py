"""The credentials in the dumps. They are published on purpose: no installation may use them."""

import base64
import hashlib
import hmac

SECRET_KEY = "published-key-of-the-upgrade-tests-not-a-secret"
ADMIN = "admin"
PASSWORD = "correct horse"  # of every user
SINK_TOKEN = "published-token-of-a-sink"
VERIFY_TOKEN = "published-verify-token"
STANDARD_SECRET = "whsec_" + base64.b64encode(b"published-secret-standard").decode()
SIGNING_SECRETS = {
    "github": ["published-secret-github-1", "published-secret-github-2"],
    "stripe": ["published-secret-stripe"],
    "slack": ["published-secret-slack"],
    "shopify": ["published-secret-shopify"],
    "standard": [STANDARD_SECRET],
    "hmac": ["published-secret-hmac"],
}
IDEMPOTENCY_KEY = "published-key-4711"
PRUNED_KEY = "published-key-of-a-pruned-delivery"
ORDER = b'{"order": 4711, "items": ["a", "b"]}'


def signature_headers(scheme: str, body: bytes, now: int) -> dict[str, str]:
    """
    Return the signature header fields of a delivery.

    Args:
        scheme: One of SIGNING_SECRETS; the last secret of the scheme signs.
        body: The body.
        now: Seconds since 1970.
    """
    secret = SIGNING_SECRETS[scheme][-1].encode()

    def sign(signed: bytes, algorithm: str = "sha256") -> bytes:
        return hmac.digest(secret, signed, algorithm)

    if scheme == "github":
        return {"X-Hub-Signature-256": "sha256=" + sign(body).hex()}
    if scheme == "stripe":
        return {"Stripe-Signature": f"t={now},v1={sign(b'%d.' % now + body).hex()}"}
    if scheme == "slack":
        signed = sign(b"v0:%d:" % now + body).hex()
        return {"X-Slack-Signature": f"v0={signed}", "X-Slack-Request-Timestamp": str(now)}
    if scheme == "shopify":
        return {"X-Shopify-Hmac-Sha256": base64.b64encode(sign(body)).decode()}
    if scheme == "hmac":
        return {"X-Signature": "sha512:" + base64.b64encode(sign(body, "sha512")).decode()}
    key = base64.b64decode(STANDARD_SECRET.removeprefix("whsec_"))
    message = f"msg_{hashlib.sha256(body).hexdigest()[:16]}"
    digest = hmac.digest(key, f"{message}.{now}.".encode() + body, "sha256")
    return {
        "webhook-id": message,
        "webhook-timestamp": str(now),
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }
