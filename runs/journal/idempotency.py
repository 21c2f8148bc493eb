"""Runs that are to be started once: under which key, for how long, and what a repeat is told by."""

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


# What names a delivery among all that start runs: to whom it came, what it is that names it, in letters, where it came
# to, and how it is called.
Name = tuple[int, str, str, bytes]


@dataclass(slots=True)
class Once:
    """Under which key a run is started, if none was before."""

    name: Name  # `key_of` this is the key
    strict: bool  # whether another request with this key is a conflict, and not a repeat all the same
    window: int  # seconds for which the key is remembered


def key_of(name: Name) -> str:
    """
    The key under which a run is recorded. The writer makes it: with many connections the loop has less time to spare.

    Args:
        name: What names the delivery.

    Returns:
        At most 32 characters: the beginning of what it is called, and a digest of everything.
    """
    source_id, kind, path, called = name
    whole = f"{source_id}:{kind}:{len(path)}:{path}".encode() + called
    start = called.find(b"_") + 1  # of evt_1NG8Du2eZvKYlo2C, say
    beginning = called[start : start + _BEGINNING].translate(_PLAIN).decode("ascii")
    return beginning + blake2b(whole, digest_size=_DIGEST_BYTES).hexdigest()


def fingerprint_of(method: str, path: str, query_string: str, body: bytes) -> str:
    """24 characters, by which a request that is not kept is told from another with the same key."""
    head = f"{len(method)}:{method}{len(path)}:{path}{len(query_string)}:{query_string}"
    whole = blake2b(head.encode(), digest_size=_DIGEST_BYTES)
    whole.update(body)
    return whole.hexdigest()
