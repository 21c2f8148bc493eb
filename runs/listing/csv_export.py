"""Runs as CSV, for spreadsheets."""

import csv
import io
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime

from runs.history.masking import Masks
from runs.listing.rows import error_of
from runs.listing.wanted import Wanted, find
from runs.models import Delivery, Run
from runs.ports import SourceName

MAX_ROWS = 50_000
BODY_CHARACTERS = 32_000  # of each body: a cell of common spreadsheets has at most 32,767
_PAGE = 500  # runs read at once
_PAGE_OF_BODIES = 20
_COLUMNS = [
    "run_id", "status", "app_id", "sink_id", "sink", "workflow", "attempt", "created_at", "started_at", "finished_at",
    "duration", "error", "replay_of", "parent",
]  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # with which a cell begins that a spreadsheet computes

NameSinks = Callable[[Collection[Run]], Mapping[str, SourceName]]


def as_csv(wanted: Wanted, name_sinks: NameSinks, *, bodies: bool, most: int = MAX_ROWS) -> Iterator[str]:
    """
    Write runs as CSV with a head, the newest first. Secrets are masked.

    Args:
        wanted: Which runs.
        name_sinks: Returns the names of the sinks of runs by run id.
        bodies: Whether to add columns for the request and the beginning of its body.
        most: The maximum number of runs.

    Yields:
        Some lines at a time.

    Raises:
        DatabaseError: The database is unavailable.
    """
    yield _lines([[*_COLUMNS, *(["request", "body_bytes", "body"] if bodies else [])]])
    before: str | None = None
    left, masks = most, Masks()
    while left > 0:
        page = find(wanted, before, min(left, _PAGE_OF_BODIES if bodies else _PAGE))
        runs = page.runs
        masks.load({run.app_id for run in runs})
        names = name_sinks(runs)
        deliveries = Delivery.objects.in_bulk([run.pk for run in runs]) if bodies and runs else {}
        rows = []
        for run in runs:
            row = _row(run, names.get(run.pk), masks)
            rows.append([*row, *_request(run, deliveries.get(run.pk), masks)] if bodies else row)
        if rows:
            yield _lines(rows)
        left -= len(runs)
        before = page.next
        if before is None:
            return


def _row(run: Run, sink: SourceName | None, masks: Masks) -> list[str]:
    return [
        run.pk,
        run.status,
        run.app_id,
        "" if run.source_id is None else str(run.source_id),
        sink.label if sink is not None else "",
        run.workflow,
        str(run.attempt),
        *(_time(at) for at in (run.created_at, run.started_at, run.finished_at)),
        "" if run.duration is None else f"{run.duration:.6f}",
        error_of(run, masks),
        run.replay_of,
        run.parent or "",
    ]


def _request(run: Run, delivery: Delivery | None, masks: Masks) -> list[str]:
    if delivery is None:
        return ["", "", ""]
    body = bytes(delivery.body)
    try:
        # Masked as a whole, since the beginning may end within a secret.
        text = masks.text(run.app_id, body.decode())[:BODY_CHARACTERS].replace("\0", "")
    except UnicodeDecodeError:
        text = ""
    return [masks.text(run.app_id, str(delivery)), str(len(body)), text]


def _time(at: datetime | None) -> str:
    return "" if at is None else at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _lines(rows: list[list[str]]) -> str:
    lines = io.StringIO()
    csv.writer(lines).writerows([[_as_text(cell) for cell in row] for row in rows])
    return lines.getvalue()


def _as_text(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
