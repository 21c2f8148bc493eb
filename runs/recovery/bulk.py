"""Cancel, replay or resume many runs, one after the other."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured

from runs.models import BAD_ENDS, ENDS, UNFINISHED, Run
from runs.recovery.cancel import cancel
from runs.recovery.replay import CannotReplay, replay
from runs.recovery.resume import CannotResume, resume


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one run."""

    run_id: str
    new: str = ""  # the run that was started; only of a replay
    reason: str = ""  # why nothing was done; empty if something was


def _cancel(run: Run) -> str:
    return "" if cancel(run) else f"The run has already ended: {run.status}."


def _resume(run: Run) -> str:
    try:
        resume(run.pk)
    except (CannotResume, ImproperlyConfigured) as error:
        return str(error)
    return ""


# The statuses of the runs to which each action applies.
STATUSES: dict[str, frozenset[str]] = {
    "cancel": frozenset(UNFINISHED),
    "replay": frozenset(ENDS),
    "resume": frozenset(BAD_ENDS),
}
_DONE = {"cancel": "cancelled", "replay": "replayed", "resume": "resumed"}
_ACTIONS: dict[str, Callable[[Run], str]] = {"cancel": _cancel, "resume": _resume}


def statuses_for(action: str, wanted: frozenset[str]) -> frozenset[str]:
    """
    Return the statuses of the runs to which an action applies, among those that are wanted.

    Args:
        action: cancel, replay or resume.
        wanted: Statuses; empty for all.

    Raises:
        ValueError: The action applies to none of them.
    """
    found = STATUSES[action] & wanted if wanted else STATUSES[action]
    if not found:
        known = ", ".join(sorted(STATUSES[action]))
        raise ValueError(f"Only runs with one of these statuses can be {_DONE[action]}: {known}.")
    return found


def apply(action: str, runs: Iterable[Run]) -> Iterator[Done]:
    """
    Apply an action to runs.

    Args:
        action: cancel, replay or resume.
        runs: The runs.

    Yields:
        After each run, what became of it.

    Raises:
        DatabaseError: The database is unavailable. The action was applied to the runs before.
    """
    for run in runs:
        if action == "replay":
            try:
                yield Done(run.pk, new=replay(run).pk)
            except (CannotReplay, ImproperlyConfigured) as error:
                yield Done(run.pk, reason=str(error))
        else:
            yield Done(run.pk, reason=_ACTIONS[action](run))
