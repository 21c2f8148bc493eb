"""Published keys: fetched seldom, shared by simultaneous requests, and kept while their publisher is away."""

import asyncio
import functools
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from sinks.access.jwks import (
    FRESH_SECONDS,
    REFETCH_SECONDS,
    RETRY_SECONDS,
    USABLE_SECONDS,
    FetchFailed,
    KeySets,
    KeySetUnavailable,
    check_url,
)

URL = "https://issuer.example/jwks.json"
X = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"  # RFC 8037, appendix A.2


def in_a_loop(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Let a test run in an event loop of its own."""

    @functools.wraps(test)
    def run(**fixtures: Any) -> None:
        asyncio.run(test(**fixtures))  # type: ignore[arg-type]

    return run


class Publisher:
    """Publishes a key set, counts the fetches, and can be away."""

    def __init__(self) -> None:
        self.kids = ["one"]
        self.fetches = 0
        self.is_away = False
        self.content: bytes | None = None
        self.clock = 1000.0
        self.gate: asyncio.Event | None = None

    async def fetch(self, url: str) -> bytes:
        self.fetches += 1
        if self.gate is not None:
            await self.gate.wait()
        if self.is_away:
            raise FetchFailed("connection refused")
        keys = [{"kty": "OKP", "crv": "Ed25519", "x": X, "kid": kid} for kid in self.kids]
        return self.content if self.content is not None else json.dumps({"keys": keys}).encode()

    def sets(self) -> KeySets:
        return KeySets(self.fetch, lambda: self.clock)


def kids(keys: Any) -> list[str]:
    return [key.kid for key in keys]


@pytest.fixture
def publisher() -> Publisher:
    return Publisher()


@in_a_loop
async def test_keys_are_fetched_once_and_then_known_without_waiting(publisher: Publisher) -> None:
    sets = publisher.sets()
    assert sets.keys_of(URL) is None
    assert kids(await sets.keys(URL)) == ["one"]
    assert kids(sets.keys_of(URL)) == kids(await sets.keys(URL)) == ["one"]
    assert publisher.fetches == 1


@in_a_loop
async def test_an_unknown_key_refetches_at_most_once_a_minute(publisher: Publisher) -> None:
    sets = publisher.sets()
    await sets.keys(URL)
    publisher.kids = ["two"]
    assert kids(await sets.refresh(URL)) == ["one"]
    publisher.clock += REFETCH_SECONDS
    assert kids(await sets.refresh(URL)) == ["two"]
    for _ in range(50):
        await sets.refresh(URL)
    assert publisher.fetches == 2


@in_a_loop
async def test_simultaneous_requests_share_a_fetch(publisher: Publisher) -> None:
    sets = publisher.sets()
    publisher.gate = asyncio.Event()
    waiting = [asyncio.create_task(sets.keys(URL)) for _ in range(20)]
    await asyncio.sleep(0)
    waiting[0].cancel()  # a client that leaves does not end it for the others
    await asyncio.sleep(0)
    publisher.gate.set()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(results[0], asyncio.CancelledError)
    assert [kids(keys) for keys in results[1:]] == [["one"]] * 19
    assert publisher.fetches == 1


@in_a_loop
async def test_old_keys_are_used_while_newer_ones_are_fetched(publisher: Publisher) -> None:
    sets = publisher.sets()
    await sets.keys(URL)
    publisher.clock += FRESH_SECONDS + 1
    publisher.kids, publisher.gate = ["two"], asyncio.Event()
    assert kids(await sets.keys(URL)) == ["one"]
    publisher.gate.set()
    assert kids(await sets.keys(URL)) == ["one"]
    await asyncio.sleep(0.01)
    assert kids(await sets.keys(URL)) == ["two"]
    assert publisher.fetches == 2


@in_a_loop
async def test_known_keys_are_used_for_a_day_while_the_publisher_is_away(publisher: Publisher) -> None:
    sets = publisher.sets()
    await sets.keys(URL)
    publisher.is_away = True
    publisher.clock += USABLE_SECONDS - 1
    assert kids(await sets.keys(URL)) == ["one"]
    publisher.clock += 2 * REFETCH_SECONDS
    with pytest.raises(KeySetUnavailable):
        await sets.keys(URL)


@in_a_loop
async def test_without_any_key_a_fetch_is_tried_again_after_a_pause(publisher: Publisher) -> None:
    sets = publisher.sets()
    publisher.is_away = True
    for _ in range(5):
        with pytest.raises(KeySetUnavailable) as unavailable:
            await sets.keys(URL)
        assert unavailable.value.retry_after == RETRY_SECONDS
    assert publisher.fetches == 1
    publisher.is_away = False
    publisher.clock += RETRY_SECONDS
    assert kids(await sets.keys(URL)) == ["one"]


@pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b"{}", b'{"keys": []}', b"\xff", b"[" * 100_000])
@in_a_loop
async def test_a_response_that_is_no_key_set_counts_as_a_failure(publisher: Publisher, content: bytes) -> None:
    publisher.content = content
    with pytest.raises(KeySetUnavailable):
        await publisher.sets().keys(URL)


def test_a_fetch_of_an_ended_event_loop_does_not_block_the_next_one(publisher: Publisher) -> None:
    sets = publisher.sets()

    async def leave_a_fetch_behind() -> None:
        publisher.gate = asyncio.Event()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await sets.keys(URL)

    asyncio.run(leave_a_fetch_behind())
    publisher.gate = None
    publisher.clock += RETRY_SECONDS
    assert kids(asyncio.run(sets.keys(URL))) == ["one"]


def test_only_https_urls_are_taken() -> None:
    check_url(URL)
    for url in ("http://issuer.example/", "https://", "https:///jwks", "ftp://a", "", "https://u:p@a/", "https://a b/"):
        with pytest.raises(ValueError, match="must begin with https"):
            check_url(url)
