"""Two-factor sign-in: setting it up, codes and recovery codes, their limits, and that there is no way around it."""

import base64
import io
import json
import logging
import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
import pytest
from asgiref.sync import async_to_sync
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from sinks.access import api_tokens
from sinks.access.authorization import may_read
from sinks.access.encryption import Encrypted
from sinks.models import App, AuditEntry, Membership, RecoveryCode, SecondFactor
from sinks.routing.matching import Index
from sinks.sign_in import second_factor

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]

_PASSWORD = "a long and unusual passphrase"
_SET_UP = "/admin/second-factor/set-up/"
_CODE = "/admin/second-factor/"


class Clock:
    """The time that the server reads."""

    def __init__(self) -> None:
        # In the middle of a step. django-axes has a clock of its own, so it is about now.
        self.now = datetime.fromtimestamp(time.time() // 30 * 30 + 10, UTC)

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture(autouse=True)
def quick_logins(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(timezone, "now", lambda: clock.now)
    return clock


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada", password=_PASSWORD, is_staff=True, is_superuser=True)


def code_of(user: User, clock: Clock, step: int = 0) -> str:
    """Return what the app of a user shows now, or some steps of 30 s later."""
    secret = SecondFactor.objects.get(user=user).encrypted_secret.reveal()
    return pyotp.TOTP(secret).at(clock.now, counter_offset=step)


def wrong_code(user: User, clock: Clock) -> str:
    right = {code_of(user, clock, step) for step in range(-2, 3)}
    return next(code for code in ("000000", "111111", "222222", "333333", "444444", "555555") if code not in right)


def with_factor(user: User) -> list[str]:
    """Turn two-factor on for a user, and return the recovery codes."""
    factor = second_factor.begin(user)
    codes = second_factor.confirm(factor, pyotp.TOTP(factor.encrypted_secret.reveal()).at(timezone.now()))
    SecondFactor.objects.update(last_step=0)
    return codes


def given_password(user: User, query: str = "", address: str = "127.0.0.1") -> Client:
    """Return a browser in which the user has entered the right password."""
    browser = Client(REMOTE_ADDR=address)
    answer = browser.post(f"/admin/login/{query}", {"username": user.username, "password": _PASSWORD})
    assert (answer.status_code, answer.headers["Location"]) == (302, _CODE)
    return browser


def sees_admin(browser: Client) -> bool:
    return browser.get("/admin/password_change/").status_code == 200


def kinds() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("kind", flat=True))


def test_a_user_sets_it_up_with_the_password_and_a_code(ada: User, clock: Clock, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    browser = Client()
    browser.post("/admin/login/", {"username": "ada", "password": _PASSWORD})
    clock.advance(601)  # the password is asked for again
    assert browser.post(_SET_UP, {"action": "begin", "password": "wrong"}).status_code == 400
    assert not SecondFactor.objects.exists()
    assert browser.post(_SET_UP, {"action": "begin", "password": _PASSWORD}).status_code == 302
    page = browser.get(_SET_UP).content.decode()
    secret = SecondFactor.objects.get().encrypted_secret.reveal()
    assert secret in page and 'src="data:image/svg+xml' in page
    other = Client()
    other.force_login(User.objects.create_user("bob", password=_PASSWORD, is_staff=True, is_superuser=True))
    assert secret not in other.get(_SET_UP).content.decode()
    assert secret not in other.get(f"/admin/auth/user/{ada.pk}/change/").content.decode()
    assert browser.post(_SET_UP, {"action": "confirm", "code": wrong_code(ada, clock)}).status_code == 400
    assert second_factor.of(ada) is None  # a sign-in needs no code yet
    page = browser.post(_SET_UP, {"action": "confirm", "code": code_of(ada, clock)}).content.decode()
    codes = set(re.findall(r"\b(?:[A-Z2-7]{4}-){3}[A-Z2-7]{4}\b", page))
    assert len(codes) == 10
    assert not {code.replace("-", "") for code in codes} & set(RecoveryCode.objects.values_list("digest", flat=True))
    later = browser.get(_SET_UP).content.decode()
    assert "10 unused recovery codes" in later
    kept = later + caplog.text + str(list(AuditEntry.objects.values_list()))
    kept += str(list(SecondFactor.objects.values_list())) + str(list(AccessAttempt.objects.values_list()))
    assert not [text for text in (secret, *codes) if text in kept]
    assert browser.post(_SET_UP, {"action": "begin"}).status_code == 400  # on already
    assert sees_admin(browser)  # sessions of before stay
    assert "two-factor.enabled" in kinds()


def test_a_sign_in_needs_a_code_after_the_password(ada: User, clock: Clock) -> None:
    with_factor(ada)
    browser = given_password(ada, "?next=/admin/auth/user/")
    assert "_auth_user_id" not in browser.session
    before = browser.session.session_key
    for page in ("/admin/", "/admin/auth/user/", _SET_UP, "/admin/docs/", "/admin/find/", "/admin/password_change/"):
        answer = browser.get(page)
        assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, "/admin/login/")
    assert browser.get("/api/v1/sinks").status_code in {401, 403}
    assert browser.post("/admin/logout/").status_code == 302
    assert browser.get(_CODE).status_code == 200
    answer = browser.post(_CODE, {"code": f" {code_of(ada, clock)[:3]} {code_of(ada, clock)[3:]} "})
    assert answer.headers["Location"] == "/admin/auth/user/"
    assert sees_admin(browser) and browser.session.session_key != before
    assert browser.get("/api/v1/sinks").status_code == 200
    assert AuditEntry.objects.get(kind="sign-in").text == "password and code"
    assert browser.get(_CODE).headers["Location"] == "/admin/"
    assert browser.get("/admin/login/").headers["Location"] == "/admin/"


def test_the_page_after_the_sign_in_is_on_this_host(ada: User, clock: Clock) -> None:
    with_factor(ada)
    browser = given_password(ada, "?next=https://evil.example/")
    assert browser.post(_CODE, {"code": code_of(ada, clock)}).headers["Location"] == "/admin/"
    signed_in = Client()
    signed_in.force_login(ada)
    page = signed_in.post(f"{_SET_UP}?next=//evil.example/", {"action": "begin"}).content.decode()
    assert "evil.example" not in page.replace(f"{_SET_UP}?next=//evil.example/", "")


def test_a_code_is_accepted_once_and_one_step_around_now(ada: User, clock: Clock) -> None:
    with_factor(ada)
    code = code_of(ada, clock, -1)
    assert sees_admin_with(ada, code)
    assert not sees_admin_with(ada, code)  # used
    assert not sees_admin_with(ada, code_of(ada, clock, -2))
    assert not sees_admin_with(ada, code_of(ada, clock, 2))
    assert sees_admin_with(ada, code_of(ada, clock, 1))
    assert not sees_admin_with(ada, code_of(ada, clock))  # older than the last one


def sees_admin_with(user: User, code: str) -> bool:
    browser = given_password(user)
    browser.post(_CODE, {"code": code})
    return sees_admin(browser)


def test_of_two_requests_with_the_same_code_one_signs_in(ada: User, clock: Clock) -> None:
    [code, *_] = with_factor(ada)
    one, two = (SecondFactor.objects.get() for _ in range(2))  # both are read before either is written
    shown = code_of(ada, clock)
    for text in (shown, code):
        second_factor.accept(one, text)
        with pytest.raises(second_factor.CodeRefused):
            second_factor.accept(two, text)


def test_a_recovery_code_works_once_in_any_spelling(ada: User) -> None:
    codes = with_factor(ada)
    browser = given_password(ada)
    assert "Recovery code" in browser.get(f"{_CODE}?recovery").content.decode()
    browser.post(_CODE, {"code": codes[3].lower().replace("-", " ")})
    assert "9 of them are left" in browser.get("/admin/password_change/").content.decode()
    assert AuditEntry.objects.get(kind="two-factor.recovery").user == "ada"
    assert AuditEntry.objects.get(kind="sign-in").text == "password and recovery code"
    assert not sees_admin_with(ada, codes[3])
    assert not sees_admin_with(ada, "")


def test_wrong_codes_end_the_sign_in_then_lock_the_user(ada: User, clock: Clock) -> None:
    [recovery, *_] = with_factor(ada)
    browser = given_password(ada)
    wrong = wrong_code(ada, clock)
    answers = [browser.post(_CODE, {"code": wrong}) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [400, 400, 400, 400, 302]
    assert browser.post(_CODE, {"code": code_of(ada, clock)}).headers["Location"] == "/admin/login/"
    assert "Too many codes" in browser.get("/admin/login/").content.decode()
    assert AuditEntry.objects.filter(kind="sign-in.failed", user="ada", text="wrong code").count() == 5
    assert not [row for row in AccessAttempt.objects.values_list("post_data", flat=True) if wrong in row]
    browser = given_password(ada)
    answers = [browser.post(_CODE, {"code": wrong}) for _ in range(5)]
    assert answers[-1].status_code == 429  # as after 10 wrong passwords
    assert browser.post("/admin/login/", {"username": "ada", "password": _PASSWORD}).status_code == 429
    # From elsewhere, no further codes can be guessed; the user can sign in with a recovery code.
    browser = given_password(ada, address="192.0.2.7")
    assert "wait 15 minutes" in browser.post(_CODE, {"code": code_of(ada, clock)}).content.decode()
    assert browser.post(_CODE, {"code": recovery}).status_code == 302
    assert sees_admin(browser)
    clock.advance(15 * 60 + 1)
    browser = given_password(ada, address="192.0.2.7")
    browser.post(_CODE, {"code": code_of(ada, clock)})
    assert sees_admin(browser)


def test_a_locked_user_cannot_finish_a_sign_in_that_has_begun(ada: User, clock: Clock) -> None:
    with_factor(ada)
    browser = given_password(ada)
    for _ in range(10):
        Client().post("/admin/login/", {"username": "ada", "password": "wrong"})
    assert browser.post(_CODE, {"code": code_of(ada, clock)}).status_code == 429
    assert not sees_admin(browser)


def test_a_sign_in_that_waits_ends_with_time_password_and_user(ada: User, clock: Clock) -> None:
    with_factor(ada)
    late, changed, removed = (given_password(ada) for _ in range(3))
    clock.advance(299)
    assert late.get(_CODE).status_code == 200
    clock.advance(2)
    assert late.post(_CODE, {"code": code_of(ada, clock)}).headers["Location"] == "/admin/login/"
    assert not sees_admin(late)
    changed = given_password(ada)
    ada.set_password("another long passphrase")
    ada.save()
    assert changed.post(_CODE, {"code": code_of(ada, clock)}).headers["Location"] == "/admin/login/"
    ada.set_password(_PASSWORD)
    ada.save()
    removed = given_password(ada)
    User.objects.update(is_active=False)
    assert removed.post(_CODE, {"code": code_of(ada, clock)}).headers["Location"] == "/admin/login/"
    assert Client().get(_CODE).headers["Location"] == "/admin/login/"


def test_no_other_sign_in_takes_a_password_alone(ada: User) -> None:
    with_factor(ada)

    basic = base64.b64encode(f"ada:{_PASSWORD}".encode()).decode()
    assert Client(headers={"authorization": f"Basic {basic}"}).get("/api/v1/sinks").status_code == 401
    for path in ("/admin/", "/admin/auth/user/", "/api/docs", "/admin//login/"):
        browser = Client()
        browser.post(path, {"username": "ada", "password": _PASSWORD})
        assert "_auth_user_id" not in browser.session
    _, text = api_tokens.make(ada, "deployer", ["sinks:read"])
    assert Client(headers={"authorization": f"Bearer {text}"}).get("/api/v1/sinks").status_code == 200


def test_new_codes_and_turning_off_need_the_password_and_a_code(ada: User, clock: Clock) -> None:
    old = with_factor(ada)
    browser = Client()
    browser.force_login(ada)
    for action in ("codes", "off"):
        for password, code in (("wrong", code_of(ada, clock)), (_PASSWORD, wrong_code(ada, clock)), ("", "")):
            assert browser.post(_SET_UP, {"action": action, "password": password, "code": code}).status_code == 400
    assert AuditEntry.objects.filter(kind="sign-in.failed", text="wrong code").count() == 2
    answer = browser.post(_SET_UP, {"action": "codes", "password": _PASSWORD, "code": code_of(ada, clock)})
    [new, *_] = re.findall(r"\b(?:[A-Z2-7]{4}-){3}[A-Z2-7]{4}\b", answer.content.decode())
    assert browser.post(_SET_UP, {"action": "off", "password": _PASSWORD, "code": old[0]}).status_code == 400
    assert browser.post(_SET_UP, {"action": "off", "password": _PASSWORD, "code": new}).status_code == 302
    assert not SecondFactor.objects.exists() and not RecoveryCode.objects.exists()
    assert [kind for kind in kinds() if kind.startswith("two")][-2:] == ["two-factor.codes", "two-factor.disabled"]
    answer = Client().post("/admin/login/", {"username": "ada", "password": _PASSWORD})
    assert answer.headers["Location"] == "/admin/"


def test_with_the_requirement_a_user_reaches_only_the_set_up(ada: User, clock: Clock, settings: Any) -> None:
    settings.REQUIRE_TWO_FACTOR = True
    browser = Client()
    browser.post("/admin/login/", {"username": "ada", "password": _PASSWORD})
    for place in ("/admin/", "/admin/auth/user/", "/admin/docs/", "/admin/password_change/"):
        assert browser.get(place).headers["Location"] == f"{_SET_UP}?next={place.replace('/', '%2F')}"
    for headers in ({}, {"authorization": ""}):
        refused = browser.get("/api/v1/sinks", headers=headers)
        assert (refused.status_code, refused["Content-Type"]) == (403, "application/problem+json")
    _, text = api_tokens.make(ada, "deployer", ["sinks:read"])
    assert browser.get("/api/v1/sinks", headers={"authorization": f"Bearer {text}"}).status_code == 200
    assert not reads_runs(browser)
    assert "This server requires two-factor" in browser.get(_SET_UP).content.decode()
    assert browser.post(f"{_SET_UP}?next=/admin/auth/user/", {"action": "begin"}).status_code == 302
    done = browser.post(f"{_SET_UP}?next=/admin/auth/user/", {"action": "confirm", "code": code_of(ada, clock)})
    assert 'href="/admin/auth/user/">I have saved them' in done.content.decode()
    assert sees_admin(browser) and reads_runs(browser)
    assert browser.post("/admin/logout/").status_code == 200
    without = User.objects.create_user("sso", is_staff=True)  # signs in at a provider
    browser.force_login(without)
    assert browser.get("/admin/").status_code == 200
    assert "You have no password here" in browser.get(_SET_UP).content.decode()


def reads_runs(browser: Client) -> bool:
    """Return whether the browser's session reads a run of a sink with a token, under /runs/."""
    headers = [(b"cookie", f"sessionid={browser.cookies['sessionid'].value}".encode())]
    scope = {"type": "http", "headers": headers, "query_string": b""}
    return async_to_sync(may_read)(Index([]), None, "app_mine", scope)


def test_an_operator_lists_and_resets(ada: User) -> None:
    with_factor(ada)
    out = io.StringIO()
    call_command("two_factor", "list", "--json", stdout=out)
    assert json.loads(out.getvalue()) | {"since": ""} == {"user": "ada", "since": "", "recovery_codes": 10}
    with pytest.raises(CommandError, match="--yes"):
        call_command("two_factor", "reset", "ada")
    with pytest.raises(CommandError, match="no user 'nobody'"):
        call_command("two_factor", "reset", "nobody", "--yes")
    call_command("two_factor", "reset", "ada", "--yes", stdout=out)
    assert "Two-factor of ada is off" in out.getvalue()
    assert not SecondFactor.objects.exists() and kinds()[-1] == "two-factor.reset"
    with pytest.raises(CommandError, match="does not use two-factor"):
        call_command("two_factor", "reset", "ada", "--yes")


def test_superusers_see_and_reset_it_in_the_list_of_users(ada: User) -> None:
    bob = User.objects.create_user("bob", password=_PASSWORD, is_staff=True)
    with_factor(ada), with_factor(bob)
    browser = Client()
    browser.force_login(ada)
    place = "/admin/auth/user/"
    assert "Two-factor" in browser.get(place).content.decode()
    chosen = {"action": "reset_two_factor", "_selected_action": [ada.pk, bob.pk]}
    page = browser.post(place, chosen).content.decode()
    assert "Reset two-factor?" in page and "signs them in: bob." in page
    assert SecondFactor.objects.count() == 2
    assert browser.post(place, chosen | {"confirmed": "1"}).status_code == 302
    assert SecondFactor.objects.get().user == ada  # a superuser's own needs the password and a code
    assert AuditEntry.objects.get(kind="two-factor.reset").object == "bob"
    app = App.objects.create(app_id="app_mine")
    Membership.objects.create(user=bob, app=app, role="owner")
    helper = Client()
    helper.force_login(bob)
    assert helper.post(place, {"action": "reset_two_factor", "_selected_action": [ada.pk]}).status_code == 403
    assert SecondFactor.objects.exists()


def test_without_the_key_of_the_secret_recovery_codes_sign_in(ada: User, settings: Any, clock: Clock) -> None:
    codes = with_factor(ada)
    shown = code_of(ada, clock)
    SecondFactor.objects.update(encrypted_secret=Encrypted("unreadable"))
    browser = given_password(ada)
    assert "SECRET_KEY has changed" in browser.post(_CODE, {"code": shown}).content.decode()
    browser.post(_CODE, {"code": codes[0]})
    assert sees_admin(browser)


def test_the_secret_is_encrypted_again_when_the_key_is_rotated(ada: User, settings: Any, clock: Clock) -> None:
    with_factor(ada)
    secret = SecondFactor.objects.get().encrypted_secret.reveal()
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "new" * 12
    out = io.StringIO()
    call_command("sinks", "reencrypt", stdout=out)
    assert "the second factors of users (1)" in out.getvalue()
    settings.SECRET_KEY_FALLBACKS = []
    assert SecondFactor.objects.get().encrypted_secret.reveal() == secret
    settings.SECRET_KEY = "other" * 12
    with pytest.raises(CommandError, match="second factor of ada"):
        call_command("sinks", "reencrypt", stdout=out)
