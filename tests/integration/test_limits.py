"""Limits: a sink's rate, its concurrency and queue, and the load that one server accepts."""

import gzip
import json
import socket
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psycopg
import pytest

from runs import ports
from runs.execution.concurrency import Lanes
from sinks.models import App, Sink
from sinks.trigger.rate_limits import Rate, Rates, retry_after
from tests.processes.test_recovery import logs_of
from tests.support.hub import Hub, Server, wait_until
from tests.support.web import web

_SECOND = 1_000_000_000
_ASYNC = {"Prefer": "respond-async"}
_SINKS: list[dict[str, Any]] = [
    {"path": "/echo"},
    {"path": "/rated", "rate": "5/h"},
    {"path": "/fast", "rate": "20/s"},
    {"path": "/other", "rate": "3/day"},
    {"path": "/two", "concurrency": 2, "queue": 100, "workflow": "overlaps", "options": {"name": "two"}},
    {"path": "/one", "concurrency": 1, "queue": 2, "workflow": "overlaps", "options": {"name": "one", "pause": 1.0}},
    {"path": "/stays", "concurrency": 1, "queue": 3, "workflow": "steps", "options": {"count": 1, "pause": 600}},
    {"path": "/brief", "concurrency": 1, "queue": 5, "workflow": "steps", "options": {"pause": 60}, "timeout": 0.5},
    {"path": "/raises", "concurrency": 1, "queue": 9, "workflow": "raises"},
    {"path": "/threaded", "concurrency": 1, "queue": 9, "workflow": "threaded"},
    {"path": "/returns", "concurrency": 1, "queue": 9, "workflow": "returns", "options": {"kind": "nan"}},
]


@pytest.fixture(scope="module")
def server(hub: Hub) -> Server:
    hub.add_sinks(_SINKS)
    return hub.start()


@pytest.fixture
def site(own_hub: Hub) -> Hub:
    own_hub.add_sinks(_SINKS)
    own_hub.environment["GRACE_SECONDS"] = "1"  # for runs that never end
    return own_hub


def trigger(server: Server, path: str, **kwargs: Any) -> httpx.Response:
    return web.post(f"{server.url}/app_test{path}", timeout=60, **kwargs)


def take(server: Server, path: str, **kwargs: Any) -> str:
    """Start a run without waiting for it. Return its id."""
    answer = trigger(server, path, headers=_ASYNC, **kwargs)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["run_id"])


def events_of(server: Server, run_id: str) -> list[dict[str, Any]]:
    text = web.get(f"{server.url}/runs/{run_id}/events", timeout=60).text
    return [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]


def figure(server: Server, name: str) -> float:
    lines = web.get(f"{server.url}/metrics").text.splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith(f"{name} ")))


def cancel(hub: Hub, run_id: str) -> None:
    asked = f"from runs.models import Run; Run.objects.filter(pk='{run_id}').update(cancel_requested=True)"
    hub.shell(asked)


def statuses(hub: Hub) -> Counter[str]:
    return Counter(status for (status,) in hub.query("SELECT status FROM runs_run"))


def check_refused(answer: httpx.Response, status: int) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert int(answer.headers["retry-after"]) >= 1


# The rate.


def test_a_bucket_lets_a_burst_in_and_then_one_for_each_part_of_its_time() -> None:
    rates, rate = Rates(), Rate(60, 60)
    assert [rates.take(1, rate, 0) for _ in range(60)] == [0.0] * 60
    assert rates.take(1, rate, 0) == 1.0
    assert rates.take(1, rate, _SECOND // 4) == 0.75
    assert rates.take(1, rate, _SECOND) == 0.0
    assert rates.take(1, rate, _SECOND) == 1.0
    assert [rates.take(1, rate, 11 * _SECOND) for _ in range(11)] == [*[0.0] * 10, 1.0]


def test_a_bucket_neither_drifts_nor_rounds() -> None:
    rates, rate = Rates(), Rate(7, 60)  # 60 s / 7 has no exact float
    hours = 10
    let_in = sum(rates.take(1, rate, tenth * _SECOND // 10) == 0 for tenth in range(hours * 36_000))
    # After the burst, one request is accepted at each 60 s * k / 7 before the last request.
    assert let_in == 7 + (hours * 36_000 - 1) * 7 // 600


def test_a_changed_rate_takes_effect_and_forgives_nothing() -> None:
    rates = Rates()
    assert [rates.take(1, Rate(2, 3600), 0) for _ in range(3)] == [0.0, 0.0, 1800.0]
    assert [rates.take(1, Rate(5, 60), 0) for _ in range(4)] == [0.0, 0.0, 0.0, 12.0]
    assert rates.take(1, Rate(1, 60), 0) == 60.0


def test_buckets_of_sinks_that_are_gone_do_not_pile_up() -> None:
    rates = Rates()
    for sink_id in range(10_000):
        rates.take(sink_id, Rate(1, 1), sink_id * _SECOND)
    assert len(rates) <= 1024


@pytest.mark.parametrize(("seconds", "field"), [(0.001, b"1"), (1.0, b"1"), (1.001, b"2"), (1800.0, b"1800")])
def test_retry_after_is_rounded_up_to_whole_seconds(seconds: float, field: bytes) -> None:
    assert retry_after(seconds) == ((b"retry-after", field),)


@pytest.mark.one_database
def test_a_sinks_rate_lets_a_burst_in_and_refuses_the_rest(server: Server) -> None:
    answers = [trigger(server, "/rated") for _ in range(8)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 3
    check_refused(answers[-1], 429)
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 720


@pytest.mark.one_database
def test_the_rates_of_two_sinks_do_not_disturb_each_other(server: Server) -> None:
    paths = ["/other", "/fast", "/echo"] * 6
    codes = [(path, trigger(server, path).status_code) for path in paths]
    assert [code for path, code in codes if path == "/other"] == [200] * 3 + [429] * 3
    assert {code for path, code in codes if path != "/other"} == {200}


@pytest.mark.one_database
def test_a_rate_lets_more_in_when_time_has_passed(server: Server) -> None:
    def is_refused() -> bool:
        return trigger(server, "/fast").status_code == 429

    with ThreadPoolExecutor(8) as threads:
        wait_until(lambda: any(threads.map(lambda _: is_refused(), range(40))), "never refused")
    wait_until(lambda: not is_refused(), "refused for ever")


@pytest.mark.one_database
def test_a_reading_of_the_sinks_fills_no_bucket(site: Hub) -> None:
    server = site.start()
    assert {trigger(server, "/other").status_code for _ in range(3)} == {200}
    site.add_sinks([{"path": "/new"}])
    wait_until(lambda: trigger(server, "/new").status_code == 200, "the sinks are not read")
    assert trigger(server, "/other").status_code == 429


# Concurrency.


@pytest.mark.one_database
def test_no_more_runs_than_a_sink_allows_are_executed_at_once_and_in_their_order(server: Server) -> None:
    run_ids = [take(server, "/two", content=str(number)) for number in range(12)]
    ends = [events_of(server, run_id)[-1]["output"] for run_id in run_ids]
    assert {end["together"] for end in ends} == {1, 2}
    assert [end["body"] for end in ends] == [str(number) for number in range(12)]
    first = ends[0]["place"]  # earlier tests have started runs too
    assert [end["place"] for end in ends] == list(range(first, first + 12))


@pytest.mark.one_database
def test_a_run_that_waits_says_so_once_and_is_streamed_to_its_end(server: Server) -> None:
    with ThreadPoolExecutor(3) as threads:
        answers = list(threads.map(lambda _: trigger(server, "/one"), range(3)))
    assert [answer.status_code for answer in answers] == [200] * 3
    assert sorted(answer.text.count('"type":"log"') for answer in answers) == [0, 1, 1]
    for answer in answers:
        assert answer.text.count('"type":"complete"') == 1
        assert answer.text.count('"level":"info","message":"Waiting for its turn') == answer.text.count("log")


@pytest.mark.one_database
def test_a_full_queue_is_refused_and_takes_more_when_a_run_has_ended(server: Server) -> None:
    run_ids = [take(server, "/one") for _ in range(3)]
    check_refused(trigger(server, "/one"), 429)
    assert trigger(server, "/two").status_code == 200
    assert events_of(server, run_ids[0])[-1]["type"] == "complete"
    run_ids.append(take(server, "/one"))
    assert {events_of(server, run_id)[-1]["output"]["together"] for run_id in run_ids} == {1}


@pytest.mark.one_database
def test_of_requests_at_the_same_time_no_more_than_fit_are_let_in(server: Server) -> None:
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda _: trigger(server, "/one", headers=_ASYNC), range(16)))
    assert Counter(answer.status_code for answer in answers) == {202: 3, 429: 13}
    for answer in answers:
        if answer.status_code == 202:
            assert events_of(server, answer.json()["run_id"])[-1]["type"] == "complete"


@pytest.mark.one_database
@pytest.mark.parametrize("path", ["/raises", "/threaded", "/returns", "/brief"])
def test_a_slot_is_free_again_however_a_run_ends(server: Server, path: str) -> None:
    for _ in range(2):
        run_ids = [take(server, path) for _ in range(4)]
        ends = {json.dumps(events_of(server, run_id)[-1]).replace(run_id, "") for run_id in run_ids}
        assert len(ends) == 1  # all equal; a timeout counts from the start of execution
    assert figure(server, "sinkhub_runs_waiting") == 0


@pytest.mark.one_database
def test_a_run_that_waits_is_cancelled_at_once_and_one_that_runs_makes_room(site: Hub) -> None:
    server = site.start()
    first, second, third = (take(server, "/stays") for _ in range(3))
    wait_until(lambda: figure(server, "sinkhub_runs_waiting") == 2, "they do not wait")
    cancel(site, second)
    assert [event["type"] for event in events_of(server, second)] == ["log", "cancelled"]
    assert figure(server, "sinkhub_runs_waiting") == 1
    assert site.query(f"SELECT status, duration FROM runs_run WHERE id = '{second}'") == [("cancelled", 0.0)]
    cancel(site, first)
    assert events_of(server, first)[-1]["type"] == "cancelled"
    wait_until(lambda: figure(server, "sinkhub_runs_waiting") == 0, "the third does not get its turn")
    assert statuses(site) == {"cancelled": 2, "running": 1}
    # Neither run freed a slot twice.
    take(server, "/stays")
    assert figure(server, "sinkhub_runs_waiting") == 1
    cancel(site, third)
    wait_until(lambda: figure(server, "sinkhub_runs_waiting") == 0, "the fourth does not get its turn")


@pytest.mark.one_database
def test_a_limit_that_is_changed_while_runs_wait_takes_effect(site: Hub) -> None:
    server = site.start()
    for _ in range(4):
        take(server, "/stays")
    wait_until(lambda: figure(server, "sinkhub_runs_waiting") == 3, "they do not wait")
    change = "from sinks.models import Sink; Sink.objects.filter(path='/stays').update(concurrency={})"
    site.shell(change.format(3))
    wait_until(lambda: figure(server, "sinkhub_runs_waiting") == 1, "the limit has no effect")
    site.shell(change.format(None))
    wait_until(lambda: figure(server, "sinkhub_runs_waiting") == 0, "the limit has no effect")


@pytest.mark.one_database
def test_runs_that_were_started_without_a_limit_count_when_there_is_one(site: Hub) -> None:
    site.add_sinks([{"path": "/later", "workflow": "steps", "options": {"count": 1, "pause": 600}}])
    server = site.start()
    take(server, "/later")
    change = "from sinks.models import Sink; Sink.objects.filter(path='/later').update(concurrency=1, queue=5)"
    site.shell(change)

    def waits() -> bool:
        take(server, "/later")
        return figure(server, "sinkhub_runs_waiting") > 0

    wait_until(waits, "none waits")


def test_after_a_crash_the_limit_holds_again_and_all_runs_end(site: Hub) -> None:
    options = {"name": "slow", "pause": 1.5}
    site.add_sinks([{"path": "/slow", "workflow": "overlaps", "options": options, "concurrency": 2, "queue": 9}])
    server = site.start()
    run_ids = [take(server, "/slow", content=str(number)) for number in range(8)]
    wait_until(lambda: len(site.query("SELECT 1 FROM runs_segment")) >= 6, "the waiting is not recorded")
    server.kill()
    begun = {row[0] for row in site.query("SELECT id FROM runs_run WHERE status <> 'running'")}
    server = site.start()
    ends = [events_of(server, run_id)[-1] for run_id in run_ids]
    assert [end["type"] for end in ends] == ["complete"] * 8
    left = [end["output"] for run_id, end in zip(run_ids, ends, strict=True) if run_id not in begun]
    assert len(left) > 2
    assert {output["together"] for output in left} == {1, 2}
    assert [output["place"] for output in left] == list(range(1, len(left) + 1))
    for run_id, log in logs_of(site).items():
        assert sum("Waiting for its turn" in event.get("message", "") for event in log) <= 2, run_id


def test_runs_that_wait_are_left_to_the_next_start_as_if_untouched(site: Hub) -> None:
    # `once` must not run twice; the runs that only waited have not run yet.
    site.add_sinks([{"path": "/once", "workflow": "once", "options": {"pause": 3.0}, "concurrency": 1, "queue": 9}])
    server = site.start(GRACE_SECONDS="1", MAX_CRASHES="1")
    first, second, third = (take(server, "/once") for _ in range(3))
    assert server.stop() == 0
    assert statuses(site) == {"running": 3}
    server = site.start(MAX_CRASHES="1")
    assert events_of(server, first)[-1]["error"]["type"] == "Interrupted"
    assert events_of(server, second)[-1]["output"] == {"attempt": 1}
    assert events_of(server, third)[-1]["output"] == {"attempt": 1}
    for run_id in (second, third):
        assert [event["type"] for event in logs_of(site)[run_id]] == ["log", "progress", "complete"]


def test_a_run_that_waited_and_was_begun_is_not_taken_for_untouched(site: Hub) -> None:
    site.add_sinks(
        [{"path": "/once", "workflow": "steps", "options": {"count": 1, "pause": 1.5}, "concurrency": 1, "queue": 9}]
    )
    server = site.start()
    first, second = take(server, "/once"), take(server, "/once")
    assert events_of(server, first)[-1]["type"] == "complete"
    wait_until(
        lambda: site.query(f"SELECT 1 FROM runs_run WHERE id = '{second}' AND started_at > created_at"), "not begun"
    )
    server.kill()
    server = site.start()
    messages = [event.get("message", "") for event in events_of(server, second)]
    assert any("The server stopped during attempt 1" in message for message in messages)


def test_runs_that_wait_are_executed_within_the_grace_time(site: Hub) -> None:
    server = site.start(GRACE_SECONDS="30")
    for _ in range(6):
        take(server, "/two")
    assert server.stop() == 0
    assert statuses(site) == {"complete": 6}


def test_a_lane_counts_each_run_once() -> None:
    lanes, begun = Lanes(), list[str]()
    lane = lanes.add(7, 2)
    for name in "abcde":
        if lane.join(name, lambda name=name: begun.append(name)):  # type: ignore[misc]
            begun.append(name)
    assert (begun, lane.running, lanes.waiting, lanes.waited_for()) == (["a", "b"], 2, 3, [7])
    assert lanes.is_full(7, 2, 3) and not lanes.is_full(7, 2, 4) and not lanes.is_full(8, 1, 0)
    lane.leave("c")  # it is waiting
    assert (begun, lane.count) == (["a", "b"], 4)
    lane.leave("a")
    assert begun == ["a", "b", "d"]
    lanes.change({7: 1, 8: 1})
    lane.leave("b")
    assert (begun, lane.running) == (["a", "b", "d"], 1)
    lanes.change({7: None})
    assert (begun, lane.running) == (["a", "b", "d", "e"], 2)


# The server.


@pytest.mark.one_database
def test_a_server_that_has_as_many_runs_as_it_may_answers_503_and_recovers(site: Hub) -> None:
    site.add_sinks([{"path": "/long", "workflow": "steps", "options": {"count": 1, "pause": 600}}])
    server = site.start(MAX_RUNS="3")
    run_ids = [take(server, "/long"), take(server, "/stays"), take(server, "/stays")]  # the last waits
    for _ in range(3):
        check_refused(trigger(server, "/echo"), 503)
    cancel(site, run_ids[0])
    assert events_of(server, run_ids[0])[-1]["type"] == "cancelled"
    for _ in range(10):
        assert trigger(server, "/echo").status_code == 200
    run_ids.append(take(server, "/long"))
    check_refused(trigger(server, "/echo"), 503)


@pytest.mark.one_database
def test_of_requests_at_the_same_time_no_more_than_max_runs_are_let_in(site: Hub) -> None:
    site.add_sinks([{"path": "/long", "workflow": "steps", "options": {"count": 1, "pause": 600}}])
    server = site.start(MAX_RUNS="5")
    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda _: trigger(server, "/long", headers=_ASYNC), range(40)))
    assert Counter(answer.status_code for answer in answers) == {202: 5, 503: 35}
    assert figure(server, "sinkhub_runs_live") == 5
    assert figure(server, "sinkhub_runs_recording") == figure(server, "sinkhub_requests_reading") == 0


def upload(server: Server, head: str, sent: bytes, path: str = "/echo") -> socket.socket:
    """Send a request with an incomplete body. Return its socket."""
    client = socket.create_connection(("127.0.0.1", server.port))
    client.sendall(f"POST /app_test{path} HTTP/1.1\r\nHost: localhost\r\n{head}\r\n\r\n".encode() + sent)
    return client


@pytest.mark.one_database
def test_slow_uploads_count_until_their_clients_leave(site: Hub) -> None:
    server = site.start(MAX_BODY_BYTES="100000", MAX_PENDING_BYTES="100000", UPLOAD_STALL_TIMEOUT="1000")
    held = [upload(server, "Content-Length: 50000", b"x" * 40_000) for _ in range(2)]
    wait_until(lambda: figure(server, "sinkhub_pending_bytes") == 80_000, "the uploads are not counted")
    assert figure(server, "sinkhub_requests_reading") == 2
    check_refused(trigger(server, "/echo", content=b"y" * 20_001), 503)
    assert trigger(server, "/echo", content=b"y" * 20_000).status_code == 200
    held[0].close()
    wait_until(lambda: figure(server, "sinkhub_pending_bytes") == 40_000, "not given back")
    assert trigger(server, "/echo", content=b"y" * 60_000).status_code == 200
    held[1].sendall(b"x" * 10_000)
    assert held[1].recv(100).startswith(b"HTTP/1.1 200 ")
    held[1].close()
    wait_until(lambda: figure(server, "sinkhub_pending_bytes") == 0, "not given back")
    assert figure(server, "sinkhub_requests_reading") == 0


@pytest.mark.one_database
def test_a_body_of_unknown_length_is_refused_when_it_is_the_one_too_much(site: Hub) -> None:
    server = site.start(MAX_BODY_BYTES="100000", MAX_PENDING_BYTES="100000", UPLOAD_STALL_TIMEOUT="1000")
    held = upload(server, "Content-Length: 90000", b"x" * 80_000)
    wait_until(lambda: figure(server, "sinkhub_pending_bytes") == 80_000, "the upload is not counted")
    chunk = b"4e20\r\n" + b"z" * 20_000 + b"\r\n"
    late = upload(server, "Transfer-Encoding: chunked", chunk)
    wait_until(lambda: figure(server, "sinkhub_pending_bytes") == 100_000, "the upload is not counted")
    late.sendall(chunk)
    assert late.recv(100).startswith(b"HTTP/1.1 503 ")
    wait_until(lambda: figure(server, "sinkhub_pending_bytes") == 80_000, "not given back")
    held.sendall(b"x" * 10_000)
    assert held.recv(100).startswith(b"HTTP/1.1 200 ")
    held.close()
    late.close()


@pytest.mark.one_database
def test_slow_uploads_to_one_sink_leave_room_for_others(site: Hub) -> None:
    site.add_sinks([{"path": "/other-sink"}])
    server = site.start(MAX_BODY_BYTES="100000", MAX_PENDING_BYTES="300000", UPLOAD_STALL_TIMEOUT="1000")
    held = [upload(server, "Content-Length: 90000", b"x" * 70_000) for _ in range(2)]
    wait_until(lambda: figure(server, "sinkhub_pending_bytes") == 140_000, "the uploads are not counted")
    late = upload(server, "Content-Length: 90000", b"x" * 70_000)
    assert late.recv(100).startswith(b"HTTP/1.1 503 ")
    assert trigger(server, "/other-sink", content=b"y" * 100_000).status_code == 200
    assert trigger(server, "/echo", content=b"y").status_code == 200
    held[0].close()
    wait_until(lambda: figure(server, "sinkhub_pending_bytes") == 70_000, "not given back")
    again = upload(server, "Content-Length: 80000", b"x" * 70_000)
    wait_until(lambda: figure(server, "sinkhub_pending_bytes") == 140_000, "it is not taken")
    for client, rest in ((held[1], 20_000), (again, 10_000)):
        client.sendall(b"x" * rest)
        assert client.recv(100).startswith(b"HTTP/1.1 200 ")
        client.close()
    late.close()
    wait_until(lambda: figure(server, "sinkhub_pending_bytes") == 0, "not given back")


def answer_to(client: socket.socket) -> bytes:
    client.settimeout(60)
    return client.recv(100).partition(b"\r\n")[0]


@pytest.mark.one_database
def test_where_room_is_short_the_slowest_upload_is_dropped(site: Hub) -> None:
    server = site.start(MAX_BODY_BYTES="100000", MAX_PENDING_BYTES="300000", UPLOAD_STALL_TIMEOUT="0.001")
    held = [upload(server, "Content-Length: 90000", b"x" * 70_000) for _ in range(2)]
    wait_until(lambda: figure(server, "sinkhub_pending_bytes") == 140_000, "the uploads are not counted")
    # The sink's share is exhausted: its slowest upload makes room for the next.
    held.append(upload(server, "Content-Length: 90000", b"x" * 70_000))
    assert answer_to(held[0]) == b"HTTP/1.1 408 Request Timeout"
    for client in held:
        client.close()
    wait_until(lambda: figure(server, "sinkhub_pending_bytes") == 0, "not given back")
    assert figure(server, "sinkhub_requests_reading") == 0


@pytest.mark.one_database
def test_unfinished_bodies_of_many_clients_block_no_sink(site: Hub) -> None:
    site.add_sinks([{"path": "/other-sink"}])
    server = site.start(MAX_BODY_BYTES="1000000", MAX_PENDING_BYTES="2500000", UPLOAD_STALL_TIMEOUT="0.1")
    held = [
        upload(server, "Content-Length: 1000000", b"x" * 999_999, path)
        for _ in range(13)
        for path in ("/echo", "/other-sink")
    ]
    for path in ("/echo", "/other-sink"):

        def passes(path: str = path) -> bool:
            return trigger(server, path, content=b"y" * 900_000).status_code == 200

        wait_until(passes, f"{path} is blocked", seconds=30)  # the held uploads have to count as stalled
    for client in held:
        client.close()
    wait_until(lambda: figure(server, "sinkhub_pending_bytes") == 0, "not given back")


@pytest.mark.one_database
def test_the_body_of_a_live_run_counts_until_the_run_is_over(site: Hub) -> None:
    site.add_sinks([{"path": "/long", "workflow": "steps", "options": {"count": 1, "pause": 600}}])
    server = site.start(MAX_BODY_BYTES="100000", MAX_PENDING_BYTES="150000")
    packed = gzip.compress(b"x" * 90_000)
    headers = _ASYNC | {"Content-Encoding": "gzip"}
    run_id = trigger(server, "/long", content=packed, headers=headers).json()["run_id"]
    # The decompressed size: the compressed body is recorded, and no longer in memory.
    assert figure(server, "sinkhub_pending_bytes") == 90_000
    check_refused(trigger(server, "/echo", content=packed, headers={"Content-Encoding": "gzip"}), 503)
    assert trigger(server, "/echo", content=packed).status_code == 200
    cancel(site, run_id)
    assert events_of(server, run_id)[-1]["type"] == "cancelled"
    assert figure(server, "sinkhub_pending_bytes") == 0
    assert trigger(server, "/echo", content=packed, headers={"Content-Encoding": "gzip"}).status_code == 200


@pytest.mark.one_database
def test_every_refusal_gives_back_what_it_held(site: Hub) -> None:
    site.add_sinks([{"path": "/secret", "auth_token": "open-sesame"}])
    server = site.start(MAX_BODY_BYTES="1000")
    for path, body in [("/echo", b"x" * 1001), ("/secret", b"x"), ("/none", b"x"), ("/echo", b"x")]:
        trigger(server, path, content=body)
        trigger(server, path, content=iter([body[:500], body[500:]]))
    for _ in range(4):
        trigger(server, "/other", content=b"abc")
    run_ids = [take(server, "/one", content=b"abc") for _ in range(3)]
    check_refused(trigger(server, "/one", content=b"abc"), 429)
    assert [events_of(server, run_id)[-1]["type"] for run_id in run_ids] == ["complete"] * 3
    # Recording fails, since the table of runs is missing.
    if site.database_url.startswith("sqlite"):
        with sqlite3.connect(site.database_url.removeprefix("sqlite:///"), timeout=30) as session:
            session.execute("ALTER TABLE runs_delivery RENAME TO gone")
    else:
        with psycopg.connect(site.database_url) as session_:
            session_.execute("ALTER TABLE runs_delivery RENAME TO gone")
    assert {trigger(server, path, content=b"abc").status_code for path in ("/one", "/echo", "/two")} <= {500, 503}
    names = ["sinkhub_pending_bytes", "sinkhub_requests_reading", "sinkhub_runs_recording", "sinkhub_runs_waiting"]
    assert [figure(server, name) for name in names] == [0, 0, 0, 0]


@pytest.mark.one_database
def test_a_bound_below_one_body_is_refused_at_the_start(site: Hub) -> None:
    done = site.manage("check", check=False, MAX_PENDING_BYTES="1000")
    assert done.returncode != 0
    assert "MAX_PENDING_BYTES" in done.stderr


# Workers.

_ON_WORKERS: list[dict[str, Any]] = [
    {"path": "/three", "workflow": "exclusive", "concurrency": 3},
    {"path": "/again", "workflow": "fails_first", "concurrency": 1, "attempts": 3, "backoff": 3},
]
_SHARED = """
import asyncio
import os
from pathlib import Path

from runs.workflows import workflow

FOLDER = Path(os.environ["SINKHUB_VAR"])


@workflow
async def exclusive(request, run):
    mark = FOLDER / f"{run.id}.going"
    mark.touch()
    together = len(list(FOLDER.glob("*.going")))
    await asyncio.sleep(0.2)
    mark.unlink()
    return together


@workflow
async def fails_first(request, run):
    with (FOLDER / "order").open("a") as order:
        order.write(f"{request.body.decode()}{run.attempt} ")
    if request.body == b"a" and run.attempt == 1:
        raise LookupError("try again")
"""


@pytest.fixture
def workers(make_hub: Callable[[str], Hub]) -> Iterator[Hub]:
    hub = make_hub("postgresql")
    hub.add_workflows(shared=_SHARED)
    hub.add_sinks({**sink, "engine": "procrastinate"} for sink in _ON_WORKERS)
    yield hub
    hub.stop()


def test_workers_together_execute_no_more_runs_of_a_sink_than_it_allows(workers: Hub) -> None:
    server = workers.start()
    for _ in range(2):
        workers.launch(["manage.py", "worker"])
    run_ids = [take(server, "/three") for _ in range(20)]
    together = [events_of(server, run_id)[-1]["output"] for run_id in run_ids]
    assert 1 < max(together) <= 3


def test_a_run_that_pauses_between_attempts_keeps_no_other_from_its_turn(workers: Hub) -> None:
    server = workers.start()
    for body in "abc":
        take(server, "/again", content=body)
    workers.launch(["manage.py", "worker"])
    wait_until(lambda: statuses(workers) == {"complete": 3}, "they do not end")
    assert (workers.folder / "order").read_text().split() == ["a1", "b1", "c1", "a2"]
    wait_until(lambda: workers.query("SELECT count(*) FROM procrastinate_jobs") == [(0,)], "a job stays behind")


def test_the_limits_of_many_sources_are_read_at_once(db: None, django_assert_num_queries: Any) -> None:
    app = App.objects.create(app_id="app_test")
    ids = {
        limit: Sink.objects.create(app=app, path=f"/{limit}", workflow="echo", concurrency=limit).pk
        for limit in (None, 1, 7)
    }
    with django_assert_num_queries(1):
        found = ports.concurrency_limits([*ids.values(), max(ids.values()) + 1])
    # A deleted source is not in the result, so it keeps its last limit.
    assert found == {source_id: limit for limit, source_id in ids.items()}
    with django_assert_num_queries(0):
        assert ports.concurrency_limits([]) == {}
