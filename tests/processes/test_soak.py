"""Long tests: hundreds of kills under load, and long fuzzing. `make soak` runs them."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.integration.test_api_schema import CHECKS
from tests.support.api_client import add_token, add_user
from tests.support.hub import Hub
from tests.support.load import Load, check_accounted_for
from tests.support.seeds import soak_seed

pytestmark = pytest.mark.soak

_KILLS = int(os.environ.get("SOAK_KILLS") or 150)  # for each database
_EXAMPLES = os.environ.get("SOAK_EXAMPLES") or "300"
_SINKS: list[dict[str, Any]] = [
    {"path": "/echo", "workflow": "echo"},
    {"path": "/short", "workflow": "steps", "options": {"count": 4, "pause": 0.1}},
    {"path": "/long", "workflow": "steps", "options": {"count": 4, "pause": 0.5}},
]


@pytest.mark.timeout(3600)
def test_hundreds_of_kills_lose_no_acknowledged_run_and_no_event(own_hub: Hub) -> None:
    chance = random.Random(soak_seed())
    # A run that lasts longer than the servers is taken over many times.
    own_hub.environment["MAX_CRASHES"] = "1000"
    own_hub.add_sinks([dict(sink) for sink in _SINKS])
    steady = own_hub.start()
    acknowledged: set[str] = set()
    for kill in range(_KILLS):
        mortal = own_hub.start()
        loads = [Load(server.url, ["/echo", "/short", "/long"]) for server in (steady, mortal)]
        try:
            time.sleep(chance.uniform(0.05, 1.0))
            mortal.kill()
            # Sometimes a second server dies while it takes over the runs of the first.
            if kill % 10 == 9:
                steady.kill()
                steady = own_hub.start()
        finally:
            for load in loads:
                load.stop()
                acknowledged |= load.acknowledged
    assert len(acknowledged) > _KILLS
    check_accounted_for(own_hub, acknowledged)


@pytest.mark.timeout(3600)
def test_long_fuzzing_of_the_api_finds_no_answer_that_is_not_described(own_hub: Hub, tmp_path: Path) -> None:
    add_user(own_hub, "root")
    _, token = add_token(own_hub, "root")
    own_hub.add_sinks([{"app_id": "app_a", "path": "/a"}])
    server = own_hub.start()
    seed = str(soak_seed())
    command = [str(Path(sys.executable).parent / "schemathesis"), "run", f"{server.url}/api/schema/"]
    command += ["-H", f"Authorization: Bearer {token}", "--max-examples", _EXAMPLES, "--seed", seed]
    command += ["--checks", CHECKS]
    command += ["--phases", "coverage,fuzzing,stateful", "--max-failures", "5", "--request-timeout", "60"]
    done = subprocess.run(command, cwd=tmp_path, env=own_hub.env(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr + server.log()
    assert "Traceback" not in server.log()
