"""Parse the URLs of outgoing requests."""

import re
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

import idna

from runs.outbound.addresses import as_address
from runs.outbound.errors import Failure, OutboundError

_PORTS = {"http": 80, "https": 443}
_NAME = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_.])?")
_NOT_IN_URLS = re.compile(r"[\x00-\x20\x7f\\]")
_KEPT = "!#$%&'()*+,/:;=?@[]~"  # beside letters, digits and `_.-`; others are percent-encoded


@dataclass(frozen=True, slots=True)
class Target:
    """The parts of a URL, which are both checked and connected to."""

    scheme: str
    host: str  # in lower case; a name in ASCII (IDNA), or an address without brackets
    port: int
    path: str  # with the query

    @property
    def authority(self) -> str:
        """The value of the Host field."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """The URL without path and query, for messages."""
        return f"{self.scheme}://{self.authority}"


def parse(url: str) -> Target:
    """
    Parse a URL. A fragment is dropped.

    Raises:
        OutboundError: The scheme is not http or https, or the host is missing or invalid, or the URL has credentials.
    """
    if _NOT_IN_URLS.search(url):
        raise OutboundError(Failure.URL, "The URL contains spaces, backslashes or control characters. Remove them.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise OutboundError(Failure.URL, "The URL is not valid. Enter one such as https://example.com/path.") from None
    if parts.scheme not in _PORTS:
        raise OutboundError(Failure.URL, "The URL must begin with https:// or http://.")
    if "@" in parts.netloc:
        raise OutboundError(Failure.URL, "The URL contains a user name or password. Remove them from the URL.")
    if port == 0 or not (host := _ascii(host)):
        raise OutboundError(Failure.URL, "The URL has no valid host and port. Enter one such as https://example.com/.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    path = quote(path, safe=_KEPT, errors="replace")
    return Target(parts.scheme, host, _PORTS[parts.scheme] if port is None else port, path)


def follow(target: Target, location: str) -> Target:
    """
    Return where a redirect leads.

    Args:
        target: The URL that was requested.
        location: The Location field of its response, perhaps relative.

    Raises:
        OutboundError: It leads to a URL that cannot be used.
    """
    try:
        url = urljoin(target.origin + target.path, location)
    except ValueError:
        raise OutboundError(Failure.REDIRECT, f"{target.origin} redirects to an invalid URL.") from None
    try:
        return parse(url)
    except OutboundError as error:
        raise OutboundError(error.kind, f"{target.origin} redirects to a URL that is refused. {error}") from None


def matches(target: Target, pattern: str) -> bool:
    """Check the host of a URL against a pattern, as `host_matches` does."""
    return host_matches(target.host.removesuffix("."), pattern)


def host_matches(host: str, pattern: str) -> bool:
    """
    Check a host against a pattern.

    Args:
        host: The host, in lower case.
        pattern: A host in which `*` stands for characters within one label (`sns.*.amazonaws.com`).
    """
    labels = re.escape(pattern.lower()).replace(r"\*", "[a-z0-9_-]+")
    return re.fullmatch(labels, host) is not None


def _ascii(host: str) -> str:
    """Return a host as it is connected to, or an empty string if it is not valid."""
    if ":" in host:
        return host if "%" not in host and as_address(host) is not None else ""
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except idna.IDNAError:
            return ""
    return host if _NAME.fullmatch(host) and ".." not in host else ""
