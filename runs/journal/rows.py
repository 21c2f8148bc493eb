"""What the journal records: rows, each of a kind, and what may keep one from being written."""

from typing import Any, NamedTuple

from runs.journal import idempotency

# The kinds of rows: a RunRow; a SegmentRow; a SegmentRow with the FinishRow of its run; a RunRow for the workers, with
# its job behind it, as `jobs.job_of` makes it. They are handed over as plain tuples, which marshal writes.
RUN, EVENTS, END, QUEUED = 1, 2, 3, 4


class RunRow(NamedTuple):
    """A run and its delivery before anything happens. Times are values for the database's columns."""

    id: str
    app_id: str
    source_id: int | None
    workflow: str
    options: str  # JSON
    timeout: float
    status: str
    attempt: int
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
    """Events of a run that follow one another, and the attempt that they belong to."""

    run_id: str
    last: int
    first: int
    at: Any
    data: str  # the JSON of each, on a line of its own
    attempt: int


class FinishRow(NamedTuple):
    """The columns that a run's end sets."""

    status: str
    finished_at: Any
    duration: float
    error_type: str
    error_message: str
    traceback: str


RUN_COLUMNS, DELIVERY_COLUMNS = RunRow._fields[:12], RunRow._fields[12:]
KEY_COLUMNS = ("idempotency_key", "key_expires_at")
SEGMENT_COLUMNS = SegmentRow._fields[:5]
FINISH_COLUMNS = FinishRow._fields

# Enough to share an fsync by hundreds, and few enough that one transaction stays short. A transaction may have up to
# twice as many: it takes what is there while it has fewer than this, and what is there comes in batches of up to this.
MOST_ROWS = 512
MOST_BYTES = 16 * 1024 * 1024

# What a run is recorded under, if nothing else is: the key, and when it expires (a value for the column, as
# `Journal.now` gives it).
Key = tuple[str, str]
# What one entry adds in one transaction: a kind, values in the order given above, and its key if it has one.
Row = tuple[int, tuple[Any, ...], Key | None]
# The same as it is handed to the writer, which makes the key. All of it plain values: it is sent to another process.
Named = tuple[idempotency.Name, str]
NamedRow = tuple[int, tuple[Any, ...], Named | None]


class RunLost(Exception):
    """The run belongs to another attempt now: what this one had to say of it was not recorded."""

    def __init__(self) -> None:
        super().__init__("the run belongs to another attempt, or was deleted")


class Repeated(Exception):
    """Under this key a run was started before: no second one was recorded."""

    def __init__(self, run_id: str) -> None:
        """
        Args:
            run_id: The run that was.
        """
        super().__init__(f"run {run_id} has this key")
        self.run_id = run_id
