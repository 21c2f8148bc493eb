"""The last step of a delivery: it is recorded as a run, or sent as a signal, if the limits allow that."""

import logging
import time

from django.db import Error as DatabaseError

from runs.execution.admission import Admission
from runs.execution.live_run import LiveRun
from runs.execution.queue_limits import QueueFull
from runs.execution.queued_run import QueuedRun
from runs.journal.entry import JournalUnavailable, Unrecordable
from runs.journal.idempotency import fingerprint_of, key_of
from runs.journal.rows import Repeated
from runs.links.keyed_signals import ConflictingDelivery, Origin, RepeatedDelivery, send_keyed
from runs.links.signals import TooManySignals
from sinks.http.answers import RecordedRun
from sinks.http.problems import Headers
from sinks.refusals.requests import kept_request
from sinks.routing.matching import DeliverTo
from sinks.trigger.incoming import Incoming
from sinks.trigger.rate_limits import rates, retry_after
from sinks.trigger.refusals import RefusalKind, Refused, Signalled, away, conflict, full, slow
from sinks.trigger.repeats import first_run, repeat_or_refuse

logger = logging.getLogger(__name__)

Started = tuple[LiveRun | QueuedRun | RecordedRun, Headers]  # a run, and additional header fields of the response


async def admit(incoming: Incoming) -> Started:
    """
    Record a delivery as a run.

    Returns:
        The run, or the run that was started by an earlier delivery with this key, and additional header fields of the
        response.

    Raises:
        Refused: No run was started.
    """
    engine, sink = incoming.engine, incoming.sink
    executor = engine.executor
    if engine.journal.is_slow():
        raise slow() if engine.journal.healthy else away()
    # Do not await anything from here until the run is counted among the runs that are being recorded.
    limit, rate = sink.concurrency, sink.checks.rate if sink.checks is not None else None
    refusal: Refused | None = None
    if limit is not None and not sink.on_workers and executor.lanes.is_full(sink.id, limit, sink.queue or 0):
        refusal = full()
    elif rate is not None and (seconds := rates.take(sink.id, rate, time.monotonic_ns())):
        refusal = _too_fast(seconds)
    if refusal is not None:
        return await repeat_or_refuse(incoming, refusal)
    admission = Admission(
        incoming.workflow,
        incoming.request,
        sink.app_id,
        sink.id,
        sink.options,
        sink.kwargs,
        sink.timeout,
        sink.retry,
        incoming.once,
        sink.concurrency,
        incoming.wish.until_over,
        sink.on_failure,
    )
    try:
        if not sink.on_workers:
            live, recorded = executor.admit(admission)
            await recorded
            return live, ()
        return await engine.enqueue(admission, sink.priority, sink.queue), ()
    except Repeated as repeated:
        if rate is not None:
            rates.give_back(sink.id)
        return await first_run(incoming, repeated)
    except QueueFull:
        if rate is not None:
            rates.give_back(sink.id)
        return await repeat_or_refuse(incoming, full())
    except JournalUnavailable:
        raise away() from None
    except Unrecordable as error:
        logger.error("run not recordable: sink=%d app=%s error=%s", sink.id, sink.app_id, error)
        raise Refused(RefusalKind.UNRECORDED, "The run could not be recorded.") from None


async def deliver(incoming: Incoming, deliver_to: DeliverTo) -> Signalled:
    """
    Send a delivery as a signal.

    Args:
        incoming: The delivery, whose key and payload were found.
        deliver_to: The sink's signal.

    Raises:
        Refused: Nothing was sent.
    """
    engine, sink, message, request = incoming.engine, incoming.sink, incoming.message, incoming.request
    assert message is not None
    request.close()
    if engine.journal.is_slow():
        raise slow() if engine.journal.healthy else away()
    rate = sink.checks.rate if sink.checks is not None else None
    if rate is not None and (seconds := rates.take(sink.id, rate, time.monotonic_ns())):
        raise _too_fast(seconds)
    origin, once, is_repeat = None, incoming.once, False
    if once is not None:
        fingerprint = fingerprint_of(request.method, request.path, request.query_string, request.received)
        origin = Origin(key_of(once.name), fingerprint, once.strict, once.window)
    engine.executor.recording += 1  # counts towards MAX_RUNS, as a run that is being recorded does
    try:
        sent = sink.app_id, deliver_to.signal, message.key, message.payload, origin
        await engine.executor.threads.run(send_keyed, *sent)
    except RepeatedDelivery:
        is_repeat = True
        if rate is not None:
            rates.give_back(sink.id)
    except ConflictingDelivery:
        raise conflict() from None
    except TooManySignals as error:
        raise Refused(RefusalKind.SIGNALS, str(error)) from None
    except DatabaseError:
        raise away() from None
    finally:
        engine.executor.recording -= 1
    if is_repeat:
        reason = "A repeat of a delivery that was sent as a signal."
        kept = kept_request(incoming) if incoming.outcomes.wants(sink.id, is_refused=False) else None
        incoming.outcomes.note(sink.app_id, sink.id, "repeated", reason, request.client, kept)
    else:
        incoming.outcomes.note(sink.app_id, sink.id, "signalled")
    return Signalled(deliver_to.signal, message.key, is_repeat)


def _too_fast(seconds: float) -> Refused:
    detail = "This sink's rate limit is exceeded. Try again after the seconds in Retry-After."
    return Refused(RefusalKind.RATE, detail, retry_after(seconds))
