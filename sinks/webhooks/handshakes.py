"""Requests by which a provider checks a URL. The sink answers them itself, without a run."""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

_CHALLENGE_CHARACTERS = 1_000
_TEXT = b"text/plain; charset=utf-8"  # never a type with which a browser would execute the challenge


@dataclass(frozen=True, slots=True)
class Handshake:
    """The response to a handshake; its status is 200."""

    kind: str  # "challenge", "verification" or "ping", for the counters
    body: bytes
    content_type: bytes


class WrongVerifyToken(Exception):
    """The request does not have the sink's verify token."""


def after_signature(scheme: str, headers: Mapping[bytes, bytes], body: bytes) -> Handshake | None:
    """
    Answer Slack's url_verification and GitHub's ping.

    Args:
        scheme: The scheme with which the request was verified.
        headers: The request's header fields by lower-case name.
        body: The body as received.

    Returns:
        The response; None for any other delivery.
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
    Answer Meta's verification of a URL (developers.facebook.com: Graph API, webhooks, verification requests).

    Args:
        query_string: The query string as sent.
        verify_token: The sink's verify token; if it is empty, no request is answered.

    Returns:
        The response; None if the request is not a verification, or its challenge is not acceptable.

    Raises:
        WrongVerifyToken: The request is a verification with another token.
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
