"""
Distinguish a slow database from a database that is away: the server of a slow database answers new connections.

A probe is a new connection that requests one byte. Probes stay open until one is answered, so that a late answer is not
lost. Nothing here blocks: the code that waits for the database polls the probes.
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

_SSL_REQUEST = bytes([0, 0, 0, 8, 4, 210, 22, 47])  # every server answers it first, with one byte
_IN_PROGRESS = frozenset({errno.EINPROGRESS, errno.EAGAIN, errno.EWOULDBLOCK, errno.EINTR})
# The maximum number of seconds of silence that one poll adds. Polls happen ten times a second. A longer gap means that
# this process was not scheduled and could not read an answer.
_LONGEST_STEP = 0.5

_Wants = TypeVar("_Wants")
_Result = TypeVar("_Result")


_is_ending = False  # whether the process is about to exit
_is_found_silent = False  # whether the database was found silent since


def expect_end() -> None:
    """
    Wait for a silent database only once more: the process is about to exit, and has several connections to end. After
    it was found silent, each other wait gives up when one probe is not answered within DATABASE_PROBE_TIMEOUT.
    """
    global _is_ending
    _is_ending = True


class Verdict(Enum):
    """The result of the probes so far."""

    UNKNOWN = auto()
    ANSWERS = auto()
    AWAY = auto()


class Probes:
    """
    The probes of one waiting connection. A server that refuses a probe is away at once. A silent server is away after
    DATABASE_AWAY_TIMEOUT; until then, a new probe starts every DATABASE_PROBE_TIMEOUT.
    """

    def __init__(self, host: str, port: int) -> None:
        """
        Args:
            host: A name or address, or the folder of PostgreSQL's Unix socket.
            port: The port; for a folder, the number in the socket's name.
        """
        self._host = host
        self._port = port
        self._asked: dict[socket.socket, bool] = {}  # whether the request was sent
        self._silence = 0.0  # seconds
        self._polled_at = monotonic()
        self._next = 0.0  # the silence at which the next probe starts

    def poll(self) -> Verdict:
        """Check the open probes, start another when it is due, and return the verdict."""
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
        limit = settings.DATABASE_PROBE_TIMEOUT if _hurries() else settings.DATABASE_AWAY_TIMEOUT
        if self._silence <= limit:
            return Verdict.UNKNOWN
        _note_silence()
        return Verdict.AWAY

    def close(self) -> None:
        """Close all probes."""
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
            probe.close()  # the server's queue is full: it is slow, not away
        elif error in _IN_PROGRESS or not error:
            self._asked[probe] = False
        else:
            probe.close()
            raise OSError(error, "the database refuses connections")

    def _is_answered(self, probe: socket.socket) -> bool:
        """
        Return whether the server answered; send the request once the probe is connected.

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


def _hurries() -> bool:
    return _is_ending and _is_found_silent


def _note_silence() -> None:
    global _is_found_silent
    _is_found_silent = _is_ending


def bounded(
    waits: Generator[_Wants, "psycopg.waiting.Ready | int", _Result],
    host: str,
    port: int,
    is_asked: Callable[[], bool],
    give_up: Callable[[], None],
) -> Generator[_Wants, "psycopg.waiting.Ready | int", _Result]:
    """
    Delegate to a generator of psycopg, and raise if the database is away. psycopg resumes the generator ten times a
    second while nothing is ready.

    Args:
        waits: The generator, which waits for the database without a time limit.
        host: The database's name or address, or the folder of its Unix socket.
        port: Its port.
        is_asked: Returns whether the database has to answer; while only notifications are awaited, it does not.
        give_up: Closes the connection.

    Returns:
        The generator's result.

    Raises:
        psycopg.OperationalError: The database refuses new connections, or does not answer them.
    """
    probes: Probes | None = None
    probe_at: float | None = None
    try:
        wants = next(waits)
        while True:
            ready = yield wants
            if not ready:
                if probe_at is None:
                    probe_at = monotonic() + (0 if _hurries() else settings.DATABASE_SILENCE_TIMEOUT)
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
