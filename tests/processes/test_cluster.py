"""A SinkHub of several processes: `python -m cluster`, and the variables that docker-compose.yml requires."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from httpx_sse import connect_sse

from cluster.processes import free_port
from tests.support.hub import PROJECT, wait_until
from tests.support.web import received, web

pytestmark = pytest.mark.processes


class Cluster:
    """`python -m cluster` in its own folder."""

    def __init__(self, folder: Path, **env: str) -> None:
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}}
        self.folder = folder
        self.port = free_port(together=2)
        self.log_file = folder / "log"
        with self.log_file.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "cluster"],
                cwd=PROJECT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=kept | {"SINKHUB_VAR": str(folder), "PORT": str(self.port), "GRACE_SECONDS": "1"} | env,
            )

    def log(self) -> str:
        return self.log_file.read_text()

    def url(self, number: int) -> str:
        return f"http://127.0.0.1:{self.port + number}"

    def wait_until_ready(self) -> None:
        wait_until(lambda: "\nReady. Press" in self.log() or self.process.poll() is not None, "it does not get ready")
        assert self.process.poll() is None, self.log()

    def processes(self) -> dict[int, str]:
        """Return the command lines of all processes that use its folder, by pid. Redis has it as working directory."""
        found = {}
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                command, environment = (entry / "cmdline").read_bytes(), (entry / "environ").read_bytes()
                directory = os.readlink(entry / "cwd").encode()
            except OSError:
                continue  # exited meanwhile
            if str(self.folder).encode() in command + environment + directory:
                found[int(entry.name)] = command.replace(b"\0", b" ").decode()
        return found


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Cluster]]:
    """Return a function that starts a cluster in the test's folder, and waits until it is ready."""
    started: list[Cluster] = []

    def start(**env: str) -> Cluster:
        cluster = Cluster(tmp_path, **env)
        started.append(cluster)
        cluster.wait_until_ready()
        return cluster

    yield start
    for cluster in started:
        if cluster.process.poll() is None:
            cluster.process.terminate()
            cluster.process.wait(timeout=60)


def _last_event(url: str) -> dict[str, object]:
    with httpx.Client(timeout=30) as client, connect_sse(client, "GET", url) as source:
        events = [json.loads(event.data) for event in received(source)]
    assert [event["type"] for event in events[:-1]].count("progress") == 4
    last: dict[str, object] = events[-1]
    return last


def test_a_run_of_one_server_is_followed_at_another_and_nothing_is_left(start: Callable[..., Cluster]) -> None:
    cluster = start()
    answer = web.post(f"{cluster.url(0)}/app_demo/slow", headers={"Prefer": "respond-async"}, content=b"{}").json()
    assert _last_event(f"{cluster.url(1)}/runs/{answer['run_id']}/events")["type"] == "complete"
    running = cluster.processes()
    assert sum("redis-server" in command for command in running.values()) == 1
    assert sum("manage.py worker" in command for command in running.values()) == 1
    assert sum("postgres -D" in command for command in running.values()) == 1
    cluster.process.send_signal(signal.SIGTERM)
    assert cluster.process.wait(timeout=30) == 0, cluster.log()
    assert cluster.processes() == {}
    assert not (cluster.folder / "cluster" / "postgresql" / "postmaster.pid").exists()
    log = cluster.log()
    assert (
        log.index("Application shutdown complete") < log.index("User requested shutdown") < log.index("All processes")
    )


def test_where_one_process_dies_all_end_and_it_says_so(start: Callable[..., Cluster]) -> None:
    cluster = start(SERVERS="1", WORKERS="0")
    [server] = [pid for pid, command in cluster.processes().items() if f"--port {cluster.port}" in command]
    os.kill(server, signal.SIGKILL)
    assert cluster.process.wait(timeout=30) == 1
    assert "server-1 exited with code -9; stopping all processes." in cluster.log()
    assert cluster.processes() == {}


def test_docker_compose_wants_nothing_that_is_not_documented() -> None:
    text = (PROJECT / "docker-compose.yml").read_text()
    manual = (PROJECT / "docs" / "operations.md").read_text()
    wanted = set(re.findall(r"\$\{([A-Z_]+):?\?", text))
    assert wanted == {"SECRET_KEY", "POSTGRES_PASSWORD"}
    assert not re.findall(r"\$\{[A-Z_]+\}|\$[A-Z_]", text), "one has neither a default nor a message"
    assert {name for name in wanted if f"`{name}`" not in manual} == set()


def test_docker_compose_nginx_and_the_image_agree() -> None:
    """Compare the files' references to each other, as text."""
    compose = (PROJECT / "docker-compose.yml").read_text()
    nginx = (PROJECT / "deploy" / "nginx.conf").read_text()
    dockerfile = (PROJECT / "Dockerfile").read_text()
    anchors, aliases = (set(re.findall(rf"(?<=[\s:]){sign}(\w+)", compose)) for sign in (r"&", r"\*"))
    assert aliases and aliases <= anchors
    assert "\t" not in compose
    [proxy] = re.findall(r"ipv4_address: (\S+)", compose)
    assert f"FORWARDED_ALLOW_IPS: {proxy} " in compose
    [gateway] = re.findall(r"gateway: (\S+)", compose)
    assert f"set_real_ip_from {gateway};" in nginx
    assert nginx.count("{") == nginx.count("}")
    for name in re.findall(r"^COPY (\w\S*) ", dockerfile, re.MULTILINE):
        assert (PROJECT / name).exists()
        assert f"\n!{name}\n" in (PROJECT / ".dockerignore").read_text()
