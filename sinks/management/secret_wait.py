"""`manage.py sinks await-secret`: wait for the secret that a sink's provider sends in a first request."""

from typing import Any

from django.core.management.base import CommandError
from django.db import transaction

from runs.management.actions import Act, AddAction
from runs.management.terminal import json_line
from sinks.handshakes import secret_window
from sinks.management.arguments import find_sink

_ABOUT = "wait 10 minutes for the secret that the provider sends in a first request (Asana, Notion)"


def add_action(add: AddAction, act: Act, sink_help: str) -> None:
    """
    Add the action to the command.

    Args:
        add: Adds an action.
        act: Executes it.
        sink_help: The help of its sink.
    """
    parser = add("await-secret", act, _ABOUT, as_json="Print it as JSON.")
    parser.add_argument("sink", metavar="SINK", help=sink_help)
    parser.add_argument("--stop", action="store_true", help="Stop waiting.")


def waits_as_text(options: dict[str, Any]) -> str:
    """
    Let a sink wait for the secret, or stop it, and return what to print.

    Raises:
        CommandError: There is no such sink, or its provider sends no secret.
    """
    with transaction.atomic():
        sink = find_sink(options["sink"], lock=True)
        try:
            if options["stop"]:
                secret_window.stop_waiting(sink)
            else:
                secret_window.wait(sink)
        except secret_window.CannotWait as error:
            raise CommandError(str(error)) from None
    until = sink.awaits_secret_until
    address = f"{sink.method} /{sink.app.app_id}{sink.path}"
    if options["json"]:
        document = {"app_id": sink.app.app_id, "method": sink.method, "path": sink.path}
        return json_line({**document, "until": until.isoformat() if until is not None else None})
    if until is None:
        return f"{address} takes no secret any more."
    return f"{address} takes the provider's secret until {until:%H:%M:%S} UTC. Create the webhook at the provider now."
