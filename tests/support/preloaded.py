"""
Load Django once, and fork it for each command and each server that the tests start.

A new Python process needs a second to import and set up Django. So a *base* process imports the libraries, a *loaded*
process for each kind of environment sets up Django, and each command or server is a fork of a loaded process. It runs
`manage.py` as the main program with its own environment, working directory, arguments, standard streams, process id,
signals and exit code. It skips only the start of Python; tests of that start real processes (`Hub.run`).

    python -m tests.support.preloaded FD    the base process; FD is its end of a socket pair

Both kinds of process exit when the other end of their socket closes, and kill their running forks, so that killed tests
leave no process behind.
"""

import atexit
import gc
import importlib
import io
import json
import os
import random
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

PROJECT = Path(__file__).resolve().parent.parent.parent

# Libraries that can be imported without settings. A missing one only costs time in every loaded process.
_LIBRARIES = (
    "channels.layers",
    "cryptography.fernet",
    "dj_database_url",
    "django.contrib.admin.options",
    "django.contrib.auth.hashers",
    "django.core.handlers.asgi",
    "django.core.management",
    "django.forms",
    "h11",
    "httptools",
    "jmespath",
    "prometheus_client",
    "psycopg",
    "pydantic",
    "rest_framework.exceptions",
    "tqdm",
    "uvicorn",
    "uvloop",
    "whitenoise.middleware",
    "yaml",
)
# SinkHub's modules that need settings, but read none that tests change while they are imported.
_MODULES = ("runs.workflows.builtin", "sinkhub.asgi", "sinkhub.server.serve", "sinkhub.urls")
_WITH_COMMANDS = ("runs", "sinks", "sinkhub")
# Contains the variables that the settings read. Others do not require a separate loaded process.
_SETTINGS = (PROJECT / "sinkhub" / "settings.py").read_text()
# Variables whose settings SinkHub reads at each use, so that one loaded process serves all values.
_READ_LATE = {
    "DATABASE_URL",
    "DEFAULT_BODY_BYTES",
    "FORWARDED_ALLOW_IPS",
    "GRACE_SECONDS",
    "HOST",
    "KEEP_BODIES_DAYS",
    "KEEP_RUNS",
    "KEEP_RUNS_DAYS",
    "KEEP_ALIVE_SECONDS",
    "LOGIN_ATTEMPTS_PER_ADDRESS",
    "LOGIN_LOCK_MINUTES",
    "MAX_ATTEMPTS",
    "MAX_CRASHES",
    "MAX_BODY_BYTES",
    "MAX_CONNECTIONS",
    "MAX_PENDING_BYTES",
    "MAX_RUNS",
    "MIN_BODY_RATE",
    "PORT",
    "PRUNE_EVERY_SECONDS",
    "REDIS_URL",
    "RUN_ENGINE",
    "SECRET_KEY",
    "SECRET_KEY_FALLBACKS",
    "SINKHUB_VAR",
    "SINKHUB_WORKFLOWS",
    "SQLITE_BUSY_MILLISECONDS",
}
_MAX_LOADED = 12  # loaded processes that one test process keeps


class ForkedProcess:
    """A forked command or server. It has the methods of `subprocess.Popen` that tests use."""

    def __init__(self, pid: int, args: Sequence[str], loaded: "_Loaded") -> None:
        self.pid = pid
        self.args = args
        self.returncode: int | None = None
        self._loaded = loaded

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal, or None while the process runs."""
        if self.returncode is None:
            self._loaded.collect(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """
        Wait for the process to exit.

        Args:
            timeout: Seconds; None waits without limit.

        Returns:
            The exit code, negative for a signal.

        Raises:
            subprocess.TimeoutExpired: The process still runs.
        """
        until = None if timeout is None else time.monotonic() + timeout
        while self.poll() is None:
            left = None if until is None else until - time.monotonic()
            if left is not None and left <= 0:
                raise subprocess.TimeoutExpired(list(self.args), timeout or 0)
            # Another thread may have collected the exit code meanwhile, so poll again soon.
            self._loaded.collect(0.1 if left is None else min(left, 0.1))
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless the process has ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)


class CannotLoad(Exception):
    """Django cannot be set up for this environment: a setting is wrong."""


class _Loaded:
    """This test process's end of a loaded process."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._received = b""
        self._lock = threading.RLock()
        self._running: dict[int, ForkedProcess] = {}
        if self._read(None) is None:
            line.close()
            raise CannotLoad

    def start(
        self, argv: Sequence[str], env: Mapping[str, str], streams: Sequence[int], folder: Path | str
    ) -> ForkedProcess:
        """Fork a process that runs manage.py with these arguments, environment, standard streams and folder."""
        request = json.dumps({"argv": list(argv), "env": dict(env), "folder": str(folder)}).encode() + b"\n"
        with self._lock:
            sent = socket.send_fds(self._line, [request], list(streams))
            self._line.sendall(request[sent:])
            while True:
                answer = self._read(None)
                if answer is None:
                    raise RuntimeError("the loaded process has ended")
                if "pid" in answer:
                    process = ForkedProcess(answer["pid"], argv, self)
                    self._running[process.pid] = process
                    return process

    def collect(self, seconds: float) -> None:
        """Record the exit codes of ended forks; wait for one at most this long."""
        with self._lock:
            while self._read(seconds) is not None:
                seconds = 0

    def close(self) -> None:
        """Close the socket, which ends the loaded process and its running forks."""
        self._line.close()

    @property
    def is_used(self) -> bool:
        """Whether any of its forks still run."""
        self.collect(0)
        return bool(self._running)

    def _read(self, seconds: float | None) -> dict[str, Any] | None:
        while b"\n" not in self._received:
            if not select.select([self._line], [], [], seconds)[0]:
                return None
            more = self._line.recv(65536)
            if not more:
                return None
            self._received += more
        line, _, self._received = self._received.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        if "ended" in answer:
            process = self._running.pop(answer["ended"])
            process.returncode = os.waitstatus_to_exitcode(answer["status"])
        return answer


class Preloaded:
    """The base process of this test process, and the loaded processes that it forked."""

    def __init__(self) -> None:
        self._base: tuple[subprocess.Popen[bytes], socket.socket] | None = None
        self._loaded: dict[str, _Loaded] = {}
        self._lock = threading.Lock()
        atexit.register(self.close)

    def start(
        self, argv: Sequence[str], env: Mapping[str, str], streams: Sequence[int], folder: Path | str = PROJECT
    ) -> ForkedProcess:
        """
        Run manage.py in a fork of a process that has loaded Django for this kind of environment.

        Args:
            argv: The arguments after `manage.py`.
            env: The whole environment.
            streams: The file descriptors of standard input, output and error.
            folder: The working directory.

        Returns:
            The process.

        Raises:
            CannotLoad: Django cannot be set up for this environment; a new process can report the reason.
        """
        kind = "postgresql" if env["DATABASE_URL"].startswith("postgres") else "sqlite"
        early = {name: value for name, value in env.items() if not _is_read_late(name)}
        key = json.dumps([kind, sorted(early.items())])
        with self._lock:
            if key in self._loaded:
                loaded = self._loaded.pop(key)
            else:
                loaded = self._load(env)
                for old in [name for name, candidate in self._loaded.items() if not candidate.is_used]:
                    if len(self._loaded) < _MAX_LOADED:
                        break
                    self._loaded.pop(old).close()
            self._loaded[key] = loaded  # at the end, as the most recently used
            return loaded.start(argv, env, streams, folder)

    def close(self) -> None:
        """Stop all loaded processes and the base process."""
        for loaded in self._loaded.values():
            loaded.close()
        self._loaded.clear()
        if self._base is not None:
            process, line = self._base
            line.close()
            process.wait(timeout=30)
            self._base = None

    def _load(self, env: Mapping[str, str]) -> _Loaded:
        if self._base is None:
            ours, theirs = socket.socketpair()
            with theirs:
                command = [sys.executable, "-m", "tests.support.preloaded", str(theirs.fileno())]
                # Without buffers, like the processes that it replaces.
                base_env = {**os.environ, "PYTHONUNBUFFERED": "1"}
                process = subprocess.Popen(command, cwd=PROJECT, pass_fds=[theirs.fileno()], env=base_env)
            self._base = process, ours
        ours, theirs = socket.socketpair()
        with theirs:
            request = json.dumps({"env": dict(env)}).encode() + b"\n"
            line = self._base[1]
            sent = socket.send_fds(line, [request], [theirs.fileno()])
            line.sendall(request[sent:])
            assert line.recv(1) == b"\n", "the base process ended"
        return _Loaded(ours)


@cache
def _is_read_late(name: str) -> bool:
    if f'"{name}"' in _SETTINGS:
        return name in _READ_LATE or name.endswith(("_INTERVAL", "_TIMEOUT"))
    return not name.startswith(("PYTHON", "DJANGO_SETTINGS"))


# The code of the base process, its forks and theirs.


def _receive(line: socket.socket, count: int) -> tuple[dict[str, Any], list[int]] | None:
    """Receive a request and its file descriptors; None if the other end is closed."""
    data, descriptors, _, _ = socket.recv_fds(line, 65536, count)
    while data and not data.endswith(b"\n"):
        data += line.recv(65536)
    if not data:
        return None
    request: dict[str, Any] = json.loads(data)
    return request, descriptors


def serve_base(line: socket.socket) -> None:
    """Import libraries that need no settings, and fork a loaded process for each request until the line is closed."""
    for name in _LIBRARIES:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)  # like servers
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the tests, which stop this process by closing its line
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps ended loaded processes
    while (received := _receive(line, 1)) is not None:
        request, (theirs,) = received
        if os.fork() == 0:
            line.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            try:
                _serve_loaded(socket.socket(fileno=theirs), request["env"])
            finally:
                os._exit(0)
        os.close(theirs)
        line.sendall(b"\n")


def _serve_loaded(line: socket.socket, env: Mapping[str, str]) -> None:
    """Set up Django for an environment, and fork a process for each request until the line is closed."""
    os.environ.clear()
    os.environ.update(env)
    os.chdir(PROJECT)
    import django

    django.setup()
    from django.core.management import get_commands, load_command_class

    importlib.import_module("sinkhub.admin_site.static").collect()  # before sinkhub.asgi lists the files
    for name in _MODULES:
        importlib.import_module(name)
    for name, app in get_commands().items():
        if app in _WITH_COMMANDS:
            load_command_class(app, name)
    gc.collect()
    gc.freeze()
    ended, wakes = socket.socketpair()
    for end in (ended, wakes):
        end.setblocking(False)
    signal.signal(signal.SIGCHLD, _ignore)
    signal.set_wakeup_fd(wakes.fileno(), warn_on_full_buffer=False)
    line.sendall(b'{"ready": true}\n')
    running: set[int] = set()
    while True:
        ready = select.select([line, ended], [], [])[0]
        if ended in ready:
            ended.recv(4096)
            while (end_of_one := _reap()) is not None:
                running.discard(end_of_one["ended"])
                line.sendall(json.dumps(end_of_one).encode() + b"\n")
        if line in ready:
            received = _receive(line, 3)
            if received is None:
                # The tests have ended or were killed: nothing else stops the processes that they started.
                for pid in running:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                return
            request, streams = received
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                for end in (line, ended, wakes):
                    end.close()
                _run(request["argv"], request["env"], streams, request["folder"])
            running.add(pid)
            for descriptor in streams:
                os.close(descriptor)
            line.sendall(json.dumps({"pid": pid}).encode() + b"\n")


def _ignore(number: int, frame: FrameType | None) -> None:
    """Ignore the signal, which only has to wake up the descriptor."""


def _reap() -> dict[str, int] | None:
    with suppress(ChildProcessError):
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid:
            return {"ended": pid, "status": status}
    return None


def _run(argv: Sequence[str], env: Mapping[str, str], streams: Sequence[int], folder: str) -> NoReturn:
    """Run `manage.py` with these arguments like a new process, and exit."""
    code = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for target, descriptor in enumerate(streams):
            os.dup2(descriptor, target)
            os.close(descriptor)
        os.environ.clear()
        os.environ.update(env)
        os.chdir(folder)
        sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)), encoding="utf-8")
        random.seed()
        tempfile.tempdir = None  # it may differ from that of the loaded process
        try:
            _read_settings_again()
        except Exception:  # a new program reports the error in its own way
            os.execve(sys.executable, [sys.executable, "manage.py", *argv], os.environ)
        sys.argv = ["manage.py", *argv]
        if argv[:1] in (["serve"], ["worker"]) and not {"--workers", "--worker"} & set(argv):
            _offer_writer()
        code = _exit_code()
        threading._shutdown()  # type: ignore[attr-defined]  # waits for non-daemon threads, as Python does at exit
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
    except BaseException:
        traceback.print_exc()
        code = 1
    finally:
        os._exit(code)


class _ForkedWriter:
    """A forked journal writer. It has the methods of `subprocess.Popen` that the journal uses."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float) -> int:
        until = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > until:
                raise subprocess.TimeoutExpired("writer", timeout)
            time.sleep(0.002)
        return code

    def kill(self) -> None:
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)


def _offer_writer() -> None:
    """Fork the journal's first writer before threads and connections exist; it waits for its socket."""
    from runs.journal import journal

    start_anew = journal.start_writer
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        try:
            ours.close()
            _be_writer(theirs)
        finally:
            os._exit(0)
    theirs.close()
    offered = [_ForkedWriter(pid)]

    def start_writer(line: socket.socket) -> Any:
        if not offered:
            return start_anew(line)
        socket.send_fds(ours, [b"\n"], [line.fileno()])
        ours.close()
        return offered.pop()

    journal.start_writer = start_writer


def _be_writer(offer: socket.socket) -> None:
    from runs.journal import writer

    for signal_number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signal_number, signal.SIG_IGN)
    _, descriptors, _, _ = socket.recv_fds(offer, 1, 1)
    offer.close()
    if descriptors:
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        sys.argv = ["runs.journal.writer", str(descriptors[0])]
        with suppress(OSError):  # not on Linux
            Path("/proc/self/comm").write_text("journal-writer")
        try:
            writer.main()
        except BaseException:
            traceback.print_exc()


def _exit_code() -> int:
    """Run manage.py as the main program, and return the exit code that Python would use."""
    try:
        runpy.run_path(str(PROJECT / "manage.py"), run_name="__main__")
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return (end.code or 0) & 0xFF
        print(end.code, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        traceback.print_exc()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def _read_settings_again() -> None:
    """
    Apply the settings of this process's environment to Django.

    Raises:
        ImproperlyConfigured: A setting is wrong.
    """
    from django.conf import settings
    from django.db import connections

    from tests.support.passwords import HASHERS

    sys.modules.pop("sinkhub.settings", None)
    read = importlib.import_module("sinkhub.settings")
    # One by one, since libraries have added their own defaults to the settings object.
    for name in filter(str.isupper, dir(read)):
        setattr(settings, name, getattr(read, name))
    settings.PASSWORD_HASHERS = HASHERS
    if hasattr(settings, "PROCRASTINATE_WORKER_DEFAULTS"):
        from procrastinate.contrib.django import procrastinate_app

        defaults: Any = settings.PROCRASTINATE_WORKER_DEFAULTS
        procrastinate_app.current_app.worker_defaults = defaults
    # Imported modules may have read the kind of database, which creates an unused connection object.
    for alias in connections:
        with suppress(AttributeError):
            del connections[alias]
    connections.__dict__.pop("settings", None)
    connections._settings = None  # type: ignore[attr-defined]


if __name__ == "__main__":
    serve_base(socket.socket(fileno=int(sys.argv[1])))
