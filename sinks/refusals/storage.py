"""
Refusals in the database: only the newest are kept, within bounds of bytes for each sink and in all, and of time.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet, Sum

from runs.events.encoding import storable
from runs.history.retention import delete_in_batches
from sinks.models import Refusal, Sink
from sinks.refusals.explanation import explain
from sinks.refusals.masks import SinkMasks
from sinks.refusals.pending import Noted

logger = logging.getLogger(__name__)

_ROW_BYTES = 512  # of a row without its request, about
_ACCEPTED_PART = 4  # filtered deliveries and repeats get at most one part in so many of a sink's bytes
_ROOM = 0.9  # the part of a bound down to which is deleted, so that not each write deletes
_BATCH_SIZE = 200  # rows in one transaction
_REASON, _CLIENT, _KIND = 200, 64, 32  # characters, as in the model


def write(sink: Sink, refusals: Iterable[Noted]) -> None:
    """Write refusals of a sink, and delete its oldest ones beyond the bound, in the caller's transaction."""
    masks = SinkMasks(sink)
    Refusal.objects.bulk_create([_row(sink, noted, masks) for noted in refusals])
    most: int = settings.MAX_SINK_REFUSAL_BYTES
    own = Refusal.objects.filter(sink_id=sink.pk)
    _delete_beyond(own.filter(status__lt=400), most // _ACCEPTED_PART)
    _delete_beyond(own, most)


def delete_beyond_total() -> None:
    """Delete the oldest refusals of all sinks beyond MAX_REFUSAL_BYTES."""
    _delete_beyond(Refusal.objects.all(), settings.MAX_REFUSAL_BYTES)


def prune(now: datetime, rest: Callable[[float], Any] = time.sleep) -> Iterator[int]:
    """
    Delete refusals that are older than KEEP_REFUSALS_DAYS. Several processes may do this at once.

    Args:
        now: The time from which ages are measured, from the clock guard.
        rest: Called with the seconds to pause between transactions.

    Yields:
        After each transaction, how many it deleted.

    Raises:
        DatabaseError: The database is unavailable; earlier transactions stay committed.
    """
    if not settings.KEEP_REFUSALS_DAYS:
        return
    old = Refusal.objects.filter(at__lt=now - timedelta(days=settings.KEEP_REFUSALS_DAYS)).order_by("at")
    yield from delete_in_batches(old, rest, _BATCH_SIZE)


def _delete_beyond(refusals: QuerySet[Refusal], most: int) -> None:
    """Delete the oldest of some refusals, if they have more bytes than they may have."""
    total = refusals.order_by().aggregate(total=Sum("size"))["total"] or 0
    if total <= most:
        return
    while total > _ROOM * most and (oldest := refusals.order_by("pk").values_list("pk", "size")[:_BATCH_SIZE]):
        going = []
        for key, size in oldest:
            going.append(key)
            total -= size
            if total <= _ROOM * most:
                break
        Refusal.objects.filter(pk__in=going).delete()


def _row(sink: Sink, noted: Noted, masks: SinkMasks) -> Refusal:
    row = Refusal(
        sink_id=sink.pk,
        at=noted.at,
        kind=noted.kind[:_KIND],
        status=noted.status,
        reason=masks.text(storable(noted.reason))[:_REASON],
        client=storable(noted.client)[:_CLIENT],
        size=_ROW_BYTES,
    )
    if (request := noted.request) is None:
        return row
    row.method, row.path = storable(request.method), masks.text(storable(request.path))
    row.raw_path = masks.text(storable(request.raw_path))
    row.path_params = {name: masks.text(storable(value)) for name, value in request.path_params.items()}
    row.query_string = masks.text(storable(request.query_string))
    row.headers = [[name, masks.text(storable(value))] for name, value in request.headers]
    row.body, row.body_size, row.is_whole = request.body, request.body_size, request.is_whole
    try:
        expected, came = explain(noted.kind, request, noted.at.timestamp(), noted.run_id)
    except Exception as error:  # an explanation must not lose the refusals of a second
        logger.error("refusal not explained: sink=%d kind=%s", sink.pk, noted.kind, exc_info=error)
    else:
        row.expected, row.came = expected or None, masks.value(came) or None
    row.size += request.size
    return row
