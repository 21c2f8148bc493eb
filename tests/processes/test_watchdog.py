"""The watchdog logs the name of a workflow that blocks the event loop."""

import time

import pytest

from tests.conftest import WORKFLOWS
from tests.support.hub import Hub, Server
from tests.support.web import web

pytestmark = pytest.mark.one_database


def _line_that_blocks() -> int:
    lines = (WORKFLOWS / "behaviours.py").read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.strip().startswith("time.sleep("))


def _logged(server: Server, text: str) -> str:
    """Wait for a log line that contains a text, and return it."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        for line in server.log().splitlines():
            if text in line:
                return line
        time.sleep(0.05)
    raise AssertionError(f"not logged: {text}\n{server.log()}")


def test_the_workflow_that_blocks_the_event_loop_is_named_with_its_run_file_and_line(hub: Hub) -> None:
    hub.add_sinks([{"path": "/blocks", "workflow": "blocks"}, {"path": "/threaded", "workflow": "threaded"}])
    server = hub.start()
    web.post(f"{server.url}/app_test/threaded").raise_for_status()
    answer = web.post(f"{server.url}/app_test/blocks", timeout=30)
    assert '"output":"done"' in answer.text
    run_id = answer.headers["x-run-id"]
    line = _logged(server, "event loop blocked")
    assert run_id in line
    assert "'blocks'" in line
    assert f"behaviours.py, line {_line_that_blocks()}, in blocks" in line
    assert run_id in _logged(server, "event loop resumed")
    # It is logged once, and for no other workflow.
    assert server.log().count("event loop blocked") == 1
