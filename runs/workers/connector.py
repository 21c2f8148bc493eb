"""
The workers' connection to procrastinate's tables: it retries statements until the database answers.

procrastinate's worker exits when a statement fails, even a heartbeat, and waits forever if a statement gets no answer.
After a restart of the database, no worker would be left. A statement may take any time while the database answers other
connections (`async_connection_class` of the database's backend).
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Any, LiteralString, TypeVar

import psycopg
from django.conf import settings
from django.db import connection
from procrastinate.exceptions import ConnectorException, UniqueViolation

from runs.database_errors import in_a_line
from runs.workers import fetching
from runs.workers.procrastinate_internals import (
    FETCH_JOB,
    FINISH_JOB,
    ONE_JOB_OF_A_LOCK,
    REGISTER_WORKER,
    RETRY_JOB,
    Notify,
    PsycopgConnector,
    connector_params,
)

logger = logging.getLogger(__name__)

_CONFLICT_RETRY_INTERVAL = 0.02  # seconds
_AWAY = (psycopg.OperationalError, psycopg.InterfaceError)
# procrastinate's own statement takes the job from any worker.
_GIVE_BACK_OWN = (
    f"{RETRY_JOB.rstrip().rstrip(';')} FROM (SELECT FROM procrastinate_jobs WHERE id = %(job_id)s"
    " AND status = 'doing' AND worker_id = %(own)s FOR UPDATE) AS own"
)

_Result = TypeVar("_Result")


class _PerhapsUnheard(Exception):
    """A statement that must not be repeated got no answer."""


class Connector(PsycopgConnector):
    """
    Belongs to one event loop. A statement whose answer was lost is repeated. Finishing a job twice fails harmlessly. If
    the lost answer contained a fetched job, the job is orphaned until `tasks` notices it. The statement that gives a
    job back is not repeated, because the job may execute again by then. If this statement was lost, `tasks` notices
    that too.
    """

    def __init__(self, signed_on: Callable[[int], None]) -> None:
        """
        Args:
            signed_on: Called with the worker's id.
        """
        # The pool doubles the pause after each of its own attempts, up to minutes.
        patience = settings.JOB_CONNECTION_TIMEOUT
        super().__init__(
            kwargs=connector_params(),
            connection_class=connection.async_connection_class,  # type: ignore[attr-defined]
            timeout=patience,
            reconnect_timeout=patience,
        )
        self._signed_on = signed_on
        self._worker: int | None = None
        self._on_notification: Notify | None = None
        self._notified = 0  # the number of notifications about jobs
        self._locked: set[int] = set()  # jobs of this worker that hold a lock
        self.patient = True
        self._fails = False

    def lose_patience(self) -> None:
        """From now on, try each statement only once, so that the worker exits even if the database does not answer."""
        self.patient = False

    async def execute_query_async(self, query: LiteralString, **arguments: Any) -> None:
        if query != RETRY_JOB:
            await self._insist(partial(super().execute_query_async, query, **arguments))
            if query == FINISH_JOB:
                await self._note_free_lock(arguments["job_id"])
            return
        statement = partial(super().execute_query_async, _GIVE_BACK_OWN, own=self._worker, **arguments)
        with suppress(_PerhapsUnheard):
            await self._insist(statement, again=False)
        await self._note_free_lock(arguments["job_id"])

    async def execute_query_one_async(self, query: LiteralString, **arguments: Any) -> dict[str, Any]:
        if query == FETCH_JOB:
            return await self._fetch(**arguments)
        row: dict[str, Any] = await self._insist(partial(super().execute_query_one_async, query, **arguments))
        if query == REGISTER_WORKER:
            self._worker = row["worker_id"]
            self._signed_on(row["worker_id"])
        return row

    async def execute_query_all_async(self, query: LiteralString, **arguments: Any) -> list[dict[str, Any]]:
        return await self._insist(partial(super().execute_query_all_async, query, **arguments))

    async def listen_notify(self, on_notification: Notify, channels: Iterable[str]) -> None:
        self._on_notification = on_notification

        async def note(*, channel: str, payload: str) -> None:
            self._notified += 1
            await on_notification(channel=channel, payload=payload)

        await self._insist(partial(super().listen_notify, note, channels))

    async def _fetch(self, **arguments: Any) -> dict[str, Any]:
        """Fetch the next job; if there is none, return a row with the id None, like procrastinate's function."""
        while True:
            notified = self._notified
            rows = await self.execute_query_all_async(fetching.FETCH_JOB, **arguments)
            if rows:
                if rows[0]["lock"] is not None:
                    self._locked.add(rows[0]["id"])
                return rows[0]
            # procrastinate would lose a notification that came meanwhile.
            if notified == self._notified:
                return {"id": None}

    async def _note_free_lock(self, job_id: int) -> None:
        """Wake the worker when a job frees its lock: nothing else notifies it of the next job of that lock."""
        if job_id in self._locked:
            self._locked.discard(job_id)
            self._notified += 1
            if self._on_notification is not None:
                news = json.dumps({"type": "job_inserted", "job_id": job_id})
                await self._on_notification(channel="", payload=news)

    async def _insist(self, statement: Callable[[], Awaitable[_Result]], *, again: bool = True) -> _Result:
        while True:
            try:
                result = await statement()
            except UniqueViolation as error:
                # Two workers fetched jobs of one lock at the same time, and the other worker was first.
                if error.constraint_name != ONE_JOB_OF_A_LOCK:
                    raise
                await asyncio.sleep(_CONFLICT_RETRY_INTERVAL)
            except ConnectorException as error:
                if not self.patient or not isinstance(error.__cause__, _AWAY):
                    raise
                if not self._fails:
                    self._fails = True
                    logger.error("job queue unreachable: error=%s", in_a_line(error.__cause__))
                if not again:
                    raise _PerhapsUnheard from error
                await asyncio.sleep(settings.JOB_STATEMENT_RETRY_INTERVAL)
            else:
                if self._fails:
                    self._fails = False
                    logger.warning("job queue reachable again")
                return result
