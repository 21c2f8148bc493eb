"""Runs that are to be started once: what a second request with the same key is told by, and for how long."""

import string
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import blake2b

# The ids of most who send them begin with the time (GitHub's, Stripe's, Svix's; UUIDs of versions 1, 6 and 7, KSUID,
# ULID), of which so many characters tell a second at least. Keys that begin so are next to each other in their index,
# where those of one transaction then dirty a page or two; without it, each of them another.
_BEGINNING = 10
_KEPT = frozenset((string.ascii_letters + string.digits).encode())
_PLAIN = bytes(code if code in _KEPT else ord("-") for code in range(256))


@dataclass(slots=True)
class Once:
    """Under which key a run is started, if none was before."""

    key: str  # unique among all that start runs; see `key_of`
    fingerprint: str  # of what came with it; empty where that does not matter
    window: int  # seconds for which the key is remembered


def key_of(source_id: int, kind: bytes, path: bytes, name: bytes) -> str:
    """
    Args:
        source_id: To whom the delivery came.
        kind: What it is that names it.
        path: Where it came to.
        name: Its name.

    Returns:
        At most 32 characters: the beginning of the name, and a digest of everything.
    """
    return name[:_BEGINNING].translate(_PLAIN).decode("ascii") + digest(b"%d" % source_id, kind, path, name)


def digest(first: bytes, second: bytes, third: bytes, fourth: bytes) -> str:
    """128 bits, as 22 characters, of four parts and of where one ends and the next begins."""
    start = b"%d:%b%d:%b%d:%b%d:" % (len(first), first, len(second), second, len(third), third, len(fourth))
    whole = blake2b(start, digest_size=16)
    whole.update(fourth)  # which may be large
    return urlsafe_b64encode(whole.digest())[:22].decode()
