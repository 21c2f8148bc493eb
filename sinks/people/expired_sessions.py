"""The deletion of expired sessions. Each start of a sign-in makes one, also by strangers."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from django.contrib.sessions.models import Session

_BATCH_SIZE = 500
_REST = 1.0  # the pause after a transaction, as a multiple of its duration


def prune(now: datetime, rest: Callable[[float], Any] = time.sleep) -> Iterator[int]:
    """
    Delete sessions that have expired. Several processes may do this at once.

    Args:
        now: The time from which ages are measured, from the clock guard.
        rest: Called with the seconds to pause between transactions.

    Yields:
        After each transaction, how many it deleted.

    Raises:
        DatabaseError: The database is unavailable; earlier transactions stay committed.
    """
    expired = Session.objects.filter(expire_date__lt=now).order_by("expire_date")
    while keys := list(expired.values_list("pk", flat=True)[:_BATCH_SIZE]):
        begun = time.monotonic()
        yield Session.objects.filter(pk__in=keys).delete()[0]
        rest(_REST * (time.monotonic() - begun))
