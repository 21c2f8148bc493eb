"""The log of a run: its recorded events, the source of truth."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db import connection
from django.db.models import Func, IntegerField, Q, QuerySet

from runs.events.feed import CHUNK_BYTES
from runs.events.response import Response, decode_response
from runs.models import UNFINISHED, Run, Segment, StepRecord

TOGETHER = 50  # runs that are read in one query
_PAGE_SEGMENTS = 200
_TOGETHER_BYTES = 256 * 1024  # of all these runs together

_PROGRESS = '{"type":"progress"'  # how the JSON of every progress event begins


@dataclass(slots=True)
class Page:
    """A part of a run's log, after a given event."""

    events: list[str]  # the JSON of each, in order and without gaps
    last: int  # the number of the last event in `events`; if `events` is empty, the number after which was read
    over: bool  # the run is over, and there are no events after `last`
    on_workers: bool = False  # whether workers execute the run; workers send hints without a request

    @property
    def first(self) -> int:
        """The number of the first of the events."""
        return self.last - len(self.events) + 1


def read_log(run_id: str, after: int) -> Page:
    """
    Read the next events of a run's log. Blocking: call it in a thread.

    Raises:
        Run.DoesNotExist: There is no such run, or it was pruned.
    """
    # The state first: if the run is over, all events were committed with it or before it.
    return _read_on(Run.objects.values_list(*_STATE).get(pk=run_id), after)


def read_logs(asked: list[tuple[str, int]]) -> dict[tuple[str, int], Page]:
    """
    Read the logs of several runs. If there is little to read, this takes no more queries than for one run. Blocking.

    Args:
        asked: Run ids, each with the number of the event after which to read.

    Returns:
        The page for each. Runs that do not exist, or were pruned, are left out.
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
    """Return the next events of a run, at most about CHUNK_BYTES of them."""
    rest = Segment.objects.filter(run_id=state[0], last__gt=after).order_by("last")
    # Sizes first: segments have from a few bytes to a few hundred KiB, and only CHUNK_BYTES are needed.
    count = length = 0
    for size in _sizes(rest):
        count += 1
        length += size
        if length > CHUNK_BYTES:
            break
    return _page(state, list(rest[:count]), after)


class _Size(Func):
    """The length of a text in bytes, or on SQLite in characters."""

    function = "OCTET_LENGTH"  # PostgreSQL returns it without reading the text
    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, **context | {"function": "LENGTH"})


def _sizes(segments: QuerySet[Segment]) -> Iterator[int]:
    """Yield the sizes of the segments from the first one; lazily if the database has to read a text to measure it."""
    sizes = segments.values_list(_Size("data"), flat=True)[:_PAGE_SEGMENTS]
    # SQLite reads a text to measure it, so fetch rows one at a time.
    return sizes.iterator(chunk_size=1) if connection.vendor == "sqlite" else iter(sizes)


def _page(state: _State, segments: list[Segment], after: int) -> Page:
    """Return the events in these segments after number `after`, at most about CHUNK_BYTES or one larger event."""
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
    """The progress of a run according to its log."""

    last: int = 0  # the number of its newest event
    event: str = ""  # the JSON of that event
    progress: int = 0  # the newest progress, 0 to 100


def reached(run_id: str) -> Reached:
    """Return a run's newest event and progress, reading its log from the end. Blocking: call it in a thread."""
    found = Reached()
    for segment in Segment.objects.filter(run_id=run_id).order_by("-last").iterator(chunk_size=20):
        for seq, data in reversed(segment.events()):
            if not found.last:
                found.last, found.event = seq, data
            if data.startswith(_PROGRESS):
                found.progress = json.loads(data)["progress"]
                return found
    return found


def read_response(run_id: str) -> Response | None:
    """Return the response that a run has set; None if it has none. Blocking: call it in a thread."""
    records = StepRecord.objects.filter(run_id=run_id, kind=StepRecord.Kind.RESPONSE)
    value = records.order_by("place").values_list("value", flat=True).first()
    return decode_response(value) if value is not None else None
