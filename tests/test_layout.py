"""What holds for the project as a whole: which way imports run, and what each module is for."""

import ast
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
# What each package must know nothing of.
ABOVE = {"runs": {"sinks", "sinkhub", "tests", "bench"}, "sinks": {"sinkhub", "tests", "bench"}, "sinkhub": {"tests"}}
MODULES = [path for package in ABOVE for path in sorted((PROJECT / package).rglob("*.py"))]


def imported(path: Path) -> set[str]:
    """The packages that a module imports, by their first name."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {one.name.split(".")[0] for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PROJECT)))
def test_imports_run_one_way(path: Path) -> None:
    package = path.relative_to(PROJECT).parts[0]
    assert not imported(path) & ABOVE[package]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PROJECT)))
def test_every_module_says_what_it_is_for(path: Path) -> None:
    if path.name == "__init__.py" or "migrations" in path.parts:
        return
    assert ast.get_docstring(ast.parse(path.read_text()))
