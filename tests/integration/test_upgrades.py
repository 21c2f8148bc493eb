"""
Upgrades: migrating a database of an earlier release keeps all data, and SinkHub continues with it.

`tests/support/upgrades/` has the dumps; `tests/support/upgrades/make_dump.py` describes how to make another one.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from runs.models import Run
from tests.conftest import DATABASES
from tests.support.api_client import client
from tests.support.hub import Hub, Server, wait_until, wait_until_ready
from tests.support.upgrades import dumps, published
from tests.support.web import web

pytestmark = pytest.mark.processes

Row = dict[str, Any]
Tables = dict[str, list[Row]]

_BEARER = {"Authorization": f"Bearer {published.SINK_TOKEN}"}


@dataclass(frozen=True)
class Changes:
    """The intended changes by migrations since a release. Everything else has to stay unchanged."""

    renamed_tables: dict[str, str] = field(default_factory=dict)  # old name: new name
    dropped_tables: set[str] = field(default_factory=set)
    renamed_columns: dict[str, dict[str, str]] = field(default_factory=dict)  # old table: {old name: new name}
    dropped_columns: dict[str, set[str]] = field(default_factory=dict)  # old table: names
    # Old table and old column: the value after the migration, given the row before it.
    rewritten: dict[tuple[str, str], Callable[[Row], Any]] = field(default_factory=dict)
    # Old tables to which migrations add rows; the old rows still have to stay.
    growing_tables: set[str] = field(default_factory=set)
    added_statuses: set[str] = field(default_factory=set)  # of runs; the dump has none of them


def _has_default_rule(row: Row) -> bool:
    return bool(row["attempts"] == 1 and row["backoff"] == 5.0)


# The changes by migrations since each release that has a dump. A dump without an entry has no changes.
CHANGES: dict[str, Changes] = {
    # A queue of 0 was the default, and meant no bound on workers. Rules, timeouts and answers that were the
    # defaults are empty.
    "0.1.0": Changes(
        added_statuses={"waiting"},
        renamed_columns={"sinks_sink": {"signature": "provider"}},
        dropped_columns={"sinks_sink": {f"signature_{part}" for part in ("header", "algorithm", "encoding", "prefix")}},
        rewritten={
            ("sinks_sink", "signature"): lambda row: "" if row["signature"] == "hmac" else row["signature"],
            ("sinks_sink", "tolerance"): lambda row: None if row["tolerance"] == 300 else row["tolerance"],
            ("sinks_sink", "queue"): lambda row: row["queue"] or None,
            ("sinks_sink", "attempts"): lambda row: None if _has_default_rule(row) else row["attempts"],
            ("sinks_sink", "backoff"): lambda row: None if _has_default_rule(row) else row["backoff"],
            ("sinks_sink", "answer"): lambda row: None if row["answer"] == "stream" else row["answer"],
            ("sinks_sink", "timeout"): lambda row: None if row["timeout"] == 300.0 else row["timeout"],
        },
    ),
    "0.2.0": Changes(
        added_statuses={"waiting"},
        renamed_columns={"sinks_sink": {"signature": "provider"}},
        dropped_columns={"sinks_sink": {f"signature_{part}" for part in ("header", "algorithm", "encoding", "prefix")}},
        rewritten={
            ("sinks_sink", "signature"): lambda row: "" if row["signature"] == "hmac" else row["signature"],
            ("sinks_sink", "tolerance"): lambda row: None if row["tolerance"] == 300 else row["tolerance"],
            ("sinks_sink", "attempts"): lambda row: None if _has_default_rule(row) else row["attempts"],
            ("sinks_sink", "backoff"): lambda row: None if _has_default_rule(row) else row["backoff"],
            ("sinks_sink", "timeout"): lambda row: None if row["timeout"] == 300.0 else row["timeout"],
            ("sinks_sink", "answer"): lambda row: None if row["answer"] == "stream" else row["answer"],
        },
    ),
}
# Django adds rows to these when it migrates.
_GROWING_TABLES = {"auth_permission", "django_content_type", "django_migrations"}

# Tables without rows in the dumps: nothing in SinkHub writes them.
EMPTY_TABLES = {
    "axes_accessattemptexpiration",
    "axes_accessfailurelog",
    "axes_accesslog",
    "procrastinate_periodic_defers",
}
# Columns without a value in the dumps.
EMPTY_COLUMNS = {
    ("axes_accessattempt", "get_data"),  # a login form has no query string
    ("procrastinate_jobs", "queueing_lock"),  # SinkHub sets none
    ("procrastinate_jobs", "abort_requested"),  # SinkHub cancels runs, not jobs
    ("runs_retentionclock", "accepted"),  # true only after the wait of a first start
    ("runs_run", "retries"),  # in 0.2.0 only workers tried runs again, so the dump of SQLite has none
}


@dataclass
class Upgraded:
    """A migrated database of an earlier release with a server, and on PostgreSQL a worker."""

    database: str
    release: str
    hub: Hub
    server: Server
    before: Tables
    after: Tables
    answers: dict[str, Any]  # of the earlier release's server; see `dumps.read_answers`
    changes: Changes

    def named(self, name: str) -> str:
        """Return the id of a run by its role in the dump."""
        return str(self.answers["named"][name])

    def send(self, path: str, body: bytes = b"", **more: Any) -> httpx.Response:
        """Send a delivery to app_shop."""
        return web.post(f"{self.server.url}/app_shop{path}", content=body, timeout=60, **more)

    def api(self) -> httpx.Client:
        """Return a client with the earlier release's API token."""
        return client(self.server, self.answers["api_token"])

    def state(self, run_id: str) -> tuple[Any, ...]:
        """Return a run's status and attempt."""
        return self.hub.query(f"SELECT status, attempt FROM runs_run WHERE id = '{run_id}'")[0]

    def wait_for(self, run_id: str, status: str, attempt: int) -> None:
        """Wait until a run has a status and an attempt."""
        wait_until(
            lambda: self.state(run_id) == (status, attempt), f"a run of the dump does not become {status}", seconds=80
        )

    def output(self, run_id: str) -> Any:
        """Return the output of a complete run."""
        with self.api() as api:
            return api.get(f"/runs/{run_id}").json()["output"]


def read_tables(hub: Hub) -> Tables:
    """Return all rows of all tables, without Django."""
    if hub.database_url.startswith("sqlite"):
        names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        names += " AND sql NOT LIKE 'CREATE VIRTUAL%'"  # the index of the search, which cannot be read
    else:
        names = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
    tables: Tables = {}
    for (table,) in hub.query(names):
        columns = sorted(hub.columns(table))
        quoted = ", ".join(f'"{column}"' for column in columns)
        tables[table] = [dict(zip(columns, row, strict=True)) for row in hub.query(f"SELECT {quoted} FROM {table}")]
    return tables


def expected_row(changes: Changes, table: str, row: Row) -> Row:
    """Return the expected form of an old table's row after the migrations, in the remaining columns."""
    renamed, dropped = changes.renamed_columns.get(table, {}), changes.dropped_columns.get(table, set())
    expected = {}
    for column, value in row.items():
        if column not in dropped:
            rewrite = changes.rewritten.get((table, column))
            expected[renamed.get(column, column)] = rewrite(row) if rewrite is not None else value
    return expected


def comparable(row: Row) -> str:
    """Return a row as text, since some values cannot be hashed."""
    return repr(sorted((column, bytes(v) if isinstance(v, memoryview) else v) for column, v in row.items()))


def _create_database(request: pytest.FixtureRequest, database: str, folder: Path) -> str:
    if database == "sqlite":
        return f"sqlite:///{folder}/sinkhub.sqlite3"
    return dumps.create_postgresql(request.getfixturevalue("postgresql"))


@pytest.fixture(
    scope="module",
    params=[(database, release) for release in dumps.releases() for database in DATABASES],
    ids=lambda param: "-".join(param),
)
def upgraded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upgraded]:
    """Load the dump, migrate it, and start a server, and on PostgreSQL a worker."""
    database, release = request.param
    folder = tmp_path_factory.mktemp(f"upgraded-{database}")
    environment = {
        "SECRET_KEY": published.SECRET_KEY,
        "SINKHUB_WORKFLOWS": str(dumps.WORKFLOWS),
        # The dump ages, but none of its runs may be pruned.
        "KEEP_RUNS_DAYS": "0",
        "KEEP_BODIES_DAYS": "0",
    }
    hub = Hub(folder, _create_database(request, database, folder), environment)
    dumps.load(dumps.read_dump(release, database), hub.database_url)
    before = read_tables(hub)
    hub.manage("migrate", "-v0")
    after = read_tables(hub)
    server = hub.start(wait=False)
    if database == "postgresql":
        hub.launch(["manage.py", "worker"])
    try:
        wait_until_ready(server)
        answers = dumps.read_answers(release, database)
        yield Upgraded(database, release, hub, server, before, after, answers, CHANGES.get(release, Changes()))
    finally:
        hub.close()


def test_the_dump_has_runs_of_every_status(upgraded: Upgraded) -> None:
    recorded = {row["status"] for row in upgraded.before["runs_run"]}
    assert recorded == set(Run.Status.values) - upgraded.changes.added_statuses
    unfinished = [row for row in upgraded.before["runs_run"] if row["status"] in {"queued", "running"}]
    assert {(row["status"], bool(row["cancel_requested"])) for row in unfinished} == {
        ("queued", False),
        ("queued", True),
        ("running", False),
        ("running", True),
    }
    engines = {"local"} if upgraded.database == "sqlite" else {"local", "procrastinate"}
    assert {(row["status"], row["engine"]) for row in unfinished} == {
        (status, engine) for status in ("queued", "running") for engine in engines
    }


def test_the_dump_has_rows_in_every_table(upgraded: Upgraded) -> None:
    assert {table for table, rows in upgraded.before.items() if not rows} <= EMPTY_TABLES


def test_the_dump_has_a_value_in_every_column(upgraded: Upgraded) -> None:
    empty = {
        (table, column)
        for table, rows in upgraded.before.items()
        for column in (rows[0] if rows else ())
        if all(row[column] in (None, "", 0, b"", "{}", "[]", {}, []) for row in rows)
    }
    assert empty <= EMPTY_COLUMNS


def test_the_migrations_keep_every_table_and_column(upgraded: Upgraded) -> None:
    changes = upgraded.changes
    for table, rows in upgraded.before.items():
        if table in changes.dropped_tables:
            continue
        new = changes.renamed_tables.get(table, table)
        assert new in upgraded.after, f"the table {table} is gone"
        if rows:
            kept = set(expected_row(changes, table, dict.fromkeys(rows[0])))
            assert kept <= set(upgraded.hub.columns(new)), f"columns of {table} are gone"


def test_the_migrations_keep_every_row_with_its_values(upgraded: Upgraded) -> None:
    changes = upgraded.changes
    for table, rows in upgraded.before.items():
        if table in changes.dropped_tables or not rows:
            continue
        expected = Counter(comparable(expected_row(changes, table, row)) for row in rows)
        columns = expected_row(changes, table, rows[0])
        after = upgraded.after[changes.renamed_tables.get(table, table)]
        found = Counter(comparable({column: row[column] for column in columns}) for row in after)
        assert not list((expected - found).elements()), f"rows of {table} are not kept"
        if table not in _GROWING_TABLES | changes.growing_tables:
            assert not list((found - expected).elements()), f"{table} has rows that it did not have"


def test_a_new_executor_gets_no_id_that_old_runs_name(upgraded: Upgraded) -> None:
    old = {row["executor_id"] for row in upgraded.before["runs_run"]}
    new = {row[0] for row in upgraded.hub.query("SELECT id FROM runs_executor")} - old
    assert new and min(new) > max(old)


def test_the_server_takes_over_the_runs_of_the_killed_server(upgraded: Upgraded) -> None:
    upgraded.wait_for(upgraded.named("running"), "complete", 2)
    assert upgraded.output(upgraded.named("running")) == {"attempt": 2, "body": "held"}
    upgraded.wait_for(upgraded.named("running/once"), "interrupted", 2)
    upgraded.wait_for(upgraded.named("running/cancelled"), "cancelled", 2)


def test_the_server_executes_the_queued_runs(upgraded: Upgraded) -> None:
    queued, origin = upgraded.named("queued"), upgraded.named("order")
    upgraded.wait_for(queued, "complete", 1)
    assert upgraded.output(queued) == upgraded.answers["runs"][origin]["json"]["output"]
    upgraded.wait_for(upgraded.named("queued/cancelled"), "cancelled", 1)
    assert upgraded.hub.query(f"SELECT replay_of FROM runs_run WHERE id = '{queued}'") == [(origin,)]


def test_a_worker_executes_the_runs_of_workers(upgraded: Upgraded) -> None:
    expected = {"worker/running": ("complete", 2), "worker/retried": ("complete", 2), "worker/queued": ("complete", 1)}
    there = {name: state for name, state in expected.items() if name in upgraded.answers["named"]}
    assert there == (expected if upgraded.database == "postgresql" else {})
    for name, (status, attempt) in there.items():
        upgraded.wait_for(upgraded.named(name), status, attempt)
    if there:
        assert upgraded.output(upgraded.named("worker/running")) == {"attempt": 2, "body": "held"}
        wait_until(lambda: not upgraded.hub.query("SELECT 1 FROM procrastinate_jobs"), "jobs stay behind")


def test_old_runs_are_answered_as_before(upgraded: Upgraded) -> None:
    with upgraded.api() as api:
        for run_id, answer in upgraded.answers["runs"].items():
            now = api.get(f"/runs/{run_id}").json()
            assert {name: now.get(name) for name in answer["json"]} == answer["json"]
            assert api.get(f"/runs/{run_id}/events").text == answer["events"]


def test_an_old_stream_continues_after_any_event(upgraded: Upgraded) -> None:
    run_id = upgraded.named("stream")
    whole = upgraded.answers["runs"][run_id]["events"]
    with upgraded.api() as api:
        rest = api.get(f"/runs/{run_id}/events", headers={"Last-Event-ID": "500"}).text
    assert rest == whole[whole.index("id: 501\n") :]


def test_a_bearer_token_still_opens_its_sink(upgraded: Upgraded) -> None:
    answer = upgraded.send("/orders/4711", published.ORDER, headers=_BEARER)
    assert answer.status_code == 200
    assert answer.json()["output"] == upgraded.answers["runs"][upgraded.named("order")]["json"]["output"]
    assert upgraded.send("/orders/4711", headers={"Authorization": "Bearer another"}).status_code == 401


@pytest.mark.parametrize("scheme", published.SIGNING_SECRETS)
def test_a_signing_secret_still_verifies_deliveries(upgraded: Upgraded, scheme: str) -> None:
    body = b'{"id": "evt_new"}'
    headers = published.signature_headers(scheme, body, int(time.time()))
    headers |= {"Content-Type": "application/json", "X-GitHub-Event": "push", "X-GitHub-Delivery": "delivery-new"}
    answer = upgraded.send(f"/{scheme}", body, headers=headers)
    assert answer.status_code == 200 and answer.json()["output"]["order"] == {"id": "evt_new"}
    assert upgraded.send(f"/{scheme}", body + b" ", headers=headers).status_code == 401


def test_a_verify_token_still_answers_the_provider(upgraded: Upgraded) -> None:
    asked = {"hub.mode": "subscribe", "hub.challenge": "4711", "hub.verify_token": published.VERIFY_TOKEN}
    assert web.get(f"{upgraded.server.url}/app_shop/github", params=asked).text == "4711"


def test_an_idempotency_key_still_answers_with_the_first_run(upgraded: Upgraded) -> None:
    key = {"Idempotency-Key": published.IDEMPOTENCY_KEY}
    repeated = upgraded.send("/repeated", published.ORDER, headers=key)
    assert (repeated.status_code, repeated.headers.get("idempotent-replayed")) == (200, "true")
    assert repeated.headers["x-run-id"] == upgraded.named("once")
    assert upgraded.send("/repeated", b"another body", headers=key).status_code == 409


def test_the_key_of_a_pruned_delivery_still_tells_a_repeat_from_another_delivery(upgraded: Upgraded) -> None:
    url, key = f"{upgraded.server.url}/app_pruned/orders", {"Idempotency-Key": published.PRUNED_KEY}
    repeated = web.post(url, content=published.ORDER, headers=key)
    assert (repeated.status_code, repeated.headers["x-run-id"]) == (200, upgraded.named("pruned"))
    assert web.post(url, content=b"another body", headers=key).status_code == 409


def test_a_delivery_id_still_names_its_run(upgraded: Upgraded) -> None:
    body = b'{"id": "evt_4711"}'
    headers = {"Content-Type": "application/json", **published.signature_headers("stripe", body, int(time.time()))}
    assert upgraded.send("/stripe", body, headers=headers).headers["x-run-id"] == upgraded.named("stripe")


def test_api_tokens_still_have_their_scopes_apps_and_ends(upgraded: Upgraded) -> None:
    server, answers = upgraded.server, upgraded.answers
    with upgraded.api() as api:
        assert {app["app_id"] for app in api.get("/api/v1/apps").json()} >= {"app_shop", "app_pruned", "app_closed"}
    with client(server, answers["scoped_token"]) as api:
        assert api.get("/api/v1/sinks").status_code == 403
        assert api.get(f"/api/v1/runs/{upgraded.named('pruned')}").status_code == 200
        assert api.get(f"/api/v1/runs/{upgraded.named('order')}").status_code == 404
    with client(server, answers["expired_token"]) as api:
        assert api.get("/api/v1/apps").status_code == 401


def test_the_admin_signs_in_with_the_old_password(upgraded: Upgraded) -> None:
    with httpx.Client(base_url=upgraded.server.url, timeout=30) as browser:
        browser.get("/admin/login/")
        form = {"username": published.ADMIN, "password": published.PASSWORD}
        answer = browser.post("/admin/login/", data=form | {"csrfmiddlewaretoken": browser.cookies["csrftoken"]})
        assert answer.status_code == 302
        assert upgraded.named("order") in browser.get(f"/admin/runs/run/{upgraded.named('order')}/change/").text


def test_an_old_session_is_still_signed_in(upgraded: Upgraded) -> None:
    cookies = {"sessionid": upgraded.answers["session"]}
    with httpx.Client(base_url=upgraded.server.url, cookies=cookies, timeout=30) as browser:
        assert browser.get("/admin/sinks/sink/").status_code == 200


def test_a_replay_of_an_old_run_works(upgraded: Upgraded) -> None:
    origin = upgraded.named("words")
    replay = json.loads(upgraded.hub.manage("runs", "replay", origin, "--json").stdout)["run_id"]
    upgraded.wait_for(replay, "complete", 1)
    assert upgraded.output(replay) == {"words": 3}


def test_commands_list_and_show_old_runs(upgraded: Upgraded) -> None:
    listed = upgraded.hub.manage("runs", "list", "--json", "--limit", "1000").stdout.splitlines()
    assert {json.loads(line)["run_id"] for line in listed} >= {row["id"] for row in upgraded.before["runs_run"]}
    failed = upgraded.named("failed")
    shown = upgraded.hub.manage("runs", "show", failed, "--json").stdout
    (traceback,) = (row["traceback"] for row in upgraded.before["runs_run"] if row["id"] == failed)
    assert json.loads(shown)["error"]["message"] == "no such order in attempt 1"
    assert 'raise LookupError(f"no such order' in traceback and json.dumps(traceback)[1:-1] in shown


def test_sinks_are_exported_with_their_secrets(upgraded: Upgraded) -> None:
    exported = json.loads(upgraded.hub.manage("sinks", "export", "app_shop", "--secrets").stdout)
    (app,) = exported if isinstance(exported, list) else [exported]
    assert app["keep"] == {"runs_days": 36_500, "bodies_days": 36_500, "runs": 1_000_000}
    sinks = {sink["path"]: sink for sink in app["sinks"]}
    assert len(sinks) == sum(1 for row in upgraded.before["sinks_sink"] if row["app_id"] == _app_pk(upgraded))
    assert sinks["/orders/{order_id}"]["auth_token"] == published.SINK_TOKEN
    assert sinks["/github"]["verify_token"] == published.VERIFY_TOKEN
    for scheme, secrets in published.SIGNING_SECRETS.items():
        sink = sinks[f"/{scheme}"]
        assert (sink.get("secrets") or sink["signature"]["secrets"]) == secrets
        assert sink.get("provider", "hmac") == scheme


def _app_pk(upgraded: Upgraded) -> int:
    return next(int(row["id"]) for row in upgraded.before["sinks_app"] if row["app_id"] == "app_shop")
