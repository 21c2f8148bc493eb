"""Which sink a request is for: the sinks at one moment, and the path and method that are matched against them."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from jmespath.parser import ParsedResult

from runs.ports import Retry
from runs.workflows.registry import Workflow
from sinks.access.encryption import Encrypted
from sinks.models import ANY
from sinks.routing import paths
from sinks.trigger.rate_limits import Rate
from sinks.webhooks.signatures import Signature


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

    @property
    def has_expressions(self) -> bool:
        """Whether the body is looked into before the run."""
        return self.filter is not None or self.dedupe_body is not None

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
