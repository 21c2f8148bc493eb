"""Idempotency keys: how a delivery's key is made, how long it is remembered, and how repeats are compared."""

import string
from dataclasses import dataclass
from hashlib import blake2b

# Most providers' ids begin with the time (GitHub's, Stripe's, Svix's; UUIDs of versions 1, 6 and 7, KSUID, ULID), and
# this many characters are precise enough: keys that begin with it are adjacent in their index, so that the keys of one
# transaction dirty a page or two. Otherwise each key would dirty another page.
_BEGINNING = 8
_ALPHANUMERIC = frozenset((string.ascii_letters + string.digits).encode())
_PLAIN = bytes(code if code in _ALPHANUMERIC else ord("-") for code in range(256))
_DIGEST_BYTES = 12  # enough that no second input with a given digest can be found


# Identifies a delivery among all that start runs: the source's id, the kind of identifier (letters only), the path, and
# the identifier itself.
Name = tuple[int, str, str, bytes]


@dataclass(slots=True)
class Once:
    """The key of a run that is started only if no earlier run has the key."""

    name: Name  # the argument of `key_of`
    strict: bool  # whether a different request with this key is a conflict; if not, it is treated as a repeat
    window: int  # seconds for which the key is remembered


def key_of(name: Name) -> str:
    """
    Return the key under which a run is recorded. The writer computes it, because the event loop has less time to spare.

    Args:
        name: Identifies the delivery.

    Returns:
        At most 32 characters: the beginning of the identifier, and a digest of the whole name.
    """
    source_id, kind, path, called = name
    whole = f"{source_id}:{kind}:{len(path)}:{path}".encode() + called
    start = called.find(b"_") + 1  # skips a prefix, as in evt_1NG8Du2eZvKYlo2C
    beginning = called[start : start + _BEGINNING].translate(_PLAIN).decode("ascii")
    return beginning + blake2b(whole, digest_size=_DIGEST_BYTES).hexdigest()


def fingerprint_of(method: str, path: str, query_string: str, body: bytes) -> str:
    """Return 24 characters that distinguish a request that is no longer kept from another request with the same key."""
    head = f"{len(method)}:{method}{len(path)}:{path}{len(query_string)}:{query_string}"
    whole = blake2b(head.encode(), digest_size=_DIGEST_BYTES)
    whole.update(body)
    return whole.hexdigest()
