"""A Redis server for the tests, whose port stays the same across restarts."""

import socket
import subprocess
from contextlib import suppress
from pathlib import Path

from cluster.processes import free_port, redis_command
from tests.support.hub import wait_until


class RedisServer:
    """A redis-server process, which saves nothing across a restart."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        self._process = subprocess.Popen(
            redis_command(self.port, self._folder),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
        )
        wait_until(self._answers, "redis-server does not answer")

    def kill(self) -> None:
        """Send SIGKILL, and wait for the exit."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=30)
            self._process = None

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 5) as session:
            session.sendall(b"PING\r\n")
            return session.recv(16) == b"+PONG\r\n"
        return False
