"""`manage.py runs`: recorded runs from the command line."""

from argparse import ArgumentParser
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.db import Error as DatabaseError

from runs.curl import address, as_curl
from runs.models import Delivery, Run
from runs.replay import CannotReplay, replay
from runs.sources import source_of


class Command(BaseCommand):
    """Send recorded deliveries again, and export them."""

    help = "Send recorded deliveries again, and export them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        again = actions.add_parser("replay", help="send a run's delivery again, as a new run; prints the new run's id")
        again.add_argument("run_id", metavar="RUN_ID")
        again.set_defaults(act=self._replay)
        curl = actions.add_parser("curl", help="print a run's delivery as a curl line")
        curl.add_argument("run_id", metavar="RUN_ID")
        curl.add_argument(
            "--url",
            default=f"http://localhost:{settings.PORT}",
            help="a server's address, to which the sink's is added, or with a path the whole address (%(default)s)",
        )
        curl.set_defaults(act=self._curl)

    def handle(self, *args: Any, **options: Any) -> None:
        options["act"](options)

    def _replay(self, options: dict[str, Any]) -> None:
        run = _find(options["run_id"])
        try:
            self.stdout.write(replay(run).pk)
        except (CannotReplay, ImproperlyConfigured) as error:
            raise CommandError(str(error)) from None
        except DatabaseError as error:
            raise CommandError(f"The run could not be recorded: {error}") from None

    def _curl(self, options: dict[str, Any]) -> None:
        url = urlsplit(options["url"])
        if url.scheme not in {"http", "https"} or not url.netloc:
            raise CommandError("--url is an address such as https://hub.example.com.")
        run = _find(options["run_id"])
        delivery = Delivery.objects.filter(pk=run.pk).first()
        if delivery is None:
            raise CommandError("The request of this run is not kept any more.")
        source = source_of(run)
        token = source is not None and source.has_token
        self.stdout.write(as_curl(delivery, address(run, delivery, options["url"]), token=token))


def _find(run_id: str) -> Run:
    run = Run.objects.filter(pk=run_id).first()
    if run is None:
        raise CommandError(f"There is no run {run_id!r}.")
    return run
