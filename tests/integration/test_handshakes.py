"""Handshakes: a sink answers a provider's check of its URL, and starts no run."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import httpx
import pytest
from slack_sdk.signature import SignatureVerifier

from sinks.webhooks import registry
from tests.support.hub import Hub, Server, wait_until
from tests.support.signing import sign_as_github
from tests.support.web import web

pytestmark = pytest.mark.one_database

_SECRET = "signing-secret"
_SINKS: list[dict[str, Any]] = [
    {"path": "/slack", "workflow": "echo", "signature": "slack", "secrets": [_SECRET]},
    {"path": "/github", "workflow": "echo", "signature": "github", "secrets": [_SECRET]},
    {"path": "/meta", "workflow": "echo", "signature": "github", "secrets": [_SECRET], "verify_token": "my token"},
    {"path": "/any", "method": "ANY", "workflow": "echo", "verify_token": "my token", "auth_token": "bearer-token"},
    {"path": "/plain", "workflow": "echo"},
    {"path": "/dropbox/{shop}", "workflow": "echo", "provider": "dropbox", "secrets": [_SECRET]},
    {"path": "/x", "workflow": "echo", "provider": "x-twitter", "secrets": [_SECRET]},
    {"path": "/trello", "workflow": "echo", "provider": "trello", "secrets": [_SECRET]},
    {"path": "/mailchimp", "workflow": "echo", "provider": "mailchimp", "secrets": [_SECRET]},
    {"path": "/graph", "workflow": "echo", "provider": "ms-graph", "secrets": [_SECRET], "auth_token": "bearer-4711"},
    {"path": "/asana", "workflow": "echo", "provider": "asana"},
    {"path": "/notion", "workflow": "echo", "provider": "notion"},
    {
        "path": "/network",
        "workflow": "echo",
        "provider": "dropbox",
        "secrets": [_SECRET],
        "allowed_networks": "10.0.0.0/8",
    },
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


def _outcomes(hub: Hub, path: str) -> dict[str, int]:
    sql = "SELECT o.kind, o.count FROM sinks_outcome o JOIN sinks_sink s ON s.id = o.sink_id WHERE s.path = "
    return dict(hub.query(f"{sql}'{path}'"))


def test_a_challenge_by_get_is_answered_at_a_sink_that_takes_post(hub: Hub, server: Server) -> None:
    before = hub.runs()
    url = f"{server.url}/app_test/dropbox/berlin"
    answer = web.get(url, params={"challenge": "<script>alert(1)</script>"})
    assert (answer.status_code, answer.text) == (200, "<script>alert(1)</script>")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    for query in ("", "challenge=", "challenge=a%0D%0Ab", f"challenge={'x' * 1001}"):
        refused = web.get(f"{url}?{query}")
        assert refused.status_code == 404 and refused.headers["allow"] == "POST"
    assert web.put(f"{url}?challenge=a").status_code == 404
    assert web.post(f"{url}?challenge=a", content=b"{}").status_code == 401
    assert hub.runs() == before
    wait_until(lambda: _outcomes(hub, "/dropbox/{shop}").get("challenge") == 1, "the handshake was not counted")


def test_a_challenge_is_answered_with_an_hmac_that_signs_no_delivery(server: Server) -> None:
    url = f"{server.url}/app_test/x"
    expected = base64.b64encode(hmac.digest(_SECRET.encode(), b"a-token", hashlib.sha256)).decode()
    assert web.get(url, params={"crc_token": "a-token"}).json() == {"response_token": f"sha256={expected}"}
    assert web.get(url, params={"crc_token": '{"for_user_id":"1"}'}).status_code == 404


def test_a_probe_by_head_is_answered(hub: Hub, server: Server) -> None:
    before = hub.runs()
    assert web.head(f"{server.url}/app_test/trello").status_code == 200
    assert hub.runs() == before
    wait_until(lambda: _outcomes(hub, "/trello") == {"probe": 1}, "the handshake was not counted")


def test_a_check_by_get_is_refused_without_the_secret_of_its_url(server: Server) -> None:
    name = _query_of_secret("mailchimp")
    assert web.get(f"{server.url}/app_test/mailchimp", params={name: _SECRET}).status_code == 200
    assert web.get(f"{server.url}/app_test/mailchimp", params={name: "wrong"}).status_code == 401


def _query_of_secret(provider_id: str) -> str:
    provider = registry.find(provider_id)
    assert provider is not None
    return provider.scheme.name


def test_a_challenge_without_a_body_needs_no_token(server: Server) -> None:
    answer = web.post(f"{server.url}/app_test/graph", params={"validationToken": "Validation: a+b"})
    assert (answer.status_code, answer.text) == (200, "Validation: a+b")
    assert web.post(f"{server.url}/app_test/graph", content=b"{}").status_code == 401


def test_a_first_request_brings_the_secret_while_the_sink_waits(hub: Hub, server: Server) -> None:
    url, secret = f"{server.url}/app_test/asana", "b537207f20cbfa02357cf448134da559"

    def bring(secret: str) -> httpx.Response:
        return web.post(url, headers={"X-Hook-Secret": secret}, content=b"{}")

    def send() -> httpx.Response:
        body = b'{"events": []}'
        signature = hmac.new(secret.encode(), body, "sha256").hexdigest()
        return web.post(url, content=body, headers={"X-Hook-Signature": signature})

    refused = bring(secret)
    assert refused.status_code == 403 and "Wait for the provider's secret" in refused.json()["detail"]
    assert "x-hook-secret" not in refused.headers
    assert send().status_code != 200
    hub.manage("sinks", "await-secret", "app_test/asana")
    wait_until(
        lambda: (taken := bring(secret)).status_code == 200 and taken.headers["x-hook-secret"] == secret, "refused"
    )
    assert bring("another-secret-of-someone").status_code == 403
    wait_until(lambda: send().status_code == 200, "the delivery is not accepted")
    wait_until(lambda: _outcomes(hub, "/asana").get("hook_secret") == 1, "the handshake was not counted")
    reasons = hub.query("SELECT reason FROM sinks_refusal WHERE reason LIKE '%does not wait for the provider%'")
    assert reasons
    assert secret not in server.log() and secret not in json.dumps(reasons)


def test_a_secret_in_a_body_is_taken_without_a_signature(hub: Hub, server: Server) -> None:
    def bring(token: str) -> int:
        return web.post(f"{server.url}/app_test/notion", json={"verification_token": token}).status_code

    assert bring("secret_tMrlL1qK5vuQ") == 403
    hub.manage("sinks", "await-secret", "app_test/notion")
    wait_until(lambda: "does not wait" not in _detail_of(server), "the sink does not wait")
    assert bring("short") == 403
    assert bring("secret_tMrlL1qK5vuQ") == 200
    assert bring("secret_tMrlL1qK5vuQ") == 403


def test_a_secret_that_is_not_taken_is_not_recorded(hub: Hub, server: Server) -> None:
    token = "secret_that_nobody_waits_for"
    assert web.post(f"{server.url}/app_test/asana", headers={"X-Hook-Secret": token}).status_code == 403
    assert web.post(f"{server.url}/app_test/notion", json={"verification_token": token}).status_code == 403
    wait_until(lambda: _outcomes(hub, "/notion").get("unexpected secret", 0) > 0, "the refusal was not counted")
    kept = hub.query("SELECT body, headers FROM sinks_refusal")
    assert kept and token not in str([[bytes(body or b""), headers] for body, headers in kept])


def test_a_handshake_is_answered_only_in_the_networks_of_the_sink(server: Server) -> None:
    answer = web.get(f"{server.url}/app_test/network", params={"challenge": "a"})
    assert answer.status_code == 403 and answer.text != "a"


def _detail_of(server: Server) -> str:
    answer = web.post(f"{server.url}/app_test/notion", json={"verification_token": "short"})
    return str(answer.json()["detail"])
