"""The registry of workflows: functions marked with `@workflow`, and the modules that they are imported from."""

import importlib.util
import inspect
import logging
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import CodeType
from typing import Any, TypeVar, get_type_hints, overload

import pydantic
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import autodiscover_modules

from runs.steps.retry import ONCE, Retry

logger = logging.getLogger(__name__)

DEFAULT_TIMEOUT = 300.0  # seconds
MAX_TIMEOUT = 7 * 86400.0  # seconds
_MAX_VERSION = 100  # characters

_F = TypeVar("_F", bound=Callable[..., Any])

_workflows: dict[str, "Workflow"] = {}
_broken: dict[str, str] = {}  # files under SINKHUB_WORKFLOWS that could not be imported, and why
_discovered = False


class InvalidOptions(ValueError):
    """The workflow does not accept the options; the message names each wrong one and the reason."""

    def __init__(self, text: str, faults: dict[str, str] | None = None) -> None:
        super().__init__(text)
        self.faults = faults or {}  # by option


@dataclass(frozen=True)
class Workflow:
    """A registered workflow."""

    name: str
    function: Callable[..., Any]
    restart: bool  # whether a run that a crash interrupted gets another attempt
    is_async: bool
    options: type[pydantic.BaseModel]  # built from the function's keyword-only parameters
    description: str = ""
    version: str = ""  # of its code, as its author declares it; see `Run.version`
    steps: int = 0  # how many steps it announces, for the progress; 0: none
    retry: Retry | None = None
    timeout: float | None = None  # seconds for one attempt
    code: CodeType | None = field(default=None, compare=False)

    def rule(self, configured: Mapping[str, Any] | None) -> Retry:
        """
        Return the rule for retries of a run: its source's, else the workflow's, else one attempt.

        Args:
            configured: The source's rule, as `Retry.from_document` reads it; None if the source has none.
        """
        return Retry.from_document(configured) if configured is not None else self.retry or ONCE

    def time_limit(self, configured: float | None) -> float:
        """Return the seconds for one attempt of a run: its source's, else the workflow's, else 300."""
        return configured if configured is not None else self.timeout or DEFAULT_TIMEOUT

    def check_options(self, values: Any) -> dict[str, Any]:
        """
        Validate options.

        Args:
            values: The options as configured, from JSON.

        Returns:
            The keyword arguments for the function, converted, with defaults filled in.

        Raises:
            InvalidOptions: One or more options are wrong.
        """
        if not isinstance(values, dict):
            raise InvalidOptions("options must be a JSON object")
        try:
            model = self.options.model_validate(values)
        except pydantic.ValidationError as error:
            known = ", ".join(self.options.model_fields) or "none"
            faults = [
                f"{'.'.join(map(str, fault['loc']))}: "
                + (f"unknown option (known are: {known})" if fault["type"] == "extra_forbidden" else fault["msg"])
                for fault in error.errors(include_url=False, include_input=False)
            ]
            by_option = {
                str(fault["loc"][0]): fault["msg"] for fault in error.errors(include_url=False) if fault["loc"]
            }
            raise InvalidOptions("; ".join(faults), by_option) from None
        return {name: getattr(model, name) for name in self.options.model_fields}


@overload
def workflow(function: _F, /) -> _F: ...
@overload
def workflow(
    *,
    name: str = "",
    restart: bool = True,
    version: str | int = "",
    steps: int = 0,
    retry: Retry | None = None,
    timeout: float | None = None,
) -> Callable[[_F], _F]: ...
def workflow(
    function: Any = None,
    /,
    *,
    name: str = "",
    restart: bool = True,
    version: str | int = "",
    steps: int = 0,
    retry: Retry | None = None,
    timeout: float | None = None,
) -> Any:
    """
    Register a workflow: `async def name(request, run, *, option=default)`, or a plain `def`, which runs in a thread.

    Args:
        function: The workflow. It gets a `Request` and a `Run`. Its keyword-only parameters are its options: their
            annotations (pydantic's) and defaults are the schema.
        name: The name by which sinks refer to it; if empty, the function's name.
        restart: Whether a run that a crash interrupted gets another attempt. Pass False if executing it twice does
            harm: such a run ends as `interrupted`.
        version: The version of the workflow's code, up to 100 characters. A run that has recorded steps keeps the
            version with which it began (`Run.version`), so that newer code can still finish it.
        steps: How many steps the workflow executes. Each complete one is then reported as progress: of 4 steps, the
            first as 25 %.
        retry: How often a run is tried if the workflow fails; once by default. A sink's own rule takes precedence.
        timeout: Seconds for one attempt; 300 by default. A sink's own timeout takes precedence.

    Raises:
        ImproperlyConfigured: The signature is wrong, or the name is taken.
    """
    declared = {"restart": restart, "version": str(version), "steps": steps, "retry": retry, "timeout": timeout}
    if function is None:
        return lambda inner: _register(inner, name or inner.__name__, declared)
    return _register(function, name or function.__name__, declared)


def _register(function: _F, name: str, declared: dict[str, Any]) -> _F:
    if len(declared["version"]) > _MAX_VERSION:
        raise ImproperlyConfigured(f"the version of workflow {name!r} has more than {_MAX_VERSION} characters")
    if declared["steps"] < 0:
        raise ImproperlyConfigured(f"workflow {name!r} cannot have {declared['steps']} steps")
    timeout = declared["timeout"]
    if timeout is not None and not 0 < timeout <= MAX_TIMEOUT:
        raise ImproperlyConfigured(f"the timeout of workflow {name!r} must be up to {MAX_TIMEOUT:g} s, not {timeout!r}")
    known = _workflows.get(name)
    if known is not None and _place(known.function) != _place(function):
        raise ImproperlyConfigured(
            f"two workflows are named {name!r}: in {_home(known.function)} and {_home(function)}"
        )
    _workflows[name] = Workflow(
        name=name,
        function=function,
        is_async=inspect.iscoroutinefunction(function),
        options=_options_model(name, function),
        description=inspect.getdoc(function) or "",
        **declared,
        code=getattr(function, "__code__", None),
    )
    return function


def find(name: str) -> Workflow | None:
    """Return the workflow of that name; None if it is not installed."""
    discover()
    return _workflows.get(name)


def name_of(workflow: str | Callable[..., Any]) -> str:
    """
    Return the name of a workflow.

    Args:
        workflow: Its name, or its function.

    Raises:
        ValueError: The function is no workflow.
    """
    if isinstance(workflow, str):
        return workflow
    for name, known in _workflows.items():
        if known.function is workflow:
            return name
    raise ValueError(f"{workflow!r} is no workflow: mark it with @workflow, or pass a workflow's name")


def names() -> list[str]:
    """Return the names of all workflows, sorted."""
    discover()
    return sorted(_workflows)


def broken() -> dict[str, str]:
    """Return the files of SINKHUB_WORKFLOWS that could not be imported, each with the reason."""
    discover()
    return dict(_broken)


def discover(*, log: bool = True) -> None:
    """
    Import `workflows.py` of every installed app and the files in SINKHUB_WORKFLOWS, once per process. Files whose names
    begin with `_` or `test_`, and `conftest.py`, are left out.

    Args:
        log: Whether to log files that cannot be imported, with tracebacks; `broken` returns them in any case.

    Raises:
        ImproperlyConfigured: SINKHUB_WORKFLOWS is not a folder.
    """
    global _discovered
    if _discovered:
        return
    _discovered = True
    import_module("runs.workflows.builtin")
    autodiscover_modules("workflows")
    if not settings.SINKHUB_WORKFLOWS:
        return
    folder = Path(settings.SINKHUB_WORKFLOWS)
    if not folder.is_dir():
        raise ImproperlyConfigured(f"SINKHUB_WORKFLOWS is {str(folder)!r}, which is not a folder.")
    for path in sorted(folder.glob("*.py")):
        if path.name.startswith(("_", "test_")) or path.name == "conftest.py":
            continue
        module_name = f"sinkhub_workflows.{path.stem}"
        spec = importlib.util.spec_from_file_location(module_name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[module_name] = module
        before = dict(_workflows)
        try:
            spec.loader.exec_module(module)
        except Exception as error:
            # One bad file must not break the sinks of the others: only its workflows are missing, and it is logged.
            del sys.modules[module_name]
            _workflows.clear()
            _workflows.update(before)
            _broken[path.name] = f"{type(error).__name__}: {error}"
            if log:
                logger.error("workflow file not importable: file=%s", path, exc_info=error)


def _home(function: Callable[..., Any]) -> str:
    return f"{function.__module__}.{function.__qualname__}"


def _place(function: Callable[..., Any]) -> tuple[str, str]:
    """Return what tells functions apart: a test may import a workflow's file under another name than `discover`."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return (code.co_filename if code is not None else function.__module__), function.__qualname__


def _options_model(name: str, function: Callable[..., Any]) -> type[pydantic.BaseModel]:
    parameters = list(inspect.signature(function).parameters.values())
    positional = [
        parameter
        for parameter in parameters
        if parameter.kind in {parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD}
    ]
    if len(positional) != 2 or any(
        parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD} for parameter in parameters
    ):
        raise ImproperlyConfigured(
            f"workflow {name!r} must take (request, run), and its options as keyword-only parameters after a '*'"
        )
    hints = get_type_hints(function, include_extras=True)
    fields: dict[str, Any] = {
        parameter.name: (
            hints.get(parameter.name, Any),
            ... if parameter.default is parameter.empty else parameter.default,
        )
        for parameter in parameters
        if parameter.kind is parameter.KEYWORD_ONLY
    }
    config = pydantic.ConfigDict(extra="forbid", allow_inf_nan=False)
    return pydantic.create_model(f"{name}_options", __config__=config, **fields)
