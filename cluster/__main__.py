"""
`make cluster`: the services of docker-compose.yml without Docker: PostgreSQL, Redis, servers and workers.

PostgreSQL and Redis come from pip, and use the folder `cluster/` of SINKHUB_VAR. If one process exits, all stop.
"""

import os
import shlex
import sys
from pathlib import Path

from cluster.processes import Ended, Processes, check_port, free_port, hold, postgresql, redis_command

PROJECT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Start all processes, wait for a signal, and stop them in order. Return the exit code."""
    host = os.environ.get("HOST") or "127.0.0.1"
    first = _number("PORT", 9657, least=1)
    servers, workers = _number("SERVERS", 2, least=1), _number("WORKERS", 1, least=0)
    ports = range(first, first + servers)
    for port in ports:
        check_port(host, port)
    folder = Path(os.environ.get("SINKHUB_VAR") or PROJECT / "var").resolve() / "cluster"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    held = hold(folder)
    processes = Processes()
    try:
        _start(processes, folder, host, ports, workers)
        processes.watch()
    except Ended as end:
        return end.code
    finally:
        processes.end()
        held.close()


def _start(processes: Processes, folder: Path, host: str, ports: range, workers: int) -> None:
    redis_port = free_port()
    database = postgresql(processes, folder / "postgresql")
    processes.start("redis", redis_command(redis_port, folder), os.environ, first=False)
    environment = {
        "RUN_ENGINE": "procrastinate" if workers else "local",
        **os.environ,
        "DATABASE_URL": database,
        "REDIS_URL": f"redis://127.0.0.1:{redis_port}/0",
        "SINKHUB_VAR": str(folder),
        "HOST": host,
        "PORT": str(ports[0]),
        "PYTHONUNBUFFERED": "1",
    }
    manage = [sys.executable, str(PROJECT / "manage.py")]
    processes.run([*manage, "quickstart"], environment)
    for number, port in enumerate(ports, 1):
        processes.start(f"server-{number}", [*manage, "serve", "--port", str(port)], environment)
    for number in range(1, workers + 1):
        processes.start(f"worker-{number}", [*manage, "worker"], environment)
    reachable = "localhost" if host in {"0.0.0.0", "::"} else f"[{host}]" if ":" in host else host  # noqa: S104
    addresses = [f"http://{reachable}:{port}" for port in ports]
    for address in addresses:
        processes.wait_until_ready(address)
    lines = [f"Server:   {address}" for address in addresses]
    lines += [
        f"Workers:  {workers} (runs: RUN_ENGINE={environment['RUN_ENGINE']})",
        f"Redis:    127.0.0.1:{redis_port}",
    ]
    lines += [f"Database: {database}", f"Manage:   {_exports(environment)} .venv/bin/python manage.py ..."]
    # One server gets the request, another streams the run's events.
    lines += ["Try:      " + _TRY.format(first=addresses[0], last=addresses[-1])]
    print("\n".join(["", *lines, "", "Ready. Press Ctrl+C to stop.", ""]), flush=True)


_TRY = (
    "curl -N {last}/runs/$(curl -s -X POST {first}/app_demo/slow -H 'Prefer: respond-async'"
    " | grep -o 'run_[0-9a-f]\\{{44\\}}' | head -1)/events"
)


def _exports(environment: dict[str, str]) -> str:
    names = ("DATABASE_URL", "REDIS_URL", "RUN_ENGINE", "PORT", "SINKHUB_VAR")
    return " ".join(f"{name}={shlex.quote(environment[name])}" for name in names)


def _number(name: str, default: int, least: int) -> int:
    text = os.environ.get(name) or str(default)
    if not (text.isascii() and text.isdigit()) or int(text) < least:
        raise SystemExit(f"{name} is {text!r}: it must be a whole number of at least {least}.")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
