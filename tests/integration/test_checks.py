"""`manage.py check --deploy`: warnings about settings that are safe only on a local machine."""

import tempfile
from pathlib import Path

import pytest

from tests.support.hub import Hub

pytestmark = pytest.mark.one_database

TOKEN = "a-token-4711"
_KEY = "k3y-" + "abcdefghijklmnopqrstuvwxyz0123456789" * 2
_PUBLIC = {"SECRET_KEY": _KEY, "ALLOWED_HOSTS": "hub.example.com", "HTTPS": "1"}
_EXECUTORS = """
from runs.models import Executor
for host in {!r}:
    Executor.objects.create(host=host, pid=1)
"""


@pytest.fixture(autouse=True)
def _key(own_hub: Hub) -> None:
    own_hub.environment["SECRET_KEY"] = _KEY


def check(hub: Hub, **env: str) -> str:
    """Return the output of the checks."""
    done = hub.manage("check", "--deploy", check=False, **env)
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def test_nothing_is_said_of_an_installation_that_is_as_it_should_be(own_hub: Hub) -> None:
    own_hub.add_sinks([{"path": "/open"}, {"path": "/strong", "auth_token": "oXu2Wc0Qm7b1Zr8t_K5vL3aP"}])
    assert check(own_hub, **_PUBLIC) == "System check identified no issues (2 silenced).\n"


def test_a_weak_token_is_named_by_its_sink(own_hub: Hub) -> None:
    own_hub.add_sinks(
        [
            {"app_id": "app_a", "path": "/short", "auth_token": TOKEN},
            {"app_id": "app_a", "path": "/same", "auth_token": "x" * 40},
        ]
    )
    output = check(own_hub, **_PUBLIC)
    assert "(sinkhub.W004) The tokens of these sinks are too weak: POST:app_a/same, POST:app_a/short." in output
    assert "manage.py sinks rotate-token 'POST:app_a/same'" in output
    assert TOKEN not in output
    # A server that listens only on this machine is still public behind a proxy.
    assert "W004" in check(own_hub, **_PUBLIC | {"ALLOWED_HOSTS": "localhost"})


def test_a_public_address_without_https_or_with_debug_is_said(own_hub: Hub) -> None:
    output = check(own_hub, **_PUBLIC | {"HTTPS": "", "DEBUG": "1"})
    assert "(sinkhub.W001) Passwords are sent unencrypted: HTTPS is not enabled." in output
    assert "(sinkhub.W002) DEBUG shows settings and code to everyone." in output
    assert "sinkhub.W001" in check(own_hub, **_PUBLIC | {"HTTPS": "", "ALLOWED_HOSTS": "localhost", "HOST": "0.0.0.0"})


def test_a_token_of_another_secret_key_is_said(own_hub: Hub) -> None:
    own_hub.add_sinks([{"app_id": "app_a", "path": "/a", "auth_token": "oXu2Wc0Qm7b1Zr8t_K5vL3aP"}])
    output = check(own_hub, **_PUBLIC | {"SECRET_KEY": f"{_KEY}other"})
    assert "(sinkhub.W005) The token of POST:app_a/a was encrypted with another SECRET_KEY" in output


@pytest.mark.both_databases
@pytest.mark.parametrize("hosts", [["one"], ["one", "one"], ["one", "two"]])
def test_several_servers_want_what_they_share(own_hub: Hub, hosts: list[str]) -> None:
    hub, on_sqlite = own_hub, own_hub.database_url.startswith("sqlite")
    hub.shell(_EXECUTORS.format(hosts))
    output = check(hub, **_PUBLIC)
    assert ("(sinkhub.W006) Several machines use one SQLite database (one, two)" in output) == (
        on_sqlite and len(set(hosts)) > 1
    )
    assert ("(sinkhub.W007) 2 server processes or workers are running" in output) == (len(hosts) > 1)
    assert "sinkhub.W007" not in check(hub, **_PUBLIC, REDIS_URL="redis://127.0.0.1:1")


def test_a_database_that_is_not_there_is_said(own_hub: Hub) -> None:
    away = "postgres://nobody@127.0.0.1:1/nothing"
    output = check(own_hub, **_PUBLIC | {"DATABASE_URL": away})
    assert "(sinkhub.W003) The sinks and servers cannot be read from the database: " in output


def test_files_of_an_older_version_that_others_can_read_are_named(own_hub: Hub) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        folder.chmod(0o755)
        for file in ("sinkhub.sqlite3", "sinkhub.sqlite3-wal"):
            (folder / file).touch()
        (folder / "sinkhub.sqlite3").chmod(0o644)
        (folder / "sinkhub.sqlite3-wal").chmod(0o640)
        output = check(own_hub, **_PUBLIC | {"DATABASE_URL": f"sqlite:///{folder}/sinkhub.sqlite3"})
        assert f"(sinkhub.W008) Other users of this machine can read {folder}/sinkhub.sqlite3." in output
        assert f"chmod 600 {folder}/sinkhub.sqlite3\n" in output
        folder.chmod(0o700)
        assert "W008" not in check(own_hub, **_PUBLIC | {"DATABASE_URL": f"sqlite:///{folder}/sinkhub.sqlite3"})
