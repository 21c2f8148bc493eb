"""A run's events as they are recorded: the log, which is the truth of what happened."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db import connection
from django.db.models import Func, IntegerField, Q, QuerySet

from runs.events.feed import CHUNK_BYTES
from runs.models import UNFINISHED, Run, Segment

TOGETHER = 50  # runs that are read at once
_PAGE_SEGMENTS = 200
_TOGETHER_BYTES = 256 * 1024  # of them all

_PROGRESS = '{"type":"progress"'  # how the JSON of every progress event begins


@dataclass(slots=True)
class Page:
    """What the log has of a run after some event."""

    events: list[str]  # the JSON of each, in their order and without a gap
    last: int  # the number of the last of them, or what was asked for where there is none
    over: bool  # the run is over, and nothing comes after `last`
    on_workers: bool = False  # whether workers execute it, which tell of its events unasked

    @property
    def first(self) -> int:
        """The number of the first event."""
        return self.last - len(self.events) + 1


def read_log(run_id: str, after: int) -> Page:
    """
    Read on in a run's log; for threads.

    Raises:
        Run.DoesNotExist: There is no such run, or it was pruned.
    """
    # The state first: if it says 'over', all events were committed with it or before it.
    return _read_on(Run.objects.values_list(*_STATE).get(pk=run_id), after)


def read_logs(asked: list[tuple[str, int]]) -> dict[tuple[str, int], Page]:
    """
    The same for several runs, in as many queries as for one where there is little to read.

    Args:
        asked: Run ids, each with the number of the event after which it is read.

    Returns:
        What was found for each. Runs that there are not, or that were pruned, are not among them.
    """
    runs = Run.objects.filter(pk__in={run_id for run_id, _ in asked})
    states = {state[0]: state for state in runs.values_list(*_STATE)}
    known = [(run_id, after) for run_id, after in asked if run_id in states]
    if len(known) <= 1:
        return {(run_id, after): _read_on(states[run_id], after) for run_id, after in known}
    rest = Segment.objects.filter(reduce(or_, [Q(run_id=run_id, last__gt=after) for run_id, after in known]))
    count = length = 0
    for size in _sizes(rest.order_by()):
        count += 1
        length += size
        if count == _PAGE_SEGMENTS or length > _TOGETHER_BYTES:
            return {(run_id, after): _read_on(states[run_id], after) for run_id, after in known}
    segments: dict[str, list[Segment]] = {}
    for segment in rest.order_by("run_id", "last") if count else ():
        segments.setdefault(segment.run_id, []).append(segment)
    return {(run_id, after): _page(states[run_id], segments.get(run_id, []), after) for run_id, after in known}


_STATE = ("id", "status", "events", "engine")
_State = tuple[str, str, int, str]


def _read_on(state: _State, after: int) -> Page:
    """One piece of a run's events, however much there is of it."""
    rest = Segment.objects.filter(run_id=state[0], last__gt=after).order_by("last")
    # Sizes first: segments are from a few bytes to a few hundred KiB, and one piece is all that is wanted.
    count = length = 0
    for size in _sizes(rest):
        count += 1
        length += size
        if length > CHUNK_BYTES:
            break
    return _page(state, list(rest[:count]), after)


class _Size(Func):
    """The bytes of a text, or on SQLite its characters."""

    function = "OCTET_LENGTH"  # PostgreSQL knows it without reading the text
    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, **context | {"function": "LENGTH"})


def _sizes(segments: QuerySet[Segment]) -> Iterator[int]:
    """The sizes of the first segments. They cost no more than those that are taken from it."""
    sizes = segments.values_list(_Size("data"), flat=True)[:_PAGE_SEGMENTS]
    # SQLite reads a text to measure it, so it steps from one to the next as the reader does.
    return sizes.iterator(chunk_size=1) if connection.vendor == "sqlite" else iter(sizes)


def _page(state: _State, segments: list[Segment], after: int) -> Page:
    """One piece of a run's events: of what these segments have after one."""
    _, status, total, engine = state
    size = 0
    events: list[str] = []
    last = after
    for seq, data in (event for segment in segments for event in segment.events()):
        if seq <= after:
            continue
        size += len(data)
        if size > CHUNK_BYTES and events:
            break
        events.append(data)
        last = seq
    over = status not in UNFINISHED and last >= total
    return Page(events, last, over, engine == Run.Engine.PROCRASTINATE)


@dataclass(slots=True)
class Reached:
    """How far a run has come, by its log."""

    last: int = 0  # the number of its newest event
    event: str = ""  # the JSON of that event
    progress: int = 0  # the newest there is


def reached(run_id: str) -> Reached:
    """Read a run's log from its end; for threads."""
    found = Reached()
    for segment in Segment.objects.filter(run_id=run_id).order_by("-last").iterator(chunk_size=20):
        for seq, data in reversed(segment.events()):
            if not found.last:
                found.last, found.event = seq, data
            if data.startswith(_PROGRESS):
                found.progress = json.loads(data)["progress"]
                return found
    return found
