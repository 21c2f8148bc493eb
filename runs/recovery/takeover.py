"""Claim runs from the database for this process: those of dead processes, those of jobs, and replays."""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, IntegerField, Q, QuerySet, When
from django.utils import timezone

from runs import ports
from runs.delivery.content_encoding import UnfitBody
from runs.delivery.request import Request
from runs.events.formatting import format_log, format_waiting
from runs.events.log import Reached, reached
from runs.execution.executor import Executor
from runs.execution.live_run import LiveRun
from runs.journal.job_tables import lock_fetched
from runs.models import UNFINISHED, Delivery, Run, Segment
from runs.recovery import ownership
from runs.steps.history import History, read_histories
from runs.workflows import registry
from runs.workflows.registry import Workflow

logger = logging.getLogger(__name__)

_PAGE = 50  # runs taken over in one transaction
# A process that executes this many runs, or has MAX_RUNS, claims no more until some end.
_MAX_EXECUTING = 500


Given = tuple[str, int, int]  # a fetched job: the run's id, the job's id, and the id of the worker that fetched it


@dataclass
class Claim:
    """A run that now belongs to this process."""

    run: Run
    delivery: Delivery | None
    reached: Reached  # by earlier attempts
    crashed: bool = True  # whether the previous attempt ended with its process
    source: ports.Source | None = None  # as it is configured now
    begun_at: datetime | None = None  # when the previous attempt of a job's run started, if there was one
    history: History | None = None  # the steps that earlier attempts recorded

    @property
    def is_retry(self) -> bool:
        """Whether the attempt before this one failed."""
        return self.begun_at is not None and not self.crashed


async def recover(executor: Executor, before: frozenset[int], longest: float) -> ownership.Look:
    """
    Take over the runs of all dead processes.

    Args:
        executor: This process's executor.
        before: The executors whose lock was free at the last check; see `ownership.dead`.
        longest: Seconds that the check may take to find dead processes.

    Returns:
        The check's result.
    """
    in_thread = executor.threads.run
    count = 0
    locks: list[ownership.Lock]
    look: ownership.Look
    locks, look = await in_thread(ownership.dead, executor.executor_id, before, longest)
    try:
        while locks and has_room(executor):
            if claims := await in_thread(_claim, locks[-1].executor_id, executor.executor_id):
                for claim in claims:
                    resume(executor, claim)
                count += len(claims)
            else:
                await in_thread(ownership.leave, locks.pop())
    finally:
        for lock in locks:
            lock.release(remove=False)  # for the next check, or for a process that has room
    if count:
        logger.warning("runs taken over from dead processes: count=%d", count)
    return look


def has_room(executor: Executor) -> bool:
    """Return whether this process may claim runs from the database."""
    return executor.count < settings.MAX_RUNS and executor.count - executor.lanes.waiting < _MAX_EXECUTING


def _claim(dead: int, own: int) -> list[Claim]:
    """
    Claim some of a dead executor's runs for their next attempt. The caller holds its lock. A worker's runs are not
    included: procrastinate finds its stalled jobs, and another worker gets them.
    """
    with transaction.atomic():
        unfinished = Run.objects.filter(executor_id=dead, status=Run.Status.RUNNING, engine=Run.Engine.LOCAL)
        unfinished = unfinished.order_by("id")
        runs = list(unfinished.select_for_update()[:_PAGE])
        reports = {run.pk: reached(run.pk) for run in runs}
        crashed = {run.pk for run in runs if not _only_waited(run, reports[run.pk])}
        for run in runs:
            run.executor_id = own
            run.lease += 1
            if run.pk in crashed:
                run.attempt += 1
                run.crashes += 1
        Run.objects.bulk_update(runs, ["executor_id", "lease", "attempt", "crashes"])
        # Within the transaction: if these cannot be read, the runs are not claimed.
        deliveries = Delivery.objects.in_bulk([run.pk for run in runs])
        histories = read_histories(run.pk for run in runs)
        sources = ports.sources_of(runs)
        claims = []
        for run in runs:
            found = deliveries.get(run.pk), reports[run.pk], run.pk in crashed, sources.get(run.pk)
            claims.append(Claim(run, *found, history=histories.get(run.pk)))
        return claims


def _only_waited(run: Run, far: Reached) -> bool:
    """Return whether the run only waited for its turn, and was not started after that; see `Executor._record_start`."""
    if far.event != format_waiting(run.pk) or run.started_at is None:
        return False
    said_at = Segment.objects.filter(run_id=run.pk, last=far.last).values_list("at", flat=True).first()
    return said_at is not None and run.started_at <= said_at


def claim_jobs(jobs: list[Given], own: int, wait: bool, unconfirmed: dict[Given, Claim]) -> dict[Given, Claim]:
    """
    Claim the runs of jobs that this process fetched. Blocking: call it in a thread.

    Args:
        jobs: The jobs.
        own: This process's executor.
        wait: Whether to wait for runs that are locked by other transactions. If not, they are left out.
        unconfirmed: A dict to which the claims are added before they are committed. If the connection breaks during the
            commit, the next call finds them there. The caller removes a claim after it has received it.

    Returns:
        The claims by job, only for unfinished runs. The claimed attempt is the first or a later one. A run is left out
        if its job is no longer assigned to the given worker: no worker would notice if this process claimed the run and
        died.
    """
    with transaction.atomic():
        ours = lock_fetched([(job_id, worker) for _, job_id, worker in jobs])
        asked = {run_id: (run_id, job_id, worker) for run_id, job_id, worker in jobs if job_id in ours}
        # In the order of the keys, so that two processes never wait for each other.
        unfinished = Run.objects.select_for_update(skip_locked=not wait).filter(pk__in=asked, status__in=UNFINISHED)
        found = list(unfinished.order_by("pk"))
        runs = [run for run in found if not _was_had_by(unconfirmed.get(asked[run.pk]), run)]
        crashed = {run.pk for run in runs if run.status == Run.Status.RUNNING}
        begun = {run.pk: run.started_at for run in runs if run.started_at is not None}
        far = {run_id: reached(run_id) for run_id in begun}
        histories = read_histories(begun, again=begun.keys() - crashed) if begun else {}
        _take(runs, own)
        deliveries = Delivery.objects.in_bulk([run.pk for run in runs])
        sources = ports.sources_of(runs)
        for run in runs:
            unconfirmed[asked[run.pk]] = Claim(
                run,
                deliveries.get(run.pk),
                far.get(run.pk, Reached()),
                run.pk in crashed,
                source=sources.get(run.pk),
                begun_at=begun.get(run.pk),
                history=histories.get(run.pk),
            )
        return {asked[run.pk]: unconfirmed[asked[run.pk]] for run in found}


def _was_had_by(claim: Claim | None, run: Run) -> bool:
    """Return whether the run's row is in the state that this claim wrote."""
    if claim is None:
        return False
    known = claim.run
    return (known.status, known.lease, known.executor_id) == (run.status, run.lease, run.executor_id)


def give_back(claim: Claim, own: int) -> None:
    """Undo `claim_jobs` for a run that was not started since. Blocking: call it in a thread."""
    if claim.crashed:
        return  # an earlier attempt crashed, and the next claim must see that
    run = claim.run
    Run.objects.filter(pk=run.pk, status=Run.Status.RUNNING, lease=run.lease, executor_id=own).update(
        status=Run.Status.QUEUED,
        attempt=run.attempt - claim.is_retry,
        retries=run.retries - claim.is_retry,
        started_at=claim.begun_at,
        executor_id=0,
    )


def claim_queued(own: int) -> Claim | None:
    """
    Claim a run that waits for any server. Blocking: call it in a thread.

    Returns:
        One run, for its first attempt, or for the next one after its pause; None if none is due. Several servers get
        different runs.
    """
    # Runs that are to be cancelled too: `resume` ends them. SQLite uses the index only for exactly these conditions.
    queued = Run.objects.filter(status=Run.Status.QUEUED, engine=Run.Engine.LOCAL, executor_id=0)
    paused = queued.filter(wake_at__lte=timezone.now()).order_by("wake_at")
    for waiting in (paused, queued.filter(wake_at=None).order_by("id")):
        for run_id, begun_at in waiting.values_list("pk", "started_at")[:_PAGE]:
            # One transaction: if the run cannot be read, it is not claimed.
            with transaction.atomic():
                if claim := _claim_one(queued.filter(pk=run_id), run_id, begun_at, own):
                    return claim
    return None


def _claim_one(queued: QuerySet[Run], run_id: str, begun_at: datetime | None, own: int) -> Claim | None:
    """Claim a run unless another process has claimed it."""
    again = int(begun_at is not None)
    taken = queued.update(
        status=Run.Status.RUNNING,
        executor_id=own,
        started_at=timezone.now(),
        wake_at=None,
        lease=F("lease") + 1,
        attempt=F("attempt") + again,
        retries=F("retries") + again,
    )
    if not taken:
        return None
    run = Run.objects.get(pk=run_id)
    return Claim(
        run,
        Delivery.objects.filter(pk=run_id).first(),
        reached(run_id),
        crashed=False,
        source=ports.source_of(run),
        begun_at=begun_at,
        history=read_histories([run_id], again=[run_id] if again else []).get(run_id),
    )


def claim_cancelled(own: int) -> list[Claim]:
    """Claim queued runs that are to be cancelled. Blocking: call it in a thread."""
    with transaction.atomic():
        queued = Run.objects.filter(status=Run.Status.QUEUED, cancel_requested=True).order_by("id")
        runs = list(queued.select_for_update(skip_locked=True)[:_PAGE])
        _take(runs, own)
        return [Claim(run, None, reached(run.pk)) for run in runs]


def _take(runs: list[Run], own: int) -> None:
    """Assign locked runs to this process; those that were started before get their next attempt."""
    now = timezone.now()
    has_begun = Q(started_at__isnull=False)
    is_retry = has_begun & Q(status=Run.Status.QUEUED)
    is_crash = has_begun & Q(status=Run.Status.RUNNING)
    Run.objects.filter(pk__in=[run.pk for run in runs]).update(
        lease=F("lease") + 1,
        attempt=_counted("attempt", has_begun),
        retries=_counted("retries", is_retry),
        crashes=_counted("crashes", is_crash),
        status=Run.Status.RUNNING,
        started_at=now,
        wake_at=None,
        executor_id=own,
    )
    for run in runs:
        run.lease += 1
        if run.started_at is not None:
            run.attempt += 1
            run.retries += run.status == Run.Status.QUEUED
            run.crashes += run.status == Run.Status.RUNNING
        run.status, run.started_at, run.executor_id = Run.Status.RUNNING, now, own


def _counted(column: str, condition: Q) -> Case:
    return Case(When(condition, then=F(column) + 1), default=column, output_field=IntegerField())


def resume(executor: Executor, claim: Claim) -> LiveRun:
    """
    Start a claimed run. If it cannot execute, record the reason as its end; if it is to be cancelled, cancel it.

    Args:
        executor: This process's executor, to which the run belongs.
        claim: The run.
    """
    run, delivery = claim.run, claim.delivery
    workflow = registry.find(run.workflow)
    request = Request("", "")
    problem: tuple[Run.Status, str, str] | None = None
    kwargs: dict[str, Any] = {}
    if run.cancel_requested:
        executor.hold(live := _live(executor, claim, workflow, request, kwargs))
        live.cancel()
        live.end_as_stopped()
        return live
    if workflow is None:
        problem = (Run.Status.ERROR, "WorkflowMissing", f"The workflow {run.workflow!r} is no longer installed.")
    elif delivery is None:
        problem = (Run.Status.INTERRUPTED, "Interrupted", "The server stopped, and the delivery was pruned.")
    elif claim.crashed and not workflow.restart:
        problem = (
            Run.Status.INTERRUPTED,
            "Interrupted",
            "The server stopped while the workflow ran, and the workflow must not be restarted.",
        )
    elif claim.crashed and run.crashes >= settings.MAX_CRASHES:
        problem = (
            Run.Status.INTERRUPTED,
            "Interrupted",
            f"The server stopped during {run.crashes} attempts (MAX_CRASHES).",
        )
    else:
        try:
            request = request_of(delivery)
            kwargs = workflow.check_options(run.options)
        except UnfitBody as error:
            # It was accepted when it was received; MAX_BODY_BYTES may have been larger then.
            problem = (Run.Status.ERROR, "UnfitBody", str(error))
        except Exception as error:  # a workflow's own validator may raise anything
            problem = (Run.Status.ERROR, "InvalidOptions", str(error))
    live = _live(executor, claim, workflow, request, kwargs)
    if problem is not None:
        logger.warning("run not resumed: run=%s reason=%s", run.pk, problem[2])
        executor.hold(live)
        live.finish_with_error(*problem)
        return live
    assert workflow is not None
    live.retry = workflow.rule(claim.source.retry if claim.source is not None else None)
    if claim.history is not None:
        live.begin_steps(claim.history)
    if not live.on_worker and claim.source is not None and claim.source.concurrency is not None:
        executor.assign_lane(live, claim.source.concurrency)
    if claim.crashed and not executor.stopping:
        message = f"The server stopped during attempt {run.attempt - 1}; this is attempt {run.attempt}."
        logger.warning("run resumed: run=%s attempt=%d", run.pk, run.attempt)
        live.emit(format_log(run.pk, "warning", message))
    live.waited = not claim.crashed and claim.run.engine == Run.Engine.LOCAL
    executor.start(live)
    return live


def _live(
    executor: Executor, claim: Claim, workflow: Workflow | None, request: Request, kwargs: dict[str, Any]
) -> LiveRun:
    run = claim.run
    live = LiveRun(
        executor,
        run.pk,
        workflow,
        request,
        kwargs,
        run.timeout,
        app_id=run.app_id,
        source_id=run.source_id,
        lease=run.lease,
        attempt=run.attempt,
        after=claim.reached.last,
        progress=claim.reached.progress,
    )
    live.failures, live.on_worker = run.retries, run.engine == Run.Engine.PROCRASTINATE
    live.feed.read_elsewhere = True  # most likely: its client is connected to another process
    return live


def request_of(delivery: Delivery) -> Request:
    """
    Return the request for a recorded delivery: the same as in the first attempt.

    Raises:
        content_encoding.UnfitBody: The body cannot be unpacked, or exceeds MAX_BODY_BYTES.
    """
    request = Request(
        method=delivery.method,
        path=delivery.path,
        path_params=delivery.path_params,
        query_string=delivery.query_string,
        header_list=[(name, value) for name, value in delivery.headers],
        client=delivery.client,
        body=bytes(delivery.body),
    )
    request.unpack(settings.MAX_BODY_BYTES)
    return request
