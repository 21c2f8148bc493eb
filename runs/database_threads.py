"""Threads in which an event loop queries the database, outside Django's single request thread."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import connections

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
