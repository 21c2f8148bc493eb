"""Resume: a run that failed continues behind its complete steps, once its cause is mended."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.test_children import shown
from tests.integration.test_runs import parse
from tests.processes.test_workers import start_worker
from tests.support.api_client import add_token, add_user
from tests.support.hub import Hub, Server, wait_until
from tests.support.web import web

_WORKFLOWS = """
from pathlib import Path

from runs.workflows import workflow


def note(file, text):
    with Path(file).open("a") as out:
        out.write(text + "\\n")
    return text


def need(file):
    note(file, "need")
    if not Path(f"{file}.mended").exists():
        raise LookupError("broken")
    return "mended"


def word(file):
    return Path(f"{file}.word").read_text()


@workflow
async def breaks(request, run):
    file = request.query["file"]
    await run.log("begun")
    first = await run.step("first", note, file, "first")
    return [first, await run.step("second", need, file), run.attempt]


@workflow
async def takes_words(request, run):
    file = request.query["file"]
    await run.step("say", str.upper, word(file))
    return await run.step("second", need, file)
"""


@pytest.fixture(scope="module")
def site(hub: Hub) -> Hub:
    hub.add_workflows(resumed=_WORKFLOWS)
    hub.add_sinks([{"path": "/breaks", "workflow": "breaks"}, {"path": "/words", "workflow": "takes_words"}])
    add_user(hub, "root")
    return hub


@pytest.fixture(scope="module")
def server(site: Hub) -> Server:
    return site.start()


def fail(server: Server, file: Path, path: str = "/breaks") -> str:
    answer = web.post(
        f"{server.url}/app_test{path}", params={"file": str(file)}, headers={"Accept": "application/json"}
    ).json()
    assert answer["error"]["message"] == "broken"
    return str(answer["run_id"])


def end_of(site: Hub, run_id: str) -> dict[str, Any]:
    wait_until(lambda: shown(site, run_id)["finished_at"], "the run does not end")
    return shown(site, run_id)


def test_a_failed_run_continues_behind_its_complete_steps(site: Hub, server: Server) -> None:
    file = site.folder / "mended-later"
    run_id = fail(server, file)
    Path(f"{file}.mended").touch()
    assert site.manage("runs", "resume", run_id).stdout == f"{run_id} continues.\n"
    ended = end_of(site, run_id)
    assert (ended["output"], ended["error"]) == (["first", "mended", 2], None)
    assert file.read_text().split() == ["first", "need", "need"]


def test_only_the_last_event_of_a_resumed_run_ends_it(site: Hub, server: Server) -> None:
    file = site.folder / "stream"
    run_id = fail(server, file)
    before = parse(web.get(f"{server.url}/runs/{run_id}/events").text)
    Path(f"{file}.mended").touch()
    site.manage("runs", "resume", run_id)
    end_of(site, run_id)
    events = parse(web.get(f"{server.url}/runs/{run_id}/events").text)
    assert [event["type"] for event in events if event["type"] in ("complete", "error")] == ["complete"]
    assert events[: len(before) - 1] == before[:-1]
    assert events[len(before) - 1] == {
        "type": "log",
        "run_id": run_id,
        "level": "warning",
        "message": "Attempt 1 failed: LookupError: broken. The run was resumed.",
    }


def test_a_run_that_fails_again_can_be_resumed_again(site: Hub, server: Server) -> None:
    file = site.folder / "twice"
    run_id = fail(server, file)
    site.manage("runs", "resume", run_id)
    assert end_of(site, run_id)["error"]["message"] == "broken"
    Path(f"{file}.mended").touch()
    site.manage("runs", "resume", run_id)
    assert end_of(site, run_id)["output"] == ["first", "mended", 3]


def test_steps_with_other_arguments_need_consent(site: Hub, server: Server) -> None:
    file = site.folder / "words"
    word = Path(f"{file}.word")
    word.write_text("one")
    run_id = fail(server, file, "/words")
    word.write_text("two")
    Path(f"{file}.mended").touch()
    site.manage("runs", "resume", run_id)
    assert end_of(site, run_id)["error"]["type"] == "WorkflowChanged"
    site.manage("runs", "resume", run_id, "--accept-changes")
    assert end_of(site, run_id)["output"] == "mended"


def test_the_api_resumes_with_the_scope(site: Hub, server: Server) -> None:
    file = site.folder / "api"
    run_id = fail(server, file)
    Path(f"{file}.mended").touch()
    address = f"{server.url}/api/v1/runs/{run_id}/resume"
    _, reader = add_token(site, "root", "runs:read")
    assert web.post(address, headers={"Authorization": f"Bearer {reader}"}).status_code == 403
    headers = {"Authorization": f"Bearer {add_token(site, 'root', 'runs:write')[1]}"}
    answer = web.post(address, headers=headers, json={"accept_changes": True})
    assert (answer.status_code, answer.json()["status"]) == (202, "queued"), answer.text
    assert end_of(site, run_id)["status"] == "complete"
    refused = web.post(address, headers=headers)
    assert (refused.status_code, "this one is complete" in refused.json()["detail"]) == (409, True)


def test_a_replay_from_a_step_gets_the_results_of_the_steps_before_it(site: Hub, server: Server) -> None:
    file = site.folder / "replayed"
    run_id = fail(server, file)
    Path(f"{file}.mended").touch()
    new = site.manage("runs", "replay", run_id, "--from-step", "second").stdout.strip()
    assert end_of(site, new)["output"] == ["first", "mended", 1]
    assert file.read_text().split() == ["first", "need", "need"]
    events = parse(web.get(f"{server.url}/runs/{new}/events").text)
    steps = [(event["step"], event["status"]) for event in events if event["type"] == "step"]
    assert steps == [("first", "complete"), ("second", "running"), ("second", "complete")]
    assert [event["message"] for event in events if event["type"] == "log"] == ["begun"]
    refused = site.manage("runs", "replay", run_id, "--from-step", "third", check=False)
    assert "has no step 'third'. Its steps are: first, second." in refused.stderr


@pytest.mark.parametrize("own_hub", ["postgresql"], indirect=True)
def test_a_worker_continues_a_resumed_run(own_hub: Hub) -> None:
    own_hub.add_workflows(resumed=_WORKFLOWS)
    own_hub.add_sinks([{"path": "/breaks", "workflow": "breaks", "engine": "procrastinate"}])
    server = own_hub.start()
    start_worker(own_hub)
    file = own_hub.folder / "worker"
    run_id = fail(server, file)
    Path(f"{file}.mended").touch()
    shown_run = json.loads(own_hub.manage("runs", "resume", run_id, "--json").stdout)
    assert shown_run["run_id"] == run_id
    assert end_of(own_hub, run_id)["output"] == ["first", "mended", 2]
    assert file.read_text().split() == ["first", "need", "need"]
    new = own_hub.manage("runs", "replay", run_id, "--from-step", "second").stdout.strip()
    assert end_of(own_hub, new)["output"] == ["first", "mended", 1]
    assert file.read_text().split() == ["first", "need", "need", "need"]
