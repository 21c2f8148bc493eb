"""Authorization to trigger a sink and to read its runs; credentials are never stored."""

from base64 import b64encode
from typing import Any

import pytest

from tests.support.hub import Hub, Server
from tests.support.web import web

pytestmark = pytest.mark.one_database

TOKEN = "correct-Horse.battery~staple"
SINKS: list[dict[str, Any]] = [
    {"path": "/guarded", "auth_token": TOKEN, "workflow": "inspect"},
    {"path": "/public", "workflow": "inspect"},
]


@pytest.fixture(scope="module")
def server(hub: Hub) -> Server:
    hub.add_sinks(SINKS)
    return hub.start()


def everything(hub: Hub) -> str:
    """Return all columns of all tables as text."""
    if hub.database_url.startswith("sqlite"):
        tables = hub.query("SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'")
    else:
        tables = hub.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return "\n".join(str(hub.query(f'SELECT * FROM "{table}"')) for (table,) in tables)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
def test_the_token_lets_in_whatever_the_case_of_the_scheme(server: Server, scheme: str) -> None:
    answer = web.post(f"{server.url}/app_test/guarded", headers={"Authorization": f"{scheme} {TOKEN}"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "field",
    [
        None,
        "",
        "Bearer",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN.lower()}",
        TOKEN,
        f"Basic {TOKEN}",
        f"Bearer {TOKEN} {TOKEN}",
        "Bearer \u00fc",
    ],
)
def test_a_missing_or_wrong_token_is_refused_and_starts_no_run(server: Server, hub: Hub, field: str | None) -> None:
    before = hub.runs()
    headers = {} if field is None else {b"Authorization": field.encode("latin-1")}
    answer = web.post(f"{server.url}/app_test/guarded", headers=headers, content=b"{}")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.headers["content-type"] == "application/problem+json"
    assert TOKEN not in answer.text
    assert hub.runs() == before


def test_a_sink_without_a_token_is_public_and_ignores_one_that_is_sent(server: Server) -> None:
    assert web.post(f"{server.url}/app_test/public").status_code == 200
    assert web.post(f"{server.url}/app_test/public", headers={"Authorization": "Bearer x"}).status_code == 200


def test_reading_a_run_wants_what_triggering_it_wanted(server: Server) -> None:
    right, wrong = {"Authorization": f"Bearer {TOKEN}"}, {"Authorization": "Bearer wrong"}
    guarded = web.post(f"{server.url}/app_test/guarded", headers=right).headers["location"]
    public = web.post(f"{server.url}/app_test/public").headers["location"]
    for address in (guarded, f"{guarded}/events"):
        assert web.get(server.url + address, headers=right).status_code == 200
        for headers in (wrong, {}):
            answer = web.get(server.url + address, headers=headers)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert web.get(server.url + public).status_code == 200
    assert web.get(f"{server.url}{public}/events").status_code == 200


def test_credentials_reach_neither_workflow_nor_record_nor_log(server: Server, hub: Hub) -> None:
    headers = {
        "Authorization": f"Bearer {TOKEN}",
        "Cookie": f"session={TOKEN}",
        "Proxy-Authorization": f"Basic {TOKEN}",
        "X-Api-Key": TOKEN,
        "X-Kept": "kept",
    }
    answer = web.post(f"{server.url}/app_test/guarded", headers=headers)
    assert '"x-kept":"kept"' in answer.text
    assert TOKEN not in answer.text
    kept = everything(hub)
    assert answer.headers["x-run-id"] in kept
    assert "x-kept" in kept
    for secret in (TOKEN, TOKEN.encode().hex(), b64encode(TOKEN.encode()).decode()):
        assert secret not in kept
        assert secret not in server.log()


@pytest.mark.both_databases
def test_a_token_is_encrypted_in_the_database_and_each_time_otherwise(own_hub: Hub) -> None:
    own_hub.add_sinks([{"path": f"/{number}", "auth_token": TOKEN} for number in range(2)])
    first, second = (row[0] for row in own_hub.query("SELECT encrypted_token FROM sinks_sink"))
    assert first != second
    assert "" not in {first, second}
    assert TOKEN not in everything(own_hub)


def test_a_token_that_cannot_be_decrypted_any_more_is_said_so_and_lets_nobody_in(own_hub: Hub) -> None:
    own_hub.add_sinks([{"path": "/guarded", "auth_token": TOKEN}])
    server = own_hub.start(SECRET_KEY="another one, of more than fifty characters, so that Django is content")
    answer = web.post(f"{server.url}/app_test/guarded", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 500
    assert "set it again" in answer.json()["detail"]
    assert "SECRET_KEY" in server.log()
    assert own_hub.runs() == 0
