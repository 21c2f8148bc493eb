"""`manage.py sinks`: sinks from the command line."""

import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from runs import registry
from sinks.models import App, Sink


class Command(BaseCommand):
    """Create and list sinks."""

    help = "Create and list sinks."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="make a sink, and its app where there is none of that id")
        create.add_argument("--app", required=True, help="the app's id, such as app_abc123")
        create.add_argument("--path", required=True, help="such as /webhook or /orders/{order_id}")
        create.add_argument("--method", default="POST", help="GET, POST, ... or ANY (%(default)s)")
        create.add_argument("--auth-token", help="the bearer token; without this option the sink is public")
        create.add_argument("--workflow", required=True, help="the workflow's name, such as echo")
        create.add_argument("--options", default="{}", help="the workflow's options, as a JSON object")
        create.add_argument("--timeout", type=float, default=300.0, help="seconds for one attempt (%(default)s)")
        create.add_argument("--engine", default="", help="local or procrastinate (workers); else as RUN_ENGINE says")
        create.add_argument("--attempts", type=int, default=1, help="how often workers try a run (%(default)s)")
        create.add_argument("--backoff", type=float, default=5.0, help="seconds before the next one (%(default)s)")
        create.add_argument("--description", default="")
        actions.add_parser("list", help="list all sinks")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["action"] == "create":
            self._create(options)
        else:
            self._list()

    def _list(self) -> None:
        rows = [("APP", "METHOD", "PATH", "WORKFLOW", "ACCESS", "STATE")]
        for sink in Sink.objects.select_related("app"):
            state = "app inactive" if not sink.app.active else "active" if sink.active else "inactive"
            rows.append((sink.app.app_id, sink.method, sink.path, sink.workflow, _access(sink), state))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            self.stdout.write("  ".join(map(str.ljust, row, widths)).rstrip())

    def _create(self, options: dict[str, Any]) -> None:
        if options["auth_token"] == "":
            raise CommandError("--auth-token is empty: give a token, or leave the option out for a public sink.")
        try:
            given = json.loads(options["options"])
        except (ValueError, RecursionError) as error:
            raise CommandError(f"--options is not JSON: {error}") from None
        broken = _broken_files()
        try:
            with transaction.atomic():
                app = App.objects.filter(app_id=options["app"]).first()
                if app is None:
                    app = App(app_id=options["app"])
                    app.full_clean()
                    app.save()
                sink = Sink(
                    app=app,
                    path=options["path"],
                    method=options["method"],
                    workflow=options["workflow"],
                    options=given,
                    timeout=options["timeout"],
                    engine=options["engine"],
                    attempts=options["attempts"],
                    backoff=options["backoff"],
                    description=options["description"],
                )
                sink.auth_token = options["auth_token"]
                sink.full_clean()
                sink.save()
        except ValidationError as error:
            hint = ""
            if "workflow" in getattr(error, "error_dict", {}) and not settings.SINKHUB_WORKFLOWS:
                hint = "\nWorkflows of your own are found in the folder that SINKHUB_WORKFLOWS names, which is not set."
            raise CommandError(_lines(error) + hint) from None
        for file, why in broken.items():
            self.stderr.write(self.style.WARNING(f"{file} cannot be imported: {' '.join(why.split())}"))
        starts = f"{sink.method} /{app.app_id}{sink.path} starts {sink.workflow!r} ({_access(sink)})."
        self.stdout.write(self.style.SUCCESS(starts))


def _access(sink: Sink) -> str:
    return "token" if sink.encrypted_token else "public"


def _broken_files() -> dict[str, str]:
    """
    Find the workflows; a traceback of one that cannot be imported is for the server's log alone.

    Raises:
        CommandError: They cannot be looked for.
    """
    registry.logger.disabled = True
    try:
        return registry.broken()
    except ImproperlyConfigured as error:
        raise CommandError(str(error)) from None
    finally:
        registry.logger.disabled = False


def _lines(error: ValidationError) -> str:
    if not hasattr(error, "error_dict"):
        return "; ".join(error.messages)
    return "\n".join(
        ("" if field == "__all__" else f"{field}: ") + "; ".join(messages)
        for field, messages in error.message_dict.items()
    )
