"""Admissions: requests that were let in, with the workflow to run and its options."""

from dataclasses import dataclass, field
from typing import Any

from pydantic_core import to_json as encode_plain

from runs.delivery.request import Request
from runs.events.encoding import to_json
from runs.journal.idempotency import Once
from runs.journal.rows import RunRow
from runs.models import Run
from runs.workflows.registry import Workflow


@dataclass(slots=True)
class Admission:
    """A workflow to run, its options, and the request that it receives."""

    workflow: Workflow
    request: Request
    app_id: str
    source_id: int | None = None  # what asked for it: the sink's id
    options: dict[str, Any] = field(default_factory=dict)  # as configured, for the record
    kwargs: dict[str, Any] = field(default_factory=dict)  # the same as `Workflow.check_options` returned them
    timeout: float = 300.0  # seconds, for one attempt
    once: Once | None = None  # where a second one of the same key must start no run
    concurrency: int | None = None  # how many runs of its source are executed at once; None: any number
    # Whether who asked for it would rather hear of it a moment later, with its end, where it is over at once.
    until_over: bool = False

    def row(self, run_id: str, status: Run.Status, executor_id: int, now: Any) -> RunRow:
        """
        Make what the journal records of the run and its delivery before anything happens.

        Args:
            run_id: Its id.
            status: Running, or queued.
            executor_id: What executes it; 0 where that is not known yet.
            now: The time as the journal gives it.
        """
        request = self.request
        # By position, which takes a third of the time: in the order of RunRow.
        return RunRow(
            run_id,
            self.app_id,
            self.source_id,
            self.workflow.name,
            to_json(self.options) if self.options else "{}",
            self.timeout,
            status.value,
            1,  # attempt
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
