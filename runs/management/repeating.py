"""`manage.py runs replay` and `runs resume`."""

from argparse import ArgumentParser

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError
from django.db import Error as DatabaseError

from runs.management.arguments import find_run
from runs.models import Run
from runs.recovery.replay import CannotReplay, replay
from runs.recovery.resume import CannotResume, resume


def add_replay(action: ArgumentParser) -> None:
    """Add the arguments of `replay`."""
    action.add_argument("run_id", metavar="RUN_ID", help="The run's id.")
    action.add_argument(
        "--from-step",
        default="",
        metavar="NAME",
        help="Begin at the first call of this step: the new run gets the recorded results of the steps before it.",
    )


def add_resume(action: ArgumentParser) -> None:
    """Add the arguments of `resume`."""
    action.add_argument("run_id", metavar="RUN_ID", help="The run's id.")
    action.add_argument(
        "--accept-changes",
        action="store_true",
        help="Give steps their recorded results even if the workflow now calls them with other arguments.",
    )


def replay_run(run_id: str, from_step: str) -> Run:
    """
    Replay a run. Return the new one.

    Raises:
        CommandError: It cannot be replayed.
    """
    run = find_run(run_id)
    try:
        return replay(run, from_step)
    except (CannotReplay, ImproperlyConfigured) as error:
        raise CommandError(str(error)) from None
    except DatabaseError as error:
        raise CommandError(f"The run could not be recorded: {error}") from None


def resume_run(run_id: str, accept_changes: bool) -> Run:
    """
    Resume a run.

    Raises:
        CommandError: It cannot be resumed.
    """
    run = find_run(run_id)
    try:
        return resume(run.pk, accept_changes=accept_changes)
    except (CannotResume, ImproperlyConfigured) as error:
        raise CommandError(str(error)) from None
