"""Workflows: registration, arguments, and the two built-in workflows."""

import re
import runpy
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from pydantic import AfterValidator

from runs import workflows
from runs.delivery.request import Request
from runs.workflows import registry
from runs.workflows.registry import InvalidOptions, workflow
from sinks.validators import workflow_faults
from tests.conftest import WORKFLOWS
from tests.support.hub import Hub, Server
from tests.support.web import web

pytestmark = pytest.mark.one_database

BEHAVIOURS = WORKFLOWS / "behaviours.py"

_OWN = '''
import threading
import time
from pathlib import Path

from runs.workflows import workflow


@workflow
def holds(request, run):
    """A plain def that waits, for 30 s at most, until a file is there."""
    until = time.monotonic() + 30
    while not Path(request.json).exists():
        if time.monotonic() > until:
            raise TimeoutError("nobody made the file")
        time.sleep(0.02)
    return {"main_thread": threading.current_thread() is threading.main_thread()}


@workflow
async def loop_thread(request, run):
    return {"main_thread": threading.current_thread() is threading.main_thread()}


@workflow
async def forgets_to_await(request, run):
    run.step("forgotten", len, "abc")
    run.log("needs no await")
    return "went on"


@workflow(name="named-otherwise")
async def some_function(request, run):
    return "found by its name"
'''


@dataclass
class Site:
    """The installation of this module, and its server."""

    hub: Hub
    server: Server

    def output(self, path: str, method: str = "POST", **request: Any) -> Any:
        """Start a run, and return its output."""
        headers = {"Accept": "application/json", **request.pop("headers", {})}
        answer = web.request(method, f"{self.server.url}/app_test{path}", headers=headers, timeout=60, **request)
        assert answer.status_code == 200, answer.text
        result = answer.json()
        assert result["status"] == "complete", result
        return result["output"]


@pytest.fixture(scope="module")
def site(hub: Hub) -> Site:
    folder = hub.folder / "workflows"
    folder.mkdir()
    shutil.copy(BEHAVIOURS, folder)
    (folder / "own.py").write_text(_OWN)
    (folder / "spoilt.py").write_text("from runs.workflows import workflow\n@workflow\nasync def lost(r, run): pass\n")
    hub.environment["SINKHUB_WORKFLOWS"] = str(folder)
    hub.add_sinks(
        [
            {"path": "/inspect/{order_id}", "method": "ANY", "workflow": "inspect"},
            {"path": "/echo/{name}", "method": "ANY", "workflow": "echo"},
            {"path": "/echo-headers", "workflow": "echo", "options": {"headers": True}},
            {"path": "/demo", "workflow": "demo", "options": {"seconds": 0.2, "steps": 3}},
            {"path": "/threaded", "workflow": "threaded"},
            {"path": "/holds", "workflow": "holds"},
            {"path": "/loop-thread", "workflow": "loop_thread"},
            {"path": "/named", "workflow": "named-otherwise"},
            {"path": "/lost", "workflow": "lost"},
            {"path": "/forgets", "workflow": "forgets_to_await"},
        ]
    )
    # As if a file was changed, and then had an error.
    (folder / "spoilt.py").write_text(
        "from runs.workflows import workflow\n@workflow\nasync def lost(r, run): pass\nimport no_such_module_4711\n"
    )
    for name in ("_not_a_workflow.py", "test_own.py", "conftest.py"):
        (folder / name).write_text("raise RuntimeError('must not be imported')\n")
    return Site(hub, hub.start())


def test_an_async_def_is_registered_under_its_name() -> None:
    @workflow
    async def tells_its_name(request: Any, run: Any) -> None:
        """What it is for."""

    found = registry.find("tells_its_name")
    assert found is not None
    assert found.function is tells_its_name
    assert found.is_async
    assert found.restart
    assert found.description == "What it is for."
    assert "tells_its_name" in registry.names()


def test_a_plain_def_is_registered_as_one_that_is_not_async() -> None:
    @workflow
    def is_plain(request: Any, run: Any) -> None: ...

    found = registry.find("is_plain")
    assert found is not None
    assert not found.is_async


def test_a_name_and_no_restart_can_be_given() -> None:
    @workflow(name="another-name", restart=False)
    async def has_two_names(request: Any, run: Any) -> None: ...

    found = registry.find("another-name")
    assert found is not None
    assert not found.restart
    assert registry.find("has_two_names") is None


def test_keyword_only_parameters_are_the_options() -> None:
    @workflow
    async def takes_options(request: Any, run: Any, *, url: str, times: int = 3, ratio: float = 0.5) -> None: ...

    found = registry.find("takes_options")
    assert found is not None
    assert found.check_options({"url": "x"}) == {"url": "x", "times": 3, "ratio": 0.5}
    assert found.check_options({"url": "x", "times": "7"}) == {"url": "x", "times": 7, "ratio": 0.5}
    schema = found.options.model_json_schema()
    assert schema["required"] == ["url"]
    assert schema["properties"]["times"]["default"] == 3


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({}, "url"),
        ({"url": 1}, "url"),
        ({"url": "x", "times": "often"}, "times"),
        ({"url": "x", "colour": "red"}, "colour"),
        ({"url": "x", "ratio": float("nan")}, "ratio"),
        ([], "object"),
        (None, "object"),
    ],
)
def test_options_that_do_not_fit_are_refused_by_name(options: Any, named: str) -> None:
    @workflow(name="is_strict")
    async def takes_options(request: Any, run: Any, *, url: str, times: int = 3, ratio: float = 0.5) -> None: ...

    found = registry.find("is_strict")
    assert found is not None
    with pytest.raises(InvalidOptions, match=named):
        found.check_options(options)


def test_whatever_a_validator_of_the_workflow_raises_the_options_are_refused() -> None:
    def find_region(name: str) -> str:
        return {"eu": "Frankfurt"}[name]

    @workflow(name="has_regions")
    async def takes_a_region(
        request: Any, run: Any, *, region: Annotated[str, AfterValidator(find_region)] = "eu"
    ) -> None: ...

    found = registry.find_installed("has_regions")
    assert found.check_options({"region": "eu"}) == {"region": "Frankfurt"}
    with pytest.raises(InvalidOptions, match="KeyError: 'mars'"):
        found.check_options({"region": "mars"})
    assert workflow_faults("has_regions", {"region": "mars"}) == {"options": "KeyError: 'mars'"}


def test_options_can_be_constrained_as_pydantic_does() -> None:
    found = registry.find("demo")
    assert found is not None
    assert found.check_options({}) == {"seconds": 4.0, "steps": 4}
    with pytest.raises(InvalidOptions, match="steps"):
        found.check_options({"steps": 0})


def test_a_signature_that_does_not_fit_is_refused() -> None:
    async def takes_nothing() -> None: ...
    async def takes_one(request: Any) -> None: ...
    async def takes_three(request: Any, run: Any, option: Any) -> None: ...
    async def takes_any(request: Any, run: Any, *more: Any) -> None: ...
    async def takes_any_keyword(request: Any, run: Any, **more: Any) -> None: ...

    for function in (takes_nothing, takes_one, takes_three, takes_any, takes_any_keyword):
        with pytest.raises(ImproperlyConfigured, match=function.__name__):
            workflow(function)
        assert registry.find(function.__name__) is None


def test_a_name_that_is_taken_is_refused_and_both_places_are_named() -> None:
    @workflow(name="is_taken")
    async def first(request: Any, run: Any) -> None: ...

    async def second(request: Any, run: Any) -> None: ...

    with pytest.raises(ImproperlyConfigured, match=r"first.*second"):
        workflow(name="is_taken")(second)
    found = registry.find("is_taken")
    assert found is not None
    assert found.function is first


def test_a_file_that_is_imported_under_two_names_has_the_same_workflows(tmp_path: Path) -> None:
    file = tmp_path / "twice.py"
    file.write_text("from runs.workflows import workflow\n@workflow\nasync def is_in_a_file(request, run): ...\n")
    first, second = (runpy.run_path(str(file), run_name=name)["is_in_a_file"] for name in ("one", "two"))
    found = registry.find("is_in_a_file")
    assert found is not None
    assert found.function is second
    assert registry.workflow_of(first) is not registry.workflow_of(second) is found
    other = tmp_path / "other.py"
    other.write_text(file.read_text())
    with pytest.raises(ImproperlyConfigured, match=r"one.is_in_a_file|two.is_in_a_file"):
        runpy.run_path(str(other), run_name="three")


def test_files_of_tests_beside_workflows_are_not_imported(site: Site) -> None:
    assert "must not be imported" not in site.server.log()


def test_a_call_that_is_never_awaited_is_in_the_log_with_its_line(site: Site) -> None:
    assert site.output("/forgets") == "went on"
    line = _OWN.splitlines().index('    run.step("forgotten", len, "abc")') + 1
    own = site.hub.folder / "workflows" / "own.py"
    assert re.findall(r"call never awaited: run=\S+ (.*)", site.server.log()) == [
        f"workflow='forgets_to_await' call=run.step(...) in {own}, line {line}"
    ]


def test_a_broken_file_is_named_in_the_log_with_its_reason(site: Site) -> None:
    log = site.server.log()
    assert "spoilt.py" in log
    assert "no_such_module_4711" in log


def test_a_broken_file_takes_down_its_own_sinks_alone(site: Site) -> None:
    answer = web.post(f"{site.server.url}/app_test/lost")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "Traceback" not in answer.text
    assert "no_such_module" not in answer.text
    assert site.output("/named") == "found by its name"
    assert site.output("/echo/x")["method"] == "POST"


def test_a_broken_file_is_named_to_whoever_configures_a_sink(site: Site) -> None:
    done = site.hub.manage("sinks", "create", "--app", "app_test", "--path", "/new", "--workflow", "lost", check=False)
    assert done.returncode != 0
    assert "spoilt.py" in done.stderr
    assert "no_such_module_4711" in done.stderr


def test_a_plain_def_runs_in_a_thread_and_keeps_nobody_waiting(site: Site) -> None:
    gate = site.hub.folder / "gate"
    with ThreadPoolExecutor(1) as threads:
        held = threads.submit(site.output, "/holds", json=str(gate))
        try:
            assert site.output("/loop-thread") == {"main_thread": True}
            assert not held.done()
        finally:
            gate.touch()
        assert held.result() == {"main_thread": False}
    gate.unlink()


def test_a_plain_def_reports_like_any_other(site: Site) -> None:
    answer = web.post(f"{site.server.url}/app_test/threaded", json=[1])
    assert '"progress":50,"message":"half"' in answer.text
    assert '"level":"warning","message":"from a thread"' in answer.text
    assert '"output":{"thread":true,"json":[1]}' in answer.text


def test_echo_returns_the_request(site: Site) -> None:
    assert site.output("/echo/a%20b?x=1&x=2&y=", "PUT", json={"k": "ä"}) == {
        "method": "PUT",
        "path": "/echo/a b",
        "path_params": {"name": "a b"},
        "query": {"x": ["1", "2"], "y": ""},
        "content_type": "application/json",
        "json": {"k": "ä"},
    }


def test_echo_returns_text_forms_files_and_bytes_as_what_they_are(site: Site) -> None:
    assert site.output("/echo/x", content="no json")["text"] == "no json"
    assert site.output("/echo/x", data={"a": ["1", "2"], "b": "3"})["form"] == {"a": ["1", "2"], "b": "3"}
    assert site.output("/echo/x", content=b"\xff\xfe")["base64"] == "//4="
    several = site.output("/echo/x", data={"a": "1"}, files={"f": ("n.txt", b"abc", "text/plain")})
    assert several["form"] == {"a": "1"}
    assert several["files"] == [{"field": "f", "name": "n.txt", "content_type": "text/plain", "size": 3}]


def test_echo_returns_headers_only_where_its_option_says_so(site: Site) -> None:
    assert site.output("/echo-headers", headers={"X-Colour": "Red"})["headers"]["x-colour"] == "Red"
    assert "headers" not in site.output("/echo/x", headers={"X-Colour": "Red"})


def test_demo_takes_its_steps_and_returns_what_it_received(site: Site) -> None:
    answer = web.post(f"{site.server.url}/app_test/demo", json={"a": 1})
    for step, progress in ((1, 33), (2, 66), (3, 100)):
        assert f'"progress":{progress},"message":"Step {step} of 3 done.","step":"step-{step}"' in answer.text
    assert '"output":{"steps":3,"received":{"json":{"a":1}}}' in answer.text


def test_a_workflow_is_given_all_of_the_request(site: Site) -> None:
    fields = [("X-Many", "1"), ("x-many", "2"), ("X-UPPER", "Kept"), ("Content-Type", "text/x-own; a=b")]
    answer = web.request(
        "PURGE",
        f"{site.server.url}/app_test/inspect/4%207?a=1&a=%C3%A4&b",
        headers=[*fields, ("Accept", "application/json")],
        content=b"\x00\xff{",
    )
    output = answer.json()["output"]
    assert output["method"] == "PURGE"
    assert output["query"] == {"a": ["1", "ä"], "b": [""]}
    assert output["headers"]["x-many"] == "1, 2"
    assert output["headers"]["x-upper"] == "Kept"
    assert all(name == name.lower() for name in output["headers"])
    assert output["content_type"] == "text/x-own; a=b"
    assert output["body"] == "\x00ÿ{"
    assert output["json"] is None
    assert output["form"] == {}
    assert output["files"] == {}
    assert output["run_id"] == answer.headers["x-run-id"]
    assert output["attempt"] == 1


def test_a_workflow_is_given_path_parameters_decoded(site: Site) -> None:
    output = site.output("/inspect/Gr%C3%BC%C3%9Fe", "GET")
    assert output["path"] == "/inspect/Grüße"
    assert output["path_params"] == {"order_id": "Grüße"}


def test_credentials_are_not_given_to_workflows(site: Site) -> None:
    headers = {"Authorization": "Bearer s3cret", "Cookie": "sessionid=s3cret", "X-Api-Key": "s3cret"}
    output = site.output("/inspect/1", headers=headers)
    assert not {"authorization", "cookie", "x-api-key"} & set(output["headers"])
    assert "s3cret" not in str(output)


def test_a_multipart_form_has_fields_and_files(site: Site) -> None:
    files = [("one", ("a.txt", b"first")), ("one", ("b.txt", b"\x00\xff")), ("two", ("ä.bin", b""))]
    output = site.output("/inspect/1", data={"x": ["1", "2"], "y": "ü"}, files=files)
    assert output["form"] == {"x": ["1", "2"], "y": ["ü"]}
    assert output["files"] == {"one": ["first", "\x00ÿ"], "two": [""]}


def test_an_urlencoded_form_has_fields(site: Site) -> None:
    output = site.output("/inspect/1", data={"x": ["1", "2"], "y": "ü &="})
    assert output["form"] == {"x": ["1", "2"], "y": ["ü &="]}
    assert output["json"] is None


@pytest.mark.parametrize(
    ("body", "parsed"),
    [
        (b'{"a": [1, null]}', {"a": [1, None]}),
        (b"\xef\xbb\xbf[1]", [1]),
        (b' "text" ', "text"),
        (b"0", 0),
        (b"", None),
        (b"{", None),
        (b"\xff", None),
        (b"NaN", None),
        (b"[Infinity]", None),
        (b"9" * 10_000, None),
        (b"[" * 200_000, None),
        (b'{"a":' * 100_000, None),
    ],
    ids=lambda value: repr(value)[:12],
)
def test_json_is_the_body_parsed_or_none_and_never_raises(body: bytes, parsed: Any) -> None:
    assert Request("POST", "/", body=body, header_list=[("content-type", "text/plain")]).json == parsed


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=", b"x"),
        ("multipart/form-data; boundary=b", b""),
        ("multipart/form-data; boundary=ü", b"x"),
        ("multipart/form-data; boundary=b; charset=no-such", b"--b\r\nbroken"),
        ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n' * 3000),
        ("application/x-www-form-urlencoded", b"a=1&" * 3000),
        ("application/x-www-form-urlencoded; charset=no-such", b"\xff%zz=%ff"),
        ("", b"a=1"),
        (";;;", b"a=1"),
    ],
)
def test_form_and_files_never_raise(content_type: str, body: bytes) -> None:
    request = Request("POST", "/", body=body, header_list=[("content-type", content_type)])
    assert all(isinstance(value, (str, bytes)) for values in dict(request.form.lists()).values() for value in values)
    assert list(request.files) == []
    assert request.body == body


@pytest.mark.parametrize("query", ["", "%", "%ff=%zz", "&&==", "a=1&" * 3000, "ü"])
def test_a_query_that_cannot_be_read_never_raises(query: str) -> None:
    request = Request("GET", "/", query_string=query)
    assert all(isinstance(name, str) for name in request.query)
    assert request.query_string == query


@pytest.mark.parametrize(
    ("module", "old", "new"),
    [
        ("runs.executor", "RunHandle", "Run"),
        ("runs.executor", "ThreadRunHandle", "ThreadRun"),
        ("runs.registry", "workflow", "workflow"),
        ("runs.request", "Request", "Request"),
    ],
)
def test_what_workflows_of_an_earlier_version_import_still_works_with_a_warning(
    module: str, old: str, new: str
) -> None:
    names: dict[str, Any] = {"__name__": "an_authors_module"}
    with pytest.warns(DeprecationWarning, match=f"from runs.workflows import {new}") as warned:
        exec(f"from {module} import {old}", names)
    assert names[old] is getattr(workflows, new)
    assert warned[0].filename == "<string>"  # the importing module


def test_a_name_that_no_earlier_version_had_is_not_found() -> None:
    with pytest.raises(ImportError, match="no_such_name"):
        exec("from runs.executor import no_such_name", {})


def test_the_file_of_a_workflow_can_be_imported_under_another_name_as_tests_do(tmp_path: Path) -> None:
    file = tmp_path / "twice.py"
    file.write_text("from runs.workflows import workflow\n@workflow\nasync def imported_twice(request, run): ...\n")
    for name in ("sinkhub_workflows.twice", "twice"):
        exec(compile(file.read_text(), str(file), "exec"), {"__name__": name})
    assert "imported_twice" in registry.names()
