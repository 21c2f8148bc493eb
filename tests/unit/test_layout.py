"""Rules for the whole project: the direction of imports, a docstring for each module, and limits of size."""

import ast
import re
from graphlib import TopologicalSorter
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent
# The packages that each package must not import. import-linter, in `make lint`, checks the order within a package.
ABOVE = {"runs": {"sinks", "sinkhub", "tests", "bench"}, "sinks": {"sinkhub", "tests", "bench"}, "sinkhub": {"tests"}}
MODULES = {
    path.relative_to(PROJECT): path.read_text()
    for package in ABOVE
    for path in sorted((PROJECT / package).rglob("*.py"))
    if "migrations" not in path.parts
}
TREES = {path: ast.parse(text) for path, text in MODULES.items()}
NAMES = {".".join(path.with_suffix("").parts).removesuffix(".__init__"): path for path in MODULES}
MAX_LINES = 400
MAX_MODULES = 12  # per folder


def imported(module: ast.Module) -> set[str]:
    """Return the dotted names that a module imports, also within functions."""
    names: set[str] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def test_imports_run_one_way() -> None:
    packages = {path: {name.split(".")[0] for name in imported(tree)} for path, tree in TREES.items()}
    wrong = {str(path): names & ABOVE[path.parts[0]] for path, names in packages.items()}
    assert {path: names for path, names in wrong.items() if names} == {}
    assert len(MODULES) > 100


def test_no_imports_go_in_a_circle() -> None:
    graph = {name: imported(TREES[path]) & NAMES.keys() - {name} for name, path in NAMES.items()}
    # A package that only contains modules does not import them.
    TopologicalSorter(graph).prepare()  # CycleError names the cycle


def test_every_module_says_what_it_is_for() -> None:
    docstrings = {str(path): ast.get_docstring(tree) for path, tree in TREES.items() if path.name != "__init__.py"}
    assert [path for path, docstring in docstrings.items() if not docstring] == []


def test_no_module_is_long_without_a_reason() -> None:
    long = {path: text for path, text in MODULES.items() if text.count("\n") > MAX_LINES}
    assert [str(path) for path, text in long.items() if "Longer than 400 lines" not in text[:500]] == []


def test_no_folder_has_too_many_modules() -> None:
    folders: dict[Path, int] = {}
    for path in MODULES:
        if path.name != "__init__.py":
            folders[path.parent] = folders.get(path.parent, 0) + 1
    assert {str(path): count for path, count in folders.items() if count > MAX_MODULES} == {}


def private_names(tree: ast.Module, of: set[str]) -> set[str]:
    """Return the private names of those packages' modules that a module imports, or reads from an imported module."""
    imported_names = {
        name.asname or name.name: f"{node.module}.{name.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in of
        for name in node.names
    }
    found = {name for name in imported_names.values() if name.rpartition(".")[2].startswith("_")}
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute)
            and re.match("_(?!_|meta$|state$|default_manager$)", node.attr)
            and isinstance(node.value, ast.Name)
        ):
            name = f"{imported_names.get(node.value.id, '')}.{node.attr}"
            found |= {name} - {f".{node.attr}"}
    return found


def test_no_module_uses_a_private_name_of_another() -> None:
    ours = {*ABOVE, "tests", "bench", "cluster"}
    paths = [path for package in sorted(ours) for path in sorted((PROJECT / package).rglob("*.py"))]
    assert {
        str(path.relative_to(PROJECT)): names
        for path in paths
        if (names := private_names(ast.parse(path.read_text()), ours))
    } == {}
    # Also within strings, which are scripts that tests run in other processes.
    texts = {
        str(path): re.findall(r"(?:retention|tasks|journal|writer)\._[a-z]\w+", path.read_text()) for path in paths
    }
    assert {path: names for path, names in texts.items() if names} == {}
