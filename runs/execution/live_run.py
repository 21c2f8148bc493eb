"""A run that this process executes: its events, its time and its end, as an entry of the journal."""

import asyncio
import logging
from time import perf_counter
from typing import Any, Protocol

from django.conf import settings

from runs.delivery.request import Request
from runs.events.encoding import storable, to_json
from runs.events.feed import Feed
from runs.events.streams import Streams
from runs.execution.body_memory import body_memory
from runs.execution.concurrency import Lane
from runs.execution.figures import Figures
from runs.journal.journal import Journal
from runs.journal.rows import END, EVENTS, RUN, Named, NamedRow, RunLost
from runs.models import Run
from runs.ports import EndCounter
from runs.workflows.handle import RunEnded, TooManyEvents
from runs.workflows.registry import Workflow

logger = logging.getLogger(__name__)

# Read once: Django's settings object costs too much where every event passes.
_MAX_EVENTS: int = settings.MAX_EVENTS

# A run with so many events waiting to be written pauses until they are; others get their turn meanwhile.
_PENDING_EVENTS = 128
_PENDING_BYTES = 256 * 1024
_EVENT_BYTES = 256 * 1024  # of progress and log events; the output has a limit of its own
_ERROR_CHARACTERS = 2_000
_TRACEBACK_CHARACTERS = 32_000


class Owner(Protocol):
    """What a live run needs of the executor that has it."""

    loop: asyncio.AbstractEventLoop
    journal: Journal
    streams: Streams
    tallies: EndCounter
    figures: Figures
    recording: int

    def start(self, live: "LiveRun") -> None:
        """Execute a run that is recorded as this process's, when its turn comes."""

    def is_beginning(self, live: "LiveRun") -> bool:
        """Whether a run was started just now, and may be over within its first turn."""

    def forget(self, live: "LiveRun") -> None:
        """The run's end is recorded."""

    def abandon(self, live: "LiveRun") -> None:
        """Stop executing without recording an end: it goes on elsewhere, or after a restart."""


_RELEASED = Request("", "")  # the request of a run that needs its own no more


class LiveRun:
    """A run that this process executes. It is an entry of the journal: first itself, then its events."""

    accepted_as = Run.Status.RUNNING

    __slots__ = (
        "_admitted",
        "_emitted_at",
        "_ending",
        "_executor",
        "_finish",
        "_flushed",
        "_handed_over",
        "_head",
        "_named",
        "_pending",
        "_stuck",
        "_timer",
        "_until_over",
        "_writing",
        "app_id",
        "attempt",
        "cancelling",
        "ended",
        "expired",
        "feed",
        "kwargs",
        "lane",
        "over",
        "patient",
        "progress",
        "request",
        "retry_in",
        "run_id",
        "seq",
        "shown",
        "size",
        "source_id",
        "started",
        "task",
        "timeout",
        "waited",
        "weight",
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
        attempt: int = 1,
        after: int = 0,
        progress: int = 0,
    ) -> None:
        """
        Args:
            executor: The executor that runs it.
            run_id: Its id.
            workflow: What runs; None where there is only an end to record.
            request: What it receives.
            kwargs: The workflow's options, checked.
            timeout: Seconds for this attempt.
            app_id: Its app.
            source_id: What asked for it.
            attempt: 1, or more after a crash.
            after: The number of the last event that earlier attempts recorded.
            progress: The progress that earlier attempts reached, which readers must not see fall.
        """
        self._executor = executor
        self.run_id = run_id
        self.workflow = workflow
        self.request = request
        self.kwargs = kwargs
        self.timeout = timeout
        self.app_id = app_id
        self.source_id = source_id
        self.lane: Lane | None = None  # where it has, or wants, one of the slots of its source
        self.waited = False  # whether it is recorded as one that waits for its turn
        self.attempt = attempt
        self.feed = Feed(after)
        self.seq = after
        self.progress = 0  # of this attempt
        self.shown = progress  # by earlier attempts, and never less than that by this one
        self.patient = True
        self.size = len(request.received) + 1000
        # Bytes of `body_memory` that this run holds.
        self.weight = request.counted
        if request.counted:
            request.counted = 0
        else:
            request.packed = None  # recorded already
            self.weigh(len(request.body))
        if not request.is_small:
            self.weigh(request.measure_parsed())
            request.watch = self.watch
        self.task: asyncio.Task[None] | None = None
        self.started = 0.0
        self.expired = False
        self.cancelling = False
        self.ended = False
        self.retry_in: float | None = None  # seconds after which a failed attempt is followed by another
        self.over: asyncio.Future[None] | None = None  # for whoever waits until this process is done with it
        self._head: tuple[Any, ...] | None = None
        self._named: Named | None = None
        self._admitted: asyncio.Future[None] | None = None
        self._until_over = False
        self._pending: list[str] = []  # the JSON of the events up to `seq` that are not handed to the journal
        self._emitted_at: Any = None  # the first of them
        self._handed_over: list[str] = []  # those events that the journal has, and has not written
        self._finish: tuple[Any, ...] | None = None
        self._ending = False  # whether what was handed to the journal last is the end
        self._writing = False
        self._flushed: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._stuck: asyncio.TimerHandle | None = None

    # Memory.

    def weigh(self, size: int) -> None:
        """Count bytes, or with a size below 0 no longer, while it has its request."""
        if self.request is not _RELEASED:
            self.weight += size
            body_memory.bytes += size

    def watch(self, size: int) -> bool:
        """Count what its request was parsed into, in any thread. Returns whether there is room for it."""
        try:
            on_loop = asyncio.get_running_loop() is self._executor.loop
        except RuntimeError:
            on_loop = False
        if not body_memory.has_room(size):
            return False
        if on_loop:
            self.weigh(size)
        else:
            self._executor.loop.call_soon_threadsafe(self.weigh, size)
        return True

    def release_request(self) -> None:
        """Let go of its request, which is recorded and not needed any more."""
        if self.request is not _RELEASED:
            body_memory.bytes -= self.weight
            self.request.watch = None
            self.request = _RELEASED

    # As an entry of the journal.

    def admit(self, head: tuple[Any, ...], named: Named | None, until_over: bool) -> "asyncio.Future[None]":
        """
        Have the run itself recorded.

        Args:
            head: See `Admission.head`.
            named: What it is recorded under, if nothing else is.
            until_over: See `Admission`.

        Returns:
            A future that ends when it is recorded, or with why it is not.
        """
        self._head = head
        self.patient = False  # until it is recorded: somebody waits for the answer
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
        if self._head is not None:
            return RUN, self._head, self._named
        pending, self._pending = self._pending, []
        first = self.seq - len(pending) + 1
        self._handed_over = pending
        segment = (self.run_id, self.seq, first, self._emitted_at, "\n".join(pending), self.attempt)
        if self._finish is None:
            return EVENTS, segment, None
        self._ending = True
        return END, segment + self._finish, None

    def written(self) -> None:
        self._writing = False
        if self._head is not None:
            self._head = None
            self.patient = True
            self.size = 0
            if (packed := self.request.packed) is not None:
                self.request.packed = None
                self.weigh(-len(packed))
            self._recorded()
            self._executor.start(self)
            if not (self._until_over and self._executor.is_beginning(self)):
                self.tell()
            return
        events, self._handed_over = self._handed_over, []
        self.size = 0
        if self._finish is not None and not self._pending:
            self.feed.closed = True  # with the outcome that `finish` set
            status, finished_at, duration = self._finish[:3]
            if status != Run.Status.QUEUED:
                self._executor.figures.finished[status] += 1
                self._executor.tallies.ended(self.app_id, self.source_id, status, finished_at, duration)
            self._executor.forget(self)
        self.feed.publish(events)
        self._executor.streams.hints.tell(self.run_id, self.feed)
        if self._flushed is not None:
            self._release()
        if self._pending:
            self._writing = True
            self._executor.journal.enlist(self)

    def failed(self, error: Exception) -> None:
        self._writing = False
        if self._head is not None:
            self._head = None
            self._recorded()
            self.release_request()
            self.tell(error)
            return
        self._handed_over = []
        if isinstance(error, RunLost):
            logger.error("run %s: attempt %d was taken from this process: %s", self.run_id, self.attempt, error)
            self._executor.abandon(self)
        elif not self._ending:
            # Its events cannot be recorded. What can be, is that it failed.
            logger.error("run %s: its events cannot be recorded: %s", self.run_id, error)
            self._pending = []
            self.seq = self.feed.last
            self._finish = None  # if there was one: its events follow those that are lost
            self.ended = False
            self.finish_with_error(Run.Status.ERROR, "RecordingFailed", "The run's events could not be recorded.")
            self.leave_lane()
            if self.task is not None:
                self.task.cancel()
        else:
            logger.error("run %s: its end cannot be recorded: %s", self.run_id, error)
            self._executor.abandon(self)
        self._release()

    def tell(self, error: Exception | None = None) -> None:
        """Tell who asked for the run that it is recorded, or why it is not; once."""
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
        """Give up its slot, or its place among those that wait for one. Once: later calls do nothing."""
        lane, self.lane = self.lane, None
        if lane is not None:
            lane.leave(self.run_id)

    def _release(self) -> None:
        if self._flushed is not None and not self._flushed.done():
            self._flushed.set_result(None)
        self._flushed = None

    # Events.

    def emit(self, data: str) -> None:
        """Number an event and have it recorded."""
        self.seq += 1
        if not self._pending:
            self._emitted_at = self._executor.journal.now()
        self._pending.append(data)
        self.size += len(data) + 100
        if not self._writing:
            self._writing = True
            self._executor.journal.enlist(self)

    def report(self, data: str) -> "asyncio.Future[None] | None":
        """
        Emit one event of the workflow's.

        Args:
            data: Its JSON.

        Returns:
            What to wait for first where many are still to be written; else None.

        Raises:
            RunEnded: The run is over.
            TooManyEvents: It has no more events to spend.
            ValueError: The event is too large.
        """
        if self.ended or self.expired:
            raise RunEnded(f"run {self.run_id} is over")
        if self.seq >= _MAX_EVENTS - 1:
            raise TooManyEvents(f"a run may have {_MAX_EVENTS} events at most (MAX_EVENTS)")
        if len(data) > _EVENT_BYTES:
            raise ValueError(f"an event of {len(data)} characters is larger than {_EVENT_BYTES}")
        self.emit(data)
        if len(self._pending) >= _PENDING_EVENTS or self.size >= _PENDING_BYTES:
            if self._flushed is None:
                self._flushed = self._executor.loop.create_future()
            return asyncio.shield(self._flushed)
        return None

    # The end.

    def finish(self, status: Run.Status, last: str, error: tuple[str, str, str] = ("", "", "")) -> None:
        """
        Record the run's end, once; later calls do nothing.

        Args:
            status: The final one.
            last: The data of the last event.
            error: Type, message, and traceback for the admin.
        """
        if self.ended:
            return
        self.ended = True
        if self._timer is not None:
            self._timer.cancel()
        if self._stuck is not None:
            self._stuck.cancel()
        duration = perf_counter() - self.started if self.started else 0.0
        self._finish = (status.value, self._executor.journal.now(), duration, *error)
        self.feed.outcome = None if status == Run.Status.QUEUED else last
        self.emit(last)

    @property
    def requeued(self) -> bool:
        """Whether this attempt failed and another is to follow."""
        return self._finish is not None and self._finish[0] == Run.Status.QUEUED

    def fail(self, kind: str, message: str, trace: str = "") -> None:
        """Record that the attempt failed: the run is over, or queued again where it has attempts left."""
        if self.retry_in is None:
            self.finish_with_error(Run.Status.ERROR, kind, message, trace)
            return
        message, trace = _fitting(message, trace)
        said = message.removesuffix(".")
        text = f"Attempt {self.attempt} failed: {kind}: {said}. The next starts in {self.retry_in:g} s."
        event = {"type": "log", "run_id": self.run_id, "level": "warning", "message": text}
        self.finish(Run.Status.QUEUED, to_json(event), (kind, message, trace))

    def finish_with_error(self, status: Run.Status, kind: str, message: str, trace: str = "") -> None:
        message, trace = _fitting(message, trace)
        last = to_json({"type": "error", "run_id": self.run_id, "error": {"type": kind, "message": message}})
        self.finish(status, last, (kind, message, trace))

    # Time.

    def start_timer(self) -> None:
        self._timer = self._executor.loop.call_later(self.timeout, self._expire)

    def _expire(self) -> None:
        self.expired = True
        self._cancel_task()

    def cancel(self) -> None:
        """Stop the workflow; the run ends as cancelled."""
        if not (self.ended or self.cancelling or self.expired):
            self.cancelling = True
            if self.lane is not None and self.run_id in self.lane.waiting:
                self.leave_lane()
                self.end_as_stopped()
            else:
                self._cancel_task()

    def _cancel_task(self) -> None:
        if self.task is not None and not self.task.done():
            self.task.cancel()
            patience = settings.WORKFLOW_CANCEL_TIMEOUT
            self._stuck = self._executor.loop.call_later(patience, self._end_without_task)

    def _end_without_task(self) -> None:
        if not self.ended:
            name = self.workflow.name if self.workflow else ""
            logger.error("run %s: workflow %r does not stop when cancelled", self.run_id, name)
            self.end_as_stopped()

    def end_as_stopped(self) -> None:
        """Record the end that a timeout or a cancel makes."""
        if self.expired:
            message = f"The workflow was not done after {self.timeout:g} s."
            logger.warning("run %s: timed out after %g s", self.run_id, self.timeout)
            self.fail("Timeout", message)
        else:
            self.finish(Run.Status.CANCELLED, to_json({"type": "cancelled", "run_id": self.run_id}))


def _fitting(message: str, trace: str) -> tuple[str, str]:
    """An error's message and traceback as they are recorded."""
    return storable(message)[:_ERROR_CHARACTERS], storable(trace)[-_TRACEBACK_CHARACTERS:]


def waits(run_id: str) -> dict[str, str]:
    """The event which says that a run waits for its turn."""
    message = "Waiting for its turn: only so many runs are executed here at once."
    return {"type": "log", "run_id": run_id, "level": "info", "message": message}
