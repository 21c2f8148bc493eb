"""Accepting a refusal: its sender is verified again, and its delivery starts a run after all, once."""

import io
import json
import time
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.test import Client

from runs.models import Delivery, Run, Signal
from sinks.access import api_tokens
from sinks.models import App, Membership, Refusal, Sink
from sinks.refusals.acceptance import CannotAccept, Unverified, accept
from tests.support.refused import refused
from tests.support.signing import sign_as_github, sign_as_stripe

pytestmark = pytest.mark.one_database

TOKEN, SECRET, NEW_SECRET = "t0ken-4711-abcdef", "s3cret-4711-abcdef", "new-s3cret-4711-abcdef"
BODY = b'{"order": 7, "id": "evt_7"}'
_CALLERS = [{"kind": "header", "name": "X-Key", "values": [TOKEN]}]


@pytest.fixture
def app(db: None) -> App:
    return App.objects.create(app_id="app_mine")


def made(app: App, **fields: Any) -> Sink:
    sink = Sink(app=app, workflow="echo", **{"path": "/hook", **fields})
    sink.full_clean()
    sink.save()
    return sink


def signed(app: App, **fields: Any) -> Sink:
    return made(app, signature="github", secrets=[NEW_SECRET], **fields)


def by(secret: str, body: bytes = BODY) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in sign_as_github(secret, body, 0).items()}


def valid_later(app: App, **fields: Any) -> Refusal:
    """Return the refusal of a delivery that was signed with a secret before its sink got that secret."""
    sink = signed(app, **fields)
    refusal = refused(sink, BODY, by(SECRET), query="a=1")
    sink.secrets = [NEW_SECRET, SECRET]
    sink.save()
    return Refusal.objects.select_related("sink__app").get(pk=refusal.pk)


def member(role: str, app: App, *scopes: str) -> dict[str, str]:
    """Return the header fields of a request with an API token of a new member."""
    user = User.objects.create_user(f"{role}-{'-'.join(scopes)}"[:150])
    Membership.objects.create(user=user, app=app, role=role)
    _, text = api_tokens.make(user, "test", scopes)
    return {"Authorization": f"Bearer {text}"}


def post(refusal: Refusal, headers: dict[str, str]) -> Any:
    return Client().post(f"/api/v1/refusals/{refusal.pk}/accept", headers=headers)


def test_a_verified_delivery_starts_a_run_with_its_request(app: App) -> None:
    refusal = valid_later(app)
    done = accept(refusal, by="ada", only_verified=True)
    assert done.run is not None
    assert (done.warning, done.run.status, done.run.source_id) == ("", "queued", refusal.sink_id)
    delivery = Delivery.objects.get(pk=done.run.pk)
    assert (delivery.method, delivery.path, delivery.query_string) == ("POST", "/hook", "a=1")
    assert (bytes(delivery.body), delivery.client) == (BODY, "192.0.2.7")
    assert ["content-type", "application/json"] in delivery.headers
    refusal.refresh_from_db()
    assert (refusal.run_id, refusal.accepted_at is not None) == (done.run.pk, True)


def test_it_starts_one_run(app: App) -> None:
    refusal = valid_later(app)
    accept(refusal, by="ada", only_verified=True)
    with pytest.raises(CannotAccept, match="accepted already"):
        accept(refusal, by="ada", only_verified=False)
    assert Run.objects.count() == 1


def test_an_old_delivery_is_verified_whatever_its_age(app: App) -> None:
    sink = made(app, signature="stripe", secrets=[SECRET])
    fields = sign_as_stripe(SECRET, BODY, int(time.time()) - 40_000)
    refusal = refused(sink, BODY, {name.decode(): value.decode() for name, value in fields.items()})
    assert "40000 s old" in refusal.reason or "s old" in refusal.reason
    assert accept(refusal, by="ada", only_verified=True).warning == ""


def test_a_signature_of_a_secret_that_was_removed_is_not_valid_any_more(app: App) -> None:
    sink = made(app, signature="github", secrets=[SECRET], filter="body.order == `8`")
    refusal = refused(sink, BODY, by(SECRET))
    sink.secrets = [NEW_SECRET]
    sink.save()
    refusal = Refusal.objects.select_related("sink__app").get(pk=refusal.pk)
    with pytest.raises(Unverified, match="not verified"):
        accept(refusal, by="ada", only_verified=True)
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("fields", "headers", "body", "is_verified"),
    [
        ({"signature": "github", "secrets": [SECRET], "filter": "body.order == `8`"}, by(SECRET), BODY, True),
        ({"signature": "github", "secrets": [SECRET], "filter": "body.order == `8`"}, by(SECRET), BODY + b" ", False),
        ({"auth_token": TOKEN}, {}, BODY, False),
        ({"auth_token": TOKEN, "signature": "github", "secrets": [SECRET]}, by(SECRET), BODY, False),
        ({"auth_token": TOKEN, "filter": "body.order == `8`"}, {"Authorization": f"Bearer {TOKEN}"}, BODY, False),
        ({"filter": "body.order == `8`"}, {}, BODY, True),
        ({"callers": _CALLERS, "filter": "body.order == `8`"}, {"X-Key": TOKEN}, BODY, False),
        ({"callers": _CALLERS}, {"X-Key": "wr0ng-key"}, BODY, False),
    ],
    ids=["signed", "changed", "token", "signed-token", "right-token", "public", "caller", "wrong-caller"],
)
def test_who_is_verified(
    app: App, fields: dict[str, Any], headers: dict[str, str], body: bytes, is_verified: bool
) -> None:
    refusal = refused(made(app, **fields), body, headers)
    if is_verified:
        assert accept(refusal, by="ada", only_verified=True).warning == ""
    else:
        with pytest.raises(Unverified):
            accept(refusal, by="ada", only_verified=True)
        assert accept(refusal, by="ada", only_verified=False).warning
    assert Run.objects.count() == 1


def test_a_network_that_is_not_allowed_any_more_verifies_nothing(app: App) -> None:
    sink = made(app, filter="body.order == `8`", allowed_networks="192.0.2.0/24")
    refusal = refused(sink, BODY)
    Sink.objects.filter(pk=sink.pk).update(allowed_networks="198.51.100.0/24")
    refusal = Refusal.objects.select_related("sink__app").get(pk=refusal.pk)
    with pytest.raises(Unverified, match="not in an allowed network"):
        accept(refusal, by="ada", only_verified=True)


def test_a_delivery_that_is_not_kept_completely_is_not_accepted(app: App, settings: Any) -> None:
    settings.MAX_REFUSAL_BODY_BYTES = 10
    cut = refused(signed(app), BODY)
    with pytest.raises(CannotAccept, match="Only the beginning"):
        accept(cut, by="ada", only_verified=False)
    unread = refused(made(app, path="/guarded", auth_token=TOKEN), BODY)
    with pytest.raises(CannotAccept, match="body was not received"):
        accept(unread, by="ada", only_verified=False)
    assert not Run.objects.exists()


def test_a_repeat_that_came_meanwhile_starts_no_second_run(app: App) -> None:
    first = valid_later(app, dedupe_body="id")
    second = refused(first.sink, BODY, by("wrong-secret"), query="a=1")
    done = accept(first, by="ada", only_verified=True)
    with pytest.raises(CannotAccept, match="has started run_"):
        accept(second, by="ada", only_verified=False)
    assert [run.pk for run in Run.objects.all()] == [done.run.pk if done.run else ""]


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"active": False}, "inactive"), ({"workflow": "no-more"}, "not installed"), ({"body_limit": 5}, "5 bytes")],
)
def test_a_sink_that_cannot_take_it_says_why(app: App, change: dict[str, Any], reason: str) -> None:
    refusal = valid_later(app)
    Sink.objects.filter(pk=refusal.sink_id).update(**change)
    refusal = Refusal.objects.select_related("sink__app").get(pk=refusal.pk)
    with pytest.raises(CannotAccept, match=reason):
        accept(refusal, by="ada", only_verified=False)
    refusal.refresh_from_db()
    assert (refusal.accepted_at, Run.objects.count()) == (None, 0)


def test_a_sink_that_sends_signals_sends_one(app: App) -> None:
    refusal = valid_later(app, deliver_signal="paid", deliver_key="body.order")
    done = accept(refusal, by="ada", only_verified=True)
    assert (done.run, done.signal, done.key) == (None, "paid", "7")
    signal = Signal.objects.get()
    assert (signal.app_id, signal.name, signal.key, json.loads(signal.payload)["id"]) == (
        "app_mine",
        "paid",
        "7",
        "evt_7",
    )
    with pytest.raises(CannotAccept, match="accepted"):
        accept(refusal, by="ada", only_verified=True)


@pytest.mark.parametrize(
    ("role", "scopes", "verified", "unverified"),
    [
        ("viewer", ["refusals:read", "refusals:accept", "runs:write"], 403, 403),
        ("editor", ["refusals:read", "refusals:accept", "runs:write"], 202, 403),
        ("editor", ["runs:write"], 202, 403),
        ("editor", ["refusals:accept"], 403, 403),
        ("editor", ["refusals:read", "runs:start"], 403, 403),
        ("owner", ["refusals:read", "runs:write"], 202, 403),
        ("owner", ["refusals:accept"], 202, 202),
        ("owner", ["refusals:read"], 403, 403),
    ],
)
def test_roles_and_scopes_decide_who_may_accept(
    app: App, role: str, scopes: list[str], verified: int, unverified: int
) -> None:
    headers = member(role, app, *scopes)
    answer = post(valid_later(app), headers)
    assert answer.status_code == verified
    if verified == 202:
        assert (answer.json()["verified"], answer.json()["warning"]) == (True, None)
        assert answer.headers["location"] == f"/runs/{answer.json()['run_id']}"
    answer = post(refused(signed(app, path="/other"), BODY, by("wrong-secret")), headers)
    assert answer.status_code == unverified
    if unverified == 202:
        assert answer.json()["verified"] is False
        assert "not verified" in answer.json()["warning"]
    assert Run.objects.count() == [verified, unverified].count(202)


@pytest.mark.parametrize("role", ["viewer", "editor", "owner"])
def test_members_read_the_refusals_of_their_apps(app: App, role: str) -> None:
    mine = refused(made(app, auth_token=TOKEN), BODY)
    other = refused(made(App.objects.create(app_id="app_other"), auth_token=TOKEN), BODY)
    headers, client = member(role, app, "refusals:read"), Client()
    listed = client.get("/api/v1/refusals", headers=headers).json()
    assert [item["id"] for item in listed["results"]] == [mine.pk]
    shown = client.get(f"/api/v1/refusals/{mine.pk}", headers=headers).json()
    assert (shown["request"]["body"], shown["acceptable"], shown["verified"]) == (BODY.decode(), True, False)
    for answer in (client.get(f"/api/v1/refusals/{other.pk}", headers=headers), post(other, headers | _all(role, app))):
        assert answer.status_code == 404
    assert client.get("/api/v1/refusals", headers=member(role, app, "runs:read", "sinks:read")).status_code == 403


def _all(role: str, app: App) -> dict[str, str]:
    return member(role, app, "refusals:read", "refusals:accept", "runs:write")


def test_the_list_is_filtered_and_paged(app: App, admin_client: Client) -> None:
    first, second = made(app, auth_token=TOKEN), signed(app, path="/signed")
    ids = [refused(sink, BODY).pk for sink in (first, second, first, first)]

    def listed(query: str) -> list[int]:
        answer = admin_client.get(f"/api/v1/refusals{query}")
        assert answer.status_code == 200, answer.content
        return [item["id"] for item in answer.json()["results"]]

    assert listed("") == ids[::-1]
    assert listed(f"?sink_id={second.pk}") == listed("?kind=signature") == [ids[1]]
    assert listed("?app_id=app_mine&limit=2") == ids[:1:-1]
    assert listed("?app_id=app_other") == listed("?since=2100-01-01T00:00:00Z") == []
    assert listed(f"?after={ids[1]}") == ids[:1:-1]
    page = admin_client.get("/api/v1/refusals?limit=3").json()
    assert [item["id"] for item in admin_client.get(page["next"]).json()["results"]] == ids[:1]
    assert admin_client.get("/api/v1/refusals?status=401").status_code == 400
    assert admin_client.get("/api/v1/refusals/999999").status_code == 404


def test_the_admin_lists_shows_and_accepts_them(app: App, admin_client: Client) -> None:
    refusal = refused(signed(app), BODY, by("wrong-secret"))
    listed = admin_client.get("/admin/sinks/refusal/").content.decode()
    assert f"/admin/sinks/refusal/{refusal.pk}/change/" in listed
    assert (
        f"sink__id__exact={refusal.sink_id}"
        in admin_client.get(f"/admin/sinks/sink/{refusal.sink_id}/change/").content.decode()
    )
    of_sink = admin_client.get(f"/admin/sinks/refusal/?sink__id__exact={refusal.sink_id}&kind=signature")
    assert f"/admin/sinks/refusal/{refusal.pk}/change/" in of_sink.content.decode()
    address = f"/admin/sinks/refusal/{refusal.pk}/"
    page = admin_client.get(f"{address}change/").content.decode()
    for text in ("Accept without verification", "anyone may have sent this delivery", "x-hub-signature-256", "evt_7"):
        assert text in page
    assert NEW_SECRET not in page
    # Without the warning's field, as if the secret had been changed since the page was shown.
    assert "not verified" in admin_client.post(f"{address}accept/", follow=True).content.decode()
    assert not Run.objects.exists()
    answer = admin_client.post(f"{address}accept/", {"unverified": "1"})
    run = Run.objects.get()
    assert answer.headers["location"] == f"/admin/runs/run/{run.pk}/change/"
    assert run.pk in LogEntry.objects.get().change_message
    page = admin_client.get(f"{address}change/").content.decode()
    assert run.pk in page
    assert "Accept without" not in page


def test_in_the_admin_an_editor_accepts_verified_deliveries_alone(app: App) -> None:
    verified, other = valid_later(app), refused(signed(app, path="/other"), BODY, by("wrong-secret"))
    browsers = {}
    for role in ("viewer", "editor"):
        user = User.objects.create_user(role, is_staff=True)
        Membership.objects.create(user=user, app=app, role=role)
        browsers[role] = Client()
        browsers[role].force_login(user)
    for refusal in (verified, other):
        address = f"/admin/sinks/refusal/{refusal.pk}/"
        assert f"{address}accept/" not in browsers["viewer"].get(f"{address}change/").content.decode()
        assert browsers["viewer"].post(f"{address}accept/", {"unverified": "1"}).status_code == 403
    browsers["editor"].post(f"/admin/sinks/refusal/{other.pk}/accept/", {"unverified": "1"})
    assert not Run.objects.exists()
    browsers["editor"].post(f"/admin/sinks/refusal/{verified.pk}/accept/")
    assert Run.objects.count() == 1


def test_users_without_memberships_need_the_permissions(app: App) -> None:
    refusal = refused(made(app, auth_token=TOKEN), BODY)
    user = User.objects.create_user("ada", is_staff=True)
    browser = Client()
    browser.force_login(user)
    assert browser.get("/api/v1/refusals").status_code == 403
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_refusal", "add_run"]))
    assert browser.get("/api/v1/refusals").status_code == 200
    assert browser.post(f"/api/v1/refusals/{refusal.pk}/accept").status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="accept_refusal"))
    assert browser.post(f"/api/v1/refusals/{refusal.pk}/accept").status_code == 202


def _run(*args: str) -> str:
    out = io.StringIO()
    call_command("refusals", *args, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def test_the_command_lists_shows_and_accepts_them(app: App) -> None:
    verified, other = valid_later(app), refused(signed(app, path="/other"), BODY, by("wrong-secret"))
    lines = _run("list").splitlines()
    assert [line.split()[0] for line in lines] == ["ID", str(other.pk), str(verified.pk)]
    assert [json.loads(line)["id"] for line in _run("list", "--json", "--sink", "app_mine/other").splitlines()] == [
        other.pk
    ]
    assert _run("list", "--kind", "token", "--json") == _run("list", "--since", "2100-01-01", "--json") == ""
    shown = _run("show", str(other.pk))
    for text in ("POST /other", "evt_7", "x-hub-signature-256", "warning: The sender is not verified"):
        assert text in shown
    assert json.loads(_run("show", "--json", str(verified.pk)))["verified"] is True
    assert _run("accept", str(verified.pk)).strip() == Run.objects.get().pk
    with pytest.raises(CommandError, match="--yes"):
        _run("accept", str(other.pk))
    assert json.loads(_run("accept", "--yes", "--json", str(other.pk)))["status"] == "queued"
    with pytest.raises(CommandError, match="accepted already"):
        _run("accept", "--yes", str(other.pk))
    with pytest.raises(CommandError, match="no refusal 999"):
        _run("show", "999")
