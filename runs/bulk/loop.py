"""A server's loop that applies bulk actions which are due."""

import asyncio
import logging
from collections.abc import Callable

from django.conf import settings
from django.db import Error as DatabaseError
from django.utils import timezone

from runs.bulk.jobs import apply_due, is_any_due
from runs.database_threads import DatabaseThreads

logger = logging.getLogger(__name__)


async def apply_for_ever(threads: DatabaseThreads, is_leaving: Callable[[], bool]) -> None:
    """
    Poll for bulk actions that are due, and apply them in a thread of their own.

    Args:
        threads: The threads for polling, which others use too.
        is_leaving: Whether the process is about to exit, and takes up nothing new.
    """
    own: DatabaseThreads | None = None
    try:
        while True:
            await asyncio.sleep(settings.BULK_CHECK_INTERVAL)
            try:
                more = not is_leaving() and await threads.run(is_any_due, timezone.now())
                while more and not is_leaving():
                    own = own or DatabaseThreads(1, "bulk")
                    more = await own.run(apply_due, timezone.now())
            except DatabaseError:
                continue  # the journal and recovery log it
            except Exception as error:
                logger.error("bulk action failed, will retry", exc_info=error)
    finally:
        if own is not None:
            own.close()
