"""
A run that this process executes: its events, its timeout and its end, as an entry of the journal.

Longer than 400 lines, because it is one state machine, whose states are changed by the journal, timers and requests.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from time import perf_counter
from typing import Any

from django.conf import settings

from runs.delivery.request import Request
from runs.events.encoding import fit_error
from runs.events.feed import Feed
from runs.events.formatting import format_cancelled, format_error, format_retry
from runs.execution.concurrency import Lane
from runs.execution.ending import Ending, Phase, TimeLimit
from runs.execution.event_buffer import PENDING_BYTES, PENDING_EVENTS, EventBuffer
from runs.execution.owner import Owner
from runs.execution.request_memory import HeldRequest
from runs.journal.rows import (
    EVENTS,
    PAUSE,
    RUN,
    STEPS,
    WITH_STEPS,
    FinishRow,
    Named,
    NamedRow,
    RunLost,
)
from runs.links.failures import failure_row
from runs.models import Run
from runs.steps.errors import Suspended
from runs.steps.history import History
from runs.steps.run_steps import RunSteps
from runs.workflows.handle import RunEnded, TooManyEvents
from runs.workflows.registry import Workflow

logger = logging.getLogger(__name__)

# Read once: attributes of enumerations and of Django's settings are too slow for code that every event executes.
_RECORDING, _EXECUTING, _EXPIRED, _CANCELLING, _ENDED = Phase
_CANCELLED = Run.Status.CANCELLED.value
_MAX_EVENTS: int = settings.MAX_EVENTS
_EVENT_BYTES = 256 * 1024  # of a progress or log event; the output has its own limit
_RUN_OVERHEAD = 1000  # bytes of a recorded run in addition to its body, roughly


class LiveRun:
    """A run that this process executes. As an entry of the journal, it writes first its own row, then its events."""

    accepted_as = Run.Status.RUNNING

    __slots__ = (
        "_admitted",
        "_emitted",
        "_ending",
        "_executor",
        "_limit",
        "_named",
        "_row",
        "_until_over",
        "_writing",
        "app_id",
        "attempt",
        "ending",
        "events",
        "feed",
        "held",
        "kwargs",
        "lane",
        "lease",
        "over",
        "patient",
        "phase",
        "progress",
        "run_id",
        "shown",
        "source_id",
        "started",
        "steps",
        "task",
        "timeout",
        "waited",
        "workflow",
    )

    def __init__(
        self,
        executor: Owner,
        run_id: str,
        workflow: Workflow | None,
        request: Request,
        kwargs: dict[str, Any],
        timeout: float,
        *,
        app_id: str,
        source_id: int | None = None,
        lease: int = 1,
        attempt: int = 1,
        after: int = 0,
        progress: int = 0,
    ) -> None:
        """
        Args:
            executor: The executor that runs it.
            run_id: The run's id.
            workflow: The workflow; None if there is only an end to record.
            request: The request that the workflow receives.
            kwargs: The workflow's validated options.
            timeout: Seconds for this attempt.
            app_id: The run's app.
            source_id: The run's source.
            lease: Fences its writes; see `Run.lease`.
            attempt: 1, or more after a crash or a retry.
            after: The number of the last event that earlier attempts recorded.
            progress: The progress that earlier attempts reached, below which the shown progress must not fall.
        """
        self._executor = executor
        self.run_id = run_id
        self.workflow = workflow
        self.kwargs = kwargs
        self.timeout = timeout
        self.app_id = app_id
        self.source_id = source_id
        self.lane: Lane | None = None  # in which it has a slot, or waits for one
        self.waited = False  # whether it waited for its turn, so that its start is still to be recorded
        self.lease = lease
        self.attempt = attempt
        self.feed = Feed(after)
        self.steps: RunSteps | None = None  # from the first call of a step
        self.progress = 0  # of this attempt
        self.shown = progress  # by earlier attempts; this one never shows less
        self.patient = True
        self.events = EventBuffer(after, len(request.received) + _RUN_OVERHEAD, executor.journal.now)
        self.held = HeldRequest(request, executor.loop)
        self.task: asyncio.Task[None] | None = None
        self.started, self.phase = 0.0, _EXECUTING
        self.ending = Ending()
        self.over: asyncio.Future[None] | None = None  # completed when this process is done with the run
        self._emitted = after  # events that no report of this attempt has caused
        self._row: tuple[Any, ...] | None = None  # in the order of rows.RunRow
        self._named: Named | None = None
        self._admitted: asyncio.Future[None] | None = None
        self._until_over = False
        self._ending = 0  # the kind of the row that the journal took last, if it is the end or a pause
        self._writing = False
        self._limit: TimeLimit | None = None  # most runs end before they need one

    @property
    def ended(self) -> bool:
        """Whether its end is emitted, though perhaps not yet recorded, or another process continues it."""
        return self.phase is _ENDED

    @property
    def size(self) -> int:
        """Roughly how many bytes the journal will write."""
        return self.events.size if self.steps is None else self.events.size + self.steps.size

    def admit(self, row: tuple[Any, ...], named: Named | None, until_over: bool) -> "asyncio.Future[None]":
        """
        Record the run itself.

        Args:
            row: See `Admission.row`.
            named: The name and the expiry of its idempotency key, if it has one.
            until_over: See `Admission`.

        Returns:
            A future that completes when the run is recorded, or with the error if it is not.
        """
        self.phase = _RECORDING
        self._row = row
        self.patient = False  # until it is recorded, because the client waits for the answer
        self._until_over = until_over
        self._named = named
        self._admitted = admitted = self._executor.loop.create_future()
        self._writing = True
        self._executor.journal.enlist(self)
        self._executor.recording += 1
        if self.lane is not None:
            self.lane.recording += 1
        return admitted

    def take(self) -> NamedRow:
        if self._row is not None:
            return RUN, self._row, self._named
        segment = self.events.take(self.run_id, self.lease)
        steps = self.steps.take() if self.steps is not None else ()
        if self.ending.on_failure and self.ending.is_failure:
            steps = (*steps, failure_row(self.run_id, self.attempt, self.now()))
        if self.ending.row is None:
            return (STEPS, (*segment, steps), None) if steps else (EVENTS, segment, None)
        kind, end = self.ending.take(self._executor.journal.later)
        self._ending = kind
        return (WITH_STEPS[kind], (*segment, *end, steps), None) if steps else (kind, (*segment, *end), None)

    def written(self) -> None:
        self._writing = False
        if self.phase is _RECORDING:
            self.phase = _EXECUTING
            self._row = None
            self.patient = True
            self.events.size = 0
            if self.held.request.packed is not None:
                self.held.drop_packed()
            self._recorded()
            self._executor.start(self)
            if not (self._until_over and self._executor.is_beginning(self)):
                self.tell()
            return
        written = self.events.written()
        if self._ending and (end := self.ending.row) is not None:
            self.feed.closed = True  # with the outcome that `finish` set
            if self._ending == PAUSE:
                self.feed.paused = True
                self._executor.paused(self)
            elif not self.ending.is_retry:
                self._executor.figures.finished[end.status] += 1
                self._executor.tallies.ended(self.app_id, self.source_id, end.status, end.finished_at, end.duration)
                ending = self.ending
                if ending.parent is not None or ending.on_failure or end.status == _CANCELLED:
                    self._executor.ended(self)
            self._executor.forget(self)
        self.feed.publish(written)
        self._executor.streams.hints.tell(self.run_id, self.feed)
        if self.events.awaited is not None:
            self.events.release()
        if self.steps is not None:
            self.steps.written()
        if self.events.pending or (self.ending.row is not None and not self._ending):
            self._writing = True
            self._executor.journal.enlist(self)

    def failed(self, error: Exception) -> None:
        self._writing = False
        if self.phase is _RECORDING:
            self._row = None
            self._recorded()
            self.held.release()
            self.tell(error)
            return
        if isinstance(error, RunLost):
            logger.error(
                "attempt lost: run=%s attempt=%d lease=%d reason=%s", self.run_id, self.attempt, self.lease, error
            )
            self._executor.abandon(self)
        elif not self._ending:
            # Its events cannot be recorded, so record that the run failed.
            logger.error("events not recordable: run=%s error=%s", self.run_id, error)
            self.events.discard(self.feed.last)
            self.ending.row = None  # if there was one: it would follow events that are lost
            self.phase = _EXECUTING
            self.finish_with_error(Run.Status.ERROR, "RecordingFailed", "The run's events could not be recorded.")
            self.leave_lane()
            if self.task is not None:
                self.task.cancel()
        else:
            logger.error("run end not recordable: run=%s error=%s", self.run_id, error)
            self._executor.abandon(self)
        self.events.release()

    def tell(self, error: Exception | None = None) -> None:
        """Notify the caller of `admit` that the run is recorded, or why it is not. Later calls do nothing."""
        admitted, self._admitted = self._admitted, None
        if admitted is None or admitted.done():
            return
        if error is None:
            admitted.set_result(None)
        else:
            admitted.set_exception(error)

    def _recorded(self) -> None:
        self._executor.recording -= 1
        if self.lane is not None:
            self.lane.recording -= 1

    def leave_lane(self) -> None:
        """Release its slot, or its place in the lane's queue. Later calls do nothing."""
        lane, self.lane = self.lane, None
        if lane is not None:
            lane.leave(self.run_id)

    def emit(self, data: str) -> None:
        """Number an event and record it."""
        self._emitted += 1
        self.events.add(data)
        if not self._writing:
            self._writing = True
            self._executor.journal.enlist(self)

    def report(self, data: str) -> "asyncio.Future[None] | None":
        """See `handle.Reporter.report`."""
        if self.phase is _ENDED or self.phase is _EXPIRED:
            raise RunEnded(f"run {self.run_id} has ended")
        if self.steps is not None:
            self.check_live()
            if self.steps.holds_report():
                return None
        events = self.events
        if events.seq >= _MAX_EVENTS - 1:
            raise TooManyEvents(f"a run may have at most {_MAX_EVENTS} events (MAX_EVENTS)")
        if len(data) > _EVENT_BYTES:
            raise ValueError(f"an event of {len(data)} characters is larger than {_EVENT_BYTES}")
        events.add(data)  # as `emit` does: this is on the path of every run
        if not self._writing:
            self._writing = True
            self._executor.journal.enlist(self)
        if len(events.pending) >= PENDING_EVENTS or events.size >= PENDING_BYTES:
            return events.flushed()
        return None

    def check_live(self) -> None:
        """See `recorder.LiveSteps.check_live`."""
        self._check_executing()
        if self.events.seq >= _MAX_EVENTS - 1:
            raise TooManyEvents(f"a run may have at most {_MAX_EVENTS} events (MAX_EVENTS)")

    def _check_executing(self) -> None:
        if self.is_suspended:
            raise Suspended
        if self.phase is _ENDED or self.phase is _EXPIRED:
            raise RunEnded(f"run {self.run_id} has ended")

    def secret(self, name: str) -> str:
        """See `handle.Reporter.secret`."""
        self._check_executing()
        return self._executor.secrets.value(self.app_id, name)

    def now(self) -> str:
        """See `recorder.LiveSteps.now`."""
        return self._executor.journal.now()

    def utc_now(self) -> datetime:
        """See `recorder.LiveSteps.utc_now`."""
        return self._executor.journal.utc_now()

    def begin_steps(self, history: History | None = None) -> RunSteps:
        """
        Return the steps of this attempt. The first call makes them.

        Args:
            history: What earlier attempts recorded, if anything.
        """
        if self.steps is None:
            assert self.workflow is not None
            calls = self.events.seq - self._emitted
            self.steps = RunSteps(self, self.workflow, self.task, self._executor.thread_slots, history, calls)
        return self.steps

    @property
    def is_suspended(self) -> bool:
        """Whether the run is let go as soon as its workflow has ended."""
        return self.steps is not None and self.steps.waits.is_suspended

    async def start_child(
        self, run_id: str, workflow: str, payload: str, options: dict[str, Any], is_awaited: bool, record: Any
    ) -> None:
        """See `recorder.LiveSteps.start_child`."""
        await self._executor.start_child(self, run_id, workflow, payload, options, is_awaited, record)

    async def in_thread(self, function: Callable[..., Any], *args: Any) -> Any:
        """See `recorder.LiveSteps.in_thread`."""
        return await self._executor.threads.run(function, *args)

    def let_go(self, until: datetime | None) -> None:
        """See `recorder.LiveSteps.let_go`."""
        self.ending.wake_at = self._executor.journal.as_value(until) if until is not None else None
        # In place of its timeout: a workflow that does not end in time is cancelled.
        self._limit = self._limit or TimeLimit(self._executor.loop)
        self._limit.start(settings.WORKFLOW_CANCEL_TIMEOUT, self._stop_task)

    def pause(self) -> None:
        """Record that the run waits, and that no process owns it until it wakes."""
        if self.phase is not _EXECUTING or self.steps is None:
            return
        self.phase = _ENDED
        if self._limit is not None:
            self._limit.stop()
        spent = perf_counter() - self.started if self.started else 0.0
        self.steps.record_spent(self.attempt, self.steps.spent(self.attempt) + spent)
        self.ending.row = FinishRow(Run.Status.WAITING.value, self.now(), 0.0, "", "", "")
        if not self._writing:
            self._writing = True
            self._executor.journal.enlist(self)

    def finish(self, status: Run.Status, last: str, error: tuple[str, str, str] = ("", "", "")) -> None:
        """
        Record the run's end, once; later calls do nothing.

        Args:
            status: The final status; queued if another attempt follows.
            last: The JSON of the last event.
            error: The type, the message, and the traceback for the admin.
        """
        if self.phase is _ENDED:
            return
        self.phase = _ENDED
        if self._limit is not None:
            self._limit.stop()
        duration = perf_counter() - self.started if self.started else 0.0
        self.ending.row = FinishRow(status.value, self._executor.journal.now(), duration, *error)
        self.feed.outcome = None if status == Run.Status.QUEUED else last
        self.emit(last)

    def fail(self, error: BaseException, kind: str, message: str, trace: str = "") -> None:
        """Record that the attempt failed: end the run, or pause it if it has attempts left."""
        seconds = self.ending.fail(error)
        if seconds is None:
            self.finish_with_error(Run.Status.ERROR, kind, message, trace)
            return
        if self.steps is not None:
            self.steps.record_retry(self.attempt)
        message, trace = fit_error(message, trace)
        last = format_retry(self.run_id, self.attempt, kind, message, seconds)
        self.finish(Run.Status.QUEUED, last, (kind, message, trace))

    def finish_with_error(self, status: Run.Status, kind: str, message: str, trace: str = "") -> None:
        message, trace = fit_error(message, trace)
        self.finish(status, format_error(self.run_id, kind, message), (kind, message, trace))

    def start_timer(self) -> None:
        """Limit the time of this attempt from now on."""
        self._limit = TimeLimit(self._executor.loop)
        spent = self.steps.spent(self.attempt) if self.steps is not None else 0.0
        self._limit.start(max(0.0, self.timeout - spent), self._expire)

    def _expire(self) -> None:
        if self.phase is not _ENDED:
            self.phase = _EXPIRED
            self._stop_task()

    def cancel(self) -> None:
        """Stop the workflow; the run ends as cancelled."""
        if self.phase is _EXECUTING:
            self.phase = _CANCELLING
            if self.lane is not None and self.run_id in self.lane.waiting:
                self.leave_lane()
                self.end_as_stopped()
            else:
                self._stop_task()

    def _stop_task(self) -> None:
        self._limit = self._limit or TimeLimit(self._executor.loop)
        self._limit.cancel(self.task, self._end_without_task)

    def _end_without_task(self) -> None:
        if self.phase is not _ENDED:
            name = self.workflow.name if self.workflow else ""
            logger.error("workflow ignores cancellation: run=%s workflow=%r", self.run_id, name)
            if self.phase is _EXECUTING:
                self.pause()  # it was let go
            else:
                self.end_as_stopped()

    def end_as_stopped(self) -> None:
        """Record the end after a timeout or a cancellation."""
        if self.phase is _EXPIRED:
            message = f"The workflow did not finish within {self.timeout:g} s."
            logger.warning("run timed out: run=%s timeout=%g", self.run_id, self.timeout)
            self.fail(TimeoutError(message), "Timeout", message)
        else:
            self.finish(Run.Status.CANCELLED, format_cancelled(self.run_id))
