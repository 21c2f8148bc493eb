"""What holds for the project as a whole: which way imports run, and what each module is for."""

import ast
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
# What each package must know nothing of.
ABOVE = {"runs": {"sinks", "sinkhub", "tests", "bench"}, "sinks": {"sinkhub", "tests", "bench"}, "sinkhub": {"tests"}}
MODULES = {
    path.relative_to(PROJECT): ast.parse(path.read_text())
    for package in ABOVE
    for path in sorted((PROJECT / package).rglob("*.py"))
}


def imported(module: ast.Module) -> set[str]:
    """The packages that a module imports, by their first name."""
    names: set[str] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            names |= {one.name.split(".")[0] for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


def test_imports_run_one_way() -> None:
    wrong = {str(path): imported(module) & ABOVE[path.parts[0]] for path, module in MODULES.items()}
    assert {path: names for path, names in wrong.items() if names} == {}
    assert len(MODULES) > 100


def test_every_module_says_what_it_is_for() -> None:
    said = {
        str(path): ast.get_docstring(module)
        for path, module in MODULES.items()
        if path.name != "__init__.py" and "migrations" not in path.parts
    }
    assert [path for path, docstring in said.items() if not docstring] == []
