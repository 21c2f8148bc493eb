"""Signatures of deliveries."""

from collections.abc import Mapping
from dataclasses import dataclass

SCHEMES = {
    "github": "GitHub (X-Hub-Signature-256)",
    "stripe": "Stripe (Stripe-Signature)",
    "slack": "Slack (X-Slack-Signature)",
    "shopify": "Shopify (X-Shopify-Hmac-Sha256)",
    "standard": "Standard Webhooks (webhook-signature)",
    "hmac": "generic HMAC",
}


@dataclass(frozen=True, slots=True)
class Signature:
    scheme: str
    secrets: tuple[str, ...]
    tolerance: int = 300
    header: str = ""
    algorithm: str = "sha256"
    encoding: str = "hex"
    prefix: str = ""


class BadSignature(Exception):
    """refused"""


def verify(signature: Signature, headers: Mapping[bytes, bytes], body: bytes, now: float) -> None:
    raise NotImplementedError


def check_secret(scheme: str, secret: str) -> None:
    if not secret:
        raise ValueError("it is empty.")
