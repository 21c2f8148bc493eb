"""Format the events of a run as JSON, one function per kind."""

from runs.events.encoding import to_json

RESPOND = "respond"  # the name of the step that sets a run's response, in events and records


def format_progress(run_id: str, percent: int, message: str | None, step: str | None) -> str:
    """
    Format a report of progress.

    Args:
        run_id: The run.
        percent: 0 to 100.
        message: A message for people; None if there is none.
        step: The name of the step, for programs; None if there is none.
    """
    text = f'{{"type":"progress","run_id":"{run_id}","progress":{percent}'
    if message is not None:
        text += f',"message":{to_json(message)}'
    if step is not None:
        text += f',"step":{to_json(step)}'
    return text + "}"


def format_step(run_id: str, step: str, status: str, attempt: int, duration: float | None = None) -> str:
    """
    Format a change in the state of a step.

    Args:
        run_id: The run.
        step: The step's name.
        status: running, complete, error, retrying or waiting.
        attempt: The number of this execution of the step.
        duration: Seconds that the execution took; None if it is not over.
    """
    text = f'{{"type":"step","run_id":"{run_id}","step":{to_json(step)},"status":"{status}","attempt":{attempt}'
    return f"{text}}}" if duration is None else f'{text},"duration":{duration:.6f}}}'


def format_responded(run_id: str) -> str:
    """Format the event that reports that a run has set its response; the response itself is not part of it."""
    return format_step(run_id, RESPOND, "complete", 1)


def is_responded(run_id: str, event: str) -> bool:
    """Return whether an event may report that the run has set its response; a step may have the same name."""
    return event.startswith(f'{{"type":"step","run_id":"{run_id}","step":"{RESPOND}"')


def format_log(run_id: str, level: str, message: str) -> str:
    """Format a line of a run's log; the level is debug, info, warning or error."""
    return f'{{"type":"log","run_id":"{run_id}","level":"{level}","message":{to_json(message)}}}'


# The newest first. Recovery recognises a run that only waited by its last event, which a process of an earlier release
# may have recorded: to change the text, add the new one, and keep the others.
WAITING_TEXTS = ("Waiting for its turn: only so many runs are executed here at once.",)


def format_waiting(run_id: str) -> str:
    """Format the event that reports that a run waits for its turn."""
    return format_log(run_id, "info", WAITING_TEXTS[0])


def is_waiting(run_id: str, event: str) -> bool:
    """Return whether a recorded event reports that the run waits for its turn."""
    return any(event == format_log(run_id, "info", text) for text in WAITING_TEXTS)


def format_retry(run_id: str, attempt: int, kind: str, message: str, seconds: float) -> str:
    """Format the event that reports that an attempt failed, and in how many seconds the next one starts."""
    reason = message.removesuffix(".")
    text = f"Attempt {attempt} failed: {kind}: {reason}. The next starts in {seconds:g} s."
    return format_log(run_id, "warning", text)


def format_complete(run_id: str, output: str) -> str:
    """Format the last event of a complete run; the output is JSON."""
    return f'{{"type":"complete","run_id":"{run_id}","output":{output}}}'


def output_of(run_id: str, event: str) -> str | None:
    """
    Return the output of a run as its recorded JSON. It is not parsed: its depth was limited by the stack that the
    workflow left free, and the caller may have less.

    Args:
        run_id: The run.
        event: The JSON of one of its events.

    Returns:
        The JSON; None if the event is not the one that carries the output.
    """
    start = f'{{"type":"complete","run_id":"{run_id}","output":'
    return event[len(start) : -1] if event.startswith(start) else None


def format_error(run_id: str, kind: str, message: str) -> str:
    """Format the last event of a run that failed."""
    return to_json({"type": "error", "run_id": run_id, "error": {"type": kind, "message": message}})


def format_cancelled(run_id: str) -> str:
    """Format the last event of a cancelled run."""
    return f'{{"type":"cancelled","run_id":"{run_id}"}}'
