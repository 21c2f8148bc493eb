"""A server's start and its log: clear reasons, no noise, and private files."""

import http.client
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.processes.test_shutdown import is_refused
from tests.support.hub import Hub, wait_until
from tests.support.web import web

pytestmark = pytest.mark.one_database


@pytest.fixture(scope="module")
def hub(make_hub: Callable[[str], Hub]) -> Iterator[Hub]:
    made = make_hub("sqlite")
    yield made
    made.close()


def failed_start(hub: Hub, **env: str) -> str:
    server = hub.start(wait=False, **env)
    assert server.process.wait(timeout=60) == 3
    [line] = [line for line in server.log().splitlines() if "cannot start" in line]
    return line.partition("cannot start: ")[2]


def test_a_missing_folder_of_workflows_is_all_that_is_said(hub: Hub) -> None:
    message = failed_start(hub, SINKHUB_WORKFLOWS="/nowhere")
    assert message == "SINKHUB_WORKFLOWS is '/nowhere', which is not a folder."


def test_a_database_without_tables_is_said_with_what_to_do(hub: Hub, tmp_path: Path) -> None:
    message = failed_start(hub, DATABASE_URL=f"sqlite:///{tmp_path}/empty.sqlite3")
    assert "no such table" in message
    assert message.endswith(". Run 'manage.py migrate'.")


@pytest.mark.parametrize(
    ("setting", "value"),
    [("PORT", "99999"), ("REDIS_URL", "foo"), ("LOG_LEVEL", "verbose"), ("SINKHUB_VAR", "/dev/null/var")],
)
def test_a_setting_that_cannot_be_is_said_in_one_line(hub: Hub, setting: str, value: str) -> None:
    done = hub.manage("check", check=False, **{setting: value, "SECRET_KEY": ""})
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith(setting)


def test_migrations_that_are_started_together_wait_for_each_other(own_hub: Hub, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new.sqlite3"
    if own_hub.database_url.startswith("postgres"):
        own_hub.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public; SELECT 1")
        url = own_hub.database_url
    with ThreadPoolExecutor(3) as threads:
        started = [threads.submit(own_hub.manage, "migrate", "-v0", DATABASE_URL=url) for _ in range(3)]
        assert [migration.result().stderr for migration in started] == [""] * 3
    assert own_hub.manage("migrate", "--check", DATABASE_URL=url).returncode == 0


def test_a_hangup_ends_nothing(hub: Hub) -> None:
    server = hub.start()
    server.process.send_signal(signal.SIGHUP)
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(timeout=60) == 0


def test_probes_may_come_by_any_name(hub: Hub) -> None:
    server = hub.start()
    for path in ("/healthz", "/readyz"):
        assert web.get(f"{server.url}{path}", headers={"Host": "10.1.2.3:9657"}).status_code == 200
    assert web.get(f"{server.url}/admin/", headers={"Host": "10.1.2.3:9657"}).status_code == 400


def test_static_files_are_whole_and_say_nothing_in_the_log(hub: Hub) -> None:
    server = hub.start()
    address = f"{server.url}/static/admin/css/base.css"
    with httpx.Client(timeout=60) as client:
        whole = client.get(address)
        assert whole.headers["content-type"].startswith("text/css")
        assert len(whole.content) == int(whole.headers["content-length"]) > 1000
        head = client.head(address)
        assert (head.headers["content-length"], head.content) == (whole.headers["content-length"], b"")
        part = client.get(address, headers={"Range": "bytes=5-9"})
        assert (part.status_code, part.content) == (206, whole.content[5:10])
        same = client.get(address, headers={"If-None-Match": whole.headers["etag"]})
        assert (same.status_code, same.content) == (304, b"")
        assert client.post(address).status_code == 405
        assert client.get(f"{server.url}/static/no-such").status_code == 404
    server.stop()
    assert "StreamingHttpResponse" not in server.log()


def test_not_being_ready_is_no_error_in_the_log(hub: Hub) -> None:
    hub.add_sinks([{"path": "/steps", "workflow": "steps", "options": {"count": 30, "pause": 0.1}}])
    # A stopping server still answers on open connections.
    server = hub.start(DRAIN_IDLE_TIMEOUT="600", HEAD_TIMEOUT="600", GRACE_SECONDS="600")
    with (
        closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)) as prober,
        web.stream("POST", f"{server.url}/app_test/steps"),
    ):
        prober.connect()
        server.terminate()
        wait_until(lambda: is_refused(server.port), "it goes on listening")
        prober.request("GET", "/readyz")
        assert prober.getresponse().status == 503
    assert server.stop() == 0
    assert "/readyz" not in server.log()


def test_a_host_that_is_not_ours_is_one_line_in_the_log(hub: Hub) -> None:
    server = hub.start()
    assert web.get(f"{server.url}/admin/", headers={"Host": "elsewhere.example"}).status_code == 400
    [line] = [line for line in server.log().splitlines() if "elsewhere.example" in line]
    assert "ERROR" in line
    assert "Traceback" not in server.log()


def test_a_fault_of_a_client_of_the_admin_is_one_line_in_the_log(hub: Hub) -> None:
    hub.add_admin()
    server = hub.start()
    with httpx.Client(base_url=server.url, timeout=60) as client:
        client.get("/admin/login/")
        form = {"username": "admin", "password": "correct horse", "csrfmiddlewaretoken": client.cookies["csrftoken"]}
        assert client.post("/admin/login/?next=/admin/", data=form).status_code == 302
        assert client.get("/admin/runs/run/add/").status_code == 403
        fields = {f"field{number}": "1" for number in range(2000)}
        assert client.post("/admin/login/", data=fields).status_code == 400
        broken = {"Content-Type": "multipart/form-data"}
        assert client.post("/admin/login/", content=b"--", headers=broken).status_code == 400
    server.stop()
    log = server.log()
    assert len([line for line in log.splitlines() if "/admin/runs/run/add/" in line]) == 1
    assert "Traceback" not in log


def test_the_folder_that_is_made_is_its_owners_alone(hub: Hub, tmp_path: Path) -> None:
    for name, key, url in (("all", "", ""), ("files", "x" * 50, ""), ("key", "", hub.database_url)):
        hub.manage("check", SINKHUB_VAR=str(tmp_path / name), SECRET_KEY=key, DATABASE_URL=url)
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o700
    existing = tmp_path / "existing"
    existing.mkdir(mode=0o755)
    hub.manage("migrate", "-v0", SINKHUB_VAR=str(existing), DATABASE_URL="")
    server = hub.start(SINKHUB_VAR=str(existing), DATABASE_URL="")
    try:
        files = {path.name: path.stat().st_mode & 0o777 for path in existing.iterdir() if "sqlite3" in path.name}
        assert {"sinkhub.sqlite3", "sinkhub.sqlite3-wal"} <= files.keys()
        assert files == dict.fromkeys(files, 0o600)
    finally:
        server.stop()
    folder = tmp_path / "given"
    folder.mkdir(mode=0o755)
    hub.manage("check", DATABASE_URL="", SINKHUB_VAR=str(folder))
    assert folder.stat().st_mode & 0o777 == 0o755
