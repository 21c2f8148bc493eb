"""Claim runs from the database for this process: those of dead processes, those of jobs, and those that are due."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Case, CharField, F, IntegerField, Q, QuerySet, Value, When
from django.utils import timezone

from runs import ports
from runs.events.formatting import is_waiting
from runs.events.log import Reached, reached
from runs.journal.job_tables import lock_fetched
from runs.journal.jobs import defer, job_of_run
from runs.models import UNFINISHED, Delivery, Run, Segment
from runs.steps.history import History, read_histories
from runs.workflows import registry
from runs.workflows.registry import Workflow

_WOKEN = 1000  # added to the priority of a job whose run continues: it starts ahead of new runs
_PAGE = 50  # runs claimed in one transaction


Given = tuple[str, int, int]  # a fetched job: the run's id, the job's id, and the id of the worker that fetched it


@dataclass
class Claim:
    """A run that now belongs to this process."""

    run: Run
    delivery: Delivery | None
    reached: Reached  # by earlier attempts
    crashed: bool = True  # whether the previous attempt ended with its process
    source: ports.Source | None = None  # as it is configured now
    begun_at: datetime | None = None  # when the previous attempt started, if there was one
    has_waited: bool = False  # whether the run was let go, so that its attempt goes on
    history: History | None = None  # the steps that earlier attempts recorded
    workflow: Workflow | None = None  # as it is installed now; None if it is not
    begun_code: str = ""  # the hash of the code with which the previous execution began

    @property
    def is_retry(self) -> bool:
        """Whether the attempt before this one failed."""
        return self.begun_at is not None and not self.crashed and not self.has_waited


def claim_dead(dead: int, own: int) -> list[Claim]:
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
        workflows = _workflows_of(runs)
        for run in runs:
            run.executor_id = own
            run.lease += 1
            if run.pk in crashed:
                run.attempt += 1
                run.crashes += 1
            _note_code(run, workflows)
        Run.objects.bulk_update(runs, ["executor_id", "lease", "attempt", "crashes", "code_hash"])
        # Within the transaction: if these cannot be read, the runs are not claimed.
        deliveries = Delivery.objects.in_bulk([run.pk for run in runs])
        histories = read_histories(run.pk for run in runs)
        sources = ports.sources_of(runs)
        claims = []
        for run in runs:
            found = deliveries.get(run.pk), reports[run.pk], run.pk in crashed, sources.get(run.pk)
            claims.append(Claim(run, *found, history=histories.get(run.pk), workflow=workflows[run.workflow]))
        return claims


def _only_waited(run: Run, far: Reached) -> bool:
    """Return whether the run only waited for its turn, and was not started after that; see `Executor._record_start`."""
    if run.started_at is None or not is_waiting(run.pk, far.event):
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
        # A replay from a step has not begun, but has records and events.
        recorded = [run.pk for run in runs if run.pk in begun or run.replay_of]
        far = {run_id: reached(run_id) for run_id in recorded}
        waited = {run.pk for run in runs if run.status == Run.Status.WAITING}
        histories = read_histories(recorded) if recorded else {}
        codes = {run.pk: run.code_hash for run in runs}
        workflows = _workflows_of(runs)
        _take(runs, own, workflows)
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
                has_waited=run.pk in waited,
                workflow=workflows[run.workflow],
                begun_code=codes[run.pk],
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
        status=Run.Status.WAITING if claim.has_waited else Run.Status.QUEUED,
        attempt=run.attempt - claim.is_retry,
        retries=run.retries - claim.is_retry,
        started_at=claim.begun_at,
        code_hash=claim.begun_code,
        executor_id=0,
    )


def claim_woken(own: int, most: int) -> list[Claim]:
    """
    Claim runs that were let go and whose time has come, those that are late the longest first. Blocking: call it in a
    thread.

    Args:
        own: This process's executor.
        most: How many it can start.

    Returns:
        Up to 50 runs, claimed in one transaction: many runs may sleep until the same moment, and a commit for each
        takes longer than their work. Several servers get different runs.
    """
    # SQLite uses the index only for exactly these conditions.
    waiting = Run.objects.filter(status=Run.Status.WAITING, engine=Run.Engine.LOCAL, executor_id=0)
    due = waiting.filter(wake_at__lte=timezone.now()).order_by("wake_at")
    # Looked for outside a transaction, which would take SQLite's write lock at each poll.
    if not due.exists():
        return []
    # One transaction: if one of the runs cannot be read, none is claimed.
    with transaction.atomic():
        runs = list(due.select_for_update(skip_locked=True)[: min(most, _PAGE)])
        deliveries = Delivery.objects.in_bulk([run.pk for run in runs])
        histories = read_histories(run.pk for run in runs)
        sources = ports.sources_of(runs)
        workflows = _workflows_of(runs)
        claims = [
            Claim(
                run,
                deliveries.get(run.pk),
                reached(run.pk),
                crashed=False,
                source=sources.get(run.pk),
                begun_at=run.started_at,
                has_waited=True,
                history=histories.get(run.pk),
                workflow=workflows[run.workflow],
            )
            for run in runs
        ]
        _take(runs, own, workflows)
    return claims


def claim_queued(own: int) -> Claim | None:
    """
    Claim a run that waits for any server. Blocking: call it in a thread.

    Returns:
        One run, for its first attempt, or for the next one after its pause; None if none is due. Several servers get
        different runs.
    """
    # Runs that are to be cancelled too: `resume` ends them. For the index, see `claim_woken`.
    queued = Run.objects.filter(status=Run.Status.QUEUED, engine=Run.Engine.LOCAL, executor_id=0)
    for due in (
        queued.filter(wake_at__lte=timezone.now()).order_by("wake_at"),
        queued.filter(wake_at=None).order_by("id"),
    ):
        # Looked for outside a transaction, which would take SQLite's write lock at each poll.
        for run_id in due.values_list("pk", flat=True)[:_PAGE]:
            # One transaction: if the run cannot be read, it is not claimed.
            with transaction.atomic():
                if claim := _claim_one(due.filter(pk=run_id), own):
                    return claim
    return None


def _claim_one(unowned: QuerySet[Run], own: int) -> Claim | None:
    """Claim the run of a query, unless another process has claimed it."""
    run = unowned.select_for_update(skip_locked=True).first()
    if run is None:
        return None
    workflows = _workflows_of([run])
    claim = Claim(
        run,
        Delivery.objects.filter(pk=run.pk).first(),
        reached(run.pk),
        crashed=False,
        source=ports.source_of(run),
        begun_at=run.started_at,
        history=read_histories([run.pk]).get(run.pk),
        workflow=workflows[run.workflow],
    )
    _take([run], own, workflows)
    return claim


def wake_for_workers() -> int:
    """
    Make jobs for waiting runs of workers whose time has come. Several processes may do this at once. Blocking: call it
    in a thread.

    Returns:
        For how many runs it made jobs.
    """
    with transaction.atomic():
        due = Run.objects.filter(
            status=Run.Status.WAITING, engine=Run.Engine.PROCRASTINATE, wake_at__lte=timezone.now()
        )
        runs = list(due.select_for_update(skip_locked=True).order_by("wake_at")[:_PAGE])
        if not runs:
            return 0
        sources = ports.sources_of(runs)
        jobs = [job_of_run(run, sources.get(run.pk), _WOKEN) for run in runs]
        # Without a time, they are not found again; their jobs claim them.
        Run.objects.filter(pk__in=[run.pk for run in runs]).update(wake_at=None)
        with connection.wrap_database_errors:
            defer(jobs)
    return len(runs)


def claim_cancelled(own: int) -> list[Claim]:
    """Claim queued runs that are to be cancelled. Blocking: call it in a thread."""
    with transaction.atomic():
        unowned = (Run.Status.QUEUED, Run.Status.WAITING)
        queued = Run.objects.filter(status__in=unowned, cancel_requested=True).order_by("id")
        runs = list(queued.select_for_update(skip_locked=True)[:_PAGE])
        _take(runs, own, {})
        return [Claim(run, None, reached(run.pk)) for run in runs]


def _workflows_of(runs: list[Run]) -> dict[str, Workflow | None]:
    """Return the workflows of runs by name, as they are installed now; None for those that are not."""
    return {name: registry.find_begun(name) for name in {run.workflow for run in runs}}


def _note_code(run: Run, workflows: Mapping[str, Workflow | None]) -> None:
    if (workflow := workflows.get(run.workflow)) is not None:
        run.code_hash = workflow.code_hash


def _take(runs: list[Run], own: int, workflows: Mapping[str, Workflow | None]) -> None:
    """
    Assign locked runs to this process; those that were started get their next attempt, except after a wait.

    Args:
        runs: The runs.
        own: This process's executor.
        workflows: Those that execute them, by name; none if they are not executed.
    """
    now = timezone.now()
    has_begun = Q(started_at__isnull=False)
    is_retry = has_begun & Q(status=Run.Status.QUEUED)
    is_crash = has_begun & Q(status=Run.Status.RUNNING)
    Run.objects.filter(pk__in=[run.pk for run in runs]).update(
        lease=F("lease") + 1,
        attempt=_counted("attempt", is_retry | is_crash),
        retries=_counted("retries", is_retry),
        crashes=_counted("crashes", is_crash),
        status=Run.Status.RUNNING,
        started_at=now,
        wake_at=None,
        executor_id=own,
        code_hash=Case(
            *(When(workflow=name, then=Value(found.code_hash)) for name, found in workflows.items() if found),
            default=F("code_hash"),
            output_field=CharField(),
        ),
    )
    for run in runs:
        run.lease += 1
        if run.started_at is not None and run.status != Run.Status.WAITING:
            run.attempt += 1
            run.retries += run.status == Run.Status.QUEUED
            run.crashes += run.status == Run.Status.RUNNING
        run.status, run.started_at, run.executor_id = Run.Status.RUNNING, now, own
        _note_code(run, workflows)


def _counted(column: str, condition: Q) -> Case:
    return Case(When(condition, then=F(column) + 1), default=column, output_field=IntegerField())
