"""Threads in which an event loop asks the database, outside Django's single request thread."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import connections

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


class DatabaseThreads:
    """Belongs to one event loop. Each thread keeps its connection from call to call, while it is of use."""

    def __init__(self, count: int, name: str) -> None:
        """
        Args:
            count: How many threads there are at most; each has a connection.
            name: How the threads are named, for whoever lists them.
        """
        self._loop = asyncio.get_running_loop()
        self._pool = ThreadPoolExecutor(count, thread_name_prefix=name)

    async def run(
        self, function: Callable[_Arguments, _Result], *args: _Arguments.args, **kwargs: _Arguments.kwargs
    ) -> _Result:
        """
        Call a function in one of the threads.

        Args:
            function: What asks the database.
            *args: Its arguments.
            **kwargs: Its named arguments.

        Returns:
            What it returns.

        Raises:
            Exception: What it raises.
        """

        def call() -> _Result:
            try:
                return function(*args, **kwargs)
            finally:
                for each in connections.all(initialized_only=True):
                    each.close_if_unusable_or_obsolete()

        return await self._loop.run_in_executor(self._pool, call)

    def close(self) -> None:
        """Let the threads go, once what they do is done."""
        self._pool.shutdown(wait=False)
