"""
The expressions of a sink, applied to a delivery: the filter, the expression that finds the delivery id, and the one
that finds the key of a signal.
"""

import asyncio
import json
from collections.abc import Awaitable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from jmespath.parser import ParsedResult

from runs.delivery.json_parsing import LARGE_BYTES, run_in_parser
from runs.delivery.request import PayloadFailed, Request
from runs.steps.errors import InvalidPayload
from runs.steps.options import check_text
from runs.steps.values import encode_payload
from sinks.expressions.deliveries import apply, fields_of_body, kind_of, make_payload, max_steps
from sinks.expressions.evaluation import OverBudget, evaluate
from sinks.routing.matching import Checks, DeliverTo
from sinks.trigger.incoming import Incoming, Message
from sinks.trigger.refusals import Filtered, RefusalKind, Refused

NO_MATCH = "The filter does not match."
NO_KEY = "The expression for the signal's key finds no text of 1 to 100 printable characters, and no number."
_INLINE_STEPS = 2_000  # per evaluation on the event loop: about a millisecond
# One thread: expensive expressions wait for each other, and do not delay the deliveries of other sinks.
_threads = ThreadPoolExecutor(1, thread_name_prefix="expressions")


@dataclass(slots=True)
class _Judged:
    """What the expressions of a sink find in a delivery."""

    stop: Filtered | Refused | None = None  # why it starts no run and sends no signal
    named: str | None = None  # the delivery id
    message: Message | None = None  # if the sink sends signals


def apply_expressions(incoming: Incoming) -> Awaitable[None] | None:
    """
    Apply the sink's filter to a delivery, its expression that finds the delivery id in the body, and the one that finds
    the key of a signal.

    Raises:
        Filtered: The filter does not match, or fails; or there is no key.
        Refused: The delivery cannot be the payload of a signal.
    """
    checks, request = incoming.sink.checks, incoming.request
    if checks is not None and checks.make_payload is not None:
        request.make_payload = checks.make_payload
    if checks is None or not checks.has_expressions:
        incoming.named = None
        return None
    if request.is_slow_to_parse:
        large = len(request.body) > LARGE_BYTES
        return _apply_to_large(incoming, checks) if large else _apply_in_thread(incoming, checks)
    try:
        judged = _judge(checks, request, _INLINE_STEPS)
    except OverBudget:
        return _apply_in_thread(incoming, checks)
    if judged.stop is not None:
        request.close()
    _keep(incoming, judged)
    return None


async def _apply_in_thread(incoming: Incoming, checks: Checks) -> None:
    """Apply expressions again, from the start, in a thread, because they take too long for the event loop."""
    loop = asyncio.get_running_loop()
    judged = await loop.run_in_executor(_threads, _judge, checks, incoming.request)
    if judged.stop is not None:
        incoming.request.close()
    _keep(incoming, judged)


async def _apply_to_large(incoming: Incoming, checks: Checks) -> None:
    """Apply the expressions to a large body, off the event loop, and release the parsed values."""
    request = incoming.request

    def judge_and_release() -> _Judged:
        try:
            judged = _judge(checks, request)
            if judged.stop is not None:
                request.close()
            return judged
        finally:
            request.release()

    async with incoming.engine.executor.parsing:
        judged = await run_in_parser(judge_and_release)
    _keep(incoming, judged)


def _keep(incoming: Incoming, judged: _Judged) -> None:
    if judged.stop is not None:
        raise judged.stop
    incoming.named, incoming.message = judged.named, judged.message


def _judge(checks: Checks, request: Request, steps: int | None = None) -> _Judged:
    if checks.filter is not None:
        unwanted = why_filtered(checks.filter, request, steps, payload=checks.payload)
        if unwanted is not None:
            return _Judged(Filtered(unwanted))
    expression = None if checks.dedupe_header else checks.dedupe_body  # a header field is preferred
    judged = _Judged(named=delivery_id(expression, request, steps) if expression is not None else None)
    if checks.deliver_to is not None:
        try:
            judged.message = message_of(checks.deliver_to, request, steps, payload=checks.payload)
        except (Filtered, Refused) as error:
            judged.stop = error
    return judged


def why_filtered(
    expression: ParsedResult, request: Request, steps: int | None = None, *, payload: ParsedResult | None = None
) -> str | None:
    """
    Apply a filter to a delivery.

    Args:
        expression: The sink's filter, over the names of `names.NAMES`; `body` is the payload.
        request: The delivery.
        steps: The number of steps that the evaluation may take. By default, the maximum; a filter that takes more
            cannot be applied.
        payload: The sink's expression for the payload; None for the parsed JSON, or the fields of a form, or the parsed
            XML, or the text.

    Returns:
        None if the delivery starts a run; otherwise the reason: NO_MATCH, or why the filter cannot be applied.

    Raises:
        OverBudget: The evaluation takes more than the given steps.
    """
    try:
        found = apply(expression, request, payload, steps)
    except OverBudget:
        if steps is not None:
            raise
        return "The filter failed on this delivery: it takes too many steps."
    except PayloadFailed as error:
        return str(error)
    except Exception as error:  # depending on the delivery, a JMESPath function can raise any of Python's exceptions
        # Treat this like a comparison with a missing value: it does not match.
        return f"The filter failed on this delivery: {kind_of(error)}"
    # JMESPath's own rule: false, null and empty values are not true; 0 is.
    if found is None or found is False or found in ("", [], {}):
        return NO_MATCH
    return None


def delivery_id(expression: ParsedResult, request: Request, steps: int | None = None) -> str | None:
    """
    Return the delivery id that an expression finds in the JSON body, in the fields of a form, or in XML. The sink's
    payload takes no part: the id names the delivery as it was sent.

    Args:
        expression: The sink's expression.
        request: The delivery.
        steps: The number of steps that the evaluation may take; by default the maximum.

    Returns:
        The id as JSON; None if the expression finds no text or number, or an empty text, or takes too many steps.

    Raises:
        OverBudget: The evaluation takes more than the given steps.
    """
    try:
        found = evaluate(expression, fields_of_body(request), steps or max_steps(request))
        if isinstance(found, bool) or not isinstance(found, (str, int, float)) or found == "":
            return None
        return json.dumps(found)  # a number is a different id than the text of its digits
    except OverBudget:
        if steps is not None:
            raise
        return None
    except Exception:  # as in `why_filtered`
        return None


def message_of(
    deliver_to: DeliverTo, request: Request, steps: int | None = None, *, payload: ParsedResult | None = None
) -> Message:
    """
    Return a delivery as a signal, with the delivery's payload.

    Args:
        deliver_to: The sink's signal, whose key is an expression as in a filter.
        request: The delivery.
        steps: The number of steps that the evaluation may take; by default the maximum.
        payload: The sink's expression for the payload; None for the parsed JSON, or the fields of a form, or the parsed
            XML, or the text.

    Raises:
        Filtered: The expression finds no key, or takes too many steps; or the payload cannot be made.
        Refused: The body is no text, or the payload is larger than MAX_STEP_BYTES.
        OverBudget: The evaluation takes more than the given steps.
    """
    try:
        found = apply(deliver_to.key, request, payload, steps)
        if isinstance(found, int | float) and not isinstance(found, bool):
            found = json.dumps(found)
        check_text("the key of a signal", found)
    except OverBudget:
        if steps is not None:
            raise
        raise Filtered("The expression for the signal's key takes too many steps.") from None
    except PayloadFailed as error:
        raise Filtered(str(error)) from None
    except Exception:  # as in `why_filtered`
        raise Filtered(NO_KEY) from None
    try:
        sent = request.content if payload is None else make_payload(payload, request, steps)
    except PayloadFailed as error:
        raise Filtered(str(error)) from None
    if sent is None and payload is None:
        raise Refused(RefusalKind.BODY, "The body cannot be decoded as text: send JSON, a form or text.")
    try:
        return Message(found, encode_payload(sent))
    except InvalidPayload as error:
        raise Refused(RefusalKind.SIZE, str(error)) from None
