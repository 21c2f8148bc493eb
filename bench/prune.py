"""
`make bench-prune`: measure triggers while a million runs are deleted, on SQLite.

Rounds of load run before, during and after the deletion, in the same run. `manage.py runs prune` deletes like the
servers' own sweep.
"""

import argparse
import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from statistics import median

from bench.cluster import FILL
from bench.load import PATH, TOKEN, Sample, load
from tests.support.hub import PROJECT, Hub


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="make bench-prune", description="Triggers while runs are deleted.")
    parser.add_argument("--runs", type=int, default=1_000_000, help="stored (%(default)s)")
    parser.add_argument("--connections", type=int, default=32, help="of the load (%(default)s)")
    parser.add_argument("--seconds", type=float, default=3.0, help="length of a round (%(default)s)")
    parser.add_argument("--most", type=float, default=420.0, help="seconds that the deleting may take (%(default)s)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sinkhub-bench-") as folder:
        hub = Hub(Path(folder), f"sqlite:///{folder}/sinkhub.sqlite3")
        hub.environment["PRUNE_EVERY_SECONDS"] = "86400"
        hub.manage("migrate", "-v0")
        app_id, _, path = PATH[1:].partition("/")
        hub.manage("sinks", "create", "--app", app_id, "--path", f"/{path}", "--auth-token", TOKEN)
        with closing(sqlite3.connect(Path(folder) / "sinkhub.sqlite3")) as session:
            session.executescript(FILL.format(runs=options.runs))
        try:
            _measure(hub, options)
        finally:
            hub.stop()


def _measure(hub: Hub, options: argparse.Namespace) -> None:
    server = hub.start()

    def round_() -> Sample:
        return load([server.port], options.connections, options.seconds)[0]

    round_()
    before = [round_() for _ in range(3)]
    command = [sys.executable, "manage.py", "runs", "prune", "--days", "30", "--json", "--accept-clock"]
    begun = time.monotonic()
    during: list[Sample] = []
    wal = 0
    with subprocess.Popen(command, cwd=PROJECT, env=hub.env(), stdout=subprocess.PIPE, text=True) as process:
        while process.poll() is None and time.monotonic() < begun + options.most:
            during.append(round_())
            wal = max(wal, (hub.folder / "sinkhub.sqlite3-wal").stat().st_size)
        took = time.monotonic() - begun
        process.terminate()
        assert process.stdout is not None
        report = process.stdout.read()
    left = hub.query("SELECT count(*) FROM runs_run WHERE id < 'run_019'")[0][0]
    after = [round_() for _ in range(3)]
    for name, samples in (("before", before), ("during", during), ("after", after)):
        rates, p99s = [sample.rate for sample in samples], [sample.percentile(99) for sample in samples]
        times = f"p99 {median(p99s):6.1f} ms, worst {max(p99s):6.1f}"
        print(f"{name:7} {len(samples):3} rounds  {median(rates):8.0f}/s  {times}")
    ratio = median(sample.rate for sample in during) / median(sample.rate for sample in [*before, *after])
    deleted = json.loads(report)["runs"] if report else options.runs - left
    print(f"during: {ratio:.2f} of before and after; {deleted} runs deleted in {took:.0f} s")
    print(f"SQLite's log: at most {wal / 2**20:.0f} MiB")
    faults = [fault for sample in [*before, *during, *after] for fault in sample.faults]
    print(f"answers that were not as they should be: {len(faults)}")


if __name__ == "__main__":
    main()
