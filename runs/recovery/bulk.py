"""Cancel, replay or resume many runs, one after the other."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from runs import ports
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
    Apply an action to runs. At the end, the audit log gets an entry for each app.

    Args:
        action: cancel, replay or resume.
        runs: The runs.

    Yields:
        After each run, what became of it.

    Raises:
        DatabaseError: The database is unavailable. The action was applied to the runs before.
    """
    changed: Counter[str] = Counter()
    try:
        for run in runs:
            done = _apply(action, run)
            changed[run.app_id] += not done.reason
            yield done
    finally:
        for app_id, count in sorted(changed.items()):
            record(None, action, app_id, count)


def record(by: Any, action: str, app_id: str, count: int) -> None:
    """
    Add an action on several runs to the audit log.

    Args:
        by: The request; None for the user of the current request or command.
        action: cancel, replay or resume.
        app_id: The app of the runs.
        count: The number of runs; for 0, nothing is recorded.
    """
    if count:
        ports.audit(by, f"runs.{_DONE[action]}", app_id=app_id, text=f"runs: {count}")


def _apply(action: str, run: Run) -> Done:
    if action != "replay":
        return Done(run.pk, reason=_ACTIONS[action](run))
    try:
        return Done(run.pk, new=replay(run).pk)
    except (CannotReplay, ImproperlyConfigured) as error:
        return Done(run.pk, reason=str(error))
