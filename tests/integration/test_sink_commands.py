"""`manage.py sinks update|delete|test|rotate-token`: change and test existing sinks from the command line."""

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.support.hub import PROJECT, Hub, Server, wait_until
from tests.support.web import web

pytestmark = pytest.mark.one_database

TOKEN = "s3cret-t0ken-4711-xyz"
SECRET = "whsec_" + "c2VjcmV0LW9mLXRlc3RzLTQ3MTE="

_SECRETS = """
from sinks.models import Sink
sink = Sink.objects.get(path={!r})
print([sink.auth_token, sink.secrets, sink.verify_token])
"""


def sinks(hub: Hub, *args: str, **env: str) -> tuple[int, str]:
    """Run `manage.py sinks`. Return its exit code and its output."""
    done = hub.manage("sinks", *args, check=False, **env)
    return done.returncode, done.stdout + done.stderr


def document(hub: Hub, app_id: str) -> dict[str, Any]:
    """Return the only sink of an app, as printed by `sinks list --json`."""
    [line] = hub.manage("sinks", "list", "--app", app_id, "--json").stdout.splitlines()
    return dict(json.loads(line))


def test_an_update_changes_what_it_names_and_nothing_else(hub: Hub) -> None:
    hub.add_sinks([{"app_id": "app_up", "path": "/up", "auth_token": TOKEN, "rate": "5/s", "description": "Before"}])
    before = document(hub, "app_up")
    code, output = sinks(hub, "update", "app_up/up", "--timeout", "60", "--rate", "", "--inactive")
    assert (code, output) == (0, "POST /app_up/up answers 404: it is inactive.\n")
    changed = {"timeout": 60.0, "active": False, "limits": before["limits"] | {"rate": None}}
    assert document(hub, "app_up") == before | changed
    sinks(hub, "update", "app_up/up", "--active")
    assert document(hub, "app_up")["active"] is True


def test_an_update_gives_a_priority_which_an_export_has_and_an_import_takes(hub: Hub) -> None:
    hub.add_sinks([{"app_id": "app_prio", "path": "/prio"}])
    assert document(hub, "app_prio")["priority"] == 0
    assert sinks(hub, "update", "app_prio/prio", "--priority", "-7")[0] == 0
    exported = hub.manage("sinks", "export", "app_prio").stdout
    assert json.loads(exported)["sinks"][0]["priority"] == -7
    assert sinks(hub, "update", "app_prio/prio", "--priority", "")[0] == 0
    assert document(hub, "app_prio")["priority"] == 0
    hub.manage("sinks", "import", "-", stdin=exported)
    assert document(hub, "app_prio")["priority"] == -7


def test_an_update_takes_secrets_away_only_when_it_is_told_to(hub: Hub) -> None:
    hub.add_sinks([{"app_id": "app_away", "path": "/away", "auth_token": TOKEN, "verify_token": "v3rify-me"}])
    sinks(hub, "update", "app_away/away", "--description", "x")
    kept = hub.shell(_SECRETS.format("/away")).stdout
    assert kept == f"['{TOKEN}', [], 'v3rify-me']\n"
    assert sinks(hub, "update", "app_away/away", "--no-auth-token", "--no-verify-token")[0] == 0
    assert hub.shell(_SECRETS.format("/away")).stdout == "['', [], '']\n"


def test_an_update_moves_a_sink(hub: Hub) -> None:
    hub.add_sinks([{"app_id": "app_move", "path": "/from/{a}"}])
    code, output = sinks(hub, "update", "app_move/from/{b}/", "--path", "/to", "--method", "put", "--json")
    assert code == 0
    assert (json.loads(output)["path"], json.loads(output)["method"]) == ("/to", "PUT")


_REFUSED = {
    "nothing": (["update", "app_r/a"], "Nothing to change: specify a field, such as --timeout 60."),
    "field": (["update", "app_r/a", "--rate", "fast"], "rate: A rate is a number of runs per time: 5/s"),
    "taken": (["update", "app_r/a", "--path", "/b"], "path: This app already has a sink for POST /b."),
    "app": (["update", "app_nowhere/a", "--timeout", "1"], "There is no app 'app_nowhere'."),
    "path": (
        ["delete", "app_r/c", "--yes"],
        "There is no sink 'app_r/c'. This app has: POST:app_r/a, GET:app_r/b, POST:",
    ),
    "several": (["rotate-token", "app_r/b"], "Several sinks have this path. Specify one of: GET:app_r/b, POST"),
    "method": (["rotate-token", "PUT:app_r/b"], "There is no sink 'PUT:app_r/b'. This app has: "),
    "asked": (["delete", "app_r/a"], "Not a terminal: pass --yes to confirm."),
}


@pytest.fixture(scope="module")
def refusing(hub: Hub) -> Hub:
    hub.add_sinks(
        [
            {"app_id": "app_r", "path": "/a"},
            {"app_id": "app_r", "path": "/b", "method": "GET"},
            {"app_id": "app_r", "path": "/b"},
        ]
    )
    return hub


@pytest.mark.parametrize("name", _REFUSED)
def test_what_cannot_be_done_is_said_and_changes_nothing(refusing: Hub, name: str) -> None:
    args, reason = _REFUSED[name]
    before = refusing.query("SELECT * FROM sinks_sink")
    code, output = sinks(refusing, *args)
    assert code == 1
    assert output.startswith(f"CommandError: {reason}")
    assert refusing.query("SELECT * FROM sinks_sink") == before


def test_a_sink_is_deleted_and_its_runs_stay(own_hub: Hub) -> None:
    own_hub.add_sinks([{"app_id": "app_gone", "path": "/gone"}])
    server = own_hub.start()
    assert sinks(own_hub, "test", "app_gone/gone", "--url", server.url)[0] == 0
    assert sinks(own_hub, "delete", "app_gone/gone", "--yes") == (0, "POST /app_gone/gone is deleted.\n")
    assert own_hub.query("SELECT 1 FROM sinks_sink") == []
    assert own_hub.runs() == 1


def test_a_new_token_is_printed_once_and_alone(hub: Hub) -> None:
    hub.add_sinks([{"app_id": "app_rot", "path": "/rot", "auth_token": TOKEN}])
    done = hub.manage("sinks", "rotate-token", "app_rot/rot")
    token = done.stdout.strip()
    assert len(token) == 43
    assert token not in done.stderr
    kept = hub.shell(_SECRETS.format("/rot")).stdout
    assert kept == f"['{token}', [], '']\n"
    rotated = json.loads(hub.manage("sinks", "rotate-token", "app_rot/rot", "--json").stdout)
    assert rotated.keys() == {"app_id", "method", "path", "auth_token", "old_token_until"}
    assert rotated["old_token_until"] is None
    assert rotated["auth_token"] not in {token, TOKEN}


@pytest.fixture(scope="module")
def server(hub: Hub) -> Server:
    hub.add_sinks(
        [
            {"app_id": "app_try", "path": "/plain"},
            {"app_id": "app_try", "path": "/demo", "workflow": "demo", "options": {"steps": 3, "seconds": 0.3}},
            {"app_id": "app_try", "path": "/orders/{order_id}", "method": "ANY"},
            {"app_id": "app_try", "path": "/token", "auth_token": TOKEN},
            {"app_id": "app_try", "path": "/json", "answer": "json"},
            {"app_id": "app_try", "path": "/fails", "workflow": "raises"},
            {"app_id": "app_try", "path": "/fails-json", "workflow": "raises", "answer": "json"},
        ]
    )
    return hub.start()


def try_it(hub: Hub, server: Server, sink: str, *args: str) -> tuple[int, list[dict[str, Any]]]:
    """Run `sinks test --json`. Return its exit code and its parsed lines."""
    done = hub.manage("sinks", "test", sink, "--json", "--url", server.url, *args, check=False)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def test_a_test_prints_the_whole_answer(hub: Hub, server: Server) -> None:
    code, output = sinks(hub, "test", "app_try/plain", "--data", '{"a": 1}', "--url", server.url)
    assert code == 0
    head, _, body = output.partition("\n\n")[2].partition("\n\n")
    assert output.startswith(f"POST {server.url}/app_try/plain\n\n200 OK\n")
    assert "content-type: text/event-stream" in head
    lines = [line for line in body.splitlines() if line]
    assert lines[0] == "id: 1"
    assert lines[-1].startswith('data: {"type":"complete","run_id":"run_')


def test_a_test_prints_events_as_they_arrive(hub: Hub, server: Server) -> None:
    command = [sys.executable, "manage.py", "sinks", "test", "app_try/demo", "--json", "--url", server.url]
    with subprocess.Popen(command, cwd=PROJECT, env=hub.env(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        # The run has not ended when its first event is read here.
        running = hub.query(f"SELECT status FROM runs_run WHERE id = '{first['run_id']}'")
        rest = [json.loads(line) for line in process.stdout]
    assert running == [("running",)]
    assert rest[-1]["type"] == "complete"
    assert process.returncode == 0


def test_a_test_gives_the_path_its_parameters_and_the_query(hub: Hub, server: Server) -> None:
    args = ("--method", "get", "--param", "order_id=4 2%", "--query", "a=1&b=2")
    code, events = try_it(hub, server, "app_try/orders/{order_id}", *args)
    assert code == 0
    [row] = hub.query(f"SELECT method, path, query_string FROM runs_delivery WHERE run_id = '{events[-1]['run_id']}'")
    assert row == ("GET", "/orders/4 2%", "a=1&b=2")


def test_a_test_sends_the_token_and_does_not_show_it(hub: Hub, server: Server) -> None:
    code, output = sinks(hub, "test", "app_try/token", "--url", server.url)
    assert code == 0
    assert TOKEN not in output
    code, [problem] = try_it(hub, server, "app_try/token", "--header", "Authorization: Bearer wrong")
    assert (code, problem["status"]) == (1, 401)


def test_a_replaced_token_triggers_runs_until_its_end(hub: Hub, server: Server) -> None:
    hub.add_sinks([{"app_id": "app_try", "path": "/overlap", "auth_token": TOKEN, "answer": "async"}])

    def status(token: str) -> int:
        return web.post(f"{server.url}/app_try/overlap", headers={"Authorization": f"Bearer {token}"}).status_code

    wait_until(lambda: status(TOKEN) == 202, "the server has not loaded the sink")
    done = hub.manage("sinks", "rotate-token", "app_try/overlap", "--overlap", "24h")
    new = done.stdout.strip()
    assert "the old token is accepted until 20" in done.stderr
    wait_until(lambda: status(new) == 202, "the new token is not in force")
    assert (status(TOKEN), status("wrong")) == (202, 401)
    exported = hub.manage("sinks", "export", "app_try", "--secrets").stdout
    assert new in exported
    assert exported.count(TOKEN) == 1, "the replaced token is exported, too"  # another sink has the same token
    past = "from datetime import timedelta; from django.utils import timezone; from sinks.models import Sink; "
    past += "Sink.objects.filter(path='/overlap').update(old_token_until=timezone.now() - timedelta(seconds=1))"
    hub.shell(past)
    wait_until(lambda: status(TOKEN) == 401, "the old token is valid after its end")
    assert status(new) == 202
    code, output = sinks(hub, "end-old-token", "app_try/overlap")
    assert (code, output) == (
        1,
        "CommandError: POST /app_try/overlap has no replaced token that is still valid.\n",
    )


@pytest.mark.parametrize("scheme", ["github", "stripe", "slack", "shopify", "standard", "hmac"])
def test_a_test_signs_as_the_sink_wants_it(hub: Hub, server: Server, scheme: str) -> None:
    path = f"/signed-{scheme}"
    more = ("--signature-header", "X-Sig", "--signature-encoding", "base64", "--signature-prefix", "v1=")
    options = ("--signature", scheme, "--secret-env", "SECRET", "--dedupe-header", "webhook-id", "--answer", "stream")
    hub.manage(
        "sinks",
        "create",
        "--app",
        "app_try",
        "--path",
        path,
        *options,
        *(more if scheme == "hmac" else ()),
        SECRET=SECRET,
    )
    wait_until(lambda: web.post(f"{server.url}/app_try{path}").status_code == 401, "the sink is not there")
    for _ in range(2):  # each starts a new run
        code, events = try_it(hub, server, f"app_try{path}", "--data", '{"a": "ü"}')
        assert (code, events[-1]["type"]) == (0, "complete")
    assert hub.query(f"SELECT count(*) FROM runs_delivery WHERE path = '{path}'") == [(2,)]


def test_a_test_of_a_run_that_fails_fails(hub: Hub, server: Server) -> None:
    for sink in ("app_try/fails", "app_try/fails-json"):
        code, [*_, last] = try_it(hub, server, sink)
        assert code == 1
        assert last["error"]


def test_a_test_takes_the_body_from_standard_input(hub: Hub, server: Server) -> None:
    done = hub.manage("sinks", "test", "app_try/json", "--json", "--url", server.url, "--data", "@-", stdin='{"n": 7}')
    assert json.loads(done.stdout)["output"]["json"] == {"n": 7}


def test_a_test_says_that_the_sink_is_inactive(hub: Hub, server: Server) -> None:
    hub.add_sinks([{"app_id": "app_try", "path": "/off", "active": False}])
    done = hub.manage("sinks", "test", "app_try/off", "--url", server.url, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("The sink or its app is inactive: it answers 404.\n")


def test_a_test_names_one_of_several_by_its_method(hub: Hub, server: Server) -> None:
    hub.add_sinks([{"app_id": "app_try", "path": "/both", "method": method} for method in ("GET", "POST")])
    wait_until(lambda: web.get(f"{server.url}/app_try/both").status_code == 200, "the sink is not there")
    assert try_it(hub, server, "app_try/both", "--method", "GET")[0] == 0


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (
            ("app_try/orders/{order_id}",),
            "The path parameter order_id has no value: set it with --param order_id=",
        ),
        (("app_try/plain", "--method", "PUT"), "This sink takes POST requests, not PUT."),
        (("app_try/plain", "--header", "nothing"), "'nothing' is invalid: write --header 'NAME: VALUE'."),
        (("app_try/plain", "--data", "@/no/such/file"), "/no/such/file cannot be read: No such file or directory."),
        (("app_try/plain", "--url", "http://127.0.0.1:1"), "http://127.0.0.1:1 does not answer: "),
        (("app_try/plain", "--url", "http://127.0.0.1:port"), "The URL is invalid: "),
        (("app_try/plain", "--url", "localhost:9657"), "'localhost:9657/app_try/plain' is not a URL"),
    ],
)
def test_a_test_that_cannot_be_sent_says_why(hub: Hub, server: Server, args: tuple[str, ...], reason: str) -> None:
    code, output = sinks(hub, "test", *args)
    assert code == 1
    assert output.startswith(f"CommandError: {reason}")


def test_a_list_that_nobody_reads_to_its_end_ends_quietly(hub: Hub) -> None:
    hub.manage(
        "sinks",
        "import",
        "-",
        stdin=json.dumps(
            {"app_id": "app_long", "sinks": [{"path": f"/{at}", "description": "x" * 500} for at in range(300)]}
        ),
    )
    command = f"{sys.executable} manage.py sinks list --json --app app_long | head -n 1"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"],
        cwd=PROJECT,
        env=hub.env(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr, len(done.stdout.splitlines())) == (141, "", 1)
