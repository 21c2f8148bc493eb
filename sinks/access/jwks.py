"""
Published keys (JWKS, RFC 7517): fetched over https, cached in this process, and never waited for by others.

Known keys are used while newer ones are fetched, so that a slow or absent publisher delays no request whose key is
known.
"""

import asyncio
import json
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from runs.outbound import OutboundError, fetch
from sinks.access.json_web_tokens import InvalidKey, Key, keys_of_document

logger = logging.getLogger(__name__)

MAX_BYTES = 512 * 1024  # of a key set
MAX_SETS = 1000  # key sets in memory
FRESH_SECONDS = 3600.0  # after which a use starts a fetch
USABLE_SECONDS = 86400.0  # after which keys whose publisher is away are no longer used
REFETCH_SECONDS = 60.0  # at least, between two fetches for unknown keys
RETRY_SECONDS = 10.0  # at least, between two fetches while no key is known

Fetch = Callable[[str], Awaitable[bytes]]


class KeySetUnavailable(Exception):
    """No key is known, because the key set cannot be fetched. `retry_after` is in seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__("the key set cannot be fetched")
        self.retry_after = retry_after


class FetchFailed(Exception):
    """A key set could not be fetched. The message is one for logs."""


@dataclass(slots=True)
class _Set:
    keys: tuple[Key, ...] | None = None
    fetched_at: float = 0.0  # by the monotonic clock, as all times here
    tried_at: float | None = None
    fetching: asyncio.Task[None] | None = None


class KeySets:
    """Key sets by URL."""

    def __init__(self, fetch: Fetch, now: Callable[[], float] = time.monotonic) -> None:
        """
        Args:
            fetch: Returns the bytes behind a URL, or raises `FetchFailed`.
            now: The monotonic clock.
        """
        self._fetch = fetch
        self._now = now
        self._sets: OrderedDict[str, _Set] = OrderedDict()

    def keys_of(self, url: str) -> tuple[Key, ...] | None:
        """Return the known keys of a URL, without waiting; None if there are none that may still be used."""
        known = self._sets.get(url)
        if known is None or known.keys is None or self._now() - known.fetched_at > USABLE_SECONDS:
            return None
        return known.keys

    async def keys(self, url: str) -> tuple[Key, ...]:
        """
        Return the keys of a URL. Known ones are returned at once; if they are old, newer ones are fetched meanwhile.

        Raises:
            KeySetUnavailable: No key is known, and none can be fetched.
        """
        keys = self.keys_of(url)
        if keys is None:
            return await self.refresh(url)
        known = self._sets[url]
        if self._now() - known.fetched_at > FRESH_SECONDS and self._may_fetch(known):
            self._start(url, known)
        return keys

    async def refresh(self, url: str) -> tuple[Key, ...]:
        """
        Fetch the keys of a URL, for a token whose key is unknown, unless they were fetched within the last minute.
        Simultaneous calls share a fetch.

        Returns:
            The keys; the known ones if they cannot or may not be fetched now.

        Raises:
            KeySetUnavailable: No key is known, and none can be fetched.
        """
        known = self._sets.get(url)
        if known is None:
            known = self._sets[url] = _Set()
            while len(self._sets) > MAX_SETS:
                self._sets.popitem(last=False)
        self._sets.move_to_end(url)
        if self._is_fetching(known) or self._may_fetch(known):
            # The others still wait if this request is cancelled.
            await asyncio.shield(self._start(url, known))
        if (keys := self.keys_of(url)) is None:
            raise KeySetUnavailable(max(1.0, (known.tried_at or self._now()) + RETRY_SECONDS - self._now()))
        return keys

    def _may_fetch(self, known: _Set) -> bool:
        pause = RETRY_SECONDS if known.keys is None else REFETCH_SECONDS
        return known.tried_at is None or self._now() - known.tried_at >= pause

    @staticmethod
    def _is_fetching(known: _Set) -> bool:
        task = known.fetching
        # A command may have ended the event loop of an earlier fetch.
        return task is not None and not task.done() and task.get_loop() is asyncio.get_running_loop()

    def _start(self, url: str, known: _Set) -> asyncio.Task[None]:
        if known.fetching is None or not self._is_fetching(known):
            known.tried_at = self._now()
            known.fetching = asyncio.get_running_loop().create_task(self._load(url, known))
        return known.fetching

    async def _load(self, url: str, known: _Set) -> None:
        try:
            keys = _keys_in(await self._fetch(url))
        except FetchFailed as error:
            logger.warning("key set not fetched: url=%s error=%s", url, error)
            return
        known.keys, known.fetched_at = keys, self._now()


def _keys_in(content: bytes) -> tuple[Key, ...]:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        raise FetchFailed("the response is not JSON") from None
    if not isinstance(document, dict):
        raise FetchFailed("the response is no key set")
    try:
        return keys_of_document(document)
    except InvalidKey as error:
        raise FetchFailed(str(error)) from None


def check_url(url: str) -> None:
    """
    Check the URL of a key set.

    Raises:
        ValueError: It is not an https URL, or contains credentials.
    """
    rest = url.removeprefix("https://")
    authority = rest.partition("/")[0]
    if rest == url or not authority or "@" in authority or not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError("The URL of a key set must begin with https://, such as https://example.com/jwks.json.")


async def fetch_key_set(url: str, *, https_only: bool = True) -> bytes:
    """
    Return the content behind the URL of a key set.

    Args:
        url: The URL.
        https_only: Whether http:// is refused.

    Raises:
        FetchFailed: There is none.
    """
    try:
        response = await fetch("GET", url, max_bytes=MAX_BYTES, https_only=https_only)
    except OutboundError as error:
        raise FetchFailed(str(error)) from None
    if response.status != 200:
        raise FetchFailed(f"the response has status {response.status}")
    return response.body


key_sets = KeySets(fetch_key_set)  # of this process
