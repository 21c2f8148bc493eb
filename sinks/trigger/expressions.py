"""JMESPath expressions over a delivery: which ones are taken, and what names them."""

import asyncio
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any

import jmespath
from django.http import QueryDict
from jmespath.exceptions import IncompleteExpressionError, JMESPathError, JMESPathTypeError, LexerError, ParseError
from jmespath.parser import ParsedResult

from runs.delivery.request import Request
from sinks.trigger.evaluation import FUNCTIONS, MAX_GROWTH, OverBudget, evaluate, growth, nodes

NO_MATCH = "The filter does not match."
_MOST_CHARACTERS = 2_000
MAX_STEPS = 200_000  # of an evaluation, and more for a large body
_BYTES_OF_STEP = 8  # bytes of a body that allow one step more
_INLINE_STEPS = 2_000  # of an evaluation on the event loop: about a millisecond
# One thread: expensive expressions wait for each other, and not the deliveries of other sinks for them.
_threads = ThreadPoolExecutor(1, thread_name_prefix="expressions")


class InvalidExpression(Exception):
    """It is no JMESPath expression, or none that could ever be applied."""


@lru_cache(maxsize=1024)
def compiled(expression: str) -> ParsedResult:
    """
    Parse an expression (jmespath.org/specification.html).

    Raises:
        InvalidExpression: It cannot be parsed, or is longer than 2,000 characters.
    """
    if len(expression) > _MOST_CHARACTERS:
        raise InvalidExpression(f"An expression has {_MOST_CHARACTERS} characters at most.")
    try:
        return jmespath.compile(expression)
    except (JMESPathError, ValueError, RecursionError) as error:
        raise InvalidExpression(f"This is no JMESPath expression: {_what_is_wrong(error)}") from None


def check(expression: str) -> None:
    """
    Check an expression that somebody enters. Not part of `compiled`: to JMESPath what is found here is an error of the
    moment at which it is applied, and an expression that was taken without this check may never come to that part.

    Raises:
        InvalidExpression: It cannot be parsed, names a function that there is not, or gives one more or fewer
            arguments than it takes, or multiplies its input.
    """
    try:
        copies = growth(compiled(expression))
    except RecursionError:
        raise InvalidExpression("This expression is nested too deeply.") from None
    if copies > MAX_GROWTH:
        raise InvalidExpression(
            f"This expression is too expensive: its result can hold more than {MAX_GROWTH} copies of the delivery."
        )
    for name, given in _calls(compiled(expression)):
        known = FUNCTIONS.get(name)
        if known is None:
            raise InvalidExpression(f"JMESPath has no function {name!r}. It has: {', '.join(sorted(FUNCTIONS))}.")
        takes = len(known["signature"])
        at_least = bool(known["signature"][-1].get("variadic"))
        if given < takes or (given > takes and not at_least):
            number = f"{'at least ' if at_least else ''}{takes} argument{'' if takes == 1 else 's'}"
            raise InvalidExpression(f"The function {name!r} takes {number}, and is given {given}.")


def _calls(expression: ParsedResult) -> Iterator[tuple[str, int]]:
    """The functions that an expression calls, in their order, each with the number of its arguments."""
    for node in nodes(expression):
        if node["type"] == "function_expression":
            yield node["value"], len(node["children"])


@lru_cache(maxsize=1024)
def _reads_body(expression: str) -> bool:
    """Whether an expression over a delivery may ask for its body: by name, or as part of the whole."""
    whole = {"current", "identity", "value_projection"}
    return any(
        node["type"] in whole or (node["type"] == "field" and node["value"] == "body")
        for node in nodes(compiled(expression))
    )


def _what_is_wrong(error: Exception) -> str:
    if isinstance(error, IncompleteExpressionError):
        return "it is not complete."
    if isinstance(error, ParseError):
        # Its own text shows the place by a caret in a line below, for which there is no line here.
        said = error.message if isinstance(error, LexerError) else error.msg
        return f"{said} at character {error.lex_position + 1}."
    return " ".join(str(error).split()) or type(error).__name__


async def apply(
    function: Callable[[ParsedResult, Request, int | None], str | None], expression: ParsedResult, request: Request
) -> str | None:
    """
    Apply an expression to a delivery without blocking the event loop: a cheap one at once, another one in a thread.

    Args:
        function: `why_filtered` or `delivery_id`.
        expression: The expression.
        request: The delivery. Its body is small enough to be parsed on the event loop.

    Returns:
        The result of the function.
    """
    try:
        return function(expression, request, _INLINE_STEPS)
    except OverBudget:
        pass
    return await asyncio.get_running_loop().run_in_executor(_threads, function, expression, request, None)


def why_filtered(expression: ParsedResult, request: Request, steps: int | None = None) -> str | None:
    """
    Ask a filter about a delivery.

    Args:
        expression: The sink's filter, over `method, path, path_params, query, headers, body`; `body` is the parsed
            JSON, or the fields of a form, or the text.
        request: The delivery.
        steps: The steps that the evaluation may take. By default the most that are allowed, and a filter that takes
            more cannot be applied.

    Returns:
        None where it starts a run; else why not: NO_MATCH, or what the filter fails on.

    Raises:
        OverBudget: The evaluation takes more than the given steps.
    """
    try:
        found = evaluate(expression, _view(request, _reads_body(expression.expression)), steps or _max_steps(request))
    except OverBudget:
        if steps is not None:
            raise
        return "The filter cannot be applied to this delivery: it takes too many steps."
    except Exception as error:  # a delivery can bring a function of JMESPath's to raise whatever Python's raise
        # As a comparison with what is not there, which is not true either.
        return f"The filter cannot be applied to this delivery: {_of_which_kind(error)}"
    # JMESPath's own truth: false, null and all that is empty are not true; 0 is.
    if found is None or found is False or found in ("", [], {}):
        return NO_MATCH
    return None


def _max_steps(request: Request) -> int:
    return MAX_STEPS + len(request.body) // _BYTES_OF_STEP


def _of_which_kind(error: Exception) -> str:
    """What is wrong, without what the delivery says: it may be nobody's business who sees why it was filtered."""
    if isinstance(error, JMESPathTypeError):
        return f"{error.function_name}() got {error.actual_type}, and takes {' or '.join(error.expected_types)}."
    return f"{type(error).__name__}."


def delivery_id(expression: ParsedResult, request: Request, steps: int | None = None) -> str | None:
    """
    What an expression over the JSON body, or the fields of a form, says the delivery is called.

    Args:
        expression: The sink's expression.
        request: The delivery.
        steps: The steps that the evaluation may take; by default the most that are allowed.

    Returns:
        Its text; None where the body has none: it is no text or number, or not there, or takes too many steps to find.

    Raises:
        OverBudget: The evaluation takes more than the given steps.
    """
    try:
        found = evaluate(expression, _fields_of_body(request), steps or _max_steps(request))
        if isinstance(found, bool) or not isinstance(found, (str, int, float)) or found == "":
            return None
        return json.dumps(found)  # a number is not the text of its digits
    except OverBudget:
        if steps is not None:
            raise
        return None
    except Exception:  # see above
        return None


def _fields_of_body(request: Request) -> Any:
    """The body as JSON, or else the fields of its form; None where it is neither."""
    value = request.json
    if value is None and request.form:
        value = _as_texts(request.form)
    return value


def _as_texts(fields: QueryDict) -> dict[str, Any]:
    """Fields by their names: a text, or a list where there are several; JMESPath knows no bytes."""
    texts: dict[str, Any] = {}
    for name, values in fields.lists():
        many = [one.decode("utf-8", "surrogateescape") if isinstance(one, bytes) else one for one in values]
        texts[name] = many if len(many) > 1 else many[0]
    return texts


def _view(request: Request, with_body: bool) -> dict[str, Any]:
    # To parse a body of megabytes takes long, and its tree may be many times as large.
    body = _fields_of_body(request) if with_body else None
    if body is None and with_body:
        body = request.text
    return {
        "method": request.method,
        "path": request.path,
        "path_params": dict(request.path_params),
        "query": _as_texts(request.query),
        "headers": request.headers,
        "body": body,
    }
