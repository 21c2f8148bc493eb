"""The parts of a process that execute runs, started and stopped together: journal, executor, recovery and watchdog."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection, connections

from runs import ports
from runs.bulk.loop import apply_for_ever
from runs.database_errors import in_a_line
from runs.execution.admission import Admission
from runs.execution.executor import Executor
from runs.execution.queue_limits import QueueLimits, count_jobs
from runs.execution.queued_run import QueuedRun, enqueue
from runs.execution.watchdog import Watchdog
from runs.history import retention
from runs.history.masking import Masks
from runs.history.tallies import Tallies
from runs.journal.entry import JournalUnavailable
from runs.journal.journal import Journal
from runs.links import keyed_signals, signals
from runs.links.children import ended_among, wake_parents
from runs.models import Run
from runs.recovery import claims, news, ownership, takeover
from runs.recovery.failures import handle_failures
from runs.searching import indexing
from runs.workflows import registry
from runs.workflows.reloading import Reloader, count_requests
from runs.workflows.secrets import Secrets

logger = logging.getLogger(__name__)


@dataclass
class Engine:
    """The running parts of a process. Belongs to one event loop."""

    executor: Executor
    journal: Journal
    tallies: Tallies
    _lock: ownership.Lock
    _watchdog: Watchdog
    _queue_limits: QueueLimits
    _takes_queued: bool
    _reloads: int  # how many reloads of the workflows were requested before
    reloader: Reloader = field(default_factory=Reloader)
    accepting: bool = True
    _signals_checked_at: float = 0.0
    leaving: bool = False  # the process is about to exit
    # A thread of its own, so that the lock check never waits for a query.
    _keeper: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="lock"))
    _bulk_due: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: "tuple[asyncio.Task[None], ...]" = ()
    _drained: bool = False

    @classmethod
    async def start(cls, *, takes_queued: bool = True) -> "Engine":
        """
        Start everything, with recovery in the background.

        Args:
            takes_queued: Whether to execute runs that are queued for any server, and to start those of schedules; False
                for workers, which get their runs as jobs.

        Raises:
            DatabaseError: The database is unavailable or not migrated.
            OlderProcesses: Processes of an older release are running.
        """
        for old, new in settings.RENAMED_SETTINGS.items():
            logger.warning("setting renamed, the old name still works: old=%s new=%s", old, new)
        reloads = await sync_to_async(count_requests)()  # first, so that a later request causes another reload
        await sync_to_async(registry.discover)()
        secrets = Secrets()
        await sync_to_async(secrets.load)()
        lock = await sync_to_async(ownership.register)()
        journal = Journal()
        tallies = Tallies()
        executor = Executor(lock.executor_id, journal, tallies, secrets)
        limits = QueueLimits(lambda *asked: executor.threads.run(count_jobs, *asked))
        engine = cls(executor, journal, tallies, lock, Watchdog(executor), limits, takes_queued, reloads)
        engine._tasks = (
            asyncio.create_task(engine._keep()),
            asyncio.create_task(engine._recover()),
            asyncio.create_task(engine._look()),
            asyncio.create_task(retention.sweep_for_ever()),
            asyncio.create_task(indexing.index_for_ever(Masks)),
            *([asyncio.create_task(engine._fire_schedules())] if takes_queued else []),
            *([asyncio.create_task(apply_for_ever(engine._bulk_due, lambda: engine.leaving))] if takes_queued else []),
        )
        return engine

    async def enqueue(self, admission: Admission, priority: int, queue: int | None) -> QueuedRun:
        """
        Record a run and its job; see `queued_run.enqueue`.

        Args:
            queue: How many runs of a source with a concurrency limit may wait; None for any number.

        Raises:
            QueueFull: The queue is full.
        """
        self.executor.recording += 1
        try:
            source, concurrency = admission.source_id, admission.concurrency
            if queue is None or source is None or concurrency is None or not settings.HAS_WORKERS:
                return await enqueue(self.journal, admission, priority)
            async with self._queue_limits.place(source, concurrency, queue):
                return await enqueue(self.journal, admission, priority)
        except DatabaseError as error:
            raise JournalUnavailable from error
        finally:
            self.executor.recording -= 1

    async def drain(self) -> None:
        """Stop accepting runs, and let the live ones finish within GRACE_SECONDS; recovery resumes the rest."""
        if self._drained:
            return
        self._drained = True
        self.accepting = False
        self.leaving = True
        running = len(self.executor.live)
        if running:
            logger.info("draining: runs=%d grace=%d", running, settings.GRACE_SECONDS)
        left = await self.executor.drain(settings.GRACE_SECONDS)
        if left:
            logger.warning("runs unfinished at shutdown, will resume at the next start: count=%d", left)

    async def stop(self) -> None:
        """Drain, then stop all parts."""
        await self.drain()
        if settings.HAS_WORKERS:
            connection.expect_end()  # type: ignore[attr-defined]  # of our backend for PostgreSQL
        self.reloader.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.to_thread(self._keeper.shutdown)  # a check in progress must not reacquire the lock after this
        self._watchdog.close()
        await self.journal.close()
        await self.executor.streams.close()
        self.executor.threads.close()
        await sync_to_async(_leave)(self._lock)
        await self.tallies.stop()  # on a connection of its own; no run waits for it

    async def _keep(self) -> None:
        """Keep this process's lock, and stop the runs that other processes took over while the lock was lost."""
        executor, kept = self.executor, True
        while True:
            await asyncio.sleep(settings.LOCK_CHECK_INTERVAL)
            try:
                kept = await executor.loop.run_in_executor(self._keeper, self._lock.keep) and kept
                if kept:
                    continue
                # Losing the lock for a moment does not mean that runs were taken over: their rows name the owner.
                taken = await executor.threads.run(_taken, list(executor.live), executor.executor_id)
                kept = True  # until the next `keep`
                if taken:
                    logger.error("runs taken over by other processes, stopped here: count=%d", len(taken))
                    executor.abandon_those(taken)
            except DatabaseError:
                continue  # the journal and recovery log it
            except Exception as error:
                logger.error("lock check failed", exc_info=error)

    async def _recover(self) -> None:
        look = ownership.Look()
        # Between two checks, a process whose session broke has to notice that, and to reacquire its lock with a new
        # connection and several statements. Therefore the pause between checks is longer on a slow database.
        shortest: float = settings.RECOVERY_INTERVAL - settings.LOCK_CHECK_INTERVAL
        pause = shortest
        while True:
            try:
                look = await takeover.recover(self.executor, look.free, pause / 4)
            except Exception as error:
                look = ownership.Look()  # if the database was unavailable, the others' sessions broke too
                logger.error("recovery failed, will retry: error=%s", in_a_line(error))
            pause = max(shortest, 8 * look.seconds)
            await asyncio.sleep(settings.LOCK_CHECK_INTERVAL + pause)

    async def _look(self) -> None:
        """
        Poll the database for requests of other processes: to cancel a run (`Run.cancel_requested`), to execute a run
        that is queued for any server, and to reload the workflows. Also apply changed concurrency limits to the lanes
        in which runs wait, and read changed secrets.
        """
        executor = self.executor
        while True:
            await asyncio.sleep(settings.RUN_CHECK_INTERVAL)
            try:
                found = await executor.threads.run(_news, executor)
                if found.cancels:
                    await self._cancel()
                if found.bulk_due:
                    self._bulk_due.set()
                if found.reloads != self._reloads:
                    self._reloads = found.reloads
                    self.reloader.reload()
                may_have_woken = await self._notify_waits()
                if found.due or may_have_woken:
                    await self._take_queued()
                if settings.HAS_WORKERS and (found.due_for_workers or may_have_woken):
                    while await executor.threads.run(claims.wake_for_workers):
                        pass
                if waited_for := executor.lanes.waited_for():
                    executor.lanes.change(await executor.threads.run(ports.concurrency_limits, waited_for))
            except DatabaseError:
                continue  # the journal and recovery log it
            except Exception as error:
                logger.error("check for cancelled and queued runs failed", exc_info=error)

    async def _fire_schedules(self) -> None:
        """Poll for schedules that are due, and start their runs, which any server or worker then executes."""
        before: datetime | None = None
        while True:
            await asyncio.sleep(settings.SCHEDULE_CHECK_INTERVAL)
            try:
                more = not self.leaving
                while more and not self.leaving:
                    now = datetime.now(UTC)
                    more = await self.executor.threads.run(ports.fire_schedules, now, before)
                    before = now
            except DatabaseError:
                continue  # the journal and recovery log it
            except Exception as error:
                logger.error("check for due schedules failed", exc_info=error)

    async def _cancel(self) -> None:
        """Cancel the runs of this process, and the runs of none, for which that was requested."""
        executor = self.executor
        run_ids, cancelled = await executor.threads.run(_to_cancel, executor.executor_id)
        for run_id in run_ids:
            if live := executor.live.get(run_id):
                live.cancel()
        for claim in cancelled:
            takeover.resume(executor, claim)

    async def _notify_waits(self) -> bool:
        """
        Notify the runs of this process that wait for signals and children; wake those that were let go meanwhile.

        Returns:
            Whether it checked for others, which may have woken or started runs.
        """
        executor = self.executor
        live = [live for live in executor.live.values() if live.steps is not None and live.steps.waits.is_expecting]
        if live:
            signalled = [run.run_id for run in live if run.steps and run.steps.waits.awaited("signal")]
            if signalled:
                for run_id, name in await executor.threads.run(signals.signalled, signalled):
                    self._notify(run_id, ("signal", name))
            children = {child: run.run_id for run in live if run.steps for child in run.steps.waits.awaited("run")}
            elsewhere = [child for child in children if child not in executor.live]
            for child in await executor.threads.run(ended_among, elsewhere) if elsewhere else ():
                self._notify(children[child], ("run", child))
        now = executor.loop.time()
        may_have_woken = False
        if now - self._signals_checked_at >= settings.SIGNAL_CHECK_INTERVAL:
            may_have_woken = True
            self._signals_checked_at = now
            await executor.threads.run(keyed_signals.hand_over)
            await executor.threads.run(signals.wake_signalled)
            await executor.threads.run(wake_parents)
            executor.has_failures = True  # those of processes that have died since
        if executor.has_failures:
            executor.has_failures = False
            may_have_woken = True
            await executor.threads.run(handle_failures)
        return may_have_woken

    def _notify(self, run_id: str, awaited: tuple[str, str]) -> None:
        if (run := self.executor.live.get(run_id)) is not None and run.steps is not None:
            run.steps.waits.notify(awaited)

    async def _take_queued(self) -> None:
        # Runs that were let go start ahead of new ones. Claim new runs one at a time, and start each at once, so that
        # servers share them and none claims a run that it cannot start.
        in_thread, own = self.executor.threads.run, self.executor.executor_id
        while self._takes_queued and not self.leaving and (room := takeover.room(self.executor)) > 0:
            claimed = await in_thread(claims.claim_woken, own, room)
            if not claimed:
                claim = await in_thread(claims.claim_queued, own)
                if claim is None:
                    return
                claimed = [claim]
            for claim in claimed:
                takeover.resume(self.executor, claim)


def _news(executor: Executor) -> news.News:
    executor.secrets.refresh()
    return news.read(executor.executor_id)


def _to_cancel(executor_id: int) -> tuple[list[str], list[claims.Claim]]:
    asked = Run.objects.filter(cancel_requested=True).order_by()
    run_ids = list(asked.filter(executor_id=executor_id, status=Run.Status.RUNNING).values_list("pk", flat=True))
    queued = asked.filter(status__in=(Run.Status.QUEUED, Run.Status.WAITING)).exists()
    return run_ids, claims.claim_cancelled(executor_id) if queued else []


def _taken(run_ids: list[str], own: int) -> set[str]:
    """Return which of these runs belong to another executor now; a run that is not recorded yet is not included."""
    return set(Run.objects.filter(pk__in=run_ids).exclude(executor_id=own).values_list("pk", flat=True))


def _leave(lock: ownership.Lock) -> None:
    connections.close_all()  # an old one may be broken
    try:
        ownership.leave(lock)
    except Exception as error:
        logger.warning("executor row not removed, left to recovery: error=%s", in_a_line(error))
    connections.close_all()
