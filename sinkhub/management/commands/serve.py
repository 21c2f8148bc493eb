"""`manage.py serve`: the production server."""

import signal
from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from sinkhub.admin_site import static
from sinkhub.management.arguments import check_port
from sinkhub.server.serve import serve, serve_as_worker, serve_with_workers


def _workers(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) < 1:
        raise ArgumentTypeError("must be a whole number of at least 1")
    return int(text)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) > 65535:
        raise ArgumentTypeError("must be a whole number up to 65535")
    return int(text)


class Command(BaseCommand):
    """Serve triggers, runs and the admin."""

    help = "Serve triggers, runs and the admin until SIGTERM or Ctrl+C."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default=settings.HOST, help="address to listen at (default: HOST, %(default)s)")
        parser.add_argument("--port", type=_port, default=settings.PORT, help="TCP port (default: PORT, %(default)s)")
        parser.add_argument(
            "--workers",
            type=_workers,
            default=1,
            metavar="N",
            help="number of server processes, which share the port; one that dies is replaced (default: %(default)s)",
        )
        parser.add_argument(
            "--reload",
            action="store_true",
            help="for development: reload workflows when a file in SINKHUB_WORKFLOWS changes; open streams continue",
        )
        # Passed by `serve --workers` to each process: file descriptors of the listening socket and of a pipe.
        parser.add_argument("--worker", type=int, nargs=2, help=SUPPRESS)

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until the server runs: the signal would end the process
        watch = options["reload"]
        if options["worker"]:
            serve_as_worker(*options["worker"], watch=watch)
            return
        check_port(options["host"], options["port"], "--port N")
        static.collect()
        if options["workers"] > 1:
            serve_with_workers(options["host"], options["port"], options["workers"], watch=watch)
        else:
            serve(options["host"], options["port"], watch=watch)
