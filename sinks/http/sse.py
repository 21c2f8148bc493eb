"""Framing of events as server-sent events (WHATWG HTML, 9.2)."""

KEEP_ALIVE = b": keep-alive\n\n"  # a comment


def frame_events(first: int, events: list[str], prefix: str = "") -> bytes:
    """
    Frame consecutive events (WHATWG HTML, 9.2.6).

    Args:
        first: The number of the first event.
        events: The JSON of each event, on one line.
        prefix: The text before the number in each id.

    Returns:
        The bytes of the stream; empty if there are no events.
    """
    return "".join([f"id: {prefix}{number}\ndata: {data}\n\n" for number, data in enumerate(events, first)]).encode()


def frame_start(prefix: str) -> bytes:
    """
    Frame an id for an EventSource before the first event, since the connection can break before the first event.

    Args:
        prefix: The text before the number in each id.
    """
    return f"id: {prefix}0\n\n".encode()


def id_prefix(run_id: str) -> str:
    """
    Return the prefix that names the run in the event ids of a stream. An EventSource that was opened on a trigger needs
    it: when the connection breaks, it sends the id of its last event to the same URL (WHATWG HTML, 9.2.3).
    """
    return f"{run_id}:"
