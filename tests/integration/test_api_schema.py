"""The REST API conforms to its OpenAPI description for all kinds of requests."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.api_client import add_token, add_user
from tests.support.hub import Hub
from tests.support.web import web

pytestmark = pytest.mark.processes

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def test_the_description_is_valid_without_a_warning(tmp_path: Path, make_hub: object) -> None:
    hub = Hub(tmp_path, f"sqlite:///{tmp_path}/sinkhub.sqlite3")
    file = tmp_path / "schema.yml"
    done = hub.manage("spectacular", "--validate", "--fail-on-warn", "--file", str(file))
    assert "Warning" not in done.stdout + done.stderr
    assert "/api/v1/runs/{run_id}/events" in file.read_text()


def test_its_pages_are_served_from_our_own_files(own_hub: Hub) -> None:
    server = own_hub.start()
    page = web.get(f"{server.url}/api/docs/").text
    sources = [part.split('"')[1] for part in page.split("<script")[1:] if 'src="' in part]
    links = [part.split('href="')[1].split('"')[0] for part in page.split("<link")[1:]]
    found = [part.split('src="')[1].split('"')[0] for part in page.split("<script")[1:] if 'src="' in part]
    assert found
    for address in [*links, *found]:
        assert address.startswith("/"), sources
        assert web.get(f"{server.url}{address}").status_code == 200


@pytest.mark.timeout(300)
def test_whatever_it_is_asked_the_answer_is_as_described(own_hub: Hub, tmp_path: Path) -> None:
    # `make soak` adds the phase "coverage" and many more examples.
    add_user(own_hub, "root")
    _, token = add_token(own_hub, "root")
    own_hub.add_sinks([{"app_id": "app_a", "path": "/a"}])
    server = own_hub.start()
    for _ in range(3):
        web.post(f"{server.url}/app_a/a", content=b"{}")
    done = subprocess.run(
        [
            str(Path(sys.executable).parent / "schemathesis"),
            "run",
            f"{server.url}/api/schema/",
            "-H",
            f"Authorization: Bearer {token}",
            "--max-examples",
            "5",
            "--seed",
            "7",
            "--checks",
            CHECKS,
            "--phases",
            # Which request follows another does not depend on the database.
            "fuzzing,stateful" if own_hub.database_url.startswith("postgresql") else "fuzzing",
            "--max-failures",
            "5",
            "--request-timeout",
            "30",
        ],
        cwd=tmp_path,
        env=own_hub.env(),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr + server.log()
    assert "Authentication failed" not in done.stdout
    assert "Traceback" not in server.log()
