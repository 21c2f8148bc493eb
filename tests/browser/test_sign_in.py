"""Signing in with a real browser, and an identity provider at another address."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.support.hub import Hub, Server
from tests.support.oidc_provider import CLIENT_ID, CLIENT_SECRET, OidcProvider

pytestmark = pytest.mark.one_database

_INVITE = """
from django.contrib.auth.models import User
from django.test import RequestFactory
from sinks.models import App
from sinks.people import invitations
request = RequestFactory().get("/admin/")
request.user = User.objects.create_superuser("admin")
print(invitations.invite(request, App.objects.create(app_id="app_mine", name="Mine"), "viewer")[1])
"""


@pytest.fixture(scope="module")
def provider() -> Iterator[OidcProvider]:
    provider = OidcProvider()
    yield provider
    provider.close()


@pytest.fixture(scope="module")
def server(hub: Hub, provider: OidcProvider) -> Server:
    return hub.start(
        PUBLIC_URL="http://127.0.0.1:{port}",
        OUTBOUND_ALLOW="127.0.0.0/8",
        OIDC_ISSUER=provider.issuer,
        OIDC_CLIENT_ID=CLIENT_ID,
        OIDC_CLIENT_SECRET=CLIENT_SECRET,
        OIDC_ALLOWED_DOMAINS="example.com",
        OIDC_NAME="Example Login",
    )


def test_an_invited_colleague_signs_in_at_the_provider_and_joins(hub: Hub, server: Server, page: Page) -> None:
    text = hub.shell(_INVITE).stdout.strip()
    page.goto(f"{server.url}/admin/invitations/{text}/")
    page.get_by_role("link", name="Sign in with Example Login").click()
    page.get_by_role("button", name="Join as ada@example.com").click()
    expect(page).to_have_url(re.compile(r"/admin/sinks/app/\d+/change/$"))
    expect(page.get_by_role("heading", name="Mine", exact=True)).to_be_visible()
    assert "code=" not in server.log() and CLIENT_SECRET not in server.log()
