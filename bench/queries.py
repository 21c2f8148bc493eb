"""
`make bench-queries`: measure lists, filters and statistics of runs, on 100,000 runs and on a million.

Each query's time is the median of 7; the ratio compares the two databases in the same run.
"""

import argparse
import json
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from tests.support.hub import Hub

_FILL = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {runs})
INSERT INTO runs_run (id, app_id, source_id, workflow, options, timeout, status, attempt, executor_id, created_at,
    started_at, finished_at, duration, events)
SELECT printf('run_%012x%032x', {now} - ({runs} - i) * 200, i), 'app_' || (i % 20), i % 200,
    CASE WHEN i % 5000 THEN 'echo' ELSE 'rare' END, '{{}}', 300,
    CASE WHEN i % 50 THEN 'complete' WHEN i % 100 THEN 'error' ELSE 'cancelled' END, 1, 1, '2026-01-01 00:00:00',
    '2026-01-01 00:00:00', '2026-01-01 00:00:00', (i * 7919 % 1000) / 1000.0, 5 FROM n;
"""

# Prints, as JSON, the milliseconds of each query and the plans of its SQL.
_TIME = """
import json, time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from statistics import median
from django.db import connection
from runs.history.queries import Filter, page, stats
hour = datetime.now(UTC) - timedelta(hours=1)
queries = {
    "list, newest": lambda: page(Filter()),
    "list, the page after 500 pages": lambda: page(Filter(), deep),
    "list of an app": lambda: page(Filter(frozenset(["app_7"]))),
    "list of a sink": lambda: page(Filter(source_id=77)),
    "list of errors": lambda: page(Filter(statuses=frozenset(["error"]))),
    "list of errors of an app": lambda: page(Filter(frozenset(["app_0"]), statuses=frozenset(["cancelled"]))),
    "list of a rare workflow": lambda: page(Filter(workflow="rare")),
    "list of the last hour": lambda: page(Filter(created_from=hour)),
    "list of slow ones": lambda: page(Filter(least_duration=0.9995)),
    "statistics of the last hour": lambda: stats(Filter(created_from=hour)),
    "statistics of an app": lambda: stats(Filter(frozenset(["app_7"]))),
    "statistics of all": lambda: stats(Filter()),
}
deep = None
for _ in range(50):
    deep = page(Filter(), deep, 100).next or deep
plans = []
def explain(execute, sql, params, many, context):
    if sql.startswith("SELECT"):
        with closing(connection.connection.execute("EXPLAIN QUERY PLAN " + sql.replace("%s", "?"), params)) as rows:
            plans.extend(str(row[-1]) for row in rows.fetchall())
    return execute(sql, params, many, context)
told = {}
for name, query in queries.items():
    plans = []
    with connection.execute_wrapper(explain):
        query()
    took = []
    for _ in range(7):
        begun = time.perf_counter()
        query()
        took.append(1000 * (time.perf_counter() - begun))
    told[name] = [median(took), list(dict.fromkeys(plans))]
print(json.dumps(told))
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="make bench-queries", description="Lists and statistics of runs.")
    parser.add_argument("--runs", type=int, default=1_000_000, help="of the large database (%(default)s)")
    parser.add_argument("--few", type=int, default=100_000, help="of the small one (%(default)s)")
    options = parser.parse_args()
    few, many = _measure(options.few), _measure(options.runs)
    print(f"{'milliseconds, medians of 7':36} {options.few:>10,} {options.runs:>10,}  ratio")
    for name, (took, plans) in many.items():
        print(f"{name:36} {few[name][0]:10.2f} {took:10.2f} {took / few[name][0]:6.2f}")
        for plan in plans:
            print(f"    {plan}")


def _measure(runs: int) -> dict[str, tuple[float, list[str]]]:
    with tempfile.TemporaryDirectory(prefix="sinkhub-bench-") as folder:
        hub = Hub(Path(folder), f"sqlite:///{folder}/sinkhub.sqlite3")
        hub.manage("migrate", "-v0")
        with closing(sqlite3.connect(Path(folder) / "sinkhub.sqlite3")) as session:
            session.executescript(_FILL.format(runs=runs, now="unixepoch() * 1000"))
        figures: dict[str, tuple[float, list[str]]] = json.loads(hub.shell(_TIME).stdout)
        return figures


if __name__ == "__main__":
    main()
