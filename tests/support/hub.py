"""A SinkHub installation in its own folder: its database, its settings and its server processes."""

import atexit
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import httpx
import psycopg

from cluster.processes import free_port
from tests.support.preloaded import CannotLoad, ForkedProcess, Preloaded
from tests.support.web import web

PROJECT = Path(__file__).resolve().parent.parent.parent

PRELOADED = Preloaded()
Process = subprocess.Popen[bytes] | ForkedProcess

# Shorter than in production, so that tests wait less; `make soak` tests with the production values. Deadlines of a live
# process (for a heartbeat, or a broken lock) leave room for a busy machine.
SHORT_INTERVALS = {
    "LOCK_CHECK_INTERVAL": "0.25",
    "RECOVERY_INTERVAL": "0.75",
    "RUN_CHECK_INTERVAL": "0.5",
    "LET_GO_TIMEOUT": "0.3",
    "WORKFLOW_CHECK_INTERVAL": "0.1",
    "START_RETRY_INTERVAL": "0.2",
    "WORKER_HEARTBEAT_INTERVAL": "0.3",
    "WORKER_SILENCE_TIMEOUT": "4",
    "JOB_POLL_INTERVAL": "0.3",
    "JOB_ABORT_POLL_INTERVAL": "0.3",
    "STALLED_JOB_CHECK_INTERVAL": "0.3",
    "CLAIM_RETRY_INTERVAL": "0.3",
    "RUN_END_CHECK_INTERVAL": "0.3",
    "JOB_STATEMENT_RETRY_INTERVAL": "0.2",
    "JOURNAL_RETRY_INTERVAL": "0.3",
    "TALLY_FLUSH_INTERVAL": "0.3",
    "REFUSAL_FLUSH_INTERVAL": "0.3",
    "SINK_REFRESH_INTERVAL": "0.25",
    "STREAM_KEEP_ALIVE_INTERVAL": "2",
    "STREAM_CHECK_INTERVAL": "0.4",
    "STREAM_POLL_INTERVAL": "0.3",
    "HINT_REQUEST_INTERVAL": "1",
    "FOLLOW_POLL_INTERVAL": "0.1",
    "RUN_LIST_REFRESH_INTERVAL": "0.5",
    "RUN_PAGE_REFRESH_INTERVAL": "0.5",
    "OVERVIEW_REFRESH_INTERVAL": "1",
    "HANDSHAKE_TIMEOUT": "0.02",
    "DRAIN_IDLE_TIMEOUT": "0.1",
    "CONNECTION_CLOSE_TIMEOUT": "2",
    "PROCESS_RESTART_INTERVAL": "0.3",
}

# The command of each server program.
PROGRAMS = {
    "serve": ["manage.py", "serve", "--host", "127.0.0.1", "--port", "{port}"],
    "runserver": ["manage.py", "runserver", "--noreload", "127.0.0.1:{port}"],
    "daphne": ["-m", "daphne", "-b", "127.0.0.1", "-p", "{port}", "sinkhub.asgi:application"],
    "uvicorn": ["-m", "uvicorn", "--port", "{port}", "sinkhub.asgi:application"],
    "granian": ["-m", "granian", "--interface", "asgi", "--port", "{port}", "sinkhub.asgi:application"],
}

# Creates several at once; the database checks that no other sink has the URL.
_CREATE_SINKS = """
import json, sys
from django.db import transaction
from sinks.routing import paths
from sinks.models import App, Sink
with transaction.atomic():
    apps, sinks = {}, []
    for fields in json.load(sys.stdin):
        app_id = fields.pop("app_id", "app_test")
        if app_id not in apps:
            apps[app_id] = App.objects.get_or_create(app_id=app_id)[0]
        sink = Sink(app=apps[app_id], workflow=fields.pop("workflow", "echo"))
        for name, value in fields.items():
            setattr(sink, name, value)
        sink.shape = paths.shape(sink.path)
        sink.clean_fields(exclude=["app"])
        sinks.append(sink)
    Sink.objects.bulk_create(sinks)
"""


class _PostgreSQLSession:
    """Keeps the connection to the last queried database, since tests query one many times."""

    def __init__(self) -> None:
        self._url = ""
        self._session: psycopg.Connection[Any] | None = None
        self._lock = threading.Lock()
        atexit.register(self.close)

    def query(self, url: str, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query to a database."""
        with self._lock:
            if self._session is None or self._session.closed or self._url != url:
                self.close()
                self._url, self._session = url, psycopg.connect(url, autocommit=True)
            return self._session.execute(sql).fetchall()

    def close(self) -> None:
        """Close the connection."""
        if self._session is not None:
            self._session.close()
            self._session = None


_LAST_ASKED = _PostgreSQLSession()


@dataclass
class Server:
    """A running server process."""

    process: Process
    port: int
    log_file: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def log(self) -> str:
        """Return the log so far."""
        return self.log_file.read_text()

    def terminate(self) -> None:
        """Send SIGTERM, without waiting for the exit."""
        self.process.send_signal(signal.SIGTERM)

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """Send SIGSTOP, and SIGCONT at the end of the block."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """Send SIGKILL, and wait for the exit."""
        self.process.kill()
        self.process.wait(timeout=30)

    def stop(self) -> int:
        """Send SIGTERM, and return the exit code."""
        if self.process.poll() is None:
            self.terminate()
        try:
            return self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.kill()
            raise


@dataclass
class Hub:
    """An installation. Its files are in `folder`; `servers` are the servers that were not stopped yet."""

    folder: Path
    database_url: str
    environment: dict[str, str] = field(default_factory=dict)
    servers: list[Server] = field(default_factory=list)

    def env(self, **more: str) -> dict[str, str]:
        """Return the environment of its processes."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if name in {"PATH", "HOME", "LANG", "TMPDIR"} or name.startswith("COVERAGE_")
        }
        own = {
            "SINKHUB_VAR": str(self.folder),
            "STATIC_ROOT": str(PROJECT / ".pytest_cache" / "static"),  # collected once for all servers
            "DATABASE_URL": self.database_url,
            "DJANGO_SETTINGS_MODULE": "sinkhub.settings",
            "PYTHONPATH": str(PROJECT),
            "PYTHONUNBUFFERED": "1",
        }
        intervals = {} if os.environ.get("TEST_INTERVALS") == "shipped" else SHORT_INTERVALS
        return kept | intervals | own | self.environment | more

    def manage(self, *args: str, stdin: str = "", check: bool = True, **env: str) -> "subprocess.CompletedProcess[str]":
        """Run a manage.py command to its end; with `check`, raise unless it exits with 0."""
        done = self._run(args, stdin, self.env(**env))
        if check and done.returncode != 0:
            raise AssertionError(
                f"manage.py {' '.join(args)} exited with {done.returncode}:\n{done.stdout}{done.stderr}"
            )
        return done

    def shell(
        self, code: str, *, stdin: str = "", check: bool = True, **env: str
    ) -> "subprocess.CompletedProcess[str]":
        """Run Python code in `manage.py shell` to its end, as `manage` runs a command."""
        return self.manage("shell", "--no-imports", "-v0", "-c", code, stdin=stdin, check=check, **env)

    def _run(self, args: Sequence[str], stdin: str, env: dict[str, str]) -> "subprocess.CompletedProcess[str]":
        with ExitStack() as files:
            input_file, out, err = (files.enter_context(tempfile.TemporaryFile()) for _ in range(3))
            input_file.write(stdin.encode())
            input_file.seek(0)
            try:
                process = PRELOADED.start(args, env, [input_file.fileno(), out.fileno(), err.fileno()])
            except CannotLoad:
                return self.run(*args, stdin=stdin, env=env)
            try:
                code = process.wait(timeout=280)
            finally:
                process.kill()
            for file in (out, err):
                file.seek(0)
            return subprocess.CompletedProcess(list(args), code, out.read().decode(), err.read().decode())

    def run(self, *args: str, stdin: str = "", env: dict[str, str]) -> "subprocess.CompletedProcess[str]":
        """Run a manage.py command as a new program, as an operator's shell does, and return the result."""
        return subprocess.run(
            [sys.executable, "manage.py", *args],
            cwd=PROJECT,
            env=env,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def add_sinks(self, sinks: Iterable[dict[str, Any]]) -> None:
        """Create sinks from dicts: fields of `sinks.models.Sink`, `auth_token`, and `app_id` (default: app_test)."""
        self.shell(_CREATE_SINKS, stdin=json.dumps(list(sinks)))

    def add_workflows(self, **modules: str) -> None:
        """Use workflows of this hub's own from now on: by the name of its module, the code of each."""
        folder = self.folder / "workflows"
        folder.mkdir()
        for name, code in modules.items():
            (folder / f"{name}.py").write_text(code)
        self.environment["SINKHUB_WORKFLOWS"] = str(folder)

    def remove_workflow(self, path: str) -> None:
        """Let the sinks of this path name a workflow that is not installed."""
        self.shell(f"from sinks.models import Sink; Sink.objects.filter(path={path!r}).update(workflow='removed')")

    def add_admin(self) -> None:
        """Create the superuser that `tests.support.browser.sign_in` uses."""
        self.manage(
            "createsuperuser",
            "--noinput",
            "--username",
            "admin",
            "--email",
            "admin@example.com",
            DJANGO_SUPERUSER_PASSWORD="correct horse",
        )

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query, sent directly to the database."""
        if self.database_url.startswith("sqlite"):
            with closing(sqlite3.connect(self.database_url.removeprefix("sqlite:///"), timeout=30)) as session:
                return session.execute(sql).fetchall()
        return _LAST_ASKED.query(self.database_url, sql)

    @contextmanager
    def uncommitted(self, sql: str) -> Iterator[Callable[[], bool]]:
        """
        Execute a statement whose transaction commits at the end of the block.

        Yields:
            A function that returns whether another session waits for the transaction; on SQLite, which cannot tell,
            whether 0.5 s have passed.
        """
        if self.database_url.startswith("sqlite"):
            with closing(
                sqlite3.connect(self.database_url.removeprefix("sqlite:///"), isolation_level=None)
            ) as session:
                session.execute("BEGIN IMMEDIATE")
                session.execute(sql)
                begun = time.monotonic()
                yield lambda: time.monotonic() > begun + 0.5
                session.execute("COMMIT")
            return
        with psycopg.connect(self.database_url) as holder, psycopg.connect(self.database_url, autocommit=True) as other:
            holder.execute(sql)
            blocked = "SELECT 1 FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid))"
            yield lambda: bool(other.execute(blocked, [holder.info.backend_pid]).fetchall())

    def copy_of_a_sink(self, path: str, to: str) -> str:
        """Return SQL that copies the sink at a path to another path."""
        names = [name for name in self.columns("sinks_sink") if name != "id"]
        values = [f"'{to}'" if name in {"path", "shape"} else name for name in names]
        copied = f"SELECT {', '.join(values)} FROM sinks_sink WHERE path = '{path}'"
        return f"INSERT INTO sinks_sink ({', '.join(names)}) {copied}"

    def columns(self, table: str) -> list[str]:
        """Return the names of a table's columns."""
        if self.database_url.startswith("sqlite"):
            return [row[0] for row in self.query(f"SELECT name FROM pragma_table_info('{table}')")]
        return [
            row[0]
            for row in self.query(f"SELECT column_name FROM information_schema.columns WHERE table_name = '{table}'")
        ]

    def runs(self) -> int:
        """Return the number of recorded runs."""
        return int(self.query("SELECT count(*) FROM runs_run")[0][0])

    def start(self, program: str = "serve", *, wait: bool = True, **env: str) -> Server:
        """
        Start a server on a free port.

        Args:
            program: One of PROGRAMS.
            wait: Whether to wait until it is ready.
            env: Additional environment variables; `{port}` in them is replaced by the port.
        """
        server = self.launch(PROGRAMS[program], **env)
        if wait:
            wait_until_ready(server)
        return server

    def launch(self, command: list[str], **env: str) -> Server:
        """Start Python with these arguments as a server of this hub; `{port}` is replaced by a free port."""
        port = free_port()
        env = {name: value.replace("{port}", str(port)) for name, value in env.items()}
        log_file = self.folder / f"server-{port}.log"
        arguments = [part.format(port=port) for part in command]
        with log_file.open("wb") as log:
            server = Server(self._start(arguments, self.env(**env), log), port, log_file)
        self.servers.append(server)
        return server

    def _start(self, arguments: list[str], env: dict[str, str], log: IO[bytes]) -> Process:
        name, *rest = arguments
        if name == "manage.py" and rest[0] != "runserver":
            with suppress(CannotLoad), Path(os.devnull).open() as nothing:
                return PRELOADED.start(rest, env, [nothing.fileno(), log.fileno(), log.fileno()])
        return subprocess.Popen(
            [sys.executable, *arguments], cwd=PROJECT, env=env, stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )

    def stop(self) -> None:
        """Stop every running server in order."""
        for server in self.servers:
            server.stop()
        self.servers.clear()

    def close(self) -> None:
        """Kill every running server; if coverage is measured, stop it in order, so that its data is saved."""
        for server in self.servers:
            if "COVERAGE_PROCESS_CONFIG" in os.environ:
                server.stop()
            else:
                server.kill()
        self.servers.clear()


def wait_until(holds: Callable[[], Any], message: str, seconds: float = 120) -> None:
    """Poll until `holds` returns a true value; fail with `message` after `seconds`."""
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, message
        time.sleep(0.05)


def wait_until_ready(server: Server, seconds: float = 120.0) -> None:
    """Wait until `/readyz` answers 200; raise if the server exits or is not ready in time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if server.process.poll() is not None:
            raise AssertionError(f"the server ended with {server.process.returncode}:\n{server.log()}")
        try:
            if web.get(f"{server.url}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"the server is not ready after {seconds:g} s:\n{server.log()}")
