"""Tallies: ends of runs, and deliveries without a run, are counted by time, each exactly once; and their summaries."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.integration.test_run_queries import asked, fill
from tests.processes.test_workers import site as with_workers  # noqa: F401 - a fixture
from tests.processes.test_workers import start_worker, trigger_async
from tests.support.hub import Hub, Server, wait_until
from tests.support.proxy import before_database
from tests.support.web import web

_TOKEN = "bearer-token-4711"
_SINKS: list[dict[str, Any]] = [
    {"path": "/echo", "workflow": "echo", "body_limit": 1000},
    {"path": "/other", "workflow": "echo", "app_id": "app_other"},
    {"path": "/raises", "workflow": "raises"},
    {"path": "/late", "workflow": "steps", "options": {"count": 9, "pause": 9.0}, "timeout": 0.2},
    {"path": "/long", "workflow": "steps", "options": {"count": 9, "pause": 9.0}},
    {"path": "/once", "workflow": "once", "options": {"pause": 60.0}},
    {"path": "/guarded", "workflow": "echo", "auth_token": _TOKEN},
    {"path": "/filtered", "workflow": "echo", "filter": "body.wanted"},
]

# Compares the tallies with the runs: for each span, by source, by app, and in total.
_DIFFERENCE = """
import json
from collections import Counter
from runs.models import Run, Tally
from runs.history.tallies import ENDS, KEPT
runs, tallies, started = Counter(), Counter(), Counter()
for run in Run.objects.filter(status__in=ENDS):
    for span in KEPT:
        at = int(run.finished_at.timestamp()) // span * span
        for source_id, app_id in ((run.source_id, run.app_id), (0, run.app_id), (0, "")):
            runs[span, at, source_id, app_id, run.status, bool(run.duration)] += 1
for row in Tally.objects.all():
    status, _, bucket = row.kind.partition(":")
    if status in ENDS:
        tallies[row.span, row.at, row.source_id, row.app_id, status, bool(bucket)] += row.count
statuses = Counter(Run.objects.values_list("status", flat=True))
print(json.dumps([statuses, [list(map(str, (runs - tallies).items())), list(map(str, (tallies - runs).items()))]]))
"""
# Deliveries that started no run, in total and by their sinks' paths.
_WITHOUT_RUN = """
import json
from runs.history.summaries import Period, hours, summary
from sinks.models import Sink
ids = dict(Sink.objects.values_list("pk", "path"))
counts = {}
for source_id in (None, *ids):
    totals = summary(Period.DAY, source_id=source_id).totals
    counts[ids.get(source_id, "")] = [totals.refusals, totals.apart]
    if source_id:
        assert sum(hours([source_id])[source_id].refused) == totals.refused
print(json.dumps(counts))
"""


def _counted(hub: Hub, where: str) -> int:
    """Return a count from the hourly tallies of all apps."""
    rows = hub.query(
        f"SELECT sum(count) FROM runs_tally WHERE span = 3600 AND source_id = 0 AND app_id = '' AND {where}"
    )
    return int(rows[0][0] or 0)


def _statuses(hub: Hub) -> list[str]:
    return [status for (status,) in hub.query("SELECT status FROM runs_run ORDER BY id")]


@pytest.fixture
def hub_with_sinks(own_hub: Hub) -> Hub:
    own_hub.environment["GRACE_SECONDS"] = "1"
    own_hub.add_sinks([dict(sink) for sink in _SINKS])
    return own_hub


def test_each_run_is_counted_once_whichever_way_it_ends(hub_with_sinks: Hub) -> None:
    hub = hub_with_sinks
    server = hub.start()

    def start_run(path: str) -> str:
        answer = web.post(f"{server.url}{path}", headers={"Prefer": "respond-async"})
        return str(answer.json()["run_id"])

    start_run("/app_test/once")
    wait_until(lambda: _statuses(hub) == ["running"], "the run to be recorded")
    server.kill()
    server = hub.start()
    wait_until(lambda: _statuses(hub) == ["interrupted"], "the run to be called interrupted")
    echo = start_run("/app_test/echo")
    for path in ("/app_test/echo", "/app_other/other", "/app_test/raises", "/app_test/raises", "/app_test/late"):
        start_run(path)
    hub.manage("runs", "cancel", start_run("/app_test/long"))
    wait_until(lambda: "running" not in _statuses(hub), "the runs to end")
    left = start_run("/app_test/long")
    assert server.stop() == 0
    assert hub.query(f"SELECT status FROM runs_run WHERE id = '{left}'") == [("running",)]
    # One run is left to the next server; a queued replay is cancelled before it executes.
    hub.manage("runs", "cancel", hub.manage("runs", "replay", echo).stdout.strip())
    server = hub.start()
    wait_until(lambda: _statuses(hub).count("cancelled") == 2, "the replay to be cancelled")
    hub.manage("runs", "cancel", left)
    wait_until(lambda: not {"running", "queued"} & set(_statuses(hub)), "all runs to be over")
    assert server.stop() == 0
    assert asked(hub, _DIFFERENCE) == [{"complete": 3, "error": 3, "cancelled": 3, "interrupted": 1}, [[], []]]


def test_runs_of_workers_are_counted_once_and_attempts_that_others_follow_are_not(
    with_workers: Hub,  # noqa: F811
) -> None:
    hub = with_workers
    server = hub.start()
    cancelled = trigger_async(server, "/where")
    hub.manage("runs", "cancel", cancelled)
    wait_until(lambda: _statuses(hub) == ["cancelled"], "the queued run to be cancelled")
    workers = [start_worker(hub), start_worker(hub)]
    for path in ("/retried", "/fails", "/where", "/here", "/raises"):
        trigger_async(server, path)
    wait_until(lambda: not {"running", "queued"} & set(_statuses(hub)), "all runs to be over")
    # Processes count a run's end once its record is confirmed; a stopping process waits for that.
    assert [process.stop() for process in (server, *workers)] == [0, 0, 0]
    assert hub.query("SELECT attempt FROM runs_run WHERE status = 'complete' ORDER BY attempt") == [(1,), (1,), (3,)]
    assert asked(hub, _DIFFERENCE) == [{"complete": 3, "error": 2, "cancelled": 1}, [[], []]]


def test_a_server_that_ends_in_good_order_loses_nothing(hub_with_sinks: Hub) -> None:
    for _ in range(2):
        server = hub_with_sinks.start()
        with httpx.Client(base_url=server.url, timeout=60) as client:
            for _ in range(20):
                assert client.post("/app_test/echo").status_code == 200
            for _ in range(3):
                assert client.post("/app_test/guarded").status_code == 401
        assert server.stop() == 0
    assert asked(hub_with_sinks, _DIFFERENCE) == [{"complete": 40}, [[], []]]
    assert _counted(hub_with_sinks, "kind = 'refused:token'") == 6


def test_two_servers_add_up_while_they_run(hub_with_sinks: Hub) -> None:
    servers = hub_with_sinks.start(), hub_with_sinks.start()

    def trigger(n: int) -> int:
        return web.post(f"{servers[n % 2].url}/app_test/{'echo' if n % 4 < 2 else 'guarded'}").status_code

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(trigger, range(200))) == [200] * 100 + [401] * 100
    wait_until(lambda: _counted(hub_with_sinks, "kind LIKE 'complete%'") == 100, "the runs")
    wait_until(lambda: _counted(hub_with_sinks, "kind = 'refused:token'") == 100, "the refusals")


# Counts for many sources, in different orders, once another process is ready to do the same.
_ADD = """
import asyncio, sys, time
from datetime import UTC, datetime
from pathlib import Path
from runs.history.tallies import Tallies
folder, own, other = Path(%r), %r, %r
async def main():
    (folder / own).touch()
    until = time.monotonic() + 60
    while not (folder / other).exists() and time.monotonic() < until:
        await asyncio.sleep(0.01)
    for turn in range(5):
        tallies = Tallies()
        sources = list(range(1, 301))
        for source_id in sources if own == "a" else reversed(sources):
            tallies.ended("app_test", source_id, "complete", str(datetime.now(UTC)), 0.001)
        await tallies.stop()
asyncio.run(main())
"""


def test_two_processes_add_to_the_same_rows_at_once_and_neither_is_in_the_others_way(own_hub: Hub) -> None:
    def add(own: str, other: str) -> str:
        script = _ADD % (str(own_hub.folder), own, other)
        return own_hub.shell(script).stderr

    with ThreadPoolExecutor(2) as pool:
        errors = list(pool.map(add, "ab", "ba"))
    assert "cannot be recorded" not in "".join(errors)
    by_source = own_hub.query("SELECT source_id, sum(count) FROM runs_tally WHERE span = 86400 GROUP BY source_id")
    assert {source_id: int(count) for source_id, count in by_source} == {0: 6000, **dict.fromkeys(range(1, 301), 10)}


def test_deliveries_that_start_no_run_are_counted_by_why(hub_with_sinks: Hub) -> None:
    server = hub_with_sinks.start()
    echo, guarded, filtered = (f"{server.url}/app_test{path}" for path in ("/echo", "/guarded", "/filtered"))
    for _ in range(2):
        assert web.post(guarded).status_code == 401
        assert web.post(echo, headers={"Idempotency-Key": "k"}).status_code == 200
    assert web.post(echo, headers={"Idempotency-Key": "k"}, content=b"other").status_code == 409
    for _ in range(3):
        assert web.post(echo, content=b"x" * 1001).status_code == 413
    web.post(filtered, json={"wanted": False})
    assert server.stop() == 0
    counts = asked(hub_with_sinks, _WITHOUT_RUN)
    assert counts[""] == [{"size": 3, "token": 2, "conflict": 1}, {"filtered": 1, "repeated": 1}]
    assert list(counts[""][0]) == ["size", "token", "conflict"]  # highest count first
    assert counts["/echo"] == [{"size": 3, "conflict": 1}, {"repeated": 1}]
    assert counts["/guarded"] == [{"token": 2}, {}]
    assert counts["/filtered"] == [{}, {"filtered": 1}]
    assert counts["/long"] == [{}, {}]


def test_what_the_database_does_not_take_is_kept_until_it_does(hub_with_sinks: Hub) -> None:
    hub = hub_with_sinks
    rename = "from django.db import connection; connection.cursor().execute('ALTER TABLE {} RENAME TO {}')"
    server = hub.start()
    hub.shell(rename.format("runs_tally", "hidden"))
    for _ in range(3):
        assert web.post(f"{server.url}/app_test/echo").status_code == 200
        assert web.post(f"{server.url}/app_test/guarded").status_code == 401
    wait_until(lambda: "tallies not written" in server.log(), "the outage to be seen")
    assert web.post(f"{server.url}/app_test/echo").status_code == 200
    hub.shell(rename.format("hidden", "runs_tally"))
    wait_until(lambda: _counted(hub, "kind LIKE 'complete%'") == 4, "the runs")
    assert _counted(hub, "kind = 'refused:token'") == 3
    wait_until(lambda: "tallies written again" in server.log(), "it to be said")
    assert asked(hub, _DIFFERENCE) == [{"complete": 4}, [[], []]]


def test_a_database_that_is_away_and_comes_back_loses_nothing(make_hub: Callable[[str], Hub]) -> None:
    hub = make_hub("postgresql")
    hub.add_sinks([dict(sink) for sink in _SINKS])
    proxy, url = before_database(hub.database_url)
    try:
        server = hub.start(DATABASE_URL=url)
        assert web.post(f"{server.url}/app_test/echo").status_code == 200
        wait_until(lambda: _counted(hub, "kind LIKE 'complete%'") == 1, "the first run")
        # An unconfirmed flush is repeated. A later count shows that the run's is confirmed: flushes do not overlap.
        assert web.post(f"{server.url}/app_test/filtered", json={"wanted": False}).status_code == 200
        wait_until(lambda: _counted(hub, "kind = 'filtered'") == 1, "a delivery that was counted after it")
        proxy.cut()
        for _ in range(30):
            assert web.post(f"{server.url}/app_test/guarded").status_code == 401
        assert web.post(f"{server.url}/app_test/echo").status_code == 503
        wait_until(lambda: "tallies not written" in server.log(), "the outage to be seen")
        proxy.restore()
        wait_until(lambda: _triggered(server), "the server to take runs again")
        assert server.stop() == 0
        assert _counted(hub, "kind = 'refused:token'") == 30
        assert _counted(hub, "kind = 'refused:unavailable'") >= 1
        assert asked(hub, _DIFFERENCE) == [{"complete": 2}, [[], []]]
    finally:
        hub.stop()
        proxy.close()


def _triggered(server: Server) -> bool:
    return web.post(f"{server.url}/app_test/echo").status_code == 200


_TOO_MUCH = """
import asyncio, json, time
from datetime import UTC, datetime
from django.conf import settings
from django.db import connection
from runs.history import tallies
from runs.models import Tally
tallies._MAX_ROWS, settings.TALLY_FLUSH_INTERVAL = 50, 0.05
class Heard(tallies.logging.Handler):
    messages = []
    def emit(self, record):
        self.messages.append(record.getMessage())
tallies.logger.addHandler(Heard())
def rename(old, new):
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {old} RENAME TO {new}")
    connection.close()
async def main():
    await asyncio.to_thread(rename, "runs_tally", "hidden")
    counting = tallies.Tallies()
    for source_id in range(1, 21):
        counting.ended("app_test", source_id, "complete", str(datetime.now(UTC)), 0.001)
    until = time.monotonic() + 60
    while not any("dropped" in message for message in Heard.messages) and time.monotonic() < until:
        await asyncio.sleep(0.01)
    await asyncio.to_thread(rename, "hidden", "runs_tally")
    await counting.stop()
asyncio.run(main())
print(json.dumps([Tally.objects.filter(span=span).count() for span in (60, 3600, 86400)]))
"""


def test_what_waits_for_a_database_is_bounded_and_minutes_are_given_up_first(own_hub: Hub) -> None:
    assert asked(own_hub, _TOO_MUCH) == [6, 22, 22]  # twenty sources, their app, and all apps


_OLD_AND_NEW = """
import time
from runs.models import Tally
from runs.history.tallies import KEPT
now = int(time.time())
Tally.objects.bulk_create(
    [
        Tally(span=span, at=now - age, source_id=source_id, app_id="app_test", kind="complete:003", count=1)
        for span, kept in KEPT.items() for age in (0, kept - 3600, kept + 3600) for source_id in range(1, 601)
    ],
    500,
)
"""


def test_what_is_past_its_time_is_deleted_and_nothing_else(own_hub: Hub) -> None:
    own_hub.shell(_OLD_AND_NEW)
    rows = "SELECT count(*) FROM runs_tally"
    assert own_hub.query(rows) == [(5400,)]
    own_hub.manage("runs", "prune", "--accept-clock")
    own_hub.start(PRUNE_EVERY_SECONDS="1")
    wait_until(lambda: own_hub.query(rows) == [(3600,)], "the old rows to go")
    own_hub.stop()
    assert own_hub.query(f"{rows} WHERE at < (SELECT max(at) FROM runs_tally) - 8 * 86400") == [(0,)]
    by_span = own_hub.query("SELECT span, count(*) FROM runs_tally GROUP BY span ORDER BY span")
    assert [tuple(row) for row in by_span] == [(60, 1200), (3600, 1200), (86400, 1200)]


# Compares the summaries of runs that ended in the last nine days with plain Python. A source with a lower number is
# faster, so that buckets cannot change the ranking.
_COMPARE = """
import asyncio, itertools, json, random, time
from collections import Counter
from datetime import UTC, datetime, timedelta
from runs.history.summaries import Period, hours, ranking, summary
from runs.history.tallies import ENDS, Tallies
random.seed(4)
now = datetime.now(UTC)
made = []
for _ in range(6000):
    ago = random.choice([3600, 7200, 86400, 9 * 86400]) * random.random()
    source_id = random.choice([None, 1, 2, 3, 4, 5, 6])
    app_id = f"app_{(source_id or 1) % 3}"
    status = random.choices(ENDS, [40, 2 * (source_id or 1), 2, 1])[0]
    seconds = 0.0 if status == "interrupted" else 0.0004 * 5 ** (source_id or 1) * random.uniform(1, 2)
    made.append((app_id, source_id, status, now - timedelta(seconds=ago), seconds))
async def main():
    tallies = Tallies()
    for app_id, source_id, status, at, seconds in made:
        tallies.ended(app_id, source_id, status, str(at), seconds)
    await tallies.stop()
asyncio.run(main())
wrong = []
def check(label, actual, expected):
    if actual != expected:
        wrong.append(f"{label}: {actual} and not {expected}")
def near(label, actual, expected, error):
    if actual is None or expected is None:
        check(label, actual, expected)
    elif not expected / (error + 0.01) <= actual <= expected * (error + 0.01):
        wrong.append(f"{label}: {actual} is far from {expected}")
def of(since, apps, source_id=None):
    return [run for run in made if run[3].timestamp() >= since and (apps is None or run[0] in apps)
            and (source_id is None or run[1] == source_id)]
def quantile(runs, part):
    durations = sorted(run[4] for run in runs if run[4])
    return durations[int(part * len(durations))] if durations else None
def floor(span):
    return int(now.timestamp()) // span * span
def counts(runs):
    found = Counter(run[2] for run in runs)
    return [found["complete"], found["error"] + found["interrupted"], found["cancelled"], 0]
some = [None, frozenset(["app_1"]), frozenset(["app_1", "app_2"]), frozenset()]
points = {Period.HOUR: (60, 60), Period.DAY: (3600, 24), Period.WEEK: (3600, 168)}
for period, apps, source_id in itertools.product(Period, some, [None, 4]):
    span, count = points[period]
    since = floor(span) - (count - 1) * span
    runs = of(since, apps, source_id)
    actual = summary(period, apps, source_id, now=now)
    label = f"{period} {apps} {source_id}"
    check(f"statuses of {label}", actual.totals.statuses, {end: sum(run[2] == end for run in runs) for end in ENDS})
    check(f"success of {label}", actual.totals.success, counts(runs)[0] / len(runs) if runs else None)
    near(f"p50 of {label}", actual.totals.p50, quantile(runs, 0.5), 1 + 1 / 16 if source_id is None else 1.25)
    near(f"p95 of {label}", actual.totals.p95, quantile(runs, 0.95), 1 + 1 / 16 if source_id is None else 1.25)
    times = range(since, since + count * span, span)
    check(f"times of {label}", [int(point.at.timestamp()) for point in actual.points], list(times))
    for point, at in zip(actual.points, times):
        within = [run for run in runs if at <= run[3].timestamp() < at + span]
        expected = counts(within)
        check(f"{at} of {label}", [point.complete, point.failed, point.cancelled, point.refused], expected)
for period, apps in itertools.product(Period, some):
    span, count = {**points, Period.WEEK: (86400, 7)}[period]
    runs = [run for run in of(floor(span) - (count - 1) * span, apps) if run[1]]
    actual = ranking(period, apps, most=3, now=now)
    there = sorted({run[1] for run in runs}, reverse=True)
    check(f"slowest of {period} {apps}", [source.source_id for source in actual.slowest], there[:3])
    failed = Counter(run[1] for run in runs if run[2] in ("error", "interrupted"))
    check(f"failing of {period} {apps}", [source.totals.failed for source in actual.failing],
          [count for _, count in failed.most_common(3)])
    for source in actual.failing:
        check(f"{source.source_id} of {period} {apps}", [source.app_id, source.totals.failed],
              [f"app_{source.source_id % 3}", failed[source.source_id]])
    check("few", ranking(period, apps, least=10_000, now=now).slowest, ())
actual = hours([1, 4, 99], now=now)
check("sources", sorted(actual), [1, 4, 99])
for source_id, series in actual.items():
    for place in range(24):
        at = floor(3600) - (23 - place) * 3600
        runs = [run for run in of(at, None, source_id) if run[3].timestamp() < at + 3600]
        expected = counts(runs)[:2]
        check(f"hour {place} of {source_id}", [series.ok[place], series.failed[place]], expected)
print(json.dumps(wrong))
"""


def test_summaries_say_what_the_runs_came_to_in_their_periods(own_hub: Hub) -> None:
    assert asked(own_hub, _COMPARE) == []


_PRESENT = """
import asyncio, json
from datetime import UTC, datetime, timedelta
from runs.models import Run
from runs.history.summaries import Hours, hours, last_deliveries, present
from runs.history.tallies import Tallies
now = datetime.now(UTC).replace(second=30)
def add(at, source_id, status, app_id="app_1"):
    milliseconds = int(at.timestamp() * 1000)
    Run.objects.create(id=f"run_{milliseconds:012x}{Run.objects.count():032x}", app_id=app_id, source_id=source_id,
                       workflow="echo", timeout=1, executor_id=1, status=status, created_at=at)
times = {1: now - timedelta(days=40), 2: now - timedelta(seconds=5)}
add(times[1] - timedelta(days=1), 1, "complete")
add(times[1], 1, "error")
for age in (5, 100):
    add(now - timedelta(seconds=age), 2, "running")
for _ in range(3):
    add(now - timedelta(days=1), 2, "queued", "app_2")
for age in (50, 60, 70, 80):
    add(now - timedelta(seconds=age), 2, "waiting")
async def main():
    tallies = Tallies()
    for minutes, count in ((0, 1000), (1, 10), (2, 15), (5, 5), (6, 1000)):
        for _ in range(count):
            tallies.ended("app_1", 2, "complete", str(now - timedelta(minutes=minutes)), 0.001)
    await tallies.stop()
asyncio.run(main())
def figures(*filters):
    counted = present(*filters, now=now)
    return [counted.running, counted.queued, counted.waiting, counted.partial, counted.per_minute]
last = last_deliveries([2, 1, 99])
assert sorted(last) == [1, 2], last
assert all(abs((last[source_id] - times[source_id]).total_seconds()) < 0.01 for source_id in last), last
assert last_deliveries([]) == {} and hours([]) == {}
assert hours([99]) == {99: Hours((0,) * 24, (0,) * 24, (0,) * 24)}
print(json.dumps([figures(), figures(frozenset(["app_1"])), figures(frozenset(["app_2"]), 2), figures(None, 1),
                  figures(frozenset())]))
"""


def test_what_goes_on_now_is_counted_and_when_each_sink_had_its_last_delivery(own_hub: Hub) -> None:
    everything, app, source_in_app, source, nothing = asked(own_hub, _PRESENT)
    assert everything == [2, 3, 4, False, 6.0]
    assert app == [2, 0, 4, False, 6.0]
    assert source_in_app == [0, 3, 0, False, 0.0]
    assert source == nothing == [0, 0, 0, False, 0.0]


_MANY = """
import time
from django.db import connection
from runs.history.tallies import KEPT
now = int(time.time())
numbers = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 200) "
kinds = "(SELECT 'complete:002' AS kind UNION ALL SELECT 'complete:005' UNION ALL SELECT 'error:009') k"
with connection.cursor() as cursor:
    for span, kept in KEPT.items():
        for age in range(0, kept, span):
            at = now // span * span - age
            for source, app, some in (("i", "'app_' || (i % 9)", "i > 0"), ("0", "'app_' || i", "i < 9"),
                                      ("0", "''", "i = 0")):
                cursor.execute(
                    f"{numbers} INSERT INTO runs_tally (span, at, source_id, app_id, kind, count)"
                    f" SELECT {span}, {at}, {source}, {app}, kind, 9 FROM n, {kinds} WHERE {some}"
                )
    cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")
"""
_EXPLAIN = """
import itertools, json
from contextlib import closing
from django.db import connection
from runs.history.summaries import Period, hours, last_deliveries, present, ranking, summary
plans, calls = [], 0
connection.ensure_connection()
def explain(execute, sql, params, many, context):
    if connection.vendor == "sqlite":
        with closing(connection.connection.execute("EXPLAIN QUERY PLAN " + sql.replace("%s", "?"), params)) as rows:
            plans.append([sql, [str(row[-1]) for row in rows.fetchall()]])
    else:
        with connection.connection.cursor() as cursor:
            # Of a table as small as this one a quarter is read faster without one: is there an index for it?
            cursor.execute("SET enable_seqscan = off")
            plans.append([sql, [str(row[-1]) for row in cursor.execute("EXPLAIN " + sql, params).fetchall()]])
    return execute(sql, params, many, context)
with connection.execute_wrapper(explain):
    for period, apps, source_id in itertools.product(Period, [None, frozenset(["app_1", "app_2"])], [None, 7]):
        summary(period, apps, source_id)
        ranking(period, apps)
        present(apps, source_id)
        calls += 4
    hours(range(1, 101))
    last_deliveries(range(1, 101))
    calls += 2
print(json.dumps([calls, plans]))
"""


def test_summaries_are_read_by_indexes_alone_and_in_few_statements(own_hub: Hub) -> None:
    fill(own_hub)
    own_hub.shell(_MANY)
    calls, plans = asked(own_hub, _EXPLAIN)
    assert len(plans) == calls
    for sql, plan in plans:
        explained = "\n".join(plan)
        index = (
            "runs_tally" if "FROM runs_tally" in sql else "runs_open" if "GROUP BY status" in sql else "runs_of_source"
        )
        assert f"{index}_" in explained or index in explained, f"{sql}\n{explained}"
        assert "Seq Scan" not in explained, f"{sql}\n{explained}"
        for line in plan:
            assert "SCAN runs_tally" not in line, f"{sql}\n{explained}"
            assert line != "SCAN runs_run", f"{sql}\n{explained}"
