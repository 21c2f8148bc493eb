"""The server of `manage.py serve`: uvicorn with an ordered shutdown, as one process or several."""

import asyncio
import gc
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from functools import partial
from types import FrameType
from typing import Any

import uvicorn
import uvloop
from django.conf import settings
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from sinkhub.lifecycle import service
from sinkhub.server.connection_limit import ConnectionLimit
from sinkhub.server.listening import refuse_handshakes
from sinkhub.server.open_files import max_connections, raise_file_limit
from sinkhub.server.protocol import Protocol

logger = logging.getLogger(__name__)

_NOT_STARTED = 3  # uvicorn's exit code of a server that could not start
_DRAIN_CHECK_SECONDS = 0.02


def drain_seconds() -> float:
    """Return how many seconds a stopping server waits for requests in progress."""
    return max(settings.DRAIN_IDLE_TIMEOUT, min(settings.HEAD_TIMEOUT, settings.GRACE_SECONDS))


async def _read_what_is_there() -> None:
    """Let the loop read received bytes: after a pause of this process, the loop runs its timers first."""
    for _ in range(3):
        await asyncio.sleep(0)


class Server(uvicorn.Server):
    """
    A server with an ordered shutdown: it stops listening, answers requests on open connections, lets the runs finish,
    closes the connections, and exits with 0.
    """

    _draining: asyncio.Task[None] | None = None
    _shares_listener = False  # with other processes, which keep listening
    watches_workflows = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._reload)
        if self.watches_workflows and service.parts is not None:
            service.parts.engine.reloader.watch()

    def _reload(self) -> None:
        if service.parts is not None:
            service.parts.engine.reloader.reload()

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        # Not asyncio's runner: it would wait forever for a workflow that ignores its cancellation.
        loop = uvloop.new_event_loop()
        asyncio.set_event_loop(loop)
        self._shares_listener = sockets is not None
        loop.run_until_complete(self.serve(sockets))
        if left := asyncio.all_tasks(loop):
            for task in left:
                task.cancel()
            loop.run_until_complete(asyncio.wait(left, timeout=settings.TASK_CANCEL_TIMEOUT))

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # Unlike uvicorn, do not raise the signal again: after an ordered shutdown, the exit code must be 0.
        asyncio.get_running_loop().call_soon_threadsafe(self._end, sig)

    def _end(self, sig: int) -> None:
        if self._draining is None:
            self._draining = asyncio.get_running_loop().create_task(self._drain())
        elif sig == signal.SIGINT:
            self.should_exit = self.force_exit = True  # a second Ctrl+C: now

    async def _drain(self) -> None:
        try:
            service.leave()
            await self._stop_listening()
            await self._await_requests()
            await service.drain()
        finally:
            self.should_exit = True

    async def _stop_listening(self) -> None:
        # If the socket is shared, the parent does this when all processes stop.
        if not self._shares_listener:
            for listener in [listening for server in self.servers for listening in server.sockets]:
                with socket.socket(fileno=os.dup(listener.fileno())) as same:
                    refuse_handshakes(same)
        await asyncio.sleep(settings.HANDSHAKE_TIMEOUT)
        await _read_what_is_there()
        for server in self.servers:
            server.close()
        for fields in (self.config.encoded_headers, self.server_state.default_headers):
            fields.append((b"connection", b"close"))

    async def _await_requests(self) -> None:
        """
        Wait for requests in progress: a client with an open connection may have sent a request. A proxy must not repeat
        a request that it has sent, so a request that is refused here is lost.
        """
        now = asyncio.get_running_loop().time()
        idle_until, until = now + settings.DRAIN_IDLE_TIMEOUT, now + drain_seconds()
        connections: Any = self.server_state.connections
        while now < until:
            waiting = [connection for connection in connections if connection.awaits_request]
            if not waiting or (now >= idle_until and all(connection.is_idle for connection in waiting)):
                break
            await asyncio.sleep(_DRAIN_CHECK_SECONDS)
            now = asyncio.get_running_loop().time()
        await _read_what_is_there()
        for connection in [connection for connection in connections if connection.is_idle]:
            connection.shutdown()


def serve(host: str, port: int, *, watch: bool = False) -> None:
    """
    Serve until SIGTERM or SIGINT. SIGHUP reloads the workflows.

    Args:
        host: An address or name to listen at.
        port: A TCP port; 0 lets the system choose.
        watch: Whether to reload the workflows when their files change.

    Raises:
        SystemExit: The server could not start.
    """
    _serve({"host": host, "port": port}, watch=watch)


def serve_with_workers(host: str, port: int, workers: int, *, watch: bool = False) -> None:
    """
    Run several server processes that share one listening socket, until SIGTERM or SIGINT. SIGHUP reloads the workflows.

    Args:
        host: An address or name to listen at.
        port: A TCP port; 0 lets the system choose.
        workers: How many processes.
        watch: Whether each reloads the workflows when their files change.

    Raises:
        SystemExit: The socket could not be bound, or the first processes could not start.
    """
    listener = uvicorn.Config("", host=host, port=port, log_config=None).bind_socket()
    if code := Workers(listener, workers, watch=watch).run():
        raise SystemExit(code)


def serve_as_worker(listener: int, parent: int, *, watch: bool = False) -> None:
    """
    Serve as one of several processes, until SIGTERM or the parent's end.

    Args:
        listener: The file descriptor of the listening socket.
        parent: The file descriptor of a pipe whose other end the parent holds.
        watch: Whether to reload the workflows when their files change.

    Raises:
        SystemExit: The server could not start.
    """
    for inherited in (listener, parent):
        os.set_inheritable(inherited, False)  # not for programs that workflows start
    threading.Thread(target=_end_with, args=(parent,), name="parent", daemon=True).start()
    _serve({}, [socket.socket(fileno=listener)], watch=watch)


def _end_with(parent: int) -> None:
    """Wait until the parent exits for any reason, and stop as on SIGTERM; exit by force if that takes too long."""
    os.read(parent, 1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(drain_seconds() + settings.GRACE_SECONDS + settings.PROCESS_EXIT_TIMEOUT)
    os._exit(1)


def _serve(address: dict[str, Any], sockets: list[socket.socket] | None = None, *, watch: bool) -> None:
    files = raise_file_limit()
    connections = max_connections(files)
    logger.info("connection limit: connections=%d files=%d", connections, files)
    if connections < settings.MAX_CONNECTIONS:
        logger.warning(
            "connection limit below MAX_CONNECTIONS, raise the limit of open files: max_connections=%d connections=%d",
            settings.MAX_CONNECTIONS,
            connections,
        )
    config: dict[str, Any] = {
        **address,
        "http": partial(Protocol, limit=ConnectionLimit(connections)),
        "ws": "none",
        "lifespan": "on",
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "interface": "asgi3",
        "proxy_headers": False,  # `_forwarded` instead
        "timeout_keep_alive": settings.KEEP_ALIVE_SECONDS,
        "timeout_graceful_shutdown": settings.CONNECTION_CLOSE_TIMEOUT,
    }
    from sinkhub.asgi import application

    server = Server(uvicorn.Config(_forwarded(application), **config))
    server.watches_workflows = watch
    # By default, the loop and the other threads (queries, plain `def` workflows) wait up to 5 ms for each other to
    # release the interpreter lock.
    sys.setswitchinterval(0.00005)
    # Loaded modules are never freed: exclude them from garbage collections, which pause the loop.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    server.run(sockets)
    if not server.started:
        raise SystemExit(_NOT_STARTED)


def _forwarded(application: Any) -> Any:
    """
    Apply a trusted proxy's X-Forwarded-* fields with uvicorn's middleware. Requests without such fields bypass it,
    since it parses the peer's address each time.
    """
    behind_proxy = ProxyHeadersMiddleware(application, os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1,::1"))

    def dispatch(scope: Any, receive: Any, send: Any) -> Any:
        for name, _ in scope.get("headers", ()):
            if name.startswith(b"x-forwarded-"):
                return behind_proxy(scope, receive, send)
        return application(scope, receive, send)

    return dispatch


class Workers:
    """
    The parent of several server processes: it starts them, replaces dead ones, and stops them.

    Each process is a new program, not a fork, so that it inherits no threads, locks or connections.
    """

    def __init__(self, listener: socket.socket, count: int, *, watch: bool = False) -> None:
        self._listener = listener
        self._watch = watch
        self._count = count
        # Nothing is written to the pipe: its end of file notifies a worker that this process exited, even by SIGKILL.
        self._life, self._held = os.pipe()
        self._running: list[subprocess.Popen[bytes]] = []
        self._signals: list[int] = []

    def run(self) -> int:
        """
        Keep the workers running until SIGTERM or SIGINT.

        Returns:
            The exit code: 0, or that of an initial worker that could not start.
        """
        for sign in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sign, lambda number, _: self._signals.append(number))
        signal.signal(signal.SIGHUP, lambda number, _: self._send(number))
        logger.info("serving: processes=%d address=%s port=%d", self._count, *self._listener.getsockname()[:2])
        if not settings.REDIS_URL:
            logger.info("REDIS_URL not set: streams read at another process lag by a second")
        first = [self._start() for _ in range(self._count)]
        code = 0
        next_start = 0.0
        while not (self._signals or code):
            time.sleep(settings.PROCESS_CHECK_INTERVAL)
            for worker in [process for process in self._running if process.poll() is not None]:
                self._running.remove(worker)
                if worker in first and worker.returncode == _NOT_STARTED:
                    code = _NOT_STARTED  # like a single process; later, the cause may only be a database that is away
                logger.error("process exited: pid=%d code=%d", worker.pid, worker.returncode)
            if len(self._running) < self._count and not (self._signals or code) and time.monotonic() >= next_start:
                self._start()
                next_start = time.monotonic() + settings.PROCESS_RESTART_INTERVAL
        self._end()
        return code

    def _start(self) -> "subprocess.Popen[bytes]":
        passed = (self._listener.fileno(), self._life)
        command = [sys.executable, str(settings.PROJECT / "manage.py"), "serve", "--worker", *map(str, passed)]
        command += ["--reload"] if self._watch else []
        worker = subprocess.Popen(command, pass_fds=passed)
        self._running.append(worker)
        logger.info("process started: pid=%d", worker.pid)
        return worker

    def _end(self) -> None:
        """Drain all processes, and wait until they exit; kill those that take too long."""
        refuse_handshakes(self._listener)
        self._listener.close()  # each process closes its own descriptor
        self._send(signal.SIGTERM)
        until = time.monotonic() + drain_seconds() + settings.GRACE_SECONDS + settings.PROCESS_EXIT_TIMEOUT
        handled = len(self._signals)
        while any(worker.poll() is None for worker in self._running):
            if len(self._signals) > handled and self._signals[-1] == signal.SIGINT:
                self._send(signal.SIGINT)  # a second Ctrl+C: now
            handled = len(self._signals)
            if time.monotonic() > until:
                logger.error("processes do not exit, killing them")
                self._send(signal.SIGKILL)
            time.sleep(settings.PROCESS_CHECK_INTERVAL)

    def _send(self, number: int) -> None:
        for worker in self._running:
            worker.send_signal(number)
