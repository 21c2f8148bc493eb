"""
What became of deliveries that started no run: counted for each sink, and the newest refusals kept. By time they are
counted with the runs (runs/history/tallies.py).
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

_NEWEST = 20  # refusals of a sink that one writing takes
_KEPT = 50  # refusals of a sink
_AT_ONCE = 10  # sinks of one transaction: in SQLite the runs wait meanwhile
_PAUSE = 0.02  # seconds between two transactions, in which the runs have their turn
_MOST_SINKS = 10_000  # of which refusals wait to be written, while the database is away
_REASON, _CLIENT = 200, 64  # characters, as the models have them

_Refused = tuple[datetime, int, str, str]  # when, status, reason, client


@dataclass(slots=True)
class _Noted:
    """What is not written yet."""

    counts: Counter[tuple[int, str]] = field(default_factory=Counter)  # by sink and kind
    refusals: dict[int, deque[_Refused]] = field(default_factory=dict)  # by sink

    def add(self, other: "_Noted") -> None:
        """Take over what came before this."""
        self.counts += other.counts
        for sink_id, earlier in other.refusals.items():
            self.refusals[sink_id] = deque([*earlier, *self.refusals.get(sink_id, ())], _NEWEST)


class Outcomes:
    """Belongs to one event loop. Noting something costs it a dictionary's look-up; a thread writes once a second."""

    def __init__(self, tallies: Tallies) -> None:
        """
        Args:
            tallies: Where deliveries are counted by time too; it has to be stopped by somebody else.
        """
        self._tallies = tallies
        self.totals: Counter[str] = Counter()  # of this process, by kind
        self._noted = _Noted()
        self._fault_interval: float = settings.FILTER_FAULT_INTERVAL
        self._fault_at: dict[int, float] = {}  # when one was last kept, by sink
        self._taken = _Noted()  # what is being written
        # A flood of requests must not become one of transactions.
        self._flush = PeriodicFlush("outcomes", "REFUSAL_FLUSH_INTERVAL", self._take, self._give_back)

    def note(self, app_id: str, sink_id: int, kind: str, fault: str = "", client: str = "") -> None:
        """
        Count a delivery that is no refusal.

        Args:
            app_id: The app of the sink, as in addresses.
            sink_id: The sink that it was for.
            kind: What became of it: "filtered", "repeated", "ping", ...; one of a few dozen.
            fault: What is to be shown to the admin among the newest refusals, though the delivery was taken: what the
                sink's filter fails on; without secrets. One a minute is: a filter may fail on most of them.
            client: The caller's address, where there is a fault.
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
            app_id: The app of the sink, as in addresses.
            sink_id: The sink that refused.
            kind: Why: "token", "signature", "rate", ...; one of a few dozen.
            status: The HTTP status.
            reason: For the admin; without secrets.
            client: The caller's address.
        """
        self._count(sink_id, kind)
        self._tallies.without_run(app_id, sink_id, f"{REFUSED}:{kind}")
        self._keep_newest(sink_id, status, reason, client)

    def _keep_newest(self, sink_id: int, status: int, reason: str, client: str) -> None:
        refusals = self._noted.refusals
        newest = refusals.get(sink_id)
        if newest is None:
            if len(refusals) >= _MOST_SINKS:
                return
            newest = refusals[sink_id] = deque(maxlen=_NEWEST)
        newest.append((datetime.now(UTC), status, reason, client[:_CLIENT]))

    def _count(self, sink_id: int, kind: str) -> None:
        self.totals[kind] += 1
        self._noted.counts[sink_id, kind] += 1

    async def stop(self) -> None:
        """Write what is noted, and let the connection go."""
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
    """Write what is noted, some sinks at a time, and take out of it what is written; for threads."""
    kinds: dict[int, list[str]] = {}
    for sink_id, kind in sorted(noted.counts):  # in one order, so that two processes never wait for each other
        kinds.setdefault(sink_id, []).append(kind)
    sink_ids = list(kinds)
    try:
        for start in range(0, len(sink_ids), _AT_ONCE):
            if start:
                time.sleep(_PAUSE)
            some = {sink_id: kinds[sink_id] for sink_id in sink_ids[start : start + _AT_ONCE]}
            _record_some(noted, some)
            for sink_id in some:
                noted.refusals.pop(sink_id, None)
                for kind in kinds[sink_id]:
                    del noted.counts[sink_id, kind]
    except Exception:
        connections.close_all()
        raise


def _record_some(noted: _Noted, kinds: dict[int, list[str]]) -> None:
    """Write what is noted of some sinks, in one transaction; not of those that are gone."""
    with transaction.atomic():
        # Locked: who deletes one has it locked too, before all else, and either waits for the other. SQLite lets only
        # one write in any case.
        some = Sink.objects.select_for_update(no_key=True).filter(pk__in=kinds).order_by("pk")
        there = set(some.values_list("pk", flat=True))
        now = datetime.now(UTC)
        for sink_id in sorted(there):
            for kind in kinds[sink_id]:
                _add(sink_id, kind, noted.counts[sink_id, kind], now)
        for sink_id in sorted(there & noted.refusals.keys()):
            Refusal.objects.bulk_create(_rows(sink_id, noted.refusals[sink_id]))
            past = Refusal.objects.filter(sink_id=sink_id).order_by("-pk").values_list("pk", flat=True)[_KEPT:]
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
    # While the sink is locked, no other process makes it.
    Outcome.objects.create(sink_id=sink_id, kind=kind, count=count, last_at=now)
