"""
Events to readers: straight from the process that executes the run, from the recorded log for everything else.

The log is the truth. Events reach a reader only after they are committed, so that no reader can know more than what
a crash leaves. The channel layer carries hints that there is more, of runs that somebody reads elsewhere; a reader that
gets no hint looks by itself.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial, reduce
from operator import or_
from typing import Any

from channels.layers import BaseChannelLayer, InMemoryChannelLayer, get_channel_layer
from django.conf import settings
from django.db import connection, connections
from django.db.models import Func, IntegerField, Q, QuerySet

from runs.batching import Gathering
from runs.models import UNFINISHED, Run, Segment

logger = logging.getLogger(__name__)

KEEP_ALIVE = b": keep-alive\n\n"
_LOOK_SOON = 0.1

# What a reader may hold at once, and what a run keeps for readers that are a little behind.
_CHUNK_BYTES = 64 * 1024
_TAIL_BYTES = 256 * 1024
_PAGE_SEGMENTS = 200
_TOGETHER, _TOGETHER_BYTES = 50, 256 * 1024  # runs that are read at once, and how much of them

_PROGRESS = '{"type":"progress"'  # how the JSON of every progress event begins

_HINTS = "runs.hints"  # the group every process listens in


def frame(seq: int, data: str) -> bytes:
    """One event as it stands in the stream (WHATWG HTML, 9.2.6)."""
    return f"id: {seq}\ndata: {data}\n\n".encode()


class Feed:
    """The committed events of a run that this process executes, and who waits for more of them."""

    __slots__ = ("closed", "first", "frames", "last", "outcome", "read_elsewhere", "tail_bytes", "waiters")

    def __init__(self, after: int = 0) -> None:
        self.frames: list[bytes] = []
        self.first = after + 1  # the number of frames[0]
        self.last = after
        self.tail_bytes = 0
        self.closed = False
        self.outcome: str | None = None  # the data of the last event, once it is there
        self.waiters: set[asyncio.Future[None]] = set()
        # Whether other processes are told of its events. Most runs are read where they are executed, and to tell all
        # processes of each would cost them more than executing it.
        self.read_elsewhere = False

    def publish(self, frames: list[bytes]) -> None:
        self.frames += frames
        self.last += len(frames)
        self.tail_bytes += sum(map(len, frames))
        if self.tail_bytes > _TAIL_BYTES:
            self._trim()
        wake_all(self.waiters)

    def close(self, outcome: str | None) -> None:
        """No more events from this process: the run is over, or (outcome None) goes on elsewhere."""
        self.closed = True
        self.outcome = outcome
        wake_all(self.waiters)

    def keeps(self, after: int) -> bool:
        """Whether all events after the one numbered `after` are still here; if not, read the log."""
        return after + 1 >= self.first

    def read(self, after: int) -> tuple[bytes, int]:
        """
        Returns:
            The frames after the event numbered `after`, about 64 KiB at most, and the number of the last of them.
        """
        start = after + 1 - self.first
        frames = self.frames[start:] if start else self.frames
        if len(frames) > 1 and self.tail_bytes > _CHUNK_BYTES:
            size = count = 0
            for one in frames:
                size += len(one)
                if size > _CHUNK_BYTES and count:
                    break
                count += 1
            frames = frames[:count]
        return b"".join(frames), after + len(frames)

    def whole(self) -> bytes | None:
        """The whole stream, where it is over and little; else None."""
        if self.outcome is None or not self.closed or self.first != 1 or self.tail_bytes > _CHUNK_BYTES:
            return None
        return b"".join(self.frames)

    def _trim(self) -> None:
        drop = 0
        while self.tail_bytes > _TAIL_BYTES // 2 and drop < len(self.frames) - 1:
            self.tail_bytes -= len(self.frames[drop])
            drop += 1
        # A new list: a reader may be joining the old one.
        self.frames = self.frames[drop:]
        self.first += drop


def wake_all(waiters: set[asyncio.Future[None]]) -> None:
    for waiter in waiters:
        if not waiter.done():
            waiter.set_result(None)


@dataclass(slots=True)
class Page:
    """What the log has of a run after some event."""

    frames: bytes
    last: int  # the number of the last event in it, or what was asked for where it is empty
    over: bool  # the run is over, and nothing comes after `last`
    on_workers: bool = False  # whether workers execute it, which tell of its events unasked


def read_log(run_id: str, after: int) -> Page:
    """
    Read on in a run's log; for threads.

    Raises:
        Run.DoesNotExist: There is no such run, or it was pruned.
    """
    # The state first: if it says 'over', all events were committed with it or before it.
    return _read_on(Run.objects.values_list(*_STATE).get(pk=run_id), after)


def read_logs(asked: list[tuple[str, int]]) -> dict[tuple[str, int], Page]:
    """
    The same for several runs, in as many queries as for one where there is little to read.

    Args:
        asked: Run ids, each with the number of the event after which it is read.

    Returns:
        What was found for each. Runs that there are not, or that were pruned, are not among them.
    """
    runs = Run.objects.filter(pk__in={run_id for run_id, _ in asked})
    states = {state[0]: state for state in runs.values_list(*_STATE)}
    known = [(run_id, after) for run_id, after in asked if run_id in states]
    if len(known) <= 1:
        return {(run_id, after): _read_on(states[run_id], after) for run_id, after in known}
    rest = Segment.objects.filter(reduce(or_, [Q(run_id=run_id, last__gt=after) for run_id, after in known]))
    count = length = 0
    for size in _sizes(rest.order_by()):
        count += 1
        length += size
        if count == _PAGE_SEGMENTS or length > _TOGETHER_BYTES:
            return {(run_id, after): _read_on(states[run_id], after) for run_id, after in known}
    segments: dict[str, list[Segment]] = {}
    for segment in rest.order_by("run_id", "last") if count else ():
        segments.setdefault(segment.run_id, []).append(segment)
    return {(run_id, after): _page(states[run_id], segments.get(run_id, []), after) for run_id, after in known}


_STATE = ("id", "status", "events", "engine")
_State = tuple[str, str, int, str]


def _read_on(state: _State, after: int) -> Page:
    """One piece of a run's stream, however much there is of it."""
    rest = Segment.objects.filter(run_id=state[0], last__gt=after).order_by("last")
    # Sizes first: segments are from a few bytes to a few hundred KiB, and one piece is all that is wanted.
    count = length = 0
    for size in _sizes(rest):
        count += 1
        length += size
        if length > _CHUNK_BYTES:
            break
    return _page(state, list(rest[:count]), after)


class _Size(Func):
    """The bytes of a text, or on SQLite its characters."""

    function = "OCTET_LENGTH"  # PostgreSQL knows it without reading the text
    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, **context | {"function": "LENGTH"})


def _sizes(segments: QuerySet[Segment]) -> Iterator[int]:
    """The sizes of the first segments. They cost no more than those that are taken from it."""
    sizes = segments.values_list(_Size("data"), flat=True)[:_PAGE_SEGMENTS]
    # SQLite reads a text to measure it, so it steps from one to the next as the reader does.
    return sizes.iterator(chunk_size=1) if connection.vendor == "sqlite" else iter(sizes)


def _page(state: _State, segments: list[Segment], after: int) -> Page:
    """One piece of a run's stream: of what these segments have after an event."""
    _, status, total, engine = state
    size = 0
    frames: list[bytes] = []
    for seq, data in (event for segment in segments for event in segment.events()):
        if seq <= after:
            continue
        one = frame(seq, data)
        size += len(one)
        if size > _CHUNK_BYTES and frames:
            break
        frames.append(one)
        after = seq
    over = status not in UNFINISHED and after >= total
    return Page(b"".join(frames), after, over, engine == Run.Engine.PROCRASTINATE)


@dataclass(slots=True)
class Reached:
    """How far a run has come, by its log."""

    last: int = 0  # the number of its newest event
    event: str = ""  # the JSON of that event
    progress: int = 0  # the newest there is


def reached(run_id: str) -> Reached:
    """Read a run's log from its end; for threads."""
    found = Reached()
    for segment in Segment.objects.filter(run_id=run_id).order_by("-last").iterator(chunk_size=20):
        for seq, data in reversed(segment.events()):
            if not found.last:
                found.last, found.event = seq, data
            if data.startswith(_PROGRESS):
                found.progress = json.loads(data)["progress"]
                return found
    return found


class _Reader:
    """One open stream: where it waits, and since when its client has heard nothing."""

    __slots__ = ("left", "receive", "silent_since", "waiter", "watcher")

    def __init__(self, receive: Callable[[], Any] | None, now: float) -> None:
        self.receive = receive
        self.waiter: asyncio.Future[None] | None = None
        self.silent_since = now
        self.watcher: asyncio.Task[None] | None = None
        self.left = False

    async def watch(self) -> None:
        """Wait for the client's leaving, and end the stream's waiting then."""
        assert self.receive is not None
        while (await self.receive())["type"] != "http.disconnect":
            pass
        self.left = True
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)


class Streams:
    """All open streams of this process. Belongs to one event loop."""

    def __init__(self, feeds: Callable[[str], Feed | None]) -> None:
        """
        Args:
            feeds: Gives the feed of a run that this process executes, by run id.
        """
        self.open = 0
        self._keep_alive_interval: float = settings.STREAM_KEEP_ALIVE_INTERVAL
        self._check_interval: float = settings.STREAM_CHECK_INTERVAL
        self._poll_interval: float = settings.STREAM_POLL_INTERVAL
        # A request may be lost, or the run may come to another process.
        self._request_interval: float = settings.HINT_REQUEST_INTERVAL
        self._feeds = feeds
        self._loop = asyncio.get_running_loop()
        self._readers: set[_Reader] = set()
        # Who waits for events of runs that other processes execute, by run id.
        self._elsewhere: dict[str, set[asyncio.Future[None]]] = {}
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="log")
        self._pages = Gathering(partial(self.in_thread, read_logs), _TOGETHER)
        layer = get_channel_layer()
        # The in-memory layer reaches this process alone, where readers are fed directly.
        self._layer: BaseChannelLayer | None = None if isinstance(layer, InMemoryChannelLayer) else layer
        self._hints: dict[str, int] = {}  # what others are to be told: by run, the number of its newest event
        self._wanted: set[str] = set()  # what others are to be asked for: hints of these runs
        self._asked: dict[str, float] = {}  # when they last were, by the loop's clock
        self._telling: asyncio.Task[None] | None = None
        self._hints_fail: set[str] = set()  # which way: "to" the channel layer, "from" it
        self._tasks = [self._loop.create_task(self._tick())]
        if self._layer is not None:
            self._tasks.append(self._loop.create_task(self._listen(self._layer)))

    async def close(self) -> None:
        """Let go of the threads and connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._threads.shutdown(wait=False)

    async def in_thread(self, function: Callable[..., Any], *args: Any) -> Any:
        """Run a database query in one of the log's threads, outside Django's single request thread."""

        def call() -> Any:
            try:
                return function(*args)
            finally:
                for each in connections.all(initialized_only=True):
                    each.close_if_unusable_or_obsolete()

        return await self._loop.run_in_executor(self._threads, call)

    def hint(self, run_id: str, feed: Feed) -> None:
        """Tell other processes, if some read it, how far a run is: one message for all that is said meanwhile."""
        if self._layer is not None and feed.read_elsewhere:
            self._hints[run_id] = feed.last
            self._tell(self._layer)

    def _ask(self, run_id: str) -> bool:
        """Ask other processes to tell of a run's events, unless that was done just now. Returns whether it was not."""
        now = self._loop.time()
        if self._layer is None or now - self._asked.get(run_id, -self._request_interval) < self._request_interval:
            return False
        self._asked[run_id] = now
        self._wanted.add(run_id)
        self._tell(self._layer)
        return True

    def _tell(self, layer: BaseChannelLayer) -> None:
        if self._telling is None or self._telling.done():
            self._telling = self._loop.create_task(self._send(layer))

    async def deliver(
        self,
        run_id: str,
        after: int,
        write: Callable[[bytes, bool], Awaitable[None]],
        feed: Feed | None = None,
        receive: Callable[[], Any] | None = None,
    ) -> bool:
        """
        Write a run's stream: all events after the one numbered `after`, in order, none twice, until the last.

        Args:
            run_id: A recorded run.
            after: 0 for the whole stream.
            write: Takes a piece of the stream of about 64 KiB at most (one event, where that is larger) or a
                keep-alive comment, and whether it is the last. It may wait; nothing piles up meanwhile.
            feed: The run's feed, where the caller has it.
            receive: The ASGI callable that tells when the client leaves; None where nobody can leave.

        Returns:
            Whether the last event was written, or the run was pruned; if not, the client left or the server stops.
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
                            await write(KEEP_ALIVE, False)
                        continue
                    piece, after = feed.read(after)
                    over = feed.closed and after >= feed.last
                    if over and feed.outcome is None:
                        return False  # the server stops, or the run was lost to another process
                    await write(piece, over)
                    if over:
                        return True
                    reader.silent_since = loop.time()
                    continue
                page = await self._pages.ask((run_id, after))
                if page is None:
                    # It was pruned meanwhile: there is nothing more to read.
                    await write(b"", True)
                    return True
                after = page.last
                if page.frames or page.over:
                    await write(page.frames, page.over)
                    reader.silent_since = loop.time()
                if page.over:
                    return True
                if not page.frames and self._feeds(run_id) is None:
                    waiters = self._elsewhere.setdefault(run_id, set())
                    # Soon, once it was asked for: it may end before whoever executes it hears that.
                    asked = not page.on_workers and self._ask(run_id)
                    wake = loop.call_later(_LOOK_SOON if asked else self._poll_interval, wake_all, waiters)
                    try:
                        if await self._wait(reader, waiters):
                            await write(KEEP_ALIVE, False)
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
        """Wait until there may be more. Returns whether the client should hear a sign of life meanwhile."""
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
        """One clock for all streams: wakes those that have been silent, and looks whether their clients are there."""
        while True:
            await asyncio.sleep(self._check_interval)
            now = self._loop.time()
            self._asked = {run_id: at for run_id, at in self._asked.items() if now - at < self._request_interval}
            for reader in list(self._readers):
                # A task for each stream would cost the short ones more than all the rest of it.
                silent = now - reader.silent_since
                if reader.receive is not None and reader.watcher is None and silent > self._check_interval:
                    reader.watcher = self._loop.create_task(reader.watch())
                if silent >= self._keep_alive_interval and reader.waiter and not reader.waiter.done():
                    reader.waiter.set_result(None)

    async def _send(self, layer: BaseChannelLayer) -> None:
        while self._hints or self._wanted:
            hints, self._hints = self._hints, {}
            wanted, self._wanted = self._wanted, set()
            try:
                async with asyncio.timeout(settings.CHANNEL_LAYER_TIMEOUT):
                    message = {"type": "runs.hint", "runs": hints, "wanted": list(wanted)}
                    await layer.group_send(_HINTS, message)
                self._layer_works("to")
            except Exception as error:
                # Readers elsewhere look by themselves. This is kept until there is something newer, so that somebody
                # notices when the layer is back.
                self._layer_fails("to", error)
                await asyncio.sleep(self._poll_interval)
                self._hints = self._hints or hints
                self._wanted = self._wanted or wanted

    async def _listen(self, layer: BaseChannelLayer) -> None:
        # The same for good: whatever is in the group gets messages, and these wait for somebody to take them.
        channel = await layer.new_channel()
        while True:
            try:
                while True:
                    async with asyncio.timeout(settings.CHANNEL_LAYER_TIMEOUT):
                        await layer.group_add(_HINTS, channel)
                    self._layer_works("to", "from")
                    with suppress(TimeoutError):
                        async with asyncio.timeout(settings.CHANNEL_LAYER_REJOIN_INTERVAL):
                            await self._take_hints(layer, channel)
            except Exception as error:
                self._layer_fails("from", error)
                await asyncio.sleep(self._poll_interval)

    async def _take_hints(self, layer: BaseChannelLayer, channel: str) -> None:
        while True:
            message = await layer.receive(channel)
            for run_id in message["runs"]:
                if waiters := self._elsewhere.get(run_id):
                    wake_all(waiters)
            for run_id in message.get("wanted", ()):
                if feed := self._feeds(run_id):
                    feed.read_elsewhere = True
                    self.hint(run_id, feed)  # it may have come further since they looked

    def _layer_fails(self, way: str, error: Exception) -> None:
        if not self._hints_fail:
            reason = str(error) or type(error).__name__
            logger.warning("the channel layer is away; streams look into the log instead: %s", reason)
        self._hints_fail.add(way)

    def _layer_works(self, *ways: str) -> None:
        if self._hints_fail:
            self._hints_fail.difference_update(ways)
            if not self._hints_fail:
                logger.warning("the channel layer is back")
