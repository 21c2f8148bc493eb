"""
The indexing of runs, in the background of one process. New runs come first, then the older ones, the newest first.

The index reads recorded deliveries, so a trigger does nothing for it. After each batch it pauses for a multiple of the
time that the batch took, and much longer while the process is busy with its runs: then new runs are found later.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count as counting
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connections, transaction

from runs.database_errors import in_a_line
from runs.models import Run, SearchProgress
from runs.recovery.ownership import SEARCH_INDEX_LOCK, Lock
from runs.searching import entries
from runs.searching.requests import Masks, read_requests, sources_of, terms_of

logger = logging.getLogger(__name__)

_LOCK_PAUSE = 30.0  # seconds until a process without the lock tries again
_LATE = 60_000  # milliseconds by which a run may be recorded later than one with a higher id
_REST = 3.0  # the pause after a batch, as a multiple of its duration
_REST_WHEN_BUSY = 200.0
_BUSY = 0.3  # the share of a core from which a process is busy
_ASK_EVERY = 20  # batches after which the secrets are read again
_FIRST = "run_"  # an id before all others


@dataclass(frozen=True, slots=True)
class Lag:
    """How far the index is behind."""

    seconds: float | None  # since the oldest new run that is not indexed; None if nothing has been indexed yet
    left: int  # about how many older runs are still to be indexed

    def __str__(self) -> str:
        if self.seconds is None:
            return "No run is indexed yet: the newest runs are searched."
        text = f"Indexed up to {self.seconds:,.0f} s ago" if self.seconds >= 1 else "All new runs are indexed"
        return f"{text}; about {self.left:,} older runs are still to be indexed." if self.left else f"{text}."


def lag(now: datetime | None = None) -> Lag:
    """
    Return how far the index is behind.

    Args:
        now: The time; by default the current one.

    Raises:
        DatabaseError: The database is unavailable.
    """
    progress = SearchProgress.objects.filter(pk=1).first()
    if progress is None:
        return Lag(None, 0)
    waiting = Run.objects.filter(pk__gt=progress.newest).order_by("pk").values_list("pk", flat=True).first()
    seconds = 0.0
    if waiting is not None:
        at = int(waiting[4:16], 16) / 1000
        seconds = max((now or datetime.now(UTC)).timestamp() - at, 0.0)
    return Lag(seconds, progress.left)


async def index_for_ever(make_masks: Callable[[], Masks]) -> None:
    """
    Index every SEARCH_INDEX_INTERVAL seconds, unless another process does it.

    Args:
        make_masks: Returns masks with the current secrets; called again and again.
    """
    if not settings.SEARCH_INDEX_BATCH:
        return
    stop = threading.Event()
    thread = ThreadPoolExecutor(1, thread_name_prefix="search-index")
    loop = asyncio.get_running_loop()
    indexer = Indexer(make_masks, stop.wait)
    try:
        while True:
            await asyncio.sleep(settings.SEARCH_INDEX_INTERVAL)
            try:
                await loop.run_in_executor(thread, indexer.turn, stop)
            except DatabaseError as error:
                logger.warning("search index failed, will retry: error=%s", in_a_line(error))
            except Exception as error:
                logger.error("search index failed, will retry", exc_info=error)
    finally:
        stop.set()
        thread.submit(indexer.close)
        thread.shutdown(wait=False)


class Indexer:
    """Indexes in one thread."""

    def __init__(self, make_masks: Callable[[], Masks], rest: Callable[[float], Any] = time.sleep) -> None:
        """
        Args:
            make_masks: Returns masks with the current secrets.
            rest: Called with the seconds to pause between batches.
        """
        self._make_masks = make_masks
        self._rest = rest
        self._masks = make_masks()
        self._lock = Lock(SEARCH_INDEX_LOCK)
        self._held = False
        self._tried_at = -_LOCK_PAUSE
        self._seen = ""  # the newest run when nothing was left to do
        self._seen_at = 0.0

    def turn(self, stop: threading.Event) -> int:
        """
        Index what is new and older runs, unless another process holds the lock. Blocking: call it in a thread.

        Args:
            stop: Once it is set, no further batch begins.

        Returns:
            How many runs were indexed.

        Raises:
            DatabaseError: The database is unavailable.
        """
        try:
            return self.index(stop) if self._is_alone() else 0
        except BaseException:
            connections.close_all()
            raise

    def close(self) -> None:
        """Release the lock, and close the connections of this thread."""
        if self._held:
            self._lock.release()
            self._held = False
        connections.close_all()

    def index(self, stop: threading.Event) -> int:
        """
        Index what is new, then older runs, batch after batch.

        Args:
            stop: Once it is set, no further batch begins.

        Returns:
            How many runs were indexed.

        Raises:
            DatabaseError: The database is unavailable.
        """
        count = 0
        progress = self._progress()
        if progress is None:
            return 0
        for number in counting():
            if stop.is_set():
                break
            if number % _ASK_EVERY == 0:
                self._masks = self._make_masks()
            begun, cpu = time.monotonic(), time.process_time() - time.thread_time()
            new, more = self._index_new(progress)
            older = 0
            if not more and progress.oldest != _FIRST:
                older, more = self._index_older(progress)
            count += new + older
            if not more:
                break
            pause = _REST * (time.monotonic() - begun)
            self._rest(pause)
            elapsed = max(time.monotonic() - begun, 1e-6)
            if (time.process_time() - time.thread_time() - cpu) / elapsed > _BUSY:
                self._rest((_REST_WHEN_BUSY - _REST) * pause / _REST)
        return count

    def _is_alone(self) -> bool:
        if self._held:
            self._held = self._lock.keep()
            return self._held
        if time.monotonic() < self._tried_at + _LOCK_PAUSE:
            return False
        self._tried_at = time.monotonic()
        self._held = self._lock.acquire()
        return self._held

    def _progress(self) -> SearchProgress | None:
        progress = SearchProgress.objects.filter(pk=1).first()
        if progress is None and (newest := _newest()):
            after = f"run_{int(newest[4:], 16) + 1:044x}"  # the newest of now is the first of the older runs
            progress = SearchProgress(pk=1, newest=newest, oldest=after, left=Run.objects.count())
            progress.save(force_insert=True)
        return progress

    def _index_new(self, progress: SearchProgress) -> tuple[int, bool]:
        """Return how many new runs were indexed, and whether there may be more."""
        newest, now = _newest(), time.monotonic()
        if newest == self._seen and now > self._seen_at + 2 * _LATE / 1000:
            return 0, False  # a run that is recorded late has been found by now
        milliseconds = max(int(progress.newest[4:16], 16) - _LATE, 0)
        after = f"run_{milliseconds:012x}"
        if progress.oldest != _FIRST:
            after = max(after, progress.oldest)  # those before are among the older ones
        count, size = 0, settings.SEARCH_INDEX_BATCH
        while run_ids := _ids(Run.objects.filter(pk__gt=after).order_by("pk"), 20 * size):
            wanted = entries.missing(run_ids)
            is_whole = len(wanted) <= size
            wanted = wanted[:size]
            after = run_ids[-1] if is_whole else wanted[-1]
            count += self._add(wanted, progress, newest=max(after, progress.newest))
            if not is_whole or count >= size:
                return count, True
        if newest != self._seen:
            self._seen, self._seen_at = newest, now
        return count, False

    def _index_older(self, progress: SearchProgress) -> tuple[int, bool]:
        run_ids = _ids(Run.objects.filter(pk__lt=progress.oldest).order_by("-pk"), settings.SEARCH_INDEX_BATCH)
        left = max(progress.left - len(run_ids), 0) if run_ids else 0
        return self._add(run_ids, progress, oldest=run_ids[-1] if run_ids else _FIRST, left=left), bool(run_ids)

    def _add(self, run_ids: list[str], progress: SearchProgress, **changes: Any) -> int:
        """Index runs, and record the progress in the same transaction."""
        changed = {name: value for name, value in changes.items() if getattr(progress, name) != value}
        if not run_ids and not changed:
            return 0
        masks = self._masks
        requests = read_requests(run_ids, masks)
        sources = sources_of(requests)
        found = [(one.run_id, terms_of(one, sources.get(one.run_id), masks)) for one in requests]
        with transaction.atomic():
            count = entries.add(found)
            if changed:
                SearchProgress.objects.filter(pk=1).update(**changed)
        for name, value in changed.items():
            setattr(progress, name, value)
        return count


def _newest() -> str:
    return Run.objects.order_by("-pk").values_list("pk", flat=True).first() or ""


def _ids(runs: Any, most: int) -> list[str]:
    return list(runs.values_list("pk", flat=True)[:most])
