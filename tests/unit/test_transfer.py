"""Import and export of sinks: imports are atomic and idempotent, and exports contain no secrets."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from sinks.config import formats, import_export
from tests.support.hub import Hub

pytestmark = pytest.mark.one_database

TOKEN = "s3cret-t0ken-4711-xyz"
_SHOP: dict[str, Any] = {
    "app_id": "app_shop",
    "name": "Shop",
    "sinks": [
        {"path": "/orders/{order_id}", "method": "PUT", "auth_token": TOKEN, "timeout": 5},
        {"path": "/github", "signature": {"scheme": "github", "secrets": ["s3cret-0ne"]}, "limits": {"rate": "60/min"}},
    ],
}


def bring(hub: Hub, document: Any, *args: str) -> tuple[int, str]:
    """Run `sinks import -`. Return its exit code and its output."""
    text = document if isinstance(document, str) else json.dumps(document)
    done = hub.manage("sinks", "import", "-", *args, stdin=text, check=False)
    return done.returncode, done.stdout + done.stderr


def import_report(hub: Hub, document: Any, *args: str) -> dict[str, Any]:
    """Return the output of `sinks import - --json`."""
    done = hub.manage("sinks", "import", "-", "--json", *args, stdin=json.dumps(document))
    return dict(json.loads(done.stdout))


def stored(hub: Hub, app_id: str) -> list[tuple[Any, ...]]:
    return hub.query(
        "SELECT s.method, s.path, s.timeout FROM sinks_sink s JOIN sinks_app a ON a.id = s.app_id "
        f"WHERE a.app_id = '{app_id}' ORDER BY s.path"
    )


@pytest.mark.parametrize(
    "document",
    [
        {"path": "/github-webhook", "method": "POST", "auth_token": None},
        [
            {"path": "/github-webhook", "method": "POST", "auth_token": None},
            {"path": "/api/v1/process", "method": "POST", "auth_token": "secret-api-key"},
            {"path": "/submit-form", "method": "POST", "auth_token": None},
        ],
    ],
    ids=["one", "list"],
)
def test_the_source_documents_json_is_taken_as_it_stands(own_hub: Hub, document: Any) -> None:
    assert bring(own_hub, document, "--app", "app_source")[0] == 0
    many = document if isinstance(document, list) else [document]
    assert [row[1] for row in stored(own_hub, "app_source")] == sorted(sink["path"] for sink in many)


def test_the_same_file_again_changes_nothing(own_hub: Hub) -> None:
    first, again = import_report(own_hub, _SHOP), import_report(own_hub, _SHOP)
    assert [(change["action"], change["path"]) for change in first["changes"]] == [
        ("create", None),
        ("create", "/orders/{order_id}"),
        ("create", "/github"),
    ]
    assert again == {"dry_run": False, "changes": [], "unchanged": 3}


@pytest.mark.both_databases
def test_a_dry_run_shows_the_difference_and_changes_nothing(own_hub: Hub) -> None:
    own_hub.manage("sinks", "import", "-", stdin=json.dumps(_SHOP))
    changed = json.loads(json.dumps(_SHOP))
    changed["sinks"][0] |= {"timeout": 60, "auth_token": "an0ther-token"}
    changed["sinks"].append({"path": "/new"})
    code, output = bring(own_hub, changed, "--dry-run")
    assert code == 0
    assert output.splitlines() == [
        "~ PUT /app_shop/orders/{order_id}",
        "    auth_token: replaced",
        "    timeout: 5.0 -> 60.0",
        "+ POST /app_shop/new",
        '    path: "/new"',
        '    method: "POST"',
        '    workflow: "echo"',
        "would be created: 1, would be changed: 1, would be deleted: 0, unchanged: 2.",
    ]
    assert stored(own_hub, "app_shop") == [("POST", "/github", None), ("PUT", "/orders/{order_id}", 5.0)]


@pytest.mark.both_databases
def test_a_bad_file_is_refused_whole_with_each_place_and_reason(own_hub: Hub) -> None:
    bad = [
        _SHOP,
        {
            "app_id": "app_bad",
            "sinks": [
                {"path": "/fine"},
                {"path": "no-slash", "limits": {"rate": "fast"}},
                {"path": "/fine/", "auth_token": f"{TOKEN} {TOKEN}"},
                "nothing",
            ],
        },
    ]
    code, output = bring(own_hub, bad)
    assert code == 1
    assert output.splitlines() == [
        "CommandError: [1].sinks[1].path: A path must start with '/': write '/no-slash'.",
        "[1].sinks[1].limits.rate: A rate is a number of runs per time: 5/s, 60/min, 1000/h or 10000/day.",
        "[1].sinks[2].path: The file has this path and method twice: see [1].sinks[0].",
        '[1].sinks[3]: A sink must be an object such as {"path": "/webhook"}.',
        "4 faults.",
        "Nothing was changed.",
    ]
    assert own_hub.query("SELECT 1 FROM sinks_app") == []


def test_a_fault_of_the_app_does_not_hide_those_of_its_sinks(own_hub: Hub) -> None:
    code, output = bring(own_hub, {"app_id": "admin", "sinks": [{"path": "x"}]})
    assert code == 1
    assert "app_id: 'admin' is reserved for SinkHub's own URLs: choose another id." in output
    assert "sinks[0].path: A path must start with '/'" in output
    assert own_hub.query("SELECT 1 FROM sinks_app") == []


def test_other_sinks_of_the_app_stay_unless_they_are_to_be_deleted(own_hub: Hub) -> None:
    bring(own_hub, _SHOP)
    bring(own_hub, {"path": "/elsewhere"}, "--app", "app_other")
    only = {"app_id": "app_shop", "name": "Shop", "sinks": [_SHOP["sinks"][1]]}
    assert import_report(own_hub, only) == {"dry_run": False, "changes": [], "unchanged": 2}
    assert len(stored(own_hub, "app_shop")) == 2
    done = import_report(own_hub, only, "--delete-others")
    assert [(change["action"], change["path"]) for change in done["changes"]] == [("delete", "/orders/{order_id}")]
    assert [row[1] for row in stored(own_hub, "app_shop")] == ["/github"]
    assert len(stored(own_hub, "app_other")) == 1


def test_a_renamed_parameter_is_a_change_of_the_same_sink(own_hub: Hub) -> None:
    bring(own_hub, {"path": "/orders/{order_id}"}, "--app", "app_shop")
    done = import_report(own_hub, {"path": "/orders/{id}"}, "--app", "app_shop")
    assert [(change["action"], change["fields"]) for change in done["changes"]] == [
        ("change", {"path": {"before": "/orders/{order_id}", "after": "/orders/{id}"}})
    ]


def test_an_export_has_no_secrets_and_comes_back_as_no_change(own_hub: Hub) -> None:
    bring(own_hub, _SHOP)
    for form in ("json", "yaml"):
        text = own_hub.manage("sinks", "export", "app_shop", "--format", form).stdout
        assert "s3cret" not in text
        assert bring(own_hub, text)[1] == "created: 0, changed: 0, deleted: 0, unchanged: 3.\n"


def test_an_export_with_secrets_moves_an_app_to_another_installation(own_hub: Hub, make_hub: Any) -> None:
    bring(own_hub, _SHOP)
    masked = own_hub.manage("sinks", "export").stdout
    whole = own_hub.manage("sinks", "export", "--secrets", "--format", "yaml").stdout
    other: Hub = make_hub("sqlite")
    code, output = bring(other, masked)
    assert code == 1
    assert "auth_token: This is the mask of a token, but no token is set: specify the token itself." in output
    assert bring(other, whole)[0] == 0
    assert other.manage("sinks", "export", "--secrets", "--format", "yaml").stdout == whole
    assert TOKEN in whole


def test_an_exported_file_is_its_owners_alone(own_hub: Hub, tmp_path: Path) -> None:
    bring(own_hub, _SHOP)
    file = tmp_path / "apps.yml"
    file.write_text("an older and longer one" * 100)
    file.chmod(0o644)
    output = own_hub.manage("sinks", "export", "--secrets", "--output", str(file)).stdout
    assert output == f"{file}: apps: 1, sinks: 2.\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert own_hub.manage("sinks", "import", str(file)).stdout == "created: 0, changed: 0, deleted: 0, unchanged: 3.\n"


def test_an_app_that_is_not_there_is_not_exported(own_hub: Hub) -> None:
    done = own_hub.manage("sinks", "export", "app_nowhere", check=False)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "CommandError: There is no app 'app_nowhere'.\n")


def test_a_file_that_is_not_there_is_said_without_a_traceback(own_hub: Hub, tmp_path: Path) -> None:
    done = own_hub.manage("sinks", "import", str(tmp_path / "no.json"), check=False)
    assert (done.returncode, done.stderr) == (
        1,
        f"CommandError: {tmp_path}/no.json cannot be read: No such file or directory.\n",
    )


@pytest.mark.both_databases
def test_many_sinks_come_in_at_once(own_hub: Hub) -> None:
    many = {"app_id": "app_many", "sinks": [{"path": f"/hook-{at:04}"} for at in range(300)]}
    assert len(import_report(own_hub, many)["changes"]) == 301
    assert import_report(own_hub, many)["unchanged"] == 301


_UNREADABLE = {
    "json": ('{"a": 1,}', "line 1, column 9: This is not valid JSON: "),
    "yaml": ("a: [1, 2", "line 1, column 9: This YAML is not accepted: "),
    "twice-json": ('{"path": "/a", "path": "/b"}', "The file cannot be parsed: duplicate key 'path' in an object."),
    "twice-yaml": ("path: /a\npath: /b", "line 2, column 1: This YAML is not accepted: duplicate key 'path'."),
    "key": ("1: /a", "line 1, column 1: This YAML is not accepted: this key is not a text: quote it."),
    "tag": (
        "a: !!python/object:os.system {}",
        "line 1, column 4: This YAML is not accepted: could not determine a const",
    ),
    "deep-json": ("[" * 100_000, "The file cannot be parsed: it is nested too deeply."),
    "deep-yaml": ("a: " + "[" * 20_000, "The file cannot be parsed: it is nested too deeply."),
    "control": ("a: \0", "This is not valid YAML: "),
}


@pytest.mark.parametrize("name", _UNREADABLE)
def test_what_cannot_be_read_is_said_with_its_place(name: str) -> None:
    text, reason = _UNREADABLE[name]
    with pytest.raises(formats.Refused) as refused:
        formats.parse(text)
    assert str(refused.value).startswith(reason)


_UNCLEAR: dict[str, tuple[Any, str]] = {
    "text": ("sinks", 'This must be a sink, such as {"path": "/webhook"}, or an app with its "sinks".'),
    "empty": (None, 'This must be a sink, such as {"path": "/webhook"}, or an app with its "sinks".'),
    "no-app": ({"path": "/a"}, 'Specify the app of this sink with "app_id" or --app.'),
    "odd-app": ({"path": "/a", "app_id": 1}, "app_id: An app's id must be a text."),
    "bad-app": ({"path": "/a", "app_id": "a b"}, "app_id: An app id must have 1 to 64 letters, digits, '_' and '-'."),
    "no-app-id": ({"sinks": []}, 'Specify the app with "app_id" or --app.'),
    "twice": ([{"app_id": "a", "sinks": []}] * 2, "[1]: The file has the app 'a' twice."),
    "sinks": ({"app_id": "a", "sinks": {}}, "sinks: This must be a list of sinks."),
}


@pytest.mark.parametrize("name", _UNCLEAR)
def test_a_file_that_does_not_say_what_it_means_is_refused(name: str) -> None:
    value, reason = _UNCLEAR[name]
    with pytest.raises(formats.Refused) as refused:
        import_export.entries(value)
    assert str(refused.value) == reason


def test_a_sink_as_the_api_and_the_list_say_it_comes_in(own_hub: Hub) -> None:
    own_hub.add_sinks(
        [{"app_id": "app_a", "path": "/a", "auth_token": "s3cret-token"}, {"app_id": "app_b", "path": "/b"}]
    )
    listed = [json.loads(line) for line in own_hub.manage("sinks", "list", "--json").stdout.splitlines()]
    assert import_report(own_hub, listed) == {"dry_run": False, "changes": [], "unchanged": 4}
    from_api = [sink | {"id": 12, "url_path": "/app_a/a", "timeout": 7} for sink in listed]
    changes = import_report(own_hub, from_api)["changes"]
    assert [(change["app_id"], change["path"], list(change["fields"])) for change in changes] == [
        ("app_a", "/a", ["timeout"]),
        ("app_b", "/b", ["timeout"]),
    ]


def test_a_sink_of_another_app_is_refused_in_an_app(own_hub: Hub) -> None:
    document = {"app_id": "app_a", "sinks": [{"app_id": "app_b", "path": "/b"}]}
    refused = own_hub.manage("sinks", "import", "-", stdin=json.dumps(document), check=False)
    assert refused.returncode == 1
    assert "sinks[0].app_id: The sink belongs to the app 'app_a': omit this." in refused.stderr


def test_another_app_than_the_files_is_refused() -> None:
    with pytest.raises(formats.Refused) as refused:
        import_export.entries([{"app_id": "app_a", "sinks": []}], "app_b")
    assert str(refused.value) == "[0].app_id: --app is 'app_b': omit one of them."


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(["a0: &a0 [x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 41))]),
        "\n".join(["a0: &a0 {x: y}", *(f"a{n}: &a{n} {{b: *a{n - 1}, c: *a{n - 1}}}" for n in range(1, 41))]),
        "\n".join(["a0: &a0 {x: y}", *(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}" for n in range(1, 41))]),
        "path: &a [*a]",
        "timeout: 1" + ":59" * 100_000,
        "{" + ", ".join(f'"k{n}": 1' for n in range(60_000)) + ', "k59999": 2}',
    ],
)
def test_a_file_that_multiplies_itself_is_refused_at_once(text: str) -> None:
    with pytest.raises(formats.Refused):
        formats.parse(text)


def test_an_alias_that_stands_for_a_few_values_is_taken() -> None:
    assert formats.parse("- &a {path: /a}\n- *a\n") == [{"path": "/a"}, {"path": "/a"}]
