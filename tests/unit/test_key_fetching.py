"""Keys that providers publish are fetched once, when a delivery needs them."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from runs.outbound import Failure, OutboundError, Response
from sinks.webhooks.signatures import key_fetching
from sinks.webhooks.signatures.key_fetching import fetch_keys
from sinks.webhooks.signatures.remote_keys import KeysNeeded, KeysUnavailable, remote_keys
from sinks.webhooks.signatures.signed_content import BadSignature

pytestmark = pytest.mark.one_database

_HOSTS = ("keys.example.com",)
_URL = "https://keys.example.com/one.pem"


class _Publisher:
    """Answers in place of the provider, and counts requests."""

    def __init__(self) -> None:
        self.requested: list[str] = []
        self.answer: Response | OutboundError = Response(200, {}, b"the key")

    async def fetch(self, method: str, url: str, **options: Any) -> Response:
        assert options["https_only"] and options["max_redirects"] == 0 and tuple(options["allowed_hosts"]) == _HOSTS
        self.requested.append(url)
        await asyncio.sleep(0)
        if isinstance(self.answer, OutboundError):
            raise self.answer
        return self.answer


@pytest.fixture
def publisher(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Publisher]:
    publisher = _Publisher()
    monkeypatch.setattr(key_fetching, "fetch", publisher.fetch)
    yield publisher
    remote_keys.forget()


def needed(url: str) -> KeysNeeded:
    with pytest.raises(KeysNeeded) as raised:
        remote_keys.content(url, _HOSTS)
    return raised.value


def fetch_all(*urls: str) -> list[bool]:
    """Fetch the keys behind URLs at once."""

    async def main() -> list[bool]:
        return await asyncio.gather(*(fetch_keys(needed(url)) for url in urls))

    return asyncio.run(main())


def test_many_deliveries_wait_for_one_request(publisher: _Publisher) -> None:
    assert all(fetch_all(*[_URL] * 20))
    assert publisher.requested == [_URL]
    assert remote_keys.content(_URL, _HOSTS) == b"the key"


@pytest.mark.parametrize("answer", [Response(404, {}, b"no"), OutboundError(Failure.TIMEOUT, "too slow")])
def test_a_key_that_cannot_be_fetched_refuses_deliveries_for_a_minute(
    publisher: _Publisher, answer: Response | OutboundError
) -> None:
    publisher.answer = answer
    assert fetch_all(_URL) == [True]
    with pytest.raises(KeysUnavailable):
        remote_keys.content(_URL, _HOSTS)
    assert publisher.requested == [_URL]


def test_deliveries_that_name_many_urls_start_few_requests(publisher: _Publisher) -> None:
    urls = [f"https://keys.example.com/{number}.pem" for number in range(10)]
    assert sum(fetch_all(*urls)) == 4
    assert len(publisher.requested) == 4


@pytest.mark.parametrize(
    "url",
    [
        "http://keys.example.com/a.pem",
        "https://keys.example.com.evil.example/a.pem",
        "https://evil.example/keys.example.com",
        "https://user@keys.example.com/a.pem",
        "https://keys.example.com:8443/a.pem",
        "https://keys.example.com@evil.example/a.pem",
        "https:///a.pem",
        "",
    ],
)
def test_a_url_that_is_not_the_providers_is_never_fetched(url: str) -> None:
    with pytest.raises(BadSignature, match="not on one of the provider's hosts"):
        remote_keys.content(url, _HOSTS)
