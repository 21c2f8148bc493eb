"""Replays: recorded deliveries start new runs, from the admin, the API, the command line, or by curl."""

import html
import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from httpx_sse import connect_sse

from runs.history.curl import address as address_of
from runs.history.curl import as_curl
from runs.models import Delivery, Run
from tests.processes.test_recovery import begun_in, logs_of
from tests.processes.test_recovery import site as busy  # noqa: F401 - a hub with a workflow that records each attempt
from tests.processes.test_workers import jobs, start_worker
from tests.processes.test_workers import site as with_workers  # noqa: F401
from tests.support.hub import Hub, Server, wait_until
from tests.support.web import received, web
from tests.unit.test_admin import app, make_delivery, make_run, make_sink, page, quick_logins, user_with  # noqa: F401

TOKEN = "s3cret-t0ken-4711-xyz"
_PASSWORD = "correct horse"
_ODD = b"a'b\"c $HOME `id` \\n !x\n\r\n\x00\xff@end"
_CREATE_USERS = f"""
from django.contrib.auth.models import Permission, User
for name, codenames in {{"owner": ["add_run", "view_run", "change_run"], "viewer": ["view_run"]}}.items():
    user = User.objects.create_user(name, password="{_PASSWORD}", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
"""


def trigger(server: Server, path: str, method: str = "POST", **kwargs: Any) -> str:
    """Start a run, and wait for its end. Return its id."""
    with web.stream(method, f"{server.url}/app_test{path}", timeout=60, **kwargs) as answer:
        assert answer.status_code == 200, answer.read()
        answer.read()
        return str(answer.headers["x-run-id"])


def replay(hub: Hub, run_id: str) -> str:
    """Replay a run with the command. Return the new run's id."""
    return hub.manage("runs", "replay", run_id).stdout.strip()


def in_shell(hub: Hub, code: str) -> str:
    return hub.shell(code).stdout


def run_of(hub: Hub, run_id: str, columns: str = "status, attempt, replay_of") -> tuple[Any, ...]:
    return hub.query(f"SELECT {columns} FROM runs_run WHERE id = '{run_id}'")[0]


def delivery_of(hub: Hub, run_id: str, columns: str = "") -> tuple[Any, ...]:
    columns = columns or "method, path, path_params, query_string, headers, client, body"
    (row,) = hub.query(f"SELECT {columns} FROM runs_delivery WHERE run_id = '{run_id}'")
    return tuple(bytes(value) if isinstance(value, memoryview) else value for value in row)


def count(hub: Hub) -> int:
    return int(hub.query("SELECT count(*) FROM runs_run")[0][0])


def is_over(hub: Hub, run_id: str) -> bool:
    return run_of(hub, run_id)[0] not in {"queued", "running"}


def events_of(server: Server, run_id: str) -> list[dict[str, Any]]:
    """Read a run's stream to its end, and check that its events are numbered 1, 2, 3 and so on."""
    with (
        httpx.Client(timeout=60) as client,
        connect_sse(client, "GET", f"{server.url}/runs/{run_id}/events") as source,
    ):
        events = [(event.id, json.loads(event.data)) for event in received(source)]
    assert [number for number, _ in events] == [str(place) for place in range(1, len(events) + 1)]
    return [event for _, event in events]


@contextmanager
def signed_in(server: Server, name: str) -> Iterator[httpx.Client]:
    """Return a client with a session, and with the CSRF token that the API requires for it."""
    with httpx.Client(base_url=server.url, timeout=30) as client:
        client.get("/admin/login/").raise_for_status()
        form = {"username": name, "password": _PASSWORD, "csrfmiddlewaretoken": client.cookies["csrftoken"]}
        answer = client.post("/admin/login/", data=form)
        assert answer.status_code == 302, "the login failed"
        client.headers["X-CSRFToken"] = client.cookies["csrftoken"]
        yield client


@pytest.fixture(scope="module")
def server(hub: Hub) -> Server:
    hub.add_sinks(
        [
            {"path": "/hook/{name}", "method": "ANY"},
            {"path": "/hook", "method": "ANY"},
            {"path": "/closed", "method": "ANY", "auth_token": TOKEN},
            {"path": "/steps", "workflow": "steps", "options": {"count": 5, "pause": 0.2}},
            {"path": "/slow", "workflow": "steps", "options": {"count": 1, "pause": 60.0}},
            {"path": "/uninstalled"},
            {"path": "/mended", "workflow": "raises"},
            {"path": "/deleted"},
            {"path": "/inactive"},
            {"path": "/moved"},
        ]
    )
    in_shell(hub, _CREATE_USERS)
    return hub.start(GRACE_SECONDS="0")  # do not wait for unfinished runs


@pytest.fixture(scope="module")
def owner(server: Server) -> Iterator[httpx.Client]:
    with signed_in(server, "owner") as client:
        yield client


@pytest.fixture(scope="module")
def viewer(server: Server) -> Iterator[httpx.Client]:
    with signed_in(server, "viewer") as client:
        yield client


# From the command line.


def test_a_replay_is_a_new_run_of_the_same_bytes_that_names_its_origin(hub: Hub, server: Server) -> None:
    sent: list[tuple[bytes, bytes]] = [
        (b"X-Latin", b"caf\xe9"),
        (b"X-Twice", b"1"),
        (b"x-twice", b"2"),
        (b"X-None", b""),
    ]
    origin = trigger(server, "/hook/a%20b%C3%BC?q=%41&q=b+c", "PATCH", content=_ODD, headers=sent)
    new = replay(hub, origin)
    assert new != origin
    wait_until(lambda: is_over(hub, new), "the replay is not executed")
    assert run_of(hub, new) == ("complete", 1, origin)
    assert run_of(hub, origin) == ("complete", 1, "")
    recorded = delivery_of(hub, new)
    assert recorded == delivery_of(hub, origin)
    assert recorded[-1] == _ODD
    assert (recorded[0], recorded[1]) == ("PATCH", "/hook/a bü")
    columns = "app_id, source_id, workflow, options, timeout, engine, events"
    assert run_of(hub, new, columns) == run_of(hub, origin, columns)
    created, started = run_of(hub, new, "created_at, started_at")
    assert created <= started


def test_a_replay_of_a_replay_names_the_run_it_was_made_from(hub: Hub, server: Server) -> None:
    origin = trigger(server, "/hook", content=b"once")
    first = replay(hub, origin)
    second = replay(hub, first)
    wait_until(lambda: is_over(hub, first) and is_over(hub, second), "a replay is not executed")
    assert [run_of(hub, run_id)[2] for run_id in (origin, first, second)] == ["", origin, first]
    assert delivery_of(hub, second) == delivery_of(hub, origin)


def test_a_mended_sink_gets_the_old_delivery(hub: Hub, server: Server) -> None:
    origin = trigger(server, "/mended", json={"order": 7})
    assert run_of(hub, origin)[0] == "error"
    mend = "workflow='steps', options={'count': 1, 'pause': 0}, timeout=7"
    in_shell(hub, f"from sinks.models import Sink; Sink.objects.filter(path='/mended').update({mend})")
    new = replay(hub, origin)
    wait_until(lambda: is_over(hub, new), "the replay is not executed")
    assert run_of(hub, new, "status, workflow, timeout") == ("complete", "steps", 7.0)
    assert run_of(hub, origin, "status, workflow, timeout") == ("error", "raises", 300.0)


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("/deleted", "delete()"),
        ("/inactive", "update(active=False, workflow='raises', timeout=1)"),
        # The delivery was for the sink's former app, and not for a workflow of another app.
        ("/moved", "update(app=App.objects.create(app_id='app_new'), workflow='raises', timeout=1)"),
    ],
)
def test_without_its_sink_a_replay_is_as_the_run_was(hub: Hub, server: Server, path: str, change: str) -> None:
    origin = trigger(server, path, content=b"x")
    in_shell(hub, f"from sinks.models import App, Sink; Sink.objects.filter(path='{path}').{change}")
    new = replay(hub, origin)
    wait_until(lambda: is_over(hub, new), "the replay is not executed")
    assert run_of(hub, new, "status, workflow, timeout") == ("complete", "echo", 300.0)


def test_what_cannot_be_replayed_is_refused_with_the_reason_and_nothing_is_written(
    hub: Hub, server: Server, owner: httpx.Client
) -> None:
    origin, bare = trigger(server, "/uninstalled"), trigger(server, "/hook")
    in_shell(
        hub,
        "from runs.models import Delivery; from sinks.models import Sink\n"
        f"Delivery.objects.filter(pk='{bare}').delete()\n"
        "Sink.objects.filter(path='/uninstalled').update(workflow='gone')",
    )
    before = count(hub)
    for run_id, reason in ((origin, "The workflow 'gone' is not installed"), (bare, "was pruned")):
        done = hub.manage("runs", "replay", run_id, check=False)
        assert (done.returncode, done.stdout) == (1, "")
        assert reason in done.stderr
        assert "Traceback" not in done.stderr
        answer = owner.post(f"/api/v1/runs/{run_id}/replay")
        check_problem(answer, 409)
        assert reason in answer.json()["detail"]
    assert count(hub) == before


def test_the_command_names_a_run_that_is_not_there(hub: Hub, server: Server) -> None:
    for action in ("replay", "curl"):
        done = hub.manage("runs", action, "run_none", check=False)
        assert (done.returncode, "There is no run 'run_none'." in done.stderr) == (1, True)


def test_replays_are_executed_once_however_many_servers_there_are(busy: Hub) -> None:  # noqa: F811
    (busy.folder / "go").touch()
    servers = [busy.start() for _ in range(2)]
    origin = trigger(servers[0], "/exclusive", content=b"x")
    made = [replay(busy, origin)]
    in_shell(
        busy,
        "from runs.models import Run; from runs.recovery.replay import replay\n"
        f"for _ in range(12): replay(Run.objects.get(pk='{origin}'))",
    )
    wait_until(lambda: busy.query("SELECT DISTINCT status FROM runs_run") == [("complete",)], "not all are executed")
    made = [row[0] for row in busy.query("SELECT id FROM runs_run WHERE replay_of <> ''")]
    assert len(made) == 13
    assert busy.query("SELECT DISTINCT attempt FROM runs_run") == [(1,)]
    assert sorted((run_id, attempt) for run_id, attempt, _ in begun_in(busy)) == sorted(
        (run_id, "1") for run_id in [origin, *made]
    )
    for server in servers:
        assert events_of(server, made[0])[-1]["type"] == "complete"


def test_what_is_replayed_while_no_server_runs_waits_for_one(busy: Hub) -> None:  # noqa: F811
    server = busy.start()
    origin = trigger(server, "/steps", content=b"x")
    once = trigger(server, "/once")
    server.kill()
    new, new_once = replay(busy, origin), replay(busy, once)
    assert run_of(busy, new, "status, executor_id, started_at") == ("queued", 0, None)
    server = busy.start()
    assert [event["type"] for event in events_of(server, new)] == ["progress"] * 4 + ["complete"]
    # Its first execution does not count as a restart after a crash.
    assert events_of(server, new_once)[-1]["output"] == {"attempt": 1}
    assert run_of(busy, new) == ("complete", 1, origin)


def test_a_replay_whose_server_dies_begins_again_on_another(busy: Hub) -> None:  # noqa: F811
    server = busy.start()
    origin = trigger(server, "/long", content=b"x")
    new = replay(busy, origin)
    wait_until(lambda: run_of(busy, new)[0] == "running", "the replay does not begin")
    server.kill()
    assert events_of(busy.start(), new)[-1]["output"] == {"steps": 4, "attempt": 2}
    assert delivery_of(busy, new) == delivery_of(busy, origin)


def test_a_queued_replay_that_is_cancelled_ends_as_cancelled(busy: Hub) -> None:  # noqa: F811
    (busy.folder / "go").touch()
    server = busy.start()
    origin = trigger(server, "/exclusive", content=b"x")
    server.kill()
    new = replay(busy, origin)
    in_shell(busy, f"from runs.models import Run; Run.objects.filter(pk='{new}').update(cancel_requested=True)")
    server = busy.start()
    assert events_of(server, new) == [{"type": "cancelled", "run_id": new}]
    assert run_of(busy, new) == ("cancelled", 1, origin)
    assert [run_id for run_id, *_ in begun_in(busy)] == [origin]


# Over the API.


def check_problem(answer: httpx.Response, *statuses: int) -> None:
    assert answer.status_code in statuses, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["title"] and problem["detail"]


def test_the_api_accepts_a_replay_and_its_stream_is_whole(hub: Hub, server: Server, owner: httpx.Client) -> None:
    origin = trigger(server, "/steps", content=b"x")
    answer = owner.post(f"/api/v1/runs/{origin}/replay")
    assert answer.status_code == 202, answer.text
    new = answer.json()["run_id"]
    assert answer.headers["location"] == f"/runs/{new}"
    assert answer.json() == {
        "run_id": new,
        "status": "queued",
        "replay_of": origin,
        "events_url": f"/runs/{new}/events",
    }
    events = events_of(server, new)  # requested before it executes
    assert [event["type"] for event in events] == ["progress"] * 5 + ["complete"]
    assert run_of(hub, new) == ("complete", 1, origin)


def test_a_run_tells_of_what_it_is_a_replay(server: Server, owner: httpx.Client) -> None:
    origin = trigger(server, "/hook")
    new = owner.post(f"/api/v1/runs/{origin}/replay").json()["run_id"]
    assert web.get(f"{server.url}/runs/{new}").json()["replay_of"] == origin
    assert "replay_of" not in web.get(f"{server.url}/runs/{origin}").json()
    browser = {"Accept": "text/html"}
    link = f'Replay of <a href="/runs/{origin}">'
    assert link in web.get(f"{server.url}/runs/{new}", headers=browser).text
    assert "Replay of" not in web.get(f"{server.url}/runs/{origin}", headers=browser).text


def test_the_api_cancels_a_run_that_goes_on_and_refuses_one_that_is_over(
    hub: Hub, server: Server, owner: httpx.Client
) -> None:
    answer = web.post(f"{server.url}/app_test/slow", headers={"Prefer": "respond-async"})
    run_id = answer.json()["run_id"]
    answer = owner.post(f"/api/v1/runs/{run_id}/cancel")
    assert (answer.status_code, answer.json()["run_id"]) == (202, run_id)
    assert answer.headers["location"] == f"/runs/{run_id}"
    assert events_of(server, run_id)[-1]["type"] == "cancelled"
    answer = owner.post(f"/api/v1/runs/{run_id}/cancel")
    check_problem(answer, 409)
    assert "cancelled" in answer.json()["detail"]


@pytest.mark.parametrize("action", ["replay", "cancel"])
def test_the_api_is_for_those_with_a_session_and_the_permissions(
    hub: Hub, server: Server, owner: httpx.Client, viewer: httpx.Client, action: str
) -> None:
    run_id = trigger(server, "/hook")
    place = f"/api/v1/runs/{run_id}/{action}"
    before = count(hub)
    check_problem(web.post(server.url + place), 401, 403)
    check_problem(viewer.post(place), 403)
    without_csrf = owner.post(place, headers={"X-CSRFToken": ""})
    check_problem(without_csrf, 403)
    assert "CSRF" in without_csrf.json()["detail"]
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    check_problem(web.post(server.url + place, headers=bearer), 401, 403)
    answer = owner.get(place)
    check_problem(answer, 405)
    assert "POST" in answer.headers["allow"]
    assert count(hub) == before


@pytest.mark.parametrize("run_id", ["run_none", "run_" + "0" * 44, "run_%27"])
@pytest.mark.parametrize("action", ["replay", "cancel"])
def test_the_api_knows_no_run_that_is_not_there(owner: httpx.Client, action: str, run_id: str) -> None:
    check_problem(owner.post(f"/api/v1/runs/{run_id}/{action}"), 404)


# In the admin.


@pytest.mark.usefixtures("quick_logins")
class TestAdmin:
    """Tests in this process, on SQLite."""

    @staticmethod
    def page_of(run: Run) -> str:
        return f"/admin/runs/run/{run.pk}/change/"

    @staticmethod
    def replay_of(run: Run) -> str:
        return f"/admin/runs/run/{run.pk}/replay/"

    def test_the_button_makes_a_queued_run_and_shows_it(self, admin_client: Client) -> None:
        origin = make_run(status=Run.Status.COMPLETE)
        make_delivery(origin, b"body")
        assert f'action="{self.replay_of(origin)}"' in page(admin_client, self.page_of(origin))
        answer = admin_client.post(self.replay_of(origin), follow=True)
        new = Run.objects.get(replay_of=origin.pk)
        assert answer.redirect_chain == [(self.page_of(new), 302)]
        shown = answer.content.decode()
        assert f"a replay of {origin.pk}" in shown
        assert f'<a href="{self.page_of(origin)}">{origin.pk}</a>' in shown
        assert (new.status, new.engine, new.executor_id) == ("queued", "local", 0)
        assert bytes(Delivery.objects.get(pk=new.pk).body) == b"body"
        assert LogEntry.objects.get().object_id == new.pk

    def test_selected_runs_are_replayed_and_faults_named(self, admin_client: Client) -> None:
        runs = [make_run(status=Run.Status.COMPLETE), make_run(status=Run.Status.ERROR), make_run(workflow="gone")]
        for run in runs:
            make_delivery(run)
        form = {"action": "replay", "_selected_action": [run.pk for run in runs]}
        shown = admin_client.post("/admin/runs/run/", form, follow=True).content.decode()
        assert "Replayed: 2." in shown
        assert f"Run {runs[2].pk}: The workflow &#x27;gone&#x27; is not installed" in shown
        assert Run.objects.count() == 5

    def test_a_run_that_cannot_be_replayed_says_why(self, admin_client: Client) -> None:
        run = make_run(workflow="gone")
        make_delivery(run)
        answer = admin_client.post(self.replay_of(run), follow=True)
        assert "is not installed" in answer.content.decode()
        assert answer.redirect_chain == [(self.page_of(run), 302)]
        assert Run.objects.count() == 1

    @pytest.mark.parametrize("permissions", [["view_run"], ["add_run"], ["view_run", "change_run"]])
    def test_who_may_not_replay_has_no_button_and_is_refused(self, db: None, permissions: list[str]) -> None:
        run = make_run()
        make_delivery(run)
        client = user_with(*permissions)
        if "view_run" in permissions:
            assert self.replay_of(run) not in page(client, self.page_of(run))
        # The answer does not reveal that an invisible run exists.
        refused = 403 if "view_run" in permissions else 404
        assert client.post(self.replay_of(run)).status_code == refused
        client.post("/admin/runs/run/", {"action": "replay", "_selected_action": [run.pk]})
        assert Run.objects.count() == 1

    def test_who_may_view_and_add_runs_can_replay_them(self, db: None) -> None:
        run = make_run()
        make_delivery(run)
        client = user_with("view_run", "add_run")
        assert self.replay_of(run) in page(client, self.page_of(run))
        assert client.post(self.replay_of(run)).status_code == 302
        assert Run.objects.count() == 2

    def test_the_button_wants_a_post_with_a_csrf_token_and_a_run(self, admin_client: Client, admin_user: Any) -> None:
        run = make_run()
        make_delivery(run)
        assert "Replay this run?" in page(admin_client, self.replay_of(run))
        assert Run.objects.count() == 1
        assert admin_client.post("/admin/runs/run/run_none/replay/").status_code == 404
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(admin_user)
        assert strict.post(self.replay_of(run)).status_code == 403
        assert Client().post(self.replay_of(run)).status_code == 302
        assert Run.objects.count() == 1

    def test_a_run_shows_its_curl_line_without_the_token(self, admin_client: Client, app: Any) -> None:  # noqa: F811
        sink = make_sink(app)
        sink.auth_token = TOKEN
        sink.save()
        run = make_run(source_id=sink.pk)
        make_delivery(run, b"it's", query_string="a=1")
        shown = html.unescape(page(admin_client, self.page_of(run)))
        assert "curl -gN -X POST 'http://testserver/app_test/hook?a=1'" in shown
        assert '-H "Authorization: Bearer $TOKEN"' in shown
        assert TOKEN not in shown

    def test_a_line_that_would_be_too_long_for_the_page_is_named_instead(self, admin_client: Client) -> None:
        run = make_run()
        make_delivery(run, b"x" * 100_000)
        shown = page(admin_client, self.page_of(run))
        assert f"manage.py runs curl {run.pk}" in shown
        assert "--data-raw" not in shown


# As a curl line.


_LEFT_OUT = {"host", "content-length", "accept-encoding", "connection"}
_BODIES = {
    "none": b"",
    "json": json.dumps({"text": "Grüße 😀 'quoted' \"double\" $HOME `id` \\n !!"}, ensure_ascii=False).encode(),
    "lines": b"one\ntwo\n\n\tthree\n",
    "crlf": b"one\r\ntwo\r\n",
    "at": b"@/etc/hostname",
    "dash": b"-d x --next",
    "binary": bytes(range(256)) * 3,
    "nul": b"a\0b",
    "not utf-8": b"caf\xe9",
    "long": ("ä" * 100_000).encode(),
    "long binary": bytes(range(256)) * 1000,
    "form": b"a=1&b=%20+c",
}


@pytest.mark.one_database
@pytest.mark.parametrize("shell", ["sh", "bash"])
@pytest.mark.parametrize("body", list(_BODIES.values()), ids=list(_BODIES))
def test_the_exported_line_sends_the_same_bytes(
    hub: Hub, server: Server, shell: str, body: bytes, tmp_path: Path
) -> None:
    origin = trigger(server, "/hook", content=body, headers={"Content-Type": 'text/x-ours; v="it\'s"'})
    _check_sent_alike(hub, origin, _execute(hub, shell, _export(hub, server, origin), tmp_path))


@pytest.mark.one_database
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD", "PROPFIND"])
@pytest.mark.parametrize("body", [b"", b"with a body"], ids=["bare", "body"])
def test_the_exported_line_has_the_method(hub: Hub, server: Server, method: str, body: bytes, tmp_path: Path) -> None:
    origin = trigger(server, "/hook", method, content=body)
    _check_sent_alike(hub, origin, _execute(hub, "sh", _export(hub, server, origin), tmp_path))


@pytest.mark.one_database
@pytest.mark.parametrize(
    "place",
    [
        "/hook/a%20b%2Bc%25%3F%23%C3%BC",
        "/hook/..",
        "/hook/[1-3]{a,b}",
        "/hook/it's$HOME`id`",
        "/hook?a=1&b={x}[1]&c=%41+'\"$HOME",
    ],
)
def test_the_exported_line_has_the_path_and_the_query(hub: Hub, server: Server, place: str, tmp_path: Path) -> None:
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=60)) as connection:  # sends the path unchanged
        connection.request("POST", f"/app_test{place}", b"x", {"Accept": "*/*", "User-Agent": "ours"})
        answer = connection.getresponse()
        assert (answer.status, b"complete" in answer.read()) == (200, True)
    origin = answer.headers["x-run-id"]
    _check_sent_alike(hub, origin, _execute(hub, "sh", _export(hub, server, origin), tmp_path))


@pytest.mark.one_database
def test_the_exported_line_has_the_headers_and_adds_none(hub: Hub, server: Server, tmp_path: Path) -> None:
    sent: list[tuple[bytes, bytes]] = [
        (b"X-Utf8", "Grüße".encode()),
        (b"X-Latin", b"caf\xe9 100% \\x"),
        (b"X-Twice", b"1"),
        (b"X-Twice", b"2"),
        (b"X-Empty", b""),
        (b"X-Quotes", b'it\'s "$HOME" `id`'),
        (b"X-At", b"@/etc/hostname"),
        (b"X-Hop", b"no"),
        (b"Connection", b"X-Hop"),
        (b"TE", b"trailers"),
    ]
    origin = trigger(server, "/hook", content=b"x", headers=sent)
    new = _execute(hub, "sh", _export(hub, server, origin), tmp_path)
    names = [name for name, _ in _sent_headers(hub, new)]
    assert names == ["accept", "user-agent", *(name.decode().lower() for name, _ in sent[:7])]
    assert [pair for pair in _headers(hub, origin) if pair[0] in names] == _sent_headers(hub, new)


@pytest.mark.one_database
def test_the_exported_line_names_a_token_by_a_variable(hub: Hub, server: Server, tmp_path: Path) -> None:
    origin = trigger(server, "/closed", content=b"x", headers={"Authorization": f"Bearer {TOKEN}"})
    line = hub.manage("runs", "curl", origin).stdout
    assert line.startswith("curl -gN -X POST http://localhost:9657/app_test/closed ")
    assert '-H "Authorization: Bearer $TOKEN"' in line
    assert TOKEN not in line
    line = hub.manage("runs", "curl", origin, "--url", server.url).stdout
    _check_sent_alike(hub, origin, _execute(hub, "sh", line, tmp_path))


def test_the_line_goes_to_the_address_that_is_given(hub: Hub, server: Server) -> None:
    run_id = trigger(server, "/hook/x?q=1", content=b"x")
    for url, whole in (
        ("https://hub.example.com", "https://hub.example.com/app_test/hook/x?q=1"),
        ("https://hub.example.com/", "https://hub.example.com/app_test/hook/x?q=1"),
        ("http://[::1]:3000/my/handler", "http://[::1]:3000/my/handler?q=1"),
        ("http://localhost/my?key=v", "http://localhost/my?key=v&q=1"),
    ):
        assert f"'{whole}'" in hub.manage("runs", "curl", run_id, "--url", url).stdout
    done = hub.manage("runs", "curl", run_id, "--url", "hub.example.com", check=False)
    assert (done.returncode, "--url" in done.stderr, done.stdout) == (1, True, "")


def test_a_method_cannot_leave_its_place_in_the_line() -> None:
    delivery = Delivery(method="A'B`id`", path="/x", headers=[["x'`id`", "1"]], body=b"")
    url = address_of(Run(app_id="app_test"), delivery, "http://localhost")
    script = f'curl() {{ printf "<%s>" "$@"; }}; {as_curl(delivery, url)}'
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    expected = ["-gN", "-X", "A'B`id`", "http://localhost/app_test/x", "-H", "x'`id`: 1"]
    assert done.stdout.startswith("".join(f"<{word}>" for word in expected))


def _headers(hub: Hub, run_id: str) -> list[list[str]]:
    (headers,) = delivery_of(hub, run_id, "headers")
    return json.loads(headers) if isinstance(headers, str) else headers  # type: ignore[no-any-return]


def _sent_headers(hub: Hub, run_id: str) -> list[list[str]]:
    return [pair for pair in _headers(hub, run_id) if pair[0] not in _LEFT_OUT]


def _export(hub: Hub, server: Server, run_id: str) -> str:
    method, path, query_string, body = delivery_of(hub, run_id, "method, path, query_string, body")
    headers = _headers(hub, run_id)
    delivery = Delivery(method=method, path=path, query_string=query_string, headers=headers, body=body)
    return as_curl(delivery, address_of(Run(app_id="app_test"), delivery, server.url))


def _execute(hub: Hub, shell: str, line: str, folder: Path) -> str:
    """Execute a curl command in a shell. Return the id of the run that it starts."""
    script = folder / "line.sh"
    script.write_text(line)
    known = {row[0] for row in hub.query("SELECT id FROM runs_run")}
    subprocess.run([shell, str(script)], env=hub.env(TOKEN=TOKEN), capture_output=True, timeout=60, check=False)
    (new,) = {row[0] for row in hub.query("SELECT id FROM runs_run")} - known
    wait_until(lambda: is_over(hub, new), "the run does not end")
    return str(new)


def _check_sent_alike(hub: Hub, origin: str, new: str) -> None:
    columns = "method, path, path_params, query_string, body"
    assert delivery_of(hub, new, columns) == delivery_of(hub, origin, columns)
    assert _sent_headers(hub, new) == _sent_headers(hub, origin)


# By workers.


def test_workers_execute_the_replays_of_their_sinks(with_workers: Hub) -> None:  # noqa: F811
    server, worker = with_workers.start(), start_worker(with_workers)
    json_please = {"Accept": "application/json"}
    origin = trigger(server, "/where", content=b"kept", headers=json_please)
    here = trigger(server, "/here", content=b"kept", headers=json_please)
    new, new_here = replay(with_workers, origin), replay(with_workers, here)
    output = events_of(server, new)[-1]["output"]
    assert output == {"pid": worker.process.pid, "body": "kept"}
    # A server executes the replay of a run that a server executed.
    assert events_of(server, new_here)[-1]["output"]["pid"] == server.process.pid
    assert run_of(with_workers, new, "status, attempt, engine, replay_of") == ("complete", 1, "procrastinate", origin)
    assert delivery_of(with_workers, new) == delivery_of(with_workers, origin)
    wait_until(lambda: jobs(with_workers) == 0, "jobs that are done stay behind")


def test_a_replay_is_tried_as_often_as_its_sink_says(with_workers: Hub) -> None:  # noqa: F811
    server = with_workers.start()
    start_worker(with_workers)
    origin = trigger(server, "/retried")
    new = replay(with_workers, origin)
    assert events_of(server, new)[-1]["output"]["attempt"] == 3
    assert run_of(with_workers, new) == ("complete", 3, origin)
    assert len(logs_of(with_workers)[new]) == 6


def test_the_job_of_a_replay_is_like_that_of_its_first_run(with_workers: Hub) -> None:  # noqa: F811
    retried = {"engine": "procrastinate", "attempts": 4, "backoff": 2.5, "priority": 7}
    with_workers.add_sinks([{"path": "/two", "workflow": "where", "concurrency": 1, **retried}])
    server = with_workers.start()
    answer = web.post(f"{server.url}/app_test/two", headers={"Prefer": "respond-async"})
    origin = str(answer.json()["run_id"])
    new = replay(with_workers, origin)
    first, second = with_workers.query("SELECT lock, args, priority FROM procrastinate_jobs ORDER BY id")
    assert first[0] == second[0]
    assert first[2] == second[2] == 7
    assert first[0].startswith("sink-")
    assert first[1] == {"run_id": origin, "lock": first[0]}
    assert second[1] == first[1] | {"run_id": new}


def test_a_replay_that_waits_for_a_worker_is_cancelled_over_the_api(with_workers: Hub) -> None:  # noqa: F811
    server, worker = with_workers.start(), start_worker(with_workers)
    origin = trigger(server, "/where", content=b"x")
    assert worker.stop() == 0
    in_shell(with_workers, _CREATE_USERS)
    with signed_in(server, "owner") as owner:
        new = owner.post(f"/api/v1/runs/{origin}/replay").json()["run_id"]
        assert jobs(with_workers) == 1
        assert owner.post(f"/api/v1/runs/{new}/cancel").status_code == 202
    assert events_of(server, new) == [{"type": "cancelled", "run_id": new}]
    assert run_of(with_workers, new) == ("cancelled", 1, origin)


def test_a_replay_and_its_job_are_written_together_or_not_at_all(with_workers: Hub) -> None:  # noqa: F811
    server, worker = with_workers.start(), start_worker(with_workers)
    origin = trigger(server, "/where", content=b"x")
    assert worker.stop() == 0
    with_workers.stop()
    with psycopg.connect(with_workers.database_url) as session:
        session.execute("DROP TABLE procrastinate_jobs CASCADE")
    done = with_workers.manage("runs", "replay", origin, check=False)
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert count(with_workers) == 1
    assert with_workers.query("SELECT count(*) FROM runs_delivery") == [(1,)]


def test_where_no_workers_can_be_a_run_of_theirs_is_refused(make_hub: Callable[[str], Hub]) -> None:
    hub = make_hub("sqlite")
    hub.add_sinks([{"path": "/hook"}])
    server = hub.start()
    try:
        origin = trigger(server, "/hook")
    finally:
        hub.stop()
    in_shell(
        hub,
        "from runs.models import Run; from sinks.models import Sink\n"
        "Sink.objects.all().delete(); Run.objects.update(engine='procrastinate')",
    )
    done = hub.manage("runs", "replay", origin, check=False)
    assert (done.returncode, "PostgreSQL" in done.stderr, count(hub)) == (1, True, 1)
