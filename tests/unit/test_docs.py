"""The documentation is correct: its commands run, its links resolve, and settings and commands are all covered."""

import inspect
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from runs.workflows import registry
from sinks.config import schedules
from sinks.config.documents import PLACES
from tests.support.hub import PROJECT, Hub
from tests.support.shell import python_for_shells

DOCS = PROJECT / "docs"
PAGES = {
    str(path.relative_to(PROJECT)): path.read_text()
    for path in sorted([*PROJECT.glob("*.md"), *DOCS.rglob("*.md")])
    if path.parent.name != "reference"  # written from the providers' files, and tested with them
}
# The pages on providers have their own test.
WITH_COMMANDS = [name for name, text in PAGES.items() if "```sh\n" in text and "providers/" not in name]
# The number of blocks that are not run, since they need Docker, systemd, a proxy, or their own terminal.
NOT_RUN = {
    "docs/operations.md": 22,
    "docs/refusals.md": 1,
    "docs/testing.md": 1,
    "docs/tutorial.md": 2,
    "docs/workflows.md": 1,
}
_PAGE = "import django; django.setup(); from tests.support.commands_page import page; print(page(), end='')"
_DISCOVERED = """
from fulfil import fulfil
from runs.workflows import registry


def test_the_folder_can_be_discovered_as_well(run_workflow):
    found = registry.find("fulfil")
    assert found is not None
    assert registry.broken() == {}
    assert run_workflow(fulfil, json={"id": 7}, crash_after="load").attempts == 2
"""
_BEFORE = """
set -euo pipefail
# URLs that the server hands out have its default port.
curl() { command curl -sS --fail-with-body --max-time 60 "${@/localhost:9657/localhost:$PORT}"; }
"""


def blocks(text: str, kind: str) -> list[str]:
    """Return the code blocks of a language."""
    return re.findall(rf"^ *```{kind}\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)


def files_shown(text: str) -> dict[str, str]:
    """Return the Python files of a page by name: as the text before a block says, as in `workflows/fulfil.py`."""
    files: dict[str, str] = {}
    end = 0
    for place, found in enumerate(re.finditer(r"^ *```python\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)):
        named = re.findall(r"`workflows/(\w+\.py)`", text[end : found.start()])
        files[named[-1] if named else f"shown_{place}.py"] = found[1]
        end = found.end()
    return files


def anchors(text: str) -> set[str]:
    """Return the anchors that GitHub generates from a page's headings."""
    heads = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("name", WITH_COMMANDS)
def test_every_command_that_is_shown_runs(name: str, make_hub: Any, tmp_path: Path) -> None:
    hub: Hub = make_hub("sqlite")
    hub.manage("quickstart", "-v0")
    hub.environment["SINKHUB_WORKFLOWS"] = ""
    if workflows := files_shown(PAGES[name]):
        (tmp_path / "workflows").mkdir()
        for file, code in workflows.items():
            (tmp_path / "workflows" / file).write_text(code)
        hub.environment["SINKHUB_WORKFLOWS"] = str(tmp_path / "workflows")
    # Forked commands follow each other faster than new programs would.
    server = hub.start(SINK_REFRESH_INTERVAL="0.02")
    if files := blocks(PAGES[name], "json"):
        (tmp_path / "apps.json").write_text(files[0])
    script = "\n".join(blocks(PAGES[name], "sh"))
    script = script.replace("localhost:9657", f"localhost:{server.port}")
    # As in a clone, with its Python and manage.py.
    (tmp_path / "manage.py").symlink_to(PROJECT / "manage.py")
    try:
        with python_for_shells(tmp_path / ".venv" / "bin" / "python"):
            done = subprocess.run(
                ["bash", "-c", _BEFORE + script],
                cwd=tmp_path,
                env=hub.env(PORT=str(server.port)),
                capture_output=True,
                text=True,
                timeout=240,
                check=False,
                stdin=subprocess.DEVNULL,
            )
    finally:
        hub.close()
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr}"
    assert "Traceback" not in done.stdout + done.stderr


def test_what_is_shown_and_not_run_is_known() -> None:
    shown = {name: len(blocks(text, "text")) for name, text in PAGES.items() if "providers/" not in name}
    assert {name: count for name, count in shown.items() if count} == NOT_RUN
    # Every block names its language, so that none is skipped unnoticed.
    for name, text in PAGES.items():
        kinds = re.findall(r"^ *```(.*)$", text, re.MULTILINE)[::2]
        assert set(kinds) <= {"sh", "text", "json", "yaml", "python", "http", "html", "js", "mermaid"}, name


def test_a_workflow_that_is_shown_is_one(make_hub: Any, tmp_path: Path) -> None:
    hub: Hub = make_hub("sqlite")
    code = {block for name in ("README.md", "docs/workflows.md") for block in blocks(PAGES[name], "python")}
    assert code
    for place, block in enumerate(sorted(code)):
        (tmp_path / f"shown_{place}.py").write_text(block)
    hub.environment["SINKHUB_WORKFLOWS"] = str(tmp_path)
    hub.manage("sinks", "create", "--app", "app_docs", "--path", "/welcome", "--workflow", "welcome")
    server = hub.start()
    done = hub.manage("sinks", "test", "app_docs/welcome", "--url", server.url, "--json", "--data", '{"name": "Ada"}')
    hub.stop()
    assert json.loads(done.stdout.splitlines()[-1])["output"] == {"text": "Hello, Ada!"}


def test_the_tutorial_starts_the_server_as_the_makefile_does() -> None:
    start, _ = blocks(PAGES["docs/tutorial.md"], "text")
    assert start == "SINKHUB_WORKFLOWS=workflows make run SERVE_ARGS=--reload\n"
    assert "manage.py serve $(SERVE_ARGS)" in (PROJECT / "Makefile").read_text()


@pytest.mark.processes
def test_the_tests_of_the_tutorial_succeed(tmp_path: Path) -> None:
    for name, code in files_shown(PAGES["docs/tutorial.md"]).items():
        (tmp_path / name).write_text(code)
    _, command = blocks(PAGES["docs/tutorial.md"], "text")
    assert command == ".venv/bin/python -m pytest workflows\n"
    assert "3 passed" in _tested(tmp_path, PROJECT, "-c", str(PROJECT / "pyproject.toml"))


@pytest.mark.processes
@pytest.mark.parametrize("place", ["within the project", "elsewhere"])
def test_the_tests_of_a_workflow_that_are_shown_succeed(place: str, tmp_path: Path) -> None:
    code, *tests = blocks(PAGES["docs/testing.md"], "python")
    [plugin] = [block for block in tests if "pytest_plugins" in block]
    tests.remove(plugin)
    (tmp_path / "fulfil.py").write_text(code)
    (tmp_path / "test_fulfil.py").write_text("\n\n".join(tests))
    options = ["-c", str(PROJECT / "pyproject.toml")]
    if place == "elsewhere":
        # Without pytest-django, and with workflows that were discovered before.
        (tmp_path / "conftest.py").write_text(plugin)
        (tmp_path / "test_after.py").write_text(_DISCOVERED)
        options = ["-p", "no:django"]
    report = _tested(tmp_path, PROJECT if place == "within the project" else tmp_path, *options)
    shown = sum(block.count("\ndef test_") + block.startswith("def test_") for block in tests)
    assert f"{shown + (place == 'elsewhere')} passed" in report


def _tested(folder: Path, cwd: Path, *options: str) -> str:
    """Run the tests of a folder of workflows, which must succeed. Return what pytest prints."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", *options, str(folder)],
        cwd=cwd,
        env={
            **os.environ,
            "PYTHONPATH": str(PROJECT),
            "SINKHUB_VAR": str(folder / "var"),
            "SINKHUB_WORKFLOWS": str(folder),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_setting_is_described_and_no_other() -> None:
    settings = (PROJECT / "sinkhub" / "settings.py").read_text()
    known = set(re.findall(r"""(?:environ\.get|_flag|_number|_seconds|_list)\(\s*"([A-Z_]+)\"""", settings))
    rows = re.findall(r"^\| (`.*?) \|", PAGES["docs/settings.md"], re.MULTILINE)
    described = {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}
    assert described == known | {"FORWARDED_ALLOW_IPS"}  # read by uvicorn


def test_every_command_and_option_is_described(make_hub: Any) -> None:
    hub: Hub = make_hub("sqlite")
    written = subprocess.run(
        [sys.executable, "-c", _PAGE],
        cwd=PROJECT,
        env=hub.env(COLUMNS="80"),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout
    assert PAGES["docs/commands.md"] == written, "write it anew: python -m tests.support.commands_page"
    for command in ("sinks import", "runs follow", "apitokens create", "worker", "serve", "quickstart"):
        assert f"## manage.py {command}\n" in written


def test_every_field_of_a_sink_as_json_is_described() -> None:
    page = PAGES["docs/sinks.md"]
    for place in PLACES:
        for name in place.path.split("."):
            assert f"`{name}`" in page or f'"{name}"' in page, place.path


def test_every_field_of_a_schedule_is_described() -> None:
    page = PAGES["docs/schedules.md"]
    for name in (*(place.path for place in schedules.PLACES), *schedules.READ_ONLY):
        assert f"`{name}`" in page, name


def test_every_option_of_a_workflow_is_described() -> None:
    page = PAGES["docs/workflows.md"]
    for name in ("name", "restart"):
        assert name in inspect.signature(registry.workflow).parameters
        assert f"@workflow({name}=" in page
    for workflow in ("echo", "demo"):
        found = registry.find(workflow)
        assert found is not None
        assert f"`{workflow}`" in page
        for option in found.options.model_fields:
            assert f"`{option}`" in page, f"{workflow}: {option}"


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_somewhere(name: str) -> None:
    folder = (PROJECT / name).parent
    for target in re.findall(r"\]\(([^)\s]+)\)", PAGES[name]):
        if target.startswith(("http://", "https://")):
            continue
        file, _, anchor = target.partition("#")
        path = Path(os.path.normpath(folder / file)) if file else PROJECT / name
        assert path.exists(), target
        if anchor:
            assert anchor in anchors(path.read_text()), target


def test_the_proxy_that_is_shown_agrees_with_the_one_of_compose() -> None:
    shown = next(block for block in blocks(PAGES["docs/operations.md"], "text") if "proxy_pass" in block)
    whole = (PROJECT / "deploy" / "nginx.conf").read_text()
    for name in ("proxy_buffering", "proxy_http_version", "proxy_next_upstream"):
        [line] = re.findall(rf"^\s*({name} [^;]+);", shown, re.MULTILINE)
        assert line in re.sub(r" +", " ", whole), line


def test_the_newest_release_in_the_changelog_is_the_version() -> None:
    releases = re.findall(r"^## (\S+) - \d{4}-\d\d-\d\d$", PAGES["CHANGELOG.md"], re.MULTILINE)
    assert releases[0] == tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["version"]
