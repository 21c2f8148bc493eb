"""The REST API in the browser of a user who is signed in to the admin."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from sinks.models import App, Sink

pytestmark = pytest.mark.django_db


@pytest.fixture
def sink() -> Sink:
    return Sink.objects.create(app=App.objects.create(app_id="app_seen"), path="/seen", workflow="echo")


def signed_in(*permissions: str) -> Client:
    user = User.objects.create_user("reader", is_superuser=not permissions)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    browser = Client()
    browser.force_login(user)
    return browser


@pytest.mark.parametrize("path", ["apps", "apps/app_seen", "sinks", "sinks/{pk}", "runs"])
def test_every_page_is_shown(sink: Sink, path: str) -> None:
    page = signed_in().get(f"/api/v1/{path.format(pk=sink.pk)}", HTTP_ACCEPT="text/html")
    assert page.status_code == 200
    assert page["content-type"].startswith("text/html")
    assert "SinkHub" in page.content.decode() or "Django REST framework" in page.content.decode()


def test_who_may_only_read_is_shown_no_more(sink: Sink) -> None:
    browser = signed_in("view_sink")
    assert browser.get("/api/v1/sinks", HTTP_ACCEPT="text/html").status_code == 200
    assert browser.get("/api/v1/apps", HTTP_ACCEPT="text/html").status_code == 403
    assert browser.delete(f"/api/v1/sinks/{sink.pk}").status_code == 403
    assert Sink.objects.filter(pk=sink.pk).exists()


def test_a_change_without_the_csrf_token_is_refused(sink: Sink) -> None:
    user = User.objects.create_superuser("boss")
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(user)
    refused = browser.delete(f"/api/v1/sinks/{sink.pk}")
    assert refused.status_code == 403
    assert "CSRF" in refused.json()["detail"]
