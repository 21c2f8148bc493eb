"""`manage.py serve`: what serves in earnest."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from sinkhub.server import serve


class Command(BaseCommand):
    """Serve triggers, runs and the admin."""

    help = "Serve triggers, runs and the admin until SIGTERM or Ctrl+C."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default=settings.HOST, help="address to listen at (HOST; %(default)s)")
        parser.add_argument("--port", type=int, default=settings.PORT, help="TCP port (PORT; %(default)s)")

    def handle(self, *args: Any, **options: Any) -> None:
        serve(options["host"], options["port"])
