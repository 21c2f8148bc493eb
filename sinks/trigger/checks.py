"""The checks of a request to a sink, in the order in which they are applied."""

import logging
from collections.abc import Awaitable, Callable

from sinks.handshakes.answering import answer_early, answer_signed, answer_unsigned
from sinks.http.answers import wish_of
from sinks.http.responses import wish_with_response
from sinks.trigger.body import check_form, read_body, reserve_parsed, unpack_body
from sinks.trigger.filters import apply_expressions
from sinks.trigger.incoming import Incoming, read_fields
from sinks.trigger.refusals import RefusalKind, Refused
from sinks.trigger.repeats import find_key
from sinks.trigger.sender import check_client_rate, check_signature, check_token

logger = logging.getLogger(__name__)

# A check returns None if it is done, or an awaitable if it has to wait. It lets the request pass, or raises an
# exception that determines the response.
Check = Callable[[Incoming], Awaitable[None] | None]


def check_workflow(incoming: Incoming) -> None:
    """
    Check that the sink's workflow can run.

    Raises:
        Refused: The workflow is not installed, or does not accept its options.
    """
    sink = incoming.sink
    if sink.workflow is None:
        logger.error("sink not runnable: sink=%d app=%s reason=%s", sink.id, sink.app_id, sink.fault)
        detail = "The sink's workflow is not installed, or its options are invalid."
        if sink.is_file_broken:
            detail = "The sink's workflow is not installed: its file cannot be imported. The admin shows the reason."
        raise Refused(RefusalKind.WORKFLOW, detail)
    incoming.workflow = sink.workflow


def choose_answer(incoming: Incoming) -> None:
    """Decide how the client is answered."""
    fields, sink = incoming.fields, incoming.sink
    if sink.response is None:
        incoming.wish = wish_of(fields.accept, fields.prefer, sink.answer)
    else:
        incoming.wish = wish_with_response(fields.accept, fields.prefer, sink.answer, bool(sink.redirect))


# For a client that reconnects to a stream.
READER_CHECKS: tuple[Check, ...] = (read_fields, check_token)

# For a request with another method than the sink's, which can only be a handshake: unsigned, or signed.
EARLY_CHECKS: tuple[Check, ...] = (check_client_rate, answer_early)
SIGNED_CHECKS: tuple[Check, ...] = (check_signature, answer_signed)

# For a delivery, before its run is admitted (sinks/trigger/admission.py).
DELIVERY_CHECKS: tuple[Check, ...] = (
    read_fields,
    check_client_rate,
    answer_early,
    check_token,
    check_workflow,
    choose_answer,
    read_body,
    answer_unsigned,
    check_signature,
    answer_signed,
    unpack_body,
    check_form,
    reserve_parsed,
    apply_expressions,
    find_key,
)

# Left out for a sink without conditions: most sinks have none, and these checks would only find that out.
_OF_HANDSHAKES = (answer_early, answer_unsigned, answer_signed)
_OF_CONDITIONS = (check_client_rate, *_OF_HANDSHAKES, check_signature, apply_expressions)
PLAIN_CHECKS = tuple(check for check in DELIVERY_CHECKS if check not in _OF_CONDITIONS)
# For a sink whose provider does not check its URL.
UNASKED_CHECKS = tuple(check for check in DELIVERY_CHECKS if check not in _OF_HANDSHAKES)


# For a delivery that is sent as a signal.
SIGNAL_CHECKS = tuple(check for check in DELIVERY_CHECKS if check is not check_workflow)


async def apply(checks: tuple[Check, ...], incoming: Incoming) -> None:
    """
    Apply checks to a request, in order.

    Raises:
        Refused: A check refuses the request.
        Answered: The sink itself answers the request.
        Filtered: The sink's filter does not match, or fails.
        ClientLeft: The client left before the body was complete.
    """
    for check in checks:
        if (waiting := check(incoming)) is not None:
            await waiting
