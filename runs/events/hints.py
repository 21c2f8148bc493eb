"""
Hints between processes, over the channel layer, that a run has new events.

Readers of a run that another process executes get its events from the log. A hint tells them that there are more;
without hints, they poll.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from channels.layers import BaseChannelLayer, InMemoryChannelLayer, get_channel_layer
from django.conf import settings

from runs.events.feed import Feed

logger = logging.getLogger(__name__)

_GROUP = "runs.hints"  # every process joins it


class Hints:
    """The hints that this process sends and receives. Belongs to one event loop."""

    def __init__(self, feeds: Callable[[str], Feed | None], wake: Callable[[str], None]) -> None:
        """
        Args:
            feeds: Returns the feed of a run that this process executes, by run id.
            wake: Wakes this process's readers of a run that another process executes, by run id.
        """
        self._feeds = feeds
        self._wake = wake
        self._loop = asyncio.get_running_loop()
        # Requests are repeated: one may be lost, or another process may take the run over.
        self._request_interval: float = settings.HINT_REQUEST_INTERVAL
        self._retry_interval: float = settings.STREAM_POLL_INTERVAL
        layer = get_channel_layer()
        # The in-memory layer only reaches this process, whose readers read the feeds directly.
        self._layer: BaseChannelLayer | None = None if isinstance(layer, InMemoryChannelLayer) else layer
        self._hints: dict[str, int] = {}  # hints to send: by run, the number of its newest event
        self._wanted: set[str] = set()  # runs for which to request hints
        self._asked: dict[str, float] = {}  # when each was last requested, by the loop's clock
        self._sending: asyncio.Task[None] | None = None
        self._fails: set[str] = set()  # the failing directions: "to" the channel layer, "from" it
        self._listening = None if self._layer is None else self._loop.create_task(self._listen(self._layer))

    async def close(self) -> None:
        """Stop listening."""
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)

    def tell(self, run_id: str, feed: Feed) -> None:
        """Send a hint about a run if other processes read it. Hints that wait share the next message."""
        if self._layer is not None and feed.read_elsewhere:
            self._hints[run_id] = feed.last
            self._start_sending(self._layer)

    def ask(self, run_id: str) -> bool:
        """
        Request hints about a run from other processes.

        Returns:
            Whether the request is sent: False if one was sent within HINT_REQUEST_INTERVAL, or there is no layer.
        """
        now = self._loop.time()
        if self._layer is None or now - self._asked.get(run_id, -self._request_interval) < self._request_interval:
            return False
        self._asked[run_id] = now
        self._wanted.add(run_id)
        self._start_sending(self._layer)
        return True

    def forget_old(self) -> None:
        """Forget requests that are older than HINT_REQUEST_INTERVAL."""
        now = self._loop.time()
        self._asked = {run_id: at for run_id, at in self._asked.items() if now - at < self._request_interval}

    def _start_sending(self, layer: BaseChannelLayer) -> None:
        if self._sending is None or self._sending.done():
            self._sending = self._loop.create_task(self._send(layer))

    async def _send(self, layer: BaseChannelLayer) -> None:
        while self._hints or self._wanted:
            hints, self._hints = self._hints, {}
            wanted, self._wanted = self._wanted, set()
            try:
                async with asyncio.timeout(settings.CHANNEL_LAYER_TIMEOUT):
                    message = {"type": "runs.hint", "runs": hints, "wanted": list(wanted)}
                    await layer.group_send(_GROUP, message)
                self._works("to")
            except Exception as error:
                # Readers elsewhere poll meanwhile. Keep the message until a newer one replaces it, so that a retry
                # notices when the layer is back.
                self._failed("to", error)
                await asyncio.sleep(self._retry_interval)
                self._hints = self._hints or hints
                self._wanted = self._wanted or wanted

    async def _listen(self, layer: BaseChannelLayer) -> None:
        # Use the same channel until the end: every channel in the group gets messages, which wait until they are
        # received.
        channel = await layer.new_channel()
        while True:
            try:
                while True:
                    async with asyncio.timeout(settings.CHANNEL_LAYER_TIMEOUT):
                        await layer.group_add(_GROUP, channel)
                    self._works("to", "from")
                    with suppress(TimeoutError):
                        async with asyncio.timeout(settings.CHANNEL_LAYER_REJOIN_INTERVAL):
                            await self._take_hints(layer, channel)
            except Exception as error:
                self._failed("from", error)
                await asyncio.sleep(self._retry_interval)

    async def _take_hints(self, layer: BaseChannelLayer, channel: str) -> None:
        while True:
            message = await layer.receive(channel)
            for run_id in message["runs"]:
                self._wake(run_id)
            for run_id in message.get("wanted", ()):
                if feed := self._feeds(run_id):
                    feed.read_elsewhere = True
                    self.tell(run_id, feed)  # there may be new events since their last read

    def _failed(self, way: str, error: Exception) -> None:
        if not self._fails:
            reason = str(error) or type(error).__name__
            logger.warning("channel layer unavailable, streams poll the log: error=%s", reason)
        self._fails.add(way)

    def _works(self, *ways: str) -> None:
        if self._fails:
            self._fails.difference_update(ways)
            if not self._fails:
                logger.warning("channel layer available again")
