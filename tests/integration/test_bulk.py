"""Bulk actions: cancel, replay and resume the runs that match a filter, by the command and the API."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.test_children import shown
from tests.support.api_client import add_token, add_user
from tests.support.hub import Hub, Server, wait_until
from tests.support.web import web

pytestmark = pytest.mark.one_database

_WORKFLOWS = """
import asyncio
from pathlib import Path

from runs.workflows import workflow


@workflow
async def breaks(request, run):
    if not Path(request.json).exists():
        raise LookupError("broken")


@workflow
async def hangs(request, run):
    await asyncio.sleep(3600)
"""


@pytest.fixture(scope="module")
def site(hub: Hub) -> Hub:
    hub.add_workflows(bulk=_WORKFLOWS)
    hub.add_sinks(
        [
            {"app_id": app, "path": f"/{name}", "workflow": name}
            for app in ("app_one", "app_two")
            for name in ("breaks", "hangs")
        ]
    )
    add_user(hub, "root")
    return hub


@pytest.fixture(scope="module")
def server(site: Hub) -> Server:
    return site.start()


def begin(server: Server, path: str, count: int, file: Path | None = None) -> list[str]:
    """Start some runs; return their ids, the newest first."""
    answers = [
        web.post(f"{server.url}{path}", json=str(file), headers={"Prefer": "respond-async"}) for _ in range(count)
    ]
    return [answer.json()["run_id"] for answer in reversed(answers)]


def wait_for(site: Hub, run_ids: list[str], status: str) -> None:
    wait_until(lambda: all(shown(site, run_id)["status"] == status for run_id in run_ids), f"not all are {status}")


def bulk(site: Hub, *args: str) -> list[dict[str, Any]]:
    lines = site.manage("runs", "bulk", *args, "--json").stdout.splitlines()
    return [json.loads(line) for line in lines]


def test_the_command_resumes_those_that_match_and_no_others(site: Hub, server: Server) -> None:
    file = site.folder / "mended"
    ours, others = (begin(server, f"/{app}/breaks", 3, file) for app in ("app_one", "app_two"))
    wait_for(site, ours + others, "error")
    file.touch()
    asked = ("resume", "--app", "app_one", "--workflow", "breaks")
    assert [each["run_id"] for each in bulk(site, *asked, "--dry-run")] == ours
    assert [each["run_id"] for each in bulk(site, *asked, "--limit", "2", "--per-second", "50")] == ours[:2]
    wait_for(site, ours[:2], "complete")
    assert [each["run_id"] for each in bulk(site, *asked, "--before", ours[1])] == ours[2:]
    wait_for(site, ours, "complete")
    wait_for(site, others, "error")


def test_the_command_replays_and_cancels(site: Hub, server: Server) -> None:
    hanging = begin(server, "/app_one/hangs", 2)
    assert {each["run_id"] for each in bulk(site, "cancel", "--workflow", "hangs", "--app", "app_one")} == set(hanging)
    wait_for(site, hanging, "cancelled")
    replayed = bulk(site, "replay", "--workflow", "hangs", "--app", "app_one")
    assert [each["run_id"] for each in replayed] == hanging
    assert all(shown(site, each["new"])["replay_of"] == each["run_id"] for each in replayed)
    bulk(site, "cancel", "--workflow", "hangs")


def test_the_command_needs_a_filter_and_statuses_that_fit(site: Hub) -> None:
    done = site.manage("runs", "bulk", "cancel", check=False)
    assert (done.returncode, "--all for all runs" in done.stderr) == (1, True)
    done = site.manage("runs", "bulk", "resume", "--status", "complete", check=False)
    assert "can be resumed: cancelled, error, interrupted." in done.stderr


def test_the_api_goes_on_from_request_to_request(site: Hub, server: Server) -> None:
    headers = {"Authorization": f"Bearer {add_token(site, 'root', 'runs:write')[1]}"}
    hanging = begin(server, "/app_two/hangs", 3)
    asked: dict[str, Any] = {"action": "cancel", "filter": {"app_id": ["app_two"], "workflow": "hangs"}, "limit": 2}
    preview = web.post(f"{server.url}/api/v1/runs/bulk", json=asked | {"dry_run": True}, headers=headers).json()
    assert [each["run_id"] for each in preview["results"]] == hanging[:2]
    first = web.post(f"{server.url}/api/v1/runs/bulk", json=asked, headers=headers).json()
    second = web.post(f"{server.url}/api/v1/runs/bulk", json=asked | {"cursor": first["next"]}, headers=headers).json()
    assert [each["run_id"] for each in first["results"] + second["results"]] == hanging
    assert second["next"] is None
    wait_for(site, hanging, "cancelled")


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({"action": "delete", "filter": {"workflow": "x"}}, "action"),
        ({"action": "cancel"}, "filter"),
        ({"action": "cancel", "filter": {}}, "filter"),
        ({"action": "cancel", "filter": {"wrkflow": "x"}}, "filter.wrkflow"),
        ({"action": "resume", "filter": {"status": ["complete"]}}, "filter.status"),
        ({"action": "resume", "filter": {"status": ["gone"]}}, "filter.status.0"),
    ],
)
def test_the_api_refuses_what_it_does_not_understand(
    site: Hub, server: Server, document: dict[str, Any], place: str
) -> None:
    headers = {"Authorization": f"Bearer {add_token(site, 'root', 'runs:write')[1]}"}
    answer = web.post(f"{server.url}/api/v1/runs/bulk", json=document, headers=headers)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [place]), answer.text
