"""
Evaluation of JMESPath expressions within a budget.

An expression of a few characters can double its input with each of its parts. So each visited part, each produced
element and each value that a function walks costs steps, and an evaluation stops when its steps are used up. Steps are
taken before the values are created. A text that a function returns also costs steps afterwards.
"""

from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from jmespath.functions import Functions, signature
from jmespath.parser import ParsedResult
from jmespath.visitor import TreeInterpreter

from runs.delivery.json_parsing import parse_json

MAX_GROWTH = 256
_CHARACTERS_READ = 100  # characters that one step reads
_CHARACTERS_MADE = 40  # characters that one step writes
_NEVER_COPY = frozenset({"not_expression", "comparator"})
# Functions whose results contain no part of their arguments.
_SMALL_RESULTS = frozenset(
    {"abs", "avg", "ceil", "contains", "ends_with", "floor", "length", "starts_with", "sum", "to_number", "type"}
)
_SELECTING = frozenset({"max", "max_by", "min", "min_by", "sort", "sort_by"})  # `expref` only computes the keys


class OverBudget(Exception):
    """An evaluation takes more steps than it is allowed."""


def evaluate(expression: ParsedResult, value: Any, steps: int) -> Any:
    """
    Apply an expression to a value.

    Args:
        expression: The parsed expression.
        value: A parsed JSON value.
        steps: The number of steps that the evaluation may take.

    Raises:
        OverBudget: The evaluation takes more steps.
        Exception: A JMESPath function cannot be applied.
    """
    return _Interpreter(steps).visit(expression.parsed, value)


def nodes(expression: ParsedResult) -> Iterator[dict[str, Any]]:
    """Yield all parts of an expression, in order."""
    pending: list[Any] = [expression.parsed]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):  # not the numbers of a slice
            yield node
            pending += reversed(node["children"])


def growth(expression: ParsedResult) -> int:
    """
    Return the maximum number of copies of the input that the result of an expression, or of one of its parts, can hold.

    Raises:
        RecursionError: The expression is nested too deeply.
    """
    return _growth(expression.parsed)[1]


def _growth(node: Any) -> tuple[int, int]:
    """
    Return two numbers of copies of the input: the maximum in a part's own result, and the maximum in any result inside
    it.
    """
    kind, children = node["type"], [child for child in node["children"] if isinstance(child, dict)]
    copies = 1
    if kind in ("pipe", "subexpression", "index_expression", "projection", "value_projection", "filter_projection"):
        # Each part gets the result of the previous one. The condition of a filter is not part of the result.
        most = 1
        for child in children[:2]:
            own, within = _growth(child)
            most = max(most, copies * within)
            copies *= own
        for condition in children[2:]:
            most = max(most, copies * _growth(condition)[1])
        return copies, most
    grown = [_growth(child) for child in children]
    owned, most = [own for own, _ in grown], max((within for _, within in grown), default=1)
    if kind in ("multi_select_list", "multi_select_dict"):
        copies = sum(owned)
    elif kind == "function_expression":
        name = node["value"]
        if name == "map" and len(owned) == 2:
            copies, most = owned[0] * owned[1], max(most, grown[0][1] * owned[1])
        elif name in _SMALL_RESULTS:
            copies = 1
        elif name in _SELECTING:
            copies = max(owned[:1], default=1)
        elif name == "to_string":
            copies = 2 * sum(owned)  # quotation marks and backslashes are escaped
        else:
            copies = sum(owned)
    elif grown and kind not in _NEVER_COPY:
        copies = max(owned)
    return copies, max(most, copies)


class _Functions(Functions):
    """JMESPath's functions, which take steps before they run."""

    def __init__(self, take: Callable[[int], None], tree: Callable[[Any], int]) -> None:
        self._take = take
        self._tree = tree

    def call_function(self, function_name: str, resolved_args: Any) -> Any:
        sized = _SIZES.get(function_name)
        if sized is not None:
            self._take(sized(self, resolved_args))
        result = super().call_function(function_name, resolved_args)
        if type(result) is str and len(result) > _CHARACTERS_MADE:
            self._take(len(result) // _CHARACTERS_MADE)
        return result

    @signature({"types": ["string", "null"]})
    def _func_parse_json(self, text: str | None) -> Any:
        """Parse the JSON in a text, such as a form field; null if the text is not JSON."""
        return parse_json(text.encode("utf-8", "surrogateescape")) if text is not None else None

    def _create_key_func(self, expref: Any, allowed_types: list[str], function_name: str) -> Callable[[Any], Any]:
        create: Any = super()._create_key_func  # type: ignore[misc] # the stubs lack it
        key_of, take = create(expref, allowed_types, function_name), self._take

        def key(element: Any) -> Any:
            found = key_of(element)
            take(_COMPARISONS * _weight(found))
            return found

        return key


FUNCTIONS: dict[str, Any] = _Functions.FUNCTION_TABLE
_COMPARISONS = 20  # of each element while a list is sorted; a list has fewer than about 2 ** 20 elements


def _weight(value: Any) -> int:
    return 1 + len(value) // _CHARACTERS_READ if type(value) is str else 1


def _of_lengths(functions: _Functions, arguments: list[Any]) -> int:
    return sum(
        len(argument) // _CHARACTERS_READ if type(argument) is str else len(argument)
        for argument in arguments
        if type(argument) in (str, list, dict)
    )


def _of_elements(functions: _Functions, arguments: list[Any]) -> int:
    return sum(sum(map(_weight, argument)) for argument in arguments if type(argument) is list)


def _of_sorting(functions: _Functions, arguments: list[Any]) -> int:
    return sum(
        len(argument).bit_length() * sum(map(_weight, argument)) for argument in arguments if type(argument) is list
    )


def _of_joining(functions: _Functions, arguments: list[Any]) -> int:
    if len(arguments) != 2 or type(arguments[1]) is not list or type(arguments[0]) is not str:
        return 0
    separator, texts = arguments
    characters = sum(len(text) for text in texts if type(text) is str) + len(separator) * len(texts)
    return len(texts) + characters // _CHARACTERS_MADE


def _of_trees(functions: _Functions, arguments: list[Any]) -> int:
    # The walk itself takes a step for each value.
    return sum(map(functions._tree, arguments))


def _of_containing(functions: _Functions, arguments: list[Any]) -> int:
    subject, *search = arguments or [None]
    if type(subject) is not list:
        return _of_lengths(functions, [subject])
    if any(type(value) in (list, dict) for value in search):
        return functions._tree(subject)
    return sum(map(_weight, subject)) if any(type(value) is str for value in search) else len(subject)


_SIZES: dict[str, Callable[[_Functions, list[Any]], int]] = {
    "avg": _of_lengths,
    "contains": _of_containing,
    "join": _of_joining,
    "keys": _of_lengths,
    "map": _of_lengths,
    "max": _of_elements,
    "max_by": _of_lengths,
    "merge": _of_lengths,
    "min": _of_elements,
    "min_by": _of_lengths,
    "parse_json": _of_lengths,
    "reverse": _of_lengths,
    "sort": _of_sorting,
    "sort_by": _of_lengths,
    "sum": _of_lengths,
    "to_number": _of_lengths,
    "to_string": _of_trees,
    "values": _of_lengths,
}


class _Interpreter(TreeInterpreter):
    """JMESPath's interpreter, which stops when its steps are used up."""

    def __init__(self, steps: int) -> None:
        # Without the options and the cache of the base class, since each delivery creates an interpreter.
        self._dict_cls = dict
        self._left = steps
        self._functions = _Functions(self._take, self._tree)

    def visit(self, node: Any, *args: Any, **kwargs: Any) -> Any:
        self._left -= 1
        if self._left < 0:
            self._end()
        return _VISITS[node["type"]](self, node, *args, **kwargs)

    def _take(self, steps: int) -> None:
        self._left -= steps
        if self._left < 0:
            self._end()

    def _end(self) -> NoReturn:
        self._left = -1
        raise OverBudget

    def _tree(self, value: Any) -> int:
        """
        Take a step for each value in a tree. A value that occurs several times is counted each time: if a list contains
        another list twice, the steps of the inner list are taken twice.

        Returns:
            0, because the steps are already taken.
        """
        pending = [value]
        while pending:
            value = pending.pop()
            if type(value) is str:
                self._take(len(value) // _CHARACTERS_READ)
            elif type(value) in (list, dict):
                self._take(len(value))  # before they are put on the stack
                pending += value.values() if type(value) is dict else value
        return 0

    def visit_comparator(self, node: Any, value: Any) -> Any:
        first, second = node["children"]
        left, right = self.visit(first, value), self.visit(second, value)
        if type(left) is str and type(right) is str:
            self._take(min(len(left), len(right)) // _CHARACTERS_READ)
        if node["value"] in ("eq", "ne"):
            if type(left) in (list, dict) and type(left) is type(right) and len(left) == len(right):
                self._tree(left)
            return self.COMPARATOR_FUNC[node["value"]](left, right)
        return super().visit_comparator(_with_children(node, left, right), value)

    def visit_flatten(self, node: Any, value: Any) -> Any:
        base = self.visit(node["children"][0], value)
        if isinstance(base, list):
            self._take(sum(len(element) if isinstance(element, list) else 1 for element in base))
        return super().visit_flatten(_with_children(node, base), value)

    def visit_slice(self, node: Any, value: Any) -> Any:
        if isinstance(value, list) and node["children"][2] != 0:
            self._take(len(range(*slice(*node["children"]).indices(len(value)))))
        return super().visit_slice(node, value)


def _with_children(node: Any, *values: Any) -> Any:
    """Return a copy of a node whose children are literals with these values."""
    return {**node, "children": [{"type": "literal", "value": value, "children": []} for value in values]}


_VISITS: dict[str, Callable[..., Any]] = {
    name.removeprefix("visit_"): getattr(_Interpreter, name) for name in dir(_Interpreter) if name.startswith("visit_")
}
