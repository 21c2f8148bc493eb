"""How many connections a process has at most, and which one makes room for another."""

import logging
import time
from collections.abc import Iterable
from heapq import nsmallest
from operator import attrgetter
from typing import Any

logger = logging.getLogger(__name__)

_FULL_LOG_INTERVAL = 60.0  # seconds between two log lines about too many connections


class ConnectionLimit:
    """How many connections a process has at most."""

    def __init__(self, maximum: int) -> None:
        """
        Args:
            maximum: The number.
        """
        self.maximum = maximum
        self._logged_at = -_FULL_LOG_INTERVAL

    def make_room(self, newcomer: Any, connections: Iterable[Any]) -> bool:
        """
        Close connections that have waited longest for a request.

        Args:
            newcomer: The connection that needs the room.
            connections: All of them.

        Returns:
            Whether there was one to close.
        """
        now = time.monotonic()
        if now >= self._logged_at + _FULL_LOG_INTERVAL:
            self._logged_at = now
            logger.warning("connection limit reached, closing idle connections: limit=%d", self.maximum)
        waiting = [one for one in connections if one is not newcomer and one.waiting_since is not None]
        # Several at once, so that a flood of connections does not cost a search each.
        for idle in nsmallest(1 + self.maximum // 100, waiting, key=attrgetter("waiting_since")):
            idle.abort()
        return bool(waiting)
