"""Warnings for authors whose workflows import from where things were in an earlier version."""

import warnings


def warn_of_move(old: str, new: str) -> None:
    """
    Warn whoever asks a module for a name that has moved.

    Args:
        old: The dotted name that was asked for.
        new: Its name in `runs.workflows`.
    """
    # Two frames up: the module's `__getattr__`, and the import that asks it.
    warnings.warn(f"{old} is deprecated: write 'from runs.workflows import {new}'.", DeprecationWarning, stacklevel=3)
