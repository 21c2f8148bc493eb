"""Admissions: accepted requests, with the workflow to run and its options."""

from dataclasses import dataclass, field
from typing import Any

from pydantic_core import to_json as encode_plain

from runs.delivery.request import Request
from runs.events.encoding import to_json
from runs.journal.idempotency import Once
from runs.models import Run
from runs.steps.retry import ONCE, Retry
from runs.workflows.registry import Workflow


@dataclass(slots=True)
class Admission:
    """A workflow to run, its options, and the request that it receives."""

    workflow: Workflow
    request: Request
    app_id: str
    source_id: int | None = None  # the source: a sink's id
    options: dict[str, Any] = field(default_factory=dict)  # as configured, for the record
    kwargs: dict[str, Any] = field(default_factory=dict)  # the same, as returned by `Workflow.check_options`
    timeout: float = 300.0  # seconds, for one attempt
    retry: Retry = ONCE
    once: Once | None = None  # the key, if a second delivery with the same key must start no run
    concurrency: int | None = None  # how many runs of its source may execute at once; None for any number
    # Whether the caller wants only one notification, together with the end, if the run ends in its first turn.
    until_over: bool = False
    on_failure: bool = False  # whether its source starts another run if it fails for good

    def row(self, run_id: str, status: Run.Status, executor_id: int, now: Any) -> tuple[Any, ...]:
        """
        Return the row of the new run and its delivery for the journal.

        Args:
            run_id: The run's id.
            status: Running, or queued.
            executor_id: The executor; 0 if it is not known yet.
            now: The time, from `Journal.now`.
        """
        request = self.request
        # A plain tuple in the order of RunRow: the journal sends plain tuples, and each run would be copied.
        return (
            run_id,
            self.app_id,
            self.source_id,
            self.workflow.name,
            to_json(self.options) if self.options else "{}",
            self.timeout,
            status.value,
            self.workflow.code_hash if executor_id else "",
            executor_id,
            now,
            now if executor_id else None,
            0,  # events
            request.method,
            request.path,
            to_json(request.path_params) if request.path_params else "{}",
            request.query_string,
            encode_plain(request.header_list).decode(),
            request.client,
            request.received,
        )
