"""The statement with which workers fetch jobs: procrastinate's order, without reading all waiting jobs."""

import random
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from procrastinate.sql import queries
from psycopg.rows import dict_row

from runs.workers.fetching import FETCH_JOB
from tests.support.hub import Hub

pytestmark = pytest.mark.postgresql

_NEXT = {"queues": None, "worker_id": None}
_LATER, _DUE = "now() + interval '1 hour'", "now() - interval '1 hour'"


@pytest.fixture(scope="module")
def hub(make_hub: Callable[[str], Hub]) -> Hub:
    return make_hub("postgresql")


@pytest.fixture
def session(hub: Hub) -> Iterator[psycopg.Connection[dict[str, Any]]]:
    """A session whose transaction is rolled back."""
    with psycopg.connect(hub.database_url, row_factory=dict_row) as session:
        yield session
        session.rollback()


def _add(session: psycopg.Connection[Any], job_id: int, **values: Any) -> None:
    columns = {"queue_name": "runs", "task_name": "runs.execute", "status": "todo", "priority": 0} | values
    scheduled = columns.pop("scheduled_at", "NULL")
    names = ", ".join(columns)
    places = ", ".join(f"%({name})s" for name in columns)
    session.execute(
        f"INSERT INTO procrastinate_jobs (id, scheduled_at, {names}) VALUES ({job_id}, {scheduled}, {places})", columns
    )


def _fetch(session: psycopg.Connection[dict[str, Any]], statement: str, queues: list[str] | None = None) -> int | None:
    row = session.execute(statement, _NEXT | {"queues": queues}).fetchone()
    return row["id"] if row else None


def _fetch_all(session: psycopg.Connection[dict[str, Any]], statement: str, seed: int) -> list[int | None]:
    """Fetch until no job is left, and finish some jobs meanwhile; roll everything back. Return the fetched ids."""
    chance = random.Random(seed)
    fetched: list[int | None] = []
    with session.transaction(force_rollback=True):
        while len(fetched) < 60 and fetched[-3:] != [None] * 3:
            job_id = _fetch(session, statement)
            fetched.append(job_id)
            done = [
                fetched_id
                for fetched_id in fetched
                if fetched_id is not None and (job_id is None or chance.random() < 0.3)
            ]
            session.execute("UPDATE procrastinate_jobs SET status = 'succeeded' WHERE id = ANY(%s)", [done])
    return fetched


@pytest.mark.parametrize("seed", range(40))
def test_jobs_are_given_in_the_order_of_procrastinate(session: psycopg.Connection[dict[str, Any]], seed: int) -> None:
    chance = random.Random(seed)
    for job_id in range(1, chance.randint(2, 16)):
        lock = chance.choice([None, "sink-1-0", "sink-1-1", "sink-2-0", "author's", f"run-{job_id}"])
        scheduled = chance.choice(["NULL", "NULL", _DUE, _LATER])
        _add(session, job_id, lock=lock, priority=chance.choice([0, 0, 5, -1]), scheduled_at=scheduled)
    ours = _fetch_all(session, FETCH_JOB, seed)
    assert ours == _fetch_all(session, queries["fetch_job"], seed)


def test_only_jobs_of_the_queues_that_are_asked_for_are_given(session: psycopg.Connection[dict[str, Any]]) -> None:
    _add(session, 1, queue_name="other")
    _add(session, 2, queue_name="other", lock="sink-1-0")
    _add(session, 3, queue_name="other", scheduled_at=_DUE)
    assert _fetch(session, FETCH_JOB, ["runs"]) is None
    assert _fetch(session, FETCH_JOB, ["runs", "other"]) == 1


def test_a_job_that_another_worker_is_taking_is_left_to_it(
    session: psycopg.Connection[dict[str, Any]], hub: Hub
) -> None:
    _add(session, 1)
    _add(session, 2)
    session.commit()
    try:
        session.execute("SELECT FROM procrastinate_jobs WHERE id = 1 FOR UPDATE")
        with psycopg.connect(hub.database_url, row_factory=dict_row) as other:
            assert _fetch(other, FETCH_JOB) == 2
            other.rollback()
    finally:
        session.rollback()
        session.execute("DELETE FROM procrastinate_jobs")
        session.commit()


def _blocks(plan: dict[str, Any]) -> int:
    return int(plan["Shared Hit Blocks"]) + int(plan["Shared Read Blocks"])


@pytest.mark.parametrize("limited", [True, False], ids=["of-a-limited-sink", "that-pause"])
def test_many_jobs_that_cannot_be_executed_yet_cost_the_next_one_nothing(
    session: psycopg.Connection[dict[str, Any]], limited: bool
) -> None:
    session.execute("TRUNCATE procrastinate_jobs CASCADE")  # also removes remains of other tests from its indexes
    rows = "queue_name, task_name, status, lock, scheduled_at"
    if limited:
        values = "'runs', 'runs.execute', 'todo', 'sink-1-' || n % 2, NULL::timestamptz"
    else:
        values = f"'runs', 'runs.execute', 'todo', 'run-' || n, {_LATER}"
    session.execute(f"INSERT INTO procrastinate_jobs ({rows}) SELECT {values} FROM generate_series(1, 20000) n")
    session.execute("ANALYZE procrastinate_jobs")  # the database does this by itself after many changes
    while _fetch(session, FETCH_JOB) is not None:
        pass  # jobs that take the locks of the others
    _add(session, 1_000_000)
    plan = session.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {FETCH_JOB}", _NEXT).fetchone()
    assert plan is not None
    # Blocks of the indexes, the table and the triggers; the 20,000 jobs fill more than 400 blocks of the table alone.
    assert _blocks(plan["QUERY PLAN"][0]["Plan"]) < 200
    assert session.execute("SELECT status FROM procrastinate_jobs WHERE id = 1000000").fetchone() == {"status": "doing"}


_FETCH_WITH_NEWS = """
import asyncio, json
from procrastinate.contrib.django import app
from procrastinate.sql import queries
from runs.workers.connector import Connector
from runs.workers.tasks import execute

notified = asyncio.Event()

class Late(Connector):
    is_late = False

    async def execute_query_all_async(self, query, **arguments):
        rows = await super().execute_query_all_async(query, **arguments)
        if self.is_late:
            self.is_late = False
            assert rows == []
            await execute.defer_async(run_id="run_late")
            await notified.wait()
        return rows

async def note(*, channel, payload):
    assert json.loads(payload)["type"] == "job_inserted"
    notified.set()

async def main():
    late = Late(lambda worker: None)
    await late.open_async()
    listening = asyncio.create_task(late.listen_notify(note, ["procrastinate_any_queue_v1"]))
    listens = "SELECT FROM pg_stat_activity WHERE query ILIKE 'LISTEN%%' AND datname = current_database()"
    while not await late.execute_query_all_async(listens):
        await asyncio.sleep(0.01)
    late.is_late = True
    row = await late.execute_query_one_async(queries["fetch_job"], queues=None, worker_id=None)
    print(row["args"]["run_id"])
    listening.cancel()
    await late.close_async()

asyncio.run(main())
"""


@pytest.mark.processes
def test_a_job_that_comes_while_none_is_found_is_fetched_all_the_same(
    hub: Hub, session: psycopg.Connection[dict[str, Any]]
) -> None:
    assert hub.shell(_FETCH_WITH_NEWS).stdout == "run_late\n"
    session.execute("DELETE FROM procrastinate_jobs")
    session.commit()
