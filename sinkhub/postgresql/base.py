"""
Django's backend for PostgreSQL, on connections that give up when the database has fallen silent.

TCP gives up on a machine that is gone. It does not on one that takes what is sent and never answers: a stopped
process, a proxy before a database that is away. libpq would wait for ever.
"""

import socket
from contextlib import suppress
from time import monotonic
from types import SimpleNamespace
from typing import Any, TypeVar

import psycopg
from django.conf import settings
from django.db.backends.postgresql import base
from psycopg.abc import PQGen

_SSL_REQUEST = bytes([0, 0, 0, 8, 4, 210, 22, 47])  # which every server answers with one byte, before all else

_Result = TypeVar("_Result")


class Connection(psycopg.Connection[Any]):
    """A statement may take as long as it wants, as long as the server behind it answers newcomers."""

    def wait(self, gen: PQGen[_Result], *args: Any, **kwargs: Any) -> _Result:
        try:
            return super().wait(self._bounded(gen), *args, **kwargs)
        except psycopg.errors.IdleInTransactionSessionTimeout as error:
            # The session was ended, as by an administrator: nothing is wrong with what was to be written.
            raise psycopg.OperationalError(str(error)) from None

    def _bounded(self, gen: PQGen[_Result]) -> PQGen[_Result]:
        try:
            wants = next(gen)
            until = monotonic() + settings.DATABASE_SILENCE_TIMEOUT
            while True:
                ready = yield wants
                # psycopg comes by ten times a second where nothing is ready.
                if not ready and monotonic() > until:
                    if not self._is_answered():
                        self.close()
                        raise psycopg.OperationalError("the database does not answer")
                    until = monotonic() + settings.DATABASE_SILENCE_TIMEOUT
                wants = gen.send(ready)
        except StopIteration as end:
            result: _Result = end.value
            return result

    def _is_answered(self) -> bool:
        """Whether the server says anything to a new connection. One that is slow, or full, does."""
        info = self.info
        with suppress(OSError), _dial(info.hostaddr or info.host, info.port) as probe:
            probe.sendall(_SSL_REQUEST)
            return bool(probe.recv(1))
        return False


def _dial(host: str, port: int) -> socket.socket:
    if not host.startswith("/"):
        return socket.create_connection((host, port), settings.DATABASE_PROBE_TIMEOUT)
    probe = socket.socket(socket.AF_UNIX)
    try:
        probe.settimeout(settings.DATABASE_PROBE_TIMEOUT)
        probe.connect(f"{host}/.s.PGSQL.{port}")
    except OSError:
        probe.close()
        raise
    return probe


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, with connections of the class above."""

    Database = SimpleNamespace(**{**vars(psycopg), "connect": Connection.connect})  # type: ignore[assignment]
