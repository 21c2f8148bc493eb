"""The line of a place in a file, for faults such as `sinks[2].limits.rate`."""

import re

import yaml

_LINE = re.compile(r"line (\d+)")
_PART = re.compile(r"\[(\d+)\]|([^.\[\]]+)")
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def line_of(text: str, place: str) -> int | None:
    """
    Return the number of the line at which a place begins, or the innermost part of it that the file has.

    Args:
        text: The file's text, YAML or JSON.
        place: As in `formats.Fault`; empty for the whole file.
    """
    if found := _LINE.match(place):
        return int(found[1])
    try:
        # JSON may be indented with tabs, which YAML is not.
        node: yaml.Node | None = yaml.compose(text.replace("\t", " "), _Loader)
    except (yaml.YAMLError, RecursionError, ValueError):
        return None
    line: int | None = None
    for index, name in _PART.findall(place):
        key: yaml.Node | None = None
        if index and isinstance(node, yaml.SequenceNode) and int(index) < len(node.value):
            node = key = node.value[int(index)]
        elif name and isinstance(node, yaml.MappingNode):
            key, node = next(((key, value) for key, value in node.value if key.value == name), (None, None))
        if key is None:
            break
        line = key.start_mark.line + 1
    return line
