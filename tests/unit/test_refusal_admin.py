"""The admin's pages of refusals: the list with its filters, and what is done to several of them."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from runs.models import Run
from sinks.access.app_secrets import set_secret
from sinks.models import App, Membership, Refusal, Sink
from sinks.refusals.refusal_page import SETTINGS
from tests.support.refused import refused
from tests.support.signing import sign_as_github

pytestmark = pytest.mark.one_database

_LIST = "/admin/sinks/refusal/"
OLD, NEW = "s3cret-4711-abcdef", "new-s3cret-4711-abcdef"


@pytest.fixture
def app(db: None) -> App:
    return App.objects.create(app_id="app_mine")


def made(app: App, path: str, **fields: Any) -> Sink:
    sink = Sink(app=app, path=path, workflow="echo", **fields)
    sink.full_clean()
    sink.save()
    return sink


def member(app: App, role: str) -> Client:
    user = User.objects.create_user(f"{role}-{app.app_id}", is_staff=True)
    Membership.objects.create(user=user, app=app, role=role)
    browser = Client()
    browser.force_login(user)
    return browser


def rows(browser: Client, query: str = "") -> list[int]:
    answer = browser.get(_LIST + query)
    assert answer.status_code == 200
    return [row.refusal.pk for row in answer.context["page"].rows]


def test_the_list_is_filtered_by_kind_sink_app_and_time(app: App, admin_client: Client) -> None:
    other = App.objects.create(app_id="app_other")
    sinks = [made(app, "/a", auth_token=OLD), made(app, "/b", provider="github", secrets=[NEW]), made(other, "/c")]
    Sink.objects.filter(pk=sinks[2].pk).update(filter="body.a == `1`")
    sinks[2].refresh_from_db()
    event = {"X-GitHub-Event": "pull_request"}
    first, second, third = (refused(sink, b"{}", event).pk for sink in sinks)
    assert rows(admin_client) == [third, second, first]
    for query, expected in (
        ("?kind=signature", [second]),
        ("?kind=filtered", [third]),
        (f"?sink={sinks[0].pk}", [first]),
        (f"?sink__id__exact={sinks[0].pk}", [first]),
        ("?app=app_other", [third]),
        ("?app=app_mine&kind=token&time=hour", [first]),
        ("?from=2026-01-01T00:00&to=2026-01-02T00:00", []),
        ("?to=2100-01-01T00:00:00+02:00", [third, second, first]),
    ):
        assert rows(admin_client, query) == expected, query
    page = admin_client.get(f"{_LIST}?kind=signature").content.decode()
    assert "pull_request" in page
    assert "POST /app_mine/b" in page
    faulty = admin_client.get(f"{_LIST}?kind=nothing&time=year&from=yesterday&sink=a").content.decode()
    assert faulty.count('role="alert"') == 4


def test_pages_follow_each_other_without_counts_and_with_few_queries(app: App, admin_client: Client) -> None:
    sink = made(app, "/a", auth_token=OLD)
    set_secret(app, "KEY", "a-value-4711")
    row = refused(sink, b"{}")
    Refusal.objects.bulk_create(
        Refusal(sink=sink, at=row.at, status=401, kind="token", reason="a-value-4711", method="POST", path="/a")
        for _ in range(119)
    )
    found, query = [], ""
    while True:
        with CaptureQueriesContext(connection) as asked:
            answer = admin_client.get(_LIST + query)
        page = answer.context["page"]
        assert len(asked) <= 12
        assert not any("COUNT(" in each["sql"] or "OFFSET" in each["sql"] for each in asked.captured_queries)
        assert "a-value-4711" not in answer.content.decode()
        assert len(answer.content) < 80_000
        found.append([each.refusal.pk for each in page.rows])
        if not page.older:
            break
        query = page.older
    assert [len(keys) for keys in found] == [50, 50, 20]
    assert rows(admin_client, page.newer) == found[1]
    assert [key for keys in found for key in keys] == list(Refusal.objects.order_by("-pk").values_list("pk", flat=True))


def test_a_member_sees_and_deletes_the_refusals_of_their_app_alone(app: App) -> None:
    other = App.objects.create(app_id="app_other")
    mine, foreign = (refused(made(owner, "/hook", auth_token=OLD), b"{}") for owner in (app, other))
    viewer, editor = member(app, "viewer"), member(app, "editor")
    for browser in (viewer, editor):
        assert rows(browser) == [mine.pk]
        assert rows(browser, "?app=app_other") == rows(browser, f"?sink={foreign.sink_id}") == []
        assert "/app_other" not in browser.get(_LIST).content.decode()
        assert browser.get(f"{_LIST}{foreign.pk}/change/").status_code == 302
    both: dict[str, Any] = {"action": "delete", "id": [mine.pk, foreign.pk]}
    assert viewer.post(f"{_LIST}bulk/", both).status_code == 403
    assert "Delete the selected" not in viewer.get(_LIST).content.decode()
    question = editor.get(f"{_LIST}bulk/", both).content.decode()
    assert "Refusals: 1, of 1 sink." in question
    assert Refusal.objects.count() == 2
    assert editor.post(f"{_LIST}bulk/", both).status_code == 302
    assert list(Refusal.objects.all()) == [foreign]
    assert LogEntry.objects.get().object_id == str(mine.pk)


def test_several_are_accepted_after_a_question_if_their_senders_are_verified(app: App, admin_client: Client) -> None:
    sink, body = made(app, "/hook", provider="github", secrets=[NEW]), b'{"a": 1}'
    signed = {name.decode(): value.decode() for name, value in sign_as_github(OLD, body, 0).items()}
    verified, other = refused(sink, body, signed), refused(sink, b"{}", {"X-Hub-Signature-256": "sha256=ab"})
    sink.secrets = [NEW, OLD]
    sink.save()
    both: dict[str, Any] = {"action": "accept", "id": [verified.pk, other.pk]}
    question = admin_client.get(f"{_LIST}bulk/", both).content.decode()
    assert "The sender is not verified: 1." in question
    assert not Run.objects.exists()
    answer = admin_client.post(f"{_LIST}bulk/", both, follow=True)
    messages = [str(message) for message in answer.context["messages"]]
    assert messages[0] == "Accepted: 1."
    assert messages[1].startswith("Not accepted: 1.")
    run = Run.objects.get()
    assert f"/admin/runs/run/{run.pk}/change/" in admin_client.get(_LIST).content.decode()


def test_the_page_has_the_request_the_difference_and_the_setting(app: App, admin_client: Client) -> None:
    refusal = refused(made(app, "/hook", provider="github", secrets=[NEW]), b'{"a": {"b": 1}}', {"X-A": "b"})
    page = admin_client.get(f"{_LIST}{refusal.pk}/change/").content.decode()
    for text in (
        '<section aria-label="Expected"',
        '<section aria-label="Came"',
        "x-hub-signature-256",
        "&quot;b&quot;: 1",
        f"/admin/sinks/sink/{refusal.sink_id}/change/#id_secrets",
        f"{_LIST}{refusal.pk}/accept/",
    ):
        assert text in page, text
    question = admin_client.get(f"{_LIST}{refusal.pk}/accept/").content.decode()
    assert "anyone may have sent this delivery" in question
    assert 'name="unverified" value="1"' in question
    assert not Run.objects.exists()


def test_each_link_to_a_setting_leads_to_a_field_of_the_sinks_form(app: App, admin_client: Client) -> None:
    sink = made(app, "/hook")
    form = admin_client.get(f"/admin/sinks/sink/{sink.pk}/change/").content.decode()
    for field, _ in SETTINGS.values():
        assert f'id="id_{field}"' in form, field


def test_an_editor_deletes_a_sink_that_has_refusals(app: App) -> None:
    refusal = refused(made(app, "/hook", auth_token=OLD), b"{}")
    browser = member(app, "editor")
    assert browser.post(f"/admin/sinks/sink/{refusal.sink_id}/delete/", {"post": "yes"}).status_code == 302
    assert not Sink.objects.exists()
