"""Shutdown: a stopping server answers all clients that have connected, and refuses new connections at once."""

import http.client
import json
import signal
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from cluster.processes import free_port
from tests.support.hub import Hub, Server, wait_until, wait_until_ready
from tests.support.web import web

pytestmark = pytest.mark.processes

_REQUEST = b"POST /app_test/echo HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\nContent-Length: 2\r\n\r\n{}"


@pytest.fixture
def site(make_hub: Callable[[str], Hub]) -> Iterator[Hub]:
    hub = make_hub("sqlite")
    hub.add_sinks([{"path": "/echo"}])
    yield hub
    hub.close()


def _connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=60)


def is_refused(port: int) -> bool:
    """Return whether nothing listens on a port of the loopback address."""
    # A timeout means that the server still listens, but ignores handshakes; callers try again.
    with socket.socket() as client:
        client.settimeout(0.2)
        try:
            client.connect(("127.0.0.1", port))
        except ConnectionRefusedError:
            return True
        except TimeoutError:
            pass
    return False


def _answer(client: socket.socket) -> tuple[int, str | None]:
    """Return the status and the Connection field of an answer."""
    with closing(http.client.HTTPResponse(client)) as answer:
        answer.begin()
        answer.read()
        return answer.status, answer.getheader("connection")


@pytest.mark.parametrize("processes", [1, 2])
def test_requests_on_the_connections_there_are_are_answered_and_new_connections_refused(
    site: Hub, processes: int
) -> None:
    long = {"DRAIN_IDLE_TIMEOUT": "600", "HEAD_TIMEOUT": "600", "HANDSHAKE_TIMEOUT": "0.1", "GRACE_SECONDS": "600"}
    more = ["--workers", "2"] if processes > 1 else []
    server = site.launch(["manage.py", "serve", "--host", "127.0.0.1", "--port", "{port}", *more], **long)
    wait_until_ready(server)
    with _connect(server.port) as new, _connect(server.port) as used, _connect(server.port) as begun:
        used.sendall(_REQUEST)
        assert _answer(used) == (200, None)
        begun.sendall(_REQUEST[:20])
        server.terminate()
        wait_until(lambda: is_refused(server.port), "new connections are not refused")
        begun.sendall(_REQUEST[20:])
        for client in (new, used):
            client.sendall(_REQUEST)
        assert [_answer(client) for client in (new, used, begun)] == [(200, "close")] * 3
    assert server.process.wait(timeout=60) == 0


def test_a_connection_on_which_nothing_comes_does_not_keep_the_server(site: Hub) -> None:
    server = site.start(HEAD_TIMEOUT="600", GRACE_SECONDS="600")
    with _connect(server.port) as idle:
        server.terminate()
        assert idle.recv(1) == b""
    assert server.process.wait(timeout=60) == 0


def test_a_server_that_ends_is_not_ready(site: Hub) -> None:
    server = site.start(DRAIN_IDLE_TIMEOUT="600", HEAD_TIMEOUT="600", GRACE_SECONDS="600")
    with _connect(server.port) as client:
        server.terminate()
        wait_until(lambda: is_refused(server.port), "new connections are not refused")
        client.sendall(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with closing(http.client.HTTPResponse(client)) as answer:
            answer.begin()
            assert answer.status == 503
            assert json.loads(answer.read())["executor"] == "shutting down"
    assert server.process.wait(timeout=60) == 0


class _Proxy:
    """A reverse proxy for POSTs: it tries the next server only if one cannot be reached."""

    def __init__(self, ports: list[int]) -> None:
        self.statuses: Counter[int | str] = Counter()
        self._ports = ports
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._send, args=(first,)) for first in range(8)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _send(self, turn: int) -> None:
        while not self._stopping.is_set():
            turn += 1
            self.statuses[self._post(turn)] += 1

    def _post(self, turn: int) -> int | str:
        for place in range(len(self._ports)):
            try:
                client = _connect(self._ports[(turn + place) % len(self._ports)])
            except ConnectionRefusedError:
                continue
            try:
                with client:
                    client.sendall(_REQUEST)
                    return _answer(client)[0]
            except (OSError, http.client.HTTPException) as error:
                return type(error).__name__
        return "none"


def test_a_rolling_restart_refuses_nobody(site: Hub) -> None:
    ports = [free_port(), free_port()]

    def start(port: int) -> Server:
        command = ["manage.py", "serve", "--host", "127.0.0.1", "--port", str(port)]
        # On a loaded machine, a client may pause between connecting and sending its request.
        server = site.launch(command, DRAIN_IDLE_TIMEOUT="5")
        server.port = port
        wait_until_ready(server)
        return server

    servers = [start(port) for port in ports]
    proxy = _Proxy(ports)
    try:
        for _ in range(3):
            for place, port in enumerate(ports):
                before = proxy.statuses[200]
                servers[place].process.send_signal(signal.SIGTERM)
                assert servers[place].process.wait(timeout=60) == 0
                servers[place] = start(port)
                wait_until(lambda before=before: proxy.statuses[200] > before + 20, "nobody is answered")  # type: ignore[misc]
    finally:
        proxy.stop()
    assert set(proxy.statuses) == {200}
    [(recorded,)] = site.query("SELECT count(*) FROM runs_run")
    assert recorded == proxy.statuses[200]
    assert web.get(f"{servers[0].url}/readyz").status_code == 200
