"""Parsing and checks of the JMESPath expressions of sinks."""

from collections.abc import Iterator
from functools import lru_cache

import jmespath
from jmespath.exceptions import IncompleteExpressionError, JMESPathError, LexerError, ParseError
from jmespath.parser import ParsedResult

from sinks.expressions.evaluation import FUNCTIONS, MAX_GROWTH, growth, nodes

_MAX_CHARACTERS = 2_000


class InvalidExpression(Exception):
    """A text is not a JMESPath expression, or the expression can never be applied or is too expensive."""


@lru_cache(maxsize=1024)
def compiled(expression: str) -> ParsedResult:
    """
    Parse an expression (jmespath.org/specification.html).

    Raises:
        InvalidExpression: The text cannot be parsed, or is longer than 2,000 characters.
    """
    if len(expression) > _MAX_CHARACTERS:
        raise InvalidExpression(f"An expression must have at most {_MAX_CHARACTERS} characters.")
    try:
        return jmespath.compile(expression)
    except (JMESPathError, ValueError, RecursionError) as error:
        raise InvalidExpression(f"This is not a JMESPath expression: {_what_is_wrong(error)}") from None


def check(expression: str) -> None:
    """
    Check an expression that a user enters. `compiled` does not do this: JMESPath reports these faults only when it
    applies the faulty part, and an expression that was stored without this check may never reach that part.

    Raises:
        InvalidExpression: The expression cannot be parsed, calls an unknown function or one with a wrong number of
            arguments, or can hold more than MAX_GROWTH copies of its input.
    """
    try:
        copies = growth(compiled(expression))
    except RecursionError:
        raise InvalidExpression("This expression is nested too deeply.") from None
    if copies > MAX_GROWTH:
        raise InvalidExpression(
            f"This expression is too expensive: its result can hold more than {MAX_GROWTH} copies of the delivery."
        )
    for name, count in _calls(compiled(expression)):
        known = FUNCTIONS.get(name)
        if known is None:
            raise InvalidExpression(f"JMESPath has no function {name!r}. It has: {', '.join(sorted(FUNCTIONS))}.")
        takes = len(known["signature"])
        at_least = bool(known["signature"][-1].get("variadic"))
        if count < takes or (count > takes and not at_least):
            number = f"{'at least ' if at_least else ''}{takes} argument{'' if takes == 1 else 's'}"
            raise InvalidExpression(f"The function {name!r} takes {number}, but gets {count}.")


def _calls(expression: ParsedResult) -> Iterator[tuple[str, int]]:
    """Yield the functions that an expression calls, in order, each with the number of its arguments."""
    for node in nodes(expression):
        if node["type"] == "function_expression":
            yield node["value"], len(node["children"])


def _what_is_wrong(error: Exception) -> str:
    if isinstance(error, IncompleteExpressionError):
        return "it is incomplete."
    if isinstance(error, ParseError):
        # The exception's own text has a second line, with a caret that marks the place. A single line cannot show it.
        reason = error.message if isinstance(error, LexerError) else error.msg
        return f"{reason} at character {error.lex_position + 1}."
    return " ".join(str(error).split()) or type(error).__name__
