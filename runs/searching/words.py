"""Words and named values as terms of the index. The same rules apply to deliveries and to what is searched."""

import re
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from itertools import pairwise
from typing import Any

MAX_CHARACTERS = 64  # of a word; longer words are found by their beginning
MIN_PREFIX = 3  # characters of a word that is also found as the beginning of others
MAX_VALUE = 200  # characters of a named value
_WORD = re.compile(r"\w+")
# Words that '-', '.', '+' or '@' joins are also a term as a whole, such as a UUID, ORD-1042 or an address of e-mail.
_JOINED = r"\w+(?:[-.+]\w+)+"
_JOINERS = "-.+@"
_TOKEN = re.compile(r"[\w.+@-]+")
_DOUBLED = re.compile(r"[-.+@]{2,}")
_COMPOUND = re.compile(rf"(?:{_JOINED}|\w+)@(?:{_JOINED}|\w+)|{_JOINED}")


def words_of(text: str) -> list[str]:
    """Return the words of a text in their order: letters, digits and '_', in lower case."""
    return [word[:MAX_CHARACTERS] for word in _WORD.findall(text.lower())]


def is_compound(text: str) -> bool:
    """Return whether a text is one term of several words, as it is."""
    return len(text) <= MAX_CHARACTERS and _COMPOUND.fullmatch(text) is not None


def _terms(text: str) -> Iterator[str]:
    yield from words_of(text)
    # Split first: a search for compounds in the whole text would take quadratic time for a long word.
    for token in _TOKEN.findall(text.lower()):
        for piece in _DOUBLED.split(token.strip(_JOINERS)):
            parts = piece.split("@")
            for compound in [*parts, *map("@".join, pairwise(parts))]:
                if is_compound(compound):
                    yield compound


def distinct_words(texts: Iterable[str], most: int) -> set[str]:
    """Return the first distinct words of texts, and their compounds, `most` at most."""
    found: set[str] = set()
    for text in texts:
        for word in _terms(text):
            found.add(word)
            if len(found) >= most:
                return found
    return found


def value_of(value: Any) -> str | None:
    """Return a named value as it is compared: in lower case, with single spaces. None if it is not a scalar."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return " ".join(str(value).lower().split())[:MAX_VALUE] or None
    return None


def named_term(name: str, value: str) -> str:
    """
    Return the term of a named value. It is a hash, so that it is short, is no word, and cannot be read from the index.
    """
    compared = f"{name.lower()}\0{value_of(value) or ''}".encode("utf-8", "surrogatepass")
    return f"~{blake2b(compared, digest_size=8).hexdigest()}"
