"""Retention: runs are deleted by age and number, their deliveries earlier, also while a server runs."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from runs.history import retention
from runs.models import Delivery, Run
from runs.ports import RetentionPolicy
from sinks.models import App
from tests.support.hub import Hub, wait_until
from tests.support.web import web

_DAY = 86_400_000  # milliseconds

# Creates runs of these ages in days, as a server records them.
_FILL = """
from datetime import timedelta
from django.utils import timezone
from runs.models import Delivery, Run, Segment
now = timezone.now()
runs, deliveries, segments = [], [], []
for at, day in enumerate({days}):
    made = now - timedelta(days=day, minutes=1)
    run = Run(
        id=f"run_{{int(made.timestamp() * 1000):012x}}{{at:032x}}", app_id={app!r}, workflow="echo", timeout=1,
        executor_id=1, status={status!r}, created_at=made,
        idempotency_key={key!r} and f"{{day}}", key_expires_at=made + timedelta(days=10),
    )
    runs.append(run)
    deliveries.append(Delivery(run=run, method="POST", path="/", body=b"{{}}"))
    segments.append(Segment(run=run, first=1, last=1, at=made, data='{{"type":"complete","output":1}}'))
Run.objects.bulk_create(runs, 500)  # PostgreSQL ends a session that pauses within a transaction
Delivery.objects.bulk_create(deliveries, 500)
Segment.objects.bulk_create(segments, 500)
"""


def fill(hub: Hub, app: str, *days: int, status: str = "complete", key: bool = False) -> None:
    """Create runs of these ages in days."""
    script = _FILL.format(app=app, days=days, status=status, key=key or None)
    hub.shell(script)


def ages(hub: Hub, app: str, table: str = "runs_run", column: str = "id") -> list[int]:
    """Return the ages in days of an app's runs that have rows in a table."""
    now = int(time.time() * 1000)
    ids = hub.query(f"SELECT t.{column} FROM {table} t JOIN runs_run r ON r.id = t.{column} WHERE r.app_id = '{app}'")
    return sorted((now - int(run_id[4:16], 16)) // _DAY for (run_id,) in ids)


def prune(hub: Hub, *args: str, **env: str) -> dict[str, Any]:
    return dict(json.loads(hub.manage("runs", "prune", "--accept-clock", "--json", *args, check=True, **env).stdout))


def test_what_is_older_than_the_settings_say_goes_and_requests_sooner(own_hub: Hub) -> None:
    fill(own_hub, "app_a", 0, 2, 5, 20, 40)
    keep = {"KEEP_RUNS_DAYS": "10", "KEEP_BODIES_DAYS": "3"}
    assert prune(own_hub, "--dry-run", **keep) == {"dry_run": True, "runs": 2, "requests": 3}
    assert ages(own_hub, "app_a") == [0, 2, 5, 20, 40]
    assert prune(own_hub, **keep) == {"dry_run": False, "runs": 2, "requests": 3}
    assert ages(own_hub, "app_a") == [0, 2, 5]
    assert ages(own_hub, "app_a", "runs_segment", "run_id") == [0, 2, 5]
    assert ages(own_hub, "app_a", "runs_delivery", "run_id") == [0, 2]
    assert own_hub.query("SELECT count(*) FROM runs_segment") == [(3,)]
    assert prune(own_hub, **keep) == {"dry_run": False, "runs": 0, "requests": 0}


def test_the_newest_stay_where_a_number_is_kept(own_hub: Hub) -> None:
    fill(own_hub, "app_a", 0, 1, 2, 3, 4)
    fill(own_hub, "app_b", 0, 1)
    assert prune(own_hub, KEEP_RUNS="3", KEEP_RUNS_DAYS="0")["runs"] == 2
    assert (ages(own_hub, "app_a"), ages(own_hub, "app_b")) == ([0, 1, 2], [0, 1])


def test_an_app_says_for_itself_what_is_kept(own_hub: Hub) -> None:
    fill(own_hub, "app_a", 0, 5, 500)
    fill(own_hub, "app_b", 0, 5, 500)
    own_hub.manage(
        "sinks",
        "import",
        "-",
        stdin=json.dumps(
            [
                {"app_id": "app_a", "keep": {"runs_days": 0, "bodies_days": 1}},
                {"app_id": "app_b", "keep": {"runs": 1}},
            ]
        ),
    )
    prune(own_hub)
    assert (ages(own_hub, "app_a"), ages(own_hub, "app_b")) == ([0, 5, 500], [0])
    assert ages(own_hub, "app_a", "runs_delivery", "run_id") == [0]


def test_runs_that_are_not_over_stay(own_hub: Hub) -> None:
    fill(own_hub, "app_a", 400, 500, status="running")
    fill(own_hub, "app_a", 450)
    assert prune(own_hub)["runs"] == 1
    assert ages(own_hub, "app_a", "runs_delivery", "run_id") == [400, 500]
    # Their deliveries are deleted once they have ended, although those of younger runs were deleted before.
    own_hub.shell("from runs.models import Run; Run.objects.update(status='error')")
    assert prune(own_hub, KEEP_RUNS_DAYS="0", KEEP_BODIES_DAYS="30") == {"dry_run": False, "runs": 0, "requests": 2}


def test_the_request_of_a_run_that_was_not_over_between_others_goes_later(own_hub: Hub) -> None:
    fill(own_hub, "app_a", 40)
    fill(own_hub, "app_a", 39, status="queued")
    fill(own_hub, "app_a", 38)
    bodies = {"KEEP_RUNS_DAYS": "0", "KEEP_BODIES_DAYS": "30"}
    assert prune(own_hub, **bodies)["requests"] == 2
    own_hub.shell("from runs.models import Run; Run.objects.update(status='complete')")
    assert prune(own_hub, **bodies)["requests"] == 1


def test_a_run_whose_key_still_holds_stays_so_that_no_repeat_starts_a_second_one(own_hub: Hub) -> None:
    fill(own_hub, "app_a", 0, 5, 20, key=True)
    assert prune(own_hub, "--days", "1")["runs"] == 1
    assert ages(own_hub, "app_a") == [0, 5]


_AGE = """
from django.db import connection
old = f"run_{{int({run_id!r}[4:16], 16) - 5 * 86_400_000:012x}}" + {run_id!r}[16:]
with connection.cursor() as cursor:
    for column in ("runs_run.id", "runs_delivery.run_id", "runs_segment.run_id"):
        table, name = column.split(".")
        cursor.execute(f"UPDATE {{table}} SET {{name}} = %s WHERE {{name}} = %s", [old, {run_id!r}])
print(old)
"""


def test_a_repeat_is_told_from_another_request_though_the_first_is_kept_no_longer(own_hub: Hub) -> None:
    own_hub.add_sinks([{"path": "/in", "workflow": "echo"}])
    send = partial(web.post, f"{own_hub.start().url}/app_test/in?x=1", headers={"Idempotency-Key": "k"})
    run_id = send(content=b'{"a": 1}').headers["x-run-id"]
    # Five days later.
    aged = own_hub.shell(_AGE.format(run_id=run_id)).stdout.strip()
    assert prune(own_hub, "--bodies-days", "1")["requests"] == 1
    again, other = send(content=b'{"a": 1}'), send(content=b'{"a": 2}')
    assert (again.status_code, again.headers["x-run-id"]) == (200, aged)
    assert again.headers["idempotent-replayed"] == "true"
    assert other.status_code == 409


def test_the_command_line_says_what_goes_instead(own_hub: Hub) -> None:
    fill(own_hub, "app_a", *range(6))
    fill(own_hub, "app_b", *range(6))
    assert prune(own_hub, "--app", "app_a", "--keep", "4")["runs"] == 2
    assert prune(own_hub, "--bodies-days", "2", "--app", "app_b") == {"dry_run": False, "runs": 0, "requests": 4}
    assert prune(own_hub, "--days", "3")["runs"] == 4
    assert own_hub.manage("runs", "prune", "--accept-clock").stdout == "deleted: 0 runs, 0 deliveries.\n"
    refused = own_hub.manage("runs", "prune", "--days", "0", check=False)
    assert refused.returncode == 1
    assert "0 means no limit: specify at least one number above 0." in refused.stderr


def test_numbers_on_the_command_line_do_not_undo_what_an_app_says_unless_it_is_named(own_hub: Hub) -> None:
    fill(own_hub, "app_a", 0, 50)
    fill(own_hub, "app_b", 0, 50)
    own_hub.manage("sinks", "import", "-", stdin=json.dumps({"app_id": "app_a", "keep": {"runs_days": 0}}))
    assert prune(own_hub, "--days", "10")["runs"] == 1
    assert (ages(own_hub, "app_a"), ages(own_hub, "app_b")) == ([0, 50], [0])
    assert prune(own_hub, "--days", "10", "--app", "app_a")["runs"] == 1
    assert ages(own_hub, "app_a") == [0]


def test_what_an_app_said_holds_for_its_runs_after_it_is_deleted(own_hub: Hub) -> None:
    fill(own_hub, "app_a", 0, 500)
    fill(own_hub, "app_b", 0, 5, 500)
    both = [{"app_id": "app_a", "keep": {"runs_days": 0}}, {"app_id": "app_b", "keep": {"runs_days": 3}}]
    own_hub.manage("sinks", "import", "-", stdin=json.dumps(both))
    own_hub.manage("shell", "-v0", "-c", "App.objects.all().delete()")
    prune(own_hub)
    assert (ages(own_hub, "app_a"), ages(own_hub, "app_b")) == ([0, 500], [0])
    # A new app with this id gets its runs, and keeps them as long unless it sets its own retention.
    own_hub.manage("sinks", "create", "--app", "app_a", "--path", "/new")
    prune(own_hub)
    assert ages(own_hub, "app_a") == [0, 500]
    own_hub.manage("sinks", "import", "-", stdin=json.dumps({"app_id": "app_a", "keep": {"runs_days": 10}}))
    prune(own_hub)
    assert ages(own_hub, "app_a") == [0]


def test_two_that_delete_at_once_do_not_hinder_each_other(own_hub: Hub) -> None:
    fill(own_hub, "app_a", *([100] * 4_000), 0)
    with ThreadPoolExecutor(2) as threads:
        done = list(threads.map(lambda _: prune(own_hub), range(2)))
    assert sum(result["runs"] for result in done) == 4_000
    assert ages(own_hub, "app_a") == [0]
    assert own_hub.query("SELECT count(*) FROM runs_delivery") == [(1,)]


@pytest.mark.django_db
def test_what_an_app_says_while_its_runs_are_deleted_is_heeded() -> None:
    made = timezone.now() - timedelta(days=100)
    ids = [f"run_{int(made.timestamp() * 1000):012x}{at:032x}" for at in range(4_000)]
    rows = [
        Run(id=run_id, app_id="app_a", workflow="echo", timeout=1, executor_id=1, status="complete", created_at=made)
        for run_id in ids
    ]
    Run.objects.bulk_create(rows, 500)
    app = App.objects.create(app_id="app_a", keep_runs_days=10)
    for number, _ in enumerate(
        retention.prune(partial(retention.bounds, "app_a", timezone.now()), rest=lambda seconds: None)
    ):
        if number == 0:
            app.keep_runs_days = 0
            app.save()
    assert 0 < Run.objects.count() < 4_000


@pytest.mark.django_db
def test_how_far_requests_are_deleted_is_written_down_as_it_goes() -> None:
    made = timezone.now() - timedelta(days=50)
    ids = [f"run_{int(made.timestamp() * 1000):012x}{at:032x}" for at in range(1_000)]
    Run.objects.bulk_create(
        Run(id=run_id, app_id="app_a", workflow="echo", timeout=1, executor_id=1, status="complete", created_at=made)
        for run_id in ids
    )
    Delivery.objects.bulk_create(Delivery(run_id=run_id, method="POST", path="/", body=b"") for run_id in ids)
    ask = partial(retention.bounds, "app_a", timezone.now(), otherwise=RetentionPolicy(0, 30, 0))
    half_way = retention.prune(ask, rest=lambda seconds: None)
    next(half_way)
    next(half_way)
    # The deletion continues instead of starting again.
    assert len(list(retention.prune(ask, rest=lambda seconds: None))) == 3


def test_many_runs_go_in_many_small_transactions(own_hub: Hub) -> None:
    fill(own_hub, "app_a", *([100] * 650), 0)
    assert prune(own_hub)["runs"] == 650
    assert ages(own_hub, "app_a") == [0]


def test_servers_delete_by_themselves_what_is_kept_no_longer(own_hub: Hub) -> None:
    prune(own_hub)
    fill(own_hub, "app_a", 0, 50, 200)
    servers = [own_hub.start(PRUNE_EVERY_SECONDS="1") for _ in range(2)]
    wait_until(lambda: ages(own_hub, "app_a") == [0, 50], "the old run is not deleted")
    wait_until(lambda: ages(own_hub, "app_a", "runs_delivery", "run_id") == [0], "the old request is not deleted")
    wait_until(lambda: any("runs=1 requests=2" in server.log() for server in servers), "it is not said")
    assert not [line for server in servers for line in server.log().splitlines() if " ERROR " in line]


def test_a_server_that_deletes_much_ends_when_it_is_told_to(own_hub: Hub) -> None:
    prune(own_hub)
    fill(own_hub, "app_a", *([200] * 9_000))
    server = own_hub.start(PRUNE_EVERY_SECONDS="1")
    wait_until(lambda: own_hub.runs() < 9_000, "nothing is deleted")
    assert server.stop() == 0
    left = own_hub.runs()
    assert 0 < left < 9_000
    # The next sweep deletes the remaining runs.
    assert prune(own_hub)["runs"] == left


def test_what_was_pruned_is_not_there_for_anybody(own_hub: Hub) -> None:
    own_hub.add_sinks([{"app_id": "app_a", "path": "/a", "auth_token": "s3cret-token"}])
    server = own_hub.start()
    headers = {"Authorization": "Bearer s3cret-token", "Accept": "application/json"}
    run_id = web.post(f"{server.url}/app_a/a", headers=headers).json()["run_id"]
    assert web.get(f"{server.url}/runs/{run_id}", headers=headers).status_code == 200
    assert prune(own_hub, "--keep", "1")["runs"] == 0
    web.post(f"{server.url}/app_a/a", headers=headers)
    assert prune(own_hub, "--keep", "1")["runs"] == 1
    for path in (f"/runs/{run_id}", f"/runs/{run_id}/events"):
        for credentials in (headers, {}):
            answer = web.get(f"{server.url}{path}", headers=credentials)
            assert (answer.status_code, answer.json()["detail"]) == (404, "No such run.")
    for action in ("show", "replay", "curl"):
        done = own_hub.manage("runs", action, run_id, check=False)
        assert (done.returncode, done.stderr) == (1, f"CommandError: There is no run '{run_id}'.\n")


@pytest.mark.django_db
def test_requests_are_not_kept_for_longer_than_their_runs() -> None:
    from django.core.exceptions import ValidationError

    from sinks.config import documents
    from sinks.models import App

    with pytest.raises(ValidationError) as refused:
        documents.apply_app(App(), {"keep": {"runs_days": 5, "bodies_days": 6}})
    assert documents.messages(refused.value, App) == {
        "keep.bodies_days": [
            "A request cannot be kept for longer than its run: enter at most as many days as for runs."
        ]
    }


def test_a_child_stays_until_its_parent_has_read_its_end(hub: Hub) -> None:
    fill(hub, "app_child", 40, 41)
    awaited = "Run.objects.filter(pk=Run.objects.filter(app_id='app_child').first().pk).update(is_awaited=True)"
    hub.shell(f"from runs.models import Run; {awaited}")
    prune(hub, "--app", "app_child", "--days", "30")
    assert len(ages(hub, "app_child")) == 1
