"""What workers do: procrastinate gives them jobs, and each executes a run. Loaded where the database is PostgreSQL."""

import asyncio
import logging
import time
from collections import Counter
from contextlib import suppress

from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.db.models import Q
from django.db.models.fields.json import KeyTextTransform
from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import JobAborted
from procrastinate.job_context import AbortReason
from procrastinate.manager import JobManager

from runs.batching import Gathering
from runs.database_errors import AWAY, in_a_line
from runs.execution.executor import Executor
from runs.journal.jobs import QUEUE_NAME, TASK_NAME, database_errors
from runs.models import UNFINISHED, Run
from runs.recovery import ownership, takeover
from runs.recovery.ownership import LOCK_CLASS
from runs.runtime import Engine
from runs.workers.retry import AttemptFailed, RetryStrategy, WithoutLock, backoff_seconds

logger = logging.getLogger(__name__)

_LOOKS_FOR_ENDED = 10  # after so many, those for jobs that are over though their runs are not
_SWEEP = (LOCK_CLASS, -1)  # the advisory lock under which stalled jobs are looked for

_engine: Engine | None = None
_sweep: asyncio.Task[None] | None = None
_worker: int | None = None  # this process, as procrastinate numbers its workers
_executed: set[int] = set()  # jobs
_unconfirmed: dict[takeover.Given, takeover.Claim] = {}  # of jobs that wait for their claims
_starting = asyncio.Lock()


async def _claim(given: list[takeover.Given], wait: bool = False) -> dict[takeover.Given, takeover.Claim]:
    executor = (await engine()).executor
    claims: dict[takeover.Given, takeover.Claim]
    while True:
        try:
            claims = await executor.threads.run(takeover.claim_jobs, given, executor.executor_id, wait, _unconfirmed)
            return claims
        except AWAY:
            # Those may be ours all the same, and would be taken for some that were begun if it were left at that.
            if not _unconfirmed.keys() & set(given):
                raise
            await asyncio.sleep(settings.CLAIM_RETRY_INTERVAL)


# procrastinate gives one job after the other; those that come while others are claimed share a transaction.
_claims = Gathering(_claim, most=50)


async def engine() -> Engine:
    """The engine of this worker process, started with its first job."""
    global _engine, _sweep
    async with _starting:
        if _engine is None:
            _engine = await Engine.start(takes_queued=False)
            _sweep = asyncio.create_task(_keep_retrying_stalled(_engine))
        return _engine


def signed_on(worker: int) -> None:
    """Hear how procrastinate numbers this process among its workers, before it gives it a job."""
    global _worker
    _worker = worker


async def stop_engine() -> None:
    """Let the worker's engine go; what still runs is left to other workers."""
    global _engine
    if _engine is not None:
        if _sweep is not None:
            _sweep.cancel()
        stopping, _engine = _engine, None
        await stopping.stop()


@app.task(name=TASK_NAME, queue=QUEUE_NAME, pass_context=True, retry=RetryStrategy())
async def execute(
    context: JobContext, run_id: str, attempts: int = 1, backoff: float = 5.0, lock: str | None = None
) -> None:
    """
    Execute a run until its end is recorded.

    Args:
        context: The job's.
        run_id: The run, recorded with this job.
        attempts: How often it is tried where its workflow fails.
        backoff: Seconds after the first failure; twice as long after each further one.
        lock: What it must hold meanwhile, where only so many of its source are executed at once.
    """
    if lock is not None and context.job.lock != lock:
        raise WithoutLock
    job = context.job
    assert job.id is not None
    assert job.worker_id is not None
    signed_on(job.worker_id)  # procrastinate's own command does not say it
    if job.id in _executed:  # others took this worker for dead, and it was given the job anew
        await _wait_until_over((await engine()).executor, run_id)
        return
    _executed.add(job.id)
    try:
        await execute_claimed(context, (run_id, job.id, job.worker_id), attempts, backoff)
    except (AttemptFailed, JobAborted):
        raise
    except Exception as error:
        of_the_database = isinstance(error, DatabaseError)
        said = "job failed, will retry: run=%s error=%s"
        logger.error(said, run_id, in_a_line(error), exc_info=None if of_the_database else error)
        raise
    finally:
        _executed.discard(job.id)


async def execute_claimed(context: JobContext, given: takeover.Given, attempts: int, backoff: float) -> None:
    run_id = given[0]
    executor = (await engine()).executor
    claiming = asyncio.ensure_future(_claimed(given))
    try:
        claim = await asyncio.shield(claiming)
    except asyncio.CancelledError:
        # It is ours in a moment all the same, and would be taken for one that was begun.
        if not _is_aborted(context):
            giving_back = asyncio.ensure_future(_give_back(executor, run_id, claiming))
            await asyncio.wait([giving_back], timeout=settings.CLAIM_TIMEOUT)  # it goes on where the database is away
            raise
        if (claim := await asyncio.shield(claiming)) is None:
            raise
        claim.run.cancel_requested = True
    if claim is None:
        await _wait_until_over(executor, run_id)
        return
    again = backoff_seconds(backoff, claim.run.attempt)
    live = takeover.resume(executor, claim, again if claim.run.attempt < attempts else None)
    live.over = over = executor.loop.create_future()
    if run_id not in executor.live:
        over.set_result(None)
    try:
        await asyncio.shield(over)
    except asyncio.CancelledError:
        if not _is_aborted(context):
            executor.abandon(live)
            raise
        live.cancel()
        await over
    if _is_aborted(context):
        raise JobAborted
    if live.requeued:
        raise AttemptFailed(again)
    if live.feed.outcome is None:
        await _wait_until_over(executor, run_id)


def _is_aborted(context: JobContext) -> bool:
    return context.abort_reason() == AbortReason.USER_REQUEST


async def _claimed(given: takeover.Given) -> takeover.Claim | None:
    try:
        # One that is not to be had together with others may be one that somebody is just writing.
        return await _claims.ask(given) or (await _claim([given], wait=True)).get(given)
    finally:
        _unconfirmed.pop(given, None)


async def _give_back(executor: Executor, run_id: str, claiming: "asyncio.Future[takeover.Claim | None]") -> None:
    """Leave a run as it was, as soon as it is known to be ours."""
    try:
        if (claim := await claiming) is not None:
            await executor.threads.run(takeover.give_back, claim, executor.executor_id)
    except DatabaseError as error:
        logger.error("claim not given back: run=%s error=%s", run_id, in_a_line(error))


async def _wait_until_over(executor: Executor, run_id: str) -> None:
    """Wait until a run that another worker executes has ended. Both may have the same job, which must not end first."""
    while True:
        with suppress(*AWAY):
            if not await executor.threads.run(_goes_on, run_id):
                return
        await asyncio.sleep(settings.RUN_END_CHECK_INTERVAL)


def _goes_on(run_id: str) -> bool:
    return Run.objects.filter(pk=run_id, status__in=UNFINISHED).exists()


async def _keep_retrying_stalled(engine: Engine) -> None:
    """
    Give jobs that nobody executes back to the queue: those of dead workers, and those that this one was given without
    hearing of it, since the connection broke. Its own task: as a job it would wait for a free place.
    """
    in_thread = engine.executor.threads.run
    looks = 0  # in a row at which the database answered, and soon
    unheard: Counter[int] = Counter()  # jobs of this worker that it does not execute, and at how many looks in a row
    while True:
        await asyncio.sleep(settings.STALLED_JOB_CHECK_INTERVAL)
        begun = time.monotonic()
        try:
            given: list[int] = await in_thread(_given, _worker)
            if time.monotonic() - begun > _longest_look():
                looks = 0
                unheard.clear()
                continue
            if _worker is not None:
                unheard = Counter({job_id: unheard[job_id] + 1 for job_id in given if job_id not in _executed})
                for job_id in [job_id for job_id, times in unheard.items() if times >= settings.STALLED_JOB_CHECKS]:
                    logger.warning("requeueing orphaned job (fetched, never started): job=%d", job_id)
                    await in_thread(_queue_again, job_id, _worker)
            looks += 1
            # Where the database was away or slow, living workers first have to give a sign of life again.
            if looks >= settings.STALLED_JOB_CHECKS and (count := await in_thread(_retry_stalled)):
                logger.warning("jobs of dead workers requeued: count=%d", count)
            if looks % _LOOKS_FOR_ENDED == 0 and (count := await in_thread(_cancel_without_job)):
                logger.warning("runs of cancelled jobs cancelled: count=%d", count)
        except Exception as error:
            looks = 0
            unheard.clear()
            logger.error("check for stalled jobs failed: error=%s", in_a_line(error))


def _longest_look() -> float:
    """
    Seconds that a look at the database may take to say something of other workers: where it takes longer, their
    heartbeats are late as well. Half of the time by which a heartbeat may be late.
    """
    return float(settings.WORKER_SILENCE_TIMEOUT - settings.WORKER_HEARTBEAT_INTERVAL) / 2


def _given(worker: int | None) -> list[int]:
    """
    Give a sign of life: by itself a worker that is told to end gives none, while its runs have GRACE_SECONDS.

    Returns:
        The jobs that this worker was given, by their ids; none where it has not signed on yet.
    """
    if worker is None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return []
    manager = JobManager(DjangoConnector())
    with database_errors():
        async_to_sync(manager.update_heartbeat)(worker)
        return [
            job.id
            for job in manager.list_jobs(task=execute.name, status="doing", worker_id=worker)
            if job.id is not None
        ]


def _queue_again(job_id: int, worker: int) -> None:
    with database_errors(), transaction.atomic():
        if takeover.still_given([(job_id, worker)]):
            JobManager(DjangoConnector()).retry_job_by_id(job_id, retry_at=timezone.now())


def _retry_stalled() -> int:
    """Returns how many jobs were queued again. One process at a time: else a job could be taken from who took it up."""
    manager = JobManager(DjangoConnector())
    with database_errors(), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", _SWEEP)
            if not cursor.fetchone()[0]:
                return 0
        look = async_to_sync(manager.get_stalled_jobs)
        begun = time.monotonic()
        silent = list(look(task_name=execute.name, seconds_since_heartbeat=settings.WORKER_SILENCE_TIMEOUT))
        if not silent:
            return 0
        stopped = look(task_name=execute.name, seconds_since_heartbeat=settings.STOPPED_WORKER_TIMEOUT)
        given_up = {job.id for job in stopped}
        # A worker that holds the lock of its executor may only be slow, or far from the database.
        of_jobs = ProcrastinateJob.objects.filter(pk__in=[job.id for job in silent])
        run_ids: dict[int | None, str] = dict(of_jobs.values_list("pk", KeyTextTransform("run_id", "args")))
        held = Run.objects.filter(pk__in=run_ids.values(), executor_id__in=ownership.held_locks())
        slow = set(held.values_list("pk", flat=True))
        stalled = [job for job in silent if job.id in given_up or run_ids.get(job.id) not in slow]
        if time.monotonic() - begun > _longest_look():
            return 0  # the database has become slow just now
        for job in stalled:
            async_to_sync(manager.retry_job)(job)
        return len(stalled)


def _cancel_without_job() -> int:
    """
    Have the runs end that no worker will ever be given, since their jobs were cancelled or aborted by procrastinate's
    own means: before they were fetched, or when their worker was ending. Not those whose jobs were deleted with it.
    """
    # One that is to be aborted has failed for procrastinate when it is given back.
    given_up = Q(status__in=("cancelled", "aborted")) | Q(status="failed", abort_requested=True)
    jobs = ProcrastinateJob.objects.filter(given_up, task_name=execute.name)
    runs = Run.objects.filter(pk__in=jobs.values_list(KeyTextTransform("run_id", "args"), flat=True))
    # Whoever looks first takes them; see `recovery.claim_cancelled`.
    return runs.filter(status__in=UNFINISHED, engine=Run.Engine.PROCRASTINATE, cancel_requested=False).update(
        status=Run.Status.QUEUED, executor_id=0, cancel_requested=True
    )
