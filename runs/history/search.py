"""
Find runs by a text in the body of their delivery. A search checks a limited number of the newest runs that match a
filter.
"""

import json

from django.db import connection

from runs.history.queries import Filter, Page, page
from runs.models import Delivery, Run

LOOKED_AT = 2_000  # runs that one search checks
LOOKED_INTO = 64 * 1024  # how many bytes of each body are searched, to limit how much a search reads
_BATCH_SIZE = 250


def by_body(
    wanted: Filter, text: str, before: str | None = None, size: int = 50, *, looked_at: int = LOOKED_AT
) -> Page:
    """
    Return a page of runs whose delivery has a text in its body, as is or as JSON escapes it. Case-sensitive.

    Args:
        wanted: Which runs to search.
        text: The text to find.
        before: Search only runs with smaller ids: the previous page's `next`; None for the first page.
        size: The maximum number of runs to return.
        looked_at: The maximum number of runs to search.

    Raises:
        DatabaseError: The database is unavailable.
    """
    needles = {text.encode("utf-8", "surrogatepass"), json.dumps(text)[1:-1].encode()}
    found: list[Run] = []
    cursor = before
    for _ in range(max(looked_at // _BATCH_SIZE, 1)):
        part = page(wanted, cursor, min(looked_at, _BATCH_SIZE))
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
            f"SELECT run_id FROM {table} WHERE run_id IN ({ids}) AND ({terms})",  # noqa: S608 - our own names
            [*run_ids, *needles],
        )
        return {str(run_id) for (run_id,) in cursor.fetchall()}
