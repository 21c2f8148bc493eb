"""Retries of jobs: when the job of a failed run, or a job that could not be executed, is fetched again."""

from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.jobs import Job

from runs.journal.jobs import PAUSE_PREFIX


class AttemptFailed(Exception):
    """The run's workflow failed, and another attempt follows."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"tried again in {seconds:g} s")
        self.seconds = seconds


class WithoutLock(Exception):
    """The job returns from a pause, and has to wait for its lock again."""


class RetryStrategy(BaseRetryStrategy):
    """
    Retries a job after a failed attempt, and after any other error, because every accepted run must end.

    A postponed job would block all later jobs of its lock. Therefore a postponed job gets another lock for its pause,
    and its old lock after the pause. It keeps its priority, and because it is older, it is then the next job of this
    priority.
    """

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:
        lock = job.task_kwargs.get("lock")
        paused = f"{PAUSE_PREFIX}{job.task_kwargs['run_id']}" if lock else None
        if isinstance(exception, WithoutLock):
            return RetryDecision(retry_in={"seconds": 0}, lock=str(lock))
        if isinstance(exception, AttemptFailed):
            return RetryDecision(retry_in={"seconds": round(exception.seconds)}, lock=paused)
        if isinstance(exception, Exception):
            return RetryDecision(retry_in={"seconds": min(2**job.attempts, 60)}, lock=paused)
        return RetryDecision(retry_in={"seconds": 0})  # the worker shuts down
