"""How many runs of a source may wait for workers. The database knows, since any server may have recorded them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from django.db import connection

from runs.journal.jobs import PAUSE_PREFIX, lock_of

# An index has the jobs of a lock that wait; of each lock, one job at most is executed.
_COUNT = f"""
SELECT count(*) FROM (
  (SELECT FROM procrastinate_jobs WHERE status = 'todo' AND lock = ANY(%(locks)s) AND lock NOT LIKE '{PAUSE_PREFIX}%%')
  UNION ALL (SELECT FROM procrastinate_jobs WHERE status = 'doing' AND lock = ANY(%(locks)s))
  LIMIT %(most)s
) AS jobs
"""  # noqa: S608 - our own words


class QueueFull(Exception):
    """As many runs of the source as may are executed or wait already; nothing was recorded."""


@dataclass(slots=True)
class _Line:
    """Runs of one source that are to be recorded."""

    asking: list["asyncio.Future[bool]"] = field(default_factory=list)
    task: "asyncio.Task[None] | None" = None
    recording: int = 0  # those that were let in since the last count
    recorded: asyncio.Event = field(default_factory=asyncio.Event)


class QueueLimits:
    """
    Lets in as many runs of a source as there is room for. Belongs to one event loop.

    Those that come while the jobs are counted are let in together after the next count, and the next count waits until
    they are recorded. So this process never exceeds a limit; several may by what they record in the same moment.
    """

    def __init__(self, count: Callable[[int, int, int], Awaitable[int]]) -> None:
        """
        Args:
            count: `count_jobs`, in a thread.
        """
        self._count = count
        self._lines: dict[int, _Line] = {}

    @asynccontextmanager
    async def place(self, source_id: int, concurrency: int, queue: int) -> AsyncIterator[None]:
        """
        Hold a place while a run is recorded.

        Args:
            source_id: What asks for the run.
            concurrency: How many of its runs are executed at once.
            queue: How many may wait besides.

        Raises:
            QueueFull: There is none.
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
            # A request that is cancelled just after it was let in holds its place as well.
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
                    if asked.done():  # who asked has left
                        continue
                    free = line.recording < room
                    line.recording += free
                    asked.set_result(free)
                if line.recording:
                    await line.recorded.wait()
        finally:
            del self._lines[source_id]


def count_jobs(source_id: int, concurrency: int, queue: int) -> int:
    """Count the jobs of a source that are executed or wait, as far as they fill its queue; for threads."""
    locks = [lock_of(source_id, number) for number in range(concurrency)]
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"locks": locks, "most": concurrency + queue})
        return int(cursor.fetchone()[0])
