"""After a crash: the runs that a dead process left unfinished are run again, or end as interrupted."""

import logging
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction

from runs import ownership, registry
from runs.executor import Executor, LiveRun, to_json
from runs.models import Delivery, Run
from runs.registry import Workflow
from runs.request import Request
from runs.streams import Reached, reached

logger = logging.getLogger(__name__)

_PAGE = 50  # runs taken over in one transaction
_MOST_LIVE = 500  # a process that has so many runs takes over no more until some are done


@dataclass
class _Claim:
    """A run that now belongs to this process."""

    run: Run
    delivery: Delivery | None
    reached: Reached  # by earlier attempts


async def recover(executor: Executor) -> int:
    """
    Take over the runs of all processes that are gone.

    Returns:
        How many runs were taken over.
    """
    in_thread = executor.streams.in_thread
    count = 0
    locks = await in_thread(ownership.dead, executor.executor_id)
    try:
        while locks:
            while claims := await in_thread(_claim, locks[-1].executor_id, executor.executor_id):
                for claim in claims:
                    _resume(executor, claim)
                count += len(claims)
                await executor.room(_MOST_LIVE)
            await in_thread(ownership.leave, locks.pop())
    finally:
        for lock in locks:
            lock.release(remove=False)  # for the next look
    if count:
        logger.warning("took over %d unfinished runs of processes that are gone", count)
    return count


def _claim(dead: int, own: int) -> list[_Claim]:
    """Make some of a dead executor's runs ours, as their next attempt; its lock is held meanwhile."""
    with transaction.atomic():
        unfinished = Run.objects.filter(executor_id=dead, status=Run.Status.RUNNING).order_by("id")
        runs = list(unfinished.select_for_update()[:_PAGE])
        for run in runs:
            run.attempt += 1
            run.executor_id = own
        Run.objects.bulk_update(runs, ["attempt", "executor_id"])
    deliveries = Delivery.objects.in_bulk([run.pk for run in runs])
    return [_Claim(run, deliveries.get(run.pk), reached(run.pk)) for run in runs]


def _resume(executor: Executor, claim: _Claim) -> None:
    """Run it again, or record why not."""
    run, delivery = claim.run, claim.delivery
    workflow = registry.find(run.workflow)
    request = Request("", "") if delivery is None else request_of(delivery)
    problem: tuple[Run.Status, str, str] | None = None
    kwargs: dict[str, Any] = {}
    if run.cancel_requested:
        executor.hold(live := _live(executor, claim, workflow, request, kwargs))
        live.cancel()
        live.end_as_stopped()
        return
    if workflow is None:
        problem = (Run.Status.ERROR, "WorkflowMissing", f"The workflow {run.workflow!r} is not installed any more.")
    elif delivery is None:
        problem = (Run.Status.INTERRUPTED, "Interrupted", "The server stopped, and the request is no longer kept.")
    elif not workflow.restart:
        problem = (
            Run.Status.INTERRUPTED,
            "Interrupted",
            "The server stopped while the workflow ran, and the workflow is not one to be run twice.",
        )
    elif run.attempt > settings.MAX_ATTEMPTS:
        problem = (
            Run.Status.INTERRUPTED,
            "Interrupted",
            f"The server stopped during each of {run.attempt - 1} attempts (MAX_ATTEMPTS).",
        )
    else:
        try:
            kwargs = workflow.check_options(run.options)
        except registry.InvalidOptions as error:
            problem = (Run.Status.ERROR, "InvalidOptions", str(error))
    live = _live(executor, claim, workflow, request, kwargs)
    if problem is not None:
        logger.warning("run %s: %s", run.pk, problem[2])
        executor.hold(live)
        live.finish_with_error(*problem)
        return
    message = f"The server stopped during attempt {run.attempt - 1}; this is attempt {run.attempt}."
    logger.warning("run %s: attempt %d", run.pk, run.attempt)
    executor.start(live)
    live.emit(to_json({"type": "log", "run_id": run.pk, "level": "warning", "message": message}))


def _live(
    executor: Executor, claim: _Claim, workflow: Workflow | None, request: Request, kwargs: dict[str, Any]
) -> LiveRun:
    run = claim.run
    return LiveRun(
        executor,
        run.pk,
        workflow,
        request,
        kwargs,
        run.timeout,
        attempt=run.attempt,
        after=claim.reached.last,
        progress=claim.reached.progress,
    )


def request_of(delivery: Delivery) -> Request:
    """The request that a workflow gets from a recorded delivery."""
    return Request(
        method=delivery.method,
        path=delivery.path,
        path_params=delivery.path_params,
        query_string=delivery.query_string,
        header_list=[(name, value) for name, value in delivery.headers],
        client=delivery.client,
        body=bytes(delivery.body),
    )
