"""Paths of sinks: decode the paths of requests, check the paths of the configuration, and compare them."""

import re
from urllib.parse import unquote_to_bytes

# The first segments of SinkHub's own URLs, which therefore cannot be app ids.
RESERVED = frozenset({"admin", "api", "favicon.ico", "healthz", "metrics", "readyz", "runs", "sink", "static"})

_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_PARAMETER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class InvalidPath(ValueError):
    """A path cannot be decoded or configured. The message says why."""


def decode(raw: bytes) -> str:
    """
    Decode a request's path once (RFC 3986, section 2.1), as UTF-8.

    Args:
        raw: The path as sent, without the query.

    Raises:
        InvalidPath: The path has a broken escape, bytes that are not UTF-8, or a NUL.
    """
    if b"%" not in raw and raw.isascii():
        text = raw.decode("ascii")
    else:
        if _BAD_ESCAPE.search(raw):
            raise InvalidPath("The path has a '%' without two hexadecimal digits after it.")
        try:
            text = unquote_to_bytes(raw).decode()
        except UnicodeDecodeError:
            raise InvalidPath("The path is not UTF-8 after percent-decoding.") from None
    if "\0" in text:
        raise InvalidPath("The path contains a NUL character.")
    return text


def normalise(path: str) -> str:
    """Return the path as it is compared: it starts with `/`, and has no repeated slashes and no trailing slash."""
    if "//" not in path and path[:1] == "/" and (len(path) == 1 or path[-1] != "/"):
        return path
    return "/" + "/".join([segment for segment in path.split("/") if segment])


def segments(path: str) -> list[str]:
    """Return the segments of a normalised path; none for `/`."""
    return path[1:].split("/") if len(path) > 1 else []


def parameter(segment: str) -> str | None:
    """Return the name in a segment such as `{order_id}`; None for a literal segment."""
    match = _PARAMETER.fullmatch(segment)
    return match[1] if match else None


def shape(path: str) -> str:
    """Return the normalised path without parameter names. Two configured paths with the same shape are the same."""
    return "/" + "/".join("{}" if parameter(segment) else segment for segment in segments(normalise(path)))


def check(path: str) -> None:
    """
    Check a path of a sink's configuration.

    Raises:
        InvalidPath: The message says what to write instead.
    """
    if not path.startswith("/"):
        raise InvalidPath(f"A path must start with '/': write '/{path}'.")
    if _CONTROL.search(path):
        raise InvalidPath("A path must not contain control characters.")
    if "?" in path or "#" in path:
        raise InvalidPath("A path has no '?' and no '#': the query takes no part in the match.")
    if _ESCAPE.search(path):
        raise InvalidPath("Write the path decoded, without percent-encoding.")
    names: set[str] = set()
    for segment in segments(normalise(path)):
        name = parameter(segment)
        if name is None and ("{" in segment or "}" in segment):
            raise InvalidPath(f"{segment!r}: a parameter must be a whole segment, such as '/{{order_id}}'.")
        if name is not None and name in names:
            raise InvalidPath(f"The path has the parameter {name!r} twice.")
        if name is not None:
            names.add(name)
