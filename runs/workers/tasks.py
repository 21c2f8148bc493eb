"""The workers' task: procrastinate gives a worker jobs, and each job executes a run. Only loaded on PostgreSQL."""

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
from procrastinate.exceptions import JobAborted

from runs.batching import Gathering
from runs.database_errors import AWAY, in_a_line
from runs.execution.executor import Executor
from runs.journal.job_tables import lock_fetched
from runs.journal.jobs import QUEUE_NAME, TASK_NAME, database_errors
from runs.models import UNFINISHED, Run
from runs.recovery import claims, ownership, takeover
from runs.recovery.ownership import LOCK_CLASS, STALLED_JOBS_LOCK
from runs.runtime import Engine
from runs.workers.procrastinate_internals import AbortReason, DjangoConnector, JobManager, ProcrastinateJob
from runs.workers.retry import AttemptFailed, RetryStrategy, WithoutLock

logger = logging.getLogger(__name__)

_CHECKS_PER_ENDED_CHECK = 10  # checks for stalled jobs per check for ended jobs with unfinished runs
_SWEEP = (LOCK_CLASS, STALLED_JOBS_LOCK)  # the advisory lock for the check of stalled jobs

_engine: Engine | None = None
_sweep: asyncio.Task[None] | None = None
_worker: int | None = None  # procrastinate's id of this worker
_executed: set[int] = set()  # ids of the jobs that execute here
_unconfirmed: dict[claims.Given, claims.Claim] = {}  # claims for which jobs wait; see `claims.claim_jobs`
_starting = asyncio.Lock()


async def _claim(jobs: list[claims.Given], wait: bool = False) -> dict[claims.Given, claims.Claim]:
    executor = (await engine()).executor
    found: dict[claims.Given, claims.Claim]
    while True:
        try:
            found = await executor.threads.run(claims.claim_jobs, jobs, executor.executor_id, wait, _unconfirmed)
            return found
        except AWAY:
            # These claims may be committed. Without a retry, their runs would later be treated as started and crashed.
            if not _unconfirmed.keys() & set(jobs):
                raise
            await asyncio.sleep(settings.CLAIM_RETRY_INTERVAL)


# procrastinate fetches one job after the other; jobs that arrive during a claim share the next transaction.
_claims = Gathering(_claim, most=50)


async def engine() -> Engine:
    """Return the engine of this worker process; the first call starts it."""
    global _engine, _sweep
    async with _starting:
        if _engine is None:
            _engine = await Engine.start(takes_queued=False)
            _sweep = asyncio.create_task(_keep_retrying_stalled(_engine))
        return _engine


def signed_on(worker: int) -> None:
    """Set procrastinate's id of this worker. Called before it gets a job."""
    global _worker
    _worker = worker


async def stop_engine() -> None:
    """Stop the worker's engine; other workers take over unfinished runs."""
    global _engine
    if _engine is not None:
        if _sweep is not None:
            _sweep.cancel()
        stopping, _engine = _engine, None
        await stopping.stop()


@app.task(name=TASK_NAME, queue=QUEUE_NAME, pass_context=True, retry=RetryStrategy())
async def execute(
    context: JobContext, run_id: str, lock: str | None = None, attempts: int | None = None, backoff: float | None = None
) -> None:
    """
    Execute a run until its end is recorded.

    Args:
        context: The job's context.
        run_id: The run, recorded with this job.
        lock: The lock that the job must hold, if its source has a concurrency limit.
        attempts: Only in jobs of 0.2; now the rule of the source counts.
        backoff: The same.
    """
    if lock is not None and context.job.lock != lock:
        raise WithoutLock
    job = context.job
    assert job.id is not None
    assert job.worker_id is not None
    signed_on(job.worker_id)  # for procrastinate's own command, which does not call it
    if job.id in _executed:  # other workers considered this worker dead, and it got the job again
        await _wait_until_over((await engine()).executor, run_id)
        return
    _executed.add(job.id)
    try:
        await execute_claimed(context, (run_id, job.id, job.worker_id))
    except (AttemptFailed, JobAborted):
        raise
    except Exception as error:
        of_the_database = isinstance(error, DatabaseError)
        failed = "job failed, will retry: run=%s error=%s"
        logger.error(failed, run_id, in_a_line(error), exc_info=None if of_the_database else error)
        raise
    finally:
        _executed.discard(job.id)


async def execute_claimed(context: JobContext, job: claims.Given) -> None:
    run_id = job[0]
    executor = (await engine()).executor
    claiming = asyncio.ensure_future(_claimed(job))
    try:
        claim = await asyncio.shield(claiming)
    except asyncio.CancelledError:
        # The claim still completes, and the run would be treated as started.
        if not _is_aborted(context):
            giving_back = asyncio.ensure_future(_give_back(executor, run_id, claiming))
            await asyncio.wait([giving_back], timeout=settings.CLAIM_TIMEOUT)  # it continues if this times out
            raise
        if (claim := await asyncio.shield(claiming)) is None:
            raise
        claim.run.cancel_requested = True
    if claim is None:
        await _wait_until_over(executor, run_id)
        return
    live = takeover.resume(executor, claim)
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
    if live.ending.is_retry:
        raise AttemptFailed(live.ending.retry_in or 0.0)
    if live.ending.is_pause:
        return  # a process makes another job when the run wakes
    if live.feed.outcome is None:
        await _wait_until_over(executor, run_id)


def _is_aborted(context: JobContext) -> bool:
    return context.abort_reason() == AbortReason.USER_REQUEST


async def _claimed(job: claims.Given) -> claims.Claim | None:
    try:
        # A run that could not be claimed together with others may be locked by a writer: wait for it alone.
        return await _claims.ask(job) or (await _claim([job], wait=True)).get(job)
    finally:
        _unconfirmed.pop(job, None)


async def _give_back(executor: Executor, run_id: str, claiming: "asyncio.Future[claims.Claim | None]") -> None:
    """Undo the claim of a run as soon as it completes."""
    try:
        if (claim := await claiming) is not None:
            await executor.threads.run(claims.give_back, claim, executor.executor_id)
    except DatabaseError as error:
        logger.error("claim not given back: run=%s error=%s", run_id, in_a_line(error))


async def _wait_until_over(executor: Executor, run_id: str) -> None:
    """
    Wait until a run of another worker ends. Both workers may have the same job, which must not end before the run.
    """
    while True:
        with suppress(*AWAY):
            if not await executor.threads.run(_goes_on, run_id):
                return
        await asyncio.sleep(settings.RUN_END_CHECK_INTERVAL)


def _goes_on(run_id: str) -> bool:
    return Run.objects.filter(pk=run_id, status__in=UNFINISHED).exists()


async def _keep_retrying_stalled(engine: Engine) -> None:
    """
    Requeue the jobs that no worker executes: the jobs of dead workers, and jobs that were fetched for this worker while
    its connection broke, so that it got no answer. A separate task, because a job would wait for a free slot.
    """
    in_thread = engine.executor.threads.run
    looks = 0  # consecutive checks at which the database answered in time
    unheard: Counter[int] = Counter()  # jobs of this worker that it does not execute, and for how many checks in a row
    while True:
        await asyncio.sleep(settings.STALLED_JOB_CHECK_INTERVAL)
        begun = time.monotonic()
        try:
            fetched: list[int] = await in_thread(_given, _worker)
            if time.monotonic() - begun > _longest_look():
                looks = 0
                unheard.clear()
                continue
            if _worker is not None:
                unheard = Counter({job_id: unheard[job_id] + 1 for job_id in fetched if job_id not in _executed})
                for job_id in [job_id for job_id, times in unheard.items() if times >= settings.STALLED_JOB_CHECKS]:
                    logger.warning("requeueing orphaned job (fetched, never started): job=%d", job_id)
                    await in_thread(_queue_again, job_id, _worker)
            looks += 1
            # After the database was unavailable or slow, living workers first have to send heartbeats again.
            if looks >= settings.STALLED_JOB_CHECKS and (count := await in_thread(_retry_stalled)):
                logger.warning("jobs of dead workers requeued: count=%d", count)
            if looks % _CHECKS_PER_ENDED_CHECK == 0 and (count := await in_thread(_cancel_without_job)):
                logger.warning("runs of cancelled jobs cancelled: count=%d", count)
        except Exception as error:
            looks = 0
            unheard.clear()
            logger.error("check for stalled jobs failed: error=%s", in_a_line(error))


def _longest_look() -> float:
    """
    Return how many seconds a check may take. A slower check proves nothing about other workers, because their
    heartbeats are late as well. The result is half of the time by which a heartbeat may be late.
    """
    return float(settings.WORKER_SILENCE_TIMEOUT - settings.WORKER_HEARTBEAT_INTERVAL) / 2


def _given(worker: int | None) -> list[int]:
    """
    Send a heartbeat: procrastinate sends none while a worker shuts down and its runs use GRACE_SECONDS.

    Returns:
        The ids of the jobs that this worker has fetched; none if it has no id yet.
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
        if lock_fetched([(job_id, worker)]):
            JobManager(DjangoConnector()).retry_job_by_id(job_id, retry_at=timezone.now())


def _retry_stalled() -> int:
    """
    Requeue jobs of dead workers, in one process at a time, so that no job is taken from a worker that just fetched it.

    Returns:
        How many jobs were requeued.
    """
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
        # A worker that still holds its executor's lock may only be slow, or have a slow connection.
        of_jobs = ProcrastinateJob.objects.filter(pk__in=[job.id for job in silent])
        run_ids: dict[int | None, str] = dict(of_jobs.values_list("pk", KeyTextTransform("run_id", "args")))
        held = Run.objects.filter(pk__in=run_ids.values(), executor_id__in=ownership.held_locks())
        slow = set(held.values_list("pk", flat=True))
        stalled = [job for job in silent if job.id in given_up or run_ids.get(job.id) not in slow]
        if time.monotonic() - begun > _longest_look():
            return 0  # the database has just become slow
        for job in stalled:
            async_to_sync(manager.retry_job)(job)
        return len(stalled)


def _cancel_without_job() -> int:
    """
    Request the cancellation of runs whose jobs were cancelled or aborted through procrastinate, before they were
    fetched or while their worker shut down: no worker will get them. Runs whose jobs were deleted are not included.

    Returns:
        For how many runs it requested the cancellation.
    """
    # A job that is to be aborted has the status `failed` after its worker gave it back.
    given_up = Q(status__in=("cancelled", "aborted")) | Q(status="failed", abort_requested=True)
    jobs = ProcrastinateJob.objects.filter(given_up, task_name=execute.name)
    runs = Run.objects.filter(pk__in=jobs.values_list(KeyTextTransform("run_id", "args"), flat=True))
    # The first process that polls claims them; see `claims.claim_cancelled`.
    return runs.filter(status__in=UNFINISHED, engine=Run.Engine.PROCRASTINATE, cancel_requested=False).update(
        status=Run.Status.QUEUED, executor_id=0, cancel_requested=True
    )
