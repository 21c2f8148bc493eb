"""
Outcomes of deliveries that started no run: counts for each sink, and the newest refusals. Counts by time are kept
together with those of runs (runs/history/tallies.py).
"""

import logging
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from django.conf import settings
from django.db import connections, transaction
from django.db.models import F

from runs.events.encoding import storable
from runs.history.periodic_flush import PeriodicFlush
from runs.history.tallies import REFUSED, Tallies
from sinks.models import Outcome, Refusal, Sink

logger = logging.getLogger(__name__)

_MAX_NEWEST = 20  # refusals of a sink in one write
_MAX_KEPT = 50  # refusals of a sink in the database
_BATCH_SIZE = 10  # sinks in one transaction: in SQLite, runs wait meanwhile
_PAUSE = 0.02  # seconds between two transactions, in which runs can be recorded
_MAX_SINKS = 10_000  # how many sinks can have unwritten refusals while the database is unavailable
WOULD_REFUSE = "would be refused"  # a kind: the request was admitted, since its sink only logs
_REASON, _CLIENT = 200, 64  # characters, as in the model

_Refused = tuple[datetime, int, str, str]  # when, status, reason, client


@dataclass(slots=True)
class _Noted:
    """Outcomes that are not written yet."""

    counts: Counter[tuple[int, str]] = field(default_factory=Counter)  # by sink and kind
    refusals: dict[int, deque[_Refused]] = field(default_factory=dict)  # by sink

    def add(self, other: "_Noted") -> None:
        """Add earlier outcomes to these."""
        self.counts += other.counts
        for sink_id, earlier in other.refusals.items():
            self.refusals[sink_id] = deque([*earlier, *self.refusals.get(sink_id, ())], _MAX_NEWEST)


class Outcomes:
    """Counts outcomes in dictionaries, which a thread writes once a second. Belongs to one event loop."""

    def __init__(self, tallies: Tallies) -> None:
        """
        Args:
            tallies: The counts by time, to which deliveries are added. The caller has to stop it.
        """
        self._tallies = tallies
        self.totals: Counter[str] = Counter()  # of this process, by kind
        self._noted = _Noted()
        self._fault_interval: float = settings.FILTER_FAULT_INTERVAL
        self._fault_at: dict[int, float] = {}  # when a fault was last kept, by sink
        self._taken = _Noted()  # what is being written
        # A flood of requests must not become a flood of transactions.
        self._flush = PeriodicFlush("outcomes", "REFUSAL_FLUSH_INTERVAL", self._take, self._give_back)

    def note(self, app_id: str, sink_id: int, kind: str, fault: str = "", client: str = "") -> None:
        """
        Count a delivery that started no run, and was not refused.

        Args:
            app_id: The id of the sink's app.
            sink_id: The id of the sink.
            kind: The outcome: "filtered", "repeated", "ping", ...; one of a few dozen.
            fault: The reason why the sink's filter failed, without secrets. The admin shows it among the newest
                refusals, although the delivery was accepted. One fault per FILTER_FAULT_INTERVAL is kept, since a
                filter may fail on most deliveries.
            client: The caller's address, if there is a fault.
        """
        self._count(sink_id, kind)
        self._tallies.without_run(app_id, sink_id, kind)
        every = self._fault_interval
        if fault and (now := time.monotonic()) - self._fault_at.get(sink_id, -every) >= every:
            self._fault_at[sink_id] = now
            self._keep_newest(sink_id, 200, fault, client)

    def refused(self, app_id: str, sink_id: int, kind: str, status: int, reason: str, client: str) -> None:
        """
        Count a refusal, and keep it if it is among the newest.

        Args:
            app_id: The id of the sink's app.
            sink_id: The id of the sink.
            kind: The kind of refusal: "token", "signature", "rate", ...; one of a few dozen.
            status: The HTTP status.
            reason: The reason for the admin; without secrets.
            client: The caller's address.
        """
        self._count(sink_id, kind)
        self._tallies.without_run(app_id, sink_id, f"{REFUSED}:{kind}")
        self._keep_newest(sink_id, status, reason, client)

    def would_refuse(self, sink_id: int, status: int, reason: str, client: str) -> None:
        """
        Count a request that was admitted only because the sink's access is in log mode, and keep the reason.

        Args:
            sink_id: The id of the sink.
            status: The HTTP status that it would have got.
            reason: The reason for the admin; without secrets.
            client: The caller's address.
        """
        self._noted.counts[sink_id, WOULD_REFUSE] += 1  # not a delivery without a run, of which totals and tallies tell
        self._keep_newest(sink_id, status, f"would be refused: {reason}", client)

    def _keep_newest(self, sink_id: int, status: int, reason: str, client: str) -> None:
        refusals = self._noted.refusals
        newest = refusals.get(sink_id)
        if newest is None:
            if len(refusals) >= _MAX_SINKS:
                return
            newest = refusals[sink_id] = deque(maxlen=_MAX_NEWEST)
        newest.append((datetime.now(UTC), status, reason, client[:_CLIENT]))

    def _count(self, sink_id: int, kind: str) -> None:
        self.totals[kind] += 1
        self._noted.counts[sink_id, kind] += 1

    async def stop(self) -> None:
        """Write the remaining outcomes, and close the database connection."""
        await self._flush.stop()
        if lost := self._noted.counts.total():
            logger.error("outcomes lost at shutdown: count=%d", lost)

    def _take(self) -> Callable[[], None] | None:
        if not self._noted.counts:
            return None
        self._taken, self._noted = self._noted, _Noted()
        return partial(_record, self._taken)

    def _give_back(self) -> None:
        self._noted.add(self._taken)


def _record(noted: _Noted) -> None:
    """Write outcomes, some sinks at a time, and remove the written outcomes from `noted`; for threads."""
    kinds: dict[int, list[str]] = {}
    for sink_id, kind in sorted(noted.counts):  # sorted, so that two processes never wait for each other
        kinds.setdefault(sink_id, []).append(kind)
    sink_ids = list(kinds)
    try:
        for start in range(0, len(sink_ids), _BATCH_SIZE):
            if start:
                time.sleep(_PAUSE)
            some = {sink_id: kinds[sink_id] for sink_id in sink_ids[start : start + _BATCH_SIZE]}
            _record_some(noted, some)
            for sink_id in some:
                noted.refusals.pop(sink_id, None)
                for kind in kinds[sink_id]:
                    del noted.counts[sink_id, kind]
    except Exception:
        connections.close_all()
        raise


def _record_some(noted: _Noted, kinds: dict[int, list[str]]) -> None:
    """Write the outcomes of some sinks, except deleted sinks, in one transaction."""
    with transaction.atomic():
        # Lock the sinks. A deletion also locks its sink first, so one of them waits until the other has ended. SQLite
        # allows only one writer in any case.
        some = Sink.objects.select_for_update(no_key=True).filter(pk__in=kinds).order_by("pk")
        there = set(some.values_list("pk", flat=True))
        now = datetime.now(UTC)
        for sink_id in sorted(there):
            for kind in kinds[sink_id]:
                _add(sink_id, kind, noted.counts[sink_id, kind], now)
        for sink_id in sorted(there & noted.refusals.keys()):
            Refusal.objects.bulk_create(_rows(sink_id, noted.refusals[sink_id]))
            past = Refusal.objects.filter(sink_id=sink_id).order_by("-pk").values_list("pk", flat=True)[_MAX_KEPT:]
            if (last := past.first()) is not None:
                Refusal.objects.filter(sink_id=sink_id, pk__lte=last).delete()


def _rows(sink_id: int, refusals: Iterable[_Refused]) -> list[Refusal]:
    return [
        Refusal(
            sink_id=sink_id,
            at=at,
            status=status,
            reason=storable(reason)[:_REASON],
            client=storable(client)[:_CLIENT],
        )
        for at, status, reason, client in refusals
    ]


def _add(sink_id: int, kind: str, count: int, now: datetime) -> None:
    if Outcome.objects.filter(sink_id=sink_id, kind=kind).update(count=F("count") + count, last_at=now):
        return
    # While the sink is locked, no other process creates the row.
    Outcome.objects.create(sink_id=sink_id, kind=kind, count=count, last_at=now)
