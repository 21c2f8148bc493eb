"""Sends the signal of a run's page."""

import json

from runs.links.keyed_signals import send_keyed
from runs.links.signals import RunOver, TooManySignals, send
from runs.models import Run
from runs.steps.errors import InvalidPayload
from runs.steps.options import check_text
from runs.steps.values import encode_payload


class NotSent(Exception):
    """The signal was not sent; the message says why, and what to do."""


def send_signal(run: Run, name: str, key: str, text: str) -> None:
    """
    Send a signal to a run, or to the run of its app that has waited longest for a name and a key.

    Args:
        run: The run.
        name: The signal's name.
        key: The signal's key; empty for a signal to this run.
        text: The payload as JSON; empty for null.

    Raises:
        NotSent: The name, the key or the payload is invalid, the run has ended, or the app has too many signals.
        DatabaseError: It could not be recorded.
    """
    try:
        payload = json.loads(text) if text.strip() else None
    except (ValueError, RecursionError) as error:
        raise NotSent(f'The payload is not JSON: {error}. Write a text in quotes, such as "yes".') from None
    try:
        check_text("the name of a signal", name)
        if key:
            check_text("the key of a signal", key)
            send_keyed(run.app_id, name, key, encode_payload(payload))
        else:
            send(run, name, encode_payload(payload))
    except (InvalidPayload, ValueError, RunOver, TooManySignals) as error:
        raise NotSent(str(error)) from None
