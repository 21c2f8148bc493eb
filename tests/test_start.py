"""How a server starts and what it logs: reasons in words, no noise, and files that are nobody else's."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.hub import Hub, wait_until
from tests.web import web

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
    said = failed_start(hub, SINKHUB_WORKFLOWS="/nowhere")
    assert said == "SINKHUB_WORKFLOWS is '/nowhere', which is not a folder."


def test_a_database_without_tables_is_said_with_what_to_do(hub: Hub, tmp_path: Path) -> None:
    said = failed_start(hub, DATABASE_URL=f"sqlite:///{tmp_path}/empty.sqlite3")
    assert "no such table" in said
    assert said.endswith(". Is the database there, and was 'manage.py migrate' run?")


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
    server = hub.start()
    with web.stream("POST", f"{server.url}/app_test/steps"):
        server.terminate()
        wait_until(lambda: web.get(f"{server.url}/readyz").status_code == 503, "it stays ready")
    assert server.stop() == 0
    assert "/readyz" not in server.log()


def test_a_host_that_is_not_ours_is_one_line_in_the_log(hub: Hub) -> None:
    server = hub.start()
    assert web.get(f"{server.url}/admin/", headers={"Host": "elsewhere.example"}).status_code == 400
    [line] = [line for line in server.log().splitlines() if "elsewhere.example" in line]
    assert "ERROR" in line
    assert "Traceback" not in server.log()


def test_the_folder_that_is_made_is_its_owners_alone(hub: Hub, tmp_path: Path) -> None:
    for name, key, url in (("all", "", ""), ("files", "x" * 50, ""), ("key", "", hub.database_url)):
        hub.manage("check", SINKHUB_VAR=str(tmp_path / name), SECRET_KEY=key, DATABASE_URL=url)
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o700
    given = tmp_path / "given"
    given.mkdir(mode=0o755)
    hub.manage("check", DATABASE_URL="", SINKHUB_VAR=str(given))
    assert given.stat().st_mode & 0o777 == 0o755
