"""What a provider wants when its webhook is set up: its secret is taken in a window, its URL fetched when confirmed."""

import html
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from runs.outbound import Failure, OutboundError
from sinks.access import api_tokens
from sinks.handshakes import confirmations, secret_window
from sinks.handshakes.secret_window import NotTaken, take
from sinks.models import App, Confirmation, Membership, Revision, Sink

pytestmark = pytest.mark.one_database

SECRET, OTHER = "secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl", "an-older-secret-4711"
URL = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=2336412f37"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:orders"


def sink_of(provider: str, **fields: Any) -> Sink:
    app, _ = App.objects.get_or_create(app_id="app_mine")
    return Sink.objects.create(app=app, path=f"/{provider}", provider=provider, **fields)


@pytest.fixture
def notion(db: None) -> Sink:
    return sink_of("notion")


@pytest.fixture
def sns(db: None) -> Sink:
    return sink_of("aws-sns")


def fresh(sink: Sink) -> Sink:
    return Sink.objects.get(pk=sink.pk)


# The secret.


def test_a_secret_is_taken_once_while_the_sink_waits_and_is_kept_encrypted(notion: Sink) -> None:
    secret_window.wait(notion)
    take(notion.pk, SECRET)
    now = fresh(notion)
    assert now.secrets == [SECRET] and SECRET not in now.encrypted_secrets
    assert secret_window.remaining(now) is None
    assert secret_window.received(now) == SECRET
    with pytest.raises(NotTaken):
        take(notion.pk, OTHER)
    assert fresh(notion).secrets == [SECRET]


def test_servers_learn_of_the_window_and_of_the_secret(notion: Sink) -> None:
    def number() -> int:
        return Revision.objects.get(pk=1).number

    before = number()
    secret_window.wait(notion)
    assert number() > before
    before = number()
    take(notion.pk, SECRET)
    assert number() > before


def test_a_received_secret_replaces_none(notion: Sink) -> None:
    notion.secrets = [OTHER]
    notion.save()
    secret_window.wait(notion)
    take(notion.pk, SECRET)
    assert fresh(notion).secrets == [OTHER, SECRET]
    secret_window.wait(fresh(notion))
    take(notion.pk, SECRET)
    assert fresh(notion).secrets == [OTHER, SECRET]


@pytest.mark.parametrize("until", [None, timedelta(seconds=-1)])
def test_no_secret_is_taken_before_or_after_the_window(notion: Sink, until: timedelta | None) -> None:
    Sink.objects.filter(pk=notion.pk).update(awaits_secret_until=timezone.now() + until if until else None)
    with pytest.raises(NotTaken):
        take(notion.pk, SECRET)
    assert not fresh(notion).encrypted_secrets


def test_no_secret_is_taken_for_a_sink_that_is_gone(notion: Sink) -> None:
    with pytest.raises(NotTaken):
        take(notion.pk + 1, SECRET)


def test_a_sink_whose_provider_sends_no_secret_does_not_wait(db: None) -> None:
    with pytest.raises(secret_window.CannotWait, match="sends no secret"):
        secret_window.wait(sink_of("github"))


def test_only_a_sink_whose_provider_sends_its_secret_can_be_saved_without_one(notion: Sink) -> None:
    notion.full_clean()
    with pytest.raises(ValidationError, match="needs a signing secret"):
        sink_of("github").full_clean()


def test_a_received_secret_is_shown_for_a_day_and_not_after_the_secrets_were_set(notion: Sink) -> None:
    secret_window.wait(notion)
    take(notion.pk, SECRET)
    sink = fresh(notion)
    sink.secrets = [SECRET, OTHER]
    assert secret_window.received(sink) is None
    sink = fresh(notion)
    assert sink.secret_received_at is not None
    sink.secret_received_at -= timedelta(hours=25)
    assert secret_window.received(sink) is None


# Confirmations.


@dataclass
class Fetched:
    status: int = 200
    error: str = ""
    asked: list[tuple[str, str, dict[str, Any]]] | None = None

    def __call__(self, method: str, url: str, **options: Any) -> "Fetched":
        self.asked = [*(self.asked or []), (method, url, options)]
        if self.error:
            raise OutboundError(Failure.CONNECTION, self.error)
        return self


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> Fetched:
    """The requests to providers, which all succeed."""
    requests = Fetched()
    monkeypatch.setattr(confirmations, "fetch_sync", requests)
    return requests


def keep(sink: Sink, topic: str = TOPIC, url: str = URL) -> Confirmation:
    confirmations.record(sink.pk, "subscription_confirmation", topic, url)
    return Confirmation.objects.get(sink=sink, topic=topic)


def test_the_newest_confirmation_of_a_topic_and_five_in_all_are_kept(sns: Sink, fetched: Fetched) -> None:
    keep(sns, url=f"{URL}1")
    keep(sns, url=f"{URL}2")
    assert list(sns.confirmations.values_list("topic", "url")) == [(TOPIC, f"{URL}2")]
    for number in range(6):
        keep(sns, f"topic-{number}")
    assert [str(one) for one in sns.confirmations.all()] == [f"topic-{number}" for number in (5, 4, 3, 2, 1)]
    assert fetched.asked is None


def test_no_confirmation_is_kept_for_a_sink_that_is_gone(sns: Sink) -> None:
    confirmations.record(sns.pk + 1, "subscription_confirmation", TOPIC, URL)
    assert not Confirmation.objects.exists()


def test_a_confirmation_is_fetched_from_the_providers_hosts_alone_and_forgotten(sns: Sink, fetched: Fetched) -> None:
    confirmations.confirm(keep(sns))
    assert fetched.asked is not None
    ((method, url, options),) = fetched.asked
    assert (method, url) == ("GET", URL)
    assert options["allowed_hosts"] == ("sns.*.amazonaws.com", "sns.*.amazonaws.com.cn")
    assert options["https_only"] is True and options["max_redirects"] == 0
    assert not sns.confirmations.exists()


@pytest.mark.parametrize(
    ("status", "error", "message"),
    [(403, "", "answered with status 403"), (302, "", "answered with status 302"), (200, "no connection", "no connec")],
)
def test_a_confirmation_that_fails_is_kept(sns: Sink, fetched: Fetched, status: int, error: str, message: str) -> None:
    fetched.status, fetched.error = status, error
    with pytest.raises(confirmations.NotConfirmed, match=message):
        confirmations.confirm(keep(sns))
    assert sns.confirmations.exists()


def test_a_confirmation_is_not_fetched_after_the_provider_has_changed(sns: Sink, fetched: Fetched) -> None:
    confirmation = keep(sns)
    Sink.objects.filter(pk=sns.pk).update(provider="github")
    with pytest.raises(confirmations.NotConfirmed, match="provider has changed"):
        confirmations.confirm(Confirmation.objects.get(pk=confirmation.pk))
    assert fetched.asked is None


def test_a_url_of_another_host_is_not_fetched(sns: Sink, fetched: Fetched) -> None:
    with pytest.raises(confirmations.NotConfirmed, match=r"evil\.example"):
        confirmations.confirm(keep(sns, url="https://evil.example/?Token=2336412f37"))
    assert fetched.asked is None


# The admin.


def page(client: Client, sink: Sink) -> str:
    return html.unescape(client.get(f"/admin/sinks/sink/{sink.pk}/change/").content.decode())


def do(client: Client, sink: Sink, action: str, **more: Any) -> Any:
    return client.post(f"/admin/sinks/sink/{sink.pk}/handshake/", {"do": action, **more})


def history() -> list[str]:
    return [str(entry.get_change_message()) for entry in LogEntry.objects.order_by("pk")]


@pytest.fixture
def viewer(db: None, settings: Any) -> Client:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    user = User.objects.create_user("viewer", password="pw", is_staff=True)
    app, _ = App.objects.get_or_create(app_id="app_mine")
    Membership.objects.create(user=user, app=app, role="viewer")
    client = Client()
    client.force_login(user)
    return client


def test_an_admin_waits_for_the_secret_sees_it_once_it_came_and_stops(
    admin_client: Client, notion: Sink, caplog: pytest.LogCaptureFixture
) -> None:
    assert "Wait for the provider's secret" in page(admin_client, notion)
    do(admin_client, notion, "wait")
    shown = page(admin_client, notion)
    assert "Waits for the provider's secret: " in shown and " left, until " in shown
    assert "Reveal the received secret" not in shown
    take(notion.pk, SECRET)
    shown = page(admin_client, notion)
    assert "Reveal the received secret" in shown and SECRET not in shown
    answer = do(admin_client, notion, "reveal")
    assert SECRET in answer.content.decode() and "no-store" in answer["Cache-Control"]
    do(admin_client, notion, "wait")
    do(admin_client, notion, "stop")
    assert secret_window.remaining(fresh(notion)) is None
    assert history() == [
        "Waits for the provider's secret.",
        "Viewed the secret that the provider sent.",
        "Waits for the provider's secret.",
        "Stopped waiting for the provider's secret.",
    ]
    assert SECRET not in caplog.text


def test_a_duplicate_waits_for_no_secret_and_shows_none(admin_client: Client, notion: Sink) -> None:
    secret_window.wait(notion)
    take(notion.pk, SECRET)
    secret_window.wait(fresh(notion))
    admin_client.post("/admin/sinks/sink/", {"action": "duplicate", "_selected_action": [notion.pk]})
    copy = Sink.objects.exclude(pk=notion.pk).get()
    assert secret_window.remaining(copy) is None and secret_window.received(copy) is None


def test_a_secret_that_an_admin_entered_is_not_revealed(admin_client: Client, notion: Sink) -> None:
    notion.secrets = [OTHER]
    notion.save()
    assert do(admin_client, notion, "reveal").status_code == 302
    assert "There is no secret that the provider sent" in page(admin_client, notion)
    assert history() == []


def test_nothing_of_it_is_shown_at_other_sinks(admin_client: Client) -> None:
    assert "provider's secret" not in page(admin_client, sink_of("github"))
    do(admin_client, sink_of("stripe"), "wait")
    assert Sink.objects.exclude(awaits_secret_until=None).count() == 0


def test_an_admin_confirms_and_dismisses(admin_client: Client, sns: Sink, fetched: Fetched) -> None:
    first, second = keep(sns), keep(sns, "another-topic")
    shown = page(admin_client, sns)
    assert f"{TOPIC} wants to be confirmed at sns.eu-west-1.amazonaws.com" in shown and "2336412f37" not in shown
    do(admin_client, sns, "confirm", confirmation=first.pk)
    do(admin_client, sns, "dismiss", confirmation=second.pk)
    assert fetched.asked is not None and len(fetched.asked) == 1
    assert history() == [f"Confirmed {TOPIC}.", "Did not confirm another-topic."]
    assert not sns.confirmations.exists()


def test_a_confirmation_that_fails_is_reported(admin_client: Client, sns: Sink, fetched: Fetched) -> None:
    fetched.status = 500
    do(admin_client, sns, "confirm", confirmation=keep(sns).pk)
    assert "The provider answered with status 500" in page(admin_client, sns)
    assert history() == []


def test_a_confirmation_of_another_sink_is_not_found(admin_client: Client, sns: Sink, fetched: Fetched) -> None:
    confirmation = keep(sns)
    other = sink_of("github")
    for number in (confirmation.pk, "x", "", "9" * 30):
        assert do(admin_client, other, "confirm", confirmation=number).status_code == 404
    assert fetched.asked is None


def test_a_viewer_sees_and_does_nothing(viewer: Client, notion: Sink, sns: Sink, fetched: Fetched) -> None:
    secret_window.wait(notion)
    take(notion.pk, SECRET)
    confirmation = keep(sns)
    for sink in (notion, sns):
        shown = page(viewer, sink)
        assert 'name="do"' not in shown and SECRET not in shown
        for action in ("wait", "stop", "reveal", "confirm", "dismiss"):
            assert do(viewer, sink, action, confirmation=confirmation.pk).status_code == 403
    assert sns.confirmations.exists() and fetched.asked is None
    assert viewer.get(f"/admin/sinks/sink/{notion.pk}/handshake/").status_code == 405


# The API and the command.


@pytest.fixture
def ask(admin_user: User) -> Callable[[str, str], tuple[int, Any]]:
    _, token = api_tokens.make(admin_user, "test", ("sinks:read", "sinks:write"), app=None)

    def ask(method: str, path: str) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token}"}
        answer = Client().generic(method, f"/api/v1/sinks/{path}", "", "application/json", headers=headers)
        return answer.status_code, json.loads(answer.content or b"null")

    return ask


def test_the_api_waits_for_a_secret_and_stops(notion: Sink, ask: Callable[[str, str], tuple[int, Any]]) -> None:
    place = f"{notion.pk}/await-secret"
    assert ask("GET", place) == (200, {"until": None})
    status, document = ask("POST", place)
    assert status == 200 and document["until"].endswith("Z")
    assert ask("GET", place) == (200, document)
    assert ask("DELETE", place) == (204, None)
    assert ask("GET", place) == (200, {"until": None})
    assert ask("POST", f"{sink_of('github').pk}/await-secret")[0] == 409
    assert ask("POST", "4711/await-secret")[0] == 404


def test_the_api_lists_confirms_and_forgets_confirmations(
    sns: Sink, fetched: Fetched, ask: Callable[[str, str], tuple[int, Any]]
) -> None:
    first, second = keep(sns), keep(sns, "another-topic")
    status, listed = ask("GET", f"{sns.pk}/confirmations")
    assert status == 200 and "2336412f37" not in json.dumps(listed)
    assert [(one["topic"], one["host"]) for one in listed] == [
        ("another-topic", "sns.eu-west-1.amazonaws.com"),
        (TOPIC, "sns.eu-west-1.amazonaws.com"),
    ]
    fetched.status = 403
    status, problem = ask("POST", f"{sns.pk}/confirmations/{first.pk}/confirm")
    assert status == 409 and "status 403" in problem["detail"]
    fetched.status = 200
    assert ask("POST", f"{sns.pk}/confirmations/{first.pk}/confirm") == (204, None)
    assert ask("DELETE", f"{sns.pk}/confirmations/{second.pk}") == (204, None)
    assert ask("GET", f"{sns.pk}/confirmations") == (200, [])
    for path in (f"{sns.pk}/confirmations/x/confirm", f"4711/confirmations/{first.pk}/confirm"):
        assert ask("POST", path)[0] == 404


def test_the_command_waits_for_a_secret_and_stops(notion: Sink) -> None:
    def command(*args: str) -> str:
        out = io.StringIO()
        call_command("sinks", "await-secret", *args, stdout=out)
        return out.getvalue()

    assert "POST /app_mine/notion takes the provider's secret until " in command("app_mine/notion")
    assert secret_window.remaining(fresh(notion)) is not None
    assert json.loads(command("app_mine/notion", "--json")).keys() == {"app_id", "method", "path", "until"}
    assert command("app_mine/notion", "--stop") == "POST /app_mine/notion takes no secret any more.\n"
    assert secret_window.remaining(fresh(notion)) is None
    sink_of("github")
    with pytest.raises(CommandError, match="sends no secret"):
        command("app_mine/github")
