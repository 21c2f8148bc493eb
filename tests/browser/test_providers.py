"""Ten providers, each set up in the admin with nothing but its name and its secret, and their deliveries."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import Page, expect

from tests.support.browser import sign_in
from tests.support.hub import Hub, Server
from tests.support.signing import sign_as_github, sign_as_shopify, sign_as_slack, sign_as_stripe
from tests.support.web import web

pytestmark = pytest.mark.one_database

Headers = dict[str, str]
_KEY = Ed25519PrivateKey.generate()
_PUBLIC_KEY = _KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
_JSON, _FORM = "application/json", "application/x-www-form-urlencoded"


def _texts(fields: dict[bytes, bytes]) -> Headers:
    return {name.decode(): value.decode() for name, value in fields.items()}


def _hex(secret: str, content: bytes) -> str:
    return hmac.digest(secret.encode(), content, "sha256").hex()


def _zoom(secret: str, body: bytes, now: int, url: str) -> Headers:
    return {"x-zm-request-timestamp": str(now), "x-zm-signature": f"v0={_hex(secret, b'v0:%d:%b' % (now, body))}"}


def _twilio(secret: str, body: bytes, now: int, url: str) -> Headers:
    pairs = sorted(pair.split("=", 1) for pair in body.decode().split("&"))
    content = url + "".join(name + value for name, value in pairs)
    digest = hmac.digest(secret.encode(), content.encode(), "sha1")
    return {"x-twilio-signature": base64.b64encode(digest).decode()}


def _discord(secret: str, body: bytes, now: int, url: str) -> Headers:
    signature = _KEY.sign(b"%d%b" % (now, body))
    return {"x-signature-timestamp": str(now), "x-signature-ed25519": signature.hex()}


@dataclass(frozen=True)
class Provider:
    """A provider's delivery, and the request with which it checks a URL."""

    sign: Callable[[str, bytes, int, str], Headers]  # by secret, body, time and URL
    secret: str = "s3cret-of-the-provider"
    body: bytes = b'{"id":"evt_1","type":"made"}'
    content_type: str = _JSON
    is_timed: bool = False
    is_static: bool = False  # whether the secret itself is sent, so that the body is not covered
    check: bytes = b""  # the body of the check
    check_headers: Headers = field(default_factory=dict)
    answer: Callable[[str], Any] = lambda secret: None  # to the check: JSON, or a text


PROVIDERS = {
    "github": Provider(
        lambda secret, body, now, url: _texts(sign_as_github(secret, body, now)),
        check=b'{"zen":"Keep it simple."}',
        check_headers={"x-github-event": "ping"},
        answer=lambda secret: {"pong": True},
    ),
    "stripe": Provider(lambda secret, body, now, url: _texts(sign_as_stripe(secret, body, now)), is_timed=True),
    "slack": Provider(
        lambda secret, body, now, url: _texts(sign_as_slack(secret, body, now)),
        is_timed=True,
        check=b'{"type":"url_verification","challenge":"ch4llenge"}',
        answer=lambda secret: "ch4llenge",
    ),
    "gitlab": Provider(lambda secret, body, now, url: {"x-gitlab-token": secret}, is_static=True),
    "shopify": Provider(lambda secret, body, now, url: _texts(sign_as_shopify(secret, body, now))),
    "twilio": Provider(_twilio, body=b"Body=Hello&MessageSid=SM1&From=Shop", content_type=_FORM),
    "zoom": Provider(
        _zoom,
        is_timed=True,
        check=b'{"event":"endpoint.url_validation","payload":{"plainToken":"pl4in"}}',
        answer=lambda secret: {"plainToken": "pl4in", "encryptedToken": _hex(secret, b"pl4in")},
    ),
    "telegram": Provider(
        lambda secret, body, now, url: {"x-telegram-bot-api-secret-token": secret},
        body=b'{"update_id":1,"message":{"text":"Hello"}}',
        is_static=True,
    ),
    "discord": Provider(
        _discord, secret=_PUBLIC_KEY, is_timed=True, check=b'{"type":1}', answer=lambda secret: {"type": 1}
    ),
    "notion": Provider(lambda secret, body, now, url: {"x-notion-signature": f"sha256={_hex(secret, body)}"}),
}


@pytest.fixture(scope="module")
def server(hub: Hub) -> Server:
    hub.add_sinks([{"path": "/first"}])
    hub.add_admin()
    return hub.start()


def test_ten_providers_are_set_up_by_name_and_secret(server: Server, hub: Hub, page: Page) -> None:
    sign_in(page, server.url)
    for name, provider in PROVIDERS.items():
        page.goto(f"{server.url}/admin/sinks/sink/add/")
        page.locator(f"#senders [value={name}]").check()
        expect(page.get_by_label("Path")).to_have_value(f"/{name}")
        page.get_by_label("Signing secrets").fill(provider.secret)
        if name == "twilio":  # it signs the URL as it is entered there
            page.get_by_label("Public URL").fill(f"{server.url}/app_test/{name}")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.locator("body")).to_contain_text("was added successfully")
    _wait_until_known(server)
    for name, provider in PROVIDERS.items():
        _check(server, name, provider)


def _wait_until_known(server: Server) -> None:
    last = list(PROVIDERS)[-1]
    while web.post(f"{server.url}/app_test/{last}").status_code == 404:
        time.sleep(0.05)


def _send(server: Server, name: str, headers: Headers, body: bytes) -> httpx.Response:
    head = {"content-type": PROVIDERS[name].content_type, "accept": "application/json", **headers}
    return web.post(f"{server.url}/app_test/{name}", content=body, headers=head)


def _check(server: Server, name: str, provider: Provider) -> None:
    """Check that deliveries are accepted, once, and that others are refused."""
    now, url = int(time.time()), f"{server.url}/app_test/{name}"
    signed = provider.sign(provider.secret, provider.body, now, url)
    answer = _send(server, name, signed, provider.body)
    assert answer.status_code == 200, (name, answer.text)
    output = answer.json()
    assert output["status"] == "complete", name
    assert provider.secret not in answer.text, name
    # A changed body, another secret, no signature.
    if not provider.is_static:
        changed = provider.body.replace(b"made", b"paid").replace(b"Hello", b"Hallo")
        assert _send(server, name, signed, changed).status_code == 401, name
    other = provider.sign("another-secret", provider.body, now, url) if name != "discord" else signed
    if name == "discord":
        other = {**signed, "x-signature-ed25519": hashlib.sha512(b"another key").hexdigest()}
    assert _send(server, name, other, provider.body).status_code == 401, name
    assert _send(server, name, {}, provider.body).status_code == 401, name
    for off in (-3600, 3600) if provider.is_timed else ():
        stale = provider.sign(provider.secret, provider.body, now + off, url)
        assert _send(server, name, stale, provider.body).status_code == 401, name
    if provider.check:
        signed = provider.sign(provider.secret, provider.check, now, url)
        answer = _send(server, name, {**signed, **provider.check_headers}, provider.check)
        assert answer.status_code == 200, (name, answer.text)
        wanted = provider.answer(provider.secret)
        assert (answer.text if isinstance(wanted, str) else json.loads(answer.text)) == wanted, name
        assert "x-run-id" not in answer.headers, name
