"""The limit of a sink's runs that wait for workers, across all servers that record them."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from runs.execution.queue_limits import QueueFull, QueueLimits
from tests.support.hub import Hub, Server, wait_until
from tests.support.web import web

_SINKS: list[dict[str, Any]] = [
    {"path": "/some", "concurrency": 2, "queue": 3},
    {"path": "/none", "concurrency": 1, "queue": 0, "dedupe_header": "X-Delivery"},
    {"path": "/any", "concurrency": 1},
    {"path": "/rated", "concurrency": 1, "queue": 1, "rate": "3/h"},
]


@pytest.fixture
def hub(make_hub: Callable[[str], Hub]) -> Iterator[Hub]:
    hub = make_hub("postgresql")
    hub.add_sinks({**sink, "engine": "procrastinate"} for sink in _SINKS)
    yield hub
    hub.close()


def send(server: Server, path: str, **headers: str) -> httpx.Response:
    request_headers = {"Prefer": "respond-async", **headers}
    return web.post(f"{server.url}/app_test{path}", headers=request_headers, timeout=60)


def statuses(answers: list[httpx.Response]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


def work_off(hub: Hub) -> None:
    worker = hub.launch(["manage.py", "worker"])
    unfinished = "SELECT count(*) FROM runs_run WHERE status IN ('queued', 'running')"
    wait_until(lambda: hub.query(unfinished) == [(0,)], "runs do not end")
    wait_until(lambda: hub.query("SELECT count(*) FROM procrastinate_jobs") == [(0,)], "jobs stay behind")
    assert worker.stop() == 0


def test_as_many_as_may_be_executed_and_wait_are_taken_and_no_more(hub: Hub) -> None:
    server = hub.start()
    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda _: send(server, "/some"), range(40)))
    assert statuses(answers) == {202: 5, 429: 35}
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert (refused.headers["retry-after"], refused.json()["detail"]) == (
        "5",
        "This sink's limits on running and waiting runs are reached. Try again later.",
    )
    work_off(hub)
    assert statuses([send(server, "/some") for _ in range(7)]) == {202: 5, 429: 2}


def test_another_server_counts_them_too(hub: Hub) -> None:
    first, second = hub.start(), hub.start()
    assert statuses([send(first, "/some") for _ in range(3)] + [send(second, "/some") for _ in range(3)]) == {
        202: 5,
        429: 1,
    }


def test_without_a_bound_any_number_waits(hub: Hub) -> None:
    server = hub.start()
    assert statuses([send(server, "/any") for _ in range(9)]) == {202: 9}


def test_a_repeat_is_answered_where_no_other_is_taken(hub: Hub) -> None:
    server = hub.start()
    first = send(server, "/none", **{"X-Delivery": "one"})
    assert send(server, "/none", **{"X-Delivery": "two"}).status_code == 429
    repeated = send(server, "/none", **{"X-Delivery": "one"})
    assert repeated.status_code == 202
    assert repeated.json()["run_id"] == first.json()["run_id"]


def test_what_is_refused_takes_nothing_of_the_rate(hub: Hub) -> None:
    server = hub.start()
    assert statuses([send(server, "/rated") for _ in range(5)]) == {202: 2, 429: 3}
    work_off(hub)
    assert [send(server, "/rated").status_code for _ in range(2)] == [202, 429]


def test_where_there_are_no_workers_that_is_what_is_said(make_hub: Callable[[str], Hub]) -> None:
    hub = make_hub("sqlite")
    hub.add_sinks([{"path": "/some", "concurrency": 1, "queue": 3, "engine": "procrastinate"}])
    server = hub.start()
    assert send(server, "/some").status_code == 500
    assert "there are no workers here" in server.log()
    hub.close()


class _Jobs:
    """Replaces the database: it counts jobs when called, and records them with `record`."""

    def __init__(self) -> None:
        self.recorded = 0
        self.counts = 0
        self.limits = QueueLimits(self.count)

    async def count(self, source_id: int, concurrency: int, queue: int) -> int:
        self.counts += 1
        found = self.recorded
        await asyncio.sleep(0)
        return min(found, concurrency + queue)

    async def record(self, turns: int = 3) -> None:
        async with self.limits.place(1, 1, 9):
            for _ in range(turns):
                await asyncio.sleep(0)
            self.recorded += 1


def test_those_that_come_together_are_counted_once_and_never_too_many() -> None:
    async def fill() -> tuple[_Jobs, list[BaseException | None]]:
        jobs = _Jobs()
        return jobs, await asyncio.gather(*(jobs.record(turns % 7) for turns in range(50)), return_exceptions=True)

    jobs, ends = asyncio.run(fill())
    assert jobs.recorded == 10
    assert sum(isinstance(end, QueueFull) for end in ends) == 40
    assert jobs.counts == 1


def test_who_leaves_while_it_asks_or_is_let_in_keeps_no_place() -> None:
    async def leave() -> int:
        jobs = _Jobs()
        for turns in range(8):
            task = asyncio.create_task(jobs.record(turns=9))
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await asyncio.gather(*(jobs.record() for _ in range(10)))
        return jobs.recorded

    assert asyncio.run(asyncio.wait_for(leave(), 60)) == 10


def test_a_count_that_fails_is_told_to_those_that_asked_and_to_nobody_after() -> None:
    async def fail() -> list[BaseException | None]:
        jobs = _Jobs()
        works = jobs.count

        async def away(*asked: int) -> int:
            await asyncio.sleep(0)
            raise ConnectionError

        jobs.limits = QueueLimits(away)
        ends = list(await asyncio.gather(jobs.record(), jobs.record(), return_exceptions=True))
        jobs.limits = QueueLimits(works)
        await jobs.record()
        return ends

    assert [type(end) for end in asyncio.run(fail())] == [ConnectionError, ConnectionError]
