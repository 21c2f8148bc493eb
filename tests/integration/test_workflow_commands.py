"""`manage.py workflows list|show|new|run`: workflows and trials, from the command line."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from runs.management.new_workflow import CannotWrite, write_workflow
from tests.support.hub import PROJECT, Hub
from tests.support.web import web

pytestmark = pytest.mark.one_database

_TRIED = '''
import asyncio
from typing import Annotated

from pydantic import Field

from runs.workflows import Request, Retry, Run, workflow

attempts = []


@workflow(responds=True)
async def answers_first(request, run):
    await run.respond(202, {"X-Job": "7"}, {"text": "on it"})
    return "done"


@workflow(version="2", steps=3, restart=False, retry=Retry(attempts=3, delays=[0.01, 0.02]), timeout=60)
async def described(
    request: Request, run: Run, *, url: str, times: Annotated[int, Field(ge=1, description="How often.")] = 2
) -> None:
    """Describes itself.

    At length.
    """


async def succeed():
    return "done"


async def fail_once():
    attempts.append(1)
    if len(attempts) == 1:
        raise ConnectionError("not yet")
    return "now"


@workflow(retry=Retry(attempts=2, delays=[0.01]))
async def recovers(request, run):
    first = await run.step("first", succeed)
    await run.log(f"attempt {run.attempt}")
    return [first, await run.step("second", fail_once), request.json]


@workflow
def asks(request, run):
    run.log("before")
    return [run.wait_for("approval"), run.wait_for("approval")]


@workflow
async def naps(request, run):
    await run.step("first", succeed)
    await run.sleep(1.2)
    return {"attempt": run.attempt, "steps": run.steps is not None}


@workflow
async def fails(request, run):
    raise ValueError(f"no good: {request.text}")


@workflow
async def hangs(request, run):
    try:
        await run.log("hanging")
        await asyncio.sleep(3600)
    finally:
        await run.log("cleaned up")


@workflow
async def slow_double(request, run):
    await run.sleep(0.3)
    return 2 * request.json


@workflow
async def has_children(request, run):
    from runs.workflows import ChildFailed

    doubles = await asyncio.gather(*(run.call("slow_double", n, key=str(n)) for n in (1, 2)))
    await run.start("slow_double", 3)
    try:
        await run.call("fails", "x")
    except ChildFailed as error:
        return [doubles, error.error_message]


@workflow
async def reads_a_secret(request, run):
    return len(run.secret("THE_KEY"))


@workflow
async def mirror(request, run, *, shout: bool = False):
    return [request.method, request.path, request.query_string, request.json, shout]
'''


@pytest.fixture(scope="module")
def site(hub: Hub) -> Hub:
    hub.add_workflows(tried=_TRIED, broken="import no_such_module_4711\n", test_tried="raise SystemExit\n")
    sinks = [{"path": path, "workflow": "mirror", "options": {"shout": True}} for path in ("/one", "/two")]
    hub.add_sinks(sinks)
    return hub


def workflows(site: Hub, *args: str, stdin: str = "", **env: str) -> tuple[int, str, str]:
    """Run `manage.py workflows`. Return its exit code, its output and its errors."""
    done = site.manage("workflows", *args, stdin=stdin, check=False, **env)
    assert "Traceback" not in done.stdout
    return done.returncode, done.stdout, done.stderr


def output(site: Hub, *args: str, stdin: str = "") -> Any:
    """Return the output of a trial that completes."""
    done = site.manage("workflows", "run", *args, "--json", stdin=stdin)
    last = json.loads(done.stdout.splitlines()[-1])
    assert last["type"] == "complete", last
    return last["output"]


def test_the_list_has_each_workflow_with_its_place_and_its_sinks(site: Hub) -> None:
    _, text, _ = workflows(site, "list")
    line = next(line for line in text.splitlines() if line.startswith("mirror "))
    assert "tried.py:" in line and "shout=False" in line
    entries = {entry["name"]: entry for entry in map(json.loads, workflows(site, "list", "--json")[1].splitlines())}
    assert entries["mirror"]["sinks"] == 2
    assert entries["asks"]["sinks"] == 0
    assert entries["asks"]["async"] is False
    assert entries["echo"]["file"] == "runs/workflows/builtin.py"


def test_the_list_fails_with_the_reason_of_each_broken_file(site: Hub) -> None:
    code, text, error = workflows(site, "list")
    assert code == 1
    assert error.startswith("CommandError: broken.py cannot be imported: ModuleNotFoundError")
    assert "no_such_module_4711" in error
    assert "described" in text
    assert workflows(site, "list", SINKHUB_WORKFLOWS="")[0] == 0


def test_a_workflow_is_shown_with_all_that_it_declares(site: Hub) -> None:
    shown = json.loads(site.manage("workflows", "show", "described", "--json").stdout)
    assert shown["description"] == "Describes itself.\n\nAt length."
    assert (shown["version"], shown["steps"], shown["restart"], shown["timeout"]) == ("2", 3, False, 60)
    assert shown["retry"] == {"attempts": 3, "delays": [0.01, 0.02]}
    assert shown["options"] == [
        {"name": "url", "type": "str", "required": True, "default": None, "description": ""},
        {"name": "times", "type": "int (ge=1)", "required": False, "default": 2, "description": "How often."},
    ]
    assert (site.folder / "workflows" / "tried.py").read_text().splitlines()[shown["line"] - 1].startswith("@workflow(")
    text = site.manage("workflows", "show", "described").stdout
    assert f"code:     {shown['code_hash']}\n" in text
    assert "restart:  never" in text
    assert "times   int (ge=1)  2         How often." in text


def test_a_workflow_that_is_not_installed_is_an_error_with_the_broken_files(site: Hub) -> None:
    for action in ("show", "run"):
        code, _, error = workflows(site, action, "missing")
        assert code == 1
        assert "No workflow 'missing' is installed. Choose one of: " in error
        assert "broken.py cannot be imported" in error


def test_a_new_workflow_can_be_run_at_once(make_hub: Any) -> None:
    hub = make_hub("sqlite")
    hub.add_workflows()
    written = hub.manage("workflows", "new", "greet").stdout
    assert {path.name for path in (hub.folder / "workflows").iterdir()} == {"greet.py", "test_greet.py"}
    assert "python -m pytest -p runs.testing" in written
    assert output(hub, "greet", "--data", '{"name": "Ada"}') == {"text": "Hello, Ada!"}
    assert output(hub, "greet", "--option", "greeting=Welcome") == {"text": "Welcome, stranger!"}
    assert hub.manage("workflows", "list").stdout.count("greet") == 3  # its name, its file, and its option
    compile((hub.folder / "workflows" / "test_greet.py").read_text(), "test_greet.py", "exec")


def test_a_new_workflow_needs_a_folder_and_a_free_name(site: Hub) -> None:
    assert "SINKHUB_WORKFLOWS" in workflows(site, "new", "fresh", SINKHUB_WORKFLOWS="")[2]
    assert "not a folder" in workflows(site, "new", "fresh", SINKHUB_WORKFLOWS="/nowhere")[2]
    code, _, error = workflows(site, "new", "mirror")
    assert code == 1
    assert "There is a workflow 'mirror' already, in " in error
    code, _, error = workflows(site, "new", "broken")  # a file without workflows
    assert (code, "broken.py exists already" in error) == (1, True)


@pytest.mark.parametrize(
    "name", ["a b", "7days", "class", "../up", "", "_hidden", "test_it", "conftest", "json", "django", "ü", "x" * 101]
)
def test_a_name_that_cannot_be_a_workflow_is_refused_and_writes_nothing(name: str, tmp_path: Path) -> None:
    with pytest.raises(CannotWrite):
        write_workflow(tmp_path, name)
    assert list(tmp_path.iterdir()) == []


def test_neither_file_of_a_new_workflow_replaces_another(tmp_path: Path) -> None:
    (tmp_path / "test_greet.py").write_text("mine")
    with pytest.raises(CannotWrite, match="exists already"):
        write_workflow(tmp_path, "greet")
    assert [path.name for path in tmp_path.iterdir()] == ["test_greet.py"]
    assert (tmp_path / "test_greet.py").read_text() == "mine"


def test_a_trial_prints_the_events_and_the_output_and_records_nothing(site: Hub) -> None:
    before = site.runs()
    code, text, _ = workflows(site, "run", "demo", "--option", "seconds=0.01", "--option", "steps=2", "--data", "[1]")
    assert code == 0
    assert text.splitlines()[:4] == [
        "info: Received 3 bytes; 2 steps to go.",
        " 50 %  step-1  Step 1 of 2 done.",
        "100 %  step-2  Step 2 of 2 done.",
        "complete",
    ]
    assert json.loads(text.partition("complete\n")[2]) == {"steps": 2, "received": {"json": [1]}}
    assert site.runs() == before


def test_a_trial_reads_its_delivery_from_a_file_or_standard_input(site: Hub, tmp_path: Path) -> None:
    file = tmp_path / "order.json"
    file.write_text('{"id": 7}')
    assert output(site, "mirror", str(file)) == ["POST", "/", "", {"id": 7}, False]
    assert output(site, "mirror", "-", stdin="[8]") == ["POST", "/", "", [8], False]


def test_a_trial_uses_a_recorded_delivery_and_its_options(site: Hub) -> None:
    server = site.start()
    answer = web.post(f"{server.url}/app_test/one?a=1", json={"id": 9}, headers={"Accept": "application/json"})
    run_id = answer.json()["run_id"]
    site.stop()
    assert output(site, "mirror", "--delivery", run_id) == ["POST", "/one", "a=1", {"id": 9}, True]
    assert output(site, "mirror", "--delivery", run_id, "--option", "shout=false")[-1] is False
    assert output(site, "recovers", "--delivery", run_id)[-1] == {"id": 9}  # without the options of another workflow


def test_a_trial_keeps_complete_steps_between_attempts(site: Hub) -> None:
    done = site.manage("workflows", "run", "recovers", "--data", "5", "--json")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    started = [event["step"] for event in events if event["type"] == "step" and event["status"] == "running"]
    assert started == ["first", "second", "second"]
    assert [event["message"] for event in events if event["type"] == "log" and event["level"] == "info"] == [
        "attempt 1"  # the second attempt does not repeat it
    ]
    assert events[-1]["output"] == ["done", "now", 5]
    assert "ConnectionError: not yet" in done.stderr  # of the first attempt, with its lines
    assert "tried.py" in done.stderr


def test_a_trial_that_is_let_go_waits_and_goes_on(site: Hub) -> None:
    code, text, error = workflows(site, "run", "naps", LET_GO_TIMEOUT="0.1")
    assert code == 0
    assert "The run waits until" in error
    assert text.count("first \u00b7 complete") == 1
    assert '"attempt": 1' in text


def test_a_trial_prints_the_response(site: Hub) -> None:
    code, text, error = workflows(site, "run", "answers_first")
    assert (code, text.splitlines()[-1]) == (0, '"done"')
    assert error == 'Response: 202\nx-job: 7\ncontent-type: application/json\n\n{"text":"on it"}\n'


def test_a_trial_executes_children_too(site: Hub) -> None:
    assert output(site, "has_children") == [[2, 4], 'no good: "x"']


def test_a_trial_reads_secrets_from_its_environment(site: Hub) -> None:
    done = site.manage("workflows", "run", "reads_a_secret", "--json", THE_KEY="k3y-of-8")
    assert json.loads(done.stdout.splitlines()[-1])["output"] == 8
    code, _, errors = workflows(site, "run", "reads_a_secret")
    assert (code, "A trial reads secrets from its environment: set THE_KEY." in errors) == (1, True)


def test_a_trial_gets_its_signals_in_their_order(site: Hub) -> None:
    signals = ["--signal", 'approval={"ok": true}', "--signal", "approval=[2]"]
    assert output(site, "asks", *signals) == [{"ok": True}, [2]]


def test_a_trial_that_waits_for_a_signal_in_vain_names_it(site: Hub) -> None:
    code, _, error = workflows(site, "run", "asks", "--signal", "approval=1", LET_GO_TIMEOUT="0.1")
    assert code == 1
    assert error == "CommandError: The run waits for approval: send it with --signal 'approval=JSON'.\n"


def test_a_trial_that_fails_ends_with_1_and_shows_where(site: Hub) -> None:
    code, text, error = workflows(site, "run", "fails", "--data", '"x"')
    assert code == 1
    assert text == "error\n"
    assert error.count("Traceback") == 1
    assert "WARNING" not in error
    assert "in fails" in error
    assert error.endswith('CommandError: The run ended with an error: ValueError: no good: "x"\n')


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["mirror", "--data", "{"], "--data is not valid JSON"),
        (["mirror", "/no/such/file"], "/no/such/file cannot be read"),
        (["mirror", "--option", "shout"], "write --option NAME=7"),
        (["mirror", "--option", "colour=red"], "colour: unknown option (known are: shout)"),
        (["described"], "url: Field required"),
        (["asks", "--signal", "approval={"], "The payload of the signal 'approval' is not valid JSON"),
        (["mirror", "--delivery", "run_" + "0" * 44], "There is no run"),
    ],
)
def test_bad_input_of_a_trial_is_named(site: Hub, args: list[str], words: str) -> None:
    code, text, error = workflows(site, "run", *args)
    assert (code, text) == (1, "")
    assert words in error


def test_ctrl_c_cancels_a_trial_in_order(site: Hub) -> None:
    process = subprocess.Popen(
        [sys.executable, "manage.py", "workflows", "run", "hangs"],
        cwd=PROJECT,
        env=site.env(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "info: hanging\n"
    process.send_signal(signal.SIGINT)
    text, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert text == "info: cleaned up\ncancelled\n"
    assert "Traceback" not in error
