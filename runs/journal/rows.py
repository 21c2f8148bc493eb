"""The rows that the journal records, their kinds, and the reasons for which a row is not written."""

from typing import Any, NamedTuple

from runs.journal import idempotency

# The kinds of rows: a RunRow; a SegmentRow; a SegmentRow with the FinishRow of its run; a RunRow for the workers,
# followed by its job (`jobs.job_of`); a SegmentRow with the PauseRow of its run; and the kinds of an EVENTS, an END and
# a PAUSE row that a tuple of StepRows follows. They are passed on as plain tuples, which marshal can write.
RUN, EVENTS, END, QUEUED, PAUSE, STEPS, END_WITH_STEPS, PAUSE_WITH_STEPS = range(1, 9)
WITHOUT_STEPS = {STEPS: EVENTS, END_WITH_STEPS: END, PAUSE_WITH_STEPS: PAUSE}  # the kind of what precedes the StepRows
WITH_STEPS = {kind: with_steps for with_steps, kind in WITHOUT_STEPS.items()}


class RunRow(NamedTuple):
    """A new run, which is at its first attempt, and its delivery. Times are values for the database's columns."""

    id: str
    app_id: str
    source_id: int | None
    workflow: str
    options: str  # JSON
    timeout: float
    status: str
    code_hash: str
    executor_id: int
    created_at: Any
    started_at: Any
    events: int
    # The delivery.
    method: str
    path: str
    path_params: str  # JSON
    query_string: str
    headers: str  # JSON
    client: str
    body: bytes


class SegmentRow(NamedTuple):
    """Consecutive events of a run, and the lease under which they are written."""

    run_id: str
    last: int
    first: int
    at: Any
    data: str  # the events' JSON, one per line
    lease: int


class FinishRow(NamedTuple):
    """The columns that a run's end sets."""

    status: str
    finished_at: Any
    duration: float
    error_type: str
    error_message: str
    traceback: str


class PauseRow(NamedTuple):
    """The columns that are set when a run is let go until a later time: no process owns it then."""

    status: str
    wake_at: Any
    error_type: str
    error_message: str
    traceback: str


class StepRow(NamedTuple):
    """A record of a step; see `runs.models.StepRecord`."""

    run_id: str
    place: int
    kind: str
    name: str
    key: str
    number: int
    scope: str
    position: int
    status: str
    attempt: int
    digest: str
    value: str
    at: Any
    duration: float | None


RUN_COLUMNS, DELIVERY_COLUMNS = RunRow._fields[:12], RunRow._fields[12:]
KEY_COLUMNS = ("idempotency_key", "key_expires_at")
SEGMENT_COLUMNS = SegmentRow._fields[:5]
FINISH_COLUMNS = FinishRow._fields
PAUSE_COLUMNS = PauseRow._fields
STEP_COLUMNS = StepRow._fields

# Enough that hundreds share an fsync, and few enough that one transaction stays short. A transaction may have up to
# twice as many: it takes waiting batches while it has fewer rows than this, and each batch may have this many.
MAX_ROWS = 512
MAX_BYTES = 16 * 1024 * 1024

# A run's idempotency key, and when it expires (a value for the column, in the format of `Journal.now`).
Key = tuple[str, str]
# One entry's part of a transaction: a kind, values in the order given above, and its key if it has one.
Row = tuple[int, tuple[Any, ...], Key | None]
# The same as sent to the writer, which computes the key. All plain values, because the writer is another process.
Named = tuple[idempotency.Name, str]
NamedRow = tuple[int, tuple[Any, ...], Named | None]


class RunLost(Exception):
    """The run has another owner now: the events of this one were not recorded."""

    def __init__(self) -> None:
        super().__init__("the run has another owner, or was deleted")


class Repeated(Exception):
    """An earlier run has the key: no second run was recorded."""

    def __init__(self, run_id: str) -> None:
        """
        Args:
            run_id: The earlier run.
        """
        super().__init__(f"run {run_id} has this key")
        self.run_id = run_id
