"""Configuration changes by another process take effect on a running server."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx
import pytest

from tests.support.hub import Hub, Server
from tests.support.web import web

_CHANGES = """
from sinks.models import App, Sink
def sink(path):
    return Sink.objects.get(path=path)
def change(where, **values):
    found = sink(where)
    for name, value in values.items():
        setattr(found, name, value)
    found.full_clean()
    found.save()
new = Sink(app=App.objects.get(app_id="app_test"), path="/created", workflow="echo")
new.full_clean()
new.save()
change("/token-set", auth_token="fresh-token")
change("/token-changed", auth_token="fresh-token")
change("/token-removed", auth_token=None)
change("/path-before", path="/path-after/{name}")
change("/method", method="PUT")
change("/workflow", workflow="threaded")
change("/options", options={"headers": True})
change("/deactivated", active=False)
change("/activated", active=True)
sink("/deleted").delete()
Sink.objects.filter(path="/updated-in-bulk").update(active=False)
Sink.objects.filter(path="/deleted-in-bulk").delete()
App.objects.filter(app_id="app_off").update(active=False)
App.objects.get(app_id="app_gone").delete()
"""


@dataclass
class Site:
    """A running server whose sinks another process changed, and their statuses before that."""

    hub: Hub
    server: Server
    before: dict[str, int]

    def ask(self, address: str, token: str = "", method: str = "POST") -> httpx.Response:
        return _ask(self.server, address, token, method)

    def comes(self, holds: Callable[[], bool]) -> bool:
        """Return whether a condition holds within 15 s."""
        until = time.monotonic() + 15
        while not holds():
            if time.monotonic() > until:
                return False
            time.sleep(0.05)
        return True


def _ask(server: Server, address: str, token: str = "", method: str = "POST") -> httpx.Response:
    headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    return web.request(method, f"{server.url}{address}", headers=headers, timeout=30)


@pytest.fixture(scope="module")
def site(hub: Hub) -> Site:
    public = ("token-set", "path-before", "method", "workflow", "options", "deactivated", "deleted")
    sinks = [{"path": f"/{name}"} for name in (*public, "updated-in-bulk", "deleted-in-bulk", "unchanged")]
    sinks += [{"path": f"/{name}", "auth_token": "old-token"} for name in ("token-changed", "token-removed")]
    sinks += [{"app_id": name, "path": "/hook"} for name in ("app_off", "app_gone")]
    hub.add_sinks([*sinks, {"path": "/activated", "active": False}])
    server = hub.start()
    addresses = [f"/{sink.get('app_id', 'app_test')}{sink['path']}" for sink in sinks]
    addresses += ["/app_test/activated", "/app_test/created", "/app_test/path-after/x"]
    before = {address: _ask(server, address).status_code for address in addresses}
    hub.shell(_CHANGES)
    return Site(hub, server, before)


def test_a_sink_that_is_made_answers(site: Site) -> None:
    assert site.before["/app_test/created"] == 404
    assert site.comes(lambda: site.ask("/app_test/created").status_code == 200)


def test_a_token_that_is_set_is_wanted(site: Site) -> None:
    assert site.before["/app_test/token-set"] == 200
    assert site.comes(lambda: site.ask("/app_test/token-set").status_code == 401)
    assert site.ask("/app_test/token-set", "fresh-token").status_code == 200


def test_a_token_that_is_changed_takes_the_place_of_the_old_one(site: Site) -> None:
    assert site.before["/app_test/token-changed"] == 401
    assert site.comes(lambda: site.ask("/app_test/token-changed", "fresh-token").status_code == 200)
    assert site.ask("/app_test/token-changed", "old-token").status_code == 401


def test_a_token_that_is_removed_is_not_wanted(site: Site) -> None:
    assert site.before["/app_test/token-removed"] == 401
    assert site.comes(lambda: site.ask("/app_test/token-removed").status_code == 200)


def test_a_path_that_is_changed_moves_the_sink(site: Site) -> None:
    assert (site.before["/app_test/path-before"], site.before["/app_test/path-after/x"]) == (200, 404)
    assert site.comes(lambda: site.ask("/app_test/path-after/x").status_code == 200)
    assert site.ask("/app_test/path-before").status_code == 404
    assert site.ask("/app_test/path-after/x").json()["output"]["path_params"] == {"name": "x"}


def test_a_method_that_is_changed_is_the_one_taken(site: Site) -> None:
    assert site.before["/app_test/method"] == 200
    assert site.comes(lambda: site.ask("/app_test/method", method="PUT").status_code == 200)
    refused = site.ask("/app_test/method")
    assert (refused.status_code, refused.headers["allow"]) == (404, "PUT")


def test_a_workflow_that_is_changed_is_the_one_run(site: Site) -> None:
    assert site.before["/app_test/workflow"] == 200
    assert site.comes(lambda: "thread" in site.ask("/app_test/workflow").json()["output"])


def test_options_that_are_changed_are_those_given(site: Site) -> None:
    assert site.before["/app_test/options"] == 200
    assert site.comes(lambda: "headers" in site.ask("/app_test/options").json()["output"])


@pytest.mark.parametrize(
    "address",
    [
        "/app_test/deactivated",
        "/app_test/deleted",
        "/app_test/updated-in-bulk",
        "/app_test/deleted-in-bulk",
        "/app_off/hook",
        "/app_gone/hook",
    ],
)
def test_a_sink_that_is_deactivated_or_deleted_answers_404(site: Site, address: str) -> None:
    assert site.before[address] == 200
    assert site.comes(lambda: site.ask(address).status_code == 404)


def test_a_sink_that_is_activated_answers(site: Site) -> None:
    assert site.before["/app_test/activated"] == 404
    assert site.comes(lambda: site.ask("/app_test/activated").status_code == 200)


def test_a_sink_that_is_not_changed_goes_on(site: Site) -> None:
    assert site.before["/app_test/unchanged"] == 200
    assert site.ask("/app_test/unchanged").status_code == 200


def test_a_sink_made_by_the_command_answers(site: Site) -> None:
    options = json.dumps({"headers": True})
    site.hub.manage(
        "sinks",
        "create",
        "--app",
        "app_new",
        "--path",
        "/by-command",
        "--method",
        "ANY",
        "--workflow",
        "echo",
        "--options",
        options,
        "--auth-token",
        "t0ken-long",
    )
    assert site.comes(lambda: site.ask("/app_new/by-command", "t0ken-long", "PATCH").status_code == 200)
    assert site.ask("/app_new/by-command").status_code == 401
