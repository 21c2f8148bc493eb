"""`manage.py runs start`: start a run without a request."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from runs.models import Run
from runs.recovery.start import CannotStart, KeyUsed, Wanted, start

_OPTIONS = {"app_id": "--app", "workflow": "WORKFLOW", "payload": "--payload", "options": "--options"}


def add_start(action: ArgumentParser) -> None:
    """Add the arguments of the action."""
    action.add_argument("workflow", metavar="WORKFLOW", help="The workflow's name.")
    action.add_argument("--app", required=True, metavar="APP", help="The id of the app to which the run belongs.")
    payload = action.add_mutually_exclusive_group()
    payload.add_argument(
        "--payload", metavar="JSON", default="null", help="The body of the workflow's request (default: null)."
    )
    payload.add_argument(
        "--payload-file", metavar="FILE", help="A file with the payload as JSON; - for the standard input."
    )
    action.add_argument("--options", metavar="JSON", default="{}", help="The workflow's options (default: {}).")
    action.add_argument(
        "--engine",
        choices=Run.Engine.values,
        default=Run.Engine.LOCAL,
        help="The processes that execute the run: servers or workers (default: %(default)s).",
    )
    action.add_argument(
        "--key",
        default="",
        help="An idempotency key: within a day, a repeat starts no second run, and prints the first.",
    )


def start_run(options: dict[str, Any]) -> Run:
    """
    Start the run that the arguments describe.

    Raises:
        CommandError: An argument is invalid.
        DatabaseError: It could not be recorded.
    """
    payload, place = options["payload"], "--payload"
    if (file := options["payload_file"]) is not None:
        place = "--payload-file"
        try:
            payload = sys.stdin.read() if file == "-" else Path(file).read_text()
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{place} cannot be read: {error}") from None
    own = _parsed(options["options"], "--options")
    if not isinstance(own, dict):
        raise CommandError("--options must be a JSON object.")
    wanted = Wanted(
        options["app"], options["workflow"], _parsed(payload, place), own, options["engine"], options["key"]
    )
    try:
        return start(wanted)[0]
    except CannotStart as error:
        raise CommandError(f"{_OPTIONS.get(error.place, f'--{error.place}')}: {error}") from None
    except KeyUsed as error:
        raise CommandError(str(error)) from None


def _parsed(text: str, place: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CommandError(f"{place} is not valid JSON: {error}") from None
