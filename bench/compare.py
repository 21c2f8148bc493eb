"""
`python -m bench.compare CHECKOUT`: compare this checkout with another one, such as an earlier commit, under the same
load.

Both serve an echo sink with a token, each from its own SQLite file. Rounds are short and alternate, every second pair
in reverse, so that other load on the machine affects both alike. Two servers of one commit differ by several percent,
depending on the layout of their memory, so each checkout is started several times. The ratio is the median of all
pairs; the medians of each pair of servers are printed next to it, and show the effect of chance.
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
from tests.support.hub import Server, wait_until_ready

_PAUSE = 0.1  # seconds

_Pair = tuple[float, float]  # requests per second, before and after
_CREATE = ["sinks", "create", "--app", "app_bench", "--path", "/webhook", "--workflow", "echo", "--auth-token", TOKEN]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.compare", description=__doc__)
    parser.add_argument("checkout", type=Path, help="the other checkout; it runs with this one's Python")
    parser.add_argument("--seconds", type=float, default=0.5, help="length of a round (%(default)s)")
    parser.add_argument("--pairs", type=int, default=10, help="pairs of rounds for each pair of servers (%(default)s)")
    parser.add_argument("--servers", type=int, default=6, help="pairs of servers, one after another (%(default)s)")
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 32, 128])
    options = parser.parse_args()
    before, after = options.checkout.resolve(), Path(__file__).resolve().parent.parent
    rounds: dict[int, list[list[_Pair]]] = {connections: [] for connections in options.connections}
    for number in range(options.servers):
        for connections, pairs in _measure(
            before, after, options.connections, options.pairs, options.seconds, is_reversed=number % 2 == 1
        ).items():
            rounds[connections].append(pairs)
        print(f"servers {number + 1} of {options.servers}", file=sys.stderr, flush=True)
    print(f"{'connections':>11} {'before':>10} {'after':>10} {'ratio':>7}  (requests/s, medians; ratios by servers)")
    for connections, by_servers in rounds.items():
        pairs = [pair for some in by_servers for pair in some]
        ratios = " ".join(f"{_ratio(some):.3f}" for some in sorted(by_servers, key=_ratio))
        before_rate, after_rate = (median(rates) for rates in zip(*pairs, strict=True))
        print(f"{connections:>11} {before_rate:10.0f} {after_rate:10.0f} {_ratio(pairs):7.3f}  {ratios}")


def _ratio(pairs: list[_Pair]) -> float:
    return median(after / before for before, after in pairs)


def _measure(
    before: Path, after: Path, numbers: list[int], count: int, seconds: float, *, is_reversed: bool
) -> dict[int, list[_Pair]]:
    """
    Load a server of each checkout in turn.

    Args:
        before: A checkout.
        after: The other checkout.
        numbers: The numbers of connections, measured one after another.
        count: Pairs of rounds for each number.
        seconds: The length of a round.
        is_reversed: Whether the second checkout's server starts first.

    Returns:
        For each number of connections, the requests per second of both, pair by pair.
    """
    with ExitStack() as stack:
        ports = {
            checkout: _start(stack, checkout) for checkout in ((after, before) if is_reversed else (before, after))
        }
        for port in ports.values():
            load([port], 32, 2.0)
        pairs: dict[int, list[_Pair]] = {}
        for connections in numbers:
            pairs[connections] = []
            for number in range(count):
                rates: dict[Path, float] = {}
                for checkout in (before, after) if number % 2 else (after, before):
                    time.sleep(_PAUSE)
                    rates[checkout] = load([ports[checkout]], connections, seconds)[0].rate
                pairs[connections].append((rates[before], rates[after]))
        return pairs


def _start(stack: ExitStack, checkout: Path) -> int:
    """Start a checkout's server, which stops with the stack. Return its port."""
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
