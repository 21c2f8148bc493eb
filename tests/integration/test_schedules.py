"""Schedules with servers: their runs are executed, and several servers, of which one dies, start each time once."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.processes.test_workers import start_worker
from tests.support.hub import SHORT_INTERVALS, Hub, wait_until

_WORKFLOWS = """
from runs.workflows import workflow


@workflow
async def report(request, run, *, region: str = "eu"):
    return [request.json, region, request.headers["x-schedule"], request.headers["x-scheduled-at"]]
"""
# Creates schedules that are due: they come once a year, and missed a time.
_CREATE = """
from datetime import UTC, datetime
from sinks.models import App, Schedule
app = App.objects.get_or_create(app_id="app_test")[0]
Schedule.objects.bulk_create(
    Schedule(app=app, name=name, cron="0 0 1 1 *", next_at=datetime(2026, 1, 1, tzinfo=UTC), **{fields!r})
    for name in {names!r}
)
"""


def create_due(hub: Hub, *names: str, **fields: Any) -> None:
    hub.shell(_CREATE.format(names=names, fields={"workflow": "echo", **fields}))


def scheduled_runs(hub: Hub) -> dict[str, list[tuple[str, str]]]:
    """Return the id and status of each schedule's runs."""
    found: dict[str, list[tuple[str, str]]] = {}
    for run_id, status, headers in hub.query(
        "SELECT r.id, r.status, d.headers FROM runs_run r JOIN runs_delivery d ON d.run_id = r.id"
    ):
        fields = dict(json.loads(headers) if isinstance(headers, str) else headers)
        found.setdefault(fields["x-schedule"], []).append((run_id, status))
    return found


def output_of(hub: Hub, name: str) -> Any:
    """Wait until the only run of a schedule is complete, and return its output."""

    def complete() -> str:
        runs = scheduled_runs(hub).get(name, [])
        return runs[0][0] if [status for _, status in runs] == ["complete"] else ""

    wait_until(lambda: bool(complete()), f"the schedule {name} has no complete run")
    return json.loads(hub.manage("runs", "show", complete(), "--json").stdout)["output"]


@pytest.fixture(autouse=True)
def quick_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let servers check for due schedules often; in other tests, that would only cost time."""
    monkeypatch.setitem(SHORT_INTERVALS, "SCHEDULE_CHECK_INTERVAL", "0.3")


def test_a_server_starts_and_executes_the_run_of_a_schedule_that_is_due(own_hub: Hub) -> None:
    own_hub.add_workflows(reports=_WORKFLOWS)
    create_due(own_hub, "nightly", workflow="report", options={"region": "us"}, payload={"full": True})
    own_hub.start()
    assert output_of(own_hub, "nightly") == [{"full": True}, "us", "nightly", "2026-01-01T00:00:00Z"]
    [listed] = [json.loads(line) for line in own_hub.manage("schedules", "list", "--json").stdout.splitlines()]
    assert listed["last_at"].startswith("2026-01-01T00:00:00")
    assert listed["next_at"][4:] == "-01-01T00:00:00+00:00"
    assert "nightly" in own_hub.manage("schedules", "list", "--app", "app_test").stdout


def test_of_several_servers_one_of_which_dies_each_time_starts_one_run(own_hub: Hub) -> None:
    first, _ = own_hub.start(), own_hub.start()
    names = [f"s{at}" for at in range(60)]
    create_due(own_hub, *names)
    wait_until(lambda: len(scheduled_runs(own_hub)) > 5, "no schedule is fired")
    first.kill()
    ended = {name: ["complete"] for name in names}

    def states() -> dict[str, list[str]]:
        return {name: [status for _, status in runs] for name, runs in scheduled_runs(own_hub).items()}

    wait_until(lambda: states() == ended, "the schedules do not have one complete run each", seconds=60)
    assert own_hub.query("SELECT count(*) FROM sinks_schedule WHERE next_at > '2026-12-31'") == [(60,)]


def test_a_worker_executes_the_runs_of_a_schedule(make_hub: Callable[[str], Hub]) -> None:
    hub = make_hub("postgresql")
    try:
        hub.add_workflows(reports=_WORKFLOWS)
        create_due(hub, "nightly", workflow="report", engine="procrastinate")
        hub.start()
        start_worker(hub)
        assert output_of(hub, "nightly") == [None, "eu", "nightly", "2026-01-01T00:00:00Z"]
        assert hub.query("SELECT engine FROM runs_run") == [("procrastinate",)]
    finally:
        hub.close()


@pytest.mark.one_database
def test_a_run_is_started_by_a_command(own_hub: Hub) -> None:
    own_hub.add_workflows(reports=_WORKFLOWS)
    own_hub.start()
    create_due(own_hub, "nightly", workflow="report", active=False)
    run_id = own_hub.manage("schedules", "run", "app_test/nightly").stdout.strip()
    assert output_of(own_hub, "nightly")[2] == "nightly"
    assert own_hub.query("SELECT last_run_id, last_at FROM sinks_schedule") == [(run_id, None)]
    refused = own_hub.manage("schedules", "run", "app_test/daily", check=False)
    assert (refused.returncode, refused.stderr) == (
        1,
        "CommandError: There is no schedule 'app_test/daily'. This app has: nightly.\n",
    )


@pytest.mark.one_database
def test_the_times_of_an_expression_are_shown_by_a_command(own_hub: Hub) -> None:
    shown = own_hub.manage("schedules", "next", "30 2 * * *", "--timezone", "Europe/Berlin", "--count", "2")
    assert shown.stdout.startswith("At 02:30 every day (Europe/Berlin):\n")
    assert len(shown.stdout.splitlines()) == 3
    for arguments, reason in (
        (["30 2 * *"], "A cron expression has five fields"),
        (["* * * * *", "--timezone", "Mars"], "There is no such time zone"),
        (["* * * * *", "--count", "0"], "--count must be from 1 to 1000."),
    ):
        refused = own_hub.manage("schedules", "next", *arguments, check=False)
        assert refused.returncode == 1
        assert reason in refused.stderr
