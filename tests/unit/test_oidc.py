"""Sign-in with OpenID Connect: who may, as which user, and what is refused."""

import threading
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.contrib.auth.models import Permission, User
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from sinks.models import App, AuditEntry, Membership, OidcIdentity
from sinks.people import invitations
from sinks.sign_in import oidc_provider
from tests.support.oidc_provider import CLIENT_ID, CLIENT_SECRET, OidcProvider, signing_key
from tests.unit.test_intervals import Load, load

__all__ = ["load"]  # a fixture
pytestmark = [pytest.mark.one_database, pytest.mark.django_db]


@pytest.fixture
def provider(settings: Any) -> Iterator[OidcProvider]:
    """Start a provider, and set it up."""
    provider = OidcProvider()
    settings.OIDC_ISSUER = provider.issuer
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT_ID, CLIENT_SECRET
    settings.OIDC_NAME, settings.OIDC_ALLOWED_DOMAINS = "Example Login", ["example.com"]
    settings.OUTBOUND_ALLOW = (ip_network("127.0.0.0/8"),)
    settings.PUBLIC_URL = "http://testserver"
    yield provider
    provider.close()


def make_user(name: str = "ada", email: str = "Ada@Example.com", **fields: Any) -> User:
    return User.objects.create_user(name, email, is_staff=fields.pop("is_staff", True), **fields)


def begun(provider: OidcProvider, browser: Client, next_url: str = "/admin/runs/run/") -> str:
    """Begin to sign in, and return the path of the callback with its query."""
    answer: Any = browser.get("/admin/oidc/", {"next": next_url})
    assert answer.status_code == 302 and answer.url.startswith(f"{provider.issuer}/authorize?kind=web&")
    assert "no-store" in answer["Cache-Control"]
    back = provider.authorize(answer.url)
    assert back.startswith("http://testserver/admin/oidc/callback?")
    return back.removeprefix("http://testserver")


def signed_in(provider: OidcProvider, next_url: str = "/admin/runs/run/") -> Any:
    """Sign in with a new browser. Return the answer, whose `client` is the browser."""
    browser = Client()
    return browser.get(begun(provider, browser, next_url))


def user_of(browser: Client) -> str:
    key = browser.session.get("_auth_user_id")
    return User.objects.get(pk=key).username if key is not None else ""


def refused(answer: Any, status: int, text: str) -> None:
    assert answer.status_code == status
    page = answer.content.decode()
    assert text in page and "Start again" in page and "Use a password" in page
    assert user_of(answer.client) == ""
    assert answer["Referrer-Policy"] == "strict-origin" and "no-store" in answer["Cache-Control"]


def test_a_user_who_exists_signs_in_by_the_verified_address_and_later_by_the_subject(provider: OidcProvider) -> None:
    make_user()
    browser = Client()
    page = browser.get("/admin/login/?next=/admin/runs/run/").content.decode()
    assert (
        "Sign in with Example Login" in page and "http://testserver/admin/oidc/?next=%2Fadmin%2Fruns%2Frun%2F" in page
    )
    back = begun(provider, browser)
    before = browser.session.session_key
    answer: Any = browser.get(back)
    assert (answer.status_code, answer.url) == (302, "/admin/runs/run/")
    assert user_of(browser) == "ada" and browser.session.session_key != before
    assert browser.session["oidc"] == {}
    provider.claims |= {"email": "countess@elsewhere.org", "email_verified": False}  # the subject is the same
    assert user_of(signed_in(provider).client) == "ada"
    provider.claims |= {"email": "ada@example.com", "sub": "2", "email_verified": True}
    assert user_of(signed_in(provider).client) == "ada"  # a second identity of hers
    entries = AuditEntry.objects.filter(kind__in=["identity.created", "sign-in"]).order_by("pk")
    assert [(entry.kind, entry.user, entry.text) for entry in entries][1:3] == [("sign-in", "ada", "OIDC")] * 2
    assert (entries[0].kind, entries[0].object) == ("identity.created", f"ada as 1 at {provider.issuer}")
    assert entries[0].address == "127.0.0.1"
    assert provider.requests.count("/.well-known/openid-configuration") == 1  # remembered
    assert provider.requests.count("/keys") == 1


def test_an_allowed_domain_makes_a_user_who_sees_nothing_before_an_invitation(provider: OidcProvider) -> None:
    App.objects.create(app_id="app_secret")
    User.objects.create_user("ada@example.com", is_staff=True)  # the name, with another address
    provider.claims = {"sub": "1"}
    provider.userinfo = {"sub": "1", "email": "Ada@example.com", "email_verified": True, "given_name": "Ada"}
    answer = signed_in(provider)
    user = User.objects.get(email="ada@example.com")
    assert user_of(answer.client) == user.username == "ada@example.com-2"
    assert (user.is_staff, user.is_superuser, user.first_name) == (True, False, "Ada")
    assert not user.has_usable_password() and not user.get_all_permissions()
    assert not Membership.objects.exists()
    page = answer.client.get("/admin/").content.decode()
    assert "when one of their owners invites you" in page and "app_secret" not in page
    assert answer.client.get("/admin/sinks/app/").status_code in {403, 200}
    assert "app_secret" not in answer.client.get("/admin/sinks/app/").content.decode()
    provider.userinfo["sub"] = "2"
    refused(signed_in(provider), 502, "answer is not valid")


def test_a_superuser_unlinks_an_account_on_the_page_of_its_user(provider: OidcProvider) -> None:
    make_user()
    signed_in(provider)
    identity = OidcIdentity.objects.get()
    browser = Client()
    root, clerk = make_user("root", "", is_superuser=True), make_user("clerk", "")
    clerk.user_permissions.add(Permission.objects.get(codename="change_user"))
    page = f"/admin/auth/user/{identity.user_id}/change/"
    browser.force_login(clerk)
    assert provider.issuer not in browser.get(page).content.decode()
    browser.force_login(root)
    assert provider.issuer in browser.get(page).content.decode()
    assert "oidc_identities" not in browser.get(f"/admin/auth/user/{root.pk}/change/").content.decode()
    assert "oidc_identities" not in browser.get("/admin/auth/user/add/").content.decode()
    form: dict[str, Any] = {
        "username": "ada",
        "date_joined_0": "2026-12-01",
        "date_joined_1": "04:00:00",
        "is_active": "on",
        "is_staff": "on",
        "oidc_identities-TOTAL_FORMS": 1,
        "oidc_identities-INITIAL_FORMS": 1,
        "oidc_identities-0-id": identity.pk,
        "oidc_identities-0-user": identity.user_id,
        "oidc_identities-0-DELETE": "on",
    }
    assert browser.post(page, form).status_code == 302
    assert not OidcIdentity.objects.exists()
    entry = AuditEntry.objects.get(kind="identity.deleted")
    assert (entry.user, entry.object) == ("root", f"ada as 1 at {provider.issuer}")


def test_an_invited_colleague_signs_in_and_joins(provider: OidcProvider) -> None:
    app = App.objects.create(app_id="app_mine", name="Mine")
    owner = make_user("owner", "", is_superuser=True)
    request: Any = Client().get("/admin/login/").wsgi_request
    request.user = owner
    _, text = invitations.invite(request, app, "viewer")
    path = f"/admin/invitations/{text}/"
    browser = Client()
    assert f"/admin/oidc/?next=%2Fadmin%2Finvitations%2F{text}%2F" in browser.get(path).content.decode()
    answer: Any = browser.get(begun(provider, browser, path))
    assert answer.url == path
    assert "Join as ada@example.com" in browser.get(path).content.decode()
    assert browser.post(path).status_code == 302
    assert Membership.objects.get(user__username="ada@example.com").role == "viewer"


@pytest.mark.parametrize(
    ("claims", "text"),
    [
        ({"email_verified": False}, "not verified"),
        ({"email_verified": "true"}, "not verified"),
        ({"email_verified": None}, "not verified"),
        ({"xms_edov": True, "email_verified": None}, "not verified"),  # Microsoft's only
        ({"email": "no address"}, "not verified"),
        ({"email": "ad\u0131@example.com"}, "not verified"),  # its capitals are those of adi@
        ({"email": ""}, "not verified"),
        ({"email": "eve@evil-example.com"}, "no user for you"),
        ({"email": "eve@sub.example.com"}, "no user for you"),
        ({"email": "eve@example.com@evil.com"}, "not verified"),
        ({"email": "root@example.com"}, "Superusers sign in with their password"),
        ({"email": "chief@example.com"}, "may change users or groups"),
        ({"email": "gone@example.com"}, "not active"),
        ({"email": "plain@example.com"}, "may not use the admin"),
        ({"email": "twice@example.com"}, "Several users"),
    ],
)
def test_a_person_who_may_not_sign_in_is_told_why(provider: OidcProvider, claims: dict[str, Any], text: str) -> None:
    make_user("root", "root@example.com", is_superuser=True)
    make_user("chief", "chief@example.com").user_permissions.add(Permission.objects.get(codename="change_user"))
    make_user("gone", "gone@example.com", is_active=False)
    make_user("plain", "plain@example.com", is_staff=False)
    make_user("one", "twice@example.com")
    make_user("two", "Twice@example.com")
    count = User.objects.count()
    provider.claims |= claims
    refused(signed_in(provider), 403, text)
    assert User.objects.count() == count and not OidcIdentity.objects.exists()
    [entry] = AuditEntry.objects.filter(kind="sign-in.failed")
    assert (entry.user, entry.address) == ("", "127.0.0.1") and entry.text.startswith("OIDC: ")


def test_a_linked_user_who_is_deactivated_or_loses_the_staff_status_is_refused(provider: OidcProvider) -> None:
    make_user()
    signed_in(provider)
    User.objects.update(is_active=False)
    refused(signed_in(provider), 403, "not active")
    User.objects.update(is_active=True, is_staff=False)
    refused(signed_in(provider), 403, "may not use the admin")


def other_key(claims: dict[str, Any]) -> str:
    return jwt.encode(claims, ec.generate_private_key(ec.SECP256R1()), "ES256", {"kid": "first"})


@pytest.mark.parametrize(
    ("sign", "detail"),
    [
        (lambda claims: jwt.encode(claims, "", "none"), "algorithm (alg)"),
        (lambda claims: jwt.encode(claims, CLIENT_SECRET * 2, "HS256"), "algorithm (alg)"),
        (other_key, "not among the known keys"),
        (lambda claims: jwt.encode(claims, signing_key(), "RS256")[:-8] + "AAAAAAAA", "signature"),
        ({"nonce": "another"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"aud": "another"}, "audience (aud)"),
        ({"aud": [CLIENT_ID, "another"], "azp": "another"}, "azp"),
        ({"iss": "https://another.example"}, "issuer (iss)"),
        ({"exp": 1}, "expired"),
        ({"exp": None}, "'exp'"),
        ({"sub": ""}, "sub"),
        ({"sub": 7}, "sub"),
        (lambda claims: "no token", "no JSON Web Token"),
        (lambda claims: None, "no ID token"),
    ],
)
def test_an_id_token_that_is_not_valid_is_refused(
    provider: OidcProvider, sign: Any, detail: str, caplog: pytest.LogCaptureFixture
) -> None:
    make_user()
    if isinstance(sign, dict):
        provider.claims |= sign
    else:
        provider.sign = sign
    refused(signed_in(provider), 502, "answer is not valid")
    [line] = [record.getMessage() for record in caplog.records if record.name.startswith("sinks.sign_in")]
    assert detail in line and "eyJ" not in line
    assert not OidcIdentity.objects.exists()


def test_a_key_that_was_replaced_is_fetched_again(provider: OidcProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sinks.access.jwks.REFETCH_SECONDS", 0.0)
    make_user()
    assert user_of(signed_in(provider).client) == "ada"
    provider.kid = "second"
    assert user_of(signed_in(provider).client) == "ada"
    assert provider.requests.count("/keys") == 2


def test_a_callback_works_once_in_the_browser_that_began(
    provider: OidcProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_user()
    browser = Client()
    back = begun(provider, browser)
    refused(Client().get(back), 400, "no longer valid")  # another browser
    state = parse_qs(urlsplit(back).query)["state"][0]
    refused(browser.get(back.replace(state, "another")), 400, "no longer valid")
    first, second = begun(provider, browser), begun(provider, browser)  # in two tabs
    answer: Any = browser.get(second)
    assert answer.status_code == 302
    browser.logout()
    refused(browser.get(second), 400, "no longer valid")  # a replay
    refused(browser.get(first), 400, "no longer valid")  # signing out ended it too
    late = begun(provider, browser)
    monkeypatch.setattr("sinks.sign_in.oidc_pages.VALID_SECONDS", 0.0)
    refused(browser.get(late), 400, "no longer valid")


def test_many_failures_do_not_fill_the_audit_log(provider: OidcProvider, settings: Any) -> None:
    settings.LOGIN_ATTEMPTS = 3
    for _ in range(6):
        assert Client().get("/admin/oidc/callback?state=none&code=x").status_code == 400
    assert AuditEntry.objects.filter(kind="sign-in.failed").count() == 3


def test_an_error_of_the_provider_leads_to_advice(provider: OidcProvider) -> None:
    provider.error = "access_denied"
    answer = signed_in(provider)
    refused(answer, 403, "did not sign you in")
    assert "text of the provider" not in answer.content.decode()
    provider.error = ""
    provider.refusal = 400, {"error": "invalid_grant"}
    refused(signed_in(provider), 502, "answer is not valid")
    provider.refusal = 503, {}
    refused(signed_in(provider), 502, "cannot be reached")
    provider.refusal = 200, {"access_token": "x", "expires_in": []}
    refused(signed_in(provider), 502, "answer is not valid")


def test_a_provider_that_is_away_or_is_another_one_leads_to_advice(provider: OidcProvider, settings: Any) -> None:
    make_user()
    provider.configuration["jwks_uri"] = f"{provider.issuer}/missing"
    refused(signed_in(provider), 502, "cannot be reached")
    oidc_provider.known.clear()
    provider.configuration["issuer"] = "https://another.example"
    refused(Client().get("/admin/oidc/"), 502, "answer is not valid")
    settings.OUTBOUND_ALLOW = ()
    refused(Client().get("/admin/oidc/"), 502, "cannot be reached")


def test_only_a_few_threads_wait_for_the_provider(provider: OidcProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sinks.sign_in.oidc_pages._turns", threading.Semaphore(0))
    refused(Client().get("/admin/oidc/"), 503, "Too many sign-ins")


def test_the_secret_is_sent_in_the_body_where_the_provider_wants_it(provider: OidcProvider) -> None:
    make_user()
    provider.configuration["token_endpoint_auth_methods_supported"] = ["client_secret_post", "private_key_jwt"]
    assert user_of(signed_in(provider).client) == "ada"
    for methods in (["private_key_jwt"], "client_secret_post", {"x": 1}):
        provider.configuration["token_endpoint_auth_methods_supported"] = methods
        oidc_provider.known.clear()
        refused(Client().get("/admin/oidc/"), 502, "answer is not valid")


@pytest.mark.parametrize(
    "next_url",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "evil", "", "/\n/evil"],
)
def test_only_a_path_of_this_server_follows(provider: OidcProvider, next_url: str) -> None:
    make_user()
    assert signed_in(provider, next_url).url == "/admin/"


def test_it_is_off_by_default() -> None:
    browser = Client()
    assert "/admin/oidc/" not in browser.get("/admin/login/").content.decode()
    for path in ("/admin/oidc/", "/admin/oidc/callback?state=x&code=y"):
        assert browser.get(path).status_code == 404


def test_settings_that_cannot_work_are_refused(load: Load) -> None:
    whole = {"OIDC_ISSUER": "https://login.example", "OIDC_CLIENT_ID": "x", "OIDC_CLIENT_SECRET": "y"}
    loaded = load(**whole, OIDC_ALLOWED_DOMAINS="Example.com, b.org")
    assert loaded["OIDC_ALLOWED_DOMAINS"] == ["example.com", "b.org"]
    assert load(**whole | {"OIDC_ISSUER": "http://localhost:8080/realms/x"})["OIDC_ISSUER"]
    for changed, message in [
        ({"OIDC_CLIENT_SECRET": ""}, "OIDC_CLIENT_SECRET: missing"),
        ({"OIDC_ISSUER": ""}, "OIDC_ISSUER: missing"),
        ({"OIDC_ISSUER": "http://login.example"}, "OIDC_ISSUER is 'http://login.example'"),
        ({"OIDC_ISSUER": "http://localhost.evil.example"}, "OIDC_ISSUER is"),
        ({"OIDC_ISSUER": "https://login.example?x"}, "OIDC_ISSUER is"),
        ({"OIDC_ALLOWED_DOMAINS": "@example.com"}, "OIDC_ALLOWED_DOMAINS has '@example.com'"),
        ({"OIDC_ALLOWED_DOMAINS": "*.example.com"}, "OIDC_ALLOWED_DOMAINS has"),
    ]:
        with pytest.raises(ImproperlyConfigured, match=message):
            load(**whole | changed)
