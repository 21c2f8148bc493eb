"""`manage.py sinks`: create and list sinks, and errors that suggest what to write instead."""

import json
import re
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.support.hub import Hub, wait_until

pytestmark = pytest.mark.one_database

TOKEN = "s3cret-t0ken-4711-xyz"
SECRETS = ("s3cret-0ne-4711-abc", "s3cret-tw0-4711-def")

_DEACTIVATE = """
from sinks.models import App
App.objects.filter(app_id="app_list-off").update(active=False)
"""


_SECRETS = """
from sinks.models import Sink
sink = Sink.objects.get(path={!r})
print(sink.secrets, sink.verify_token)
"""


_TOKENS = """
from sinks.models import Sink
sink = Sink.objects.get(path={!r})
print(sink.auth_token, sink.verify_token)
"""


def create(
    hub: Hub, *args: str, app: str = "app_cli", path: str = "/hook", workflow: str = "echo", **env: str
) -> tuple[int, str]:
    """Run `sinks create`. Return its exit code and its output."""
    done = hub.manage(
        "sinks", "create", "--app", app, "--path", path, "--workflow", workflow, *args, check=False, **env
    )
    return done.returncode, done.stdout + done.stderr


def stored(hub: Hub, app: str) -> list[tuple[Any, ...]]:
    """Return the sinks of an app, read directly from the database."""
    return hub.query(
        "SELECT s.method, s.path, s.workflow, s.timeout, s.description FROM sinks_sink s "
        f"JOIN sinks_app a ON a.id = s.app_id WHERE a.app_id = '{app}' ORDER BY s.path"
    )


def apps(hub: Hub, app: str) -> int:
    return len(hub.query(f"SELECT 1 FROM sinks_app WHERE app_id = '{app}'"))


def test_one_line_makes_an_app_and_a_sink(hub: Hub) -> None:
    assert apps(hub, "app_new") == 0
    code, output = create(hub, app="app_new", path="/orders/{order_id}")
    assert (code, output) == (0, "POST /app_new/orders/{order_id} starts 'echo' (public).\n")
    assert stored(hub, "app_new") == [("POST", "/orders/{order_id}", "echo", None, "")]


def test_a_second_sink_joins_the_app_that_is_there(hub: Hub) -> None:
    assert create(hub, app="app_two", path="/a")[0] == 0
    assert create(hub, app="app_two", path="/b")[0] == 0
    assert apps(hub, "app_two") == 1
    assert [row[1] for row in stored(hub, "app_two")] == ["/a", "/b"]


def test_all_fields_of_a_sink_can_be_given(hub: Hub) -> None:
    code, output = create(
        hub,
        "--method",
        "put",
        "--options",
        '{"steps": 2, "seconds": 0.5}',
        "--timeout",
        "12.5",
        "--description",
        "W",
        app="app_full",
        path="/full",
        workflow="demo",
    )
    assert code == 0, output
    assert stored(hub, "app_full") == [("PUT", "/full", "demo", 12.5, "W")]
    [(options,)] = hub.query("SELECT options FROM sinks_sink WHERE path = '/full'")
    kept = json.loads(options) if isinstance(options, str) else options
    assert kept == {"steps": 2, "seconds": 0.5}


_GIVEN: dict[str, str | int] = {
    "answer": "async",
    "signature": "hmac",
    "tolerance": 60,
    "signature_header": "X-Sig",
    "signature_algorithm": "sha512",
    "signature_encoding": "base64",
    "signature_prefix": "v1=",
    "dedupe_header": "X-Delivery",
    "dedupe_window": 3600,
    "filter": "body.ref == 'main'",
    "rate": "60/min",
    "concurrency": 4,
    "queue": 100,
    "body_limit": 65536,
    "redirect": "https://a.example/thanks",
    "priority": -5,
}


def test_every_field_of_a_delivery_can_be_given(hub: Hub) -> None:
    options = [f"--{name.replace('_', '-')}={value}" for name, value in _GIVEN.items()]
    options += ["--cors-origin", "https://a.example", "--cors-origin", "https://b.example"]
    options += ["--secret", SECRETS[0], "--secret-env", "SECOND", "--verify-token", "v3rify me"]
    code, output = create(hub, *options, app="app_every", path="/every", SECOND=SECRETS[1])
    assert (code, output) == (0, "POST /app_every/every starts 'echo' (signed).\n")
    names = [*(name for name in _GIVEN if not name.startswith("signature")), "cors_origins"]
    [row] = hub.query(f"SELECT {', '.join(names)} FROM sinks_sink WHERE path = '/every'")
    wanted = _GIVEN | {"cors_origins": "https://a.example\nhttps://b.example"}
    assert dict(zip(names, row, strict=True)) == {name: wanted[name] for name in names}
    [(scheme,)] = hub.query("SELECT scheme FROM sinks_sink WHERE path = '/every'")
    parts = {"name": "X-Sig", "algorithm": "sha512", "encoding": "base64", "prefix": "v1="}
    assert json.loads(scheme) == {"kind": "hmac", "signed": "{body}"} | parts
    kept = hub.shell(_SECRETS.format("/every")).stdout
    assert kept == f"{list(SECRETS)} v3rify me\n"


def test_the_body_may_hold_the_delivery_id(hub: Hub) -> None:
    code, output = create(hub, "--dedupe-body", "event.id", path="/body-id")
    assert code == 0, output
    assert hub.query("SELECT dedupe_body FROM sinks_sink WHERE path = '/body-id'") == [("event.id",)]


def test_options_left_out_are_what_an_empty_form_gives(hub: Hub) -> None:
    code, output = create(hub, path="/plain")
    assert code == 0, output
    names = "answer, provider, tolerance, dedupe_window, filter, rate, concurrency, queue, body_limit, redirect"
    assert hub.query(
        f"SELECT {names}, encrypted_secrets, encrypted_verify_token, priority FROM sinks_sink WHERE path = '/plain'"
    ) == [(None, "", None, 86400, "", "", None, None, None, "", "", "", 0)]


def test_secrets_are_kept_encrypted_and_never_said(hub: Hub) -> None:
    secrets = ("--secret", SECRETS[0], "--secret-env", "SECOND", "--verify-token", TOKEN)
    options = ("--signature", "github", "--answer", "async", "--auth-token", TOKEN, *secrets)
    code, output = create(hub, *options, app="app_hush", path="/hush", SECOND=SECRETS[1])
    assert (code, output) == (0, "POST /app_hush/hush starts 'echo' (token, signed).\n")
    listed = hub.manage("sinks", "list").stdout
    assert ["app_hush", "POST", "/hush", "echo", "token, signed", "active"] in [
        re.split("  +", line)[:-1] for line in listed.splitlines()
    ]
    kept = str(hub.query("SELECT * FROM sinks_sink WHERE path = '/hush'"))
    code, refused = create(hub, "--signature", "hmac", *secrets, app="app_no-hush", path="/loud", SECOND=SECRETS[1])
    assert code == 1
    for secret in (*SECRETS, TOKEN):
        assert secret not in output + listed + kept + refused


def test_all_faults_of_the_fields_are_told_at_once_a_line_each(hub: Hub) -> None:
    code, output = create(
        hub, "--tolerance", "long", "--concurrency", "few", "--timeout", "1h", "--secret-env", "NO_SUCH", app="app_not"
    )
    assert code == 1
    assert output.splitlines() == [
        "CommandError: timeout: “1h” value must be a float.",
        "tolerance: “long” value must be an integer.",
        "concurrency: “few” value must be an integer.",
        "secrets: The environment variable 'NO_SUCH' is not set or is empty (--secret-env).",
    ]
    code, output = create(
        hub,
        "--rate",
        "fast",
        "--filter",
        "a b",
        "--queue",
        "5",
        "--dedupe-body",
        "id",
        "--dedupe-header",
        "X-Id",
        app="app_not",
    )
    assert code == 1
    assert output.removeprefix("CommandError: ").splitlines() == [
        "filter: This is not a JMESPath expression: Unexpected token: b at character 3.",
        "rate: A rate is a number of runs per time: 5/s, 60/min, 1000/h or 10000/day.",
        "dedupe_body: Choose one: the delivery id is in a header or in the body.",
        "queue: Runs only wait if their number is limited: set the concurrency too.",
    ]
    code, output = create(hub, "--dedupe-header", "X-Api-Key", app="app_not")
    assert code == 1
    assert output.removeprefix("CommandError: dedupe_header: ") == (
        "This header authenticates the caller: choose one that is different for each delivery.\n"
    )
    assert apps(hub, "app_not") == 0


@pytest.mark.both_databases
def test_an_address_that_another_makes_in_the_same_moment_is_refused(hub: Hub) -> None:
    hub.add_sinks([{"app_id": "app_race", "path": "/first"}])
    with ThreadPoolExecutor(1) as thread:
        with hub.uncommitted(hub.copy_of_a_sink("/first", "/raced")) as is_waited_for:
            outcome = thread.submit(create, hub, app="app_race", path="/raced/")
            wait_until(is_waited_for, "the command does not wait for the other's write")
        assert outcome.result() == (1, "CommandError: path: This app already has a sink for POST /raced.\n")
    assert len(stored(hub, "app_race")) == 2


def test_every_option_is_explained(sqlite_hub: Hub) -> None:
    shown = " ".join(sqlite_hub.manage("sinks", "create", "--help").stdout.partition("options:")[2].split())
    explained = re.split(r" (?=--[a-z-]+ )| -h, ", shown)
    assert len(explained) > 25
    # The option, its metavar, and at least three words.
    assert not [option for option in explained if option.startswith("--") and len(option.split()) < 5]


def test_a_token_is_kept_encrypted_and_never_said(hub: Hub) -> None:
    code, output = create(hub, "--auth-token", TOKEN, app="app_token", path="/closed")
    assert (code, output) == (0, "POST /app_token/closed starts 'echo' (token).\n")
    [(encrypted,)] = hub.query("SELECT encrypted_token FROM sinks_sink WHERE path = '/closed'")
    listed = hub.manage("sinks", "list")
    assert ["app_token", "POST", "/closed", "echo", "token", "active"] in [
        line.split()[:-1] for line in listed.stdout.splitlines()
    ]
    for text in (output, listed.stdout, listed.stderr, encrypted):
        assert TOKEN not in text
    assert encrypted
    assert encrypted not in listed.stdout


def test_a_refusal_does_not_say_the_token_either(hub: Hub) -> None:
    for args in ((f"{TOKEN} {TOKEN}",), (TOKEN, "--timeout", "0"), (TOKEN, "--options", "{")):
        code, output = create(hub, "--auth-token", *args, app="app_refused_token")
        assert code == 1
        assert "Traceback" not in output
        assert TOKEN not in output


def test_tokens_can_be_taken_from_the_environment(hub: Hub) -> None:
    code, output = create(
        hub,
        "--auth-token-env",
        "CALLERS",
        "--verify-token-env",
        "META",
        app="app_env",
        path="/env",
        CALLERS=TOKEN,
        META="v3rify me",
    )
    assert (code, output) == (0, "POST /app_env/env starts 'echo' (token).\n")
    kept = hub.shell(_TOKENS.format("/env")).stdout
    assert kept == f"{TOKEN} v3rify me\n"


def test_a_variable_that_is_not_set_is_named_at_its_token(hub: Hub) -> None:
    code, output = create(hub, "--auth-token-env", "NO_SUCH", "--verify-token-env", "EMPTY", app="app_no-env", EMPTY="")
    assert (code, output.splitlines()) == (
        1,
        [
            "CommandError: auth_token: The environment variable 'NO_SUCH' is not set or is empty (--auth-token-env).",
            "verify_token: The environment variable 'EMPTY' is not set or is empty (--verify-token-env).",
        ],
    )
    assert apps(hub, "app_no-env") == 0


@pytest.mark.parametrize("option", ["--auth-token", "--verify-token"])
def test_a_token_is_not_given_twice(hub: Hub, option: str) -> None:
    code, output = create(hub, option, TOKEN, f"{option}-env", "CALLERS", app="app_twice", CALLERS=SECRETS[0])
    assert code == 2
    assert f"argument {option}-env: not allowed with argument {option}" in output
    assert TOKEN not in output
    assert SECRETS[0] not in output
    assert apps(hub, "app_twice") == 0


def test_a_token_from_the_environment_that_cannot_be_one_is_refused_and_not_said(hub: Hub) -> None:
    code, output = create(hub, "--auth-token-env", "CALLERS", app="app_odd-env", CALLERS=f"{TOKEN} {TOKEN}")
    assert code == 1
    assert "auth_token: A token must have visible ASCII characters only" in output
    assert TOKEN not in output


def test_the_list_names_every_sink_on_a_line_of_its_own(hub: Hub) -> None:
    hub.add_sinks(
        [
            {"app_id": "app_list", "path": "/b", "method": "ANY"},
            {"app_id": "app_list", "path": "/a", "workflow": "demo", "auth_token": TOKEN},
            {"app_id": "app_list", "path": "/c", "active": False},
            {"app_id": "app_list-off", "path": "/d"},
        ]
    )
    hub.shell(_DEACTIVATE)
    head, *lines = hub.manage("sinks", "list").stdout.splitlines()
    assert head.split() == ["APP", "METHOD", "PATH", "WORKFLOW", "ACCESS", "STATE", "ID"]
    assert [re.split("  +", line)[:-1] for line in lines if line.startswith("app_list")] == [
        ["app_list", "POST", "/a", "demo", "token", "active"],
        ["app_list", "ANY", "/b", "echo", "public", "active"],
        ["app_list", "POST", "/c", "echo", "public", "inactive"],
        ["app_list-off", "POST", "/d", "echo", "public", "app inactive"],
    ]
    assert {line.index("/") for line in lines} == {head.index("PATH")}


def test_an_address_that_is_taken_is_refused(hub: Hub) -> None:
    hub.add_sinks([{"app_id": "app_taken", "path": "/orders/{order_id}"}])
    code, output = create(hub, app="app_taken", path="/orders/{id}/")
    assert (code, output) == (1, "CommandError: path: This app already has a sink for POST /orders/{order_id}.\n")
    assert len(stored(hub, "app_taken")) == 1


_REFUSED: dict[str, tuple[list[str], dict[str, str], str]] = {
    "path-without-slash": ([], {"path": "hook"}, "path: A path must start with '/': write '/hook'."),
    "path-with-query": ([], {"path": "/a?b"}, "path: A path has no '?'"),
    "workflow": ([], {"workflow": "no-such"}, "workflow: No workflow 'no-such' is installed. Choose one of: "),
    "option": (["--options", '{"no_such": 1}'], {}, "options: no_such: unknown option (known are: headers)"),
    "options-list": (["--options", "[]"], {}, "options: options must be a JSON object"),
    "options-json": (["--options", "{"], {}, "--options is not valid JSON: "),
    "options-nul": (["--options", r'{"kind": "a\u0000b"}'], {"workflow": "returns"}, "options"),
    "options-nan": (["--options", '{"values": [NaN]}'], {"workflow": "reports"}, "options"),
    "options-deep": (["--options", "[" * 50_000], {}, "options"),
    "method": (["--method", "GET POST"], {}, "method: A method must be one word"),
    "timeout": (["--timeout", "nan"], {}, "timeout"),
    "token-empty": (["--auth-token", ""], {}, "--auth-token is empty: specify a token, or omit the option"),
    "token": (["--auth-token", "two words"], {}, "A token must have visible ASCII characters only"),
    "token-named": (["--auth-token", "two words"], {}, "auth_token: "),
    "answer": (
        ["--answer", "xml"],
        {},
        "answer: Value 'xml' is not a valid choice. Choose one of: stream, json, async.",
    ),
    "scheme": (["--signature", "githup"], {}, "'githup' is no provider that SinkHub knows. Did you mean github"),
    "no-secret": (["--signature", "github"], {}, "signature: This scheme needs a signing secret"),
    "no-scheme": (
        ["--secret", "s3cret-0ne"],
        {},
        "signature: Choose the scheme of the signing secrets, or remove them.",
    ),
    "secret": (
        ["--signature", "github", "--secret", "a\nb"],
        {},
        "secrets: Secret 1: it contains a non-printable character",
    ),
    "secret-fit": (["--signature", "standard", "--secret", "whsec_no base64!"], {}, "secrets: Secret 1: "),
    "hmac": (["--signature", "hmac", "--secret", "s3cret-0ne"], {}, "signature_header: Enter the header"),
    "header": (["--dedupe-header", "X Id"], {}, "dedupe_header: The name of a header must be one word"),
    "verify": (["--verify-token", "a\nb"], {}, "verify_token: A verify token must be one line"),
    "verify-empty": (["--verify-token", ""], {}, "--verify-token is empty: specify a token, or omit the option"),
    "function": (["--filter", "lenght(body) > `1`"], {}, "filter: JMESPath has no function 'lenght'."),
    "arguments": (["--dedupe-body", "join(ids)"], {}, "dedupe_body: The function 'join' takes 2 arguments"),
    "window": (["--dedupe-window", "0"], {}, "dedupe_window: "),
    "body-limit": (["--body-limit", "26214401"], {}, "body_limit: The server accepts at most 26214400 bytes"),
    "origin": (["--cors-origin", "a.example"], {}, "cors_origins: 'a.example' is not an origin"),
    "redirect": (["--redirect", "javascript:alert(1)"], {}, "with http:// or https://"),
    "bytes": (["--description", "a\udcff"], {}, "description: The value contains a NUL or a lone surrogate"),
    "app-id": ([], {"app": "runs"}, "app_id: 'runs' is reserved for SinkHub's own URLs"),
}


@pytest.fixture(scope="module")
def refusals(hub: Hub) -> dict[str, tuple[int, str]]:
    """The outcome of each command in _REFUSED; they run in parallel, since each process takes a second to start."""

    def refused(name: str) -> tuple[int, str]:
        args, fields, _ = _REFUSED[name]
        return create(hub, *args, **{"app": f"app_no-{name}"} | fields)

    with ThreadPoolExecutor(4) as threads:
        return dict(zip(_REFUSED, threads.map(refused, _REFUSED), strict=True))


@pytest.mark.parametrize("name", _REFUSED)
def test_what_a_sink_cannot_be_is_refused_in_words_and_leaves_nothing(
    hub: Hub, refusals: dict[str, tuple[int, str]], name: str
) -> None:
    code, output = refusals[name]
    _, fields, words = _REFUSED[name]
    assert code == 1, output
    assert "Traceback" not in output
    assert output.startswith("CommandError: ")
    assert words in output
    assert apps(hub, fields.get("app", f"app_no-{name}")) == 0


def test_what_is_missing_is_named(hub: Hub) -> None:
    done = hub.manage("sinks", "create", "--app", "app_cli", check=False)
    assert done.returncode == 2
    assert "--path" in done.stderr
    assert "--workflow" in done.stderr


@pytest.fixture(scope="module")
def sqlite_hub(make_hub: Callable[[str], Hub]) -> Iterator[Hub]:
    made = make_hub("sqlite")
    yield made
    made.close()


def test_who_has_no_folder_of_workflows_is_told_of_it(sqlite_hub: Hub) -> None:
    args = ["sinks", "create", "--app", "app_hint", "--path", "/a", "--workflow", "mine"]
    output = sqlite_hub.manage(*args, check=False, SINKHUB_WORKFLOWS="").stderr
    assert "No workflow 'mine' is installed." in output
    assert output.endswith("\nTo use your own workflows, set SINKHUB_WORKFLOWS to their folder; it is not set.\n")
    assert "SINKHUB_WORKFLOWS" not in sqlite_hub.manage(*args, check=False).stderr
    output = sqlite_hub.manage(*args, check=False, SINKHUB_WORKFLOWS="/nowhere").stderr
    assert output == "CommandError: SINKHUB_WORKFLOWS is '/nowhere', which is not a folder.\n"


def test_a_broken_file_of_workflows_is_one_line_beside_the_success(sqlite_hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("raise ValueError('one\\ntwo')\n")
    done = sqlite_hub.manage(
        "sinks", "create", "--app", "app_broken", "--path", "/a", "--workflow", "echo", SINKHUB_WORKFLOWS=str(tmp_path)
    )
    assert done.stderr == "bad.py cannot be imported: ValueError: one two\n"
    assert done.stdout == "POST /app_broken/a starts 'echo' (public).\n"


def test_a_first_start_on_a_busy_port_ends_before_anything_is_made(sqlite_hub: Hub) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        done = sqlite_hub.manage("quickstart", check=False, PORT=str(port))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"CommandError: Port {port} is in use: choose another with 'make run PORT=...'.\n"
    assert sqlite_hub.query("SELECT 1 FROM auth_user") == []
    assert "Password: " in sqlite_hub.manage("quickstart", PORT=str(port)).stdout


@pytest.mark.both_databases
def test_create_takes_workers_for_its_engine_where_there_are_some(hub: Hub) -> None:
    arguments = (
        "sinks",
        "create",
        "--app",
        "app_heavy",
        "--path",
        "/heavy",
        "--workflow",
        "echo",
        "--engine",
        "procrastinate",
        "--attempts",
        "3",
        "--backoff",
        "0.5",
    )
    if hub.database_url.startswith("sqlite"):
        done = hub.manage(*arguments, check=False)
        assert (done.returncode, "Workers need PostgreSQL" in done.stderr) == (1, True)
    else:
        hub.manage(*arguments)
        query = "SELECT engine, attempts, backoff FROM sinks_sink WHERE path = '/heavy'"
        assert hub.query(query) == [("procrastinate", 3, 0.5)]


def test_create_refuses_a_rule_without_attempts_and_an_engine_that_is_none(hub: Hub) -> None:
    arguments = ("sinks", "create", "--app", "app_heavy", "--path", "/many", "--workflow", "echo")
    done = hub.manage(*arguments, "--delays", "[5, 60]", check=False)
    assert (done.returncode, "attempts: Set the attempts too" in done.stderr) == (1, True)
    done = hub.manage(*arguments, "--attempts", "2", "--delays", "[5, -1]", check=False)
    assert (done.returncode, "delays: A pause between attempts must be" in done.stderr) == (1, True)
    done = hub.manage(*arguments, "--engine", "celery", check=False)
    assert (done.returncode, "engine: " in done.stderr) == (1, True)


@pytest.mark.parametrize(
    ("priority", "reason"),
    [
        ("101", "Ensure this value is less than or equal to 100."),
        ("-101", "Ensure this value is greater than or equal to -100."),
        ("high", "“high” value must be an integer."),
    ],
)
def test_create_refuses_a_priority_that_is_none(hub: Hub, priority: str, reason: str) -> None:
    assert create(hub, "--priority", priority, app="app_urgent") == (1, f"CommandError: priority: {reason}\n")
    assert apps(hub, "app_urgent") == 0
