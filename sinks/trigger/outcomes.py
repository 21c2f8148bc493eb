"""
Outcomes of deliveries that started no run: counts for each sink, and the newest refusals. Counts by time are kept
together with those of runs (runs/history/tallies.py).
"""

import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from django.db import connections, transaction
from django.db.models import F

from runs.database_threads import PeriodicFlush
from runs.history.tallies import REFUSED, Tallies
from sinks.models import Outcome, Sink
from sinks.refusals.pending import Noted, Pending
from sinks.refusals.requests import KeptRequest
from sinks.refusals.storage import delete_beyond_total, write

logger = logging.getLogger(__name__)

_BATCH_SIZE = 10  # sinks in one transaction: in SQLite, runs wait meanwhile
_PAUSE = 0.02  # seconds between two transactions, in which runs can be recorded
WOULD_REFUSE = "would be refused"  # a kind: the request was admitted, since its sink only logs
_CLIENT = 64  # characters, as in the model


@dataclass(slots=True)
class _Outcomes:
    """Outcomes that are not written yet."""

    counts: Counter[tuple[int, str]] = field(default_factory=Counter)  # by sink and kind
    refusals: Pending = field(default_factory=Pending)

    def add(self, other: "_Outcomes") -> None:
        """Add earlier outcomes to these."""
        self.counts += other.counts
        self.refusals.add_earlier(other.refusals)


class Outcomes:
    """Counts outcomes in dictionaries, which a thread writes once a second. Belongs to one event loop."""

    def __init__(self, tallies: Tallies) -> None:
        """
        Args:
            tallies: The counts by time, to which deliveries are added. The caller has to stop it.
        """
        self._tallies = tallies
        self.totals: Counter[str] = Counter()  # of this process, by kind
        self._noted = _Outcomes()
        self._taken = _Outcomes()  # what is being written
        # A flood of requests must not become a flood of transactions.
        self._flush = PeriodicFlush("outcomes", "REFUSAL_FLUSH_INTERVAL", self._take, self._give_back)

    def note(
        self,
        app_id: str,
        sink_id: int,
        kind: str,
        reason: str = "",
        client: str = "",
        request: KeptRequest | None = None,
        run_id: str = "",
    ) -> None:
        """
        Count a delivery that started no run, and was not refused. With its request, it is kept among the refusals.

        Args:
            app_id: The id of the sink's app.
            sink_id: The id of the sink.
            kind: The outcome: "filtered", "repeated", "ping", ...; one of a few dozen.
            reason: The reason for the admin; without secrets.
            client: The caller's address.
            request: The request.
            run_id: The run of the first delivery, if this one is a repeat.
        """
        self._count(sink_id, kind)
        self._tallies.without_run(app_id, sink_id, kind)
        if request is not None:
            self._keep(sink_id, kind, 200, reason, client, request, run_id)

    def refused(
        self,
        app_id: str,
        sink_id: int,
        kind: str,
        status: int,
        reason: str,
        client: str,
        request: KeptRequest | None = None,
        *,
        is_kept: bool = True,
    ) -> None:
        """
        Count a refusal, and keep it if it is among the newest.

        Args:
            app_id: The id of the sink's app.
            sink_id: The id of the sink.
            kind: The kind of refusal: "token", "signature", "rate", ...; one of a few dozen.
            status: The HTTP status.
            reason: The reason for the admin; without secrets.
            client: The caller's address.
            request: The request, as far as it was read.
            is_kept: False to count it only, since `wants` says so.
        """
        self._count(sink_id, kind)
        self._tallies.without_run(app_id, sink_id, f"{REFUSED}:{kind}")
        if is_kept:
            self._keep(sink_id, kind, status, reason, client, request)

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
        self._keep(sink_id, WOULD_REFUSE, status, f"would be refused: {reason}", client, None)

    def wants(self, sink_id: int, *, is_refused: bool = True) -> bool:
        """Return whether to keep another refusal of a sink, with its request: not each one in a flood."""
        return self._noted.refusals.wants(sink_id, is_refused=is_refused)

    def _keep(
        self,
        sink_id: int,
        kind: str,
        status: int,
        reason: str,
        client: str,
        request: KeptRequest | None,
        run_id: str = "",
    ) -> None:
        noted = Noted(datetime.now(UTC), sink_id, kind, status, reason, client[:_CLIENT], request, run_id)
        self._noted.refusals.add(noted)

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
        self._taken, self._noted = self._noted, _Outcomes()
        return partial(_record, self._taken)

    def _give_back(self) -> None:
        self._noted.add(self._taken)


def _record(noted: _Outcomes) -> None:
    """Write outcomes, some sinks at a time, and remove the written outcomes from `noted`; for threads."""
    kinds: dict[int, list[str]] = {}
    for sink_id, kind in sorted(noted.counts):  # sorted, so that two processes never wait for each other
        kinds.setdefault(sink_id, []).append(kind)
    sink_ids, has_refusals = list(kinds), bool(noted.refusals.bytes or any(noted.refusals))
    try:
        for start in range(0, len(sink_ids), _BATCH_SIZE):
            if start:
                time.sleep(_PAUSE)
            some = {sink_id: kinds[sink_id] for sink_id in sink_ids[start : start + _BATCH_SIZE]}
            _record_some(noted, some)
            for sink_id in some:
                noted.refusals.remove(sink_id)
                for kind in kinds[sink_id]:
                    del noted.counts[sink_id, kind]
        if has_refusals:
            delete_beyond_total()
    except Exception:
        connections.close_all()
        raise


def _record_some(noted: _Outcomes, kinds: dict[int, list[str]]) -> None:
    """Write the outcomes of some sinks, except deleted sinks, in one transaction."""
    with transaction.atomic():
        # Lock the sinks. A deletion also locks its sink first, so one of them waits until the other has ended. SQLite
        # allows only one writer in any case.
        some = Sink.objects.select_for_update(no_key=True).filter(pk__in=kinds).order_by("pk")
        now = datetime.now(UTC)
        for sink in some:
            for kind in kinds[sink.pk]:
                _add(sink.pk, kind, noted.counts[sink.pk, kind], now)
            if refusals := noted.refusals.of(sink.pk):
                write(sink, refusals)


def _add(sink_id: int, kind: str, count: int, now: datetime) -> None:
    if Outcome.objects.filter(sink_id=sink_id, kind=kind).update(count=F("count") + count, last_at=now):
        return
    # While the sink is locked, no other process creates the row.
    Outcome.objects.create(sink_id=sink_id, kind=kind, count=count, last_at=now)
