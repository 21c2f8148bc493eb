"""`Last-Event-ID`: the event after which a client that reconnects continues (WHATWG HTML, 9.2.4)."""

from runs.ids import RUN_ID

_MAX_DIGITS = 9  # of an event's number


def run_and_number(text: str) -> tuple[str, int] | None:
    """
    Parse an event id that contains the id of its run.

    Args:
        text: The value of a `Last-Event-ID` field.

    Returns:
        The run's id and the event's number; None if the text is not such an id.
    """
    run_id, _, text = text.partition(":")
    number = event_number(text)
    return (run_id, number) if RUN_ID.fullmatch(run_id) and number is not None else None


def event_number(text: str) -> int | None:
    """Parse the number of an event; None if the text is not one."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS else None
