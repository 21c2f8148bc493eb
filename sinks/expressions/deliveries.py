"""A delivery as the value to which the expressions of a sink are applied, and the sink's payload."""

from collections.abc import Callable
from typing import Any

from jmespath.exceptions import JMESPathTypeError
from jmespath.parser import ParsedResult

from runs.delivery.forms import as_texts
from runs.delivery.request import PayloadFailed, Request
from sinks.expressions.compilation import InvalidExpression, compiled
from sinks.expressions.evaluation import OverBudget, evaluate
from sinks.expressions.names import parts_of_body

MAX_STEPS = 200_000  # per evaluation; a large body allows more
_BYTES_OF_STEP = 8  # one more step is allowed for this many bytes of a body


def apply(expression: ParsedResult, request: Request, payload: ParsedResult | None, steps: int | None = None) -> Any:
    """
    Apply a filter, or another expression that sees the payload as `body`, to a delivery.

    Args:
        expression: The expression, over the names of `names.NAMES`.
        request: The delivery.
        payload: The sink's expression for the payload, if it has one.
        steps: The number of steps that each evaluation may take; by default the maximum.

    Raises:
        OverBudget: An evaluation takes more steps.
        PayloadFailed: The payload cannot be made.
        Exception: A JMESPath function cannot be applied.
    """
    view = _view(request, expression, with_payload=payload is not None)
    if payload is not None and "body" in parts_of_body(expression.expression):
        view["body"] = make_payload(payload, request, steps)
    return evaluate(expression, view, steps or max_steps(request))


def make_payload(expression: ParsedResult, request: Request, steps: int | None = None) -> Any:
    """
    Return what a sink's expression for the payload makes of a delivery.

    Args:
        expression: The expression, over the names of `names.NAMES`.
        request: The delivery.
        steps: The number of steps that the evaluation may take; by default the maximum, and PayloadFailed if it takes
            more.

    Raises:
        OverBudget: The evaluation takes more than the given steps.
        PayloadFailed: The expression cannot be applied.
    """
    try:
        return evaluate(expression, _view(request, expression), steps or max_steps(request))
    except OverBudget:
        if steps is not None:
            raise
        raise PayloadFailed("The payload's expression takes too many steps on this delivery.") from None
    except Exception as error:  # depending on the delivery, a JMESPath function can raise any of Python's exceptions
        raise PayloadFailed(f"The payload's expression failed on this delivery: {kind_of(error)}") from None


def payload_maker(expression: str) -> Callable[[Request], Any] | None:
    """Return the function that makes payloads with an expression; None for an empty one."""
    if not expression:
        return None

    def make(request: Request) -> Any:
        try:
            parsed = compiled(expression)
        except InvalidExpression as error:  # saved without validation
            raise PayloadFailed(f"The payload of the sink is invalid. {error}") from None
        return make_payload(parsed, request)

    return make


def max_steps(request: Request) -> int:
    """Return how many steps an evaluation over a delivery may take."""
    return MAX_STEPS + len(request.body) // _BYTES_OF_STEP


def fields_of_body(request: Request) -> Any:
    """Return the body as JSON, or else the fields of its form, or else as XML; None for any other body."""
    value = request.json
    if value is None and request.form:
        value = as_texts(request.form)
    return request.xml if value is None else value


def kind_of(error: Exception) -> str:
    """
    Return the kind of an error without values of the delivery, because not every reader of the reason may see these
    values.
    """
    if isinstance(error, JMESPathTypeError):
        return f"{error.function_name}() got {error.actual_type}, but takes {' or '.join(error.expected_types)}."
    return f"{type(error).__name__}."


def _view(request: Request, expression: ParsedResult, *, with_payload: bool = False) -> dict[str, Any]:
    # Parsing a body of megabytes takes a long time, and the result can be many times as large.
    read = parts_of_body(expression.expression)
    return {
        "method": request.method,
        "path": request.path,
        "path_params": dict(request.path_params),
        "query": as_texts(request.query),
        "headers": request.headers,
        "event": request.cloud_event if "event" in read else None,
        "text": request.text if "text" in read else None,
        "body": request.content if "body" in read and not with_payload else None,
    }
