"""Login limits: by user and address, by address alone, and by use of the processor."""

import asyncio
from collections import Counter

import httpx
import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from sinkhub.admin_site.logins import one_at_a_time
from tests.support.api_client import add_token, add_user, client
from tests.support.hub import Hub, Server

pytestmark = pytest.mark.one_database


def sign_in(server: Server, user: str, password: str, address: str) -> httpx.Response:
    """Sign in through the form from an address behind a trusted proxy."""
    with httpx.Client(base_url=server.url, timeout=60, headers={"X-Forwarded-For": address}) as browser:
        browser.get("/admin/login/")
        form = {"username": user, "password": password, "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        return browser.post("/admin/login/", data=form)


def test_one_password_for_many_users_makes_the_address_wait_and_no_other(own_hub: Hub) -> None:
    own_hub.add_admin()
    server = own_hub.start(LOGIN_ATTEMPTS_PER_ADDRESS="4")
    for number in range(4):
        assert sign_in(server, f"user-{number}", "spring-2026", "192.0.2.1").status_code == 200
    waits = sign_in(server, "admin", "correct horse", "192.0.2.1")
    assert (waits.status_code, waits.headers["retry-after"]) == (429, "900")
    assert "too many failed logins from your address" in waits.text
    assert sign_in(server, "admin", "correct horse", "192.0.2.2").status_code == 302
    own_hub.manage("axes_reset_ip", "192.0.2.1")
    assert sign_in(server, "admin", "correct horse", "192.0.2.1").status_code == 302


def test_one_password_is_checked_at_a_time_and_nothing_else_waits_for_it() -> None:
    most = {"/admin/login/": 0, "/admin/": 0}
    going = Counter[str]()

    async def answer(request: HttpRequest) -> HttpResponse:
        going[request.path] += 1
        most[request.path] = max(most[request.path], going[request.path])
        await asyncio.sleep(0)
        going[request.path] -= 1
        return HttpResponse()

    async def send() -> None:
        take_turn = one_at_a_time(answer)
        make = RequestFactory()
        requests = [make.post(path) for path in most for _ in range(9)]
        await asyncio.gather(*map(take_turn, requests))

    asyncio.run(send())
    assert most == {"/admin/login/": 1, "/admin/": 9}


def test_a_login_that_waits_is_of_the_client_that_a_trusted_proxy_names(own_hub: Hub) -> None:
    add_user(own_hub, "ada")
    staff = "from django.contrib.auth.models import User\nUser.objects.update(is_staff=True)"
    own_hub.shell(staff)
    server = own_hub.start(LOGIN_ATTEMPTS="2", LOGIN_LOCK_MINUTES="5")

    assert sign_in(server, "ada", "wrong-4711", "192.0.2.1").status_code == 200
    waits = sign_in(server, "ada", "wrong-4711", "192.0.2.1")
    assert waits.status_code == 429
    assert "Wait 5 minutes" in waits.text
    assert sign_in(server, "ada", "pw", "192.0.2.1").status_code == 429
    # The address that the client itself sends is on the left, and not trusted.
    assert sign_in(server, "ada", "pw", "198.51.100.9, 192.0.2.1").status_code == 429
    assert sign_in(server, "ada", "pw", "192.0.2.2").status_code == 302
    assert "wrong-4711" not in server.log()
    # Clients with API tokens are not affected.
    with client(server, add_token(own_hub, "ada")[1]) as asks:
        assert asks.get("/api/v1/apps", headers={"X-Forwarded-For": "192.0.2.1"}).status_code == 200
    own_hub.manage("axes_reset_username", "ada")
    assert sign_in(server, "ada", "pw", "192.0.2.1").status_code == 302
