"""End runs that must not execute any more, for example after an older backup was restored."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from runs.events.formatting import format_error
from runs.events.log import reached
from runs.journal.job_tables import delete_without_run
from runs.models import UNFINISHED, Run, Segment
from runs.recovery.ownership import living

_BATCH_SIZE = 200
_MESSAGE = "An operator ended all unfinished runs (manage.py runs interrupt)."


CountEnds = Callable[[Iterable[tuple[str, int | None]], datetime], None]


class StillRunning(Exception):
    """Servers or workers are running."""


def interrupt_unfinished(count_ends: CountEnds) -> Iterator[int]:
    """
    End all unfinished runs as `interrupted`. Their streams end with an `error` event, as after a crash.

    Args:
        count_ends: Counts the ended runs, from each one's app and source, in the open transaction.

    Yields:
        After each transaction, how many runs it ended.

    Raises:
        StillRunning: Servers or workers are running; no run was ended.
    """
    if processes := living():
        which = ", ".join(f"{process.host} (pid {process.pid})" for process in processes)
        raise StillRunning(f"Stop all servers and workers first. These are running: {which}.")
    while ended := _interrupt_some(count_ends):
        yield ended
    if settings.HAS_WORKERS:
        delete_without_run(UNFINISHED)


def _interrupt_some(count_ends: CountEnds) -> int:
    now = timezone.now()
    with transaction.atomic():
        runs = list(Run.objects.select_for_update().filter(status__in=UNFINISHED).order_by("id")[:_BATCH_SIZE])
        segments = []
        for run in runs:
            seq = reached(run.pk).last + 1
            data = format_error(run.pk, "Interrupted", _MESSAGE)
            segments.append(Segment(run=run, first=seq, last=seq, at=now, data=data))
            run.status, run.finished_at, run.events = Run.Status.INTERRUPTED, now, seq
            run.error_type, run.error_message, run.traceback = "Interrupted", _MESSAGE, ""
        Segment.objects.bulk_create(segments)
        fields = ["status", "finished_at", "events", "error_type", "error_message", "traceback"]
        Run.objects.bulk_update(runs, fields)
        count_ends([(run.app_id, run.source_id) for run in runs], now)
    return len(runs)
