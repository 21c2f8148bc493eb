"""Threads in which an event loop uses the database, outside Django's single request thread."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.conf import settings
from django.db import connections

from runs.database_errors import in_a_line

logger = logging.getLogger(__name__)

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


class DatabaseThreads:
    """A thread pool. Belongs to one event loop. Each thread keeps its connection between calls while it is usable."""

    def __init__(self, count: int, name: str) -> None:
        """
        Args:
            count: The maximum number of threads; each has a connection.
            name: The prefix of the threads' names.
        """
        self._loop = asyncio.get_running_loop()
        self._pool = ThreadPoolExecutor(count, thread_name_prefix=name)

    async def run(
        self, function: Callable[_Arguments, _Result], *args: _Arguments.args, **kwargs: _Arguments.kwargs
    ) -> _Result:
        """
        Call a function in one of the threads.

        Args:
            function: Queries the database.
            *args: Its arguments.
            **kwargs: Its keyword arguments.

        Returns:
            The function's result.

        Raises:
            Exception: The function raised it.
        """

        def call() -> _Result:
            try:
                return function(*args, **kwargs)
            finally:
                for each in connections.all(initialized_only=True):
                    each.close_if_unusable_or_obsolete()

        return await self._loop.run_in_executor(self._pool, call)

    def close(self) -> None:
        """Shut the pool down without waiting: each thread ends after its queued calls."""
        self._pool.shutdown(wait=False)


class PeriodicFlush:
    """
    Writes counts that accumulate in memory every few seconds, in a thread of its own, so that runs and requests never
    wait for these writes. Writes once more at the end. Belongs to one event loop.
    """

    def __init__(
        self,
        name: str,
        interval: str,
        take: Callable[[], Callable[[], None] | None],
        give_back: Callable[[], None],
    ) -> None:
        """
        Args:
            name: The name of the data in the log, such as "tallies".
            interval: The name of the setting with the seconds between two writes.
            take: Called on the loop. Returns a function that writes the data, for the thread; None if there is no data.
            give_back: Called on the loop if that function failed, to keep the data for the next write.
        """
        self._name = name
        self._interval = interval
        self._take = take
        self._give_back = give_back
        self._is_away = False
        self._writing = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._task = asyncio.get_running_loop().create_task(self._keep_flushing())

    async def stop(self) -> None:
        """Write what is left, and close the connection."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._flush()  # waits for one that is still running
        await asyncio.get_running_loop().run_in_executor(self._thread, connections.close_all)
        self._thread.shutdown(wait=False)

    async def _keep_flushing(self) -> None:
        while True:
            await asyncio.sleep(getattr(settings, self._interval))
            await asyncio.shield(self._flush())

    async def _flush(self) -> None:
        async with self._writing:
            if (write := self._take()) is None:
                return
            try:
                await asyncio.get_running_loop().run_in_executor(self._thread, write)
            except Exception as error:
                if not self._is_away:
                    logger.error("%s not written, will retry: error=%s", self._name, in_a_line(error))
                self._is_away = True
                self._give_back()
                return
            if self._is_away:
                logger.warning("%s written again", self._name)
            self._is_away = False
