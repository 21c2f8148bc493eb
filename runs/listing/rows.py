"""The rows of a list of runs: what is read besides the runs themselves, by few queries and without large bodies."""

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db import connection

from runs.history.masking import Masks
from runs.models import Delivery, Run

TEST_AGENT = "SinkHub-Test"  # the User-Agent of requests that the console sends
CHARACTERS = 120  # of a preview
ERROR_CHARACTERS = 300
_MAX_PATH = 300
_READ = 1024  # bytes of a body for its preview: enough to find most secrets at its end as a whole
_LARGEST = 1024 * 1024  # bytes: SQLite would read all of a larger body for its beginning
_MOST_CHILDREN = 100  # that are counted
_NOT_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Details:
    """What a row shows of a run besides the run's own columns. Secrets are masked."""

    request: str = ""  # method and path; empty if the delivery is no longer kept
    preview: str = ""  # the beginning of its body, or its kind and size
    is_test: bool = False  # whether the console sent it
    schedule: str = ""  # the name of the schedule that started the run
    children: int = 0  # runs that it has started; 100 for more
    error: str = ""


def details_of(runs: Collection[Run], masks: Masks) -> dict[str, Details]:
    """
    Return the details of runs by id, read by one query; the secrets are read by two.

    Args:
        runs: The runs of a page.
        masks: The masks of the page.

    Raises:
        DatabaseError: The database is unavailable.
    """
    if not runs:
        return {}
    masks.load({run.app_id for run in runs})
    found = {str(row[0]): row for row in _rows([run.pk for run in runs])}
    return {run.pk: _details(run, found.get(run.pk), masks) for run in runs}


def size_of(count: int) -> str:
    """Return a number of bytes as text: 12 B, 3.4 KiB, 12 MiB."""
    size, unit = float(count), "B"
    for larger in ("KiB", "MiB", "GiB"):
        if size < 1024:
            break
        size, unit = size / 1024, larger
    return f"{size:.0f} {unit}" if size >= 10 or unit == "B" else f"{size:.1f} {unit}"


def error_of(run: Run, masks: Masks) -> str:
    """Return a run's error in one line, with secrets masked; empty if it has none."""
    if not run.error_type:
        return ""
    message = _SPACES.sub(" ", masks.text(run.app_id, run.error_message)).strip()
    return _cut(f"{run.error_type}: {message}" if message else run.error_type, ERROR_CHARACTERS)


def _details(run: Run, row: Any, masks: Masks) -> Details:
    error = error_of(run, masks)
    if row is None:
        return Details(error=error)
    _, method, path, size, body, headers, is_test, children = row
    if method is None:  # the delivery is no longer kept
        return Details(children=children, error=error)
    schedule = ""
    if headers:
        fields = dict(json.loads(headers) if isinstance(headers, str) else headers)
        schedule = str(fields.get("x-schedule", ""))
    request = _cut(f"{method} {masks.text(run.app_id, path)}", _MAX_PATH)
    preview = _preview(run.app_id, None if body is None else bytes(body), size, masks)
    return Details(request, preview, bool(is_test), schedule, children, error)


def _preview(app_id: str, body: bytes | None, size: int, masks: Masks) -> str:
    if not size:
        return ""
    if body is None:
        return size_of(size)
    is_cut = size > len(body)
    try:
        # Up to three bytes of the last character may be missing.
        text = body.decode() if not is_cut else _decoded(body)
    except UnicodeDecodeError:
        return f"binary, {size_of(size)}"
    if _NOT_TEXT.search(text):
        return f"binary, {size_of(size)}"
    text = masks.beginning(app_id, text) if is_cut else masks.text(app_id, text)
    text = _SPACES.sub(" ", text).strip()
    return f"{text[: CHARACTERS - 1]}…" if is_cut or len(text) > CHARACTERS else text


def _decoded(body: bytes) -> str:
    for missing in range(3):
        try:
            return body[: len(body) - missing].decode()
        except UnicodeDecodeError:
            continue
    return body[:-3].decode()


def _cut(text: str, characters: int) -> str:
    return text if len(text) <= characters else f"{text[: characters - 1]}…"


def _rows(run_ids: list[str]) -> list[tuple[Any, ...]]:
    runs, deliveries = Run._meta.db_table, Delivery._meta.db_table
    has = "CAST(d.headers AS text) LIKE %s"
    size = "length(d.body)" if connection.vendor == "sqlite" else "octet_length(d.body)"
    # A caller can send any field, but only a run without a source can have been started by a schedule.
    query = (
        f"SELECT r.id, d.method, d.path, {size},"  # noqa: S608 - our own names
        f" CASE WHEN {size} <= {_LARGEST} THEN substr(d.body, 1, {_READ}) END,"
        f" CASE WHEN r.source_id IS NULL AND {has} THEN CAST(d.headers AS text) END, {has},"
        f" (SELECT count(*) FROM (SELECT 1 FROM {runs} c WHERE c.parent = r.id LIMIT {_MOST_CHILDREN}) AS few)"
        f" FROM {runs} r LEFT JOIN {deliveries} d ON d.run_id = r.id"
        f" WHERE r.id IN ({', '.join(['%s'] * len(run_ids))})"
    )
    with connection.cursor() as cursor:
        cursor.execute(query, ['%"x-schedule"%', f'%"{TEST_AGENT}"%', *run_ids])
        return list(cursor.fetchall())
