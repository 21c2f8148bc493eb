"""Names of 0.1 that have moved to `runs.workflows`: they still work, but warn."""

import warnings
from collections.abc import Callable
from importlib import import_module
from typing import Any


def moved(module: str, names: dict[str, str]) -> Callable[[str], Any]:
    """
    Return the `__getattr__` of a module (PEP 562) whose names have moved.

    Args:
        module: The module's dotted name.
        names: Its old names, and their new names in `runs.workflows`.

    Returns:
        A function that returns the object for an old name, and issues a DeprecationWarning that points to the importing
        code.
    """

    def find(name: str) -> Any:
        if name not in names:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        text = f"{module}.{name} is deprecated: write 'from runs.workflows import {names[name]}'."
        warnings.warn(text, DeprecationWarning, stacklevel=2)
        return getattr(import_module("runs.workflows"), names[name])

    return find
