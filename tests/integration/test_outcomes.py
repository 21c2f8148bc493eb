"""Deliveries that start no run: they are counted for each sink, and the newest refusals are kept with their reason."""

import html
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import httpx
import psycopg
import pytest

from tests.support.hub import Hub, Server, wait_until
from tests.support.proxy import before_database
from tests.support.web import web

_TOKEN = "bearer-token-4711"
_SECRET = "signing-secret-4711"
_SINKS: list[dict[str, Any]] = [
    {"path": "/guarded", "workflow": "echo", "auth_token": _TOKEN},
    {"path": "/signed", "workflow": "echo", "signature": "github", "secrets": [_SECRET]},
    {"path": "/echo", "workflow": "echo", "body_limit": 1000},
]


@pytest.fixture
def server(own_hub: Hub) -> Server:
    own_hub.add_sinks([dict(sink) for sink in _SINKS])
    return own_hub.start()


def _counts(hub: Hub, path: str) -> dict[str, int]:
    rows = hub.query(
        f"SELECT o.kind, o.count FROM sinks_outcome o JOIN sinks_sink s ON s.id = o.sink_id WHERE s.path = '{path}'"
    )
    return dict(rows)


def _refusals(hub: Hub) -> list[tuple[int, str, str]]:
    rows = hub.query("SELECT status, reason, client FROM sinks_refusal ORDER BY id")
    return [(status, reason, client) for status, reason, client in rows]


def test_refusals_are_counted_and_listed_with_their_reason(own_hub: Hub, server: Server) -> None:
    guarded, signed, echo = (f"{server.url}/app_test{path}" for path in ("/guarded", "/signed", "/echo"))
    for token in ("wrong-1", "wrong-2"):
        assert web.post(guarded, headers={"Authorization": f"Bearer {token}"}).status_code == 401
    assert web.post(signed, headers={"X-Hub-Signature-256": "sha256=" + "0" * 64}).status_code == 401
    assert web.post(signed).status_code == 401
    assert web.post(echo, content=b"x" * 1001).status_code == 413
    assert web.post(echo, headers={"Idempotency-Key": "k"}).status_code == 200
    assert web.post(echo, headers={"Idempotency-Key": "k"}).status_code == 200
    assert web.post(echo, headers={"Idempotency-Key": "k"}, content=b"other").status_code == 409
    wait_until(lambda: _counts(own_hub, "/echo") == {"size": 1, "repeated": 1, "conflict": 1}, "the counts")
    assert _counts(own_hub, "/guarded") == {"token": 2}
    assert _counts(own_hub, "/signed") == {"signature": 2}
    listed = _refusals(own_hub)
    assert [status for status, _, _ in listed] == [401, 401, 401, 401, 413, 200, 409]
    assert {client for _, _, client in listed} == {"127.0.0.1"}
    assert "Bearer" in listed[0][1]
    assert listed[2][1] == "The signature matches none of the sink's secrets."
    assert listed[3][1] == "The x-hub-signature-256 header is missing."
    everything = f"{listed} {server.log()}"
    assert not any(secret in everything for secret in (_TOKEN, _SECRET, "wrong-1"))


def test_the_sinks_page_in_the_admin_shows_them(own_hub: Hub, server: Server) -> None:
    own_hub.manage(
        "createsuperuser",
        "--noinput",
        "--username",
        "root",
        "--email",
        "root@example.com",
        DJANGO_SUPERUSER_PASSWORD="a-password-of-its-own",
    )
    web.post(f"{server.url}/app_test/signed", headers={"X-Hub-Signature-256": "md5=<b>"})
    wait_until(lambda: _counts(own_hub, "/signed"), "the counts")
    sink = own_hub.query("SELECT id FROM sinks_sink WHERE path = '/signed'")[0][0]
    with httpx.Client(base_url=server.url, follow_redirects=True, timeout=60) as browser:
        form = browser.get("/admin/login/").text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
        assert token is not None
        login = {"username": "root", "password": "a-password-of-its-own", "csrfmiddlewaretoken": token[1]}
        browser.post("/admin/login/?next=/admin/", data=login)
        page = browser.get(f"/admin/sinks/sink/{sink}/").text
    text = re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))
    assert "Deliveries without a run in the last week signature 1" in text
    for shown in ("401", "x-hub-signature-256 does not begin with 'sha256='.", "127.0.0.1"):
        assert shown in text.partition("Last refusals")[2], shown
    assert _SECRET not in page


def test_a_flood_leaves_the_exact_count_and_the_newest_refusals(own_hub: Hub, server: Server) -> None:
    with httpx.Client(timeout=60) as client:
        for _ in range(2_000):
            assert client.post(f"{server.url}/app_test/guarded").status_code == 401
    wait_until(lambda: _counts(own_hub, "/guarded") == {"token": 2_000}, "the count")
    assert 20 <= len(_refusals(own_hub)) <= 1_000  # at most 20 a second


def test_more_sinks_than_one_transaction_takes_all_get_their_counts(own_hub: Hub, server: Server) -> None:
    own_hub.add_sinks([{"path": f"/many/{n}", "workflow": "echo", "auth_token": _TOKEN} for n in range(25)])
    with httpx.Client(timeout=60) as client:
        last = f"{server.url}/app_test/many/24"
        wait_until(lambda: client.get(last).headers.get("allow") == "POST", "the sinks to be known")
        for _ in range(2):
            for n in range(25):
                assert client.post(f"{server.url}/app_test/many/{n}").status_code == 401
    counted = "SELECT count FROM sinks_outcome WHERE kind = 'token'"
    wait_until(lambda: own_hub.query(counted) == [(2,)] * 25, "the counts")
    assert len(_refusals(own_hub)) == 50


def test_a_callers_address_that_is_none_is_listed_all_the_same(own_hub: Hub, server: Server) -> None:
    for address in ("x" * 1000, "<b>\u00fc"):
        web.post(f"{server.url}/app_test/guarded", headers={b"X-Forwarded-For": address.encode("latin-1")})
    wait_until(lambda: _counts(own_hub, "/guarded") == {"token": 2}, "the count")
    assert [client for _, _, client in _refusals(own_hub)] == ["x" * 64, "<b>\u00fc"]


def test_noting_what_became_of_a_delivery_is_no_change_to_the_sinks(own_hub: Hub, server: Server) -> None:
    revision = own_hub.query("SELECT number FROM sinks_revision")
    web.post(f"{server.url}/app_test/guarded")
    wait_until(lambda: _counts(own_hub, "/guarded") == {"token": 1}, "the count")
    assert own_hub.query("SELECT number FROM sinks_revision") == revision


def test_two_servers_add_up(own_hub: Hub, server: Server) -> None:
    servers = server, own_hub.start()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: web.post(f"{servers[n % 2].url}/app_test/guarded"), range(200)))
    wait_until(lambda: _counts(own_hub, "/guarded") == {"token": 200}, "the count")


def test_a_server_that_ends_writes_what_it_has_noted(own_hub: Hub, server: Server) -> None:
    for _ in range(3):
        web.post(f"{server.url}/app_test/guarded")
    assert server.stop() == 0
    assert _counts(own_hub, "/guarded") == {"token": 3}


def test_a_sink_that_is_deleted_meanwhile_disturbs_no_other(own_hub: Hub, server: Server) -> None:
    delete = "from sinks.models import Sink; Sink.objects.filter(path='/signed').delete()"
    web.post(f"{server.url}/app_test/signed")
    own_hub.shell(delete)
    web.post(f"{server.url}/app_test/guarded")
    wait_until(lambda: _counts(own_hub, "/guarded") == {"token": 1}, "the count")
    assert "not written" not in server.log()


@pytest.fixture
def postgresql_hub(make_hub: Callable[[str], Hub]) -> Iterator[Hub]:
    hub = make_hub("postgresql")
    hub.add_sinks([dict(sink) for sink in _SINKS])
    yield hub
    hub.stop()


_BLOCKED = "SELECT 1 FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid))"


def test_sinks_deleted_while_their_refusals_are_written_disturb_no_other(postgresql_hub: Hub) -> None:
    hub = postgresql_hub
    server = hub.start()
    with (
        psycopg.connect(hub.database_url) as first,
        psycopg.connect(hub.database_url) as second,
        psycopg.connect(hub.database_url, autocommit=True) as session,
    ):

        def is_waited_for(holder: "psycopg.Connection[Any]") -> bool:
            return bool(session.execute(_BLOCKED, [holder.info.backend_pid]).fetchall())

        first.execute("DELETE FROM sinks_sink WHERE path = '/signed'")
        second.execute("DELETE FROM sinks_sink WHERE path = '/guarded'")
        for path in ("/signed", "/guarded"):
            assert web.post(f"{server.url}/app_test{path}").status_code == 401
        for _ in range(3):
            assert web.post(f"{server.url}/app_test/echo", content=b"x" * 1001).status_code == 413
        wait_until(lambda: is_waited_for(first) or is_waited_for(second), "the write to be under way")
        for blocking, other in ((first, second), (second, first)):
            if is_waited_for(blocking):
                blocking.commit()
                wait_until(partial(is_waited_for, other), "the write to come to the other sink")
                other.commit()
                break
    wait_until(lambda: _counts(hub, "/echo") == {"size": 3}, "the count")
    assert [status for status, _, _ in _refusals(hub)] == [413, 413, 413]
    assert server.stop() == 0
    assert "not written" not in server.log()
    assert "Traceback" not in server.log()
    assert hub.query("SELECT count(*) FROM sinks_outcome") == [(1,)]


def test_a_sink_is_deleted_together_with_refusals_that_are_being_written(postgresql_hub: Hub) -> None:
    hub = postgresql_hub
    delete = "from sinks.models import Sink; Sink.objects.get(path='/signed').delete()"
    with (
        ThreadPoolExecutor(1) as thread,
        psycopg.connect(hub.database_url) as writer,
        psycopg.connect(hub.database_url, autocommit=True) as session,
    ):
        # As a server on another machine writes them.
        writer.execute("SELECT id FROM sinks_sink WHERE path = '/signed' FOR NO KEY UPDATE")
        writer.execute(
            "INSERT INTO sinks_outcome (sink_id, kind, count, last_at)"
            " SELECT id, 'signature', 1, now() FROM sinks_sink WHERE path = '/signed'"
        )
        writer.execute(
            "INSERT INTO sinks_refusal (sink_id, at, status, reason, client)"
            " SELECT id, now(), 401, 'unsigned', '' FROM sinks_sink WHERE path = '/signed'"
        )
        done = thread.submit(hub.shell, delete)
        blocked = [writer.info.backend_pid]
        wait_until(lambda: session.execute(_BLOCKED, blocked).fetchall(), "the deletion does not wait")
        writer.commit()
        assert done.result().returncode == 0
    assert hub.query("SELECT path FROM sinks_sink ORDER BY path") == [("/echo",), ("/guarded",)]
    assert hub.query("SELECT count(*) FROM sinks_outcome") == [(0,)]
    assert _refusals(hub) == []


def test_counts_survive_a_database_that_is_away(make_hub: Callable[[str], Hub]) -> None:
    hub = make_hub("postgresql")
    hub.add_sinks([dict(sink) for sink in _SINKS])
    proxy, url = before_database(hub.database_url)
    try:
        server = hub.start(DATABASE_URL=url)
        proxy.cut()
        for _ in range(30):
            assert web.post(f"{server.url}/app_test/guarded").status_code == 401
        wait_until(lambda: "outcomes not written" in server.log(), "the outage to be seen")
        proxy.restore()
        web.post(f"{server.url}/app_test/guarded")
        wait_until(lambda: _counts(hub, "/guarded") == {"token": 31}, "the count")
        assert len(_refusals(hub)) == 20
    finally:
        hub.stop()
        proxy.close()


def test_a_server_that_ends_while_a_write_fails_writes_again(make_hub: Callable[[str], Hub]) -> None:
    hub = make_hub("postgresql")
    hub.add_sinks([dict(sink) for sink in _SINKS])
    alive = (
        "SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
        " WHERE l.locktype = 'advisory' AND d.datname = current_database()"
    )
    blocked = "SELECT pid FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid))"
    try:
        server = hub.start()
        with (
            psycopg.connect(hub.database_url) as holder,
            psycopg.connect(hub.database_url, autocommit=True) as session,
        ):
            holder.execute("LOCK TABLE sinks_outcome")
            for _ in range(3):
                web.post(f"{server.url}/app_test/guarded")

            def waiting() -> list[int]:
                return [pid for (pid,) in session.execute(blocked, [holder.info.backend_pid])]

            wait_until(waiting, "the write to be under way")
            assert session.execute(alive).fetchall()
            server.terminate()
            # The server stops its engine first, which releases the lock that shows that it is alive.
            wait_until(lambda: not session.execute(alive).fetchall(), "the engine to stop")
            for pid in waiting():
                session.execute("SELECT pg_terminate_backend(%s)", [pid])
            holder.rollback()
        assert server.stop() == 0
        assert _counts(hub, "/guarded") == {"token": 3}
    finally:
        hub.stop()


def test_metrics_tell_them_apart(server: Server) -> None:
    web.post(f"{server.url}/app_test/guarded")
    web.post(f"{server.url}/app_test/echo", headers={"Idempotency-Key": "k"})
    web.post(f"{server.url}/app_test/echo", headers={"Idempotency-Key": "k"})
    metrics = web.get(f"{server.url}/metrics").text
    assert 'sinkhub_deliveries_without_run_total{outcome="token"} 1.0' in metrics
    assert 'sinkhub_deliveries_without_run_total{outcome="repeated"} 1.0' in metrics
