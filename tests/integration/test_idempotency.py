"""Repeated deliveries: one run per Idempotency-Key or delivery id, across requests, processes and crashes."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from httpx_sse import connect_sse

from tests.support.hub import Hub, Server
from tests.support.web import received, web

_TOKEN = "a-token-4711"
_SINKS: list[dict[str, Any]] = [
    {"path": "/echo", "workflow": "echo"},
    {"path": "/slow", "workflow": "steps", "options": {"count": 3, "pause": 0.3}},
    {"path": "/short", "workflow": "echo", "dedupe_window": 1},
    {"path": "/github", "workflow": "echo", "dedupe_header": "X-GitHub-Delivery"},
    {"path": "/stripe", "workflow": "echo", "dedupe_body": "id", "auth_token": _TOKEN},
    {"path": "/twilio", "workflow": "echo", "dedupe_body": "MessageSid", "auth_token": _TOKEN},
    {"path": "/slack", "workflow": "echo", "dedupe_body": "parse_json(payload).id", "auth_token": _TOKEN},
    {"path": "/nested", "workflow": "echo", "dedupe_body": "event.id", "auth_token": _TOKEN},
    {"path": "/public", "workflow": "echo", "dedupe_body": "id"},
    {"path": "/by-token", "workflow": "echo", "dedupe_header": "X-Id"},
    {"path": "/tenants/{tenant}", "workflow": "echo", "dedupe_body": "id"},
    {"path": "/orders/{order_id}", "workflow": "echo"},
    {"path": "/one", "workflow": "steps", "options": {"count": 1, "pause": 2}, "concurrency": 1, "queue": 0},
    {"path": "/rated", "workflow": "echo", "rate": "2/day"},
]


@pytest.fixture(scope="module")
def server(hub: Hub) -> Server:
    hub.add_sinks([dict(sink) for sink in _SINKS])
    # As if the sink had been created before the form refused this header.
    hub.shell(
        "from sinks.models import Sink; Sink.objects.filter(path='/by-token').update(dedupe_header='X-Webhook-Token')"
    )
    return hub.start()


def _post(server: Server, path: str, body: str = "{}", **headers: str) -> httpx.Response:
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    headers = {"Authorization": f"Bearer {_TOKEN}", **headers}
    return web.post(f"{server.url}/app_test{path}", content=body, headers=headers, timeout=60)


def test_a_repeat_gets_the_first_runs_stream_and_starts_nothing(hub: Hub, server: Server) -> None:
    before = hub.runs()
    first = _post(server, "/echo", '{"a": 1}', Idempotency_Key="k-stream")
    second = _post(server, "/echo", '{"a": 1}', Idempotency_Key="k-stream")
    assert first.status_code == second.status_code == 200
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    assert second.headers["x-run-id"] == first.headers["x-run-id"]
    assert second.headers["location"] == first.headers["location"]
    assert second.text == first.text
    assert hub.runs() == before + 1


def test_a_repeat_gets_json_or_202_where_it_asks_for_that(server: Server) -> None:
    first = _post(server, "/echo", Idempotency_Key="k-forms")
    as_json = _post(server, "/echo", Idempotency_Key="k-forms", Accept="application/json")
    at_once = _post(server, "/echo", Idempotency_Key="k-forms", Prefer="respond-async")
    run_id = first.headers["x-run-id"]
    assert as_json.json()["run_id"] == run_id and as_json.json()["status"] == "complete"
    assert as_json.json()["output"] == json.loads(first.text.split("data: ")[-1])["output"]
    assert at_once.status_code == 202
    assert at_once.json() == {"run_id": run_id, "status": "complete", "events_url": f"/runs/{run_id}/events"}
    assert as_json.headers["idempotent-replayed"] == at_once.headers["idempotent-replayed"] == "true"


def test_a_repeat_during_the_run_follows_it_live(server: Server) -> None:
    url = f"{server.url}/app_test/slow"
    key = {"Idempotency-Key": "k-live"}
    with httpx.Client(timeout=60) as client, connect_sse(client, "POST", url, headers=key, content="{}") as first:
        events = received(first)
        assert json.loads(next(events).data)["progress"] == 33
        second = _post(server, "/slow", Idempotency_Key="k-live")
        rest = [event.data for event in events]
    assert second.headers["idempotent-replayed"] == "true"
    assert second.text.count("data: ") == len(rest) + 1
    assert second.text.endswith(f"data: {rest[-1]}\n\n")


def test_exactly_one_of_many_simultaneous_repeats_starts_a_run(hub: Hub, server: Server) -> None:
    before = hub.runs()
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: _post(server, "/echo", Idempotency_Key=f"k-race-{n % 8}"), range(128)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.headers["x-run-id"] for answer in answers}) == 8
    assert Counter("idempotent-replayed" in answer.headers for answer in answers) == {True: 120, False: 8}
    assert all('"type":"complete"' in answer.text for answer in answers)
    assert hub.runs() == before + 8


@pytest.mark.parametrize(
    "other",
    [("/echo", '{"b": 2}'), ("/echo", '{"a": 1} '), ("/echo?x=1", '{"a": 1}')],
    ids=["another body", "a longer body", "another query"],
)
def test_the_same_key_with_another_request_is_a_conflict(hub: Hub, server: Server, other: tuple[str, str]) -> None:
    key = f"k-conflict-{other}"
    _post(server, "/echo", '{"a": 1}', Idempotency_Key=key)
    before = hub.runs()
    answer = _post(server, *other, Idempotency_Key=key)
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert "Idempotency-Key" in answer.json()["detail"]
    assert hub.runs() == before


@pytest.mark.parametrize("path", ["/orders", "/tenants"])
def test_paths_of_one_sink_do_not_share_their_keys(server: Server, path: str) -> None:
    first, second = (_post(server, f"{path}/{n}", '{"id": 1}', Idempotency_Key="k-path") for n in (1, 2))
    assert first.status_code == second.status_code == 200
    assert first.headers["x-run-id"] != second.headers["x-run-id"]


def test_an_idempotency_key_does_not_undo_the_sinks_own_rule(server: Server) -> None:
    first, second = (_post(server, "/github", X_GitHub_Delivery="d-own", Idempotency_Key=key) for key in ("a", "b"))
    assert second.headers["x-run-id"] == first.headers["x-run-id"]


def test_a_guessed_id_shows_nobody_the_run_of_a_public_sink(server: Server) -> None:
    first = _post(server, "/public", '{"id": 77, "card": "4111"}')
    guess = _post(server, "/public", '{"id": 77}')
    assert first.status_code == 200 and guess.status_code == 409
    assert first.headers["x-run-id"] not in guess.text


@pytest.mark.parametrize("path", ["/twilio", "/slack"])
@pytest.mark.parametrize("multipart", [False, True])
def test_a_field_of_a_form_names_a_delivery(server: Server, path: str, multipart: bool) -> None:
    def send(name: str) -> str:
        fields = {"Body": f"any {uuid4()}", "MessageSid": name, "payload": json.dumps({"id": name, "at": str(uuid4())})}
        headers = {"Authorization": f"Bearer {_TOKEN}"}
        url = f"{server.url}/app_test{path}"
        if multipart:
            parts = {field: (None, value) for field, value in fields.items()}
            answer = web.post(url, files=parts, headers=headers, timeout=60)
        else:
            answer = web.post(url, data=fields, headers=headers, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.headers["x-run-id"]

    kind = "multipart" if multipart else "urlencoded"
    first = send(f"{kind}-1")
    assert send(f"{kind}-1") == first
    assert send(f"{kind}-2") != first


def test_a_number_and_the_text_of_its_digits_are_two_ids(server: Server) -> None:
    first, second = (_post(server, "/stripe", body) for body in ('{"id": 5}', '{"id": "5"}'))
    assert first.headers["x-run-id"] != second.headers["x-run-id"]


def test_sinks_do_not_share_their_keys(server: Server) -> None:
    first, second = (_post(server, path, Idempotency_Key="k-shared") for path in ("/echo", "/github"))
    assert first.headers["x-run-id"] != second.headers["x-run-id"]


def test_different_keys_start_different_runs(server: Server) -> None:
    answers = [_post(server, "/echo", Idempotency_Key=f"k-different-{n}") for n in range(3)]
    assert len({answer.headers["x-run-id"] for answer in answers}) == 3


@pytest.mark.parametrize(
    "name", ["id", "72fca1a1-ea13-11f1-8007-1", "\u00e4\u00df\ud83d\ude00'\"\\,{}", "\u0000\n\t", " "]
)
def test_ids_of_whatever_characters_start_one_run_each(server: Server, name: str) -> None:
    """The start of an id is part of its key."""
    alike = [name, name + "0", name + "1", name[:-1] + "x"]
    first = [_post(server, "/stripe", json.dumps({"id": delivery_id})).headers["x-run-id"] for delivery_id in alike]
    assert len(set(first)) == 4
    assert [
        _post(server, "/stripe", json.dumps({"id": delivery_id})).headers["x-run-id"] for delivery_id in alike
    ] == first


def test_a_repeat_is_answered_though_its_sink_takes_no_more_runs(server: Server) -> None:
    first = _post(server, "/one", Idempotency_Key="k-one", Prefer="respond-async")
    assert first.status_code == 202
    assert _post(server, "/one", Idempotency_Key="k-other").status_code == 429
    assert _post(server, "/one", "[]", Idempotency_Key="k-one").status_code == 409
    repeat = _post(server, "/one", Idempotency_Key="k-one")
    assert repeat.status_code == 200
    assert repeat.headers["x-run-id"] == first.headers["x-run-id"]
    assert '"type":"complete"' in repeat.text


def test_repeats_take_nothing_of_their_sinks_rate(server: Server) -> None:
    first = _post(server, "/rated", Idempotency_Key="k-rated")
    for _ in range(5):
        assert _post(server, "/rated", Idempotency_Key="k-rated").headers["x-run-id"] == first.headers["x-run-id"]
    assert _post(server, "/rated", Idempotency_Key="k-second").status_code == 200
    assert _post(server, "/rated", Idempotency_Key="k-third").status_code == 429
    assert _post(server, "/rated", Idempotency_Key="k-rated").headers["x-run-id"] == first.headers["x-run-id"]


def test_a_repeat_whose_run_cannot_be_read_is_told_to_come_again(make_hub: Callable[[str], Hub]) -> None:
    site = make_hub("postgresql")
    try:
        site.add_sinks([{"path": "/echo", "workflow": "echo"}])
        server = site.start()
        first = _post(server, "/echo", Idempotency_Key="k-away")
        with psycopg.connect(site.database_url, autocommit=True) as session:
            session.execute("ALTER TABLE runs_segment RENAME TO away")
            refused = _post(server, "/echo", Idempotency_Key="k-away")
            session.execute("ALTER TABLE away RENAME TO runs_segment")
        assert refused.status_code == 503
        assert refused.headers["content-type"] == "application/problem+json"
        assert int(refused.headers["retry-after"]) > 0
        assert _post(server, "/echo", Idempotency_Key="k-away").text == first.text
    finally:
        site.stop()


def test_a_key_is_forgotten_after_its_window(hub: Hub, server: Server) -> None:
    first = _post(server, "/short", Idempotency_Key="k-window")
    time.sleep(1.1)
    second = _post(server, "/short", '{"other": "body"}', Idempotency_Key="k-window")
    assert second.status_code == 200
    assert "idempotent-replayed" not in second.headers
    assert second.headers["x-run-id"] != first.headers["x-run-id"]
    third = _post(server, "/short", '{"other": "body"}', Idempotency_Key="k-window")
    assert third.headers["x-run-id"] == second.headers["x-run-id"]


def test_exactly_one_of_many_simultaneous_repeats_starts_a_run_once_the_key_has_expired(
    hub: Hub, server: Server
) -> None:
    old = {_post(server, "/echo", Idempotency_Key=f"k-expired-{n}").headers["x-run-id"] for n in range(8)}
    hub.shell(
        "from runs.models import Run; from django.db.models import F;"
        f" Run.objects.filter(pk__in={sorted(old)}).update(key_expires_at=F('created_at'))"
    )
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: _post(server, "/echo", Idempotency_Key=f"k-expired-{n % 8}"), range(128)))
    assert {answer.status_code for answer in answers} == {200}
    run_ids = {answer.headers["x-run-id"] for answer in answers}
    assert len(run_ids) == 8 and not run_ids & old
    assert Counter("idempotent-replayed" in answer.headers for answer in answers) == {True: 120, False: 8}


def test_a_key_whose_run_was_deleted_is_free(hub: Hub, server: Server) -> None:
    first = _post(server, "/echo", Idempotency_Key="k-deleted").headers["x-run-id"]
    hub.shell(f"from runs.models import Run; Run.objects.filter(pk={first!r}).delete()")
    second = _post(server, "/echo", Idempotency_Key="k-deleted")
    assert second.status_code == 200 and "idempotent-replayed" not in second.headers
    assert second.headers["x-run-id"] != first


def test_a_header_that_authenticates_the_caller_names_no_delivery(server: Server) -> None:
    """Otherwise all deliveries would have the same id."""
    first, second = (_post(server, "/by-token", X_Webhook_Token="the same each time") for _ in range(2))
    assert first.status_code == second.status_code == 200
    assert first.headers["x-run-id"] != second.headers["x-run-id"]


@pytest.mark.parametrize("key", ["", "x" * 256], ids=["empty", "long"])
def test_a_key_that_is_none_is_refused(hub: Hub, server: Server, key: str) -> None:
    before = hub.runs()
    answer = _post(server, "/echo", Idempotency_Key=key)
    assert answer.status_code == 400
    assert "Idempotency-Key" in answer.json()["detail"]
    assert hub.runs() == before


def test_a_delivery_id_in_a_header_starts_one_run(server: Server) -> None:
    first, second, other = (
        _post(server, "/github", X_GitHub_Delivery=delivery) for delivery in ("72d3162e", "72d3162e", "73d3162e")
    )
    assert second.headers["x-run-id"] == first.headers["x-run-id"]
    assert second.headers["idempotent-replayed"] == "true"
    assert other.headers["x-run-id"] != first.headers["x-run-id"]


def test_deliveries_without_their_id_are_all_taken(server: Server) -> None:
    for path in ("/github", "/stripe"):
        first, second = _post(server, path), _post(server, path)
        assert first.status_code == second.status_code == 200
        assert first.headers["x-run-id"] != second.headers["x-run-id"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/stripe", '{{"id": "evt_1", "pending_webhooks": {}}}'),
        ("/nested", '{{"event": {{"id": 17}}, "attempt": {}}}'),
    ],
)
def test_a_delivery_id_in_the_body_counts_whatever_else_is_in_it(server: Server, path: str, body: str) -> None:
    first, second = (_post(server, path, body.format(number)) for number in (2, 1))
    assert second.headers["x-run-id"] == first.headers["x-run-id"]
    assert second.headers["idempotent-replayed"] == "true"


@pytest.mark.parametrize(
    "body", ["not JSON", "[]", '{"id": null}', '{"id": {"a": 1}}', '{"id": ""}', '{"id": "\\ud800"}']
)
def test_a_body_whose_id_names_nothing_is_taken_like_any_other(server: Server, body: str) -> None:
    assert _post(server, "/stripe", body).status_code == 200


def test_keys_hold_after_a_crash(own_hub: Hub) -> None:
    own_hub.add_sinks([{"path": "/slow", "workflow": "steps", "options": {"count": 3, "pause": 0.3}}])
    server = own_hub.start()
    url = f"{server.url}/app_test/slow"
    key = {"Idempotency-Key": "k-crash"}
    with httpx.Client(timeout=60) as client, connect_sse(client, "POST", url, headers=key, content="{}") as first:
        events = received(first)
        next(events)
        run_id = first.response.headers["x-run-id"]
        server.kill()
        with pytest.raises(httpx.RemoteProtocolError):
            list(events)
    again = _post(own_hub.start(), "/slow", Idempotency_Key="k-crash")
    assert again.headers["x-run-id"] == run_id
    assert again.headers["idempotent-replayed"] == "true"
    assert '"type":"complete"' in again.text
    assert own_hub.query("SELECT attempt, status FROM runs_run") == [(2, "complete")]


def test_exactly_one_of_two_servers_starts_a_run(own_hub: Hub) -> None:
    own_hub.add_sinks([{"path": "/echo", "workflow": "echo"}])
    servers = own_hub.start(), own_hub.start()
    with ThreadPoolExecutor(16) as pool:
        answers = list(
            pool.map(lambda n: _post(servers[n % 2], "/echo", Idempotency_Key=f"k-{n // 4 % 20}"), range(240))
        )
    assert {answer.status_code for answer in answers} == {200}
    assert Counter("idempotent-replayed" in answer.headers for answer in answers) == {True: 220, False: 20}
    assert own_hub.query("SELECT count(*) FROM runs_run") == [(20,)]
    assert own_hub.query("SELECT count(*) FROM runs_delivery") == [(20,)]
    assert all('"type":"complete"' in answer.text for answer in answers)


@pytest.fixture(scope="module")
def with_workers(make_hub: Callable[[str], Hub]) -> Iterator[Hub]:
    made = make_hub("postgresql")
    made.add_sinks([{"path": "/work", "workflow": "echo", "engine": "procrastinate"}])
    yield made
    made.close()


def test_a_repeat_enqueues_no_second_job(with_workers: Hub) -> None:
    server = with_workers.start()
    first, second = (_post(server, "/work", Idempotency_Key="k-work", Prefer="respond-async") for _ in range(2))
    assert (
        second.json()
        == first.json()
        == {
            "run_id": first.headers["x-run-id"],
            "status": "queued",
            "events_url": f"/runs/{first.headers['x-run-id']}/events",
        }
    )
    assert second.headers["idempotent-replayed"] == "true"
    assert with_workers.query("SELECT count(*) FROM procrastinate_jobs") == [(1,)]
    assert with_workers.query("SELECT count(*) FROM runs_run") == [(1,)]
