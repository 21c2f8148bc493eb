"""What the journal records: rows, each of a kind, and what may keep one from being written."""

from collections.abc import Callable
from typing import Any

from runs.journal import idempotency

# The kinds of rows, and the values of each in their order. A RUN brings its delivery with it, an END the run's last
# events. A QUEUED is a run for the workers, with its delivery; its last value is its job, as `jobs.job_of` makes it.
RUN, EVENTS, END, QUEUED = 1, 2, 3, 4
RUN_COLUMNS = (
    "id", "app_id", "source_id", "workflow", "options", "timeout", "status", "attempt", "executor_id", "created_at",
    "started_at", "events",
)  # fmt: skip
KEY_COLUMNS = ("idempotency_key", "key_expires_at")
# Follow those of the run.
DELIVERY_COLUMNS = ("method", "path", "path_params", "query_string", "headers", "client", "body")
SEGMENT_COLUMNS = ("run_id", "last", "first", "at", "data")
# After those of the segment: the attempt they belong to, and for an END what is set in the run.
FINISH_COLUMNS = ("status", "finished_at", "duration", "error_type", "error_message", "traceback")

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
Defer = Callable[[list[dict[str, Any]]], None]


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
