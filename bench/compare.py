"""
`python -m bench.compare CHECKOUT`: this checkout against another one, an earlier commit say, under the same load.

Both serve an echo sink with a token from SQLite files of their own. Rounds are short and alternate, every second pair
in reverse, so that what else the machine does meets both alike. A ratio is the median of those of all pairs.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from bench.load import TOKEN, load
from cluster.processes import free_port
from tests.hub import Server, wait_until_ready

_PAUSE = 0.1  # seconds
_CREATE = ["sinks", "create", "--app", "app_bench", "--path", "/webhook", "--workflow", "echo", "--auth-token", TOKEN]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.compare", description=__doc__)
    parser.add_argument("checkout", type=Path, help="the other checkout; it runs with this one's Python")
    parser.add_argument("--seconds", type=float, default=0.5, help="length of a round (%(default)s)")
    parser.add_argument("--pairs", type=int, default=20, help="pairs of rounds at each number (%(default)s)")
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 32, 128])
    given = parser.parse_args()
    with ExitStack() as stack:
        before = _start(stack, given.checkout.resolve())
        after = _start(stack, Path(__file__).resolve().parent.parent)
        for port in (before, after):
            load([port], 32, 2.0)
        print(f"{'connections':>11} {'before':>10} {'after':>10} {'ratio':>7}  (requests/s, medians)")
        for connections in given.connections:
            rates: dict[int, list[float]] = {before: [], after: []}
            for number in range(given.pairs):
                for port in (before, after) if number % 2 else (after, before):
                    time.sleep(_PAUSE)
                    rates[port].append(load([port], connections, given.seconds)[0].rate)
            ratio = median(ours / theirs for theirs, ours in zip(rates[before], rates[after], strict=True))
            print(
                f"{connections:>11} {median(rates[before]):10.0f} {median(rates[after]):10.0f} {ratio:7.3f}", flush=True
            )


def _start(stack: ExitStack, checkout: Path) -> int:
    """Start a checkout's server, which ends with the stack; returns its port."""
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="sinkhub-bench-"))
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}}
    env = kept | {"SINKHUB_VAR": folder, "PYTHONPATH": str(checkout)}
    for command in (["migrate", "-v0"], _CREATE):
        subprocess.run(
            [sys.executable, "manage.py", *command], cwd=checkout, env=env, check=True, stdout=subprocess.DEVNULL
        )
    port = free_port()
    log_file = Path(folder) / "server.log"
    command = [sys.executable, "manage.py", "serve", "--port", str(port)]
    with log_file.open("wb") as log:
        server = subprocess.Popen(command, cwd=checkout, env=env, stderr=log)
    stack.callback(server.wait)
    stack.callback(server.terminate)
    wait_until_ready(Server(server, port, log_file))
    return port


if __name__ == "__main__":
    main()
