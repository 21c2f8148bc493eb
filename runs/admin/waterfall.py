"""A run's attempts, steps, waits and children as bars on one axis of time."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from runs.history.durations import as_text
from runs.history.moments import exactly
from runs.history.steps import Attempt, Status, StepOfRun
from runs.models import Run, StepRecord

MOST_STEPS = 200  # the newest
_MOST_FAILURES = 5  # of a step, the newest
_ERROR_CHARACTERS = 300
_MOST_TICKS = 6
_TICKS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400)  # seconds
_OPEN = (Status.RUNNING, Status.WAITING)


@dataclass(frozen=True, slots=True)
class _Span:
    """A part of a run's time."""

    begin: datetime
    end: datetime | None  # None if it is not over
    status: str
    text: str
    run_id: str = ""  # of a child


def waterfall(run: Run, steps: list[StepOfRun]) -> dict[str, Any]:
    """
    Return the axis, and a row for the run and each step, for the page and for run.js. Queries the database.

    Args:
        run: The run.
        steps: Its steps, the first ones first.
    """
    now = timezone.now()
    shown = steps[-MOST_STEPS:]
    children = _children(run, shown)
    attempts = _attempts(run, steps)
    spans = [(step, _spans(step, run, children)) for step in shown]
    all_spans = [*attempts, *(span for _, parts in spans for span in parts)]
    begin = min(run.created_at, *(span.begin for span in all_spans))
    last = max([run.created_at, *(span.end for span in all_spans if span.end is not None)])
    if not run.over:
        last = max(last, now)
    seconds = max((last - begin).total_seconds(), 0.001)
    return {
        "axis": {
            "from": begin.timestamp(),
            "seconds": seconds,
            "ticks": [
                {"at": at, "text": as_text(at) if at else "0", "left": _percent(at, seconds)} for at in _ticks(seconds)
            ],
        },
        "earlier_steps": len(steps) - len(shown),
        "attempts": [_bar(span, begin, seconds, last) for span in attempts],
        "steps": [_row(step, [_bar(span, begin, seconds, last) for span in parts], run.over) for step, parts in spans],
    }


def open_waits(run: Run, steps: Iterable[StepOfRun]) -> list[dict[str, str]]:
    """Return the signals for which an unfinished run waits: the name, the key, and since and until when."""
    if run.over:
        return []
    waits = [
        step
        for step in steps
        if step.kind == StepRecord.Kind.WAIT and step.status == Status.WAITING and not _is_sleep(step)
    ]
    return [
        {
            "name": step.step,
            "key": step.key or "",
            "since": step.last.started_at.isoformat(),
            "until": step.until.isoformat() if step.until is not None else "",
        }
        for step in waits
    ]


def _row(step: StepOfRun, bars: list[dict[str, Any]], over: bool) -> dict[str, Any]:
    """Return a row of the page's steps: only texts besides the bars, which run.js shows as they are."""
    last = step.last
    return {
        "step": step.step,
        "key": step.tag,
        "child": step.child or "",
        "status": step.status,
        "attempt": last.attempt,
        "started": f"{timezone.localtime(last.started_at):%H:%M:%S.%f}"[:-3],
        "duration": as_text(last.duration) if last.duration is not None else "-",
        "error": _failures(step.attempts),
        "wait": "" if over else _wait(step),
        "result": f"step-{step.place}" if step.place is not None and step.output_characters else "",
        "bars": bars,
    }


def _failures(attempts: list[Attempt]) -> str:
    """Return the errors of a step, one a line, with the numbers of its attempts if it has several."""
    failed = [attempt for attempt in attempts if attempt.error is not None][-_MOST_FAILURES:]
    lines = [(f"Attempt {one.attempt}: " if len(attempts) > 1 else "") + one.failure for one in failed]
    return "\n".join(line[:_ERROR_CHARACTERS] for line in lines)


def _wait(step: StepOfRun) -> str:
    """Return until when an open wait lasts; empty for other steps."""
    if step.kind != StepRecord.Kind.WAIT or step.status != Status.WAITING:
        return ""
    if _is_sleep(step):
        return f"sleeps until {exactly(step.until)}" if step.until is not None else ""
    deadline = f"until {exactly(step.until)}" if step.until is not None else "without a deadline"
    return f"waits for a signal {deadline}"


def _is_sleep(step: StepOfRun) -> bool:
    return step.step == "sleep"


def _attempts(run: Run, steps: list[StepOfRun]) -> list[_Span]:
    """Return the time before a run's start and its attempts, of which only some ends are recorded."""
    records = StepRecord.objects.filter(run_id=run.pk, kind=StepRecord.Kind.RETRY).order_by("place")
    ended = list(records.values_list("attempt", "at")[:MOST_STEPS]) if run.attempt > 1 or run.retries else []
    first = [step.attempts[0].started_at for step in steps[:1]]
    if run.started_at is None and not first:
        return [_Span(run.created_at, run.finished_at, "queued", "queued")]
    # A run that continues after a wait has a new start, but no new attempt.
    begin = min([*first, *([run.started_at] if run.started_at is not None else [])])
    spans = [_Span(run.created_at, begin, "queued", "queued")] if begin > run.created_at else []
    for attempt, at in ended:
        spans.append(_Span(begin, at, "error", f"attempt {attempt}"))
        begin = at
    if ended and run.status == Run.Status.QUEUED:
        return [*spans, _Span(begin, run.finished_at, "queued", "between two attempts")]
    if ended and run.started_at is not None and run.started_at > begin:
        spans.append(_Span(begin, run.started_at, "queued", "between two attempts"))
        begin = run.started_at
    return [*spans, _Span(begin, run.finished_at, run.status, f"attempt {run.attempt}")]


def _spans(step: StepOfRun, run: Run, children: dict[str, _Span]) -> list[_Span]:
    """Return the attempts of a step, and the child that it started."""
    spans = []
    for attempt in step.attempts:
        end = None
        if attempt.duration is not None:
            end = datetime.fromtimestamp(attempt.started_at.timestamp() + attempt.duration, attempt.started_at.tzinfo)
        elif attempt.status not in _OPEN or attempt is not step.last:
            end = attempt.started_at  # it ended with its process
        elif run.over:
            end = run.finished_at
        name = "wait" if step.kind == StepRecord.Kind.WAIT else f"attempt {attempt.attempt}"
        spans.append(_Span(attempt.started_at, end, attempt.status, name))
    if step.child and step.child in children:
        child = children[step.child]
        # The call of a child lasts as long as the child itself.
        return [child] if step.kind == StepRecord.Kind.CALL else [*spans, child]
    return spans


def _children(run: Run, steps: list[StepOfRun]) -> dict[str, _Span]:
    ids = {step.child for step in steps if step.child}
    found = Run.objects.filter(pk__in=ids, app_id=run.app_id) if ids else Run.objects.none()
    rows = found.values_list("pk", "workflow", "status", "created_at", "finished_at")
    return {pk: _Span(begin, end, status, f"{workflow} ({status})", pk) for pk, workflow, status, begin, end in rows}


def _bar(span: _Span, begin: datetime, seconds: float, last: datetime) -> dict[str, Any]:
    at = (span.begin - begin).total_seconds()
    long = max(0.0, ((span.end or last) - span.begin).total_seconds())
    return {
        "at": at,
        "seconds": long if span.end is not None else None,
        "status": span.status,
        "text": f"{span.text}: {as_text(long)}" if span.end is not None else span.text,
        "run": span.run_id,
        "left": _percent(at, seconds),
        "width": _percent(long, seconds),
    }


def _percent(part: float, whole: float) -> str:
    return f"{min(100.0, max(0.0, 100 * part / whole)):.3f}%"


def _ticks(seconds: float) -> list[float]:
    """Return round times on an axis of some seconds."""
    least = seconds / _MOST_TICKS
    if least < 1:
        size = 10.0 ** math.floor(math.log10(least))
        step = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= least)
    elif least <= _TICKS[-1]:
        step = float(next(tick for tick in _TICKS if tick >= least))
    else:
        step = _TICKS[-1] * math.ceil(least / _TICKS[-1])
    return [number * step for number in range(int(seconds / step) + 1)]
