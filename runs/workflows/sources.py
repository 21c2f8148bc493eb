"""The sources of workflows: `workflows.py` of installed apps, and the files in SINKHUB_WORKFLOWS with their helpers."""

import hashlib
import importlib
import importlib.util
import inspect
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import module_has_submodule

_HASH_CHARACTERS = 12
_OWN = "runs"  # whose `workflows` is the package that authors import
_NAMES = re.compile(r"""def\s+(\w+)\s*\(|\bname\s*=\s*["']([^"']+)["']""")


@dataclass(frozen=True)
class Source:
    """A module that defines workflows."""

    name: str  # for people: the name of a file in SINKHUB_WORKFLOWS, or of an app's module
    module: str
    path: Path | None = None  # of a file; None for an app's module

    def load(self) -> None:
        """
        Import the module.

        Raises:
            Exception: Its code raised it.
        """
        if self.path is None:
            importlib.import_module(self.module)
            return
        spec = importlib.util.spec_from_file_location(self.module, self.path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[self.module] = module
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[self.module]
            raise

    def mentioned(self) -> frozenset[str]:
        """Return the names that its file gives to functions and workflows, also if it cannot be imported."""
        if self.path is None:
            return frozenset()
        try:
            text = self.path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return frozenset()
        return frozenset(name for found in _NAMES.findall(text) for name in found if name)


def hash_code(function: Callable[..., Any]) -> str:
    """
    Return a hash of the file that defines a function as it is now, 12 hexadecimal digits; without a file, of the
    function's qualified name.
    """
    code = getattr(inspect.unwrap(function), "__code__", None)
    try:
        text = Path(code.co_filename).read_bytes() if code is not None else None
    except OSError:  # a function that `exec` has made, or a module in an archive
        text = None
    if text is None:
        text = f"{function.__module__}.{getattr(function, '__qualname__', '')}".encode()
    return hashlib.sha256(text).hexdigest()[:_HASH_CHARACTERS]


def find_sources() -> list[Source]:
    """
    Return the sources in the order in which they are imported.

    Raises:
        ImproperlyConfigured: SINKHUB_WORKFLOWS is not a folder.
    """
    found = [
        Source(f"{config.name}.workflows", f"{config.name}.workflows")
        for config in apps.get_app_configs()
        if config.name != _OWN and config.module is not None and module_has_submodule(config.module, "workflows")
    ]
    folder = _folder()
    if folder is None:
        return found
    if not folder.is_dir():
        raise ImproperlyConfigured(f"SINKHUB_WORKFLOWS is {str(settings.SINKHUB_WORKFLOWS)!r}, which is not a folder.")
    if str(folder) not in sys.path:
        sys.path.append(str(folder))  # for helpers: `from _mail import send`, as in tests beside the files
    for path in sorted(folder.glob("*.py")):
        if not path.name.startswith(("_", "test_")) and path.name != "conftest.py":
            found.append(Source(path.name, f"sinkhub_workflows.{path.stem}", path))
    return found


def forget_modules() -> None:
    """
    Remove the modules of all sources and of their helpers from `sys.modules`, so that the next import reads them again.
    Functions of the removed modules go on as they are.
    """
    folder = _folder()
    for path in list(_files()):
        # Cached bytecode counts as current if the source has the same size and was changed within the same second.
        with suppress(OSError):
            Path(importlib.util.cache_from_source(str(path))).unlink()
    packages = {f"{config.name}.workflows" for config in apps.get_app_configs() if config.name != _OWN}
    prefixes = tuple(f"{package}." for package in packages)
    resolved: dict[str, Path] = {}  # folders of modules: many modules are in one, and links may change between reloads
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file is None or not (
            name in packages or name.startswith(prefixes) or _is_helper(folder, str(file), resolved)
        ):
            continue
        del sys.modules[name]
        parent, _, child = name.rpartition(".")
        if getattr(sys.modules.get(parent), child, None) is module:
            delattr(sys.modules[parent], child)  # `from parent import child` would return the old one
    importlib.invalidate_caches()


def read_fingerprint() -> dict[str, tuple[int, int]]:
    """Return the time and the size of each file whose change makes a reload necessary, by its path."""
    found = {}
    for path in _files():
        with suppress(OSError):  # it was just deleted
            status = path.stat()
            found[str(path)] = (status.st_mtime_ns, status.st_size)
    return found


def _files() -> Iterator[Path]:
    folder = _folder()
    if folder is not None:
        yield from folder.glob("*.py")
        yield from folder.glob("_[!_]*/**/*.py")
    for config in apps.get_app_configs():
        module = sys.modules.get(f"{config.name}.workflows") if config.name != _OWN else None
        if (file := getattr(module, "__file__", None)) is not None:
            yield from Path(file).parent.rglob("*.py") if Path(file).name == "__init__.py" else [Path(file)]


def _folder() -> Path | None:
    return Path(settings.SINKHUB_WORKFLOWS).resolve() if settings.SINKHUB_WORKFLOWS else None


def _is_helper(folder: Path | None, file: str, resolved: dict[str, Path]) -> bool:
    """Return whether a file is in the folder, or in one of its folders that begin with `_`. Others may be libraries."""
    parent, name = os.path.split(file)
    if folder is None or not os.path.isabs(parent) or name == "manage.py":
        return False
    if (place := resolved.get(parent)) is None:
        place = resolved[parent] = Path(parent).resolve()
    if place == folder:
        return True
    return folder in place.parents and place.relative_to(folder).parts[0].startswith("_")
