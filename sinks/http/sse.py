"""Events as they stand in a stream: server-sent events (WHATWG HTML, 9.2)."""

KEEP_ALIVE = b": keep-alive\n\n"  # a comment


def frame_events(first: int, events: list[str], prefix: str = "") -> bytes:
    """
    Frame events that follow one another (WHATWG HTML, 9.2.6).

    Args:
        first: The number of the first.
        events: The JSON of each, on one line.
        prefix: What stands before the number in each id.

    Returns:
        The bytes of the stream; none where there are no events.
    """
    return "".join([f"id: {prefix}{number}\ndata: {data}\n\n" for number, data in enumerate(events, first)]).encode()


def frame_start(prefix: str) -> bytes:
    """
    Frame the id that an EventSource has before the first event: until then the connection may break as well.

    Args:
        prefix: What stands before the number in each id.
    """
    return f"id: {prefix}0\n\n".encode()


def id_prefix(run_id: str) -> str:
    """
    The prefix by which the events of a stream name their run, as an EventSource needs it that was opened on a trigger:
    it asks there again when the connection breaks, with the id of its last event (WHATWG HTML, 9.2.3).
    """
    return f"{run_id}:"
