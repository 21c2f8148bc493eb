"""Batch concurrent calls: calls that arrive during a query share the next query, so many small queries become one."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Generic, TypeVar

from runs.database_errors import AWAY

_Asked = TypeVar("_Asked")
_Answer = TypeVar("_Answer")


class Gathering(Generic[_Asked, _Answer]):
    """Batches concurrent lookups. Belongs to one event loop. There is no delay: a single lookup starts at once."""

    def __init__(self, ask: Callable[[list[_Asked]], Awaitable[Mapping[_Asked, _Answer]]], most: int) -> None:
        """
        Args:
            ask: Looks up several keys at once; a key missing from its result gets None.
            most: The maximum number of keys in one call.
        """
        self._ask = ask
        self._most = most
        self._waiting: list[tuple[_Asked, asyncio.Future[_Answer | None]]] = []
        self._task: asyncio.Task[None] | None = None

    async def ask(self, asked: _Asked) -> _Answer | None:
        """
        Look up a key, together with all keys that are requested meanwhile.

        Returns:
            The key's value; None if the lookup returns no value for it.

        Raises:
            Exception: The lookup of this key failed. If the database is unavailable, all keys of a call get the error.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[_Answer | None] = loop.create_future()
        self._waiting.append((asked, answer))
        if self._task is None:
            self._task = loop.create_task(self._answer())
        return await answer

    async def _answer(self) -> None:
        # In order of arrival.
        try:
            while self._waiting:
                together, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                await self._settle(together)
        finally:
            self._task = None

    async def _settle(self, together: list[tuple[_Asked, "asyncio.Future[_Answer | None]"]]) -> None:
        # Duplicate keys are looked up once, and those whose callers have left are skipped.
        asked = list(dict.fromkeys(key for key, answer in together if not answer.done()))
        try:
            answers = await self._ask(asked) if asked else {}
        except Exception as error:
            if len(asked) > 1 and not isinstance(error, AWAY):
                for key in asked:  # one by one, so that a bad key fails alone
                    await self._settle([each for each in together if each[0] == key])
                return
            for _, answer in together:
                if not answer.done():
                    answer.set_exception(error)
        else:
            for key, answer in together:
                if not answer.done():
                    answer.set_result(answers.get(key))
