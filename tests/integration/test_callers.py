"""Callers at a real server: what reaches workflows and records, networks behind a proxy, and published keys."""

import http.server
import json
import tempfile
import threading
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from tests.support.certificates import self_signed
from tests.support.hub import Hub, Server, wait_until
from tests.support.web import web

pytestmark = pytest.mark.one_database

TOKEN, PASSWORD, PARAMETER = "h3ader-t0ken-4711", "p4ss:word-4711", "qu3ry-t0ken-4711"
KEY = ec.generate_private_key(ec.SECP256R1())
WAYS = [
    {"kind": "header", "name": "X-Own-Token", "values": [TOKEN]},
    {"kind": "basic", "users": {"shop": PASSWORD}},
    {"kind": "query", "name": "key", "values": [PARAMETER]},
]
PAIR = b64encode(f"shop:{PASSWORD}".encode()).decode()
AS_JSON = {"Accept": "application/json"}


@pytest.fixture(scope="module")
def issuer() -> Iterator[tuple[str, Path]]:
    """Serve a key set by https. Yield its URL, and the file of the authority that signed its certificate."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            public: dict[str, Any] = ECAlgorithm.to_jwk(KEY.public_key(), as_dict=True)
            body = json.dumps({"keys": [public | {"kid": "one"}]}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Log nothing."""

    with tempfile.TemporaryDirectory() as folder:
        context, authority = self_signed(Path(folder), "localhost")
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            server.socket = context.wrap_socket(server.socket, server_side=True)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield f"https://localhost:{server.server_address[1]}/jwks.json", authority
            server.shutdown()


@pytest.fixture(scope="module")
def server(hub: Hub, issuer: tuple[str, Path]) -> Server:
    url, authority = issuer
    published = {"kind": "jwt", "algorithms": ["ES256"], "jwks_url": url}
    away = {"kind": "jwt", "algorithms": ["ES256"], "jwks_url": "https://localhost:1/jwks.json"}
    hub.add_sinks(
        [
            {"path": "/called", "workflow": "inspect", "callers": WAYS},
            {"path": "/near", "allowed_networks": "192.0.2.0/24\n2001:db8::/32"},
            {"path": "/logged", "callers": WAYS, "access_mode": "log"},
            {"path": "/issued", "callers": [published]},
            {"path": "/away", "callers": [away]},
            {"path": "/rated", "rate_per_client": "2/h"},
        ]
    )
    return hub.start(SSL_CERT_FILE=str(authority), OUTBOUND_ALLOW="127.0.0.0/8, ::1/128")


def everything(hub: Hub) -> str:
    """Return all columns of all tables as text."""
    if hub.database_url.startswith("sqlite"):
        # Not the index of the search itself, which gives back no text; its data is in tables of its own.
        tables = hub.query("SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'")
    else:
        tables = hub.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return "\n".join(str(hub.query(f'SELECT * FROM "{table}"')) for (table,) in tables)


def test_credentials_reach_neither_workflow_nor_record_nor_log(server: Server, hub: Hub) -> None:
    url = f"{server.url}/app_test/called"
    answers = [
        web.post(url, headers={"X-Own-Token": TOKEN, "X-Kept": "kept"}),
        web.post(url, headers={"Authorization": f"Basic {PAIR}"}),
        web.post(f"{url}?a=%7e&key={PARAMETER}&&b=2"),
        web.post(f"{url}?key={PARAMETER}&key=x", headers={"X-Own-Token": f"{TOKEN}x"}),
        web.post(f"{url}?a=1", headers={"Authorization": "Basic !"}),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 401, 401]
    assert answers[4].headers["www-authenticate"] == 'Basic realm="SinkHub", charset="UTF-8"'
    assert '"x-kept":"kept"' in answers[0].text
    [(recorded,)] = hub.query(
        f"SELECT query_string FROM runs_delivery WHERE run_id = '{answers[2].headers['x-run-id']}'"
    )
    assert recorded == "a=%7e&&b=2"
    wait_until(lambda: "is sent more than once" in everything(hub), "the refusal to be recorded")
    kept = everything(hub) + server.log() + "".join(answer.text for answer in answers)
    for secret in (TOKEN, PASSWORD, PARAMETER, PAIR):
        assert secret not in kept


def test_a_run_is_read_with_any_of_its_sinks_credentials(server: Server) -> None:
    run = server.url + web.post(f"{server.url}/app_test/called", headers={"X-Own-Token": TOKEN}).headers["location"]
    for address in (run, f"{run}/events"):
        assert web.get(address, headers={"X-Own-Token": TOKEN}).status_code == 200
        assert web.get(address, headers={"Authorization": f"Basic {PAIR}"}).status_code == 200
        assert web.get(f"{address}?key={PARAMETER}").status_code == 200
        refused = web.get(address, headers={"X-Own-Token": "another-t0ken"})
        assert refused.status_code == 401
        assert refused.headers.get_list("www-authenticate") == ["Bearer", 'Basic realm="SinkHub", charset="UTF-8"']


def test_behind_a_trusted_proxy_the_networks_are_those_of_its_clients(server: Server) -> None:
    url = f"{server.url}/app_test/near"
    for address, status in (
        ("192.0.2.7", 200),
        ("::ffff:192.0.2.7", 200),
        ("2001:db8::7", 200),
        ("192.0.3.7", 403),
        ("2001:db9::7", 403),
        ("unknown", 403),
    ):
        assert web.post(url, headers={"X-Forwarded-For": address}).status_code == status
    refused = web.post(url)
    assert refused.status_code == 403
    assert refused.headers["content-type"] == "application/problem+json"


def test_in_log_mode_requests_are_admitted_and_listed(server: Server, hub: Hub) -> None:
    sink = hub.query("SELECT id FROM sinks_sink WHERE path = '/logged'")[0][0]
    run = web.post(f"{server.url}/app_test/logged", headers={"X-Own-Token": "another-t0ken"})
    assert run.status_code == 200
    assert web.post(f"{server.url}/app_test/logged", headers={"X-Own-Token": TOKEN}).status_code == 200
    counted = f"SELECT kind, count FROM sinks_outcome WHERE sink_id = {sink}"
    wait_until(lambda: hub.query(counted) == [("would be refused", 1)], "the count")
    assert hub.query(f"SELECT status, reason FROM sinks_refusal WHERE sink_id = {sink}") == [
        (401, "would be refused: the header x-own-token has another value")
    ]
    assert web.get(server.url + run.headers["location"]).status_code == 401


def test_tokens_are_verified_with_published_keys(server: Server) -> None:
    url = f"{server.url}/app_test/issued"
    token = jwt.encode({"sub": "shop"}, KEY, "ES256", {"kid": "one"})
    other = jwt.encode({"sub": "shop"}, ec.generate_private_key(ec.SECP256R1()), "ES256", {"kid": "one"})
    assert web.post(url, headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert web.post(url, headers={"Authorization": f"Bearer {other}"}).status_code == 401
    away = web.post(f"{server.url}/app_test/away", headers={"Authorization": f"Bearer {token}"})
    assert away.status_code == 503
    assert 1 <= int(away.headers["retry-after"]) <= 10
    assert web.get(f"{server.url}/healthz").status_code == 200


def test_a_client_that_sends_too_much_is_told_to_wait(server: Server) -> None:
    url, sent = f"{server.url}/app_test/rated", {"X-Forwarded-For": "198.51.100.7"}
    assert [web.post(url, headers=sent).status_code for _ in range(3)] == [200, 200, 429]
    assert int(web.post(url, headers=sent).headers["retry-after"]) > 1700
    assert web.post(url, headers={"X-Forwarded-For": "198.51.100.8"}).status_code == 200


def test_commands_send_a_credential_set_callers_and_export_them(server: Server, hub: Hub) -> None:
    sent = hub.manage("sinks", "test", "app_test/called", "--url", server.url, check=False)
    assert "200 OK" in sent.stdout, sent.stdout + sent.stderr
    access = {"any": [{"kind": "basic", "users": {"store": "another-4711"}}], "ip": ["10.0.0.0/8"], "mode": "log"}
    hub.manage("sinks", "create", "--app", "app_cli", "--path", "/made", "--access", "-", stdin=json.dumps(access))
    export = json.loads(hub.manage("sinks", "export", "app_cli", "--format", "json").stdout)
    masked = {"any": [{"kind": "basic", "users": {"store": "********"}}], "ip": ["10.0.0.0/8"]}
    assert export["sinks"][0]["access"] == masked  # log mode is not exported
    hub.manage("sinks", "update", "app_cli/made", "--no-access")
    export = json.loads(hub.manage("sinks", "export", "app_cli", "--format", "json").stdout)
    assert export["sinks"][0]["access"] == {"ip": ["10.0.0.0/8"]}
