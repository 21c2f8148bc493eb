"""
How workers reach procrastinate's tables: by statements that are tried again until the database answers.

procrastinate's worker ends at the first statement that fails, the one for its sign of life included. A database that
was restarted would leave no worker.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any, LiteralString, TypeVar

import psycopg
from procrastinate.connector import Notify
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import ConnectorException
from procrastinate.psycopg_connector import PsycopgConnector

from runs.faults import in_a_line

logger = logging.getLogger(__name__)

_AGAIN = 0.5  # seconds
_POOL_SECONDS = 3.0  # for a connection
_AWAY = (psycopg.OperationalError, psycopg.InterfaceError)

_Result = TypeVar("_Result")


class Connector(PsycopgConnector):
    """
    Belongs to one event loop. A statement whose answer was lost is said twice: a job that was finished then cannot be
    finished again, which harms nothing, and one that was fetched is nobody's until `tasks` notices.
    """

    def __init__(self) -> None:
        # The pool's own pauses between its tries double, up to minutes.
        super().__init__(kwargs=connector_params(), timeout=_POOL_SECONDS, reconnect_timeout=_POOL_SECONDS)
        self.patient = True
        self._fails = False

    def lose_patience(self) -> None:
        """From now on a statement is tried once: the worker is to end, whether the database answers or not."""
        self.patient = False

    async def execute_query_async(self, query: LiteralString, **arguments: Any) -> None:
        await self._insist(partial(super().execute_query_async, query, **arguments))

    async def execute_query_one_async(self, query: LiteralString, **arguments: Any) -> dict[str, Any]:
        return await self._insist(partial(super().execute_query_one_async, query, **arguments))

    async def execute_query_all_async(self, query: LiteralString, **arguments: Any) -> list[dict[str, Any]]:
        return await self._insist(partial(super().execute_query_all_async, query, **arguments))

    async def listen_notify(self, on_notification: Notify, channels: Iterable[str]) -> None:
        await self._insist(partial(super().listen_notify, on_notification, channels))

    async def _insist(self, statement: Callable[[], Awaitable[_Result]]) -> _Result:
        while True:
            try:
                result = await statement()
            except ConnectorException as error:
                if not self.patient or not isinstance(error.__cause__, _AWAY):
                    raise
                if not self._fails:
                    self._fails = True
                    logger.error("jobs cannot be reached: %s", in_a_line(error.__cause__))
                await asyncio.sleep(_AGAIN)
            else:
                if self._fails:
                    self._fails = False
                    logger.warning("jobs can be reached again")
                return result
