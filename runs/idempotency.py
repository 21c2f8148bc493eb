"""Runs that are to be started once: what a second request with the same key is told by, and for how long."""

import string
from dataclasses import dataclass
from hashlib import blake2b

# The ids of most who send them begin with the time (GitHub's, Stripe's, Svix's; UUIDs of versions 1, 6 and 7, KSUID,
# ULID), and so many characters tell it well enough: keys that begin so are next to each other in their index, where
# those of one transaction then dirty a page or two. Without it, each dirties another.
_BEGINNING = 8
_KEPT = frozenset((string.ascii_letters + string.digits).encode())
_PLAIN = bytes(code if code in _KEPT else ord("-") for code in range(256))
_DIGEST_BYTES = 12  # nobody finds another input with the digest of a given one


@dataclass(slots=True)
class Once:
    """Under which key a run is started, if none was before."""

    key: str  # unique among all that start runs; see `key_of`
    fingerprint: str  # of what came with it, see `fingerprint_of`; empty where that does not matter
    window: int  # seconds for which the key is remembered


def key_of(source_id: int, kind: str, path: str, name: bytes) -> str:
    """
    Args:
        source_id: To whom the delivery came.
        kind: What it is that names it, in letters.
        path: Where it came to.
        name: Its name.

    Returns:
        At most 32 characters: the beginning of the name, and a digest of everything.
    """
    whole = f"{source_id}:{kind}:{len(path)}:{path}".encode() + name
    start = name.find(b"_") + 1  # of evt_1NG8Du2eZvKYlo2C, say
    beginning = name[start : start + _BEGINNING].translate(_PLAIN).decode("ascii")
    return beginning + blake2b(whole, digest_size=_DIGEST_BYTES).hexdigest()


def fingerprint_of(method: str, path: str, query_string: str, body: bytes) -> str:
    """24 characters, by which a request is told from another with the same key."""
    head = f"{len(method)}:{method}{len(path)}:{path}{len(query_string)}:{query_string}"
    whole = blake2b(head.encode(), digest_size=_DIGEST_BYTES)
    whole.update(body)
    return whole.hexdigest()
