"""Requests by which a provider checks an address: the sink answers them itself, without a run."""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

_CHALLENGE_CHARACTERS = 1_000
_TEXT = b"text/plain; charset=utf-8"  # never a type in which a browser would run what it is sent


@dataclass(frozen=True, slots=True)
class Handshake:
    """The answer to one; its status is 200."""

    kind: str  # "challenge", "verification" or "ping", for the counters
    body: bytes
    content_type: bytes


class WrongVerifyToken(Exception):
    """Whoever asks does not know the sink's verify token."""


def after_signature(scheme: str, headers: Mapping[bytes, bytes], body: bytes) -> Handshake | None:
    """
    Slack's url_verification and GitHub's ping.

    Args:
        scheme: By which the request was verified.
        headers: Its fields, by names in lower case.
        body: The bytes received.

    Returns:
        The answer; None for a delivery like any other.
    """
    if scheme == "github":
        if headers.get(b"x-github-event") != b"ping":
            return None
        return Handshake("ping", b'{"pong":true}', b"application/json")
    if scheme == "slack" and b"url_verification" in body:
        try:
            asked = json.loads(body)
        except (ValueError, RecursionError):
            return None
        if isinstance(asked, dict) and asked.get("type") == "url_verification":
            return _challenge("challenge", asked.get("challenge"))
    return None


def verification(query_string: bytes, verify_token: str) -> Handshake | None:
    """
    Meta's verification of an address (developers.facebook.com: Graph API, webhooks, verification requests).

    Args:
        query_string: As sent.
        verify_token: The sink's; a sink without one answers nobody.

    Returns:
        The answer; None where it is no such request.

    Raises:
        WrongVerifyToken: It is one, with another token.
    """
    if not verify_token or b"hub.mode" not in query_string:
        return None
    asked = dict(parse_qsl(query_string.decode("latin-1"), keep_blank_values=True, errors="replace"))
    if asked.get("hub.mode") != "subscribe" or "hub.challenge" not in asked:
        return None
    if not hmac.compare_digest(asked.get("hub.verify_token", "").encode("utf-8", "replace"), verify_token.encode()):
        raise WrongVerifyToken
    return _challenge("verification", asked["hub.challenge"])


def _challenge(kind: str, challenge: object) -> Handshake | None:
    if not isinstance(challenge, str) or not challenge.isprintable():
        return None
    if not 0 < len(challenge) <= _CHALLENGE_CHARACTERS:
        return None
    return Handshake(kind, challenge.encode(), _TEXT)
