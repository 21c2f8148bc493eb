"""Handshakes."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Handshake:
    kind: str
    body: bytes
    content_type: bytes


class WrongVerifyToken(Exception):
    """wrong"""


def after_signature(scheme: str, headers: Mapping[bytes, bytes], body: bytes) -> Handshake | None:
    return None


def verification(query_string: bytes, verify_token: str) -> Handshake | None:
    return None
