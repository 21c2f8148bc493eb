"""Calls that come while another is under way share the next one: so many small queries become one of many rows."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Generic, TypeVar

from runs.database_errors import AWAY

_Asked = TypeVar("_Asked")
_Answer = TypeVar("_Answer")


class Gathering(Generic[_Asked, _Answer]):
    """Belongs to one event loop. There is no delay: what comes alone is asked at once, and alone."""

    def __init__(self, ask: Callable[[list[_Asked]], Awaitable[Mapping[_Asked, _Answer]]], most: int) -> None:
        """
        Args:
            ask: Answers several at once; what it does not name gets None.
            most: How many at once.
        """
        self._ask = ask
        self._most = most
        self._waiting: list[tuple[_Asked, asyncio.Future[_Answer | None]]] = []
        self._task: asyncio.Task[None] | None = None

    async def ask(self, asked: _Asked) -> _Answer | None:
        """
        Ask, together with all that is asked meanwhile.

        Raises:
            Exception: What asking for it raised. Where the database is away, all that are asked for together get that.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[_Answer | None] = loop.create_future()
        self._waiting.append((asked, answer))
        if self._task is None:
            self._task = loop.create_task(self._answer())
        return await answer

    async def _answer(self) -> None:
        # In the order in which they came.
        try:
            while self._waiting:
                together, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                await self._settle(together)
        finally:
            self._task = None

    async def _settle(self, together: list[tuple[_Asked, "asyncio.Future[_Answer | None]"]]) -> None:
        # One that is asked for twice is asked for once; who has left meanwhile is not waited for.
        asked = list(dict.fromkeys(one for one, answer in together if not answer.done()))
        try:
            answers = await self._ask(asked) if asked else {}
        except Exception as error:
            if len(asked) > 1 and not isinstance(error, AWAY):
                for one in asked:  # alone, each shows whether it is that one, and the others are not harmed
                    await self._settle([each for each in together if each[0] == one])
                return
            for _, answer in together:
                if not answer.done():
                    answer.set_exception(error)
        else:
            for one, answer in together:
                if not answer.done():
                    answer.set_result(answers.get(one))
