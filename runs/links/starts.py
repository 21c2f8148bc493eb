"""Record runs that no request brings, with their payload as a synthetic delivery, and with the jobs of workers."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from runs.delivery.request import Request
from runs.ids import new_run_id
from runs.journal.idempotency import fingerprint_of
from runs.journal.jobs import defer, job_of
from runs.models import Delivery, Run

_METHOD, _PATH = "POST", "/"
_HEADERS = [("content-type", "application/json")]
_TOGETHER = 500  # rows in one statement


@dataclass(frozen=True, slots=True)
class Start:
    """A run to start without a request."""

    app_id: str
    workflow: str
    payload: str  # JSON, from `values.encode_payload`: the body of the delivery
    timeout: float  # seconds for one attempt
    options: dict[str, Any] = field(default_factory=dict, hash=False)
    on_workers: bool = False  # whether workers execute it
    parent: str | None = None  # the run that starts it
    is_awaited: bool = False  # whether the parent waits for its end
    executor_id: int = 0  # the process that executes it; 0 for any server or worker
    code_hash: str = ""  # of the workflow, if a process is named
    key: str | None = None  # the idempotency key, from `idempotency.key_of`
    key_expires_at: datetime | None = None
    headers: tuple[tuple[str, str], ...] = ()  # of the delivery, besides its content type; the names in lower case
    run_id: str = field(default_factory=new_run_id)

    def request(self) -> Request:
        """Return the request that the workflow receives."""
        return Request(_METHOD, _PATH, header_list=self.header_list(), body=self.payload.encode())

    def header_list(self) -> list[tuple[str, str]]:
        """Return the header fields of the delivery."""
        return [*_HEADERS, *self.headers]

    def fingerprint(self) -> str:
        """Return the fingerprint of the delivery."""
        return fingerprint_of(_METHOD, _PATH, "", self.payload.encode())


def record(starts: list[Start]) -> list[Run]:
    """
    Record runs in the open transaction. Blocking: call it in a thread.

    Returns:
        The runs: running if a process is named that executes them, else queued.

    Raises:
        IntegrityError: Another run has the idempotency key of one of them.
        DatabaseError: They could not be recorded.
        ValueError: Workers are to execute one, and there are none.
    """
    if any(start.on_workers for start in starts) and not settings.HAS_WORKERS:
        raise ValueError("Workers need PostgreSQL: start the run with the engine local.")
    now = timezone.now()
    runs = [_run(start, now) for start in starts]
    Run.objects.bulk_create(runs, batch_size=_TOGETHER)
    deliveries = [
        Delivery(
            run_id=start.run_id,
            method=_METHOD,
            path=_PATH,
            headers=start.header_list(),
            body=start.payload.encode(),
        )
        for start in starts
    ]
    Delivery.objects.bulk_create(deliveries, batch_size=_TOGETHER)
    if jobs := [job_of(start.run_id, 0, None, None) for start in starts if start.on_workers]:
        with connection.wrap_database_errors:
            defer(jobs)
    return runs


def _run(start: Start, now: datetime) -> Run:
    return Run(
        id=start.run_id,
        app_id=start.app_id,
        workflow=start.workflow,
        options=start.options,
        timeout=start.timeout,
        status=Run.Status.RUNNING if start.executor_id else Run.Status.QUEUED,
        engine=Run.Engine.PROCRASTINATE if start.on_workers else Run.Engine.LOCAL,
        executor_id=start.executor_id,
        code_hash=start.code_hash,
        created_at=now,
        started_at=now if start.executor_id else None,
        parent=start.parent,
        is_awaited=start.is_awaited,
        idempotency_key=start.key,
        key_expires_at=start.key_expires_at,
    )
