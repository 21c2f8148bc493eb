"""When a failed run is tried again, and a job that could not be executed."""

from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.jobs import Job

from runs.journal.jobs import PAUSE_PREFIX

_MOST_BACKOFF = 3600.0


def backoff_seconds(backoff: float, attempt: int) -> float:
    """
    Give the pause after a failed attempt.

    Args:
        backoff: Seconds after the first.
        attempt: The number of the attempt that failed.

    Returns:
        Seconds: twice as many after each further one, up to an hour.
    """
    return min(backoff * 2.0 ** min(attempt - 1, 20), _MOST_BACKOFF)


class AttemptFailed(Exception):
    """The run's workflow failed, and is to be tried again."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"tried again in {seconds:g} s")
        self.seconds = seconds


class WithoutLock(Exception):
    """The job has come back from a pause, and has to wait for its lock again."""


class RetryStrategy(BaseRetryStrategy):
    """
    Again after a failed attempt, and after any fault around it: a run that was accepted must come to an end.

    A job that is put off would keep all later ones of its lock from being executed meanwhile. So it pauses under a lock
    of its own, and takes its old one when it comes back; as it is older, it is the next of its priority that has it.
    The priority stays.
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
