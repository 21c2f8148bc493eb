"""A Python for shell scripts that runs `manage.py` as a fork of a loaded Django."""

import json
import os
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.hub import PRELOADED
from tests.support.preloaded import CannotLoad

# Runs in the shell: it sends its arguments, folder, environment and standard streams, and waits for the exit code.
_PYTHON = """#!{python} -IS
import json, os, socket, sys
if sys.argv[1:2] != ["manage.py"]:
    os.execv({python!r}, [{python!r}, *sys.argv[1:]])
line = socket.socket(socket.AF_UNIX)
line.connect({address!r})
request = json.dumps({{"argv": sys.argv[2:], "env": dict(os.environ), "folder": os.getcwd()}}).encode()
line.sendall(request[socket.send_fds(line, [request], [0, 1, 2]):])
line.shutdown(socket.SHUT_WR)
sys.exit(int(line.recv(16)))
"""


class _Handler(socketserver.BaseRequestHandler):
    """Runs a command, and sends its exit code."""

    request: socket.socket

    def handle(self) -> None:
        data, streams, _, _ = socket.recv_fds(self.request, 65536, 3)
        while more := self.request.recv(65536):
            data += more
        self.request.sendall(b"%d" % (_run(streams, **json.loads(data)) & 0xFF))


def _run(streams: list[int], argv: list[str], env: dict[str, str], folder: str) -> int:
    for name in ("PWD", "OLDPWD", "SHLVL", "_"):  # set by the shell itself
        env.pop(name, None)
    try:
        return PRELOADED.start(argv, env, streams, folder).wait()
    except CannotLoad:
        command = [sys.executable, "manage.py", *argv]
        stdin, out, err = streams
        return subprocess.call(command, cwd=folder, env=env, stdin=stdin, stdout=out, stderr=err)
    finally:
        for stream in streams:
            os.close(stream)


@contextmanager
def python_for_shells(file: Path) -> Iterator[None]:
    """
    Create a Python that runs `manage.py` quickly, for the duration of the block.

    Args:
        file: The path of the program.
    """
    with tempfile.TemporaryDirectory() as folder:  # the address of a Unix socket has to be short
        address = f"{folder}/line"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(_PYTHON.format(python=sys.executable, address=address))
        file.chmod(0o755)
        with socketserver.ThreadingUnixStreamServer(address, _Handler) as server:
            thread = threading.Thread(target=server.serve_forever, args=[0.05])
            thread.start()
            try:
                yield
            finally:
                server.shutdown()
                thread.join()
