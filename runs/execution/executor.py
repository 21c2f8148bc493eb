"""Execute runs on the event loop of a server or worker: start their workflows, and record how each ends."""

import asyncio
import logging
import traceback
from functools import partial
from time import perf_counter
from types import TracebackType
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import transaction
from django.utils import timezone

from runs.batching import Gathering
from runs.database_threads import DatabaseThreads
from runs.events.encoding import to_json
from runs.events.feed import Feed
from runs.events.formatting import format_complete, format_waiting
from runs.events.streams import Streams
from runs.execution.admission import Admission
from runs.execution.child_runs import ChildRuns
from runs.execution.concurrency import Lanes
from runs.execution.ending import Phase
from runs.execution.live_run import LiveRun
from runs.execution.owner import RunCounts
from runs.execution.request_memory import body_memory
from runs.ids import new_run_id
from runs.journal.journal import Journal
from runs.models import Run
from runs.ports import EndCounter
from runs.steps.calling import call_in_thread
from runs.steps.errors import StepFailed, WorkflowChanged
from runs.steps.retry import ONCE
from runs.workflows.handle import Run as Handle
from runs.workflows.handle import TooManyEvents
from runs.workflows.registry import Workflow
from runs.workflows.secrets import Secrets
from runs.workflows.thread_run import ThreadRun

logger = logging.getLogger(__name__)

# Read once: Django's settings object is too slow for code that every run executes.
_MAX_OUTPUT_BYTES: int = settings.MAX_OUTPUT_BYTES

# A global name is faster than an enumeration's attribute.
_EXECUTING, _ENDED = Phase.EXECUTING, Phase.ENDED
_STOPPED = (Phase.EXPIRED, Phase.CANCELLING)
_MAX_STARTS = 500  # in one transaction


class InvalidOutput(Exception):
    """The workflow's output is not JSON, or is larger than MAX_OUTPUT_BYTES."""


# Errors after which the next attempt would end the same way.
_FINAL = (TooManyEvents, InvalidOutput, WorkflowChanged)


class Executor:
    """Executes the runs of this process. Belongs to one event loop, on which its methods are called."""

    def __init__(
        self,
        executor_id: int,
        journal: Journal,
        tallies: EndCounter,
        secrets: Secrets,
        threads: DatabaseThreads | None = None,
        streams: Streams | None = None,
    ) -> None:
        """
        Args:
            executor_id: The id of this process's row in runs_executor, whose lock it holds.
            journal: Records runs and events.
            tallies: Counts ended runs.
            secrets: The apps' secrets, which runs read.
            threads: Query the database; None for new ones.
            streams: The open streams of its runs; None for new ones.
        """
        self.executor_id = executor_id
        self.journal = journal
        self.tallies = tallies
        self.loop = asyncio.get_running_loop()
        self.live: dict[str, LiveRun] = {}
        self.recording = 0  # runs that are being recorded, for this process or for workers
        self.lanes = Lanes()
        self.parsing = asyncio.Lock()  # so that one large body at a time is unpacked or parsed
        self.threads = threads or DatabaseThreads(4, "log")
        self.streams = streams or Streams(self.feed, self.threads)
        self.figures = RunCounts()
        self.secrets = secrets
        self.stopping = False
        self.has_failures = False  # whether a run has ended whose source starts another one then
        self.max_runs: int = settings.MAX_RUNS
        body_memory.read_settings()
        self.thread_slots = asyncio.Semaphore(settings.SYNC_WORKFLOW_THREADS)
        self._starts = Gathering(self._record_starts, _MAX_STARTS)  # records the starts of runs that have waited
        self._beginning: list[LiveRun] = []  # runs in their first turn of the loop
        self._children = ChildRuns(self)
        self._empty = asyncio.Event()
        self._empty.set()

    @property
    def count(self) -> int:
        """The number of runs that execute, wait for their turn, or are being recorded."""
        return len(self.live) + self.recording

    def feed(self, run_id: str) -> Feed | None:
        live = self.live.get(run_id)
        return live.feed if live is not None else None

    def admit(self, admission: Admission) -> "tuple[LiveRun, asyncio.Future[None]]":
        """
        Record a run, then start it.

        Returns:
            The run, and a future that completes when the run is durably recorded. Do not announce it until then.

        Raises, when the future is awaited:
            JournalUnavailable: The database is unavailable; nothing was recorded.
            Repeated: An earlier run has the same key; nothing was recorded.
            Unrecordable: The database rejects the run.
        """
        workflow, request, once = admission.workflow, admission.request, admission.once
        live = LiveRun(
            self,
            new_run_id(),
            workflow,
            request,
            admission.kwargs,
            admission.timeout,
            app_id=admission.app_id,
            source_id=admission.source_id,
        )
        if admission.retry is not ONCE:
            live.ending.retry = admission.retry
        if admission.on_failure:
            live.ending.on_failure = True
        if admission.concurrency is not None:
            self.assign_lane(live, admission.concurrency)
        row = admission.row(live.run_id, Run.Status.RUNNING, self.executor_id, self.journal.now())
        return live, live.admit(row, self.journal.named(once) if once is not None else None, admission.until_over)

    def start(self, live: LiveRun) -> None:
        """Execute a run that is recorded as this process's, when it has a slot."""
        if self.stopping:
            live.lane = None
            live.feed.close(None)
            return  # recorded, and left to recovery
        self.hold(live)
        if live.lane is None or live.lane.join(live.run_id, partial(self._begin, live)):
            self._begin(live)
        elif not live.waited:
            live.waited = True
            live.emit(format_waiting(live.run_id))

    def assign_lane(self, live: LiveRun, limit: int) -> None:
        """Limit a run, before it is recorded or started: it waits until fewer than `limit` of its source execute."""
        if live.source_id is None:
            return
        lane = self.lanes.get(live.source_id)
        if lane is None:
            lane = self.lanes.add(live.source_id, limit)
            # Runs that were started before there was a limit.
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
                self.loop.call_soon(self._first_turn)
            self._beginning.append(live)
        live.task = self.loop.create_task(self._execute(live), name=live.run_id)
        if live.steps is not None and live.workflow is not None and live.workflow.is_async:
            live.steps.main.owner = live.task

    def is_beginning(self, live: LiveRun) -> bool:
        """Return whether a run was just started, and may end in its first turn of the loop."""
        return bool(self._beginning) and self._beginning[-1] is live

    def _first_turn(self) -> None:
        # Before the tasks of these runs: others that begin in this turn have their first turn in the next.
        beginning, self._beginning = self._beginning, []
        self.loop.call_soon(self._go_on, beginning)

    def _go_on(self, beginning: list[LiveRun]) -> None:
        # In the turn after their first: most runs are over by then, and need no timer and no earlier notification.
        for live in beginning:
            if not live.ended:
                live.start_timer()
                live.tell()

    def hold(self, live: LiveRun) -> None:
        """Keep a run among this process's until its end is recorded."""
        self.live[live.run_id] = live
        self._empty.clear()

    def forget(self, live: LiveRun) -> None:
        """Remove a run, whose end is recorded or which is abandoned, and release its resources."""
        self.live.pop(live.run_id, None)
        live.held.release()
        if live.steps is not None:
            live.steps.close()
        if live.lane is not None:
            live.leave_lane()
        live.tell()
        if live.over is not None and not live.over.done():
            live.over.set_result(None)
        if not self.live:
            self._empty.set()

    def paused(self, live: LiveRun) -> None:
        """Wake a run that was let go if a signal or a child's end came while it was: nobody saw it wait."""
        if live.steps is not None and live.steps.waits.has_awaited:
            self._children.check()

    def ended(self, live: LiveRun) -> None:
        """See `ChildRuns.ended`."""
        self._children.ended(live)

    async def start_child(self, parent: LiveRun, run_id: str, *child: Any) -> None:
        """See `ChildRuns.start`."""
        await self._children.start(parent, run_id, *child)

    def abandon(self, live: LiveRun) -> None:
        """Stop executing a run without recording an end: it continues in another process, or after a restart."""
        live.phase = _ENDED
        if live.task is not None:
            live.task.cancel()
        live.feed.close(None)
        self.forget(live)

    def abandon_all(self) -> int:
        """Abandon all runs. Return how many there were."""
        self.abandon_those(left := set(self.live))
        return len(left)

    def abandon_those(self, run_ids: set[str]) -> None:
        """Abandon those of these runs that execute here."""
        # The last first: waiting runs came after those that they wait for, and must not be started now.
        for live in list(reversed(self.live.values())):
            if live.run_id in run_ids:
                self.abandon(live)

    async def drain(self, grace: float) -> int:
        """
        Wait until the runs end, and abandon those that do not.

        Args:
            grace: Seconds to wait.

        Returns:
            How many runs are left to recovery.
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
        request = live.held.request
        handle = Handle(live)
        try:
            if live.waited:
                if not await self._record_start(live):
                    logger.error("attempt lost: run=%s attempt=%d lease=%d", live.run_id, live.attempt, live.lease)
                    self.abandon(live)
                    return
                live.started = perf_counter()
                if workflow.is_async:
                    live.start_timer()
            if workflow.is_async:
                output = await workflow.function(request, handle, **live.kwargs)
            else:
                async with self.thread_slots:
                    live.start_timer()  # only now: waiting for a thread does not count
                    in_thread = partial(workflow.function, request, ThreadRun(handle, self.loop), **live.kwargs)
                    output = await call_in_thread(live.run_id, in_thread)
            steps = live.steps
            if live.phase is _EXECUTING and (steps is None or not steps.waits.is_suspended):
                if steps is not None:
                    if steps.changed is not None:
                        raise steps.changed  # although the workflow went on
                    steps.check_all_called()
                    if calls := handle.take_unawaited():
                        self.report_unawaited(live, calls)
                self._complete(live, output)
        except BaseException as error:
            # Even SystemExit: a workflow ends its own run, not the server.
            if live.phase is _EXECUTING and not live.is_suspended:
                if calls := handle.take_unawaited(error):
                    self.report_unawaited(live, calls)
                self._fail(live, workflow, error)
        if live.steps is not None:
            handle.take_unawaited()  # those that an error, or the end of this execution, kept from being awaited
            if live.is_suspended:
                live.pause()
        if live.phase in _STOPPED:
            live.end_as_stopped()
        request.close()
        live.held.release()
        live.task = None
        self.figures.seconds += perf_counter() - live.started

    def report_unawaited(self, live: LiveRun, calls: list[str]) -> None:
        """Log the calls of a run's handle, each with its line, that its workflow never awaited."""
        name = live.workflow.name if live.workflow else ""
        for call in calls:
            logger.warning("call never awaited: run=%s workflow=%r call=%s", live.run_id, name, call)

    async def _record_start(self, live: LiveRun) -> bool:
        """
        Record that a run that has waited starts. Until then, another process may take it over as not started.

        Returns:
            Whether the run still belongs to this process.
        """
        return bool(await self._starts.ask((live.run_id, live.lease)))

    async def _record_starts(self, runs: list[tuple[str, int]]) -> dict[tuple[str, int], bool]:
        while True:
            try:
                return dict.fromkeys(await self.threads.run(record_starts, runs), True)
            except DatabaseError:
                await asyncio.sleep(settings.START_RETRY_INTERVAL)

    def _complete(self, live: LiveRun, output: Any) -> None:
        try:
            encoded = to_json(output)
        except (TypeError, ValueError) as error:
            raise InvalidOutput(f"The workflow returned a value that is not JSON: {error}") from None
        if len(encoded) > _MAX_OUTPUT_BYTES:
            raise InvalidOutput(
                f"The workflow returned {len(encoded)} characters of JSON;"
                f" {_MAX_OUTPUT_BYTES} are allowed (MAX_OUTPUT_BYTES)."
            )
        live.finish(Run.Status.COMPLETE, format_complete(live.run_id, encoded))

    def _fail(self, live: LiveRun, workflow: Workflow, error: BaseException) -> None:
        if live.steps is not None and live.steps.changed is not None:
            error = live.steps.changed
        kind = type(error).__name__
        try:
            message = str(error)
        except Exception:
            message = "(the message is unavailable)"
        if isinstance(error, StepFailed):  # a failure has the same type within a step as without one
            kind, message = error.error_type, error.error_message
        if isinstance(error, _FINAL):
            live.ending.retry = ONCE  # the next attempt would end the same way
        # Without our own frame, which is the outermost.
        inner = error.__traceback__.tb_next if error.__traceback__ else None
        if isinstance(error, (TooManyEvents, InvalidOutput, WorkflowChanged)):
            trace = ""
        else:
            try:
                trace = "".join(traceback.format_exception(type(error), error, inner))
            except Exception:
                trace = ""
        # Without the message, which may contain parts of the request; the run's page shows it.
        logger.warning(
            "workflow raised: run=%s workflow=%r error=%s%s", live.run_id, workflow.name, kind, _places(inner)
        )
        live.fail(error, kind, message, trace)


def record_starts(runs: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Record the starts of runs, given each one's lease. Return those that this process still owns."""
    now = timezone.now()
    with transaction.atomic():
        running = Run.objects.filter(status=Run.Status.RUNNING)
        # In the order of the keys, so that two processes never wait for each other.
        return [
            (run_id, lease)
            for run_id, lease in sorted(runs)
            if running.filter(pk=run_id, lease=lease).update(started_at=now)
        ]


def _places(inner: TracebackType | None) -> str:
    """Return the lines of a traceback for the log."""
    return "".join(f"\n  {frame.filename}:{frame.lineno} in {frame.name}" for frame in traceback.extract_tb(inner))
