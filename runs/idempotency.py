"""Runs that are to be started once: what a second request with the same key is told by, and for how long."""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import blake2b


@dataclass(slots=True)
class Once:
    """Under which key a run is started, if none was before."""

    key: str  # unique among all that start runs; see `digest`
    fingerprint: str  # of what came with it; empty where that does not matter
    window: int  # seconds for which the key is remembered


def digest(*parts: bytes) -> str:
    """128 bits, as 22 characters, of parts in their order and of where they are cut."""
    whole = blake2b(digest_size=16)
    for part in parts:
        whole.update(b"%d:" % len(part))
        whole.update(part)
    return urlsafe_b64encode(whole.digest())[:22].decode()
