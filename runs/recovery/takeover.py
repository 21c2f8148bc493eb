"""Take over the runs of dead processes, and start claimed runs here."""

import logging
from typing import Any

from django.conf import settings

from runs.delivery.content_encoding import UnfitBody
from runs.delivery.request import Request
from runs.events.formatting import format_log
from runs.execution.executor import Executor
from runs.execution.live_run import LiveRun
from runs.models import Delivery, Run
from runs.ports import Source
from runs.recovery import ownership
from runs.recovery.claims import Claim, claim_dead
from runs.workflows.registry import InvalidOptions, Workflow

logger = logging.getLogger(__name__)

# A process that executes this many runs, or has MAX_RUNS, claims no more until some end.
_MAX_EXECUTING = 500


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
        while locks and room(executor) > 0:
            if claims := await in_thread(claim_dead, locks[-1].executor_id, executor.executor_id):
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


def room(executor: Executor) -> int:
    """Return how many runs this process may claim from the database; 0 or less if none."""
    executing = executor.count - executor.lanes.waiting
    return min(settings.MAX_RUNS - executor.count, _MAX_EXECUTING - executing)


def resume(executor: Executor, claim: Claim) -> LiveRun:
    """
    Start a claimed run. If it cannot execute, record the reason as its end; if it is to be cancelled, cancel it.

    Args:
        executor: This process's executor, to which the run belongs.
        claim: The run.
    """
    run, delivery, workflow = claim.run, claim.delivery, claim.workflow
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
            request = request_of(delivery, claim.source)
            kwargs = workflow.check_options(run.options)
        except UnfitBody as error:
            # It was accepted when it was received; MAX_BODY_BYTES may have been larger then.
            problem = (Run.Status.ERROR, "UnfitBody", str(error))
        except InvalidOptions as error:
            problem = (Run.Status.ERROR, "InvalidOptions", str(error))
    live = _live(executor, claim, workflow, request, kwargs)
    if problem is not None:
        logger.warning("run not resumed: run=%s reason=%s", run.pk, problem[2])
        executor.hold(live)
        live.finish_with_error(*problem)
        return live
    assert workflow is not None
    live.ending.retry = workflow.rule(claim.source.retry if claim.source is not None else None)
    if claim.history is not None:
        live.begin_steps(claim.history)
    if not live.ending.on_worker and claim.source is not None and claim.source.concurrency is not None:
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
    live.ending.parent = run.parent
    live.ending.on_failure = claim.source is not None and bool(claim.source.failure_workflow)
    live.ending.failures, live.ending.on_worker = run.retries, run.engine == Run.Engine.PROCRASTINATE
    live.feed.read_elsewhere = True  # most likely: its client is connected to another process
    return live


def request_of(delivery: Delivery, source: Source | None = None) -> Request:
    """
    Return the request for a recorded delivery: the same as in the first attempt.

    Args:
        delivery: The recorded delivery.
        source: The run's source as it is configured now: its expression makes the payload.

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
    request.make_payload = source.make_payload if source is not None else None
    request.unpack(settings.MAX_BODY_BYTES)
    return request
