"""Signals from the command line: to a run, or to the run of an app that waits for a key."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.db import Error as DatabaseError

from runs.links.keyed_signals import send_keyed
from runs.links.signals import RunOver, TooManySignals, send
from runs.management.arguments import find_run
from runs.steps.options import check_text
from runs.steps.values import encode_payload

KEYED = "send a signal to the run of an app that has waited longest for its name and key, or keep it for the next"


def add_signal(parser: ArgumentParser) -> None:
    parser.add_argument("run_id", metavar="RUN_ID", help="The run's id.")
    _add_signal(parser)


def add_keyed_signal(parser: ArgumentParser) -> None:
    parser.add_argument("app", metavar="APP", help="The app's id.")
    _add_signal(parser)
    parser.add_argument("--key", required=True, help="The signal's key.")


def _add_signal(parser: ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="The signal's name.")
    parser.add_argument("--payload", metavar="JSON", default="null", help="The signal's payload (default: null).")


def send_signal(options: dict[str, Any]) -> str:
    """
    Send a signal to a run.

    Returns:
        A sentence that says so.

    Raises:
        CommandError: It was not sent.
    """
    run = find_run(options["run_id"])
    payload = _payload(options)
    try:
        send(run, options["name"], payload)
    except (RunOver, TooManySignals) as error:
        raise CommandError(str(error)) from None
    except DatabaseError as error:
        raise CommandError(f"The signal could not be recorded: {error}") from None
    return f"{run.pk} has received {options['name']}."


def send_keyed_signal(options: dict[str, Any]) -> str:
    """
    Send a keyed signal to an app's runs.

    Returns:
        A sentence that says so.

    Raises:
        CommandError: It was not sent.
    """
    app_id, name, key = options["app"], options["name"], options["key"]
    payload = _payload(options)
    try:
        check_text("the key of a signal", key)
        send_keyed(app_id, name, key, payload)
    except (ValueError, TooManySignals) as error:
        raise CommandError(str(error)) from None
    except DatabaseError as error:
        raise CommandError(f"The signal could not be recorded: {error}") from None
    return f"{app_id} has received {name} for {key}."


def _payload(options: dict[str, Any]) -> str:
    try:
        payload = json.loads(options["payload"])
    except (ValueError, RecursionError) as error:
        raise CommandError(f"--payload is not valid JSON: {error}") from None
    try:
        check_text("the name of a signal", options["name"])
        return encode_payload(payload)
    except ValueError as error:
        raise CommandError(str(error)) from None
