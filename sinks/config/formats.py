"""Strict reading, and writing, of JSON and YAML files."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import yaml

Format = Literal["json", "yaml"]
_MAX_VALUES = 1_000_000  # in a YAML file, with its aliases expanded
_MAX_DIGITS = 1_000  # of an integer in YAML: parsing a long one with colons (1:30:00) takes quadratic time


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault in a file."""

    place: str  # such as `sinks[2].limits.rate`, or `line 3, column 5`; empty for the whole file
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}" if self.place else self.reason


class Refused(Exception):
    """A file is not accepted, or an export failed. Nothing was changed."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = list(faults)


class _Loader(yaml.SafeLoader):
    """A loader for plain values, which rejects repeated keys and aliases that stand for too many values."""

    def compose_document(self) -> yaml.Node | None:
        node: yaml.Node | None = super().compose_document()
        if node is not None and _size(node, {}) > _MAX_VALUES:
            raise yaml.YAMLError("its aliases expand to too many values, or to themselves")
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise yaml.MarkedYAMLError(problem="this key is not a text: quote it", problem_mark=key_node.start_mark)
            if key in seen:
                raise yaml.MarkedYAMLError(problem=f"duplicate key {key!r}", problem_mark=key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


def _size(node: yaml.Node, sizes: dict[yaml.Node, float]) -> float:
    """Return the number of values in a node, with its aliases expanded."""
    if node in sizes:
        return sizes[node]
    if isinstance(node, yaml.MappingNode):
        inner = [item for pair in node.value for item in pair]
    else:
        inner = node.value if isinstance(node, yaml.SequenceNode) else []
    sizes[node] = math.inf  # for an alias inside the node to which it refers
    sizes[node] = 1 + sum(_size(item, sizes) for item in inner)
    return sizes[node]


def _whole_number(loader: _Loader, node: yaml.ScalarNode) -> int:
    if len(node.value) > _MAX_DIGITS:
        raise yaml.MarkedYAMLError(problem="this number is too long", problem_mark=node.start_mark)
    return loader.construct_yaml_int(node)


_Loader.add_constructor("tag:yaml.org,2002:int", _whole_number)


def parse(text: str, form: Format | None = None) -> Any:
    """
    Parse a file.

    Args:
        text: The file's text.
        form: Its format; None for JSON if the text begins with `{` or `[`, and YAML otherwise.

    Raises:
        Refused: The text cannot be parsed.
    """
    form = form or ("json" if text.lstrip()[:1] in {"{", "["} else "yaml")
    try:
        if form == "json":
            return json.loads(text, object_pairs_hook=_object)
        return yaml.load(text, _Loader)  # noqa: S506 - it is a SafeLoader
    except json.JSONDecodeError as error:
        raise Refused(
            [Fault(f"line {error.lineno}, column {error.colno}", f"This is not valid JSON: {error.msg}.")]
        ) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise Refused([Fault(place, f"This YAML is not accepted: {error.problem or error.context}.")]) from None
    except yaml.YAMLError as error:
        raise Refused([Fault("", f"This is not valid YAML: {' '.join(str(error).split())}")]) from None
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise Refused([Fault("", f"The file cannot be parsed: {reason}.")]) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"duplicate key {name!r} in an object")
        found[name] = value
    return found


def dump(value: Any, form: Format) -> str:
    """Return a document as text that ends with a newline."""
    if form == "json":
        return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    return str(yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=120))
