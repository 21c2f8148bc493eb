"""
Streams of events to readers: from memory if this process executes the run, else from the log.

The log is the source of truth. Readers get events only after they are committed, so that no reader has seen an event
that a crash loses.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings

from runs.batching import Gathering
from runs.database_threads import DatabaseThreads
from runs.events.feed import Feed, wake_all
from runs.events.hints import Hints
from runs.events.log import TOGETHER, read_logs

_LOOK_SOON = 0.1  # seconds

Write = Callable[[int, list[str], bool], Awaitable[None]]


class _Reader:
    """One open stream: the future that it waits for, and when it last wrote to its client."""

    __slots__ = ("left", "receive", "silent_since", "waiter", "watcher")

    def __init__(self, receive: Callable[[], Any] | None, now: float) -> None:
        self.receive = receive
        self.waiter: asyncio.Future[None] | None = None
        self.silent_since = now
        self.watcher: asyncio.Task[None] | None = None
        self.left = False

    async def watch(self) -> None:
        """Wait until the client disconnects, then wake the stream."""
        assert self.receive is not None
        while (await self.receive())["type"] != "http.disconnect":
            pass
        self.left = True
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)


class Streams:
    """All open streams of this process. Belongs to one event loop."""

    def __init__(self, feeds: Callable[[str], Feed | None], threads: DatabaseThreads) -> None:
        """
        Args:
            feeds: Returns the feed of a run that this process executes, by run id.
            threads: The threads that read the log.
        """
        self.open = 0
        self._keep_alive_interval: float = settings.STREAM_KEEP_ALIVE_INTERVAL
        self._check_interval: float = settings.STREAM_CHECK_INTERVAL
        self._poll_interval: float = settings.STREAM_POLL_INTERVAL
        self._feeds = feeds
        self._loop = asyncio.get_running_loop()
        self._readers: set[_Reader] = set()
        # Readers that wait for events of runs that other processes execute, by run id.
        self._elsewhere: dict[str, set[asyncio.Future[None]]] = {}
        self._pages = Gathering(lambda asked: threads.run(read_logs, asked), TOGETHER)
        self.hints = Hints(feeds, self._wake)
        self._ticking = self._loop.create_task(self._tick())

    async def close(self) -> None:
        """Stop the background tasks."""
        self._ticking.cancel()
        await asyncio.gather(self._ticking, return_exceptions=True)
        await self.hints.close()

    def _wake(self, run_id: str) -> None:
        if waiters := self._elsewhere.get(run_id):
            wake_all(waiters)

    async def deliver(
        self,
        run_id: str,
        after: int,
        write: Write,
        feed: Feed | None = None,
        receive: Callable[[], Any] | None = None,
    ) -> bool:
        """
        Write a run's stream: all events after number `after`, in order, each once, until the last.

        Args:
            run_id: A recorded run.
            after: The number of an event; 0 for the whole stream.
            write: Called with the number of the first of some events, their JSON (about 64 KiB at most, or one larger
                event), and whether they are the last. Called without events and with False when a keep-alive is due.
                It may block; nothing is buffered meanwhile.
            feed: The run's feed, if the caller has it.
            receive: The ASGI callable that reports when the client leaves; None if there is no client.

        Returns:
            Whether the last event was written, or the run was pruned. If not, the client left, the server stops, or
            another process took the run over.
        """
        loop = self._loop
        reader = _Reader(receive, loop.time())
        self.open += 1
        try:
            while not reader.left:
                feed = feed or self._feeds(run_id)
                if feed is not None and feed.keeps(after):
                    if after >= feed.last and not feed.closed:
                        if await self._wait(reader, feed.waiters):
                            await write(after + 1, [], False)
                        continue
                    events = feed.read(after)
                    over = feed.closed and after + len(events) >= feed.last
                    if over and feed.paused:
                        if events:
                            await write(after + 1, events, False)
                            after += len(events)
                        feed = None
                        continue
                    if over and feed.outcome is None:
                        return False  # the server stops, or the run was lost to another process
                    await write(after + 1, events, over)
                    after += len(events)
                    if over:
                        return True
                    reader.silent_since = loop.time()
                    continue
                page = await self._pages.ask((run_id, after))
                if page is None:
                    # The run was pruned meanwhile: there is nothing more to read.
                    await write(after + 1, [], True)
                    return True
                if page.events or page.over:
                    await write(page.first, page.events, page.over)
                    reader.silent_since = loop.time()
                after = page.last
                if page.over:
                    return True
                if not page.events and self._feeds(run_id) is None:
                    waiters = self._elsewhere.setdefault(run_id, set())
                    # Poll soon after a request for hints: the run may end before its process receives the request.
                    asked = not page.on_workers and self.hints.ask(run_id)
                    wake = loop.call_later(_LOOK_SOON if asked else self._poll_interval, wake_all, waiters)
                    try:
                        if await self._wait(reader, waiters):
                            await write(after + 1, [], False)
                    finally:
                        wake.cancel()
                        if not waiters and self._elsewhere.get(run_id) is waiters:
                            del self._elsewhere[run_id]
            return False
        finally:
            self.open -= 1
            if reader.watcher is not None:
                reader.watcher.cancel()

    async def _wait(self, reader: "_Reader", waiters: set[asyncio.Future[None]]) -> bool:
        """Wait until there may be more events. Return whether to send the client a keep-alive."""
        waiter = reader.waiter = self._loop.create_future()
        waiters.add(waiter)
        self._readers.add(reader)
        try:
            await waiter
        finally:
            self._readers.discard(reader)
            waiters.discard(waiter)
            reader.waiter = None
        if reader.left or self._loop.time() - reader.silent_since < self._keep_alive_interval:
            return False
        reader.silent_since = self._loop.time()
        return True

    async def _tick(self) -> None:
        """Run one timer for all streams: wake silent ones for a keep-alive, and watch whether their clients leave."""
        while True:
            await asyncio.sleep(self._check_interval)
            now = self._loop.time()
            self.hints.forget_old()
            for reader in list(self._readers):
                # Only for silent streams: in a short stream, this task would cost more than everything else.
                silent = now - reader.silent_since
                if reader.receive is not None and reader.watcher is None and silent > self._check_interval:
                    reader.watcher = self._loop.create_task(reader.watch())
                if silent >= self._keep_alive_interval and reader.waiter and not reader.waiter.done():
                    reader.waiter.set_result(None)
