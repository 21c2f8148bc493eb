"""Parse XML as nested dicts, within bounds and without entities."""

from typing import Any
from xml.parsers.expat import ExpatError

import xmltodict

LARGE_BYTES = 4 * 1024  # larger bodies are parsed in a thread: an element takes some microseconds
_MAX_LEVELS = 200
_MAX_PARTS = 100_000  # elements and attributes
_PART_BYTES = 400  # roughly how much memory an element or attribute takes in addition to its text


class _OutOfBounds(Exception):
    """The document has too many levels."""


def is_xml(content_type: str) -> bool:
    """Return whether a Content-Type is that of an XML document (RFC 7303): `text/xml`, `application/soap+xml`."""
    return content_type.partition(";")[0].strip().lower().endswith(("/xml", "+xml"))


def parse_xml(document: bytes | str) -> dict[str, Any] | None:
    """
    Parse an XML document.

    The name of the root element is the only key of the result. An element is a text, or a dict with its elements by
    name, its attributes as `@name` and its text as `#text`; elements of the same name are a list, and an empty element
    is None. Names keep their prefixes (`soap:Body`). White space around texts is removed.

    Args:
        document: The document, decoded if the Content-Type has a charset, which precedes the document's own
            declaration (RFC 7303, section 3); bytes otherwise.

    Returns:
        The document; None if it is not well-formed, declares an entity, is nested more than 200 levels deep, or has
        what looks like more than 100,000 elements and attributes.
    """

    def check(path: list[Any], key: str, value: Any) -> tuple[str, Any]:
        if len(path) > _MAX_LEVELS:
            raise _OutOfBounds
        return key, value

    # Before parsing: the parser holds all elements that are open, and all attributes of an element.
    if _count_parts(document.encode("utf-8", "replace") if isinstance(document, str) else document) > _MAX_PARTS:
        return None
    try:
        parsed = xmltodict.parse(document, postprocessor=check)
    except (ExpatError, ValueError, LookupError, _OutOfBounds):
        return None
    return parsed if isinstance(parsed, dict) else None


def estimate_tree(body: bytes) -> int:
    """Estimate how many bytes of memory an XML document takes when it is parsed."""
    return len(body) + _PART_BYTES * _count_parts(body)


def _count_parts(body: bytes) -> int:
    """Count what may be elements and attributes. Texts can contain the same characters."""
    if b"\0" in body[:4]:
        body = body.replace(b"\0", b"")  # UTF-16
    return body.count(b"<") - body.count(b"</") + body.count(b"=")
