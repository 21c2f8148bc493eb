"""A server's loop that applies bulk actions which are due."""

import asyncio
import logging
from collections.abc import Callable

from django.db import Error as DatabaseError
from django.utils import timezone

from runs.bulk.jobs import apply_due
from runs.database_threads import DatabaseThreads

logger = logging.getLogger(__name__)


async def apply_for_ever(due: asyncio.Event, is_leaving: Callable[[], bool]) -> None:
    """
    Apply bulk actions in a thread of their own, as soon as any is due.

    Args:
        due: Set when an action is due; cleared here.
        is_leaving: Whether the process is about to exit, and takes up nothing new.
    """
    while True:
        await due.wait()
        due.clear()
        threads = DatabaseThreads(1, "bulk")
        try:
            while not is_leaving() and await threads.run(apply_due, timezone.now()):
                pass
        except DatabaseError:
            continue  # the journal and recovery log it
        except Exception as error:
            logger.error("bulk action failed, will retry", exc_info=error)
        finally:
            threads.close()
