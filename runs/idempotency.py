"""Runs that are to be started once: what a second request with the same key is told by, and for how long."""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b

from runs.models import IdempotencyKey

_SWEEP_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Once:
    """Under which key a run is started, if none was before."""

    key: str  # unique among all that start runs
    fingerprint: str  # of what came with it; empty where that does not matter
    window: int  # seconds for which the key is remembered


def digest(*parts: bytes) -> str:
    """128 bits, as 32 hexadecimal digits, of parts in their order and of where they are cut."""
    whole = blake2b(digest_size=16)
    for part in parts:
        whole.update(len(part).to_bytes(8, "big"))
        whole.update(part)
    return whole.hexdigest()


def sweep() -> int:
    """Forget some of the keys whose time is over; for threads. Returns how many."""
    old = IdempotencyKey.objects.filter(expires_at__lte=datetime.now(UTC)).order_by("expires_at")
    keys = list(old.values_list("pk", flat=True)[:_SWEEP_ROWS])
    return IdempotencyKey.objects.filter(pk__in=keys).delete()[0] if keys else 0
