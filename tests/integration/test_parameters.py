"""Parameters that databases do not accept: the answer is a 4xx, or a list without them, never a 5xx."""

from collections.abc import Iterator
from itertools import cycle, islice, product
from urllib.parse import quote

import httpx
import pytest
from django.contrib import admin
from django.db import models

from tests.support.api_client import add_token, add_user, client
from tests.support.hub import Hub, Server
from tests.support.web import web

_LISTS = [f"/admin/{model._meta.app_label}/{model._meta.model_name}/" for model in admin.site._registry]
_VALUES: list[str | bytes] = [
    "\0",
    "nan",
    "inf",
    "-1",
    "1e400",
    "9" * 20,
    "9" * 5000,
    "[",
    "\ud800".encode("utf-8", "surrogatepass"),
]


@pytest.fixture(scope="module")
def server(hub: Hub) -> Server:
    hub.add_admin()
    hub.add_sinks([{"path": "/a", "workflow": "echo"}])
    return hub.start()


@pytest.fixture(scope="module")
def signed_in(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=60) as browser:
        page = browser.get("/admin/login/?next=/admin/")
        assert page.status_code == 200
        form = {"username": "admin", "password": "correct horse", "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        assert browser.post("/admin/login/?next=/admin/", data=form).status_code == 302
        yield browser


def _names(path: str) -> Iterator[str]:
    yield from ("q", "p", "o", "all", "_facets", "period", "app", "sink", "workflow", "before", "back")
    [model] = [
        registered
        for registered in admin.site._registry
        if path.split("/")[2:4] == [registered._meta.app_label, registered._meta.model_name]
    ]
    for field in model._meta.get_fields():
        if isinstance(field, models.Field):
            yield field.name
            yield from (f"{field.name}__{lookup}" for lookup in ("exact", "gte", "in", "isnull"))
            if isinstance(field, models.DateField):
                yield from (f"{field.name}__year", f"{field.name}__month", f"{field.name}__date__gte")
            if field.is_relation:
                yield f"{field.name}__id__exact"


@pytest.mark.parametrize("path", _LISTS)
def test_no_parameter_of_an_admin_list_fails(server: Server, signed_in: httpx.Client, path: str) -> None:
    # Each name with one of the values in turn, and parameters that have failed before.
    names = [name for name in _names(path) if not name.endswith(("__exact", "__in", "__isnull", "__month"))]
    cases = [*zip(names, cycle(_VALUES), strict=False), ("app", "nan"), ("q", "\0"), ("sink", "9" * 20)]
    assert _failures(signed_in, path, cases) == []
    assert signed_in.get(path).status_code == 200


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("path", _LISTS)
def test_no_value_of_any_parameter_of_an_admin_list_fails(server: Server, signed_in: httpx.Client, path: str) -> None:
    assert _failures(signed_in, path, list(product(_names(path), _VALUES))) == []


def _failures(browser: httpx.Client, path: str, cases: list[tuple[str, str | bytes]]) -> list[tuple[str, str | bytes]]:
    return [
        (name, value) for name, value in cases if browser.get(f"{path}?{quote(name)}={quote(value)}").status_code >= 500
    ]


def test_a_nul_character_is_refused_wherever_it_stands(server: Server, signed_in: httpx.Client) -> None:
    for path in ("/admin/?period=%00", "/admin/?%00=1", "/admin/runs/run/run_%00/change/", "/admin/%00/", "/%00"):
        assert signed_in.get(path).status_code == 400, path
    action = {"action": "cancel", "_selected_action": "\0", "csrfmiddlewaretoken": signed_in.cookies["csrftoken"]}
    assert signed_in.post("/admin/runs/run/", data=action).status_code == 400
    # A quoted cookie can contain a NUL character.
    for path in ("/admin/", "/runs/run_" + "0" * 44):
        cookie = {"Cookie": r'sessionid="abcdefghijklmnopqrstuvwxyz\000"'}
        assert web.get(f"{server.url}{path}", headers=cookie).status_code in (302, 400, 404)


def test_no_parameter_of_the_api_fails(hub: Hub, server: Server) -> None:
    add_user(hub, "root")
    _, token = add_token(hub, "root")
    names = ["app_id", "sink_id", "status", "workflow", "created_from", "created_to", "longer_than", "limit", "cursor"]
    times: list[str | bytes] = ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]
    values = cycle([*_VALUES, *times])  # four in turn for each name, so that each path gets all of them
    with client(server, token) as api:
        for path in ("/api/v1/runs", "/api/v1/sinks", "/api/v1/apps", "/api/v1/runs/run_0/events"):
            for name in [*names, "after", "format", "\0"]:
                for value in islice(values, 4):
                    answer = api.get(f"{path}?{quote(name)}={quote(value)}")
                    assert answer.status_code < 500, (path, name, value)
        for path in ("/api/v1/runs/%00", "/api/v1/sinks/%00", "/api/v1/apps/%00", "/api/v1/sinks/" + "9" * 30):
            assert api.get(path).status_code in (400, 404), path
