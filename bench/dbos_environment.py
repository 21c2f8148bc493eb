"""The virtual environment in which `bench.steps` runs DBOS: installed when it is missing or its requirements change."""

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
_VENV = PROJECT / ".venv-dbos"
_REQUIREMENTS = PROJECT / "bench" / "requirements-dbos.txt"
_INSTALLED = _VENV / "installed.txt"  # a copy of the requirements that are installed


class NotInstalled(Exception):
    """DBOS cannot be installed; the argument says why."""


def installed_python() -> Path:
    """
    Return the Python of the environment, which is created if necessary.

    Raises:
        NotInstalled: It cannot be created, for example because there is no network.
    """
    python = _VENV / "bin" / "python"
    wanted = _REQUIREMENTS.read_text()
    if _INSTALLED.exists() and _INSTALLED.read_text() == wanted:
        return python
    print(f"installing DBOS into {_VENV.name} ...", file=sys.stderr, flush=True)
    # pip waits for each retry, so a machine without network learns it soon.
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "1"]
    for command in ([sys.executable, "-m", "venv", str(_VENV)], [*pip, "-r", str(_REQUIREMENTS)]):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            lines = (done.stderr or done.stdout).strip().splitlines()
            why = lines[-1] if lines else f"exit code {done.returncode}"
            raise NotInstalled(f"`{command[0]}` failed (is the network away?): {why}")
    _INSTALLED.write_text(wanted)
    return python
