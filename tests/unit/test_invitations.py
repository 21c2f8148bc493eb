"""Inviting a colleague to an app: who may, what the URL does once, and what it never gives."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from sinks.models import App, AuditEntry, Invitation, Membership

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]

_PASSWORD = "a long and unusual passphrase"


@pytest.fixture(autouse=True)
def quick_logins(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def app(db: None) -> App:
    App.objects.create(app_id="app_other")
    return App.objects.create(app_id="app_mine", name="Mine")


def make_user(name: str, app: App | None = None, role: str = "", **fields: Any) -> User:
    user = User.objects.create_user(name, password=_PASSWORD, is_staff=True, **fields)
    if app is not None:
        Membership.objects.create(user=user, app=app, role=role)
    return user


def signed_in(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def invited(browser: Client, app: App, role: str = "editor") -> str:
    """Invite a colleague, and return the path of the URL."""
    answer = browser.post(f"/admin/sinks/app/{app.pk}/invite/", {"role": role})
    assert answer.status_code == 200
    check_private(answer)
    found = re.search(r"http://localhost:\d+(/admin/invitations/[\w-]{43}/)", answer.content.decode())
    assert found is not None
    return found[1]


def check_private(answer: Any) -> None:
    assert answer["Referrer-Policy"] == "strict-origin"  # with no-referrer, browsers post forms with `Origin: null`
    assert "no-store" in answer["Cache-Control"]


def joined(browser: Client, path: str, name: str = "grace", password: str = _PASSWORD) -> HttpResponse:
    answer: Any = browser.post(path, {"username": name, "password1": password, "password2": password})
    check_private(answer)
    return answer  # type: ignore[no-any-return]


def test_a_colleague_chooses_a_name_and_a_password_once(app: App) -> None:
    owner = signed_in(make_user("owner", app, "owner"))
    path = invited(owner, app)
    assert path.split("/")[-2] not in str(list(Invitation.objects.values_list()))  # only its hash is kept
    browser = Client()
    page = browser.get(path)
    check_private(page)
    assert "owner invites you to Mine (app_mine) as editor." in page.content.decode()
    refused = joined(browser, path, password="password").content.decode()
    assert "too common" in refused and 'value="password"' not in refused
    assert "exists" in joined(browser, path, name="OWNER").content.decode()
    assert joined(browser, path).headers["Location"] == f"/admin/sinks/app/{app.pk}/change/"
    assert browser.get(f"/admin/sinks/app/{app.pk}/change/").status_code == 200  # signed in
    assert browser.get("/admin/sinks/app/").content.decode().count("app_other") == 0
    grace = User.objects.get(username="grace")
    assert (grace.is_staff, grace.is_superuser, grace.memberships.get().role) == (True, False, "editor")
    again = joined(Client(), path, name="other")
    assert again.status_code == 410 and "was used or revoked, or has expired" in again.content.decode()
    assert not User.objects.filter(username="other").exists()
    created, accepted = AuditEntry.objects.filter(kind__startswith="invitation").order_by("pk")
    assert (created.kind, created.user, created.app_id) == ("invitation.created", "owner", "app_mine")
    assert (accepted.kind, accepted.user, accepted.text) == ("invitation.accepted", "grace", "invited by owner")


def test_a_user_who_exists_joins_after_signing_in(app: App) -> None:
    path = invited(signed_in(make_user("owner", app, "owner")), app, "viewer")
    User.objects.create_user("grace", password=_PASSWORD)
    browser = Client()
    assert f"/admin/login/?next={path}" in browser.get(path).content.decode()
    browser.force_login(User.objects.get(username="grace"))
    assert "Join as grace" in browser.get(path).content.decode()
    assert browser.post(path).status_code == 302
    assert Membership.objects.get(user__username="grace").role == "viewer"
    assert User.objects.get(username="grace").is_staff
    assert browser.post(path).status_code == 410


def test_an_invitation_gives_no_more_than_its_inviter_has(app: App) -> None:
    editor = make_user("editor", app, "editor")
    helper = make_user("helper")
    codes = ["add_membership", "view_app", "view_sink", "view_refusal", "view_schedule", "view_appsecret", "view_run"]
    helper.user_permissions.set(Permission.objects.filter(codename__in=[*codes, "change_app"]))
    stranger = make_user("stranger", App.objects.get(app_id="app_other"), "owner")
    place = f"/admin/sinks/app/{app.pk}/invite/"
    assert signed_in(editor).post(place, {"role": "viewer"}).status_code == 403
    assert signed_in(stranger).post(place, {"role": "viewer"}).status_code in {302, 404}
    assert signed_in(helper).post(place, {"role": "owner"}).status_code == 302
    assert signed_in(helper).get(place).status_code == 405
    assert not Invitation.objects.exists()
    owner = make_user("owner", app, "owner")
    path = invited(signed_in(owner), app, "owner")
    Membership.objects.filter(user=owner).update(role="editor")
    assert joined(Client(), path).status_code == 410  # the inviter lost the role meanwhile
    whole = make_user("whole")
    whole.user_permissions.set(Permission.objects.filter(codename="view_sink"))
    Membership.objects.filter(user=owner).update(role="owner")
    assert "ask a superuser" in signed_in(whole).post(path).content.decode()
    assert "already a member" in signed_in(owner).post(path).content.decode()
    assert Invitation.objects.count() == 1


def test_an_invitation_ends_by_time_and_by_revocation(app: App) -> None:
    browser = signed_in(make_user("owner", app, "owner"))
    old, revoked = invited(browser, app), invited(browser, app, "viewer")
    Invitation.objects.filter(role="editor").update(expires_at=timezone.now() - timedelta(seconds=1))
    assert Client().get(old).status_code == 410
    page = browser.get(f"/admin/sinks/app/{app.pk}/change/").content.decode()
    assert "Revoke the invitation as viewer" in page and "Revoke the invitation as editor" not in page
    place = f"/admin/sinks/app/{app.pk}/invitations/{Invitation.objects.get(role='viewer').pk}/revoke/"
    other = signed_in(make_user("other", App.objects.get(app_id="app_other"), "owner"))
    assert other.post(place).status_code in {302, 404} and Invitation.objects.filter(role="viewer").exists()
    assert "Revoke the invitation?" in browser.get(place).content.decode()
    assert browser.post(place).status_code == 302
    assert joined(Client(), revoked).status_code == 410
    assert AuditEntry.objects.filter(kind="invitation.revoked", user="owner").count() == 1
    viewer = signed_in(make_user("viewer", app, "viewer"))
    assert "Invite a colleague" not in viewer.get(f"/admin/sinks/app/{app.pk}/change/").content.decode()
