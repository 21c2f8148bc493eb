"""Queries of runs: complete, in order, and served by indexes alone."""

import json
from typing import Any

from tests.support.hub import Hub

_FILL = """
import json, random
from datetime import UTC, datetime, timedelta
from django.db import connection
from runs.models import Run
random.seed(4)
begin = 1_700_000_000_000
statuses = ["complete"] * 40 + ["error", "cancelled", "interrupted", "running", "queued"]
made = [
    Run(
        id=f"run_{begin + at * 1000:012x}{at:032x}", app_id=f"app_{random.randint(1, 3)}",
        source_id=random.randint(1, 6), workflow=random.choice(["echo", "echo", "demo"]), timeout=1, executor_id=1,
        status=(status := random.choice(statuses)), created_at=datetime.fromtimestamp(begin / 1000 + at, UTC),
        duration=None if status in ("running", "queued") else random.random(),
    )
    for at in range(NUMBER)
]
Run.objects.bulk_create(made, 500)  # PostgreSQL ends a session that pauses within a transaction
with connection.cursor() as cursor:
    cursor.execute("ANALYZE")
"""

# Compares every combination of filters, page by page, with the result of plain Python on the same runs.
_COMPARE = """
import itertools, json
from datetime import UTC, datetime
from runs.models import Run
from runs.history.queries import Filter, page, stats
runs = list(Run.objects.order_by("-id"))
time = lambda at: datetime.fromtimestamp(1_700_000_000 + at, UTC)
choices = {
    "app_ids": [None, frozenset(["app_1"]), frozenset(["app_1", "app_3"]), frozenset()],
    "source_id": [None, 3],
    "statuses": [(), ("error",), ("error", "cancelled"), ("running",), ("running", "error"), ("complete",),
                 ("complete", "error")],
    "workflow": ["", "demo"],
    "created": [(None, None), (time(300), time(1300)), (time(1490.5), None)],
    "least_duration": [None, 0.5],
}
wrong, pages = [], 0
for chosen in itertools.product(*choices.values()):
    fields = dict(zip(choices, chosen))
    begin, end = fields.pop("created")
    fields["statuses"] = frozenset(fields["statuses"])
    wanted = Filter(**fields, created_from=begin, created_to=end)
    expected = [
        run for run in runs
        if (wanted.app_ids is None or run.app_id in wanted.app_ids)
        and (wanted.source_id is None or run.source_id == wanted.source_id)
        and (not wanted.statuses or run.status in wanted.statuses)
        and (not wanted.workflow or run.workflow == wanted.workflow)
        and (begin is None or run.created_at >= begin) and (end is None or run.created_at < end)
        and (wanted.least_duration is None or (run.duration or -1) >= wanted.least_duration)
    ]
    found, before = [], None
    while True:
        part = page(wanted, before, 130, walked=230)
        pages += 1
        found += [run.pk for run in part.runs]
        before = part.next
        if before is None:
            break
    if found != [run.pk for run in expected]:
        wrong.append(str(wanted))
    figures = stats(wanted, "workflow")
    counts = {}
    for run in expected:
        counts[run.workflow] = counts.get(run.workflow, 0) + 1
    if (figures.runs, {name: group.runs for name, group in figures.groups.items()}) != (len(expected), counts):
        wrong.append(f"stats of {wanted}")
    # Where not all are counted, those are that are not older than it says.
    for most in (230, 830):  # 830: more than each app has, and fewer than two have
        figures = stats(wanted, counted=most)
        counted = [run for run in expected if figures.since and run.created_at >= figures.since]
        if figures.runs != len(counted) or not (figures.partial or figures.runs == len(expected)):
            wrong.append(f"stats of {most} of {wanted}")
print(json.dumps({"wrong": wrong, "pages": pages}))
"""

# Records the plans of queries that run within `connection.execute_wrapper(explain)`.
EXPLAINING = """
import itertools, json
from datetime import UTC, datetime
from django.db import connection
from runs.history.queries import Filter, page, stats
plans = []
# So many that no database thinks of reading them all.
names = ["source_id", "workflow", "options", "timeout", "status", "attempt", "executor_id", "created_at",
         "duration", "events"]
with connection.cursor() as cursor:
    for copy in range(16):
        # And of so many apps that it looks into an index for each only where it is asked to.
        app = "app_id" if copy % 2 else f"app_id || '_{copy}'"
        cursor.execute(
            f"INSERT INTO runs_run (id, app_id, {', '.join(names)}) SELECT substr(id, 1, 46) || 'g{copy:x}', {app}, "
            f"{', '.join(names)} FROM runs_run WHERE substr(id, 47, 1) <> 'g'"
        )
    # As autovacuum does, by and by: whether a row is visible is then known without reading it.
    cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")
def explain(execute, sql, params, many, context):
    if sql.startswith("SELECT"):
        with connection.connection.cursor() as cursor:
            explained = cursor.execute("EXPLAIN " + sql, params)
            plans.append([sql, [str(row[-1]) for row in explained.fetchall()]])
    return execute(sql, params, many, context)
if connection.vendor == "sqlite":
    from contextlib import closing
    connection.ensure_connection()
    def explain(execute, sql, params, many, context):
        if sql.startswith("SELECT"):
            with closing(connection.connection.execute("EXPLAIN QUERY PLAN " + sql.replace("%s", "?"), params)) as rows:
                plans.append([sql, [str(row[-1]) for row in rows.fetchall()]])
        return execute(sql, params, many, context)
"""
_EXPLAIN = f"""{EXPLAINING}
since = datetime.fromtimestamp(1_700_003_000, UTC)
with connection.execute_wrapper(explain):
    for apps, source, statuses, begin in itertools.product(
        [None, frozenset(["app_1"])], [None, 3], [(), ("error",), ("running",), ("complete",)], [None, since]
    ):
        wanted = Filter(apps, source, frozenset(statuses), created_from=begin)
        page(wanted, size=20)
        stats(wanted, counted=500)
print(json.dumps(plans))
"""


def asked(hub: Hub, script: str) -> Any:
    """Return the JSON that a script in the hub's shell prints."""
    return json.loads(hub.shell(script).stdout)


def fill(hub: Hub, number: int = 6000) -> None:
    """Insert runs of all kinds into the database, one per second."""
    hub.shell(_FILL.replace("NUMBER", str(number)))


def test_every_filter_finds_what_it_means_page_by_page_and_nothing_else(own_hub: Hub) -> None:
    fill(own_hub, 1500)
    result = asked(own_hub, _COMPARE)
    assert result["wrong"] == []
    assert result["pages"] > 800


def test_every_query_is_answered_by_an_index_without_a_sort(own_hub: Hub) -> None:
    fill(own_hub)
    plans = asked(own_hub, _EXPLAIN)
    assert len(plans) > 60
    for sql, plan in plans:
        if " IN (%s" in sql and "ORDER BY" not in sql:
            continue  # reads the rows of a page by their ids
        explained = "\n".join(plan)
        assert "Index" in explained or "INDEX" in explained, f"{sql}\n{explained}"
        # Small sets may be sorted: unfinished runs, and those of a bounded part of an index.
        bounded = " IN (%s" in sql or sql.startswith("SELECT id, status, duration")
        few = "status IN ('queued', 'running')" in sql or (bounded and own_hub.database_url.startswith("postgres"))
        for bad in ("Seq Scan", "SCAN runs_run\n", *(() if few else ("Sort", "TEMP B-TREE", "Bitmap"))):
            assert bad not in explained, f"{sql}\n{explained}"
