"""What a reload of the registry finds, keeps and withdraws."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin import sites
from django.core.exceptions import ImproperlyConfigured
from django.test import modify_settings, override_settings

from runs.workflows import registry

_CODE = "from runs.workflows import workflow\n\n@workflow\ndef NAME(request, run):\n    return TEXT\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of workflows of this test's own, in a folder that can be imported from."""
    monkeypatch.syspath_prepend(str(tmp_path))
    made = tmp_path / "own_flows"
    made.mkdir()
    with override_settings(SINKHUB_WORKFLOWS=str(made)):
        yield made
    registry.reload(keep=True)  # with the workflows of all tests again


def write(path: Path, name: str, text: str) -> None:
    path.write_text(_CODE.replace("NAME", name).replace("TEXT", text))


def called(name: str) -> Any:
    """Return what a workflow returns."""
    found = registry.find(name)
    assert found is not None
    return found.function(None, None)


def test_a_reload_replaces_adds_and_removes_workflows(folder: Path) -> None:
    write(folder / "a.py", "first", "1")
    write(folder / "b.py", "second", "2")
    registry.reload(keep=True)
    before, generation = registry.find("first"), registry.generation()
    write(folder / "a.py", "first", "11")
    write(folder / "c.py", "third", "3")
    (folder / "b.py").unlink()
    registry.reload(keep=True)
    assert (called("first"), called("third"), registry.find("second")) == (11, 3, None)
    assert before is not None and before.function(None, None) == 1  # as a run in progress has it
    assert registry.generation() == generation + 1
    assert registry.find("echo") is not None


def test_a_change_within_the_second_that_keeps_the_size_is_seen(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    for number in range(5):
        write(folder / "a.py", "quick", str(number))
        registry.reload(keep=True)
        assert called("quick") == number
    for fault in ("raise OSError(1)", "raise OSError(2)"):
        write(folder / "a.py", "quick", f"5\n{fault}")
        registry.reload(keep=False)
        assert registry.broken()["a.py"].endswith(f"OSError: {fault[-2]}")


def test_helpers_are_read_again_however_they_are_imported(folder: Path) -> None:
    imports = "import _plain\nfrom own_flows import _of_package\nfrom _inner.deep import VALUE\n"
    result = "[_plain.VALUE, _of_package.VALUE, VALUE]"
    helpers = [folder / "_plain.py", folder / "_of_package.py", folder / "_inner" / "deep.py"]
    helpers[2].parent.mkdir()
    (folder / "a.py").write_text(imports + _CODE.replace("NAME", "helped").replace("TEXT", result))
    for number in (1, 2):
        for helper in helpers:
            helper.write_text(f"VALUE = {number}\n")
        registry.reload(keep=True)
        assert called("helped") == [number] * 3


def test_libraries_beside_workflows_are_not_imported_again(folder: Path) -> None:
    library = folder / "library"
    library.mkdir()
    (library / "__init__.py").write_text("COUNT = [0]\n")
    (folder / "a.py").write_text("from library import COUNT\nCOUNT[0] += 1\n" + _CODE.replace("TEXT", "COUNT[0]"))
    for number in (1, 2):
        registry.reload(keep=True)
        assert called("NAME") == number
    del sys.modules["library"]


@pytest.mark.parametrize("fault", ["raise OSError('4711')", "def broken(:", "raise SystemExit(1)", "import _missing"])
def test_a_broken_file_keeps_its_workflows_in_production(folder: Path, fault: str) -> None:
    write(folder / "a.py", "durable", "1")
    write(folder / "b.py", "other", "1")
    registry.reload(keep=True)
    write(folder / "a.py", "durable", f"2\n{fault}")
    write(folder / "b.py", "other", "2")
    for _ in range(2):
        registry.reload(keep=True)
        assert (called("durable"), called("other")) == (1, 2)
        assert list(registry.broken()) == ["a.py"]
        assert registry.broken()["a.py"].endswith("(its workflows stay as they were before)")
        assert not registry.is_in_broken_file("durable")
    write(folder / "a.py", "durable", "3")
    registry.reload(keep=True)
    assert (called("durable"), registry.broken()) == (3, {})


def test_a_broken_file_loses_its_workflows_for_new_runs_alone(folder: Path) -> None:
    write(folder / "a.py", "withdrawn", "1")
    registry.reload(keep=False)
    (folder / "a.py").write_text("def other(:")
    for _ in range(2):
        registry.reload(keep=False)
        assert registry.find("withdrawn") is None
        assert "withdrawn" not in registry.names()
        assert registry.is_in_broken_file("withdrawn")  # although the file does not mention it any more
        begun = registry.find_begun("withdrawn")
        assert begun is not None and begun.function(None, None) == 1
    (folder / "a.py").unlink()
    registry.reload(keep=False)
    assert registry.find_begun("withdrawn") is None
    assert not registry.is_in_broken_file("withdrawn")


def test_a_workflow_that_moved_out_of_a_broken_file_is_the_moved_one(folder: Path) -> None:
    write(folder / "b.py", "moving", "1")
    registry.reload(keep=True)
    (folder / "b.py").write_text("raise OSError")
    write(folder / "c.py", "moving", "2")
    registry.reload(keep=True)
    assert called("moving") == 2


def test_a_file_that_was_broken_from_the_start_is_found_by_what_it_mentions(folder: Path) -> None:
    (folder / "a.py").write_text("@workflow(name='by-name')\nasync def by_function (request, run):\n  return (\n")
    registry.reload(keep=False)
    assert registry.is_in_broken_file("by-name") and registry.is_in_broken_file("by_function")
    assert not registry.is_in_broken_file("function")
    assert not registry.is_in_broken_file("echo")


def test_a_name_that_two_files_define_is_the_first_files(folder: Path) -> None:
    for file in ("a", "b"):
        write(folder / f"{file}.py", "double", repr(file))
    registry.reload(keep=False)
    assert called("double") == "a"
    assert "two workflows are named 'double'" in registry.broken()["b.py"]


def test_without_its_folder_nothing_is_changed(folder: Path) -> None:
    write(folder / "a.py", "stays", "1")
    registry.reload(keep=False)
    folder.rename(folder.with_name("elsewhere"))
    with pytest.raises(ImproperlyConfigured, match="not a folder"):
        registry.reload(keep=False)
    assert called("stays") == 1
    folder.with_name("elsewhere").rename(folder)


def test_the_module_of_an_installed_app_is_read_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = folder.parent / "own_app"
    app.mkdir()
    (app / "__init__.py").touch()
    write(app / "workflows.py", "of_app", "1")
    # The theme makes a new admin site, which is empty, when the apps change.
    monkeypatch.setattr(admin, "site", admin.site)
    monkeypatch.setattr(sites, "site", sites.site)
    with modify_settings(INSTALLED_APPS={"append": "own_app"}):
        registry.reload(keep=True)
        assert called("of_app") == 1
        write(app / "workflows.py", "of_app", "2")
        registry.reload(keep=True)
        assert called("of_app") == 2
        (app / "workflows.py").write_text("raise OSError")
        registry.reload(keep=True)
        assert called("of_app") == 2
        assert "own_app.workflows" in registry.broken()
