"""Certificates and key sets that providers publish: fetched once, and kept for a while."""

import time
from collections import OrderedDict
from dataclasses import dataclass
from urllib.parse import urlsplit

from runs.outbound.urls import host_matches
from sinks.webhooks.signatures.signed_content import BadSignature

_MAX_AGE = 6 * 3600  # seconds for which a fetched document is used
_RETRY = 60  # seconds before the same URL is fetched again
_MAX_KEPT = 200  # documents, since a delivery names the URL


class KeysUnavailable(BadSignature):
    """The provider's keys cannot be fetched, so the delivery cannot be verified now."""


class KeysNeeded(Exception):
    """The document has to be fetched before the delivery can be verified."""

    def __init__(self, url: str, hosts: tuple[str, ...]) -> None:
        super().__init__(url)
        self.url = url
        self.hosts = hosts


@dataclass(frozen=True, slots=True)
class _Kept:
    content: bytes | None  # None if it could not be fetched
    at: float  # monotonic seconds


class RemoteKeys:
    """Documents by URL. Belongs to one event loop."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def content(self, url: str, hosts: tuple[str, ...], *, newer_than: float = 0.0) -> bytes:
        """
        Return a document.

        Args:
            url: Its URL.
            hosts: Patterns of the hosts from which it may come, such as `sns.*.amazonaws.com`; `*` stands for one
                label.
            newer_than: Fetch it again if it was fetched before this time (monotonic seconds) and not within the last
                minute, for example because a key is not in it.

        Raises:
            BadSignature: The URL may not be fetched, or could not be.
            KeysNeeded: It has to be fetched first.
        """
        if not is_allowed(url, hosts):
            raise BadSignature("The URL of the provider's key is not on one of the provider's hosts.")
        kept, now = self._kept.get(url), time.monotonic()
        if kept is None or (now - kept.at >= _RETRY and (kept.content is None or kept.at < newer_than)):
            raise KeysNeeded(url, hosts)
        if kept.content is None:
            raise KeysUnavailable("The provider's key could not be fetched. The next attempt is in a minute.")
        if now - kept.at > _MAX_AGE:
            raise KeysNeeded(url, hosts)
        return kept.content

    def put(self, url: str, content: bytes | None) -> None:
        """Keep a document, or that it could not be fetched. A document that is already there stays in that case."""
        earlier = self._kept.pop(url, None)
        if content is None and earlier is not None:
            content = earlier.content
        self._kept[url] = _Kept(content, time.monotonic())
        while len(self._kept) > _MAX_KEPT:
            self._kept.popitem(last=False)

    def forget(self) -> None:
        """Drop all documents."""
        self._kept.clear()


def is_allowed(url: str, hosts: tuple[str, ...]) -> bool:
    """Return whether a URL is an https URL on one of the hosts, without credentials and with the usual port."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    host = (parts.hostname or "").lower()
    plain = parts.scheme == "https" and parts.username is None and port in {None, 443} and bool(host)
    return plain and any(host_matches(host, pattern) for pattern in hosts)


remote_keys = RemoteKeys()  # of this process
