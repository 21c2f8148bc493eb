"""
`python -m bench.steps`, the second part of `make bench`: a workflow of three steps, on SinkHub and on DBOS.

Both execute the same three functions (`bench/three_steps.py`) behind the same kind of server, record each result in a
SQLite file of their own with `synchronous=FULL`, and answer when the workflow has ended. Rounds alternate between
SinkHub's echo sink, SinkHub's sink with three steps, DBOS as it sets up SQLite itself, and DBOS with the fastest
settings of the same guarantee (`bench/dbos_app.py`). At the end, the databases are checked: every acknowledged workflow
has to be complete, with three steps.

DBOS has a virtual environment of its own, which is installed first if it is missing. Without network, SinkHub is
measured alone.
"""

import argparse
import json
import sqlite3
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path

import httpx

from bench.dbos_environment import NotInstalled, installed_python
from bench.load import HEADERS, PATH, PLAIN, TOKEN, Kind, Sample, load
from bench.rounds import Target, alternate, ratio, together
from cluster.processes import free_port
from tests.support.hub import PROJECT, Hub, Server, wait_until

_STEPS = Kind("/app_bench/steps", HEADERS)
# How DBOS is set up, by name: the value of BENCH_DBOS, and journal_mode and synchronous (2 is FULL) of its connections.
_DBOS = {"dbos": ("default", ["delete", 2]), "dbos fast": ("fast", ["wal", 2])}
_SINKHUB_COMPLETE = """
    SELECT r.id FROM runs_run r JOIN runs_steprecord s ON s.run_id = r.id
    WHERE r.status = 'complete' AND s.kind = 'step' AND s.status = 'complete' GROUP BY r.id HAVING count(*) = 3
"""
_DBOS_COMPLETE = """
    SELECT w.workflow_uuid FROM workflow_status w JOIN operation_outputs o ON o.workflow_uuid = w.workflow_uuid
    WHERE w.status = 'SUCCESS' AND o.output IS NOT NULL GROUP BY w.workflow_uuid HAVING count(*) = 3
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.steps", description="Three steps, beside DBOS.")
    parser.add_argument("--seconds", type=float, default=2.0, help="length of a round (%(default)s)")
    parser.add_argument("--rounds", type=int, default=10, help="rounds of each at each number (%(default)s)")
    parser.add_argument("--connections", type=int, nargs="+", default=[32])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sinkhub-bench-") as folder:
        hub = Hub(Path(folder), f"sqlite:///{folder}/sinkhub.sqlite3")
        hub.environment["SINKHUB_WORKFLOWS"] = str(PROJECT / "bench" / "workflows")
        hub.manage("migrate", "-v0")
        for path, workflow in ((PATH, "echo"), (_STEPS.path, "three_steps")):
            app_id, _, rest = path[1:].partition("/")
            sink = ("--app", app_id, "--path", f"/{rest}", "--workflow", workflow, "--auth-token", TOKEN)
            hub.manage("sinks", "create", *sink)
        try:
            server = hub.start()
            targets = {"echo": Target(server.port, PLAIN), "steps": Target(server.port, _STEPS)}
            try:
                for name in _DBOS:
                    targets[name] = Target(_start_dbos(hub, name).port, _STEPS)
            except NotInstalled as error:
                print(f"DBOS is not measured, because it cannot be installed: {error}")
            run_ids = _measure(targets, options)
        finally:
            hub.stop()
        _account("SinkHub", hub.folder / "sinkhub.sqlite3", _SINKHUB_COMPLETE, run_ids["steps"])
        for name in [name for name in _DBOS if name in run_ids]:
            _account(name, hub.folder / f"{name}.sqlite3", _DBOS_COMPLETE, run_ids[name])


def _start_dbos(hub: Hub, name: str) -> Server:
    """Start the application with DBOS, which stops with the hub."""
    python = installed_python()
    setup, expected = _DBOS[name]
    port = free_port()
    uvicorn = ["-m", "uvicorn", "--no-access-log", "--log-level", "warning", "--port", str(port)]
    env = hub.env(BENCH_DBOS=setup, BENCH_DBOS_URL=f"sqlite:///{hub.folder}/{name}.sqlite3")
    log_file = hub.folder / f"{name}.log"
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [str(python), *uvicorn, "bench.dbos_app:application"], cwd=PROJECT, env=env, stdout=log, stderr=log
        )
    server = Server(process, port, log_file)
    hub.servers.append(server)

    def is_ready() -> bool:
        assert process.poll() is None, f"DBOS ended with {process.returncode}:\n{server.log()}"
        try:
            settings = httpx.get(server.url).json()
        except httpx.TransportError:
            return False
        if settings != [expected]:
            raise SystemExit(f"DBOS uses SQLite with {json.dumps(settings)}, not {json.dumps([expected])}")
        return True

    wait_until(is_ready, "DBOS does not start")
    return server


def _measure(targets: dict[str, Target], options: argparse.Namespace) -> dict[str, list[str]]:
    """
    Load the servers in turn, and print.

    Returns:
        The ids of all acknowledged runs, by name.
    """
    run_ids: dict[str, list[str]] = {}
    for name, target in targets.items():
        run_ids[name] = load([target.port], 32, 1.0, target.kind)[0].run_ids
    print(f"{options.rounds} rounds of {options.seconds:g} s each")
    ratios = f"{'of echo':>8} {'x dbos':>8} {'x fast':>8}"
    print(f"{'connections':>11} {'':9} {'requests/s':>11} {'p50 ms':>8} {'p99 ms':>8} {ratios}")
    for connections in options.connections:
        of = alternate(targets, options.rounds, connections, options.seconds)
        for name, samples in of.items():
            whole = together(samples)
            run_ids[name] += whole.run_ids
            ratios = " ".join(_compared(samples, of, *other) for other in (("echo", 3), ("dbos", 1), ("dbos fast", 1)))
            figures = f"{whole.rate:11.0f} {whole.percentile(50):8.2f} {whole.percentile(99):8.2f} {ratios}"
            print(f"{connections:>11} {name:9} {figures}", flush=True)
    return run_ids


def _compared(samples: list[Sample], of: dict[str, list[Sample]], other: str, places: int) -> str:
    return f"{ratio(samples, of[other]):8.{places}f}" if other in of else f"{'-':>8}"


def _account(name: str, database: Path, complete: str, acknowledged: list[str]) -> None:
    """Check that the acknowledged runs are recorded as complete, each once and with three steps."""
    with closing(sqlite3.connect(database)) as session:
        found = {row[0] for row in session.execute(complete)}
    missing = len(set(acknowledged) - found)
    twice = len(acknowledged) - len(set(acknowledged))
    print(f"{name}: {len(acknowledged)} workflows were acknowledged; without their end or three steps: {missing}")
    if missing or twice:
        raise SystemExit(f"{name}: {missing} workflows are missing, {twice} were answered twice")


if __name__ == "__main__":
    main()
