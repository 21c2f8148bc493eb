"""Workflows as people and programs see them: where each is defined, what it declares, and its options."""

import inspect
from dataclasses import asdict, dataclass, is_dataclass
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from runs.workflows.registry import Workflow


@dataclass(frozen=True)
class Option:
    """An option of a workflow."""

    name: str
    type: str  # in Python's notation, with its bounds
    required: bool
    default: Any  # as JSON; None if it is required
    description: str

    @property
    def brief(self) -> str:
        """The option in a few characters: `region='eu'`, or only its name if it is required."""
        return self.name if self.required else f"{self.name}={self.default!r}"


def options_of(workflow: Workflow) -> list[Option]:
    """Return the options of a workflow, in the order of its parameters."""
    return [_option(name, info) for name, info in workflow.options.model_fields.items()]


def place_of(workflow: Workflow) -> tuple[str, int]:
    """Return the file and the line where a workflow is defined; the file relative to the current folder if it can."""
    function = inspect.unwrap(workflow.function)
    code = getattr(function, "__code__", None)
    if code is None:  # an object with `__call__`
        return "", 0
    file = Path(code.co_filename)
    return str(file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file), code.co_firstlineno


def document_of(workflow: Workflow) -> dict[str, Any]:
    """Return a workflow as JSON."""
    file, line = place_of(workflow)
    return {
        "name": workflow.name,
        "file": file,
        "line": line,
        "async": workflow.is_async,
        "version": workflow.version,
        "code_hash": workflow.code_hash,
        "steps": workflow.steps or None,
        "restart": workflow.restart,
        "retry": workflow.rule(None).to_document(),
        "timeout": workflow.time_limit(None),
        "responds": workflow.responds,
        "description": workflow.description,
        "options": [asdict(option) for option in options_of(workflow)],
    }


def _option(name: str, info: FieldInfo) -> Option:
    alias = info.validation_alias if isinstance(info.validation_alias, str) else info.alias
    bounds = ", ".join(f"{key}={value}" for part in info.metadata if is_dataclass(part) for key, value in _of(part))
    kind = inspect.formatannotation(info.annotation) + (f" ({bounds})" if bounds else "")
    default = None
    if not info.is_required() and info.default_factory is None:
        default = to_jsonable_python(info.get_default(), fallback=repr)
    return Option(alias or name, kind, info.is_required(), default, info.description or "")


def _of(bound: Any) -> list[tuple[str, Any]]:
    return [(name, value) for name, value in asdict(bound).items() if value is not None]
