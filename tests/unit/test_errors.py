"""The error pages for missing pages and missing permissions."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client, RequestFactory

from sinkhub.errors import server_error
from sinks.models import App, Membership

pytestmark = pytest.mark.django_db


@pytest.fixture
def viewer() -> Client:
    user = User.objects.create_user("viewer", is_staff=True)
    Membership.objects.create(app=App.objects.create(app_id="app_seen"), user=user, role="viewer")
    browser = Client()
    browser.force_login(user)
    return browser


@pytest.mark.parametrize(
    ("address", "status", "heading"),
    [
        ("/admin/nowhere/", 404, "Page not found"),
        ("/admin/auth/user/", 403, "Permission denied"),
        ("/admin/sinks/sink/add/", 403, "Permission denied"),
    ],
)
def test_within_the_admin_the_menu_stays(viewer: Client, address: str, status: int, heading: str) -> None:
    page = viewer.get(address)
    assert page.status_code == status
    shown = page.content.decode()
    assert heading in shown
    assert 'href="/admin/sinks/sink/"' in shown


def test_who_is_not_signed_in_is_asked_to() -> None:
    assert Client().get("/admin/nowhere/").url == "/admin/login/?next=/admin/nowhere/"  # type: ignore[attr-defined]


def test_a_form_that_is_too_old_says_what_to_do() -> None:
    page = Client(enforce_csrf_checks=True).post("/admin/login/", {"username": "a", "password": "b"})
    assert page.status_code == 403
    assert "reload the page" in page.content.decode()


def test_an_address_that_is_not_the_servers_says_what_to_set() -> None:
    page = Client(headers={"host": "elsewhere.example"}).get("/admin/")
    assert page.status_code == 400
    assert "ALLOWED_HOSTS" in page.content.decode()


def test_a_page_of_an_error_asks_nothing_and_says_what_to_do(django_assert_num_queries: Any) -> None:
    request = RequestFactory().get("/admin/")
    with django_assert_num_queries(0):
        try:
            raise RuntimeError
        except RuntimeError:
            answer = server_error(request)
        page = answer.content.decode()
    assert answer.status_code == 500
    assert "Go back and try again." in page
    assert re.search(r"in the server&#x27;s log, at \d{4}-\d\d-\d\d", page)


@pytest.mark.parametrize("model", ["app", "user"])
def test_the_name_of_what_is_shown_stays_as_it_is(admin_client: Client, model: str) -> None:
    if model == "app":
        of = f"/admin/sinks/app/{App.objects.create(app_id='app_small').pk}/change/"
    else:
        of = f"/admin/auth/user/{User.objects.create_user('small').pk}/change/"
    shown = admin_client.get(of).content.decode()
    name = "app_small" if model == "app" else "small"
    assert f'tracking-tight">{name}</a>' in shown.replace("\n", "").replace("    ", "")
