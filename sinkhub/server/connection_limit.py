"""The limit of a process's connections, and which idle connections are closed for a new one."""

import logging
import time
from collections.abc import Iterable
from heapq import nsmallest
from operator import attrgetter
from typing import Any

logger = logging.getLogger(__name__)

_FULL_LOG_INTERVAL = 60.0  # seconds between two log lines about too many connections


class ConnectionLimit:
    """The limit of a process's connections."""

    def __init__(self, maximum: int) -> None:
        """
        Args:
            maximum: The number of connections.
        """
        self.maximum = maximum
        self._logged_at = -_FULL_LOG_INTERVAL

    def make_room(self, newcomer: Any, connections: Iterable[Any]) -> bool:
        """
        Close the connections that have waited longest for a request.

        Args:
            newcomer: The new connection, which is not closed.
            connections: All connections.

        Returns:
            Whether any connection was closed.
        """
        now = time.monotonic()
        if now >= self._logged_at + _FULL_LOG_INTERVAL:
            self._logged_at = now
            logger.warning("connection limit reached, closing idle connections: limit=%d", self.maximum)
        waiting = [
            connection
            for connection in connections
            if connection is not newcomer and connection.waiting_since is not None
        ]
        # Close several at once, so that a flood of connections does not cause a search for each of them.
        for idle in nsmallest(1 + self.maximum // 100, waiting, key=attrgetter("waiting_since")):
            idle.abort()
        return bool(waiting)
