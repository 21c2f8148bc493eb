"""`manage.py sinks listen`: at a hub's database and over its API, with a restart in between, until Ctrl+C."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.api_client import add_token, add_user
from tests.support.hub import PROGRAMS, PROJECT, Hub, Server, wait_until
from tests.support.signing import sign_as_github
from tests.support.web import web

_SECRET, _LOCAL = "signing-secret-4711", "local-secret-4711"
_BODY = b'{"order": 7}'


@contextmanager
def listening(hub: Hub, folder: Path, *args: str, **env: str) -> Iterator[Any]:
    """Yield the lines that a listener has printed so far, as a function; end it with Ctrl+C."""
    out, err = folder / "out.jsonl", folder / "err.txt"
    folder.mkdir()
    with out.open("w") as output, err.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "sinks", "listen", "--json", *args],
            cwd=PROJECT,
            env=hub.env(**env),
            stdout=output,
            stderr=errors,
            stdin=subprocess.DEVNULL,
        )
        try:
            wait_until(lambda: "Listening." in err.read_text() or process.poll() is not None, "the listener to start")
            yield lambda: [json.loads(line) for line in out.read_text().splitlines()]
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=30) == 0, err.read_text()
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    (folder / "summary.txt").write_text(err.read_text().splitlines()[-1])
    assert _SECRET not in out.read_text() + err.read_text()


def is_ready(server: Server) -> bool:
    try:
        return web.get(f"{server.url}/readyz").status_code == 200
    except httpx.HTTPError:
        return False


def _signed(secret: str) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in sign_as_github(secret, _BODY, 0).items()}


@pytest.mark.one_database
def test_deliveries_and_refusals_are_heard_once_and_forwarded(own_hub: Hub, tmp_path: Path) -> None:
    hub = own_hub
    hub.add_sinks(
        [
            {"path": "/signed", "workflow": "echo", "signature": "github", "secrets": [_SECRET]},
            # Where deliveries are forwarded to, by the same server.
            {"app_id": "app_local", "path": "/hook", "workflow": "echo", "signature": "github", "secrets": [_LOCAL]},
        ]
    )
    server = hub.start()
    add_user(hub, "listener")
    _, token = add_token(hub, "listener", "runs:read", "refusals:read", "sinks:read")
    address = f"{server.url}/app_test/signed"
    remote = ["--hub", server.url, "--token-env", "TOKEN"]
    local = ["--app", "app_test", "--forward", f"{server.url}/app_local/hook", "--secret-env", "LOCAL"]
    with (
        listening(hub, tmp_path / "local", *local, LOCAL=_LOCAL) as heard,
        listening(hub, tmp_path / "remote", *remote, "--sink", "app_test/signed", TOKEN=token) as heard_remotely,
    ):
        for _ in range(2):
            assert web.post(address, content=_BODY, headers=_signed(_SECRET)).status_code == 200
        assert web.post(address, content=_BODY, headers=_signed("wrong-secret")).status_code == 401
        wait_until(lambda: len(heard()) == len(heard_remotely()) == 3, "the deliveries and the refusal")
        server.stop()
        wait_until(lambda: "Connection lost" in (tmp_path / "remote" / "err.txt").read_text(), "the lost connection")
        hub.launch([part.format(port=server.port) for part in PROGRAMS["serve"]])
        wait_until(lambda: is_ready(server), "the new server")
        assert web.post(address, content=_BODY, headers=_signed(_SECRET)).status_code == 200
        wait_until(lambda: len(heard()) == len(heard_remotely()) == 4, "the delivery after the restart", seconds=40)
    for lines in (heard(), heard_remotely()):
        assert sorted(line["type"] for line in lines) == ["delivery"] * 3 + ["refusal"]
        assert len({(line["type"], line["id"]) for line in lines}) == 4
        assert {(line["app_id"], line["method"], line["path"]) for line in lines} == {("app_test", "POST", "/signed")}
    assert [line["forwarded"]["status"] for line in heard() if line["type"] == "delivery"] == [200] * 3
    assert "forwarded" not in next(line for line in heard() if line["type"] == "refusal")
    assert hub.query("SELECT count(*) FROM runs_run WHERE app_id = 'app_local'") == [(3,)]
    summary = "Deliveries: 3, refusals: 1, forwarded: 3, not forwarded because the receiver failed: 0."
    assert (tmp_path / "local" / "summary.txt").read_text() == summary
    assert (tmp_path / "remote" / "summary.txt").read_text() == "Deliveries: 3, refusals: 1."


@pytest.mark.one_database
def test_what_cannot_be_listened_to_is_said(own_hub: Hub) -> None:
    server = own_hub.start()
    for args, reason in (
        (["--hub", server.url, "--token", "shk_" + "x" * 43], "answers 401"),
        (["--hub", server.url], "--token-env"),
        (["--hub", "http://127.0.0.1:1", "--token", "x"], "does not answer"),
        (["--token", "x"], "--hub"),
        (["--forward", "localhost:3000"], "not a URL"),
        (["--secret-env", "NOWHERE"], "NOWHERE is not set"),
        (["--forward-refusals"], "--forward"),
        (["--app", "app_none"], "no app"),
    ):
        done = own_hub.manage("sinks", "listen", *args, check=False)
        assert (done.returncode, reason in done.stderr) == (1, True), done.stderr
