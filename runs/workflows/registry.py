"""The registry of workflows: functions marked with `@workflow`, and the sources that they are imported from."""

import inspect
import logging
import sys
import threading
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import CodeType
from typing import Any, TypeVar, overload

import pydantic
from django.core.exceptions import ImproperlyConfigured

from runs.steps.retry import ONCE, Retry
from runs.workflows.options import options_model
from runs.workflows.sources import Source, find_sources, forget_modules, hash_code

logger = logging.getLogger(__name__)

DEFAULT_TIMEOUT = 300.0  # seconds
MAX_TIMEOUT = 7 * 86400.0  # seconds
_MAX_VERSION = 100  # characters
_ATTRIBUTE = "__sinkhub_workflow__"  # of a function with `@workflow`

_F = TypeVar("_F", bound=Callable[..., Any])

_discovered = False
_reloading = threading.Lock()
_importing: ContextVar["dict[str, Workflow] | None"] = ContextVar("importing", default=None)


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
    responds: bool = False  # whether clients that do not stream wait for `Run.respond`
    code: CodeType | None = field(default=None, compare=False)
    code_hash: str = field(default="", compare=False)  # of its file when it was imported; see `sources.hash_code`

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
            by_option = {str(fault["loc"][0]): fault["msg"] for fault in error.errors() if fault["loc"]}
            raise InvalidOptions("; ".join(faults), by_option) from None
        except Exception as error:  # a validator of the workflow's own may raise anything
            raise InvalidOptions(f"{type(error).__name__}: {error}") from error
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
    responds: bool = False,
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
    responds: bool = False,
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
        responds: Whether clients that do not stream wait until the workflow calls `run.respond`, or the run ends.

    Raises:
        ImproperlyConfigured: The signature is wrong, or the name is taken.
    """
    declared = {
        "restart": restart,
        "version": str(version),
        "steps": steps,
        "retry": retry,
        "timeout": timeout,
        "responds": responds,
    }
    if function is None:
        return lambda inner: _register(inner, name or inner.__name__, declared)
    return _register(function, name or function.__name__, declared)


@dataclass(frozen=True)
class _Broken:
    """A source that could not be imported."""

    reason: str
    names: frozenset[str]  # of workflows that it would define, as far as they are known
    is_kept: bool = False  # whether the workflows that it had before are still installed


@dataclass(frozen=True)
class _Installed:
    """The installed workflows. A reload replaces all of this at once."""

    workflows: dict[str, Workflow] = field(default_factory=dict)
    # Of broken sources, as they were before: only for runs that have begun with them.
    withdrawn: dict[str, Workflow] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)  # by workflow: the name of its source, if it has one
    broken: dict[str, _Broken] = field(default_factory=dict)  # by the source's name
    generation: int = 0


_installed = _Installed()


def _register(function: _F, name: str, declared: dict[str, Any]) -> _F:
    if len(declared["version"]) > _MAX_VERSION:
        raise ImproperlyConfigured(f"the version of workflow {name!r} has more than {_MAX_VERSION} characters")
    if declared["steps"] < 0:
        raise ImproperlyConfigured(f"workflow {name!r} cannot have {declared['steps']} steps")
    timeout = declared["timeout"]
    if timeout is not None and not 0 < timeout <= MAX_TIMEOUT:
        raise ImproperlyConfigured(f"the timeout of workflow {name!r} must be up to {MAX_TIMEOUT:g} s, not {timeout!r}")
    importing = _importing.get()
    workflows = _installed.workflows if importing is None else importing
    known = workflows.get(name)
    if known is not None and _home(known.function) != _home(function) and _place(known.function) != _place(function):
        raise ImproperlyConfigured(
            f"two workflows are named {name!r}: in {_home(known.function)} and {_home(function)}"
        )
    workflows[name] = registered = Workflow(
        name=name,
        function=function,
        is_async=inspect.iscoroutinefunction(function),
        options=options_model(name, function),
        description=inspect.getdoc(function) or "",
        **declared,
        code=getattr(function, "__code__", None),
        code_hash=hash_code(function),
    )
    setattr(function, _ATTRIBUTE, registered)
    return function


def workflow_of(function: Callable[..., Any]) -> Workflow | None:
    """Return the workflow that `@workflow` made of a function; None if it did not."""
    found: Workflow | None = getattr(function, _ATTRIBUTE, None)
    return found


def find(name: str) -> Workflow | None:
    """Return the workflow of that name; None if it is not installed."""
    discover()
    return _installed.workflows.get(name)


def find_installed(name: str) -> Workflow:
    """
    Return the workflow of that name.

    Raises:
        ValueError: It is not installed.
    """
    if (found := find(name)) is None:
        raise ValueError(f"The workflow {name!r} is not installed.")
    return found


def find_begun(name: str) -> Workflow | None:
    """Return the workflow with which a run has begun, also if `reload` has withdrawn it since."""
    return find(name) or _installed.withdrawn.get(name)


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
    if (found := workflow_of(workflow)) is not None:
        return found.name
    raise ValueError(f"{workflow!r} is no workflow: mark it with @workflow, or pass a workflow's name")


def names() -> list[str]:
    """Return the names of all workflows, sorted."""
    discover()
    return sorted(_installed.workflows)


def broken() -> dict[str, str]:
    """Return the sources that could not be imported (files by their names), each with the reason."""
    discover()
    kept = " (its workflows stay as they were before)"
    return {name: found.reason + (kept if found.is_kept else "") for name, found in _installed.broken.items()}


def is_in_broken_file(name: str) -> bool:
    """Return whether a workflow is not installed because a file that seems to define it could not be imported."""
    discover()
    return find(name) is None and any(name in found.names for found in _installed.broken.values())


def generation() -> int:
    """Return a number that each reload changes."""
    return _installed.generation


def discover(*, log: bool = True) -> None:
    """
    Import `workflows.py` of every installed app and the files in SINKHUB_WORKFLOWS, once per process. Files whose names
    begin with `_` or `test_`, and `conftest.py`, are left out.

    Args:
        log: Whether to log files that cannot be imported, with tracebacks; `broken` returns them in any case.

    Raises:
        ImproperlyConfigured: SINKHUB_WORKFLOWS is not a folder.
    """
    global _discovered, _installed
    if _discovered:
        return
    _discovered = True
    import_module("runs.workflows.builtin")
    _installed = _import_all(_installed, find_sources(), log=log, strict=True)


def reload(*, keep: bool) -> None:
    """
    Import all sources again, and then replace all their workflows at once. Runs in progress go on with the functions
    that they have begun. Blocking: call it in a thread.

    Args:
        keep: Whether the workflows of a source that cannot be imported any more stay as they were before. If not, they
            are withdrawn: no new run gets them, but those that have begun continue with them.

    Raises:
        ImproperlyConfigured: SINKHUB_WORKFLOWS is not a folder any more. Nothing was changed.
    """
    global _installed
    discover()
    with _reloading:
        before = _installed
        sources = find_sources()
        modules = {source.name: sys.modules.get(source.module) for source in sources}
        forget_modules()
        after = _import_all(before, sources, log=True)
        for name, found in after.broken.items():
            kept = {
                each: before.workflows.get(each) or before.withdrawn[each]
                for each, source in before.sources.items()
                if source == name and each not in after.workflows
            }
            (after.workflows if keep else after.withdrawn).update(kept)
            after.sources.update(dict.fromkeys(kept, name))
            if kept and (module := modules[name]) is not None:
                sys.modules[module.__name__] = module
            after.broken[name] = _Broken(found.reason, found.names, bool(kept) and keep)
        _installed = after


def _import_all(before: _Installed, sources: list[Source], *, log: bool, strict: bool = False) -> _Installed:
    """
    Return what is installed after the import of sources, in addition to the workflows that have no source.

    Args:
        before: What is installed before.
        sources: The sources, in their order.
        log: Whether to log those that cannot be imported.
        strict: Whether an app's module that cannot be imported is an error, as when a process starts.
    """
    workflows = {name: each for name, each in before.workflows.items() if name not in before.sources}
    after = _Installed(workflows, generation=before.generation + 1)
    for source in sources:
        registered = dict(workflows)
        token = _importing.set(registered)
        try:
            source.load()
        except (Exception, SystemExit) as error:
            if strict and source.path is None:
                raise
            # One bad file must not break the sinks of the others: only its workflows are missing, and it is logged.
            earlier = {name for name, each in before.sources.items() if each == source.name}
            after.broken[source.name] = _Broken(f"{type(error).__name__}: {error}", source.mentioned() | earlier)
            if log:
                logger.error("workflow file not importable: file=%s", source.path or source.name, exc_info=error)
        else:
            # Also those of an app's module that was imported before.
            added = {
                name: each
                for name, each in registered.items()
                if workflows.get(name) is not each or each.function.__module__ == source.module
            }
            workflows.update(added)
            after.sources.update(dict.fromkeys(added, source.name))
        finally:
            _importing.reset(token)
    return after


def _home(function: Callable[..., Any]) -> str:
    return f"{function.__module__}.{function.__qualname__}"


def _place(function: Callable[..., Any]) -> object:
    """Return the file and the name of a function: a test imports a file of SINKHUB_WORKFLOWS under another name."""
    code = getattr(function, "__code__", None)
    return (Path(code.co_filename).resolve(), function.__qualname__) if code is not None else function
