"""Tokens of the REST API: whom they authenticate, what their scopes allow, and that they cannot be read later."""

import json
import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from sinks.access import api_tokens
from sinks.models import ApiToken
from tests.support.api_client import add_token, add_user, client
from tests.support.hub import Hub, Server, wait_until
from tests.support.web import web

pytestmark = pytest.mark.one_database

TOKEN = "s3cret-t0ken-4711-xyz"


@pytest.fixture(scope="module")
def server(hub: Hub) -> Server:
    add_user(hub, "root")
    add_user(hub, "reader", "view_sink", "view_app", "view_run")
    hub.add_sinks(
        [
            {"app_id": "app_a", "path": "/a", "auth_token": TOKEN},
            {"app_id": "app_b", "path": "/b", "auth_token": TOKEN},
        ]
    )
    return hub.start()


def start(server: Server, path: str) -> str:
    """Start a run, and wait for its end. Return its id."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/json"}
    return str(web.post(f"{server.url}{path}", headers=headers).json()["run_id"])


def test_a_token_is_shown_once_and_kept_as_its_hash(hub: Hub, server: Server) -> None:
    done = hub.manage("apitokens", "create", "--user", "root", "--name", "once", "--scope", "runs:read")
    text = done.stdout.strip()
    assert text.startswith("shk_")
    assert text not in done.stderr
    assert text not in hub.manage("apitokens", "list").stdout
    assert text not in hub.manage("apitokens", "list", "--json").stdout
    assert text not in str(hub.query("SELECT * FROM sinks_apitoken"))


def test_a_token_lets_in_until_it_is_revoked(hub: Hub, server: Server) -> None:
    number, text = add_token(hub, "root")
    with client(server, text) as api:
        assert api.get("/api/v1/apps").status_code == 200
        hub.manage("apitokens", "revoke", str(number))
        refused = api.get("/api/v1/apps")
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == "Bearer"
    assert refused.headers["content-type"] == "application/problem+json"


def test_nobody_is_let_in_without_one(server: Server) -> None:
    for authorization in ("", "Bearer", "Bearer shk_wrong", f"Bearer {TOKEN}", "Basic cm9vdDpwdw=="):
        answer = web.get(f"{server.url}/api/v1/runs", headers={"Authorization": authorization})
        assert answer.status_code == 401, authorization
        assert answer.json()["status"] == 401


def test_an_expired_token_is_not_taken(hub: Hub, server: Server) -> None:
    number, text = add_token(hub, "root", days=1)
    with client(server, text) as api:
        assert api.get("/api/v1/apps").status_code == 200
        hub.shell(
            "from sinks.models import ApiToken\n"
            f"ApiToken.objects.filter(pk={number}).update(expires_at='2020-01-01T00:00Z')"
        )
        assert api.get("/api/v1/apps").status_code == 401


def test_the_token_of_a_user_who_left_is_not_taken(hub: Hub, server: Server) -> None:
    add_user(hub, "leaving", "view_app")
    _, text = add_token(hub, "leaving")
    with client(server, text) as api:
        assert api.get("/api/v1/apps").status_code == 200
        hub.shell(
            "from django.contrib.auth.models import User\n"
            "User.objects.filter(username='leaving').update(is_active=False)"
        )
        assert api.get("/api/v1/apps").status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/api/v1/apps", "sinks:read"),
        ("POST", "/api/v1/apps", "sinks:write"),
        ("GET", "/api/v1/sinks", "sinks:read"),
        ("GET", "/api/v1/providers", "sinks:read"),
        ("POST", "/api/v1/sinks/4711/rotate-token", "sinks:write"),
        ("GET", "/api/v1/runs", "runs:read"),
        ("POST", "/api/v1/runs/x/cancel", "runs:write"),
        ("POST", "/api/v1/runs/x/replay", "runs:write"),
    ],
)
def test_a_token_does_what_its_scopes_say_and_no_more(
    hub: Hub, server: Server, method: str, path: str, scope: str
) -> None:
    _, without = add_token(hub, "root", *({"sinks:read", "sinks:write", "runs:read", "runs:write"} - {scope}))
    with client(server, without) as api:
        refused = api.request(method, path)
    assert refused.status_code == 403
    assert refused.json()["detail"] == f"The token lacks the scope {scope}."
    _, only = add_token(hub, "root", scope)
    with client(server, only) as api:
        assert api.request(method, path).status_code not in {401, 403}


def test_a_token_does_no_more_than_its_user_may(hub: Hub, server: Server) -> None:
    _, text = add_token(hub, "reader")
    with client(server, text) as api:
        assert api.get("/api/v1/sinks").status_code == 200
        assert api.get("/api/v1/runs").status_code == 200
        assert api.post("/api/v1/apps", json={"app_id": "app_no"}).status_code == 403
        assert api.post("/api/v1/sinks/1/rotate-token").status_code == 403
        assert api.post(f"/api/v1/runs/{start(server, '/app_a/a')}/replay").status_code == 403
    assert hub.query("SELECT 1 FROM sinks_app WHERE app_id = 'app_no'") == []


def test_a_token_of_one_app_sees_no_other(hub: Hub, server: Server) -> None:
    mine, other = start(server, "/app_a/a"), start(server, "/app_b/b")
    _, text = add_token(hub, "root", app="app_a")
    with client(server, text) as api:
        assert [app["app_id"] for app in api.get("/api/v1/apps").json()] == ["app_a"]
        assert {sink["app_id"] for sink in api.get("/api/v1/sinks").json()} == {"app_a"}
        assert {run["app_id"] for run in api.get("/api/v1/runs").json()["results"]} == {"app_a"}
        assert api.get("/api/v1/runs", params={"app_id": "app_b"}).json()["results"] == []
        assert api.get(f"/api/v1/runs/{mine}").status_code == 200
        for path in (f"/api/v1/runs/{other}", f"/api/v1/runs/{other}/events", "/api/v1/apps/app_b"):
            assert api.get(path).status_code == 404
        assert api.post(f"/api/v1/runs/{other}/replay").status_code == 404
        assert api.post("/api/v1/apps", json={}).status_code == 403
        refused = api.post("/api/v1/sinks", json={"app_id": "app_b", "path": "/new"})
        assert refused.json()["errors"] == {"app_id": ["There is no such app: create it first."]}


def test_a_token_that_reads_runs_reads_their_streams_too(hub: Hub, server: Server) -> None:
    mine, other = start(server, "/app_a/a"), start(server, "/app_b/b")
    _, reads = add_token(hub, "root", "runs:read", app="app_a")
    _, writes = add_token(hub, "root", "runs:write")
    with client(server, reads) as api:
        assert api.get(f"/runs/{mine}").status_code == 200
        assert '"type":"complete"' in api.get(f"/runs/{mine}/events").text
        assert api.get(f"/runs/{other}").status_code == 401
    with client(server, writes) as api:
        assert api.get(f"/runs/{mine}").status_code == 401


def test_an_api_token_triggers_no_sink(hub: Hub, server: Server) -> None:
    _, text = add_token(hub, "root")
    with client(server, text) as api:
        assert api.post("/app_a/a").status_code == 401


def test_the_list_says_when_a_token_was_used_last(hub: Hub, server: Server) -> None:
    number, text = add_token(hub, "root")

    def last_used() -> object:
        listed = [json.loads(line) for line in hub.manage("apitokens", "list", "--json").stdout.splitlines()]
        return next(token for token in listed if token["id"] == number)["last_used_at"]

    assert last_used() is None
    with client(server, text) as api:
        api.get("/api/v1/apps")
    wait_until(lambda: last_used() is not None, "its use is not noted")


@pytest.mark.parametrize(
    ("args", "code", "reason"),
    [
        (("create", "--user", "nobody", "--name", "x", "--scope", "runs:read"), 1, "There is no user 'nobody'"),
        (("create", "--user", "root", "--name", "", "--scope", "runs:read"), 1, "This field cannot be blank."),
        (("create", "--user", "root", "--name", "x", "--scope", "all"), 2, "invalid choice: 'all'"),
        (
            ("create", "--user", "root", "--name", "x", "--scope", "runs:read", "--app", "no"),
            1,
            "There is no app 'no'.",
        ),
        (
            ("create", "--user", "root", "--name", "x", "--scope", "runs:read", "--days", "0"),
            1,
            "--days must be from",
        ),
        (("revoke", "4711"), 1, "There is no token 4711."),
    ],
)
def test_what_cannot_be_done_is_said(hub: Hub, server: Server, args: tuple[str, ...], code: int, reason: str) -> None:
    done = hub.manage("apitokens", *args, check=False)
    assert done.returncode == code
    assert reason in done.stderr
    assert done.stdout == ""


@pytest.mark.django_db
def test_an_admin_makes_a_token_that_its_page_shows_once() -> None:
    browser = Client()
    browser.force_login(User.objects.create_superuser("boss"))
    form = {"name": "ours", "user": User.objects.get().pk, "scopes": ["runs:read", "runs:write"]}
    page = browser.post("/admin/sinks/apitoken/add/", form)
    [text] = re.findall(r'<code id="token"[^>]*>(shk_[\w-]{43})</code>', page.content.decode())
    assert 'data-copy="token"' in page.content.decode()
    token = api_tokens.find(text)
    assert token is not None
    assert (token.name, token.scopes) == ("ours", ["runs:read", "runs:write"])
    for path in ("", f"{token.pk}/change/"):
        assert text not in browser.get(f"/admin/sinks/apitoken/{path}").content.decode()


@pytest.mark.django_db
def test_a_token_is_not_made_for_a_time_that_has_passed() -> None:
    boss = User.objects.create_superuser("boss")
    past = timezone.now() - timedelta(seconds=1)
    with pytest.raises(ValidationError) as refused:
        api_tokens.make(boss, "late", ["runs:read"], expires_at=past)
    assert refused.value.messages == ["This time is in the past: enter a future time, or none."]
    browser = Client()
    browser.force_login(boss)
    form: dict[str, object] = {"name": "late", "user": boss.pk, "scopes": ["runs:read"]}
    form |= {"expires_at_0": "2020-01-31", "expires_at_1": "00:00"}
    assert "This time is in the past" in browser.post("/admin/sinks/apitoken/add/", form).content.decode()
    assert not ApiToken.objects.exists()
    # The same form may expire an existing token.
    token, text = api_tokens.make(boss, "ours", ["runs:read"])
    browser.post(f"/admin/sinks/apitoken/{token.pk}/change/", form)
    assert api_tokens.find(text) is None


@pytest.mark.django_db
def test_nobody_makes_a_token_that_may_do_more_than_they_may() -> None:
    boss = User.objects.create_superuser("boss")
    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=["add_apitoken", "view_apitoken"]))
    api_tokens.make(boss, "of the boss", ["runs:read"])
    browser = Client()
    browser.force_login(clerk)
    page = browser.post("/admin/sinks/apitoken/add/", {"name": "x", "user": boss.pk, "scopes": ["runs:read"]})
    assert "Select a valid choice" in page.content.decode()
    assert "of the boss" not in browser.get("/admin/sinks/apitoken/").content.decode()
    assert ApiToken.objects.count() == 1
