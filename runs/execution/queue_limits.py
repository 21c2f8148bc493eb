"""Limits on the runs of a source that wait for workers. The database counts them, since any server may record some."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from runs.journal.job_tables import count_of_locks
from runs.journal.jobs import lock_of


class QueueFull(Exception):
    """The source's limit of executing and waiting runs is reached; nothing was recorded."""


@dataclass(slots=True)
class _Line:
    """The runs of one source that wait to be recorded, or are being recorded."""

    asking: list["asyncio.Future[bool]"] = field(default_factory=list)
    task: "asyncio.Task[None] | None" = None
    recording: int = 0  # runs that were admitted since the last count and are not recorded yet
    recorded: asyncio.Event = field(default_factory=asyncio.Event)


class QueueLimits:
    """
    Admits the runs of a source while its queue has room. Belongs to one event loop.

    Runs that arrive during a count are admitted together after the next count, and each count waits until all admitted
    runs are recorded. So one process never exceeds a limit. Several processes may exceed it, by the runs that they
    record at the same time.
    """

    def __init__(self, count: Callable[[int, int, int], Awaitable[int]]) -> None:
        """
        Args:
            count: Calls `count_jobs` in a thread.
        """
        self._count = count
        self._lines: dict[int, _Line] = {}

    @asynccontextmanager
    async def place(self, source_id: int, concurrency: int, queue: int) -> AsyncIterator[None]:
        """
        Hold a place while a run is recorded.

        Args:
            source_id: The run's source.
            concurrency: How many of its runs may execute at once.
            queue: How many more may wait.

        Raises:
            QueueFull: There is no place.
            DatabaseError: The jobs could not be counted.
        """
        line = self._lines.setdefault(source_id, _Line())
        line.asking.append(asked := asyncio.get_running_loop().create_future())
        if line.task is None:
            line.task = asyncio.create_task(self._let_in(line, source_id, concurrency, queue))
        try:
            if not await asked:
                raise QueueFull
            yield
        finally:
            # A request that is cancelled just after it was admitted also holds a place.
            if asked.done() and not asked.cancelled() and asked.exception() is None and asked.result():
                line.recording -= 1
                if not line.recording:
                    line.recorded.set()

    async def _let_in(self, line: _Line, source_id: int, concurrency: int, queue: int) -> None:
        try:
            while line.asking:
                asking, line.asking = line.asking, []
                try:
                    room = concurrency + queue - await self._count(source_id, concurrency, queue)
                except Exception as error:
                    for asked in asking:
                        if not asked.done():
                            asked.set_exception(error)
                    continue
                line.recorded.clear()
                for asked in asking:
                    if asked.done():  # the caller has left
                        continue
                    free = line.recording < room
                    line.recording += free
                    asked.set_result(free)
                if line.recording:
                    await line.recorded.wait()
        finally:
            del self._lines[source_id]


def count_jobs(source_id: int, concurrency: int, queue: int) -> int:
    """
    Return how many jobs of a source execute or wait, counting only up to its limit (`concurrency` plus `queue`). Jobs
    whose run pauses are not counted while they wait. Blocking: call it in a thread.
    """
    locks = [lock_of(source_id, number) for number in range(concurrency)]
    return count_of_locks(locks, concurrency + queue)
