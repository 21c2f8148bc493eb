"""
The entries of the index: the terms of a run's delivery. SQLite keeps them in a contentless FTS5 table, and PostgreSQL
in a `tsvector` with a GIN index.

An entry's number is the beginning of its run's id, which is the time: the newest entries have the highest numbers.
"""

import zlib
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from django.db import OperationalError, connection, transaction

TABLE, INDEX = "runs_searchentry", "runs_searchindex"
LARGEST = 2**63 - 64
_DIGITS = 17  # of a run's id: 12 of the milliseconds, whose first is 0 until the year 10889, and 20 random bits
_SHIFTED = 4  # entries whose numbers would be equal get the next ones
_WALKED = 5_000  # the newest entries, which PostgreSQL checks one by one before it asks the index
_MILLISECONDS = 2_000  # that PostgreSQL may search in the index


def number_of(run_id: str) -> int:
    """Return the number of a run's entry; a few entries have one of the next numbers."""
    if run_id.startswith("run_g"):  # behind all ids
        return LARGEST
    return min(int(run_id[4 : 4 + _DIGITS].ljust(_DIGITS, "0"), 16), LARGEST)


def missing(run_ids: Sequence[str]) -> list[str]:
    """Return the runs that have no entry, of runs in the order of their ids."""
    if not run_ids:
        return []
    ends = sorted((number_of(run_ids[0]), number_of(run_ids[-1])))
    there = {run_id for _, run_id in _between(ends[0], ends[1] + _SHIFTED)}
    return [run_id for run_id in run_ids if run_id not in there]


def add(entries: Sequence[tuple[str, Collection[str]]]) -> int:
    """
    Add entries in a transaction. Runs that have one, and runs whose delivery has been deleted meanwhile, are left out.

    Args:
        entries: Run ids, each with its terms.

    Returns:
        How many were added.

    Raises:
        DatabaseError: The database is unavailable.
    """
    if not entries:
        return 0
    is_sqlite = connection.vendor == "sqlite"
    with transaction.atomic():
        numbers = [number_of(run_id) for run_id, _ in entries]
        there = dict(_between(min(numbers), max(numbers) + _SHIFTED))
        indexed = set(there.values())
        # On PostgreSQL the lock makes retention wait, which then deletes the entry too.
        lock = "" if is_sqlite else " FOR KEY SHARE"
        places = ", ".join(["%s"] * len(entries))
        kept = {
            str(run_id)
            for (run_id,) in _rows(
                f"SELECT run_id FROM runs_delivery WHERE run_id IN ({places}){lock}",  # noqa: S608 - our own names
                [run_id for run_id, _ in entries],
            )
        }
        rows: list[tuple[int, str, list[str]]] = []
        for run_id, terms in entries:
            if run_id in indexed or run_id not in kept:
                continue
            first = number_of(run_id)
            number = next((number for number in range(first, first + _SHIFTED + 1) if number not in there), None)
            if number is not None:
                there[number] = run_id
                rows.append((number, run_id, sorted(terms)))
        with connection.cursor() as cursor:
            if is_sqlite:
                cursor.executemany(
                    f"INSERT INTO {TABLE} (number, run_id, terms) VALUES (%s, %s, %s)",  # noqa: S608
                    [(number, run_id, zlib.compress(" ".join(terms).encode())) for number, run_id, terms in rows],
                )
                cursor.executemany(
                    f"INSERT INTO {INDEX} (rowid, terms) VALUES (%s, %s)",  # noqa: S608
                    [(number, " ".join(terms)) for number, _, terms in rows],
                )
            else:
                cursor.executemany(
                    f"INSERT INTO {TABLE} (number, run_id, terms) VALUES (%s, %s, array_to_tsvector(%s::text[]))",  # noqa: S608
                    rows,
                )
    return len(rows)


def remove(run_ids: Collection[str]) -> None:
    """
    Remove the entries of runs. Call it in the transaction that deletes them or their deliveries.

    Raises:
        DatabaseError: The database is unavailable.
    """
    if not run_ids:
        return
    wanted = set(run_ids)
    numbers = sorted({number_of(run_id) + shift for run_id in wanted for shift in range(_SHIFTED + 1)})
    places = ", ".join(["%s"] * len(numbers))
    found = _rows(f"SELECT number, run_id FROM {TABLE} WHERE number IN ({places})", numbers)  # noqa: S608
    gone = [int(number) for number, run_id in found if run_id in wanted]
    if not gone:
        return
    places = ", ".join(["%s"] * len(gone))
    if connection.vendor == "sqlite":
        terms = _rows(f"SELECT number, terms FROM {TABLE} WHERE number IN ({places})", gone)  # noqa: S608
        with connection.cursor() as cursor:
            # A contentless table has to get the text with which the row was added.
            cursor.executemany(
                f"INSERT INTO {INDEX} ({INDEX}, rowid, terms) VALUES ('delete', %s, %s)",  # noqa: S608
                [(number, zlib.decompress(packed).decode()) for number, packed in terms],
            )
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {TABLE} WHERE number IN ({places})", gone)  # noqa: S608


def matching(
    every: Sequence[str], prefix: str, some: Sequence[str], low: int, high: int, size: int
) -> tuple[list[tuple[int, str]], int | None]:
    """
    Return the newest entries that have certain terms.

    Args:
        every: Terms that an entry must have.
        prefix: The beginning of a further term; empty for none.
        some: Terms of which an entry must have one; empty for any entry.
        low: The first number.
        high: The number after the last.
        size: The maximum number of entries.

    Returns:
        Numbers and run ids, the newest first; and the number down to which was searched, None for all.

    Raises:
        DatabaseError: The database is unavailable.
    """
    if connection.vendor == "sqlite":
        match = " AND ".join(
            [*map('"{}"'.format, every), *([f'"{prefix}" *'] if prefix else []), *_any(some, " OR ", '"')]
        )
        # The order of FTS5 is that of the numbers. CROSS JOIN: the planner must not change the order of the tables.
        query = f"""
            SELECT e.number, e.run_id FROM {INDEX} AS i CROSS JOIN {TABLE} AS e ON e.number = i.rowid
            WHERE i.{INDEX} MATCH %s AND i.rowid >= %s AND i.rowid < %s ORDER BY i.rowid DESC LIMIT %s
        """  # noqa: S608
        return [(int(number), str(run_id)) for number, run_id in _rows(query, [match, low, high, size])], None
    return _matching_on_postgresql(_tsquery(every, prefix, some), low, high, size)


def _tsquery(every: Sequence[str], prefix: str, some: Sequence[str]) -> str:
    return " & ".join([*map("'{}'".format, every), *([f"'{prefix}':*"] if prefix else []), *_any(some, " | ", "'")])


def _any(terms: Sequence[str], operator: str, quote: str) -> list[str]:
    return [f"({operator.join(f'{quote}{term}{quote}' for term in terms)})"] if terms else []


def _matching_on_postgresql(tsquery: str, low: int, high: int, size: int) -> tuple[list[tuple[int, str]], int | None]:
    """
    The index returns all matches without an order. So the newest entries are checked one by one first: a term that many
    runs have is found there. Others have few matches.
    """
    found = _rows(
        f"SELECT number FROM {TABLE} WHERE number >= %s AND number < %s ORDER BY number DESC OFFSET %s LIMIT 1",  # noqa: S608
        [low, high, _WALKED],
    )
    horizon = int(found[0][0]) if found else low
    # MATERIALIZED and OFFSET 0: the planner must not choose the index for these, nor the order for the others.
    walk = f"""
        WITH newest AS MATERIALIZED (
            SELECT number, run_id, terms FROM {TABLE} WHERE number >= %s AND number < %s ORDER BY number DESC
        ) SELECT number, run_id FROM newest WHERE terms @@ %s::tsquery ORDER BY number DESC LIMIT %s
    """  # noqa: S608
    rows = [(int(number), str(run_id)) for number, run_id in _rows(walk, [horizon, high, tsquery, size])]
    if len(rows) >= size or horizon <= low:
        return rows, None
    search = f"""
        WITH found AS MATERIALIZED (SELECT number, run_id FROM {TABLE} WHERE terms @@ %s::tsquery)
        SELECT number, run_id FROM found WHERE number >= %s AND number < %s ORDER BY number DESC LIMIT %s
    """  # noqa: S608
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {_MILLISECONDS}; SET LOCAL enable_seqscan = off")
            cursor.execute(search, [tsquery, low, horizon, size - len(rows)])
            rows += [(int(number), str(run_id)) for number, run_id in cursor.fetchall()]
            cursor.execute("SET LOCAL statement_timeout = 0; SET LOCAL enable_seqscan = on")
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != "57014":  # not cancelled by the timeout
            raise
        return rows, horizon
    return rows, None


def size_of_index() -> int:
    """Return how many entries there are. It reads all of them."""
    return int(_rows(f"SELECT count(*) FROM {TABLE}", [])[0][0])  # noqa: S608


def _between(low: int, high: int) -> Iterator[tuple[int, str]]:
    query = f"SELECT number, run_id FROM {TABLE} WHERE number >= %s AND number <= %s"  # noqa: S608
    return ((int(number), str(run_id)) for number, run_id in _rows(query, [low, high]))


def _rows(query: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())
