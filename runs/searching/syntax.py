"""The syntax of a search: words, phrases in quotation marks, and `name:value`."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from runs.searching.words import MIN_PREFIX, is_compound, value_of, words_of

MAX_TEXT = 200
_MAX_PARTS = 10
KNOWN = ("type", "id")
HEADER = "header."
_PART = re.compile(r'(?:(?P<name>[A-Za-z_][\w.-]*):)?(?:"(?P<phrase>[^"]*)"|(?P<plain>[^\s"]\S*))?\s*')
_NAMES = "Names are type, id, header. followed by the name of a header field, and those of the search values of sinks"


class InvalidSearch(Exception):
    """A search does not have the right syntax. The message says how to write it."""


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed search. All parts must match."""

    words: tuple[str, ...] = ()  # whole words
    prefix: str = ""  # the beginning of a word
    phrases: tuple[str, ...] = ()  # in lower case; their words are also in `words`, or in `prefix`
    values: tuple[tuple[str, str], ...] = ()  # names and values
    shown: tuple[str, ...] = field(default=(), compare=False)  # what is highlighted, in lower case


def parse(text: str, sink_names: Callable[[], Collection[str]] = tuple) -> Query:
    """
    Parse a search.

    Args:
        text: The search.
        sink_names: Returns the names of the search values of sinks. It is called only for a name that is not built in.

    Raises:
        InvalidSearch: The syntax is wrong, or a name does not exist.
    """
    text = text.strip()
    if len(text) > MAX_TEXT:
        raise InvalidSearch(f"A search can have at most {MAX_TEXT} characters.")
    words: list[str] = []
    phrases: list[str] = []
    values: list[tuple[str, str]] = []
    shown: list[str] = []
    prefix, place, parts = "", 0, 0
    while place < len(text):
        found = _PART.match(text, place)
        if found is None or found.end() == place:
            raise InvalidSearch('A quotation mark (") is not closed: write "two words" for a phrase.')
        place, parts = found.end(), parts + 1
        if parts > _MAX_PARTS:
            raise InvalidSearch(f"A search can have at most {_MAX_PARTS} parts.")
        name, phrase, plain = found["name"], found["phrase"], found["plain"]
        value = plain if phrase is None else phrase
        if name is not None and value is not None and not value.startswith("//"):
            values.append(_named(name.lower(), value, sink_names))
            shown.append(values[-1][1])
            continue
        if value is None:
            raise InvalidSearch(
                f'Write a value behind {name}:, without a space between them: {name}:value or {name}:"two words".'
            )
        if name is not None:  # a URL
            value = f"{name}:{value}"
        is_last = place == len(text) and phrase is None
        lower = " ".join(value.lower().split())
        parsed = [lower] if is_compound(lower) else words_of(value)
        if phrase is not None or parsed != [lower]:
            phrases.append(lower)
        shown.append(lower)
        if parsed and is_last and len(parsed[-1]) >= MIN_PREFIX and lower.endswith(parsed[-1]):
            prefix = parsed.pop()
        words += parsed
    if not words and not prefix and not values:
        raise InvalidSearch("Enter a word with letters or digits, a phrase in quotation marks, or name:value.")
    return Query(tuple(dict.fromkeys(words)), prefix, tuple(phrases), tuple(values), tuple(filter(None, shown)))


def _named(name: str, value: str, sink_names: Callable[[], Collection[str]]) -> tuple[str, str]:
    compared = value_of(value)
    if compared is None:
        raise InvalidSearch(f"The value of {name}: is empty.")
    is_header = name.startswith(HEADER) and len(name) > len(HEADER)
    if not (name in KNOWN or is_header) and name not in (names := sink_names()):
        listed = f" ({', '.join(sorted(names)[:10])})" if names else ""
        raise InvalidSearch(
            f"There is no {name!r} to search in. {_NAMES}{listed}."
            f' To search for the text itself, write "{name}:{value}".'
        )
    return name, compared
