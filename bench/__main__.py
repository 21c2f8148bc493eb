"""
`make bench`: measure SinkHub as users start it, and a bare ASGI app on the same server program, under the same load.

Rounds are short and alternate (`bench/rounds.py`). Rates and latencies are those of all rounds together; a ratio is the
median of the rounds' ratios.
At the end, the database is checked: every acknowledged run has to be complete.
"""

import argparse
import re
import tempfile
from pathlib import Path

import httpx

from bench.load import BODY, CHECKED, HEADERS, PATH, PLAIN, SECRET, SIGNED, TOKEN, load
from bench.rounds import Target, alternate, ratio, together
from tests.support.hub import Hub, Server

# The server programs, each serving the bare application as it serves SinkHub.
_BARE = {
    "serve": [
        "-m",
        "uvicorn",
        "--no-access-log",
        "--log-level",
        "warning",
        "--port",
        "{port}",
        "bench.bare:application",
    ],
    "daphne": ["-m", "daphne", "-b", "127.0.0.1", "-p", "{port}", "-v", "0", "bench.bare:application"],
    "granian": ["-m", "granian", "--interface", "asginl", "--no-log", "--port", "{port}", "bench.bare:application"],
}
# Each kind is compared with the kinds in its list. "checked" is SinkHub with signatures and delivery ids; "signed" are
# the same requests to a sink that checks neither.
_COMPARED = {"bare": [], "sinkhub": ["bare"], "signed": ["bare", "sinkhub"], "checked": ["bare", "sinkhub", "signed"]}
_RUN_ID = re.compile(r"run_[0-9a-f]{44}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="make bench", description="SinkHub against a bare server.")
    parser.add_argument("--server", choices=sorted(_BARE), default="serve", help="the server program (%(default)s)")
    parser.add_argument("--seconds", type=float, default=0.5, help="length of a round (%(default)s)")
    parser.add_argument("--rounds", type=int, default=40, help="rounds of each at each number (%(default)s)")
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 32, 128])
    parser.add_argument(
        "--ids", choices=SIGNED, default="github", help="how those of deliveries are made (%(default)s)"
    )
    parser.add_argument("--database-url", default="", help="default: a SQLite file made for this")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sinkhub-bench-") as folder:
        hub = Hub(Path(folder), options.database_url or f"sqlite:///{folder}/sinkhub.sqlite3")
        hub.manage("migrate", "-v0")
        hub.manage(
            "sinks", "create", "--app", "app_bench", "--path", "/webhook", "--workflow", "echo", "--auth-token", TOKEN
        )
        hub.manage(
            "sinks",
            "create",
            "--app",
            "app_bench",
            "--path",
            "/checked",
            "--workflow",
            "echo",
            "--auth-token",
            TOKEN,
            "--answer",
            "stream",
            "--signature",
            "github",
            "--secret",
            SECRET,
            "--dedupe-header",
            "X-GitHub-Delivery",
        )
        try:
            server = hub.start(options.server)
            bare = _start_bare(options.server, hub, _stream(server))
            run_ids = _measure(server, bare, options)
        finally:
            hub.stop()
        _account(hub, run_ids)


def _stream(server: Server) -> str:
    answer = httpx.post(server.url + PATH, headers=HEADERS, content=BODY)
    if answer.status_code != 200:
        raise SystemExit(f"the sink answers {answer.status_code}: {answer.text}")
    return _RUN_ID.sub("run_" + "0" * 44, answer.text)


def _start_bare(program: str, hub: Hub, stream: str) -> Server:
    server = hub.launch(_BARE[program], BENCH_STREAM=stream)
    with httpx.Client(transport=httpx.HTTPTransport(retries=10)) as client:
        client.post(server.url)
    return server


def _measure(server: Server, bare: Server, options: argparse.Namespace) -> list[str]:
    run_ids: list[str] = []
    sent = {"bare": PLAIN, "sinkhub": PLAIN, "signed": SIGNED[options.ids], "checked": CHECKED[options.ids]}
    targets = {name: Target((bare if name == "bare" else server).port, sent[name]) for name in _COMPARED}
    print(f"server program: {options.server}; {options.rounds} rounds of {options.seconds:g} s each")
    ratios = " ".join(f"{name:>8}" for name in ("of bare", "of plain", "of same"))
    print(f"{'connections':>11} {'':8} {'requests/s':>11} {'p50 ms':>8} {'p99 ms':>8} {ratios}")
    load([bare.port], 32, 1.0)
    run_ids += load([server.port], 32, 1.0)[0].run_ids
    for connections in options.connections:
        of = alternate(targets, options.rounds, connections, options.seconds)
        for name, samples in of.items():
            whole = together(samples)
            shares = " ".join(f"{ratio(samples, of[other]):8.3f}" for other in _COMPARED[name])
            figures = f"{whole.rate:11.0f} {whole.percentile(50):8.2f} {whole.percentile(99):8.2f} {shares}"
            print(f"{connections:>11} {name:8} {figures}", flush=True)
            run_ids += whole.run_ids if name != "bare" else []
    return run_ids


def _account(hub: Hub, run_ids: list[str]) -> None:
    done = hub.manage("shell", "--no-imports", "-v0", "-c", _ACCOUNT, stdin="\n".join(run_ids))
    print(done.stdout.strip())
    if "MISSING" in done.stdout:
        raise SystemExit(1)


_ACCOUNT = """
import sys
from django.db import connection
from runs.models import Run
acknowledged = sys.stdin.read().split()
complete = set(Run.objects.filter(status="complete").values_list("id", flat=True))
missing = [run_id for run_id in acknowledged if run_id not in complete]
twice = len(acknowledged) - len(set(acknowledged))
with connection.cursor() as cursor:
    cursor.execute(
        "SELECT count(*) FROM runs_run r WHERE r.events <>"
        " (SELECT coalesce(sum(s.last - s.first + 1), 0) FROM runs_segment s WHERE s.run_id = r.id)"
    )
    gaps = cursor.fetchone()[0]
print(f"{len(acknowledged)} runs were acknowledged; {len(acknowledged) - len(missing)} of them are complete in the"
      f" database; answers by a run that another had: {twice}; runs whose events are not all there: {gaps}"
      + ("; MISSING" if missing or twice or gaps else ""))
"""


if __name__ == "__main__":
    main()
