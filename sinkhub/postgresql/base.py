"""
Django's backend for PostgreSQL, with connections that give up when the database stops answering.

TCP detects a machine that does not respond. It does not detect a peer that accepts data and never answers, such as a
stopped process, or a proxy whose database is away: libpq would wait forever. A slow database still answers new
connections; statements to it have no time limit.
"""

import os
from types import SimpleNamespace
from typing import Any, TypeVar

import psycopg
from django.db.backends.postgresql import base
from psycopg.abc import PQGen, PQGenConn
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus

from sinkhub.postgresql.probes import bounded, expect_end

_Result = TypeVar("_Result")


class SessionEnded(psycopg.OperationalError):
    """PostgreSQL ended the session because this process was idle in a transaction. The database is available."""

    sqlstate = psycopg.errors.IdleInTransactionSessionTimeout.sqlstate


class Connection(psycopg.Connection[Any]):
    """A connection whose statements may take any time, as long as the server answers new connections."""

    def wait(self, gen: PQGen[_Result], *args: Any, **kwargs: Any) -> _Result:
        try:
            result: _Result = super().wait(_bounded(self, gen), *args, **kwargs)
            return result
        except psycopg.errors.IdleInTransactionSessionTimeout as error:
            # Raise the error of a session that an administrator ended, because the data to write is not at fault.
            raise SessionEnded(str(error)) from None

    @classmethod
    def _connect_gen(cls, conninfo: str = "") -> Any:
        return _bounded_connect(super()._connect_gen(conninfo), conninfo)


class AsyncConnection(psycopg.AsyncConnection[Any]):
    """The same as `Connection`, for an event loop."""

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
        return gen  # libpq uses its default folder of the Unix socket
    port = parameters.get("port") or os.environ.get("PGPORT") or 5432
    return bounded(gen, str(host), int(port), lambda: True, gen.close)


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's wrapper, with the connection classes of this module."""

    async_connection_class = AsyncConnection
    expect_end = staticmethod(expect_end)
    Database = SimpleNamespace(**{**vars(psycopg), "connect": Connection.connect})  # type: ignore[assignment]
