"""Handshakes: a sink answers a provider's check of its URL, and starts no run."""

import json
import time
from typing import Any

import httpx
import pytest
from slack_sdk.signature import SignatureVerifier

from sinks.webhooks.handshakes import verification
from tests.support.hub import Hub, Server
from tests.support.signing import sign_as_github
from tests.support.web import web

pytestmark = pytest.mark.one_database

_SECRET = "signing-secret"
_SINKS: list[dict[str, Any]] = [
    {"path": "/slack", "workflow": "echo", "signature": "slack", "secrets": [_SECRET]},
    {"path": "/github", "workflow": "echo", "signature": "github", "secrets": [_SECRET]},
    {"path": "/meta", "workflow": "echo", "signature": "github", "secrets": [_SECRET], "verify_token": "my token"},
    {"path": "/any", "method": "ANY", "workflow": "echo", "verify_token": "my token", "auth_token": "bearer"},
    {"path": "/plain", "workflow": "echo"},
]


@pytest.fixture(scope="module")
def server(hub: Hub) -> Server:
    hub.add_sinks([dict(sink) for sink in _SINKS])
    return hub.start()


def _from_slack(server: Server, body: bytes, secret: str = _SECRET) -> httpx.Response:
    now = str(int(time.time()))
    signature = SignatureVerifier(secret).generate_signature(timestamp=now, body=body.decode())
    assert signature is not None
    headers = {"X-Slack-Signature": signature, "X-Slack-Request-Timestamp": now, "Content-Type": "application/json"}
    return web.post(f"{server.url}/app_test/slack", content=body, headers=headers)


def _from_github(server: Server, event: str, path: str = "/github") -> httpx.Response:
    body = b'{"zen": "Keep it logically awesome."}'
    headers = {name.decode(): value.decode() for name, value in sign_as_github(_SECRET, body, 0).items()}
    return web.post(f"{server.url}/app_test{path}", content=body, headers={**headers, "X-GitHub-Event": event})


def test_slacks_challenge_is_answered_as_text(hub: Hub, server: Server) -> None:
    before = hub.runs()
    asked = {
        "token": "t",
        "challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P",
        "type": "url_verification",
    }
    answer = _from_slack(server, json.dumps(asked).encode())
    assert answer.status_code == 200
    assert answer.text == asked["challenge"]
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert hub.runs() == before


def test_slacks_challenge_is_answered_to_slack_alone(server: Server) -> None:
    body = b'{"challenge": "abc", "type": "url_verification"}'
    assert _from_slack(server, body, "another-secret").status_code == 401
    assert web.post(f"{server.url}/app_test/slack", content=body).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        b'{"type": "event_callback", "text": "url_verification"}',
        b'{"type": "url_verification"}',
        b'{"type": "url_verification", "challenge": ""}',
        b'{"type": "url_verification", "challenge": ["a"]}',
        b'{"type": "url_verification", "challenge": "a\\nb"}',
        b"url_verification",
        b"[" * 20_000 + b'"url_verification"',
    ],
)
def test_what_only_looks_like_a_challenge_is_a_delivery(hub: Hub, server: Server, body: bytes) -> None:
    before = hub.runs()
    answer = _from_slack(server, body)
    assert answer.status_code == 200 and '"type":"complete"' in answer.text
    assert hub.runs() == before + 1


def test_githubs_ping_is_answered_and_its_events_start_runs(hub: Hub, server: Server) -> None:
    before = hub.runs()
    ping = _from_github(server, "ping")
    assert ping.status_code == 200 and ping.json() == {"pong": True}
    assert hub.runs() == before
    assert '"type":"complete"' in _from_github(server, "push").text
    assert hub.runs() == before + 1


def test_a_ping_at_a_sink_that_is_not_githubs_is_a_delivery(server: Server) -> None:
    answer = web.post(f"{server.url}/app_test/plain", headers={"X-GitHub-Event": "ping"})
    assert '"type":"complete"' in answer.text


def _verify(server: Server, path: str, **query: str) -> httpx.Response:
    asked = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": "my token"}
    return web.get(f"{server.url}/app_test{path}", params={**asked, **{f"hub.{k}": v for k, v in query.items()}})


@pytest.mark.parametrize("path", ["/meta", "/any"])
def test_metas_verification_is_answered_at_the_address_of_the_deliveries(hub: Hub, server: Server, path: str) -> None:
    before = hub.runs()
    answer = _verify(server, path)
    assert answer.status_code == 200
    assert answer.text == "1158201444"
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert hub.runs() == before


def test_metas_verification_with_another_token_is_refused(hub: Hub, server: Server) -> None:
    before = hub.runs()
    answer = _verify(server, "/meta", verify_token="wrong")
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert "my token" not in answer.text
    assert _verify(server, "/meta", verify_token="").status_code == 403
    assert hub.runs() == before


def test_a_sink_without_a_verify_token_answers_no_verification() -> None:
    assert verification(b"hub.mode=subscribe&hub.challenge=1&hub.verify_token=", "") is None
    assert verification(b"hub.mode=subscribe&hub.challenge=1", "") is None


def test_a_get_that_verifies_nothing_is_no_sinks(server: Server) -> None:
    assert _verify(server, "/plain").status_code == 404
    assert _verify(server, "/meta", mode="unsubscribe").status_code == 404
    assert web.get(f"{server.url}/app_test/meta").headers["allow"] == "POST"


def test_a_verification_opens_no_way_past_the_token(server: Server) -> None:
    assert web.get(f"{server.url}/app_test/any").status_code == 401
    assert _verify(server, "/any", mode="unsubscribe").status_code == 401


def test_metas_deliveries_are_verified_by_their_signature(server: Server) -> None:
    assert '"type":"complete"' in _from_github(server, "message", "/meta").text
    assert web.post(f"{server.url}/app_test/meta", content=b"{}").status_code == 401
