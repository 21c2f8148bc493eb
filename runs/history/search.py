"""Runs found by a value in the body of their request: the newest that a filter leaves, and no more than so many."""

import json

from django.db import connection

from runs.history.queries import Filter, Page, page
from runs.models import Delivery, Run

LOOKED_AT = 2_000  # runs that one search looks at
LOOKED_INTO = 64 * 1024  # bytes of each body: so the most that is read is known, whatever was sent
_AT_ONCE = 250


def by_body(
    wanted: Filter, text: str, before: str | None = None, size: int = 50, *, looked_at: int = LOOKED_AT
) -> Page:
    """
    Find runs whose request had a text in its body, as it came or as JSON escapes it; capital letters count.

    Args:
        wanted: Which runs are looked at.
        text: What is looked for.
        before: The id of a run: only older ones. What the page before gave as `next`.
        size: How many at most.
        looked_at: How many runs are looked at, at most.

    Raises:
        DatabaseError: The database is away.
    """
    needles = {text.encode("utf-8", "surrogatepass"), json.dumps(text)[1:-1].encode()}
    found: list[Run] = []
    cursor = before
    for _ in range(max(looked_at // _AT_ONCE, 1)):
        part = page(wanted, cursor, min(looked_at, _AT_ONCE))
        having = _having([run.pk for run in part.runs], needles)
        found += [run for run in part.runs if run.pk in having]
        if len(found) > size:
            return Page(found[:size], found[size - 1].pk)
        cursor = part.next
        if cursor is None:
            break
    return Page(found, cursor)


def _having(run_ids: list[str], needles: set[bytes]) -> set[str]:
    if not run_ids:
        return set()
    table = connection.ops.quote_name(Delivery._meta.db_table)
    start = f"substr(body, 1, {LOOKED_INTO})"
    has = f"instr({start}, %s) > 0" if connection.vendor == "sqlite" else f"position(%s::bytea in {start}) > 0"
    ids = ", ".join(["%s"] * len(run_ids))
    terms = " OR ".join([has] * len(needles))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT run_id FROM {table} WHERE run_id IN ({ids}) AND ({terms})",  # noqa: S608 - our own words
            [*run_ids, *needles],
        )
        return {str(run_id) for (run_id,) in cursor.fetchall()}
