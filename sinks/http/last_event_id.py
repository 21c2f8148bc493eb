"""`Last-Event-ID`: from where on a client that comes again wants a run's events (WHATWG HTML, 9.2.4)."""

from runs.ids import RUN_ID

_MOST_DIGITS = 9  # of an event's number


def run_and_number(text: str) -> tuple[str, int] | None:
    """
    Read the id of an event that names its run.

    Args:
        text: A `Last-Event-ID` field.

    Returns:
        The run's id and the event's number; None where it is no such id.
    """
    run_id, _, text = text.partition(":")
    number = event_number(text)
    return (run_id, number) if RUN_ID.fullmatch(run_id) and number is not None else None


def event_number(text: str) -> int | None:
    """Read the number of an event; None where it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None
