"""The sinks in memory, kept up to date with the database. Requests are matched against them."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.db import connections

from runs.database_errors import in_a_line
from runs.steps.retry import ONCE
from runs.workflows import registry
from runs.workflows.secrets import unreadable
from sinks.access import credential_headers
from sinks.access.caller_rules import Network, parse_networks
from sinks.access.callers import Access, credential_fields
from sinks.access.encryption import Unreadable
from sinks.expressions.compilation import InvalidExpression, compiled
from sinks.expressions.deliveries import payload_maker
from sinks.handshakes.of_sink import handshakes_of
from sinks.http.sink_response import SinkResponse
from sinks.models import Revision, Sink, on_workers
from sinks.routing import paths
from sinks.routing.matching import Checks, DeliverTo, Entry, Index
from sinks.trigger.rate_limits import parse_rate
from sinks.webhooks.signatures.keys import InvalidKey
from sinks.webhooks.signatures.scheme import Scheme

logger = logging.getLogger(__name__)


def load() -> Index:
    """Read all sinks from the database; for threads."""
    revision = _revision()  # first, so that a change while the sinks are read causes another load
    generation = registry.generation()
    sinks = Sink.objects.select_related("app").order_by().defer("description", "created_at", "changed_at")
    return Index([entry_of(sink) for sink in sinks.iterator()], revision, generation)


def entry_of(sink: Sink) -> Entry:
    """Return a sink of the database in the form that the trigger uses."""
    workflow, fault, kwargs = registry.find(sink.workflow), "", {}
    is_file_broken = workflow is None and registry.is_in_broken_file(sink.workflow)
    if workflow is None:
        fault = f"workflow {sink.workflow!r} is not installed"
        fault += ": its file cannot be imported" if is_file_broken else ""
    else:
        try:
            kwargs = workflow.check_options(sink.options)
        except registry.InvalidOptions as error:
            workflow, fault = None, f"its options do not fit workflow {sink.workflow!r}: {error}"
    segments = paths.segments(paths.normalise(sink.path))
    checks = response = None
    networks: tuple[Network, ...] = ()
    try:
        networks = parse_networks(sink.allowed_networks.split())
        checks = _checks(sink)
        response = SinkResponse.of(sink.response, responds=workflow is not None and workflow.responds)
    except (InvalidExpression, ValueError) as error:  # saved without validation
        workflow, fault = None, str(error)
    access = _access(sink, networks)
    credentials = _credentials(access, checks.scheme if checks is not None else None)
    return Entry(
        id=sink.pk,
        app_id=sink.app.app_id,
        method=sink.method,
        path=sink.path,
        names=tuple(name for segment in segments if (name := paths.parameter(segment))),
        workflow=workflow,
        fault=fault,
        is_file_broken=is_file_broken,
        options=sink.options,
        kwargs=kwargs,
        timeout=workflow.time_limit(sink.timeout) if workflow is not None else 0.0,
        retry=workflow.rule(sink.retry) if workflow is not None else ONCE,
        on_failure=bool(sink.failure_workflow),
        on_workers=on_workers(sink.engine),
        priority=sink.priority,
        active=sink.active and sink.app.active,
        encrypted_token=sink.encrypted_token,
        answer=_answer(sink, response),
        response=response,
        redirect=sink.redirect,
        body_limit=_body_limit(sink),
        concurrency=sink.concurrency,
        queue=sink.queue,
        dedupe_window=sink.dedupe_window,
        cors=frozenset(sink.cors_origins.lower().split()),
        checks=checks,
        access=access,
        credential_fields=credentials[0],
        credential_parameters=credentials[1],
        encrypted_old_token=sink.encrypted_old_token or None,
        old_token_until=_old_token_until(sink),
    )


def _credentials(access: Access | None, scheme: Scheme | None) -> tuple[frozenset[bytes], frozenset[bytes]]:
    """Return the header fields and the parameters of the query that carry credentials."""
    fields, parameters = credential_headers.FIELDS, frozenset[bytes]()
    if access is not None:
        fields, parameters = access.fields, access.parameters
    if scheme is not None:
        fields, parameters = fields | scheme.credentials("header"), parameters | scheme.credentials("query")
    return fields, parameters


def _answer(sink: Sink, response: SinkResponse | None) -> str:
    """Return the answer for clients without a preference. With a response, they get it unless the sink says stream."""
    if response is None:
        return sink.answer or "stream"
    at_once = response.fixed is not None and not response.waits
    return "json" if sink.answer is None or (at_once and sink.answer != "stream") else sink.answer


def _access(sink: Sink, networks: tuple[Network, ...]) -> Access | None:
    if not (sink.encrypted_access or networks or sink.access_log_until):
        return None
    log_until = sink.access_log_until.timestamp() if sink.access_log_until is not None else 0.0
    return Access(
        sink.access_entries,
        sink.encrypted_access,
        sink.encrypted_token,
        networks,
        log_until,
        sink.encrypted_old_token,
        _old_token_until(sink),
    )


def _old_token_until(sink: Sink) -> float:
    return sink.old_token_until.timestamp() if sink.old_token_until is not None else 0.0


def _body_limit(sink: Sink) -> int:
    limit = min(sink.body_limit or settings.DEFAULT_BODY_BYTES, settings.MAX_BODY_BYTES)
    return min(limit, settings.MAX_STEP_BYTES) if sink.deliver_signal else limit  # that of a signal's payload


def _checks(sink: Sink) -> Checks | None:
    scheme = sink.find_scheme()
    verified = scheme is not None or sink.encrypted_verify_token
    signals = sink.deliver_signal or sink.deliver_key
    rated = sink.rate or sink.rate_per_client
    expressions = sink.dedupe_body or sink.filter or sink.payload or signals
    if not (verified or sink.dedupe_header or rated or expressions):
        return None
    if signals and not (sink.deliver_signal and sink.deliver_key):
        raise ValueError("deliver_to needs both a signal and a key")
    return Checks(
        provider=sink.provider,
        scheme=scheme,
        tolerance=sink.tolerance,
        public_url=sink.public_url,
        encrypted_secrets=sink.encrypted_secrets,
        encrypted_verify_token=sink.encrypted_verify_token,
        filter=compiled(sink.filter) if sink.filter else None,
        dedupe_header=_dedupe_header(sink),
        dedupe_body=compiled(sink.dedupe_body) if sink.dedupe_body else None,
        rate=parse_rate(sink.rate) if sink.rate else None,
        client_rate=parse_rate(sink.rate_per_client) if sink.rate_per_client else None,
        deliver_to=DeliverTo(sink.deliver_signal, compiled(sink.deliver_key)) if signals else None,
        payload=compiled(sink.payload) if sink.payload else None,
        make_payload=payload_maker(sink.payload),
        handshakes=handshakes_of(sink),
        awaits_secret_until=sink.awaits_secret_until.timestamp() if sink.awaits_secret_until is not None else 0.0,
    )


def _dedupe_header(sink: Sink) -> bytes:
    # If the field is a credential, all deliveries would have the same id. The form refuses such a field; an older sink
    # may have one.
    name = sink.dedupe_header.lower().encode()
    return b"" if name in credential_headers.FIELDS | credential_fields(sink.access_entries) else name


def _revision() -> int:
    return Revision.objects.filter(pk=1).values_list("number", flat=True).first() or 0


class Directory:
    """Keeps the index in force up to date. Belongs to one event loop."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="directory")
        self._task = asyncio.get_running_loop().create_task(self._keep())

    @classmethod
    async def start(cls) -> "Directory":
        """
        Load the sinks, and poll for changes from then on.

        Raises:
            DatabaseError: The database is unavailable or not migrated.
        """
        directory = cls(await asyncio.to_thread(_and_close, load))
        await asyncio.to_thread(_tell_unreadable, directory.index)
        return directory

    async def stop(self) -> None:
        """Stop polling, and close the database connection."""
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
                fresh = await loop.run_in_executor(self._thread, _newer, self.index)
            except Exception as error:
                if not away:
                    logger.error("sinks not readable, known sinks stay in force: error=%s", in_a_line(error))
                away = True
                continue
            if away:
                logger.warning("sinks readable again")
            away = False
            if fresh is not None:
                self.index = fresh


def _tell_unreadable(index: Index) -> None:
    """Log the active sinks that cannot be used because SECRET_KEY has changed."""
    names = []
    for sink in index.by_id.values():
        try:
            sink.token()
            sink.old_token()
            if sink.access is not None:
                sink.access.callers()
            if sink.checks is not None:
                if sink.checks.scheme is not None:
                    with suppress(InvalidKey):  # such a sink refuses deliveries
                        sink.checks.verifier(sink.checks.scheme)
                sink.checks.verify_token()
        except Unreadable:
            if sink.active:
                names.append(f"{sink.method} /{sink.app_id}{sink.path}")
    if names:
        logger.error("secrets unreadable: sinks=%s", unreadable(names, "the sinks answer 500"))


def _newer(index: Index) -> Index | None:
    try:
        is_current = _revision() == index.revision and registry.generation() == index.generation
        return None if is_current else load()
    except Exception:
        connections.close_all()
        raise


def _and_close(function: Any) -> Any:
    try:
        return function()
    finally:
        connections.close_all()
