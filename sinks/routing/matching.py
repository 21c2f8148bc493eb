"""Matching of requests to sinks: an index of the sinks at one moment, by app, path and method."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from jmespath.parser import ParsedResult

from runs.delivery.request import Request
from runs.steps.retry import Retry
from runs.workflows.registry import Workflow
from sinks.access import credential_headers
from sinks.access.callers import Access
from sinks.access.encryption import Encrypted
from sinks.handshakes.handshake import Handshakes
from sinks.http.sink_response import SinkResponse
from sinks.models import ANY
from sinks.routing import paths
from sinks.trigger.rate_limits import Rate
from sinks.webhooks.signatures.keys import split_secrets
from sinks.webhooks.signatures.scheme import Scheme
from sinks.webhooks.signatures.verification import Verifier, compile_verifier


@dataclass(frozen=True, slots=True)
class DeliverTo:
    """The signal as which a sink's deliveries wake waiting runs, in place of starting runs."""

    signal: str
    key: ParsedResult


@dataclass(slots=True)
class Checks:
    """The requirements of a sink for a delivery, in addition to the token, and its signal if it starts no runs."""

    provider: str  # its id; empty if there is none
    scheme: Scheme | None  # None if deliveries are not signed
    tolerance: int | None  # seconds that a signed time may be off; None for the scheme's own
    public_url: str  # as the provider calls it; empty for PUBLIC_URL and the path of the request
    encrypted_secrets: Encrypted
    encrypted_verify_token: Encrypted
    filter: ParsedResult | None
    dedupe_header: bytes  # lower case; empty if there is none
    dedupe_body: ParsedResult | None
    rate: Rate | None
    client_rate: Rate | None  # for each address
    deliver_to: DeliverTo | None
    payload: ParsedResult | None = None  # the expression for the payload
    make_payload: Callable[[Request], Any] | None = None  # applies it
    handshakes: Handshakes | None = None
    awaits_secret_until: float = 0.0  # seconds since 1970, until which the provider may send its secret
    _verifier: Verifier | None = None
    _verify_token: str | None = None

    @property
    def has_expressions(self) -> bool:
        """Whether expressions are applied to a delivery before its run."""
        return self.filter is not None or self.dedupe_body is not None or self.deliver_to is not None

    def verifier(self, scheme: Scheme) -> Verifier:
        """
        Return the function that verifies deliveries, made on first use.

        Args:
            scheme: The scheme of these checks.

        Raises:
            Unreadable: The secrets were encrypted under another SECRET_KEY.
            InvalidKey: A secret is no key of the scheme.
        """
        if self._verifier is None:
            secrets = split_secrets(self.encrypted_secrets.reveal())
            self._verifier = compile_verifier(scheme, secrets, self.tolerance)
        return self._verifier

    def first_secret(self) -> str:
        """
        Return the first of the signing secrets; empty if there is none.

        Raises:
            Unreadable: The secrets were encrypted under another SECRET_KEY.
        """
        return next(iter(split_secrets(self.encrypted_secrets.reveal())), "")

    def verify_token(self) -> str:
        """
        Return the token that a provider sends when it checks the URL; empty if there is none.

        Raises:
            Unreadable: The token was encrypted under another SECRET_KEY.
        """
        if self._verify_token is None:
            self._verify_token = self.encrypted_verify_token.reveal()
        return self._verify_token


@dataclass(slots=True)
class Entry:
    """A sink, in the form that the trigger uses."""

    id: int
    app_id: str
    method: str
    path: str
    names: tuple[str, ...]  # of the path's parameters, in order
    workflow: Workflow | None  # None if it cannot run: `fault` says why
    fault: str
    is_file_broken: bool  # whether the fault is that its workflow's file cannot be imported
    options: dict[str, Any]  # as configured
    kwargs: dict[str, Any]  # the options, validated and converted
    timeout: float  # seconds for one attempt
    retry: Retry
    on_failure: bool  # whether another workflow is started when a run has failed for good
    on_workers: bool
    priority: int  # workers start the runs with the highest priority first
    active: bool  # the sink and its app
    encrypted_token: Encrypted
    answer: str  # "stream", "json" or "async", for clients without a preference
    response: SinkResponse | None  # None in most sinks, whose clients get the run's stream or its result
    redirect: str  # where a browser goes after it sent a form; empty for the run's page
    body_limit: int  # bytes
    concurrency: int | None  # runs executed at once; None for no limit
    queue: int | None  # further runs that may wait for their turn; None: none here, any number for workers
    dedupe_window: int  # seconds
    cors: frozenset[str]  # origins whose scripts may call it; "*" stands for all
    checks: Checks | None  # None if nothing has to be checked, as in most sinks, so that they cost nothing
    access: Access | None = None  # None if the token is the only credential, and requests come from everywhere
    credential_fields: frozenset[bytes] = credential_headers.FIELDS  # neither recorded nor handed to the workflow
    credential_parameters: frozenset[bytes] = frozenset()  # of the query, likewise
    encrypted_old_token: Encrypted | None = None
    old_token_until: float = 0.0  # seconds since 1970, until which the replaced token is valid too; 0 if there is none
    _token: bytes | None = None
    _old_token: bytes | None = None

    def admits_known_callers(self) -> bool:
        """Return whether each caller has a credential of `access`, now that it may be in log mode."""
        return self.access is not None and self.access.has_credentials and time.time() >= self.access.log_until

    def token(self) -> bytes:
        """
        Return the bearer token, decrypted on first use; empty if the sink has none.

        Raises:
            Unreadable: The token was encrypted under another SECRET_KEY.
        """
        if self._token is None:
            self._token = self.encrypted_token.reveal().encode()
        return self._token

    def old_token(self) -> bytes:
        """
        Return the bearer token that the present one has replaced, decrypted on first use; empty if it is not valid.

        Raises:
            Unreadable: The token was encrypted under another SECRET_KEY.
        """
        if self.encrypted_old_token is None or time.time() >= self.old_token_until:
            return b""
        if self._old_token is None:
            self._old_token = self.encrypted_old_token.reveal().encode()
        return self._old_token


@dataclass(slots=True)
class Match:
    """The result of a match."""

    sink: Entry | None = None
    path_params: dict[str, str] = field(default_factory=dict)
    allowed: tuple[str, ...] = ()  # the methods of the path, if only the method does not match


@dataclass(slots=True)
class _Node:
    """A node in the tree of an app's paths with parameters: a segment."""

    literals: dict[str, "_Node"] = field(default_factory=dict)
    parameter: "_Node | None" = None
    methods: dict[str, Entry] = field(default_factory=dict)


@dataclass(slots=True)
class _App:
    literal: dict[str, dict[str, Entry]] = field(default_factory=dict)  # path, then method
    patterns: _Node | None = None


class Index:
    """All sinks at one moment. `match` finds only active sinks. An index never changes after its creation."""

    def __init__(self, entries: Iterable[Entry] = (), revision: int = -1, generation: int = -1) -> None:
        """
        Args:
            entries: The sinks.
            revision: The number of their revision in the database.
            generation: The number of the reload that brought their workflows.
        """
        self.revision = revision
        self.generation = generation
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
            path: The path, decoded and normalised.
            method: The method as sent.

        Returns:
            The sink, or the methods of the path. A literal path takes precedence over a path with parameters, and a
            sink for the exact method over a sink for ANY.
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
    """Yield all nodes to which a path leads, nodes with literal segments first."""
    if place == len(rest):
        if node.methods:
            yield node, values
        return
    if literal := node.literals.get(rest[place]):
        yield from _walk(literal, rest, place + 1, values)
    if node.parameter is not None:
        yield from _walk(node.parameter, rest, place + 1, (*values, rest[place]))
