"""
Tells a database that is slow from one that is away: does its server answer anybody at all?

A probe is a new connection that asks for one byte. Probes stay open until one is answered, so that an answer counts
however late it comes. Nothing here blocks: whoever waits for the database polls now and then.
"""

import errno
import select
import socket
from collections.abc import Callable, Generator
from enum import Enum, auto
from time import monotonic
from typing import TypeVar

import psycopg
from django.conf import settings

_SSL_REQUEST = bytes([0, 0, 0, 8, 4, 210, 22, 47])  # every server answers it with one byte, before all else
_IN_PROGRESS = frozenset({errno.EINPROGRESS, errno.EAGAIN, errno.EWOULDBLOCK, errno.EINTR})
# The longest silence that one poll adds. Polls come ten times a second; a process that was not scheduled for a while
# has not listened meanwhile.
_LONGEST_STEP = 0.5

_Wants = TypeVar("_Wants")
_Result = TypeVar("_Result")


class Verdict(Enum):
    """What the probes have found so far."""

    UNKNOWN = auto()
    ANSWERS = auto()
    AWAY = auto()


class Probes:
    """
    The probes of one connection that waits. A server that refuses them is away at once. One that is silent is away
    after DATABASE_AWAY_TIMEOUT, in which a new probe begins every DATABASE_PROBE_TIMEOUT.
    """

    def __init__(self, host: str, port: int) -> None:
        """
        Args:
            host: An address, or the folder of PostgreSQL's Unix socket.
            port: The port; for a folder, the number in the socket's name.
        """
        self._host = host
        self._port = port
        self._asked: dict[socket.socket, bool] = {}  # whether the request was sent
        self._silence = 0.0  # seconds
        self._polled_at = monotonic()
        self._next = 0.0  # the silence at which the next probe begins

    def poll(self) -> Verdict:
        """Begin a probe where it is time, and look at those that are open."""
        now = monotonic()
        self._silence += min(now - self._polled_at, _LONGEST_STEP)
        self._polled_at = now
        try:
            if any(self._is_answered(probe) for probe in list(self._asked)):
                return Verdict.ANSWERS
            if self._silence >= self._next:
                self._next = self._silence + settings.DATABASE_PROBE_TIMEOUT
                self._begin()
        except OSError:
            return Verdict.AWAY
        return Verdict.AWAY if self._silence > settings.DATABASE_AWAY_TIMEOUT else Verdict.UNKNOWN

    def close(self) -> None:
        """Let go of the probes."""
        for probe in self._asked:
            probe.close()
        self._asked.clear()

    def _begin(self) -> None:
        address: str | tuple[str, int]
        if self._host.startswith("/"):
            family, address = socket.AF_UNIX, f"{self._host}/.s.PGSQL.{self._port}"
        else:
            [(family, _, _, _, found), *_] = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
            address = (str(found[0]), int(found[1]))
        probe = socket.socket(family, socket.SOCK_STREAM)
        probe.setblocking(False)
        error = probe.connect_ex(address)
        if error in _IN_PROGRESS and family == socket.AF_UNIX:
            probe.close()  # the server's queue is full: it is there, and slow
        elif error in _IN_PROGRESS or not error:
            self._asked[probe] = False
        else:
            probe.close()
            raise OSError(error, "the database refuses connections")

    def _is_answered(self, probe: socket.socket) -> bool:
        """
        Raises:
            OSError: The server refused the connection, or closed it.
        """
        poller = select.poll()
        poller.register(probe, select.POLLIN if self._asked[probe] else select.POLLOUT)
        if not poller.poll(0):
            return False
        if error := probe.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            raise OSError(error, "the database refuses connections")
        if not self._asked[probe]:
            probe.send(_SSL_REQUEST)
            self._asked[probe] = True
            return False
        if not probe.recv(1):
            raise ConnectionResetError("the database closes connections")
        return True


def bounded(
    waits: Generator[_Wants, "psycopg.waiting.Ready | int", _Result],
    host: str,
    port: int,
    is_asked: Callable[[], bool],
    give_up: Callable[[], None],
) -> Generator[_Wants, "psycopg.waiting.Ready | int", _Result]:
    """
    Do what a generator of psycopg does, and give up where the database is away. psycopg comes by ten times a second
    where nothing is ready.

    Args:
        waits: Waits for the database, for as long as that takes.
        host: The database's address, or the folder of its Unix socket.
        port: Its port.
        is_asked: Whether the database owes an answer; it owes none where only notifications are waited for.
        give_up: Closes the connection.

    Raises:
        psycopg.OperationalError: The database refuses new connections, or is silent to them.
    """
    probes: Probes | None = None
    probe_at: float | None = None
    try:
        wants = next(waits)
        while True:
            ready = yield wants
            if not ready:
                if probe_at is None:
                    probe_at = monotonic() + settings.DATABASE_SILENCE_TIMEOUT
                elif probes is None and monotonic() > probe_at and is_asked():
                    probes = Probes(host, port)
                verdict = Verdict.UNKNOWN if probes is None else probes.poll()
                if verdict is Verdict.AWAY:
                    give_up()
                    raise psycopg.OperationalError("the database does not answer")
                if verdict is Verdict.ANSWERS and probes is not None:
                    probes.close()
                    probes, probe_at = None, None
            elif probes is not None:
                probes.close()
                probes, probe_at = None, None
            wants = waits.send(ready)
    except StopIteration as end:
        result: _Result = end.value
        return result
    finally:
        if probes is not None:
            probes.close()
