"""The sinks in memory: what a request is matched against, kept up to date with the database."""

import asyncio
import logging
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from django.db import connections

from runs import registry
from runs.queue import Retry
from runs.registry import Workflow
from sinks import paths, tokens
from sinks.models import ANY, Revision, Sink, on_workers

logger = logging.getLogger(__name__)

_LOOK_EVERY = 0.25  # seconds; a change is to take effect within one


@dataclass(slots=True)
class Entry:
    """A sink as the trigger needs it."""

    id: int
    app_id: str
    method: str
    path: str
    names: tuple[str, ...]  # of the path's parameters, in their order
    workflow: Workflow | None  # None where it cannot be run: `fault` says why
    fault: str
    options: dict[str, Any]  # as configured
    kwargs: dict[str, Any]  # the same, checked and converted
    timeout: float
    retry: Retry | None  # for runs that workers execute; None where this process does
    active: bool  # the sink and its app
    encrypted_token: str
    _token: bytes | None = None

    def token(self) -> bytes:
        """
        The bearer token; empty for a public sink. Decrypted when first asked for.

        Raises:
            tokens.UnreadableToken: It was encrypted under another SECRET_KEY.
        """
        if self._token is None:
            self._token = tokens.decrypt(self.encrypted_token).encode()
        return self._token


@dataclass(slots=True)
class Match:
    """The outcome of a look-up."""

    sink: Entry | None = None
    path_params: dict[str, str] = field(default_factory=dict)
    allowed: tuple[str, ...] = ()  # where only the method was wrong: the ones there are


@dataclass(slots=True)
class _Node:
    """One segment of the paths with parameters of an app."""

    literals: dict[str, "_Node"] = field(default_factory=dict)
    parameter: "_Node | None" = None
    methods: dict[str, Entry] = field(default_factory=dict)


@dataclass(slots=True)
class _App:
    literal: dict[str, dict[str, Entry]] = field(default_factory=dict)  # path, then method
    patterns: _Node | None = None


class Index:
    """All active sinks at one moment. Never changed once made."""

    def __init__(self, entries: Iterable[Entry] = (), revision: int = -1) -> None:
        self.revision = revision
        self.by_id: dict[int, Entry] = {}
        self._apps: dict[str, _App] = {}
        for entry in entries:
            self.by_id[entry.id] = entry
            if entry.active:
                self._add(entry)

    def _add(self, entry: Entry) -> None:
        app = self._apps.setdefault(entry.app_id, _App())
        path = paths.normalise(entry.path)
        if not entry.names:
            app.literal.setdefault(path, {})[entry.method] = entry
            return
        node = app.patterns = app.patterns or _Node()
        for segment in paths.segments(path):
            if paths.parameter(segment) is None:
                node = node.literals.setdefault(segment, _Node())
            else:
                node.parameter = node.parameter or _Node()
                node = node.parameter
        node.methods[entry.method] = entry

    def match(self, app_id: str, path: str, method: str) -> Match:
        """
        Find the sink for a request.

        Args:
            app_id: The app's id.
            path: Decoded and normalised.
            method: As sent.

        Returns:
            The sink, or the methods that the path has; a literal path wins over one with parameters, and a sink for
            the very method over one for ANY.
        """
        app = self._apps.get(app_id)
        if app is None:
            return Match()
        methods = app.literal.get(path)
        if methods is not None and (sink := methods.get(method) or methods.get(ANY)):
            return Match(sink)
        allowed = set(methods or ())
        if app.patterns is not None:
            for node, values in _walk(app.patterns, paths.segments(path), 0, ()):
                if sink := node.methods.get(method) or node.methods.get(ANY):
                    return Match(sink, dict(zip(sink.names, values, strict=True)))
                allowed.update(node.methods)
        return Match(allowed=tuple(sorted(allowed)))


def _walk(node: _Node, rest: list[str], place: int, values: tuple[str, ...]) -> Iterable[tuple[_Node, tuple[str, ...]]]:
    """All nodes that a path leads to, those with literal segments first."""
    if place == len(rest):
        if node.methods:
            yield node, values
        return
    if literal := node.literals.get(rest[place]):
        yield from _walk(literal, rest, place + 1, values)
    if node.parameter is not None:
        yield from _walk(node.parameter, rest, place + 1, (*values, rest[place]))


def load() -> Index:
    """Read all sinks from the database; for threads."""
    revision = _revision()  # first: a change during the reading is then read again
    rows = Sink.objects.order_by().values_list(
        "pk", "app__app_id", "method", "path", "workflow", "options", "timeout", "active", "app__active",
        "encrypted_token", "engine", "attempts", "backoff",
    )  # fmt: skip
    entries: list[Entry] = []
    for (
        pk,
        app_id,
        method,
        path,
        name,
        options,
        timeout,
        active,
        app_active,
        token,
        engine,
        attempts,
        backoff,
    ) in rows.iterator():
        workflow, fault, kwargs = registry.find(name), "", {}
        if workflow is None:
            fault = f"workflow {name!r} is not installed"
        else:
            try:
                kwargs = workflow.check_options(options)
            except Exception as error:  # a validator of the workflow's own may raise what it likes
                workflow, fault = None, f"its options do not fit workflow {name!r}: {error}"
        entries.append(
            Entry(
                id=pk,
                app_id=app_id,
                method=method,
                path=path,
                names=tuple(
                    one for segment in paths.segments(paths.normalise(path)) if (one := paths.parameter(segment))
                ),
                workflow=workflow,
                fault=fault,
                options=options,
                kwargs=kwargs,
                timeout=timeout,
                retry=Retry(attempts, backoff) if on_workers(engine) else None,
                active=active and app_active,
                encrypted_token=token,
            )
        )
    return Index(entries, revision)


def _revision() -> int:
    return Revision.objects.filter(pk=1).values_list("number", flat=True).first() or 0


class Directory:
    """The index in force. Belongs to one event loop."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="directory")
        self._task = asyncio.get_running_loop().create_task(self._keep())

    @classmethod
    async def start(cls) -> "Directory":
        """
        Load the sinks, and look for changes from then on.

        Raises:
            DatabaseError: The database is away or not migrated.
        """
        return cls(await asyncio.to_thread(_and_close, load))

    async def stop(self) -> None:
        """Stop looking, and let the connection go."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await asyncio.get_running_loop().run_in_executor(self._thread, connections.close_all)
        self._thread.shutdown(wait=False)

    async def _keep(self) -> None:
        loop = asyncio.get_running_loop()
        away = False
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            try:
                fresh = await loop.run_in_executor(self._thread, _newer, self.index.revision)
            except Exception as error:
                if not away:
                    logger.error("the sinks cannot be read; those known stay in force: %s", error)
                away = True
                continue
            if away:
                logger.warning("the sinks can be read again")
            away = False
            if fresh is not None:
                self.index = fresh


def _newer(revision: int) -> Index | None:
    try:
        return load() if _revision() != revision else None
    except Exception:
        connections.close_all()
        raise


def _and_close(function: Any) -> Any:
    try:
        return function()
    finally:
        connections.close_all()
