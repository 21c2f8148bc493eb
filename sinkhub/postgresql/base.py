"""
Django's backend for PostgreSQL, on connections that give up when the database has fallen silent.

TCP gives up on a machine that is gone. It does not on one that takes what is sent and never answers: a stopped
process, a proxy before a database that is away. libpq would wait for ever. A database that is slow answers newcomers,
and a statement there may take as long as it takes.
"""

import os
from types import SimpleNamespace
from typing import Any, TypeVar

import psycopg
from django.db.backends.postgresql import base
from psycopg.abc import PQGen, PQGenConn
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus

from sinkhub.postgresql.probes import bounded

_Result = TypeVar("_Result")


class SessionEnded(psycopg.OperationalError):
    """PostgreSQL ended the session since this process stood still inside a transaction. The database is there."""

    sqlstate = psycopg.errors.IdleInTransactionSessionTimeout.sqlstate


class Connection(psycopg.Connection[Any]):
    """A statement may take as long as it wants, as long as the server behind it answers newcomers."""

    def wait(self, gen: PQGen[_Result], *args: Any, **kwargs: Any) -> _Result:
        try:
            result: _Result = super().wait(_bounded(self, gen), *args, **kwargs)
            return result
        except psycopg.errors.IdleInTransactionSessionTimeout as error:
            # The session was ended, as by an administrator: nothing is wrong with what was to be written.
            raise SessionEnded(str(error)) from None

    @classmethod
    def _connect_gen(cls, conninfo: str = "") -> Any:
        return _bounded_connect(super()._connect_gen(conninfo), conninfo)


class AsyncConnection(psycopg.AsyncConnection[Any]):
    """The same for an event loop."""

    async def wait(self, gen: PQGen[_Result], *args: Any, **kwargs: Any) -> _Result:
        result: _Result = await super().wait(_bounded(self, gen), *args, **kwargs)
        return result

    @classmethod
    def _connect_gen(cls, conninfo: str = "") -> Any:
        return _bounded_connect(super()._connect_gen(conninfo), conninfo)


def _bounded(connection: "psycopg.Connection[Any] | psycopg.AsyncConnection[Any]", gen: PQGen[_Result]) -> Any:
    info, pgconn = connection.info, connection.pgconn

    def is_asked() -> bool:
        return pgconn.transaction_status == TransactionStatus.ACTIVE

    return bounded(gen, info.hostaddr or info.host, info.port, is_asked, pgconn.finish)


def _bounded_connect(gen: PQGenConn[_Result], conninfo: str) -> Any:
    parameters = conninfo_to_dict(conninfo)
    host = parameters.get("hostaddr") or parameters.get("host") or os.environ.get("PGHOST")
    if not host:
        return gen  # libpq's own folder for the Unix socket
    port = parameters.get("port") or os.environ.get("PGPORT") or 5432
    return bounded(gen, str(host), int(port), lambda: True, gen.close)


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, with connections of the class above."""

    async_connection_class = AsyncConnection
    Database = SimpleNamespace(**{**vars(psycopg), "connect": Connection.connect})  # type: ignore[assignment]
