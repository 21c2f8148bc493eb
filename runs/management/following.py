"""Follow a run's recorded events, whichever process executes it."""

import time
from collections.abc import Iterator
from typing import Any

from django.conf import settings

from runs.events.log import read_log
from runs.history.documents import of_event


def follow(run_id: str, after: int = 0) -> Iterator[dict[str, Any]]:
    """
    Poll a run's log until its last event.

    Args:
        run_id: A run, which may be unfinished.
        after: Yield only events with larger numbers.

    Yields:
        Each event, with its number as `id`.

    Raises:
        Run.DoesNotExist: There is no such run, or it was pruned meanwhile.
        DatabaseError: The database is unavailable.
    """
    while True:
        page = read_log(run_id, after)
        for number, data in enumerate(page.events, page.first):
            yield {"id": number, **of_event(run_id, data)}
        after = page.last
        if page.over:
            return
        if not page.events:
            time.sleep(settings.FOLLOW_POLL_INTERVAL)
