"""Executes runs on the server's event loop, and turns what their workflows say into numbered events."""

import asyncio
import json
import logging
import threading
import traceback
from collections.abc import Awaitable, Callable, Coroutine, Generator
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter
from types import TracebackType
from typing import Any, Literal

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connections, transaction
from django.utils import timezone
from pydantic_core import to_json as encode_plain

from runs.batching import Gathering
from runs.delivery.request import Request
from runs.events.streams import Feed, Streams, frame
from runs.execution.body_memory import body_memory
from runs.execution.concurrency import Lane, Lanes
from runs.history.tallies import Tallies
from runs.ids import new_run_id
from runs.journal.idempotency import Once
from runs.journal.journal import Journal
from runs.journal.rows import END, EVENTS, RUN, Named, NamedRow, RunLost
from runs.models import Run
from runs.workflows.registry import Workflow

logger = logging.getLogger(__name__)

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
_encode_ascii = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode

# Read once: Django's settings object costs too much where every event passes.
_MAX_EVENTS: int = settings.MAX_EVENTS
_MAX_OUTPUT_BYTES: int = settings.MAX_OUTPUT_BYTES

LEVELS = ("debug", "info", "warning", "error")

# A run with so many events waiting to be written pauses until they are; others get their turn meanwhile.
_PENDING_EVENTS = 128
_PENDING_BYTES = 256 * 1024
_EVENT_BYTES = 256 * 1024  # of progress and log events; the output has a limit of its own
_ERROR_CHARACTERS = 2_000
_TRACEBACK_CHARACTERS = 32_000
_MOST_STARTS = 500  # in one transaction


class RunEnded(Exception):
    """The run is over (it timed out, say); its workflow has nothing more to report."""


class TooManyEvents(Exception):
    """The run has emitted as many events as MAX_EVENTS allows."""


class InvalidOutput(Exception):
    """What the workflow returned is not JSON, or is larger than MAX_OUTPUT_BYTES."""


def to_json(value: Any) -> str:
    """
    Returns:
        JSON text (RFC 8259) on one line that UTF-8 can encode.

    Raises:
        TypeError: Something in it is no JSON value.
        ValueError: A number in it is NaN or infinite, it contains itself, or it is nested too deeply.
    """
    try:
        text = _encode(value)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except TypeError as error:
        try:
            raise TypeError(_find_no_json(value) or str(error)) from None
        except RecursionError:
            raise error from None
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return _encode_ascii(value)  # a lone surrogate: only its escape can be sent
    return text


def _find_no_json(value: Any, place: str = "") -> str:
    """
    Say where something in a value is no JSON value, such as `output["orders"][2]["at"] is a datetime`.

    Args:
        value: The value.
        place: Where it is in a larger one, as Python would write it.

    Returns:
        What and where the first is; empty where there is none.
    """
    if isinstance(value, dict):
        for key, member in value.items():
            if not isinstance(key, (str, int, float, bool, type(None))):
                return f"a key of output{place} is a {type(key).__name__}"
            if found := _find_no_json(member, f"{place}[{key!r}]"):
                return found
    elif isinstance(value, (list, tuple)):
        for number, member in enumerate(value):
            if found := _find_no_json(member, f"{place}[{number}]"):
                return found
    elif value is not None and not isinstance(value, (str, int, float)):
        return f"output{place} is a {type(value).__name__}"
    return ""


@dataclass(slots=True)
class Admission:
    """What is to be run, and how."""

    workflow: Workflow
    request: Request
    app_id: str
    source_id: int | None = None  # what asked for it: the sink's id
    options: dict[str, Any] = field(default_factory=dict)  # as configured, for the record
    kwargs: dict[str, Any] = field(default_factory=dict)  # the same as `Workflow.check_options` returned them
    timeout: float = 300.0  # seconds, for one attempt
    once: Once | None = None  # where a second one of the same key must start no run
    concurrency: int | None = None  # how many runs of its source are executed at once; None: any number
    # Whether who asked for it would rather hear of it a moment later, with its end, where it is over at once.
    until_over: bool = False

    def head(self, run_id: str, status: Run.Status, executor_id: int, now: Any) -> tuple[Any, ...]:
        """
        What the journal records of the run and its delivery before anything happens.

        Args:
            run_id: Its id.
            status: Running, or queued.
            executor_id: What executes it; 0 where that is not known yet.
            now: The time as the journal gives it.
        """
        request = self.request
        return (
            run_id,
            self.app_id,
            self.source_id,
            self.workflow.name,
            to_json(self.options) if self.options else "{}",
            self.timeout,
            status.value,
            1,
            executor_id,
            now,
            now if executor_id else None,
            0,
            request.method,
            request.path,
            to_json(request.path_params) if request.path_params else "{}",
            request.query_string,
            encode_plain(request.header_list).decode(),
            request.client,
            request.received,
        )


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
        "_frames",
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
        executor: "Executor",
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
        self._frames: list[bytes] = []
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
        self._frames = [frame(seq, data) for seq, data in enumerate(pending, first)]
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
        frames, self._frames = self._frames, []
        self.size = 0
        if self._finish is not None and not self._pending:
            self.feed.closed = True  # with the outcome that `finish` set
            status, finished_at, duration = self._finish[:3]
            if status != Run.Status.QUEUED:
                self._executor.figures.finished[status] += 1
                self._executor.tallies.ended(self.app_id, self.source_id, status, finished_at, duration)
            self._executor.forget(self)
        self.feed.publish(frames)
        self._executor.streams.hint(self.run_id, self.feed)
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
        self._frames = []
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


Report = Coroutine[Any, Any, None]


class _Reported(Report):
    """What a report gives back: a coroutine, as tasks need one, that may also be left alone."""

    __slots__ = ("_wait",)

    def __init__(self, flushed: "asyncio.Future[None] | None" = None) -> None:
        """
        Args:
            flushed: What to wait for; None where the log keeps up.
        """
        self._wait = None if flushed is None else flushed.__await__()

    def __await__(self) -> Generator[Any, Any, None]:
        if self._wait is not None:
            yield from self._wait

    def send(self, value: Any) -> Any:
        if self._wait is None:
            raise StopIteration
        return self._wait.send(value)

    def throw(self, kind: Any, value: Any = None, trace: Any = None) -> Any:
        if self._wait is None:
            raise kind if value is None else value
        return self._wait.throw(kind if value is None else value)

    def close(self) -> None:
        if self._wait is not None:
            self._wait.close()


_REPORTED = _Reported()


class RunHandle:
    """
    What a workflow is given to report with: `await run.progress(25, "message")`, `await run.log("...")`. The event is
    there when the call returns; to await it is to wait where the run is ahead of its log.
    """

    __slots__ = ("_live",)

    def __init__(self, live: LiveRun) -> None:
        self._live = live

    @property
    def id(self) -> str:
        """The run's id, `run_...`: the same in every attempt, so fit for an idempotency key."""
        return self._live.run_id

    @property
    def attempt(self) -> int:
        """1, or more where a crash interrupted the run."""
        return self._live.attempt

    def progress(self, percent: float, message: str | None = None, *, step: str | None = None) -> Report:
        """
        Tell how far the run is.

        Args:
            percent: 0 to 100, not less than before; fractions are cut off.
            message: What was done, for people.
            step: The name of the step, for programs.

        Raises:
            ValueError: The percentage is out of range or fell.
            TypeError: It is not a number, or message or step is not text.
            TooManyEvents: The run has no more events to spend.
            RunEnded: The run is over.
        """
        live = self._live
        if type(percent) is not int and (isinstance(percent, bool) or not isinstance(percent, (int, float))):
            raise TypeError(f"progress must be a number from 0 to 100, not {percent!r}")
        if not 0 <= percent <= 100:
            raise ValueError(f"progress must be from 0 to 100, not {percent!r}")
        percent = int(percent)
        if percent < live.progress:
            raise ValueError(f"progress must not fall: it was {live.progress}, and now is {percent}")
        shown = max(percent, live.shown) if live.shown else percent
        more = "" if message is None else f',"message":{_text("message", message)}'
        if step is not None:
            more += f',"step":{_text("step", step)}'
        flushed = live.report(f'{{"type":"progress","run_id":"{live.run_id}","progress":{shown}{more}}}')
        live.progress = percent
        return _REPORTED if flushed is None else _Reported(flushed)

    def log(self, message: str, level: Literal["debug", "info", "warning", "error"] = "info") -> Report:
        """
        Add a line to the run's stream.

        Args:
            message: The line.
            level: debug, info, warning or error.

        Raises:
            ValueError: There is no such level.
            TypeError: The message is not text.
            TooManyEvents: The run has no more events to spend.
            RunEnded: The run is over.
        """
        text = _text("message", message)
        if level not in LEVELS:
            raise ValueError(f"level must be one of {', '.join(LEVELS)}, not {level!r}")
        live = self._live
        data = f'{{"type":"log","run_id":"{live.run_id}","level":"{level}","message":{text}}}'
        flushed = live.report(data)
        return _REPORTED if flushed is None else _Reported(flushed)


def _places(inner: TracebackType | None) -> str:
    """Say for the log at which lines an error was raised."""
    return "".join(f"\n  {one.filename}:{one.lineno} in {one.name}" for one in traceback.extract_tb(inner))


def _text(name: str, value: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{name} must be text, not {type(value).__name__}")
    return to_json(value)


class ThreadRunHandle:
    """The run handle of a workflow that is a plain `def`: the same calls, without `await`."""

    def __init__(self, handle: RunHandle, loop: asyncio.AbstractEventLoop) -> None:
        self._handle = handle
        self._loop = loop

    @property
    def id(self) -> str:
        """See `RunHandle.id`."""
        return self._handle.id

    @property
    def attempt(self) -> int:
        """See `RunHandle.attempt`."""
        return self._handle.attempt

    def progress(self, percent: float, message: str | None = None, *, step: str | None = None) -> None:
        """See `RunHandle.progress`."""
        self._call(partial(self._handle.progress, percent, message, step=step))

    def log(self, message: str, level: Literal["debug", "info", "warning", "error"] = "info") -> None:
        """See `RunHandle.log`."""
        self._call(partial(self._handle.log, message, level))

    def _call(self, report: Callable[[], Awaitable[None]]) -> None:
        async def call() -> None:
            await report()

        asyncio.run_coroutine_threadsafe(call(), self._loop).result()


@dataclass
class Figures:
    """What /metrics tells of the runs, since this process started."""

    started: int = 0
    finished: dict[str, int] = field(default_factory=lambda: dict.fromkeys(Run.Status.values[2:], 0))
    seconds: float = 0.0


class Executor:
    """The runs of this process. Belongs to one event loop; its methods are called there."""

    def __init__(self, executor_id: int, journal: Journal, tallies: Tallies) -> None:
        """
        Args:
            executor_id: The row of this process in runs_executor, whose lock it holds.
            journal: Where runs and events are recorded.
            tallies: Where it is counted how they end.
        """
        self.executor_id = executor_id
        self.journal = journal
        self.tallies = tallies
        self.loop = asyncio.get_running_loop()
        self.live: dict[str, LiveRun] = {}
        self.recording = 0  # runs that are being recorded, and belong to none or to this process when they are
        self.lanes = Lanes()
        self.parsing = asyncio.Lock()  # one large body at a time is unpacked or parsed
        self.streams = Streams(self.feed)
        self.figures = Figures()
        self.stopping = False
        self._threads = asyncio.Semaphore(settings.SYNC_WORKFLOW_THREADS)
        self._starts = Gathering(self._record_starts, _MOST_STARTS)  # of runs that have waited, to be recorded
        self._beginning: list[LiveRun] = []  # started, and in their first turn
        self._empty = asyncio.Event()
        self._empty.set()

    @property
    def count(self) -> int:
        """How many runs this process has: executing, waiting for their turn, and being recorded."""
        return len(self.live) + self.recording

    def feed(self, run_id: str) -> Feed | None:
        live = self.live.get(run_id)
        return live.feed if live is not None else None

    def admit(self, admission: Admission) -> "tuple[LiveRun, asyncio.Future[None]]":
        """
        Record a run, then start it.

        Returns:
            The run, and what to wait for before it is spoken of: that it is durably recorded.

        Raises, when that is waited for:
            JournalUnavailable: The database is away; nothing was recorded.
            Repeated: There is a run with this key; nothing was recorded.
            Unrecordable: The database does not take it.
        """
        workflow, request, once = admission.workflow, admission.request, admission.once
        live = LiveRun(
            self, new_run_id(), workflow, request, admission.kwargs, admission.timeout,
            app_id=admission.app_id, source_id=admission.source_id,
        )  # fmt: skip
        if admission.concurrency is not None:
            self.assign_lane(live, admission.concurrency)
        head = admission.head(live.run_id, Run.Status.RUNNING, self.executor_id, self.journal.now())
        return live, live.admit(head, self.journal.named(once) if once is not None else None, admission.until_over)

    def start(self, live: LiveRun) -> None:
        """Execute a run that is recorded as this process's, when its turn comes."""
        if self.stopping:
            live.lane = None
            live.feed.close(None)
            return  # recorded, and left to recovery
        self.hold(live)
        if live.lane is None or live.lane.join(live.run_id, partial(self._begin, live)):
            self._begin(live)
        elif not live.waited:
            live.waited = True
            live.emit(to_json(waits(live.run_id)))

    def assign_lane(self, live: LiveRun, limit: int) -> None:
        """Have a run, before it is recorded or started, wait until fewer than `limit` of its source are executed."""
        if live.source_id is None:
            return
        lane = self.lanes.get(live.source_id)
        if lane is None:
            lane = self.lanes.add(live.source_id, limit)
            # Those that were started when there was no limit yet.
            for other in self.live.values():
                if other.source_id == live.source_id and other.task is not None and other.lane is None:
                    other.lane = lane
                    lane.running += 1
        else:
            lane.change(limit)
        live.lane = lane

    def _begin(self, live: LiveRun) -> None:
        self.figures.started += 1
        if live.workflow is not None and live.workflow.is_async and not live.waited:
            if not self._beginning:
                self.loop.call_soon(self.loop.call_soon, self._go_on)
            self._beginning.append(live)
        live.task = self.loop.create_task(self._execute(live), name=live.run_id)

    def is_beginning(self, live: LiveRun) -> bool:
        """Whether a run was started just now, and may be over within its first turn."""
        return bool(self._beginning) and self._beginning[-1] is live

    def _go_on(self) -> None:
        # In the turn after their first: most runs are over by then, and need neither a timer nor a word ahead of it.
        beginning, self._beginning = self._beginning, []
        for live in beginning:
            if not live.ended:
                live.start_timer()
                live.tell()

    def hold(self, live: LiveRun) -> None:
        """Count it as this process's until its end is recorded."""
        self.live[live.run_id] = live
        self._empty.clear()

    def forget(self, live: LiveRun) -> None:
        """The run's end is recorded."""
        self.live.pop(live.run_id, None)
        live.release_request()
        if live.lane is not None:
            live.leave_lane()
        live.tell()
        if live.over is not None and not live.over.done():
            live.over.set_result(None)
        if not self.live:
            self._empty.set()

    def abandon(self, live: LiveRun) -> None:
        """Stop executing without recording an end: it goes on elsewhere, or after a restart."""
        live.ended = True
        if live.task is not None:
            live.task.cancel()
        live.feed.close(None)
        self.forget(live)

    def abandon_all(self) -> int:
        """Abandon all runs. Returns how many there were."""
        self.abandon_those(left := set(self.live))
        return len(left)

    def abandon_those(self, run_ids: set[str]) -> None:
        """Abandon these runs, as far as they are executed here."""
        # The last first: those that wait came after those that they wait for, and are not to be started now.
        for live in list(reversed(self.live.values())):
            if live.run_id in run_ids:
                self.abandon(live)

    async def drain(self, grace: float) -> int:
        """
        Let the runs finish, and give up those that do not.

        Args:
            grace: Seconds they get.

        Returns:
            How many were left to recovery.
        """
        try:
            async with asyncio.timeout(grace):
                await self._empty.wait()
        except TimeoutError:
            pass
        self.stopping = True
        left = self.abandon_all()
        await asyncio.sleep(0)
        return left

    async def _execute(self, live: LiveRun) -> None:
        workflow = live.workflow
        assert workflow is not None
        live.started = perf_counter()
        request = live.request
        try:
            handle = RunHandle(live)
            if live.waited:
                if not await self._record_start(live):
                    logger.error("run %s: attempt %d was taken from this process", live.run_id, live.attempt)
                    self.abandon(live)
                    return
                live.started = perf_counter()
                if workflow.is_async:
                    live.start_timer()
            if workflow.is_async:
                output = await workflow.function(request, handle, **live.kwargs)
            else:
                async with self._threads:
                    live.start_timer()  # not while it waited for its thread
                    output = await self._in_thread(workflow, live, handle)
            if not (live.expired or live.cancelling or live.ended):
                self._complete(live, output)
        except BaseException as error:
            # Whatever it is, a SystemExit too: a workflow ends its own run, not the server.
            if not (live.expired or live.cancelling or live.ended):
                self._fail(live, workflow, error)
        if (live.expired or live.cancelling) and not live.ended:
            live.end_as_stopped()
        request.close()
        live.release_request()
        live.task = None
        self.figures.seconds += perf_counter() - live.started

    async def _record_start(self, live: LiveRun) -> bool:
        """
        Record when a run that has waited begins: one that has not may be left to another process as if untouched.

        Returns:
            Whether it still belongs to this process.
        """
        return bool(await self._starts.ask((live.run_id, live.attempt)))

    async def _record_starts(self, runs: list[tuple[str, int]]) -> dict[tuple[str, int], bool]:
        while True:
            try:
                return dict.fromkeys(await self.streams.in_thread(_record_starts, runs), True)
            except DatabaseError:
                await asyncio.sleep(settings.START_RETRY_INTERVAL)

    def _complete(self, live: LiveRun, output: Any) -> None:
        try:
            encoded = to_json(output)
        except (TypeError, ValueError) as error:
            raise InvalidOutput(f"The workflow returned something that is not JSON: {error}") from None
        if len(encoded) > _MAX_OUTPUT_BYTES:
            raise InvalidOutput(
                f"The workflow returned {len(encoded)} characters of JSON;"
                f" {_MAX_OUTPUT_BYTES} are allowed (MAX_OUTPUT_BYTES)."
            )
        last = f'{{"type":"complete","run_id":"{live.run_id}","output":{encoded}}}'
        live.finish(Run.Status.COMPLETE, last)

    def _fail(self, live: LiveRun, workflow: Workflow, error: BaseException) -> None:
        kind = type(error).__name__
        try:
            message = str(error)
        except Exception:
            message = "(its message cannot be read)"
        # Not our own frame, the outermost.
        inner = error.__traceback__.tb_next if error.__traceback__ else None
        if isinstance(error, (TooManyEvents, InvalidOutput)):
            trace = ""
            live.retry_in = None  # the next attempt would end alike
        else:
            try:
                trace = "".join(traceback.format_exception(type(error), error, inner))
            except Exception:
                trace = ""
        # Not what it said: that may have parts of the request in it. The run's page has it.
        logger.warning("run %s: workflow %r raised %s%s", live.run_id, workflow.name, kind, _places(inner))
        live.fail(kind, message, trace)

    async def _in_thread(self, workflow: Workflow, live: LiveRun, handle: RunHandle) -> Any:
        """Run a plain `def` in a thread of its own: one that never ends keeps no other run from its turn."""
        loop = self.loop
        request = live.request
        future: asyncio.Future[tuple[Any, BaseException | None]] = loop.create_future()

        def hand_over(output: Any, error: BaseException | None) -> None:
            if not future.done():
                future.set_result((output, error))

        def call() -> None:
            output, failure = None, None
            try:
                output = workflow.function(request, ThreadRunHandle(handle, loop), **live.kwargs)
            except BaseException as error:
                failure = error
            finally:
                connections.close_all()
            if not loop.is_closed():
                loop.call_soon_threadsafe(hand_over, output, failure)

        threading.Thread(target=call, name=live.run_id, daemon=True).start()
        output, error = await future
        if error is not None:
            raise error
        return output


def waits(run_id: str) -> dict[str, str]:
    """The event which says that a run waits for its turn."""
    message = "Waiting for its turn: only so many runs are executed here at once."
    return {"type": "log", "run_id": run_id, "level": "info", "message": message}


def _record_starts(runs: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Returns which of these runs are this process's still, given the attempt of each."""
    now = timezone.now()
    with transaction.atomic():
        running = Run.objects.filter(status=Run.Status.RUNNING)
        # In the order of the keys, so that two processes never wait for each other.
        return [
            (run_id, attempt)
            for run_id, attempt in sorted(runs)
            if running.filter(pk=run_id, attempt=attempt).update(started_at=now)
        ]


def _fitting(message: str, trace: str) -> tuple[str, str]:
    """An error's message and traceback as they are recorded."""
    return storable(message)[:_ERROR_CHARACTERS], storable(trace)[-_TRACEBACK_CHARACTERS:]


def storable(text: str) -> str:
    """Without what PostgreSQL's text and UTF-8 cannot hold: NUL and lone surrogates."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
