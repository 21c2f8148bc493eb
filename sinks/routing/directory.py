"""The sinks in memory: what a request is matched against, kept up to date with the database."""

import asyncio
import logging
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings
from django.db import connections
from jmespath.parser import ParsedResult

from runs.database_errors import in_a_line
from runs.ports import Retry
from runs.workflows import registry
from runs.workflows.registry import Workflow
from sinks.access import credential_headers
from sinks.access.encryption import Encrypted, Unreadable
from sinks.models import ANY, Revision, Sink, on_workers
from sinks.routing import paths
from sinks.trigger.expressions import InvalidExpression, compiled
from sinks.trigger.limits import Rate, parse_rate
from sinks.webhooks.signatures import Signature

logger = logging.getLogger(__name__)

_MOST_NAMED = 5  # sinks in a line of the log


@dataclass(slots=True)
class Checks:
    """What a sink asks of a delivery besides its token."""

    signature: Signature  # with no secrets: those are decrypted when first asked for
    encrypted_secrets: Encrypted
    encrypted_verify_token: Encrypted
    filter: ParsedResult | None
    dedupe_header: bytes  # lower case; empty where there is none
    dedupe_body: ParsedResult | None
    rate: Rate | None
    _signed: Signature | None = None
    _verify_token: str | None = None

    def signed(self) -> Signature:
        """
        How deliveries are signed, with the secrets; a scheme "" stands for not at all.

        Raises:
            Unreadable: They were encrypted under another SECRET_KEY.
        """
        if self._signed is None:
            secrets = self.encrypted_secrets.reveal().splitlines()
            self._signed = replace(self.signature, secrets=tuple(secrets))
        return self._signed

    def verify_token(self) -> str:
        """
        What a provider names when it checks the address; empty where there is none.

        Raises:
            Unreadable: It was encrypted under another SECRET_KEY.
        """
        if self._verify_token is None:
            self._verify_token = self.encrypted_verify_token.reveal()
        return self._verify_token


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
    priority: int  # of those runs: the highest begin first
    active: bool  # the sink and its app
    encrypted_token: Encrypted
    answer: str  # "stream", "json" or "async", for clients that state no wish
    redirect: str  # where a browser goes that sent a form; empty: to the run's page
    body_limit: int  # bytes
    concurrency: int | None  # runs executed at once; None: any number
    queue: int | None  # runs that may wait for their turn besides; None: none here, any number on workers
    dedupe_window: int  # seconds
    cors: frozenset[str]  # origins whose scripts may call it; "*" stands for all
    checks: Checks | None  # None where there is nothing to check: most sinks are so, and that costs nothing
    _token: bytes | None = None

    def token(self) -> bytes:
        """
        The bearer token; empty for a public sink. Decrypted when first asked for.

        Raises:
            Unreadable: It was encrypted under another SECRET_KEY.
        """
        if self._token is None:
            self._token = self.encrypted_token.reveal().encode()
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
    sinks = Sink.objects.select_related("app").order_by().defer("description", "created_at", "changed_at")
    return Index([_entry(sink) for sink in sinks.iterator()], revision)


def _entry(sink: Sink) -> Entry:
    workflow, fault, kwargs = registry.find(sink.workflow), "", {}
    if workflow is None:
        fault = f"workflow {sink.workflow!r} is not installed"
    else:
        try:
            kwargs = workflow.check_options(sink.options)
        except Exception as error:  # a validator of the workflow's own may raise what it likes
            workflow, fault = None, f"its options do not fit workflow {sink.workflow!r}: {error}"
    segments = paths.segments(paths.normalise(sink.path))
    checks = None
    try:
        checks = _checks(sink)
    except (InvalidExpression, ValueError) as error:  # written past the form
        workflow, fault = None, str(error)
    return Entry(
        id=sink.pk,
        app_id=sink.app.app_id,
        method=sink.method,
        path=sink.path,
        names=tuple(name for segment in segments if (name := paths.parameter(segment))),
        workflow=workflow,
        fault=fault,
        options=sink.options,
        kwargs=kwargs,
        timeout=sink.timeout,
        retry=Retry(sink.attempts, sink.backoff) if on_workers(sink.engine) else None,
        priority=sink.priority,
        active=sink.active and sink.app.active,
        encrypted_token=sink.encrypted_token,
        answer=sink.answer,
        redirect=sink.redirect,
        body_limit=min(sink.body_limit or settings.DEFAULT_BODY_BYTES, settings.MAX_BODY_BYTES),
        concurrency=sink.concurrency,
        queue=sink.queue,
        dedupe_window=sink.dedupe_window,
        cors=frozenset(sink.cors_origins.lower().split()),
        checks=checks,
    )


def _checks(sink: Sink) -> Checks | None:
    verified = sink.signature or sink.encrypted_verify_token
    if not (verified or sink.dedupe_header or sink.dedupe_body or sink.filter or sink.rate):
        return None
    return Checks(
        signature=Signature(
            scheme=sink.signature,
            secrets=(),
            tolerance=sink.tolerance,
            header=sink.signature_header,
            algorithm=sink.signature_algorithm,
            encoding=sink.signature_encoding,
            prefix=sink.signature_prefix,
        ),
        encrypted_secrets=sink.encrypted_secrets,
        encrypted_verify_token=sink.encrypted_verify_token,
        filter=compiled(sink.filter) if sink.filter else None,
        dedupe_header=_dedupe_header(sink),
        dedupe_body=compiled(sink.dedupe_body) if sink.dedupe_body else None,
        rate=parse_rate(sink.rate) if sink.rate else None,
    )


def _dedupe_header(sink: Sink) -> bytes:
    # A credential would make all deliveries one. The form refuses it; an older sink may have it.
    name = sink.dedupe_header.lower().encode()
    return b"" if name in credential_headers.FIELDS else name


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
        directory = cls(await asyncio.to_thread(_and_close, load))
        await asyncio.to_thread(_tell_unreadable, directory.index)
        return directory

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
            await asyncio.sleep(settings.SINK_REFRESH_INTERVAL)
            try:
                fresh = await loop.run_in_executor(self._thread, _newer, self.index.revision)
            except Exception as error:
                if not away:
                    logger.error("the sinks cannot be read; those known stay in force: %s", in_a_line(error))
                away = True
                continue
            if away:
                logger.warning("the sinks can be read again")
            away = False
            if fresh is not None:
                self.index = fresh


def _tell_unreadable(index: Index) -> None:
    """Log which sinks cannot be used since SECRET_KEY has changed."""
    names = []
    for sink in index.by_id.values():
        try:
            sink.token()
            if sink.checks is not None:
                sink.checks.signed()
                sink.checks.verify_token()
        except Unreadable:
            if sink.active:
                names.append(f"{sink.method} /{sink.app_id}{sink.path}")
    if names:
        more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
        logger.error(
            "%d sinks answer 500, since their tokens or secrets were encrypted under another SECRET_KEY: %s%s. Name "
            "that key in SECRET_KEY_FALLBACKS, or set them anew.",
            len(names),
            ", ".join(names[:_MOST_NAMED]),
            more,
        )


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
