"""`manage.py sinks rotate-token` and `end-old-token`: replace the bearer token of a sink."""

import argparse
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandError
from django.db import transaction

from runs.management.actions import AddAction
from runs.management.terminal import json_line
from sinks.management.arguments import find_sink
from sinks.models import Sink
from sinks.models.sink_access import MAX_OVERLAP

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def add_actions(add: AddAction, write: Callable[[str], Any], write_note: Callable[[str], Any], sink_help: str) -> None:
    """
    Add the actions to the command.

    Args:
        add: Adds an action.
        write: Writes a line to standard output.
        write_note: Writes a line to standard error.
        sink_help: The help of the sink.
    """
    rotate = add(
        "rotate-token",
        lambda options: _rotate(options, write, write_note),
        "give a sink a new bearer token and print it",
        as_json="Print it as JSON.",
    )
    rotate.add_argument("sink", metavar="SINK", help=sink_help)
    rotate.add_argument(
        "--overlap",
        type=_overlap,
        default=timedelta(),
        metavar="TIME",
        help="How long the old token stays valid too, such as 1h, 24h or 7d (at most 7d). Default: it ends at once.",
    )
    end = add("end-old-token", lambda options: write(_ended(options)), "end a replaced bearer token at once")
    end.add_argument("sink", metavar="SINK", help=sink_help)


def _overlap(text: str) -> timedelta:
    found = re.fullmatch(r"(\d{1,9})([smhd])", text.strip())
    overlap = timedelta(seconds=int(found[1]) * _UNITS[found[2]]) if found else None
    if overlap is None or overlap > MAX_OVERLAP:
        raise argparse.ArgumentTypeError(f"{text!r} is invalid: write a time such as 30m, 24h or 7d, at most 7d")
    return overlap


def _rotate(options: dict[str, Any], write: Callable[[str], Any], write_note: Callable[[str], Any]) -> None:
    with transaction.atomic():
        sink = find_sink(options["sink"], lock=True)
        was_open = not sink.encrypted_token
        token = sink.rotate_token(options["overlap"])
    until = sink.old_token_end
    if options["json"]:
        document = {"app_id": sink.app.app_id, "method": sink.method, "path": sink.path, "auth_token": token}
        write(json_line({**document, "old_token_until": until.isoformat() if until is not None else None}))
        return
    if was_open:
        before = "it had none before"
    elif until is None:
        before = "the old token is no longer accepted"
    else:
        before = f"the old token is accepted until {until:%Y-%m-%d %H:%M:%S} UTC"
    # Standard output gets only the token, for scripts.
    write_note(f"The new token of {_address(sink)} ({before}):")
    write(token)


def _ended(options: dict[str, Any]) -> str:
    with transaction.atomic():
        sink = find_sink(options["sink"], lock=True)
        if not sink.end_old_token():
            raise CommandError(f"{_address(sink)} has no replaced token that is still valid.")
    return f"The old token of {_address(sink)} is no longer accepted."


def _address(sink: Sink) -> str:
    return f"{sink.method} /{sink.app.app_id}{sink.path}"
