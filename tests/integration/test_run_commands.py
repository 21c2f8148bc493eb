"""`manage.py runs list|show|follow|cancel|stats`: the runs of a running server, from the command line."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.hub import PROJECT, Hub, Server, wait_until
from tests.support.web import web

TOKEN = "s3cret-t0ken-4711-xyz"


def runs(hub: Hub, *args: str) -> tuple[int, str]:
    """Run `manage.py runs`. Return its exit code and its output."""
    done = hub.manage("runs", *args, check=False)
    return done.returncode, done.stdout + done.stderr


def lines(hub: Hub, *args: str) -> list[dict[str, Any]]:
    """Return the output of `manage.py runs ... --json`."""
    return [json.loads(line) for line in hub.manage("runs", *args, "--json").stdout.splitlines()]


@pytest.fixture(scope="module")
def server(hub: Hub) -> Server:
    hub.add_sinks(
        [
            {"app_id": "app_a", "path": "/echo", "auth_token": TOKEN},
            {"app_id": "app_a", "path": "/fails", "workflow": "raises"},
            {"app_id": "app_list", "path": "/echo"},
            {"app_id": "app_list", "path": "/fails", "workflow": "raises"},
            {"app_id": "app_b", "path": "/gated", "workflow": "gated"},
            {"app_id": "app_b", "path": "/long", "workflow": "demo", "options": {"steps": 1, "seconds": 3600}},
        ]
    )
    return hub.start()


def start(server: Server, path: str, body: bytes = b"{}") -> str:
    """Start a run without waiting for it. Return its id."""
    headers = {"Prefer": "respond-async", "Authorization": f"Bearer {TOKEN}"}
    answer = web.post(f"{server.url}{path}", content=body, headers=headers)
    assert answer.status_code == 202
    return str(answer.json()["run_id"])


def finish(hub: Hub, server: Server, path: str, body: bytes = b"{}") -> str:
    """Start a run, and wait for its end. Return its id."""
    run_id = start(server, path, body)
    over = f"SELECT 1 FROM runs_run WHERE id = '{run_id}' AND status NOT IN ('queued', 'running')"
    wait_until(lambda: hub.query(over), "the run does not end")
    return run_id


def test_the_list_shows_the_newest_first_and_takes_filters(hub: Hub, server: Server) -> None:
    paths = ("/app_list/echo", "/app_list/fails", "/app_list/echo")
    first, second, third = (finish(hub, server, path) for path in paths)
    assert [run["run_id"] for run in lines(hub, "list", "--app", "app_list", "--limit", "3")] == [third, second, first]
    assert [run["run_id"] for run in lines(hub, "list", "--status", "error", "--limit", "1")] == [second]
    assert [run["run_id"] for run in lines(hub, "list", "--before", third, "--limit", "1")] == [second]
    assert lines(hub, "list", "--app", "app_nowhere") == []
    assert lines(hub, "list", "--until", "2020-01-01") == []
    assert lines(hub, "list", "--since", "9999-12-31T23:59-12:00") == []
    assert len(lines(hub, "list", "--since", "0001-01-01T00:00+14:00", "--limit", "2")) == 2
    assert len(lines(hub, "list", "--since", "1h", "--workflow", "raises", "--app", "app_list")) == 1
    [error] = lines(hub, "list", "--status", "error", "--limit", "1")
    assert error["error"]["type"] == "LookupError"


def test_the_list_is_a_table_for_people(hub: Hub, server: Server) -> None:
    run_id = finish(hub, server, "/app_a/echo")
    head, line = hub.manage("runs", "list", "--limit", "1").stdout.splitlines()
    assert re.split("  +", head) == ["RUN", "STATUS", "APP", "WORKFLOW", "CREATED (UTC)", "DURATION"]
    assert re.split("  +", line)[:4] == [run_id, "complete", "app_a", "echo"]


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (
            ("--since", "yesterday"),
            "'yesterday' is not a time: write 2026-01-31T12:00, or how long ago: 90s",
        ),
        (("--since", "999999999d"), "'999999999d' is too long ago"),
        (("--limit", "0"), "must be a whole number of at least 1"),
        (("--status", "done"), "invalid choice: 'done'"),
    ],
)
def test_what_cannot_be_read_is_refused_with_2(hub: Hub, args: tuple[str, ...], reason: str) -> None:
    code, output = runs(hub, "list", *args)
    assert code == 2
    assert reason in output
    assert "Traceback" not in output


def test_a_run_is_shown_with_its_request_and_output(hub: Hub, server: Server) -> None:
    run_id = finish(hub, server, "/app_a/echo", b'{"a": "\xc3\xbc"}')
    code, output = runs(hub, "show", run_id)
    assert code == 0
    assert "POST /echo from 127.0.0.1" in output
    assert '\n{"a": "ü"}\n' in output
    assert '"json": {\n    "a": "ü"\n  }' in output
    [document] = lines(hub, "show", run_id)
    assert (document["status"], document["progress"], document["request"]["body"]) == ("complete", 100, '{"a": "ü"}')
    assert TOKEN not in output + json.dumps(document)


def test_a_body_that_is_no_text_is_given_in_base64(hub: Hub, server: Server) -> None:
    run_id = finish(hub, server, "/app_a/echo", b"\xff\x00")
    [document] = lines(hub, "show", run_id)
    assert (document["request"]["body"], document["request"]["body_base64"]) == (None, "/wA=")
    assert "(the body is not text; `manage.py runs curl" in runs(hub, "show", run_id)[1]


def test_what_would_steer_a_terminal_is_shown_as_an_escape(hub: Hub, server: Server) -> None:
    run_id = finish(hub, server, "/app_a/echo", b"\x1b[31mred\x1b]0;title\x07")
    output = runs(hub, "show", run_id)[1]
    assert "\x1b" not in output
    assert "\\x1b[31mred" in output


def test_a_line_feed_in_a_recorded_value_breaks_no_line(hub: Hub, server: Server) -> None:
    made = web.post(
        f"{server.url}/app_a/echo?a=%0aLocation:%20x",
        headers={"Authorization": f"Bearer {TOKEN}", "X-Tab": "a\tb"},
        content=b"{}",
    )
    run_id = made.headers["x-run-id"]
    forge = (
        "from runs.models import Delivery, Run; Delivery.objects.filter(pk={0!r}).update(path='/a\\nstatus: forged',"
        " headers=[['x-a', 'b\\nstatus: forged']]); Run.objects.filter(pk={0!r}).update(workflow='a\\nstatus: forged',"
        " status='error', error_type='E', error_message='a\\nstatus: forged')"
    )
    hub.shell(forge.format(run_id))
    shown = runs(hub, "show", run_id)[1] + hub.manage("runs", "list", "--limit", "1").stdout
    assert "\\nstatus: forged" in shown
    assert not [line for line in shown.splitlines() if line.startswith("status: forged")]


def test_a_run_that_failed_is_shown_with_its_traceback(hub: Hub, server: Server) -> None:
    code, output = runs(hub, "show", finish(hub, server, "/app_a/fails"))
    assert code == 0
    assert "\nLookupError: " in output
    assert "Traceback (most recent call last)" in output


def follow(hub: Hub, *args: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "manage.py", "runs", "follow", *args],
        cwd=PROJECT,
        env=hub.env(),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_a_run_of_another_process_is_followed_live_to_its_end(hub: Hub, server: Server, tmp_path: Path) -> None:
    answer = web.post(f"{server.url}/app_b/gated", data={"gates": str(tmp_path)}, headers={"Prefer": "respond-async"})
    run_id = answer.json()["run_id"]
    with follow(hub, run_id, "--json") as process:
        assert process.stdout is not None
        tmp_path.joinpath("1").touch()
        events = [json.loads(process.stdout.readline())]
        # The run has not ended when its first event is read here.
        assert hub.query(f"SELECT status FROM runs_run WHERE id = '{run_id}'") == [("running",)]
        tmp_path.joinpath("2").touch()
        events += [json.loads(line) for line in process.stdout]
    assert process.returncode == 0
    assert [event["id"] for event in events] == [1, 2, 3]
    assert [event["type"] for event in events] == ["progress", "progress", "complete"]
    assert [event["id"] for event in lines(hub, "follow", run_id, "--after", "1")] == [2, 3]


def test_a_followed_run_tells_its_end_by_the_exit_code(hub: Hub, server: Server) -> None:
    code, output = runs(hub, "follow", finish(hub, server, "/app_a/echo"))
    assert code == 0
    assert "100 %" in output
    code, output = runs(hub, "follow", finish(hub, server, "/app_a/fails"))
    assert code == 1
    assert "CommandError: The run ended with an error: LookupError: " in output
    run_id = start(server, "/app_b/long")
    with follow(hub, run_id) as process:
        assert runs(hub, "cancel", run_id) == (0, f"{run_id} is being cancelled.\n")
        output = process.communicate(timeout=60)[1]
    assert (process.returncode, output) == (3, "CommandError: The run was cancelled.\n")
    assert runs(hub, "follow", run_id, "--after", "99")[0] == 3


def test_who_stops_following_leaves_the_run_alone(hub: Hub, server: Server) -> None:
    run_id = start(server, "/app_b/long")
    with follow(hub, run_id) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        output = process.communicate(timeout=60)[1]
    assert (process.returncode, output) == (130, "")
    assert hub.query(f"SELECT status, cancel_requested FROM runs_run WHERE id = '{run_id}'") == [
        ("running", False if "postgres" in hub.database_url else 0)
    ]
    runs(hub, "cancel", run_id)


def test_a_run_that_is_over_is_not_cancelled(hub: Hub, server: Server) -> None:
    over, going_on = finish(hub, server, "/app_a/echo"), start(server, "/app_b/long")
    code, output = runs(hub, "cancel", over, going_on)
    assert code == 1
    assert f"{going_on} is being cancelled.\n" in output
    assert f"CommandError: {over} has already ended: complete.\n" in output


def test_a_replay_is_told_as_json(hub: Hub, server: Server) -> None:
    run_id = finish(hub, server, "/app_a/echo")
    [new] = lines(hub, "replay", run_id)
    assert (new["replay_of"], new["status"]) == (run_id, "queued")


def test_statistics_count_how_runs_ended(hub: Hub, server: Server) -> None:
    hub.add_sinks([{"app_id": "app_s", "path": "/ok"}, {"app_id": "app_s", "path": "/bad", "workflow": "raises"}])
    wait_until(lambda: web.post(f"{server.url}/app_s/ok", content=b"").status_code == 200, "the sinks are not there")
    for path in ("/app_s/ok", "/app_s/ok", "/app_s/bad"):
        finish(hub, server, path)
    [stats] = lines(hub, "stats", "--app", "app_s", "--since", "1h", "--by", "workflow")
    assert (stats["runs"], stats["statuses"], stats["success"]) == (4, {"complete": 3, "error": 1}, 0.75)
    assert {name: group["runs"] for name, group in stats["groups"].items()} == {"echo": 3, "raises": 1}
    assert not stats["partial"]
    rows = hub.manage("runs", "stats", "--app", "app_s", "--by", "sink").stdout.splitlines()
    assert re.split("  +", rows[0])[:3] == ["SINK", "COUNT", "SUCCESS"]
    assert re.split("  +", rows[1])[:3] == ["all", "4", "75.0 %"]
    # The statistics cover the whole requested time.
    [stats] = lines(hub, "stats", "--app", "app_s", "--since", "2026-01-31T12:00")
    assert stats["since"].startswith("2026-01-31T12:00:00")


@pytest.mark.parametrize("action", ["show", "follow", "cancel", "replay", "curl"])
def test_a_run_that_is_not_there_is_said(hub: Hub, action: str) -> None:
    for run_id in ("run_nothing", "\udcff"):
        code, output = runs(hub, action, run_id)
        assert code == 1
        assert output.startswith("CommandError: There is no run ")
